//! One domain per line, as JSON.

use jiff::Timestamp;
use serde::Serialize;

use crate::report::Report;
use crate::report::json::without_commands;
use crate::report::view::{DomainReport, SCHEMA_VERSION};

#[derive(Serialize)]
struct Line<'a> {
    schema_version: u32,
    checked_at: Timestamp,
    #[serde(flatten)]
    domain: &'a DomainReport,
}

/// The domains of a report, each as one line.
#[must_use]
pub fn ndjson(report: &Report) -> String {
    report.domains.iter().map(|domain| ndjson_line(report.checked_at, domain)).collect()
}

/// The line of one domain.
#[must_use]
pub fn ndjson_line(checked_at: Timestamp, domain: &DomainReport) -> String {
    let time = domain.time(checked_at);
    // The line has that time once.
    let stored = domain.checked_at.map(|_| DomainReport { checked_at: None, ..domain.clone() });
    let domain = stored.as_ref().unwrap_or(domain);
    let line = Line { schema_version: SCHEMA_VERSION, checked_at: time, domain };
    // The view holds strings, numbers and lists, which always serialise.
    without_commands(serde_json::to_string(&line).unwrap_or_default() + "\n")
}
