//! Rows for a spreadsheet: one for each expectation and each hazard.

use crate::plan::emit::guarded;
use crate::report::Report;
use crate::report::view::{DomainReport, ExpectationView, HazardView};

/// The names of the columns.
const COLUMNS: [&str; 15] = [
    "domain",
    "verdict",
    "kind",
    "id",
    "importance",
    "status",
    "code",
    "name",
    "type",
    "expected",
    "observed",
    "ttl",
    "until",
    "message",
    "possible_until",
];

/// The report as comma-separated values (RFC 4180) with a header.
#[must_use]
pub fn csv(report: &Report) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    // Writing into memory cannot fail, and every row has as many fields.
    let _ = writer.write_record(COLUMNS);
    for domain in &report.domains {
        for expectation in &domain.expectations {
            let _ = writer.write_record(row(domain, expectation).map(|cell| guarded(&cell)));
        }
        for hazard in &domain.hazards {
            let _ = writer.write_record(hazard_row(domain, hazard).map(|cell| guarded(&cell)));
        }
    }
    writer.into_inner().ok().and_then(|octets| String::from_utf8(octets).ok()).unwrap_or_default()
}

fn row(domain: &DomainReport, expectation: &ExpectationView) -> [String; 15] {
    [
        domain.domain.clone(),
        domain.verdict.into(),
        "expectation".into(),
        expectation.id.into(),
        expectation.importance.into(),
        expectation.status.into(),
        expectation.code.into(),
        expectation.name.bare(),
        expectation.rtype.clone(),
        expectation.expected.join("\n"),
        expectation.observed.join("\n"),
        expectation.ttl.map(|ttl| ttl.to_string()).unwrap_or_default(),
        expectation.until.map(|until| until.to_string()).unwrap_or_default(),
        expectation.message.clone(),
        expectation.possible_until.map(|until| until.to_string()).unwrap_or_default(),
    ]
}

fn hazard_row(domain: &DomainReport, hazard: &HazardView) -> [String; 15] {
    [
        domain.domain.clone(),
        domain.verdict.into(),
        "hazard".into(),
        String::new(),
        hazard.level.into(),
        String::new(),
        hazard.code.into(),
        hazard.name.bare(),
        hazard.rtype.clone().unwrap_or_default(),
        String::new(),
        hazard.records.join("\n"),
        String::new(),
        hazard.due.map(|due| due.to_string()).unwrap_or_default(),
        hazard.message.clone(),
        String::new(),
    ]
}
