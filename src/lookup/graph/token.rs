//! The access token for Microsoft Graph.

use std::fmt;

use hyper::header::HeaderValue;

use super::Failure;

/// The length limit of a token, in octets.
const LONGEST: usize = 32 * 1024;

/// A bearer token (RFC 6750), which is sent to Microsoft Graph and to no other server.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// Returns the token in a text, without the characters that copying adds around it.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.trim().to_owned())
    }

    /// Returns whether the token is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the value of the `Authorization` header.
    pub(super) fn header(&self) -> Result<HeaderValue, Failure> {
        // RFC 6750 §2.1 allows fewer characters than a header value does.
        let allowed = |octet: u8| octet.is_ascii_alphanumeric() || b"-._~+/=".contains(&octet);
        if self.0.is_empty() {
            return Err(Failure::NoToken);
        }
        if self.0.len() > LONGEST || !self.0.bytes().all(allowed) {
            return Err(Failure::BadToken);
        }
        let mut value = HeaderValue::try_from(format!("Bearer {}", self.0)).map_err(|_| Failure::BadToken)?;
        value.set_sensitive(true);
        Ok(value)
    }

    /// Returns whether the text contains the token.
    pub(super) fn stands_in(&self, octets: &[u8]) -> bool {
        octets.windows(self.0.len().max(1)).any(|window| window == self.0.as_bytes())
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_never_shown() {
        let token = Token::new("  eyJ0.eyJh.c2ln\r\n");
        let header = token.header().unwrap();
        assert_eq!(header.to_str().unwrap(), "Bearer eyJ0.eyJh.c2ln");
        assert!(!format!("{token:?} {header:?}").contains("eyJ"), "{token:?} {header:?}");
        assert!(token.stands_in(b"x eyJ0.eyJh.c2ln y") && !token.stands_in(b"eyJ0"));
    }

    #[test]
    fn what_is_no_token_is_not_sent() {
        for (text, failure) in [
            ("", Failure::NoToken),
            (" \n", Failure::NoToken),
            ("Bearer eyJ0", Failure::BadToken),
            ("\"eyJ0\"", Failure::BadToken),
            ("eyJ0\r\nHost: x", Failure::BadToken),
            ("ey\u{fffd}J0", Failure::BadToken),
            (&"x".repeat(LONGEST + 1), Failure::BadToken),
        ] {
            assert_eq!(Token::new(text).header().unwrap_err(), failure, "{text:?}");
        }
    }
}
