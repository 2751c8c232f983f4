//! Rows for a spreadsheet: one for each expectation and each hazard.

use std::io::{self, Write};

use crate::plan::emit::guarded;
use crate::report::harmless::harmless_lines;
use crate::report::view::{DomainReport, ExpectationView, HazardView};
use crate::report::writer::{Ending, Piece, ReportWriter, Run};

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

/// Writes comma-separated values (RFC 4180) with a header.
pub(super) struct Csv;

impl ReportWriter for Csv {
    fn begin(&self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(written([COLUMNS.map(str::to_owned)]).as_bytes())
    }

    fn domain(&self, _: &Run, domain: &DomainReport) -> Piece {
        let expectations = domain.expectations.iter().map(|one| row(domain, one));
        let rows = expectations.chain(domain.hazards.iter().map(|one| hazard_row(domain, one)));
        Piece::Now(written(rows.map(|row| row.map(|cell| guarded(&harmless_lines(&cell))))))
    }

    fn finish(&self, _: &Run, _: Ending<'_>, _: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }
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
        domain.verdict.to_string(),
        "expectation".into(),
        expectation.id.to_string(),
        expectation.importance.to_string(),
        expectation.status.word().into(),
        expectation.code.to_string(),
        expectation.name.without_trailing_dot(),
        expectation.rtype.to_string(),
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
        domain.verdict.to_string(),
        "hazard".into(),
        String::new(),
        hazard.level.word().into(),
        String::new(),
        hazard.code.to_string(),
        hazard.name.without_trailing_dot(),
        hazard.rtype.map(|rtype| rtype.to_string()).unwrap_or_default(),
        String::new(),
        hazard.records.join("\n"),
        String::new(),
        hazard.due.map(|due| due.to_string()).unwrap_or_default(),
        hazard.message.to_string(),
        String::new(),
    ]
}
