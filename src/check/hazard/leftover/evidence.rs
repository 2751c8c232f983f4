//! Finds the published records that show a platform.

use crate::check::{Case, wildcard};
use crate::facts::{Facts, Outcome};
use crate::provider::{self, Clue, Kind, Provider};
use crate::record::{Name, Question, RecordData, RecordSet, RecordType};

/// Returns a platform that mail may be leaving and to which the records of the question lead. Used if the platform
/// being left is not known.
pub(super) fn platform_at(case: &Case<'_>, question: &Question) -> Option<&'static Provider> {
    let domain = &case.subject.domain;
    let answer = case.view.own_answer(question).ok().filter(|answer| answer.chain.is_empty())?;
    let owner =
        question.name.without_suffix(domain).map(|owner| owner.without_trailing_dot()).unwrap_or_default();
    let mut platforms = answer.set.data.iter().flat_map(|data| {
        let clues = clues(&owner, data).into_iter();
        clues.flat_map(|clue| {
            let all = provider::all_matches(clue, domain).into_iter();
            all.filter(move |provider| provider.kind == Kind::Source && !provider.is_weak(clue.evidence()))
        })
    });
    platforms.next()
}

/// Returns the questions at and below the domain that any server answered with records that can be evidence.
pub(in crate::check) fn published_questions<'a>(
    facts: &'a Facts,
    domain: &Name,
) -> impl Iterator<Item = &'a Question> {
    let shown = facts.by_question_where(|question, replies| {
        may_show_evidence(question, domain) && replies.iter().any(|reply| reply.outcome == Outcome::Records)
    });
    shown.into_iter().map(|(question, _)| question)
}

/// Returns whether the records of a question can show which platform the domain uses.
fn may_show_evidence(question: &Question, domain: &Name) -> bool {
    is_evidence_type(question.rtype) && question.name.is_within(domain)
}

/// Returns whether records of the type can show which platform is used.
pub(super) fn is_evidence_type(rtype: RecordType) -> bool {
    matches!(rtype, RecordType::Cname | RecordType::Mx | RecordType::Srv | RecordType::Txt)
}

/// Returns the records that the zone publishes for the question, and their owner, which is the wildcard's name if only
/// a wildcard answers; `None` if none of the records is a leftover.
pub(super) fn own_records(
    case: &Case<'_>,
    question: &Question,
    is_left: impl Fn(&RecordData) -> bool,
) -> Option<(Name, RecordSet)> {
    let domain = &case.subject.domain;
    let answer = case.view.own_answer(question).ok()?;
    if !answer.chain.is_empty() || !answer.set.data.iter().any(is_left) {
        return None;
    }
    let wildcards = wildcards(question, domain);
    // To delete a record of a wildcard, the wildcard's records have to be known.
    case.view.read_ahead(
        wildcards.iter().flat_map(|wildcard| {
            [wildcard.probe.clone(), Question::new(wildcard.name.clone(), question.rtype)]
        }),
    );
    // A record of a zone file is published at the name itself.
    if case.view.facts.on_file.contains(question) {
        return Some((question.name.clone(), answer.set));
    }
    let wildcard = wildcards.into_iter().find(|wildcard| {
        let same = wildcard::answers_alike(case, &wildcard.probe, question.rtype, &answer.set);
        same.unwrap_or(false)
    });
    if let Some(wildcard) = &wildcard {
        // A wildcard above the domain answers below it too, but does not belong to the domain.
        let on_file = &case.view.facts.on_file;
        let is_of_file =
            on_file.is_empty() || on_file.contains(&Question::new(wildcard.name.clone(), question.rtype));
        if !is_of_file {
            return None;
        }
    }
    let name = wildcard.map_or_else(|| question.name.clone(), |wildcard| wildcard.name);
    Some((name, answer.set))
}

/// A wildcard that may answer a question.
struct Wildcard {
    /// The name of the wildcard.
    name: Name,
    /// The question whose answer shows the wildcard's records.
    probe: Question,
}

/// Returns the wildcards that may answer the question, from the one directly below the domain to the one closest to the
/// name.
fn wildcards(question: &Question, domain: &Name) -> Vec<Wildcard> {
    // A wildcard closer to the root may answer for the wildcard itself.
    let skipped = if question.name.first_label() == Some(b"*") { 2 } else { 1 };
    let above = question.name.ancestors().skip(skipped).take_while(|place| place.is_within(domain));
    let mut places: Vec<Name> = above.collect();
    places.reverse();
    let wildcard = |place: &Name| {
        let probe = wildcard::probe_below(place, question.rtype)?;
        Some(Wildcard { name: place.prepend("*").ok()?, probe })
    };
    places.iter().filter_map(wildcard).collect()
}

/// Returns whether a record at that name belongs to the platform, by evidence that is sufficient alone.
pub(super) fn is_of(provider: &Provider, name: &Name, data: &RecordData, domain: &Name) -> bool {
    let owner = name.without_suffix(domain).map(|owner| owner.without_trailing_dot()).unwrap_or_default();
    is_shown_by(provider, clues(&owner, data), domain)
}

/// Returns whether an alias leads to a host of the platform being left, by evidence that is not sufficient alone: other
/// evidence must show the platform, now or in the history. An alias of the domain itself shows nothing.
pub(super) fn is_alias_of(case: &Case<'_>, source: &Provider, name: &Name, data: &RecordData) -> bool {
    let domain = &case.subject.domain;
    let RecordData::Cname(target) = data else { return false };
    let owner = name.without_suffix(domain).map(|owner| owner.without_trailing_dot()).unwrap_or_default();
    let is_shown = case.is_source(source) && !target.is_within(domain);
    is_shown && source.matches(Clue::Cname { owner: &owner, target }, domain)
}

/// Returns whether Microsoft 365 of a reseller has its customers publish the same alias.
pub(super) fn is_of_reseller(name: &Name, data: &RecordData, domain: &Name) -> bool {
    let RecordData::Cname(target) = data else { return false };
    let owner = name.without_suffix(domain).map(|owner| owner.without_trailing_dot()).unwrap_or_default();
    let all = provider::all_matches(Clue::Cname { owner: &owner, target }, domain);
    all.iter().any(|provider| provider.kind == Kind::Microsoft)
}

/// Returns whether an alias or a service at `owner` that leads to `target` leads to the platform.
pub(super) fn is_host_of(provider: &Provider, owner: &str, target: &Name, domain: &Name) -> bool {
    is_shown_by(provider, host_clues(owner, target), domain)
}

fn is_shown_by(provider: &Provider, clues: Vec<Clue<'_>>, domain: &Name) -> bool {
    clues.into_iter().any(|clue| !provider.is_weak(clue.evidence()) && provider.matches(clue, domain))
}

/// Returns the clues about platforms that a record at `owner` gives; `owner` is relative to the domain.
fn clues<'a>(owner: &'a str, data: &'a RecordData) -> Vec<Clue<'a>> {
    match (data, owner.strip_suffix("._domainkey")) {
        (RecordData::Cname(target), Some(selector)) => {
            vec![Clue::Dkim { selector, target: Some(target) }]
        }
        (RecordData::Txt(_), Some(selector)) => vec![Clue::Dkim { selector, target: None }],
        (RecordData::Cname(target) | RecordData::Srv { target, .. }, _) => host_clues(owner, target),
        (RecordData::Mx { exchange, .. }, _) if !owner.is_empty() => vec![Clue::Mx(exchange)],
        _ => Vec::new(),
    }
}

/// Returns the clues that an alias or a service at `owner` with this target gives.
fn host_clues<'a>(owner: &'a str, target: &'a Name) -> Vec<Clue<'a>> {
    let service = Clue::Srv { service: owner, target };
    vec![service, Clue::Cname { owner, target }, Clue::Autodiscover(target), Clue::Mx(target)]
}
