//! What does the web server say that keeps a domain's MTA-STS policy?
//!
//! One GET of `https://mta-sts.DOMAIN/.well-known/mta-sts.txt` as RFC 8461 §3.3 has it: the certificate must
//! be valid for that name, redirects are not followed, and no more is read than a policy may hold. The
//! addresses come from the servers that this run asks, never from the system, so that a recording and a lab
//! see the same as the report does.
//!
//! HTTP is spoken by hyper over a connection that is made here: framing of hostile answers is not a thing to
//! write anew, and everything above it (pools, proxies, redirects, name lookups) is what must not happen.

use std::collections::HashMap;
use std::error::Error as _;
use std::future::poll_fn;
use std::net::{IpAddr, SocketAddr};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hyper::body::{Body as _, Incoming};
use hyper::client::conn::http1;
use hyper::header::{ACCEPT, CONNECTION, CONTENT_TYPE, HOST, LOCATION, USER_AGENT};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::sync::OnceCell;
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsConnector;

use crate::facts::{PolicyOutcome, PolicyReply};
use crate::record::Name;

use super::address::is_public;
use super::transport::{Transport, certificate_words, harmless, io_words};

/// Octets of the largest policy that is read (RFC 8461 §3.3 suggests this bound).
const LARGEST: usize = 64 * 1024;
/// Octets of the largest head of an answer.
const LARGEST_HEAD: usize = 32 * 1024;
/// Addresses of one policy host that are tried at most.
const MOST_ADDRESSES: usize = 4;
/// The port of HTTPS.
const HTTPS_PORT: u16 = 443;
/// Where a host keeps the policy (RFC 8461 §3.3).
const PATH: &str = "/.well-known/mta-sts.txt";

/// Fetches policies, each once a run.
#[derive(Debug)]
pub(super) struct Fetcher {
    transport: Transport,
    port: u16,
    private_hosts: bool,
    /// Whether nothing is to be fetched.
    pub(super) off: bool,
    fetched: Mutex<HashMap<Name, Arc<OnceCell<PolicyReply>>>>,
}

/// Why there is no text.
struct Failure {
    outcome: PolicyOutcome,
    reason: String,
}

impl Failure {
    fn new(outcome: PolicyOutcome, reason: impl Into<String>) -> Self {
        Self { outcome, reason: reason.into() }
    }

    fn io(error: &std::io::Error, host: &str) -> Self {
        let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
        match tls {
            Some(error @ rustls::Error::InvalidCertificate(_)) => {
                Self::new(PolicyOutcome::BadCertificate, certificate_words(error, host))
            }
            Some(error) => Self::new(PolicyOutcome::Unreachable, certificate_words(error, host)),
            None if error.kind() == std::io::ErrorKind::TimedOut => Self::new(PolicyOutcome::Timeout, ""),
            None => Self::new(PolicyOutcome::Unreachable, harmless(&io_words(error))),
        }
    }

    fn http(error: &hyper::Error, host: &str) -> Self {
        use std::io::ErrorKind::{InvalidData, InvalidInput};
        let io = error.source().and_then(|source| source.downcast_ref::<std::io::Error>());
        match io {
            // What TLS says comes as invalid data too; what hyper says has no cause inside.
            Some(io) if io.get_ref().is_some_and(|inner| inner.is::<rustls::Error>()) => Self::io(io, host),
            Some(io) if !matches!(io.kind(), InvalidData | InvalidInput) => Self::io(io, host),
            None if error.is_incomplete_message() => {
                Self::new(PolicyOutcome::Unreachable, "the server closed the connection")
            }
            Some(_) | None => {
                Self::new(PolicyOutcome::Malformed, harmless(&format!("the answer is no HTTP: {error}")))
            }
        }
    }
}

impl Fetcher {
    pub(super) fn new(transport: Transport, private_hosts: bool) -> Self {
        Self { transport, port: HTTPS_PORT, private_hosts, off: false, fetched: Mutex::default() }
    }

    /// Begins another round: a policy may be another one by now.
    pub(super) fn begin_round(&mut self, transport: Transport) {
        self.transport = transport;
        self.fetched = Mutex::default();
    }

    pub(super) fn allow_private(&mut self) {
        self.private_hosts = true;
    }

    pub(super) fn turn_off(&mut self) {
        self.off = true;
    }

    pub(super) fn set_port(&mut self, port: u16) {
        self.port = port;
    }

    /// The policy of the domain, from the first of the addresses at which somebody answers.
    pub(super) async fn fetch(&self, domain: &Name, addresses: &[IpAddr]) -> PolicyReply {
        let cell = {
            let mut fetched = self.fetched.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(fetched.entry(domain.clone()).or_default())
        };
        cell.get_or_init(|| self.fetch_anew(domain, addresses)).await.clone()
    }

    async fn fetch_anew(&self, domain: &Name, addresses: &[IpAddr]) -> PolicyReply {
        let started = Instant::now();
        let whole = self.transport.timeout() * 2;
        let result = match timeout(whole, self.try_addresses(domain, addresses)).await {
            Ok(result) => result,
            Err(_) => Err(Failure::new(PolicyOutcome::Timeout, late(whole))),
        };
        let mut reply = PolicyReply::empty(domain.clone(), PolicyOutcome::Fetched);
        match result {
            Ok(body) => reply.body = body,
            Err(Failure { outcome, reason }) => (reply.outcome, reply.reason) = (outcome, reason),
        }
        reply.at = self.transport.now();
        reply.took = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
        reply
    }

    async fn try_addresses(&self, domain: &Name, addresses: &[IpAddr]) -> Result<String, Failure> {
        let host = host(domain);
        let allowed = |address: &&IpAddr| self.private_hosts || is_public(**address);
        let allowed: Vec<IpAddr> = addresses.iter().filter(allowed).copied().take(MOST_ADDRESSES).collect();
        if allowed.is_empty() {
            let reason = format!(
                "`{host}` has a private address; --allow-private-servers fetches from it all the same"
            );
            return Err(Failure::new(PolicyOutcome::Unreachable, reason));
        }
        let mut first = None;
        for address in allowed {
            match self.connect(SocketAddr::new(address, self.port)).await {
                Ok(stream) => return self.get(stream, &host).await,
                Err(failure) => drop(first.get_or_insert(failure)),
            }
        }
        Err(first.unwrap_or_else(|| Failure::new(PolicyOutcome::NoAddress, "")))
    }

    async fn connect(&self, address: SocketAddr) -> Result<TcpStream, Failure> {
        let patience = self.transport.timeout();
        match timeout(patience, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => Ok(stream),
            Ok(Err(error)) => Err(Failure::io(&error, "")),
            Err(_) => Err(Failure::new(PolicyOutcome::Timeout, late(patience))),
        }
    }

    async fn get(&self, stream: TcpStream, host: &str) -> Result<String, Failure> {
        let unreachable = |reason: String| Failure::new(PolicyOutcome::Unreachable, reason);
        let name = ServerName::try_from(host.to_owned());
        let name =
            name.map_err(|_| unreachable(format!("`{host}` is no name that a certificate can hold")))?;
        let mut config = (*self.transport.tls().map_err(unreachable)?).clone();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        let connected = TlsConnector::from(Arc::new(config)).connect(name, stream).await;
        let stream = connected.map_err(|error| Failure::io(&error, host))?;
        let failed = |error: hyper::Error| Failure::http(&error, host);
        let builder = http1::Builder::new().max_buf_size(LARGEST_HEAD).to_owned();
        let (mut sender, connection) = builder.handshake(TokioIo::new(stream)).await.map_err(failed)?;
        let request = Request::get(PATH)
            .header(HOST, host)
            .header(ACCEPT, "text/plain")
            .header(CONNECTION, "close")
            .header(USER_AGENT, concat!("cutover/", env!("CARGO_PKG_VERSION")))
            .body(String::new())
            .map_err(|_| unreachable(format!("`{host}` is no name for a web server")))?;
        let exchange = async {
            let response = sender.send_request(request).await.map_err(failed)?;
            let body = accepted(response)?;
            read(body, host).await
        };
        let (mut exchange, mut connection) = (pin!(exchange), pin!(connection));
        tokio::select! {
            result = &mut exchange => result,
            // Whatever ended the connection is told by the exchange, which may have to read on.
            _ = &mut connection => exchange.await,
        }
    }
}

/// What is read of the answer, if it may be a policy.
fn accepted(response: Response<Incoming>) -> Result<Incoming, Failure> {
    let header = |name| {
        let value = response.headers().get(name).map(|value| String::from_utf8_lossy(value.as_bytes()));
        value.map(|value| harmless(&value)).unwrap_or_default()
    };
    let status = response.status();
    if status.is_redirection() {
        let to = header(LOCATION);
        let to = if to.is_empty() { String::new() } else { format!(" to `{to}`") };
        let reason =
            format!("it is redirected{to} (HTTP status {}), which senders do not follow", status.as_u16());
        return Err(Failure::new(PolicyOutcome::Redirect, reason));
    }
    if status != StatusCode::OK {
        return Err(Failure::new(PolicyOutcome::HttpStatus, format!("HTTP status {status}")));
    }
    let media_type = header(CONTENT_TYPE);
    if !media_type.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("text/plain") {
        let found = if media_type.is_empty() { "nothing".into() } else { format!("`{media_type}`") };
        let reason = format!("the content type is {found} and must be `text/plain`");
        return Err(Failure::new(PolicyOutcome::WrongMediaType, reason));
    }
    Ok(response.into_body())
}

async fn read(mut body: Incoming, host: &str) -> Result<String, Failure> {
    let mut octets = Vec::new();
    while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        let Ok(data) = frame.map_err(|error| Failure::http(&error, host))?.into_data() else { continue };
        if octets.len() + data.len() > LARGEST {
            let reason = format!("it is larger than {} KiB", LARGEST / 1024);
            return Err(Failure::new(PolicyOutcome::TooLarge, reason));
        }
        octets.extend_from_slice(&data);
    }
    // The octets in question are those of a comment at best: every part of a policy is ASCII.
    Ok(String::from_utf8_lossy(&octets).into_owned())
}

fn late(patience: Duration) -> String {
    format!("no answer within {} s", patience.as_secs_f64())
}

pub(super) fn host(domain: &Name) -> String {
    format!("mta-sts.{}", domain.bare())
}
