//! Sends one query over TLS or HTTPS.
//!
//! The first question of an event loop opens a connection, and later ones share it; so replies are read on the thread that
//! waits for them, and no thread waits for another one. The library exchanges our own encoded messages, so
//! that the reply is complete and the cause of a failure is known.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hickory_resolver::net::h2::HttpsClientStream;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::xfer::{DnsExchange, DnsHandle, DnsMultiplexer, FirstAnswer};
use hickory_resolver::net::{NetError, tls};
use hickory_resolver::proto::op::{DnsRequest, DnsRequestOptions, Message};
use rustls::pki_types::ServerName;
use rustls::{CertificateError, ClientConfig};
use tokio::runtime::{Handle, Id};
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

use super::Stopwatch;
use super::decode::harmless;
use super::failure::{Failure, FailureScope};
use super::health::ZoneHealth;
use super::permits::FairPermits;
use super::query::{CaseRandomization, Edns, Query};

/// The highest number of questions in flight on one connection; the library's channels have 32 places and drop what
/// does not fit.
const IN_FLIGHT: usize = 30;

/// A server that is asked over an encrypted connection.
#[derive(Debug)]
pub(super) struct Secure {
    address: SocketAddr,
    host: String,
    protocol: Protocol,
    places: FairPermits,
    connection: Mutex<Slot>,
}

/// The protocol inside TLS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Protocol {
    /// DNS messages as over TCP (RFC 7858).
    Dns,
    /// HTTP/2 requests to this path (RFC 8484).
    Http(String),
}

/// The highest number of event loops whose connections are kept.
const EVENT_LOOPS: usize = 16;

/// The connections, at most one for each event loop, and a count of all so far.
#[derive(Debug, Default)]
struct Slot {
    open: Vec<Connection>,
    made: u64,
}

#[derive(Clone)]
struct Connection {
    number: u64,
    /// The event loop that moves its octets.
    runtime: Id,
    exchange: DnsExchange<TokioRuntimeProvider>,
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Connection({})", self.number)
    }
}

impl Secure {
    pub(super) fn new(address: SocketAddr, host: String, protocol: Protocol) -> Self {
        let places = FairPermits::new(IN_FLIGHT, IN_FLIGHT);
        Self { address, host, protocol, places, connection: Mutex::default() }
    }

    /// Returns the reply to one question; connects first if there is no connection.
    pub(super) async fn ask(
        &self,
        query: Query<'_>,
        health: &ZoneHealth,
        patience: Duration,
        config: &Arc<ClientConfig>,
        watch: &mut Stopwatch,
    ) -> Result<Box<Message>, Failure> {
        // Waiting for a place does not count as the server's delay.
        let _place = self.places.acquire(query.domain).await;
        if let Some(failure) = health.refusal(Instant::now()) {
            return Err(failure);
        }
        watch.restart();
        let mut used = None;
        let message = match timeout(patience, self.attempt(query, health, config, patience, &mut used)).await
        {
            Ok(result) => result?,
            Err(_) => {
                // The connection may be dead without any notice: the next question opens a new one.
                if let (Some(number), Ok(mut slot)) = (used, self.connection.try_lock()) {
                    slot.discard(number);
                }
                return Err(Failure::timeout());
            }
        };
        if message.truncation {
            return Err(Failure::malformed("the response is truncated"));
        }
        if !query.is_answered_by(&message) {
            return Err(Failure::malformed("the response belongs to another query"));
        }
        Ok(Box::new(message))
    }

    /// Asks over the existing connection, and once more over a new one if that was lost.
    async fn attempt(
        &self,
        query: Query<'_>,
        health: &ZoneHealth,
        config: &Arc<ClientConfig>,
        patience: Duration,
        used: &mut Option<u64>,
    ) -> Result<Message, Failure> {
        loop {
            let (connection, reused) = self.connected(health, config, patience).await?;
            *used = Some(connection.number);
            // Id 0, as recommended over HTTPS (RFC 8484 §4.1); over TLS the library draws another one.
            let message = Message::from_vec(query.write(0, Edns::With, CaseRandomization::Lower).octets());
            let request = message.map_err(|error| Failure::malformed(error.to_string()))?;
            let request = DnsRequest::new(request, DnsRequestOptions::default());
            match connection.exchange.send(request).first_answer().await {
                Ok(response) => return Ok(response.into_message()),
                Err(error) => {
                    let failure = self.failure(&error);
                    if failure.outcome == crate::facts::Outcome::Unreachable && !is_http_status(&error) {
                        self.connection.lock().await.discard(connection.number);
                        if reused {
                            continue;
                        }
                    }
                    return Err(failure);
                }
            }
        }
    }

    /// Returns the connection of this event loop, and whether it already existed.
    async fn connected(
        &self,
        health: &ZoneHealth,
        config: &Arc<ClientConfig>,
        patience: Duration,
    ) -> Result<(Connection, bool), Failure> {
        let mut slot = self.connection.lock().await;
        let runtime = Handle::current().id();
        if let Some(connection) = slot.open.iter().find(|connection| connection.runtime == runtime) {
            return Ok((connection.clone(), true));
        }
        // While this query waited for the slot, another may have found the server silent.
        if let Some(failure) = health.refusal(Instant::now()) {
            return Err(failure);
        }
        let exchange = match self.connect(config, patience).await {
            Ok(exchange) => exchange,
            Err(error) => {
                let failure = self.failure(&error);
                health.note_failure(&failure, Instant::now());
                return Err(failure);
            }
        };
        Ok((slot.keep(runtime, exchange), false))
    }

    async fn connect(
        &self,
        config: &Arc<ClientConfig>,
        patience: Duration,
    ) -> Result<DnsExchange<TokioRuntimeProvider>, NetError> {
        let provider = TokioRuntimeProvider::default();
        let config = Arc::clone(config);
        Ok(match &self.protocol {
            Protocol::Dns => {
                // Not the library's `tls_exchange`: it omits the server name (SNI, RFC 6066 §3), without which some
                // services present the wrong certificate.
                let name = ServerName::try_from(self.host.clone()).map_err(|_| {
                    NetError::Message("the host is not a name that a certificate can contain")
                })?;
                let (connecting, handle) = tls::tls_client_connect(self.address, name, config, provider);
                let multiplexer = DnsMultiplexer::new(connecting.await?, handle).with_timeout(patience);
                let (exchange, io) = DnsExchange::from_stream(multiplexer);
                tokio::spawn(io);
                exchange
            }
            Protocol::Http(path) => {
                let builder = HttpsClientStream::builder(config, provider);
                let stream =
                    builder.build(self.address, self.host.as_str().into(), path.as_str().into()).await?;
                let (exchange, io) = DnsExchange::from_stream(stream);
                tokio::spawn(io);
                exchange
            }
        })
    }

    /// Converts the library's error to a failure.
    fn failure(&self, error: &NetError) -> Failure {
        let tls = |error: &rustls::Error| {
            Failure::unreachable(certificate_words(error, &self.host), FailureScope::Server)
        };
        let closed = || Failure::unreachable("the server closed the connection", FailureScope::Server);
        match error {
            NetError::Timeout => Failure::timeout(),
            NetError::Proto(_) => Failure::malformed("the response cannot be decoded"),
            NetError::RustlsError(error) => tls(error),
            NetError::Io(error) if is_reset(error) => closed(),
            NetError::Io(error) => match error.get_ref().and_then(|inner| inner.downcast_ref()) {
                Some(error) => tls(error),
                None => Failure::io(error),
            },
            NetError::Busy => Failure::unreachable("too many queries at once", FailureScope::Query),
            other if is_http_status(other) => {
                let text = other.to_string();
                let status = text.split(", message").next().unwrap_or_default();
                let status = status.trim_start_matches(HTTP_STATUS).trim();
                Failure::unreachable(format!("HTTP status {}", harmless(status)), FailureScope::Query)
            }
            other if is_closed(other) => closed(),
            other => Failure::unreachable(harmless(&other.to_string()), FailureScope::Server),
        }
    }
}

impl Slot {
    /// Keeps the connection of an event loop, and returns it.
    fn keep(&mut self, runtime: Id, exchange: DnsExchange<TokioRuntimeProvider>) -> Connection {
        if self.open.len() >= EVENT_LOOPS {
            self.open.remove(0);
        }
        self.made += 1;
        let connection = Connection { number: self.made, runtime, exchange };
        self.open.push(connection.clone());
        connection
    }

    /// Drops this connection, unless a newer one has replaced it.
    fn discard(&mut self, number: u64) {
        self.open.retain(|open| open.number != number);
    }
}

/// The beginning of the library's message for an HTTP status other than 2xx.
const HTTP_STATUS: &str = "http unsuccessful code:";

fn is_http_status(error: &NetError) -> bool {
    matches!(error, NetError::Msg(text) if text.starts_with(HTTP_STATUS))
}

/// The error of the TLS library for a connection that ends without notice; a link for programmers follows it.
const CLOSED: &str = "peer closed connection without sending TLS close_notify";

fn is_closed(error: &NetError) -> bool {
    let text = error.to_string();
    text.contains(CLOSED) || text.ends_with(&io::ErrorKind::ConnectionReset.to_string())
}

/// Returns whether the server ended the connection by a reset: systems send one if it had not read everything.
fn is_reset(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted)
}

/// Returns a description of a TLS error in the connection to this host.
pub(in crate::lookup) fn certificate_words(error: &rustls::Error, host: &str) -> String {
    match error {
        rustls::Error::InvalidCertificate(problem) => match problem {
            CertificateError::UnknownIssuer => "the certificate has an unknown issuer".into(),
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                "the certificate has expired".into()
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                format!("the certificate is not for `{host}`")
            }
            other => harmless(&format!("the certificate is not accepted: {other}")),
        },
        other => harmless(&format!("TLS failed: {other}")),
    }
}
