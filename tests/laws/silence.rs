//! Law 3: is a lookup that failed never blamed on anybody?

use cutover::check::{Severity, Status, Verdict};
use cutover::facts::{Facts, Outcome, Reply};
use cutover::record::RecordType;

use super::worlds::some_worlds;
use super::{Judgement, assert_none};

/// The ways in which a question is left without an answer, the bounds of our own included.
const FAILURES: [Outcome; 10] = [
    Outcome::Timeout,
    Outcome::ServFail,
    Outcome::Refused,
    Outcome::Malformed,
    Outcome::OutOfTime,
    Outcome::OutOfQuestions,
    Outcome::ServerQueryLimit,
    Outcome::NotAsked,
    Outcome::TooLarge,
    Outcome::ChainTooLong,
];

#[test]
fn no_failed_lookup_makes_anything_wrong() {
    let mut faults = Vec::new();
    for world in some_worlds(40) {
        let facts = world.facts(&world.zone);
        let before = Judgement::new(&world, &facts);
        for (index, failed) in facts.all().enumerate() {
            let outcome = FAILURES[index % FAILURES.len()];
            let after = Judgement::new(&world, &without(&facts, failed, outcome));
            let blamed = blame(&before, &after)
                .map(|blame| format!("{}: {} {outcome}: {blame}", world.title(), failed.question));
            faults.extend(blamed);
        }
    }
    assert_none(&faults);
}

#[test]
fn where_nothing_answers_nothing_is_wrong() {
    for world in some_worlds(60) {
        let facts = world.facts(&world.zone);
        for outcome in [Outcome::Timeout, Outcome::OutOfTime, Outcome::OutOfQuestions, Outcome::TooLarge] {
            let mut silent = Facts::new(facts.checked_at, facts.elsewhere);
            facts.all().for_each(|reply| silent.insert(failed(reply, outcome)));
            let judgement = Judgement::new(&world, &silent);
            assert_eq!(judgement.assessment.verdict, Verdict::Undetermined, "{outcome}: {}", world.title());
            assert!(judgement.assessment.judged.iter().all(|judged| judged.status == Status::Unknown));
            assert!(judgement.changes.is_empty());
        }
    }
}

fn blame(before: &Judgement, after: &Judgement) -> Option<String> {
    let pairs = before.assessment.judged.iter().zip(&after.assessment.judged);
    for (then, now) in pairs {
        let worse = now.status == Status::Unmet && matches!(then.status, Status::Met | Status::Unknown);
        let missing = now.code != then.code && now.code.word().ends_with("-missing");
        if worse || missing {
            return Some(format!("{} was {} and is {}", now.expectation.id, then.code, now.code));
        }
        if now.status == Status::Unmet && now.importance > then.importance {
            return Some(format!("{} became {}", now.expectation.id, now.importance));
        }
    }
    let known = |code| before.assessment.hazards.iter().any(|hazard| hazard.code == code);
    let hazards = &after.assessment.hazards;
    if let Some(hazard) = hazards.iter().find(|hazard| hazard.level == Severity::Error && !known(hazard.code))
    {
        return Some(format!("hazard {}", hazard.code));
    }
    let (then, now) = (before.assessment.verdict, after.assessment.verdict);
    (now == Verdict::ChangesNeeded && then != now).then(|| format!("verdict {now} after {then}"))
}

/// The facts with one reply failed.
fn without(facts: &Facts, reply: &Reply, outcome: Outcome) -> Facts {
    let mut others = Facts::new(facts.checked_at, facts.elsewhere);
    for other in facts.all() {
        others.insert(if std::ptr::eq(other, reply) { failed(other, outcome) } else { other.clone() });
    }
    others
}

fn failed(reply: &Reply, outcome: Outcome) -> Reply {
    let infrastructure = matches!(reply.question.rtype, RecordType::Ns | RecordType::Soa);
    let empty = Reply::empty(reply.question.clone(), reply.server.clone(), outcome);
    Reply { at: reply.at, reason: if infrastructure { "lost".into() } else { String::new() }, ..empty }
}
