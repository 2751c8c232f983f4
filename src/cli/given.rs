//! The options of this run that the commands in its report repeat.

use std::ffi::OsString;

use crate::report::harmless::harmless;

/// Options with a value that mean the same in `check`, `plan` and `watch`, and have nothing to do with one moment.
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

/// The same without a value.
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

/// Options that choose the DNS sources, which a saved run answers.
const LOOKUP: [&str; 5] = ["--resolver", "--name-server", "--tsig", "--transfer", "--allow-private-servers"];

/// Options with a value that say where answers come from, and that a later check of the same needs.
const OF_SOURCE: [&str; 4] = ["--zone", "--authority-port", "--timeout", "--deadline"];

/// The options that were typed and that a later command has to repeat, quoted for a shell; each with a blank before it.
pub(super) fn options(typed: &[OsString]) -> String {
    kept(typed, &[])
}

/// The same for a command that judges a saved run.
pub(super) fn replay_options(typed: &[OsString]) -> String {
    kept(typed, &LOOKUP)
}

/// The options that the next step of a report repeats: also where the answers come from, and which labs are asked.
pub(super) fn next_options(typed: &[OsString]) -> String {
    kept_with(typed, &[], &OF_SOURCE)
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
            given.push_str(&format!(" {name} {}", quoted(&value.unwrap_or_default())));
        }
    }
    given
}

/// A word that the shells of this system take as it is.
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
            next_options(&typed),
            " --tenant contoso --resolver '[::1]:53' --zone a.zone --strict --spf-sender 'a b'\\''c'"
        );
        assert_eq!(replay_options(&typed), " --tenant contoso --strict --spf-sender 'a b'\\''c'");
    }
}
