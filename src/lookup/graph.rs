//! Queries Microsoft Graph for the domains of a tenant.
//!
//! Only reads: the tenant's domains, and the records that Microsoft requires for one of them. The token is sent to one
//! server only: over TLS, without following redirects or links to other servers. The system looks up the host, since it
//! is not part of what this program checks.

mod failure;
mod pause;
mod root;
mod token;

use std::collections::BTreeSet;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::header::{ACCEPT, AUTHORIZATION, CONNECTION, HOST, HeaderValue, USER_AGENT};
use hyper::{Request, Response, StatusCode};
use serde::Deserialize;
use serde_json::Value;
use tokio::time::{sleep, timeout};

use crate::record::Name;

use super::origin::Scheme;
use super::transport::{Transport, harmless};
use super::web::{self, Fault};
use pause::retry_after;

pub use failure::{Failure, Said};
pub use root::{Root, RootError};
pub use token::Token;

/// The time limit for connecting and one response together, unless another one is given.
const PATIENCE: Duration = Duration::from_secs(10);
/// The number of times that a request is sent to a busy service.
const TRIES: u32 = 3;
/// The longest total wait for a busy service, for one request.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// The size limit of a response, in octets.
const LARGEST: usize = 4 << 20;
/// The size limit of all pages of a list together, in octets.
const LARGEST_LIST: usize = 16 << 20;
/// The highest number of pages of a list that are read.
const MOST_PAGES: usize = 1000;

/// A client of Microsoft Graph with one token.
///
/// Must be used inside a tokio runtime with I/O and time.
#[derive(Debug)]
pub struct Graph {
    transport: Transport,
    patience: Duration,
    root: Root,
    token: Token,
    authorization: HeaderValue,
}

/// A domain of the tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantDomain {
    /// Its name, as the service writes it.
    pub name: String,
    /// True if Microsoft has verified that the domain belongs to the tenant.
    pub is_verified: bool,
    /// True for the initial domain of the tenant.
    pub is_initial: bool,
}

/// The state of a domain's verification in the tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ownership {
    /// The tenant's own list shows it as verified: no record has to prove ownership any more.
    Proved,
    /// A record that proves ownership may still be needed.
    Open,
}

/// One page of a list.
#[derive(Deserialize)]
struct Page {
    value: Vec<Value>,
    #[serde(rename = "@odata.nextLink")]
    next: Option<String>,
}

/// The result of one try.
enum Answer {
    Body(Vec<u8>),
    Busy { status: u16, after: Option<Duration> },
}

impl Graph {
    /// Returns a client of the service at `root`; nothing is sent yet.
    ///
    /// # Errors
    /// [`Failure`] if there is no token, or the value cannot be a token.
    pub fn new(root: Root, token: Token) -> Result<Self, Failure> {
        let authorization = token.header()?;
        Ok(Self { transport: Transport::new(PATIENCE), patience: PATIENCE, root, token, authorization })
    }

    /// Returns the client with the certificates and TLS settings of a transport.
    #[must_use]
    pub fn with_transport(self, transport: Transport) -> Self {
        Self { transport, ..self }
    }

    /// Returns the client with another time limit for connecting and one response.
    #[cfg(feature = "testing")]
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Returns the base URL of the service.
    #[must_use]
    pub fn root(&self) -> &Root {
        &self.root
    }

    /// Returns the records that Microsoft requires for a domain, for its services and, if ownership is open, to prove
    /// it, as one JSON list.
    ///
    /// # Errors
    /// [`Failure`] if not all of them can be read.
    pub async fn records(&self, domain: &Name, ownership: Ownership) -> Result<Vec<u8>, Failure> {
        let name = domain.without_trailing_dot();
        let list = async |kind: &str| self.list(&format!("/domains/{name}/{kind}")).await;
        let proof = async {
            match ownership {
                Ownership::Proved => Ok(Vec::new()),
                Ownership::Open => list("verificationDnsRecords").await,
            }
        };
        let (service, proof) = tokio::join!(list("serviceConfigurationRecords"), proof);
        let both = service.and_then(|service| Ok([service, proof?].concat()));
        let records = both.map_err(|failure| match failure {
            Failure::Status(404, said) if said.is_of_the_service() => {
                Failure::UnknownDomain(harmless(&name.to_string()))
            }
            other => other,
        })?;
        Ok(serde_json::json!({ "value": records }).to_string().into_bytes())
    }

    /// Returns all domains of the tenant.
    ///
    /// # Errors
    /// [`Failure`] if not all of them can be read.
    pub async fn domains(&self) -> Result<Vec<TenantDomain>, Failure> {
        let list = self.list("/domains?$select=id,isVerified,isInitial").await?;
        let is = |domain: &Value, key: &str| domain.get(key).and_then(Value::as_bool).unwrap_or(false);
        let domain = |domain: &Value| {
            let name = domain.get("id").and_then(Value::as_str);
            let name = name.ok_or_else(|| Failure::NoList("a domain has no `id`".into()))?.to_owned();
            let (is_verified, is_initial) = (is(domain, "isVerified"), is(domain, "isInitial"));
            Ok(TenantDomain { name, is_verified, is_initial })
        };
        list.iter().map(domain).collect()
    }

    /// Returns all pages of a list.
    async fn list(&self, below: &str) -> Result<Vec<Value>, Failure> {
        let (mut items, mut octets, mut read) = (Vec::new(), 0, BTreeSet::new());
        let mut next = Some(self.root.path(below));
        while let Some(path) = next {
            if read.len() == MOST_PAGES {
                return Err(Failure::TooManyPages(MOST_PAGES));
            }
            let body = self.get(&path).await?;
            octets += body.len();
            if octets > LARGEST_LIST {
                return Err(Failure::TooLarge(LARGEST_LIST >> 20));
            }
            let page: Page = serde_json::from_slice(&body)
                .map_err(|error| Failure::NoList(harmless(&error.to_string())))?;
            items.extend(page.value);
            read.insert(path);
            next = match page.next {
                Some(link) => Some(self.root.follow(&link).ok_or(Failure::StrayLink)?),
                None => None,
            };
            if next.as_ref().is_some_and(|next| read.contains(next)) {
                return Err(Failure::Circle);
            }
        }
        Ok(items)
    }

    /// Returns one response, with several tries if the service is busy.
    async fn get(&self, path: &str) -> Result<Vec<u8>, Failure> {
        let (mut tries, mut waited) = (1, Duration::ZERO);
        loop {
            let once = timeout(self.patience, self.exchange(path)).await;
            let (status, after) = match once.unwrap_or_else(|_| Err(Fault::late(self.patience).into()))? {
                Answer::Body(body) => return Ok(body),
                Answer::Busy { status, after } => (status, after),
            };
            let span = after.unwrap_or(Duration::from_secs(1 << tries));
            waited = waited.saturating_add(span);
            if tries == TRIES || waited > LONGEST_WAIT {
                return Err(Failure::Busy { status, after });
            }
            sleep(span).await;
            tries += 1;
        }
    }

    async fn exchange(&self, path: &str) -> Result<Answer, Failure> {
        let origin = self.root.origin();
        let host = origin.host();
        let request = Request::get(path)
            .header(HOST, origin.authority())
            .header(ACCEPT, "application/json")
            .header(AUTHORIZATION, self.authorization.clone())
            .header(CONNECTION, "close")
            .header(USER_AGENT, web::AGENT)
            .body(String::new())
            .map_err(|_| Failure::NoRequest(harmless(path)))?;
        let answer = async |response| self.answer(response).await;
        // A dead address leaves time for another.
        let stream = origin.connect(self.patience / 4).await?;
        match origin.scheme {
            Scheme::Http => web::exchange(stream, host, request, answer).await,
            Scheme::Https => {
                let config = self.transport.tls_config();
                let config = config.map_err(|error| Failure::Unreachable(error.to_string()))?;
                let stream = web::secured(stream, host, &config).await?;
                web::exchange(stream, host, request, answer).await
            }
        }
    }

    async fn answer(&self, response: Response<Incoming>) -> Result<Answer, Failure> {
        let status = response.status();
        if status.is_redirection() {
            return Err(Failure::Redirect(status.as_u16()));
        }
        if matches!(status.as_u16(), 429 | 503 | 504) {
            let after = retry_after(response.headers(), self.transport.now());
            return Ok(Answer::Busy { status: status.as_u16(), after });
        }
        let body = match web::body(response.into_body(), self.root.origin().host(), LARGEST).await {
            Ok(body) => body,
            // The status is sufficient.
            Err(_) if status != StatusCode::OK => Vec::new(),
            Err(fault) => return Err(fault.into()),
        };
        // The body would be copied into messages and reports.
        if self.token.stands_in(&body) {
            return Err(Failure::TellsToken);
        }
        match status {
            StatusCode::OK => Ok(Answer::Body(body)),
            StatusCode::UNAUTHORIZED => Err(Failure::Unauthorized(Said::of(&body))),
            StatusCode::FORBIDDEN => Err(Failure::Forbidden(Said::of(&body))),
            other => Err(Failure::Status(other.as_u16(), Said::of(&body))),
        }
    }
}
