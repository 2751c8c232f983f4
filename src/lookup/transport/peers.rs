//! What is remembered of the servers of a run?
//!
//! A run may meet a hundred thousand of them, most of them for a moment. Of a server that is dead it is remembered, as
//! briefly as possible, that it is; of one that answers, what was learned of it is forgotten once it has not been asked
//! for long, and learned again if need be.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use foldhash::HashMap;

use super::endpoint::Endpoint;
use super::pace::Manners;
use super::plain::Plain;
use super::secure::{Protocol, Secure};
use super::standing::{Failure, Standing, lock};

/// Servers that are remembered with all that was learned of them, before those are forgotten that were not asked since
/// the last time.
const PEERS: usize = 4096;

/// All servers of one transport.
#[derive(Debug, Default)]
pub(super) struct Peers(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    known: HashMap<Endpoint, Arc<Peer>>,
    /// Those that were given up, when all else of them was forgotten.
    dead: HashMap<Endpoint, Failure>,
    /// How many servers are known when some are forgotten next.
    full: usize,
}

/// One server.
#[derive(Debug)]
pub(super) struct Peer {
    pub(super) standing: Arc<Standing>,
    pub(super) route: Route,
    /// Whether it was asked since some were forgotten last.
    is_used: AtomicBool,
}

/// How a server is asked.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "nearly all of many servers are plain")]
pub(super) enum Route {
    Plain(Plain),
    Secure(Box<Secure>),
}

impl Peers {
    /// The server at this endpoint; one that was not asked before is treated with these manners.
    ///
    /// # Errors
    /// Why it was given up, if it was.
    pub(super) fn find(
        &self,
        endpoint: &Endpoint,
        manners: impl FnOnce() -> Manners,
    ) -> Result<Arc<Peer>, Failure> {
        let mut state = lock(&self.0);
        if let Some(peer) = state.known.get(endpoint) {
            peer.is_used.store(true, Ordering::Relaxed);
            return match peer.standing.given_up() {
                Some(failure) => Err(failure),
                None => Ok(Arc::clone(peer)),
            };
        }
        if let Some(failure) = state.dead.get(endpoint) {
            return Err(failure.clone());
        }
        if state.known.len() >= state.full.max(PEERS) {
            state.forget();
        }
        let peer = Arc::new(Peer::new(endpoint, manners));
        state.known.insert(endpoint.clone(), Arc::clone(&peer));
        Ok(peer)
    }

    /// Gives servers that were given up another chance.
    pub(super) fn forgive(&self) {
        let mut state = lock(&self.0);
        state.dead.clear();
        state.known.values().for_each(|peer| peer.standing.forgive());
    }
}

impl State {
    /// Forgets servers that are not being asked, and have not been for a while.
    fn forget(&mut self) {
        let Self { known, dead, full } = self;
        known.retain(|endpoint, peer| {
            let is_used = peer.is_used.swap(false, Ordering::Relaxed);
            if Arc::strong_count(peer) > 1 {
                return true;
            }
            match peer.standing.given_up() {
                Some(failure) => {
                    dead.insert(endpoint.clone(), failure);
                    false
                }
                None => is_used,
            }
        });
        *full = known.len() + PEERS;
    }
}

impl Peer {
    fn new(endpoint: &Endpoint, manners: impl FnOnce() -> Manners) -> Self {
        let standing = Arc::new(Standing::default());
        let known = Arc::clone(&standing);
        let route = match endpoint.clone() {
            Endpoint::Plain(address) => Route::Plain(Plain::new(address, known, manners())),
            Endpoint::Tls { address, host } => {
                Route::Secure(Box::new(Secure::new(address, host, Protocol::Dns, known)))
            }
            Endpoint::Https { address, host, path } => {
                Route::Secure(Box::new(Secure::new(address, host, Protocol::Http(path), known)))
            }
        };
        Self { standing, route, is_used: AtomicBool::new(true) }
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use super::*;
    use crate::facts::Role;

    fn endpoint(number: u32) -> Endpoint {
        Endpoint::Plain(SocketAddr::new(std::net::IpAddr::V4((0x0a00_0000 + number).into()), 53))
    }

    fn find(peers: &Peers, number: u32) -> Result<Arc<Peer>, Failure> {
        let endpoint = endpoint(number);
        peers.find(&endpoint, || Manners::towards(endpoint.address().ip(), Role::Authoritative))
    }

    #[test]
    fn of_many_servers_only_the_dead_and_the_busy_are_remembered() {
        let peers = Peers::default();
        let busy = find(&peers, 1).unwrap();
        find(&peers, 2).unwrap().standing.note_failure(&Failure::timeout());
        for number in 10..100_000 {
            find(&peers, number).unwrap().standing.note_life();
            assert!(find(&peers, 3).is_ok());
        }
        let kept = find(&peers, 3).unwrap();
        assert!(Arc::ptr_eq(&busy, &find(&peers, 1).unwrap()));
        assert_eq!(find(&peers, 2).unwrap_err(), Failure::timeout());
        let state = lock(&peers.0);
        assert!(state.known.len() < 3 * PEERS, "{}", state.known.len());
        assert_eq!(state.dead.len(), 1);
        assert!(Arc::ptr_eq(&kept, &state.known[&endpoint(3)]));
        drop(state);
        peers.forgive();
        assert!(find(&peers, 2).is_ok());
    }

    #[test]
    fn a_server_takes_little_memory() {
        let size = size_of::<Peer>() + size_of::<Standing>() + size_of::<Endpoint>();
        assert!(size < 800, "{size}");
    }
}
