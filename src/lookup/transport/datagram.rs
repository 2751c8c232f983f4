//! A pool of sockets for each server.
//!
//! A server that is asked has its own sockets, connected to it: one, and a few more while many queries are in flight.
//! If too many servers are asked at once for the limit of sockets, the remaining ones share a few unconnected sockets.
//! An old socket is replaced by one at another port, chosen by the system. Each event loop has sockets of its own, so
//! that a reply is read on the thread that waits for it.

use std::hash::{BuildHasher, RandomState};
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::runtime::{Handle, Id};
use tokio::sync::Semaphore;
use tokio::task::AbortHandle;
use tokio::time::Instant;

use super::failure::{Failure, FailureScope};
use super::health::lock;
use super::in_flight::{Age, Load};
use super::udp_mux::{Reach, UdpMux, read};
use super::waiting::{OutgoingQuery, QueryResult};

/// The number of questions in flight over one socket at which another one is opened for the same server: about what a
/// receive buffer of the usual size holds.
const CROWD: usize = 256;
/// The highest number of sockets for one server and event loop, not counting those that accept no more questions.
const MOST: usize = 4;
/// The age up to which a socket accepts questions.
const AGE: Age = Age { questions: 8192, time: Duration::from_secs(30) };

/// The sockets of one transport: the permits for connected ones, and the shared ones.
#[derive(Debug)]
pub(super) struct Sockets {
    permits: Arc<Semaphore>,
    age: Age,
    shared: [SocketPool; 2],
    /// Keyed with randomness of the operating system.
    randomness: RandomState,
    draws: AtomicU64,
}

/// The open sockets of one server, or the shared ones.
#[derive(Debug, Default)]
pub(super) struct SocketPool(Mutex<Vec<OpenLane>>);

#[derive(Debug)]
struct OpenLane {
    mux: Weak<UdpMux>,
    reader: AbortHandle,
    /// The event loop of the reader.
    runtime: Id,
}

impl OpenLane {
    /// Returns the socket, if it is open and belongs to this event loop.
    fn mux_of(&self, runtime: Id) -> Option<Arc<UdpMux>> {
        if self.runtime == runtime { self.mux.upgrade() } else { None }
    }
}

impl Drop for OpenLane {
    /// Closes the socket together with the transport; has no effect on a reader that has ended.
    fn drop(&mut self) {
        self.reader.abort();
    }
}

impl Sockets {
    /// Returns sockets of which at most `connected` are connected at the same time.
    pub(super) fn new(connected: usize) -> Self {
        Self::with(connected, AGE)
    }

    /// Returns sockets with this highest number of connected ones, and this age limit.
    fn with(sockets: usize, age: Age) -> Self {
        Self {
            permits: Arc::new(Semaphore::new(sockets)),
            age,
            shared: Default::default(),
            randomness: RandomState::new(),
            draws: AtomicU64::new(0),
        }
    }

    /// Returns the unconnected sockets for servers of this address family.
    fn shared(&self, server: SocketAddr) -> &SocketPool {
        let [first, second] = &self.shared;
        if server.is_ipv4() { first } else { second }
    }

    /// Asks over an open socket, or opens one.
    ///
    /// # Errors
    /// The failure to open one, if there is none to use.
    pub(super) async fn ask(
        &self,
        ports: &SocketPool,
        outgoing: &OutgoingQuery<'_>,
    ) -> Result<QueryResult, Failure> {
        loop {
            let mux = self.mux(ports, outgoing)?;
            // The socket may have closed in between, or be full.
            match mux.ask(outgoing).await {
                Some(ending) => return Ok(ending),
                None => tokio::task::yield_now().await,
            }
        }
    }

    /// Returns a socket for the server: connected, or else shared.
    fn mux(&self, ports: &SocketPool, outgoing: &OutgoingQuery<'_>) -> Result<Arc<UdpMux>, Failure> {
        let (server, draw) = (outgoing.server, self.draw());
        let own = ports.mux(
            self.age,
            draw,
            || {
                // The shared socket is opened first: with it every server can be reached even if no other can be
                // opened.
                let _ = self.open_shared(outgoing);
                // No query waits for a permit, since it can use a shared socket.
                let Ok(permit) = Arc::clone(&self.permits).try_acquire_owned() else { return Ok(None) };
                let socket = bound(server)?;
                socket.connect(server)?;
                Ok(Some(UdpMux::new(UdpSocket::from_std(socket)?, Reach::One, Some(permit))))
            },
            outgoing.patience,
        );
        let failure = match own {
            Ok(Some(mux)) => return Ok(mux),
            Ok(None) => None,
            // An error about the server is final; an error about this process may not affect sockets that are already
            // open.
            Err(error) => match Failure::io(&error) {
                failure if failure.scope == FailureScope::Server => return Err(failure),
                failure => Some(failure),
            },
        };
        match self.open_shared(outgoing) {
            Ok(Some(mux)) => Ok(mux),
            Ok(None) => Err(failure.unwrap_or_else(Failure::timeout)),
            Err(error) => Err(failure.unwrap_or_else(|| Failure::io(&error))),
        }
    }

    /// Returns a shared socket, which reaches every server of the same address family.
    fn open_shared(&self, outgoing: &OutgoingQuery<'_>) -> io::Result<Option<Arc<UdpMux>>> {
        let server = outgoing.server;
        self.shared(server).mux(
            self.age,
            self.draw(),
            || Ok(Some(UdpMux::new(UdpSocket::from_std(bound(server)?)?, Reach::All, None))),
            outgoing.patience,
        )
    }

    /// Returns a random number that selects one of several sockets for a question.
    fn draw(&self) -> u64 {
        self.randomness.hash_one(self.draws.fetch_add(1, Ordering::Relaxed))
    }
}

impl SocketPool {
    /// Returns one of the open sockets, or one from `open` if there is none or all are crowded; an old one if none can
    /// be opened.
    fn mux(
        &self,
        age: Age,
        draw: u64,
        open: impl FnOnce() -> io::Result<Option<UdpMux>>,
        linger: Duration,
    ) -> io::Result<Option<Arc<UdpMux>>> {
        let (now, runtime) = (Instant::now(), Handle::current().id());
        let mut lanes = lock(&self.0);
        // Sockets that accept no more questions are kept until their last answer is in.
        lanes.retain(|lane| lane.mux.strong_count() > 0);
        let (mut count, mut load) = (0, 0);
        let mut old = None;
        for mux in lanes.iter().filter_map(|lane| lane.mux_of(runtime)) {
            match mux.load(age, now) {
                Some(Load::Young { in_flight }) => (count, load) = (count + 1, load + in_flight),
                Some(Load::Old) => old = Some(mux),
                None => {}
            }
        }
        if count == 0 || count < MOST && load >= count * CROWD {
            match open() {
                Ok(Some(mux)) => {
                    let mux = Arc::new(mux);
                    let reader = tokio::spawn(read(Arc::clone(&mux), linger)).abort_handle();
                    lanes.push(OpenLane { mux: Arc::downgrade(&mux), reader, runtime });
                    return Ok(Some(mux));
                }
                Ok(None) if count == 0 => return Ok(None),
                Err(error) if count == 0 => return old.map(Some).ok_or(error),
                // A crowded socket is better than none.
                Ok(None) | Err(_) => {}
            }
        }
        let is_young = |mux: &Arc<UdpMux>| matches!(mux.load(age, now), Some(Load::Young { .. }));
        let mut open = lanes.iter().filter_map(|lane| lane.mux_of(runtime)).filter(is_young);
        Ok(open.nth(draw as usize % count))
    }
}

/// Returns a socket of the server's address family, at a port chosen by the system.
fn bound(server: SocketAddr) -> io::Result<std::net::UdpSocket> {
    let any: SocketAddr = match server {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let socket = std::net::UdpSocket::bind(any)?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::mpsc;

    use super::*;
    use crate::lookup::transport::health::ZoneHealth;
    use crate::lookup::transport::query::{Asking, Edns, Query};
    use crate::lookup::transport::waiting::{Answer, Case};
    use crate::record::{Question, RecordType};

    /// Starts a server that answers every question with "no data" until one is for the root, and returns the ports that
    /// it was asked from.
    fn server() -> (SocketAddr, mpsc::Receiver<u16>) {
        let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = socket.local_addr().unwrap();
        let (sender, receiver) = mpsc::channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 512];
            while let Ok((length, from)) = socket.recv_from(&mut buffer) {
                let _ = sender.send(from.port());
                buffer[2] |= 0x80;
                socket.send_to(&buffer[..length], from).unwrap();
                if buffer[12] == 0 {
                    return;
                }
            }
        });
        (address, receiver)
    }

    async fn ask(sockets: &Sockets, ports: &SocketPool, server: SocketAddr, name: &str) {
        let question = Question::new(name.parse().unwrap(), RecordType::Mx);
        let outgoing = OutgoingQuery {
            query: Query { question: &question, asking: Asking::Authority, domain: &question.name },
            edns: Edns::With,
            case: Case::Untried,
            server,
            health: &ZoneHealth::unknown(),
            patience: Duration::from_secs(5),
        };
        let ending = sockets.ask(ports, &outgoing).await.unwrap();
        assert!(matches!(ending.result, Ok(Answer::Message(_))), "{ending:?}");
    }

    #[tokio::test]
    async fn ports_are_renewed_by_count_and_by_time() {
        let old = Duration::from_millis(40);
        let never = Duration::from_secs(3600);
        for (age, questions, pause, ports_at_least) in [
            (Age { questions: 10, time: never }, 100, Duration::ZERO, 9),
            (Age { questions: 1 << 20, time: old }, 10, old / 4, 2),
            (Age { questions: 1 << 20, time: never }, 100, Duration::ZERO, 1),
        ] {
            let (address, seen) = server();
            let (sockets, ports) = (Sockets::with(128, age), SocketPool::default());
            for _ in 0..questions {
                ask(&sockets, &ports, address, "contoso.com").await;
                tokio::time::sleep(pause).await;
            }
            ask(&sockets, &ports, address, ".").await;
            let seen: BTreeSet<u16> = seen.iter().collect();
            assert!(seen.len() >= ports_at_least, "{seen:?}");
            assert!(seen.len() <= 11, "{seen:?}");
            assert_eq!(seen.len() > 1, ports_at_least > 1, "{seen:?}");
        }
    }

    #[test]
    fn each_event_loop_has_sockets_of_its_own() {
        let (address, seen) = server();
        let (sockets, ports) = (Sockets::with(128, AGE), SocketPool::default());
        let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (first, second) = (runtime(), runtime());
        for runtime in [&first, &second, &first, &second] {
            runtime.block_on(ask(&sockets, &ports, address, "contoso.com"));
        }
        // What belongs to an event loop that has ended is not waited for.
        drop(first);
        second.block_on(ask(&sockets, &ports, address, "contoso.com"));
        runtime().block_on(ask(&sockets, &ports, address, "."));
        let seen: Vec<u16> = seen.iter().collect();
        assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), 3, "{seen:?}");
        assert!(seen[0] == seen[2] && seen[1] == seen[3] && seen[1] == seen[4], "{seen:?}");
    }

    #[tokio::test]
    async fn servers_without_a_socket_of_their_own_share_some() {
        let servers: Vec<_> = (0..20).map(|_| server()).collect();
        let sockets = Sockets::with(5, AGE);
        let ports: Vec<SocketPool> = servers.iter().map(|_| SocketPool::default()).collect();
        for ((address, _), ports) in servers.iter().zip(&ports) {
            ask(&sockets, ports, *address, "contoso.com").await;
            ask(&sockets, ports, *address, ".").await;
        }
        let seen: Vec<BTreeSet<u16>> = servers.iter().map(|(_, seen)| seen.iter().collect()).collect();
        let all: BTreeSet<u16> = seen.iter().flatten().copied().collect();
        assert_eq!(all.len(), 6, "five of their own, and one for all others: {seen:?}");
        assert!(seen[5..].iter().all(|ports| *ports == seen[5]), "{seen:?}");
    }

    #[tokio::test]
    async fn what_comes_from_elsewhere_is_no_reply() {
        let real = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        let forger = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = real.local_addr().unwrap();
        // The socket is not connected, so that only the transport checks the source of packets.
        let sockets = Sockets::with(0, AGE);
        let ports = SocketPool::default();
        let servers = std::thread::spawn(move || {
            let mut buffer = [0; 512];
            let (length, from) = real.recv_from(&mut buffer).unwrap();
            buffer[2] |= 0x80;
            forger.send_to(&buffer[..length], from).unwrap();
            std::thread::sleep(Duration::from_millis(30));
            real.send_to(&buffer[..length], from).unwrap();
        });
        let start = Instant::now();
        ask(&sockets, &ports, address, "contoso.com").await;
        assert!(start.elapsed() >= Duration::from_millis(30));
        servers.join().unwrap();
    }
}
