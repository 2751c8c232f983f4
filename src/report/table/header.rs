//! The first line of the table: the verdict, and from where to where the domain moves.

use unicode_width::UnicodeWidthStr as _;

use crate::check::{Status, Verdict};
use crate::expected::Phase;
use crate::provider;
use crate::report::style::{Style, Tone};
use crate::report::view::{ChangeView, DomainReport, Platform};

use super::parts::{counted, shown_domain, sole_cause, verdict_words};

/// The verdict, and from where to where.
pub(super) fn header(report: &DomainReport, style: &Style) -> String {
    let DomainReport { expectations, hazards, verdict, .. } = report;
    let count = |status| {
        let required = expectations.iter().filter(|one| one.is_required());
        required.filter(|one| one.status == status).count()
    };
    let mut notes = Vec::new();
    if *verdict == Verdict::ChangesNeeded {
        let errors = hazards.iter().filter(|hazard| hazard.is_error()).count();
        let without_edit = count(Status::Unmet).max(errors);
        match ChangeView::count_sets(report.changes.iter().filter(|change| change.is_required())) {
            0 => notes.push(format!("{without_edit} to fix")),
            required => notes.push(format!("{} to edit", counted(required, "record set"))),
        }
    }
    let waived = expectations.iter().filter(|one| one.status == Status::Waived).count()
        + hazards.iter().filter(|hazard| hazard.is_waived()).count();
    let counts =
        [(count(Status::Waiting), "to wait for"), (count(Status::Unknown), "unknown"), (waived, "waived")];
    notes
        .extend(counts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")));
    if sole_cause(report, style).is_some() {
        notes = vec!["the domain does not exist".to_owned()];
    }
    let notes = if notes.is_empty() { String::new() } else { format!(" ({})", notes.join(", ")) };
    let word = verdict_words(*verdict);
    let domain = format!("{}:", shown_domain(report, style));
    let right = style.text(&way(report)).into_owned();
    let is_wide = format!("{domain} {word}{notes}").width() > style.columns();
    let notes = if is_wide { notes.replacen(" (", "\n  (", 1) } else { notes };
    let left = format!("{domain} {word}{notes}");
    let left = left.rsplit('\n').next().unwrap_or_default();
    let gap = style.columns().saturating_sub(left.width() + right.width());
    let between = match (style.is_limited(), gap) {
        (false, _) => "   ".to_owned(),
        (true, 3..) => " ".repeat(gap),
        (true, _) => "\n  ".to_owned(),
    };
    format!(
        "{} {}{between}{}\n",
        style.paint(Tone::Strong, &domain),
        style.paint(Tone::of(*verdict), &format!("{word}{notes}")),
        style.paint(Tone::Faint, &right)
    )
}

/// From where to where, and the phase.
fn way(report: &DomainReport) -> String {
    let to = match report.cloud.known() {
        Some(cloud) => cloud.title().to_owned(),
        None => format!("Microsoft 365 ({})", report.cloud),
    };
    let way = report.source.as_ref().map_or_else(|| to.clone(), |source| format!("{} → {to}", from(source)));
    match report.phase() {
        Phase::Switch => way,
        phase @ (Phase::Prepare | Phase::Tidy) => format!("{way}, {phase}"),
    }
}

fn from(source: &Platform) -> String {
    let short = provider::by_id(&source.id).map_or(&*source.name, |provider| provider.short);
    if source.proof.is_sure() { short.to_owned() } else { format!("probably {short}") }
}
