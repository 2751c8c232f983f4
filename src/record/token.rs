//! Splits lines of a zone file into fields.
//!
//! Finds the boundaries of fields; the caller interprets them.

use std::fmt::{self, Write as _};

use super::text::unquote;

/// One field of zone text, its escape sequences still in place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token<'a> {
    /// The octets, without the quotes around them.
    pub raw: &'a [u8],
    /// True if the field was in quotes.
    pub quoted: bool,
}

impl Token<'_> {
    /// Returns whether this is exactly the unquoted word.
    #[must_use]
    pub(crate) fn is_word(&self, word: &[u8]) -> bool {
        !self.quoted && self.raw == word
    }

    /// Returns the octets with the escape sequences resolved; `None` if one is invalid.
    #[must_use]
    pub fn unescaped(&self) -> Option<Vec<u8>> {
        unquote(self.raw)
    }

    /// Returns the field for an error message: at most 40 characters, control characters replaced.
    #[must_use]
    pub fn shown(&self) -> String {
        let text = String::from_utf8_lossy(self.raw);
        let mut shown: String = text
            .chars()
            .take(40)
            .map(|character| if character.is_control() { '?' } else { character })
            .collect();
        if text.chars().count() > 40 {
            shown.push('…');
        }
        shown
    }
}

impl fmt::Display for Token<'_> {
    /// Writes the field as it was written, quotes included; octets that are not printable ASCII become `\DDD`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quote = if self.quoted { "\"" } else { "" };
        f.write_str(quote)?;
        let mut escaped = false;
        for &octet in self.raw {
            match octet {
                b'\\' if !escaped => {
                    escaped = true;
                    continue;
                }
                0x20..=0x7e if escaped => write!(f, "\\{}", octet as char)?,
                0x20..=0x7e => f.write_char(octet as char)?,
                _ => write!(f, "\\{octet:03}")?,
            }
            escaped = false;
        }
        f.write_str(if escaped { "\\" } else { "" })?;
        f.write_str(quote)
    }
}

/// Splits one line, without comments or parentheses, into its fields; `None` if a quote is not closed.
#[must_use]
pub fn split(line: &[u8]) -> Option<Vec<Token<'_>>> {
    let mut tokens = Vec::new();
    let mut rest = line.trim_ascii_start();
    while !rest.is_empty() {
        let quoted = rest[0] == b'"';
        if quoted {
            rest = &rest[1..];
        }
        let end = field_end(rest, quoted)?;
        tokens.push(Token { raw: &rest[..end], quoted });
        rest = rest[end + usize::from(quoted)..].trim_ascii_start();
    }
    Some(tokens)
}

/// Returns the length of a field: up to its closing quote, or to the next blank or quote; `None` if a quote is not
/// closed.
fn field_end(rest: &[u8], quoted: bool) -> Option<usize> {
    let mut at = 0;
    while at < rest.len() {
        match rest[at] {
            b'\\' => at += 1,
            b'"' => return Some(at),
            octet if !quoted && octet.is_ascii_whitespace() => return Some(at),
            _ => {}
        }
        at += 1;
    }
    if quoted { None } else { Some(rest.len()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_split_at_blanks_and_quotes() {
        let tokens = split(b"  100 \"a b\\\"c\"\tx\\ y ").unwrap();
        let shown: Vec<String> = tokens.iter().map(Token::to_string).collect();
        assert_eq!(shown, ["100", "\"a b\\\"c\"", "x\\ y"]);
        assert_eq!(split(b"\"\\\xc3\xa9\\065\x07\"").unwrap()[0].to_string(), "\"\\195\\169\\065\\007\"");
        assert_eq!(split(b"\"open"), None);
        assert_eq!(split(b"\"open\\"), None);
    }
}
