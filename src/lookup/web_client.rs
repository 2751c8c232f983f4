//! An HTTPS client for the web servers that are asked on the user's request.
//!
//! One GET each, without credentials. The certificate must be valid for the host, redirects are not followed, and size
//! and time are bounded. Addresses come from the servers that this run asks, under the same rules as those of policy
//! hosts.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Mutex, PoisonError};

use hyper::body::Incoming;
use hyper::header::{ACCEPT, CONNECTION, CONTENT_TYPE, HOST, LOCATION, USER_AGENT};
use hyper::{Request, Response};
use jiff::Timestamp;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout};

use crate::facts::{Facts, TenantHolder, WebOutcome, WebReply, WebRequest, WebTopic};
use crate::record::Name;

use super::address::Permissions;
use super::host_addresses::addresses;
use super::memory::Memory;
use super::transport::{Transport, harmless};
use super::web::{self, Fault};

/// The size limit of a document, in octets.
const LARGEST: usize = 64 * 1024;
/// The number of answers that are cached at least.
const MOST_REMEMBERED: usize = 1024;
/// The highest number of addresses of one host that are tried.
const MOST_ADDRESSES: usize = 4;
/// The highest number of concurrent requests, over all domains: one host gets many of them.
const MOST_AT_ONCE: usize = 16;
/// The port of HTTPS.
const HTTPS_PORT: u16 = 443;
/// The highest number of characters of a region that are kept.
const LONGEST_REGION: usize = 32;

/// Sends requests to web servers, each once in a run.
#[derive(Debug)]
pub(super) struct WebClient {
    transport: Transport,
    port: u16,
    permissions: Permissions,
    permits: Semaphore,
    answers: Mutex<Memory<WebRequest, WebReply>>,
}

/// The reason why there is no answer.
struct Failure {
    outcome: WebOutcome,
    reason: String,
    /// The names that the certificate is valid for, if it was refused for another name.
    certificate: Vec<String>,
}

impl Failure {
    fn new(outcome: WebOutcome, reason: String) -> Self {
        Self { outcome, reason, certificate: Vec::new() }
    }
}

/// The parts of an answer that were read.
#[derive(Default)]
struct Answer {
    status: u16,
    media_type: String,
    location: String,
    certificate: Vec<String>,
    holder: Option<TenantHolder>,
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        let (outcome, reason) = match fault {
            Fault::Certificate(reason, certificate) => {
                return Self { outcome: WebOutcome::BadCertificate, reason, certificate };
            }
            Fault::Connection(reason) => (WebOutcome::Unreachable, reason),
            Fault::Late(reason) => (WebOutcome::Timeout, reason),
            Fault::NoHttp(reason) => (WebOutcome::Malformed, reason),
            Fault::TooLarge(octets) => (
                WebOutcome::TooLarge,
                format!("the response exceeds the size limit of {} KiB", octets / 1024),
            ),
        };
        Self::new(outcome, reason)
    }
}

impl WebClient {
    pub(super) fn new(transport: Transport, permissions: Permissions) -> Self {
        Self {
            transport,
            port: HTTPS_PORT,
            permissions,
            permits: Semaphore::new(MOST_AT_ONCE),
            answers: Mutex::new(Memory::of(MOST_REMEMBERED, usize::MAX)),
        }
    }

    /// Returns the time of the run.
    pub(super) fn now(&self) -> Timestamp {
        self.transport.now()
    }

    /// Begins another round, in which answers may have changed.
    pub(super) fn begin_round(&mut self, transport: Transport) {
        self.transport = transport;
        self.answers = Mutex::new(Memory::of(MOST_REMEMBERED, usize::MAX));
    }

    /// Forgets the answers about a domain, and those before this time.
    pub(super) fn forget(&self, domain: &Name, before: Timestamp) {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        answers.forget(|request, reply| request.domain.is_within(domain) || reply.at < before);
    }

    pub(super) fn set_permissions(&mut self, permissions: Permissions) {
        self.permissions = permissions;
    }

    #[cfg(feature = "testing")]
    pub(super) fn set_port(&mut self, port: u16) {
        self.port = port;
    }

    /// Returns the answer to a request, shared with other domains that make the same one.
    pub(super) async fn answer(&self, request: &WebRequest, facts: &Facts) -> WebReply {
        let cell = {
            let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
            answers.cell(request, |_| true)
        };
        cell.get_or_init(|| self.answer_anew(request, facts)).await.clone()
    }

    async fn answer_anew(&self, request: &WebRequest, facts: &Facts) -> WebReply {
        let _permit = self.permits.acquire().await;
        let started = Instant::now();
        let whole = self.transport.timeout() * 2;
        let result = match timeout(whole, self.try_addresses(request, facts)).await {
            Ok(result) => result,
            Err(_) => Err(Fault::late(whole).into()),
        };
        let mut reply = WebReply::empty(request.clone(), WebOutcome::Answered);
        match result {
            Ok(Answer { status, media_type, location, certificate, holder }) => {
                reply = WebReply { status, media_type, location, certificate, holder, ..reply };
            }
            Err(Failure { outcome, reason, certificate }) => {
                reply = WebReply { outcome, reason, certificate, ..reply };
            }
        }
        reply.at = self.transport.now();
        reply.elapsed = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
        reply
    }

    async fn try_addresses(&self, request: &WebRequest, facts: &Facts) -> Result<Answer, Failure> {
        let host = request.host.without_trailing_dot();
        let fail = |outcome, reason: String| Err(Failure::new(outcome, reason));
        let found = addresses(&request.host, facts);
        if found.known.is_empty() {
            return match found.complete {
                true => fail(WebOutcome::NoAddress, format!("`{host}` has no address")),
                false => fail(
                    WebOutcome::LookupFailed,
                    format!(
                        "the addresses of `{host}` could not be looked \
                        up"
                    ),
                ),
            };
        }
        let is_allowed = |address: &&IpAddr| self.permissions.check(**address).is_ok();
        let allowed: Vec<IpAddr> =
            found.known.iter().filter(is_allowed).copied().take(MOST_ADDRESSES).collect();
        if allowed.is_empty() {
            let refusals = found.known.iter().filter_map(|address| self.permissions.check(*address).err());
            let why = refusals.map(|refusal| refusal.to_string()).next().unwrap_or_default();
            return fail(WebOutcome::Unreachable, format!("`{host}` was not queried: {why}"));
        }
        let mut first = None;
        for address in allowed {
            match web::connect(SocketAddr::new(address, self.port), self.transport.timeout()).await {
                Ok(stream) => return self.get(stream, request, &host).await,
                Err(fault) => drop(first.get_or_insert(Failure::from(fault))),
            }
        }
        Err(first.unwrap_or_else(|| Failure::new(WebOutcome::NoAddress, String::new())))
    }

    async fn get(&self, stream: TcpStream, request: &WebRequest, host: &str) -> Result<Answer, Failure> {
        let unreachable = |reason: String| Failure::new(WebOutcome::Unreachable, reason);
        let path = request.path();
        // A label may hold any octet; none of them may end the path or begin a query string.
        if !path.bytes().all(|octet| octet.is_ascii_alphanumeric() || b"/.-_".contains(&octet)) {
            return Err(unreachable(harmless(&format!("`{path}` is not a valid path"))));
        }
        let config = self.transport.tls_config().map_err(|error| unreachable(error.to_string()))?;
        let stream = web::secured(stream, host, &config).await?;
        let certificate = web::certificate_names(&stream);
        let accepted = match request.topic {
            WebTopic::Tenant => "application/json",
            WebTopic::Autodiscover => "text/xml",
        };
        let head = Request::get(path)
            .header(HOST, host)
            .header(ACCEPT, accepted)
            .header(CONNECTION, "close")
            .header(USER_AGENT, web::AGENT)
            .body(String::new())
            .map_err(|_| unreachable(harmless(&format!("`{host}` is not a name for a web server"))))?;
        let read = async |response| read(request.topic, response, host).await;
        let answer = web::exchange(stream, host, head, read).await;
        answer.map(|answer| Answer { certificate, ..answer })
    }
}

/// Reads the parts of an answer that its topic needs.
async fn read(topic: WebTopic, response: Response<Incoming>, host: &str) -> Result<Answer, Failure> {
    let header = |name| {
        let value = response.headers().get(name).map(|value| String::from_utf8_lossy(value.as_bytes()));
        value.map(|value| harmless(&value)).unwrap_or_default()
    };
    let status = response.status().as_u16();
    let location = if response.status().is_redirection() { header(LOCATION) } else { String::new() };
    let answer = Answer { status, media_type: header(CONTENT_TYPE), location, ..Answer::default() };
    match topic {
        WebTopic::Tenant if matches!(status, 200 | 400) => {
            let body = web::body(response.into_body(), host, LARGEST).await?;
            let holder =
                holder(status, &body).map_err(|reason| Failure::new(WebOutcome::Malformed, reason.into()))?;
            Ok(Answer { holder, ..answer })
        }
        // The response header is sufficient.
        WebTopic::Tenant | WebTopic::Autodiscover => Ok(answer),
    }
}

/// Returns the holder of the domain according to the OpenID configuration, or to the error returned instead.
fn holder(status: u16, body: &[u8]) -> Result<Option<TenantHolder>, &'static str> {
    let document: Value = serde_json::from_slice(body).map_err(|_| "the response is not JSON")?;
    let text = |key: &str| document.get(key).and_then(Value::as_str).unwrap_or_default();
    if status == 400 {
        // AADSTS90002: no tenant of that name. Any other error says nothing about the domain.
        let is_unknown =
            text("error") == "invalid_tenant" || text("error_description").starts_with("AADSTS90002:");
        return Ok(is_unknown.then_some(TenantHolder::NoTenant));
    }
    let id = tenant_id(text("issuer")).ok_or("the `issuer` of the response has no tenant id")?;
    let region = text("tenant_region_scope");
    let region = region.chars().filter(char::is_ascii_graphic).take(LONGEST_REGION).collect();
    Ok(Some(TenantHolder::Tenant { id, region }))
}

/// Returns the id in `https://login.microsoftonline.com/ID/v2.0`.
fn tenant_id(issuer: &str) -> Option<String> {
    let (_, path) = issuer.strip_prefix("https://")?.split_once('/')?;
    let id = path.split('/').next()?;
    let is_id = id.len() == 36
        && id.bytes().enumerate().all(|(at, octet)| match at {
            8 | 13 | 18 | 23 => octet == b'-',
            _ => octet.is_ascii_hexdigit(),
        });
    is_id.then(|| id.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "11111111-2222-3333-4444-ABCDEF555555";

    #[test]
    fn a_tenant_is_read_from_the_issuer_alone() {
        let document = |issuer: &str| {
            format!(r#"{{"issuer": "{issuer}", "tenant_region_scope": "EU\u001b", "token_endpoint": "x"}}"#)
        };
        let good = document(&format!("https://login.microsoftonline.com/{ID}/v2.0"));
        let expected = TenantHolder::Tenant { id: ID.to_ascii_lowercase(), region: "EU".into() };
        assert_eq!(holder(200, good.as_bytes()), Ok(Some(expected)));
        for issuer in [
            "",
            "https://login.microsoftonline.com/common/v2.0",
            "https://login.microsoftonline.com/{tenantid}/v2.0",
            "http://login.microsoftonline.com/11111111-2222-3333-4444-555555555555/v2.0",
            "https://login.microsoftonline.com/1111111112222-3333-4444-5555555555555/v2.0",
            "https://login.microsoftonline.com/é1111111-2222-3333-4444-55555555555/v2.0",
        ] {
            assert!(holder(200, document(issuer).as_bytes()).is_err(), "{issuer}");
        }
        for body in ["", "[]", "{}", "null", "<html>", "{\"issuer\": 7}"] {
            assert!(holder(200, body.as_bytes()).is_err(), "{body}");
        }
    }

    #[test]
    fn only_the_error_for_an_unknown_tenant_says_that_there_is_none() {
        let said = |body: &str| holder(400, body.as_bytes());
        assert_eq!(said(r#"{"error": "invalid_tenant"}"#), Ok(Some(TenantHolder::NoTenant)));
        let described = r#"{"error": "x", "error_description": "AADSTS90002: Tenant 'a' not found."}"#;
        assert_eq!(said(described), Ok(Some(TenantHolder::NoTenant)));
        assert_eq!(said(r#"{"error": "invalid_request"}"#), Ok(None));
        assert_eq!(said("{}"), Ok(None));
        assert!(said("<html>").is_err());
    }
}
