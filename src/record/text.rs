//! TXT record data and its character-strings.
//!
//! A TXT record is a list of character-strings of at most 255 octets each. Receivers join them without a space (RFC
//! 7208 §3.3), and the boundaries have no meaning, so two records are equal if their joined octets are.

use std::borrow::Cow;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use super::command::opens_command;
use super::name::unescape;

/// The length limit of a character-string, in octets (RFC 1035 §3.3).
pub(crate) const MAX_CHARACTER_STRING: usize = 255;

/// The content of a TXT record, as octets: what DNS returns need not be UTF-8.
#[derive(Clone)]
pub struct Text {
    octets: Arc<[u8]>,
    /// The ends of the character-strings but the last, in octets; empty for the usual single string.
    cuts: Box<[usize]>,
}

impl Text {
    /// Returns the text of these character-strings.
    #[must_use]
    pub fn from_strings<'a>(strings: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut octets = Vec::new();
        let mut cuts = Vec::new();
        for string in strings {
            octets.extend_from_slice(string);
            cuts.push(octets.len());
        }
        cuts.pop();
        Self { octets: octets.into(), cuts: cuts.into() }
    }

    /// Returns the octets as receivers see them: all character-strings joined without a space.
    #[must_use]
    pub fn joined(&self) -> &[u8] {
        &self.octets
    }

    /// Returns the joined octets as text; octets that are not UTF-8 become U+FFFD. For matching words, never for
    /// output.
    #[must_use]
    pub fn lossy(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.octets)
    }

    /// Returns the character-strings as published.
    pub fn strings(&self) -> impl Iterator<Item = &[u8]> {
        let ends = self.cuts.iter().copied().chain([self.octets.len()]);
        let starts = [0].into_iter().chain(self.cuts.iter().copied());
        starts.zip(ends).map(|(start, end)| &self.octets[start..end])
    }

    /// Returns the zone file form, in which every character-string has at most 255 octets, ready to publish.
    #[must_use]
    pub fn to_zone_text(&self) -> String {
        if self.octets.is_empty() {
            return "\"\"".into();
        }
        let strings: Vec<String> = self.octets.chunks(MAX_CHARACTER_STRING).map(quote).collect();
        strings.join(" ")
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self { octets: text.as_bytes().into(), cuts: Box::default() }
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        self.octets == other.octets
    }
}

impl Eq for Text {}

impl Hash for Text {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.octets.hash(state);
    }
}

impl Ord for Text {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.octets.cmp(&other.octets)
    }
}

impl PartialOrd for Text {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Text {
    /// Writes one quoted string; escapes quotes and backslashes, and writes what is not printable ASCII, and the
    /// bracket of a command to a build agent, as `\DDD`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_quoted(f, &self.octets)
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// Returns whether a character controls a terminal, is invisible, or may not occur in XML or YAML files: control
/// characters, directional marks, joiners and the like, and noncharacters (The Unicode Standard §23.7).
#[must_use]
pub fn acts(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}' | '\u{034f}' | '\u{061c}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
        || is_noncharacter(character)
}

/// Returns whether a character is one of the 66 that Unicode never assigns. XML 1.0 §2.2 and YAML 1.2 §5.1 forbid two
/// of them.
fn is_noncharacter(character: char) -> bool {
    matches!(character, '\u{fdd0}'..='\u{fdef}') || u32::from(character) & 0xfffe == 0xfffe
}

/// Returns a character-string in quotes, in presentation form (RFC 1035 §5.1).
#[must_use]
pub fn quote(octets: &[u8]) -> String {
    let mut quoted = String::with_capacity(octets.len() + 2);
    // Writing into a string cannot fail.
    let _ = write_quoted(&mut quoted, octets);
    quoted
}

fn write_quoted(to: &mut impl fmt::Write, octets: &[u8]) -> fmt::Result {
    let is_plain = |octet: &u8| (0x20..=0x7e).contains(octet) && !matches!(octet, b'"' | b'\\' | b'[');
    to.write_str("\"")?;
    let mut rest = octets;
    while !rest.is_empty() {
        let plain = rest.iter().position(|octet| !is_plain(octet)).unwrap_or(rest.len());
        // Characters that need no escape are ASCII.
        to.write_str(std::str::from_utf8(&rest[..plain]).unwrap_or_default())?;
        rest = &rest[plain..];
        let Some((&octet, tail)) = rest.split_first() else { break };
        match octet {
            b'[' if !opens_command(&octets[..octets.len() - rest.len()]) => to.write_str("[")?,
            b'"' | b'\\' => write!(to, "\\{}", octet as char)?,
            _ => write!(to, "\\{octet:03}")?,
        }
        rest = tail;
    }
    to.write_str("\"")
}

/// Returns the octets of a character-string without its quotes; `None` for an invalid escape sequence.
#[must_use]
pub(super) fn unquote(raw: &[u8]) -> Option<Vec<u8>> {
    let mut octets = Vec::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((&octet, tail)) = rest.split_first() {
        rest = tail;
        if octet == b'\\' {
            let (octet, tail) = unescape(rest)?;
            octets.push(octet);
            rest = tail;
        } else {
            octets.push(octet);
        }
    }
    Some(octets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_joined_without_a_space_and_keep_their_cuts() {
        let text = Text::from_strings([&b"v=spf1 include:a.example"[..], b" -all"]);
        assert_eq!(text.joined(), b"v=spf1 include:a.example -all");
        assert_eq!(text.strings().count(), 2);
        assert_eq!(text, Text::from("v=spf1 include:a.example -all"));
    }

    #[test]
    fn presentation_is_decimal_and_goes_both_ways() {
        let octets: Vec<u8> = (0..=255).collect();
        let shown = quote(&octets);
        assert!(shown.contains("\\200") && shown.contains("\\007") && shown.contains("\\\""));
        assert_eq!(unquote(&shown.as_bytes()[1..shown.len() - 1]).unwrap(), octets);
        assert_eq!(unquote(b"\\065\\066\\200").unwrap(), [b'A', b'B', 200]);
        assert_eq!(unquote(b"\\25"), None);
    }

    #[test]
    fn no_text_is_a_command_to_a_build_agent() {
        assert_eq!(quote(b"a[1] ##vso[x] ##[y]"), "\"a[1] ##vso\\091x] ##\\091y]\"");
        assert_eq!(unquote(b"##vso\\091x]").unwrap(), b"##vso[x]");
    }

    #[test]
    fn noncharacters_act() {
        let all = (0..=0x10_ffff).filter_map(char::from_u32);
        assert_eq!(all.filter(|character| is_noncharacter(*character)).count(), 66);
        assert!(acts('\u{ffff}') && acts('\u{10fffe}') && acts('\u{85}') && !acts('\u{fffd}') && !acts('ä'));
    }

    #[test]
    fn long_texts_are_split_for_the_zone_file() {
        let text = Text::from("x".repeat(300).as_str());
        assert_eq!(text.to_zone_text(), format!("\"{}\" \"{}\"", "x".repeat(255), "x".repeat(45)));
        assert_eq!(Text::from("").to_zone_text(), "\"\"");
    }
}
