//! Limits the queries for one domain and to one server, and the memory that answers take.
//!
//! A hostile zone could otherwise cause endless queries, or flood the server of a third party. A question that was not
//! asked is recorded as such: a limit of our own must never look like a missing record.

use std::collections::BTreeMap;
use std::sync::Arc;

use foldhash::{HashMap, HashMapExt as _};
use jiff::Timestamp;

use crate::facts::{Facts, Outcome, Reply, Server};
use crate::record::Question;

use super::limits::Limits;
use super::planned_query::PlannedQuery;
use super::transport::Endpoint;

/// The size up to which answers are always kept, in octets.
const SHORT: usize = 2 << 10;

/// The remaining budget.
#[derive(Debug)]
pub(super) struct Budget {
    limits: Limits,
    spent: usize,
    /// The number of questions to each server, in any role.
    sent: HashMap<Endpoint, usize>,
    /// The size of the long answers kept, over all servers, in octets.
    octets: usize,
    /// The size of the long answers kept for each server, in octets.
    octets_of: HashMap<Endpoint, usize>,
    /// The questions that were not asked, each with the first refused server and the outcome.
    refused: BTreeMap<Question, (Arc<Server>, Outcome)>,
}

impl Budget {
    /// Returns an unspent budget.
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            spent: 0,
            sent: HashMap::new(),
            octets: 0,
            octets_of: HashMap::new(),
            refused: BTreeMap::new(),
        }
    }

    /// Returns whether the query may be sent, and counts it. Zone files, and a recording of a run that kept its own
    /// limits, are exempt.
    pub(super) fn allows(&mut self, query: &PlannedQuery) -> bool {
        if matches!(query, PlannedQuery::Files(_) | PlannedQuery::Recording(_)) {
            return true;
        }
        if self.spent >= self.limits.queries {
            self.refuse(query, Outcome::OutOfQuestions);
            return false;
        }
        if let PlannedQuery::Server(_, _, endpoint, _) = query {
            let sent = self.sent.entry(endpoint.clone()).or_default();
            if *sent >= self.limits.queries_of_one_server {
                self.refuse(query, Outcome::ServerQueryLimit);
                return false;
            }
            *sent += 1;
        }
        self.spent += 1;
        true
    }

    /// Returns the reply, without its content if that exceeds the remaining budget of its server or of the domain.
    /// Replies from zone files and recordings are always kept.
    pub(super) fn kept(&mut self, query: &PlannedQuery, reply: Reply) -> Reply {
        let PlannedQuery::Server(_, _, endpoint, _) = query else { return reply };
        let octets = reply.octets();
        if octets <= SHORT {
            return reply;
        }
        let of_server = self.octets_of.entry(endpoint.clone()).or_default();
        let Limits { octets: whole, octets_of_one_server: share, .. } = self.limits;
        let what = if *of_server + octets > share {
            format!("limit of {} KiB for long responses of one server", share >> 10)
        } else if self.octets + octets > whole {
            format!("limit of {} MiB for long responses of one domain", whole >> 20)
        } else {
            *of_server += octets;
            self.octets += octets;
            return reply;
        };
        let Reply { question, server, at, elapsed, ede, .. } = reply;
        let reason = format!("{what} reached");
        Reply { at, elapsed, ede, reason, ..Reply::empty(question, server, Outcome::TooLarge) }
    }

    fn refuse(&mut self, query: &PlannedQuery, outcome: Outcome) {
        let (question, server) = match query {
            PlannedQuery::Server(question, server, ..) => (question, Arc::clone(server)),
            PlannedQuery::Files(question) | PlannedQuery::Recording(question) => (question, Server::none()),
        };
        self.refused.entry(question.clone()).or_insert((server, outcome));
    }

    /// Records the questions that were not asked, once.
    pub(super) fn note_refused(&mut self, facts: &mut Facts, at: Timestamp) {
        let Limits { queries, queries_of_one_server, .. } = self.limits;
        for (question, (server, outcome)) in std::mem::take(&mut self.refused) {
            let reason = if outcome == Outcome::ServerQueryLimit {
                format!("limit of {queries_of_one_server} queries of one domain to this server reached")
            } else {
                format!("limit of {queries} queries for one domain reached")
            };
            facts.insert(Reply { at, reason, ..Reply::empty(question, server, outcome) });
        }
    }
}
