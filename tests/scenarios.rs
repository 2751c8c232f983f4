//! Is each mistake found, and nothing else?
//!
//! Every file below `fixtures/scenarios` is a world named after what is wrong in it. Its head says what must be found
//! (see `fixtures/README.md`); everything that is not expected is forbidden: other hazards, and required expectations
//! that are not met. The plan must lead to a world in which nothing is left to plan.

mod served;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use cutover::check::{Code, Status, Verdict};
use cutover::expected::{Id, Importance};
use cutover::facts::Outcome as Answered;
use cutover::plan::to_bind;
use jiff::Timestamp;

use crate::world::{Fill, Outcome, World, file};

const FOLDER: &str = "fixtures/scenarios";

#[test]
fn every_scenario_is_judged_as_its_head_says() {
    let paths = paths();
    let mut faults = String::new();
    for path in &paths {
        for fault in Scenario::read(path).faults() {
            writeln!(faults, "{path}: {fault}").unwrap();
        }
    }
    assert!(faults.is_empty(), "{faults}");
    let topics: BTreeSet<&str> = paths.iter().filter_map(|path| path.split(['/', '\\']).nth(2)).collect();
    let all =
        ["absence", "alias", "certainty", "delivery", "hazard", "moves", "policy", "service", "spf", "text"];
    assert_eq!(topics, BTreeSet::from(all));
}

#[test]
fn no_rule_reads_what_is_not_asked() {
    for path in paths().iter().filter(|path| path.ends_with(".zone")) {
        let outcome = Scenario::read(path).world.check_closed();
        assert!(outcome.assessment.reads.are_met(), "{path}: {:?}", outcome.assessment.reads.unmet);
        let is_unasked = outcome.has(Code::LookupFailed) || outcome.has(Code::TreeTooLarge);
        assert!(!is_unasked, "{path}\n{}", outcome.story());
    }
}

/// Paths from the root of the repository, in order.
pub fn paths() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths: Vec<String> = Vec::new();
    for folder in entries(&root.join(FOLDER)) {
        let files = entries(&folder)
            .into_iter()
            .filter_map(|path| Some(path.strip_prefix(root).ok()?.to_str()?.to_owned()));
        paths.extend(files);
    }
    paths.sort();
    paths
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let read = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    read.map(|entry| entry.unwrap().path()).collect()
}

/// A world and what must be found in it.
struct Scenario {
    world: World,
    kind: Kind,
    expected: Vec<(Id, Status, Code)>,
    hazards: Vec<Code>,
    forbidden: Vec<String>,
    verdict: Verdict,
    /// The verdict once the plan is published.
    after: Option<Verdict>,
    /// When expectations will be met by themselves.
    until: Vec<(Id, Timestamp)>,
    /// By when a hazard must be acted on.
    due: Vec<(Code, Timestamp)>,
    /// Parts of the plan as lines of a zone file; `nothing` for an empty one.
    plan: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Zone,
    Recording,
}

impl Scenario {
    fn read(path: &str) -> Self {
        let text = file(path);
        let head = Head(text.lines().filter_map(|line| line.strip_prefix("; ")?.split_once(": ")).collect());
        let (kind, world) = match path.rsplit_once('.') {
            Some((_, "zone")) => (Kind::Zone, World::from_zone(&text)),
            Some((_, "recording")) => {
                let fill = head.one("fill").unwrap_or("nothing").parse::<Fill>().unwrap();
                (Kind::Recording, World::from_recording(&text, fill))
            }
            _ => panic!("{path} is neither a zone nor a recording"),
        };
        let world = head.one("domain").map_or(world.clone(), |domain| world.for_domain(domain));
        let words: Vec<&str> = head.all("expect").flat_map(str::split_whitespace).collect();
        let (hazards, expected): (Vec<&str>, Vec<&str>) =
            words.iter().partition(|word| word.starts_with("hazard="));
        Self {
            world: world.with_options(head.one("options").unwrap_or_default()),
            kind,
            expected: expected.into_iter().map(|word| expectation(path, word)).collect(),
            hazards: hazards.into_iter().map(|word| code(path, &word["hazard=".len()..])).collect(),
            forbidden: head.all("forbid").flat_map(str::split_whitespace).map(str::to_owned).collect(),
            verdict: verdict(path, head.one("verdict").unwrap_or_else(|| panic!("{path}: no `; verdict:`"))),
            after: head.one("after").map(|word| verdict(path, word)),
            until: head.all("until").flat_map(str::split_whitespace).map(|word| until(path, word)).collect(),
            due: head.all("due").flat_map(str::split_whitespace).map(|word| due(path, word)).collect(),
            plan: head.all("plan").map(str::to_owned).collect(),
        }
    }

    fn faults(&self) -> Vec<String> {
        let outcome = self.world.check();
        let mut faults = self.faults_of_expectations(&outcome);
        faults.extend(self.faults_of_codes(&outcome));
        faults.extend(self.faults_of_plan(&outcome));
        if outcome.assessment.verdict != self.verdict {
            faults.push(format!("verdict {}, expected {}", outcome.assessment.verdict, self.verdict));
        }
        if let Some(reply) = outcome.facts.all().find(|reply| reply.outcome == Answered::NotRecorded) {
            faults.push(format!("the recording holds no reply to {}", reply.question));
        }
        if !faults.is_empty() {
            faults.push(outcome.story());
        }
        faults
    }

    fn faults_of_expectations(&self, outcome: &Outcome) -> Vec<String> {
        let mut faults = Vec::new();
        for judged in &outcome.assessment.judged {
            let id = judged.expectation.id;
            let found = format!("{id}={}/{}", judged.status.word(), judged.code);
            match self.expected.iter().find(|(expected, ..)| *expected == id) {
                Some((_, status, code)) if (*status, *code) != (judged.status, judged.code) => {
                    faults.push(format!("found {found}, expected {id}={}/{code}", status.word()));
                }
                None if judged.importance == Importance::Required && judged.status != Status::Met => {
                    faults.push(format!("found {found}, which is not expected"));
                }
                Some(_) | None => {}
            }
        }
        let late = self.until.iter().filter(|(id, time)| outcome.expectation(*id).until != Some(*time));
        faults.extend(late.map(|(id, time)| format!("{id} is not expected until {time}")));
        faults
    }

    fn faults_of_codes(&self, outcome: &Outcome) -> Vec<String> {
        let missing = self.hazards.iter().filter(|code| !outcome.has(**code));
        let mut faults: Vec<String> = missing.map(|code| format!("the hazard {code} is not found")).collect();
        let hazards = outcome.assessment.hazards.iter().map(|hazard| hazard.code);
        let unexpected = hazards.filter(|code| !self.hazards.contains(code));
        faults.extend(unexpected.map(|code| format!("found the hazard {code}, which is not expected")));
        let due = |code: Code| outcome.assessment.hazards.iter().find(|hazard| hazard.code == code)?.due;
        let late = self.due.iter().filter(|(code, time)| due(*code) != Some(*time));
        faults.extend(late.map(|(code, time)| format!("{code} is not due by {time}")));
        let found = Code::ALL.iter().filter(|code| outcome.has(**code));
        let expected = |code: &Code| {
            self.expected.iter().any(|(.., expected)| expected == code) || self.hazards.contains(code)
        };
        // A family is every other code of it: the expected ones are named beside it.
        let forbids = |pattern: &String, code: &Code| {
            fits(pattern, code.word()) && !(pattern.ends_with('*') && expected(code))
        };
        let forbidden = found.filter(|code| self.forbidden.iter().any(|pattern| forbids(pattern, code)));
        faults.extend(forbidden.map(|code| format!("found {code}, which is forbidden")));
        faults
    }

    fn faults_of_plan(&self, outcome: &Outcome) -> Vec<String> {
        let mut faults = Vec::new();
        let plan = to_bind(&outcome.changes);
        for part in &self.plan {
            // Advice, such as a first DMARC policy, is not what a scenario is about.
            let needed = outcome.changes.iter().any(|change| change.importance == Importance::Required);
            let fits = if part == "nothing" { !needed } else { plan.lines().any(|line| line == part) };
            if !fits {
                faults.push(format!("the plan is not `{part}`"));
            }
        }
        let after = self.world.publish(&outcome.changes).check();
        if !after.changes.is_empty() {
            faults.push(format!("the plan leads to another plan\n{}", after.story()));
        }
        let wanted =
            self.after
                .or((self.verdict == Verdict::ChangesNeeded && self.kind == Kind::Zone)
                    .then_some(Verdict::Ready));
        if wanted.is_some_and(|wanted| wanted != after.assessment.verdict) {
            faults.push(format!(
                "after the plan the verdict is {}\n{}",
                after.assessment.verdict,
                after.story()
            ));
        }
        faults
    }
}

/// The lines `; key: value` of a file.
struct Head<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Head<'a> {
    fn all(&self, key: &str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(known, _)| *known == key).map(|(_, value)| value.trim())
    }

    fn one(&self, key: &str) -> Option<&'a str> {
        self.all(key).next()
    }
}

/// `mx=unmet/mx-rival`.
fn expectation(path: &str, word: &str) -> (Id, Status, Code) {
    let read = || {
        let (id, rest) = word.split_once('=')?;
        let (status, code) = rest.split_once('/')?;
        let statuses = [Status::Met, Status::Unmet, Status::Waiting, Status::Unknown];
        let status = statuses.into_iter().find(|known| known.word() == status)?;
        Some((id.parse().ok()?, status, code.parse().ok()?))
    };
    read().unwrap_or_else(|| panic!("{path}: `{word}` is not ID=STATUS/CODE"))
}

/// `mx=2026-11-22T05:46:00Z`.
fn until(path: &str, word: &str) -> (Id, Timestamp) {
    let read = || word.split_once('=').and_then(|(id, time)| Some((id.parse().ok()?, time.parse().ok()?)));
    read().unwrap_or_else(|| panic!("{path}: `{word}` is not ID=TIME"))
}

/// `ttl-too-long=2026-11-22T05:46:00Z`.
fn due(path: &str, word: &str) -> (Code, Timestamp) {
    let read =
        || word.split_once('=').and_then(|(code, time)| Some((code.parse().ok()?, time.parse().ok()?)));
    read().unwrap_or_else(|| panic!("{path}: `{word}` is not CODE=TIME"))
}

fn code(path: &str, word: &str) -> Code {
    word.parse().unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn verdict(path: &str, word: &str) -> Verdict {
    let known = Verdict::ALL.into_iter().find(|verdict| verdict.word() == word);
    known.unwrap_or_else(|| panic!("{path}: `{word}` is no verdict"))
}

/// Whether a code fits `spf-*`, or is the word itself.
fn fits(pattern: &str, word: &str) -> bool {
    pattern.strip_suffix('*').map_or(word == pattern, |start| word.starts_with(start))
}
