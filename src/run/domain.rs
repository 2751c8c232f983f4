//! Reads a domain as people write it.
//!
//! People paste addresses of web sites and mailboxes, and names in their own script. What cannot be a domain is refused
//! with the domain that was probably meant.

use std::net::IpAddr;

use crate::record::{Name, NameError};
use crate::report::harmless::harmless;

/// Why a text is not a domain: what was found, what was expected, and what was probably meant, in one sentence.
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
    Ok(name)
}

/// The name in A-labels, if it is one that a mail domain can have.
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

/// The host of something that looks like a URL.
fn url_host(text: &str) -> Option<&str> {
    let rest = match text.split_once("://") {
        Some((_, rest)) => rest,
        None => text.contains('/').then_some(text)?,
    };
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    Some(host.split(':').next().unwrap_or(host))
}

/// The hint at the domain that was meant, if there is one.
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
