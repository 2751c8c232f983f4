//! The name servers that answer for a domain's own names.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::facts::{Facts, Server};
use crate::record::{Name, Question, RecordType};

use super::planned_query::PlannedQuery;
use super::transport::Endpoint;

/// Servers, and how each is reached.
pub(super) type Servers = Vec<(Arc<Server>, Endpoint)>;

/// What the facts say of the domain's zones: worked out once, and read for every question.
#[derive(PartialEq)]
pub(super) struct ZoneServers<'a> {
    pub(super) domain: &'a Name,
    /// Where the zone of the domain begins, as far as that is known.
    pub(super) apex: Option<Name>,
    /// The deepest zone that holds the domain, as far as that is certain; where resolvers differ about it, also the one
    /// above, so that it does not matter whose answer comes first.
    pub(super) zones: Vec<Name>,
    /// Zones further down, which are known from referrals only.
    pub(super) delegated: BTreeSet<Name>,
    /// The name servers of all these.
    pub(super) servers: BTreeMap<Name, Servers>,
    /// The name servers of the parent zone, and its apex.
    pub(super) above: Option<(Name, Servers)>,
    /// The names whose addresses were read for all this.
    pub(super) names: BTreeSet<Name>,
}

impl ZoneServers<'_> {
    /// Returns whether more replies to a question about an address can show other servers.
    pub(super) fn depends_on(&self, question: &Question) -> bool {
        matches!(question.rtype, RecordType::A | RecordType::Aaaa) && self.names.contains(&question.name)
    }

    /// The name servers of the zone of the name.
    pub(super) fn authoritative(&self, question: &Question, queries: &mut Vec<PlannedQuery>) {
        // Each ancestor is a name of its own, and hardly a domain has a zone further down.
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

/// The parent zone of a zone, once its name servers are known.
pub(super) fn parent_zone(apex: &Name, facts: &Facts) -> Option<Name> {
    apex.parent()?.ancestors().find(|candidate| !facts.name_server_names(candidate).is_empty())
}
