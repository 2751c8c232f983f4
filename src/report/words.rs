//! Reads the words of a stored report.
//!
//! The view holds words that never change as `&'static str`. A stored report is a file like any other: each of its words is
//! checked for its form, and unknown ones, which a newer version may have written, are kept in a set of bounded size.

use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use serde::de::{Error, IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::check::{Code, Verdict};
use crate::record::Name;

use super::harmless::harmless;

/// A word of the frozen view. An alias, so that a derived reader does not borrow it from its input.
pub(super) type Word = &'static str;

/// Octets of a word at most.
const LONGEST: usize = 64;
/// Words that are kept beside the codes at most; all that this version writes are fewer than a hundred.
const MOST: usize = 512;

/// Words that were read and are not codes.
static OTHERS: Mutex<BTreeSet<Word>> = Mutex::new(BTreeSet::new());

/// The word with this text; `None` if it does not have the form of one, or there are too many unknown ones.
fn known(text: &str) -> Option<Word> {
    if let Some(code) = Code::ALL.iter().find(|code| code.word() == text) {
        return Some(code.word());
    }
    let is_letter = |octet: u8| octet.is_ascii_lowercase() || octet.is_ascii_digit() || octet == b'-';
    if text.is_empty() || text.len() > LONGEST || !text.bytes().all(is_letter) {
        return None;
    }
    let mut others = OTHERS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(word) = others.get(text) {
        return Some(word);
    }
    if others.len() >= MOST {
        return None;
    }
    let word: Word = Box::leak(text.to_owned().into_boxed_str());
    others.insert(word);
    Some(word)
}

/// Reads a word without copying its text.
struct WordVisitor;

impl Visitor<'_> for WordVisitor {
    type Value = Word;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a word of lower-case letters, digits and hyphens")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Word, E> {
        known(text).ok_or_else(|| E::custom(format!("unknown word `{}`", shown(text))))
    }
}

/// The beginning of a text, for a message.
fn shown(text: &str) -> String {
    harmless(&text.chars().take(LONGEST).collect::<String>())
}

/// Reads a word.
pub(super) fn word<'de, D: Deserializer<'de>>(from: D) -> Result<Word, D::Error> {
    from.deserialize_str(WordVisitor)
}

/// Reads a word that may be missing.
pub(super) fn optional<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Word>, D::Error> {
    Ok(Option::<Owned>::deserialize(from)?.map(|word| word.0))
}

/// Reads a verdict.
pub(super) fn verdict<'de, D: Deserializer<'de>>(from: D) -> Result<Word, D::Error> {
    let word = word(from)?;
    let is_known = Verdict::ALL.into_iter().any(|verdict| verdict.word() == word);
    if is_known { Ok(word) } else { Err(D::Error::custom(format!("unknown verdict `{word}`"))) }
}

/// A word as an element.
#[derive(Deserialize)]
#[serde(transparent)]
struct Owned(#[serde(deserialize_with = "word")] Word);

/// Reads a list of words.
pub(super) fn list<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Word>, D::Error> {
    Ok(Vec::<Owned>::deserialize(from)?.into_iter().map(|word| word.0).collect())
}

/// Reads the name of a domain, and writes it as a report does.
pub(super) fn domain<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let text = String::deserialize(from)?;
    let is_letter = |octet: u8| octet.is_ascii_alphanumeric() || b"-_.".contains(&octet);
    let name = text.parse::<Name>().ok().filter(|_| text.bytes().all(is_letter));
    name.map(|name| name.without_trailing_dot())
        .ok_or_else(|| D::Error::custom(format!("`{}` is not a domain in A-labels", shown(&text))))
}

/// Reads the type of a record.
pub(super) fn rtype<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let text = String::deserialize(from)?;
    let is_letter = |octet: u8| octet.is_ascii_uppercase() || octet.is_ascii_digit() || octet == b'-';
    match !text.is_empty() && text.len() <= 16 && text.bytes().all(is_letter) {
        true => Ok(text),
        false => Err(D::Error::custom(format!("`{}` is not a record type", shown(&text)))),
    }
}

/// Reads the type of a record that may be missing.
pub(super) fn optional_rtype<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(transparent)]
    struct Type(#[serde(deserialize_with = "rtype")] String);
    Ok(Option::<Type>::deserialize(from)?.map(|rtype| rtype.0))
}

/// Skips a text that is computed anew.
pub(super) fn no_text<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    IgnoredAny::deserialize(from).map(|_| None)
}

/// Reads addresses.
pub(super) fn addresses<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    struct Addresses;
    impl<'de> Visitor<'de> for Addresses {
        type Value = Vec<String>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list of addresses")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<String>, A::Error> {
            let mut addresses = Vec::new();
            while let Some(address) = list.next_element::<IpAddr>()? {
                addresses.push(address.to_string());
            }
            Ok(addresses)
        }
    }
    from.deserialize_seq(Addresses)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_has_a_form_and_unknown_ones_are_kept_once() {
        assert_eq!(known("mx-rival"), Some("mx-rival"));
        let (one, again) = (known("a-new-outcome").unwrap(), known("a-new-outcome").unwrap());
        assert!(std::ptr::eq(one, again));
        for text in ["", "Met", "a b", "\u{1b}[31m", "<b>", &"a".repeat(65)] {
            assert_eq!(known(text), None, "{text}");
        }
    }
}
