//! Web servers that the user names by URL.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use hyper::Uri;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;

use super::transport::harmless;
use super::web::{self, Fault};

/// The highest number of addresses of one host that are tried.
const MOST_ADDRESSES: usize = 4;

/// The origin of a URL (RFC 6454 §4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Origin {
    pub(super) scheme: Scheme,
    /// A name in lower case, or an address as written in a URL.
    host: String,
    pub(super) port: u16,
}

/// The scheme of a URL that requests can be sent to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scheme {
    Http,
    Https,
}

impl Scheme {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    fn port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

impl Origin {
    /// Returns the origin of an absolute URL; `None` if its scheme is not supported.
    pub(super) fn of(uri: &Uri) -> Option<Self> {
        let scheme = match uri.scheme_str()? {
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            _ => return None,
        };
        let authority = uri.authority().filter(|authority| !authority.as_str().contains('@'))?;
        let host = authority.host().to_ascii_lowercase();
        let port = match authority.as_str().get(host.len()..)? {
            "" => scheme.port(),
            port => port.strip_prefix(':')?.parse().ok().filter(|port| *port != 0)?,
        };
        ServerName::try_from(bare(&host)).ok()?;
        Some(Self { scheme, host, port })
    }

    /// Returns the host as a certificate names it: a name, or an address without brackets.
    pub(super) fn host(&self) -> &str {
        bare(&self.host)
    }

    /// Returns the host and port as a request names them (RFC 9110 §7.2).
    pub(super) fn authority(&self) -> String {
        let Self { scheme, host, port } = self;
        if *port == scheme.port() { host.clone() } else { format!("{host}:{port}") }
    }

    /// Connects to the first address of the host that accepts. The system looks up the host, since it is not part of
    /// what this program checks.
    ///
    /// # Errors
    /// The [`Fault`] of the first address, or that of the lookup.
    pub(super) async fn connect(&self, patience: Duration) -> Result<TcpStream, Fault> {
        let (host, port) = (self.host(), self.port);
        let addresses: Vec<SocketAddr> = match host.parse::<IpAddr>() {
            Ok(address) => vec![SocketAddr::new(address, port)],
            Err(_) => {
                let failed = |error: std::io::Error| {
                    Fault::Connection(harmless(&format!("`{host}` was not found: {error}")))
                };
                tokio::net::lookup_host((host, port)).await.map_err(failed)?.take(MOST_ADDRESSES).collect()
            }
        };
        let mut first = None;
        for address in addresses {
            match web::connect(address, patience).await {
                Ok(stream) => return Ok(stream),
                Err(fault) => drop(first.get_or_insert(fault)),
            }
        }
        Err(first.unwrap_or_else(|| Fault::Connection(format!("`{host}` has no address"))))
    }
}

/// Returns a host without the brackets of an IPv6 address.
fn bare(host: &str) -> &str {
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
}
