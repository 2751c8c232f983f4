//! Builds the parts of a report for people that the table, HTML and Markdown all render.
//!
//! Values in sentences are in backticks.

mod edits;
mod next_step;
mod times;

use crate::check::{Code, Status, Verdict};
use crate::expected::{Importance, Phase};
use crate::provider;

use super::cause::{Cause, Explained, cause};
#[cfg(feature = "formats")]
use super::view::HazardView;
use super::view::{ChangeView, DomainReport, ExpectationView, Platform};
use super::words::Word;
pub(super) use edits::{Edit, EditKind, Edits, edits, plan_notes, typed};
pub(super) use next_step::{next, next_of_several};
pub(super) use times::times;

/// The legend of the mark for an edit or record that does not affect the result.
pub(super) const ADVICE: &str = "○ Recommended or not needed yet. Does not affect the result.";

/// Returns the verdict in words.
pub(super) fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Ready => "ready",
        Verdict::Waiting => "waiting",
        Verdict::Undetermined => "undetermined",
        Verdict::ChangesNeeded => "changes needed",
    }
}

/// Returns the cause that explains every finding of the domain, so that a report shows nothing else.
pub(super) fn whole_cause(domain: &DomainReport) -> Option<Cause<'_>> {
    cause(domain).filter(|cause| cause.explains == Explained::Everything)
}

/// Returns the hazards that a report shows: all, or the one that is the cause of everything.
#[cfg(feature = "formats")]
pub(super) fn shown_hazards(domain: &DomainReport) -> impl Iterator<Item = &HazardView> {
    let cause = whole_cause(domain).map(|cause| cause.code);
    domain.hazards.iter().filter(move |hazard| cause.is_none_or(|cause| hazard.code == cause))
}

/// Returns the expectations that have a row in a report, and those that it lists as not published; none if one cause
/// explains everything.
#[cfg(feature = "formats")]
pub(super) fn shown_expectations(domain: &DomainReport) -> (Vec<&ExpectationView>, Vec<&ExpectationView>) {
    let is_whole = whole_cause(domain).is_some();
    let left = domain.expectations.iter().filter(|_| !is_whole);
    let (beside, shown) = left.partition(|one| is_not_published(one));
    (shown, beside)
}

/// Returns what a heading says after the verdict: the one cause of everything, or the counts of what is left to do.
#[cfg(feature = "formats")]
pub(super) fn headline(domain: &DomainReport) -> String {
    whole_cause(domain).map_or_else(|| left(domain), |cause| cause.headline(domain))
}

/// Returns the counts of what is left to do, each shown by rows below: `1 record set to edit, 1 to wait for`.
pub(super) fn left(domain: &DomainReport) -> String {
    left_but(domain, |_| false)
}

/// Returns these counts without the expectations that are left out.
pub(super) fn left_but(domain: &DomainReport, is_left_out: impl Fn(&ExpectationView) -> bool) -> String {
    let DomainReport { expectations, hazards, .. } = domain;
    let count = |status| {
        let required = expectations.iter().filter(|one| one.is_required() && !is_left_out(one));
        required.filter(|one| one.status == status).count()
    };
    let mut notes = Vec::new();
    if domain.verdict == Verdict::ChangesNeeded {
        match ChangeView::count_sets(required_changes(domain)) {
            0 => {}
            1 => notes.push("1 record set to edit".to_owned()),
            several => notes.push(format!("{several} record sets to edit")),
        }
        // What no edit of the plan fixes.
        let is_fixed = |code: &Word<Code>| {
            required_changes(domain)
                .any(|change| change.because.iter().any(|why| why.as_str() == code.as_str()))
        };
        let required = expectations.iter().filter(|one| one.is_required() && one.status == Status::Unmet);
        let unmet = required.filter(|one| !is_fixed(&one.code)).count();
        let errors = hazards.iter().filter(|hazard| hazard.is_error() && !is_fixed(&hazard.code)).count();
        // A hazard often is the reason why an expectation is not met.
        if unmet.max(errors) > 0 || notes.is_empty() {
            notes.push(format!("{} to fix", unmet.max(errors)));
        }
    }
    let is_shown = |one: &&ExpectationView| one.status == Status::Waived && !is_not_published(one);
    let waived = expectations.iter().filter(is_shown).count()
        + hazards.iter().filter(|hazard| hazard.is_waived()).count();
    let counts =
        [(count(Status::Waiting), "to wait for"), (count(Status::Unknown), "unknown"), (waived, "waived")];
    notes
        .extend(counts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")));
    notes.join(", ")
}

/// Returns the changes that the verdict depends on.
fn required_changes(domain: &DomainReport) -> impl Iterator<Item = &ChangeView> {
    domain.changes.iter().filter(|change| change.is_required())
}

/// Returns the platform being left, the cloud, and the phase unless it is the switch: `Rackspace → Microsoft 365
/// worldwide`.
pub(super) fn way(domain: &DomainReport) -> String {
    let to = match domain.cloud.known() {
        Some(cloud) => cloud.title().to_owned(),
        None => format!("Microsoft 365 ({})", domain.cloud),
    };
    let way = domain.source.as_ref().map_or_else(|| to.clone(), |source| format!("{} → {to}", from(source)));
    match domain.phase() {
        Phase::Switch => way,
        phase @ (Phase::Prepare | Phase::Tidy) => format!("{way}, phase {phase}"),
    }
}

fn from(source: &Platform) -> String {
    let short = provider::by_id(&source.id).map_or(&*source.name, |provider| provider.short);
    if source.proof.is_sure() { short.to_owned() } else { format!("probably {short}") }
}

/// Returns the mark `○` for an importance that does not affect the result, else an empty string.
pub(super) fn advice(importance: Importance) -> &'static str {
    match importance {
        Importance::Required => "",
        Importance::Recommended | Importance::Optional => "○",
    }
}

/// Returns whether an expectation is optional and not published, so that a report need not give it a row.
pub(super) fn is_not_published(one: &ExpectationView) -> bool {
    let is_plain = matches!(one.code.known(), Some(Code::Met | Code::AliasMissing | Code::ServiceMissing));
    one.importance == Importance::Optional && one.observed.is_empty() && is_plain
}

/// Returns the importance of a finding that does not affect the result, unless it is met or waived.
pub(super) fn aside(one: &ExpectationView) -> Option<&'static str> {
    match (one.status, one.importance) {
        (Status::Met | Status::Waived, _) | (_, Importance::Required) => None,
        (_, importance) => Some(importance.word()),
    }
}
