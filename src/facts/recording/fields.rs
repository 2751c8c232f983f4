//! Reads the fields of a line.

use crate::record::{Name, Record, RecordData, Token, parse_ttl};

/// Returns the error for an unknown key.
pub(super) fn unknown(key: &str) -> String {
    format!("`{key}` is not a line of a recording, or is in the wrong entry")
}

/// Returns the record that these fields are.
pub(super) fn record(fields: &[Token<'_>]) -> Result<Record, String> {
    let ttl = text(fields, 1)?;
    let ttl = parse_ttl(&ttl).ok_or_else(|| format!("found `{ttl}`, expected a TTL in seconds"))?;
    if !fields.get(2).is_some_and(|class| class.raw.eq_ignore_ascii_case(b"IN")) {
        return Err("a record is written `NAME TTL IN TYPE DATA`".into());
    }
    let rtype = parsed(fields, 3, "a record type")?;
    let data = RecordData::from_tokens(rtype, fields.get(4..).unwrap_or_default(), &Name::root());
    Ok(Record { name: name(fields, 0)?, ttl, data: data.map_err(|error| error.to_string())? })
}

/// Returns a field as text.
pub(super) fn text(fields: &[Token<'_>], index: usize) -> Result<String, String> {
    let field = fields.get(index).ok_or_else(|| format!("field {} is missing", index + 1))?;
    let octets = field.unescaped().ok_or("a backslash is not followed by an escape sequence")?;
    String::from_utf8(octets).map_err(|_| "the field is not UTF-8".into())
}

/// Returns a field as a value; `expected` describes it in the error.
pub(super) fn parsed<T: std::str::FromStr>(
    fields: &[Token<'_>],
    index: usize,
    expected: &str,
) -> Result<T, String> {
    let text = text(fields, index).map_err(|why| format!("{why}, expected {expected}"))?;
    text.parse().map_err(|_| format!("found `{text}`, expected {expected}"))
}

/// Returns a field as a name.
pub(super) fn name(fields: &[Token<'_>], index: usize) -> Result<Name, String> {
    let raw = fields.get(index).map(|field| field.raw).unwrap_or_default();
    Name::parse_relative(raw, &Name::root()).map_err(|error| format!("field {}: {error}", index + 1))
}
