//! Decides which servers are asked a question.
//!
//! Zone files answer for the names that they cover, and a recording answers every question; all other questions go to
//! the network, to the resolvers and to the name servers of the domain's own zones. The same question is sent to the
//! same server once in a run, however many domains need it.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;

use crate::facts::{
    Facts, NOT_FOLLOWED, Outcome, Recording, Reply, Role, Server, TrustPolicy, UnqueriedNames,
};
use crate::record::{Name, Question, RecordType};

use super::memory::Shared;
use super::network::{NameScope, Network};
use super::planned_query::PlannedQuery;
use super::transport::Scope;
use super::zone_servers::ZoneServers;
use super::zonefile::ZoneFiles;

/// The sources of the answers of a run: zone files, the network, or a recording.
#[derive(Debug)]
pub struct Source {
    started: Timestamp,
    answers: Answers,
}

#[derive(Debug)]
enum Answers {
    /// Nothing is sent; names outside the files stay unknown.
    ZoneFiles(ZoneFiles),
    /// Zone files, if there are any, take precedence over the network.
    Network { network: Box<Network>, zones: Option<ZoneFiles> },
    /// A recorded run, or the facts that this run has gathered.
    Recording(Box<Recording>),
}

/// The state of a query after its begin.
pub(super) enum QueryStart {
    /// The replies are available.
    Known(Vec<Reply>),
    /// The reply is pending.
    Pending(Shared<Reply>),
}

impl Source {
    /// Answers from zone files alone, in a run that began at `started`.
    #[must_use]
    pub fn offline(zones: ZoneFiles, started: Timestamp) -> Self {
        Self { started, answers: Answers::ZoneFiles(zones) }
    }

    /// Answers from zone files for the names that they cover, and from the network for all others.
    #[must_use]
    pub fn online(network: Network, zones: Option<ZoneFiles>, started: Timestamp) -> Self {
        Self { started, answers: Answers::Network { network: Box::new(network), zones } }
    }

    /// Answers from a recording alone. `started` is the time of the run: that of the recording, unless its answers are
    /// to be seen from another time.
    #[must_use]
    pub fn replay(recording: Recording, started: Timestamp) -> Self {
        Self { started, answers: Answers::Recording(Box::new(recording)) }
    }

    /// The time at which the run, or its present round, began.
    #[must_use]
    pub fn started(&self) -> Timestamp {
        self.started
    }

    pub(super) fn network(&self) -> Option<&Network> {
        match &self.answers {
            Answers::Network { network, .. } => Some(network),
            Answers::ZoneFiles(_) | Answers::Recording(_) => None,
        }
    }

    /// The recording that answers, in a replay.
    #[must_use]
    pub fn recording(&self) -> Option<&Recording> {
        match &self.answers {
            Answers::Recording(recording) => Some(recording),
            Answers::ZoneFiles(_) | Answers::Network { .. } => None,
        }
    }

    fn zones(&self) -> Option<&ZoneFiles> {
        match &self.answers {
            Answers::ZoneFiles(zones) => Some(zones),
            Answers::Network { zones, .. } => zones.as_ref(),
            Answers::Recording(_) => None,
        }
    }

    /// Begins another round at this time: only questions whose answers can have changed are asked again. `reread`
    /// replaces the zone files, which may have been edited.
    pub(crate) fn begin_round(&mut self, now: Timestamp, reread: Option<ZoneFiles>) {
        self.started = now;
        match (&mut self.answers, reread) {
            (Answers::ZoneFiles(zones), Some(reread)) => *zones = reread,
            (Answers::Network { network, zones }, reread) => {
                network.begin_round(now);
                *zones = reread.or_else(|| zones.take());
            }
            (Answers::ZoneFiles(_), None) | (Answers::Recording(_), _) => {}
        }
    }

    /// Begins another check of a domain while others may be in progress: cached replies about its own names are
    /// dropped, and replies about other names are kept.
    pub(crate) fn begin_check(&self, domain: &Name) {
        if let Some(network) = self.network() {
            network.begin_check(domain);
        }
    }

    /// Returns the record sets of the zone files at and below the domain; in a recording, those that were asked for.
    pub(super) fn on_file(&self, domain: &Name) -> BTreeSet<Question> {
        if let Some(recording) = self.recording() {
            // Names below a name sort after it.
            let first = Question::new(domain.clone(), RecordType::A);
            let held = recording.facts.on_file.range(first..);
            let held = held.take_while(|question| question.name.is_within(domain));
            return held.cloned().collect();
        }
        self.zones().map(|zones| zones.record_sets(domain)).unwrap_or_default()
    }

    /// Returns the meaning of names for which no server can be asked.
    #[must_use]
    pub fn elsewhere(&self) -> UnqueriedNames {
        match &self.answers {
            Answers::Recording(recording) => recording.facts.elsewhere,
            Answers::ZoneFiles(_) => UnqueriedNames::NotAsked,
            Answers::Network { .. } => UnqueriedNames::Asked,
        }
    }

    /// Returns whether name servers must be found and reached, not only named.
    pub(super) fn reaches_authorities(&self, name: &Name) -> bool {
        match &self.answers {
            Answers::Recording(_) => true,
            Answers::ZoneFiles(_) => false,
            Answers::Network { network, zones } => {
                let is_covered = zones.as_ref().is_some_and(|zones| zones.covers(name));
                !is_covered && network.view != TrustPolicy::Resolver
            }
        }
    }

    /// Returns the domain's zones and their servers, according to the facts; `None` if none of them can be asked.
    pub(super) fn zone_servers<'a>(&self, domain: &'a Name, facts: &Facts) -> Option<ZoneServers<'a>> {
        self.network().map(|network| network.zone_servers(domain, facts))
    }

    /// Returns the time from which all silent servers can be queried again; `None` if that is now.
    #[must_use]
    pub fn pause_end(&self) -> Option<tokio::time::Instant> {
        self.network().and_then(Network::pause_end)
    }

    /// Prepares for repeating failed lookups: every server is queried again, even if it was silent.
    pub fn begin_rechecks(&self) {
        if let Some(network) = self.network() {
            network.begin_rechecks();
        }
    }

    /// Returns whether every answer is already available, so that nothing is waited for.
    #[must_use]
    pub(crate) fn is_at_hand(&self) -> bool {
        match &self.answers {
            Answers::ZoneFiles(_) | Answers::Recording(_) => true,
            Answers::Network { .. } => false,
        }
    }

    /// Returns the queries for a question that a rule reads, as far as the facts show the servers; grows with the
    /// facts.
    pub(super) fn queries(
        &self,
        question: &Question,
        zone_servers: Option<&ZoneServers<'_>>,
        facts: &Facts,
    ) -> Vec<PlannedQuery> {
        if let Some(query) = self.kept(question) {
            return vec![query];
        }
        let mut queries = Vec::new();
        if let (Some(network), Some(zone_servers)) = (self.network(), zone_servers) {
            match question.name.is_within(zone_servers.domain) {
                true => network.own(question, zone_servers, facts, &mut queries),
                false => network.elsewhere(question, facts, &mut queries),
            }
        }
        queries
    }

    /// Returns the queries for a question that finds the zone or its name servers: they must not depend on the result.
    pub(super) fn queries_of_infrastructure(
        &self,
        question: &Question,
        zone_servers: Option<&ZoneServers<'_>>,
    ) -> Vec<PlannedQuery> {
        if let Some(recording) = self.recording() {
            // A run that did not need this question has not recorded it, and does not need it now.
            let known = recording.facts.has(question);
            return known.then(|| PlannedQuery::Recording(question.clone())).into_iter().collect();
        }
        if let Some(query) = self.kept(question) {
            return vec![query];
        }
        let mut queries = Vec::new();
        if let (Some(network), Some(zone_servers)) = (self.network(), zone_servers) {
            match question.rtype {
                // The version is that of each name server; a resolver's copy is not used.
                RecordType::Soa => zone_servers.authoritative(question, &mut queries),
                RecordType::Ns => {
                    network.resolvers(question, &mut queries);
                    network.delegation(question, zone_servers, &mut queries);
                }
                _ => network.resolvers(question, &mut queries),
            }
        }
        queries
    }

    /// Returns the query that answers a question without the network, if there is one.
    fn kept(&self, question: &Question) -> Option<PlannedQuery> {
        let is_held = match &self.answers {
            Answers::Recording(_) => return Some(PlannedQuery::Recording(question.clone())),
            Answers::ZoneFiles(zones) => zones.covers(&question.name) || zones.delegates(&question.name),
            // The servers that a name is delegated to are asked, if there is a network.
            Answers::Network { zones, .. } => {
                zones.as_ref().is_some_and(|zones| zones.covers(&question.name))
            }
        };
        is_held.then(|| PlannedQuery::Files(question.clone()))
    }

    /// Begins a query; replies that are available are returned at once.
    pub(super) fn begin(&self, query: &PlannedQuery, domain: &Name) -> QueryStart {
        match query {
            PlannedQuery::Files(question) => {
                let reply = self.zones().and_then(|zones| zones.answer(question));
                QueryStart::Known(
                    reply.into_iter().map(|reply| Reply { at: self.started, ..reply }).collect(),
                )
            }
            PlannedQuery::Recording(question) => QueryStart::Known(self.recorded(question, domain)),
            PlannedQuery::Server(question, server, endpoint, _) => {
                let Some(network) = self.network() else { return QueryStart::Known(Vec::new()) };
                let is_own = question.name.is_within(domain);
                let name_scope = if is_own { NameScope::Own } else { NameScope::Elsewhere };
                let cell = network.cell(question, server, endpoint, name_scope);
                match cell.get() {
                    Some(reply) => QueryStart::Known(vec![reply.clone()]),
                    None => QueryStart::Pending(cell),
                }
            }
        }
    }

    /// Returns the reply to a pending query, adjusted to this domain.
    pub(super) async fn ask(
        &self,
        query: &PlannedQuery,
        domain: &Name,
        cell: &Shared<Reply>,
    ) -> Option<Reply> {
        match (query, self.network()) {
            (PlannedQuery::Server(question, server, endpoint, zone), Some(network)) => {
                let scope = Scope { domain, zone: zone.as_ref() };
                Some(network.ask(cell, question, server, endpoint, scope).await)
            }
            // These are never pending.
            (PlannedQuery::Files(_) | PlannedQuery::Recording(_) | PlannedQuery::Server(..), _) => None,
        }
    }

    fn recorded(&self, question: &Question, domain: &Name) -> Vec<Reply> {
        let Some(recording) = self.recording() else { return Vec::new() };
        let replies = recording.replies(question, domain).to_vec();
        if !replies.is_empty() {
            return replies;
        }
        let missing = |server, outcome| Reply::empty(question.clone(), server, outcome);
        let reply = if recording.is_missing(question, domain) {
            let server = Server { role: Role::Resolver, address: "recording".into() };
            missing(Arc::new(server), Outcome::NotRecorded)
        } else if recording.facts.is_offline() {
            // A question that the recorded run deliberately did not ask is not asked now.
            return replies;
        } else {
            // The facts of this run, which no recording holds yet: a question beyond its limits was not asked.
            Reply { reason: NOT_FOLLOWED.into(), ..missing(Server::none(), Outcome::NotAsked) }
        };
        vec![Reply { at: self.started, ..reply }]
    }

    /// Returns whether every question must have a reply: only names outside the zone files may remain unasked.
    pub(super) fn leaves_nothing_alone(&self) -> bool {
        match self.elsewhere() {
            UnqueriedNames::Asked | UnqueriedNames::NotRecorded => true,
            UnqueriedNames::NotAsked => false,
        }
    }
}
