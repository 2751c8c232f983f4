//! One domain a line, as JSON.

use jiff::Timestamp;
use serde::Serialize;

use crate::report::Report;
use crate::report::view::DomainReport;

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
    let lines = report.domains.iter().map(|domain| {
        let line = Line { schema_version: report.schema_version, checked_at: report.checked_at, domain };
        // The view holds strings, numbers and lists, which always serialise.
        serde_json::to_string(&line).unwrap_or_default() + "\n"
    });
    lines.collect()
}
