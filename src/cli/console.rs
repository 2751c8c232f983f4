//! Writes to a console that shows only ASCII.

use std::io::{self, Write};

use crate::report::ascii::to_ascii;
use crate::report::style::Marks;

/// A stream whose text is converted to ASCII if the marks require it.
pub(super) struct Console<'a> {
    stream: &'a mut dyn Write,
    marks: Marks,
    /// The first octets of a character that is not complete yet.
    begun: Vec<u8>,
}

impl<'a> Console<'a> {
    /// Wraps a stream.
    pub(super) fn new(stream: &'a mut dyn Write, marks: Marks) -> Self {
        Self { stream, marks, begun: Vec::new() }
    }

    /// Writes only ASCII from now on.
    pub(super) fn restrict(&mut self) {
        self.marks = Marks::Ascii;
    }
}

impl Write for Console<'_> {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        if self.marks == Marks::Unicode {
            return self.stream.write(octets);
        }
        self.begun.extend_from_slice(octets);
        let whole = match std::str::from_utf8(&self.begun) {
            Ok(text) => text.len(),
            // A UTF-8 character has at most 4 octets.
            Err(error) if self.begun.len() - error.valid_up_to() < 4 => error.valid_up_to(),
            Err(_) => self.begun.len(),
        };
        let rest = self.begun.split_off(whole);
        let text = std::mem::replace(&mut self.begun, rest);
        self.stream.write_all(to_ascii(&String::from_utf8_lossy(&text)).as_bytes())?;
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

/// Returns the marks that a terminal shows in this locale. The first of `LC_ALL`, `LC_CTYPE` and `LANG` that is set
/// gives the character set; it is ASCII if none is. Windows writes to a console in UTF-16, whatever its code page.
pub(super) fn marks_of_locale(is_terminal: bool, locale: impl Fn(&str) -> Option<String>) -> Marks {
    if !is_terminal || cfg!(windows) {
        return Marks::Unicode;
    }
    let set =
        ["LC_ALL", "LC_CTYPE", "LANG"].iter().filter_map(|name| locale(name)).find(|text| !text.is_empty());
    let set = set.unwrap_or_default().to_ascii_lowercase().replace('-', "");
    if set.contains("utf8") { Marks::Unicode } else { Marks::Ascii }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_in_pieces_become_whole() {
        let mut out = Vec::new();
        let mut console = Console::new(&mut out, Marks::Ascii);
        for octet in "a… ✔ é\n".as_bytes() {
            console.write_all(&[*octet]).unwrap();
        }
        assert_eq!(String::from_utf8(out).unwrap(), "a... [ok] \\u{e9}\n");
    }

    #[cfg(unix)]
    #[test]
    fn the_locale_names_the_character_set() {
        let marks = |set: &[(&str, &str)]| {
            let locale = |name: &str| {
                set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
            };
            marks_of_locale(true, locale)
        };
        assert_eq!(marks(&[("LANG", "de_DE.UTF-8")]), Marks::Unicode);
        assert_eq!(marks(&[("LC_CTYPE", "C.utf8"), ("LANG", "C")]), Marks::Unicode);
        assert_eq!(marks(&[("LC_ALL", "C"), ("LANG", "de_DE.UTF-8")]), Marks::Ascii);
        assert_eq!(marks(&[("LC_ALL", ""), ("LANG", "de_DE.ISO-8859-1")]), Marks::Ascii);
        assert_eq!(marks(&[]), Marks::Ascii);
        assert_eq!(marks_of_locale(false, |_| None), Marks::Unicode);
    }
}
