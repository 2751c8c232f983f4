//! Answers of web servers that are asked only on the user's request: the sign-in host about the tenant of a domain, and
//! the hosts that Outlook asks first.
//!
//! These are not DNS replies ([`super::Reply`]). Only the parts of an answer that a rule needs are kept, never its
//! body.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;

use crate::record::{Name, UnknownWord, value_of_word};

use super::Facts;

/// The topic of a request to a web server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WebTopic {
    /// The tenant that holds a domain: the OpenID configuration at the cloud's sign-in host.
    Tenant,
    /// The web server that answers where Outlook asks for its settings.
    Autodiscover,
}

impl WebTopic {
    /// All topics.
    pub const ALL: [Self; 2] = [Self::Tenant, Self::Autodiscover];

    /// Returns the word in reports and recordings.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Tenant => "tenant",
            Self::Autodiscover => "autodiscover",
        }
    }
}

impl FromStr for WebTopic {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        value_of_word("", text, &Self::ALL, Self::word)
    }
}

/// One request to a web server.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WebRequest {
    /// The topic.
    pub topic: WebTopic,
    /// The domain it is about.
    pub domain: Name,
    /// The web server.
    pub host: Name,
}

impl WebRequest {
    /// Returns the path and query of the request.
    #[must_use]
    pub fn path(&self) -> String {
        match self.topic {
            WebTopic::Tenant => {
                format!("/{}/v2.0/.well-known/openid-configuration", self.domain.without_trailing_dot())
            }
            WebTopic::Autodiscover => "/autodiscover/autodiscover.xml".into(),
        }
    }

    /// Returns the URL.
    #[must_use]
    pub fn url(&self) -> String {
        format!("https://{}{}", self.host.without_trailing_dot(), self.path())
    }
}

/// The outcome of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WebOutcome {
    /// There is an answer, with any status.
    Answered,
    /// The host does not exist, or has no address.
    NoAddress,
    /// The address of the host could not be looked up.
    LookupFailed,
    /// The host cannot be reached from here, or must not be.
    Unreachable,
    /// The host did not answer in time.
    Timeout,
    /// The certificate is not valid for the host.
    BadCertificate,
    /// The answer exceeds the size limit.
    TooLarge,
    /// The answer is not HTTP, or not the document that was asked for.
    Malformed,
    /// The deadline for the whole domain passed before the answer came.
    OutOfTime,
}

impl WebOutcome {
    /// All outcomes.
    pub const ALL: [Self; 9] = [
        Self::Answered,
        Self::NoAddress,
        Self::LookupFailed,
        Self::Unreachable,
        Self::Timeout,
        Self::BadCertificate,
        Self::TooLarge,
        Self::Malformed,
        Self::OutOfTime,
    ];

    /// Returns the word in reports and recordings.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::NoAddress => "no-address",
            Self::LookupFailed => "lookup-failed",
            Self::Unreachable => "unreachable",
            Self::Timeout => "timeout",
            Self::BadCertificate => "bad-certificate",
            Self::TooLarge => "too-large",
            Self::Malformed => "malformed",
            Self::OutOfTime => "out-of-time",
        }
    }
}

impl fmt::Display for WebOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

impl FromStr for WebOutcome {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        value_of_word("", text, &Self::ALL, Self::word)
    }
}

/// The holder of a domain according to the sign-in host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TenantHolder {
    /// The tenant with this id holds it.
    Tenant {
        /// The id, 36 characters in lower case.
        id: String,
        /// The region, as the document names it (`EU`); may be empty.
        region: String,
    },
    /// No tenant holds it.
    NoTenant,
}

/// The answer of a web server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebReply {
    /// The question.
    pub request: WebRequest,
    /// The outcome.
    pub outcome: WebOutcome,
    /// The HTTP status; 0 where there is none.
    pub status: u16,
    /// The media type of the answer; untrusted, may be empty.
    pub media_type: String,
    /// The target of a redirect, which is not followed; untrusted, may be empty.
    pub location: String,
    /// The first few names that the certificate is valid for; untrusted.
    pub certificate: Vec<String>,
    /// The holder of the domain, if the answer names it.
    pub holder: Option<TenantHolder>,
    /// The reason why there is no answer, in words such as `connection refused`; may be empty.
    pub reason: String,
    /// The time when the answer arrived, or when the request was abandoned.
    pub at: Timestamp,
    /// The time until then, in microseconds.
    pub elapsed: u64,
}

impl WebReply {
    /// Returns a reply without content, to be filled in.
    #[must_use]
    pub fn empty(request: WebRequest, outcome: WebOutcome) -> Self {
        Self {
            request,
            outcome,
            status: 0,
            media_type: String::new(),
            location: String::new(),
            certificate: Vec::new(),
            holder: None,
            reason: String::new(),
            at: Timestamp::UNIX_EPOCH,
            elapsed: 0,
        }
    }
}

impl Facts {
    /// Adds the answer of a web server; a second one to the same request is ignored.
    pub(crate) fn insert_web(&mut self, reply: WebReply) {
        self.web.entry(reply.request.clone()).or_insert(reply);
    }

    /// Returns the answer to a request; `None` if it was not made.
    #[must_use]
    pub fn web(&self, request: &WebRequest) -> Option<&WebReply> {
        self.web.get(request)
    }

    /// Returns all answers of web servers, ordered by request.
    pub fn web_replies(&self) -> impl Iterator<Item = &WebReply> {
        self.web.values()
    }
}
