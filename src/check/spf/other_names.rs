//! Finds SPF records at other names of the domain that mean something else after an edit.
//!
//! `mx:contoso.com` in the record of `news.contoso.com` authorizes whatever hosts take the mail of `contoso.com`, and an
//! include of its record costs the lookups of that record (RFC 7208 §5.3, §5.4, §4.6.4). The domain's own record and
//! those that it includes are edited together with it, and left out here.
//!
//! Name servers do not list their names, so only zone files and transfers show these records.

use std::collections::BTreeSet;

use crate::expected::Purpose;
use crate::facts::{FactsView, PlannedRecords};
use crate::provider::{Clue, Evidence, best_matches};
use crate::record::spf::{DomainSpec, Meaning, Mechanism, Qualifier, SpfRecord};
use crate::record::{Name, Question, RecordData, RecordType};

use crate::check::references;

use super::included::Reader;
use super::{Case, Edit, Finding, Hazard, MOST_LOOKUPS, backticked, edit, join_and, text_of, walk, wildcard};

/// An SPF record at another name.
struct Record {
    owner: Name,
    record: SpfRecord,
}

/// Adds to a finding what its edits change in the SPF records of other names.
pub(in crate::check) fn warned(case: &Case<'_>, mut finding: Finding) -> Finding {
    if finding.fix.is_empty() || case.view.facts.on_file.is_empty() {
        return finding;
    }
    let untouched = PlannedRecords::new();
    let view = FactsView { planned: &untouched, ..case.view.without_asking() };
    let present = Case { view, ..*case };
    let others = records(&present);
    if others.is_empty() {
        return finding;
    }
    for caution in cautions(&present, &others, &mut finding.fix) {
        finding.message = with_sentence(&finding.message, &caution);
    }
    finding
}

/// Adds to hazards what their edits change in the SPF records of other names.
pub(in crate::check) fn warned_of_hazards(case: &Case<'_>, hazards: &mut [Hazard]) {
    if case.view.facts.on_file.is_empty() || hazards.iter().all(|hazard| hazard.fix.is_empty()) {
        return;
    }
    let untouched = PlannedRecords::new();
    let view = FactsView { planned: &untouched, ..case.view.without_asking() };
    let present = Case { view, ..*case };
    let others = records(&present);
    for hazard in hazards.iter_mut().filter(|_| !others.is_empty()) {
        for caution in cautions(&present, &others, &mut hazard.fix) {
            hazard.message = with_sentence(&hazard.message, &caution);
        }
    }
}

/// Marks the edits that change these records, and returns the sentences that say how, each once.
fn cautions(case: &Case<'_>, others: &[Record], fix: &mut [Edit]) -> Vec<String> {
    let mut said: Vec<String> = Vec::new();
    for edit in fix {
        let Some(caution) = caution(case, others, edit) else { continue };
        edit.caution(&caution);
        if !said.contains(&caution) {
            said.push(caution);
        }
    }
    said
}

fn with_sentence(message: &str, sentence: &str) -> String {
    let end = if message.ends_with(['.', ')']) { "" } else { "." };
    format!("{message}{end} {sentence}")
}

/// Returns the other names of the domain whose SPF records include a domain that is meant, each with that domain.
pub(in crate::check) fn including(case: &Case<'_>, is_meant: impl Fn(&Name) -> bool) -> Vec<(Name, Name)> {
    let untouched = PlannedRecords::new();
    let view = FactsView { planned: &untouched, ..case.view.without_asking() };
    let others = records(&Case { view, ..*case });
    let found = others.iter().filter_map(|one| {
        let mut included = one.record.evaluated().filter_map(|term| term.included());
        Some((one.owner.clone(), included.find(|name| is_meant(name))?.clone()))
    });
    found.collect()
}

/// Returns the SPF records at other names of the domain, except those that the domain's own record leads to.
fn records(case: &Case<'_>) -> Vec<Record> {
    let (view, domain) = (&case.view, &case.subject.domain);
    let texts = view.facts.on_file.iter().filter(|set| set.rtype == RecordType::Txt);
    let most = if view.facts.is_offline() { usize::MAX } else { references::MOST_READ };
    let texts: Vec<&Question> = texts.filter(|set| set.name.is_within(domain)).take(most).collect();
    let replies: Vec<_> = view.batch(|| texts.into_iter().filter_map(|set| view.reply(set)).collect());
    let records = replies.into_iter().flat_map(|reply| &reply.records);
    let records = records.filter_map(|record| {
        let parsed = text_of(&record.data).and_then(SpfRecord::parse)?;
        Some(Record { owner: record.name.clone(), record: parsed })
    });
    let mut records: Vec<Record> = records.collect();
    let mut tree = BTreeSet::from([domain.clone()]);
    loop {
        let of_tree = records.iter().filter(|one| tree.contains(&one.owner));
        let included =
            of_tree.flat_map(|one| one.record.terms.iter().filter_map(|term| term.included().cloned()));
        let included: Vec<Name> = included.filter(|name| !tree.contains(name)).collect();
        if included.is_empty() {
            break;
        }
        tree.extend(included);
    }
    records.retain(|one| !tree.contains(&one.owner));
    records
}

/// Returns what an edit changes in these records; `None` if it changes nothing.
fn caution(case: &Case<'_>, others: &[Record], edit: &Edit) -> Option<String> {
    let domain = &case.subject.domain;
    let published = wildcard::own(case, &edit.name, edit.rtype).data;
    let is_lost = || !published.is_subset(&edit.after);
    match edit.rtype {
        RecordType::Mx => {
            let staying: BTreeSet<&Name> = edit.after.iter().filter_map(RecordData::target).collect();
            let may_send = |host: &&Name| {
                let known = best_matches(Clue::Mx(host), domain);
                !host.is_root()
                    && !staying.contains(*host)
                    && !known.iter().any(|provider| !provider.is_weak(Evidence::Mx))
            };
            let leaving = published.iter().filter_map(RecordData::target).filter(may_send).map(backticked);
            let leaving = Some(join_and(leaving)).filter(|leaving| !leaving.is_empty())?;
            let is_mx = |mechanism: &Mechanism| match mechanism {
                Mechanism::Mx(of) => Some(of.clone()),
                _ => None,
            };
            let owners = naming(others, &edit.name, domain, is_mx)?;
            Some(format!(
                "SPF of {owners} authorizes {leaving} by `mx:{}`, and no longer after this edit: name the hosts that send \
                 there first.",
                edit.name.without_trailing_dot()
            ))
        }
        RecordType::Cname
            if edit.after.is_empty() && is_lost() && included_at(others, &edit.name).is_some() =>
        {
            let owners = included_at(others, &edit.name)?;
            Some(format!(
                "SPF of {owners} includes {}, and fails for every sender after this edit: remove that term first.",
                backticked(&edit.name)
            ))
        }
        RecordType::A | RecordType::Aaaa | RecordType::Cname if is_lost() => {
            let is_a = |mechanism: &Mechanism| match mechanism {
                Mechanism::A(of) => Some(of.clone()),
                _ => None,
            };
            let owners = naming(others, &edit.name, domain, is_a)?;
            Some(format!(
                "SPF of {owners} authorizes the present address of {0} by `a:{1}`, and no longer after this edit: name the \
                 address there first.",
                backticked(&edit.name),
                edit.name.without_trailing_dot()
            ))
        }
        RecordType::Txt if edit.name == *domain => exceeding(case, others, edit),
        _ => None,
    }
}

/// Returns the owners, in backticks, of the records that include a name; `None` if there are none.
fn included_at(others: &[Record], about: &Name) -> Option<String> {
    let includes =
        |one: &&Record| one.record.evaluated().filter_map(|term| term.included()).any(|name| name == about);
    few(others.iter().filter(includes).map(|one| &one.owner))
}

/// Returns the owners, in backticks, of the records with a passing mechanism of the kind that names `about`.
fn naming(
    others: &[Record],
    about: &Name,
    domain: &Name,
    of_kind: impl Fn(&Mechanism) -> Option<Option<DomainSpec>>,
) -> Option<String> {
    let names = |owner: &Name, of: Option<DomainSpec>| match of {
        None => owner == about,
        Some(spec) => spec.expanded(owner, domain).is_ok_and(|name| name == *about),
    };
    let is_meant = |one: &&Record| {
        one.record.evaluated().any(|term| match &term.meaning {
            Meaning::Mechanism(Qualifier::Pass, mechanism) => {
                of_kind(mechanism).is_some_and(|of| names(&one.owner, of))
            }
            _ => false,
        })
    };
    few(others.iter().filter(is_meant).map(|one| &one.owner))
}

/// Returns a sentence about records that include the edited one, work, and exceed the limit of lookups after the edit.
fn exceeding(case: &Case<'_>, others: &[Record], edited: &Edit) -> Option<String> {
    let microsoft = case.subject.cloud.name(Purpose::SpfInclude)?;
    let unlogged = FactsView { log: None, ..case.view };
    let mut planned = PlannedRecords::new();
    edit::publish(&mut planned, edited);
    let after = FactsView { planned: &planned, ..unlogged };
    let (before, after) = (Reader::new(&unlogged), Reader::new(&after));
    // Directly, or through other records of the domain.
    let leads_here = |one: &&Record| {
        let mut included = one.record.evaluated().filter_map(|term| term.included());
        included.any(|name| name.is_within(&edited.name))
    };
    let breaks = |one: &&Record| {
        let tally = |reader: &Reader<'_>| walk::tally(reader, &one.owner, &one.record, microsoft);
        !edit::exceeds_limits(&tally(&before)) && edit::exceeds_limits(&tally(&after))
    };
    let owners = few(others.iter().filter(leads_here).filter(breaks).map(|one| &one.owner))?;
    Some(format!(
        "SPF of {owners} includes this record and then exceeds the {MOST_LOOKUPS} lookups that receivers make: remove terms \
         there first."
    ))
}

/// Returns the first of some names, in backticks; `None` if there are none.
fn few<'a>(names: impl Iterator<Item = &'a Name>) -> Option<String> {
    let names: BTreeSet<&Name> = names.collect();
    references::few(names.into_iter().map(backticked).collect())
}
