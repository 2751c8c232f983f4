//! Does a whole run say of real servers what it says of their zone files?
//!
//! Runs wherever Debian's `knot` and `unbound` are installed, and says so where they are not.

pub mod bounded;
mod browser;
mod devtools;
mod handed_on;
mod internet;
mod monitoring;
mod served;
mod tools;
mod updates;

use std::io::Write as _;

use cutover::cli::{self, Surroundings};
use jiff::Timestamp;
use serde_json::Value;

use internet::Internet;

/// Domains that real servers and zone files must agree on.
const DOMAINS: [&str; 7] = [
    "adatum.com",
    "branch.contoso.com",
    "contoso.com",
    "dept.fabrikam.com",
    "fabrikam.com",
    "litware.com",
    "north-wind.example",
];

#[test]
fn servers_and_zone_files_lead_to_the_same_report() {
    let Some(internet) = start() else { return };
    let check = [&["check", "--format", "json"], &DOMAINS[..]].concat();
    let (_, asked) = run_json(&check, &internet.arguments());
    let (_, read) = run_json(&check, &internet.zone_arguments());
    assert_eq!(asked["summary"], read["summary"]);
    let (asked, read) = (asked["domains"].as_array().unwrap(), read["domains"].as_array().unwrap());
    assert_eq!(asked.len(), DOMAINS.len());
    for (asked, read) in asked.iter().zip(read) {
        for part in ["domain", "verdict", "cloud", "source", "gateway", "expectations", "hazards", "changes"]
        {
            assert_eq!(asked[part], read[part], "{part} of {}", asked["domain"]);
        }
    }
    let verdicts = asked.iter().map(|domain| (domain["domain"].as_str().unwrap(), &domain["verdict"]));
    let ready = verdicts.filter(|(_, verdict)| *verdict == "ready").map(|(domain, _)| domain);
    assert_eq!(ready.collect::<Vec<_>>(), ["dept.fabrikam.com", "fabrikam.com"]);
    for domain in ["adatum.com", "branch.contoso.com", "contoso.com", "north-wind.example"] {
        let plan = ["plan", domain, "--format", "bind"];
        assert_eq!(run(&plan, &internet.arguments()), run(&plan, &internet.zone_arguments()), "{domain}");
    }
}

/// A zone that a server sends whole holds what its file does, at every name.
#[test]
fn transferred_zones_and_zone_files_lead_to_the_same_report() {
    let Some(internet) = start() else { return };
    // The others have zones further down, which are not part of theirs and are files as well.
    let domains = DOMAINS.into_iter().filter(|domain| !["contoso.com", "fabrikam.com"].contains(domain));
    let check: Vec<&str> =
        ["check", "--format", "json", "--phase", "tidy"].into_iter().chain(domains).collect();
    let (_, sent) = run_json(&[&check[..], &["--transfer"]].concat(), &internet.arguments());
    let (_, read) = run_json(&check, &internet.zone_arguments());
    assert_eq!(sent["summary"], read["summary"]);
    for (sent, read) in sent["domains"].as_array().unwrap().iter().zip(read["domains"].as_array().unwrap()) {
        for part in ["domain", "verdict", "source", "expectations", "hazards", "changes"] {
            assert_eq!(sent[part], read[part], "{part} of {}", sent["domain"]);
        }
    }
}

#[test]
fn a_published_plan_is_waited_for_and_then_ready() {
    let Some(internet) = start() else { return };
    for domain in ["contoso.com", "branch.contoso.com", "adatum.com", "north-wind.example"] {
        let check = ["check", domain, "--format", "json"];
        let (status, report) = run_json(&check, &internet.arguments());
        assert_eq!((status, verdict(&report)), (1, "changes-needed"), "{report:#}");
        let (status, plan) = run(&["plan", domain, "--format", "bind"], &internet.arguments());
        assert_eq!(status, 0);
        internet.publish(domain, &plan);
        // The resolver still has what it was told a moment ago.
        let (status, report) = run_json(&check, &internet.arguments());
        assert_eq!((status, verdict(&report)), (4, "waiting"), "{report:#}");
        assert!(codes(&report).contains(&"cache-stale"), "{report:#}");
        let (status, plan) = run(&["plan", domain, "--format", "bind"], &internet.arguments());
        assert_eq!((status, plan.as_str()), (0, ""), "what is published is not planned again");
        internet.flush();
        let (status, report) = run_json(&check, &internet.arguments());
        assert_eq!((status, verdict(&report)), (0, "ready"), "{report:#}");
    }
}

#[test]
fn a_watch_follows_the_caches_of_a_real_resolver() {
    let Some(internet) = start() else { return };
    let plan = ["plan", "wingtip.example", "--format", "bind"];
    // The resolver is told of the old records now.
    let (status, plan) = run_at(now(), &plan, &internet.arguments());
    assert_eq!(status, 0);
    internet.publish("wingtip.example", &plan);
    internet.transfer("wingtip.example");
    let (status, out) = watch(&internet);
    assert_eq!(status, 0, "{out}");
    assert!(out.contains("wingtip.example: waiting"), "{out}");
    assert!(out.contains("mx: waiting (cache-stale) → met"), "{out}");
    assert!(out.contains("verdict: waiting → ready"), "{out}");
}

#[test]
fn a_watch_follows_a_real_secondary_until_it_has_transferred_the_zone() {
    let Some(internet) = start() else { return };
    let options = [internet.arguments(), vec!["--view".into(), "authoritative".into()]].concat();
    let plan = ["plan", "wingtip.example", "--format", "bind"];
    let (status, plan) = run_at(now(), &plan, &options);
    assert_eq!(status, 0);
    // It asks every four seconds, the last time now.
    internet.transfer("wingtip.example");
    internet.publish("wingtip.example", &plan);
    let start = now();
    let check = ["check", "wingtip.example", "--format", "json"];
    let (status, out) = run_at(start, &check, &options);
    let report: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((status, verdict(&report)), (4, "waiting"), "{report:#}");
    assert!(codes(&report).contains(&"secondary-behind"), "{report:#}");
    let expectations = report["domains"][0]["expectations"].as_array().unwrap();
    let mx = expectations.iter().find(|expectation| expectation["id"] == "mx").unwrap();
    let until: Timestamp = mx["until"].as_str().unwrap().parse().unwrap();
    assert!((1..=6).contains(&start.duration_until(until).as_secs()), "{start}: {mx:#}");
    // Whoever asks it at the last moment keeps the old answer for three seconds more.
    let possible: Timestamp = mx["possible_until"].as_str().unwrap().parse().unwrap();
    assert_eq!(until.duration_until(possible).as_secs(), 3, "{mx:#}");
    let (status, out) = watch(&internet);
    assert_eq!(status, 0, "{out}");
    assert!(out.contains("mx: waiting (secondary-behind) → "), "{out}");
}

#[test]
fn servers_that_are_gone_leave_the_verdict_open() {
    let Some(mut internet) = start() else { return };
    internet.stop("127.0.0.15");
    // A resolver in such a place is silent for long.
    let options = [internet.arguments(), vec!["--timeout".into(), "0.3".into()]].concat();
    let (status, report) = run_json(&["check", "branch.contoso.com", "--format", "json"], &options);
    assert_eq!((status, verdict(&report)), (3, "undetermined"), "{report:#}");
    let (status, plan) = run(&["plan", "branch.contoso.com", "--format", "bind"], &options);
    assert_eq!((status, plan.as_str()), (3, ""), "what is not known is not changed");
    // The domain above has other servers, and its own judgement.
    let (status, report) = run_json(&["check", "contoso.com", "--format", "json"], &internet.arguments());
    assert_eq!((status, verdict(&report)), (1, "changes-needed"), "{report:#}");
}

#[test]
fn a_domain_that_does_not_exist_is_not_blamed_on_the_servers() {
    let Some(internet) = start() else { return };
    let (status, report) = run_json(&["check", "nobody.example", "--format", "json"], &internet.arguments());
    assert_eq!((status, verdict(&report)), (1, "changes-needed"));
    assert_eq!(report["domains"][0]["hazards"][0]["code"], "domain-not-found");
}

/// The servers; a test that is not run must be seen, past the capture of the test harness.
fn start() -> Option<Internet> {
    let internet = Internet::start();
    if internet.is_none() {
        std::io::stderr().write_all(b"skipped: knotd or unbound is not installed\n").unwrap();
    }
    internet
}

/// A watch in real time, which is over soon or wrong.
fn watch(internet: &Internet) -> (u8, String) {
    run_at(now(), &["watch", "wingtip.example", "--for", "15s"], &internet.arguments())
}

/// The time on the wall.
fn now() -> Timestamp {
    Timestamp::now()
}

/// A whole run: exit status and standard output.
fn run(command: &[&str], more: &[String]) -> (u8, String) {
    run_at("2026-11-22T05:23:00Z".parse().unwrap(), command, more)
}

/// The same at some time.
fn run_at(now: Timestamp, command: &[&str], more: &[String]) -> (u8, String) {
    let surroundings = Surroundings::of_pipe(now);
    let arguments = ["cutover"].iter().chain(command).map(Into::into).chain(more.iter().map(Into::into));
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let status = cli::run(arguments, &mut out, &mut err, &surroundings);
    assert_ne!(status, 2, "{}", String::from_utf8_lossy(&err));
    (status, String::from_utf8(out).unwrap())
}

fn run_json(command: &[&str], more: &[String]) -> (u8, Value) {
    let (status, out) = run(command, more);
    (status, serde_json::from_str(&out).unwrap())
}

/// The verdict on the only domain of a report.
fn verdict(report: &Value) -> &str {
    report["domains"][0]["verdict"].as_str().unwrap()
}

/// The codes of the only domain of a report.
fn codes(report: &Value) -> Vec<&str> {
    let expectations = report["domains"][0]["expectations"].as_array().unwrap();
    expectations.iter().map(|expectation| expectation["code"].as_str().unwrap()).collect()
}

/// A short loop is part of the tests of the server; each round starts a process.
#[test]
fn a_server_that_is_killed_a_hundred_times_keeps_a_whole_history() {
    crate::serve::reliability::kill_again_and_again(100);
}
