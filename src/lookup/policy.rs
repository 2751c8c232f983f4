//! Fetches the MTA-STS policy of a domain from its web server.
//!
//! One GET of `https://mta-sts.DOMAIN/.well-known/mta-sts.txt` according to RFC 8461 §3.3: the certificate must be
//! valid for that name, redirects are not followed, and at most the size limit of a policy is read. The addresses come
//! from the servers that this run asks, never from the system, so that a recording and a test lab see the same as the
//! report.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Mutex, PoisonError};

use hyper::body::Incoming;
use hyper::header::{ACCEPT, CONNECTION, CONTENT_TYPE, HOST, LOCATION, USER_AGENT};
use hyper::{Request, Response, StatusCode};
use jiff::Timestamp;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use crate::facts::{PolicyOutcome, PolicyReply};
use crate::record::Name;

use super::address::Permissions;
use super::memory::Memory;
use super::transport::{Transport, harmless};
use super::web::{self, Fault};

/// The size limit of a policy, in octets (suggested by RFC 8461 §3.3).
const LARGEST: usize = 64 * 1024;
/// The number of policies that are cached at least.
const MOST_FETCHED: usize = 1024;
/// The highest number of addresses of one policy host that are tried.
const MOST_ADDRESSES: usize = 4;
/// The port of HTTPS.
const HTTPS_PORT: u16 = 443;
/// The path of the policy on its host (RFC 8461 §3.3).
const PATH: &str = "/.well-known/mta-sts.txt";

/// Fetches policies, each once in a run.
#[derive(Debug)]
pub(super) struct Fetcher {
    transport: Transport,
    port: u16,
    permissions: Permissions,
    /// True if nothing is to be fetched.
    pub(super) off: bool,
    fetched: Mutex<Memory<Name, PolicyReply>>,
}

/// The reason why there is no policy text.
struct Failure {
    outcome: PolicyOutcome,
    reason: String,
}

impl Failure {
    fn new(outcome: PolicyOutcome, reason: impl Into<String>) -> Self {
        Self { outcome, reason: reason.into() }
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Certificate(reason, _) => Self::new(PolicyOutcome::BadCertificate, reason),
            Fault::Connection(reason) => Self::new(PolicyOutcome::Unreachable, reason),
            Fault::Late(reason) => Self::new(PolicyOutcome::Timeout, reason),
            Fault::NoHttp(reason) => Self::new(PolicyOutcome::Malformed, reason),
            Fault::TooLarge(octets) => {
                Self::new(PolicyOutcome::TooLarge, format!("it is larger than {} KiB", octets / 1024))
            }
        }
    }
}

impl Fetcher {
    pub(super) fn new(transport: Transport, permissions: Permissions) -> Self {
        Self {
            transport,
            port: HTTPS_PORT,
            permissions,
            off: false,
            fetched: Mutex::new(Memory::of(MOST_FETCHED, usize::MAX)),
        }
    }

    /// Begins another round, in which policies may have changed.
    pub(super) fn begin_round(&mut self, transport: Transport) {
        self.transport = transport;
        self.fetched = Mutex::new(Memory::of(MOST_FETCHED, usize::MAX));
    }

    /// Forgets the policies of a domain, and those before this time.
    pub(super) fn forget(&self, domain: &Name, before: Timestamp) {
        let mut fetched = self.fetched.lock().unwrap_or_else(PoisonError::into_inner);
        fetched.forget(|fetched, reply| fetched.is_within(domain) || reply.at < before);
    }

    pub(super) fn set_permissions(&mut self, permissions: Permissions) {
        self.permissions = permissions;
    }

    pub(super) fn turn_off(&mut self) {
        self.off = true;
    }

    #[cfg(feature = "testing")]
    pub(super) fn set_port(&mut self, port: u16) {
        self.port = port;
    }

    /// Returns the policy of the domain, from the first address that answers.
    pub(super) async fn fetch(&self, domain: &Name, addresses: &[IpAddr]) -> PolicyReply {
        let cell = {
            let mut fetched = self.fetched.lock().unwrap_or_else(PoisonError::into_inner);
            fetched.cell(domain, |_| true)
        };
        cell.get_or_init(|| self.fetch_anew(domain, addresses)).await.clone()
    }

    async fn fetch_anew(&self, domain: &Name, addresses: &[IpAddr]) -> PolicyReply {
        let started = Instant::now();
        let whole = self.transport.timeout() * 2;
        let result = match timeout(whole, self.try_addresses(domain, addresses)).await {
            Ok(result) => result,
            Err(_) => Err(Fault::late(whole).into()),
        };
        let mut reply = PolicyReply::empty(domain.clone(), PolicyOutcome::Fetched);
        match result {
            Ok(body) => reply.body = body,
            Err(Failure { outcome, reason }) => (reply.outcome, reply.reason) = (outcome, reason),
        }
        reply.at = self.transport.now();
        reply.elapsed = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
        reply
    }

    async fn try_addresses(&self, domain: &Name, addresses: &[IpAddr]) -> Result<String, Failure> {
        let host = host(domain);
        let is_allowed = |address: &&IpAddr| self.permissions.check(**address).is_ok();
        let allowed: Vec<IpAddr> =
            addresses.iter().filter(is_allowed).copied().take(MOST_ADDRESSES).collect();
        if allowed.is_empty() {
            let refusals = addresses.iter().filter_map(|address| self.permissions.check(*address).err());
            let why = refusals.map(|refusal| refusal.to_string()).next().unwrap_or_default();
            return Err(Failure::new(PolicyOutcome::Unreachable, format!("`{host}` was not queried: {why}")));
        }
        let mut first = None;
        for address in allowed {
            let address = SocketAddr::new(address, self.port);
            match web::connect(address, self.transport.timeout()).await {
                Ok(stream) => return self.get(stream, &host).await,
                Err(fault) => drop(first.get_or_insert(Failure::from(fault))),
            }
        }
        Err(first.unwrap_or_else(|| Failure::new(PolicyOutcome::NoAddress, "")))
    }

    async fn get(&self, stream: TcpStream, host: &str) -> Result<String, Failure> {
        let unreachable = |reason: String| Failure::new(PolicyOutcome::Unreachable, reason);
        let config = self.transport.tls_config().map_err(|error| unreachable(error.to_string()))?;
        let stream = web::secured(stream, host, &config).await?;
        let request = Request::get(PATH)
            .header(HOST, host)
            .header(ACCEPT, "text/plain")
            .header(CONNECTION, "close")
            .header(USER_AGENT, web::AGENT)
            .body(String::new())
            .map_err(|_| unreachable(format!("`{host}` is not a name for a web server")))?;
        let octets = web::exchange(stream, host, request, async |response| {
            Ok::<_, Failure>(web::body(accepted(response)?, host, LARGEST).await?)
        });
        // Only comments can contain octets that are not UTF-8: every part of a policy is ASCII.
        Ok(String::from_utf8_lossy(&octets.await?).into_owned())
    }
}

/// Returns the body of a response that may be a policy.
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
            format!("it redirects{to} (HTTP status {}), which senders do not follow", status.as_u16());
        return Err(Failure::new(PolicyOutcome::Redirect, reason));
    }
    if status != StatusCode::OK {
        return Err(Failure::new(PolicyOutcome::HttpStatus, format!("HTTP status {status}")));
    }
    let media_type = header(CONTENT_TYPE);
    if !media_type.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("text/plain") {
        let found = if media_type.is_empty() { "nothing".into() } else { format!("`{media_type}`") };
        let reason = format!("the content type is {found}, expected `text/plain`");
        return Err(Failure::new(PolicyOutcome::WrongMediaType, reason));
    }
    Ok(response.into_body())
}

pub(super) fn host(domain: &Name) -> String {
    format!("mta-sts.{}", domain.without_trailing_dot())
}
