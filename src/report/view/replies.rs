//! The replies of servers, as a report shows them.

use serde::{Deserialize, Serialize};

use crate::facts::{
    Facts, Outcome, PolicyOutcome, PolicyReply, Reply, Role, WebOutcome, WebReply, policy_host,
};
use crate::record::{Name, Record, RecordType};
use crate::report::harmless::Sanitized;
use crate::report::words::Word;

use super::fields;

/// A reply.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "formats", derive(schemars::JsonSchema))]
pub struct ReplyView {
    /// The address of the server.
    pub server: Sanitized,
    /// The name of the server in the zone's NS records.
    pub server_name: Option<Name>,
    /// The role in which the server was asked.
    pub role: Word<Role>,
    /// The name asked for.
    pub name: Name,
    /// The type asked for.
    #[serde(rename = "type")]
    pub rtype: RecordType,
    /// The outcome.
    pub outcome: Word<Outcome>,
    /// The records of the type asked for, or the alias; with the owner name if it is not the name asked for.
    #[serde(default)]
    pub records: Vec<Sanitized>,
    /// The smallest TTL, of a negative answer too, in seconds.
    pub ttl: Option<u32>,
    /// The time until the answer, in milliseconds.
    #[serde(default)]
    pub rtt_ms: f64,
    /// Extended DNS errors (RFC 8914) and errors of the network.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[serde(default)]
    pub errors: Vec<Sanitized>,
}

/// An MTA-STS policy.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "formats", derive(schemars::JsonSchema))]
pub struct PolicyView {
    /// The URL of the policy.
    #[serde(deserialize_with = "fields::domain")]
    pub host: String,
    /// The outcome of fetching it.
    pub outcome: Word<PolicyOutcome>,
    /// Its lines.
    #[serde(default)]
    pub lines: Vec<Sanitized>,
    /// The time until the answer, in milliseconds.
    #[serde(default)]
    pub rtt_ms: f64,
    /// The error of the network or the server, if there is no text.
    #[serde(skip_serializing_if = "str::is_empty")]
    #[serde(default)]
    pub error: Sanitized,
}

/// The answer of a web server.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "formats", derive(schemars::JsonSchema))]
pub struct WebView {
    /// The question.
    pub url: Sanitized,
    /// The outcome.
    pub outcome: Word<WebOutcome>,
    /// The HTTP status, if there is one.
    pub status: Option<u16>,
    /// The media type of the answer.
    #[serde(skip_serializing_if = "str::is_empty")]
    #[serde(default)]
    pub media_type: Sanitized,
    /// The target of a redirect, which was not followed.
    #[serde(skip_serializing_if = "str::is_empty")]
    #[serde(default)]
    pub location: Sanitized,
    /// The first few names of the certificate.
    #[serde(default)]
    pub certificate: Vec<Sanitized>,
    /// The time until the answer, in milliseconds.
    #[serde(default)]
    pub rtt_ms: f64,
    /// The error of the network or the server, if there is no answer.
    #[serde(skip_serializing_if = "str::is_empty")]
    #[serde(default)]
    pub error: Sanitized,
}

/// Returns the view of a reply.
pub(super) fn reply_view(reply: &Reply, facts: &Facts) -> ReplyView {
    let shown = |record: &Record| {
        if record.name == reply.question.name && record.data.rtype() == reply.question.rtype {
            record.data.to_string()
        } else {
            format!("{} {} {}", record.name, record.data.rtype(), record.data)
        }
    };
    let ttl = reply.records.iter().map(|record| record.ttl).min().or_else(|| reply.negative_ttl());
    let errors = reply.ede.iter().map(ToString::to_string).chain(Some(reply.reason.clone()));
    ReplyView {
        server: Sanitized::sentence(&reply.server.address),
        server_name: facts.server_name(&reply.server),
        role: Word::Known(reply.server.role),
        name: reply.question.name.clone(),
        rtype: reply.question.rtype,
        outcome: Word::Known(reply.outcome),
        records: Sanitized::records(reply.records.iter().chain(&reply.referral).map(shown)),
        ttl,
        rtt_ms: milliseconds(reply.elapsed),
        errors: errors.filter(|error| !error.is_empty()).map(|error| Sanitized::sentence(&error)).collect(),
    }
}

impl From<&PolicyReply> for PolicyView {
    fn from(policy: &PolicyReply) -> Self {
        Self {
            host: policy_host(&policy.domain).map(|host| host.without_trailing_dot()).unwrap_or_default(),
            outcome: Word::Known(policy.outcome),
            lines: Sanitized::records(policy.body.lines()),
            rtt_ms: milliseconds(policy.elapsed),
            error: Sanitized::sentence(&policy.reason),
        }
    }
}

impl From<&WebReply> for WebView {
    fn from(reply: &WebReply) -> Self {
        Self {
            url: Sanitized::sentence(&reply.request.url()),
            outcome: Word::Known(reply.outcome),
            status: Some(reply.status).filter(|status| *status != 0),
            media_type: Sanitized::sentence(&reply.media_type),
            location: Sanitized::sentence(&reply.location),
            certificate: reply.certificate.iter().map(|name| Sanitized::sentence(name)).collect(),
            rtt_ms: milliseconds(reply.elapsed),
            error: Sanitized::sentence(&reply.reason),
        }
    }
}

/// Converts microseconds to milliseconds, rounded to a tenth.
fn milliseconds(elapsed: u64) -> f64 {
    (elapsed as f64 / 100.0).round() / 10.0
}
