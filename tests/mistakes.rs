//! Is every known mistake in the fixtures, or said to be none that DNS shows?
//!
//! `fixtures/README.md` lists which mistake is where. The list is read here: every file it names exists, every
//! scenario is named, and no mistake is missing.

use std::collections::BTreeSet;
use std::path::Path;

use crate::world::file;

const LIST: &str = "fixtures/README.md";
const FOLDER: &str = "fixtures/scenarios";
/// Scenarios of whole moves, and of what only time or another lookup tells, need no mistake.
const UNLISTED: [&str; 2] = ["moves/", "certainty/"];

/// The real mistakes, and the false alarms that comparable tools raise.
const MISTAKES: [&str; 60] = [
    "doubled name",
    "target without final dot",
    "two SPF records",
    "old MX left",
    "word-processor characters",
    "almost SPF",
    "blank or equals sign in a term",
    "quotes and welded strings in a text",
    "blanks and page code in a text",
    "verification text not exact",
    "verification MX left",
    "dots in the MX label",
    "guessed MX",
    "closed or older Microsoft host",
    "web proxy",
    "flattening",
    "wildcard masks a missing name",
    "SRV of a hosting panel",
    "autodiscover at the old host",
    "address instead of an alias",
    "DKIM target from an old example",
    "only one DKIM selector",
    "DKIM never switched on",
    "old key at a DKIM selector",
    "MTA-STS policy of the old MX",
    "MTA-STS wildcard",
    "stale DS",
    "TTL lowered too late",
    "negative cache",
    "strict DMARC through the change",
    "too many SPF lookups",
    "old sender kept",
    "older enrolment target",
    "msoid left",
    "SRV mangled by a panel",
    "DNS moved to Microsoft",
    "placeholder",
    "filter and direct MX",
    "several or misplaced DMARC policies",
    "dead delegation",
    "subdomain MX at the old host",
    "zone at the old host",
    "initial domain as MX",
    "bounce host at the domain",
    "closed filter as MX",
    "SIP records of the old platform",
    "old and new SRV",
    "SRV of a third host",
    "target that does not exist",
    "guard: reseller's SPF",
    "guard: filter's SPF",
    "guard: two Microsoft MX",
    "guard: host of another domain",
    "edited and not published",
    "edited at the wrong DNS host",
    "/autodiscover at the web host",
    "split-brain",
    "internal routing",
    "local delivery",
    "alias domain forgotten",
];

#[test]
fn no_mistake_is_missing() {
    let shown = rows("Which mistake is where");
    let hidden = rows("What DNS does not show");
    let listed: Vec<&str> = shown.iter().chain(&hidden).map(|row| row.mistake.as_str()).collect();
    let known: BTreeSet<&str> = MISTAKES.into_iter().collect();
    let missing: Vec<&&str> = known.iter().filter(|mistake| !listed.contains(*mistake)).collect();
    assert!(missing.is_empty(), "{LIST} lacks {missing:?}");
    let unknown: Vec<&&str> = listed.iter().filter(|mistake| !known.contains(*mistake)).collect();
    assert!(unknown.is_empty(), "{unknown:?} belong to the further mistakes");
    assert_eq!(listed.len(), MISTAKES.len(), "a mistake is listed twice");
}

#[test]
fn every_mistake_has_its_files_or_a_reason() {
    let scenarios = scenarios();
    for row in rows("Which mistake is where").iter().chain(&rows("Further mistakes")) {
        assert!(!row.files.is_empty(), "`{}` names no file", row.mistake);
        for pattern in &row.files {
            let exists = scenarios.iter().any(|name| fits(pattern, name));
            assert!(exists, "`{}` names `{pattern}`, which does not exist", row.mistake);
        }
    }
    for row in rows("What DNS does not show") {
        assert_eq!(row.cells, 2, "`{}` needs a reason, and what is said instead", row.mistake);
    }
}

#[test]
fn every_scenario_is_named() {
    let rows: Vec<Row> =
        ["Which mistake is where", "Further mistakes"].iter().flat_map(|heading| rows(heading)).collect();
    let patterns: Vec<&String> = rows.iter().flat_map(|row| &row.files).collect();
    let scenarios = scenarios();
    let unnamed = scenarios.iter().filter(|name| {
        !UNLISTED.iter().any(|folder| name.starts_with(folder))
            && !patterns.iter().any(|pattern| fits(pattern, name))
            && !is_guard(name)
    });
    let unnamed: Vec<&String> = unnamed.collect();
    assert!(unnamed.is_empty(), "{LIST} does not name {unnamed:?}");
}

/// A line of a table.
struct Row {
    mistake: String,
    /// Scenarios without their ending; the last character may be `*`.
    files: Vec<String>,
    /// Columns with text behind the first.
    cells: usize,
}

/// The lines of the table below a heading.
fn rows(heading: &str) -> Vec<Row> {
    let text = file(LIST);
    let section = text.split("\n## ").find(|section| section.starts_with(heading));
    let section = section.unwrap_or_else(|| panic!("{LIST} has no section `{heading}`"));
    let lines = section.lines().filter(|line| line.starts_with("| ")).skip(2);
    let row = |line: &str| {
        let (mistake, rest) = line.trim_matches(['|', ' ']).split_once(" | ").unwrap();
        // What stands between backticks and has a folder is a file.
        let files = rest.split('`').skip(1).step_by(2).filter(|word| word.contains('/'));
        Row {
            mistake: mistake.replace('`', ""),
            files: files.map(str::to_owned).collect(),
            cells: rest.split(" | ").filter(|cell| !cell.trim().is_empty()).count(),
        }
    };
    let rows: Vec<Row> = lines.map(row).collect();
    assert!(!rows.is_empty(), "{LIST} has no table below `{heading}`");
    rows
}

/// All scenarios as `folder/name`, without their ending.
fn scenarios() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(FOLDER);
    let mut names = Vec::new();
    for topic in std::fs::read_dir(&folder).unwrap() {
        for entry in std::fs::read_dir(topic.unwrap().path()).unwrap() {
            let path = entry.unwrap().path().with_extension("");
            names.push(path.strip_prefix(&folder).unwrap().to_str().unwrap().replace('\\', "/"));
        }
    }
    names.sort();
    names
}

/// Whether the scenario guards a world in which nothing is wrong.
fn is_guard(name: &str) -> bool {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let paths = ["zone", "recording"].map(|kind| format!("{FOLDER}/{name}.{kind}"));
    let text = paths.iter().find(|path| root.join(path).exists()).map(|path| file(path)).unwrap_or_default();
    // A recording begins with a line of its own.
    let first = text.lines().find_map(|line| line.strip_prefix("; ")).unwrap_or_default();
    first.starts_with("False alarm to avoid")
}

fn fits(pattern: &str, name: &str) -> bool {
    pattern.strip_suffix('*').map_or(name == pattern, |start| name.starts_with(start))
}
