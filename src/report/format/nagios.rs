//! Writes the status line for Nagios and compatible monitors, with performance data.
//!
//! Monitoring Plugins Development Guidelines: status word, text, `|` and the data; further lines are shown on request.

use std::io::{self, Write};
use std::sync::Arc;

use crate::check::{Code, Verdict};
use crate::report::changed::lines;
use crate::report::view::DomainReport;
use crate::report::words::Word;
use crate::report::writer::{Ending, Piece, ReportWriter, Run};

use super::level::{ResultLevel, hazard_level, result_level};
use super::message::sum;

/// The maximum number of lines per list of details.
const MOST_LINES: usize = 20;

/// Writes the status line, and the details after it.
pub(super) struct Nagios;

impl ReportWriter for Nagios {
    fn domain(&self, _: &Run, _: &DomainReport) -> Piece {
        Piece::Whole
    }

    fn finish(&self, _: &Run, end: Ending<'_>, out: &mut dyn Write) -> io::Result<()> {
        let word = match end.verdict {
            Verdict::Ready => "OK",
            Verdict::Waiting => "WARNING",
            Verdict::ChangesNeeded => "CRITICAL",
            Verdict::Undetermined => "UNKNOWN",
        };
        let summary = end.summary;
        let text = match end.domains {
            [domain] => {
                let codes: Vec<&str> = grave(end.domains).map(|(_, code, _)| code.as_str()).collect();
                let codes = if codes.is_empty() { String::new() } else { format!(" ({})", codes.join(", ")) };
                format!("{} {}{codes}", domain.domain, domain.verdict)
            }
            _ => sum(summary),
        };
        let data = format!(
            "domains={};;;0 ready={};;;0 waiting={};;;0 changes_needed={};;;0 undetermined={};;;0",
            summary.domains, summary.ready, summary.waiting, summary.changes_needed, summary.undetermined
        );
        writeln!(out, "CUTOVER {word} - {} | {data}", plain(&text))?;
        for (domain, code, message) in grave(end.domains).take(MOST_LINES) {
            writeln!(out, "{}", plain(&format!("{domain} {code}: {message}")))?;
        }
        let changes = end.domains.iter().flat_map(|domain| {
            let lines = domain.since.iter().flat_map(lines);
            lines.map(|line| format!("{} changed: {line}", domain.domain))
        });
        for line in changes.take(MOST_LINES) {
            writeln!(out, "{}", plain(&line))?;
        }
        Ok(())
    }

    fn own_exit_status(&self, verdict: Verdict) -> Option<u8> {
        Some(match verdict {
            Verdict::Ready => 0,
            Verdict::Waiting => 1,
            Verdict::ChangesNeeded => 2,
            Verdict::Undetermined => 3,
        })
    }
}

/// Returns the findings that decide the verdicts: domain, code and message.
fn grave(domains: &[Arc<DomainReport>]) -> impl Iterator<Item = (&str, &Word<Code>, &str)> {
    domains.iter().flat_map(|domain| {
        let expectations = domain.expectations.iter().filter(|one| result_level(one) >= ResultLevel::Warning);
        let hazards = domain.hazards.iter().filter(|one| hazard_level(one) == ResultLevel::Error);
        let expectations = expectations.map(|one| (&one.code, &*one.message));
        let hazards = hazards.map(|one| (&one.code, &*one.message));
        expectations.chain(hazards).map(|(code, message)| (domain.domain.as_str(), code, message))
    })
}

/// Replaces the characters that would end the text in this protocol.
fn plain(text: &str) -> String {
    text.chars()
        .map(|character| if character == '|' || character.is_control() { ' ' } else { character })
        .collect()
}
