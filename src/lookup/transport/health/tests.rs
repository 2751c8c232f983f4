use futures_util::FutureExt as _;

use super::*;
use crate::facts::Outcome;

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

fn later(seconds: u64) -> Instant {
    Instant::now() + Duration::from_secs(seconds)
}

#[tokio::test]
async fn queries_that_wait_end_when_the_server_is_known_to_be_silent() {
    let health = ZoneHealth::unknown();
    let found_out = async { health.note_failure(&Failure::timeout(), Instant::now()) };
    let (start, patience) = (Instant::now(), Duration::from_millis(20));
    let (early, late, ()) = tokio::join!(health.silence(start), health.silence(start + patience), found_out);
    assert_eq!((early, late), (Failure::timeout(), Failure::timeout()));
    assert!(start.elapsed() >= patience, "a query is given the time that an answer may take");
}

#[tokio::test]
async fn a_busy_server_is_probed_with_one_query_at_a_time_until_it_answers() {
    let health = ZoneHealth::unknown();
    let interval = Duration::from_millis(50);
    let mut waiting: Vec<_> = (0..20).map(|_| Box::pin(health.wait_for_probe(interval))).collect();
    let mut sent = || {
        let before = waiting.len();
        waiting.retain_mut(|query| query.now_or_never().is_none());
        before - waiting.len()
    };
    assert_eq!(sent(), 1);
    assert_eq!(sent(), 0);
    tokio::time::sleep(interval).await;
    assert_eq!(sent(), 1, "another one, in case the server drops only the first");
    health.note_answer();
    assert_eq!(sent(), 18);
    assert!(health.wait_for_probe(interval).now_or_never().is_some());
}

#[tokio::test]
async fn queries_that_wait_for_a_probe_end_with_its_silence() {
    let health = ZoneHealth::unknown();
    let interval = Duration::from_secs(3600);
    health.wait_for_probe(interval).await;
    let found_out = async { health.note_failure(&Failure::timeout(), Instant::now()) };
    tokio::join!(health.wait_for_probe(interval), health.wait_for_probe(interval), found_out);
    assert_eq!(health.refusal(Instant::now()), Some(Failure::timeout()));
}

#[test]
fn queries_to_a_server_that_answers_are_not_cut_short() {
    let health = ZoneHealth::unknown();
    health.note_answer();
    health.note_failure(&Failure::timeout(), Instant::now());
    assert_eq!(health.silence(Instant::now()).now_or_never(), None);
}

#[test]
fn silence_belongs_to_one_zone() {
    let (server, now) = (ServerHealth::default(), Instant::now());
    let (dropped, served) = (server.zone(&name("gone.example")), server.zone(&name("contoso.com")));
    dropped.note_failure(&Failure::timeout(), now);
    assert_eq!(dropped.refusal(now), Some(Failure::timeout()));
    assert_eq!(served.refusal(now), None);
    // Every handle of the zone shows the same state.
    assert_eq!(server.zone(&name("gone.example")).refusal(now), Some(Failure::timeout()));
}

#[test]
fn pauses_end_and_grow_up_to_a_bound() {
    let server = ServerHealth::default();
    let zone = server.zone(&name("contoso.com"));
    let mut now = Instant::now();
    for seconds in [5, 10, 20, 30, 30] {
        assert_eq!(zone.refusal(now), None);
        zone.note_failure(&Failure::timeout(), now);
        // Failures of concurrent queries count as one silence.
        zone.note_failure(&Failure::timeout(), now + Duration::from_millis(10));
        assert!(zone.refusal(now + Duration::from_millis(seconds * 1000 - 1)).is_some(), "{seconds}");
        now += Duration::from_secs(seconds);
    }
    assert_eq!(zone.refusal(now), None);
    // An answer, even a late one, ends the pause and clears the earlier failures.
    zone.note_failure(&Failure::timeout(), now);
    zone.note_answer();
    assert_eq!(zone.refusal(now), None);
    zone.note_failure(&Failure::timeout(), now);
    assert_eq!(zone.refusal(now), None, "it answers for this zone");
}

#[test]
fn failures_of_this_machine_pause_nothing() {
    let (server, now) = (ServerHealth::default(), Instant::now());
    let zone = server.zone(&name("contoso.com"));
    zone.note_failure(&Failure::not_sent("too many open files"), now);
    zone.note_failure(&Failure::malformed("cut short"), now);
    assert_eq!(zone.refusal(now), None);
    #[cfg(unix)]
    for code in [23, 24] {
        let failure = Failure::io(&std::io::Error::from_raw_os_error(code));
        assert_eq!((failure.outcome, failure.scope), (Outcome::NotSent, FailureScope::Query));
    }
}

#[test]
fn a_server_that_is_silent_for_three_zones_in_a_row_pauses_as_a_whole() {
    let (server, now) = (ServerHealth::default(), Instant::now());
    let silent = |zone: &str, at| server.zone(&name(zone)).note_failure(&Failure::timeout(), at);
    let refused = |zone: &str, at| server.zone(&name(zone)).refusal(at).map(|failure| failure.outcome);
    let answered = server.zone(&name("answered.example"));
    answered.note_answer();
    silent("one.example", now);
    silent("two.example", now);
    silent("two.example", now);
    assert_eq!(refused("new.example", now), None);
    silent("three.example", now);
    // For a zone that it was not asked for, no missing answer is reported.
    assert_eq!(refused("new.example", now), Some(Outcome::NotSent));
    assert_eq!(refused("one.example", now), Some(Outcome::Timeout));
    assert_eq!(refused("answered.example", now), None);
    assert_eq!(refused("new.example", later(5)), None);
    silent("four.example", later(6));
    assert!(refused("new.example", later(15)).is_some());
    // Any answer ends it.
    answered.note_answer();
    assert_eq!(refused("new.example", now), None);
    silent("five.example", now);
    assert_eq!(refused("new.example", now), None);
}

#[test]
fn a_server_that_is_spared_answers_for_a_zone_after_many_silent_ones() {
    let (server, now) = (ServerHealth::default(), Instant::now());
    let silent = |number: u32| {
        server.zone(&name(&format!("{number}.example"))).note_failure(&Failure::timeout(), now);
    };
    let is_refused = || server.zone(&name("new.example")).refusal(now).is_some();
    (0..3).for_each(silent);
    assert!(is_refused());
    server.end_pauses(2);
    assert!(!is_refused());
    (0..4).for_each(silent);
    assert!(!is_refused());
    // An answer resets the count of silent zones.
    server.zone(&name("answered.example")).note_answer();
    (10..14).for_each(silent);
    assert!(!is_refused());
    silent(14);
    assert!(is_refused());
    let fresh = ServerHealth::sparing(1);
    (0..3).for_each(|number| {
        fresh.zone(&name(&format!("{number}.example"))).note_failure(&Failure::timeout(), now);
    });
    assert_eq!(fresh.zone(&name("new.example")).refusal(now), None);
}

#[test]
fn tcp_pauses_by_itself() {
    let (server, now) = (ServerHealth::default(), Instant::now());
    let zone = server.zone(&name("contoso.com"));
    zone.note_answer();
    zone.note_tcp_stall(&Failure::timeout(), now);
    assert_eq!((zone.tcp_refusal(now), zone.refusal(now)), (Some(Failure::timeout()), None));
    assert_eq!(zone.tcp_refusal(later(6)), None);
    zone.note_tcp_answer();
    assert_eq!(zone.tcp_refusal(now), None);
}

#[test]
fn many_zones_take_bounded_memory() {
    let (server, now) = (ServerHealth::default(), Instant::now());
    let kept = server.zone(&name("kept.example"));
    for number in 0..100_000 {
        let zone = server.zone(&name(&format!("{number}.example")));
        if number % 3 == 0 {
            zone.note_failure(&Failure::timeout(), now);
        } else {
            zone.note_answer();
        }
    }
    assert!(lock(&server.zones).len() <= 2 * ZONES);
    assert!(Arc::ptr_eq(&kept, &server.zone(&name("kept.example"))));
}
