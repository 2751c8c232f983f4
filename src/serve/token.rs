//! The token that clients must send, compared in constant time.

use std::fmt;
use std::str::FromStr;

use data_encoding::BASE64;
use ring::hmac::{HMAC_SHA256, Key, Tag, sign, verify};

/// The token that clients must send. It is never shown, and only a keyed hash of it is kept.
#[derive(Clone)]
pub struct AccessToken {
    key: Key,
    tag: Tag,
}

impl AccessToken {
    /// Returns whether this `Authorization` header contains the token, as a bearer token or as the password of HTTP
    /// Basic.
    #[must_use]
    pub(crate) fn admits(&self, authorization: &[u8]) -> bool {
        let Some(at) = authorization.iter().position(|octet| *octet == b' ') else { return false };
        let (scheme, value) = authorization.split_at(at);
        let value = value.trim_ascii();
        if scheme.eq_ignore_ascii_case(b"bearer") {
            return self.is(value);
        }
        if !scheme.eq_ignore_ascii_case(b"basic") {
            return false;
        }
        let Ok(pair) = BASE64.decode(value) else { return false };
        let password = pair.iter().position(|octet| *octet == b':').and_then(|at| pair.get(at + 1..));
        password.is_some_and(|password| self.is(password))
    }

    /// Compares hashes, so that the time reveals nothing about the token, not even its length.
    fn is(&self, candidate: &[u8]) -> bool {
        verify(&self.key, candidate, self.tag.as_ref()).is_ok()
    }
}

/// The minimum length of a token.
const SHORTEST: usize = 8;

/// The error of a text that is not a token: it is too short, or has other characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a token of {SHORTEST} or more visible ASCII characters without blanks")]
pub struct AccessTokenError;

impl FromStr for AccessToken {
    type Err = AccessTokenError;

    fn from_str(text: &str) -> Result<Self, AccessTokenError> {
        let text = text.trim();
        if text.len() < SHORTEST || !text.bytes().all(|octet| octet.is_ascii_graphic()) {
            return Err(AccessTokenError);
        }
        // The key need not be secret: hashing only gives both values the same length.
        let key = Key::new(HMAC_SHA256, env!("CARGO_PKG_NAME").as_bytes());
        let tag = sign(&key, text.as_bytes());
        Ok(Self { key, tag })
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessToken")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_a_bearer_token_or_a_password() {
        let token: AccessToken = "correct-horse".parse().unwrap();
        let basic = |pair: &str| format!("Basic {}", BASE64.encode(pair.as_bytes()));
        for good in [
            "Bearer correct-horse",
            "bearer  correct-horse",
            &basic("a:correct-horse"),
            &basic(":correct-horse"),
        ] {
            assert!(token.admits(good.as_bytes()), "{good}");
        }
        for bad in [
            "",
            "Bearer",
            "Bearer ",
            "Bearer correct-horse2",
            "correct-horse",
            "Digest correct-horse",
            "Basic correct-horse",
            &basic("correct-horse"),
            &basic("correct-horse:"),
            &basic("a:b:correct-horse"),
        ] {
            assert!(!token.admits(bad.as_bytes()), "{bad}");
        }
        assert!(!format!("{token:?}").contains("horse"));
        assert!("short".parse::<AccessToken>().is_err() && "with a blank".parse::<AccessToken>().is_err());
    }
}
