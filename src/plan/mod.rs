//! Computes the record sets to publish or delete.
//!
//! A plan contains record sets, before and after. Several expectations may concern one record set (the verification
//! text and SPF share the TXT records of the domain), so the fixes are folded: each is computed on the record sets as
//! the earlier ones leave them, until nothing changes any more.

pub mod emit;
mod rollback;
pub mod schedule;

use std::collections::{BTreeMap, BTreeSet};

use crate::check::{
    Assessment, Case, Code, Edit, ExpectationResult, Hazard, Severity, Status, is_from_wildcard, judge,
    owner_above, sets_of_domain,
};
use crate::expected::{Expectation, Importance, Phase, Subject};
use crate::facts::{Existence, Facts, FactsView, PlannedRecords, TrustPolicy};
use crate::record::{Name, Question, RecordData, RecordSet, RecordType};

pub use emit::to_bind;
pub use rollback::rollback;

/// The TTL, in seconds, of a record set whose present TTL is not known.
const DEFAULT_TTL: u32 = 3600;
/// The TTL that stands for "automatic" in an export from Cloudflare's panel.
const AUTOMATIC_TTL: u32 = 1;
/// The maximum number of rounds in which fixes are folded; two are needed if one fix makes another possible.
const MOST_ROUNDS: usize = 4;

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
pub fn changes(subject: &Subject, facts: &Facts, view: TrustPolicy, assessment: &Assessment) -> Vec<Change> {
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
    let sight = FactsView::published(facts, view, &untouched);
    let expected = assessment.judged.iter().map(|judged| &judged.expectation);
    let mail_host = expected.into_iter().find_map(Expectation::proposed_host);
    let host_failure = assessment.host_failure.as_ref();
    let present = Case { subject, source, is_source_sure, mail_host, host_failure, sight };
    let mut fold =
        Fold { present, phase: Phase::Prepare, overlay: PlannedRecords::new(), steps: BTreeMap::new() };
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
    changes
}

/// Returns whether the plan may fix it. Met expectations are checked again, since an earlier fix may have undone them.
fn is_curable(judged: &ExpectationResult) -> bool {
    // A finding about a part that could not be read may propose an edit to compare before publishing it.
    let is_offered = judged.status == Status::Unknown && !judged.fix.is_empty();
    (matches!(judged.status, Status::Unmet | Status::Met) || is_offered)
        && judged.code != Code::ServersDisagree
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

/// The reason why a record set changes.
struct Reason {
    phase: Phase,
    because: Vec<Code>,
    confirm: bool,
    importance: Importance,
}

impl Reason {
    fn new(phase: Phase, because: Code, importance: Importance, confirm: bool) -> Self {
        Self { phase, because: vec![because], confirm, importance }
    }

    /// Adds another reason to this one.
    fn join(&mut self, other: Self) {
        self.phase = self.phase.max(other.phase);
        self.importance = self.importance.max(other.importance);
        self.confirm |= other.confirm;
        for code in other.because {
            if !self.because.contains(&code) {
                self.because.push(code);
            }
        }
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

struct Fold<'a> {
    /// The case with the facts as published.
    present: Case<'a>,
    /// The phase whose fixes are being folded.
    phase: Phase,
    /// The record sets as the steps so far leave them.
    overlay: PlannedRecords,
    /// The steps of each record set, in their order.
    steps: BTreeMap<Question, Vec<Step>>,
}

impl Fold<'_> {
    /// Folds the fixes of one phase onto those of the phases before.
    fn fold(&mut self, case: &Case<'_>, assessment: &Assessment) {
        let is_last = self.phase == self.present.subject.phase;
        let sight = case.sight;
        if self.phase == Phase::Prepare {
            // Publishing any record at the domain hides the records that a wildcard returns for it.
            for hazard in assessment.hazards.iter().filter(|hazard| hazard.code == Code::DomainFromWildcard) {
                self.apply_hazard(hazard);
            }
        }
        for _ in 0..MOST_ROUNDS {
            let mut changed = false;
            for judged in assessment.judged.iter().filter(|judged| is_curable(judged)) {
                // Without an earlier fix, met expectations stay met. For an earlier phase, only unmet ones matter.
                let is_met = judged.status == Status::Met;
                let is_of_later_phase = self.phase < judged.expectation.phase;
                let is_content = is_met && self.overlay.is_empty();
                let is_done = is_met && judged.fix.is_empty();
                if is_content || !is_last && (is_of_later_phase || is_done) {
                    continue;
                }
                let overlay = self.overlay.clone();
                let sight = FactsView::published(sight.facts, sight.view, &overlay);
                let Ok(finding) = judge(&Case { sight, ..*case }, &judged.expectation).finding else {
                    continue;
                };
                // An optional record is fixed only if it is wrong, and never added.
                let absent = finding.observed.is_empty() || finding.code == Code::AliasFromWildcard;
                let unasked = judged.importance == Importance::Optional && absent;
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
                    let reason = Reason::new(self.phase, because, judged.importance, edit.confirm);
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
            let reason = Reason::new(phase(hazard.code), hazard.code, importance, edit.confirm);
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
        let answer = self.present.sight.own_answer(&question);
        let is_outside = answer.is_ok_and(|answer| answer.existence == Existence::Outside);
        let is_below_dname = owner_above(&self.present, &edit.name).is_some();
        if is_outside || is_below_dname || self.is_delegated(&edit.name) {
            return false;
        }
        let present =
            self.overlay.get(&question).cloned().unwrap_or_else(|| published(&self.present, &question));
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
        self.overlay.insert(question, after);
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
        let facts = self.present.sight.facts;
        let apex = facts.zone_apex(&self.present.subject.domain);
        let apex = apex.as_ref().unwrap_or(&self.present.subject.domain);
        let mut cuts = facts.referrals().flat_map(|reply| &reply.referral).map(|record| &record.name);
        cuts.any(|cut| cut != apex && cut.is_within(apex) && name.is_within(cut))
    }

    fn changes(self) -> Vec<Change> {
        let mut changes: Vec<Change> = Vec::new();
        for (Question { name, rtype }, steps) in self.steps {
            for Step { before, after, reason, .. } in steps {
                let Reason { phase, because, confirm, importance } = reason;
                if before.data != after.data || because.contains(&Code::TtlTooLong) {
                    let name = name.clone();
                    changes.push(Change { phase, name, rtype, before, after, because, confirm, importance });
                }
            }
        }
        // Deletions come first: no alias can be added while an address is published at its name.
        changes.sort_by_key(|change| (change.phase, change.name.clone(), change.action(), change.rtype));
        changes
    }
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
        merged.push(Change {
            before: earlier.before,
            because,
            confirm: earlier.confirm || change.confirm,
            importance: earlier.importance.max(change.importance),
            ..change.clone()
        });
    }
    merged.retain(|change| change.before != change.after);
    merged
}

/// Returns the number of record sets that change, each counted once.
#[must_use]
pub(crate) fn count_sets<'a>(changes: impl IntoIterator<Item = &'a Change>) -> usize {
    changes.into_iter().map(|change| (&change.name, change.rtype)).collect::<BTreeSet<_>>().len()
}

/// Returns the records published at the name itself. Their TTL is set only if an authoritative server reported it,
/// since a cache returns the remaining one. Records that only a wildcard returns cannot be deleted, so they are left
/// out.
fn published(present: &Case<'_>, question: &Question) -> RecordSet {
    let Some(reply) = present.sight.reply(question).filter(|reply| reply.outcome.is_answer()) else {
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

/// Returns the records of a set as text, in order.
#[must_use]
pub fn lines(data: &BTreeSet<RecordData>) -> Vec<String> {
    data.iter().map(ToString::to_string).collect()
}
