//! One line for Nagios and compatible monitors, with performance data.
//!
//! Monitoring Plugins Development Guidelines: status word, text, `|` and the data; further lines are shown on request.

use crate::check::Verdict;
use crate::report::Report;

use super::{ResultLevel, hazard_level, result_level, sum};

/// Lines of detail at most.
const MOST_LINES: usize = 20;

/// The exit status of that protocol.
#[must_use]
pub fn nagios_status(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Ready => 0,
        Verdict::Waiting => 1,
        Verdict::ChangesNeeded => 2,
        Verdict::Undetermined => 3,
    }
}

/// The line, and what is behind it. `verdict` is the one of the run.
#[must_use]
pub fn nagios(report: &Report, verdict: Verdict) -> String {
    let word = match verdict {
        Verdict::Ready => "OK",
        Verdict::Waiting => "WARNING",
        Verdict::ChangesNeeded => "CRITICAL",
        Verdict::Undetermined => "UNKNOWN",
    };
    let summary = &report.summary;
    let text = match &report.domains[..] {
        [domain] => {
            let codes: Vec<&str> = grave(report).map(|(_, code, _)| code).collect();
            let codes = if codes.is_empty() { String::new() } else { format!(" ({})", codes.join(", ")) };
            format!("{} {}{codes}", domain.domain, domain.verdict)
        }
        _ => sum(report),
    };
    let data = format!(
        "domains={};;;0 ready={};;;0 waiting={};;;0 changes_needed={};;;0 undetermined={};;;0",
        summary.domains, summary.ready, summary.waiting, summary.changes_needed, summary.undetermined
    );
    let mut lines = format!("CUTOVER {word} - {} | {data}\n", plain(&text));
    for (domain, code, message) in grave(report).take(MOST_LINES) {
        lines.push_str(&plain(&format!("{domain} {code}: {message}")));
        lines.push('\n');
    }
    lines
}

/// What decides the verdicts: domain, code and message.
fn grave(report: &Report) -> impl Iterator<Item = (&str, &str, &str)> {
    report.domains.iter().flat_map(|domain| {
        let expectations = domain.expectations.iter().filter(|one| result_level(one) >= ResultLevel::Warning);
        let hazards = domain.hazards.iter().filter(|one| hazard_level(one) == ResultLevel::Error);
        let expectations = expectations.map(|one| (one.code, &*one.message));
        let hazards = hazards.map(|one| (one.code, &*one.message));
        expectations.chain(hazards).map(|(code, message)| (domain.domain.as_str(), code, message))
    })
}

/// Text without what ends it in that protocol.
fn plain(text: &str) -> String {
    text.chars()
        .map(|character| if character == '|' || character.is_control() { ' ' } else { character })
        .collect()
}
