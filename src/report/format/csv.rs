//! Rows for a spreadsheet: one for each expectation and each hazard.

use crate::plan::emit::guarded;
use crate::report::Report;
use crate::report::harmless::harmless_lines;
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
    report.domains.iter().fold(csv_header(), |text, domain| text + &csv_rows(domain))
}

/// The header alone.
#[must_use]
pub fn csv_header() -> String {
    written([COLUMNS.map(str::to_owned)])
}

/// The rows of one domain.
#[must_use]
pub fn csv_rows(domain: &DomainReport) -> String {
    let expectations = domain.expectations.iter().map(|one| row(domain, one));
    let rows = expectations.chain(domain.hazards.iter().map(|one| hazard_row(domain, one)));
    written(rows.map(|row| row.map(|cell| guarded(&harmless_lines(&cell)))))
}

fn written<const N: usize>(rows: impl IntoIterator<Item = [String; N]>) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        // Writing into memory cannot fail, and every row has as many fields.
        let _ = writer.write_record(row);
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
        expectation.name.without_trailing_dot(),
        expectation.rtype.clone(),
        expectation.expected.join("\n"),
        expectation.observed.join("\n"),
        expectation.ttl.map(|ttl| ttl.to_string()).unwrap_or_default(),
        expectation.until.map(|until| until.to_string()).unwrap_or_default(),
        expectation.message.to_string(),
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
        hazard.name.without_trailing_dot(),
        hazard.rtype.clone().unwrap_or_default(),
        String::new(),
        hazard.records.join("\n"),
        String::new(),
        hazard.due.map(|due| due.to_string()).unwrap_or_default(),
        hazard.message.to_string(),
        String::new(),
    ]
}
