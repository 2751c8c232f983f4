//! The report as JSON, version 1.

use serde::Serialize;

use crate::expected::{Expectation, Subject};
use crate::plan::Change;
use crate::record::Name;

use super::view::{ChangeView, SCHEMA_VERSION};

/// Any view as indented JSON with a line end behind it; the same bytes for the same content.
#[must_use]
pub fn to_json(view: &impl Serialize) -> String {
    // The views hold strings, numbers and lists, which always serialise.
    let mut text =
        serde_json::to_string_pretty(view).unwrap_or_else(|error| format!("{{\"error\": \"{error}\"}}"));
    text.push('\n');
    text
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
            domain: subject.domain.bare(),
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
    data: Vec<String>,
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
            data: expectation.data.iter().map(ToString::to_string).collect(),
            importance: expectation.importance.word(),
            phase: expectation.phase.word(),
            origin: expectation.origin.word(),
        });
        Self {
            schema_version: SCHEMA_VERSION,
            domain: subject.domain.bare(),
            cloud: subject.cloud.word(),
            expected: expected.collect(),
        }
    }
}
