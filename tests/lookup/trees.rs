//! Checks that of different SPF records the newest decides, whichever server answers late.
//!
//! Ten name servers, each with another version of the zone and nine hosts of its own in the record.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::time::Duration;

use cutover::check::{JudgeOptions, Questions};
use cutover::expected::Subject;
use cutover::facts::{Facts, Outcome, Recording, UnqueriedNames};
use cutover::lookup::{Limits, Source, survey};

use super::budgets::recorded;
use super::{Estate, READY};
use crate::lab::{LabServer, Say};
use crate::run::{Run, block_on};

/// Hosts of one record: with Microsoft's include as many lookups as are allowed.
const HOSTS: usize = 9;
/// What each of the ten name servers calls its hosts, in the order in which records are looked at.
const LETTERS: &str = "abcdefghij";

/// Who speaks late.
enum Late {
    /// The name server with the newest version, and the resolver.
    Newest,
    /// All others.
    Others,
}

/// A run in which the newest version of the zone names the hosts of this letter.
fn run(newest: char, late: &Late) -> Run {
    let estate = Estate::new();
    let more: Vec<LabServer> = (4..12).map(|last| estate.lab.server(&format!("127.0.1.{last}"))).collect();
    let mut servers = vec![&estate.first, &estate.second];
    servers.extend(&more);
    for (serial, (letter, server)) in LETTERS.chars().zip(&servers).enumerate() {
        let hosts: String = (0..HOSTS).map(|n| format!(" a:{letter}{n}.example")).collect();
        let mut lines = READY.replace(" include:spf", &format!("{hosts} include:spf"));
        for last in 4..12 {
            write!(lines, "\n@ 3600 NS ns{last}\nns{last} 3600 A 127.0.1.{last}").unwrap();
        }
        let serial = if letter == newest { 100 } else { serial + 1 };
        write!(lines, "\n@ 300 SOA ns1 hostmaster {serial} 3600 600 604800 300").unwrap();
        server.zone("contoso.com", &lines);
        let is_late = match late {
            Late::Newest => letter == newest,
            Late::Others => letter != newest,
        };
        if is_late {
            server.say_to("contoso.com", "TXT", later());
        }
    }
    let hosts = LETTERS.chars().flat_map(|letter| (0..HOSTS).map(move |n| format!("{letter}{n}")));
    let hosts: String =
        hosts.map(|host| format!("{host} 60 A 192.0.2.9\n{host} 60 AAAA 2001:db8::9\n")).collect();
    estate.lab.server("127.0.0.4").zone("example", &hosts);
    // Whose version it has must not matter.
    estate.resolver.say_to("contoso.com", "TXT", later());
    recorded(&estate, "")
}

fn later() -> Say {
    Say::Later(Duration::from_millis(800), Box::new(Say::Zone))
}

fn assert_knows_the_newest(run: &Run) {
    assert_eq!(run.code("spf"), "met", "{:#}", run.expectation("spf"));
    assert_eq!((run.code("mx"), run.domain()["changes"].clone()), ("met".into(), serde_json::json!([])));
}

#[test]
fn the_newest_version_is_read_to_its_end_if_others_are_late() {
    assert_knows_the_newest(&run('j', &Late::Others));
}

#[test]
fn the_newest_version_is_read_to_its_end_if_it_is_late() {
    let run = run('a', &Late::Newest);
    assert_knows_the_newest(&run);
    let replies = run.domain()["replies"].to_string();
    assert!(!replies.contains("not-recorded"), "{replies}");
}

/// What is not known is lacking in a recording only if there is one.
#[test]
fn facts_in_memory_are_no_recording() {
    let started = "2026-11-22T05:23:00Z".parse().unwrap();
    let subject = Subject::new("contoso.com".parse().unwrap());
    let outcomes = |recording: Recording| {
        let source = Source::replay(recording, started);
        let mut questions = Questions::new(&subject, JudgeOptions::default());
        let facts = block_on(survey(&source, &subject.domain, Limits::default(), &mut questions));
        facts.all().map(|reply| reply.outcome).collect::<BTreeSet<_>>()
    };
    let gathered = Recording::new(vec![subject.domain.clone()], Facts::new(started, UnqueriedNames::Asked));
    let text = gathered.to_string();
    assert_eq!(outcomes(gathered), [Outcome::NotAsked].into());
    assert_eq!(outcomes(Recording::parse(&text).unwrap()), [Outcome::NotRecorded].into());
}
