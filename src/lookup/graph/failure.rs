//! The reasons why Microsoft Graph returned no values.

use std::fmt;
use std::time::Duration;

use serde_json::Value;

use crate::lookup::transport::harmless;
use crate::lookup::web::Fault;

/// The reason why Microsoft Graph returned no values: one sentence with the fix. It contains nothing of the token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The token is not set.
    #[error(
        "`CUTOVER_GRAPH_TOKEN` is empty; set it to the output of `az account get-access-token \
         --resource-type ms-graph --query accessToken -o tsv`"
    )]
    NoToken,
    /// The value that is set cannot be a token.
    #[error(
        "`CUTOVER_GRAPH_TOKEN` is not a bearer token; set it to the token alone, without `Bearer`, quotes \
         and JSON around it: the output of `az account get-access-token --resource-type ms-graph --query \
         accessToken -o tsv`"
    )]
    BadToken,
    /// Status 401.
    #[error(
        "the token is not accepted (HTTP status 401{}): it has expired, or belongs to another service than \
         Microsoft Graph in this cloud (`--cloud`); get a new one with `az account get-access-token \
         --resource-type ms-graph --query accessToken -o tsv`", .0.behind()
    )]
    Unauthorized(Said),
    /// Status 403.
    #[error(
        "the token is not allowed to read domains (HTTP status 403{}): grant it the permission `Domain.Read.All`, \
         delegated (with a role such as Global Reader or Domain Name Administrator) or application, and \
         get a new token", .0.behind()
    )]
    Forbidden(Said),
    /// Status 404.
    #[error(
        "`{0}` does not belong to this tenant (HTTP status 404); add it in the admin center, omit it, or \
         get a token for its tenant"
    )]
    UnknownDomain(String),
    /// Status 429, 503 or 504, repeatedly or for a long time.
    #[error("the service is busy (HTTP status {status}); try again {}", Later(*after))]
    Busy {
        /// The status.
        status: u16,
        /// The time until the service wants to be asked again, if it names one.
        after: Option<Duration>,
    },
    /// A redirect.
    #[error(
        "it redirects to another address (HTTP status {0}), which is not followed with a token; pass the \
         final URL with `--graph-url`"
    )]
    Redirect(u16),
    /// Any other status.
    #[error("it answers with HTTP status {0}{said}; check `--cloud` and `--graph-url`, or try again later", said = .1.behind())]
    Status(u16, Said),
    /// The response is not a list.
    #[error("the response is not a list of Microsoft Graph: {0}; check `--cloud` and `--graph-url`")]
    NoList(String),
    /// The response exceeds the size limit.
    #[error("the response exceeds the size limit of {0} MiB; check `--graph-url`")]
    TooLarge(usize),
    /// The list exceeds the page limit.
    #[error("the list exceeds the limit of {0} pages; check `--graph-url`")]
    TooManyPages(usize),
    /// The next page of the list is on another server.
    #[error(
        "the next page of the list is on another server, which must not get the token; check \
         `--graph-url`, and which server answers there"
    )]
    StrayLink,
    /// The next page of the list was read before.
    #[error("the pages of the list form a loop; check `--graph-url`, and which server answers there")]
    Circle,
    /// The response repeats the token.
    #[error("the response repeats the token, so it is not used; check which server answers at `--graph-url`")]
    TellsToken,
    /// No server answers.
    #[error("no response: {0}; check the network, `--cloud` and `--graph-url`")]
    Unreachable(String),
    /// The server cannot prove its identity.
    #[error("{0}, so the token is not sent; check `--graph-url`, and if a proxy opens TLS connections")]
    Untrusted(String),
    /// The value cannot be part of a request.
    #[error("`{0}` is not valid in a request; check the domain and `--graph-url`")]
    NoRequest(String),
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Certificate(reason, _) => Self::Untrusted(reason),
            Fault::Late(reason) if reason.is_empty() => Self::Unreachable("the connection timed out".into()),
            Fault::Connection(reason) | Fault::Late(reason) | Fault::NoHttp(reason) => {
                Self::Unreachable(reason)
            }
            Fault::TooLarge(octets) => Self::TooLarge(octets >> 20),
        }
    }
}

/// The error in a response (`error.code` and `error.message`), in one line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Said {
    code: String,
    message: String,
}

impl Said {
    /// Returns the error in a response body; empty for a body in another format, such as an HTML page.
    pub(super) fn of(body: &[u8]) -> Self {
        let value: Value = serde_json::from_slice(body).unwrap_or_default();
        let part = |key: &str| {
            let text = value.get("error").and_then(|error| error.get(key)).and_then(Value::as_str);
            harmless(text.unwrap_or_default()).replace('`', "'")
        };
        Self { code: part("code"), message: part("message") }
    }

    /// Returns whether the service itself sent the error, which then has a code.
    pub(super) fn is_of_the_service(&self) -> bool {
        !self.code.is_empty()
    }

    /// Returns the error as the continuation of a sentence.
    fn behind(&self) -> String {
        let Self { code, message } = self;
        match (code.is_empty(), message.trim_end_matches('.')) {
            (true, "") => String::new(),
            (false, "") => format!(", `{code}`"),
            (true, message) => format!(", `{message}`"),
            (false, message) => format!(", `{code}`: `{message}`"),
        }
    }
}

/// The time of the next try, as the end of a sentence.
struct Later(Option<Duration>);

impl fmt::Display for Later {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.map(|span| span.as_secs().max(1)) {
            None => f.write_str("in a few minutes"),
            Some(seconds @ 0..=120) => write!(f, "in {seconds} s"),
            Some(seconds) => write!(f, "in {} min", seconds.div_ceil(60)),
        }
    }
}
