//! Is every domain of a long list accounted for exactly once, although servers fail and the run is ended on the way?
//!
//! The program itself, in a process of its own, over generated domains of scripted servers, one in twenty of which is
//! faulty. An ordinary `cargo test` asks about two hundred domains; ten thousand take
//! `CUTOVER_SOAK_DOMAINS=10000 cargo test --release --test all soak:: -- --nocapture`.

pub mod child;
mod world;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::Path;

use crate::lab::customer;
use child::{Child, End};
use world::{Estate, Standing};

use crate::run::Workspace;

/// Domains unless somebody wants more.
const FEW: usize = 200;
/// KiB of a run at most: the promise of 100,000 domains.
const MOST_MEMORY: u64 = 100 * 1024;

/// Verdicts by domain; no line may be cut, and no domain may be there twice.
fn verdicts(report: &Path) -> BTreeMap<String, String> {
    let mut verdicts = BTreeMap::new();
    for line in std::fs::read_to_string(report).unwrap().lines() {
        let line: serde_json::Value =
            serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        let field = |name: &str| line[name].as_str().unwrap().to_owned();
        let known = verdicts.insert(field("domain"), field("verdict"));
        assert_eq!(known, None, "{} is there twice", field("domain"));
    }
    verdicts
}

/// How many whole lines a report has, those that can be read.
fn whole_lines(report: &Path) -> usize {
    let text = std::fs::read(report).unwrap();
    let lines = text.split(|octet| *octet == b'\n');
    lines.filter(|line| serde_json::from_slice::<serde_json::Value>(line).is_ok()).count()
}

/// Takes the end of the last line away, as where a disk was full or a machine went down in the middle of it.
fn cut(report: &Path) {
    let text = std::fs::read(report).unwrap();
    let start = text[..text.len() - 1].iter().rposition(|octet| *octet == b'\n').unwrap_or_default();
    std::fs::write(report, &text[..start + (text.len() - start) / 2]).unwrap();
}

#[test]
#[cfg_attr(windows, ignore = "ends a run by SIGTERM, which is not there")]
fn every_domain_is_told_of_once_whatever_fails_or_ends() {
    let count: usize = std::env::var("CUTOVER_SOAK_DOMAINS").map_or(FEW, |count| count.parse().unwrap());
    let estate = Estate::new(count);
    let workspace = Workspace::new();
    let list =
        workspace.put("list.txt", (0..count).map(|number| customer(number) + "\n").collect::<String>());
    let check = format!("check --domains {list} --format ndjson {}", estate.options());
    let (whole, part) = (workspace.path("whole.ndjson"), workspace.path("part.ndjson"));
    let resume = format!("{check} --resume {}", part.display());

    let run = Child::start(&check, &whole).wait(End::ByItself);
    assert_eq!(run.status, Some(1), "{}", run.err);
    let questions = estate.questions();
    let expected = verdicts(&whole);
    let names: BTreeSet<String> = (0..count).map(customer).collect();
    assert_eq!(expected.keys().cloned().collect::<BTreeSet<_>>(), names);

    // What is true of each domain, whoever of its name servers says nothing.
    let mut faulty = 0;
    for number in 0..count {
        let verdict = expected[&customer(number)].as_str();
        let is_ready = world::is_ready(number);
        let standing = estate.standing(number);
        faulty += usize::from(standing != Standing::Sound);
        let allowed: &[&str] = match (standing, is_ready) {
            (Standing::Sound | Standing::OneSilent, true) => &["ready"],
            (Standing::Sound | Standing::OneSilent, false) => &["changes-needed"],
            (Standing::BothSilent, true) => &["ready", "undetermined", "waiting"],
            (Standing::BothSilent, false) => &["changes-needed", "undetermined"],
            (Standing::Lied, true) => &["ready", "undetermined", "waiting", "changes-needed"],
            (Standing::Lied, false) => &["changes-needed", "undetermined", "waiting"],
        };
        assert!(allowed.contains(&verdict), "{}: {standing:?}, {verdict}", customer(number));
    }

    // Ended without warning, twice, each time in the middle of a line, and once politely; gone on as the README has it.
    let first = Child::start(&check, &part).wait(End::Killed { lines: count / 4 });
    cut(&part);
    let second = Child::start(&resume, &part).wait(End::Killed { lines: count / 2 });
    cut(&part);
    // Soon after it has gone on: those under way are finished, and of a short list they must not be all that is left.
    let begun = whole_lines(&part);
    let third = Child::start(&resume, &part).wait(End::Stopped { lines: begun + 16 });
    let written = whole_lines(&part);
    assert!(
        (begun + 1..count).contains(&written),
        "ended with {written} of {count}, begun with {begun}: {}",
        third.err
    );
    assert!(third.err.contains("the run was stopped"), "{}", third.err);
    let last = format!("{resume} --output ndjson={}", part.display());
    let rest = workspace.path("rest.ndjson");
    let fourth = Child::start(&last, &rest).wait(End::ByItself);
    assert_eq!(fourth.status, Some(1), "{}", fourth.err);
    assert_eq!(verdicts(&rest).len(), count - written, "nothing is looked at again");
    let found = verdicts(&part);
    let differ: Vec<_> =
        expected.iter().filter(|(name, verdict)| found.get(*name) != Some(verdict)).collect();
    assert!(differ.is_empty() && found.len() == count, "{} domains, not as before: {differ:?}", found.len());

    let memory = [&run, &first, &second, &third, &fourth].map(|run| run.memory);
    let text = format!(
        "soak: {count} domains, {faulty} of them with a faulty name server ({} of {} servers); {questions} packets in one run, \
         {:.1} a domain; peak memory {:.1} MiB; ended three times and gone on: the same verdicts\n",
        world::FAULTY,
        world::SERVERS,
        questions as f64 / count as f64,
        run.memory as f64 / 1024.0,
    );
    std::io::stderr().write_all(text.as_bytes()).unwrap();
    assert!(memory.iter().all(|memory| *memory < MOST_MEMORY), "{memory:?} KiB");
}
