//! Law 8, for the MX host: is a host that the run saw not to exist never proposed, and is the mail never sent nowhere?
//!
//! Every state of the MX records beside everything that can be known of the host that Microsoft has assigned: the derived
//! one exists, or it does not and one of the newer family does, or several, or none; and each with lookups that fail.

use std::collections::BTreeSet;

use cutover::check::{Code, Severity, Status};
use cutover::expected::{Id, Origin, Phase};
use cutover::facts::{Facts, Outcome, Reply};
use cutover::plan::Change;
use cutover::record::{Name, RecordData, RecordType};

use super::worlds::{Choice, MX, World};
use super::{Judgement, assert_none};

/// What can be known of the assigned host.
const CHOICES: [Choice; 4] = [Choice::Default, Choice::Recent, Choice::Ambiguous, Choice::NotAccepted];

/// Whose lookups fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Failing {
    Nothing,
    Derived,
    OnePartition,
    FoundHost,
    Control,
}

impl Failing {
    const ALL: [Self; 5] = [Self::Nothing, Self::Derived, Self::OnePartition, Self::FoundHost, Self::Control];

    fn hits(self, host: &Name) -> bool {
        let name = match self {
            Self::Nothing => return false,
            Self::Derived => "contoso-com.mail.protection.outlook.com",
            Self::OnePartition => "contoso-com.c-v1.mx.microsoft",
            Self::FoundHost => "contoso-com.o-v1.mx.microsoft",
            Self::Control => "cutover-control.o-v1.mx.microsoft",
        };
        host.without_trailing_dot() == name
    }

    fn apply(self, facts: &Facts) -> Facts {
        let mut failing = Facts::new(facts.checked_at, facts.elsewhere);
        for reply in facts.all() {
            if self.hits(&reply.question.name) {
                let failed = Reply::empty(reply.question.clone(), reply.server.clone(), Outcome::ServFail);
                failing.insert(Reply { at: reply.at, ..failed });
            } else {
                failing.insert(reply.clone());
            }
        }
        failing
    }
}

#[test]
fn no_host_that_is_known_not_to_exist_is_proposed() {
    let mut faults = Vec::new();
    let mut seen = BTreeSet::new();
    for (mx, phase, choice) in all() {
        let world = World::of_mx(*mx, phase, choice);
        let gathered = world.facts(&world.zone);
        for failing in Failing::ALL {
            let facts = failing.apply(&gathered);
            let judgement = Judgement::new(&world, &facts);
            let judged = &judgement.assessment.judged;
            let mx = judged.iter().find(|judged| judged.expectation.id == Id::Mx).unwrap();
            seen.insert((mx.expectation.origin, mx.status));
            let fault = fault(&facts, &judgement, choice, failing);
            faults.extend(fault.map(|fault| format!("{}, {failing:?} fails: {fault}", world.title())));
        }
    }
    assert_none(&faults);
    for origin in [Origin::Found, Origin::Derived] {
        for status in [Status::Met, Status::Unmet] {
            assert!(seen.contains(&(origin, status)), "{origin} is never {}", status.word());
        }
    }
}

fn all() -> impl Iterator<Item = (&'static super::worlds::State, Phase, Choice)> {
    MX.iter().flat_map(|mx| {
        let phases = Phase::ALL.iter();
        phases.flat_map(move |phase| CHOICES.map(|choice| (mx, *phase, choice)))
    })
}

fn fault(facts: &Facts, judgement: &Judgement, choice: Choice, failing: Failing) -> Option<String> {
    let judged = &judgement.assessment.judged;
    let mx = judged.iter().find(|judged| judged.expectation.id == Id::Mx)?;
    if let Some(host) =
        mx.expectation.data.iter().filter_map(RecordData::target).find(|host| is_absent(facts, host))
    {
        return Some(format!("expects {host}, which does not exist"));
    }
    let is_mx = |change: &&Change| change.name == mx.expectation.name && change.rtype == RecordType::Mx;
    if let Some(change) = judgement.changes.iter().find(is_mx) {
        let after: Vec<&Name> = change.after.data.iter().filter_map(RecordData::target).collect();
        if let Some(host) = after.iter().find(|host| is_absent(facts, host)) {
            return Some(format!("publishes {host}, which does not exist"));
        }
        if after.is_empty() {
            return Some("leaves no MX record".into());
        }
        let before: Vec<&Name> = change.before.data.iter().filter_map(RecordData::target).collect();
        let is_new = |host: &&&Name| !before.contains(host) && !is_dotless(host, &before);
        if after.iter().any(|host| is_new(&host)) && !change.confirm {
            return Some(format!("publishes {after:?} without a word of doubt"));
        }
    }
    let hazard = judgement.assessment.hazards.iter().find(|hazard| hazard.code == Code::MxNotAssigned);
    // What is found is doubted as soon as one lookup of the search fails.
    let finds = choice == Choice::Recent && failing == Failing::Nothing;
    let derives = choice == Choice::Default || failing == Failing::Derived;
    match hazard {
        Some(_) if finds || derives => Some("says that no host is assigned".into()),
        Some(hazard) if (hazard.level == Severity::Error) != (phase_of(judgement) > Phase::Prepare) => {
            Some(format!("is {:?}", hazard.level))
        }
        Some(_) if judgement.changes.iter().any(|change| is_mx(&change)) => {
            Some("says that there is no MX edit, and there is one".into())
        }
        None if mx.status == Status::Unmet && mx.fix.is_empty() && phase_of(judgement) > Phase::Prepare => {
            Some(format!("leaves {} without an edit or a word", mx.code))
        }
        Some(_) | None => None,
    }
}

/// Whether a host was typed without its final dot before.
fn is_dotless(host: &Name, before: &[&Name]) -> bool {
    before.iter().any(|typed| typed.without_trailing_dot().starts_with(&host.without_trailing_dot()))
}

/// The phase of a world, as far as it matters here: in `prepare` no expectation of the switch is required.
fn phase_of(judgement: &Judgement) -> Phase {
    use cutover::expected::Importance;
    let mx = judgement.assessment.judged.iter().find(|judged| judged.expectation.id == Id::Mx).unwrap();
    if mx.importance == Importance::Required { Phase::Switch } else { Phase::Prepare }
}

/// Whether both questions about a host's addresses were answered, and with nothing.
fn is_absent(facts: &Facts, host: &Name) -> bool {
    [RecordType::A, RecordType::Aaaa].into_iter().all(|rtype| {
        let question = cutover::record::Question::new(host.clone(), rtype);
        let mut replies = facts.replies(&question).peekable();
        replies.peek().is_some()
            && replies.all(|reply| matches!(reply.outcome, Outcome::NoData | Outcome::NxDomain))
    })
}
