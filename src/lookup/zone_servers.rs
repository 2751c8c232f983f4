//! The name servers that answer for a domain's own names.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::facts::{Facts, Server};
use crate::record::{Name, Question, RecordType};

use super::planned_query::PlannedQuery;
use super::transport::Endpoint;

/// Servers and their endpoints.
pub(super) type Servers = Vec<(Arc<Server>, Endpoint)>;

/// The zones of a domain and their servers, according to the facts: computed once, and read for every question.
#[derive(PartialEq)]
pub(super) struct ZoneServers<'a> {
    pub(super) domain: &'a Name,
    /// The apex of the domain's zone, if known.
    pub(super) apex: Option<Name>,
    /// The deepest zone that certainly contains the domain; if resolvers differ about it, also the zone that contains
    /// it, so that the order of their answers does not matter.
    pub(super) zones: Vec<Name>,
    /// Zones further down, known only from referrals.
    pub(super) delegated: BTreeSet<Name>,
    /// The name servers of these zones.
    pub(super) servers: BTreeMap<Name, Servers>,
    /// The parent zone and its name servers.
    pub(super) above: Option<(Name, Servers)>,
    /// The names whose addresses were read for these servers.
    pub(super) names: BTreeSet<Name>,
}

impl ZoneServers<'_> {
    /// Returns whether further replies to an address question can change the servers.
    pub(super) fn depends_on(&self, question: &Question) -> bool {
        matches!(question.rtype, RecordType::A | RecordType::Aaaa) && self.names.contains(&question.name)
    }

    /// Adds the queries to the name servers of the zone that contains the name.
    pub(super) fn authoritative(&self, question: &Question, queries: &mut Vec<PlannedQuery>) {
        // Each ancestor is allocated, and few domains have a zone further down.
        let is_delegated = |name: &Name| self.delegated.contains(name);
        let delegated =
            (!self.delegated.is_empty()).then(|| question.name.ancestors().find(is_delegated)).flatten();
        let zones = delegated.as_ref().map_or(&self.zones[..], std::slice::from_ref);
        for zone in zones {
            let servers = self.servers.get(zone).into_iter().flatten();
            queries.extend(servers.map(|(server, endpoint)| {
                PlannedQuery::Server(
                    question.clone(),
                    Arc::clone(server),
                    endpoint.clone(),
                    Some(zone.clone()),
                )
            }));
        }
    }
}

/// Returns the parent zone of a zone, once its name servers are known.
pub(super) fn parent_zone(apex: &Name, facts: &Facts) -> Option<Name> {
    apex.parent()?.ancestors().find(|candidate| !facts.name_server_names(candidate).is_empty())
}
