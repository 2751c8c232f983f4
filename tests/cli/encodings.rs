//! Is a file that Windows programs wrote read like any other?
//!
//! Notepad writes line ends of CRLF and may write a byte order mark; the redirection of PowerShell 5.1 writes UTF-16.

use super::{State, at_source, recording, zone};
use crate::run::{Run, Workspace, cutover, without_next_step};

/// A text as different programs save it: the first is as it is.
fn encodings(text: &str) -> [Vec<u8>; 4] {
    let windows = format!("\u{feff}{}", text.replace('\n', "\r\n"));
    let wide: Vec<u8> = windows.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let swapped: Vec<u8> = windows.encode_utf16().flat_map(u16::to_be_bytes).collect();
    [text.as_bytes().to_vec(), windows.into_bytes(), wide, swapped]
}

/// Runs the same command on the file in each encoding; every run must be as the first.
fn same(workspace: &Workspace, name: &str, text: &str, words: impl Fn(&str) -> String) -> Run {
    let mut runs = encodings(text).into_iter().map(|octets| {
        let run = cutover(&words(&workspace.put(name, octets)));
        Run { out: without_next_step(&run.out), ..run }
    });
    let first = runs.next().unwrap();
    assert_ne!(first.status, 2, "{first:?}");
    for run in runs {
        assert_eq!(run, first);
    }
    first
}

#[test]
fn every_kind_of_input_is_read_in_every_encoding() {
    let workspace = Workspace::new();
    let good = workspace.put("good.zone", zone("contoso.com", &[]));
    let run = same(&workspace, "contoso.com.zone", &at_source("contoso.com"), |file| {
        format!("check contoso.com --zone {file} --format json")
    });
    assert_eq!(run.code("mx"), "mx-at-source");
    let list = "# customers\ncontoso.com tenant=contoso\n";
    let run = same(&workspace, "list.txt", list, |file| {
        format!("check --domains {file} --zone {good} --format json")
    });
    assert!(run.expectation("dkim-selector1")["expected"].to_string().contains("contoso.onmicrosoft"));
    let settings = "[defaults]\ntenant = \"contoso\"\n\n[[domain]]\nname = \"contoso.com\"\n";
    let run = same(&workspace, "cutover.toml", settings, |file| {
        format!("check --settings {file} --zone {good} --format json")
    });
    assert!(run.expectation("dkim-selector1")["expected"].to_string().contains("contoso.onmicrosoft"));
    let expected = "name,type,value\n@,TXT,MS=ms87654321\n";
    let run = same(&workspace, "expected.csv", expected, |file| {
        format!("check contoso.com --expect {file} --zone {good} --format json")
    });
    assert_eq!(run.code("verification"), "verification-other-value");
}

#[test]
fn what_a_run_wrote_is_read_again_in_every_encoding() {
    let workspace = Workspace::new();
    let domains = [("contoso.com", State::ChangesNeeded), ("fabrikam.com", State::Ready)];
    let saved = recording(&domains);
    let file = workspace.put("run.rec", &saved);
    same(&workspace, "wide.rec", &saved, |file| format!("check --replay {file} --format json"));
    for format in ["json", "ndjson"] {
        let report = cutover(&format!("check --replay {file} --format {format}")).out;
        let run = same(&workspace, "report", &report, |file| format!("report {file} --format csv"));
        assert_eq!((run.status, run.out.lines().count() > 2), (1, true), "{run:?}");
        same(&workspace, "before", &report, |before| {
            format!("check --replay {file} --since {before} --fail-on-new --format json")
        });
    }
    same(&workspace, "before.rec", &saved, |before| {
        format!("check --replay {file} --since {before} --format json")
    });
    // Gone on from: the half of a line at the end does not count.
    let lines = cutover(&format!("check --replay {file} --format ndjson")).out;
    let half = &lines[..lines.find('\n').unwrap() + 40];
    let run = same(&workspace, "part.ndjson", half, |part| {
        format!("check --replay {file} --resume {part} --format ndjson")
    });
    assert!(run.out.starts_with("{") && run.out.lines().count() == 1 && run.out.contains("fabrikam.com"));
}

#[test]
fn what_begins_as_utf_16_and_is_not_is_refused_with_the_fix() {
    let workspace = Workspace::new();
    let broken = workspace.put("broken", b"\xff\xfea\0\0\xd8b\0");
    for option in ["--zone", "--settings", "--domains", "--replay", "--expect"] {
        let domain = if option == "--domains" { "" } else { "contoso.com" };
        let run = cutover(&format!("check {domain} {option} {broken}"));
        assert_eq!((run.status, run.errors()), (2, 1), "{option}: {run:?}");
        assert!(run.err.contains("broken") && run.err.contains("save it as UTF-8"), "{option}: {}", run.err);
    }
}
