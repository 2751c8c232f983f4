//! ASCII forms of marks and typographic characters, for a console that shows nothing else.

use std::borrow::Cow;

/// Returns the four-column ASCII form of a mark; all forms have the same width.
#[must_use]
pub(super) fn mark(mark: &str) -> &'static str {
    match mark {
        "✔" => "[ok]",
        "✘" => "[!!]",
        "…" => "[..]",
        "○" => "[  ]",
        "?" => "[??]",
        "!" => "[! ]",
        "–" => "[--]",
        _ => "[- ]",
    }
}

/// Returns the text in ASCII. A character without an ASCII form becomes an escape, as in `\u{e9}`.
#[must_use]
pub fn to_ascii(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return text.into();
    }
    let mut ascii = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '✔' | '✘' | '○' => ascii.push_str(mark(character.encode_utf8(&mut [0; 4]))),
            '…' => ascii.push_str("..."),
            '→' => ascii.push_str("->"),
            '–' | '—' | '\u{2010}' | '\u{2011}' | '\u{2212}' => ascii.push('-'),
            '·' => ascii.push('-'),
            '“' | '”' | '„' => ascii.push('"'),
            '‘' | '’' => ascii.push('\''),
            '\u{a0}' => ascii.push(' '),
            '×' => ascii.push('x'),
            '§' => ascii.push_str("section "),
            '\u{fffd}' => ascii.push('?'),
            other if other.is_ascii() => ascii.push(other),
            other => ascii.extend(other.escape_unicode()),
        }
    }
    ascii.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_has_a_form() {
        for (text, ascii) in [
            ("plain \u{1b}[1m", "plain \u{1b}[1m"),
            ("✔ ✘ ○", "[ok] [!!] [  ]"),
            ("MS=ms… – “a” → ‘b’", "MS=ms... - \"a\" -> 'b'"),
            ("\u{fffd}é例", "?\\u{e9}\\u{4f8b}"),
        ] {
            assert_eq!(to_ascii(text), ascii);
        }
    }

    #[test]
    fn marks_are_equally_wide() {
        for one in ["✔", "✘", "…", "○", "?", "!", "–", "·"] {
            assert!(mark(one).len() == 4 && mark(one).is_ascii(), "{one}");
        }
    }
}
