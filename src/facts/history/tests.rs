use super::*;
use crate::facts::{Outcome, Reply, Role, Server, UnqueriedNames};
use crate::record::Record;
use std::sync::Arc;

fn domain() -> Name {
    "contoso.com".parse().unwrap()
}

fn mx() -> Question {
    Question::new(domain(), RecordType::Mx)
}

fn time(text: &str) -> Timestamp {
    format!("2026-11-22T{text}Z").parse().unwrap()
}

/// Returns facts in which each of these servers has one MX record.
fn facts(at: &str, answers: &[(Role, &str, u32)]) -> Facts {
    let mut facts = Facts::new(time(at), UnqueriedNames::Asked);
    for (number, (role, host, ttl)) in answers.iter().enumerate() {
        let server = Arc::new(Server { role: *role, address: format!("192.0.2.{number}:53") });
        let mut reply = Reply::empty(mx(), server, Outcome::Records);
        let exchange = host.parse().unwrap();
        reply.records =
            vec![Record { name: domain(), ttl: *ttl, data: RecordData::Mx { preference: 10, exchange } }];
        facts.insert(reply);
    }
    facts
}

const OLD: &str = "mx1.emailsrvr.com";
const NEW: &str = "contoso-com.mail.protection.outlook.com";

fn hosts(history: &History) -> Vec<(String, u32, Timestamp, Timestamp, Option<Timestamp>)> {
    let seen = history.seen(&domain(), &mx()).iter();
    seen.map(|seen| {
        let host = seen.data.iter().find_map(RecordData::target).unwrap().without_trailing_dot();
        (host, seen.ttl, seen.first_seen, seen.last_seen, seen.gone)
    })
    .collect()
}

#[test]
fn what_was_there_is_remembered_with_its_time_to_live() {
    let mut history = History::default();
    history.observe(&domain(), &facts("08:00:00", &[(Role::Authoritative, OLD, 3600)]));
    history.observe(&domain(), &facts("09:00:00", &[(Role::Authoritative, OLD, 300)]));
    history.observe(&domain(), &facts("10:00:00", &[(Role::Authoritative, NEW, 600)]));
    history.observe(&domain(), &facts("11:00:00", &[(Role::Authoritative, NEW, 600)]));
    let (eight, nine, ten, eleven) = (time("08:00:00"), time("09:00:00"), time("10:00:00"), time("11:00:00"));
    assert_eq!(
        hosts(&history),
        [(OLD.into(), 300, eight, nine, Some(ten)), (NEW.into(), 600, ten, eleven, None)]
    );
    // The change was made at ten at the latest; copies from before nine, when the TTL was lowered, have expired by
    // then.
    let left = |set: usize| history.seen(&domain(), &mx())[set].left();
    assert_eq!(left(0), Some(Copies { until: time("10:05:00"), ttl: 300 }));
    assert_eq!(left(1), None);
}

#[test]
fn a_time_to_live_that_was_lowered_too_late_is_remembered() {
    let lowered =
        [("08:00:00", OLD, 3600), ("09:50:00", OLD, 300), ("09:55:00", OLD, 300), ("10:00:00", NEW, 600)];
    let expected = Some(Copies { until: time("10:50:00"), ttl: 3600 });
    let mut history = History::default();
    for (at, host, ttl) in lowered {
        history.observe(&domain(), &facts(at, &[(Role::Authoritative, host, ttl)]));
    }
    assert_eq!(history.seen(&domain(), &mx())[0].left(), expected);
    assert_eq!(History::parse(&history.to_string()).unwrap(), history);
    // A run that began before the others and ends after them adds its own observations.
    let mut late = History::default();
    for (at, host, ttl) in [lowered[1], lowered[0], lowered[3]] {
        late.observe(&domain(), &facts(at, &[(Role::Authoritative, host, ttl)]));
    }
    assert_eq!(late.seen(&domain(), &mx())[0].left(), expected);
}

#[test]
fn texts_without_spf_are_remembered_as_long_as_they_live() {
    let mut facts = Facts::new(time("08:00:00"), UnqueriedNames::Asked);
    let question = Question::new(domain(), RecordType::Txt);
    let server = Arc::new(Server { role: Role::Authoritative, address: "192.0.2.1:53".into() });
    let mut reply = Reply::empty(question.clone(), server, Outcome::Records);
    let data = RecordData::parse(RecordType::Txt, "\"MS=ms12345678\"", &Name::root()).unwrap();
    reply.records = vec![Record { name: domain(), ttl: 7200, data }];
    facts.insert(reply);
    let mut history = History::default();
    history.observe(&domain(), &facts);
    let seen = &history.seen(&domain(), &question)[0];
    assert!(seen.data.is_empty() && seen.ttl == 7200, "{seen:?}");
}

#[test]
fn an_old_set_is_there_until_the_last_server_drops_it() {
    let mut history = History::default();
    history.observe(&domain(), &facts("08:00:00", &[(Role::Authoritative, OLD, 300)]));
    let both = [(Role::Authoritative, OLD, 300), (Role::Authoritative, NEW, 300)];
    history.observe(&domain(), &facts("09:00:00", &both));
    assert!(hosts(&history).iter().all(|seen| seen.4.is_none()));
    history.observe(&domain(), &facts("10:00:00", &[(Role::Authoritative, NEW, 300)]));
    assert_eq!(history.seen(&domain(), &mx())[0].gone, Some(time("10:00:00")));
    // The record set returned, as after an undo.
    history.observe(&domain(), &facts("11:00:00", &[(Role::Authoritative, OLD, 300)]));
    assert_eq!(history.seen(&domain(), &mx())[0].gone, None);
    assert_eq!(history.seen(&domain(), &mx())[1].gone, Some(time("11:00:00")));
}

#[test]
fn runs_that_overlap_agree_whoever_writes_first() {
    let early = facts("08:00:00", &[(Role::Authoritative, OLD, 300)]);
    let late = facts("08:00:30", &[(Role::Authoritative, NEW, 300)]);
    let mut one = History::default();
    one.observe(&domain(), &early);
    one.observe(&domain(), &late);
    assert_eq!(one.seen(&domain(), &mx())[0].gone, Some(time("08:00:30")));
    let mut other = History::default();
    other.observe(&domain(), &late);
    other.observe(&domain(), &early);
    // The next run notices that it is gone.
    other.observe(&domain(), &late);
    assert_eq!(hosts(&one), hosts(&other));
}

#[test]
fn resolvers_and_failures_are_not_remembered() {
    let mut history = History::default();
    history.observe(&domain(), &facts("08:00:00", &[(Role::Resolver, OLD, 300)]));
    assert_eq!(history, History::default());
    history.observe(&domain(), &facts("09:00:00", &[(Role::Authoritative, OLD, 300)]));
    let mut silent = Facts::new(time("10:00:00"), UnqueriedNames::Asked);
    let server = Arc::new(Server { role: Role::Authoritative, address: "192.0.2.1:53".into() });
    silent.insert(Reply::empty(mx(), server, Outcome::Timeout));
    history.observe(&domain(), &silent);
    assert_eq!(hosts(&history)[0].4, None);
}

#[test]
fn it_is_written_and_read_back() {
    let mut history = History::default();
    history.observe(&domain(), &facts("08:00:00", &[(Role::ZoneFile, OLD, 300)]));
    history.observe(&domain(), &facts("10:00:00", &[(Role::ZoneFile, NEW, 300)]));
    let text = history.to_string();
    assert_eq!(History::parse(&text).unwrap(), history);
    assert_eq!(History::parse("").unwrap(), History::default());
    // Fields of later versions of the same schema are ignored.
    let more = text.replace("\"ttl\"", "\"later\": [1], \"ttl\"");
    assert_eq!(History::parse(&more).unwrap(), history);
}

#[test]
fn what_is_no_history_is_refused() {
    for (text, part) in [
        ("{", "not a history of cutover"),
        ("[]", "not a history of cutover"),
        ("{\"schema_version\": 2}", "version 2"),
        ("{\"schema_version\": 1, \"domains\": {\"a..b\": []}}", "a..b"),
    ] {
        let error = History::parse(text).unwrap_err().to_string();
        assert!(error.contains(part), "{text}: {error}");
    }
    let mut history = History::default();
    history.observe(&domain(), &facts("08:00:00", &[(Role::ZoneFile, OLD, 300)]));
    for (from, to, part) in [("10 mx1", "ten mx1", "ten mx1"), ("\"MX\"", "\"M X\"", "M X")] {
        let error = History::parse(&history.to_string().replace(from, to)).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn it_does_not_grow_without_end() {
    let mut history = History::default();
    for minute in 0..59 {
        let host = format!("mx{minute}.fabrikam.com");
        history.observe(&domain(), &facts(&format!("08:{minute:02}:00"), &[(Role::ZoneFile, &host, 300)]));
    }
    let seen = history.seen(&domain(), &mx());
    assert_eq!(seen.len(), MOST_SETS);
    assert!(seen.iter().filter(|seen| seen.gone.is_none()).count() == 1);
    assert_eq!(seen.last().unwrap().first_seen, time("08:58:00"));
}
