//! Is everything asked that a rule reads, whatever is asked first?

#![allow(clippy::disallowed_macros, reason = "a test says what it tried")]

use std::collections::BTreeSet;

use cutover::check::{Code, JudgeOptions, Questions, assess, prefetch};
use cutover::expected::{Id, Phase};
use cutover::facts::{Facts, Reader as _, TrustPolicy};
use cutover::lookup::Limits;
use cutover::record::Question;

use super::assert_none;
use super::worlds::{World, some_worlds, worlds};

#[test]
fn no_rule_ends_with_an_unmet_read() {
    let mut faults = Vec::new();
    let mut tried = 0;
    for world in Phase::ALL.iter().copied().flat_map(worlds) {
        let facts = world.facts(&world.zone);
        for view in [TrustPolicy::Both, TrustPolicy::Authoritative, TrustPolicy::Resolver] {
            let reads =
                assess(&world.subject, &facts, JudgeOptions { view, ..JudgeOptions::default() }).reads;
            tried += 1;
            if !reads.are_met() {
                faults.push(format!("{}, {view:?}: {:?}", world.title(), reads.unmet));
            }
        }
    }
    println!("{tried} checks of worlds, none with a read that was not asked");
    assert_none(&faults);
}

#[test]
fn what_is_asked_first_changes_no_verdict() {
    let mut faults = Vec::new();
    for world in some_worlds(60) {
        let whole = prefetch(&world.subject, &Facts::new(super::worlds::started(), Default::default()));
        let expected = found(&world, None);
        let left_out = (0..whole.len()).map(|index| {
            let rest = whole.iter().enumerate().filter(|(other, _)| *other != index);
            rest.map(|(_, question)| question.clone()).collect::<Vec<Question>>()
        });
        for questions in left_out.chain([Vec::new()]) {
            let count = questions.len();
            let differing = found(&world, Some(questions));
            if differing != expected {
                faults.push(format!("{}, {count} of {}", world.title(), whole.len()));
            }
        }
    }
    assert_none(&faults);
}

/// Every outcome, and everything that was asked but what was asked ahead.
fn found(world: &World, prefetched: Option<Vec<Question>>) -> (BTreeSet<(Id, Code)>, BTreeSet<Code>) {
    let questions = Questions::new(&world.subject, JudgeOptions::default());
    let mut questions = match prefetched {
        Some(prefetched) => questions.with_prefetch(prefetched),
        None => questions,
    };
    let facts = world.facts_for(&mut questions, Limits::default());
    assert!(questions.unmet_at_rest(&facts).is_empty(), "{}", world.title());
    let assessment = assess(&world.subject, &facts, JudgeOptions::default());
    let judged = assessment.judged.iter().map(|one| (one.expectation.id, one.code));
    (judged.collect(), assessment.hazards.iter().map(|hazard| hazard.code).collect())
}
