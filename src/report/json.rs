//! Writes views as JSON, version 1: plans, expected records, and the reports of the server. `format::json` writes the
//! report of `check`.

use serde::Serialize;

use crate::expected::{Cloud, Expectation, Id, Importance, Origin, Phase, Subject};
use crate::plan::Change;
use crate::record::{Name, RecordType, opens_command};

use super::harmless::Sanitized;
use super::view::{ChangeView, SCHEMA_VERSION};

/// Returns any view as indented JSON with a final line end; the same content gives the same bytes.
#[must_use]
pub fn to_json(view: &impl Serialize) -> String {
    // The views hold strings, numbers and lists, which always serialize.
    let mut text =
        serde_json::to_string_pretty(view).unwrap_or_else(|error| format!("{{\"error\": \"{error}\"}}"));
    text.push('\n');
    without_commands(text)
}

/// Returns JSON in which no string contains a command to a build agent: its bracket is written as `\u005b`. The bracket
/// of a list never follows a letter or `##`.
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

/// `cutover plan --format json`.
#[derive(Debug, Serialize)]
pub struct PlanView {
    schema_version: u32,
    domain: String,
    phase: Phase,
    changes: Vec<ChangeView>,
}

impl PlanView {
    /// Returns the view of the plan of one domain.
    #[must_use]
    pub fn new(subject: &Subject, changes: &[Change]) -> Self {
        Self {
            schema_version: SCHEMA_VERSION,
            domain: subject.domain.without_trailing_dot(),
            phase: subject.phase,
            changes: changes.iter().map(ChangeView::from).collect(),
        }
    }
}

/// `cutover expected --format json`.
#[derive(Debug, Serialize)]
pub struct ExpectedView {
    schema_version: u32,
    domain: String,
    cloud: Cloud,
    expected: Vec<ExpectedRecords>,
}

#[derive(Debug, Serialize)]
struct ExpectedRecords {
    id: Id,
    name: Name,
    #[serde(rename = "type")]
    rtype: RecordType,
    ttl: u32,
    data: Vec<Sanitized>,
    importance: Importance,
    phase: Phase,
    origin: Origin,
}

impl ExpectedView {
    /// Returns the view of the records that should be published for one domain.
    #[must_use]
    pub fn new(subject: &Subject, list: &[Expectation]) -> Self {
        let expected = list.iter().map(|expectation| ExpectedRecords {
            id: expectation.id,
            name: expectation.name.clone(),
            rtype: expectation.rtype,
            ttl: expectation.ttl,
            data: Sanitized::records(&expectation.data),
            importance: expectation.importance,
            phase: expectation.phase,
            origin: expectation.origin,
        });
        Self {
            schema_version: SCHEMA_VERSION,
            domain: subject.domain.without_trailing_dot(),
            cloud: subject.cloud,
            expected: expected.collect(),
        }
    }
}
