//! Accepts connections, within bounds, and speaks HTTP/1 on them.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::sleep;

use super::app::App;
use super::connection::Connection;
use super::counters::Counters;
use super::router::answer;

/// Connections that are open at the same time.
const MOST: usize = 2048;
/// Connections of one client.
const MOST_OF_CLIENT: usize = 512;
/// How long a request may take to arrive, and how long a connection may be idle.
const HEADERS: Duration = Duration::from_secs(10);
/// Octets of the header of a request.
const HEADER_OCTETS: usize = 16 << 10;
/// Fields of the header of a request.
const HEADER_FIELDS: usize = 64;
/// A pause after a failure to accept, as where no file can be opened any more.
const PAUSE: Duration = Duration::from_millis(100);

/// Connections by client, and whether the server ends.
#[derive(Debug, Clone)]
pub(super) struct Connections {
    open: Arc<Mutex<HashMap<IpAddr, usize>>>,
    ending: watch::Receiver<bool>,
}

impl Connections {
    pub(super) fn new(ending: watch::Receiver<bool>) -> Self {
        Self { open: Arc::default(), ending }
    }

    /// The number of open connections.
    pub(super) fn count(&self) -> usize {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).values().sum()
    }

    fn take(&self, client: IpAddr) -> Option<Place> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let own = open.get(&client).copied().unwrap_or(0);
        if own >= MOST_OF_CLIENT || open.values().sum::<usize>() >= MOST {
            return None;
        }
        open.insert(client, own + 1);
        Some(Place { open: Arc::clone(&self.open), client })
    }
}

/// The place of a connection, which is free again when this is dropped.
struct Place {
    open: Arc<Mutex<HashMap<IpAddr, usize>>>,
    client: IpAddr,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.client) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.client);
            }
        }
    }
}

/// Accepts connections, for ever.
pub(super) async fn accept(listener: TcpListener, app: Arc<App>, connections: Connections) {
    loop {
        let (stream, peer) = match listener.accept().await {
            Ok(accepted) => accepted,
            // What is wrong is the connection, or the number of open files: both pass.
            Err(_) => {
                sleep(PAUSE).await;
                continue;
            }
        };
        let client = client(peer.ip());
        let Some(place) = connections.take(client) else {
            Counters::add(&app.counters.connections_refused);
            continue;
        };
        tokio::spawn(serve(stream, client, Arc::clone(&app), connections.ending.clone(), place));
    }
}

/// Who counts as one client: an address, or the network that a home or a host has in IPv6.
fn client(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            const HOST_BITS: u32 = 64;
            IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> HOST_BITS << HOST_BITS))
        }
    }
}

async fn serve(
    stream: TcpStream,
    client: IpAddr,
    app: Arc<App>,
    mut ending: watch::Receiver<bool>,
    _place: Place,
) {
    // Without it, small answers wait for those before them to be confirmed.
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request| {
        let reply = answer(Arc::clone(&app), client, request);
        async move { Ok::<_, Infallible>(reply.await) }
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(HEADERS)
        .max_buf_size(HEADER_OCTETS)
        .max_headers(HEADER_FIELDS);
    let connection = http.serve_connection(TokioIo::new(Connection::new(stream)), service);
    tokio::pin!(connection);
    // What goes wrong on a connection is the matter of its client.
    tokio::select! {
        _ = &mut connection => {}
        () = ended(&mut ending) => {
            connection.as_mut().graceful_shutdown();
            let _ = connection.await;
        }
    }
}

/// Is over when the server ends.
async fn ended(ending: &mut watch::Receiver<bool>) {
    // A server that is gone has ended, too.
    let _ = ending.wait_for(|is_ending| *is_ending).await;
}
