//! Does a long list end alike, however many threads look its domains up?

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cutover::cli::Surroundings;
use cutover::run::{Clock, Later};
use jiff::Timestamp;

use crate::lab::{Lab, LabServer, Say, Via};
use crate::run::{Run, Workspace, cutover_with, surroundings};

/// Enough for all threads that there can be.
const DOMAINS: usize = 260;

/// A resolver that knows a list of domains, most of them ready.
struct List {
    _lab: Lab,
    _server: LabServer,
    resolver: LabServer,
    workspace: Workspace,
}

impl List {
    fn new() -> Self {
        let lab = Lab::start();
        let server = lab.server("127.0.8.1");
        server.microsoft().zone("mail.protection.outlook.com", "* 300 A 192.0.2.1");
        let mut zone = String::from("@ 3600 NS ns1\nns1 3600 A 127.0.8.1\n");
        let mut list = String::new();
        for number in 0..DOMAINS {
            let name = format!("customer-{number}");
            let host = match number % 3 {
                0 => "mx1.emailsrvr.com.".to_owned(),
                _ => format!("{name}-example.mail.protection.outlook.com."),
            };
            let _ = writeln!(zone, "{name} 3600 MX 0 {host}");
            let _ = writeln!(zone, "{name} 3600 TXT \"v=spf1 include:spf.protection.outlook.com -all\"");
            let _ = writeln!(zone, "autodiscover.{name} 3600 CNAME autodiscover.outlook.com.");
            let _ = writeln!(list, "{name}.example");
        }
        server.zone("example", &zone);
        let resolver = lab.resolver("127.0.8.53");
        let workspace = Workspace::new();
        workspace.put("list.txt", list);
        Self { _lab: lab, _server: server, resolver, workspace }
    }

    /// Checks the list as on a machine with so many processors.
    fn check(&self, processors: usize, options: &str) -> Run {
        self.check_in(&Surroundings { processors, ..surroundings() }, options)
    }

    fn check_in(&self, surroundings: &Surroundings, options: &str) -> Run {
        self.resolver.forget();
        let list = self.workspace.path("list.txt");
        let words = format!(
            "check --domains {} --concurrency 8 --resolver {} --view resolver --no-https --format ndjson -q {options}",
            list.display(),
            self.resolver.address(),
        );
        cutover_with(words.split_whitespace(), surroundings)
    }

    /// The number of ports from which the resolver was asked.
    fn ports(&self) -> usize {
        self.resolver.seen().iter().map(|seen| seen.from.port()).collect::<BTreeSet<_>>().len()
    }

    /// How often the resolver was asked each question.
    fn asked(&self) -> BTreeMap<String, usize> {
        let mut asked = BTreeMap::new();
        for seen in self.resolver.seen() {
            assert_eq!(seen.via, Via::Udp);
            *asked.entry(format!("{} {}", seen.name.to_string().to_lowercase(), seen.rtype)).or_default() +=
                1;
        }
        asked
    }
}

/// Somebody who wants to stop at once, and then again.
#[derive(Debug)]
struct Impatient;

impl Clock for Impatient {
    fn wait(&self, now: Timestamp, span: Duration) -> Later<'_, Timestamp> {
        panic!("{now}: nobody waits for {span:?} here")
    }

    fn stopped(&self) -> Later<'_, ()> {
        Box::pin(tokio::time::sleep(Duration::from_millis(300)))
    }
}

/// The keys whose values differ, or that only one has.
fn differences<'m, T: PartialEq>(
    one: &'m BTreeMap<String, T>,
    other: &'m BTreeMap<String, T>,
) -> Vec<&'m String> {
    let keys: BTreeSet<_> = one.keys().chain(other.keys()).collect();
    keys.into_iter().filter(|key| one.get(*key) != other.get(*key)).collect()
}

/// The verdict and the findings of each domain, without times.
fn findings(run: &Run) -> BTreeMap<String, (String, String)> {
    let mut findings = BTreeMap::new();
    for line in run.out.lines() {
        let domain: serde_json::Value = serde_json::from_str(line).unwrap();
        let text = |field: &str| domain[field].as_str().unwrap().to_owned();
        let expectations = domain["expectations"].as_array().unwrap().iter();
        let codes = expectations.map(|one| format!("{} {} {}\n", one["id"], one["code"], one["message"]));
        let known = findings.insert(text("domain"), (text("verdict"), codes.collect()));
        assert_eq!(known, None, "a domain is there twice");
    }
    findings
}

#[test]
fn several_threads_find_the_same_and_ask_nothing_twice() {
    let list = List::new();
    // No question is repeated because this machine is busy.
    let patient = "--timeout 20 --deadline 120";
    let alone = list.check(1, patient);
    assert_eq!((alone.status, alone.err.as_str()), (1, ""));
    let (found, asked) = (findings(&alone), list.asked());
    assert_eq!(found.len(), DOMAINS);
    let ready = found.values().filter(|(verdict, _)| verdict == "ready").count();
    assert_eq!(ready, DOMAINS - DOMAINS.div_ceil(3));
    assert!(asked.values().all(|count| *count == 1), "{asked:?}");
    for processors in [4, 8] {
        let run = list.check(processors, patient);
        assert_eq!((run.status, run.err.as_str()), (1, ""));
        // What only one of both has, too.
        assert_eq!(differences(&found, &findings(&run)), [] as [&String; 0], "{processors}");
        assert_eq!(differences(&asked, &list.asked()), [] as [&String; 0], "{processors}");
        // Each thread that looks up has a socket of its own.
        assert!(list.ports() >= processors / 2, "{processors}: {}", list.ports());
    }
}

#[test]
fn the_first_domain_that_is_not_ready_ends_a_run_of_several_threads() {
    let list = List::new();
    let run = list.check(8, "--fail-fast");
    assert_eq!(run.status, 1);
    let found = findings(&run);
    assert!(found.len() < DOMAINS && found.values().any(|(verdict, _)| verdict != "ready"), "{found:?}");
}

#[test]
fn domains_that_fail_on_one_thread_are_looked_up_again_and_harm_no_other() {
    let list = List::new();
    let found = findings(&list.check(8, "--timeout 1"));
    let failing = [3, 50, 259].map(|number| format!("customer-{number}.example"));
    for name in &failing {
        let lost = Say::Turns(vec![Say::Nothing, Say::Nothing, Say::Nothing, Say::Zone]);
        list.resolver.say_to(name, "MX", lost);
    }
    let run = list.check(8, "--timeout 1");
    assert_eq!(findings(&run), found);
    let last: Vec<_> = run.out.lines().rev().take(failing.len()).collect();
    for name in &failing {
        assert!(last.iter().any(|line| line.contains(&format!("\"domain\":\"{name}\""))), "{name}: {last:?}");
        assert_eq!(list.resolver.asked(name, "MX"), 4, "{name}");
    }
}

#[test]
fn a_second_signal_ends_the_lookups_of_all_threads_at_once() {
    let list = List::new();
    list.resolver.say(Say::Nothing);
    let around = Surroundings { processors: 8, clock: Arc::new(Impatient), ..surroundings() };
    let start = Instant::now();
    let run = list.check_in(&around, "--timeout 120 --deadline 300");
    assert!(list.ports() >= 4 && start.elapsed() < Duration::from_secs(60), "{:?}", start.elapsed());
    assert_eq!((run.status, run.out.as_str()), (3, ""), "{}", run.err);
}
