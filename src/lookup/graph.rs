//! Queries Microsoft Graph for the domains of a tenant.
//!
//! Reads, and never writes: the tenant's domains, and the records that Microsoft wants for one of them. The token goes
//! to one server and to no other: over TLS, without redirects, and to no link that leads away. The host is looked up
//! by the system, since it is nothing that this program judges.

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

/// How long connecting and one answer may take together, unless another time is given.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often a question is put to a service that is busy.
const TRIES: u32 = 3;
/// How long to wait for a busy service in all, for one question.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// Octets of the largest answer that is read.
const LARGEST: usize = 4 << 20;
/// Octets of all pages of a list together.
const LARGEST_LIST: usize = 16 << 20;
/// Pages of a list that are read at most.
const MOST_PAGES: usize = 1000;

/// Microsoft Graph, as one token sees it.
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
    /// Whether Microsoft accepts that it belongs to the tenant.
    pub is_verified: bool,
    /// Whether it is the one that the tenant was made with.
    pub is_initial: bool,
}

/// Whether it is known that a domain belongs to the tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ownership {
    /// The tenant's own list says that it is verified: nothing has to prove it any more.
    Proved,
    /// What proves it may still be needed.
    Open,
}

/// One page of a list.
#[derive(Deserialize)]
struct Page {
    value: Vec<Value>,
    #[serde(rename = "@odata.nextLink")]
    next: Option<String>,
}

/// What came of one try.
enum Answer {
    Body(Vec<u8>),
    Busy { status: u16, after: Option<Duration> },
}

impl Graph {
    /// The service at `root`; nothing is sent yet.
    ///
    /// # Errors
    /// [`Failure`] if there is no token, or what is there cannot be one.
    pub fn new(root: Root, token: Token) -> Result<Self, Failure> {
        let authorization = token.header()?;
        Ok(Self { transport: Transport::new(PATIENCE), patience: PATIENCE, root, token, authorization })
    }

    /// The same, with the certificates and settings for TLS of a transport.
    #[must_use]
    pub fn with_transport(self, transport: Transport) -> Self {
        Self { transport, ..self }
    }

    /// The same, with another time for connecting and one answer.
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Where it is.
    #[must_use]
    pub fn root(&self) -> &Root {
        &self.root
    }

    /// The records that Microsoft wants for a domain, for its services and to prove ownership where that is open, as one
    /// list in JSON.
    ///
    /// # Errors
    /// [`Failure`] if not all of them can be had.
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

    /// All domains of the tenant.
    ///
    /// # Errors
    /// [`Failure`] if not all of them can be had.
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

    /// All pages of a list.
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

    /// One answer, in several tries where the service is busy.
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
        // An address that is dead leaves time for another.
        let stream = origin.connect(self.patience / 4).await?;
        match origin.scheme {
            Scheme::Http => web::exchange(stream, host, request, answer).await,
            Scheme::Https => {
                let config = self.transport.tls().map_err(Failure::Unreachable)?;
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
            // The status says enough.
            Err(_) if status != StatusCode::OK => Vec::new(),
            Err(fault) => return Err(fault.into()),
        };
        // It would go on into messages and reports.
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
