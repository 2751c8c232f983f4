//! Prints the version, the commit, the target, and the age of the facts for `cutover --version`.

use std::sync::LazyLock;

use crate::check::Reminder;
use crate::expected::ENDPOINTS;
use crate::provider::all;

/// Returns the text of `--version`; `-V` prints only the version.
pub(super) fn long() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(|| {
        format!(
            "{}\ncommit: {}\ntarget: {}\nnewest fact: {}",
            env!("CARGO_PKG_VERSION"),
            env!("CUTOVER_COMMIT"),
            env!("CUTOVER_TARGET"),
            newest_fact()
        )
    });
    &TEXT
}

/// Returns the date of the newest fact in the data tables.
pub(super) fn newest_fact() -> &'static str {
    newest(sources()).unwrap_or("unknown")
}

/// Returns the sources that the rows of the data tables name, each with its date.
fn sources() -> impl Iterator<Item = &'static str> {
    let endpoints = ENDPOINTS.iter().map(|row| row.source);
    let providers = all().iter().flat_map(|row| row.sources.iter().copied());
    endpoints.chain(providers).chain([Reminder::SOURCES])
}

/// Returns the newest date in these strings.
fn newest<'a>(texts: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    texts.flat_map(dates).max()
}

/// Returns the dates in a text: `2026-03-24`, or only the month, `2026-03`.
fn dates(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|character: char| !character.is_ascii_digit() && character != '-');
    words.filter(|word| is_date(word))
}

fn is_date(word: &str) -> bool {
    let parts: Vec<&str> = word.split('-').collect();
    let is_number =
        |part: &str, length: usize| part.len() == length && part.bytes().all(|octet| octet.is_ascii_digit());
    match &parts[..] {
        [year, month] => is_number(year, 4) && year.starts_with("20") && is_number(month, 2),
        [year, month, day] => is_date(&format!("{year}-{month}")) && is_number(day, 2),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_has_a_source_with_a_date() {
        for row in ENDPOINTS {
            assert!(dates(row.source).next().is_some(), "{}: {}", row.value, row.source);
        }
        for row in all() {
            let dated = row.sources.iter().any(|source| dates(source).next().is_some());
            assert!(dated, "{}: {:?}", row.id, row.sources);
        }
    }

    #[test]
    fn dates_are_found_in_sentences() {
        assert_eq!(
            dates("kb 2026-1234 of x (a1b2, 2024-05-21), read 2026-03").collect::<Vec<_>>(),
            ["2024-05-21", "2026-03"]
        );
        assert_eq!(
            newest(["a, 2024-05-21", "read 2026-03", "2025-12-31", "undated"].into_iter()),
            Some("2026-03")
        );
        assert_eq!(newest(["360060591153", "19-20"].into_iter()), None);
    }

    #[test]
    fn the_text_begins_with_the_version_and_ends_with_a_date() {
        let lines: Vec<&str> = long().lines().collect();
        assert_eq!((lines.len(), lines[0]), (4, env!("CARGO_PKG_VERSION")));
        assert!(lines[1].starts_with("commit: ") && lines[2].starts_with("target: "), "{lines:?}");
        assert!(is_date(lines[3].strip_prefix("newest fact: ").unwrap()), "{lines:?}");
    }
}
