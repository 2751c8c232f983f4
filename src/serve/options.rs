//! Defines the options of the server, as plain values.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;

use jiff::SignedDuration;

use crate::run::HookTargets;

use super::token::AccessToken;

/// The error of a text that is not the value of an option of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ServeOptionError {
    /// Not the name of a host.
    #[error("expected the name of a host without scheme and port, such as `dns.contoso.com`")]
    Host,
    /// Not a path prefix.
    #[error("expected a path of letters, digits, `-`, `_`, `.` and `~`, such as `/cutover`")]
    BasePath,
    /// Not an address to listen on.
    #[error("expected an address and a port, such as `127.0.0.1:8053` or `[::]:8053`")]
    Listen,
}

/// The options of the server.
#[derive(Debug, Clone)]
pub struct ServeOptions {
    /// The address to listen on.
    pub listen: SocketAddr,
    /// Additional host names in URLs of the server.
    pub hosts: Vec<HostName>,
    /// True if clients on other machines may check any domain.
    pub is_open: bool,
    /// The path prefix behind a reverse proxy.
    pub base: BasePath,
    /// The token that clients must send.
    pub token: Option<AccessToken>,
    /// The file of the state; `None` to keep it in memory.
    pub database: Option<PathBuf>,
    /// The files of the options, which are read again when one changes.
    pub sources: Vec<PathBuf>,
    /// The longest time between two checks of a domain.
    pub every: SignedDuration,
    /// The socket of the service manager (sd_notify).
    pub notify_socket: Option<String>,
    /// Targets of notices about changes that have held for two checks.
    pub hooks: HookTargets,
}

impl ServeOptions {
    /// Returns the default options with this address.
    #[must_use]
    pub fn on(listen: SocketAddr) -> Self {
        Self {
            listen,
            hosts: Vec::new(),
            is_open: false,
            base: BasePath::default(),
            token: None,
            database: None,
            sources: Vec::new(),
            every: SignedDuration::from_mins(15),
            notify_socket: None,
            hooks: HookTargets::default(),
        }
    }
}

/// The name of a host, as in a URL: lower case, without a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostName(String);

impl HostName {
    /// Returns the name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for HostName {
    type Err = ServeOptionError;

    fn from_str(text: &str) -> Result<Self, ServeOptionError> {
        let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
        let is_label = |label: &str| {
            (1..=63).contains(&label.len())
                && label.bytes().all(|octet| octet.is_ascii_alphanumeric() || b"-_".contains(&octet))
        };
        if name.len() <= 253 && name.split('.').all(is_label) {
            return Ok(Self(name));
        }
        Err(ServeOptionError::Host)
    }
}

/// A path prefix: empty, or a path that begins with `/` and does not end with it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BasePath(String);

impl BasePath {
    /// Returns the path without this prefix; the whole path if the proxy has removed the prefix.
    #[must_use]
    pub(crate) fn strip<'p>(&self, path: &'p str) -> &'p str {
        match path.strip_prefix(self.0.as_str()) {
            Some("") => "/",
            Some(rest) if rest.starts_with('/') => rest,
            Some(_) | None => path,
        }
    }
}

impl fmt::Display for BasePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for BasePath {
    type Err = ServeOptionError;

    fn from_str(text: &str) -> Result<Self, ServeOptionError> {
        let trimmed = text.trim_matches('/');
        if trimmed.is_empty() {
            return Ok(Self::default());
        }
        let is_plain = |segment: &str| {
            let allowed = |octet: u8| octet.is_ascii_alphanumeric() || b"-_.~".contains(&octet);
            !segment.is_empty() && segment.bytes().all(allowed) && !matches!(segment, "." | "..")
        };
        if trimmed.split('/').all(is_plain) {
            return Ok(Self(format!("/{trimmed}")));
        }
        Err(ServeOptionError::BasePath)
    }
}

/// Parses the address to listen on: an IP address with a port, or `localhost` with a port.
///
/// # Errors
/// [`ServeOptionError::Listen`] for anything else.
pub fn listen_address(text: &str) -> Result<SocketAddr, ServeOptionError> {
    if let Some(port) = text.strip_prefix("localhost:").and_then(|port| port.parse().ok()) {
        return Ok(SocketAddr::new(IpAddr::from([127, 0, 0, 1]), port));
    }
    text.parse().map_err(|_| ServeOptionError::Listen)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_path_is_stripped_where_it_is_there() {
        let base: BasePath = "cutover/dns/".parse().unwrap();
        assert_eq!(base.to_string(), "/cutover/dns");
        for (path, rest) in [
            ("/cutover/dns", "/"),
            ("/cutover/dns/", "/"),
            ("/cutover/dns/domains/a.example", "/domains/a.example"),
            ("/cutover/dnsx", "/cutover/dnsx"),
            ("/domains/a.example", "/domains/a.example"),
        ] {
            assert_eq!(base.strip(path), rest);
        }
        assert_eq!(BasePath::default().strip("/probe"), "/probe");
        for bad in ["/a/../b", "/a//b", "/a?b", "/ä", "/a\"b"] {
            assert!(bad.parse::<BasePath>().is_err(), "{bad}");
        }
    }

    #[test]
    fn hosts_and_addresses_are_read_as_people_write_them() {
        assert_eq!("DNS.Contoso.com.".parse::<HostName>().unwrap().as_str(), "dns.contoso.com");
        for bad in ["", "a:80", "http://a", "a b", "*.a", "a..b"] {
            assert!(bad.parse::<HostName>().is_err(), "{bad}");
        }
        assert_eq!(listen_address("localhost:80").unwrap(), listen_address("127.0.0.1:80").unwrap());
        assert!(listen_address("[::1]:8053").is_ok() && listen_address("8053").is_err());
    }
}
