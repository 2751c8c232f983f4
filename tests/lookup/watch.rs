//! Does a watch look when something can have changed, tell what did, and end when there is nothing left?
//!
//! Time is that of the test: a wait takes none, and what happens meanwhile is done before it ends.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cutover::cli::{Clock, Later, Surroundings};
use hickory_resolver::proto::op::ResponseCode;
use jiff::Timestamp;

use super::{Estate, OLD_MX, READY, version};
use crate::lab::Say;
use crate::run::{Run, Workspace, cutover, cutover_with, surroundings};

/// What happens during one wait.
pub(super) type Event = Box<dyn FnOnce() + Send>;

/// A night that is over at once: events, one a wait; when they have run out, the user stops.
pub(super) struct Night {
    events: Mutex<VecDeque<Event>>,
    waits: Mutex<Vec<u64>>,
    stop: tokio::sync::Notify,
}

impl Night {
    pub(super) fn of(events: Vec<Event>) -> Arc<Self> {
        let (events, waits) = (Mutex::new(events.into()), Mutex::default());
        Arc::new(Self { events, waits, stop: tokio::sync::Notify::new() })
    }

    /// How long each wait was to be, in seconds.
    pub(super) fn waits(&self) -> Vec<u64> {
        self.waits.lock().unwrap().clone()
    }
}

impl std::fmt::Debug for Night {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Night")
    }
}

impl Clock for Night {
    fn wait(&self, now: Timestamp, span: Duration) -> Later<'_, Timestamp> {
        let event = self.events.lock().unwrap().pop_front();
        let Some(event) = event else {
            self.stop.notify_one();
            return Box::pin(std::future::pending());
        };
        self.waits.lock().unwrap().push(span.as_secs());
        event();
        Box::pin(std::future::ready(now + span))
    }

    fn stopped(&self) -> Later<'_, ()> {
        Box::pin(self.stop.notified())
    }
}

/// Nothing happens.
pub(super) fn nothing() -> Event {
    Box::new(|| {})
}

impl Estate {
    /// Watches `contoso.com` through a night.
    pub(super) fn watch(&self, options: &str, night: &Arc<Night>) -> Run {
        watch(&format!("contoso.com {} {options}", self.options()), night)
    }
}

fn watch(words: &str, night: &Arc<Night>) -> Run {
    watch_with(words, night, surroundings())
}

/// Watches through a night, somewhere else.
pub(super) fn watch_with(words: &str, night: &Arc<Night>, around: Surroundings) -> Run {
    let words = format!("watch {words}");
    cutover_with(words.split_whitespace(), &Surroundings { clock: night.clone(), width: Some(200), ..around })
}

/// The lines that a watch told, without the time.
pub(super) fn told(run: &Run) -> Vec<String> {
    let lines = run.out.lines().chain(run.err.lines()).filter(|line| line.starts_with("2026-"));
    lines.map(|line| line.split_once(' ').unwrap().1.to_owned()).collect()
}

#[test]
fn a_stale_cache_is_looked_at_again_when_it_has_run_out() {
    let estate = Estate::new();
    estate.resolver.remember("contoso.com", "@ 600 MX 10 mx1.emailsrvr.com.");
    let resolver = estate.resolver.clone();
    let night = Night::of(vec![Box::new(move || drop(resolver.run_out().clone()))]);
    let run = estate.watch("", &night);
    assert_eq!(run.status, 0, "{run:?}");
    // The second after the last one in which it can be there; the answer came within the time that a lab takes.
    let waits = night.waits();
    assert!(waits.len() == 1 && (601..660).contains(&waits[0]), "{waits:?}");
    let lines = told(&run);
    assert_eq!(lines[0], "contoso.com: waiting");
    assert!(lines.iter().any(|line| line.contains("waiting → ready")), "{lines:?}");
    assert!(lines.iter().any(|line| line.contains("mx: waiting (cache-stale) → met")), "{lines:?}");
    // All about the domain was asked again, and what is Microsoft's is known.
    assert_eq!(estate.resolver.asked("autodiscover.contoso.com", "CNAME"), 2);
    assert_eq!(estate.resolver.asked("contoso.com", "MX"), 2);
    for server in [&estate.first, &estate.second] {
        assert_eq!(server.asked("contoso.com", "MX"), 2);
    }
}

#[test]
fn an_edit_is_noticed_within_a_minute() {
    let estate = Estate::new();
    estate.publish(&version(1, OLD_MX));
    estate.resolver.say_to("contoso.com", "MX", Say::Error(ResponseCode::Refused, Vec::new()));
    let (first, second, resolver) = (estate.first.clone(), estate.second.clone(), estate.resolver.clone());
    let edit: Event = Box::new(move || {
        for server in [&first, &second] {
            server.zone("contoso.com", &version(2, ""));
        }
        resolver.say_to("contoso.com", "MX", Say::Zone);
    });
    let night = Night::of(vec![nothing(), edit]);
    let run = estate.watch("", &night);
    assert_eq!((run.status, night.waits()), (0, vec![60, 60]), "{run:?}");
    let lines = told(&run);
    assert!(lines.iter().any(|line| line.contains("`10 mx1.emailsrvr.com.` → `0 contoso-com.")), "{lines:?}");
    // Two rounds without a difference told nothing between.
    assert_eq!(lines.iter().filter(|line| line.contains("verdict:")).count(), 1, "{lines:?}");
    // The last state is shown at the end.
    assert!(run.out.trim_end().lines().last().is_some_and(|line| !line.starts_with("2026-")), "{run:?}");
    assert!(run.out.contains("mail goes to"), "{run:?}");
}

#[test]
fn it_ends_when_its_time_is_over() {
    let estate = Estate::new();
    estate.publish(&version(1, OLD_MX));
    let night = Night::of((0..10).map(|_| nothing()).collect());
    let run = estate.watch("--for 150s", &night);
    assert_eq!((run.status, night.waits()), (1, vec![60, 60, 30]), "{run:?}");
    let rare = Night::of((0..10).map(|_| nothing()).collect());
    assert_eq!(estate.watch("--for 25s --every 10s", &rare).status, 1);
    assert_eq!(rare.waits(), [10, 10, 5]);
}

#[test]
fn it_may_end_when_all_edits_are_made() {
    let estate = Estate::new();
    estate.resolver.remember("contoso.com", "@ 600 MX 10 mx1.emailsrvr.com.");
    let night = Night::of(Vec::new());
    let run = estate.watch("--until changes-done", &night);
    assert_eq!((run.status, night.waits()), (4, Vec::new()), "{run:?}");
}

#[test]
fn whoever_stops_it_gets_the_last_state() {
    let estate = Estate::new();
    estate.publish(&version(1, OLD_MX));
    let night = Night::of(vec![nothing()]);
    let run = estate.watch("", &night);
    assert_eq!((run.status, night.waits().len()), (1, 1), "{run:?}");
    assert!(run.out.contains("mail still goes to") && run.errors() == 0, "{run:?}");
}

#[test]
fn a_lookup_that_fails_once_is_no_change() {
    let estate = Estate::impatient();
    estate.publish(&version(1, OLD_MX));
    let (first, second, resolver) = (estate.first.clone(), estate.second.clone(), estate.resolver.clone());
    let all_say = move |say: Say| {
        let servers = [first.clone(), second.clone(), resolver.clone()];
        let event: Event = Box::new(move || {
            for server in &servers {
                server.say_to("contoso.com", "MX", say.clone());
            }
        });
        event
    };
    let fails = || Say::Error(ResponseCode::ServFail, Vec::new());
    let once = Night::of(vec![all_say(fails()), all_say(Say::Zone), nothing()]);
    assert_eq!(told(&estate.watch("--view authoritative", &once)), ["contoso.com: changes-needed"]);
    let twice = Night::of(vec![all_say(fails()), nothing(), all_say(Say::Zone)]);
    let lines = told(&estate.watch("--view authoritative", &twice));
    assert!(lines.iter().any(|line| line.contains("unknown (lookup-failed)")), "{lines:?}");
    assert!(lines.last().unwrap().contains("mx-at-source"), "{lines:?}");
}

#[test]
fn a_server_that_was_dead_is_tried_again() {
    let estate = Estate::impatient();
    estate.second.say(Say::Nothing);
    estate.publish(&version(1, OLD_MX));
    let second = estate.second.clone();
    let night = Night::of(vec![Box::new(move || drop(second.say(Say::Zone).clone())), nothing()]);
    let lines = told(&estate.watch("", &night));
    assert!(lines.iter().any(|line| line.contains("gone: server-silent")), "{lines:?}");
}

#[test]
fn a_program_gets_one_document_and_the_lines_beside_it() {
    let estate = Estate::new();
    estate.resolver.remember("contoso.com", "@ 600 MX 10 mx1.emailsrvr.com.");
    let resolver = estate.resolver.clone();
    let night = Night::of(vec![Box::new(move || drop(resolver.run_out().clone()))]);
    let run = estate.watch("--format json", &night);
    assert_eq!((run.status, run.json()["summary"]["ready"].as_u64()), (0, Some(1)));
    let lines = [
        "contoso.com: waiting",
        "contoso.com: verdict: waiting → ready",
        "contoso.com: mx: waiting (cache-stale) → met",
    ];
    assert_eq!(told(&run), lines, "{run:?}");
    assert!(!run.out.contains("→"), "{run:?}");
    // The report is that of the last round.
    assert!(run.json()["checked_at"].as_str().unwrap() > "2026-11-22T05:33:00Z");
}

#[test]
fn domains_that_are_ready_are_not_asked_about_again() {
    let estate = Estate::new();
    let lines = READY.replace("contoso-com", "fabrikam-com");
    let mut lines: Vec<&str> = lines.lines().filter(|line| !line.contains("ns")).collect();
    lines.extend(["@ 3600 NS ns1.contoso.com.", "@ 3600 NS ns2.contoso.com."]);
    for server in [&estate.first, &estate.second] {
        server.zone("fabrikam.com", &lines.join("\n"));
    }
    estate.publish(&version(1, OLD_MX));
    let night = Night::of(vec![nothing(), nothing()]);
    let run = watch(&format!("fabrikam.com contoso.com {}", estate.options()), &night);
    assert_eq!(run.status, 1, "{run:?}");
    assert_eq!(estate.first.asked("fabrikam.com", "MX"), 1);
    assert_eq!(estate.first.asked("contoso.com", "MX"), 3);
    assert!(run.out.contains("2 domains: 1 ready, 1 to change"), "{run:?}");
}

/// The zone file of a domain that is ready but for this MX record.
fn zone(mx: &str) -> String {
    format!(
        "$ORIGIN contoso.com.\n@ MX {mx}\n@ TXT \"v=spf1 include:spf.protection.outlook.com -all\"\n\
         autodiscover CNAME autodiscover.outlook.com.\n"
    )
}

#[test]
fn a_zone_file_that_is_edited_meanwhile_is_read_again() {
    let workspace = Workspace::new();
    let file = workspace.put("contoso.com.zone", zone("10 mx1.emailsrvr.com."));
    let (path, edited) = (file.clone(), zone("0 contoso-com.mail.protection.outlook.com."));
    let night = Night::of(vec![Box::new(move || std::fs::write(path, edited).unwrap())]);
    let run = watch(&format!("contoso.com --zone {file}"), &night);
    assert_eq!((run.status, night.waits()), (0, vec![60]), "{run:?}");
}

#[test]
fn a_zone_file_that_cannot_be_read_for_a_while_does_not_end_the_watch() {
    let workspace = Workspace::new();
    let file = workspace.put("contoso.com.zone", zone("10 mx1.emailsrvr.com."));
    let save = |text: String| -> Event {
        let path = file.clone();
        Box::new(move || std::fs::write(path, text).unwrap())
    };
    let broken = save("$ORIGIN contoso.com.\n@ MX ten".into());
    let night = Night::of(vec![broken, nothing(), save(zone("0 contoso-com.mail.protection.outlook.com."))]);
    let run = watch(&format!("contoso.com --zone {file}"), &night);
    assert_eq!((run.status, night.waits().len()), (0, 3), "{run:?}");
    // Said once, however long it lasts.
    assert_eq!((run.err.matches("warning: ").count(), run.errors()), (1, 0), "{run:?}");
    // Whoever stops it meanwhile gets the last state that was seen.
    let file = workspace.put("again.zone", zone("10 mx1.emailsrvr.com."));
    let path = file.clone();
    let night = Night::of(vec![Box::new(move || std::fs::write(path, "@ MX ten").unwrap())]);
    let run = watch(&format!("contoso.com --zone {file}"), &night);
    assert_eq!((run.status, run.out.contains("mail still goes to")), (1, true), "{run:?}");
}

#[test]
fn a_recording_cannot_be_watched() {
    let run = cutover("watch contoso.com --replay run.txt");
    assert_eq!((run.status, run.out.as_str(), run.errors()), (2, "", 1), "{run:?}");
    assert!(run.err.contains("cutover check"), "{run:?}");
}
