//! Plans the queries for a question: which servers are asked.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use crate::facts::{Facts, Reply, Role, Server, TrustPolicy, zone_candidates};
use crate::lookup::authorities;
use crate::lookup::planned_query::PlannedQuery;
use crate::lookup::transport::Endpoint;
use crate::lookup::zone_servers::{Servers, ZoneServers, parent_zone};
use crate::record::{Name, Question, RecordType};

use super::Network;

impl Network {
    /// Adds the queries about one of the domain's own names to the servers known so far.
    pub(in crate::lookup) fn own(
        &self,
        question: &Question,
        zone_servers: &ZoneServers<'_>,
        facts: &Facts,
        queries: &mut Vec<PlannedQuery>,
    ) {
        if self.view != TrustPolicy::Authoritative && self.named.is_empty() {
            self.resolvers(question, queries);
            self.unvalidated(question, facts, queries);
        }
        zone_servers.authoritative(question, queries);
    }

    /// Adds queries to the failing resolvers without validation, which distinguishes invalid signatures from broken
    /// servers.
    fn unvalidated(&self, question: &Question, facts: &Facts, queries: &mut Vec<PlannedQuery>) {
        for (endpoint, server) in &self.resolvers {
            let fails = |reply: &Reply| reply.server == *server && reply.may_be_bogus();
            if facts.replies(question).any(fails) {
                let server = Server { role: Role::Unvalidated, address: server.address.clone() };
                queries.push(PlannedQuery::Server(
                    question.clone(),
                    Arc::new(server),
                    endpoint.clone(),
                    None,
                ));
            }
        }
    }

    /// Adds the queries for the delegation: to the servers of the parent zone and of the zone itself.
    pub(in crate::lookup) fn delegation(
        &self,
        question: &Question,
        zone_servers: &ZoneServers<'_>,
        queries: &mut Vec<PlannedQuery>,
    ) {
        if zone_servers.apex.as_ref() != Some(&question.name) {
            return;
        }
        zone_servers.authoritative(question, queries);
        let Some((parent, servers)) = &zone_servers.above else { return };
        queries.extend(servers.iter().map(|(server, endpoint)| {
            PlannedQuery::Server(question.clone(), Arc::clone(server), endpoint.clone(), Some(parent.clone()))
        }));
    }

    /// Adds queries to all resolvers: the first answer starts the next step, so that a dead resolver delays nothing.
    pub(in crate::lookup) fn resolvers(&self, question: &Question, queries: &mut Vec<PlannedQuery>) {
        queries.extend(self.resolvers.iter().map(|(endpoint, server)| {
            PlannedQuery::Server(question.clone(), Arc::clone(server), endpoint.clone(), None)
        }));
    }

    /// Adds a query to the first resolver, and to each further one once all before it have failed.
    pub(in crate::lookup) fn elsewhere(
        &self,
        question: &Question,
        facts: &Facts,
        queries: &mut Vec<PlannedQuery>,
    ) {
        for (endpoint, server) in &self.resolvers {
            queries.push(PlannedQuery::Server(question.clone(), Arc::clone(server), endpoint.clone(), None));
            let reply = facts.replies(question).find(|reply| reply.server == *server);
            if reply.is_none_or(|reply| reply.outcome.is_answer()) {
                break;
            }
        }
    }

    /// Returns the domain's zones and their servers, according to the facts.
    pub(in crate::lookup) fn zone_servers<'a>(&self, domain: &'a Name, facts: &Facts) -> ZoneServers<'a> {
        let mut zone_servers = ZoneServers {
            domain,
            apex: None,
            zones: Vec::new(),
            delegated: BTreeSet::new(),
            servers: BTreeMap::new(),
            above: None,
            names: BTreeSet::new(),
        };
        if self.view == TrustPolicy::Resolver {
            return zone_servers;
        }
        zone_servers.zones = self.zones(domain, facts);
        if zone_servers.zones.is_empty() && !self.named.is_empty() {
            // Without a delegation, the registrable domain is taken for the zone.
            zone_servers.zones.extend(zone_candidates(domain).pop());
        }
        let apexes = facts.referrals().flat_map(|reply| &reply.referral).map(|record| &record.name);
        zone_servers
            .delegated
            .extend(apexes.filter(|apex| *apex != domain && apex.is_within(domain)).cloned());
        for zone in zone_servers.zones.iter().chain(&zone_servers.delegated) {
            let names = facts.name_server_names(zone);
            let addresses = match self.named.is_empty() || zone_servers.delegated.contains(zone) {
                true => authorities::of_zone(&names, facts),
                false => self.named.values().flatten().copied().collect(),
            };
            zone_servers.servers.insert(zone.clone(), self.servers(Role::Authoritative, addresses));
            zone_servers.names.extend(names);
        }
        zone_servers.apex = facts.zone_apex(domain);
        if !self.named.is_empty() {
            zone_servers.apex = zone_servers.apex.or_else(|| zone_servers.zones.first().cloned());
        }
        let above = zone_servers.apex.as_ref().and_then(|apex| parent_zone(apex, facts));
        zone_servers.above = above.map(|parent| {
            let names = facts.name_server_names(&parent);
            let servers = self.servers(Role::Parent, authorities::of_parent(&names, facts));
            zone_servers.names.extend(names);
            (parent, servers)
        });
        zone_servers
    }

    fn zones(&self, domain: &Name, facts: &Facts) -> Vec<Name> {
        let mut zones = Vec::new();
        for apex in zone_candidates(domain) {
            let question = Question::new(apex.clone(), RecordType::Ns);
            let replies = || facts.replies(&question).filter(|reply| reply.server.role == Role::Resolver);
            // NS records after an alias belong to another zone.
            let is_apex = |reply: &Reply| reply.wanted().any(|record| record.name == apex);
            let denied = replies().any(|reply| reply.outcome.is_answer() && !is_apex(reply));
            let silent = replies().filter(|reply| !reply.outcome.is_answer()).count() == self.resolvers.len();
            if !facts.name_server_names(&apex).is_empty() {
                zones.push(apex);
            }
            if !denied && !silent {
                break;
            }
        }
        zones
    }

    /// Returns servers with this role at these addresses.
    pub(in crate::lookup) fn servers(&self, role: Role, addresses: BTreeSet<IpAddr>) -> Servers {
        let sockets = addresses.into_iter().map(|address| SocketAddr::new(address, self.authority_port));
        let server = |socket: SocketAddr| Arc::new(Server { role, address: socket.to_string() });
        sockets.map(|socket| (server(socket), Endpoint::Plain(socket))).collect()
    }
}
