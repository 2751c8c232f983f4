//! The base URL of Microsoft Graph, and the links that stay on it.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use hyper::Uri;

use crate::lookup::origin::{Origin, Scheme};

/// The supported version of the service.
const VERSION: &str = "/v1.0";

/// The base URL of all paths of the service.
///
/// ```
/// use cutover::lookup::graph::Root;
/// let typed: Root = "https://graph.microsoft.com/v1.0/".parse().unwrap();
/// assert_eq!(typed.to_string(), "https://graph.microsoft.com/v1.0");
/// assert!("http://graph.microsoft.com/v1.0".parse::<Root>().is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root {
    origin: Origin,
    /// The prefix of every path, without a trailing slash.
    path: String,
}

/// The reason why a text is not a base URL of Microsoft Graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RootError {
    /// Not a URL of a server and a path.
    #[error("expected a URL such as `https://graph.microsoft.com/v1.0`, without user, query and fragment")]
    NoUrl,
    /// Neither encrypted nor on this machine.
    #[error(
        "the token would be sent unencrypted; expected `https://`, or `http://` and a loopback address \
         such as `127.0.0.1`"
    )]
    InClear,
}

impl Root {
    /// Returns the server.
    pub(super) fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Returns the full path of a resource below the base URL.
    pub(super) fn path(&self, below: &str) -> String {
        format!("{}{below}", self.path)
    }

    /// Returns the path of a link that leads to the same server; `None` for any other link, which must not be followed
    /// with the token.
    pub(super) fn follow(&self, link: &str) -> Option<String> {
        let uri: Uri = link.parse().ok()?;
        let same = Origin::of(&uri).is_some_and(|origin| origin == self.origin);
        same.then(|| uri.path_and_query().map(|path| path.as_str().to_owned())).flatten()
    }
}

impl fmt::Display for Root {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.origin.scheme.word(), self.origin.authority(), self.path)
    }
}

impl FromStr for Root {
    type Err = RootError;

    fn from_str(text: &str) -> Result<Self, RootError> {
        if text.contains(['?', '#']) {
            return Err(RootError::NoUrl);
        }
        let uri: Uri = text.parse().map_err(|_| RootError::NoUrl)?;
        let origin = Origin::of(&uri).ok_or(RootError::NoUrl)?;
        let is_here = || origin.host().parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
        if origin.scheme == Scheme::Http && !is_here() {
            return Err(RootError::InClear);
        }
        // The documentation names the servers without a version.
        let path = match uri.path().trim_end_matches('/') {
            "" => VERSION,
            path => path,
        };
        Ok(Self { origin, path: path.into() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_travels_encrypted_or_not_at_all() {
        for (typed, shown) in [
            ("https://graph.microsoft.com/v1.0", "https://graph.microsoft.com/v1.0"),
            ("HTTPS://Graph.Microsoft.US/beta/", "https://graph.microsoft.us/beta"),
            ("https://graph.microsoft.us", "https://graph.microsoft.us/v1.0"),
            ("https://graph.example:8443/v1.0", "https://graph.example:8443/v1.0"),
            ("https://graph.example:443/", "https://graph.example/v1.0"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080/v1.0"),
            ("http://127.9.9.9/x", "http://127.9.9.9/x"),
            ("http://[::1]:8080/v1.0", "http://[::1]:8080/v1.0"),
        ] {
            assert_eq!(typed.parse::<Root>().unwrap().to_string(), shown, "{typed}");
        }
        for typed in [
            "http://graph.microsoft.com/v1.0",
            "http://localhost:8080",
            "http://192.0.2.1/",
            "http://[2001:db8::1]/",
            "http://127.0.0.1.example/",
        ] {
            assert_eq!(typed.parse::<Root>().unwrap_err(), RootError::InClear, "{typed}");
        }
        for typed in [
            "",
            "graph.microsoft.com",
            "graph.microsoft.com/v1.0",
            "ftp://graph.microsoft.com",
            "https://",
            "https:///v1.0",
            "https://user@graph.microsoft.com/",
            "https://user:word@graph.microsoft.com/",
            "https://graph.microsoft.com/v1.0?x=1",
            "https://graph.microsoft.com/v1.0#x",
            "https://graph.microsoft.com:0/",
            "https://graph.microsoft.com:99999/",
            "https://graph.microsoft.com:/",
            "https://graph microsoft.com/",
            "https://graph_.example..com/",
            "/v1.0",
        ] {
            assert_eq!(typed.parse::<Root>().unwrap_err(), RootError::NoUrl, "{typed}");
        }
    }

    #[test]
    fn a_link_is_followed_to_the_same_server_alone() {
        let root: Root = "https://graph.microsoft.com/v1.0".parse().unwrap();
        for (link, path) in [
            ("https://graph.microsoft.com/v1.0/domains?$skiptoken=x", "/v1.0/domains?$skiptoken=x"),
            ("HTTPS://GRAPH.microsoft.com:443/v1.0/domains", "/v1.0/domains"),
        ] {
            assert_eq!(root.follow(link).as_deref(), Some(path), "{link}");
        }
        for link in [
            "https://graph.example/v1.0/domains",
            "https://graph.microsoft.com.example/v1.0/domains",
            "https://graph.microsoft.com@graph.example/v1.0/domains",
            "https://graph.example#graph.microsoft.com",
            "http://graph.microsoft.com/v1.0/domains",
            "https://graph.microsoft.com:8443/v1.0/domains",
            "https://x@graph.microsoft.com/v1.0/domains",
            "//graph.microsoft.com/v1.0/domains",
            "/v1.0/domains",
            "domains?$skiptoken=x",
            "",
        ] {
            assert_eq!(root.follow(link), None, "{link}");
        }
    }
}
