//! Is it told until when to wait, what was seen and what is possible elsewhere, and is nobody asked too often meanwhile?

use serde_json::Value;

use super::watch::{Event, Night, nothing, told};
use super::{Estate, OLD_MX, version};
use crate::run::{Run, Workspace, cutover_with, surroundings};

/// Seconds from the time of the run until a moment of the report.
fn seconds_until(moment: &Value) -> i64 {
    let moment: jiff::Timestamp =
        moment.as_str().unwrap_or_else(|| panic!("{moment} is no time")).parse().unwrap();
    surroundings().now.duration_until(moment).as_secs()
}

/// The same run as a table, on a wide terminal.
fn table(estate: &Estate, options: &str) -> String {
    let words = format!("check contoso.com {} {options}", estate.options());
    let surroundings = cutover::cli::Surroundings { width: Some(200), ..surroundings() };
    cutover_with(words.split_whitespace(), &surroundings).out
}

/// A zone with this serial on each server: the second is behind.
fn behind(estate: &Estate, newer: u32, older: u32) {
    estate.first.zone("contoso.com", &version(newer, ""));
    estate.second.zone("contoso.com", &version(older, OLD_MX));
}

/// An estate whose old MX record a run has seen, and the option for the history that holds it.
fn remembered() -> (Estate, Workspace, String) {
    let (estate, workspace) = (Estate::new(), Workspace::new());
    let history = format!("--history {}", workspace.free("history.json"));
    estate.publish(&version(1, OLD_MX));
    assert_eq!(estate.contoso(&history).status, 1);
    (estate, workspace, history)
}

#[test]
fn a_resolver_with_a_cap_of_its_own_is_no_proof_for_others() {
    let (estate, _workspace, history) = remembered();
    // An hour is what the old record may live, and this resolver keeps nothing for longer than half a minute.
    estate.publish(&version(2, ""));
    estate.resolver.remember("contoso.com", "@ 30 MX 10 mx1.emailsrvr.com.");
    let run = estate.contoso(&history);
    let mx = run.expectation("mx");
    assert_eq!((run.status, &mx["code"]), (4, &"cache-stale".into()), "{run:?}");
    let (seen, possible) = (seconds_until(&mx["until"]), seconds_until(&mx["possible_until"]));
    assert!((30..60).contains(&seen) && (3590..3660).contains(&possible), "{mx:#}");
    let text = table(&estate, &history);
    assert!(text.contains("`mx1.emailsrvr.com` cached until"), "{text}");
    assert!(
        text.contains("Possible: a cache that was not asked may have the older answer for mx until"),
        "{text}"
    );
    assert!(text.contains("(its TTL was 1 hour)"), "{text}");
    // It is still possible once nobody is seen to have it any more.
    estate.resolver.run_out();
    let run = estate.contoso(&history);
    assert_eq!((run.status, &run.expectation("mx")["until"]), (0, &Value::Null));
    assert!(seconds_until(&run.expectation("mx")["possible_until"]) > 3000);
    assert!(table(&estate, &history).contains("Possible:"));
}

#[test]
fn what_is_possible_is_never_over_before_what_was_seen() {
    let (estate, _workspace, history) = remembered();
    // A resolver that keeps it for longer than the hour that the record says.
    estate.publish(&version(2, ""));
    estate.resolver.remember("contoso.com", "@ 7200 MX 10 mx1.emailsrvr.com.");
    let mx = estate.contoso(&history).expectation("mx");
    assert!(seconds_until(&mx["until"]) > 7100, "{mx:#}");
    assert_eq!(mx["until"], mx["possible_until"], "{mx:#}");
}

#[test]
fn without_a_memory_it_is_said_that_others_may_keep_it_longer() {
    let estate = Estate::new();
    estate.resolver.remember("contoso.com", "@ 30 MX 10 mx1.emailsrvr.com.");
    assert_eq!(estate.contoso("").expectation("mx").get("possible_until"), None);
    let text = table(&estate, "");
    assert!(text.contains("--history"), "{text}");
    estate.resolver.run_out();
    assert!(!table(&estate, "").contains("--history"));
}

#[test]
fn what_a_lagging_secondary_gives_out_lives_on_in_caches() {
    let estate = Estate::new();
    behind(&estate, 1, u32::MAX);
    let mx = estate.contoso("").expectation("mx");
    assert_eq!((&mx["status"], &mx["code"]), (&"waiting".into(), &"secondary-behind".into()), "{mx:#}");
    let (until, possible) = (seconds_until(&mx["until"]), seconds_until(&mx["possible_until"]));
    assert!((3600..3660).contains(&until) && possible == until + 3600, "{mx:#}");
    let text = table(&estate, "");
    assert!(text.contains("`ns2.contoso.com` still has") && text.contains("every 10"), "{text}");
}

#[test]
fn the_old_service_stays_open_while_a_secondary_gives_out_the_old_answer() {
    let estate = Estate::new();
    let workspace = Workspace::new();
    let options = format!("--history {} --phase tidy --queue-margin 0s", workspace.free("history.json"));
    estate.publish(&version(1, OLD_MX));
    estate.contoso(&options);
    behind(&estate, 2, 1);
    let run = estate.contoso(&options);
    assert_eq!(run.status, 4, "{run:?}");
    // The refresh time, the hour that the old record lives, and a day for the others, of which nothing old was seen.
    let closing = |run: &Run| seconds_until(&run.domain()["close_source_after"]);
    assert!((86_390..86_400 + 60).contains(&closing(&run)), "{run:?}");
    let run = estate.contoso(&format!("{options} --old-ttl 0s"));
    assert!((7190..7260).contains(&closing(&run)), "{run:?}");
}

#[test]
fn where_no_name_server_answers_the_change_is_not_taken_for_old() {
    let estate = Estate::impatient();
    let workspace = Workspace::new();
    let options = format!("--history {} --phase tidy --queue-margin 0s", workspace.free("history.json"));
    estate.publish(&version(1, OLD_MX));
    let long_ago = surroundings().now - jiff::SignedDuration::from_hours(24 * 30);
    let words = format!("check contoso.com {} {options}", estate.options());
    let before = cutover::cli::Surroundings { now: long_ago, ..surroundings() };
    assert_eq!(cutover_with(words.split_whitespace(), &before).status, 1);
    estate.publish(&version(2, ""));
    let run = estate.contoso(&format!("{options} --view resolver"));
    assert_eq!((run.status, run.domain()["close_source_basis"].as_str()), (0, Some("assumed")), "{run:?}");
    assert!(seconds_until(&run.domain()["close_source_after"]) >= 86_390, "{run:?}");
}

#[test]
fn a_cache_that_remembers_nothing_is_waited_for() {
    let estate = Estate::new();
    estate.resolver.remember_absent("autodiscover.contoso.com", 240);
    let autodiscover = estate.contoso("").expectation("autodiscover");
    assert_eq!(autodiscover["code"], "negative-cache", "{autodiscover:#}");
    assert!((240..270).contains(&seconds_until(&autodiscover["until"])), "{autodiscover:#}");
    let resolver = estate.resolver.clone();
    let night = Night::of(vec![Box::new(move || drop(resolver.run_out().clone()))]);
    let run = estate.watch("", &night);
    assert_eq!((run.status, night.waits().len()), (0, 1), "{run:?}");
    assert!((241..271).contains(&night.waits()[0]), "{:?}", night.waits());
}

#[test]
fn a_cache_that_never_forgets_is_asked_less_and_less_often() {
    let estate = Estate::new();
    estate.resolver.remember("contoso.com", "@ 0 MX 10 mx1.emailsrvr.com.");
    let night = Night::of((0..9).map(|_| nothing()).collect());
    let run = estate.watch("", &night);
    assert_eq!(run.status, 4, "{run:?}");
    let waits = night.waits();
    assert!(waits.is_sorted() && waits[..3].iter().all(|wait| *wait < 8), "{waits:?}");
    assert_eq!(waits[7..], [60, 60], "{waits:?}");
}

#[test]
fn no_rhythm_is_so_fast_that_it_never_waits() {
    let estate = Estate::new();
    estate.publish(&version(1, OLD_MX));
    let night = Night::of((0..3).map(|_| nothing()).collect());
    assert_eq!(estate.watch("--every 0s", &night).status, 1);
    assert_eq!(night.waits(), [1, 1, 1]);
    let never = Night::of(Vec::new());
    assert_eq!((estate.watch("--for 0s", &never).status, never.waits().len()), (1, 0));
}

#[test]
fn a_secondary_is_looked_at_before_it_must_ask() {
    let estate = Estate::new();
    behind(&estate, 2, 1);
    let second = estate.second.clone();
    let transfer: Event = Box::new(move || drop(second.zone("contoso.com", &version(2, "")).clone()));
    let night = Night::of(vec![nothing(), transfer]);
    let run = estate.watch("", &night);
    assert_eq!((run.status, night.waits()), (0, vec![60, 60]), "{run:?}");
    let lines = told(&run);
    assert!(
        lines.iter().any(|line| line == "contoso.com: mx: waiting (secondary-behind) → met"),
        "{lines:?}"
    );
}

#[test]
fn the_same_serial_with_other_records_is_not_waited_for() {
    let estate = Estate::new();
    behind(&estate, 7, 7);
    let run = estate.contoso("");
    assert_eq!((run.status, run.code("mx").as_str()), (1, "servers-disagree"), "{run:?}");
    assert!(run.hazards().contains(&"servers-disagree".into()), "{run:?}");
    assert_eq!(run.expectation("mx")["until"], Value::Null);
}

#[test]
fn what_is_recorded_at_the_end_is_the_round_that_was_told() {
    let estate = Estate::new();
    estate.resolver.remember("contoso.com", "@ 600 MX 10 mx1.emailsrvr.com.");
    let workspace = Workspace::new();
    let (record, resolver) = (workspace.free("run.txt"), estate.resolver.clone());
    let night = Night::of(vec![Box::new(move || drop(resolver.run_out().clone()))]);
    let run = estate.watch(&format!("--format json --record {record}"), &night);
    let replay = crate::run::cutover(&format!("check --replay {record} --format json"));
    assert_eq!((run.status, run.json()), (replay.status, replay.json()));
}
