//! Accepts a limited number of connections, and serves HTTP/1 on them.

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

/// The maximum number of open connections.
const MOST: usize = 2048;
/// The maximum number of open connections of one client.
const MOST_OF_CLIENT: usize = 512;
/// The maximum time for the header of a request to arrive, and for a connection to be idle.
const HEADERS: Duration = Duration::from_secs(10);
/// The maximum size of the header of a request, in octets.
const HEADER_OCTETS: usize = 16 << 10;
/// The maximum number of fields in the header of a request.
const HEADER_FIELDS: usize = 64;
/// The pause after a failure to accept, for example because too many files are open.
const PAUSE: Duration = Duration::from_millis(100);

/// The connections by client, and the signal that the server is ending.
#[derive(Debug, Clone)]
pub(super) struct Connections {
    open: Arc<Mutex<HashMap<IpAddr, usize>>>,
    ending: watch::Receiver<bool>,
}

impl Connections {
    pub(super) fn new(ending: watch::Receiver<bool>) -> Self {
        Self { open: Arc::default(), ending }
    }

    /// Returns the number of open connections.
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

/// A slot for a connection, which is freed when this is dropped.
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

/// Accepts connections forever.
pub(super) async fn accept(listener: TcpListener, app: Arc<App>, connections: Connections) {
    loop {
        let (stream, peer) = match listener.accept().await {
            Ok(accepted) => accepted,
            // The cause is the connection or the number of open files, and both are temporary.
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

/// Returns the address that identifies a client: an IPv4 address, or an IPv6 network of 64 bits, which a home or a host
/// usually has.
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
    // Without this, a small response waits until the previous one is acknowledged.
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
    // An error on a connection concerns only its client.
    tokio::select! {
        _ = &mut connection => {}
        () = ended(&mut ending) => {
            connection.as_mut().graceful_shutdown();
            let _ = connection.await;
        }
    }
}

/// Completes when the server is ending.
async fn ended(ending: &mut watch::Receiver<bool>) {
    // A dropped sender means that the server has ended, too.
    let _ = ending.wait_for(|is_ending| *is_ending).await;
}
