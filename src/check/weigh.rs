//! Combines the findings of all servers into an assessment.
//!
//! The one place where witnesses are compared, importance is settled and the verdict is formed.

mod panel;

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
use panel::ServerConsensus;

/// Everything that was found out about one domain.
#[derive(Debug, Clone)]
pub struct Assessment {
    /// The platform being left.
    pub source: Option<DetectedProvider>,
    /// The filter in front.
    pub gateway: Option<DetectedProvider>,
    /// The zone that the domain lies in.
    pub zone: Option<Zone>,
    /// Every expectation, met or not.
    pub judged: Vec<ExpectationResult>,
    /// Which tenant holds the domain, where the user wanted that to be asked.
    pub tenancy: Option<Tenancy>,
    /// What is wrong beside the expectations.
    pub hazards: Vec<Hazard>,
    /// What DNS cannot show and the admin should check.
    pub reminders: Vec<Reminder>,
    /// The sum of it.
    pub verdict: Verdict,
    /// The reason why no edit is proposed, where DNS cannot show what the domain is for.
    pub withheld: Option<Code>,
    /// What was read for it. While any of it is unmet, the rest is not final.
    pub reads: Reads,
    /// The failed lookup because of which it is not known whether Microsoft has a mail host for the domain.
    pub host_failure: Option<LookupFailure>,
}

/// How strictly to weigh.
#[derive(Debug, Clone, Copy, Default)]
pub struct JudgeOptions<'a> {
    /// Which answers decide.
    pub view: TrustPolicy,
    /// Whether what is recommended counts as required.
    pub strict: bool,
    /// The waivers.
    pub waivers: &'a [Waiver],
    /// What earlier runs saw: the platform that was used then is the one being left.
    pub history: Option<&'a History>,
}

impl JudgeOptions<'_> {
    /// The least importance of what decides on the verdict.
    #[must_use]
    pub fn least_decisive(&self) -> Importance {
        if self.strict { Importance::Recommended } else { Importance::Required }
    }
}

/// Judges everything about one domain.
#[must_use]
pub fn assess(subject: &Subject, facts: &Facts, scales: JudgeOptions<'_>) -> Assessment {
    let nothing_planned = PlannedRecords::new();
    let log = ReadLog::new();
    let sight = FactsView { log: Some(&log), ..FactsView::published(facts, scales.view, &nothing_planned) };
    let zone = facts.zone(&subject.domain);
    // Evidence is looked for among what is read anyway.
    let seen = origin::sightings(subject, &sight.without_asking(), zone.as_ref(), scales.history);
    let source = origin::source(subject, &seen);
    let mut list = expectations(subject);
    let derived = list.iter().find_map(|expectation| expectation.proposed_host()).cloned();
    let provider = source.as_ref().and_then(|source| source.provider);
    let is_source_sure = source.as_ref().is_some_and(|source| source.proof.is_sure());
    let case = Case {
        subject,
        source: provider,
        is_source_sure,
        mail_host: derived.as_ref(),
        host_failure: None,
        sight,
    };
    let mut judged = judge_all(&case, &list);
    case.begin_rule();
    let assigned = assigned(&case, &judged, zone.as_ref());
    // As long as the search is under way, nothing speaks against the expected host.
    let assigned = if case.sight.lacks_reply() { Assigned::AsExpected } else { assigned };
    list.iter_mut().for_each(|expectation| assigned.apply(&case, expectation));
    let settled = Case { mail_host: assigned.host(), host_failure: assigned.failure(), ..case };
    let case = if assigned.replaces_derived() { settled } else { case };
    if assigned.replaces_derived() {
        judged = judge_all(&case, &list);
    }
    case.begin_rule();
    hazard::doubt_unread(&case, &mut judged);
    if scales.strict {
        // What decides is required in every report, so that each says why.
        for one in judged.iter_mut().filter(|one| one.importance == Importance::Recommended) {
            one.importance = Importance::Required;
        }
    }
    let mut hazards = hazard::hazards(&case, &judged, zone.as_ref(), &assigned);
    case.begin_rule();
    let withheld = withheld::withheld(&case, &judged, zone.as_ref());
    let withheld = withheld.map(|withheld| withheld.apply(&mut judged, &mut hazards));
    let reminders = reminder::reminders(&case, &judged);
    let waivers = Waivers { all: scales.waivers, domain: &subject.domain, at: facts.checked_at };
    waivers.apply(&mut judged, &mut hazards);
    let verdict = verdict(&judged, &hazards, scales.least_decisive());
    let gateway = origin::gateway(subject, &sight.without_asking(), &seen);
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
    let panel = ServerConsensus::new(case);
    list.iter().map(|expectation| panel.judged(expectation.clone())).collect()
}

/// The MX host that Microsoft has assigned, as far as it matters: where no MX edit comes into question, none is searched.
fn assigned(case: &Case<'_>, judged: &[ExpectationResult], zone: Option<&Zone>) -> Assigned {
    let Some(mx) = judged.iter().find(|judged| judged.expectation.id == Id::Mx) else {
        return Assigned::AsExpected;
    };
    delivery::assigned(case, &mx.expectation, || match (mx.status, mx.code) {
        // Servers that disagree are to be fixed first.
        (Status::Unmet, Code::ServersDisagree) => Need::NoChange,
        (Status::Unmet, _) | (_, Code::MxStillAtSource) => {
            let is_out_of_question =
                hazard::is_not_found(case, zone) || withheld::withheld(case, judged, zone).is_some();
            let question = mx.expectation.question();
            let edit =
                mx.fix.iter().find(|edit| (&edit.name, edit.rtype) == (&question.name, question.rtype));
            // What stays takes the mail, and no host is needed for it.
            let is_derived = |data: &RecordData| data.target().is_some() && data.target() == case.mail_host;
            let needs_no_host = edit.is_some_and(|edit| !edit.after.iter().any(is_derived));
            if is_out_of_question || needs_no_host { Need::NoChange } else { Need::Change }
        }
        (Status::Unknown, _) => {
            let question = mx.expectation.question();
            let failure = case.sight.facts.replies(&question).find(|reply| !reply.outcome.is_answer());
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
