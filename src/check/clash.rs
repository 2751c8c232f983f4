//! Finds CNAMEs next to other records.
//!
//! No other data may exist next to a CNAME (RFC 1034 §3.6.2). Where panels let it through, one server
//! answers with the one and the next with the other. What is wanted at the name stays, and what else is
//! beside it has to go.

use crate::expected::{Expectation, Requirement};
use crate::record::{Name, Question, RecordType};

use super::{Case, Code, Edit, Finding, backticked, join_and, wildcard};

/// Types that people publish beside an alias.
pub(super) const OTHERS: [RecordType; 5] =
    [RecordType::A, RecordType::Aaaa, RecordType::Mx, RecordType::Srv, RecordType::Txt];

/// The types of the other records beside the alias at the name; none without an alias.
pub(super) fn beside_alias(case: &Case<'_>, name: &Name) -> Vec<RecordType> {
    let case = case.without_asking();
    if wildcard::own(&case, name, RecordType::Cname).is_empty() { Vec::new() } else { others(&case, name) }
}

/// Returns whether the name is judged for an alias and other records at once, in this phase.
pub(super) fn is_judged(case: &Case<'_>, expectation: &Expectation) -> bool {
    is_possible(expectation) && !case.is_early(expectation)
}

/// Returns whether a name of this kind is checked for an alias and other records at once.
pub(super) fn is_possible(expectation: &Expectation) -> bool {
    match &expectation.requirement {
        Requirement::IsAliasOf(_)
        | Requirement::MayBeAliasOf(_)
        | Requirement::HasDkimKeyAt(_)
        | Requirement::IsAbsent
        | Requirement::HasDmarcPolicy
        | Requirement::RejectsForgedMail
        | Requirement::OffersService(_)
        | Requirement::MayOfferService(_) => true,
        Requirement::DeliversTo(_)
        | Requirement::SpfIncludes(_)
        | Requirement::HasVerification(_)
        | Requirement::TakesNoMail
        | Requirement::AuthorizesNoSender
        | Requirement::MayAnnouncePolicy
        | Requirement::MayAskForTlsReports => false,
    }
}

/// The finding about a name that must be an alias: all other records go, before the alias is
/// added.
pub(super) fn keep_alias(case: &Case<'_>, expectation: &Expectation, mut finding: Finding) -> Finding {
    let name = &expectation.name;
    let stands = !wildcard::own(case, name, RecordType::Cname).is_empty();
    let adds = |edit: &Edit| edit.name == *name && edit.rtype == RecordType::Cname && !edit.after.is_empty();
    if !(stands || finding.fix.iter().any(adds)) {
        return finding;
    }
    // Beside an alias a server answers with nothing else; where one is to be added, what is in the way has to go first.
    // A wildcard answers only for names that have nothing themselves (RFC 4592 §2.2.1).
    let is_asked = !stands && case.probes(expectation) && finding.code != Code::AliasFromWildcard;
    let others = if is_asked { others(case, name) } else { others(&case.without_asking(), name) };
    if !is_judged(case, expectation) {
        return finding;
    }
    if others.is_empty() {
        return finding;
    }
    finding.fix.retain(|edit| edit.name != *name || !others.contains(&edit.rtype));
    let gone = others.iter().map(|rtype| Edit::deletion(name.clone(), *rtype));
    finding.fix.splice(0..0, gone);
    if stands { clashing(name, &others, finding) } else { finding }
}

/// The finding about a name that must have records of its own: an alias beside them goes.
pub(super) fn keep_records(case: &Case<'_>, expectation: &Expectation, mut finding: Finding) -> Finding {
    let name = &expectation.name;
    // Beside an alias no server shows other records; a zone file may hold both, and an answer may come from behind one.
    let is_behind =
        case.sight.own_answer(&expectation.question()).is_ok_and(|answer| !answer.chain.is_empty());
    let is_asked = is_behind && !finding.code.is_met();
    let case = &if is_asked { *case } else { case.without_asking() };
    let has_alias = !wildcard::own(case, name, RecordType::Cname).is_empty();
    if !is_judged(case, expectation) || !has_alias {
        return finding;
    }
    let stands = !wildcard::own(case, name, expectation.rtype).is_empty();
    let adds = |edit: &Edit| edit.name == *name && edit.rtype == expectation.rtype && !edit.after.is_empty();
    if !(stands || finding.fix.iter().any(adds)) {
        return finding;
    }
    finding.fix.insert(0, Edit::deletion(name.clone(), RecordType::Cname));
    if stands { clashing(name, &[expectation.rtype], finding) } else { finding }
}

/// Deletes a CNAME that is not expected, if other records are next to it.
pub(super) fn drop_alias(case: &Case<'_>, expectation: &Expectation, mut finding: Finding) -> Finding {
    let name = &expectation.name;
    let others = beside_alias(case, name);
    if others.is_empty() || !is_judged(case, expectation) {
        return finding;
    }
    finding.fix = vec![Edit::deletion(name.clone(), RecordType::Cname)];
    clashing(name, &others, finding)
}

/// What is wrong in any case keeps its own code; what would be right is not, because of the records next to
/// it.
fn clashing(name: &Name, others: &[RecordType], mut finding: Finding) -> Finding {
    if finding.code.is_met() {
        finding.code = Code::CnameWithOtherData;
        finding.message = message(name, others);
    }
    finding
}

/// What is wrong, and what follows from it.
pub(super) fn message(name: &Name, others: &[RecordType]) -> String {
    format!(
        "Delete the CNAME or the {} records at {}: DNS allows no other record next to a CNAME (RFC 1034 \
         §3.6.2), so servers return only one of them.",
        join_and(others.iter().map(ToString::to_string)),
        backticked(name)
    )
}

fn others(case: &Case<'_>, name: &Name) -> Vec<RecordType> {
    read_others(case, name);
    let stands = |rtype: &RecordType| match rtype {
        // A service at such a name is found where a zone file holds it.
        RecordType::Srv => !wildcard::own(&case.without_asking(), name, *rtype).is_empty(),
        _ => !wildcard::own(case, name, *rtype).is_empty(),
    };
    OTHERS.into_iter().filter(stands).collect()
}

/// Has the other records at the name asked that would be in the way of an alias.
pub(super) fn read_others(case: &Case<'_>, name: &Name) {
    let types = OTHERS.into_iter().filter(|rtype| *rtype != RecordType::Srv);
    case.sight.batch(|| {
        types.for_each(|rtype| drop(case.sight.own_answer(&Question::new(name.clone(), rtype))));
    });
}
