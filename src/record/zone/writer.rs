//! Writes records as a zone file.

use std::fmt::Write as _;

use crate::record::{Name, Record, RecordType};

/// Returns the records as zone text: absolute names in canonical order (RFC 4034 §6.1), the SOA record of a name first,
/// then by type and data; strings longer than 255 octets are split.
///
/// ```
/// use cutover::record::zone;
/// let text = zone::read(b"$ORIGIN contoso.com.\n$TTL 1h\n@ MX 10 mail", None, "contoso.zone").unwrap();
/// assert_eq!(zone::to_zone_text(&text.records), "contoso.com. 3600 IN MX 10 mail.contoso.com.\n");
/// ```
#[must_use]
pub fn to_zone_text<'a>(records: impl IntoIterator<Item = &'a Record>) -> String {
    let mut records: Vec<&Record> = records.into_iter().collect();
    records.sort_by(|one, other| rank(one).cmp(&rank(other)).then_with(|| one.data.cmp(&other.data)));
    let mut text = String::new();
    for record in records {
        // A TTL with the top bit set counts as 0 (RFC 2181 §8).
        let ttl = if record.ttl > i32::MAX as u32 { 0 } else { record.ttl };
        let (name, rtype, data) = (&record.name, record.data.rtype(), record.data.to_zone_text());
        // Writing into a String cannot fail.
        let _ = writeln!(text, "{name} {ttl} IN {rtype} {data}");
    }
    text
}

fn rank(record: &Record) -> (&Name, bool, RecordType) {
    let rtype = record.data.rtype();
    (&record.name, rtype != RecordType::Soa, rtype)
}
