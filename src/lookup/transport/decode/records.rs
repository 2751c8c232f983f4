//! Converts decoded records, within the limits of a response.

use hickory_resolver::proto::ProtoError;
use hickory_resolver::proto::rr::{self, DNSClass, RData};
use hickory_resolver::proto::serialize::binary::BinEncodable;

use crate::facts::Outcome;
use crate::record::{Name, NameError, Other, Record, RecordData, RecordType, Soa, Text, generic_text};

use super::MAX_ALIASES;

/// The highest number of records in one section of a reply; a domain with a hundred TXT records is rare. A section with
/// more is not kept at all: a part of an answer would look like the whole.
const MAX_RECORDS: usize = 512;
/// The size limit of the data in one section of a reply, names uncompressed, in octets: that of a message over TCP.
const MAX_OCTETS: usize = 64 * 1024;

/// The reason why a reply that the library decoded is not kept.
#[derive(Debug, thiserror::Error)]
pub(in crate::lookup) enum Undecodable {
    /// Empty data of a type that does not allow it.
    #[error("a record of type {0} has no data")]
    NoData(RecordType),
    /// An invalid name.
    #[error(transparent)]
    Name(#[from] NameError),
    /// Data that cannot be written back.
    #[error("a record cannot be read: {0}")]
    Data(#[from] ProtoError),
    /// The section exceeds the limit of records.
    #[error("it has more than {MAX_RECORDS} records")]
    Records,
    /// The section exceeds the size limit.
    #[error("its records have more than {} KiB", MAX_OCTETS / 1024)]
    Octets,
    /// The chain exceeds the limit of aliases.
    #[error("the chain has more than {MAX_ALIASES} aliases")]
    Aliases,
}

impl Undecodable {
    /// Returns the outcome of the reply.
    pub(super) fn outcome(&self) -> Outcome {
        match self {
            Self::NoData(_) | Self::Name(_) | Self::Data(_) => Outcome::Malformed,
            Self::Records | Self::Octets => Outcome::TooLarge,
            Self::Aliases => Outcome::ChainTooLong,
        }
    }
}

/// Converts the records of some types in a section; too many records are an error.
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

/// Converts one record of a transferred zone.
pub(in crate::lookup) fn converted_record(
    record: &rr::Record,
    before: Option<&Record>,
) -> Result<Record, Undecodable> {
    convert(record, before)
}

/// Converts one record. Its owner is usually that of the record before, and is then shared with it.
fn convert(record: &rr::Record, before: Option<&Record>) -> Result<Record, Undecodable> {
    // A TTL with the top bit set means zero (RFC 2181 §8).
    let ttl = if record.ttl > i32::MAX as u32 { 0 } else { record.ttl };
    let owner = name(&record.name)?;
    let name = before.map(|before| before.name.clone()).filter(|before| *before == owner).unwrap_or(owner);
    Ok(Record { name, ttl, data: data(&record.data)? })
}

fn data(data: &RData) -> Result<RecordData, Undecodable> {
    // Times are signed in the library, but not on the wire (RFC 1035 §3.3.13).
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
                // Without even one empty string (RFC 1035 §3.3.14): it has no content, and does not invalidate the
                // records next to it.
                RecordType::Txt => RecordData::Txt(Text::from_strings([])),
                known => return Err(Undecodable::NoData(known)),
            }
        }
    })
}

/// Converts a name by the octets of its labels: the library's own text forms differ from master files (RFC 1035 §5.1).
pub(in crate::lookup::transport) fn name(name: &rr::Name) -> Result<Name, NameError> {
    Name::from_labels(name.iter())
}
