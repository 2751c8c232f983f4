//! Finds records that were published with the zone name twice.
//!
//! Many panels put the zone's name behind whatever is typed into the host field, the full name included.

use crate::facts::{LookupFailure, zone_candidates};
use crate::record::{Name, Question, RecordType};

use super::{Case, wildcard};

/// The name with the zone's name twice, if a record was published there.
pub(super) fn found(case: &Case<'_>, name: &Name, rtype: RecordType) -> Result<Option<Name>, LookupFailure> {
    for (doubled, zone) in names(name, &case.subject.domain) {
        let set = case.sight.own_answer(&Question::new(doubled.clone(), rtype))?.set;
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

/// Has everything asked at once that shows whether a record was published under the name doubled.
pub(super) fn read(case: &Case<'_>, name: &Name, rtype: RecordType) {
    let sight = &case.sight;
    sight.batch(|| {
        for (doubled, zone) in names(name, &case.subject.domain) {
            let probe = wildcard::probe_below(&zone, rtype).filter(|_| rtype == RecordType::Cname);
            let questions = std::iter::once(Question::new(doubled, rtype)).chain(probe);
            questions.for_each(|question| drop(sight.own_answer(&question)));
        }
    });
}

/// The names under which a panel publishes what was typed in full, with the zone whose name it puts behind: the zone
/// may begin at the domain, or above it.
pub(super) fn names(name: &Name, domain: &Name) -> Vec<(Name, Name)> {
    let zones = zone_candidates(domain).into_iter();
    zones.filter_map(|zone| Some((name.doubled(&zone).ok()?, zone))).collect()
}
