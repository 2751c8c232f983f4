//! Which faults are there?

use std::sync::Arc;
use std::time::Duration;

use cutover::record::{Name, Record, RecordData};
use hickory_resolver::proto::op::{Message, ResponseCode};
use hickory_resolver::proto::rr;

use crate::lab::{Say, wire_name, wire_record};

/// What a fault amounts to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Whoever does this has said nothing.
    LookupFailure,
    /// Odd, and right all the same.
    Odd,
    /// An answer that is not true; who is believed may say so.
    Lie,
}

/// One way to misbehave.
#[derive(Clone)]
pub struct Fault {
    pub name: &'static str,
    /// What it amounts to at the name servers of a zone.
    pub kind: Kind,
    /// What it amounts to at a resolver, where that is something else.
    pub at_resolvers: Option<Kind>,
    /// The only type that is asked for in vain; all if `None`.
    pub only: Option<&'static str>,
    pub say: Say,
    /// What is said over streams, where that is something else.
    pub over_streams: Option<Say>,
}

fn altered(change: impl Fn(&mut Message) + Send + Sync + 'static) -> Say {
    Say::Altered(Arc::new(change))
}

fn record(owner: &rr::Name, data: RecordData, ttl: u32) -> rr::Record {
    let name = Name::from_labels(owner.iter()).unwrap();
    wire_record(&Record { name, ttl, data })
}

fn asked(message: &Message) -> rr::Name {
    message.queries.first().map(|query| query.name().clone()).unwrap_or_default()
}

/// An alias in place of the answer.
fn alias(message: &mut Message, chain: &[&str]) {
    let mut owner = asked(message);
    message.answers.clear();
    for target in chain {
        let name: Name = match *target {
            "itself" => Name::from_labels(asked(message).iter()).unwrap(),
            other => other.parse().unwrap(),
        };
        message.answers.push(record(&owner, RecordData::Cname(name.clone()), 60));
        owner = rr::Name::from_labels(name.labels()).unwrap();
    }
    message.metadata.response_code = ResponseCode::NoError;
}

/// A DNAME (RFC 6672), as it is on the wire.
fn renamed(owner: &str, target: &str) -> rr::Record {
    let target: Name = target.parse().unwrap();
    let mut octets = Vec::new();
    for label in target.labels() {
        octets.push(label.len() as u8);
        octets.extend_from_slice(label);
    }
    octets.push(0);
    let data = rr::RData::Unknown { code: rr::RecordType::DNAME, rdata: rr::rdata::NULL::with(octets) };
    rr::Record::from_rdata(wire_name(&owner.parse().unwrap()), 60, data)
}

/// What would be right for another name, which only looks like the one that was asked for.
fn rightly(message: &mut Message, name: &str) {
    let name: Name = name.parse().unwrap();
    let data = RecordData::Mx {
        preference: 0,
        exchange: "contoso-com.mail.protection.outlook.com".parse().unwrap(),
    };
    message.answers = vec![wire_record(&Record { name, ttl: 60, data })];
    message.metadata.response_code = ResponseCode::NoError;
}

/// NXDOMAIN with AA and this zone's SOA.
fn no_such_name(message: &mut Message, zone: &str) {
    message.answers.clear();
    message.additionals.clear();
    message.metadata.authoritative = true;
    message.metadata.response_code = ResponseCode::NXDomain;
    let data = "a.root-servers.net. nstld.example. 2026112200 1800 900 604800 86400";
    let data = RecordData::parse("SOA".parse().unwrap(), data, &Name::root()).unwrap();
    message.authorities = vec![wire_record(&Record { name: zone.parse().unwrap(), ttl: 900, data })];
}

/// So many mail hosts more.
fn many_hosts(message: &mut Message, count: u16) {
    let owner = asked(message);
    for number in 0..count {
        let data =
            RecordData::Mx { preference: number, exchange: format!("mx{number}.example").parse().unwrap() };
        message.answers.push(record(&owner, data, 60));
    }
}

/// A mail host in place of every other.
fn host(message: &mut Message, host: &str) {
    let is_mail = message.queries.first().is_some_and(|query| query.query_type() == rr::RecordType::MX);
    if is_mail {
        let data = RecordData::Mx { preference: 0, exchange: host.parse().unwrap() };
        message.answers = vec![record(&asked(message), data, 60)];
        message.metadata.response_code = ResponseCode::NoError;
    }
}

fn with_ttl(message: &mut Message, ttl: u32) {
    let records = message.answers.iter_mut().chain(&mut message.authorities).chain(&mut message.additionals);
    records.for_each(|record| record.ttl = ttl);
}

/// Records that nobody asked for, in every section.
fn unrelated(message: &mut Message) {
    let mail = |name: &str| {
        let data = RecordData::Mx { preference: 0, exchange: "evil.example".parse().unwrap() };
        wire_record(&Record { name: name.parse().unwrap(), ttl: 60, data })
    };
    message.answers.push(mail("other.example"));
    message.authorities.push(mail("contoso.org"));
    message.additionals.push(mail("contoso.net"));
}

/// A referral to this zone, in place of what was asked for.
fn referral(message: &mut Message, zone: &str) {
    message.answers.clear();
    message.additionals.clear();
    message.metadata.authoritative = false;
    message.metadata.response_code = ResponseCode::NoError;
    let name: Name = zone.parse().unwrap();
    let data = RecordData::Ns("ns1.contoso.com".parse().unwrap());
    message.authorities = vec![wire_record(&Record { name, ttl: 60, data })];
}

/// So many texts more.
fn many(message: &mut Message, count: usize, size: usize) {
    let owner = asked(message);
    for number in 0..count {
        let text = format!("{number}-{}", "x".repeat(size));
        let data = RecordData::parse("TXT".parse().unwrap(), &format!("\"{text}\""), &Name::root());
        message.answers.push(record(&owner, data.unwrap(), 60));
    }
}

/// All faults.
pub fn faults() -> Vec<Fault> {
    use Kind::{Lie, LookupFailure, Odd};
    let plain =
        |name, kind, say| Fault { name, kind, at_resolvers: None, only: None, say, over_streams: None };
    let both =
        |name, kind, say, over_streams| Fault { over_streams: Some(over_streams), ..plain(name, kind, say) };
    let for_mx = |name, say| Fault { only: Some("MX"), ..plain(name, LookupFailure, say) };
    let lame = |name, at_resolvers, say| Fault {
        at_resolvers: Some(at_resolvers),
        ..plain(name, LookupFailure, say)
    };
    let error = |code| Say::Error(code, Vec::new());
    let filtered = |code, text| Say::Error(ResponseCode::NXDomain, vec![(code, text)]);
    let later = |milliseconds, say| Say::Later(Duration::from_millis(milliseconds), Box::new(say));
    vec![
        plain("drop", LookupFailure, Say::Nothing),
        plain("delay that can be waited for", Odd, later(60, Say::Zone)),
        plain("delay beyond all patience", LookupFailure, later(5_000, Say::Zone)),
        plain("first packet lost", Odd, Say::Turns(vec![Say::Nothing, Say::Zone])),
        plain("SERVFAIL", LookupFailure, error(ResponseCode::ServFail)),
        plain("REFUSED", LookupFailure, error(ResponseCode::Refused)),
        plain("FORMERR to everything", LookupFailure, error(ResponseCode::FormErr)),
        plain("FORMERR of twelve octets", LookupFailure, Say::HeaderOnly(ResponseCode::FormErr)),
        plain("FORMERR to EDNS", Odd, Say::RefuseEdns(ResponseCode::FormErr)),
        plain("NOTIMP to EDNS", Odd, Say::RefuseEdns(ResponseCode::NotImp)),
        plain("BADVERS to EDNS", Odd, Say::RefuseEdns(ResponseCode::BADVERS)),
        plain("NOTIMP", LookupFailure, error(ResponseCode::NotImp)),
        plain("NOTAUTH", LookupFailure, error(ResponseCode::NotAuth)),
        plain("truncation, then a stream", Odd, Say::Truncated),
        plain("truncation in a record, then a stream", Odd, Say::TruncatedInRecord),
        both("truncation, and the stream is hung up", LookupFailure, Say::Truncated, Say::Close),
        both("truncation, and the stream says nothing", LookupFailure, Say::Truncated, Say::Nothing),
        both("truncation, and the stream stalls", LookupFailure, Say::Stalled, Say::Stalled),
        both("truncation, and the stream is garbage", LookupFailure, Say::Truncated, Say::Garbage),
        both(
            "truncation, and the stream is refused",
            LookupFailure,
            Say::Truncated,
            error(ResponseCode::Refused),
        ),
        plain("truncation, and the stream is reset in the middle", LookupFailure, Say::Reset),
        plain("wrong id", LookupFailure, Say::WrongId),
        plain("wrong id, then the right one", Odd, Say::All(vec![Say::WrongId, Say::Zone])),
        plain("wrong question", LookupFailure, Say::OtherQuestion),
        plain("wrong source port", LookupFailure, Say::OtherPort),
        plain("no question", LookupFailure, Say::NoQuestion),
        plain("the question thrown back", LookupFailure, Say::Echo),
        plain("garbage", LookupFailure, Say::Garbage),
        plain("garbage, then the truth", Odd, Say::All(vec![Say::Garbage, Say::Zone])),
        plain("a record cut in two", LookupFailure, Say::CutInRecord),
        plain("the reply twice", Odd, Say::All(vec![Say::Zone, Say::Zone])),
        plain("names in upper case", Odd, Say::UpperCase),
        plain("empty answer", Lie, Say::Blank),
        plain("NXDOMAIN for everything", Lie, error(ResponseCode::NXDomain)),
        plain("upward referral", LookupFailure, Say::Upward),
        plain("self-referral", LookupFailure, altered(|message| referral(message, "contoso.com"))),
        plain("referral to the parent zone", LookupFailure, altered(|message| referral(message, "com"))),
        plain(
            "referral to a zone beside it",
            LookupFailure,
            altered(|message| referral(message, "fabrikam.com")),
        ),
        plain(
            "referral down to the name itself",
            Lie,
            altered(|message| {
                let name = asked(message).to_ascii();
                referral(message, &name);
            }),
        ),
        plain("unrelated records in every section", Odd, altered(unrelated)),
        plain(
            "answer for another name",
            Lie,
            altered(|message| {
                message.answers.iter_mut().for_each(|record| {
                    record.name = rr::Name::from_ascii("other.example.").unwrap();
                });
            }),
        ),
        plain("an alias to itself", Lie, altered(|message| alias(message, &["itself"]))),
        plain(
            "an alias loop",
            Lie,
            altered(|message| {
                alias(message, &["a.example", "b.example", "a.example"]);
            }),
        ),
        plain(
            "a chain of thirty aliases",
            Lie,
            altered(|message| {
                let names: Vec<String> = (0..30).map(|number| format!("hop-{number}.example")).collect();
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                alias(message, &names);
            }),
        ),
        plain(
            "a DNAME with the alias that it makes",
            Odd,
            altered(|message| {
                let is_alias = message.answers.first().is_some_and(|record| {
                    record.record_type() == rr::RecordType::CNAME && asked(message).num_labels() == 3
                });
                if is_alias {
                    message.answers.insert(0, renamed("contoso.com", "outlook.com"));
                }
            }),
        ),
        plain(
            "a DNAME without the alias that it makes",
            Lie,
            altered(|message| {
                if asked(message).num_labels() > 2 {
                    message.answers = vec![renamed("contoso.com", "outlook.com")];
                    message.metadata.response_code = ResponseCode::NoError;
                }
            }),
        ),
        plain(
            "a DNAME with an alias elsewhere than it says",
            Lie,
            altered(|message| {
                alias(message, &["lie.example"]);
                message.answers.insert(0, renamed("contoso.com", "outlook.com"));
            }),
        ),
        plain(
            "a DNAME that leads to itself",
            Lie,
            altered(|message| {
                let name = asked(message);
                let deeper = name.prepend_label("a").unwrap_or_default();
                alias(message, &["a.a.contoso.com"]);
                message.answers.insert(0, renamed(&name.to_ascii(), &deeper.to_ascii()));
            }),
        ),
        plain(
            "a right answer for a name with a dot inside",
            Lie,
            altered(|message| rightly(message, "contoso\\.com")),
        ),
        plain(
            "a right answer for a name with a NUL",
            Lie,
            altered(|message| rightly(message, "contoso.com\\000")),
        ),
        plain(
            "a right answer for a name behind a NUL",
            Lie,
            altered(|message| rightly(message, "\\000.contoso.com")),
        ),
        plain(
            "an alias to a name with a NUL",
            Lie,
            altered(|message| alias(message, &["autodiscover.outlook.com\\000"])),
        ),
        plain(
            "an alias to a name with dots inside",
            Lie,
            altered(|message| alias(message, &["autodiscover\\.outlook\\.com"])),
        ),
        plain(
            "a right host whose dots are inside a label",
            Lie,
            altered(|message| host(message, "contoso-com\\.mail\\.protection\\.outlook\\.com")),
        ),
        plain(
            "a right host cut by a NUL",
            Lie,
            altered(|message| host(message, "contoso-com.mail.protection.outlook.com\\000.evil.example")),
        ),
        plain("times to live of zero", Odd, altered(|message| with_ttl(message, 0))),
        plain("times to live beyond all bounds", Odd, altered(|message| with_ttl(message, u32::MAX))),
        plain("sixty texts more", Odd, Say::Fitting(Arc::new(|message| many(message, 60, 200)))),
        plain("a thousand records", Odd, Say::Fitting(Arc::new(|message| many(message, 1_000, 1)))),
        plain("nearly 64 KiB", Odd, Say::Fitting(Arc::new(|message| many(message, 240, 250)))),
        plain(
            "a pointer to itself",
            LookupFailure,
            Say::Raw(Arc::new(|mut octets| {
                // The name of the question: a compression pointer to where it stands.
                octets.truncate(12);
                octets.extend([0xc0, 0x0c, 0, 15, 0, 1]);
                octets
            })),
        ),
        plain(
            "counts that promise more than there is",
            LookupFailure,
            Say::Raw(Arc::new(|mut octets| {
                octets[6..8].copy_from_slice(&[0xff, 0xff]);
                octets
            })),
        ),
        plain(
            "octets behind the end",
            Odd,
            Say::Raw(Arc::new(|mut octets| {
                octets.extend([0xff; 300]);
                octets
            })),
        ),
        plain(
            "a header alone",
            LookupFailure,
            Say::Raw(Arc::new(|mut octets| {
                octets.truncate(12);
                octets[4..12].fill(0);
                octets
            })),
        ),
        plain(
            "five octets",
            LookupFailure,
            Say::Raw(Arc::new(|mut octets| {
                octets.truncate(5);
                octets
            })),
        ),
        plain(
            "a question in place of an answer",
            LookupFailure,
            Say::Raw(Arc::new(|mut octets| {
                octets[2] &= 0x7f;
                octets
            })),
        ),
        plain(
            "another opcode",
            LookupFailure,
            Say::Raw(Arc::new(|mut octets| {
                octets[2] |= 0x28;
                octets
            })),
        ),
        for_mx("silence for MX alone", Say::Nothing),
        for_mx("REFUSED for MX alone", error(ResponseCode::Refused)),
        for_mx("SERVFAIL for MX alone", error(ResponseCode::ServFail)),
        for_mx("garbage for MX alone", Say::Garbage),
        for_mx("600 MX records", Say::Fitting(Arc::new(|message| many_hosts(message, 600)))),
        plain("NXDOMAIN that is forged", LookupFailure, filtered(4, "forged")),
        plain("NXDOMAIN that is blocked", LookupFailure, filtered(15, "blocked")),
        plain("NXDOMAIN that is censored", LookupFailure, filtered(16, "censored")),
        plain("NXDOMAIN that is filtered", LookupFailure, filtered(17, "filtered")),
        plain("NXDOMAIN that is prohibited", LookupFailure, filtered(18, "prohibited")),
        lame("NXDOMAIN with the SOA of the root", Lie, altered(|message| no_such_name(message, "."))),
        lame("NXDOMAIN with the SOA of the registry", Lie, altered(|message| no_such_name(message, "com"))),
        lame("no AA", Odd, altered(|message| message.metadata.authoritative = false)),
        lame(
            "upward referral with AA",
            Lie,
            altered(|message| {
                referral(message, ".");
                message.metadata.authoritative = true;
            }),
        ),
    ]
}
