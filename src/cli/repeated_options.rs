//! Selects the options of this run that the commands in its report repeat.

use std::ffi::OsString;
use std::sync::Arc;

use crate::report::harmless::harmless;
use crate::report::next_options::{NextOptions, RepeatedOptions};
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

/// Options with a value that a later check of the same domain needs: those of the source of answers, and the time by
/// which TTLs must be low.
const OF_NEXT: [&str; 5] = ["--zone", "--authority-port", "--timeout", "--deadline", "--switch-at"];

/// Options whose value is the path of a local file.
const OF_FILE: [&str; 5] = ["--settings", "--expect", "--tsig", "--history", "--zone"];

/// The form of the paths of local files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Paths {
    /// The paths as typed.
    Whole,
    /// Only the file names: readers of a report elsewhere do not have the folders, and need not know them.
    FileName,
}

/// Returns the given options that a later command has to repeat, quoted for a shell; each is preceded by a blank.
pub(super) fn options(typed: &[OsString]) -> String {
    kept(typed, &[], &[], Paths::Whole)
}

/// Returns these options for a command on a saved run.
pub(super) fn replay_options(typed: &[OsString]) -> String {
    kept(typed, &LOOKUP, &[], Paths::Whole)
}

/// Returns the options that the next step of a report repeats, including those for the source of answers and for test
/// labs, and for each domain those that only a list of domains gives it. The settings are read again by themselves.
pub(super) fn next_options(typed: &[OsString], options: &RunOptions) -> NextOptions {
    let listed = options.domains.list.iter().flat_map(|list| list.repeated());
    let own = listed.map(|(name, words)| (name.without_trailing_dot(), Arc::clone(words)));
    let own = Arc::new(own.collect());
    let repeated = |paths| RepeatedOptions {
        all: kept(typed, &[], &OF_NEXT, paths),
        without_resolvers: kept(typed, &["--resolver"], &OF_NEXT, paths),
        own: Arc::clone(&own),
    };
    NextOptions { local: repeated(Paths::Whole), shared: repeated(Paths::FileName) }
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

fn kept(typed: &[OsString], left_out: &[&str], more: &[&str], paths: Paths) -> String {
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
            let value = value.unwrap_or_default();
            let is_shortened = paths == Paths::FileName && OF_FILE.contains(&name);
            let value = if is_shortened { file_name(&value) } else { &value };
            given.push_str(&with_value(name, value));
        }
    }
    given
}

/// Returns an option and its value. A value that begins with a hyphen would be read as another option.
fn with_value(name: &str, value: &str) -> String {
    let between = if value.starts_with('-') { '=' } else { ' ' };
    format!(" {name}{between}{}", quoted(value))
}

/// Returns the file name of a path, in the notation of Unix or of Windows.
fn file_name(path: &str) -> &str {
    let separators = ['/', '\\'];
    path.trim_end_matches(separators).rsplit(separators).next().unwrap_or_default()
}

/// Quotes a word for the shells of this system.
fn quoted(word: &str) -> String {
    let word = harmless(word);
    if cfg!(windows) { quoted_for_windows(&word) } else { quoted_for_unix(&word) }
}

fn quoted_for_unix(word: &str) -> String {
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "._:/@=+,-".contains(character);
    match !word.is_empty() && word.chars().all(is_plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    }
}

/// For `cmd`, which knows double quotes only, and for PowerShell, which splits a word at a comma.
fn quoted_for_windows(word: &str) -> String {
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "._:/\\=+~-".contains(character);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    // A backslash before a quotation mark would be its escape.
    let inner = word.replace('"', "\\\"");
    let end = inner.len() - inner.trim_end_matches('\\').len();
    format!("\"{inner}{}\"", "\\".repeat(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_windows_are_quoted_where_a_shell_would_split_them() {
        for (word, quoted) in [
            (r"C:\Temp\a.zone", r"C:\Temp\a.zone"),
            (r"C:\My Files\a.zone", r#""C:\My Files\a.zone""#),
            (r"C:\My Files\", r#""C:\My Files\\""#),
            ("exchange,teams", r#""exchange,teams""#),
            ("[::1]:53", r#""[::1]:53""#),
            ("", r#""""#),
        ] {
            assert_eq!(quoted_for_windows(word), quoted);
        }
    }

    #[cfg(not(windows))]
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
            next_options(&typed, &RunOptions::default()).local.all,
            " --tenant contoso --switch-at 2026-11-28T20:00:00Z --resolver '[::1]:53' --zone a.zone --strict \
             --spf-sender 'a b'\\''c'"
        );
        assert_eq!(replay_options(&typed), " --tenant contoso --strict --spf-sender 'a b'\\''c'");
    }

    #[test]
    fn a_page_names_no_local_folder() {
        let typed = [
            "cutover",
            "check",
            "contoso.com",
            "--settings",
            "C:\\Users\\Kim Lee\\cutover.toml",
            "--history=/home/kim/moves/history.json",
            "--zone",
            "zones/contoso.com.zone",
            "--expect",
            "./graph.json",
            "--tsig",
            "../keys/tsig.conf",
            "--resolver",
            "https://dns.example/dns-query",
        ];
        let options = next_options(&typed.map(OsString::from), &RunOptions::default());
        let path = quoted("C:\\Users\\Kim Lee\\cutover.toml");
        let all = format!(
            " --settings {path} --history /home/kim/moves/history.json \
             --zone zones/contoso.com.zone --expect ./graph.json --tsig ../keys/tsig.conf \
             --resolver https://dns.example/dns-query"
        );
        assert_eq!(options.local.all, all);
        assert_eq!(
            options.shared.all,
            " --settings cutover.toml --history history.json --zone contoso.com.zone --expect graph.json \
             --tsig tsig.conf --resolver https://dns.example/dns-query"
        );
    }

    #[test]
    fn words_are_quoted_where_a_shell_needs_it() {
        for (word, posix) in [
            ("contoso-graph.json", "contoso-graph.json"),
            ("my lists/a.csv", "'my lists/a.csv'"),
            ("C:\\lists\\a.csv", "'C:\\lists\\a.csv'"),
            ("", "''"),
            ("$HOME", "'$HOME'"),
            ("it's", "'it'\\''s'"),
        ] {
            assert_eq!(quoted_for_unix(word), posix, "{word}");
        }
    }

    #[cfg(not(windows))]
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
