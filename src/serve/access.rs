//! Decides which requests are accepted, by the host in the request, the page that sent it, and the token.
//!
//! A page of another site can make a browser send requests to this server. It cannot change the `Host` header, which
//! contains its own name if that name points to this server (DNS rebinding), and it cannot change `Origin` and
//! `Sec-Fetch-Site`.

use std::net::IpAddr;

use hyper::header::{AUTHORIZATION, FORWARDED, HOST, HeaderMap, HeaderName, ORIGIN, REFERER};
use hyper::{Method, StatusCode, Uri};

use super::options::{HostName, ServeOptions};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const SEC_FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

/// The status and the reason with which a request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) reason: &'static str,
}

/// The domains to which a request has access.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// The request may check any domain.
    AnyDomain,
    /// The request may see only the domains of the settings.
    Configured,
}

/// Checks the host and the origin of a request, and returns its scope.
///
/// # Errors
/// [`Refusal`] if the host is not one of this server, or the request comes from a page of another site.
pub(super) fn admit(
    options: &ServeOptions,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
) -> Result<Scope, Refusal> {
    let refused = |status, reason| Err(Refusal { status, reason });
    let mut hosts = headers.get_all(HOST).iter();
    let host = hosts.next().and_then(|host| host.to_str().ok()).and_then(Host::read);
    let (Some(host), None) = (host, hosts.next()) else {
        return refused(StatusCode::BAD_REQUEST, "The request needs one valid Host header.");
    };
    let named = uri.authority().map(|authority| Host::read(authority.as_str()));
    if !host.is_known(options) || named.is_some_and(|named| named.as_ref() != Some(&host)) {
        return refused(
            StatusCode::MISDIRECTED_REQUEST,
            "This server does not answer for that host. Name it with --allow-host.",
        );
    }
    if !is_own_origin(method, headers, &host) {
        return refused(StatusCode::FORBIDDEN, "The request comes from a page of another site.");
    }
    // A page of another site may link to this server, but may not embed or fetch anything.
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let site = text(SEC_FETCH_SITE).unwrap_or("none");
    let is_link = *method == Method::GET && text(SEC_FETCH_MODE) == Some("navigate");
    if !matches!(site, "none" | "same-origin") && !is_link {
        return refused(StatusCode::FORBIDDEN, "The request comes from a page of another site.");
    }
    let is_forwarded =
        [FORWARDED, X_FORWARDED_FOR, X_FORWARDED_HOST].iter().any(|name| headers.contains_key(name));
    let is_local = options.listen.ip().is_loopback() && host.is_local() && !is_forwarded;
    Ok(if options.is_open || is_local { Scope::AnyDomain } else { Scope::Configured })
}

/// Checks the token, if the server has one.
///
/// # Errors
/// [`Refusal`] for a request without it.
pub(super) fn authenticate(options: &ServeOptions, headers: &HeaderMap) -> Result<(), Refusal> {
    let Some(token) = &options.token else { return Ok(()) };
    match headers.get(AUTHORIZATION) {
        Some(value) if token.admits(value.as_bytes()) => Ok(()),
        Some(_) => Err(Refusal { status: StatusCode::UNAUTHORIZED, reason: "The token is wrong." }),
        None => Err(Refusal {
            status: StatusCode::UNAUTHORIZED,
            reason: "A token is needed: as bearer token, or as the password of HTTP Basic.",
        }),
    }
}

/// Returns whether the page that sent the request belongs to this server, according to the headers of the browser.
fn is_own_origin(method: &Method, headers: &HeaderMap, host: &Host) -> bool {
    let of = |name: HeaderName| headers.get_all(name).iter().map(|value| value.to_str().unwrap_or_default());
    let is_own = |origin: &str| {
        let rest = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
        let authority = rest.and_then(|rest| rest.split(['/', '?', '#']).next());
        authority.and_then(Host::read).as_ref() == Some(host)
    };
    let mut origins = of(ORIGIN).peekable();
    match origins.peek() {
        Some(_) => origins.all(is_own),
        // Some browsers send the page with a form and no origin; other programs send neither.
        None => *method != Method::POST || of(REFERER).all(is_own),
    }
}

/// A host and a port, as in `Host` and `Origin`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Host {
    /// A name in lower case, or an address without brackets.
    name: String,
    address: Option<IpAddr>,
    port: Option<u16>,
}

impl Host {
    fn read(text: &str) -> Option<Self> {
        let (name, port) = match text.strip_prefix('[') {
            Some(rest) => {
                let (address, port) = rest.split_once(']')?;
                let IpAddr::V6(_) = address.parse().ok()? else { return None };
                (address, port)
            }
            None => text.find(':').map_or((text, ""), |at| text.split_at(at)),
        };
        let port = match port {
            "" => None,
            port => Some(port.strip_prefix(':')?.parse().ok()?),
        };
        // Browsers omit the default ports, but proxies may not.
        let port = port.filter(|port| !matches!(port, 80 | 443));
        let address = name.parse().ok();
        let name = match address {
            Some(_) => name.to_owned(),
            None => name.parse::<HostName>().ok()?.as_str().to_owned(),
        };
        Some(Self { name, address, port })
    }

    /// Returns whether this is a host of this server. Every IP address is accepted, since no DNS answer can make a
    /// browser send one for a page of another site.
    fn is_known(&self, options: &ServeOptions) -> bool {
        self.address.is_some()
            || self.is_local()
            || options.hosts.iter().any(|host| host.as_str() == self.name)
    }

    fn is_local(&self) -> bool {
        match self.address {
            Some(address) => address.is_loopback(),
            None => self.name == "localhost" || self.name.ends_with(".localhost"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(listen: &str) -> ServeOptions {
        let hosts = vec!["dns.contoso.com".parse().unwrap()];
        ServeOptions { hosts, ..ServeOptions::on(listen.parse().unwrap()) }
    }

    fn asked(listen: &str, method: &Method, headers: &[(&'static str, &str)]) -> Result<Scope, u16> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        let uri = "/".parse().unwrap();
        admit(&options(listen), method, &uri, &map).map_err(|refusal| refusal.status.as_u16())
    }

    #[test]
    fn only_hosts_by_which_the_server_is_reached_are_answered_for() {
        for (host, expected) in [
            ("localhost:8053", Ok(Scope::AnyDomain)),
            ("LOCALHOST.", Ok(Scope::AnyDomain)),
            ("127.0.0.1:8053", Ok(Scope::AnyDomain)),
            ("[::1]:8053", Ok(Scope::AnyDomain)),
            ("192.0.2.1", Ok(Scope::Configured)),
            ("dns.contoso.com", Ok(Scope::Configured)),
            ("rebind.attacker.example", Err(421)),
            ("rebind.attacker.example:8053", Err(421)),
            ("localhost.attacker.example", Err(421)),
            ("127.0.0.1.attacker.example", Err(421)),
            ("dns.contoso.com.attacker.example", Err(421)),
            ("127.1", Err(421)),
            ("2130706433", Err(421)),
            ("0x7f.1", Err(421)),
            ("", Err(400)),
            ("a b", Err(400)),
            ("localhost:port", Err(400)),
            ("localhost:1:2", Err(400)),
            ("user@localhost", Err(400)),
            ("[127.0.0.1]", Err(400)),
            ("[::1", Err(400)),
        ] {
            assert_eq!(asked("127.0.0.1:8053", &Method::GET, &[("host", host)]), expected, "{host}");
        }
        assert_eq!(asked("127.0.0.1:8053", &Method::GET, &[]), Err(400));
        let twice = [("host", "localhost"), ("host", "attacker.example")];
        assert_eq!(asked("127.0.0.1:8053", &Method::GET, &twice), Err(400));
    }

    #[test]
    fn any_domain_is_for_this_machine_alone() {
        let local = [("host", "127.0.0.1:8053")];
        assert_eq!(asked("0.0.0.0:8053", &Method::GET, &local), Ok(Scope::Configured));
        let proxied = [("host", "127.0.0.1:8053"), ("x-forwarded-for", "192.0.2.7")];
        assert_eq!(asked("127.0.0.1:8053", &Method::GET, &proxied), Ok(Scope::Configured));
        let open = ServeOptions { is_open: true, ..options("0.0.0.0:8053") };
        let mut headers = HeaderMap::new();
        headers.insert("host", "192.0.2.1".parse().unwrap());
        assert_eq!(admit(&open, &Method::GET, &"/".parse().unwrap(), &headers), Ok(Scope::AnyDomain));
    }

    #[test]
    fn pages_of_other_sites_are_kept_out() {
        let host = ("host", "localhost:8053");
        for (method, headers, is_admitted) in [
            (Method::POST, vec![("origin", "http://localhost:8053")], true),
            (Method::POST, vec![], true),
            (Method::POST, vec![("origin", "http://attacker.example")], false),
            (Method::POST, vec![("origin", "http://localhost:80")], false),
            (Method::POST, vec![("origin", "http://localhost.attacker.example:8053")], false),
            (Method::POST, vec![("origin", "null")], false),
            (Method::POST, vec![("referer", "http://attacker.example/x")], false),
            (Method::POST, vec![("referer", "http://localhost:8053/x")], true),
            (Method::GET, vec![("referer", "http://attacker.example/x")], true),
            (Method::POST, vec![("origin", "")], false),
            (Method::POST, vec![("origin", "http://localhost:8053"), ("origin", "http://a.example")], false),
            (Method::GET, vec![("origin", "http://attacker.example")], false),
            (Method::GET, vec![("sec-fetch-site", "same-origin")], true),
            (Method::GET, vec![("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")], true),
            (Method::GET, vec![("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "no-cors")], false),
            (Method::GET, vec![("sec-fetch-site", "same-site"), ("sec-fetch-mode", "cors")], false),
            (Method::POST, vec![("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")], false),
        ] {
            let all: Vec<_> = [host].into_iter().chain(headers).collect();
            let admitted = asked("127.0.0.1:8053", &method, &all);
            assert_eq!(admitted.is_ok(), is_admitted, "{method} {all:?}");
            assert!(is_admitted || admitted == Err(403), "{method} {all:?}");
        }
    }
}
