//! Computes the record sets to publish or delete.
//!
//! A plan contains record sets, before and after. Several expectations may concern one record set (the verification
//! text and SPF share the TXT records of the domain), so the fixes are folded: each is computed on the record sets as
//! the earlier ones leave them, until nothing changes any more.

pub mod emit;
mod fold;
pub mod schedule;

use std::collections::BTreeSet;

use crate::check::{Assessment, Case, Code, Status};
use crate::expected::{Expectation, Id, Importance, Phase, Service, Subject};
use crate::facts::{Facts, FactsView, PlannedRecords, TrustPolicy};
use crate::record::{Name, RecordData, RecordSet, RecordType};

use fold::Fold;

pub use emit::to_bind;

/// The TTL, in seconds, of a record set whose present TTL is not known.
const DEFAULT_TTL: u32 = 3600;

/// The precondition of the switch if the plan does not edit the SPF record.
const SPF_FIRST: &str = "Do not switch before SPF is fixed by hand: this plan has no SPF edit, and mail from Microsoft 365 can \
    fail SPF until then. `cutover check` says what to change.";

/// The precondition of the other edits of the switch if the plan does not edit the MX records.
const MX_TOGETHER: &str = "Make this edit together with the one of the MX records, which this plan lacks: until then, mail stays at \
    the old platform. `cutover check` says how to get it.";

/// The precondition of what is taken from the old platform while mail goes neither there nor to Microsoft.
const MAIL_ELSEWHERE: &str = "First make sure that mail is delivered to Microsoft 365: DNS does not show that, and this plan has no \
    edit of the MX records.";

/// The action on a record set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// Delete the record set.
    Delete,
    /// Replace the record set by another one.
    Replace,
    /// Add the record set.
    Add,
}

impl Action {
    /// All actions, in the order of the schema.
    pub const ALL: [Self; 3] = [Self::Add, Self::Replace, Self::Delete];

    /// Returns the word in reports.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Delete => "delete",
            Self::Replace => "replace",
            Self::Add => "add",
        }
    }
}

/// One record set that has to change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The phase that asks for it.
    pub phase: Phase,
    /// The owner.
    pub name: Name,
    /// The type.
    pub rtype: RecordType,
    /// The record set as it is published.
    pub before: RecordSet,
    /// The record set to publish, with its TTL.
    pub after: RecordSet,
    /// The codes of the findings that require it, in the order of the expectations.
    pub because: Vec<Code>,
    /// True if the admin should compare the change before publishing it, because a value was derived by a rule or is
    /// uncertain.
    pub confirm: bool,
    /// What to make sure of before publishing the change, as sentences.
    pub cautions: Vec<String>,
    /// The importance of the most important finding that requires it.
    pub importance: Importance,
}

impl Change {
    /// Returns the action.
    #[must_use]
    pub fn action(&self) -> Action {
        match (self.before.is_empty(), self.after.is_empty()) {
            (_, true) => Action::Delete,
            (true, false) => Action::Add,
            (false, false) => Action::Replace,
        }
    }

    /// Returns the records to delete; all of them if only the TTL changes.
    pub fn removed(&self) -> impl Iterator<Item = &RecordData> {
        let keeps_data = self.keeps_data();
        self.before.data.iter().filter(move |data| keeps_data || !self.after.data.contains(*data))
    }

    /// Returns the records to add; all of them if only the TTL changes.
    pub fn added(&self) -> impl Iterator<Item = &RecordData> {
        let keeps_data = self.keeps_data();
        self.after.data.iter().filter(move |data| keeps_data || !self.before.data.contains(*data))
    }

    /// Returns whether nothing but the TTL changes.
    #[must_use]
    pub(crate) fn is_ttl_alone(&self) -> bool {
        self.keeps_data() && !self.before.is_empty()
    }

    /// Returns whether the data stays and only the TTL changes.
    fn keeps_data(&self) -> bool {
        self.before.data == self.after.data
    }
}

/// Returns the changes that make the domain ready for the phase being checked, in the order in which to make them.
#[must_use]
pub fn changes(subject: &Subject, facts: &Facts, trust: TrustPolicy, assessment: &Assessment) -> Vec<Change> {
    // A domain that does not exist has no zone to edit, and only the admin knows what a domain that looks parked is
    // for.
    if assessment.withheld.is_some()
        || assessment.hazards.iter().any(|hazard| hazard.code == Code::DomainNotFound)
    {
        return Vec::new();
    }
    let source = assessment.source.as_ref().and_then(|source| source.provider);
    let is_source_sure = assessment.source.as_ref().is_some_and(|source| source.proof.is_sure());
    let untouched = PlannedRecords::new();
    let view = FactsView::published(facts, trust, &untouched);
    let expected = assessment.judged.iter().map(|judged| &judged.expectation);
    let mail_host = expected.into_iter().find_map(Expectation::proposed_host);
    let host_failure = assessment.host_failure.as_ref();
    let present = Case { subject, source, is_source_sure, mail_host, host_failure, view };
    let mut fold = Fold::new(present);
    // The changes of an earlier phase are separate steps: the new sender is added before the old one is removed.
    for phase in Phase::ALL.iter().copied().filter(|phase| *phase <= subject.phase) {
        fold.phase = phase;
        let subject = Subject { phase, ..subject.clone() };
        fold.fold(&Case { subject: &subject, ..present }, assessment);
    }
    let mut changes = fold.changes();
    if assessment.hazards.iter().any(|hazard| hazard.code == Code::MxNotAssigned) {
        // Until Microsoft receives mail for the domain, mail programs and everything else stay with the old platform.
        let of_the_switch = changes.iter_mut().filter(|change| change.phase >= Phase::Switch);
        of_the_switch.for_each(|change| change.confirm = true);
    }
    match mail_without_edit(subject, assessment, &changes) {
        Some(MailWithoutEdit::AtSource) => {
            // What the old platform needs to take and to send mail stays with the MX records.
            changes.retain(|change| change.phase < Phase::Tidy);
            for change in changes.iter_mut().filter(|change| is_about_mailboxes(change, subject, assessment))
            {
                change.confirm = true;
                join_cautions(&mut change.cautions, &[MX_TOGETHER.to_owned()]);
            }
        }
        Some(MailWithoutEdit::Elsewhere) => {
            for change in changes.iter_mut().filter(|change| change.phase == Phase::Tidy) {
                change.confirm = true;
                join_cautions(&mut change.cautions, &[MAIL_ELSEWHERE.to_owned()]);
            }
        }
        None => {}
    }
    if lacks_spf_edit(assessment) {
        let moves_mail =
            |change: &&mut Change| change.name == subject.domain && change.rtype == RecordType::Mx;
        for change in changes.iter_mut().filter(moves_mail) {
            change.confirm = true;
            join_cautions(&mut change.cautions, &[SPF_FIRST.to_owned()]);
        }
    }
    changes
}

/// Where mail goes that does not go to Microsoft, although the plan has no edit of the MX records.
enum MailWithoutEdit {
    /// To the platform being left.
    AtSource,
    /// To a filter or a host of which DNS does not show where it delivers.
    Elsewhere,
}

fn mail_without_edit(
    subject: &Subject,
    assessment: &Assessment,
    changes: &[Change],
) -> Option<MailWithoutEdit> {
    if !subject.services.contains(&Service::Exchange) {
        return None;
    }
    let mx = assessment.judged.iter().find(|judged| judged.expectation.id == Id::Mx)?;
    let is_edited = |change: &Change| {
        change.name == mx.expectation.name
            && change.rtype == mx.expectation.rtype
            && change.phase >= Phase::Switch
    };
    if matches!(mx.status, Status::Met | Status::Waiting) || changes.iter().any(is_edited) {
        return None;
    }
    // Whether a waiver or a failed lookup decides, the records are the same.
    Some(if mx.code == Code::MxAtSource { MailWithoutEdit::AtSource } else { MailWithoutEdit::Elsewhere })
}

/// Returns whether a change of the switch concerns mail programs or senders, which follow the mailboxes.
fn is_about_mailboxes(change: &Change, subject: &Subject, assessment: &Assessment) -> bool {
    let of_mail = assessment.judged.iter().map(|judged| &judged.expectation).any(|expectation| {
        expectation.service == Service::Exchange
            && expectation.name == change.name
            && change.name != subject.domain
    });
    change.phase == Phase::Switch && (of_mail || change.because.contains(&Code::AutodiscoverSrvLeft))
}

/// Returns whether SPF has to be fixed by hand, because the plan has no edit for it.
fn lacks_spf_edit(assessment: &Assessment) -> bool {
    assessment.judged.iter().any(|judged| {
        judged.expectation.id == Id::Spf
            && judged.importance == Importance::Required
            && judged.status == Status::Unmet
            && judged.fix.is_empty()
    })
}

/// Merges the changes to one for each record set. A set that changes in several phases gets a change from its published
/// state to its final one.
#[must_use]
pub fn merged(changes: &[Change]) -> Vec<Change> {
    let mut merged: Vec<Change> = Vec::with_capacity(changes.len());
    for change in changes {
        let earlier =
            merged.iter().position(|other| other.name == change.name && other.rtype == change.rtype);
        let Some(earlier) = earlier.map(|at| merged.remove(at)) else {
            merged.push(change.clone());
            continue;
        };
        let mut because = earlier.because;
        because.extend(
            change.because.iter().filter(|code| !because.contains(code)).copied().collect::<Vec<_>>(),
        );
        let mut cautions = earlier.cautions;
        join_cautions(&mut cautions, &change.cautions);
        merged.push(Change {
            before: earlier.before,
            because,
            cautions,
            confirm: earlier.confirm || change.confirm,
            importance: earlier.importance.max(change.importance),
            ..change.clone()
        });
    }
    merged.retain(|change| change.before != change.after);
    merged
}

/// Adds sentences to others, each once.
fn join_cautions(cautions: &mut Vec<String>, others: &[String]) {
    for caution in others {
        if !cautions.contains(caution) {
            cautions.push(caution.clone());
        }
    }
}

/// Returns the changes that undo these: the same record sets, with before and after exchanged, in the reverse order.
#[must_use]
pub fn rollback(changes: &[Change]) -> Vec<Change> {
    let back = changes.iter().rev().map(|change| {
        let mut back = change.clone();
        std::mem::swap(&mut back.before, &mut back.after);
        // The restored values were observed, not derived.
        back.confirm = false;
        back.cautions.clear();
        if back.after.ttl == 0 {
            back.after.ttl = back.before.ttl;
        }
        back
    });
    back.collect()
}

/// Returns whether one of the later changes changes the same record set.
#[must_use]
pub fn is_changed_again(change: &Change, later: &[Change]) -> bool {
    later.iter().any(|other| other.name == change.name && other.rtype == change.rtype)
}

/// Returns the number of record sets that change, each counted once.
#[must_use]
pub(crate) fn count_sets<'a>(changes: impl IntoIterator<Item = &'a Change>) -> usize {
    changes.into_iter().map(|change| (&change.name, change.rtype)).collect::<BTreeSet<_>>().len()
}

/// Returns the records of a set as text, in order.
#[must_use]
pub fn lines(data: &BTreeSet<RecordData>) -> Vec<String> {
    data.iter().map(ToString::to_string).collect()
}
