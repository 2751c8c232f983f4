//! Computes the record sets to publish or delete.
//!
//! The remedy: record sets, before and after. Several expectations may own one record set (the verification text and
//! SPF share the TXT records of the domain), so the fixes are folded: each is asked of the facts as the earlier ones leave
//! them, until nothing changes any more.

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

/// Seconds that a record set gets whose present TTL is not known.
const DEFAULT_TTL: u32 = 3600;
/// The TTL that stands for "automatic" in an export of Cloudflare's, where it is set in the panel.
const AUTOMATIC_TTL: u32 = 1;
/// Times that the fixes are folded at most; two are needed where one fix makes room for another.
const MOST_ROUNDS: usize = 4;

/// What to do with a record set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// Take it away.
    Delete,
    /// Put another in its place.
    Replace,
    /// Publish it.
    Add,
}

impl Action {
    /// All actions, in the order of the schema.
    pub const ALL: [Self; 3] = [Self::Add, Self::Replace, Self::Delete];

    /// The word in reports.
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
    /// What is published.
    pub before: RecordSet,
    /// What should be, with the TTL to publish with.
    pub after: RecordSet,
    /// The codes that ask for it, in the order of the expectations.
    pub because: Vec<Code>,
    /// Whether a value was derived by rule, so that the admin should compare it with the admin center.
    pub confirm: bool,
    /// That of the most important expectation behind it.
    pub importance: Importance,
}

impl Change {
    /// What to do.
    #[must_use]
    pub fn action(&self) -> Action {
        match (self.before.is_empty(), self.after.is_empty()) {
            (_, true) => Action::Delete,
            (true, false) => Action::Add,
            (false, false) => Action::Replace,
        }
    }

    /// The records to delete; all of them where only the TTL changes.
    pub fn removed(&self) -> impl Iterator<Item = &RecordData> {
        let keeps_data = self.keeps_data();
        self.before.data.iter().filter(move |data| keeps_data || !self.after.data.contains(*data))
    }

    /// The records to add; all of them where only the TTL changes.
    pub fn added(&self) -> impl Iterator<Item = &RecordData> {
        let keeps_data = self.keeps_data();
        self.after.data.iter().filter(move |data| keeps_data || !self.before.data.contains(*data))
    }

    /// Returns whether nothing but the TTL changes.
    #[must_use]
    pub fn is_ttl_alone(&self) -> bool {
        self.keeps_data() && !self.before.is_empty()
    }

    /// Returns whether the data stays and only the TTL changes.
    fn keeps_data(&self) -> bool {
        self.before.data == self.after.data
    }
}

/// The changes that make the domain ready for the phase being judged, in the order in which to make them.
#[must_use]
pub fn changes(subject: &Subject, facts: &Facts, view: TrustPolicy, assessment: &Assessment) -> Vec<Change> {
    // Without a domain there is no zone to publish in, and what a domain is for that looks parked only the admin knows.
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
    // What an earlier phase asks for is a step of its own: the new sender is added before the old one goes.
    for phase in Phase::ALL.iter().copied().filter(|phase| *phase <= subject.phase) {
        fold.phase = phase;
        let subject = Subject { phase, ..subject.clone() };
        fold.fold(&Case { subject: &subject, ..present }, assessment);
    }
    let mut changes = fold.changes();
    if assessment.hazards.iter().any(|hazard| hazard.code == Code::MxNotAssigned) {
        // As long as Microsoft takes no mail for the domain, mail programs and the rest stay with the old platform.
        let of_the_switch = changes.iter_mut().filter(|change| change.phase >= Phase::Switch);
        of_the_switch.for_each(|change| change.confirm = true);
    }
    changes
}

/// Returns whether the plan may fix it; what is met is checked too, since an earlier fix may have undone it.
fn is_curable(judged: &ExpectationResult) -> bool {
    // What could not be read may come with an edit to compare before it is made.
    let is_offered = judged.status == Status::Unknown && !judged.fix.is_empty();
    (matches!(judged.status, Status::Unmet | Status::Met) || is_offered)
        && judged.code != Code::ServersDisagree
}

/// The phase from which on a hazard must be gone.
fn phase(hazard: Code) -> Phase {
    match hazard {
        Code::SourceLeft => Phase::Tidy,
        // As early as what it stands beside, or was meant for.
        Code::CnameWithOtherData | Code::NameDoubled | Code::TtlTooLong | Code::DomainFromWildcard => {
            Phase::Prepare
        }
        _ => Phase::Switch,
    }
}

/// How much it matters that a hazard goes away.
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
    /// The phase that it was folded in; a hazard may ask for it in an earlier one.
    folded: Phase,
    before: RecordSet,
    after: RecordSet,
    reason: Reason,
}

struct Fold<'a> {
    /// The facts as they are.
    present: Case<'a>,
    /// The phase whose fixes are being folded.
    phase: Phase,
    /// The record sets as the steps so far leave them.
    overlay: PlannedRecords,
    /// What happens to each record set, one step after the other.
    steps: BTreeMap<Question, Vec<Step>>,
}

impl Fold<'_> {
    /// Folds the fixes of one phase onto those of the phases before.
    fn fold(&mut self, case: &Case<'_>, assessment: &Assessment) {
        let is_last = self.phase == self.present.subject.phase;
        let sight = case.sight;
        if self.phase == Phase::Prepare {
            // What a wildcard gives the domain goes with the first record that is published there.
            for hazard in assessment.hazards.iter().filter(|hazard| hazard.code == Code::DomainFromWildcard) {
                self.apply_hazard(hazard);
            }
        }
        for _ in 0..MOST_ROUNDS {
            let mut changed = false;
            for judged in assessment.judged.iter().filter(|judged| is_curable(judged)) {
                // As long as nothing is decided, what is met is met. Of an earlier phase only what is not met is of interest.
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
                // What is optional is fixed only where it is wrong, and never added.
                let absent = finding.observed.is_empty() || finding.code == Code::AliasFromWildcard;
                let unasked = judged.importance == Importance::Optional && absent;
                // What the record means changes with the MX records, although it is right as it is.
                let is_moved = finding.code == Code::SpfMxSenders;
                let is_wrong = finding.code.effect().is_wrong();
                if !is_wrong && !is_moved || unasked {
                    continue;
                }
                for edit in finding.fix {
                    // The code under which the expectation is reported, not one that an earlier fix has left; what that
                    // fix has undone was reported as met.
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

    /// Takes over what a hazard asks for; false if it changes nothing.
    fn apply_hazard(&mut self, hazard: &Hazard) -> bool {
        let mut changed = false;
        for edit in &hazard.fix {
            let importance = importance(hazard.level);
            let reason = Reason::new(phase(hazard.code), hazard.code, importance, edit.confirm);
            // Where an expectation decides about the records, the hazard is one reason more, and no later one.
            let question = Question::new(edit.name.clone(), edit.rtype);
            match self.steps.get_mut(&question).and_then(|steps| steps.last_mut()) {
                Some(Step { reason: decided, .. }) => decided.join(Reason { phase: decided.phase, ..reason }),
                None => changed |= self.apply(reason, edit.clone()),
            }
        }
        changed
    }

    /// Whether the record set changes in an earlier phase already.
    fn has_earlier_step(&self, question: &Question) -> bool {
        let steps = self.steps.get(question);
        steps.is_some_and(|steps| steps.iter().any(|step| step.folded < self.phase))
    }

    /// Takes an edit over; false if it changes nothing.
    fn apply(&mut self, reason: Reason, edit: Edit) -> bool {
        let question = Question::new(edit.name.clone(), edit.rtype);
        // What lies outside the zone files, or below a zone cut, is published elsewhere.
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

    /// The TTL to publish with. A low one stays low until the move is over, so that a mistake at the switch is soon forgotten;
    /// afterwards what is edited anyway gets the usual one.
    fn ttl(&self, edit: &Edit, present: u32) -> u32 {
        let wanted = edit.ttl.unwrap_or(if present > 0 { present } else { DEFAULT_TTL });
        match self.present.subject.phase {
            Phase::Prepare | Phase::Switch if present > 0 => wanted.min(present),
            Phase::Prepare | Phase::Switch => wanted,
            Phase::Tidy if present == AUTOMATIC_TTL => present,
            Phase::Tidy => wanted.max(DEFAULT_TTL),
        }
    }

    /// Returns whether the zone delegates the name to other name servers: an edit in the zone has no effect there.
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
        // What is in the way goes first: no alias can be added while an address stands at its name.
        changes.sort_by_key(|change| (change.phase, change.name.clone(), change.action(), change.rtype));
        changes
    }
}

/// The same changes with one for each record set: where a set changes in several phases, from what is published to what is
/// left in the end.
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

/// How many record sets change, each counted once.
#[must_use]
pub fn count_sets<'a>(changes: impl IntoIterator<Item = &'a Change>) -> usize {
    changes.into_iter().map(|change| (&change.name, change.rtype)).collect::<BTreeSet<_>>().len()
}

/// What is published at the name itself, with a TTL only where an authority reported it: a cache knows
/// the remaining one. What only a wildcard answers is not there to be taken away.
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

/// The records of a set as text, in order.
#[must_use]
pub fn lines(data: &BTreeSet<RecordData>) -> Vec<String> {
    data.iter().map(ToString::to_string).collect()
}
