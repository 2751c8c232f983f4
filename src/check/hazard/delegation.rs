//! Compares the given name servers, those of the new DNS host, with those that the zone is currently delegated to.

use std::collections::{BTreeMap, BTreeSet};

use crate::expected::expectations;
use crate::facts::{Facts, Outcome, Reply, Zone};
use crate::record::{Name, Question, RecordData, RecordType, Text};

use super::super::AUTODISCOVER_SERVICE;
use super::{Case, Code, Hazard, PROBE_LABEL, backticked, join_and};

/// The maximum number of record sets shown.
const MOST_SHOWN: usize = 32;
/// The maximum number of record sets named in the message.
const MOST_NAMED: usize = 6;

/// Names below the domain that are compared in addition to those that the checks read.
const HOSTS: &[&str] = &[
    "www",
    "mail",
    "webmail",
    "smtp",
    "imap",
    "pop",
    "pop3",
    "mx",
    "ftp",
    "sftp",
    "vpn",
    "remote",
    "portal",
    "intranet",
    "cloud",
    "shop",
    "blog",
    "dev",
    "test",
    "api",
    "app",
    "cdn",
    "static",
    "status",
    "support",
    "help",
    "owa",
    "autoconfig",
    "cpanel",
    "sip",
    "*",
];

/// Returns the additional questions for comparing a new DNS host with the present one.
#[must_use]
pub fn compared_questions(domain: &Name) -> Vec<Question> {
    /// CAA (RFC 8659) and HTTPS (RFC 9460).
    const FURTHER: [RecordType; 2] = [RecordType::Other(257), RecordType::Other(65)];
    let addresses = [RecordType::A, RecordType::Aaaa];
    let own = addresses.into_iter().chain([RecordType::Mx, RecordType::Txt]).chain(FURTHER);
    let mut questions: Vec<Question> = own.map(|rtype| Question::new(domain.clone(), rtype)).collect();
    for host in HOSTS.iter().filter_map(|host| domain.prepend(host).ok()) {
        questions.extend(addresses.map(|rtype| Question::new(host.clone(), rtype)));
    }
    questions
}

/// Reports a delegation to servers other than the given ones.
pub(super) fn delegation_elsewhere(case: &Case<'_>, zone: Option<&Zone>) -> Option<Hazard> {
    let facts = case.view.facts;
    if facts.named_servers.is_empty() {
        return None;
    }
    let apex = &zone?.apex;
    let delegated = facts.delegated_names(apex);
    let is_named = |name: &Name| {
        let addresses = facts.addresses(name);
        let known = |address| facts.named_servers.values().any(|named| named.contains(address));
        facts.named_servers.contains_key(name) || !addresses.is_empty() && addresses.iter().all(known)
    };
    if delegated.iter().all(is_named) {
        return None;
    }
    let message = format!(
        "Change the delegation of {} at the registrar once the new name servers are complete: it points to {}, and this \
         report is about {}.",
        backticked(apex),
        join_and(delegated.iter().map(backticked)),
        join_and(facts.named_servers.keys().map(backticked))
    );
    Some(Hazard::new(Code::DelegationElsewhere, apex, Some(RecordType::Ns), message))
}

/// Reports record sets of the present zone that the given servers lack.
pub(super) fn zone_incomplete(case: &Case<'_>) -> Option<Hazard> {
    let facts = case.view.facts;
    if facts.named_servers.is_empty() {
        return None;
    }
    let domain = &case.subject.domain;
    let expected = Expected::of(case);
    let wildcards = wildcards(facts, domain);
    let (mut missing, mut sets): (BTreeSet<String>, BTreeSet<(Name, RecordType)>) = Default::default();
    for present in facts.delegated_replies(domain) {
        if present.outcome != Outcome::Records || is_probe(&present.question.name) {
            continue;
        }
        let Some(new) = case.view.reply(&present.question).filter(|new| new.outcome.is_answer()) else {
            continue;
        };
        let (present_data, new_data) = (own_data(present), own_data(new));
        let is_wildcard = domain.prepend("*").as_ref() != Ok(&present.question.name)
            && wildcards.get(&present.question.rtype).is_some_and(|wildcard| *wildcard == present_data);
        if is_wildcard {
            continue;
        }
        for data in
            present_data.difference(&new_data).filter(|data| !expected.covers(&present.question.name, data))
        {
            let name = &present.question.name;
            missing.insert(format!("{name} {} {data}", data.rtype()));
            sets.insert((name.clone(), data.rtype()));
        }
    }
    if sets.is_empty() {
        return None;
    }
    let named = sets.iter().take(MOST_NAMED).map(|(name, rtype)| format!("{} ({rtype})", backticked(name)));
    let mut named: Vec<String> = named.collect();
    if sets.len() > MOST_NAMED {
        named.push(format!("{} more", sets.len() - MOST_NAMED));
    }
    let count = if sets.len() == 1 { "1 record set" } else { &format!("{} record sets", sets.len()) };
    let message = format!(
        "Add to the new name servers what the current ones publish, before the delegation changes: {count} \
         of those compared are missing or different: {}. Other names were not compared.",
        join_and(named)
    );
    let mut found = Hazard::new(Code::ZoneIncomplete, domain, None, message);
    found.records = missing.into_iter().take(MOST_SHOWN).collect();
    Some(found)
}

/// Returns the records of a reply at exactly the name that was queried.
fn own_data(reply: &Reply) -> BTreeSet<&RecordData> {
    let own = reply.records.iter().filter(|record| record.name == reply.question.name);
    own.map(|record| &record.data).collect()
}

/// Returns the answers of the present zone's wildcard, by query type.
fn wildcards<'a>(facts: &'a Facts, domain: &'a Name) -> BTreeMap<RecordType, BTreeSet<&'a RecordData>> {
    let Ok(wildcard) = domain.prepend("*") else { return BTreeMap::new() };
    let replies = facts.delegated_replies(domain).filter(|reply| reply.question.name == wildcard);
    replies.map(|reply| (reply.question.rtype, own_data(reply))).collect()
}

fn is_probe(name: &Name) -> bool {
    name.without_trailing_dot().split('.').any(|label| label == PROBE_LABEL)
}

/// The record sets that the move itself changes, so a difference in them is not reported.
struct Expected {
    /// The names of expected aliases, at which every other type has to be deleted.
    aliases: BTreeSet<Name>,
    sets: BTreeSet<(Name, RecordType)>,
}

impl Expected {
    fn of(case: &Case<'_>) -> Self {
        let list = expectations(case.subject);
        let is_alias = |rtype| rtype == RecordType::Cname;
        let aliases = list.iter().filter(|one| is_alias(one.rtype)).map(|one| one.name.clone()).collect();
        let mut sets: BTreeSet<(Name, RecordType)> = list
            .iter()
            .filter(|one| one.rtype != RecordType::Txt)
            .map(|one| (one.name.clone(), one.rtype))
            .collect();
        sets.extend(case.subject.domain.prepend(AUTODISCOVER_SERVICE).map(|name| (name, RecordType::Srv)));
        Self { aliases, sets }
    }

    fn covers(&self, name: &Name, data: &RecordData) -> bool {
        let is_text = |text: &Text| {
            let text = text.lossy().trim_start().to_ascii_lowercase();
            ["v=spf1", "v=dmarc1", "v=stsv1", "v=tlsrptv1", "ms=ms"]
                .iter()
                .any(|start| text.starts_with(start))
        };
        self.aliases.contains(name)
            || self.sets.contains(&(name.clone(), data.rtype()))
            || matches!(data, RecordData::Txt(text) if is_text(text))
    }
}
