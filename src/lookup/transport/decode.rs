//! What does a reply mean?
//!
//! The only place where the resolver library's types become ours. What the server did is told apart here,
//! once, and what does not belong to the answer is left out: records of other classes, of other names and of
//! other types.

use std::collections::BTreeSet;

use hickory_resolver::proto::ProtoError;
use hickory_resolver::proto::op::{Message, ResponseCode};
use hickory_resolver::proto::rr::rdata::opt::EdnsOption;
use hickory_resolver::proto::rr::{self, DNSClass, RData};
use hickory_resolver::proto::serialize::binary::BinEncodable;

use crate::facts::{ExtendedError, Outcome, Reply, Role};
use crate::record::{Name, NameError, Other, Record, RecordData, RecordType, Soa, Text, generic_text};

/// Aliases followed within one reply; resolvers give up after fewer.
const MAX_ALIASES: usize = 32;
/// Records kept of one reply.
const MAX_RECORDS: usize = 512;
/// Extended errors kept of one reply.
const MAX_EXTENDED: usize = 8;
/// Characters kept of the text of one extended error.
const MAX_EXTENDED_TEXT: usize = 200;
/// The option that holds an extended error (RFC 8914 §2).
const EXTENDED_ERROR: u16 = 15;

/// Why a reply that the library could decode is malformed all the same.
#[derive(Debug, thiserror::Error)]
pub(super) enum Undecodable {
    /// Empty data, where the type does not allow it.
    #[error("a record of type {0} has no data")]
    NoData(RecordType),
    /// A name that is none.
    #[error(transparent)]
    Name(#[from] NameError),
    /// Data that cannot be written back.
    #[error("a record cannot be read: {0}")]
    Data(#[from] ProtoError),
}

/// Fills in what the message says to the question of `reply`.
///
/// `zone` is the zone that the authority was asked for: its delegations point below it. With `None` any zone
/// but the root is taken for a delegation.
pub(super) fn fill(reply: &mut Reply, message: &Message, zone: Option<&Name>) {
    reply.authoritative = message.authoritative;
    reply.authentic = message.authentic_data;
    reply.extended = extended_errors(message);
    match message.response_code {
        ResponseCode::NoError | ResponseCode::NXDomain => {
            if let Err(error) = fill_content(reply, message, zone) {
                reply.outcome = Outcome::Malformed;
                reply.reason = error.to_string();
                reply.records.clear();
            }
        }
        ResponseCode::ServFail => reply.outcome = Outcome::ServFail,
        ResponseCode::Refused => reply.outcome = Outcome::Refused,
        other => {
            reply.reason = format!("rcode {}", mnemonic(other));
            reply.outcome = match (reply.server.role, other) {
                (Role::Authoritative | Role::ZoneFile | Role::Parent, ResponseCode::NotAuth) => Outcome::Lame,
                _ => Outcome::ServFail,
            };
        }
    }
}

/// Fills in the records of a reply that has no error, and tells apart why there are none.
fn fill_content(reply: &mut Reply, message: &Message, zone: Option<&Name>) -> Result<(), Undecodable> {
    let asked = reply.question.rtype;
    let mut answers = Vec::new();
    for record in &message.answers {
        let rtype = RecordType::from_number(record.record_type().into());
        if record.dns_class == DNSClass::IN && (rtype == asked || rtype == RecordType::Cname) {
            answers.push(convert(record)?);
        }
    }
    let (mut records, end) = alias_chain(&reply.question.name, asked, &answers);
    let aliases = records.len();
    let no_name = message.response_code == ResponseCode::NXDomain;
    if !no_name {
        let mut wanted: Vec<Record> =
            answers.into_iter().filter(|record| record.data.rtype() == asked && record.name == end).collect();
        wanted.sort_by(|one, other| (&one.data, one.ttl).cmp(&(&other.data, other.ttl)));
        wanted.dedup_by(|one, other| one.data == other.data);
        records.extend(wanted);
        records.truncate(MAX_RECORDS);
    }
    let has_wanted = records.len() > aliases;
    reply.records = records;
    if !has_wanted {
        reply.soa = deepest(message, RecordType::Soa, &end)?.into_iter().next();
    }
    (reply.outcome, reply.reason) = if no_name {
        (Outcome::NoName, String::new())
    } else if !reply.records.is_empty() {
        (Outcome::Records, String::new())
    } else if reply.soa.is_some() {
        (Outcome::NoData, String::new())
    } else {
        let delegation = deepest(message, RecordType::Ns, &end)?;
        match reply.server.role {
            Role::Authoritative | Role::ZoneFile | Role::Parent => without_answer(reply, delegation, zone),
            Role::Resolver | Role::Unvalidated => without_recursion(message),
        }
    };
    Ok(())
}

/// What an authority means by no error, no answer and no SOA.
fn without_answer(reply: &mut Reply, delegation: Vec<Record>, zone: Option<&Name>) -> (Outcome, String) {
    let root = Name::root();
    let zone = zone.unwrap_or(&root);
    let Some(owner) = delegation.first().map(|record| record.name.clone()) else {
        return if reply.authoritative {
            (Outcome::NoData, String::new())
        } else {
            (Outcome::Lame, "neither an answer nor a referral, and no authority".into())
        };
    };
    if owner != *zone && owner.is_within(zone) {
        reply.referral = delegation;
        (Outcome::Referral, String::new())
    } else if reply.authoritative {
        // The name servers of the zone itself, by an authority: no data, merely without SOA (RFC 2308 §2.2).
        (Outcome::NoData, String::new())
    } else {
        (Outcome::Lame, format!("refers to the name servers of `{owner}` instead of answering"))
    }
}

/// What a resolver means by no error, no answer and no SOA.
///
/// A referral, wherever it leads, says nothing about the name (RFC 2308 §2.2: name servers without an SOA); taken for
/// "no data" it would blame the zone for a wrong `--resolver`.
fn without_recursion(message: &Message) -> (Outcome, String) {
    let is_referral = message.authorities.iter().any(|record| record.record_type() == rr::RecordType::NS);
    match (is_referral && !message.authoritative, message.recursion_available) {
        (false, _) => (Outcome::NoData, String::new()),
        (true, false) => (Outcome::Refused, "the server offers no recursion".into()),
        (true, true) => (Outcome::Refused, "the server refers to others instead of answering".into()),
    }
}

/// The aliases from `name` on, in order, and the name where they end.
///
/// A loop is kept up to the record that closes it. Of several aliases at one name, which is an error of the
/// zone, the first by data is followed, so that the order of the reply does not matter.
fn alias_chain(name: &Name, asked: RecordType, answers: &[Record]) -> (Vec<Record>, Name) {
    let mut end = name.clone();
    let mut chain = Vec::new();
    let has_aliases = answers.iter().any(|record| record.data.rtype() == RecordType::Cname);
    if asked == RecordType::Cname || !has_aliases {
        return (chain, end);
    }
    let mut seen = BTreeSet::new();
    while chain.len() < MAX_ALIASES && seen.insert(end.clone()) {
        let aliases = answers.iter().filter(|record| record.name == end);
        let alias = aliases.filter_map(|record| match &record.data {
            RecordData::Cname(target) => Some((target, record)),
            _ => None,
        });
        let Some((target, record)) = alias.min() else { break };
        chain.push(record.clone());
        end = target.clone();
    }
    (chain, end)
}

/// The records of this type in the authority section whose owner is the nearest at or above `name`, ordered
/// by data.
fn deepest(message: &Message, rtype: RecordType, name: &Name) -> Result<Vec<Record>, Undecodable> {
    let mut found = Vec::new();
    for record in &message.authorities {
        let of_type = u16::from(record.record_type()) == rtype.number();
        if of_type && record.dns_class == DNSClass::IN {
            found.push(convert(record)?);
        }
    }
    found.retain(|record| name.is_within(&record.name));
    let nearest = found.iter().map(|record| record.name.label_count()).max();
    found.retain(|record| Some(record.name.label_count()) == nearest);
    found.sort_by(|one, other| (&one.data, one.ttl).cmp(&(&other.data, other.ttl)));
    found.dedup_by(|one, other| one.data == other.data);
    found.truncate(MAX_RECORDS);
    Ok(found)
}

/// One record in our words.
fn convert(record: &rr::Record) -> Result<Record, Undecodable> {
    // A TTL with the top bit set means zero (RFC 2181 §8).
    let ttl = if record.ttl > i32::MAX as u32 { 0 } else { record.ttl };
    Ok(Record { name: name(&record.name)?, ttl, data: data(&record.data)? })
}

fn data(data: &RData) -> Result<RecordData, Undecodable> {
    // Times are signed in the library; the octets on the wire are not (RFC 1035 §3.3.13).
    let seconds = i32::cast_unsigned;
    Ok(match data {
        RData::A(address) => RecordData::A(address.0),
        RData::AAAA(address) => RecordData::Aaaa(address.0),
        RData::CNAME(target) => RecordData::Cname(name(&target.0)?),
        RData::NS(server) => RecordData::Ns(name(&server.0)?),
        RData::PTR(target) => RecordData::Ptr(name(&target.0)?),
        RData::MX(mx) => RecordData::Mx { preference: mx.preference, exchange: name(&mx.exchange)? },
        RData::SRV(srv) => RecordData::Srv {
            priority: srv.priority,
            weight: srv.weight,
            port: srv.port,
            target: name(&srv.target)?,
        },
        RData::TXT(txt) => RecordData::Txt(Text::from_strings(txt.txt_data.iter().map(|string| &string[..]))),
        RData::SOA(soa) => RecordData::Soa(Box::new(Soa {
            primary: name(&soa.mname)?,
            mailbox: name(&soa.rname)?,
            serial: soa.serial,
            refresh: seconds(soa.refresh),
            retry: seconds(soa.retry),
            expire: seconds(soa.expire),
            minimum: soa.minimum,
        })),
        other => {
            let number = u16::from(other.record_type());
            let octets = other.to_bytes()?;
            match RecordType::from_number(number) {
                RecordType::Other(number) => RecordData::Other(Other { number, text: generic_text(&octets) }),
                known => return Err(Undecodable::NoData(known)),
            }
        }
    })
}

/// A name by the octets of its labels: the library's own text forms differ from master files (RFC 1035 §5.1).
pub(super) fn name(name: &rr::Name) -> Result<Name, NameError> {
    Name::from_labels(name.iter())
}

/// The extended errors (RFC 8914), in their order, made harmless to print.
fn extended_errors(message: &Message) -> Vec<ExtendedError> {
    let options = message.edns.iter().flat_map(|edns| &edns.options().options);
    let errors = options.filter_map(|(_, option)| match option {
        EdnsOption::Unknown(EXTENDED_ERROR, octets) => {
            let (code, text) = octets.split_first_chunk()?;
            Some(ExtendedError {
                code: u16::from_be_bytes(*code),
                text: harmless(&String::from_utf8_lossy(text)),
            })
        }
        _ => None,
    });
    errors.take(MAX_EXTENDED).collect()
}

/// Text from the network for a reply: bounded, and without control characters.
pub(in crate::lookup) fn harmless(text: &str) -> String {
    let text = text.trim_matches(|character: char| character == '\0' || character.is_whitespace());
    let replaced = text.chars().map(|character| if character.is_control() { '\u{fffd}' } else { character });
    replaced.take(MAX_EXTENDED_TEXT).collect()
}

/// The registered name of a response code (RFC 6895 §2.3).
fn mnemonic(code: ResponseCode) -> String {
    match code {
        ResponseCode::FormErr => "FORMERR".into(),
        ResponseCode::NotImp => "NOTIMP".into(),
        ResponseCode::YXDomain => "YXDOMAIN".into(),
        ResponseCode::YXRRSet => "YXRRSET".into(),
        ResponseCode::NXRRSet => "NXRRSET".into(),
        ResponseCode::NotAuth => "NOTAUTH".into(),
        ResponseCode::NotZone => "NOTZONE".into(),
        // Sixteen; with TSIG, which is never used here, it would mean BADSIG.
        ResponseCode::BADVERS | ResponseCode::BADSIG => "BADVERS".into(),
        ResponseCode::BADCOOKIE => "BADCOOKIE".into(),
        other => u16::from(other).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use hickory_resolver::proto::op::{Edns, OpCode, Query};
    use hickory_resolver::proto::rr::rdata;

    use super::*;
    use crate::facts::Server;
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
        assert_eq!((reply.outcome, reply.records.len()), (Outcome::Records, MAX_RECORDS));
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
        assert_eq!((reply.records.len(), reply.extended.len()), (MAX_ALIASES, MAX_EXTENDED));
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
}
