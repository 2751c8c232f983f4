//! Finds CNAMEs next to other records.
//!
//! No other data may exist next to a CNAME (RFC 1034 §3.6.2). If a panel accepts it all the same, some servers answer
//! with the CNAME and others with the other records. The expected records stay; the others have to be deleted.

use crate::expected::{Expectation, Requirement};
use crate::record::{Name, Question, RecordData, RecordType};

use super::{Case, Code, Edit, Finding, backticked, join_and, noted, wildcard};

/// The types of records that are commonly published next to an alias by mistake.
pub(super) const OTHERS: [RecordType; 5] =
    [RecordType::A, RecordType::Aaaa, RecordType::Mx, RecordType::Srv, RecordType::Txt];

/// Returns the types of the other records next to the alias at the name; none if there is no alias.
pub(super) fn types_next_to_alias(case: &Case<'_>, name: &Name) -> Vec<RecordType> {
    let case = case.without_asking();
    if wildcard::own(&case, name, RecordType::Cname).is_empty() { Vec::new() } else { others(&case, name) }
}

/// Returns whether, in this phase, the name is checked for an alias next to other records.
pub(super) fn is_judged(case: &Case<'_>, expectation: &Expectation) -> bool {
    is_possible(expectation) && !case.is_early(expectation)
}

/// Returns whether names of this kind are checked for an alias next to other records.
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

/// Adds edits to the finding about a name that must be an alias: all other records are deleted before the alias is
/// added.
pub(super) fn keep_alias(case: &Case<'_>, expectation: &Expectation, mut finding: Finding) -> Finding {
    let name = &expectation.name;
    let stands = !wildcard::own(case, name, RecordType::Cname).is_empty();
    let adds = |edit: &Edit| edit.name == *name && edit.rtype == RecordType::Cname && !edit.after.is_empty();
    if !(stands || finding.fix.iter().any(adds)) {
        return finding;
    }
    // A server that has the alias answers with nothing else, so other records matter only if the alias is still to be
    // added. A wildcard answers only for names that have no records of their own (RFC 4592 §2.2.1).
    let is_asked = !stands && case.requests(expectation) && finding.code != Code::AliasFromWildcard;
    let others = if is_asked { others(case, name) } else { others(&case.without_asking(), name) };
    if !is_judged(case, expectation) {
        return finding;
    }
    if others.is_empty() {
        return finding;
    }
    finding.fix.retain(|edit| edit.name != *name || !others.contains(&edit.rtype));
    // What to make sure of before the alias is added matters before anything is deleted for it.
    let added: Vec<String> =
        finding.fix.iter().filter(|edit| adds(edit)).flat_map(|edit| &edit.cautions).cloned().collect();
    // An address is replaced by that of the alias, and everything else is lost.
    let is_address = |rtype: &&RecordType| matches!(rtype, RecordType::A | RecordType::Aaaa);
    // What is said about a text at a selector, which may be a key, is more exact.
    let is_selector = matches!(expectation.requirement, Requirement::HasDkimKeyAt(_));
    let unusual = others.iter().filter(|rtype| !OTHERS.contains(rtype)).map(ToString::to_string);
    let unusual = Some(join_and(unusual)).filter(|unusual| !unusual.is_empty() && is_selector && !stands);
    if let Some(unusual) = unusual {
        // A recommended alias is no reason to delete what has nothing to do with mail.
        finding.fix.retain(|edit| edit.name != *name);
        let note = format!(
            "no edit of {} is proposed, because {unusual} records are published there: delete them first if nothing uses \
             them",
            backticked(name)
        );
        finding.message = noted(&finding.message, &note);
        return finding;
    }
    let is_lost = |rtype: &&RecordType| !(is_address(rtype) || is_selector && **rtype == RecordType::Txt);
    let lost = Some(join_and(others.iter().filter(is_lost).map(ToString::to_string)));
    let lost = lost.filter(|lost| !lost.is_empty()).map(|lost| {
        format!("Make sure that nothing uses the {lost} records at {}: they are deleted.", backticked(name))
    });
    let gone = others.iter().map(|rtype| {
        let mut edit = Edit::deletion(name.clone(), *rtype);
        added.iter().for_each(|caution| edit.caution(caution));
        lost.iter().filter(|_| is_lost(&rtype)).for_each(|caution| edit.caution(caution));
        edit
    });
    finding.fix.splice(0..0, gone);
    if stands {
        return clashing(name, &others, finding);
    }
    if let Some(lost) = &lost {
        finding.message = format!("{}. {lost}", finding.message.trim_end_matches('.'));
    }
    finding
}

/// Returns the target of an alias at the domain itself. A zone file shows both the alias and other records; a server
/// answers with only one of them.
pub(super) fn alias_at_domain(case: &Case<'_>) -> Option<Name> {
    let domain = &case.subject.domain;
    let alias = Question::new(domain.clone(), RecordType::Cname);
    if case.view.facts.on_file.contains(&alias)
        && let Ok(answer) = case.view.own_answer(&alias)
        && let Some(target) = answer.set.data.iter().find_map(RecordData::target)
    {
        return Some(target.clone());
    }
    [RecordType::Mx, RecordType::Txt].into_iter().find_map(|rtype| {
        let reply = case.view.reply(&Question::new(domain.clone(), rtype))?;
        let alias = reply.records.iter().find(|record| record.name == *domain)?;
        match &alias.data {
            RecordData::Cname(target) => Some(target.clone()),
            _ => None,
        }
    })
}

/// Removes the edits that would add records next to an alias at the domain itself: servers refuse them.
pub(super) fn without_edits_beside_alias(case: &Case<'_>, mut finding: Finding) -> Finding {
    let domain = &case.subject.domain;
    let is_added = |edit: &Edit| {
        edit.name == *domain && wildcard::own(&case.without_asking(), domain, edit.rtype).is_empty()
    };
    if finding.fix.iter().any(is_added) && alias_at_domain(&case.without_asking()).is_some() {
        finding.fix.retain(|edit| !is_added(edit));
        let note = format!("no edit is proposed until the CNAME of {} is gone", backticked(domain));
        finding.message = noted(&finding.message, &note);
    }
    finding
}

/// Adds an edit to the finding about a name that must have records of its own: an alias next to them is deleted.
pub(super) fn keep_records(case: &Case<'_>, expectation: &Expectation, mut finding: Finding) -> Finding {
    let name = &expectation.name;
    // A server that has an alias does not show other records, but a zone file may hold both, and an answer may come
    // from the target of an alias.
    let is_behind =
        case.view.own_answer(&expectation.question()).is_ok_and(|answer| !answer.chain.is_empty());
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
    if stands { clashing(name, &[RecordType::Cname], finding) } else { finding }
}

/// Deletes a CNAME that is not expected, if other records are next to it.
pub(super) fn drop_alias(case: &Case<'_>, expectation: &Expectation, mut finding: Finding) -> Finding {
    let name = &expectation.name;
    let others = types_next_to_alias(case, name);
    if others.is_empty() || !is_judged(case, expectation) {
        return finding;
    }
    finding.fix = vec![Edit::deletion(name.clone(), RecordType::Cname)];
    clashing(name, &[RecordType::Cname], finding)
}

/// Replaces the code and message of a finding that would be met without records of these types. One that is wrong anyway
/// keeps its own.
fn clashing(name: &Name, gone: &[RecordType], mut finding: Finding) -> Finding {
    if finding.code.is_met() {
        finding.code = Code::CnameWithOtherData;
        finding.message = message(name, gone);
    }
    finding
}

/// Returns the message that names the records to delete, so that the others or the CNAME next to them can stay.
pub(super) fn message(name: &Name, gone: &[RecordType]) -> String {
    let what = match gone {
        [RecordType::Cname] => "the CNAME".to_owned(),
        others => format!("the {} records", join_and(others.iter().map(ToString::to_string))),
    };
    format!(
        "Delete {what} at {}: DNS allows no other record next to a CNAME (RFC 1034 §3.6.2), so servers return \
         only one of them.",
        backticked(name)
    )
}

/// Returns the types that have to go from a name with an alias and others: those that the fix deletes, or else those
/// that are not expected there.
pub(super) fn types_to_delete(
    expectation: &Expectation,
    others: &[RecordType],
    fix: &[Edit],
) -> Vec<RecordType> {
    let deleted = fix.iter().filter(|edit| edit.name == expectation.name && edit.after.is_empty());
    let deleted: Vec<RecordType> = deleted.map(|edit| edit.rtype).collect();
    let keeps_alias =
        matches!(expectation.requirement, Requirement::IsAliasOf(_) | Requirement::HasDkimKeyAt(_));
    match (deleted.is_empty(), keeps_alias) {
        (false, _) => deleted,
        (true, true) => others.to_vec(),
        (true, false) => vec![RecordType::Cname],
    }
}

fn others(case: &Case<'_>, name: &Name) -> Vec<RecordType> {
    // Of the types that are not asked for, those that have a reply are read below.
    if case.view.asks() {
        read_others(case, name);
    }
    let stands = |rtype: &RecordType| match rtype {
        // An SRV record at such a name is found only in a zone file.
        RecordType::Srv => !wildcard::own(&case.without_asking(), name, *rtype).is_empty(),
        _ => !wildcard::own(case, name, *rtype).is_empty(),
    };
    // A name server does not list its types, but a zone file does.
    let first = Question::new(name.clone(), RecordType::A);
    let on_file = case.view.facts.on_file.range(first..).take_while(|set| set.name == *name);
    let unusual = on_file.map(|set| set.rtype).filter(|rtype| !OTHERS.contains(rtype) && !is_allowed(*rtype));
    let unusual = unusual.filter(|rtype| !wildcard::own(&case.without_asking(), name, *rtype).is_empty());
    OTHERS.into_iter().filter(stands).chain(unusual.collect::<Vec<_>>()).collect()
}

/// Returns whether records of the type are no data of their own next to an alias: the alias itself, those of DNSSEC (RFC
/// 4034 §3, §4), and those of a zone that begins at the name.
fn is_allowed(rtype: RecordType) -> bool {
    const DNSSEC: [RecordType; 3] = [RecordType::Other(46), RecordType::Other(47), RecordType::Other(25)];
    matches!(rtype, RecordType::Cname | RecordType::Ns | RecordType::Soa) || DNSSEC.contains(&rtype)
}

/// Reads the other records at the name, which would prevent an alias.
pub(super) fn read_others(case: &Case<'_>, name: &Name) {
    let types = OTHERS.into_iter().filter(|rtype| *rtype != RecordType::Srv);
    case.view.batch(|| {
        types.for_each(|rtype| case.view.read(&Question::new(name.clone(), rtype)));
    });
}
