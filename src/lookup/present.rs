//! Asks the name servers that a zone is delegated to at present, if others were named to be asked instead.
//!
//! Their answers do not affect the result. They show which record sets the new name servers lack.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::time::{Instant, timeout_at};

use crate::facts::{Facts, Reply, Role, Server};
use crate::record::{Name, Question, RecordType};

use super::authorities;
use super::network::{NameScope, Network};
use super::source::Source;
use super::transport::{Endpoint, Scope};

/// The highest number of record sets that are compared.
const MOST_COMPARED: usize = 1000;
/// The size limit of all answers kept for the comparison, in octets.
const MOST_OCTETS: usize = 2 << 20;

impl Source {
    /// Returns whether name servers were named to be asked instead of the delegated ones.
    #[must_use]
    pub fn has_named_servers(&self) -> bool {
        let recorded = self.recording().map(|recording| &recording.facts.named_servers);
        let named = || self.network().is_some_and(|network| !network.named().is_empty());
        recorded.map_or_else(named, |recorded| !recorded.is_empty())
    }
}

/// Adds to the facts the name servers that were named, and the answers of the delegated ones to every question about
/// the domain that the named ones answered; questions open at `until` are omitted.
pub async fn compare_delegation(source: &Source, domain: &Name, until: Instant, facts: &mut Facts) {
    if let Some(recording) = source.recording() {
        facts.named_servers.clone_from(&recording.facts.named_servers);
        recording.facts.delegated_replies(domain).cloned().for_each(|reply| facts.insert(reply));
        return;
    }
    let Some(network) = source.network().filter(|network| !network.named().is_empty()) else { return };
    facts.named_servers.clone_from(network.named());
    let Some(apex) = facts.zone_apex(domain) else { return };
    let servers = delegated(network, &apex, facts);
    let questions = questions(domain, &apex, facts);
    let ask = async |question: Question| {
        let mut replies = Vec::new();
        for (server, endpoint) in &servers {
            let cell = network.cell(&question, server, endpoint, NameScope::Own);
            let scope = Scope { domain, zone: Some(&apex) };
            let reply = network.ask(&cell, &question, server, endpoint, scope).await;
            let is_answer = reply.outcome.is_answer();
            replies.push(reply);
            // One answer is enough: the published records are compared, not whether the delegated servers agree.
            if is_answer {
                break;
            }
        }
        replies
    };
    let mut asked: FuturesUnordered<_> =
        questions.into_iter().map(|question| timeout_at(until, ask(question))).collect();
    let (mut replies, mut octets): (Vec<Reply>, usize) = (Vec::new(), 0);
    while let Some(answered) = asked.next().await {
        replies.extend(answered.into_iter().flatten());
    }
    // In a fixed order, so that the kept replies do not depend on the speed of servers.
    replies.sort_by(|one, other| (&one.question, &one.server).cmp(&(&other.question, &other.server)));
    for reply in replies {
        octets += reply.octets();
        if octets <= MOST_OCTETS {
            facts.insert(reply);
        }
    }
}

/// Returns the servers to compare with: one address for each of the first two names, without the named servers.
fn delegated(network: &Network, apex: &Name, facts: &Facts) -> Vec<(Arc<Server>, Endpoint)> {
    let names = facts.delegated_names(apex);
    let named: BTreeSet<IpAddr> = network.named().values().flatten().copied().collect();
    let addresses = authorities::of_parent(&names, facts);
    network.servers(Role::Delegated, addresses.difference(&named).copied().collect())
}

/// Returns the questions about the domain that a named server answered, except those about the zone's own servers.
fn questions(domain: &Name, apex: &Name, facts: &Facts) -> BTreeSet<Question> {
    let is_about_servers = |question: &Question| {
        question.rtype == RecordType::Soa || question.rtype == RecordType::Ns && question.name == *apex
    };
    let is_answered = |replies: &[Reply]| {
        let mut own = replies.iter().filter(|reply| reply.server.role == Role::Authoritative);
        own.any(|reply| reply.outcome.is_answer())
    };
    let compared = facts.by_question().filter(|(question, replies)| {
        question.name.is_within(domain) && !is_about_servers(question) && is_answered(replies)
    });
    compared.map(|(question, _)| question.clone()).take(MOST_COMPARED).collect()
}
