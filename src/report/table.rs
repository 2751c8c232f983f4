//! The report for a person: verdict first, done and left at a glance, then what to type, then the next step.

mod cache_expiry;
mod edits;
mod expected;
mod findings;
mod header;
mod next;
mod parts;
mod replies;

use std::fmt::Write as _;

use jiff::Timestamp;

use crate::check::Verdict;
use crate::check::time::clock;

use super::changed::changed;
use super::grid::wrapped;
use super::harmless::harmless_lines;
use super::style::{Detail, Style, Tone};
use super::view::{DomainReport, Summary};
use cache_expiry::cache_expiry;
use edits::edits;
use findings::{expectations, hazards};
use header::header;
use next::next;
use parts::{counted, shown_domain};
use replies::replies;

pub use expected::expected;

/// The report of one domain; with the time of the check, where that is not the time of reading.
#[must_use]
pub fn domain(report: &DomainReport, checked_at: Option<Timestamp>, style: &Style) -> String {
    let mut text = header(report, style);
    if let Some(checked_at) = checked_at.filter(|_| style.detail > Detail::Quiet) {
        let checked = match checked_at == Timestamp::UNIX_EPOCH {
            true => "Never checked.".to_owned(),
            false => format!("Checked {}.", clock(checked_at)),
        };
        let _ = writeln!(text, "{}", style.paint(Tone::Faint, &checked));
    }
    text.push('\n');
    text.push_str(&expectations(&report.expectations, style));
    text.push_str(&hazards(&report.hazards, style));
    if !report.changes.is_empty() {
        text.push_str(&edits(report, style));
    }
    text.push_str(&cache_expiry(report, style));
    if let Some(since) = &report.since {
        text.push_str(&changed(since, style));
    }
    if let Some(all) = report.replies.as_ref().filter(|_| style.detail == Detail::Verbose) {
        text.push_str(&replies(all, style));
    }
    if style.detail > Detail::Quiet {
        text.push_str(&next(report, style));
    }
    harmless_lines(&style.text(&text)).into_owned()
}

/// One line for several domains.
#[must_use]
pub fn summary(summary: &Summary) -> String {
    let Summary { domains, ready, waiting, changes_needed, undetermined } = summary;
    let counts = [
        (ready, "ready"),
        (changes_needed, "to change"),
        (undetermined, "undetermined"),
        (waiting, "waiting"),
    ];
    let counts: Vec<String> = counts
        .iter()
        .filter(|(count, _)| **count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    format!("{domains} domains: {}\n", counts.join(", "))
}

/// `cutover plan` for a person.
#[must_use]
pub fn plan(report: &DomainReport, style: &Style) -> String {
    let domain = shown_domain(report, style);
    if report.changes.is_empty() {
        let left = match report.verdict {
            Verdict::ChangesNeeded => "nothing that a change of its records would fix; see `cutover check`",
            Verdict::Undetermined => "nothing is known to be wrong, and something could not be looked up",
            Verdict::Ready | Verdict::Waiting => "nothing to change",
        };
        return wrapped(&style.text(&format!("{domain}: {left}")), style.columns()) + "\n";
    }
    let count = counted(report.changes.len(), "record set");
    let mut text = style.paint(Tone::Strong, &format!("{domain}: {count} to change")) + "\n";
    text.push_str(&edits(report, style));
    text.push_str(&report.since.as_ref().map(|since| changed(since, style)).unwrap_or_default());
    harmless_lines(&style.text(&text)).into_owned()
}
