//! Finds commands to build agents in text.
//!
//! A build agent scans the log of a job for commands: Azure Pipelines for `##vso[` anywhere in a line, the runner of
//! GitHub Actions for `##[` anywhere and for `::` at the beginning, after blanks. Both use string comparisons that may
//! ignore invisible characters, so characters outside ASCII are skipped here.

/// Returns whether an opening bracket after this text would complete a command: `##`, optional letters, and the
/// bracket.
#[must_use]
pub(crate) fn opens_command(before: &[u8]) -> bool {
    let mut back = before.iter().rev().filter(|octet| octet.is_ascii()).peekable();
    while back.next_if(|octet| octet.is_ascii_alphabetic()).is_some() {}
    back.next() == Some(&b'#') && back.next() == Some(&b'#')
}

/// Returns the position of the colons that begin a command in this line, in octets; `None` if it does not begin with
/// them.
#[must_use]
pub(crate) fn leading_colons(line: &str) -> Option<usize> {
    let rest = line.trim_start_matches(|character: char| !character.is_ascii() || character.is_whitespace());
    let colons = rest.strip_prefix(':')?.trim_start_matches(|character: char| !character.is_ascii());
    colons.starts_with(':').then_some(line.len() - rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_are_found_whatever_is_invisible_between() {
        for before in ["##", "x ##vso", "##VSO", "###", "##teamcity", "#\u{ad}#v\u{fe0f}so"] {
            assert!(opens_command(before.as_bytes()), "{before:?}");
        }
        for before in ["", "#", "# #", "##vso.", "## ", "vso", "##1"] {
            assert!(!opens_command(before.as_bytes()), "{before:?}");
        }
    }

    #[test]
    fn colons_count_at_the_beginning_alone() {
        for (line, at) in [("::x", 0), ("  ::", 2), ("\u{a0}\u{fe0f}:\u{ad}:", 5), ("\t:::", 1)] {
            assert_eq!(leading_colons(line), Some(at), "{line:?}");
        }
        for line in ["", ":", "a::", "\"::", ": :", "2001:db8::1"] {
            assert_eq!(leading_colons(line), None, "{line:?}");
        }
    }
}
