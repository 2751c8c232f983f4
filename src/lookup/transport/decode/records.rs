//! Converts decoded records, up to the limits of a response.

use hickory_resolver::proto::ProtoError;
use hickory_resolver::proto::rr::{self, DNSClass, RData};
use hickory_resolver::proto::serialize::binary::BinEncodable;

use crate::facts::Outcome;
use crate::record::{Name, NameError, Other, Record, RecordData, RecordType, Soa, Text, generic_text};

use super::MAX_ALIASES;

/// Records kept of one section of a reply; a domain with a hundred TXT records is rare. What has more is not kept at all: a part
/// of an answer would look like all there is.
const MAX_RECORDS: usize = 512;
/// Octets of data kept of one section of a reply, names written out: what a message may hold over TCP.
const MAX_OCTETS: usize = 64 * 1024;

/// The reason why a reply that the library could decode is not kept all the same.
#[derive(Debug, thiserror::Error)]
pub(super) enum Undecodable {
    /// Empty data, where the type does not allow it.
    #[error("a record of type {0} has no data")]
    NoData(RecordType),
    /// An invalid name.
    #[error(transparent)]
    Name(#[from] NameError),
    /// Data that cannot be written back.
    #[error("a record cannot be read: {0}")]
    Data(#[from] ProtoError),
    /// More records than are kept.
    #[error("it has more than {MAX_RECORDS} records")]
    Records,
    /// More data than is kept.
    #[error("its records have more than {} KiB", MAX_OCTETS / 1024)]
    Octets,
    /// More aliases than are followed.
    #[error("the chain has more than {MAX_ALIASES} aliases")]
    Aliases,
}

impl Undecodable {
    /// What becomes of the reply.
    pub(super) fn outcome(&self) -> Outcome {
        match self {
            Self::NoData(_) | Self::Name(_) | Self::Data(_) => Outcome::Malformed,
            Self::Records | Self::Octets => Outcome::TooLarge,
            Self::Aliases => Outcome::ChainTooLong,
        }
    }
}

/// The records of some types in a section, in our words; as soon as there are too many, none.
pub(super) fn converted(
    section: &[rr::Record],
    of_type: impl Fn(RecordType) -> bool,
) -> Result<Vec<Record>, Undecodable> {
    let mut records = Vec::new();
    let mut octets = 0;
    for record in section {
        let rtype = RecordType::from_number(record.record_type().into());
        if record.dns_class != DNSClass::IN || !of_type(rtype) {
            continue;
        }
        if records.len() == MAX_RECORDS {
            return Err(Undecodable::Records);
        }
        let record = convert(record, records.last())?;
        octets += record.data.octets();
        if octets > MAX_OCTETS {
            return Err(Undecodable::Octets);
        }
        records.push(record);
    }
    Ok(records)
}

/// One record of a zone that is sent whole, in our words.
pub(in crate::lookup) fn converted_record(
    record: &rr::Record,
    before: Option<&Record>,
) -> Result<Record, String> {
    convert(record, before).map_err(|error| error.to_string())
}

/// One record in our words. Its owner is mostly that of the one before, and then takes no room of its own.
fn convert(record: &rr::Record, before: Option<&Record>) -> Result<Record, Undecodable> {
    // A TTL with the top bit set means zero (RFC 2181 §8).
    let ttl = if record.ttl > i32::MAX as u32 { 0 } else { record.ttl };
    let owner = name(&record.name)?;
    let name = before.map(|before| before.name.clone()).filter(|before| *before == owner).unwrap_or(owner);
    Ok(Record { name, ttl, data: data(&record.data)? })
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
                // Not even one empty string (RFC 1035 §3.3.14): it says nothing, and spoils nothing of what is beside it.
                RecordType::Txt => RecordData::Txt(Text::from_strings([])),
                known => return Err(Undecodable::NoData(known)),
            }
        }
    })
}

/// A name by the octets of its labels: the library's own text forms differ from master files (RFC 1035 §5.1).
pub(in crate::lookup::transport) fn name(name: &rr::Name) -> Result<Name, NameError> {
    Name::from_labels(name.iter())
}
