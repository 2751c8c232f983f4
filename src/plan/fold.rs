//! Folds the fixes of a phase onto the record sets as earlier fixes leave them, until nothing changes any more.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::check::{
    Assessment, Case, Code, Edit, ExpectationResult, Hazard, Severity, Status, dname_owner, is_from_wildcard,
    judge, sets_of_domain,
};
use crate::expected::{Importance, Phase};
use crate::facts::{Existence, FactsView, PlanReads, PlannedRecords};
use crate::record::{Name, Question, RecordSet};

use super::{Change, DEFAULT_TTL, join_cautions};

/// The TTL that stands for "automatic" in an export from Cloudflare's panel.
const AUTOMATIC_TTL: u32 = 1;
/// The maximum number of rounds in which fixes are folded; two are needed if one fix makes another possible.
const MOST_ROUNDS: usize = 4;

/// The fixes of the phases so far, folded onto each other.
pub(super) struct Fold<'a> {
    /// The case with the facts as published.
    present: Case<'a>,
    /// The phase whose fixes are being folded.
    pub(super) phase: Phase,
    /// The record sets as the steps so far leave them.
    planned: PlannedRecords,
    /// The steps of each record set, in their order.
    steps: BTreeMap<Question, Vec<Step>>,
    /// The record sets that the plan has changed, in the order of the changes; some more than once.
    changed: Vec<Question>,
}

impl<'a> Fold<'a> {
    /// Returns a fold without any fix.
    pub(super) fn new(present: Case<'a>) -> Self {
        let (planned, steps) = (PlannedRecords::new(), BTreeMap::new());
        Self { present, phase: Phase::Prepare, planned, steps, changed: Vec::new() }
    }

    /// Folds the fixes of one phase onto those of the phases before.
    pub(super) fn fold(&mut self, case: &Case<'_>, assessment: &Assessment) {
        let is_last = self.phase == self.present.subject.phase;
        let view = case.view;
        if self.phase == Phase::Prepare {
            // Publishing any record at the domain hides the records that a wildcard returns for it.
            for hazard in assessment.hazards.iter().filter(|hazard| hazard.code == Code::DomainFromWildcard) {
                self.apply_hazard(hazard);
            }
        }
        let fixable = assessment.judged.iter().filter(|judged| is_fixable(judged));
        let mut fixable: Vec<(&ExpectationResult, Option<LastCheck<'_>>)> = fixable
            .map(|judged| (judged, is_last.then(|| LastCheck::without_fix(judged)).flatten()))
            .collect();
        for _ in 0..MOST_ROUNDS {
            let mut changed = false;
            for (judged, last) in &mut fixable {
                // Without an earlier fix, met expectations stay met. For an earlier phase, only unmet ones matter.
                let is_met = judged.status == Status::Met;
                let is_of_later_phase = self.phase < judged.expectation.phase;
                let stays_met = is_met && self.planned.is_empty();
                let is_done = is_met && judged.fix.is_empty();
                if stays_met || !is_last && (is_of_later_phase || is_done) {
                    continue;
                }
                // A new check would find the same, and propose a fix that was dealt with then.
                if last.as_ref().is_some_and(|last| !last.depends_on_any(&self.changed)) {
                    continue;
                }
                let (plan_reads, changes_before) = (PlanReads::default(), self.changed.len());
                let planned = FactsView::published(view.facts, view.trust, &self.planned);
                let view = FactsView { plan_reads: Some(&plan_reads), ..planned };
                let finding = judge(&Case { view, ..*case }, &judged.expectation).finding;
                let fix = finding.iter().flat_map(|finding| &finding.fix);
                let edited = fix.map(|edit| Question::new(edit.name.clone(), edit.rtype));
                let reads = plan_reads.take().into_iter().chain(edited).collect();
                // Without the reads of the assessment, everything is checked in every round.
                let is_kept = judged.plan_reads.is_some();
                *last = is_kept.then_some(LastCheck { reads: Cow::Owned(reads), changes_before });
                let Ok(finding) = finding else {
                    continue;
                };
                let unasked = is_unasked(judged.importance, &finding.observed)
                    || judged.importance == Importance::Optional && finding.code == Code::AliasFromWildcard;
                // The record is right as published, but its meaning changes with the MX records.
                let is_moved = finding.code == Code::SpfMxSenders;
                let is_wrong = finding.code.effect().is_wrong();
                if !is_wrong && !is_moved || unasked {
                    continue;
                }
                for edit in finding.fix {
                    // The reason is the code under which the expectation was reported, not the one after an earlier
                    // fix. An expectation that this fix has undone was reported as met.
                    let question = Question::new(edit.name.clone(), edit.rtype);
                    let is_later_step = self.has_earlier_step(&question);
                    let because = if is_met || is_later_step { finding.code } else { judged.code };
                    let reason = Reason::new(self.phase, because, judged.importance, &edit);
                    changed |= self.apply(reason, edit);
                }
            }
            if is_last {
                for hazard in assessment.hazards.iter().filter(|hazard| !hazard.is_waived()) {
                    changed |= self.apply_hazard(hazard);
                }
            }
            if !changed {
                break;
            }
        }
    }

    /// Applies the fix of a hazard. Returns whether that changes anything.
    fn apply_hazard(&mut self, hazard: &Hazard) -> bool {
        let mut changed = false;
        for edit in &hazard.fix {
            let importance = importance(hazard.level);
            let reason = Reason::new(phase(hazard.code), hazard.code, importance, edit);
            // If an expectation already edits the record set, the hazard is an additional reason, and does not move the
            // change to a later phase.
            let question = Question::new(edit.name.clone(), edit.rtype);
            match self.steps.get_mut(&question).and_then(|steps| steps.last_mut()) {
                Some(Step { reason: decided, .. }) => decided.join(Reason { phase: decided.phase, ..reason }),
                None => changed |= self.apply(reason, edit.clone()),
            }
        }
        changed
    }

    /// Returns whether the record set already changes in an earlier phase.
    fn has_earlier_step(&self, question: &Question) -> bool {
        let steps = self.steps.get(question);
        steps.is_some_and(|steps| steps.iter().any(|step| step.folded < self.phase))
    }

    /// Applies an edit. Returns whether that changes anything.
    fn apply(&mut self, reason: Reason, edit: Edit) -> bool {
        let question = Question::new(edit.name.clone(), edit.rtype);
        // Names outside the zone files, or below a zone cut or a DNAME, cannot be edited in this zone.
        let answer = self.present.view.own_answer(&question);
        let is_outside = answer.is_ok_and(|answer| answer.existence == Existence::Outside);
        let is_below_dname = dname_owner(&self.present, &edit.name).is_some();
        if is_outside || is_below_dname || self.is_delegated(&edit.name) {
            return false;
        }
        let present =
            self.planned.get(&question).cloned().unwrap_or_else(|| published(&self.present, &question));
        let ttl = self.ttl(&edit, present.ttl);
        let lowers_ttl = reason.because.contains(&Code::TtlTooLong) && ttl < present.ttl;
        if present.data == edit.after && !lowers_ttl {
            return false;
        }
        let after = RecordSet { data: edit.after, ttl };
        let steps = self.steps.entry(question.clone()).or_default();
        match steps.last_mut().filter(|step| step.folded == self.phase) {
            Some(step) => {
                step.reason.join(reason);
                step.after = after.clone();
            }
            None => steps.push(Step { folded: self.phase, before: present, after: after.clone(), reason }),
        }
        self.changed.push(question.clone());
        self.planned.insert(question, after);
        true
    }

    /// Returns the TTL to publish with, in seconds. A low TTL stays low until the move is over, so that caches soon
    /// drop a mistake made at the switch. After that, record sets that are edited anyway get at least the default TTL.
    fn ttl(&self, edit: &Edit, present: u32) -> u32 {
        let wanted = edit.ttl.unwrap_or(if present > 0 { present } else { DEFAULT_TTL });
        match self.present.subject.phase {
            Phase::Prepare | Phase::Switch if present > 0 => wanted.min(present),
            Phase::Prepare | Phase::Switch => wanted,
            Phase::Tidy if present == AUTOMATIC_TTL => present,
            Phase::Tidy => wanted.max(DEFAULT_TTL),
        }
    }

    /// Returns whether the zone delegates the name to other name servers, so that an edit in the zone has no effect.
    fn is_delegated(&self, name: &Name) -> bool {
        let facts = self.present.view.facts;
        let apex = facts.zone_apex(&self.present.subject.domain);
        let apex = apex.as_ref().unwrap_or(&self.present.subject.domain);
        let mut cuts = facts.referrals().flat_map(|reply| &reply.referral).map(|record| &record.name);
        cuts.any(|cut| cut != apex && cut.is_within(apex) && name.is_within(cut))
    }

    /// Returns the changes, in the order in which to make them.
    pub(super) fn changes(self) -> Vec<Change> {
        let mut changes: Vec<Change> = Vec::new();
        for (Question { name, rtype }, steps) in self.steps {
            for Step { before, after, reason, .. } in steps {
                let Reason { phase, because, confirm, cautions, importance } = reason;
                if before.data != after.data || because.contains(&Code::TtlTooLong) {
                    let name = name.clone();
                    let change =
                        Change { phase, name, rtype, before, after, because, confirm, cautions, importance };
                    changes.push(change);
                }
            }
        }
        // Deletions come first: no alias can be added while an address is published at its name.
        changes.sort_by_key(|change| (change.phase, change.name.clone(), change.action(), change.rtype));
        changes
    }
}

/// What the last check of an expectation depended on.
struct LastCheck<'a> {
    /// The record sets that it read or edits.
    reads: Cow<'a, [Question]>,
    /// The number of changes of the plan before it.
    changes_before: usize,
}

impl<'a> LastCheck<'a> {
    /// Returns the check of the published state, if it left nothing to fix: the expectation is met, or is about a record
    /// that is missing and is never added.
    fn without_fix(judged: &'a ExpectationResult) -> Option<Self> {
        let is_done = judged.status == Status::Met && judged.fix.is_empty();
        let is_unasked = judged.status == Status::Unmet && is_unasked(judged.importance, &judged.observed);
        let reads = judged.plan_reads.as_deref().filter(|_| is_done || is_unasked)?;
        Some(Self { reads: Cow::Borrowed(reads), changes_before: 0 })
    }

    /// Returns whether one of these changes could make a new check differ.
    fn depends_on_any(&self, changed: &[Question]) -> bool {
        changed.iter().skip(self.changes_before).any(|question| self.reads.contains(question))
    }
}

/// One change of a record set.
struct Step {
    /// The phase in which it was folded; a hazard may require it in an earlier one.
    folded: Phase,
    before: RecordSet,
    after: RecordSet,
    reason: Reason,
}

/// The reason why a record set changes.
struct Reason {
    phase: Phase,
    because: Vec<Code>,
    confirm: bool,
    cautions: Vec<String>,
    importance: Importance,
}

impl Reason {
    fn new(phase: Phase, because: Code, importance: Importance, edit: &Edit) -> Self {
        let Edit { confirm, cautions, .. } = edit;
        Self { phase, because: vec![because], confirm: *confirm, cautions: cautions.clone(), importance }
    }

    /// Adds another reason to this one.
    fn join(&mut self, other: Self) {
        self.phase = self.phase.max(other.phase);
        self.importance = self.importance.max(other.importance);
        self.confirm |= other.confirm;
        join_cautions(&mut self.cautions, &other.cautions);
        for code in other.because {
            if !self.because.contains(&code) {
                self.because.push(code);
            }
        }
    }
}

/// Returns whether the plan may fix it. Met expectations are checked again, since an earlier fix may have undone them.
fn is_fixable(judged: &ExpectationResult) -> bool {
    // A finding about a part that could not be read may propose an edit to compare before publishing it.
    let is_offered = judged.status == Status::Unknown && !judged.fix.is_empty();
    (matches!(judged.status, Status::Unmet | Status::Met) || is_offered)
        && judged.code != Code::ServersDisagree
}

/// Returns whether a record is missing and optional: it is fixed if it is wrong, and never added.
fn is_unasked(importance: Importance, observed: &RecordSet) -> bool {
    importance == Importance::Optional && observed.is_empty()
}

/// Returns the phase by which a hazard must be removed.
fn phase(hazard: Code) -> Phase {
    match hazard {
        Code::SourceLeft => Phase::Tidy,
        // These are fixed as early as the record sets that they concern.
        Code::CnameWithOtherData | Code::NameDoubled | Code::TtlTooLong | Code::DomainFromWildcard => {
            Phase::Prepare
        }
        _ => Phase::Switch,
    }
}

/// Returns the importance of removing a hazard of this severity.
fn importance(level: Severity) -> Importance {
    match level {
        Severity::Error => Importance::Required,
        Severity::Warning => Importance::Recommended,
        Severity::Info => Importance::Optional,
    }
}

/// Returns the records published at the name itself. Their TTL is set only if an authoritative server reported it,
/// since a cache returns the remaining one. Records that only a wildcard returns cannot be deleted, so they are left
/// out.
fn published(present: &Case<'_>, question: &Question) -> RecordSet {
    let Some(reply) = present.view.reply(question).filter(|reply| reply.outcome.is_answer()) else {
        return RecordSet::default();
    };
    let mut set = RecordSet::of(reply.wanted().filter(|record| record.name == question.name));
    let is_of_wildcard = is_from_wildcard(present, question, &set).unwrap_or(false)
        || question.name == present.subject.domain && !set.is_empty() && !sets_of_domain(present).is_empty();
    if is_of_wildcard {
        return RecordSet::default();
    }
    if !reply.server.role.is_authority() {
        set.ttl = 0;
    }
    set
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::RecordType;

    #[test]
    fn only_later_changes_of_what_was_read_ask_for_another_check() {
        let [mx, txt, alias] = [RecordType::Mx, RecordType::Txt, RecordType::Cname]
            .map(|rtype| Question::new("contoso.com".parse().unwrap(), rtype));
        let reads = [mx.clone(), txt.clone()];
        let last = LastCheck { reads: Cow::Borrowed(&reads), changes_before: 1 };
        assert!(!last.depends_on_any(&[]));
        assert!(!last.depends_on_any(&[mx, alias.clone()]));
        assert!(last.depends_on_any(&[alias, txt]));
    }
}
