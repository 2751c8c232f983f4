//! Writes rows for a spreadsheet: one for each expectation and each hazard.

use std::io::{self, Write};

use crate::plan::emit::guarded;
use crate::report::changed::moved_of;
use crate::report::harmless::harmless_lines;
use crate::report::view::{DomainReport, ExpectationView, HazardView, Sign};
use crate::report::writer::{Ending, Piece, ReportWriter, Run};

/// The names of the columns.
const COLUMNS: [&str; 19] = [
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
    "verdict_before",
    "status_before",
    "code_before",
    "observed_before",
];

/// Writes comma-separated values (RFC 4180) with a header.
pub(super) struct Csv;

impl ReportWriter for Csv {
    fn begin(&self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(written([COLUMNS.map(str::to_owned)]).as_bytes())
    }

    fn domain(&self, _: &Run, domain: &DomainReport) -> Piece {
        let expectations = domain.expectations.iter().map(|one| row(domain, one));
        let gone = domain.since.iter().flat_map(|since| &since.hazards_gone);
        let hazards = domain.hazards.iter().map(|one| hazard_row(domain, one));
        let rows = expectations.chain(hazards).chain(gone.map(|sign| gone_row(domain, sign)));
        Piece::Now(written(rows.map(|row| row.map(|cell| guarded(&harmless_lines(&cell))))))
    }

    fn finish(&self, _: &Run, _: Ending<'_>, _: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }
}

fn written<const N: usize>(rows: impl IntoIterator<Item = [String; N]>) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        // Writing into memory cannot fail, and every row has the same number of fields.
        let _ = writer.write_record(row);
    }
    writer.into_inner().ok().and_then(|octets| String::from_utf8(octets).ok()).unwrap_or_default()
}

fn row(domain: &DomainReport, expectation: &ExpectationView) -> [String; 19] {
    let before = moved_of(domain, expectation).map(|moved| &moved.before);
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
        verdict_before(domain),
        before.map(|before| before.status.word().to_owned()).unwrap_or_default(),
        before.map(|before| before.code.to_string()).unwrap_or_default(),
        before.map(|before| before.observed.join("\n")).unwrap_or_default(),
    ]
}

fn hazard_row(domain: &DomainReport, hazard: &HazardView) -> [String; 19] {
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
        verdict_before(domain),
        String::new(),
        String::new(),
        String::new(),
    ]
}

/// Returns the row of a hazard of the earlier report that is gone.
fn gone_row(domain: &DomainReport, sign: &Sign) -> [String; 19] {
    let mut row = [const { String::new() }; 19];
    let cells = [
        (0, domain.domain.clone()),
        (1, domain.verdict.to_string()),
        (2, "hazard".into()),
        (5, "gone".into()),
        (7, sign.name.without_trailing_dot()),
        (8, sign.rtype.map(|rtype| rtype.to_string()).unwrap_or_default()),
        (15, verdict_before(domain)),
        (17, sign.code.to_string()),
    ];
    for (column, text) in cells {
        row[column] = text;
    }
    row
}

/// Returns the verdict of the earlier report, if it was different.
fn verdict_before(domain: &DomainReport) -> String {
    let pair = domain.since.as_ref().and_then(|since| since.verdict);
    pair.map(|pair| pair.before.to_string()).unwrap_or_default()
}
