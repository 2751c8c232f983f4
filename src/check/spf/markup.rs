//! Finds invisible and unusual characters in TXT records.
//!
//! A value that was copied from a web page or a word processor may contain characters that look like a blank or a
//! hyphen, or are invisible, and fragments of HTML. They are reported with their octets and their position, as
//! receivers see them.

use std::borrow::Cow;

use crate::record::Text;

/// The maximum number of oddities reported of one record.
const MOST_SHOWN: usize = 3;
/// The length in octets of the longest tag or entity that is recognized.
const LONGEST_MARK: usize = 40;

/// HTML tags that panels and web pages put around a value.
const TAGS: &[&str] =
    &["a", "b", "br", "code", "div", "em", "font", "i", "p", "pre", "span", "strong", "td", "u"];
/// HTML entities, and the characters that they stand for.
const ENTITIES: &[(&str, &str)] = &[
    ("&nbsp;", " "),
    ("&#160;", " "),
    ("&quot;", ""),
    ("&#34;", ""),
    ("&amp;", "&"),
    ("&ndash;", "-"),
    ("&mdash;", "-"),
    ("&#8211;", "-"),
    ("&#8212;", "-"),
];

/// Something in a TXT record that makes receivers fail to parse it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Oddity {
    /// The position of its first octet in the joined text, from 1.
    pub(super) place: usize,
    /// Its description, for a sentence.
    pub(super) words: String,
}

/// Returns the oddities of a text, in their order.
pub(super) fn oddities(text: &Text) -> Vec<Oddity> {
    let octets = text.joined();
    let mut found = Vec::new();
    match octets.first() {
        Some(b' ') => found.push(Oddity { place: 1, words: "a leading space".into() }),
        Some(b'"' | b'\'') => found.push(Oddity { place: 1, words: "a quotation mark".into() }),
        _ => {}
    }
    let mut place = 1;
    for chunk in octets.utf8_chunks() {
        for (at, character) in chunk.valid().char_indices() {
            let rest = &chunk.valid()[at..];
            let odd = named(character).map(|name| {
                let mut octets = [0; 4];
                let octets = character.encode_utf8(&mut octets).as_bytes();
                format!("{name} (U+{:04X}, `{}`)", u32::from(character), escaped(octets))
            });
            let mark = || mark(rest).map(|(mark, _)| format!("HTML (`{mark}`)"));
            if let Some(words) = odd.or_else(mark) {
                found.push(Oddity { place: place + at, words });
            }
        }
        place += chunk.valid().len();
        if !chunk.invalid().is_empty() {
            let words = format!("not UTF-8 (`{}`)", escaped(chunk.invalid()));
            found.push(Oddity { place, words });
            place += chunk.invalid().len();
        }
    }
    found
}

/// Formats the oddities for a sentence; `None` if there are none.
pub(super) fn described(oddities: &[Oddity]) -> Option<String> {
    let first = oddities.iter().take(MOST_SHOWN);
    let mut words: Vec<String> = first.map(|odd| format!("byte {} is {}", odd.place, odd.words)).collect();
    if oddities.len() > MOST_SHOWN {
        words.push(format!("{} more follow", oddities.len() - MOST_SHOWN));
    }
    (!words.is_empty()).then(|| super::join_and(words))
}

/// Formats octets for a sentence: those that are not printable ASCII become `\DDD` (RFC 1035 §5.1).
pub(super) fn escaped(octets: &[u8]) -> String {
    let quoted = crate::record::quote(octets);
    quoted[1..quoted.len() - 1].to_owned()
}

/// Returns the text with entities decoded and tags replaced by blanks.
pub(super) fn without_markup(text: &str) -> Cow<'_, str> {
    if !text.contains(['<', '&']) {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['<', '&']) {
        plain.push_str(&rest[..at]);
        rest = &rest[at..];
        let (length, instead) = match mark(rest) {
            Some((mark, instead)) => (mark.len(), instead),
            None => (1, &rest[..1]),
        };
        plain.push_str(instead);
        rest = &rest[length..];
    }
    plain.push_str(rest);
    Cow::Owned(plain)
}

/// Returns the tag or entity that a text begins with, and its replacement.
fn mark(text: &str) -> Option<(&str, &'static str)> {
    let begins = |mark: &str| text.get(..mark.len()).is_some_and(|start| start.eq_ignore_ascii_case(mark));
    if text.starts_with('&') {
        let (entity, instead) = ENTITIES.iter().find(|(entity, _)| begins(entity))?;
        return Some((&text[..entity.len()], instead));
    }
    let inside = text.strip_prefix('<')?;
    let end = inside.bytes().take(LONGEST_MARK).position(|octet| octet == b'>')?;
    let name = inside[..end].trim_matches('/').split(' ').next().unwrap_or_default().to_ascii_lowercase();
    TAGS.contains(&name.as_str()).then(|| (&text[..end + 2], " "))
}

/// Returns the name of an unusual character, for a sentence.
fn named(character: char) -> Option<&'static str> {
    Some(match character {
        ' '..='~' => return None,
        '\t' => "a tab",
        '\r' | '\n' => "a line break",
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' => "a control character",
        '\u{a0}' | '\u{202f}' => "a no-break space",
        '\u{ad}' => "an invisible soft hyphen",
        '\u{2000}'..='\u{200a}' | '\u{3000}' => "a wide or narrow space",
        '\u{200b}' => "an invisible zero-width space",
        '\u{200c}' | '\u{200d}' | '\u{2060}' => "an invisible joiner",
        '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            "an invisible writing-direction mark"
        }
        '\u{feff}' => "an invisible byte order mark",
        '\u{2010}' | '\u{2011}' => "a typographic hyphen",
        '\u{2012}' | '\u{2013}' => "an en dash",
        '\u{2014}' | '\u{2015}' => "an em dash",
        '\u{2212}' => "a minus sign",
        '\u{2018}'..='\u{201f}' => "a curly quotation mark",
        '\u{2026}' => "an ellipsis",
        _ => "a non-ASCII character",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told_of(text: &Text) -> Option<String> {
        described(&oddities(text))
    }

    #[test]
    fn what_is_odd_is_told_with_its_place_and_octets() {
        for (text, words) in [
            ("v=spf1 –all", r"byte 8 is an en dash (U+2013, `\226\128\147`)"),
            ("v=spf1\u{a0}-all", r"byte 7 is a no-break space (U+00A0, `\194\160`)"),
            ("v=spf1 a\u{200b} -all", r"byte 9 is an invisible zero-width space (U+200B, `\226\128\139`)"),
            ("v=spf1 -all<br>", "byte 12 is HTML (`<br>`)"),
            ("v=spf1&nbsp;-all", "byte 7 is HTML (`&nbsp;`)"),
            (" v=spf1", "byte 1 is a leading space"),
            ("\"v=spf1\"", "byte 1 is a quotation mark"),
            ("v=spf1\t-all", r"byte 7 is a tab (U+0009, `\009`)"),
            (
                "––––",
                concat!(
                    r"byte 1 is an en dash (U+2013, `\226\128\147`), ",
                    r"byte 4 is an en dash (U+2013, `\226\128\147`), ",
                    r"byte 7 is an en dash (U+2013, `\226\128\147`) and 1 more follow"
                ),
            ),
        ] {
            assert_eq!(told_of(&Text::from(text)).as_deref(), Some(words), "{text}");
        }
        let octets = Text::from_strings([&b"v=spf1 \xff\xfea"[..]]);
        assert_eq!(
            told_of(&octets).as_deref(),
            Some(r"byte 8 is not UTF-8 (`\255`) and byte 9 is not UTF-8 (`\254`)")
        );
    }

    #[test]
    fn plain_texts_are_not_odd() {
        for text in ["", "v=spf1 include:a.example -all", "v=spf1 include:<token>.example ~all", "a & b < c"]
        {
            assert_eq!(told_of(&Text::from(text)), None, "{text}");
            assert_eq!(without_markup(text), text);
        }
    }

    #[test]
    fn markup_is_taken_out() {
        assert_eq!(without_markup("<p>v=spf1&nbsp;-all</p>"), " v=spf1 -all ");
        assert_eq!(without_markup("<p class=x>a<é&é"), " a<é&é");
    }
}
