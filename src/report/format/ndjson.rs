//! Writes one domain per line, as JSON.

use std::io::{self, Write};

use jiff::Timestamp;
use serde::Serialize;

use crate::report::json::without_commands;
use crate::report::view::{DomainReport, SCHEMA_VERSION};
use crate::report::writer::{Ending, Piece, ReportWriter, Run};

#[derive(Serialize)]
struct Line<'a> {
    schema_version: u32,
    checked_at: Timestamp,
    #[serde(flatten)]
    domain: &'a DomainReport,
}

/// Writes the lines.
pub(super) struct Ndjson;

impl ReportWriter for Ndjson {
    fn domain(&self, run: &Run, domain: &DomainReport) -> Piece {
        let checked_at = domain.time(run.checked_at);
        // The line holds the time only once.
        let stored = domain.checked_at.map(|_| DomainReport { checked_at: None, ..domain.clone() });
        let line =
            Line { schema_version: SCHEMA_VERSION, checked_at, domain: stored.as_ref().unwrap_or(domain) };
        // The view holds strings, numbers and lists, which always serialize.
        Piece::Now(without_commands(serde_json::to_string(&line).unwrap_or_default() + "\n"))
    }

    fn finish(&self, _: &Run, _: Ending<'_>, _: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }
}
