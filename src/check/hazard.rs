//! What is wrong, or worth knowing, that is not one expectation's fault?

use std::collections::{BTreeMap, BTreeSet};

use crate::expected::{Id, Phase, Requirement};
use crate::facts::{Existence, Outcome, Reply, Role, Server, View, policy_host};
use crate::record::{Name, Question, Record, RecordData, RecordType};

use super::{Case, Code, Judged, PROBE_LABEL, Status, Weight, delivery, dmarc, listed, policy, ticked};

/// Something that is wrong, or worth knowing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hazard {
    /// Which one.
    pub code: Code,
    /// How bad it is: [`Weight::Error`], [`Weight::Warning`] or [`Weight::Info`].
    pub level: Weight,
    /// The name it is about.
    pub name: Name,
    /// The type it is about, if it is about one.
    pub rtype: Option<RecordType>,
    /// One sentence for a person.
    pub message: String,
    /// The records that show it, as text.
    pub records: Vec<String>,
}

/// All hazards, in the order of the table of outcomes.
pub(super) fn hazards(case: &Case<'_>, judged: &[Judged]) -> Vec<Hazard> {
    let mut hazards = Vec::new();
    hazards.extend(servers_disagree(case));
    hazards.extend(domain_not_found(case));
    hazards.extend(cname_with_other_data(case));
    hazards.extend(dnssec_bogus(case));
    hazards.extend(delegation_mismatch(case));
    hazards.extend(dns_hosted_by_source(case));
    hazards.extend(servers(case));
    hazards.extend(name_doubled(judged));
    hazards.extend(filter_bypass(case, judged));
    hazards.extend(dmarc_strict_too_early(case, judged));
    hazards.extend(policy::hazards(case, judged));
    hazards.extend(wildcard_answers(case));
    hazards.extend(microsoft_hosted_dns(case));
    hazards.sort_by(|a, b| (a.code, &a.name, a.rtype).cmp(&(b.code, &b.name, b.rtype)));
    hazards
}

fn hazard(code: Code, name: &Name, rtype: Option<RecordType>, message: String) -> Hazard {
    Hazard { code, level: code.weight(), name: name.clone(), rtype, message, records: Vec::new() }
}

/// Answers of name servers with the same serial that differ.
fn servers_disagree(case: &Case<'_>) -> Vec<Hazard> {
    let facts = case.sight.facts;
    let mut by_question: BTreeMap<&Question, Vec<&Reply>> = BTreeMap::new();
    for reply in
        facts.all().filter(|reply| reply.server.role == Role::Authoritative && reply.outcome.is_answer())
    {
        by_question.entry(&reply.question).or_default().push(reply);
    }
    let policy_host = policy_host(&case.subject.domain);
    let mut hazards = Vec::new();
    for (question, replies) in by_question {
        // Every server has its own view of the serial: that one differs is said by `secondary-behind`. The
        // addresses of a web server may take turns.
        if question.rtype == RecordType::Soa || policy_host.as_ref() == Ok(&question.name) {
            continue;
        }
        let mut by_serial: BTreeMap<Option<u32>, Vec<(&Reply, BTreeSet<&RecordData>)>> = BTreeMap::new();
        for reply in replies {
            let serial = facts.serial_at(&reply.server, &question.name);
            by_serial
                .entry(serial)
                .or_default()
                .push((reply, reply.wanted().map(|record| &record.data).collect()));
        }
        let differing =
            by_serial.into_values().find(|answers| answers.iter().any(|answer| answer.1 != answers[0].1));
        let Some(answers) = differing else { continue };
        let message = format!(
            "the name servers have the same version of the zone and answer differently for {} of {}; whoever runs them \
             must put that right",
            question.rtype,
            ticked(&question.name)
        );
        let mut found = hazard(Code::ServersDisagree, &question.name, Some(question.rtype), message);
        found.records = answers.iter().map(|(reply, data)| said(case, reply, data)).collect();
        hazards.push(found);
    }
    hazards
}

fn said(case: &Case<'_>, reply: &Reply, data: &BTreeSet<&RecordData>) -> String {
    let server = label(case, &reply.server);
    if data.is_empty() {
        return format!("{server}: {}", reply.outcome);
    }
    format!("{server}: {}", data.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
}

fn label(case: &Case<'_>, server: &Server) -> String {
    match case.sight.facts.server_name(server) {
        Some(name) => format!("{} ({})", name.bare(), server.address),
        None => server.address.clone(),
    }
}

/// The name does not exist, and no zone of the domain's own does either.
pub(super) fn domain_not_found(case: &Case<'_>) -> Option<Hazard> {
    let domain = &case.subject.domain;
    let question = Question::new(domain.clone(), RecordType::Mx);
    let reply = case.sight.reply(&question)?;
    let gone =
        reply.outcome == Outcome::NoName && reply.records.is_empty() && reply.server.role != Role::ZoneFile;
    if !gone || case.sight.facts.zone(domain).is_some() {
        return None;
    }
    let message = format!(
        "{} does not exist in DNS; check the spelling, or whether its registration has lapsed",
        ticked(domain)
    );
    Some(hazard(Code::DomainNotFound, domain, None, message))
}

/// An alias at the domain's own name.
fn cname_with_other_data(case: &Case<'_>) -> Option<Hazard> {
    let domain = &case.subject.domain;
    for rtype in [RecordType::Mx, RecordType::Txt] {
        let Some(reply) = case.sight.reply(&Question::new(domain.clone(), rtype)) else { continue };
        let Some(alias) = reply.records.iter().find(|record| record.name == *domain) else { continue };
        if let RecordData::Cname(target) = &alias.data {
            let message = format!(
                "{} is an alias of {}, so no MX or TXT of its own can stand there (RFC 1034 §3.6.2); take the alias away",
                ticked(domain),
                ticked(target)
            );
            let mut found = hazard(Code::CnameWithOtherData, domain, Some(RecordType::Cname), message);
            found.records = vec![format!("{domain} CNAME {target}")];
            return Some(found);
        }
    }
    None
}

/// A resolver fails, and answers once it is told not to validate.
fn dnssec_bogus(case: &Case<'_>) -> Option<Hazard> {
    let facts = case.sight.facts;
    let domain = &case.subject.domain;
    let answers =
        facts.all().filter(|reply| reply.server.role == Role::Unvalidated && reply.outcome.is_answer());
    let unvalidated = answers.into_iter().find(|reply| reply.question.name.is_within(domain))?;
    let refused = |reply: &&Reply| {
        reply.server.address == unvalidated.server.address && reply.server.role == Role::Resolver
    };
    let failure = facts.replies(&unvalidated.question).find(refused)?;
    let said: Vec<String> = failure.extended.iter().map(ToString::to_string).collect();
    let said = if said.is_empty() { String::new() } else { format!(" ({})", said.join("; ")) };
    let message = format!(
        "{} refuses the answers of the zone, since their DNSSEC signatures do not fit{said}; have the registrar correct \
         or remove the DS record, which is often left over from an earlier DNS host",
        failure.server.address
    );
    let mut found = hazard(Code::DnssecBogus, domain, Some(unvalidated.question.rtype), message);
    found.records = unvalidated.wanted().map(|record| format!("not validated: {}", record.data)).collect();
    Some(found)
}

/// What the zone above says, against what the zone says of itself.
fn delegation_mismatch(case: &Case<'_>) -> Option<Hazard> {
    let facts = case.sight.facts;
    let apex = facts.zone(&case.subject.domain)?.apex;
    let question = Question::new(apex.clone(), RecordType::Ns);
    let names = |records: Vec<&Record>| -> BTreeSet<Name> {
        records
            .into_iter()
            .filter(|record| record.name == apex)
            .filter_map(|record| record.data.target().cloned())
            .collect()
    };
    let parent = facts
        .replies(&question)
        .find(|reply| reply.server.role == Role::Parent && !reply.referral.is_empty())?;
    let parent = names(parent.referral.iter().collect());
    let own = facts.replies(&question).filter(|reply| reply.server.role == Role::Authoritative);
    let own =
        own.filter(|reply| reply.outcome == Outcome::Records).map(|reply| names(reply.wanted().collect()));
    let own = own.into_iter().find(|own| *own != parent && !own.is_empty())?;
    let only = |here: &BTreeSet<Name>, there: &BTreeSet<Name>| listed(here.difference(there).map(ticked));
    let mut parts = Vec::new();
    if !parent.is_subset(&own) {
        parts.push(format!("only the zone above names {}", only(&parent, &own)));
    }
    if !own.is_subset(&parent) {
        parts.push(format!("only the zone itself names {}", only(&own, &parent)));
    }
    let message = format!(
        "the name servers of {} differ: {}; the zone above decides, so edit where it points and correct the other",
        ticked(&apex),
        parts.join(", ")
    );
    Some(hazard(Code::DelegationMismatch, &apex, Some(RecordType::Ns), message))
}

/// Before the old service is closed: its name servers serve the zone.
fn dns_hosted_by_source(case: &Case<'_>) -> Option<Hazard> {
    let source = case.source.filter(|_| case.phase() >= Phase::Tidy)?;
    let zone = case.sight.facts.zone(&case.subject.domain)?;
    let domain = &case.subject.domain;
    let theirs = zone.name_servers.iter().filter(|server| source.matches_ns(&server.name, domain));
    let theirs: Vec<String> = theirs.map(|server| ticked(&server.name)).collect();
    if theirs.is_empty() {
        return None;
    }
    let message = format!(
        "{} of {} serve the zone {}, and closing the account there takes the zone with it; move the zone to another DNS \
         host first, then check again",
        listed(theirs),
        source.short,
        ticked(&zone.apex)
    );
    Some(hazard(Code::DnsHostedBySource, &zone.apex, Some(RecordType::Ns), message))
}

/// Name servers of the zone that do not do their work.
fn servers(case: &Case<'_>) -> Vec<Hazard> {
    let facts = case.sight.facts;
    let zone = facts.zone(&case.subject.domain);
    let Some(zone) = zone.filter(|_| case.sight.view != View::Resolver && !facts.is_offline()) else {
        return Vec::new();
    };
    let mut by_server: BTreeMap<&Server, Vec<&Reply>> = BTreeMap::new();
    for reply in facts.all().filter(|reply| reply.server.role.is_authority()) {
        by_server.entry(&reply.server).or_default().push(reply);
    }
    let answers = |replies: &[&Reply]| replies.iter().any(|reply| reply.outcome.is_answer());
    let mut hazards = Vec::new();
    let reachable = by_server.values().any(|replies| answers(replies));
    if !reachable {
        if !facts
            .all()
            .any(|reply| reply.outcome.is_answer() && reply.question.name.is_within(&case.subject.domain))
        {
            return hazards;
        }
        let names = listed(zone.name_servers.iter().map(|server| ticked(&server.name)));
        let message =
            format!("none of the name servers ({names}) answers from here, so the resolvers' word is taken");
        hazards.push(hazard(Code::AuthoritativeUnreachable, &zone.apex, None, message));
    }
    // Where none of them answers, the way there is the likelier fault, and none is blamed for it.
    // Without IPv6 here, none of the IPv6 addresses can be reached, and that is nobody's fault over there.
    let is_v6 = |server: &Server| server.ip().is_some_and(|ip| ip.is_ipv6());
    let no_v6_here = by_server
        .iter()
        .filter(|(server, _)| is_v6(server))
        .all(|(_, replies)| replies.iter().all(|reply| reply.outcome == Outcome::Unreachable));
    for (server, replies) in by_server.iter().filter(|(_, replies)| !answers(replies)) {
        let is = |outcomes: &[Outcome]| replies.iter().any(|reply| outcomes.contains(&reply.outcome));
        let shown = label(case, server);
        if is(&[Outcome::Lame, Outcome::Refused]) {
            let message = format!("{shown} is delegated to and does not serve {}", ticked(&zone.apex));
            hazards.push(hazard(Code::ServerLame, &zone.apex, None, message));
        } else if reachable && is(&[Outcome::ServFail]) {
            let message = format!(
                "{shown} is delegated to and fails for everything of {}; it may have lost the zone",
                ticked(&zone.apex)
            );
            hazards.push(hazard(Code::ServerLame, &zone.apex, None, message));
        } else if reachable
            && is(&[Outcome::Timeout, Outcome::Unreachable, Outcome::Malformed])
            && !(no_v6_here && is_v6(server))
        {
            let reason = replies.iter().map(|reply| reply.reason.as_str()).find(|reason| !reason.is_empty());
            let reason = reason.map(|reason| format!(" ({reason})")).unwrap_or_default();
            let message =
                format!("{shown} does not answer{reason}; every lookup that tries it first is slow");
            hazards.push(hazard(Code::ServerSilent, &zone.apex, None, message));
        }
    }
    hazards
}

/// Records that were published with the zone's name twice.
fn name_doubled(judged: &[Judged]) -> Vec<Hazard> {
    let doubled = judged.iter().filter(|judged| judged.code == Code::AliasDoubledName);
    let names = doubled.flat_map(|judged| judged.cure.iter().filter(|edit| edit.after.is_empty()));
    let hazards = names.map(|edit| {
        let message =
            format!("{} exists: the DNS host puts the zone's name behind what is typed", ticked(&edit.name));
        hazard(Code::NameDoubled, &edit.name, Some(edit.rtype), message)
    });
    hazards.collect()
}

/// Microsoft's own host beside a declared filter.
fn filter_bypass(case: &Case<'_>, judged: &[Judged]) -> Option<Hazard> {
    let domain = &case.subject.domain;
    let hosts = judged.iter().find_map(|judged| match &judged.expectation.requirement {
        Requirement::DeliversTo(hosts) => Some(hosts),
        _ => None,
    })?;
    let set = case.sight.set(domain, RecordType::Mx).ok()?;
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
        .map(|(host, _)| ticked(host))
        .collect();
    if !filtered || direct.is_empty() {
        return None;
    }
    let message = format!("{} stands beside the declared filter, so mail can get around it", listed(direct));
    Some(hazard(Code::FilterBypass, domain, Some(RecordType::Mx), message))
}

/// A policy that refuses mail while neither SPF nor DKIM lets Microsoft's mail pass.
fn dmarc_strict_too_early(case: &Case<'_>, judged: &[Judged]) -> Option<Hazard> {
    let name = case.subject.domain.below("_dmarc").ok()?;
    let policy =
        dmarc::policy(&case.sight.set(&name, RecordType::Txt).ok()?).filter(|policy| *policy != "none")?;
    let is_wrong =
        |id: Id| judged.iter().any(|judged| judged.expectation.id == id && judged.status == Status::Unmet);
    if !(is_wrong(Id::Spf) && is_wrong(Id::DkimSelector1) && is_wrong(Id::DkimSelector2)) {
        return None;
    }
    let message = format!(
        "the policy `p={policy}` holds already, and neither SPF nor DKIM lets mail from Microsoft 365 pass; publish those \
         first, or go back to `p=none` for the move"
    );
    Some(hazard(Code::DmarcStrictTooEarly, &name, Some(RecordType::Txt), message))
}

/// A name that nobody publishes has an answer.
fn wildcard_answers(case: &Case<'_>) -> Option<Hazard> {
    let domain = &case.subject.domain;
    let probe = domain.below(PROBE_LABEL).ok()?;
    let answers = |rtype| {
        let answer = case.sight.answer(&Question::new(probe.clone(), rtype)).ok()?;
        (answer.existence == Existence::Records || !answer.chain.is_empty()).then_some(answer)
    };
    let answer = answers(RecordType::A).or_else(|| answers(RecordType::Aaaa))?;
    let shown = match answer.chain.first() {
        Some(target) => ticked(target),
        None => listed(answer.set.data.iter().map(|data| format!("`{data}`"))),
    };
    let message = format!("every name below {} that does not exist answers with {shown}", ticked(domain));
    let wildcard = domain.below("*").ok()?;
    Some(hazard(Code::WildcardAnswers, &wildcard, None, message))
}

/// The zone is served by Microsoft.
fn microsoft_hosted_dns(case: &Case<'_>) -> Option<Hazard> {
    let zone = case.sight.facts.zone(&case.subject.domain)?;
    let microsoft: Name = "bdm.microsoftonline.com".parse().ok()?;
    let servers = zone.name_servers.iter().filter(|server| server.name.is_within(&microsoft));
    let servers: Vec<String> = servers.map(|server| ticked(&server.name)).collect();
    if servers.is_empty() {
        return None;
    }
    let message = format!(
        "{} are Microsoft's: the records are kept in the Microsoft 365 admin center; see that the web site's are there too",
        listed(servers)
    );
    Some(hazard(Code::MicrosoftHostedDns, &zone.apex, None, message))
}
