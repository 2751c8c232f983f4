//! The table for a person, domain after domain.

use std::io::{self, Write};

use crate::report::style::Detail;
use crate::report::table;
use crate::report::view::DomainReport;
use crate::report::writer::{Ending, Piece, ReportWriter, ResultAge, Run};

/// Writes the table.
pub(super) struct Table;

impl ReportWriter for Table {
    fn domain(&self, run: &Run, domain: &DomainReport) -> Piece {
        let checked_at = match run.age {
            ResultAge::Fresh => None,
            ResultAge::Stored => Some(domain.time(run.checked_at)),
        };
        Piece::Now(table::domain(domain, checked_at, &run.style))
    }

    fn separator(&self) -> &'static str {
        "\n"
    }

    fn finish(&self, run: &Run, end: Ending<'_>, out: &mut dyn Write) -> io::Result<()> {
        let mut sections = Vec::new();
        if run.style.detail > Detail::Quiet {
            sections.extend(Some(end.reminders.text(&run.style)).filter(|text| !text.is_empty()));
        }
        if end.summary.domains > 1 {
            sections.push(table::summary(end.summary));
        }
        let gap = if end.summary.domains > 0 && !sections.is_empty() { "\n" } else { "" };
        write!(out, "{gap}{}", sections.join("\n"))
    }
}
