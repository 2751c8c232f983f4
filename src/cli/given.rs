//! Selects the options of this run that the commands in its report repeat.

use std::ffi::OsString;
use std::sync::Arc;

use crate::report::harmless::harmless;
use crate::report::next_options::NextOptions;
use crate::run::{OptionValues, RunOptions};

/// Options with a value that have the same meaning in `check`, `plan` and `watch` and do not depend on the time of the
/// run.
const WITH_VALUE: [&str; 19] = [
    "--settings",
    "--cloud",
    "--services",
    "--tenant",
    "--mx",
    "--verification",
    "--expect",
    "--expect-format",
    "--graph-url",
    "--source",
    "--gateway",
    "--spf-sender",
    "--resolver",
    "--name-server",
    "--tsig",
    "--view",
    "--history",
    "--old-ttl",
    "--queue-margin",
];

/// Such options without a value.
const ALONE: [&str; 10] = [
    "--graph",
    "--hybrid",
    "--parked",
    "--transfer",
    "--strict",
    "--ask-tenant",
    "--ask-autodiscover",
    "--no-https",
    "--allow-private-servers",
    "--ascii",
];

/// Options that choose the DNS sources, which a saved run replaces.
const LOOKUP: [&str; 5] = ["--resolver", "--name-server", "--tsig", "--transfer", "--allow-private-servers"];

/// Options with a value that only the next step repeats: those that concern the source of answers, which a later check
/// of the same source needs, and the time of the move.
const OF_NEXT: [&str; 5] = ["--zone", "--authority-port", "--timeout", "--deadline", "--switch-at"];

/// Returns the given options that a later command has to repeat, quoted for a shell; each is preceded by a blank.
pub(super) fn options(typed: &[OsString]) -> String {
    kept(typed, &[])
}

/// Returns these options for a command on a saved run.
pub(super) fn replay_options(typed: &[OsString]) -> String {
    kept(typed, &LOOKUP)
}

/// Returns the options that the next step of a report repeats, including those for the source of answers and for test
/// labs, and for each domain those that only a list of domains gives it. The settings are read again by themselves.
pub(super) fn next_options(typed: &[OsString], options: &RunOptions) -> NextOptions {
    let listed = options.domains.list.iter().flat_map(|list| list.repeated());
    let own = listed.map(|(name, words)| (name.without_trailing_dot(), Arc::clone(words)));
    NextOptions {
        all: kept_with(typed, &[], &OF_NEXT),
        without_resolvers: kept_with(typed, &["--resolver"], &OF_NEXT),
        own: Arc::new(own.collect()),
    }
}

/// Returns options of a list as words of a command line. The next command gives the phase by itself.
pub(super) fn repeated(values: &OptionValues) -> String {
    let mut words = String::new();
    for (key, values) in values.iter().filter(|(key, _)| *key != "phase") {
        if values.is_empty() {
            words.push_str(&format!(" --{key}"));
        }
        for value in values {
            words.push_str(&with_value(&format!("--{key}"), &value.to_string_lossy()));
        }
    }
    words
}

fn kept(typed: &[OsString], left_out: &[&str]) -> String {
    kept_with(typed, left_out, &[])
}

fn kept_with(typed: &[OsString], left_out: &[&str], more: &[&str]) -> String {
    let mut words = typed.iter().map(|word| word.to_string_lossy());
    let mut given = String::new();
    while let Some(word) = words.next() {
        if word == "--" {
            break;
        }
        let (name, joined) = word.split_once('=').map_or((&*word, None), |(name, value)| (name, Some(value)));
        if ALONE.contains(&name) {
            if left_out.contains(&name) {
                continue;
            }
            given.push_str(&format!(" {name}"));
        } else if WITH_VALUE.contains(&name) || more.contains(&name) {
            let value = joined.map(str::to_owned).or_else(|| words.next().map(std::borrow::Cow::into_owned));
            if left_out.contains(&name) {
                continue;
            }
            given.push_str(&with_value(name, &value.unwrap_or_default()));
        }
    }
    given
}

/// Returns an option and its value. A value that begins with a hyphen would be read as another option.
fn with_value(name: &str, value: &str) -> String {
    let between = if value.starts_with('-') { '=' } else { ' ' };
    format!(" {name}{between}{}", quoted(value, cfg!(windows)))
}

/// Quotes a word for a POSIX shell, or for the shells of Windows.
fn quoted(word: &str, is_windows: bool) -> String {
    let word = harmless(word);
    let is_path = |character: char| is_windows && character == '\\';
    let is_plain = |character: char| {
        character.is_ascii_alphanumeric() || "._:/@=+,-".contains(character) || is_path(character)
    };
    match (!word.is_empty() && word.chars().all(is_plain), is_windows) {
        (true, _) => word,
        (false, false) => format!("'{}'", word.replace('\'', "'\\''")),
        (false, true) => format!("\"{}\"", word.replace('"', "\\\"")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_matters_later_is_repeated() {
        let typed =
            "cutover plan contoso.com --format runbook --tenant=contoso --switch-at 2026-11-28T20:00:00Z \
                     --resolver [::1]:53 --zone a.zone --strict --spf-sender"
                .split_whitespace();
        let typed: Vec<OsString> = typed.map(OsString::from).chain(["a b'c".into()]).collect();
        assert_eq!(
            options(&typed),
            " --tenant contoso --resolver '[::1]:53' --strict --spf-sender 'a b'\\''c'"
        );
        assert_eq!(
            next_options(&typed, &RunOptions::default()).all,
            " --tenant contoso --switch-at 2026-11-28T20:00:00Z --resolver '[::1]:53' --zone a.zone --strict \
             --spf-sender 'a b'\\''c'"
        );
        assert_eq!(replay_options(&typed), " --tenant contoso --strict --spf-sender 'a b'\\''c'");
    }

    #[test]
    fn words_are_quoted_where_a_shell_needs_it() {
        for (word, posix, windows) in [
            ("contoso-graph.json", "contoso-graph.json", "contoso-graph.json"),
            ("my lists/a.csv", "'my lists/a.csv'", "\"my lists/a.csv\""),
            ("C:\\lists\\a.csv", "'C:\\lists\\a.csv'", "C:\\lists\\a.csv"),
            ("", "''", "\"\""),
            ("$HOME", "'$HOME'", "\"$HOME\""),
            ("it's", "'it'\\''s'", "\"it's\""),
        ] {
            assert_eq!((quoted(word, false), quoted(word, true)), (posix.into(), windows.into()), "{word}");
        }
    }

    #[test]
    fn options_of_a_list_become_words() {
        let mut values = OptionValues::new();
        values.insert("hybrid".into(), Vec::new());
        values.insert("phase".into(), vec!["tidy".into()]);
        values.insert("gateway".into(), vec!["mimecast".into(), "mx.example".into()]);
        values.insert("expect".into(), vec!["-a b.csv".into()]);
        assert_eq!(
            repeated(&values),
            " --expect='-a b.csv' --gateway mimecast --gateway mx.example --hybrid"
        );
    }
}
