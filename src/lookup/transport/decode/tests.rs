//! Tests of the decoder.

use std::sync::Arc;

use hickory_resolver::proto::op::{Edns, OpCode, Query};
use hickory_resolver::proto::rr::{RData, rdata};

use super::*;
use crate::facts::Server;
use crate::lookup::transport::query;
use crate::record::Question;

fn wire(text: &str) -> rr::Name {
    rr::Name::from_ascii(text).unwrap()
}

fn empty(role: Role) -> Reply {
    let question = Question::new("a0.example".parse().unwrap(), RecordType::A);
    let server = Server { role, address: "192.0.2.1:53".into() };
    Reply::empty(question, Arc::new(server), Outcome::Timeout)
}

fn answer(records: impl IntoIterator<Item = (String, RData)>) -> Message {
    let mut message = Message::response(7, OpCode::Query);
    message.add_query(Query::query(wire("a0.example."), rr::RecordType::A));
    message.answers =
        records.into_iter().map(|(owner, data)| rr::Record::from_rdata(wire(&owner), 60, data)).collect();
    message
}

#[test]
fn what_is_kept_is_bounded() {
    let mut reply = empty(Role::Resolver);
    let address = |n: u16| RData::A(rdata::A(u32::from(n).into()));
    fill(&mut reply, &answer((0..600).map(|n| ("a0.example.".into(), address(n)))), None);
    assert_eq!((reply.outcome, reply.records.len()), (Outcome::TooLarge, 0));
    let mut reply = empty(Role::Resolver);
    fill(&mut reply, &answer((0..512).map(|n| ("a0.example.".into(), address(n)))), None);
    assert_eq!((reply.outcome, reply.records.len()), (Outcome::Records, 512));
    // Names can be compressed, so the records of a message can hold far more than its octets.
    let long = format!("{0}.{0}.{0}.example.", "x".repeat(60));
    let alias = RData::CNAME(rdata::CNAME(wire(&long)));
    let mut reply = empty(Role::Resolver);
    fill(&mut reply, &answer((0..400).map(|n| (format!("b{n}.example."), alias.clone()))), None);
    assert_eq!((reply.outcome, reply.records.len()), (Outcome::TooLarge, 0));
    let alias = |n: u16| {
        (format!("a{n}.example."), RData::CNAME(rdata::CNAME(wire(&format!("a{}.example.", n + 1)))))
    };
    let mut message = answer((0..100).rev().map(alias));
    let mut edns = Edns::new();
    for code in 20..40u16 {
        let option = EdnsOption::Unknown(EXTENDED_ERROR, code.to_be_bytes().to_vec());
        edns.options_mut().options.push(((&option).into(), option));
    }
    message.set_edns(edns);
    let mut reply = empty(Role::Resolver);
    fill(&mut reply, &message, None);
    assert_eq!((reply.outcome, reply.records.len()), (Outcome::ChainTooLong, 0));
    assert_eq!(reply.ede.len(), MAX_EXTENDED);
    let mut reply = empty(Role::Resolver);
    fill(&mut reply, &answer((0..32).rev().map(alias)), None);
    assert_eq!((reply.outcome, reply.records.len()), (Outcome::Records, MAX_ALIASES));
    assert_eq!(reply.end_of_chain().to_string(), "a32.example.");
}

#[test]
fn of_two_aliases_the_first_by_data_is_followed_in_any_order() {
    let alias = |target: &str| ("a0.example.".to_string(), RData::CNAME(rdata::CNAME(wire(target))));
    for order in [["b.example.", "c.example."], ["c.example.", "b.example."]] {
        let mut reply = empty(Role::Resolver);
        fill(&mut reply, &answer(order.map(alias)), None);
        assert_eq!(reply.end_of_chain().to_string(), "b.example.");
    }
}

#[test]
fn a_text_without_a_string_spoils_nothing() {
    let texts = |data: &[RData]| {
        let mut message = answer(data.iter().map(|data| ("a0.example.".into(), data.clone())));
        message.queries.clear();
        message.add_query(Query::query(wire("a0.example."), rr::RecordType::TXT));
        let message = query::decoded(&message.to_vec().unwrap()).unwrap();
        assert_eq!(message.op_code, OpCode::Query);
        let mut reply = empty(Role::Resolver);
        reply.question.rtype = RecordType::Txt;
        fill(&mut reply, &message, None);
        (reply.outcome, reply.records.iter().map(|record| record.data.to_string()).collect::<Vec<_>>())
    };
    let nothing = RData::Update0(rr::RecordType::TXT);
    let spf = RData::TXT(rdata::TXT::new(vec!["v=spf1 -all".into()]));
    let both = vec!["\"\"".to_owned(), "\"v=spf1 -all\"".to_owned()];
    assert_eq!(texts(&[nothing.clone(), spf]), (Outcome::Records, both));
    assert_eq!(texts(&[nothing]), (Outcome::Records, vec!["\"\"".to_owned()]));
}

#[test]
fn broken_packets_are_survived() {
    let soa = rdata::SOA::new(wire("ns.example."), wire("mail.example."), 1, -1, 600, 600, 60);
    let txt = RData::TXT(rdata::TXT::from_bytes(vec![&b"text"[..], &[0xff; 200]]));
    let mut message =
        answer([("a0.example.".into(), RData::A(rdata::A(1.into()))), ("a0.example.".into(), txt)]);
    message.authorities = vec![rr::Record::from_rdata(wire("example."), 60, RData::SOA(soa))];
    message.set_edns(Edns::new());
    let good = message.to_vec().unwrap();
    let mut state = 1u64;
    let mut random = |below: usize| {
        // A linear congruential generator: the same packets in every run.
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let mut read = 0;
    for _ in 0..20_000 {
        let mut packet = good.clone();
        for _ in 0..=random(4) {
            let at = random(packet.len());
            packet[at] = random(256) as u8;
        }
        packet.truncate(packet.len() - random(20) / 10 * random(packet.len()));
        if let Ok(message) = Message::from_vec(&packet) {
            fill(&mut empty(Role::Authoritative), &message, None);
            fill(&mut empty(Role::Resolver), &message, None);
            read += 1;
        }
    }
    assert!(read > 1_000, "{read}");
}

/// An answer of the authoritative server for `example` to the address question for `a0.example`.
struct Case {
    what: &'static str,
    aa: bool,
    no_name: bool,
    answers: Vec<(&'static str, RData)>,
    soa: Option<&'static str>,
    ns: Option<&'static str>,
    outcome: Outcome,
    kept: usize,
}

#[test]
fn an_answer_counts_only_from_an_authority_for_the_zone() {
    use Outcome::{Lame, NoData, NxDomain, Records, Referral};
    let a = || RData::A(rdata::A(1.into()));
    let cname = |target: &str| RData::CNAME(rdata::CNAME(wire(target)));
    let case = |what, aa, no_name, answers, soa, ns, outcome, kept| Case {
        what,
        aa,
        no_name,
        answers,
        soa,
        ns,
        outcome,
        kept,
    };
    let own = || vec![("a0.example.", a())];
    let inside = || vec![("a0.example.", cname("b.example.")), ("b.example.", a())];
    let outside = || vec![("a0.example.", cname("b.test.")), ("b.test.", a())];
    let through =
        || vec![("a0.example.", cname("b.test.")), ("b.test.", cname("c.example.")), ("c.example.", a())];
    for case in [
        case("an answer", true, false, own(), None, None, Records, 1),
        case("an answer from a cache", false, false, own(), None, None, Lame, 0),
        case("no data", true, false, vec![], Some("example."), None, NoData, 0),
        case("no data, no SOA", true, false, vec![], None, None, NoData, 0),
        case("no data, the zone's own NS", true, false, vec![], None, Some("example."), NoData, 0),
        case("no data of the root", true, false, vec![], Some("."), None, Lame, 0),
        case("no data of a zone elsewhere", true, false, vec![], Some("b.test."), None, Lame, 0),
        case("no data of a zone below", true, false, vec![], Some("a0.example."), None, NoData, 0),
        case("no data from a cache", false, false, vec![], Some("example."), None, Lame, 0),
        case("nothing at all", false, false, vec![], None, None, Lame, 0),
        case("no name", true, true, vec![], Some("example."), None, NxDomain, 0),
        case("no name, no SOA", true, true, vec![], None, None, NxDomain, 0),
        case("no name by the root", true, true, vec![], Some("."), None, Lame, 0),
        case("no name from a cache", false, true, vec![], Some("example."), None, Lame, 0),
        case("a referral", false, false, vec![], None, Some("a0.example."), Referral, 0),
        case("a referral with AA", true, false, vec![], None, Some("a0.example."), Lame, 0),
        case("a referral to the zone itself", false, false, vec![], None, Some("example."), Lame, 0),
        case("a referral upwards", false, false, vec![], None, Some("."), Lame, 0),
        case("a referral upwards with AA", true, false, vec![], None, Some("."), Lame, 0),
        case("records of another name", true, false, vec![("b.example.", a())], None, None, Lame, 0),
        case("a referral elsewhere with AA", true, false, vec![], None, Some("b.test."), Lame, 0),
        case("an alias within", true, false, inside(), None, None, Records, 2),
        case("an alias that leaves", true, false, outside(), None, None, Records, 1),
        case("an alias that leaves to nothing", true, true, outside(), Some("test."), None, Records, 1),
        case("an alias that leaves and returns", true, false, through(), None, None, Records, 1),
        case("an alias to nothing", true, true, inside()[..1].to_vec(), Some("example."), None, NxDomain, 1),
    ] {
        let mut message = answer(case.answers.into_iter().map(|(owner, data)| (owner.into(), data)));
        message.metadata.authoritative = case.aa;
        if case.no_name {
            message.metadata.response_code = ResponseCode::NXDomain;
        }
        if let Some(owner) = case.soa {
            let soa = rdata::SOA::new(wire("ns.example."), wire("mail.example."), 1, 1, 600, 600, 60);
            message.authorities.push(rr::Record::from_rdata(wire(owner), 60, RData::SOA(soa)));
        }
        if let Some(owner) = case.ns {
            let ns = RData::NS(rdata::NS(wire("ns.test.")));
            message.authorities.push(rr::Record::from_rdata(wire(owner), 60, ns));
        }
        let mut reply = empty(Role::Authoritative);
        fill(&mut reply, &message, Some(&"example".parse().unwrap()));
        let found = (reply.outcome, reply.records.len(), reply.referral.is_empty());
        assert_eq!(found, (case.outcome, case.kept, case.outcome != Referral), "{}", case.what);
        assert_eq!(reply.reason.is_empty(), case.outcome != Lame, "{}", case.what);
    }
}

#[test]
fn a_resolver_that_filters_says_nothing_about_the_name() {
    let filtering = [4, 15, 16, 17, 18];
    for code in 0..=30u16 {
        for no_name in [false, true] {
            let mut message = answer([("a0.example.".to_owned(), RData::A(rdata::A(1.into())))]);
            if no_name {
                message.answers.clear();
                message.metadata.response_code = ResponseCode::NXDomain;
            }
            let option = EdnsOption::Unknown(EXTENDED_ERROR, code.to_be_bytes().to_vec());
            let mut edns = Edns::new();
            edns.options_mut().options.push(((&option).into(), option));
            message.set_edns(edns);
            let mut reply = empty(Role::Resolver);
            fill(&mut reply, &message, None);
            assert_eq!(reply.outcome.is_answer(), !filtering.contains(&code), "{code}");
            assert_eq!(reply.records.is_empty(), no_name || filtering.contains(&code), "{code}");
        }
    }
}
