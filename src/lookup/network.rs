//! Sends planned queries to servers on the network, and caches their replies.
//!
//! Resolvers are asked about the domains themselves, and the first working one about all other names; name servers are
//! asked about names of their own zones.

mod queries;

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::OnceCell;

use crate::facts::{Outcome, Reply, Role, Server, TrustPolicy};
use crate::record::{Name, Question, RecordData, RecordType};

use super::address::Permissions;
use super::memory::{Failures, Memory, Shared};
use super::policy::Fetcher;
use super::transport::{Endpoint, Scope, Transport, lock};
use super::web_client::WebClient;

/// The network, and the replies cached for the length of a run.
#[derive(Debug)]
pub struct Network {
    transport: Transport,
    resolvers: Vec<(Endpoint, Arc<Server>)>,
    pub(super) view: TrustPolicy,
    authority_port: u16,
    permissions: Permissions,
    /// The name servers that were named to be asked instead of the delegated ones.
    named: BTreeMap<Name, BTreeSet<IpAddr>>,
    pub(super) fetcher: Fetcher,
    pub(super) web: WebClient,
    asked: Mutex<Asked>,
}

/// A question and the server that it is sent to.
type Asking = (Arc<Server>, Question);

/// The replies to questions that several domains may wait for.
#[derive(Debug)]
struct Asked {
    /// Replies about names of the domain that asked first.
    own: Memory<Asking, Reply>,
    /// Replies about other names, which several domains may need.
    elsewhere: Memory<Asking, Reply>,
    /// Recent failures: these are looked up again, but not too often.
    failures: Failures<Asking>,
}

/// The minimum number of cached replies about domains' own names, those of a few hundred domains, and as many about other
/// names: one that is needed again soon stays, and one that a domain in thousands needs may be asked again.
const MOST_REPLIES: usize = 8 * 1024;
/// The minimum size of these replies in the cache, in octets: a typical reply has a few hundred.
const MOST_OCTETS: usize = 4 << 20;
/// The time for which an answer is valid for all domains of a run, even with a shorter TTL.
const GOOD_FOR: SignedDuration = SignedDuration::from_mins(5);

/// The relation of a name to the domain being checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NameScope {
    /// A name at or below the domain being checked.
    Own,
    /// A name of a third party.
    Elsewhere,
}

impl Network {
    /// Returns a network with these resolvers: each is asked about the domains themselves, and the first working one
    /// about all other names. They count as named: one on a loopback or private address allows name servers and policy
    /// hosts on addresses of that kind, unless [`Network::with_permissions`] overrides this.
    #[must_use]
    pub fn new(
        transport: Transport,
        resolvers: Vec<Endpoint>,
        view: TrustPolicy,
        authority_port: u16,
    ) -> Self {
        let mut distinct: Vec<(Endpoint, Arc<Server>)> = Vec::new();
        for endpoint in resolvers {
            if distinct.iter().all(|(known, _)| *known != endpoint) {
                let server = Server { role: Role::Resolver, address: endpoint.to_string() };
                distinct.push((endpoint, Arc::new(server)));
            }
        }
        let addresses = distinct.iter().map(|(endpoint, _)| endpoint.address().ip());
        let permissions = addresses.fold(Permissions::default(), Permissions::naming);
        Self {
            fetcher: Fetcher::new(transport.clone(), permissions),
            web: WebClient::new(transport.clone(), permissions),
            transport,
            resolvers: distinct,
            view,
            authority_port,
            permissions,
            named: BTreeMap::new(),
            asked: Mutex::new(Asked {
                own: Memory::of(MOST_REPLIES, MOST_OCTETS),
                elsewhere: Memory::of(MOST_REPLIES, MOST_OCTETS),
                failures: Failures::default(),
            }),
        }
    }

    /// Returns the network with these permissions for name servers and policy hosts that only DNS names.
    #[must_use]
    pub fn with_permissions(mut self, permissions: Permissions) -> Self {
        self.permissions = permissions;
        self.fetcher.set_permissions(permissions);
        self.web.set_permissions(permissions);
        self
    }

    /// Returns the network with these name servers in place of those that a zone is delegated to: only they decide
    /// about names of the domains, and resolvers are asked for other names.
    #[must_use]
    pub fn with_name_servers(mut self, named: BTreeMap<Name, BTreeSet<IpAddr>>) -> Self {
        self.named = named;
        self
    }

    /// Returns the transport to the servers.
    pub(super) fn transport(&self) -> &Transport {
        &self.transport
    }

    /// Returns the name servers that were named.
    pub(super) fn named(&self) -> &BTreeMap<Name, BTreeSet<IpAddr>> {
        &self.named
    }

    /// Returns the addresses of a host according to the first resolver that answers; empty if the host has none, or no
    /// resolver answers.
    pub async fn addresses_of(&self, host: &Name) -> BTreeSet<IpAddr> {
        let mut found = BTreeSet::new();
        for (endpoint, server) in &self.resolvers {
            let mut is_answered = true;
            for rtype in [RecordType::A, RecordType::Aaaa] {
                let question = Question::new(host.clone(), rtype);
                let scope = Scope { domain: host, zone: None };
                let reply = self.transport.ask(endpoint, server, &question, scope).await;
                is_answered &= reply.outcome.is_answer();
                found.extend(reply.wanted().filter_map(|record| match record.data {
                    RecordData::A(address) => Some(IpAddr::from(address)),
                    RecordData::Aaaa(address) => Some(IpAddr::from(address)),
                    _ => None,
                }));
            }
            if is_answered || !found.is_empty() {
                break;
            }
        }
        found
    }

    /// Returns the network without fetching of policies.
    #[must_use]
    pub fn without_https(mut self) -> Self {
        self.fetcher.turn_off();
        self
    }

    /// Returns the network with another port than 443 for policies and other web servers: for test labs, where port 443
    /// is not available.
    #[cfg(feature = "testing")]
    #[must_use]
    pub fn with_https_port(mut self, port: u16) -> Self {
        self.fetcher.set_port(port);
        self.web.set_port(port);
        self
    }

    /// Begins a round: keeps replies about names outside the domains that a resolver still has in its cache, and drops all
    /// others, including failures. A domain is judged by what its servers and the resolvers say in this round: a cache may
    /// have been flushed, or a server may have died.
    pub(super) fn begin_round(&mut self, now: Timestamp) {
        self.transport = self.transport.clone().with_clock(now);
        self.transport.end_pauses();
        self.fetcher.begin_round(self.transport.clone());
        self.web.begin_round(self.transport.clone());
        let Asked { own, elsewhere, failures } = self.asked.get_mut().unwrap_or_else(PoisonError::into_inner);
        *failures = Failures::default();
        own.retain(|_, _| false);
        elsewhere.retain(|(server, _), reply| server.role == Role::Resolver && is_kept(reply, now));
    }

    /// Forgets replies about names of a domain, so that the check sees an edit at once.
    pub(super) fn begin_check(&self, domain: &Name) {
        let now = self.transport.now();
        {
            let Asked { own, elsewhere, .. } = &mut *lock(&self.asked);
            for asked in [own, elsewhere] {
                asked.forget(|(_, question), _| question.name.is_within(domain));
            }
        }
        let before = now.checked_sub(GOOD_FOR).unwrap_or(Timestamp::MIN);
        self.fetcher.forget(domain, before);
        self.web.forget(domain, before);
    }

    /// Returns the cell that holds or will hold the answer to a question; for a server that must not be asked, it
    /// already holds the refusal.
    pub(super) fn cell(
        &self,
        question: &Question,
        server: &Arc<Server>,
        endpoint: &Endpoint,
        name_scope: NameScope,
    ) -> Shared<Reply> {
        if server.role.is_name_server()
            && let Err(refusal) = self.permissions.check(endpoint.address().ip())
        {
            let reply = Reply::empty(question.clone(), Arc::clone(server), Outcome::NotAllowed);
            let reply = Reply { reason: refusal.to_string(), ..reply };
            return Arc::new(OnceCell::new_with(Some(reply)));
        }
        let now = self.transport.now();
        let asking = (Arc::clone(server), question.clone());
        let mut asked = lock(&self.asked);
        let Asked { own, elsewhere, failures } = &mut *asked;
        let may_repeat = failures.may_repeat(&asking, now);
        let is_good = |reply: &Reply| match reply.outcome.is_failed_lookup() {
            true => !may_repeat,
            false => reply.at.duration_until(now) <= GOOD_FOR || is_kept(reply, now),
        };
        // A name of one domain itself may be a third party's name for another domain.
        let (here, there) = match name_scope {
            NameScope::Own => (own, elsewhere),
            NameScope::Elsewhere => (elsewhere, own),
        };
        there.known(&asking, is_good).unwrap_or_else(|| here.cell(&asking, is_good))
    }

    /// Waits for the answer, and sends the query unless another domain has sent it. A failure seen by another domain
    /// does not count for this one: the lookup is repeated once.
    pub(super) async fn ask(
        &self,
        cell: &Shared<Reply>,
        question: &Question,
        server: &Arc<Server>,
        endpoint: &Endpoint,
        scope: Scope<'_>,
    ) -> Reply {
        let mut cell = Arc::clone(cell);
        let mut is_second = false;
        loop {
            let mut is_sent_here = false;
            let reply = cell.get_or_init(|| {
                is_sent_here = true;
                async {
                    let reply = self.transport.ask(endpoint, server, question, scope).await;
                    // Before others see the reply, so that a failure is repeated no more often than it may be.
                    self.note(&reply, server, question, scope.domain);
                    reply
                }
            });
            let reply = reply.await.clone();
            if is_sent_here || is_second || !reply.outcome.is_failed_lookup() {
                return reply;
            }
            let name_scope =
                if question.name.is_within(scope.domain) { NameScope::Own } else { NameScope::Elsewhere };
            cell = self.cell(question, server, endpoint, name_scope);
            is_second = true;
        }
    }

    /// Records the size of a reply, and that the lookup failed.
    fn note(&self, reply: &Reply, server: &Arc<Server>, question: &Question, domain: &Name) {
        let Asked { own, elsewhere, failures } = &mut *lock(&self.asked);
        let asked = if question.name.is_within(domain) { own } else { elsewhere };
        asked.grow(reply.octets());
        if reply.outcome.is_failed_lookup() {
            failures.note((Arc::clone(server), question.clone()), reply.at);
        }
    }

    /// Returns the time from which all silent servers can be queried again; `None` if that is now.
    pub(super) fn pause_end(&self) -> Option<tokio::time::Instant> {
        self.transport.pause_end()
    }

    /// Ends the pauses of silent servers, so that domains with failed lookups can be looked up once more.
    pub(super) fn begin_rechecks(&self) {
        self.transport.begin_rechecks();
    }
}

/// Returns whether a resolver still has an answer in its cache at that time.
fn is_kept(reply: &Reply, now: Timestamp) -> bool {
    let smallest = reply.records.iter().map(|record| record.ttl).min();
    let ttl = match reply.outcome {
        Outcome::Records => smallest,
        Outcome::NoData | Outcome::NxDomain => {
            reply.negative_ttl().map(|ttl| smallest.map_or(ttl, |smallest| smallest.min(ttl)))
        }
        _ => None,
    };
    let end = ttl.and_then(|ttl| reply.at.checked_add(SignedDuration::from_secs(i64::from(ttl))).ok());
    end.is_some_and(|end| end > now)
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use super::*;

    #[tokio::test]
    async fn servers_on_special_addresses_are_asked_by_permission_only() {
        let listener = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let network = |resolver: &str| {
            let resolver = Endpoint::Plain(SocketAddr::new(resolver.parse().unwrap(), 53));
            let transport = Transport::new(std::time::Duration::from_millis(20));
            Network::new(transport, vec![resolver], TrustPolicy::Both, 53)
        };
        for (network, role, server, is_asked) in [
            (network("8.8.8.8"), Role::Authoritative, "127.0.0.1", false),
            (network("8.8.8.8"), Role::Parent, "127.0.0.1", false),
            (network("8.8.8.8").with_permissions(Permissions::ALL), Role::Authoritative, "127.0.0.1", true),
            (network("127.0.0.53"), Role::Authoritative, "127.0.0.1", true),
            (network("127.0.0.53"), Role::Parent, "127.0.0.1", true),
            (
                network("127.0.0.53").with_permissions(Permissions::default()),
                Role::Parent,
                "127.0.0.1",
                false,
            ),
            // The system's stub resolver was not named by DNS.
            (
                network("127.0.0.53").with_permissions(Permissions::default()),
                Role::Resolver,
                "127.0.0.1",
                true,
            ),
            // An address of another kind than that of the named server.
            (network("192.168.1.1"), Role::Authoritative, "127.0.0.1", false),
            // Linux delivers packets for both addresses to this machine.
            (network("127.0.0.53").with_permissions(Permissions::ALL), Role::Authoritative, "0.0.0.0", false),
            (network("127.0.0.53"), Role::Authoritative, "::ffff:127.0.0.1", false),
        ] {
            let question = Question::new("contoso.com".parse().unwrap(), RecordType::Mx);
            let endpoint = Endpoint::Plain(SocketAddr::new(server.parse().unwrap(), port));
            let server = Arc::new(Server { role, address: endpoint.to_string() });
            let cell = network.cell(&question, &server, &endpoint, NameScope::Own);
            let scope = Scope { domain: &question.name, zone: None };
            let reply = network.ask(&cell, &question, &server, &endpoint, scope).await;
            let expected = if is_asked { Outcome::Timeout } else { Outcome::NotAllowed };
            let mut packets = 0;
            while listener.try_recv(&mut [0; 512]).is_ok() {
                packets += 1;
            }
            assert_eq!((reply.outcome, packets > 0), (expected, is_asked), "{reply:?}");
            assert_eq!(reply.reason.contains("address according to RFC"), !is_asked, "{}", reply.reason);
        }
    }
}
