//! Reads a domain as people write it.
//!
//! People paste web and mail addresses, and names in their own script. Text that cannot be a domain is rejected with
//! the domain that was probably meant.

use std::net::IpAddr;

use crate::record::{Name, NameError};
use crate::report::harmless::harmless;

/// Zones whose names stand for addresses (RFC 1035 §3.5, RFC 3596 §2.5).
const REVERSE_ZONES: [&str; 2] = [".in-addr.arpa", ".ip6.arpa"];

/// The reason why a text is not a domain: what was found, what was expected, and what was probably meant, in one
/// sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct DomainError(String);

/// Reads a domain as it was typed.
///
/// # Errors
/// [`DomainError`] if it is something else, such as a web address.
pub fn parse(typed: &str) -> Result<Name, DomainError> {
    read(typed).map_err(DomainError)
}

/// Reads a domain of a list, in which a web or mail address, or a wildcard, stands for its domain. Returns the domain,
/// and whether it is written differently.
///
/// # Errors
/// [`DomainError`] if no domain is in it.
pub(crate) fn parse_listed(typed: &str) -> Result<(Name, bool), DomainError> {
    let text = typed.trim();
    let host = match url_host(text) {
        Some(host) => host.strip_prefix("www.").unwrap_or(host),
        None => text,
    };
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    let host = host.strip_prefix("*.").unwrap_or(host);
    let name = parse(host)?;
    // A name in its own script counts as written correctly.
    let is_plain = host == text && (!text.is_ascii() || name.without_trailing_dot() == text);
    Ok((name, !is_plain))
}

fn read(typed: &str) -> Result<Name, String> {
    let text = typed.trim();
    let shown = harmless(text);
    if text.is_empty() {
        return Err("the domain is empty; expected a name such as `contoso.com`".into());
    }
    if let Some(host) = url_host(text) {
        return Err(format!("`{shown}` is a web address; expected a domain{}", meant(host)));
    }
    if let Some((_, host)) = text.rsplit_once('@') {
        return Err(format!("`{shown}` is a mail address; expected a domain{}", meant(host)));
    }
    if text.trim_matches(['[', ']']).parse::<IpAddr>().is_ok() {
        return Err(format!("`{shown}` is an IP address; expected a domain such as `contoso.com`"));
    }
    if let Some(rest) = text.strip_prefix("*.") {
        return Err(format!("`{shown}` is a wildcard; expected a domain{}", meant(rest)));
    }
    let name = ascii(text).map_err(|why| format!("`{shown}` is not a domain: {why}"))?;
    if name.label_count() < 2 {
        return Err(format!("`{shown}` has a single label; expected a domain such as `contoso.com`"));
    }
    if REVERSE_ZONES.iter().any(|zone| name.without_trailing_dot().ends_with(zone)) {
        return Err(format!("`{shown}` is a reverse zone; expected a domain such as `contoso.com`"));
    }
    Ok(name)
}

/// Returns the name in A-labels, if a mail domain can have it.
fn ascii(text: &str) -> Result<Name, String> {
    let text = text.strip_suffix('.').unwrap_or(text);
    if text.split('.').any(str::is_empty) {
        return Err(NameError::EmptyLabel.to_string());
    }
    let ascii = if text.is_ascii() { text.to_ascii_lowercase() } else { to_a_labels(text)? };
    let allowed = |octet: &u8| octet.is_ascii_alphanumeric() || b"-_.".contains(octet);
    if let Some(odd) = ascii.chars().find(|character| !character.is_ascii() || !allowed(&(*character as u8)))
    {
        return Err(format!("it contains `{}`", harmless(&odd.to_string())));
    }
    let name: Name = ascii.parse().map_err(|error: NameError| error.to_string())?;
    if let Some(label) = ascii.split('.').find(|label| label.starts_with('-') || label.ends_with('-')) {
        return Err(format!("the label `{label}` begins or ends with a hyphen"));
    }
    Ok(name)
}

fn to_a_labels(text: &str) -> Result<String, String> {
    idna::domain_to_ascii(text).map_err(|_| "it has no A-label form (RFC 5890)".into())
}

/// Returns the host of text that looks like a URL.
fn url_host(text: &str) -> Option<&str> {
    let rest = match text.split_once("://") {
        Some((_, rest)) => rest,
        None => text.contains('/').then_some(text)?,
    };
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    Some(host.split(':').next().unwrap_or(host))
}

/// Returns the hint at the domain that was probably meant, or else an example.
fn meant(host: &str) -> String {
    let host = host.strip_prefix("www.").unwrap_or(host);
    match ascii(host) {
        Ok(name) if name.label_count() > 1 => format!("; did you mean `{}`?", name.without_trailing_dot()),
        _ => " such as `contoso.com`".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domains_are_read_as_people_write_them() {
        for (typed, domain) in [
            ("contoso.com", "contoso.com."),
            (" Contoso.COM. ", "contoso.com."),
            ("bücher.example", "xn--bcher-kva.example."),
            ("xn--bcher-kva.example", "xn--bcher-kva.example."),
            ("例え。example", "xn--r8jz45g.example."),
        ] {
            assert_eq!(parse(typed).unwrap().to_string(), domain, "{typed}");
        }
    }

    #[test]
    fn an_address_in_a_list_stands_for_its_domain() {
        for (typed, domain, is_changed) in [
            ("contoso.com", "contoso.com", false),
            ("bücher.example", "xn--bcher-kva.example", false),
            ("Contoso.com", "contoso.com", true),
            ("contoso.com.", "contoso.com", true),
            ("https://www.contoso.com/mail?x=1", "contoso.com", true),
            ("https://user@contoso.com:8443/", "contoso.com", true),
            ("mailto:admin@contoso.com", "contoso.com", true),
            ("*.contoso.com", "contoso.com", true),
            ("https://bücher.example", "xn--bcher-kva.example", true),
            ("www.contoso.com", "www.contoso.com", false),
        ] {
            let (name, changed) = parse_listed(typed).unwrap();
            assert_eq!((name.without_trailing_dot().as_str(), changed), (domain, is_changed), "{typed}");
        }
        for (typed, part) in [
            ("192.0.2.1", "IP address"),
            ("https://192.0.2.1/", "IP address"),
            ("2.0.192.in-addr.arpa", "reverse zone"),
            ("contoso..com", "empty label"),
            ("admin@", "empty"),
            ("*.", "empty"),
        ] {
            assert!(parse_listed(typed).unwrap_err().to_string().contains(part), "{typed}");
        }
    }

    #[test]
    fn what_is_no_domain_is_refused_with_what_was_meant() {
        for (typed, part) in [
            ("https://www.contoso.com/mail?x=1", "did you mean `contoso.com`?"),
            ("contoso.com/owa", "did you mean `contoso.com`?"),
            ("https://user@contoso.com:8443/", "did you mean `contoso.com`?"),
            ("admin@contoso.com", "did you mean `contoso.com`?"),
            ("*.contoso.com", "did you mean `contoso.com`?"),
            ("192.0.2.1", "IP address"),
            ("2001:db8::1", "IP address"),
            ("[2001:db8::1]", "IP address"),
            ("2.0.192.in-addr.arpa", "reverse zone"),
            ("8.b.d.0.1.0.0.2.ip6.arpa.", "reverse zone"),
            ("contoso..com", "empty label"),
            (".contoso.com", "empty label"),
            ("contoso", "single label"),
            ("", "empty"),
            ("con toso.com", "it contains"),
            ("contoso.com\u{1b}[31m", "it contains"),
            ("-contoso.com", "hyphen"),
        ] {
            let error = parse(typed).unwrap_err().to_string();
            assert!(error.contains(part) && !error.contains('\u{1b}'), "{typed}: {error}");
        }
        assert!(parse(&format!("{}.com", "x".repeat(64))).unwrap_err().to_string().contains("64 octets"));
        let long = format!("{}com", "abcdefg.".repeat(32));
        assert!(parse(&long).unwrap_err().to_string().contains("at most 255"));
    }
}
