//! Finds problems of name servers, delegation and DNSSEC.

use std::collections::{BTreeMap, BTreeSet};

use crate::facts::{
    Facts, NameServer, Outcome, Reply, Role, Server, TrustPolicy, VersionOrder, Zone, policy_host,
};
use crate::record::{Name, Question, Record, RecordData, RecordType};

use super::{Case, Code, Hazard, Severity, backticked, join_and};

/// Reports different answers of name servers with the same serial.
pub(super) fn servers_disagree(case: &Case<'_>) -> Vec<Hazard> {
    let facts = case.view.facts;
    let policy_host = policy_host(&case.subject.domain);
    let mut hazards = Vec::new();
    let is_own = |reply: &Reply| reply.server.role == Role::Authoritative;
    for (question, replies) in facts.by_question_where(|_, replies| replies.iter().any(is_own)) {
        let told = replies.iter().filter(|reply| is_own(reply));
        let mut told = told.filter(|reply| reply.outcome.is_answer()).peekable();
        let Some(first) = told.peek().copied() else { continue };
        if told.clone().all(|reply| std::ptr::eq(reply, first) || reply.says_the_same(first)) {
            continue;
        }
        // Serials may differ between servers; `secondary-behind` reports that. The addresses of a web server may
        // rotate.
        if question.rtype == RecordType::Soa || policy_host.as_ref() == Ok(&question.name) {
            continue;
        }
        let answers: Vec<(&Reply, BTreeSet<&RecordData>)> =
            told.map(|reply| (reply, reply.wanted().map(|record| &record.data).collect())).collect();
        let order =
            |one: &Reply, other: &Reply| facts.compare_versions(&one.server, &other.server, &question.name);
        let others = |at: usize| answers.get(at + 1..).unwrap_or_default().iter();
        let differing = answers.iter().enumerate().find_map(|(at, (one, data))| {
            let differs = others(at).filter(|(_, other)| other != data);
            let mut orders = differs.map(|(other, _)| order(one, other));
            orders.find(|order| matches!(order, VersionOrder::Same | VersionOrder::Incomparable))
        });
        let Some(order) = differing else { continue };
        let versions = match order {
            VersionOrder::Same => "have the same version of the zone but",
            _ => "have versions of the zone that cannot be compared, and",
        };
        let message = format!(
            "Ask the DNS host to synchronize its name servers: they {versions} return different {} records \
             for {}.",
            question.rtype,
            backticked(&question.name)
        );
        let mut found = Hazard::new(Code::ServersDisagree, &question.name, Some(question.rtype), message);
        if question.rtype == RecordType::Txt
            && !answers.iter().any(|one| differs_in_read(&one.1, &answers[0].1))
        {
            found.level = Severity::Warning;
        }
        found.records = answers.iter().map(|(reply, data)| said(case, reply, data)).collect();
        hazards.push(found);
    }
    hazards
}

/// Returns whether two sets of TXT records differ in one that an expectation reads: a record with a version, such as
/// SPF or DMARC, or a proof of ownership.
fn differs_in_read(one: &BTreeSet<&RecordData>, other: &BTreeSet<&RecordData>) -> bool {
    let is_read = |data: &&&RecordData| {
        let RecordData::Txt(text) = data else { return true };
        let lower = text.lossy().to_ascii_lowercase();
        let plain = lower.trim_start_matches(|first: char| !first.is_ascii_alphanumeric());
        lower.contains("spf1")
            || ["v=", "ms", "netorgft", "dmarc", "sts", "tlsrpt"].iter().any(|word| plain.starts_with(word))
            || lower.contains("p=")
    };
    one.symmetric_difference(other).any(|data| is_read(&data))
}

fn said(case: &Case<'_>, reply: &Reply, data: &BTreeSet<&RecordData>) -> String {
    let server = label(case, &reply.server);
    if data.is_empty() {
        return format!("{server}: {}", reply.outcome);
    }
    format!("{server}: {}", data.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
}

fn label(case: &Case<'_>, server: &Server) -> String {
    match case.view.facts.server_name(server) {
        Some(name) => format!("{} ({})", name.without_trailing_dot(), server.address),
        None => server.address.clone(),
    }
}

/// Reports that the domain does not exist and has no zone of its own.
pub(super) fn domain_not_found(case: &Case<'_>, zone: Option<&Zone>) -> Option<Hazard> {
    let domain = &case.subject.domain;
    let question = Question::new(domain.clone(), RecordType::Mx);
    let reply = case.view.reply(&question)?;
    let gone =
        reply.outcome == Outcome::NxDomain && reply.records.is_empty() && reply.server.role != Role::ZoneFile;
    if !gone || zone.is_some() {
        return None;
    }
    let message =
        format!("Check the spelling and the registration: {} does not exist in DNS.", backticked(domain));
    Some(Hazard::new(Code::DomainNotFound, domain, None, message))
}

/// Reports that a resolver fails, but answers if it does not validate.
pub(super) fn dnssec_bogus(case: &Case<'_>) -> Option<Hazard> {
    let facts = case.view.facts;
    let domain = &case.subject.domain;
    let answers =
        facts.all().filter(|reply| reply.server.role == Role::Unvalidated && reply.outcome.is_answer());
    let unvalidated = answers.into_iter().find(|reply| reply.question.name.is_within(domain))?;
    let refused = |reply: &&Reply| {
        reply.server.address == unvalidated.server.address
            && reply.server.role == Role::Resolver
            && reply.may_be_bogus()
    };
    let failure = facts.replies(&unvalidated.question).find(refused)?;
    let said: Vec<String> = failure.ede.iter().map(ToString::to_string).collect();
    let said = if said.is_empty() { String::new() } else { format!(" ({})", said.join("; ")) };
    let message = format!(
        "Have the registrar correct or remove the DS record: {} rejects the zone because DNSSEC validation \
         fails{said}. Often an old DS record remains from an earlier DNS host.",
        failure.server.address
    );
    let mut found = Hazard::new(Code::DnssecBogus, domain, Some(unvalidated.question.rtype), message);
    found.records = unvalidated.wanted().map(|record| format!("not validated: {}", record.data)).collect();
    Some(found)
}

/// Compares the NS records of the parent zone with those of the zone.
pub(super) fn delegation_mismatch(case: &Case<'_>, zone: Option<&Zone>) -> Option<Hazard> {
    let facts = case.view.facts;
    let apex = &zone.filter(|_| facts.named_servers.is_empty())?.apex;
    let question = Question::new(apex.clone(), RecordType::Ns);
    let names = |records: Vec<&Record>| -> BTreeSet<Name> {
        records
            .into_iter()
            .filter(|record| record.name == *apex)
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
    let only =
        |here: &BTreeSet<Name>, there: &BTreeSet<Name>| join_and(here.difference(there).map(backticked));
    let mut parts = Vec::new();
    if !parent.is_subset(&own) {
        parts.push(format!("only the parent zone lists {}", only(&parent, &own)));
    }
    if !own.is_subset(&parent) {
        parts.push(format!("only the zone itself lists {}", only(&own, &parent)));
    }
    let message = format!(
        "Make the name servers of {} equal in both zones: {}. Resolvers use the list of the parent zone.",
        backticked(apex),
        parts.join(", ")
    );
    Some(Hazard::new(Code::DelegationMismatch, apex, Some(RecordType::Ns), message))
}

/// Reports name servers of the zone that do not answer for it.
pub(super) fn servers(case: &Case<'_>, zone: Option<&Zone>) -> Vec<Hazard> {
    let facts = case.view.facts;
    let Some(zone) = zone.filter(|_| case.view.trust != TrustPolicy::Resolver && !facts.is_offline()) else {
        return Vec::new();
    };
    let mut by_server: BTreeMap<&Server, Vec<&Reply>> = BTreeMap::new();
    for reply in facts.all().filter(|reply| reply.server.role.is_authority()) {
        let replies = by_server.entry(&reply.server).or_default();
        replies.extend((!reply.outcome.says_nothing_about_server()).then_some(reply));
    }
    // A reply that exceeds our limits is an answer all the same.
    let is_answer = |reply: &&Reply| {
        reply.outcome.is_answer() || matches!(reply.outcome, Outcome::TooLarge | Outcome::ChainTooLong)
    };
    let answers = |replies: &[&Reply]| replies.iter().any(is_answer);
    let advice = |shown: &str| match facts.named_servers.is_empty() {
        true => format!("Remove {shown} from the delegation, or have it serve the zone"),
        false => format!("Have {shown} serve the zone"),
    };
    let mut hazards = Vec::new();
    let reachable = by_server.values().any(|replies| answers(replies));
    // A server that was not asked, or not waited for, might have answered.
    let is_open = by_server.values().any(Vec::is_empty)
        || zone.name_servers.iter().any(|server| is_left_unfound(facts, server));
    if !reachable {
        // An answer of the parent zone's servers does not count as one of the zone.
        let is_told = |reply: &Reply| reply.outcome.is_answer() && reply.server.role != Role::Parent;
        let mut refusals = by_server.values().map(|replies| not_allowed(replies));
        let refusal = refusals.clone().flatten().next();
        if !facts.all().any(|reply| is_told(reply) && reply.question.name.is_within(&case.subject.domain)) {
            hazards.extend(delegation_dead(case, zone).filter(|_| !is_open && refusal.is_none()));
            return hazards;
        }
        if by_server.is_empty() {
            return hazards;
        }
        let names = join_and(zone.name_servers.iter().map(|server| backticked(&server.name)));
        let is_late = facts.unordered().any(|reply| reply.outcome == Outcome::OutOfTime);
        let message = if is_open {
            let next = if is_late { " Try a longer `--deadline`." } else { "" };
            format!(
                "None of the name servers ({names}) answered, and some were not queried or not waited for, \
                 so what they publish is unknown.{next}"
            )
        } else if let Some(refusal) = refusal {
            let (some, rest) = match refusals.all(|refusal| refusal.is_some()) {
                true => ("The", ""),
                false => ("Some of the", ", and the others do not answer from here"),
            };
            format!(
                "{some} name servers ({names}) were not queried ({refusal}){rest}; this report relies on \
                 resolvers."
            )
        } else if facts.named_servers.is_empty() {
            format!(
                "Name servers ({names}) unreachable from here; this report relies on resolvers. Is \
                port 53 blocked?"
            )
        } else {
            format!(
                "The given name servers ({names}) are unreachable from here, and resolvers do not know \
                 their zone. Is port 53 blocked?"
            )
        };
        hazards.push(Hazard::new(Code::AuthoritativeUnreachable, &zone.apex, None, message));
    }
    // If none of them answers, the network is the likelier cause, so no server is reported. Without IPv6 on this
    // machine, no IPv6 address can be reached, which is not a fault of the servers.
    let is_v6 = |server: &Server| server.ip().is_some_and(|ip| ip.is_ipv6());
    let no_v6_here = by_server.iter().filter(|(server, _)| is_v6(server)).all(|(_, replies)| {
        replies.iter().all(|reply| matches!(reply.outcome, Outcome::Unreachable | Outcome::NotAllowed))
    });
    for (server, replies) in by_server.iter().filter(|(_, replies)| !answers(replies)) {
        let is = |outcomes: &[Outcome]| replies.iter().any(|reply| outcomes.contains(&reply.outcome));
        let shown = label(case, server);
        if is(&[Outcome::Lame, Outcome::Refused]) {
            let message =
                format!("{}: it is not authoritative for {} (lame).", advice(&shown), backticked(&zone.apex));
            hazards.push(Hazard::new(Code::ServerLame, &zone.apex, None, message));
        } else if let Some(refusal) = not_allowed(replies).filter(|_| reachable) {
            let message = format!(
                "Give {shown} a public address: it was not queried ({refusal}), and resolvers \
                    elsewhere cannot reach it either."
            );
            hazards.push(Hazard::new(Code::ServerSilent, &zone.apex, None, message));
        } else if reachable && is(&[Outcome::ServFail]) {
            let message = format!(
                "{}: it fails for every name of {} and may have lost the zone.",
                advice(&shown),
                backticked(&zone.apex)
            );
            hazards.push(Hazard::new(Code::ServerLame, &zone.apex, None, message));
        } else if reachable
            && is(&[Outcome::Timeout, Outcome::Unreachable, Outcome::Malformed])
            && !(no_v6_here && is_v6(server))
        {
            let reason = replies.iter().map(|reply| reply.reason.as_str()).find(|reason| !reason.is_empty());
            let reason = reason.map(|reason| format!(" ({reason})")).unwrap_or_default();
            let message = format!(
                "Ask the DNS host about {shown}: it does not respond{reason}, and every lookup \
                    that tries it first is slow."
            );
            hazards.push(Hazard::new(Code::ServerSilent, &zone.apex, None, message));
        }
    }
    hazards
}

/// Returns the reason why a server was not queried, if its address must not be queried only because DNS returned it.
fn not_allowed<'a>(replies: &[&'a Reply]) -> Option<&'a str> {
    let refused = replies.iter().find(|reply| reply.outcome == Outcome::NotAllowed);
    refused.map(|reply| reply.reason.as_str())
}

/// Returns whether the addresses of a name server are unknown because no server was asked or waited for.
fn is_left_unfound(facts: &Facts, server: &NameServer) -> bool {
    let is_open = |rtype| {
        let question = Question::new(server.name.clone(), rtype);
        facts.replies(&question).any(|reply| reply.outcome.says_nothing_about_server())
    };
    server.addresses.is_empty() && [RecordType::A, RecordType::Aaaa].into_iter().any(is_open)
}

/// Reports that no name server of the zone answers, not even to resolvers. If the resolvers do not reply at all, the
/// local network is the likelier cause.
fn delegation_dead(case: &Case<'_>, zone: &Zone) -> Option<Hazard> {
    let own = case.view.facts.all().filter(|reply| reply.question.name.is_within(&case.subject.domain));
    let (mut authorities, mut resolvers) = (false, false);
    for reply in own {
        authorities |= reply.server.role.is_authority();
        resolvers |= reply.server.role == Role::Resolver && reply.outcome == Outcome::ServFail;
    }
    if !(authorities && resolvers) {
        return None;
    }
    let names = join_and(zone.name_servers.iter().map(|server| backticked(&server.name)));
    let message = format!(
        "Have the name servers of {} fixed first, at the DNS host or the registrar: none of them ({names}) \
         answers, and resolvers fail as well. No record is known to be missing.",
        backticked(&zone.apex)
    );
    Some(Hazard::new(Code::DelegationDead, &zone.apex, None, message))
}
