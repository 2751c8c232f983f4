//! Builds the edits to make in the panel of the DNS host.

use std::collections::BTreeSet;

use crate::check::Status;
use crate::expected::{Id, Phase};
use crate::facts::zone_candidates;
use crate::record::{Name, RecordType};

use super::{ADVICE, advice};
use crate::report::view::{ChangeView, DomainReport, ExpectationView};

/// The edits to make in the panel of the DNS host.
pub(in crate::report) struct Edits<'a> {
    /// The zone to edit.
    pub(in crate::report) zone: String,
    /// The name servers of its DNS host.
    pub(in crate::report) name_servers: Vec<String>,
    /// The edits of each phase, in the order in which they are made.
    pub(in crate::report) phases: Vec<PhaseEdits<'a>>,
    /// The legends of the marks next to the edits.
    pub(in crate::report) notes: Vec<&'static str>,
}

/// The edits of one phase.
pub(in crate::report) struct PhaseEdits<'a> {
    /// The title that says when to make them; `None` if only one phase has edits.
    pub(in crate::report) when: Option<&'static str>,
    pub(in crate::report) edits: Vec<Edit<'a>>,
}

/// One record to add or to delete, or to publish with another TTL.
pub(in crate::report) struct Edit<'a> {
    pub(in crate::report) kind: EditKind,
    /// The host as the panel of a DNS host shows it.
    pub(in crate::report) host: String,
    pub(in crate::report) rtype: RecordType,
    /// The value to type into the panel.
    pub(in crate::report) value: &'a str,
    /// The TTL to publish with, in seconds; `None` for a record to delete.
    pub(in crate::report) ttl: Option<u32>,
    /// The mark `*` of a value to compare with the admin center, or of a record that may be needed; empty for others.
    pub(in crate::report) compare: &'static str,
    /// The mark `○` of an edit that does not affect the result; empty for other edits.
    pub(in crate::report) advice: &'static str,
}

/// The kind of an edit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::report) enum EditKind {
    Add,
    Delete,
    /// The record stays as it is.
    SetTtl,
}

impl EditKind {
    /// Returns the word in reports.
    pub(in crate::report) fn word(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Delete => "delete",
            Self::SetTtl => "set TTL",
        }
    }
}

/// Returns the edits to make in the panel of the DNS host; `None` if there are none.
pub(in crate::report) fn edits(domain: &DomainReport) -> Option<Edits<'_>> {
    if domain.changes.is_empty() {
        return None;
    }
    let zone = domain.zone.as_ref();
    let own: Name = domain.domain.parse().ok()?;
    // Of a subdomain whose zone is not known, `@` could be the name of another domain.
    let is_known = zone.is_some() || zone_candidates(&own).len() == 1;
    let apex = zone.map_or(own, |zone| zone.apex.clone());
    let host_of = |name: &Name| if is_known { name.host_in(&apex) } else { name.without_trailing_dot() };
    let servers = zone.iter().flat_map(|zone| &zone.name_servers);
    let groups: Vec<&[ChangeView]> = domain.changes.chunk_by(|one, next| one.phase == next.phase).collect();
    let phases = groups.iter().filter_map(|changes| {
        let phase = changes.first()?.phase;
        let edits = changes.iter().flat_map(|change| record_edits(change, host_of(&change.name))).collect();
        Some(PhaseEdits { when: (groups.len() > 1).then(|| when(phase)), edits })
    });
    let mut notes = Vec::new();
    if domain.changes.iter().any(|change| !change.cautions.is_empty()) {
        notes.push(
            "* Confirm before publishing: a value is derived, a term was dropped, or something else depends on it.",
        );
    } else if domain.changes.iter().any(|change| change.confirm) {
        notes
            .push("* Derived value, or a term was dropped: compare with the admin center before publishing.");
    }
    if domain.changes.iter().any(|change| !change.is_required()) {
        notes.push(ADVICE);
    }
    Some(Edits {
        zone: apex.without_trailing_dot(),
        name_servers: servers.map(|server| server.name.without_trailing_dot()).collect(),
        phases: phases.collect(),
        notes,
    })
}

/// Returns the sentences to read with a plan: what to make sure of before an edit, what to compare in an uncertain SPF
/// edit, and what is required but not fixed by the edits.
pub(in crate::report) fn plan_notes(domain: &DomainReport) -> Vec<String> {
    let is_reason = |change: &&ChangeView, one: &ExpectationView| {
        change.because.iter().any(|code| code.as_str() == one.code.as_str())
    };
    // What could not be checked is a warning of the command.
    let unmet = domain.expectations.iter().filter(|one| one.status == Status::Unmet);
    let notes = unmet.filter_map(|one| {
        let mut changes = domain.changes.iter().filter(|change| is_reason(change, one)).peekable();
        let is_fixed = changes.peek().is_some();
        if !is_fixed && one.is_required() {
            return Some(format!("Not fixed by these edits: {}: {}", one.id, one.message));
        }
        // Why an SPF record has to be compared, and what to remove from it, differs from record to record.
        let is_uncertain = one.id == Id::Spf && changes.any(|change| change.confirm);
        is_uncertain.then(|| format!("{}: {}", one.id, one.message))
    });
    // The edits of one name often share a sentence.
    let mut seen = BTreeSet::new();
    let mut cautions = Vec::new();
    for change in &domain.changes {
        let new = change.cautions.iter().filter(|caution| seen.insert(*caution));
        let what = format!("{} of {}", change.rtype, change.name.without_trailing_dot());
        cautions.extend(new.map(|caution| format!("* {what}: {caution}")));
    }
    cautions.into_iter().chain(notes).collect()
}

/// Returns the title of the edits of a phase, which says when to make them.
fn when(phase: Phase) -> &'static str {
    match phase {
        Phase::Prepare => "Before the switch",
        Phase::Switch => "At the switch",
        Phase::Tidy => "Before the old service is closed",
    }
}

fn record_edits(change: &ChangeView, host: String) -> Vec<Edit<'_>> {
    let advice = advice(change.importance);
    let edit = |kind, record, ttl, compare| Edit {
        kind,
        host: host.clone(),
        rtype: change.rtype,
        value: typed(record, change.rtype),
        ttl,
        compare,
        advice,
    };
    let compare = if change.confirm { "*" } else { "" };
    if change.before == change.after {
        let records = change.after.iter();
        return records.map(|record| edit(EditKind::SetTtl, record, Some(change.ttl), compare)).collect();
    }
    let is_deletion = change.added().next().is_none();
    let removed_mark = if is_deletion { compare } else { "" };
    let removed = change.removed().map(|record| edit(EditKind::Delete, record, None, removed_mark));
    let added = change.added().map(|record| edit(EditKind::Add, record, Some(change.ttl), compare));
    removed.chain(added).collect()
}

/// Returns a record as it is typed into a panel: without the final dot, and a TXT string without quotes around it.
pub(in crate::report) fn typed(record: &str, rtype: RecordType) -> &str {
    if rtype == RecordType::Txt {
        let text = record.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
        return text.unwrap_or(record);
    }
    match record.strip_suffix('.') {
        Some(bare) if !bare.is_empty() && !bare.ends_with(' ') => bare,
        Some(_) | None => record,
    }
}
