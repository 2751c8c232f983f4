//! The state of the servers of a run.
//!
//! A run may contact a hundred thousand servers, most of them only briefly. The state of a server is dropped once it
//! has not been queried for long, and learned again if needed; some of the silent ones are kept while they pause.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use foldhash::HashMap;
use tokio::time::Instant;

use super::endpoint::Endpoint;
use super::health::{ServerHealth, lock};
use super::plain::Plain;
use super::rate_limiter::RateLimits;
use super::secure::{Protocol, Secure};

/// The number of servers that are kept before those not asked since the last cleanup are dropped.
const PEERS: usize = 4096;

/// All servers of one transport.
#[derive(Debug, Default)]
pub(super) struct Peers(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    known: HashMap<Endpoint, Arc<Peer>>,
    /// The number of known servers at which the next cleanup happens.
    full: usize,
    /// The number of additional zones for which each server may be silent before it pauses as a whole.
    spared: u32,
}

/// One server.
#[derive(Debug)]
pub(super) struct Peer {
    pub(super) health: ServerHealth,
    pub(super) route: Route,
    /// True if it was asked since the last cleanup.
    is_used: AtomicBool,
}

/// The transport protocol to a server.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "nearly all of many servers are plain")]
pub(super) enum Route {
    Plain(Plain),
    Secure(Box<Secure>),
}

impl Peers {
    /// Returns the server at this endpoint; one that was not queried before gets these rate limits.
    pub(super) fn find(&self, endpoint: &Endpoint, rate_limits: impl FnOnce() -> RateLimits) -> Arc<Peer> {
        let mut state = lock(&self.0);
        if let Some(peer) = state.known.get(endpoint) {
            peer.is_used.store(true, Ordering::Relaxed);
            return Arc::clone(peer);
        }
        if state.known.len() >= state.full.max(PEERS) {
            state.forget();
        }
        let peer = Arc::new(Peer::new(endpoint, rate_limits, state.spared));
        state.known.insert(endpoint.clone(), Arc::clone(&peer));
        peer
    }

    /// Ends the pauses of all servers; from now on each may be silent for `spared` more zones than usual before it
    /// pauses as a whole.
    pub(super) fn end_pauses(&self, spared: u32) {
        let mut state = lock(&self.0);
        state.spared = spared;
        state.known.values().for_each(|peer| peer.health.end_pauses(spared));
    }

    /// Returns the end of the last pause of any server; `None` if none pauses.
    pub(super) fn pause_end(&self, now: Instant) -> Option<Instant> {
        lock(&self.0).known.values().filter_map(|peer| peer.health.pause_end(now)).max()
    }
}

impl State {
    /// Drops servers that are not being queried, and have not been for a while.
    fn forget(&mut self) {
        let Self { known, full, .. } = self;
        let now = Instant::now();
        let mut silent = 0;
        known.retain(|_, peer| {
            let is_used = peer.is_used.swap(false, Ordering::Relaxed);
            if is_used || Arc::strong_count(peer) > 1 {
                return true;
            }
            // Dropping one too early costs a few packets.
            silent += usize::from(peer.health.pause_end(now).is_some());
            silent <= PEERS && peer.health.pause_end(now).is_some()
        });
        *full = known.len() + PEERS;
    }
}

impl Peer {
    fn new(endpoint: &Endpoint, rate_limits: impl FnOnce() -> RateLimits, spared: u32) -> Self {
        let route = match endpoint.clone() {
            Endpoint::Plain(address) => Route::Plain(Plain::new(address, rate_limits())),
            Endpoint::Tls { address, host } => {
                Route::Secure(Box::new(Secure::new(address, host, Protocol::Dns)))
            }
            Endpoint::Https { address, host, path } => {
                Route::Secure(Box::new(Secure::new(address, host, Protocol::Http(path))))
            }
        };
        Self { health: ServerHealth::sparing(spared), route, is_used: AtomicBool::new(true) }
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use super::*;
    use crate::facts::Role;
    use crate::lookup::transport::failure::Failure;
    use crate::record::Name;

    fn endpoint(number: u32) -> Endpoint {
        Endpoint::Plain(SocketAddr::new(std::net::IpAddr::V4((0x0a00_0000 + number).into()), 53))
    }

    fn find(peers: &Peers, number: u32) -> Arc<Peer> {
        let endpoint = endpoint(number);
        peers.find(&endpoint, || RateLimits::towards(endpoint.address().ip(), Role::Authoritative))
    }

    #[test]
    fn of_many_servers_only_the_dead_and_the_busy_are_remembered() {
        let (peers, zone, now) = (Peers::default(), Name::root(), Instant::now());
        let busy = find(&peers, 1);
        find(&peers, 2).health.zone(&zone).note_failure(&Failure::timeout(), now);
        let kept = Arc::downgrade(&find(&peers, 3));
        for number in 10..100_000 {
            find(&peers, number).health.zone(&zone).note_answer();
            find(&peers, 3);
        }
        assert!(Arc::ptr_eq(&busy, &find(&peers, 1)));
        assert!(Arc::ptr_eq(&kept.upgrade().unwrap(), &find(&peers, 3)));
        assert_eq!(find(&peers, 2).health.zone(&zone).refusal(now), Some(Failure::timeout()));
        let count = lock(&peers.0).known.len();
        assert!(count < 3 * PEERS, "{count}");
        assert_eq!(peers.pause_end(now), Some(now + std::time::Duration::from_secs(5)));
        peers.end_pauses(0);
        assert_eq!(peers.pause_end(now), None);
        assert_eq!(find(&peers, 2).health.zone(&zone).refusal(now), None);
        // The number of silent servers that are kept is limited too.
        for number in 100_000..120_000 {
            find(&peers, number).health.zone(&zone).note_failure(&Failure::timeout(), now);
        }
        let count = lock(&peers.0).known.len();
        assert!(count < 4 * PEERS, "{count}");
    }

    #[test]
    fn a_server_takes_little_memory() {
        let size = size_of::<Peer>() + size_of::<Endpoint>();
        assert!(size < 800, "{size}");
    }
}
