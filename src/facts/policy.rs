//! The result of fetching an MTA-STS policy.
//!
//! A policy is kept on a web server (RFC 8461 §3.3), so it is not a [`super::Reply`]: there is one for each domain,
//! whichever server was asked for the addresses. The text is not interpreted here.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;

use crate::record::{Name, NameError, UnknownWord, value_of_word};

use super::Facts;

/// Returns the host that serves a domain's policy: `mta-sts` below the domain (RFC 8461 §3.3).
///
/// # Errors
/// [`NameError`] if the domain leaves no room for the label.
pub(crate) fn policy_host(domain: &Name) -> Result<Name, NameError> {
    domain.prepend("mta-sts")
}

/// The outcome of fetching a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PolicyOutcome {
    /// The policy text was fetched.
    Fetched,
    /// The policy host does not exist, or has no address.
    NoAddress,
    /// The address of the policy host could not be looked up.
    LookupFailed,
    /// The policy host cannot be reached from here.
    Unreachable,
    /// The policy host did not answer in time.
    Timeout,
    /// The policy host shows a certificate that is not valid for its name (RFC 8461 §3.3).
    BadCertificate,
    /// The policy host answered with a status other than 200.
    HttpStatus,
    /// The policy host redirects, which must not be followed (RFC 8461 §3.3).
    Redirect,
    /// The response is not `text/plain` (RFC 8461 §3.2).
    WrongMediaType,
    /// The answer exceeds the size limit of a policy.
    TooLarge,
    /// The response is not HTTP.
    Malformed,
    /// Deliberately not fetched.
    NotFetched,
    /// The deadline for the whole domain passed before the answer came.
    OutOfTime,
}

impl PolicyOutcome {
    /// All outcomes.
    pub const ALL: [Self; 13] = [
        Self::Fetched,
        Self::NoAddress,
        Self::LookupFailed,
        Self::Unreachable,
        Self::Timeout,
        Self::BadCertificate,
        Self::HttpStatus,
        Self::Redirect,
        Self::WrongMediaType,
        Self::TooLarge,
        Self::Malformed,
        Self::NotFetched,
        Self::OutOfTime,
    ];

    /// Returns the word in recordings.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Fetched => "fetched",
            Self::NoAddress => "no-address",
            Self::LookupFailed => "lookup-failed",
            Self::Unreachable => "unreachable",
            Self::Timeout => "timeout",
            Self::BadCertificate => "bad-certificate",
            Self::HttpStatus => "http-status",
            Self::Redirect => "redirect",
            Self::WrongMediaType => "wrong-media-type",
            Self::TooLarge => "too-large",
            Self::Malformed => "malformed",
            Self::NotFetched => "not-fetched",
            Self::OutOfTime => "out-of-time",
        }
    }

    /// Returns whether the domain's own servers caused the outcome, so that a sender would see the same. Silence may
    /// have its cause on this side.
    #[must_use]
    pub fn is_answer(self) -> bool {
        match self {
            Self::Fetched
            | Self::NoAddress
            | Self::BadCertificate
            | Self::HttpStatus
            | Self::Redirect
            | Self::WrongMediaType
            | Self::TooLarge
            | Self::Malformed => true,
            Self::LookupFailed | Self::Unreachable | Self::Timeout | Self::NotFetched | Self::OutOfTime => {
                false
            }
        }
    }
}

impl fmt::Display for PolicyOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

impl FromStr for PolicyOutcome {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        value_of_word("", text, &Self::ALL, Self::word)
    }
}

/// The result of fetching the policy of one domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyReply {
    /// The domain of the policy.
    pub domain: Name,
    /// The outcome.
    pub outcome: PolicyOutcome,
    /// The text with its line ends as received; untrusted, at most 64 KiB, empty unless it was fetched.
    pub body: String,
    /// The reason why there is no text, in words such as `connection refused`; may be empty if the outcome says it all.
    pub reason: String,
    /// The time when the text arrived, or when the fetch was abandoned.
    pub at: Timestamp,
    /// The time until then, in microseconds.
    pub elapsed: u64,
}

impl PolicyReply {
    /// Returns a reply without text, to be filled in.
    #[must_use]
    pub fn empty(domain: Name, outcome: PolicyOutcome) -> Self {
        let (body, reason) = (String::new(), String::new());
        Self { domain, outcome, body, reason, at: Timestamp::UNIX_EPOCH, elapsed: 0 }
    }
}

impl Facts {
    /// Adds the result of fetching a policy; a second one for the same domain is ignored.
    pub fn insert_policy(&mut self, policy: PolicyReply) {
        self.policies.entry(policy.domain.clone()).or_insert(policy);
    }

    /// Returns the result of fetching the domain's policy; `None` if it was not tried.
    #[must_use]
    pub fn policy(&self, domain: &Name) -> Option<&PolicyReply> {
        self.policies.get(domain)
    }

    /// Returns the results for all policies, ordered by domain.
    pub fn policies(&self) -> impl Iterator<Item = &PolicyReply> {
        self.policies.values()
    }
}
