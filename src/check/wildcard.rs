//! Tells records from wildcard answers.
//!
//! A wildcard answers alike for every name that does not exist (RFC 4592 §3.3.1), so an answer is compared
//! with that of a name beside it that is never published. What only a wildcard says is not there to be
//! replaced or taken away.

use crate::facts::LookupFailure;
use crate::record::{Name, Question, RecordSet, RecordType};

use super::Case;

/// A label that is never published: if it answers, a wildcard does.
pub const PROBE_LABEL: &str = "cutover-wildcard-probe";

/// The question whose answer is what a wildcard has for this one; `None` for a name that a
/// wildcard cannot answer for.
pub(super) fn probe(question: &Question, domain: &Name) -> Option<Question> {
    // The wildcard itself is a name of its own.
    if question.name == *domain || question.name.first_label() == Some(b"*") {
        return None;
    }
    match question.rtype {
        RecordType::Cname | RecordType::A | RecordType::Aaaa => probe_below(domain, question.rtype),
        rtype => probe_below(&question.name.parent()?, rtype),
    }
}

/// Returns whether only a wildcard answers the question with this set.
///
/// # Errors
/// [`LookupFailure`] if what it would answer could not be looked up.
pub fn is_from_wildcard(
    case: &Case<'_>,
    question: &Question,
    set: &RecordSet,
) -> Result<bool, LookupFailure> {
    is_from_wildcard_of(case, question, set, &case.subject.domain)
}

/// As [`is_from_wildcard`], where the zone begins above the domain.
///
/// # Errors
/// [`LookupFailure`] if what it would answer could not be looked up.
pub(super) fn is_from_wildcard_of(
    case: &Case<'_>,
    question: &Question,
    set: &RecordSet,
    zone: &Name,
) -> Result<bool, LookupFailure> {
    if set.is_empty() {
        return Ok(false);
    }
    match probe(question, zone) {
        Some(probe) => answers_alike(case, &probe, question.rtype, set),
        None => Ok(false),
    }
}

/// Returns whether the probe shows a wildcard that answers a question of the type with this set.
///
/// # Errors
/// [`LookupFailure`] if the probe could not be looked up.
pub(super) fn answers_alike(
    case: &Case<'_>,
    probe: &Question,
    rtype: RecordType,
    set: &RecordSet,
) -> Result<bool, LookupFailure> {
    let answer = case.sight.own_answer(probe)?;
    if rtype == RecordType::Cname {
        let first = answer.chain.first();
        return Ok(first.is_some() && set.data.iter().all(|data| data.target() == first));
    }
    Ok(answer.set.data == set.data)
}

/// The question whose answer is what a wildcard right below `place` has for questions of the type.
pub(super) fn probe_below(place: &Name, rtype: RecordType) -> Option<Question> {
    // The address of an alias shows its target as well, and is asked for anyway.
    let rtype = if rtype == RecordType::Cname { RecordType::A } else { rtype };
    Some(Question::new(place.prepend(PROBE_LABEL).ok()?, rtype))
}

/// The records of the type at the name itself: not at the end of an alias, not by a wildcard,
/// and none if no server was asked or answered.
pub(super) fn own(case: &Case<'_>, name: &Name, rtype: RecordType) -> RecordSet {
    let question = Question::new(name.clone(), rtype);
    if let Some(planned) = case.sight.overlay.get(&question) {
        return planned.clone();
    }
    let Some(reply) = case.sight.reply(&question).filter(|reply| reply.outcome.is_answer()) else {
        return RecordSet::default();
    };
    let set = RecordSet::of(reply.wanted().filter(|record| record.name == *name));
    // What a zone file holds stands there itself.
    if case.sight.facts.on_file.contains(&question) {
        return set;
    }
    match is_from_wildcard(case, &question, &set) {
        Ok(false) => set,
        Ok(true) | Err(_) => RecordSet::default(),
    }
}
