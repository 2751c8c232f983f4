//! Is a message read as what it says, and never more of it than is kept?

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
    // As a name may be a pointer to another, a message can hold far more than its octets.
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
    for code in 0..20u16 {
        let option = EdnsOption::Unknown(EXTENDED_ERROR, code.to_be_bytes().to_vec());
        edns.options_mut().options.push(((&option).into(), option));
    }
    message.set_edns(edns);
    let mut reply = empty(Role::Resolver);
    fill(&mut reply, &message, None);
    assert_eq!((reply.outcome, reply.records.len()), (Outcome::TooDeep, 0));
    assert_eq!(reply.extended.len(), MAX_EXTENDED);
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
        let mut reply = empty(Role::Authoritative);
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
