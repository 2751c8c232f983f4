//! Combines the findings of all servers into an assessment.
//!
//! This is the only place where servers are compared, importance is settled and the verdict is formed.

mod consensus;

use crate::expected::{Expectation, Id, Importance, Subject, expectations};
use crate::facts::{
    Facts, FactsView, History, LookupFailure, PlannedRecords, ReadLog, Reads, TrustPolicy, Zone,
};
use crate::record::RecordData;

use super::delivery::{Assigned, Need};
use super::waiver::{Waiver, Waivers};
use super::web::{Tenancy, tenancy};
use super::{
    Case, Code, DetectedProvider, ExpectationResult, Hazard, Reminder, Status, Verdict, delivery, hazard,
    origin, reminder, withheld,
};
use consensus::ServerConsensus;

/// The complete result of checking one domain.
#[derive(Debug, Clone)]
pub struct Assessment {
    /// The platform being left.
    pub source: Option<DetectedProvider>,
    /// The mail filter in front of Microsoft 365.
    pub gateway: Option<DetectedProvider>,
    /// The zone that contains the domain.
    pub zone: Option<Zone>,
    /// Every expectation, met or not.
    pub judged: Vec<ExpectationResult>,
    /// The tenant that holds the domain, if `--ask-tenant` was given.
    pub tenancy: Option<Tenancy>,
    /// The problems outside the expectations.
    pub hazards: Vec<Hazard>,
    /// Facts that DNS cannot show and that the admin should check.
    pub reminders: Vec<Reminder>,
    /// The verdict, formed from the expectations and the hazards.
    pub verdict: Verdict,
    /// The reason why no edit is proposed, if DNS cannot show what the domain is for.
    pub withheld: Option<Code>,
    /// Everything that was read. The assessment is not final while any read is unmet.
    pub reads: Reads,
    /// The failed lookup that leaves unknown whether Microsoft has a mail host for the domain.
    pub host_failure: Option<LookupFailure>,
}

impl Assessment {
    /// Frees what saves checks while the changes are planned, which still works without.
    pub fn forget_plan_reads(&mut self) {
        self.judged.iter_mut().for_each(|judged| judged.plan_reads = None);
    }
}

/// The options that decide how findings become a verdict.
#[derive(Debug, Clone, Copy, Default)]
pub struct JudgeOptions<'a> {
    /// The servers whose answers decide.
    pub view: TrustPolicy,
    /// True if recommended expectations count as required.
    pub strict: bool,
    /// The waivers.
    pub waivers: &'a [Waiver],
    /// The records that earlier runs saw: the platform that was in use then is the one being left.
    pub history: Option<&'a History>,
}

impl JudgeOptions<'_> {
    /// Returns the lowest importance that affects the verdict.
    #[must_use]
    pub(crate) fn least_decisive(&self) -> Importance {
        if self.strict { Importance::Recommended } else { Importance::Required }
    }
}

/// Checks everything about one domain.
#[must_use]
pub fn assess(subject: &Subject, facts: &Facts, judge_options: JudgeOptions<'_>) -> Assessment {
    assess_expected(subject, facts, judge_options, expectations(subject))
}

/// Does so with the expectations of the subject, which are the `list`.
pub(super) fn assess_expected(
    subject: &Subject,
    facts: &Facts,
    judge_options: JudgeOptions<'_>,
    mut list: Vec<Expectation>,
) -> Assessment {
    let nothing_planned = PlannedRecords::new();
    let log = ReadLog::new();
    let view =
        FactsView { log: Some(&log), ..FactsView::published(facts, judge_options.view, &nothing_planned) };
    let zone = facts.zone(&subject.domain);
    // Evidence is taken from what other rules read anyway.
    let seen =
        origin::sightings(subject, &list, &view.without_asking(), zone.as_ref(), judge_options.history);
    let source = origin::source(subject, &seen);
    let derived = list.iter().find_map(|expectation| expectation.proposed_host()).cloned();
    let provider = source.as_ref().and_then(|source| source.provider);
    let is_source_sure = source.as_ref().is_some_and(|source| source.proof.is_sure());
    let case = Case {
        subject,
        source: provider,
        is_source_sure,
        mail_host: derived.as_ref(),
        host_failure: None,
        view,
    };
    let mut judged = judge_all(&case, &list);
    case.begin_rule();
    let assigned = assigned(&case, &judged, zone.as_ref());
    // While the search is in progress, nothing contradicts the expected host.
    let assigned = if case.view.lacks_reply() { Assigned::AsExpected } else { assigned };
    list.iter_mut().for_each(|expectation| assigned.apply(&case, expectation));
    let settled = Case { mail_host: assigned.host(), host_failure: assigned.failure(), ..case };
    let case = if assigned.replaces_derived() { settled } else { case };
    if assigned.replaces_derived() {
        judged = judge_all(&case, &list);
    }
    case.begin_rule();
    hazard::doubt_unread(&case, &mut judged);
    if judge_options.strict {
        // An expectation that affects the verdict is shown as required in every report, so that the verdict is
        // explained.
        for one in judged.iter_mut().filter(|one| one.importance == Importance::Recommended) {
            one.importance = Importance::Required;
        }
    }
    let mut hazards = hazard::hazards(&case, &judged, zone.as_ref(), &assigned);
    case.begin_rule();
    let withheld = withheld::withheld(&case, &judged, zone.as_ref());
    let withheld = withheld.map(|withheld| withheld.apply(&mut judged, &mut hazards));
    let reminders = reminder::reminders(&case, &judged);
    let waivers = Waivers { all: judge_options.waivers, domain: &subject.domain, at: facts.checked_at };
    waivers.apply(&mut judged, &mut hazards);
    let verdict = verdict(&judged, &hazards, judge_options.least_decisive());
    let gateway = origin::gateway(subject, &view.without_asking(), &seen);
    let host_failure = assigned.failure().cloned();
    let tenancy = tenancy(subject, facts);
    let reads = log.into_reads();
    Assessment {
        source,
        gateway,
        zone,
        judged,
        tenancy,
        hazards,
        reminders,
        verdict,
        withheld,
        host_failure,
        reads,
    }
}

fn judge_all(case: &Case<'_>, list: &[Expectation]) -> Vec<ExpectationResult> {
    let consensus = ServerConsensus::new(case);
    list.iter().map(|expectation| consensus.judged(expectation.clone())).collect()
}

/// Returns the MX host that Microsoft has assigned. It is searched for only if the MX records may have to change.
fn assigned(case: &Case<'_>, judged: &[ExpectationResult], zone: Option<&Zone>) -> Assigned {
    let Some(mx) = judged.iter().find(|judged| judged.expectation.id == Id::Mx) else {
        return Assigned::AsExpected;
    };
    delivery::assigned(case, &mx.expectation, || match (mx.status, mx.code) {
        // Servers that disagree have to be fixed first.
        (Status::Unmet, Code::ServersDisagree) => Need::NoChange,
        (Status::Unmet, _) | (_, Code::MxStillAtSource) => {
            let is_out_of_question =
                hazard::is_not_found(case, zone) || withheld::withheld(case, judged, zone).is_some();
            let question = mx.expectation.question();
            let edit =
                mx.fix.iter().find(|edit| (&edit.name, edit.rtype) == (&question.name, question.rtype));
            // The hosts that stay receive the mail, so no other host is needed.
            let is_derived = |data: &RecordData| data.target().is_some() && data.target() == case.mail_host;
            let needs_no_host = edit.is_some_and(|edit| !edit.after.iter().any(is_derived));
            if is_out_of_question || needs_no_host { Need::NoChange } else { Need::Change }
        }
        (Status::Unknown, _) => {
            let question = mx.expectation.question();
            let failure = case.view.facts.replies(&question).find(|reply| !reply.outcome.is_answer());
            failure.map_or(Need::NoChange, |reply| Need::Unknown(LookupFailure::of(reply)))
        }
        (Status::Met | Status::Waiting | Status::Waived, _) => Need::NoChange,
    })
}

fn verdict(judged: &[ExpectationResult], hazards: &[Hazard], least: Importance) -> Verdict {
    let has = |status| judged.iter().any(|judged| judged.importance >= least && judged.status == status);
    if has(Status::Unmet) || hazards.iter().any(Hazard::is_error) {
        Verdict::ChangesNeeded
    } else if has(Status::Unknown) {
        Verdict::Undetermined
    } else if has(Status::Waiting) {
        Verdict::Waiting
    } else {
        Verdict::Ready
    }
}
