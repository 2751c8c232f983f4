//! Do the laws hold on zones as administrators really have them?
//!
//! Twenty thousand made zones, which mix the patterns of real ones, are checked offline in each phase; the plan is
//! published, and the result checked and planned again. What the laws ask for is worked out here, by code of its own.

pub mod held;
mod senders;
mod zones;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use cutover::expected::Phase;
use held::{Step, lines};

use crate::world::{World, file};

/// Zones that are tried: all of them where the code is optimized, as with `--profile laws`, and a part otherwise.
const ZONES: u64 = if cfg!(debug_assertions) { 300 } else { 20_000 };

/// Which laws are held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Laws {
    All,
    /// Those that say what a plan must not take away; what else must come out a scenario says itself.
    NoHarm,
}

/// What was tried, and what was wrong.
#[derive(Default)]
struct Tally {
    patterns: BTreeMap<&'static str, usize>,
    verdicts: BTreeMap<String, usize>,
    checks: usize,
    changes: usize,
    /// Faults by their class, each with the zones that show it.
    faults: BTreeMap<String, Vec<String>>,
}

impl Tally {
    fn add(&mut self, other: Self) {
        other
            .patterns
            .into_iter()
            .for_each(|(pattern, count)| *self.patterns.entry(pattern).or_default() += count);
        other
            .verdicts
            .into_iter()
            .for_each(|(verdict, count)| *self.verdicts.entry(verdict).or_default() += count);
        self.checks += other.checks;
        self.changes += other.changes;
        for (class, zones) in other.faults {
            self.faults.entry(class).or_default().extend(zones);
        }
    }

    fn story(&self) -> String {
        let mut story = String::new();
        writeln!(story, "{} checks, {} changes", self.checks, self.changes).unwrap();
        for (pattern, count) in &self.patterns {
            writeln!(story, "{count:>7}  {pattern}").unwrap();
        }
        for (verdict, count) in &self.verdicts {
            writeln!(story, "{count:>7}  {verdict}").unwrap();
        }
        story
    }

    /// Fails with an example of each class of faults.
    fn hold(&self) {
        let mut message = self.story();
        for (class, zones) in &self.faults {
            let shortest = zones.iter().min_by_key(|zone| zone.len()).unwrap();
            let others: BTreeSet<&str> = zones.iter().filter_map(|zone| zone.lines().next()).collect();
            let others: Vec<&str> = others.into_iter().take(12).collect();
            writeln!(message, "\n{} times {class}\n{}\nsuch as\n{shortest}", zones.len(), others.join("\n"))
                .unwrap();
        }
        assert!(self.faults.is_empty(), "{} classes of faults\n{message}", self.faults.len());
        tell(&message);
    }
}

#[test]
fn realistic_zones_keep_the_laws() {
    let (first, end) = chosen();
    let next = AtomicU64::new(first);
    let total = Mutex::new(Tally::default());
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let mut tally = Tally::default();
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= end {
                        break;
                    }
                    try_zone(&zones::zone(number), Laws::All, number, &mut tally);
                }
                total.lock().unwrap().add(tally);
            });
        }
    });
    total.into_inner().unwrap().hold();
}

/// The worlds of the scenarios are no less real.
#[test]
fn scenarios_keep_the_laws() {
    let mut tally = Tally::default();
    for (number, path) in crate::scenarios::paths().iter().filter(|path| path.ends_with(".zone")).enumerate()
    {
        let text = file(path);
        let head = |key: &str| text.lines().find_map(|line| line.strip_prefix(&format!("; {key}: ")));
        let options = head("options").unwrap_or_default();
        if head("domain").is_some() || !text.contains("$ORIGIN contoso.com.") || options.contains("--cloud") {
            continue;
        }
        let words: Vec<&str> = options.split_whitespace().collect();
        let phase = words.iter().position(|word| *word == "--phase");
        let rest = words
            .iter()
            .enumerate()
            .filter(|(at, _)| phase.is_none_or(|phase| *at != phase && *at != phase + 1));
        let rest: String = rest.map(|(_, word)| format!(" {word}")).collect();
        let zone = zones::Zone { text, options: rest, patterns: Vec::new() };
        try_zone(&zone, Laws::NoHarm, u64::try_from(number).unwrap(), &mut tally);
    }
    tally.hold();
}

/// The numbers of the zones: those that `CUTOVER_ZONES` names, as `20000` or `1234..1235`.
#[expect(clippy::disallowed_methods, reason = "a failure is made again by its number")]
fn chosen() -> (u64, u64) {
    let Ok(text) = std::env::var("CUTOVER_ZONES") else { return (0, ZONES) };
    let (first, end) = text.split_once("..").unwrap_or(("0", &text));
    (first.parse().unwrap(), end.parse().unwrap())
}

/// Prints what was tried.
#[expect(clippy::disallowed_macros, reason = "a test says what it tried")]
fn tell(story: &str) {
    println!("{story}");
}

/// The move of one zone phase by phase, each plan published, and the later phases begun at once.
fn try_zone(zone: &zones::Zone, laws: Laws, number: u64, tally: &mut Tally) {
    for pattern in &zone.patterns {
        *tally.patterns.entry(pattern).or_default() += 1;
    }
    let world = |phase: Phase| {
        World::from_zone(&zone.text).with_options(&format!("{} --phase {phase}", zone.options))
    };
    let prepared = step(zone, laws, number, Phase::Prepare, &world(Phase::Prepare), tally);
    let switched = step(zone, laws, number, Phase::Switch, &prepared.with_options("--phase switch"), tally);
    step(zone, laws, number, Phase::Tidy, &switched.with_options("--phase tidy"), tally);
    // Few prepare as they should.
    if number.is_multiple_of(2) {
        step(zone, laws, number, Phase::Switch, &world(Phase::Switch), tally);
    } else {
        step(zone, laws, number, Phase::Tidy, &world(Phase::Tidy), tally);
    }
}

fn step(
    zone: &zones::Zone,
    laws: Laws,
    number: u64,
    phase: Phase,
    world: &World,
    tally: &mut Tally,
) -> World {
    let checked = world.check();
    let published = world.publish(&checked.changes);
    // What the plan takes away shows without another check.
    let again = (laws == Laws::All).then(|| published.check());
    tally.checks += 1 + usize::from(again.is_some());
    let again = again.as_ref().unwrap_or(&checked);
    tally.changes += checked.changes.len();
    *tally
        .verdicts
        .entry(format!("{phase}: {} then {}", checked.assessment.verdict, again.assessment.verdict))
        .or_default() += 1;
    let (before, after) = (lines(world.records()), lines(published.records()));
    let step = Step {
        options: &zone.options,
        phase,
        before: &before,
        checked: &checked.assessment,
        changes: &checked.changes,
        after: &after,
        again: &again.assessment,
        changes_again: &again.changes,
        nonexistent: if laws == Laws::All { &[] } else { &["spf.example"] },
    };
    let faults = if laws == Laws::All { step.faults() } else { step.harm() };
    for fault in faults {
        let class = fault.split(": ").next().unwrap().to_owned();
        let class = if class == "1 left" || class == "1 planned again" { fault.clone() } else { class };
        let message = format!(
            "zone {number}, {phase}{}: {fault}\n{}\n{}\nthen\n{}",
            zone.options,
            zone.text,
            checked.story(),
            again.story()
        );
        tally.faults.entry(class).or_default().push(message);
    }
    published
}
