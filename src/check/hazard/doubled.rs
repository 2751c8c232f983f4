//! Finds records of the domain that were published with the zone name twice.
//!
//! If a panel appends the zone name to whatever is typed, typing the domain in full makes `contoso.com.contoso.com`.
//! The checks of aliases find that themselves; those of the domain's MX and TXT records read only the domain.

use std::collections::BTreeSet;

use crate::expected::{Id, MailHosts, Requirement};
use crate::record::spf::SpfRecord;
use crate::record::{Name, Question, RecordData, RecordType};

use super::{Case, Code, Edit, ExpectationResult, Hazard, Status, backticked, delivery, join_and, wildcard};
use crate::check::{doubled, text};

/// Reports right MX and TXT records at the doubled name that are missing at the domain itself.
pub(super) fn domain_doubled(case: &Case<'_>, judged: &[ExpectationResult]) -> Vec<Hazard> {
    let domain = &case.subject.domain;
    let hosts = judged.iter().find_map(|judged| match &judged.expectation.requirement {
        Requirement::DeliversTo(hosts) => Some(hosts),
        _ => None,
    });
    let is_right = |data: &RecordData| {
        let host = data.target().zip(hosts);
        host.is_some_and(|(host, hosts)| delivery::classify(host, hosts, domain, case.source).is_right())
    };
    // A record that was published with the zone name twice is missing at the domain itself.
    let is_missing = |rtype: RecordType| {
        judged.iter().filter(|judged| judged.status == Status::Unmet).any(|judged| {
            match judged.expectation.id {
                Id::Mx => rtype == RecordType::Mx && !judged.observed.data.iter().any(is_right),
                Id::Spf => {
                    rtype == RecordType::Txt
                        && matches!(judged.code, Code::SpfMissing | Code::SpfWithoutMicrosoft)
                }
                Id::Verification => rtype == RecordType::Txt && judged.code == Code::VerificationMissing,
                _ => false,
            }
        })
    };
    // What is published there is the only sign of the host until the domain itself has an MX record.
    let is_replaced = judged.iter().any(|judged| judged.expectation.id == Id::Mx && !judged.fix.is_empty());
    let mut hazards = Vec::new();
    case.view.batch(|| {
        let types = [RecordType::Mx, RecordType::Txt].into_iter().filter(|rtype| is_missing(*rtype));
        types.for_each(|rtype| doubled::read(case, domain, rtype));
    });
    for (name, _) in doubled::names(domain, domain) {
        if is_missing(RecordType::Mx) {
            let found = found(case, &name, RecordType::Mx, hosts);
            hazards.extend(found.map(|mut found| {
                found.fix.retain(|_| is_replaced);
                found
            }));
        }
        if is_missing(RecordType::Txt) {
            hazards.extend(found(case, &name, RecordType::Txt, hosts));
        }
    }
    hazards
}

/// The maximum number of doubled names of a zone file that are reported.
const MOST_ON_FILE: usize = 20;

/// Reports the other record sets of a zone file, or of a transferred zone, at names that contain the domain twice,
/// except those that `is_reported` covers. Receivers never ask for these names, so nothing is lost with them, but what was
/// published there may be missing at the right name.
pub(super) fn on_file_doubled(
    case: &Case<'_>,
    judged: &[ExpectationResult],
    is_reported: impl Fn(&Name, RecordType) -> bool,
) -> Vec<Hazard> {
    let domain = &case.subject.domain;
    let Ok(doubled) = domain.doubled(domain) else { return Vec::new() };
    let types = [
        RecordType::A,
        RecordType::Aaaa,
        RecordType::Cname,
        RecordType::Mx,
        RecordType::Srv,
        RecordType::Txt,
    ];
    let there = case.view.facts.on_file.iter().filter(|question| {
        let is_new = types.contains(&question.rtype) && !is_reported(&question.name, question.rtype);
        is_new && question.name.is_within(&doubled)
    });
    let pairs: Vec<(Question, Question)> = there
        .filter_map(|there| {
            let meant = there.name.without_suffix(domain)?;
            Some((there.clone(), Question::new(meant, there.rtype)))
        })
        .take(MOST_ON_FILE)
        .collect();
    case.view.read_ahead(pairs.iter().flat_map(|(there, meant)| [there.clone(), meant.clone()]));
    let hazards = pairs.iter().filter_map(|(there, meant)| {
        let set = case.view.own_answer(there).ok()?.set;
        let right = case.view.own_answer(meant).ok()?;
        if set.is_empty() {
            return None;
        }
        let (name, rtype, place) = (backticked(&there.name), there.rtype, backticked(&meant.name));
        let is_there = !right.set.is_empty() || !right.chain.is_empty();
        // The rule of an expectation says what is missing at its name.
        if !is_there && judged.iter().any(|judged| judged.expectation.question() == *meant) {
            return None;
        }
        let advice = if is_there {
            format!("Delete the {rtype} record {name}, unless it holds what is missing at {place}")
        } else {
            format!("Publish the {rtype} record of {name} at {place} if it is needed, and delete it")
        };
        let message = format!("{advice}: your DNS host appends the zone name to what you type.");
        let mut hazard = Hazard::new(Code::NameDoubled, &there.name, Some(rtype), message);
        hazard.records = set.data.iter().map(|data| format!("{} {rtype} {data}", there.name)).collect();
        Some(hazard)
    });
    hazards.collect()
}

fn found(case: &Case<'_>, name: &Name, rtype: RecordType, hosts: Option<&MailHosts>) -> Option<Hazard> {
    let set = wildcard::own(case, name, rtype);
    let (meant, kept): (BTreeSet<_>, BTreeSet<_>) =
        set.data.into_iter().partition(|data| is_meant(case, data, hosts));
    if meant.is_empty() {
        return None;
    }
    let domain = &case.subject.domain;
    // A domain may have only one SPF record.
    let has_senders = rtype == RecordType::Txt
        && case.view.set(domain, RecordType::Txt).is_ok_and(|set| set.data.iter().any(is_spf));
    let (merged, moved): (Vec<&RecordData>, Vec<&RecordData>) =
        meant.iter().partition(|data| has_senders && is_spf(data));
    let listed = |all: &[&RecordData]| join_and(all.iter().map(|data| format!("`{data}`")));
    let what = match (&merged[..], &moved[..]) {
        ([], moved) => format!("Publish {} at {} instead of", listed(moved), backticked(domain)),
        (merged, []) => format!(
            "Add the terms of {} that are missing to the SPF record of {}, which may have only one, and delete",
            listed(merged),
            backticked(domain)
        ),
        (merged, moved) => format!(
            "Publish {} at {}, add the terms of {} that are missing to its SPF record, and delete",
            listed(moved),
            backticked(domain),
            listed(merged)
        ),
    };
    let message = format!(
        "{what} {}: your DNS host appends the zone name to what you type. Leave the host field empty or type `@`.",
        backticked(name)
    );
    let mut hazard = Hazard::new(Code::NameDoubled, name, Some(rtype), message);
    hazard.records = meant.iter().map(|data| format!("{name} {rtype} {data}")).collect();
    // A TXT record there may name senders that the domain's own does not, so merging it is left to the admin.
    if rtype == RecordType::Mx {
        hazard.fix = vec![Edit {
            name: name.clone(),
            rtype,
            after: kept,
            ttl: None,
            confirm: false,
            cautions: Vec::new(),
        }];
    }
    Some(hazard)
}

fn is_spf(data: &RecordData) -> bool {
    matches!(data, RecordData::Txt(text) if SpfRecord::parse(text).is_some())
}

/// Returns whether the record was meant for the domain itself.
fn is_meant(case: &Case<'_>, data: &RecordData, hosts: Option<&MailHosts>) -> bool {
    match (data, hosts) {
        (RecordData::Mx { exchange, .. }, Some(hosts)) => {
            delivery::classify(exchange, hosts, &case.subject.domain, case.source).is_right()
        }
        (RecordData::Txt(text), _) => SpfRecord::parse(text).is_some() || text::is_verification(text),
        _ => false,
    }
}
