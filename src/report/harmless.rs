//! What may be shown of text that came from outside?
//!
//! DNS, files and servers say what they like. What of it stands in a report is [`Harmless`], a type with one door: so no
//! format can forget to guard a terminal, and each guards only what has a meaning in its own syntax.

use std::borrow::{Borrow, Cow};
use std::fmt;
use std::ops::Deref;

use serde::{Deserialize, Deserializer, Serialize};

use crate::record::acts;

/// Characters of a sentence at most: it names records, and a record may be as long as somebody liked.
const LONGEST_SENTENCE: usize = 4096;
/// Characters of a record at most: the largest data that fits DNS (65,535 octets), every octet of it escaped. Nothing
/// that can be published is cut, since what stands in a plan may be applied by a program.
const LONGEST_RECORD: usize = 4 * 65_535 + 1024;

/// Text without control characters and without the invisible ones that reorder what stands around them, of bounded length.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize)]
#[serde(transparent)]
pub struct Harmless(String);

impl Harmless {
    /// What a person reads: a message, a reason, the name of a file.
    #[must_use]
    pub fn sentence(text: &str) -> Self {
        Self(bounded(text, LONGEST_SENTENCE))
    }

    /// What was or should be published, or said by a server, in presentation form.
    #[must_use]
    pub fn record(text: &str) -> Self {
        Self(bounded(text, LONGEST_RECORD))
    }

    /// Every one of them as [`Harmless::record`].
    pub fn records<T: ToString>(all: impl IntoIterator<Item = T>) -> Vec<Self> {
        all.into_iter().map(|one| Self(bounded(one.to_string(), LONGEST_RECORD))).collect()
    }
}

/// Text without anything that could act on a terminal or reorder what stands around it: control characters, and the
/// invisible ones that change direction, become U+FFFD.
#[must_use]
pub fn harmless(text: &str) -> String {
    if is_plain(text) {
        return text.to_owned();
    }
    text.chars().map(|character| if acts(character) { '\u{fffd}' } else { character }).collect()
}

/// Whether there is nothing but printable ASCII in it, as in nearly all text.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|octet| (0x20..0x7f).contains(&octet))
}

fn bounded<'a>(text: impl Into<Cow<'a, str>>, longest: usize) -> String {
    let text = text.into();
    // No text has more characters than octets.
    let end = if text.len() > longest { text.char_indices().nth(longest) } else { None };
    match end {
        Some((end, _)) => harmless(&text[..end]) + "…",
        None if is_plain(&text) => text.into_owned(),
        None => harmless(&text),
    }
}

impl Deref for Harmless {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for Harmless {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Harmless {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(feature = "formats")]
impl schemars::JsonSchema for Harmless {
    /// For who reads a report it is a string like every other.
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        String::schema_name()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        String::json_schema(generator)
    }
}

impl<'de> Deserialize<'de> for Harmless {
    /// An earlier report is a file like every other: its text comes in by the same door.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self::record(&text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_acts_comes_in_and_nothing_else_is_changed() {
        let acting = "\u{1b}\u{7}\r\n\0\u{7f}\u{85}\u{9b}\u{202e}\u{2066}\u{200b}\u{200f}\u{2028}\u{feff}\u{61c}\u{e0041}";
        assert_eq!(*Harmless::sentence(acting), "\u{fffd}".repeat(acting.chars().count()));
        let plain = "„ä“ 日本 `v=spf1 -all` 😀 =|<&>\"'";
        assert_eq!(*Harmless::record(plain), *plain);
        let read: Harmless = serde_json::from_str("\"a\\u001bb\"").unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), "\"a\u{fffd}b\"");
    }

    #[test]
    fn a_sentence_is_cut_and_no_record_that_can_be_published() {
        let long = "ä".repeat(LONGEST_SENTENCE + 1);
        assert_eq!(Harmless::sentence(&long).chars().count(), LONGEST_SENTENCE + 1);
        assert!(Harmless::sentence(&long).ends_with("ä…"));
        let text = crate::record::Text::from_strings([&[7; 65_000][..]]);
        let record = crate::record::RecordData::Txt(text).to_string();
        assert_eq!(*Harmless::record(&record), *record);
    }
}
