//! Reads expected records from files of other tools.
//!
//! Accepts the lists that admins have: Microsoft Graph JSON, PowerShell JSON, a table, a zone file. Each becomes
//! records of the domain; entries that no rule checks remain visible, with the reason.

mod list;
mod raw;
mod table;
#[cfg(test)]
mod tests;
mod tree;

use std::fmt;
use std::str::FromStr;

use crate::record::{Name, RecordData, UnknownWord, value_of_word};

pub use list::List;
use raw::Raw;

/// The format of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// JSON from Microsoft Graph.
    Graph,
    /// JSON from PowerShell.
    Powershell,
    /// Columns with a header.
    Csv,
    /// Lines of a zone file, or the record sets of one in Route 53 JSON.
    Zone,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::Graph, Self::Powershell, Self::Csv, Self::Zone];

    /// Returns the word on the command line.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Graph => "graph",
            Self::Powershell => "powershell",
            Self::Csv => "csv",
            Self::Zone => "zone",
        }
    }

    /// Returns the kind of a text, judged by its content.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let first = text.trim_start();
        if first.starts_with(['{', '[']) {
            return if first.contains("\"ResourceRecords\"") {
                Self::Zone
            } else if first.contains("AdditionalProperties") || first.contains("Selector1CNAME") {
                Self::Powershell
            } else {
                Self::Graph
            };
        }
        if table::has_header(text) { Self::Csv } else { Self::Zone }
    }
}

impl FromStr for Kind {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        value_of_word("", text, &Self::ALL, Self::word)
    }
}

/// A record that a list requires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The owner.
    pub name: Name,
    /// The expected data.
    pub data: RecordData,
    /// The TTL in seconds, if the list has one.
    pub ttl: Option<u32>,
    /// The list.
    pub file: String,
    /// The position in the list: a line, or a JSON path.
    pub place: String,
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.name, self.data.rtype(), self.data)
    }
}

/// An entry of a list that is not used, with the reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ignored {
    /// A description of the entry.
    pub what: String,
    /// The list.
    pub file: String,
    /// The position in the list.
    pub place: String,
    /// The reason why it is not used.
    pub reason: String,
}

impl fmt::Display for Ignored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} ({}) is not used: {}", self.file, self.place, self.what, self.reason)
    }
}

/// The content of a list for one domain.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Import {
    /// The records that the list requires.
    pub records: Vec<Wanted>,
    /// The entries that are not used.
    pub ignored: Vec<Ignored>,
    /// Notes on what was fixed during the import.
    pub warnings: Vec<String>,
}

/// The reason why a list cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {place}: {reason}")]
pub struct ImportError {
    /// The list.
    pub file: String,
    /// A line, or a JSON path.
    pub place: String,
    /// The problem, the expected form and the fix.
    pub reason: String,
}

/// Reads a list for one domain, called `file` in messages; without a `kind`, the format is detected from the content.
///
/// # Errors
/// [`ImportError`] if it is not such a list, or if an entry cannot be a record.
pub fn read(octets: &[u8], file: &str, domain: &Name, kind: Option<Kind>) -> Result<Import, ImportError> {
    List::read(octets, file, kind)?.import(domain)
}

/// The error of a file whose text cannot be decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum EncodingError {
    /// Marked as UTF-16, and invalid.
    #[error("it begins as UTF-16 but is not valid UTF-16; save it as UTF-8")]
    Utf16,
    /// Not UTF-8.
    #[error("line {line} is not UTF-8 (byte {octet}): save the file as UTF-8")]
    Utf8 {
        /// The line, from 1.
        line: usize,
        /// The octet, from 1.
        octet: usize,
    },
}

/// Decodes the text of a file, including the encodings that Windows writes.
///
/// # Errors
/// [`EncodingError`] if it is neither UTF-8 nor UTF-16.
pub(crate) fn decoded(octets: &[u8]) -> Result<String, EncodingError> {
    let wide = |rest: &[u8], read: fn([u8; 2]) -> u16| {
        let pairs = rest.chunks_exact(2);
        let is_whole = pairs.remainder().is_empty();
        let text: Option<String> = is_whole
            .then(|| char::decode_utf16(pairs.map(|pair| read([pair[0], pair[1]]))).collect())
            .and_then(Result::ok);
        text.ok_or(EncodingError::Utf16)
    };
    match octets {
        [0xff, 0xfe, rest @ ..] => wide(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => wide(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] | rest => String::from_utf8(rest.to_vec()).map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            let line = 1 + rest.iter().take(at).filter(|octet| **octet == b'\n').count();
            EncodingError::Utf8 { line, octet: at + 1 }
        }),
    }
}
