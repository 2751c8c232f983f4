//! The URL of the published manual, which reports link codes to.

use std::fmt;
use std::net::Ipv6Addr;
use std::str::FromStr;

use crate::check::Code;

/// The maximum length of the URL in octets; a report may repeat it for every finding.
const LONGEST: usize = 1024;

/// The URL of the published manual: the page that `cutover explain --format html` writes, which has an anchor for each
/// code.
///
/// It has no user, since a page is handed on, and no fragment, since a code takes that place. Its characters are those
/// that RFC 3986 allows without `'`, `[` and `]` in the path, so that it is plain text in HTML attributes, Markdown
/// tables and logs.
///
/// ```
/// use cutover::check::Code;
/// use cutover::report::ManualUrl;
/// let url: ManualUrl = "https://docs.contoso.com/cutover.html".parse().unwrap();
/// assert_eq!(url.section(Code::MxAtSource), "https://docs.contoso.com/cutover.html#mx-at-source");
/// assert!("javascript:alert(1)".parse::<ManualUrl>().is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManualUrl(String);

impl ManualUrl {
    /// Returns the URL of the section about a code.
    #[must_use]
    pub fn section(&self, code: Code) -> String {
        format!("{}#{code}", self.0)
    }
}

impl fmt::Display for ManualUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The error of a text that is not the URL of a manual.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected an http or https URL such as `https://docs.example/cutover.html`, without user and fragment"
)]
pub struct ManualUrlError;

impl FromStr for ManualUrl {
    type Err = ManualUrlError;

    fn from_str(text: &str) -> Result<Self, ManualUrlError> {
        let text = text.trim();
        let (scheme, rest) = text.split_once("://").ok_or(ManualUrlError)?;
        let is_web = scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http");
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        let is_valid = is_web && text.len() <= LONGEST && is_authority(authority) && is_path(path);
        if is_valid { Ok(Self(text.to_owned())) } else { Err(ManualUrlError) }
    }
}

/// Returns whether this is a host with an optional port.
fn is_authority(text: &str) -> bool {
    let (host, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, rest)) if address.parse::<Ipv6Addr>().is_ok() => (None, rest),
        Some(_) => return false,
        None => {
            let (host, port) = text.split_at(text.find(':').unwrap_or(text.len()));
            (Some(host), port)
        }
    };
    let is_name = |host: &str| {
        let is_label = |octet: u8| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_');
        host.split('.').all(|label| !label.is_empty() && label.bytes().all(is_label))
    };
    let is_port = match port.strip_prefix(':') {
        Some(number) => number.bytes().all(|octet| octet.is_ascii_digit()) && number.parse::<u16>().is_ok(),
        None => port.is_empty(),
    };
    host.is_none_or(is_name) && is_port
}

/// Returns whether this is a path with an optional query.
fn is_path(text: &str) -> bool {
    let is_allowed = |octet: u8| octet.is_ascii_alphanumeric() || b"-._~:/?@!$&()*+,;=%".contains(&octet);
    let mut escapes = text.split('%').skip(1);
    text.bytes().all(is_allowed)
        && escapes.all(|rest| {
            rest.as_bytes().get(..2).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_web_urls_are_accepted() {
        for url in [
            "https://docs.example/cutover.html",
            "http://[2001:db8::1]:8080/a%20b/?version=1&page=2",
            "HTTPS://docs.example",
            "http://localhost:8000/",
        ] {
            assert_eq!(url.parse::<ManualUrl>().map(|url| url.to_string()), Ok(url.to_owned()));
        }
        for text in [
            "",
            "docs.example/cutover.html",
            "//docs.example/",
            "javascript:alert(1)",
            "javascript://docs.example/%0aalert(1)",
            "file:///etc/passwd",
            "data:text/html,x",
            "https://",
            "https:///path",
            "https://user:secret@docs.example/",
            "https://docs.example/#spf",
            "https://docs.example:99999/",
            "https://docs.example:+80/",
            "https://docs..example/",
            "https://[::1/",
            "https://docs.example/a b",
            "https://docs.example/\"onclick=\"x",
            "https://docs.example/'",
            "https://docs.example/<script>",
            "https://docs.example/a|b`c\\",
            "https://docs.example/[x](y)",
            "https://docs.example/%2",
            "https://docs.example/%zz",
            "https://docs.example/\u{202e}",
            "https://dócs.example/",
            "https://docs.example/\nx",
        ] {
            assert_eq!(text.parse::<ManualUrl>(), Err(ManualUrlError), "{text}");
        }
        let long = format!("https://docs.example/{}", "x".repeat(LONGEST));
        assert_eq!(long.parse::<ManualUrl>(), Err(ManualUrlError));
    }
}
