//! The report as JSON, version 1.

use serde::Serialize;

use crate::expected::{Expectation, Subject};
use crate::plan::Change;
use crate::record::{Name, opens_command};

use super::harmless::Sanitized;
use super::view::{ChangeView, DomainReport, Report, SCHEMA_VERSION};

/// Any view as indented JSON with a line end behind it; the same bytes for the same content.
#[must_use]
pub fn to_json(view: &impl Serialize) -> String {
    // The views hold strings, numbers and lists, which always serialise.
    let mut text =
        serde_json::to_string_pretty(view).unwrap_or_else(|error| format!("{{\"error\": \"{error}\"}}"));
    text.push('\n');
    without_commands(text)
}

/// JSON in which no string holds a command to a build agent: its bracket is written as `\u005b`. The bracket of a list
/// never follows a letter or `##`.
#[must_use]
pub(super) fn without_commands(json: String) -> String {
    let mut safe = String::new();
    let mut written = 0;
    for (at, bracket) in json.match_indices('[') {
        if opens_command(&json.as_bytes()[..at]) {
            safe.push_str(&json[written..at]);
            safe.push_str("\\u005b");
            written = at + bracket.len();
        }
    }
    if written == 0 { json } else { safe + &json[written..] }
}

/// A report that is written while its domains still come, so that none of them has to be kept: the same bytes as
/// [`to_json`] writes of the whole.
#[derive(Debug)]
pub struct StreamingJson {
    written: usize,
}

impl StreamingJson {
    /// Begins the list of domains; what comes before it is known at the end.
    #[must_use]
    pub fn begin() -> Self {
        Self { written: 0 }
    }

    /// A domain as written in the list, wherever that is.
    #[must_use]
    pub fn piece(domain: &DomainReport) -> String {
        const DEPTH: &str = "\n    ";
        let text = serde_json::to_string_pretty(domain).unwrap_or_default();
        without_commands(format!("{DEPTH}{}", text.replace('\n', DEPTH)))
    }

    /// What comes before the next piece.
    pub fn lead(&mut self) -> &'static str {
        self.written += 1;
        if self.written == 1 { "[" } else { "," }
    }

    /// What comes before and after the domains; `report` has none itself.
    #[must_use]
    pub fn frame(&self, report: &Report) -> (String, String) {
        /// How a report without domains ends.
        const EMPTY: &str = "[]\n}\n";
        let whole = to_json(report);
        match whole.strip_suffix(EMPTY) {
            Some(head) if self.written > 0 => (head.to_owned(), "\n  ]\n}\n".to_owned()),
            Some(_) | None => (whole, String::new()),
        }
    }
}

/// `cutover plan --format json`.
#[derive(Debug, Serialize)]
pub struct PlanView {
    schema_version: u32,
    domain: String,
    phase: &'static str,
    changes: Vec<ChangeView>,
}

impl PlanView {
    /// The plan of one domain.
    #[must_use]
    pub fn new(subject: &Subject, changes: &[Change]) -> Self {
        Self {
            schema_version: SCHEMA_VERSION,
            domain: subject.domain.without_trailing_dot(),
            phase: subject.phase.word(),
            changes: changes.iter().map(ChangeView::from).collect(),
        }
    }
}

/// `cutover expected --format json`.
#[derive(Debug, Serialize)]
pub struct ExpectedView {
    schema_version: u32,
    domain: String,
    cloud: &'static str,
    expected: Vec<ExpectedRecords>,
}

#[derive(Debug, Serialize)]
struct ExpectedRecords {
    id: &'static str,
    name: Name,
    #[serde(rename = "type")]
    rtype: String,
    ttl: u32,
    data: Vec<Sanitized>,
    importance: &'static str,
    phase: &'static str,
    origin: &'static str,
}

impl ExpectedView {
    /// What should be published for one domain.
    #[must_use]
    pub fn new(subject: &Subject, list: &[Expectation]) -> Self {
        let expected = list.iter().map(|expectation| ExpectedRecords {
            id: expectation.id.word(),
            name: expectation.name.clone(),
            rtype: expectation.rtype.to_string(),
            ttl: expectation.ttl,
            data: Sanitized::records(&expectation.data),
            importance: expectation.importance.word(),
            phase: expectation.phase.word(),
            origin: expectation.origin.word(),
        });
        Self {
            schema_version: SCHEMA_VERSION,
            domain: subject.domain.without_trailing_dot(),
            cloud: subject.cloud.word(),
            expected: expected.collect(),
        }
    }
}
