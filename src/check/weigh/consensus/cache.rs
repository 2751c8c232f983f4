//! Finds resolvers that still have old answers cached, and until when.

use jiff::Timestamp;

use crate::check::time::{after, clock_when_over, left};
use crate::check::{Code, Finding, join_and};
use crate::expected::Expectation;
use crate::facts::{Answer, FactsView, LookupFailure, Outcome, Perspective, Reply, Server};
use crate::record::{Name, Question, RecordData, RecordSet};

use super::{ServerConsensus, ServerFinding};

impl ServerConsensus<'_> {
    /// Returns the finding about resolvers that do not return the published records yet; `None` if all do.
    pub(super) fn lagging(
        &self,
        expectation: &Expectation,
        published: &Finding,
        resolvers: &[&Server],
    ) -> Option<ServerFinding> {
        let mut lag: Option<(Option<Timestamp>, Code, String)> = None;
        for server in resolvers {
            let Ok(finding) = self.finding_from(expectation, Some(server)).finding else { continue };
            if finding.code.is_met() {
                continue;
            }
            let expiry = self.expiry(server, &expectation.question());
            let reply = self.reply(server, &expectation.question());
            let negative =
                reply.is_some_and(|reply| matches!(reply.outcome, Outcome::NoData | Outcome::NxDomain));
            let code = if negative { Code::NegativeCache } else { Code::CacheStale };
            let now = self.case.view.facts.checked_at;
            let until = expiry.map(|time| format!(" until {} ({})", clock_when_over(time), left(now, time)));
            let until = until.unwrap_or_default();
            let has = match code {
                Code::NegativeCache => "has cached \"does not exist\"".to_owned(),
                _ if finding.observed.is_empty() => "has the old records cached".to_owned(),
                _ => {
                    let old = finding.observed.data.iter().map(|data| format!("`{}`", brief(data)));
                    format!("has {} cached", join_and(old))
                }
            };
            let message = format!("published; {} {has}{until}", server.address);
            if lag.as_ref().is_none_or(|(latest, ..)| *latest < expiry) {
                lag = Some((expiry, code, message));
            }
        }
        let (until, code, message) = lag?;
        Some(ServerFinding { finding: Finding::new(code, message, &published.observed), until })
    }

    /// Returns the time when the resolver will have dropped its old answer to the question. If that answer is the
    /// published one, the time when it will have dropped all answers that differ.
    fn expiry(&self, server: &Server, question: &Question) -> Option<Timestamp> {
        let facts = self.case.view.facts;
        let published = self.case.view.without_asking();
        let here = FactsView { perspective: Perspective::Server(server), ..published };
        let own = facts.all().filter(|reply| *reply.server == *server && reply.outcome.is_answer());
        let differing: Vec<&Reply> = own
            .filter(|reply| {
                let (seen, published) = (here.answer(&reply.question), published.answer(&reply.question));
                data(&seen) != data(&published)
            })
            .collect();
        match differing.iter().find(|reply| reply.question == *question) {
            Some(reply) => expiry_of(reply),
            None => differing.into_iter().filter_map(expiry_of).max(),
        }
    }
}

fn expiry_of(reply: &Reply) -> Option<Timestamp> {
    let ttl = match reply.outcome {
        Outcome::Records => reply.records.iter().map(|record| record.ttl).min(),
        _ => reply.negative_ttl(),
    };
    after(reply.at, ttl?)
}

fn data(answer: &Result<Answer, LookupFailure>) -> Option<&RecordSet> {
    answer.as_ref().ok().map(|answer| &answer.set)
}

/// Returns the part of a record that a sentence needs.
fn brief(data: &RecordData) -> String {
    data.target().map_or_else(|| data.to_string(), Name::without_trailing_dot)
}
