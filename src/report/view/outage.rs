//! Finds servers that answer no question, the common cause of many failed lookups.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::check::{Code, Status};
use crate::facts::{Facts, Outcome, Role};
use crate::report::harmless::Sanitized;
use crate::report::words::Word;

use super::expectation::ExpectationView;
use super::hazard::HazardView;

/// The minimum number of expectations that one cause has to explain.
const LEAST: usize = 2;
/// The maximum number of servers that the sentence names.
const MOST_NAMED: usize = 3;

/// The servers that answered nothing, so that nothing could be looked up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "formats", derive(schemars::JsonSchema))]
pub struct OutageView {
    /// The role of these servers.
    #[cfg_attr(feature = "formats", schemars(with = "Role"))]
    pub role: Word<Role>,
    /// The addresses of these servers.
    #[serde(default)]
    pub servers: Vec<Sanitized>,
    /// The outcome at them; of several, the most informative one.
    pub outcome: Word<Outcome>,
    /// One sentence for a person.
    pub message: Sanitized,
}

impl OutageView {
    /// Returns whether an expectation is unknown for this cause.
    #[must_use]
    pub fn explains(expectation: &ExpectationView) -> bool {
        let is_failure = matches!(expectation.code.known(), Some(Code::LookupFailed | Code::DeadlineOver));
        expectation.status == Status::Unknown && is_failure
    }

    /// Returns the outage that explains why expectations are unknown; `None` if some server of the kind answered.
    pub(super) fn of(
        domain: &str,
        facts: &Facts,
        expectations: &[ExpectationView],
        hazards: &[HazardView],
    ) -> Option<Self> {
        let unknown = || expectations.iter().filter(|one| Self::explains(one));
        if unknown().count() < LEAST || !unknown().any(ExpectationView::is_required) {
            return None;
        }
        let (resolvers, name_servers) =
            (failures(facts, Role::Resolver), failures(facts, Role::Authoritative));
        if let Some(failures) = name_servers {
            let dead = hazards.iter().find(|hazard| hazard.code == Code::DelegationDead);
            let message = match dead {
                Some(hazard) => hazard.message.to_string(),
                None => format!(
                    "No name server of `{domain}` answers: {}. Does a firewall block port 53? \
                     `--view resolver` asks only resolvers.",
                    failures.described()
                ),
            };
            return Some(failures.outage(Role::Authoritative, &message));
        }
        // Name servers that answered would have been found without the resolvers.
        let is_answered =
            |role| facts.unordered().any(|reply| reply.server.role == role && is_reply(reply.outcome));
        if is_answered(Role::Authoritative) || is_answered(Role::ZoneFile) {
            return None;
        }
        let failures = resolvers?;
        let message = format!("{}. {}", failures.of_resolvers(), failures.advice());
        Some(failures.outage(Role::Resolver, &message))
    }
}

/// The failure of each server, with the reason that the network gave.
struct Failures(BTreeMap<String, (Outcome, String)>);

/// Returns the failures of all servers of this role; `None` if one of them answered, or none was asked.
fn failures(facts: &Facts, role: Role) -> Option<Failures> {
    let mut failures = BTreeMap::new();
    for reply in facts.unordered().filter(|reply| reply.server.role == role) {
        if is_reply(reply.outcome) {
            return None;
        }
        let is_failure = match reply.outcome {
            Outcome::ServFail
            | Outcome::Refused
            | Outcome::Timeout
            | Outcome::Malformed
            | Outcome::Unreachable
            // It was silent for other domains, or this machine could not ask it.
            | Outcome::NotSent => true,
            // These do not show what the server does, or are not failures.
            Outcome::Records
            | Outcome::NoData
            | Outcome::NxDomain
            | Outcome::Referral
            | Outcome::Lame
            | Outcome::NotRecorded
            | Outcome::OutOfTime
            | Outcome::OutOfQuestions
            | Outcome::ServerQueryLimit
            | Outcome::TooLarge
            | Outcome::ChainTooLong
            | Outcome::NotAllowed
            | Outcome::NotAsked
            | Outcome::NotListed => false,
        };
        if is_failure {
            let failure = (reply.outcome, reply.reason.clone());
            // The most informative failure is the one of the lowest outcome, whatever the order of the replies.
            let known = failures.entry(reply.server.address.clone()).or_insert_with(|| failure.clone());
            if failure < *known {
                *known = failure;
            }
        }
    }
    (!failures.is_empty()).then_some(Failures(failures))
}

/// Returns whether a server answered something.
fn is_reply(outcome: Outcome) -> bool {
    outcome.is_answer() || outcome.is_cut_off() || matches!(outcome, Outcome::Referral | Outcome::Lame)
}

impl Failures {
    fn outage(&self, role: Role, message: &str) -> OutageView {
        OutageView {
            role: Word::Known(role),
            servers: self.0.keys().map(|address| Sanitized::sentence(address)).collect(),
            outcome: Word::Known(self.outcome()),
            message: Sanitized::sentence(message),
        }
    }

    /// Returns the sentence about resolvers that answer nothing, without its full stop.
    fn of_resolvers(&self) -> String {
        match self.0.len() {
            1 => format!("Nothing could be looked up: the resolver {}", self.described()),
            _ => format!("Nothing could be looked up, no resolver answers: {}", self.described()),
        }
    }

    /// Returns each server with its failure: `192.0.2.53:53 did not answer`.
    fn described(&self) -> String {
        let each = self.0.iter().take(MOST_NAMED).map(|(address, (outcome, reason))| {
            let reason = if reason.is_empty() { String::new() } else { format!(" ({reason})") };
            let failure = match outcome {
                Outcome::Unreachable => "is unreachable from here",
                Outcome::Refused => "refuses the query (REFUSED)",
                Outcome::ServFail => "answers SERVFAIL",
                Outcome::Malformed => "sends an answer that cannot be read",
                Outcome::NotSent => "was not queried",
                Outcome::Timeout
                | Outcome::Records
                | Outcome::NoData
                | Outcome::NxDomain
                | Outcome::Referral
                | Outcome::Lame
                | Outcome::NotRecorded
                | Outcome::OutOfTime
                | Outcome::OutOfQuestions
                | Outcome::ServerQueryLimit
                | Outcome::TooLarge
                | Outcome::ChainTooLong
                | Outcome::NotAllowed
                | Outcome::NotAsked
                | Outcome::NotListed => "did not answer",
            };
            format!("{address} {failure}{reason}")
        });
        let each = each.collect::<Vec<_>>().join("; ");
        match self.0.len().saturating_sub(MOST_NAMED) {
            0 => each,
            more => format!("{each}; and {more} more"),
        }
    }

    /// Returns the most informative outcome.
    fn outcome(&self) -> Outcome {
        self.0.values().map(|(outcome, _)| *outcome).min().unwrap_or(Outcome::NotSent)
    }

    /// Returns what to do about resolvers with these failures.
    fn advice(&self) -> &'static str {
        let is = |wanted: Outcome| self.0.values().any(|(outcome, _)| *outcome == wanted);
        let is_encrypted = |address: &String| address.contains("://");
        if self.outcome() == Outcome::NotSent {
            return "`cutover self-check` shows which resolvers answer.";
        }
        match (is(Outcome::ServFail), is(Outcome::Timeout) || is(Outcome::Unreachable)) {
            (true, _) => {
                "The name servers of the domain may be down, or its DNSSEC may be broken. Compare with another \
                 resolver: `--resolver 1.1.1.1`."
            }
            (false, true) if !self.0.keys().any(is_encrypted) => {
                "Name another resolver: `--resolver 1.1.1.1`. Does a firewall block port 53?"
            }
            (false, _) => "Name another resolver: `--resolver 1.1.1.1`.",
        }
    }
}
