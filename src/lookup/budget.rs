//! Limits the questions that one domain costs, those that one server gets, and the memory that the answers take.
//!
//! A hostile zone could otherwise have us ask without end, or flood the server of a third party. What is not asked is
//! written down as such: a bound of our own must never look like a record that is missing.

use std::collections::BTreeMap;
use std::sync::Arc;

use foldhash::{HashMap, HashMapExt as _};
use jiff::Timestamp;

use crate::facts::{Facts, Outcome, Reply, Server};
use crate::record::Question;

use super::limits::Limits;
use super::planned_query::PlannedQuery;
use super::transport::Endpoint;

/// Octets of an answer that is kept however many there are.
const SHORT: usize = 2 << 10;

/// What is left to be asked.
#[derive(Debug)]
pub(super) struct Budget {
    limits: Limits,
    spent: usize,
    /// Questions to each server, in whatever capacity it was asked.
    sent: HashMap<Endpoint, usize>,
    /// Octets of long answers that are kept, of all servers.
    octets: usize,
    /// The same of each server.
    octets_of: HashMap<Endpoint, usize>,
    /// What was not asked, the first server, and why.
    refused: BTreeMap<Question, (Arc<Server>, Outcome)>,
}

impl Budget {
    /// Nothing asked yet.
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

    /// Returns whether the query may be made; it then counts. What is looked up in the files of the run, or in a
    /// recording of one that kept to its own bounds, is not affected.
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

    /// The reply, without its content if that is more than is left for its server or for the domain. What files and
    /// recordings hold is there already.
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

    /// Writes down what was not asked, once.
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
