//! Parses and describes the address of a server.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;
use std::time::Duration;

use rustls::pki_types::ServerName;

use super::plain_address::plain;

/// The port of DNS over TLS (RFC 7858 §3.1).
pub const TLS_PORT: u16 = 853;
/// The port of HTTPS (RFC 9110 §4.2.2).
pub const HTTPS_PORT: u16 = 443;
/// The usual path of resolvers (the example of RFC 8484 §4.1.1).
const HTTPS_PATH: &str = "/dns-query";

/// The address and protocol of a server.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Endpoint {
    /// Over UDP, and over TCP if an answer is too long (RFC 1035 §4.2, RFC 7766).
    Plain(SocketAddr),
    /// Over DNS over TLS (RFC 7858).
    Tls {
        /// The address to connect to.
        address: SocketAddr,
        /// The name, or address, that the certificate must be valid for.
        host: String,
    },
    /// Over DNS over HTTPS (RFC 8484).
    Https {
        /// The address to connect to.
        address: SocketAddr,
        /// The name, or address, that the certificate must be valid for.
        host: String,
        /// The path of the service.
        path: String,
    },
}

impl Endpoint {
    /// Returns the address that packets are sent to.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        match self {
            Self::Plain(address) | Self::Tls { address, .. } | Self::Https { address, .. } => *address,
        }
    }
}

impl fmt::Display for Endpoint {
    /// Writes `192.0.2.1:53`, `tls://dns.example:853` or `https://dns.example/dns-query`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(address) => write!(f, "{address}"),
            Self::Tls { address, host } => write!(f, "tls://{}:{}", Bracketed(host), address.port()),
            Self::Https { address, host, path } if address.port() == HTTPS_PORT => {
                write!(f, "https://{}{path}", Bracketed(host))
            }
            Self::Https { address, host, path } => {
                write!(f, "https://{}:{}{path}", Bracketed(host), address.port())
            }
        }
    }
}

/// A recursive resolver as named for `--resolver`.
///
/// ```
/// use cutover::lookup::transport::ResolverAddress;
/// let typed: ResolverAddress = "tls://dns.google".parse().unwrap();
/// assert_eq!(typed.to_string(), "tls://dns.google:853");
/// assert!("dns.google".parse::<ResolverAddress>().is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ResolverAddress {
    /// `1.1.1.1`, `1.1.1.1:5353`, `::1`, `[::1]:5353`, `fe80::1%eth0`.
    Plain(SocketAddr),
    /// `tls://1.1.1.1`, `tls://dns.google:8853` (RFC 7858).
    Tls {
        /// A name or an address, without brackets.
        host: String,
        /// The port to connect to.
        port: u16,
    },
    /// `https://dns.google/dns-query` (RFC 8484).
    Https {
        /// A name or an IPv4 address.
        host: String,
        /// The port to connect to.
        port: u16,
        /// The path of the service.
        path: String,
    },
}

/// The reason why a text does not name a resolver.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{expected}, found `{found}`; for example `{example}`")]
pub struct ResolverAddressError {
    found: String,
    expected: &'static str,
    example: &'static str,
}

/// The reason why the host of a resolver has no address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the host `{host}` of the resolver was not found: {reason}; pass its address instead")]
pub struct HostNotFound {
    host: String,
    reason: String,
}

impl ResolverAddress {
    /// Returns the endpoint of the resolver: the system looks up a host given by name, within `timeout`.
    ///
    /// # Errors
    /// [`HostNotFound`] if the name has no address or the system does not answer in time.
    pub(crate) async fn resolve(&self, timeout: Duration) -> Result<Endpoint, HostNotFound> {
        Ok(match self {
            Self::Plain(address) => Endpoint::Plain(*address),
            Self::Tls { host, port } => {
                Endpoint::Tls { address: find(host, *port, timeout).await?, host: host.clone() }
            }
            Self::Https { host, port, path } => Endpoint::Https {
                address: find(host, *port, timeout).await?,
                host: host.clone(),
                path: path.clone(),
            },
        })
    }
}

async fn find(host: &str, port: u16, timeout: Duration) -> Result<SocketAddr, HostNotFound> {
    if let Ok(address) = host.parse::<IpAddr>() {
        return Ok(SocketAddr::new(address, port));
    }
    let failed = |reason: String| HostNotFound { host: host.into(), reason };
    let found = tokio::time::timeout(timeout, tokio::net::lookup_host((host, port))).await;
    let mut addresses = found
        .map_err(|_| failed("the system did not answer in time".into()))?
        .map_err(|error| failed(error.to_string()))?;
    addresses.next().ok_or_else(|| failed("it has no address".into()))
}

impl fmt::Display for ResolverAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(address) => write!(f, "{address}"),
            Self::Tls { host, port } => write!(f, "tls://{}:{port}", Bracketed(host)),
            Self::Https { host, port: HTTPS_PORT, path } => write!(f, "https://{}{path}", Bracketed(host)),
            Self::Https { host, port, path } => write!(f, "https://{}:{port}{path}", Bracketed(host)),
        }
    }
}

impl FromStr for ResolverAddress {
    type Err = ResolverAddressError;

    fn from_str(text: &str) -> Result<Self, ResolverAddressError> {
        let wrong = |expected, example| ResolverAddressError { found: shown(text), expected, example };
        let Some((scheme, rest)) = text.split_once("://") else {
            return plain(text).map(Self::Plain).ok_or_else(|| {
                wrong("a resolver without `tls://` or `https://` is named by its address", "1.1.1.1")
            });
        };
        match scheme.to_ascii_lowercase().as_str() {
            "tls" => {
                let (host, port) = authority(rest.strip_suffix('/').unwrap_or(rest), TLS_PORT)
                    .ok_or_else(|| wrong("`tls://` takes a host and a port", "tls://dns.google:853"))?;
                Ok(Self::Tls { host, port })
            }
            "https" => {
                let end = rest.find('/').unwrap_or(rest.len());
                let path = if rest.len() - end > 1 { &rest[end..] } else { HTTPS_PATH };
                let (host, port) = authority(&rest[..end], HTTPS_PORT)
                    // The HTTP client uses one text for both the certificate and the authority of the URL, and an IPv6
                    // address is written differently in the two.
                    .filter(|(host, _)| {
                        !host.contains(':') && path.bytes().all(|octet| octet.is_ascii_graphic())
                    })
                    .ok_or_else(|| {
                        wrong(
                            "`https://` takes a host name or an IPv4 address, a port and a path",
                            "https://dns.google/dns-query",
                        )
                    })?;
                Ok(Self::Https { host, port, path: path.into() })
            }
            _ => Err(wrong("a resolver is an address, or a URL of `tls://` or `https://`", "tls://1.1.1.1")),
        }
    }
}

/// Parses a host, returned without brackets, and a port; `None` if either is invalid.
fn authority(text: &str, default_port: u16) -> Option<(String, u16)> {
    let (host, port) = match text.strip_prefix('[') {
        Some(inner) => {
            let (host, after) = inner.split_once(']')?;
            host.parse::<std::net::Ipv6Addr>().ok()?;
            (host, after)
        }
        None => text.split_at(text.find(':').unwrap_or(text.len())),
    };
    let port = match port {
        "" => default_port,
        port => port.strip_prefix(':')?.parse().ok().filter(|port| *port != 0)?,
    };
    ServerName::try_from(host).ok()?;
    Some((host.to_ascii_lowercase(), port))
}

/// Returns the given text for a message: short, and without control characters.
fn shown(text: &str) -> String {
    text.chars().take(80).map(|character| if character.is_control() { '?' } else { character }).collect()
}

/// A host as written in a URL: an IPv6 address is in brackets (RFC 3986 §3.2.2).
struct Bracketed<'a>(&'a str);

impl fmt::Display for Bracketed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.contains(':') { write!(f, "[{}]", self.0) } else { f.write_str(self.0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resolvers_are_named_in_many_ways() {
        for (typed, shown) in [
            ("1.1.1.1", "1.1.1.1:53"),
            ("1.1.1.1:5353", "1.1.1.1:5353"),
            ("::1", "[::1]:53"),
            ("[::1]", "[::1]:53"),
            ("[::1]:5353", "[::1]:5353"),
            ("fe80::1%2", "[fe80::1%2]:53"),
            ("[fe80::1%2]:5353", "[fe80::1%2]:5353"),
            ("tls://1.1.1.1", "tls://1.1.1.1:853"),
            ("tls://dns.google", "tls://dns.google:853"),
            ("TLS://DNS.google/", "tls://dns.google:853"),
            ("tls://1.1.1.1:8853", "tls://1.1.1.1:8853"),
            ("tls://[2606:4700:4700::1111]", "tls://[2606:4700:4700::1111]:853"),
            ("https://dns.google/dns-query", "https://dns.google/dns-query"),
            ("https://1.1.1.1:8443/dns-query", "https://1.1.1.1:8443/dns-query"),
            ("https://dns.google", "https://dns.google/dns-query"),
            ("https://dns.google/", "https://dns.google/dns-query"),
            ("https://dns.example/a/b?c", "https://dns.example/a/b?c"),
        ] {
            assert_eq!(typed.parse::<ResolverAddress>().unwrap().to_string(), shown, "{typed}");
        }
    }

    #[test]
    fn what_is_no_resolver_is_refused_with_an_example() {
        for typed in [
            "",
            "dns.google",
            "dns.google:53",
            "1.1.1.1:0",
            "1.1.1.1:99999",
            "1.1.1.1:",
            "[::1",
            "[dns.google]:53",
            "::1:5353x",
            "fe80::1%",
            "fe80::1%no-such-interface",
            "127.0.0.1%1",
            "tls://",
            "tls://a b",
            "tls://1.1.1.1/path",
            "https://",
            "https://[::1]/dns-query",
            "https://user@dns.google/",
            "https://dns.google/a b",
            "udp://1.1.1.1",
            "://",
        ] {
            assert!(typed.parse::<ResolverAddress>().is_err(), "{typed}");
        }
        let error = "dns.google".parse::<ResolverAddress>().unwrap_err().to_string();
        assert!(error.contains("`dns.google`") && error.contains("`1.1.1.1`"), "{error}");
    }

    #[tokio::test]
    async fn addresses_need_no_lookup() {
        let typed: ResolverAddress = "https://127.0.0.1:8443/q".parse().unwrap();
        let endpoint = typed.resolve(Duration::from_millis(200)).await.unwrap();
        assert_eq!(endpoint.to_string(), "https://127.0.0.1:8443/q");
        assert_eq!(endpoint.address(), "127.0.0.1:8443".parse().unwrap());
        let typed: ResolverAddress = "tls://localhost:8853".parse().unwrap();
        let endpoint = typed.resolve(Duration::from_secs(5)).await.unwrap();
        assert!(endpoint.address().ip().is_loopback());
        assert_eq!(endpoint.to_string(), "tls://localhost:8853");
    }
}
