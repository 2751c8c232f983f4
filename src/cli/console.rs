//! Writes to a console that shows only ASCII.

use std::io::{self, Write};

use crate::report::ascii::to_ascii;
use crate::report::style::{Color, Links, Marks};

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
/// names the character set; without any, it is ASCII. A pipe gets UTF-8.
#[cfg(not(windows))]
pub(super) fn marks_of(is_terminal: bool, variable: impl Fn(&str) -> Option<String>) -> Marks {
    match !is_terminal || is_utf8_locale(&variable) {
        true => Marks::Unicode,
        false => Marks::Ascii,
    }
}

/// Returns the marks for a console or a pipe on Windows. Console output is UTF-16 whatever the code page, but the fonts
/// of the legacy console have no check marks, so only terminals that are known to have them get them. Programs,
/// PowerShell among them, read a pipe in the code page of the console (437, 850, 1252), unless the locale says UTF-8,
/// as in Git Bash.
#[cfg(any(windows, test))]
pub(super) fn windows_marks(is_terminal: bool, variable: impl Fn(&str) -> Option<String>) -> Marks {
    let is =
        |name: &str, values: &[&str]| variable(name).is_some_and(|value| values.contains(&value.as_str()));
    // Windows Terminal, the editors and terminals that name themselves, and ConEmu.
    let is_known = variable("WT_SESSION").is_some()
        || is("TERM_PROGRAM", &["vscode", "WezTerm", "ghostty", "mintty"])
        || is("TERM", &["xterm-256color", "alacritty", "xterm-kitty"])
        || is("TERMINAL_EMULATOR", &["JetBrains-JediTerm"])
        || is("ConEmuANSI", &["ON"]);
    match is_terminal && is_known || is_utf8_locale(&variable) {
        true => Marks::Unicode,
        false => Marks::Ascii,
    }
}

#[cfg(windows)]
pub(super) use windows_marks as marks_of;

fn is_utf8_locale(variable: &impl Fn(&str) -> Option<String>) -> bool {
    let names = ["LC_ALL", "LC_CTYPE", "LANG"].iter();
    let set = names.filter_map(|name| variable(name)).find(|text| !text.is_empty());
    set.unwrap_or_default().to_ascii_lowercase().replace('-', "").contains("utf8")
}

/// Returns the color of `--color auto`. Precedence: `NO_COLOR`, `CLICOLOR_FORCE`, `FORCE_COLOR`, then `CLICOLOR` and
/// the terminal. An empty variable counts as not set.
pub(super) fn color_of(is_terminal: bool, variable: impl Fn(&str) -> Option<String>) -> Color {
    let set = |name: &str| variable(name).filter(|value| !value.is_empty());
    let is_off = |value: &str| value == "0" || value.eq_ignore_ascii_case("false");
    let is_on = if set("NO_COLOR").is_some() {
        false
    } else if set("CLICOLOR_FORCE").is_some_and(|value| !is_off(&value)) {
        true
    } else if let Some(value) = set("FORCE_COLOR") {
        !is_off(&value)
    } else {
        let is_unwanted = set("CLICOLOR").is_some_and(|value| is_off(&value));
        is_terminal && !is_unwanted && !is_plain(variable)
    };
    if is_on { Color::On } else { Color::Off }
}

/// Returns whether the environment asks for text without escape sequences, so that no status line is updated either.
pub(super) fn is_plain(variable: impl Fn(&str) -> Option<String>) -> bool {
    variable("NO_COLOR").is_some_and(|value| !value.is_empty())
        || variable("TERM").is_some_and(|value| value == "dumb")
}

/// Returns whether codes become links: on a terminal that is known to support OSC 8, or if `FORCE_HYPERLINK` is set,
/// which `supports-hyperlinks` and other programs read too.
pub(super) fn links_of(is_terminal: bool, variable: impl Fn(&str) -> Option<String>) -> Links {
    let is_set = |name: &str| variable(name).is_some_and(|value| !value.is_empty());
    let is_one_of = |name: &str, known: &[&str]| {
        variable(name).is_some_and(|value| known.iter().any(|known| value.eq_ignore_ascii_case(known)))
    };
    // Version 0.50 of the library of GNOME's terminal and many others is written 5000.
    let vte = variable("VTE_VERSION").and_then(|version| version.parse::<u32>().ok()).unwrap_or_default();
    let is_supported = vte >= 5000
        || ["WT_SESSION", "KONSOLE_VERSION", "DOMTERM"].into_iter().any(is_set)
        || is_one_of("TERM_PROGRAM", &["iTerm.app", "WezTerm", "vscode", "ghostty", "Hyper"])
        || is_one_of("TERM", &["xterm-kitty", "alacritty", "xterm-ghostty", "foot"]);
    let is_on = match variable("FORCE_HYPERLINK").filter(|value| !value.is_empty()) {
        Some(value) => value != "0",
        None => is_terminal && is_supported && !is_plain(variable),
    };
    if is_on { Links::On } else { Links::Off }
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

    fn variables<'a>(set: &'a [(&'a str, &'a str)]) -> impl Fn(&str) -> Option<String> + use<'a> {
        |name| set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
    }

    #[cfg(not(windows))]
    #[test]
    fn the_locale_names_the_character_set() {
        let marks = |set: &[(&str, &str)]| marks_of(true, variables(set));
        assert_eq!(marks(&[("LANG", "de_DE.UTF-8")]), Marks::Unicode);
        assert_eq!(marks(&[("LC_CTYPE", "C.utf8"), ("LANG", "C")]), Marks::Unicode);
        assert_eq!(marks(&[("LC_ALL", "C"), ("LANG", "de_DE.UTF-8")]), Marks::Ascii);
        assert_eq!(marks(&[("LC_ALL", ""), ("LANG", "de_DE.ISO-8859-1")]), Marks::Ascii);
        assert_eq!(marks(&[]), Marks::Ascii);
        assert_eq!(marks_of(false, |_| None), Marks::Unicode);
    }

    #[test]
    fn windows_gets_unicode_where_it_is_known_to_be_shown() {
        for (set, terminal, pipe) in [
            (&[][..], Marks::Ascii, Marks::Ascii),
            (&[("WT_SESSION", "0b1d")], Marks::Unicode, Marks::Ascii),
            (&[("TERM_PROGRAM", "vscode")], Marks::Unicode, Marks::Ascii),
            (&[("TERM_PROGRAM", "other"), ("TERM", "cygwin")], Marks::Ascii, Marks::Ascii),
            (&[("LANG", "en_US.UTF-8")], Marks::Unicode, Marks::Unicode),
        ] {
            assert_eq!(windows_marks(true, variables(set)), terminal, "{set:?}");
            assert_eq!(windows_marks(false, variables(set)), pipe, "{set:?}");
        }
    }

    #[test]
    fn variables_decide_about_color_before_the_terminal_does() {
        let color = |is_terminal: bool, set: &str| {
            let variable = |name: &str| {
                let mut pairs = set.split_whitespace().filter_map(|pair| pair.split_once('='));
                pairs.find(|(known, _)| *known == name).map(|(_, value)| value.to_owned())
            };
            color_of(is_terminal, variable) == Color::On
        };
        for (set, on_terminal, in_pipe) in [
            ("", true, false),
            ("TERM=dumb", false, false),
            ("CLICOLOR=0", false, false),
            ("CLICOLOR=1", true, false),
            ("NO_COLOR=1", false, false),
            ("NO_COLOR=", true, false),
            ("CLICOLOR_FORCE=1", true, true),
            ("CLICOLOR_FORCE=0", true, false),
            ("CLICOLOR_FORCE=", true, false),
            ("FORCE_COLOR=1", true, true),
            ("FORCE_COLOR=3", true, true),
            ("FORCE_COLOR=true", true, true),
            ("FORCE_COLOR=0", false, false),
            ("FORCE_COLOR=false", false, false),
            ("FORCE_COLOR=", true, false),
            ("TERM=dumb CLICOLOR_FORCE=1", true, true),
            ("CLICOLOR=0 FORCE_COLOR=1", true, true),
            ("CLICOLOR_FORCE=1 FORCE_COLOR=0", true, true),
            ("NO_COLOR=1 CLICOLOR_FORCE=1", false, false),
            ("NO_COLOR=1 FORCE_COLOR=1", false, false),
        ] {
            assert_eq!((color(true, set), color(false, set)), (on_terminal, in_pipe), "{set}");
        }
    }

    #[test]
    fn links_are_written_only_where_they_are_known_to_work() {
        let links = |is_terminal: bool, set: &str| {
            let variable = |name: &str| {
                let mut pairs = set.split_whitespace().filter_map(|pair| pair.split_once('='));
                pairs.find(|(known, _)| *known == name).map(|(_, value)| value.to_owned())
            };
            links_of(is_terminal, variable) == Links::On
        };
        for (set, on_terminal, in_pipe) in [
            ("", false, false),
            ("TERM=xterm-256color", false, false),
            ("VTE_VERSION=7006", true, false),
            ("VTE_VERSION=4205", false, false),
            ("WT_SESSION=1", true, false),
            ("TERM_PROGRAM=vscode", true, false),
            ("TERM=xterm-kitty", true, false),
            ("TERM=dumb WT_SESSION=1", false, false),
            ("NO_COLOR=1 WT_SESSION=1", false, false),
            ("FORCE_HYPERLINK=1", true, true),
            ("FORCE_HYPERLINK=0 WT_SESSION=1", false, false),
        ] {
            assert_eq!((links(true, set), links(false, set)), (on_terminal, in_pipe), "{set}");
        }
    }
}
