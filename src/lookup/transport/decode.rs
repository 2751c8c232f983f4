//! Decodes replies.
//!
//! The resolver library's types are converted to ours only here and in the submodules. The outcome of a reply is
//! determined here, once, and records that do not belong to the answer are omitted: those of other classes, names and
//! types.

mod records;

use std::collections::BTreeSet;

use hickory_resolver::proto::op::{Message, ResponseCode};
use hickory_resolver::proto::rr;
use hickory_resolver::proto::rr::rdata::opt::EdnsOption;

use crate::facts::{ExtendedError, Outcome, Reply, Role};
use crate::record::{Name, Record, RecordData, RecordType};

pub(in crate::lookup) use records::converted_record;
pub(super) use records::name;
use records::{Undecodable, converted};

/// The highest number of aliases followed within one reply; resolvers give up earlier.
const MAX_ALIASES: usize = 32;
/// The highest number of extended errors kept of one reply.
const MAX_EXTENDED: usize = 8;
/// The highest number of characters kept of the text of an extended error.
const MAX_EXTENDED_TEXT: usize = 200;
/// The EDNS option that holds an extended error (RFC 8914 §2).
const EXTENDED_ERROR: u16 = 15;

/// Fills in the content of the message as the answer to the question of `reply`.
///
/// `zone` is the zone that the authoritative server was asked for: it answers for names of that zone only, and its
/// delegations lead below it. `None` means the root zone, which contains every name.
pub(super) fn fill(reply: &mut Reply, message: &Message, zone: Option<&Name>) {
    reply.authoritative = message.authoritative;
    reply.authentic = message.authentic_data;
    reply.ede = extended_errors(message);
    if is_resolver(reply.server.role) && reply.ede.iter().any(ExtendedError::is_filtering) {
        // Whatever else the reply contains, the resolver itself reports that it differs from the zone.
        reply.outcome = Outcome::Refused;
        return;
    }
    match message.response_code {
        ResponseCode::NoError | ResponseCode::NXDomain => {
            if let Err(error) = fill_content(reply, message, zone) {
                reply.outcome = error.outcome();
                reply.reason = error.to_string();
                reply.records.clear();
            }
        }
        ResponseCode::ServFail => reply.outcome = Outcome::ServFail,
        ResponseCode::Refused => reply.outcome = Outcome::Refused,
        other => {
            reply.reason = format!("rcode {}", mnemonic(other));
            reply.outcome = match other {
                ResponseCode::NotAuth if !is_resolver(reply.server.role) => Outcome::Lame,
                _ => Outcome::ServFail,
            };
        }
    }
}

/// Returns whether the server answers recursively; all others are asked as authoritative servers.
fn is_resolver(role: Role) -> bool {
    match role {
        Role::Resolver | Role::Unvalidated => true,
        Role::Authoritative | Role::ZoneFile | Role::Parent | Role::Delegated => false,
    }
}

/// Fills in the records of a reply without an error, and determines why there are none.
fn fill_content(reply: &mut Reply, message: &Message, zone: Option<&Name>) -> Result<(), Undecodable> {
    let asked = reply.question.rtype;
    let of_type = |rtype| rtype == asked || rtype == RecordType::Cname;
    let answers = converted(&message.answers, of_type)?;
    let (mut records, mut end) = alias_chain(&reply.question.name, asked, &answers)?;
    // An authoritative server is not trusted about the target of an alias outside its zone.
    let zone = zone.filter(|_| !is_resolver(reply.server.role));
    let within = |name: &Name| zone.is_none_or(|zone| name.is_within(zone));
    let inside = records.iter().take_while(|record| within(&record.name)).count();
    let leaves_zone = inside < records.len() || !within(&end);
    if leaves_zone {
        records.truncate(inside);
        end = reply.question.name.clone();
    }
    let aliases = records.len();
    let no_name = message.response_code == ResponseCode::NXDomain && !leaves_zone;
    if !no_name && !leaves_zone {
        let mut wanted: Vec<Record> =
            answers.into_iter().filter(|record| record.data.rtype() == asked && record.name == end).collect();
        wanted.sort_by(|one, other| (&one.data, one.ttl).cmp(&(&other.data, other.ttl)));
        wanted.dedup_by(|one, other| one.data == other.data);
        records.extend(wanted);
    }
    let has_wanted = records.len() > aliases;
    reply.records = records;
    if !has_wanted && !leaves_zone {
        reply.soa = deepest(message, RecordType::Soa, &end)?.into_iter().next();
    }
    (reply.outcome, reply.reason) = if no_name {
        (Outcome::NxDomain, String::new())
    } else if !reply.records.is_empty() {
        (Outcome::Records, String::new())
    } else if reply.soa.is_some() {
        (Outcome::NoData, String::new())
    } else {
        let delegation = deepest(message, RecordType::Ns, &end)?;
        match is_resolver(reply.server.role) {
            false => without_answer(reply, message, delegation, zone),
            true => without_recursion(message),
        }
    };
    if !is_resolver(reply.server.role)
        && reply.outcome.is_answer()
        && let Some(reason) = no_authority(reply, message, zone, has_wanted || leaves_zone)?
    {
        reply.outcome = Outcome::Lame;
        reply.reason = reason;
        reply.records.clear();
        reply.soa = None;
    }
    Ok(())
}

/// Returns the reason why the answer of a server asked as an authoritative one does not count as the zone's own
/// (RFC 1034 §4.3.1, RFC 2308 §2); `None` if it counts.
fn no_authority(
    reply: &Reply,
    message: &Message,
    zone: Option<&Name>,
    is_positive: bool,
) -> Result<Option<String>, Undecodable> {
    if !message.authoritative {
        return Ok(Some("the answer is not authoritative (AA is not set)".into()));
    }
    if is_positive {
        return Ok(None);
    }
    // The SOA of a negative answer belongs to the zone that denies the name (RFC 2308 §3).
    let soa = converted(&message.authorities, |rtype| rtype == RecordType::Soa)?;
    let belongs =
        |owner: &Name| reply.end_of_chain().is_within(owner) && zone.is_none_or(|zone| owner.is_within(zone));
    let stray = soa.into_iter().map(|record| record.name).find(|owner| !belongs(owner));
    Ok(stray.map(|owner| format!("the negative answer comes from the zone `{owner}`")))
}

/// Returns the outcome of an authoritative reply with no error, no answer and no SOA.
fn without_answer(
    reply: &mut Reply,
    message: &Message,
    delegation: Vec<Record>,
    zone: Option<&Name>,
) -> (Outcome, String) {
    let root = Name::root();
    let zone = zone.unwrap_or(&root);
    let Some(owner) = delegation.first().map(|record| record.name.clone()) else {
        // An answer section without records for the question is not NODATA, which has none (RFC 2308 §2.2).
        return match (names_servers(message), message.answers.is_empty()) {
            (true, _) => {
                (Outcome::Lame, "lists the servers of an unrelated zone instead of answering".into())
            }
            (false, false) => (Outcome::Lame, "answers with unrelated records".into()),
            (false, true) => (Outcome::NoData, String::new()),
        };
    };
    if owner == *zone && reply.authoritative {
        // The name servers of the zone itself: NODATA without an SOA (RFC 2308 §2.2).
        (Outcome::NoData, String::new())
    } else if owner != *zone && owner.is_within(zone) && !reply.authoritative {
        reply.referral = delegation;
        (Outcome::Referral, String::new())
    } else {
        (Outcome::Lame, format!("refers to the name servers of `{owner}` instead of answering"))
    }
}

/// Returns the outcome of a resolver's reply with no error, no answer and no SOA.
///
/// A referral, wherever it leads, says nothing about the name (RFC 2308 §2.2: name servers without an SOA); as NODATA
/// it would blame the zone for a wrong `--resolver`.
fn without_recursion(message: &Message) -> (Outcome, String) {
    match (names_servers(message) && !message.authoritative, message.recursion_available) {
        (false, _) => (Outcome::NoData, String::new()),
        (true, false) => (Outcome::Refused, "the server offers no recursion".into()),
        (true, true) => (Outcome::Refused, "the server returns a referral instead of answering".into()),
    }
}

/// Returns whether the authority section has NS records.
fn names_servers(message: &Message) -> bool {
    message.authorities.iter().any(|record| record.record_type() == rr::RecordType::NS)
}

/// Returns the aliases from `name` on, in order, and the name where they end.
///
/// A loop is kept up to the record that closes it. If one name has several aliases, which is an error of the zone, the
/// first by data is followed, so that the order in the reply does not matter.
fn alias_chain(
    name: &Name,
    asked: RecordType,
    answers: &[Record],
) -> Result<(Vec<Record>, Name), Undecodable> {
    let mut end = name.clone();
    let mut chain = Vec::new();
    let has_aliases = answers.iter().any(|record| record.data.rtype() == RecordType::Cname);
    if asked == RecordType::Cname || !has_aliases {
        return Ok((chain, end));
    }
    let mut seen = BTreeSet::new();
    while seen.insert(end.clone()) {
        let aliases = answers.iter().filter(|record| record.name == end);
        let alias = aliases.filter_map(|record| match &record.data {
            RecordData::Cname(target) => Some((target, record)),
            _ => None,
        });
        let Some((target, record)) = alias.min() else { break };
        if chain.len() == MAX_ALIASES {
            return Err(Undecodable::Aliases);
        }
        chain.push(record.clone());
        end = target.clone();
    }
    Ok((chain, end))
}

/// Returns the records of this type in the authority section whose owner is the nearest at or above `name`, ordered by
/// data.
fn deepest(message: &Message, rtype: RecordType, name: &Name) -> Result<Vec<Record>, Undecodable> {
    let mut found = converted(&message.authorities, |of| of == rtype)?;
    found.retain(|record| name.is_within(&record.name));
    let nearest = found.iter().map(|record| record.name.label_count()).max();
    found.retain(|record| Some(record.name.label_count()) == nearest);
    found.sort_by(|one, other| (&one.data, one.ttl).cmp(&(&other.data, other.ttl)));
    found.dedup_by(|one, other| one.data == other.data);
    Ok(found)
}

/// Returns the extended errors (RFC 8914) in their order, sanitized for display.
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

/// Returns text from the network sanitized for a reply: bounded, and without control characters.
pub(in crate::lookup) fn harmless(text: &str) -> String {
    let text = text.trim_matches(|character: char| character == '\0' || character.is_whitespace());
    let replaced = text.chars().map(|character| if character.is_control() { '\u{fffd}' } else { character });
    replaced.take(MAX_EXTENDED_TEXT).collect()
}

/// Returns the registered name of a response code (RFC 6895 §2.3).
fn mnemonic(code: ResponseCode) -> String {
    match code {
        ResponseCode::FormErr => "FORMERR".into(),
        ResponseCode::NotImp => "NOTIMP".into(),
        ResponseCode::YXDomain => "YXDOMAIN".into(),
        ResponseCode::YXRRSet => "YXRRSET".into(),
        ResponseCode::NXRRSet => "NXRRSET".into(),
        ResponseCode::NotAuth => "NOTAUTH".into(),
        ResponseCode::NotZone => "NOTZONE".into(),
        // Code 16; with TSIG, which is never used here, it would mean BADSIG.
        ResponseCode::BADVERS | ResponseCode::BADSIG => "BADVERS".into(),
        ResponseCode::BADCOOKIE => "BADCOOKIE".into(),
        other => u16::from(other).to_string(),
    }
}

#[cfg(test)]
mod tests;
