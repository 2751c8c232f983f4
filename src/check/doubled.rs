//! Finds records that were published with the zone name twice.
//!
//! Many panels append the zone name to whatever is typed into the host field, even to the full name.

use crate::facts::{LookupFailure, zone_candidates};
use crate::record::{Name, Question, RecordType};

use super::{Case, wildcard};

/// Returns the name with the zone name twice, if a record was published there.
pub(super) fn found(case: &Case<'_>, name: &Name, rtype: RecordType) -> Result<Option<Name>, LookupFailure> {
    for (doubled, zone) in names(name, &case.subject.domain) {
        let set = case.view.own_answer(&Question::new(doubled.clone(), rtype))?.set;
        let masked = rtype == RecordType::Cname && {
            let question = Question::new(doubled.clone(), rtype);
            wildcard::is_from_wildcard_of(case, &question, &set, &zone)?
        };
        if !set.is_empty() && !masked {
            return Ok(Some(doubled));
        }
    }
    Ok(None)
}

/// Reads in one batch everything that shows whether a record was published with the zone name twice.
pub(super) fn read(case: &Case<'_>, name: &Name, rtype: RecordType) {
    let view = &case.view;
    view.batch(|| {
        for (doubled, zone) in names(name, &case.subject.domain) {
            let probe = wildcard::probe_below(&zone, rtype).filter(|_| rtype == RecordType::Cname);
            let questions = std::iter::once(Question::new(doubled, rtype)).chain(probe);
            questions.for_each(|question| view.read(&question));
        }
    });
}

/// Returns the names under which a panel publishes a name that was typed in full, each with the zone name that it
/// appends. The zone may begin at the domain or above it.
pub(super) fn names(name: &Name, domain: &Name) -> Vec<(Name, Name)> {
    let zones = zone_candidates(domain).into_iter();
    zones.filter_map(|zone| Some((name.doubled(&zone).ok()?, zone))).collect()
}
