//! Follows a CNAME chain to its end.

use crate::check::Case;
use crate::expected::{Cloud, Expectation, Purpose};
use crate::facts::{Existence, LookupFailure};
use crate::provider::{self, Clue, Evidence, Provider};
use crate::record::{Name, Question, RecordData, RecordSet, RecordType};

/// The maximum number of names in a chain of aliases that is followed, including the first; a working chain has two or
/// three.
const LONGEST_CHAIN: usize = 8;

/// Returns the name at the end of the chain that begins at `first`; `None` if it loops.
pub(super) fn end_of_chain(
    case: &Case<'_>,
    expectation: &Expectation,
    target: &Name,
    first: &Name,
) -> Result<Option<Name>, LookupFailure> {
    let mut seen = vec![expectation.name.clone()];
    let mut current = first.clone();
    while current != *target && !expectation.also.contains(&current) {
        if seen.contains(&current) {
            return Ok(None);
        }
        if seen.len() >= LONGEST_CHAIN {
            return Err(LookupFailure::chain_too_long(expectation.question(), LONGEST_CHAIN));
        }
        let next = match follows(&current, &case.subject.domain) {
            true => case.view.set(&current, RecordType::Cname)?,
            false => RecordSet::default(),
        };
        seen.push(current.clone());
        match next.data.iter().find_map(RecordData::target) {
            Some(target) => current = target.clone(),
            None => break,
        }
    }
    Ok(Some(current))
}

/// Returns whether the name at the end of a chain lies outside the zone files and may itself be an alias.
pub(super) fn is_unread(case: &Case<'_>, end: &Name) -> bool {
    let answer = || case.view.answer(&Question::new(end.clone(), RecordType::Cname));
    follows(end, &case.subject.domain) && answer().is_ok_and(|answer| answer.existence == Existence::Outside)
}

/// Returns whether to follow a target further: not if the owner of the host is known, whatever platform is being left.
fn follows(target: &Name, domain: &Name) -> bool {
    let microsoft = Cloud::ALL.iter().any(|cloud| cloud.name(Purpose::Autodiscover) == Some(target));
    let strong = |provider: &&'static Provider| !provider.is_weak(Evidence::Autodiscover);
    !microsoft
        && !target.is_root()
        && !provider::best_matches(Clue::Autodiscover(target), domain).iter().any(strong)
}
