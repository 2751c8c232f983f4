//! Reads a key file in the format of BIND.

use std::fmt;

use data_encoding::BASE64;
use ring::hmac;

use crate::record::{Name, NameError};

/// The size limit of a key file, in octets.
const LONGEST_FILE: usize = 64 * 1024;

/// The HMAC algorithm of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Algorithm {
    /// HMAC with SHA-256.
    Sha256,
    /// HMAC with SHA-384.
    Sha384,
    /// HMAC with SHA-512.
    Sha512,
}

impl Algorithm {
    const ALL: [Self; 3] = [Self::Sha256, Self::Sha384, Self::Sha512];

    /// Returns its name in key files and signatures.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Sha256 => "hmac-sha256",
            Self::Sha384 => "hmac-sha384",
            Self::Sha512 => "hmac-sha512",
        }
    }

    fn hmac(self) -> hmac::Algorithm {
        match self {
            Self::Sha256 => hmac::HMAC_SHA256,
            Self::Sha384 => hmac::HMAC_SHA384,
            Self::Sha512 => hmac::HMAC_SHA512,
        }
    }
}

/// A key that a name server and its clients share.
#[derive(Clone)]
pub struct TsigKey {
    /// Its name.
    pub(super) name: Name,
    /// Its algorithm.
    pub(super) algorithm: Algorithm,
    /// Its secret, ready for use.
    pub(super) key: hmac::Key,
}

impl fmt::Debug for TsigKey {
    /// Writes the key without its secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TsigKey").field("name", &self.name).field("algorithm", &self.algorithm).finish()
    }
}

/// The reason why a key file cannot be used; the secret is never part of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TsigKeyError {
    /// Not in the format of BIND.
    #[error("expected `key \"NAME\" {{ algorithm hmac-sha256; secret \"BASE64\"; }};`, found {0}")]
    Form(&'static str),
    /// An invalid name.
    #[error("the name of the key: {0}")]
    Name(#[from] NameError),
    /// An unknown or weak algorithm.
    #[error("unknown algorithm `{0}`; expected hmac-sha256, hmac-sha384 or hmac-sha512")]
    Algorithm(String),
    /// A secret that is not Base64.
    #[error("the secret is not Base64")]
    Secret,
}

impl TsigKey {
    /// Parses a key file in the format of BIND, as `tsig-keygen` and `keymgr -t` write it.
    ///
    /// # Errors
    /// [`TsigKeyError`] if it has another format.
    pub fn parse(text: &str) -> Result<Self, TsigKeyError> {
        if text.len() > LONGEST_FILE {
            return Err(TsigKeyError::Form("a file of more than 64 KiB"));
        }
        let words = words(text)?;
        let mut words = words.iter().map(String::as_str);
        let form = |found| Err(TsigKeyError::Form(found));
        if words.next() != Some("key") {
            return form("no `key` at the beginning");
        }
        let Some(name) = words.next().filter(|name| *name != "{") else { return form("no name of the key") };
        if words.next() != Some("{") {
            return form("no `{` after the name of the key");
        }
        let name: Name = name.trim_end_matches('.').to_ascii_lowercase().parse()?;
        let (mut algorithm, mut secret) = (None, None);
        loop {
            match words.next() {
                Some("}") => break,
                Some("algorithm") => algorithm = words.next(),
                Some("secret") => secret = words.next(),
                Some(_) => return form("a word other than `algorithm`, `secret` and `}`"),
                None => return form("no `}` at the end"),
            }
            if words.next() != Some(";") {
                return form("no `;` after a value");
            }
        }
        match words.next() {
            Some(";") => {}
            _ => return form("no `;` at the end"),
        }
        if words.next().is_some() {
            return form("more than one key");
        }
        let Some(word) = algorithm else { return form("no `algorithm`") };
        let Some(secret) = secret else { return form("no `secret`") };
        let plain = word.trim_end_matches('.').to_ascii_lowercase();
        let algorithm = Algorithm::ALL.into_iter().find(|known| known.word() == plain);
        let algorithm = algorithm.ok_or_else(|| {
            TsigKeyError::Algorithm(plain.chars().filter(|c| !c.is_control()).take(40).collect())
        })?;
        let secret = BASE64.decode(secret.as_bytes()).map_err(|_| TsigKeyError::Secret)?;
        if secret.is_empty() {
            return Err(TsigKeyError::Secret);
        }
        Ok(Self { name, algorithm, key: hmac::Key::new(algorithm.hmac(), &secret) })
    }
}

/// Returns the words of a file in the format of BIND, without comments; braces and semicolons are words of their own.
fn words(text: &str) -> Result<Vec<String>, TsigKeyError> {
    let mut words = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start();
        let Some(first) = rest.chars().next() else { return Ok(words) };
        if rest.starts_with("/*") {
            rest = rest.split_once("*/").ok_or(TsigKeyError::Form("an unclosed comment"))?.1;
        } else if rest.starts_with("//") || first == '#' {
            rest = rest.split_once('\n').map_or("", |(_, rest)| rest);
        } else if let Some(quoted) = rest.strip_prefix('"') {
            let (word, behind) = quoted.split_once('"').ok_or(TsigKeyError::Form("an unclosed quote"))?;
            words.push(word.to_owned());
            rest = behind;
        } else if matches!(first, '{' | '}' | ';') {
            words.push(first.to_string());
            rest = &rest[1..];
        } else {
            let end = rest.find(|c: char| c.is_whitespace() || "{};\"".contains(c)).unwrap_or(rest.len());
            words.push(rest[..end].to_owned());
            rest = &rest[end..];
        }
    }
}
