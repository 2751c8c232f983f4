//! The format of the history file.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::record::{Name, Question, RecordData, RecordType};

use super::{Copies, History, Seen};

/// The schema version of written files.
const SCHEMA_VERSION: u32 = 1;

/// The reason why a history file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// It is not JSON, or has other fields.
    #[error("not a history of cutover: {0}")]
    Json(#[from] serde_json::Error),
    /// It was written by a newer version.
    #[error(
        "found version {0} of the history, and this cutover reads up to version {SCHEMA_VERSION}; use a \
         newer cutover"
    )]
    Version(u32),
    /// A record or name in it is invalid.
    #[error("found `{0}` for {1}, expected {2}")]
    Record(String, String, String),
}

/// The file.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "formats", derive(schemars::JsonSchema))]
struct Document {
    schema_version: u32,
    #[serde(default)]
    domains: BTreeMap<String, Vec<Line>>,
}

/// One record set in the file.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "formats", derive(schemars::JsonSchema))]
struct Line {
    name: String,
    #[serde(rename = "type")]
    rtype: String,
    records: Vec<String>,
    ttl: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    longer_ttl: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    longer_until: Option<Timestamp>,
    first_seen: Timestamp,
    last_seen: Timestamp,
    #[serde(default)]
    gone: Option<Timestamp>,
}

impl History {
    /// Returns the JSON Schema of the file.
    #[cfg(feature = "formats")]
    #[must_use]
    pub fn schema() -> schemars::Schema {
        schemars::schema_for!(Document)
    }

    /// Parses the content of a file; an empty file is an empty history.
    ///
    /// # Errors
    /// [`HistoryError`] if it is not a history, or was written by a newer version.
    pub fn parse(text: &str) -> Result<Self, HistoryError> {
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        let document: Document = serde_json::from_str(text)?;
        if document.schema_version > SCHEMA_VERSION {
            return Err(HistoryError::Version(document.schema_version));
        }
        let mut history = Self::default();
        for (domain, lines) in document.domains {
            let sets = history.domains.entry(name(&domain, &domain)?).or_default();
            for line in lines {
                let (question, seen) = read(&domain, line)?;
                sets.entry(question).or_default().push(seen);
            }
        }
        Ok(history)
    }
}

fn name(text: &str, domain: &str) -> Result<Name, HistoryError> {
    text.parse().map_err(|_| HistoryError::Record(text.into(), domain.into(), "name".into()))
}

fn read(domain: &str, line: Line) -> Result<(Question, Seen), HistoryError> {
    let owner = name(&line.name, domain)?;
    let odd = |text: &str, what: &str| HistoryError::Record(text.into(), domain.into(), what.into());
    let rtype: RecordType = line.rtype.parse().map_err(|_| odd(&line.rtype, "record type"))?;
    let record = |text: &String| {
        RecordData::parse(rtype, text, &Name::root()).map_err(|_| odd(text, &format!("{rtype} record")))
    };
    let data = line.records.iter().map(record).collect::<Result<_, _>>()?;
    let longer = line.longer_until.zip(line.longer_ttl).map(|(until, ttl)| Copies { until, ttl });
    let Line { ttl, first_seen, last_seen, gone, .. } = line;
    Ok((Question::new(owner, rtype), Seen { data, ttl, longer, first_seen, last_seen, gone }))
}

impl fmt::Display for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = |question: &Question, seen: &Seen| Line {
            name: question.name.to_string(),
            rtype: question.rtype.to_string(),
            records: seen.data.iter().map(RecordData::to_zone_text).collect(),
            ttl: seen.ttl,
            longer_ttl: seen.longer.map(|copies| copies.ttl),
            longer_until: seen.longer.map(|copies| copies.until),
            first_seen: seen.first_seen,
            last_seen: seen.last_seen,
            gone: seen.gone,
        };
        let domains = self.domains.iter().map(|(domain, sets)| {
            let lines = sets.iter().flat_map(|(question, seen)| seen.iter().map(|seen| line(question, seen)));
            (domain.without_trailing_dot(), lines.collect())
        });
        let document = Document { schema_version: SCHEMA_VERSION, domains: domains.collect() };
        // A map of strings, numbers and lists can always be serialized.
        let text = serde_json::to_string_pretty(&document).map_err(|_| fmt::Error)?;
        writeln!(f, "{text}")
    }
}
