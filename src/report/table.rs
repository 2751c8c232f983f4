//! The report for a person: verdict first, done and left at a glance, then what to type, then the next step.

mod edits;
mod expected;
mod findings;
mod header;
mod next;
mod replies;
mod stored;

use crate::check::{Assessment, Assumptions, CacheExpiry, Verdict};
use crate::expected::{Importance, Subject};
use crate::facts::Facts;
use crate::plan::{Change, count_sets};
use crate::record::Name;

use super::cache_expiry::cache_expiry;
use super::changed::changed;
use super::grid::{Cell, wrapped};
use super::harmless::harmless_lines;
use super::since::Since;
use super::style::{Detail, Marks, Style, Tone};
use super::view::{Summary, unicode};
use edits::edits;
use findings::{expectations, hazards};
use header::header;
use next::next;
use replies::replies;

pub use expected::expected;
pub use stored::stored;

/// Everything that a table of one domain shows.
#[derive(Debug, Clone, Copy)]
pub struct Shown<'a> {
    /// The domain and the choices made for it.
    pub subject: &'a Subject,
    /// What was found out.
    pub assessment: &'a Assessment,
    /// What has to change.
    pub changes: &'a [Change],
    /// The replies, for `--verbose`.
    pub facts: &'a Facts,
    /// What is still to be expected of caches and queues.
    pub cache_expiry: &'a CacheExpiry,
    /// What was taken for granted about them.
    pub assumptions: Assumptions,
    /// What has changed since an earlier report, where there is one to compare with.
    pub since: Option<&'a Since>,
}

/// The report of one domain.
#[must_use]
pub fn domain(shown: &Shown<'_>, style: &Style) -> String {
    let mut text = header(shown, style);
    text.push('\n');
    text.push_str(&expectations(&shown.assessment.judged, style));
    text.push_str(&hazards(&shown.assessment.hazards, style));
    if !shown.changes.is_empty() {
        text.push_str(&edits(shown, style));
    }
    text.push_str(&cache_expiry(shown, style));
    if let Some(since) = shown.since {
        text.push_str(&changed(since, style));
    }
    if style.detail == Detail::Verbose {
        text.push_str(&replies(shown.facts, style));
    }
    if style.detail > Detail::Quiet {
        text.push_str(&next(shown, style));
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
pub fn plan(shown: &Shown<'_>, style: &Style) -> String {
    let domain = shown_domain(shown.subject, style);
    if shown.changes.is_empty() {
        let left = match shown.assessment.verdict {
            Verdict::ChangesNeeded => "nothing that a change of its records would fix; see `cutover check`",
            Verdict::Undetermined => "nothing is known to be wrong, and something could not be looked up",
            Verdict::Ready | Verdict::Waiting => "nothing to change",
        };
        return wrapped(&style.text(&format!("{domain}: {left}")), style.columns()) + "\n";
    }
    let count = counted(count_sets(shown.changes), "record set");
    let mut text = style.paint(Tone::Strong, &format!("{domain}: {count} to change")) + "\n";
    text.push_str(&edits(shown, style));
    text.push_str(&shown.since.map(|since| changed(since, style)).unwrap_or_default());
    harmless_lines(&style.text(&text)).into_owned()
}

/// What the mark of [`advice`] means.
const ADVICE: &str = "○ advice, or not needed yet: it decides nothing";

fn advice(importance: Importance) -> &'static str {
    match importance {
        Importance::Required => "",
        Importance::Recommended | Importance::Optional => " ○",
    }
}

fn faint(heading: &str) -> Cell {
    Cell::toned(Tone::Faint, heading)
}

/// The domain as people write it, and as DNS does.
#[must_use]
pub fn shown_domain(subject: &Subject, style: &Style) -> String {
    shown_name(&subject.domain, style)
}

/// The same for its name alone.
pub(super) fn shown_name(domain: &Name, style: &Style) -> String {
    let bare = domain.without_trailing_dot();
    let unicode = unicode(domain).filter(|_| style.marks == Marks::Unicode);
    unicode.map_or(bare.clone(), |unicode| format!("{unicode} ({bare})"))
}

fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}
