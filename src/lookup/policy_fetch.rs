//! Fetches an MTA-STS policy as soon as the addresses of its host are known.
//!
//! The fetch starts as soon as both address types of the host are known; if one is never reported, it starts once all
//! answers are in. A policy that was not fetched is recorded with the reason, so that it never looks like a missing
//! policy.

use std::collections::BTreeSet;
use std::net::IpAddr;

use crate::facts::{Facts, PolicyOutcome, PolicyReply, policy_host};
use crate::record::Name;

use super::host_addresses::{Addresses, addresses};
use super::policy::host;
use super::source::Source;

/// Returns the addresses of the policy host of a domain.
fn policy_addresses(domain: &Name, facts: &Facts) -> Addresses {
    match policy_host(domain) {
        Ok(host) => addresses(&host, facts),
        Err(_) => Addresses { complete: true, ..Addresses::default() },
    }
}

/// The state of the survey, which decides which fetches can start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// Answers are pending: only fetches with both address types known can start.
    Underway,
    /// All answers are in, and no question follows from them: remaining fetches must use the addresses known so far.
    Over,
}

/// One policy to fetch, with the addresses of its host.
#[derive(Debug)]
pub(super) struct PolicyFetch {
    domain: Name,
    addresses: Vec<IpAddr>,
}

impl Source {
    /// Returns the fetches that can start for the wanted policies.
    pub(super) fn policy_fetches(
        &self,
        wanted: &BTreeSet<Name>,
        facts: &Facts,
        stage: Stage,
    ) -> Vec<PolicyFetch> {
        let Some(_) = self.network().filter(|network| !network.fetcher.off) else { return Vec::new() };
        let mut policy_fetches = Vec::new();
        for domain in wanted {
            let Addresses { known, complete } = policy_addresses(domain, facts);
            if !known.is_empty() && (complete || stage == Stage::Over) {
                policy_fetches
                    .push(PolicyFetch { domain: domain.clone(), addresses: known.into_iter().collect() });
            }
        }
        policy_fetches
    }

    /// Fetches one policy.
    pub(super) async fn fetch(&self, policy_fetch: &PolicyFetch) -> PolicyReply {
        match self.network() {
            Some(network) => network.fetcher.fetch(&policy_fetch.domain, &policy_fetch.addresses).await,
            None => PolicyReply::empty(policy_fetch.domain.clone(), PolicyOutcome::NotFetched),
        }
    }

    /// Records the wanted policies that were not fetched: the recorded result, or the reason.
    pub(super) fn note_unfetched(&self, wanted: &BTreeSet<Name>, facts: &mut Facts) {
        for domain in wanted {
            if facts.policy(domain).is_some() {
                continue;
            }
            if let Some(recording) = self.recording() {
                recording
                    .facts
                    .policy(domain)
                    .cloned()
                    .into_iter()
                    .for_each(|kept| facts.insert_policy(kept));
                continue;
            }
            // Offline nothing is fetched, and no policy counts as missing.
            let Some(network) = self.network() else { continue };
            let complete = policy_addresses(domain, facts).complete;
            let (outcome, reason) = match (network.fetcher.off, complete) {
                (true, _) => (PolicyOutcome::NotFetched, "--no-https".to_owned()),
                (_, false) => {
                    let reason = format!("the addresses of `{}` could not be looked up", host(domain));
                    (PolicyOutcome::LookupFailed, reason)
                }
                (_, true) => (PolicyOutcome::NoAddress, format!("`{}` has no address", host(domain))),
            };
            let reply = PolicyReply::empty(domain.clone(), outcome);
            facts.insert_policy(PolicyReply { reason, at: self.started(), ..reply });
        }
    }
}

impl PolicyFetch {
    /// Returns the domain of the policy.
    pub(super) fn domain(&self) -> &Name {
        &self.domain
    }
}
