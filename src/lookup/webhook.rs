//! Posts notices to a web server that the user names.
//!
//! The URL often contains a secret, so it is never shown: not in messages, not in debug output. The server may be
//! anywhere, also on a private network, since the user named it and not the DNS of a checked domain. Redirects are not
//! followed.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::header::{CONNECTION, CONTENT_TYPE, HOST, USER_AGENT};
use hyper::{Request, Response, StatusCode, Uri};
use tokio::time::{sleep, timeout};

use super::origin::{Origin, Scheme};
use super::transport::{Transport, harmless};
use super::web::{self, Fault};

/// The time limit for connecting and one response together.
const PATIENCE: Duration = Duration::from_secs(10);
/// The highest number of times that a notice is sent.
const TRIES: u32 = 4;
/// The pause after the first try; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_secs(2);

/// A URL that notices are posted to. Only its host is ever shown.
///
/// ```
/// use cutover::lookup::webhook::WebhookUrl;
/// let url: WebhookUrl = "https://hooks.contoso.com/services/secret?sig=secret".parse().unwrap();
/// assert_eq!(url.to_string(), "https://hooks.contoso.com/...");
/// assert!("hooks.contoso.com".parse::<WebhookUrl>().is_err());
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookUrl {
    origin: Origin,
    /// The path and query.
    target: String,
}

/// The error of a text that is not a URL to post to. The text is not repeated, since it may contain a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a URL such as `https://hooks.example/path`, without user and fragment")]
pub struct WebhookUrlError;

impl FromStr for WebhookUrl {
    type Err = WebhookUrlError;

    fn from_str(text: &str) -> Result<Self, WebhookUrlError> {
        let uri: Uri = text.trim().parse().map_err(|_| WebhookUrlError)?;
        let origin = Origin::of(&uri).filter(|_| !text.contains('#')).ok_or(WebhookUrlError)?;
        let target = uri.path_and_query().map_or("/", |target| target.as_str()).to_owned();
        Ok(Self { origin, target })
    }
}

impl fmt::Display for WebhookUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}/...", self.origin.scheme.word(), self.origin.authority())
    }
}

impl fmt::Debug for WebhookUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WebhookUrl({self})")
    }
}

/// The reason why a notice was not accepted. It contains nothing of the URL's path or query.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WebhookFailure {
    /// The server refuses the notice (a status of 4xx other than 408 and 429): sending it again cannot help.
    #[error("the server refuses it (HTTP status {0})")]
    Refused(u16),
    /// The server redirects, which is not followed.
    #[error("the server redirects (HTTP status {0}), and redirects are not followed; use the final URL")]
    Redirect(u16),
    /// The server fails or is busy (any other status).
    #[error("the server fails (HTTP status {0})")]
    Failed(u16),
    /// There is no answer; the reason in words.
    #[error("{0}")]
    NoAnswer(String),
}

impl WebhookFailure {
    /// Returns whether sending the same notice again may succeed.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Failed(_) | Self::NoAnswer(_) => true,
            Self::Refused(_) | Self::Redirect(_) => false,
        }
    }
}

impl From<Fault> for WebhookFailure {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Certificate(reason, _)
            | Fault::Connection(reason)
            | Fault::Late(reason)
            | Fault::NoHttp(reason) => Self::NoAnswer(reason),
            Fault::TooLarge(_) => Self::NoAnswer("the answer is too large".into()),
        }
    }
}

/// Posts notices to one URL.
///
/// Must be used inside a tokio runtime with I/O and time.
#[derive(Debug, Clone)]
pub struct Webhook {
    url: WebhookUrl,
    transport: Transport,
    patience: Duration,
    first_pause: Duration,
}

impl Webhook {
    /// Returns a webhook at `url`; nothing is sent yet.
    #[must_use]
    pub fn new(url: WebhookUrl) -> Self {
        Self { url, transport: Transport::new(PATIENCE), patience: PATIENCE, first_pause: FIRST_PAUSE }
    }

    /// Returns the webhook with the certificates and TLS settings of a transport.
    #[must_use]
    pub fn with_transport(self, transport: Transport) -> Self {
        Self { transport, ..self }
    }

    /// Returns the webhook with other times than 10 s for one try and 2 s for the first pause.
    #[cfg(feature = "testing")]
    #[must_use]
    pub fn with_times(self, patience: Duration, first_pause: Duration) -> Self {
        Self { patience, first_pause, ..self }
    }

    /// Returns the URL, which shows only its host.
    #[must_use]
    pub fn url(&self) -> &WebhookUrl {
        &self.url
    }

    /// Posts a JSON text, up to four times if the server fails or does not answer, with growing pauses.
    ///
    /// # Errors
    /// The [`WebhookFailure`] of the last try.
    pub async fn post(&self, json: &str) -> Result<(), WebhookFailure> {
        let mut pause = self.first_pause;
        let mut tries = 1;
        loop {
            let result = timeout(self.patience, self.try_once(json)).await;
            let failure = match result.unwrap_or_else(|_| Err(Fault::late(self.patience).into())) {
                Ok(()) => return Ok(()),
                Err(failure) => failure,
            };
            if tries == TRIES || !failure.is_temporary() {
                return Err(failure);
            }
            sleep(pause).await;
            (tries, pause) = (tries + 1, pause * 2);
        }
    }

    async fn try_once(&self, json: &str) -> Result<(), WebhookFailure> {
        let WebhookUrl { origin, target } = &self.url;
        let host = origin.host();
        let request = Request::post(target)
            .header(HOST, origin.authority())
            .header(CONTENT_TYPE, "application/json")
            .header(CONNECTION, "close")
            .header(USER_AGENT, web::AGENT)
            .body(json.to_owned())
            .map_err(|_| WebhookFailure::NoAnswer("the URL cannot be requested".into()))?;
        // A dead address leaves time for another.
        let stream = origin.connect(self.patience / 4).await?;
        match origin.scheme {
            Scheme::Http => web::exchange(stream, host, request, read).await,
            Scheme::Https => {
                let config = self.transport.tls_config();
                let config =
                    config.map_err(|error| WebhookFailure::NoAnswer(harmless(&error.to_string())))?;
                let stream = web::secured(stream, host, &config).await?;
                web::exchange(stream, host, request, read).await
            }
        }
    }
}

/// Returns the result that the status of a response means; its body is not read.
async fn read(response: Response<Incoming>) -> Result<(), WebhookFailure> {
    let status = response.status();
    match status {
        status if status.is_success() => Ok(()),
        status if status.is_redirection() => Err(WebhookFailure::Redirect(status.as_u16())),
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => {
            Err(WebhookFailure::Failed(status.as_u16()))
        }
        status if status.is_client_error() => Err(WebhookFailure::Refused(status.as_u16())),
        _ => Err(WebhookFailure::Failed(status.as_u16())),
    }
}
