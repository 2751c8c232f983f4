//! Checks an expectation against the replies of one server.
//!
//! The wire, and nothing else: [`Transport::ask`] sends one question to one server and says what happened as
//! a [`Reply`]. Which questions are worth asking, and of which server, is decided elsewhere; so is what a reply means
//! for a domain. A question is never asked twice by itself, but for silence, cut answers and servers that
//! refuse EDNS.

mod datagram;
mod decode;
mod endpoint;
mod health;
mod in_flight;
mod open_files;
mod peers;
mod permits;
mod plain;
mod plain_address;
mod query;
mod rate_limiter;
mod secure;
mod stream;
mod system;
mod udp_mux;
mod waiting;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use hickory_resolver::net::tls::client_config;
use hickory_resolver::proto::op::Message;
use jiff::Timestamp;
use rustls::ClientConfig;
use tokio::time::Instant;

pub(super) use self::decode::{converted_record, harmless};
pub use self::endpoint::{
    Endpoint, HTTPS_PORT, HostNotFound, ResolverAddress, ResolverAddressError, TLS_PORT,
};
use self::health::{Failure, FailureScope, ZoneHealth};
pub(super) use self::health::{io_words, is_local_limit, local_limit_words, lock};
use self::open_files::Limits;
use self::peers::{Peer, Peers, Route};
use self::plain::Room;
pub use self::plain_address::DNS_PORT;
pub(super) use self::query::decoded as decoded_message;
use self::query::{Asking, Query};
pub use self::rate_limiter::RateLimits;
pub(super) use self::secure::certificate_words;
pub use self::system::{NoResolver, system_resolvers};
use crate::facts::{Outcome, Reply, Role, Server};
use crate::record::{Name, Question};

/// Sends queries to servers, and remembers for how long each of them has been silent, and for which zones; clones share
/// everything.
///
/// Must be used inside a tokio runtime with I/O and time.
#[derive(Debug, Clone)]
pub struct Transport {
    timeout: Duration,
    clock: Clock,
    /// Given by hand; otherwise they depend on where the server is and who named it.
    rate_limits: Option<RateLimits>,
    /// Given by hand; otherwise the system's certificates are loaded when the first connection needs them.
    tls: Option<Arc<ClientConfig>>,
    shared: Arc<Shared>,
}

/// What a query belongs to: a server that does not answer is silent for this zone, and connections are shared fairly
/// among domains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scope<'a> {
    /// The domain that is checked.
    pub domain: &'a Name,
    /// For an authoritative server, the zone that it is queried about: name servers of a zone below it are a referral,
    /// those of the zone itself or of a parent zone mean that the server is lame.
    pub zone: Option<&'a Name>,
}

#[derive(Debug)]
struct Shared {
    peers: Peers,
    room: Room,
    system_tls: OnceLock<Result<Arc<ClientConfig>, Failure>>,
    /// Whether any name server answered.
    has_reached_name_servers: AtomicBool,
}

/// For how many zones more than usual a server may be silent that is given a last chance: none of many domains may be left
/// unqueried for what a few others do.
const SPARED_ZONES: u32 = 61;
/// The share of a timeout that a query waits at least, where its server is found to be silent meanwhile.
const SHARE_OF_LATE_QUERIES: u32 = 8;

impl Transport {
    /// A transport that gives one try this long.
    #[must_use]
    #[allow(clippy::disallowed_methods, reason = "the clock of a query is read here and nowhere else")]
    pub fn new(timeout: Duration) -> Self {
        let room = Room::new(Limits::of_this_process());
        let shared = Shared {
            peers: Peers::default(),
            room,
            system_tls: OnceLock::new(),
            has_reached_name_servers: AtomicBool::new(false),
        };
        let clock = Clock::from(Timestamp::now());
        Self { timeout, clock, rate_limits: None, tls: None, shared: Arc::new(shared) }
    }

    /// The same, whose clock shows `start` now: replies are dated by a run's own start and a clock that never
    /// jumps.
    #[must_use]
    pub fn with_clock(self, start: Timestamp) -> Self {
        Self { clock: Clock::from(start), ..self }
    }

    /// The same, with other certificates and settings for TLS and HTTPS than the system's.
    #[must_use]
    pub fn with_tls_config(self, config: Arc<ClientConfig>) -> Self {
        Self { tls: Some(config), ..self }
    }

    /// The same, which treats every plain server alike that it has not yet asked: for test labs, whose servers are all
    /// on this machine and would be asked as much as they can bear.
    #[must_use]
    pub fn with_manners(self, rate_limits: RateLimits) -> Self {
        Self { rate_limits: Some(rate_limits), ..self }
    }

    /// The certificates and settings for TLS, for fetching a policy.
    ///
    /// # Errors
    /// Why there are none, in words.
    pub(super) fn tls(&self) -> Result<Arc<ClientConfig>, String> {
        self.tls_config().map_err(|failure| failure.reason)
    }

    /// Ends the pauses of all silent servers.
    pub(super) fn end_pauses(&self) {
        self.shared.peers.end_pauses(0);
    }

    /// Ends the pauses of all silent servers, and queries each for many silent zones before it pauses as a whole again.
    pub(super) fn begin_rechecks(&self) {
        self.shared.peers.end_pauses(SPARED_ZONES);
    }

    /// When all silent servers can be queried again; `None` if that is now.
    pub(super) fn pause_end(&self) -> Option<Instant> {
        self.shared.peers.pause_end(Instant::now())
    }

    /// The time of the run.
    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// How long one try may take.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// What `server`, which is reached at `endpoint`, says to `question`.
    ///
    /// A server with the role [`Role::Resolver`] is asked to recurse and to say whether the answer is secure;
    /// an [unvalidated](Role::Unvalidated) one to answer even what fails DNSSEC validation: SERVFAIL that becomes an
    /// answer this way means that the zone's signatures are wrong and not its servers. Any other is asked for what it
    /// has itself.
    pub async fn ask(
        &self,
        endpoint: &Endpoint,
        server: &Arc<Server>,
        question: &Question,
        scope: Scope<'_>,
    ) -> Reply {
        let asking = match server.role {
            Role::Resolver => Asking::Resolver,
            Role::Unvalidated => Asking::ResolverUnchecked,
            Role::Authoritative | Role::ZoneFile | Role::Parent | Role::Delegated => Asking::Authority,
        };
        self.ask_as(asking, endpoint, server, question, scope).await
    }

    async fn ask_as(
        &self,
        asking: Asking,
        endpoint: &Endpoint,
        server: &Arc<Server>,
        question: &Question,
        scope: Scope<'_>,
    ) -> Reply {
        let query = Query { question, asking, domain: scope.domain };
        let mut watch = Stopwatch::start();
        let rate_limits =
            || self.rate_limits.unwrap_or_else(|| RateLimits::towards(endpoint.address().ip(), server.role));
        let peer = self.shared.peers.find(endpoint, rate_limits);
        let health = peer.health.zone(match asking {
            Asking::Authority => scope.zone.unwrap_or(scope.domain),
            Asking::Resolver | Asking::ResolverUnchecked => scope.domain,
        });
        let result = match health.refusal(Instant::now()) {
            Some(failure) => Err(failure),
            None if health.has_answered() => self.exchange(&peer, &health, query, &mut watch).await,
            None => {
                let earliest = Instant::now() + self.timeout / SHARE_OF_LATE_QUERIES;
                tokio::select! {
                    biased;
                    result = self.exchange(&peer, &health, query, &mut watch) => result,
                    failure = health.silence(earliest) => Err(failure),
                }
            }
        };
        let mut reply = Reply::empty(question.clone(), Arc::clone(server), Outcome::Timeout);
        reply.at = self.clock.now();
        reply.elapsed = u64::try_from(watch.elapsed().as_micros()).unwrap_or(u64::MAX);
        let is_name_server = asking == Asking::Authority;
        match result {
            Ok(message) => {
                if is_name_server {
                    self.shared.has_reached_name_servers.store(true, Ordering::Relaxed);
                }
                decode::fill(&mut reply, &message, scope.zone);
            }
            Err(failure) => {
                // Where no name server was ever reached, it is the way there that is closed, for all zones alike.
                let is_closed = failure.scope == FailureScope::Pause
                    && is_name_server
                    && !self.shared.has_reached_name_servers.load(Ordering::Relaxed);
                reply.outcome = if is_closed { Outcome::Unreachable } else { failure.outcome };
                reply.reason = failure.reason;
            }
        }
        reply
    }

    async fn exchange(
        &self,
        peer: &Peer,
        health: &Arc<ZoneHealth>,
        query: Query<'_>,
        watch: &mut Stopwatch,
    ) -> Result<Box<Message>, Failure> {
        let result = match &peer.route {
            Route::Plain(plain) => plain.ask(query, health, self.timeout, &self.shared.room, watch).await,
            Route::Secure(secure) => {
                let config = self.tls_config()?;
                // Many times larger than what asks plain servers, which are most: they must not carry its room about.
                Box::pin(secure.ask(query, health, self.timeout, &config, watch)).await
            }
        };
        match &result {
            Ok(_) => health.note_answer(),
            Err(failure) => health.note_failure(failure, Instant::now()),
        }
        result
    }

    fn tls_config(&self) -> Result<Arc<ClientConfig>, Failure> {
        match &self.tls {
            Some(config) => Ok(Arc::clone(config)),
            None => self.shared.system_tls.get_or_init(system_tls).clone(),
        }
    }
}

/// TLS with the root certificates of this system; on Linux `SSL_CERT_FILE` and `SSL_CERT_DIR` are honored.
fn system_tls() -> Result<Arc<ClientConfig>, Failure> {
    let config = client_config().map_err(|error| {
        let reason = format!("the root certificates of this system cannot be loaded: {error}");
        Failure::unreachable(reason, FailureScope::Query)
    })?;
    Ok(Arc::new(config))
}

/// The time of a run: where it started, and how much has passed on a clock that never jumps.
#[derive(Debug, Clone, Copy)]
struct Clock {
    start: Timestamp,
    origin: Instant,
}

impl From<Timestamp> for Clock {
    fn from(start: Timestamp) -> Self {
        Self { start, origin: Instant::now() }
    }
}

impl Clock {
    /// Now, in whole milliseconds: that is what recordings keep.
    fn now(&self) -> Timestamp {
        let now = self.start.checked_add(self.origin.elapsed()).unwrap_or(self.start);
        Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
    }
}

/// How long a server takes; restarted when the first packet goes out after a wait on this side.
#[derive(Debug)]
struct Stopwatch(Instant);

impl Stopwatch {
    fn start() -> Self {
        Self(Instant::now())
    }

    fn restart(&mut self) {
        self.0 = Instant::now();
    }

    fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}
