//! Distinguishes records from wildcard answers.
//!
//! A wildcard gives the same answer for every name that does not exist (RFC 4592 §3.3.1), so an answer is compared with
//! that of a sibling name that is never published. A record that only a wildcard returns cannot be replaced or deleted
//! at the name.

use crate::facts::{Existence, LookupFailure, zone_candidates};
use crate::record::{Name, Question, RecordSet, RecordType};

use super::Case;

/// A label that is never published: if it answers, a wildcard does.
pub(crate) const PROBE_LABEL: &str = "cutover-wildcard-probe";

/// Returns the question whose answer shows what a wildcard returns for this one; `None` for a name that a wildcard
/// cannot answer for.
pub(super) fn probe(question: &Question, domain: &Name) -> Option<Question> {
    // The wildcard itself is an existing name.
    if question.name == *domain || question.name.first_label() == Some(b"*") {
        return None;
    }
    match question.rtype {
        RecordType::Cname | RecordType::A | RecordType::Aaaa => probe_below(domain, question.rtype),
        rtype => probe_below(&question.name.parent()?, rtype),
    }
}

/// Returns whether a random name below the domain answers with the same alias.
///
/// # Errors
/// [`LookupFailure`] if what it would answer could not be looked up.
pub(super) fn is_wildcard_alias(
    case: &Case<'_>,
    name: &Name,
    aliases: &RecordSet,
) -> Result<bool, LookupFailure> {
    is_from_wildcard(case, &Question::new(name.clone(), RecordType::Cname), aliases)
}

/// Returns whether only a wildcard answers the question with this set.
///
/// # Errors
/// [`LookupFailure`] if what it would answer could not be looked up.
pub(crate) fn is_from_wildcard(
    case: &Case<'_>,
    question: &Question,
    set: &RecordSet,
) -> Result<bool, LookupFailure> {
    is_from_wildcard_of(case, question, set, &case.subject.domain)
}

/// Like [`is_from_wildcard`], for a zone that begins above the domain.
///
/// # Errors
/// [`LookupFailure`] if what it would answer could not be looked up.
pub(super) fn is_from_wildcard_of(
    case: &Case<'_>,
    question: &Question,
    set: &RecordSet,
    zone: &Name,
) -> Result<bool, LookupFailure> {
    // A record of a zone file is published at the name itself.
    if set.is_empty() || case.view.facts.on_file.contains(question) {
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
    let answer = case.view.own_answer(probe)?;
    if rtype == RecordType::Cname {
        let first = answer.chain.first();
        return Ok(first.is_some() && set.data.iter().all(|data| data.target() == first));
    }
    Ok(answer.set.data == set.data)
}

/// Returns the question whose answer shows what a wildcard directly below `place` returns for the type.
pub(super) fn probe_below(place: &Name, rtype: RecordType) -> Option<Question> {
    // An address query shows the target of an alias too, and is made anyway.
    let rtype = if rtype == RecordType::Cname { RecordType::A } else { rtype };
    Some(Question::new(place.prepend(PROBE_LABEL).ok()?, rtype))
}

/// Returns the records of the type at the name itself: neither from the target of an alias nor from a wildcard, and
/// none if no server was asked or answered.
pub(super) fn own(case: &Case<'_>, name: &Name, rtype: RecordType) -> RecordSet {
    let question = Question::new(name.clone(), rtype);
    if let Some(planned) = case.view.planned_set(&question) {
        return planned.clone();
    }
    let Some(reply) = case.view.reply(&question).filter(|reply| reply.outcome.is_answer()) else {
        return RecordSet::default();
    };
    let set = RecordSet::of(reply.wanted().filter(|record| record.name == *name));
    // Offline, the answer may come from a wildcard that was not asked about.
    let is_unasked = |probe: Question| {
        let answer = case.view.own_answer(&probe);
        answer.is_ok_and(|answer| answer.existence == Existence::Outside)
    };
    let is_on_file = case.view.facts.on_file.contains(&question);
    if !is_on_file && !set.is_empty() && probe(&question, &case.subject.domain).is_some_and(is_unasked) {
        return RecordSet::default();
    }
    match is_from_wildcard(case, &question, &set) {
        Ok(false) => set,
        Ok(true) | Err(_) => RecordSet::default(),
    }
}

/// The types of records of the domain that are compared with those of a wildcard above it.
const COMPARED_TYPES: [RecordType; 4] = [RecordType::A, RecordType::Aaaa, RecordType::Mx, RecordType::Txt];

/// Returns the questions that [`sets_of_domain`] reads; none for a registrable domain, which is the apex of a zone.
pub(super) fn questions_of_domain(domain: &Name) -> Vec<Question> {
    if zone_candidates(domain).len() < 2 {
        return Vec::new();
    }
    let probe = domain.parent().and_then(|parent| parent.prepend(PROBE_LABEL).ok());
    let names = [Some(domain.clone()), probe].into_iter().flatten();
    names.flat_map(|name| COMPARED_TYPES.map(|rtype| Question::new(name.clone(), rtype))).collect()
}

/// Returns the record sets of the domain that only a wildcard returns. There are none if the domain is the apex of a
/// zone, or if a record is published at or below it: no wildcard then answers for it (RFC 4592 §2.2.1).
#[must_use]
pub(crate) fn sets_of_domain(case: &Case<'_>) -> Vec<(RecordType, RecordSet)> {
    let domain = &case.subject.domain;
    let facts = case.view.facts;
    let is_below_apex = facts.zone_apex(domain).is_some_and(|apex| apex != *domain);
    let is_published = facts.on_file.iter().any(|question| question.name.is_within(domain));
    let probe = domain.parent().and_then(|parent| parent.prepend(PROBE_LABEL).ok());
    let Some(probe) = probe.filter(|_| is_below_apex && !is_published) else { return Vec::new() };
    let own = |name: &Name, rtype| case.view.own_answer(&Question::new(name.clone(), rtype));
    let answers =
        case.view.batch(|| COMPARED_TYPES.map(|rtype| (rtype, own(domain, rtype), own(&probe, rtype))));
    let mut sets = Vec::new();
    for (rtype, answer, of_wildcard) in answers {
        let (Ok(answer), Ok(of_wildcard)) = (answer, of_wildcard) else { return Vec::new() };
        let is_alias = !answer.chain.is_empty();
        let is_unasked = of_wildcard.existence == Existence::Outside;
        if is_alias || is_unasked || answer.set.data != of_wildcard.set.data {
            return Vec::new();
        }
        if !answer.set.is_empty() {
            sets.push((rtype, answer.set));
        }
    }
    sets
}
