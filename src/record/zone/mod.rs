//! Reads the records of a zone file.
//!
//! Reads master files (RFC 1035 §5) as the common name servers do. Where BIND and NSD differ, the text is refused with
//! advice on a form that both read alike. Every bad line is reported, not only the first. Answering questions from the
//! records is not done here.

mod head;
mod lexer;
mod problem;
mod reader;
#[cfg(test)]
mod tests;
mod writer;

pub use problem::{
    Located, MAX_OCTETS, MAX_PROBLEMS, MAX_RECORDS, TypeHint, ZoneError, ZoneProblem, ZoneWarning,
};
pub use writer::to_zone_text;

use std::collections::{BTreeMap, BTreeSet, HashSet};

use lexer::{Fault, Place};
use reader::Reader;

use super::{Name, Question, Record, RecordType};

/// The content of a zone file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ZoneText {
    /// All records, in the order of the file.
    pub records: Vec<Record>,
    /// The first origin: the given one, or else that of the first `$ORIGIN`.
    pub origin: Option<Name>,
    /// The owners of SOA records, each once, in the order of the file: the apexes of the zones in it.
    pub apexes: Vec<Name>,
    /// The record sets that a comment of Cloudflare's export marks as proxied: its name servers answer with the
    /// proxy's addresses instead.
    pub proxied: BTreeSet<Question>,
    /// The record sets that are published but whose records are not in the file, with the reason.
    pub unlisted: BTreeMap<Question, String>,
    /// The places that were read but may not be what the author meant; the first [`MAX_PROBLEMS`].
    pub warnings: Vec<Located<ZoneWarning>>,
}

impl ZoneText {
    /// Returns the content of a file with these records.
    #[must_use]
    pub fn from_records(origin: Option<Name>, records: Vec<Record>) -> Self {
        let mut seen = HashSet::new();
        let starts = records.iter().filter(|record| record.data.rtype() == RecordType::Soa);
        let apexes = starts.map(|record| &record.name).filter(|&name| seen.insert(name)).cloned().collect();
        Self { records, origin, apexes, ..Self::default() }
    }
}

/// Reads a zone file (RFC 1035 §5); `origin` completes relative names until an `$ORIGIN`, and `label` names the file in
/// errors.
///
/// The octets of TXT strings are kept unchanged and need not be UTF-8.
///
/// # Errors
/// [`ZoneError`] lists every line that cannot be read; there are no records then.
pub fn read(input: &[u8], origin: Option<&Name>, label: &str) -> Result<ZoneText, ZoneError> {
    let input = input.strip_prefix(b"\xef\xbb\xbf").unwrap_or(input);
    let mut reader = Reader::new(input, origin);
    if let Some(problem) = unreadable(input) {
        reader.report(Fault { place: Place { offset: 0, line: 1 }, problem });
    } else {
        reader.read();
    }
    reader.finish(label)
}

/// Returns the reason why the file as a whole cannot be read, if there is one.
fn unreadable(input: &[u8]) -> Option<ZoneProblem> {
    match input {
        _ if input.len() > MAX_OCTETS => Some(ZoneProblem::TooLarge(input.len())),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Some(ZoneProblem::Utf16),
        _ => None,
    }
}
