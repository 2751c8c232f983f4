//! Reads reports that earlier runs wrote as `json` or `ndjson`.
//!
//! Reports are streamed: every result is passed on as soon as it is read, so that a report of any length takes no more
//! memory than its largest domain. Fields that this version does not know are skipped. An NDJSON line that ends too
//! early is the last one of a run that was killed, and counts as not written.

use std::fmt;
use std::io::{self, BufRead, Cursor, Read as _};

use jiff::Timestamp;
use serde::de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::expected::Phase;

use super::harmless::harmless;
use super::view::{DomainReport, SCHEMA_VERSION};

/// The maximum length of a line in octets, many times that of a domain with every reply.
const LONGEST_LINE: u64 = 256 << 20;

/// The content of a file other than its results.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contents {
    /// The time at which the run began and its phase, for a report of one document; each line of NDJSON has its own.
    pub run: Option<(Timestamp, Option<Phase>)>,
    /// The numbers of the lines that end too early, from 1.
    pub cut: Vec<usize>,
}

/// The reason why a file cannot be read as a report.
#[derive(Debug, thiserror::Error)]
pub enum StoredError {
    /// The file itself cannot be read.
    #[error("{0}")]
    Read(#[from] io::Error),
    /// Its content is not a report.
    #[error("{reason}")]
    Content {
        /// The line, from 1.
        line: usize,
        /// The problem: what was found, and what was expected.
        reason: String,
    },
}

impl StoredError {
    fn at(line: usize, error: &serde_json::Error) -> Self {
        // The message ends with a position, which would repeat the number of the line.
        let text = error.to_string();
        let reason = text.rsplit_once(" at line ").map_or(text.as_str(), |(reason, _)| reason);
        let reason = format!("expected a report of cutover as JSON or NDJSON: {}", harmless(reason));
        Self::Content { line, reason }
    }
}

/// Returns the reason why a report of this newer version cannot be read.
fn newer(version: u32) -> String {
    format!(
        "found version {version} of the report, and this cutover reads up to version {SCHEMA_VERSION}: use \
         a newer cutover"
    )
}

/// The fields that decide how a line is read.
#[derive(Deserialize)]
struct Head {
    schema_version: Option<u32>,
    checked_at: Option<IgnoredAny>,
    domains: Option<IgnoredAny>,
}

/// Reads all results of a report, in their order.
///
/// # Errors
/// [`StoredError`] for the first line or field that is wrong.
pub fn read(mut input: impl BufRead, mut take: impl FnMut(DomainReport)) -> Result<Contents, StoredError> {
    let mut line = Vec::new();
    let mut number = 0;
    while line.trim_ascii().is_empty() {
        if !next_line(&mut input, &mut line, &mut number)? {
            return Ok(Contents::default());
        }
        let bare = line.strip_prefix(b"\xef\xbb\xbf").map(<[u8]>::to_vec);
        line = bare.unwrap_or(line);
    }
    if is_document(&line, &mut input)? {
        let run = document(Cursor::new(line).chain(input), &mut take);
        return run.map_err(|error| match error.io_error_kind() {
            Some(kind) => StoredError::Read(kind.into()),
            None => StoredError::at(number - 1 + error.line(), &error),
        });
    }
    let mut contents = Contents::default();
    loop {
        if !line.trim_ascii().is_empty() {
            match result(&line) {
                Ok(result) => take(result),
                Err(error) if error.is_eof() && line.trim_ascii().starts_with(b"{") => {
                    contents.cut.push(number);
                }
                Err(error) => return Err(StoredError::at(number, &error)),
            }
        }
        if !next_line(&mut input, &mut line, &mut number)? {
            return Ok(contents);
        }
    }
}

/// Reads the next line, with its line end; returns false after the last.
fn next_line(input: &mut impl BufRead, line: &mut Vec<u8>, number: &mut usize) -> Result<bool, StoredError> {
    line.clear();
    *number += 1;
    let read = input.by_ref().take(LONGEST_LINE).read_until(b'\n', line)?;
    if read as u64 == LONGEST_LINE {
        let reason = format!("the line is longer than {} MiB", LONGEST_LINE >> 20);
        return Err(StoredError::Content { line: *number, reason });
    }
    Ok(read > 0)
}

/// Returns whether a report that begins with this line is one document. A line of NDJSON is a whole object, or a
/// truncated one that is followed by others or by the end.
fn is_document(line: &[u8], input: &mut impl BufRead) -> Result<bool, StoredError> {
    if let Ok(head) = serde_json::from_slice::<Head>(line) {
        return Ok(head.domains.is_some());
    }
    if line.trim_ascii() == b"{" {
        return Ok(true);
    }
    let next = input.fill_buf()?.trim_ascii_start().first().copied();
    let has_list = || line.windows(9).any(|octets| octets == b"\"domains\"");
    Ok(match next {
        Some(b'{') => false,
        None => has_list(),
        Some(_) => true,
    })
}

/// Reads one line of NDJSON.
fn result(line: &[u8]) -> Result<DomainReport, serde_json::Error> {
    // With its line end, a truncated string would fail as a control character and not as the end of the input.
    let line = line.trim_ascii();
    // The version is checked first, so that a newer report is named as such whatever its other fields are.
    let head: Head = serde_json::from_slice(line)?;
    let version = head.schema_version.ok_or_else(|| serde_json::Error::missing_field("schema_version"))?;
    if version > SCHEMA_VERSION {
        return Err(serde_json::Error::custom(newer(version)));
    }
    head.checked_at.ok_or_else(|| serde_json::Error::missing_field("checked_at"))?;
    serde_json::from_slice(line)
}

/// Reads one document to its end.
fn document(input: impl io::Read, take: &mut dyn FnMut(DomainReport)) -> Result<Contents, serde_json::Error> {
    let mut reader = serde_json::Deserializer::from_reader(input);
    let run = Document { take }.deserialize(&mut reader)?;
    reader.end()?;
    Ok(Contents { run: Some(run), cut: Vec::new() })
}

/// A report as one document.
struct Document<'t> {
    take: &'t mut dyn FnMut(DomainReport),
}

impl<'de> DeserializeSeed<'de> for Document<'_> {
    type Value = (Timestamp, Option<Phase>);

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Document<'_> {
    type Value = (Timestamp, Option<Phase>);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a report")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let (mut version, mut checked_at, mut phase, mut has_domains) = (None, None, None, false);
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "schema_version" => {
                    let found: u32 = map.next_value()?;
                    if found > SCHEMA_VERSION {
                        return Err(A::Error::custom(newer(found)));
                    }
                    version = Some(found);
                }
                "checked_at" => checked_at = Some(map.next_value()?),
                "phase" => phase = Some(map.next_value::<Phase>()?),
                "domains" => {
                    map.next_value_seed(Domains { take: &mut *self.take })?;
                    has_domains = true;
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        version.ok_or_else(|| A::Error::missing_field("schema_version"))?;
        if !has_domains {
            return Err(A::Error::missing_field("domains"));
        }
        Ok((checked_at.ok_or_else(|| A::Error::missing_field("checked_at"))?, phase))
    }
}

/// The list of domains in a document.
struct Domains<'t> {
    take: &'t mut dyn FnMut(DomainReport),
}

impl<'de> DeserializeSeed<'de> for Domains<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Domains<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of domains")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        while let Some(domain) = list.next_element::<DomainReport>()? {
            (self.take)(domain);
        }
        Ok(())
    }
}
