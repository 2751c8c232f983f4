//! Finds records that are harmful at their name or hide missing ones.

use crate::expected::{Id, Requirement};
use crate::facts::{Existence, Zone};
use crate::record::{Name, Question, RecordData, RecordType};

use super::{
    Case, Code, Edit, ExpectationResult, Hazard, PROBE_LABEL, Status, backticked, clash, delivery, dmarc,
    dname, join_and, wildcard,
};

/// Reports an alias at the domain itself, or next to other records at an expected name.
pub(super) fn cname_with_other_data(case: &Case<'_>, judged: &[ExpectationResult]) -> Vec<Hazard> {
    let names = judged.iter().filter(|judged| clash::is_judged(case, &judged.expectation));
    let beside = names.filter_map(|judged| {
        let name = &judged.expectation.name;
        let others = clash::types_next_to_alias(case, name);
        if others.is_empty() {
            return None;
        }
        let gone = clash::types_to_delete(&judged.expectation, &others, &judged.fix);
        let message = clash::message(name, &gone);
        let mut found = Hazard::new(Code::CnameWithOtherData, name, Some(RecordType::Cname), message);
        found.records = std::iter::once(RecordType::Cname)
            .chain(others)
            .flat_map(|rtype| wildcard::own(case, name, rtype).data)
            .map(|data| format!("{name} {} {data}", data.rtype()))
            .collect();
        // The deletions of the expectation are needed even if the expectation is only advice.
        found.fix =
            judged.fix.iter().filter(|edit| edit.name == *name && edit.after.is_empty()).cloned().collect();
        Some(found)
    });
    beside.chain(alias_at_the_domain(case)).collect()
}

/// Reports an alias at the domain itself, whose web site would be lost if it were deleted without more.
fn alias_at_the_domain(case: &Case<'_>) -> Option<Hazard> {
    let domain = &case.subject.domain;
    let target = clash::alias_at_domain(case)?;
    let message = format!(
        "Replace the CNAME of {0} by the addresses of {1}, or by what your DNS host calls ALIAS, ANAME or flattening: no \
         MX or TXT record can exist next to a CNAME (RFC 1034 §3.6.2). If it is only deleted, the web site of {0} is \
         gone.",
        backticked(domain),
        backticked(&target)
    );
    let mut found = Hazard::new(Code::CnameWithOtherData, domain, Some(RecordType::Cname), message);
    found.records = vec![format!("{domain} CNAME {target}")];
    Some(found)
}

/// Reports records that were published with the zone name twice.
pub(super) fn name_doubled(judged: &[ExpectationResult]) -> Vec<Hazard> {
    let doubled = judged
        .iter()
        .filter(|judged| matches!(judged.code, Code::AliasDoubledName | Code::ServiceDoubledName));
    let names = doubled.flat_map(|judged| judged.fix.iter().filter(|edit| edit.after.is_empty()));
    let hazards = names.map(|edit| {
        let message = format!(
            "Delete {}: your DNS host appends the zone name to what you type.",
            backticked(&edit.name)
        );
        Hazard::new(Code::NameDoubled, &edit.name, Some(edit.rtype), message)
    });
    hazards.collect()
}

/// Reports Microsoft's own host next to a declared filter.
pub(super) fn filter_bypass(case: &Case<'_>, judged: &[ExpectationResult]) -> Option<Hazard> {
    let domain = &case.subject.domain;
    let hosts = judged.iter().find_map(|judged| match &judged.expectation.requirement {
        Requirement::DeliversTo(hosts) => Some(hosts),
        _ => None,
    })?;
    if hosts.gateways.is_empty() {
        return None;
    }
    let set = case.view.set(domain, RecordType::Mx).ok()?;
    let kinds: Vec<(&Name, delivery::Host)> = set
        .data
        .iter()
        .filter_map(RecordData::target)
        .map(|host| (host, delivery::classify(host, hosts, domain, case.source)))
        .collect();
    let filtered = kinds.iter().any(|(_, kind)| *kind == delivery::Host::Filter);
    let direct: Vec<String> = kinds
        .iter()
        .filter(|(_, kind)| {
            matches!(
                kind,
                delivery::Host::Right | delivery::Host::RightPartition | delivery::Host::RightOlder
            )
        })
        .map(|(host, _)| backticked(host))
        .collect();
    if !filtered || direct.is_empty() {
        return None;
    }
    let message = format!(
        "Delete {} from the MX records: through it, mail bypasses the declared filter.",
        join_and(direct)
    );
    Some(Hazard::new(Code::FilterBypass, domain, Some(RecordType::Mx), message))
}

/// Reports a DMARC policy that rejects mail while neither SPF nor DKIM authorizes Microsoft's mail.
pub(super) fn dmarc_strict_too_early(case: &Case<'_>, judged: &[ExpectationResult]) -> Option<Hazard> {
    let own = case.subject.domain.prepend("_dmarc").ok()?;
    let set = case.view.set(&own, RecordType::Txt).ok()?;
    // Without a policy of its own, that of an ancestor domain applies.
    let is_inherited = judged.iter().any(|judged| judged.code == Code::DmarcInherited);
    let (name, policy) = if is_inherited {
        let inherited = dmarc::inherited(case).ok()??;
        (inherited.domain.prepend("_dmarc").ok()?, inherited.policy)
    } else {
        (own, dmarc::policy(&set)?)
    };
    if policy == "none" {
        return None;
    }
    let is_wrong =
        |id: Id| judged.iter().any(|judged| judged.expectation.id == id && judged.status == Status::Unmet);
    if !(is_wrong(Id::Spf) && is_wrong(Id::DkimSelector1) && is_wrong(Id::DkimSelector2)) {
        return None;
    }
    let message = format!(
        "Publish SPF and DKIM for Microsoft 365 first, or return to `p=none` for the move: the policy \
         `p={policy}` already applies, and mail from Microsoft 365 passes neither SPF nor DKIM."
    );
    Some(Hazard::new(Code::DmarcStrictTooEarly, &name, Some(RecordType::Txt), message))
}

/// Reports that a name which is never published has an answer.
pub(super) fn wildcard_answers(case: &Case<'_>) -> Option<Hazard> {
    let domain = &case.subject.domain;
    let probe = domain.prepend(PROBE_LABEL).ok()?;
    let answers = |rtype| {
        let answer = case.view.own_answer(&Question::new(probe.clone(), rtype)).ok()?;
        (answer.existence == Existence::Records || !answer.chain.is_empty()).then_some(answer)
    };
    let answer = answers(RecordType::A).or_else(|| answers(RecordType::Aaaa))?;
    if let Some(target) = dname::target(case) {
        let message = format!(
            "{} has a DNAME: every name below it is an alias of the same name below {}",
            backticked(domain),
            backticked(&target)
        );
        return Some(Hazard::new(Code::WildcardAnswers, domain, None, message));
    }
    let shown = match answer.chain.first() {
        Some(target) => backticked(target),
        None => join_and(answer.set.data.iter().map(|data| format!("`{data}`"))),
    };
    let message = format!("every name below {} that does not exist answers with {shown}", backticked(domain));
    let wildcard = domain.prepend("*").ok()?;
    Some(Hazard::new(Code::WildcardAnswers, &wildcard, None, message))
}

/// Reports that only a wildcard answers for the domain itself, and that records to be published will hide it.
pub(super) fn domain_from_wildcard(case: &Case<'_>, judged: &[ExpectationResult]) -> Option<Hazard> {
    let domain = &case.subject.domain;
    let publishes = |edit: &Edit| !edit.after.is_empty() && edit.name.is_within(domain);
    if !judged.iter().any(|judged| judged.fix.iter().any(publishes)) {
        return None;
    }
    let sets = wildcard::sets_of_domain(case);
    if sets.is_empty() {
        return None;
    }
    let wildcard = domain.parent()?.prepend("*").ok()?;
    let types = join_and(sets.iter().map(|(rtype, _)| rtype.to_string()));
    let message = format!(
        "Publish {types} at {} as well: only the wildcard {} answers for it, and no longer does once a record is \
         published at or below it (RFC 4592 §2.2.1).",
        backticked(domain),
        backticked(&wildcard)
    );
    let mut found = Hazard::new(Code::DomainFromWildcard, domain, None, message);
    for (rtype, set) in sets {
        found.records.extend(set.data.iter().map(|data| format!("{domain} {rtype} {data}")));
        let (name, after) = (domain.clone(), set.data);
        found.fix.push(Edit { name, rtype, after, ttl: None, confirm: true, cautions: Vec::new() });
    }
    Some(found)
}

/// Reports that Microsoft serves the zone.
pub(super) fn microsoft_hosted_dns(case: &Case<'_>, zone: Option<&Zone>) -> Option<Hazard> {
    let zone = zone?;
    let servers = zone.name_servers.iter().filter(|server| is_microsoft_dns(&server.name));
    let servers: Vec<String> = servers.map(|server| backticked(&server.name)).collect();
    if servers.is_empty() {
        return None;
    }
    let message = format!(
        "Edit the records in the Microsoft 365 admin center: {} {} Microsoft's.{}",
        join_and(servers.iter().cloned()),
        if servers.len() == 1 { "is" } else { "are" },
        web_site(case)
    );
    Some(Hazard::new(Code::MicrosoftHostedDns, &zone.apex, None, message))
}

/// Returns whether the name server is one of those whose zones are managed in the admin center.
fn is_microsoft_dns(server: &Name) -> bool {
    "bdm.microsoftonline.com".parse().is_ok_and(|microsoft| server.is_within(&microsoft))
}

/// Returns the names of the web site, whose records are easily lost when Microsoft takes over the zone.
fn web_site_names(domain: &Name) -> Vec<Name> {
    std::iter::once(domain.clone()).chain(domain.prepend("www")).collect()
}

/// Returns the state of the web site's addresses, for the end of a sentence.
fn web_site(case: &Case<'_>) -> String {
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    let names = web_site_names(&case.subject.domain);
    case.view.read_ahead(names.iter().flat_map(Question::addresses));
    for name in names {
        match case.view.has_address(&name) {
            Ok(Some(true)) => found.push(backticked(&name)),
            // An alias that leads out of the zone files may well have one.
            Ok(Some(false)) if leads_out(case, &name) => found.push(backticked(&name)),
            Ok(Some(false)) => missing.push(backticked(&name)),
            Ok(None) | Err(_) => {}
        }
    }
    let verb = |names: &[String]| if names.len() == 1 { "has" } else { "have" };
    match (found.is_empty(), missing.is_empty()) {
        (true, true) => " Make sure that the records of the web site are there too.".into(),
        (false, true) => {
            format!(" Of the web site, {} {} an address.", join_and(found.clone()), verb(&found))
        }
        (_, false) => format!(
            " Add the records of the web site there: {} {} no address.",
            join_and(missing.clone()),
            verb(&missing)
        ),
    }
}

fn leads_out(case: &Case<'_>, name: &Name) -> bool {
    let answer = case.view.own_answer(&Question::new(name.clone(), RecordType::A));
    case.view.facts.is_offline() && answer.is_ok_and(|answer| !answer.chain.is_empty())
}
