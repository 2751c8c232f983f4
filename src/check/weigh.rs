//! What do the findings of all witnesses add up to?
//!
//! The one place where witnesses are compared, importance is settled and the verdict is formed. The zone's own name
//! servers decide what is published; a resolver that still says otherwise only needs time.

mod panel;

use jiff::Timestamp;

use crate::expected::{Expectation, Importance, Subject, expectations};
use crate::facts::{Facts, Overlay, Sight, View, Witness, Zone};
use crate::record::RecordSet;

use super::{
    Case, Code, Edit, Finding, Hazard, Recognised, Reminder, Status, Verdict, Weight, hazard, origin,
    reminder,
};
use panel::Panel;

/// An expectation and what became of it.
#[derive(Debug, Clone)]
pub struct Judged {
    /// What must hold.
    pub expectation: Expectation,
    /// How much it matters, the evidence weighed.
    pub importance: Importance,
    /// What became of it.
    pub status: Status,
    /// Which outcome exactly.
    pub code: Code,
    /// One sentence for a person.
    pub message: String,
    /// The records that were judged.
    pub observed: RecordSet,
    /// When it will be met without anybody doing anything, where that is known.
    pub until: Option<Timestamp>,
    /// What to publish.
    pub cure: Vec<Edit>,
}

/// Everything that was found out about one domain.
#[derive(Debug, Clone)]
pub struct Examination {
    /// The platform being left.
    pub source: Option<Recognised>,
    /// The filter in front.
    pub gateway: Option<Recognised>,
    /// The zone that the domain lies in.
    pub zone: Option<Zone>,
    /// Every expectation, met or not.
    pub judged: Vec<Judged>,
    /// What is wrong beside the expectations.
    pub hazards: Vec<Hazard>,
    /// What DNS cannot show and the admin should look at.
    pub reminders: Vec<Reminder>,
    /// The sum of it.
    pub verdict: Verdict,
}

/// How strictly to weigh.
#[derive(Debug, Clone, Copy, Default)]
pub struct Scales {
    /// Whom to believe.
    pub view: View,
    /// Whether what is recommended counts as required.
    pub strict: bool,
}

/// Judges everything about one domain.
#[must_use]
pub fn examine(subject: &Subject, facts: &Facts, scales: Scales) -> Examination {
    let nothing_planned = Overlay::new();
    let sight = Sight { facts, witness: Witness::Published, view: scales.view, overlay: &nothing_planned };
    let source = origin::source(subject, &sight);
    let case = Case { subject, source: source.as_ref().and_then(|source| source.provider), sight };
    let list = expectations(subject);
    let panel = Panel::new(&case, &list);
    let judged: Vec<Judged> = list.into_iter().map(|expectation| panel.judged(expectation)).collect();
    let hazards = hazard::hazards(&case, &judged);
    let reminders = reminder::reminders(&case, &judged);
    let verdict = verdict(&judged, &hazards, scales.strict);
    let (zone, gateway) = (facts.zone(&subject.domain), origin::gateway(subject, &sight));
    Examination { source, gateway, zone, judged, hazards, reminders, verdict }
}

fn verdict(judged: &[Judged], hazards: &[Hazard], strict: bool) -> Verdict {
    let least = if strict { Importance::Recommended } else { Importance::Required };
    let has = |status| judged.iter().any(|judged| judged.importance >= least && judged.status == status);
    if has(Status::Unmet) || hazards.iter().any(|hazard| hazard.level == Weight::Error) {
        Verdict::ChangesNeeded
    } else if has(Status::Unknown) {
        Verdict::Undetermined
    } else if has(Status::Waiting) {
        Verdict::Waiting
    } else {
        Verdict::Ready
    }
}
