//! Sends one question to one server and returns its reply.
//!
//! This module covers only the wire protocols: [`Transport::ask`] returns the result as a [`Reply`]. Which questions
//! are sent to which servers is decided elsewhere, and so is the meaning of a reply for a domain. A question is
//! repeated only after silence, a truncated answer, or a refusal of EDNS or of mixed case.

mod datagram;
mod decode;
mod endpoint;
mod failure;
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
use self::failure::{Failure, FailureScope};
pub(super) use self::failure::{io_words, is_local_limit, local_limit_words};
use self::health::ZoneHealth;
pub(super) use self::health::lock;
use self::open_files::Limits;
pub(crate) use self::open_files::most_event_loops;
use self::peers::{Peer, Peers, Route};
use self::plain::Room;
pub use self::plain_address::DNS_PORT;
pub(super) use self::query::decoded as decoded_message;
use self::query::{Asking, Query};
use self::rate_limiter::RateLimits;
pub(super) use self::secure::certificate_words;
pub use self::system::{NoResolver, system_resolvers};
use crate::facts::{Outcome, Reply, Role, Server};
use crate::record::{Name, Question};

/// Sends queries to servers, and tracks for each of them how long and for which zones it has been silent; clones share
/// this state.
///
/// Must be used inside a tokio runtime with I/O and time.
#[derive(Debug, Clone)]
pub struct Transport {
    timeout: Duration,
    clock: Clock,
    /// The limits set for tests; `None` derives them from the address of the server and from who named it.
    rate_limits: Option<RateLimits>,
    /// The certificates set for tests; `None` loads the system's for the first connection that needs them.
    tls: Option<Arc<ClientConfig>>,
    shared: Arc<Shared>,
}

/// The domain and zone that a query belongs to: a server that does not answer is silent for this zone, and connections
/// are shared fairly among domains.
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
    system_tls: OnceLock<Result<Arc<ClientConfig>, NoCertificates>>,
    /// True once any name server has answered.
    has_reached_name_servers: AtomicBool,
}

/// The number of additional zones for which a server may be silent during rechecks: the silence of a few domains must
/// not leave the servers of many others unqueried.
const SPARED_ZONES: u32 = 61;
/// The number of queries in progress at one server above which a zone that it has not answered for is probed with one
/// of them first: more than a single domain has, so that only many domains wait for each other.
const BUSY: usize = 64;
/// The number of probes within one timeout: a second one, in case the server drops only the first.
const PROBES: u32 = 2;
/// The minimum wait of a query whose server turns out to be silent: the timeout divided by this.
const SHARE_OF_LATE_QUERIES: u32 = 8;

impl Transport {
    /// Returns a transport with this time limit for one try.
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

    /// Returns the transport with a clock that shows `start` now: replies are dated by a run's own start and a clock
    /// that never jumps.
    #[must_use]
    pub fn with_clock(self, start: Timestamp) -> Self {
        Self { clock: Clock::from(start), ..self }
    }

    /// Returns the transport with other certificates and settings for TLS and HTTPS than the system's.
    #[cfg(feature = "testing")]
    #[must_use]
    pub fn with_tls_config(self, config: Arc<ClientConfig>) -> Self {
        Self { tls: Some(config), ..self }
    }

    /// Returns the transport with the same rate limits for all plain servers that it has not asked yet: for test labs,
    /// whose servers are all on this machine and would otherwise get the highest load. `in_flight` is at least 1, and
    /// `None` sets no limit per second.
    #[cfg(feature = "testing")]
    #[must_use]
    pub fn with_rate_limits(self, in_flight: u32, per_second: Option<u32>) -> Self {
        Self { rate_limits: Some(RateLimits { in_flight, per_second }), ..self }
    }

    /// Ends the pauses of all silent servers.
    pub(super) fn end_pauses(&self) {
        self.shared.peers.end_pauses(0);
    }

    /// Ends the pauses of all silent servers, and tolerates many silent zones before a server pauses as a whole again.
    pub(super) fn begin_rechecks(&self) {
        self.shared.peers.end_pauses(SPARED_ZONES);
    }

    /// Returns the time from which all silent servers can be queried again; `None` if that is now.
    pub(super) fn pause_end(&self) -> Option<Instant> {
        self.shared.peers.pause_end(Instant::now())
    }

    /// Returns the time of the run.
    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Returns the time limit of one try.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Asks `server`, which is reached at `endpoint`, and returns its reply to `question`.
    ///
    /// A server with the role [`Role::Resolver`] is asked to recurse and to report whether the answer is secure; an
    /// [unvalidated](Role::Unvalidated) one to answer even if DNSSEC validation fails: if SERVFAIL becomes an answer
    /// this way, the zone's signatures are wrong and not its servers. Any other server is asked for its own data.
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
                // Every query in progress holds its peer.
                let is_busy = Arc::strong_count(&peer) > BUSY;
                let exchange = async {
                    if is_busy {
                        health.wait_for_probe(self.timeout / PROBES).await;
                        watch.restart();
                    }
                    self.exchange(&peer, &health, query, &mut watch).await
                };
                tokio::select! {
                    biased;
                    result = exchange => result,
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
                // If no name server was ever reached, the network path is blocked, for all zones alike.
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
                // Many times larger than the plain exchange, which is the common one: boxed so that it does not reserve
                // this space.
                Box::pin(secure.ask(query, health, self.timeout, &config, watch)).await
            }
        };
        match &result {
            Ok(_) => health.note_answer(),
            Err(failure) => health.note_failure(failure, Instant::now()),
        }
        result
    }

    /// Returns the root certificates and settings for TLS and HTTPS.
    ///
    /// # Errors
    /// [`NoCertificates`] if the certificates of the system cannot be loaded.
    pub(super) fn tls_config(&self) -> Result<Arc<ClientConfig>, NoCertificates> {
        match &self.tls {
            Some(config) => Ok(Arc::clone(config)),
            None => self.shared.system_tls.get_or_init(system_tls).clone(),
        }
    }
}

/// Returns TLS settings with the root certificates of this system; on Linux `SSL_CERT_FILE` and `SSL_CERT_DIR` are
/// honored.
fn system_tls() -> Result<Arc<ClientConfig>, NoCertificates> {
    client_config().map(Arc::new).map_err(|error| NoCertificates(error.to_string()))
}

/// The root certificates of this system cannot be loaded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the root certificates of this system cannot be loaded: {0}")]
pub(super) struct NoCertificates(String);

impl From<NoCertificates> for Failure {
    fn from(error: NoCertificates) -> Self {
        Self::unreachable(error.to_string(), FailureScope::Query)
    }
}

/// The time of a run: its start, and the time elapsed on a clock that never jumps.
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
    /// Returns the current time in whole milliseconds, the precision of recordings.
    fn now(&self) -> Timestamp {
        let now = self.start.checked_add(self.origin.elapsed()).unwrap_or(self.start);
        Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
    }
}

/// The response time of a server; restarted when the first packet is sent after a local wait.
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
