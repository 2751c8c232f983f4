//! Writes the report for a person: the verdict first, then the findings, the edits to make, and the next step.

mod edits;
mod expected;
mod explanation;
mod findings;
mod header;
mod links;
mod parts;
mod replies;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use jiff::Timestamp;

use crate::check::time::clock;
use crate::check::{Code, Verdict};
use crate::facts::{Outcome, Role};

use super::cause::Explained;
use super::changed::changed;
use super::content;
use super::grid::wrapped;
use super::harmless::harmless_lines;
use super::manual_url::ManualUrl;
use super::next_options::RepeatedOptions;
use super::style::{Detail, Style, Tone};
use super::view::{ChangeView, DomainReport, Summary};
use edits::edits;
use findings::{expectations, hazards, the_cause};
use header::header;
use links::linked;
use parts::{counted, shown_domain, sole_cause};
use replies::replies;

pub use expected::expected;
pub use explanation::explanation;

/// The number of columns for a domain name if each domain has one line; a longer name pushes the rest to the right.
const DOMAIN_COLUMNS: usize = 28;

/// Returns the report of one domain, with the time of the check if `checked_at` is given, and with links to the
/// published manual.
#[must_use]
pub fn domain(
    report: &DomainReport,
    checked_at: Option<Timestamp>,
    manual: Option<&ManualUrl>,
    style: &Style,
) -> String {
    linked(findings_and_edits(report, checked_at, style), report, manual, style)
}

fn findings_and_edits(report: &DomainReport, checked_at: Option<Timestamp>, style: &Style) -> String {
    let mut text = header(report, style);
    if let Some(checked_at) = checked_at.filter(|_| style.detail > Detail::Quiet) {
        let checked = match checked_at == Timestamp::UNIX_EPOCH {
            true => "Never checked.".to_owned(),
            false => format!("Checked {}.", clock(checked_at)),
        };
        let _ = writeln!(text, "{}", style.paint(Tone::Faint, &checked));
    }
    match sole_cause(report, style) {
        Some(cause) => {
            text.push_str(&the_cause(&cause, style));
            if cause.explains == Explained::Everything {
                return harmless_lines(&style.text(&text)).into_owned();
            }
            let folded = match cause.explains {
                Explained::FailedLookups => {
                    format!("{} could not be done; `-v` lists them.", cause.checks(report))
                }
                Explained::Everything | Explained::Expectations => "`-v` lists all checks.".to_owned(),
            };
            let _ = writeln!(text, "\n{}", wrapped(&style.text(&folded), style.columns()));
            let rest: Vec<_> = report.expectations.iter().filter(|one| !cause.is_about(one)).collect();
            let shown = expectations(&rest, style);
            if !shown.is_empty() {
                text.push('\n');
                text.push_str(&shown);
            }
            text.push_str(&hazards(report.hazards.iter().filter(|hazard| cause.leaves(hazard)), style));
        }
        None => {
            text.push('\n');
            text.push_str(&expectations(&report.expectations.iter().collect::<Vec<_>>(), style));
            text.push_str(&hazards(report.hazards.iter(), style));
        }
    }
    if !report.changes.is_empty() {
        text.push_str(&edits(report, style));
    }
    for line in content::times(report) {
        let _ = writeln!(text, "\n{}", wrapped(&style.text(&line), style.columns()));
    }
    if let Some(since) = &report.since {
        text.push_str(&changed(since, style));
    }
    if let Some(all) = report.replies.as_ref().filter(|_| style.detail == Detail::Verbose) {
        text.push_str(&replies(all, style));
    }
    harmless_lines(&style.text(&text)).into_owned()
}

/// Returns the next step after the report of one domain, as a command with the options that were given.
#[must_use]
pub fn next_step(report: &DomainReport, options: &RepeatedOptions, style: &Style) -> String {
    let line = format!("Next: {}", content::next(options, report));
    let text = format!("\n{}\n", wrapped(&style.text(&line), style.columns()));
    harmless_lines(&text).into_owned()
}

/// Returns the next step after the lines of several domains, of which this is the first to look into; empty for a
/// domain that is ready.
#[must_use]
pub fn next_of_several(report: &DomainReport, options: &RepeatedOptions, style: &Style) -> String {
    let Some(next) = content::next_of_several(options, report) else { return String::new() };
    let text = format!("\n{}\n", wrapped(&style.text(&format!("Next: {next}")), style.columns()));
    harmless_lines(&text).into_owned()
}

/// Returns why nothing could be looked up for a domain, if other domains may have the same cause: the servers that are
/// concerned, and the sentence.
#[must_use]
pub fn shared_cause(report: &DomainReport) -> Option<(String, &str)> {
    let outage = report.outage.as_ref().filter(|outage| outage.role == Role::Resolver)?;
    // A resolver that answers SERVFAIL works: the cause is in the zone of the domain.
    (outage.outcome != Outcome::ServFail).then(|| (outage.servers.join(" "), &*outage.message))
}

/// Returns the lines about several domains with the same cause: the cause, and the first of these domains.
#[must_use]
pub fn shared(cause: &str, first: &[String], count: usize, style: &Style) -> String {
    let more = count.saturating_sub(first.len());
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    let text = format!("{count} domains: {cause} [{}]\n{}{more}", Code::LookupFailed, first.join(", "));
    let lines = wrapped(&style.text(&text), style.columns().saturating_sub(2));
    let lines: String = lines.lines().map(|line| format!("  {line}\n")).collect();
    harmless_lines(&lines).into_owned()
}

/// Returns one line for one of several domains; the verdict is in the heading above it.
#[must_use]
pub fn line(report: &DomainReport, style: &Style) -> String {
    let domain = style.domain(&report.domain, report.unicode.as_deref());
    let text = format!("  {domain:<DOMAIN_COLUMNS$}  {}", left(report));
    harmless_lines(&style.text(text.trim_end())).into_owned() + "\n"
}

/// Returns what is left to do for a domain, and the codes that explain it.
fn left(report: &DomainReport) -> String {
    if let Some(cause) = content::whole_cause(report) {
        return format!("{}, {}", cause.code, cause.headline(report));
    }
    let edits = report.changes.iter().filter(|change| change.is_required()).count();
    let count = match report.verdict {
        Verdict::ChangesNeeded if edits > 0 => format!("{} to edit: ", counted(edits, "record set")),
        _ => String::new(),
    };
    let open = report.expectations.iter().filter(|one| one.is_required() && !one.status.is_settled());
    let errors = report.hazards.iter().filter(|hazard| hazard.is_error());
    let mut codes: Vec<&str> =
        open.map(|one| one.code.as_str()).chain(errors.map(|hazard| hazard.code.as_str())).collect();
    let mut seen = BTreeSet::new();
    codes.retain(|code| seen.insert(*code));
    if codes.is_empty() { String::new() } else { format!("{count}{}", codes.join(", ")) }
}

/// Returns the heading above the lines of the domains with this verdict.
#[must_use]
pub fn heading(verdict: Verdict, style: &Style) -> String {
    style.paint(Tone::of(verdict), &format!("{}:", content::verdict(verdict))) + "\n"
}

/// Returns a line with the counts of several domains.
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

/// Returns the output of `cutover plan` for a person.
#[must_use]
pub fn plan(report: &DomainReport, style: &Style) -> String {
    let domain = shown_domain(report, style);
    if report.changes.is_empty() {
        let left = match report.verdict {
            Verdict::ChangesNeeded => "no DNS edit fixes this; see `cutover check`",
            Verdict::Undetermined => "nothing is known to be wrong, but a lookup failed; see `cutover check`",
            Verdict::Ready | Verdict::Waiting => "nothing to change",
        };
        return wrapped(&style.text(&format!("{domain}: {left}")), style.columns()) + "\n";
    }
    let count = counted(ChangeView::count_sets(&report.changes), "record set");
    let mut text = style.paint(Tone::Strong, &format!("{domain}: {count} to edit")) + "\n";
    text.push_str(&edits(report, style));
    for note in content::plan_notes(report) {
        let _ = writeln!(text, "\n{}", wrapped(&style.text(&note), style.columns()));
    }
    text.push_str(&report.since.as_ref().map(|since| changed(since, style)).unwrap_or_default());
    harmless_lines(&style.text(&text)).into_owned()
}
