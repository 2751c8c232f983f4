//! Law 1: does publishing the plan make the check ready, and is nothing left to plan then?
//!
//! Law 2 is held on the same plans.

use super::kept::dropped;
use super::realistic::held::{Step, lines};
use super::worlds::{AUTODISCOVER, Choice, MSOID, MX, SPF, VERIFICATION, World, some_worlds, worlds};
use super::{Judgement, assert_none};
use crate::world::publish;
use std::collections::BTreeSet;

use cutover::check::{Code, ExpectationResult, Severity, Status, Verdict};
use cutover::expected::{Cloud, Importance, Phase};

#[test]
fn a_published_plan_makes_ready_to_prepare() {
    assert_none(&faults(Phase::Prepare));
}

#[test]
fn a_published_plan_makes_ready_to_switch() {
    assert_none(&faults(Phase::Switch));
}

#[test]
fn a_published_plan_makes_ready_to_tidy() {
    assert_none(&faults(Phase::Tidy));
}

#[test]
fn every_state_is_in_some_world() {
    let all: BTreeSet<&str> = Phase::ALL
        .iter()
        .flat_map(|phase| worlds(*phase))
        .flat_map(|world| world.states.into_iter().map(|state| state.name))
        .collect();
    for state in [MX, SPF, AUTODISCOVER, VERIFICATION, MSOID].into_iter().flatten() {
        assert!(all.contains(state.name), "{}", state.name);
    }
}

#[test]
fn what_a_resolver_still_remembers_only_takes_time() {
    let mut faults = Vec::new();
    for world in some_worlds(24) {
        let plan = Judgement::new(&world, &world.facts(&world.zone)).changes;
        let zone = publish(&world.zone, &plan);
        let fresh = Judgement::new(&world, &world.facts(&zone)).assessment;
        let facts = world.facts_with_cache(&zone, &world.zone);
        let stale = Judgement::new(&world, &facts);
        if let Some(change) = stale.changes.first() {
            faults.push(format!("{}: plans {change:?}", world.title()));
        }
        for (then, now) in fresh.judged.iter().zip(&stale.assessment.judged) {
            let same = (now.status, now.code) == (then.status, then.code);
            let waits = then.status == Status::Met && matches!(now.status, Status::Met | Status::Waiting);
            if !same && !waits {
                faults.push(format!(
                    "{}: {} {} became {}",
                    world.title(),
                    now.expectation.id,
                    then.code,
                    now.code
                ));
            }
        }
    }
    assert_none(&faults);
}

/// What is wrong with the plans of all worlds of a phase, by this law and by the second.
fn faults(phase: Phase) -> Vec<String> {
    let mut faults = Vec::new();
    for world in worlds(phase) {
        let before = Judgement::new(&world, &world.facts(&world.zone));
        let fault = fault(&world, &before)
            .or_else(|| dropped(&world, &before.changes))
            .or_else(|| harm(&world, &before));
        faults.extend(fault.map(|fault| format!("{}: {fault}", world.title())));
    }
    faults
}

fn fault(world: &World, before: &Judgement) -> Option<String> {
    let unasked = [Code::LookupFailed, Code::TreeTooLarge];
    if let Some(judged) = before.assessment.judged.iter().find(|judged| unasked.contains(&judged.code)) {
        return Some(format!("not asked: {}", judged.message));
    }
    let zone = publish(&world.zone, &before.changes);
    let after = Judgement::new(world, &world.facts(&zone));
    if let Some(change) = after.changes.first() {
        return Some(format!("planned again after {:?}: {change:?}", before.changes));
    }
    let left = after.assessment.judged.iter().find(|judged| {
        judged.importance == Importance::Required
            && judged.status != Status::Met
            && !is_fixed_elsewhere(world, judged)
    });
    if let Some(ExpectationResult { code, message, .. }) = left {
        return Some(format!("left: {code}, {message}, after {:?}", before.changes));
    }
    // Which host Microsoft assigns, the admin center shows.
    let mut hazards = after.assessment.hazards.iter().filter(|hazard| hazard.code != Code::MxNotAssigned);
    let hazard = hazards.find(|hazard| hazard.level == Severity::Error);
    if let Some(hazard) = hazard {
        return Some(format!("left: {}, {}", hazard.code, hazard.message));
    }
    let elsewhere = after.assessment.judged.iter().any(|judged| is_fixed_elsewhere(world, judged));
    let ready = matches!(after.assessment.verdict, Verdict::Ready | Verdict::Waiting);
    (!ready && !elsewhere).then(|| format!("{} with nothing left", after.assessment.verdict))
}

/// What the plan takes away that works, by code that knows nothing of the rules.
fn harm(world: &World, before: &Judgement) -> Option<String> {
    if world.subject.cloud != Cloud::Worldwide {
        return None;
    }
    let options = match world.choice {
        Choice::Default | Choice::Recent | Choice::Ambiguous => "",
        Choice::Verification | Choice::NotAccepted => " --verification MS=ms12345678",
        Choice::MailHost => " --mx contoso-com.o-v1.mx.microsoft",
        Choice::Gateway => " --gateway mimecast",
        Choice::Hybrid => " --hybrid",
        Choice::Source => " --source rackspace",
    };
    let (zone, after) = (lines(&world.zone), lines(&publish(&world.zone, &before.changes)));
    let step = Step {
        options,
        phase: world.subject.phase,
        before: &zone,
        checked: &before.assessment,
        changes: &before.changes,
        after: &after,
        again: &before.assessment,
        changes_again: &[],
        nonexistent: &[
            "v1.example",
            "v2.example",
            "v3.example",
            "nothing.example",
            "back.example",
            "two.example",
            "broken.example",
            "self.example",
            "192.0.2.9",
        ],
    };
    step.harm().into_iter().next()
}

/// What no edit of the zone can fix; the report says where the fix is.
fn is_fixed_elsewhere(world: &World, judged: &ExpectationResult) -> bool {
    let has = |name: &str| world.states.iter().any(|state| state.name == name);
    match judged.code {
        // In the admin center.
        Code::MxTargetMissing => true,
        // Whether a filter is to stay, the admin must say.
        Code::MxGatewayUndeclared => true,
        // By dropping senders, which only the admin can choose.
        Code::SpfTooManyLookups => true,
        // In the record of somebody else.
        Code::SpfInvalid => has("spf foreign twice") || has("spf foreign broken"),
        Code::SpfIncludeLoop => has("spf foreign loop"),
        // Which hosts a filter gives a customer is known to the two of them only.
        Code::MxMissing
        | Code::MxNull
        | Code::MxAtSource
        | Code::MxElsewhere
        | Code::MxMalformedTarget
        | Code::MxRetiredHost
        | Code::MxWrongCloud
        | Code::MxVerificationLeft
        | Code::MxTargetIsAlias => world.choice == Choice::Gateway || world.choice.hides_host(),
        // The right host that stands beside the others does not exist, and nobody can tell another one.
        Code::MxRival => world.choice.hides_host(),
        _ => false,
    }
}
