//! Reads expected records from files of other tools.
//!
//! The lists that admins have: Microsoft Graph as JSON, what PowerShell makes of it, a table, a zone file. Each becomes
//! records of the domain; what no rule judges stays visible, with the reason.

mod list;
mod raw;
mod table;
#[cfg(test)]
mod tests;
mod tree;

use std::fmt;
use std::str::FromStr;

use crate::record::{Name, RecordData};

pub use list::List;
use raw::Raw;

/// The format of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// JSON of Microsoft Graph.
    Graph,
    /// JSON of PowerShell.
    Powershell,
    /// Columns with a header.
    Csv,
    /// Lines of a zone file, or the record sets of one as Route 53 lists them.
    Zone,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::Graph, Self::Powershell, Self::Csv, Self::Zone];

    /// The word on the command line.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Graph => "graph",
            Self::Powershell => "powershell",
            Self::Csv => "csv",
            Self::Zone => "zone",
        }
    }

    /// What a text is, by its content.
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
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = Self::ALL.into_iter().find(|kind| kind.word() == text);
        known.ok_or_else(|| format!("found `{text}`, expected one of graph, powershell, csv, zone"))
    }
}

/// One record that a list wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The owner.
    pub name: Name,
    /// What it should hold.
    pub data: RecordData,
    /// TTL, where the list names one.
    pub ttl: Option<u32>,
    /// The list.
    pub file: String,
    /// Where in it: a line, or a JSON path.
    pub place: String,
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.name, self.data.rtype(), self.data)
    }
}

/// Something in a list that is not used, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ignored {
    /// What it is, in words.
    pub what: String,
    /// The list.
    pub file: String,
    /// Where in it.
    pub place: String,
    /// The reason why it is not used.
    pub reason: String,
}

impl fmt::Display for Ignored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} ({}) is not used: {}", self.file, self.place, self.what, self.reason)
    }
}

/// What a list holds for one domain.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Import {
    /// The records that it wants.
    pub records: Vec<Wanted>,
    /// What is not used.
    pub ignored: Vec<Ignored>,
    /// What was fixed during the import.
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
    /// What was found, what was expected and what to do.
    pub reason: String,
}

/// Reads a list for one domain, called `file` in messages; of no `kind`, it is recognized by its content.
///
/// # Errors
/// [`ImportError`] if it is not such a list, or if something in it cannot be a record.
pub fn read(octets: &[u8], file: &str, domain: &Name, kind: Option<Kind>) -> Result<Import, ImportError> {
    List::read(octets, file, kind)?.import(domain)
}

/// The text of a file as Windows and others write it.
///
/// # Errors
/// What is wrong with it, in words.
pub fn decoded(octets: &[u8]) -> Result<String, String> {
    let wide = |rest: &[u8], read: fn([u8; 2]) -> u16| {
        let pairs = rest.chunks_exact(2);
        let is_whole = pairs.remainder().is_empty();
        let text: Option<String> = is_whole
            .then(|| char::decode_utf16(pairs.map(|pair| read([pair[0], pair[1]]))).collect())
            .and_then(Result::ok);
        text.ok_or_else(|| "it begins as UTF-16 but is not valid UTF-16; save it as UTF-8".to_owned())
    };
    match octets {
        [0xff, 0xfe, rest @ ..] => wide(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => wide(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] | rest => String::from_utf8(rest.to_vec()).map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            let line = 1 + rest.iter().take(at).filter(|octet| **octet == b'\n').count();
            format!("line {line} is not UTF-8 (byte {}): save the file as UTF-8", at + 1)
        }),
    }
}
