//! Sanitizes text from outside before it is shown.
//!
//! DNS, files and servers may return any text. A report holds it only as [`Sanitized`], which cannot be made without
//! sanitizing: so no format can forget to protect a terminal, and each escapes only what has a meaning in its own
//! syntax.

use std::borrow::{Borrow, Cow};
use std::fmt;
use std::net::Ipv6Addr;
use std::ops::Deref;

use serde::{Deserialize, Deserializer, Serialize};

use crate::record::{acts, leading_colons, opens_command};

/// The maximum number of characters of a sentence: it quotes records, and a record may be of any length.
const LONGEST_SENTENCE: usize = 4096;
/// The maximum number of characters of a record: the largest record data (65,535 octets) with every octet escaped.
/// Nothing that can be published is cut, since a program may apply a plan.
const LONGEST_RECORD: usize = 4 * 65_535 + 1024;

/// Text without control characters, invisible ones and noncharacters, and without commands to build agents, of bounded
/// length.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize)]
#[serde(transparent)]
pub struct Sanitized(String);

impl Sanitized {
    /// Sanitizes text for a person: a message, a reason, the name of a file.
    #[must_use]
    pub fn sentence(text: &str) -> Self {
        Self(bounded(text, LONGEST_SENTENCE))
    }

    /// Sanitizes text in presentation form that is or should be published, or that a server returned.
    #[must_use]
    pub fn record(text: &str) -> Self {
        Self(bounded(text, LONGEST_RECORD))
    }

    /// Sanitizes each of them as [`Sanitized::record`] does.
    pub fn records<T: ToString>(all: impl IntoIterator<Item = T>) -> Vec<Self> {
        all.into_iter().map(|one| Self(bounded(one.to_string(), LONGEST_RECORD))).collect()
    }
}

/// Removes everything that acts on a terminal, on the text around it or on a build agent: control characters, invisible
/// ones and noncharacters become U+FFFD, and a character that would begin a command is escaped as in record data
/// (`\091`).
#[must_use]
pub fn harmless(text: &str) -> String {
    if is_plain(text) {
        return text.to_owned();
    }
    let mut safe = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        match character {
            '[' if opens_command(safe.as_bytes()) => safe.push_str("\\091"),
            acting if acts(acting) => safe.push('\u{fffd}'),
            other => safe.push(other),
        }
    }
    // An address is a value to copy and is not changed here; for one that begins a line, see `harmless_lines`.
    if let Some(at) = leading_colons(&safe).filter(|_| safe.parse::<Ipv6Addr>().is_err()) {
        safe.replace_range(at..=at, "\\058");
    }
    safe
}

/// Returns the lines so that none begins a command to a build agent. An IPv6 address that begins with colons gets its
/// leading zero.
#[must_use]
pub(crate) fn harmless_lines(text: &str) -> Cow<'_, str> {
    if text.lines().all(|line| leading_colons(line).is_none()) {
        return text.into();
    }
    let lines = text.split_inclusive('\n').map(|line| {
        let Some(at) = leading_colons(line) else { return line.to_owned() };
        let (blanks, rest) = line.split_at(at);
        let word = rest.split(|after: char| after.is_whitespace() || after == ',').next().unwrap_or_default();
        match word.parse::<Ipv6Addr>() {
            Ok(_) => format!("{blanks}0{rest}"),
            Err(_) => format!("{blanks}\\058{}", &rest[1..]),
        }
    });
    lines.collect::<String>().into()
}

/// Returns whether a text has only printable ASCII characters and nothing that could begin a command, as nearly all
/// text.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|octet| (0x20..0x7f).contains(&octet) && octet != b'[')
        && !text.trim_start().starts_with(':')
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

impl Deref for Sanitized {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for Sanitized {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for Sanitized {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Sanitized {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Describes a type in JSON Schemas as a plain string.
#[cfg(feature = "formats")]
macro_rules! string_schema {
    ($type:ty $(, $parameter:ident)?) => {
        impl$(<$parameter>)? schemars::JsonSchema for $type {
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
    };
}
#[cfg(feature = "formats")]
pub(super) use string_schema;

#[cfg(feature = "formats")]
string_schema!(Sanitized);

impl<'de> Deserialize<'de> for Sanitized {
    /// Sanitizes the text that is read: an earlier report comes from outside like any other file.
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
        assert_eq!(*Sanitized::sentence(acting), "\u{fffd}".repeat(acting.chars().count()));
        let plain = "„ä“ 日本 `v=spf1 -all` 😀 =|<&>\"'";
        assert_eq!(*Sanitized::record(plain), *plain);
        let read: Sanitized = serde_json::from_str("\"a\\u001bb\"").unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), "\"a\u{fffd}b\"");
    }

    #[test]
    fn no_command_to_a_build_agent_comes_in() {
        for (text, shown) in [
            ("##vso[task.prependpath]/tmp/evil", "##vso\\091task.prependpath]/tmp/evil"),
            ("a ##[b] [c] ##ü[", "a ##\\091b] [c] ##ü\\091"),
            ("#\u{200b}#[x", "#\u{fffd}#\\091x"),
            ("::error::x", "\\058:error::x"),
            (" ::x", " \\058:x"),
            ("a ::x", "a ::x"),
            ("::1", "::1"),
        ] {
            assert_eq!(*Sanitized::record(text), *shown);
            assert_eq!(*Sanitized::sentence(shown), *shown);
        }
    }

    #[test]
    fn no_line_begins_a_command() {
        assert_eq!(
            harmless_lines("a\n  ::error::b\n::1\n::2, ::3\n"),
            "a\n  \\058:error::b\n0::1\n0::2, ::3\n"
        );
        assert!(matches!(harmless_lines("a ::b\n"), Cow::Borrowed(_)));
    }

    #[test]
    fn a_sentence_is_cut_and_no_record_that_can_be_published() {
        let long = "ä".repeat(LONGEST_SENTENCE + 1);
        assert_eq!(Sanitized::sentence(&long).chars().count(), LONGEST_SENTENCE + 1);
        assert!(Sanitized::sentence(&long).ends_with("ä…"));
        let text = crate::record::Text::from_strings([&[7; 65_000][..]]);
        let record = crate::record::RecordData::Txt(text).to_string();
        assert_eq!(*Sanitized::record(&record), *record);
    }
}
