//! Do stored results, put together again, say what one run would have said?

use std::sync::Arc;

use cutover::cli::Surroundings;
use serde_json::Value;

use super::{State, at_source, recorded, recording, zone};
use crate::run::{Run, Workspace, cutover, cutover_with, surroundings, without_next_step};

/// Formats that say the same of stored results as of those of a run. A table shows the time of the check as well.
const SAME: [&str; 10] =
    ["json", "ndjson", "csv", "markdown", "html", "junit", "sarif", "github", "prometheus", "nagios"];

/// A workspace with zones of so many domains in one file, and their names in a list.
fn workspace(count: usize) -> (Workspace, String, String) {
    let workspace = Workspace::new();
    let names: Vec<String> = (0..count).map(|number| format!("customer-{number}.example")).collect();
    let zones = names.iter().enumerate().map(|(index, name)| match index % 7 {
        3 => at_source(name),
        5 => zone(name, &[("SPF", "@ TXT \"v=spf1 include:_spf.fabrikam.example -all\"")]),
        _ => zone(name, &[]),
    });
    let zones = workspace.put("all.zone", zones.collect::<String>());
    let list = workspace.put("list.txt", names.join("\n"));
    (workspace, zones, list)
}

fn statuses(run: &Run) -> Vec<(String, String)> {
    let json = run.json();
    let domains = json["domains"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    domains.map(|one| (text(&one["domain"]), text(&one["verdict"]))).collect()
}

#[test]
fn shards_of_which_one_was_killed_and_one_run_twice_tell_the_same_as_one_run() {
    let (workspace, zones, list) = workspace(40);
    let shard = |options: &str| {
        cutover(&format!("check --domains {list} --zone {zones} --format ndjson {options}")).out
    };
    let first = shard("--shard 1/4");
    let lines: Vec<&str> = first.lines().collect();
    // Killed in the middle of a line, and resumed in the same file.
    let cut = format!("{}\n{}", lines[..3].join("\n"), &lines[3][..lines[3].len() / 2]);
    let killed = workspace.put("killed.ndjson", &cut);
    let resumed = shard(&format!("--shard 1/4 --resume {killed}"));
    let killed = workspace.put("killed.ndjson", format!("{cut}\n{resumed}"));
    let twice = workspace.put("twice.ndjson", shard("--shard 2/4").repeat(2));
    let third = workspace.put("third.ndjson", shard("--shard 3/4"));
    let fourth = cutover(&format!("check --domains {list} --zone {zones} --format json --shard 4/4"));
    let fourth = workspace.put("fourth.json", fourth.out);
    for order in [[&killed, &twice, &third, &fourth], [&fourth, &third, &twice, &killed]] {
        let files = order.map(String::as_str).join(" ");
        for format in SAME {
            let whole = cutover(&format!("check --domains {list} --zone {zones} --format {format}"));
            let run = cutover(&format!("report {files} --domains {list} --format {format}"));
            assert_eq!(run.status, whole.status, "{format}: {run:?}");
            match format {
                // The next step names the files that were read.
                "html" | "markdown" => {
                    assert_eq!(without_next(&run.out), without_next(&whole.out), "{format}")
                }
                _ => assert_eq!(run.out, whole.out, "{format}"),
            }
            assert!(run.err.contains("killed.ndjson:4: the line ends too early"), "{}", run.err);
        }
        // Without the list, in the order of the files.
        let whole = cutover(&format!("check --domains {list} --zone {zones} --format json"));
        let mut expected = statuses(&whole);
        let mut found = statuses(&cutover(&format!("report {files} --format json")));
        expected.sort();
        found.sort();
        assert_eq!(found, expected);
    }
    let table = cutover(&format!("report {killed} {twice} {third} {fourth} --domains {list}"));
    let whole = cutover(&format!("check --domains {list} --zone {zones}"));
    let counts = |run: &Run| run.out.lines().find(|line| line.starts_with("40 domains: ")).map(str::to_owned);
    assert!(counts(&table).is_some(), "{}", table.out);
    assert_eq!((table.status, counts(&table)), (whole.status, counts(&whole)));
    let verbose = cutover(&format!("report {killed} {twice} {third} {fourth} --domains {list} -v"));
    assert!(verbose.out.contains("Checked 2026-11-22 05:23 UTC."), "{}", verbose.out);
}

#[test]
fn a_domain_without_a_result_is_undetermined_and_said() {
    let (workspace, zones, list) = workspace(6);
    let half = cutover(&format!("check --domains {list} --zone {zones} --format ndjson --shard 1/2"));
    let file = workspace.put("half.ndjson", half.out);
    let missing = cutover(&format!("check --domains {list} --zone {zones} --format ndjson --shard 2/2"));
    let missing: Vec<String> = missing
        .out
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["domain"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(missing, ["customer-0.example", "customer-4.example", "customer-5.example"]);
    for format in SAME.into_iter().chain(["table"]) {
        let run = cutover(&format!("report {file} --domains {list} --format {format}"));
        assert!(run.err.contains(&format!("no result for {} of 6 domains", missing.len())), "{}", run.err);
        for domain in &missing {
            assert!(run.err.contains(domain.as_str()) && run.out.contains(domain.as_str()), "{format}");
        }
        assert!(run.status != 0, "{format}");
    }
    let json = cutover(&format!("report {file} --domains {list} --format json"));
    let verdicts = statuses(&json);
    assert_eq!(verdicts.len(), 6);
    assert!(missing.iter().all(|domain| verdicts.contains(&(domain.clone(), "undetermined".into()))));
    // What is missing once is replaced by a result that is found later, whatever the order.
    let merged = workspace
        .put("merged.ndjson", cutover(&format!("report {file} --domains {list} --format ndjson")).out);
    let rest = cutover(&format!("check --domains {list} --zone {zones} --format ndjson --shard 2/2"));
    let rest = workspace.put("rest.ndjson", rest.out);
    let whole = cutover(&format!("check --domains {list} --zone {zones} --format json"));
    for files in [format!("{merged} {rest}"), format!("{rest} {merged}")] {
        assert_eq!(cutover(&format!("report {files} --domains {list} --format json")).out, whole.out);
    }
    // A domain that is not in the list is left out, and that is said.
    let short = workspace.put("short.txt", "customer-0.example\n");
    let run = cutover(&format!("report {merged} {rest} --domains {short} --format json"));
    assert_eq!(statuses(&run).len(), 1);
    assert!(run.err.contains("5 domains are left out"), "{}", run.err);
}

#[test]
fn the_newest_result_of_a_domain_wins_whatever_the_order() {
    let workspace = Workspace::new();
    let old = recording(&[("contoso.com", State::ChangesNeeded), ("fabrikam.com", State::Ready)]);
    let new = recording(&[("contoso.com", State::Ready)]).replace("2026-11-22T05", "2026-11-22T07");
    let old = workspace.put("old.rec", old);
    let new = workspace.put("new.rec", new);
    for (one, other) in [("json", "ndjson"), ("ndjson", "json"), ("json", "json")] {
        let old = workspace.put("old", cutover(&format!("check --replay {old} --format {one}")).out);
        let new = workspace.put("new", cutover(&format!("check --replay {new} --format {other}")).out);
        for files in [format!("{old} {new}"), format!("{new} {old}")] {
            let run = cutover(&format!("report {files} --format json"));
            assert_eq!(run.status, 0, "{run:?}");
            let json = run.json();
            assert_eq!(json["checked_at"], "2026-11-22T07:23:00Z");
            let domains = json["domains"].as_array().unwrap();
            let time =
                |name: &str| domains.iter().find(|one| one["domain"] == name).unwrap()["checked_at"].clone();
            assert_eq!((domains.len(), time("contoso.com")), (2, Value::Null));
            assert_eq!(time("fabrikam.com"), "2026-11-22T05:23:00Z");
            // The time of each result survives further rounds.
            let again = workspace.put("again.json", &run.out);
            assert_eq!(cutover(&format!("report {again} --format json")).out, run.out);
        }
    }
}

#[test]
fn the_exit_status_is_that_of_a_check() {
    for (state, status) in
        [(State::Ready, 0), (State::ChangesNeeded, 1), (State::Undetermined, 3), (State::Waiting, 4)]
    {
        let (workspace, file) = recorded(&[("contoso.com", state)]);
        let run = cutover(&format!("check --replay {file} -v --format json"));
        let report = workspace.put("report.json", &run.out);
        for options in ["", "--fail-on changes-needed", "--fail-on ready,waiting", "--format nagios", "-v"] {
            let whole = cutover(&format!("check --replay {file} {options}"));
            assert_eq!(cutover(&format!("report {report} {options}")).status, whole.status, "{options}");
        }
        assert_eq!(cutover(&format!("report {report}")).status, status);
        // With every reply, the bytes are the same.
        assert_eq!(cutover(&format!("report {report} -v --format json")).out, run.out);
        let html = |words: &str| cutover(&format!("{words} --format html")).out;
        let pages = [html(&format!("report {report}")), html(&format!("check --replay {file}"))];
        assert_eq!(without_next(&pages[0]), without_next(&pages[1]));
        let output = workspace.free("out.csv");
        cutover(&format!("report {report} --output csv={output}"));
        assert_eq!(
            std::fs::read_to_string(&output).unwrap(),
            cutover(&format!("check --replay {file} --format csv")).out
        );
    }
}

#[test]
fn a_table_of_stored_results_is_that_of_the_check_with_its_time() {
    let moved = ("SPF", "@ TXT \"v=spf1 include:emailsrvr.com include:spf.protection.outlook.com -all\"");
    let workspace = Workspace::new();
    let zones = [
        ("moved.example", zone("moved.example", &[moved])),
        ("left.example", at_source("left.example")),
        ("xn--bcher-kva.example", at_source("xn--bcher-kva.example")),
    ];
    let zones = zones.map(|(name, text)| workspace.put(&format!("{name}.zone"), text));
    let [moved, left, unicode] = &zones;
    let history = workspace.free("history.json");
    let whole = format!(
        "check moved.example left.example xn--bcher-kva.example --zone {moved} --zone {left} --zone {unicode}"
    );
    let waiting = recording(&[("contoso.com", State::Waiting), ("fabrikam.com", State::Undetermined)]);
    let waiting = workspace.put("waiting.rec", waiting);
    for check in [
        format!("{whole} --source rackspace"),
        format!("{whole} --phase prepare --switch-at 2026-11-28T20:00:00Z"),
        format!("{whole} --phase tidy --services all"),
        format!("check moved.example --zone {moved} --phase tidy --old-ttl 2h --history {history}"),
        format!("check --replay {waiting}"),
    ] {
        for options in ["", "-v", "-q", "--ascii"] {
            let table = cutover(&format!("{check} {options}"));
            let stored = cutover(&format!("{check} {options} --format json"));
            let file = workspace.put("stored.json", &stored.out);
            let report = cutover(&format!("report {file} {options}"));
            let text: String =
                report.out.split_inclusive('\n').filter(|line| !line.starts_with("Checked ")).collect();
            let (text, table_out) = (without_next_step(&text), without_next_step(&table.out));
            assert_eq!((report.status, text), (table.status, table_out), "{check} {options}");
        }
    }
}

#[test]
fn a_result_without_a_phase_has_that_of_its_run() {
    let (workspace, file) = recorded(&[("contoso.com", State::Ready)]);
    let whole = cutover(&format!("check --replay {file} --phase tidy --format json")).out;
    let mut short: Value = serde_json::from_str(&whole).unwrap();
    short["domains"][0].as_object_mut().unwrap().remove("phase");
    let short = workspace.put("short.json", short.to_string());
    assert_eq!(cutover(&format!("report {short} --format json")).out, whole);
}

#[test]
fn results_of_several_phases_keep_their_own() {
    let (workspace, file) = recorded(&[("contoso.com", State::Ready), ("fabrikam.com", State::Ready)]);
    let check = |domain: &str, phase: &str| {
        cutover(&format!("check {domain} --replay {file} --phase {phase} --format ndjson")).out
    };
    let one = workspace.put("one.ndjson", check("contoso.com", "prepare"));
    let other = workspace.put("other.ndjson", check("fabrikam.com", "tidy"));
    let run = cutover(&format!("report {one} {other} --format json"));
    assert!(run.err.contains("several phases (prepare, tidy)"), "{}", run.err);
    let phases: Vec<Value> =
        run.json()["domains"].as_array().unwrap().iter().map(|one| one["phase"].clone()).collect();
    assert_eq!(phases, ["prepare", "tidy"]);
    let metrics = cutover(&format!("report {one} {other} --format prometheus")).out;
    assert!(metrics.contains("domain=\"contoso.com\",phase=\"prepare\""), "{metrics}");
    assert!(metrics.contains("domain=\"fabrikam.com\",phase=\"tidy\""), "{metrics}");
    // Quiet, the notes are left out.
    assert_eq!(cutover(&format!("report {one} {other} -q")).err, "");
}

#[test]
fn standard_input_is_read_once() {
    let (workspace, file) = recorded(&[("contoso.com", State::Ready), ("fabrikam.com", State::Waiting)]);
    let run = cutover(&format!("check --replay {file} --format ndjson"));
    let around = Surroundings { input: Some(Arc::from(run.out.as_bytes())), ..surroundings() };
    let stored = cutover_with(["report", "-", "--format", "ndjson"], &around);
    assert_eq!((stored.status, &stored.out), (4, &run.out));
    let list = workspace.put("list.txt", "contoso.com");
    let twice = cutover_with(["report", "-", "-"], &around);
    assert_eq!((twice.status, twice.errors()), (2, 1));
    let twice = cutover_with(["report", "-", &list, "--domains", "-"], &around);
    assert_eq!((twice.status, twice.errors()), (2, 1));
}

#[test]
fn what_is_not_a_report_is_refused_with_its_line() {
    let (workspace, file) = recorded(&[("contoso.com", State::Ready), ("fabrikam.com", State::Ready)]);
    let good = cutover(&format!("check --replay {file} --format ndjson")).out;
    let whole = cutover(&format!("check --replay {file} --format json")).out;
    let line = good.lines().next().unwrap();
    let cases = [
        ("".to_owned(), "no result"),
        ("\n\n".to_owned(), "no result"),
        ("{}".to_owned(), "bad:1: "),
        ("[1]".to_owned(), "bad:1: "),
        ("cutover recording 1\n".to_owned(), "bad:1: "),
        (format!("{good}nonsense\n"), "bad:3: "),
        (format!("{good}{}\n", line.replace("\"ready\"", "\"splendid\"")), "bad:3: "),
        (format!("{good}{}\n", line.replace("\"contoso.com\"", "\"a b\\u001b[31m\"")), "bad:3: "),
        (format!("\n{}", line.replace("\"schema_version\":1", "\"schema_version\":9")), "version 9"),
        (whole.replacen("\"status\": \"met\"", "\"status\": 7", 1), "bad:"),
        (whole[..whole.len() / 2].to_owned(), "bad:"),
        (whole.replace("\"schema_version\": 1", "\"schema_version\": 2"), "version 2"),
        (format!("\u{feff}{whole}{whole}"), "trailing"),
    ];
    for (content, word) in cases {
        let bad = workspace.put("bad", &content);
        let run = cutover(&format!("report {bad} --format json"));
        assert_eq!((run.status, run.out.as_str(), run.errors()), (2, "", 1), "{content}: {run:?}");
        assert!(run.err.contains(word) && !run.err.contains('\u{1b}'), "{word}: {}", run.err);
    }
    let good = workspace.put("good", &good);
    for options in ["--strict", "--format nonsense", "--domains nowhere.txt", "nowhere.json"] {
        let run = cutover(&format!("report {good} {options}"));
        assert_eq!((run.status, run.errors()), (2, 1), "{options}: {run:?}");
    }
}

#[test]
fn fields_and_words_of_a_newer_version_are_tolerated() {
    let (workspace, file) = recorded(&[("contoso.com", State::ChangesNeeded)]);
    let whole = cutover(&format!("check --replay {file} --format json")).out;
    let newer = whole
        .replacen("\"verdict\"", "\"mood\": {\"a\": [1, null]}, \"verdict\"", 1)
        .replace("mx-at-source", "mx-of-the-future")
        .replacen("\"phase\": \"switch\",", "", 1);
    let newer = workspace.put("newer.json", newer);
    for format in SAME.into_iter().chain(["table"]) {
        let run = cutover(&format!("report {newer} --format {format}"));
        let status = if format == "nagios" { 2 } else { 1 };
        assert_eq!((run.status, run.errors()), (status, 0), "{format}: {run:?}");
    }
    // Sorted by another tool, and on one line.
    let sorted: Value = serde_json::from_str(&whole).unwrap();
    let sorted: std::collections::BTreeMap<String, Value> = serde_json::from_value(sorted).unwrap();
    let sorted = workspace.put("sorted.json", serde_json::to_string(&sorted).unwrap());
    assert_eq!(cutover(&format!("report {sorted} --format json")).out, whole);
}

#[test]
fn text_of_a_stored_report_is_as_harmless_as_that_of_dns() {
    let (workspace, file) = recorded(&[("contoso.com", State::ChangesNeeded)]);
    let whole = cutover(&format!("check --replay {file} --format json")).out;
    let hostile = "\\u001b[31m ::error::x ##vso[task] \\u202e";
    let evil = whole.replacen("\"message\": \"", &format!("\"message\": \"{hostile}"), 9);
    let evil = workspace.put("evil.json", evil);
    for format in SAME.into_iter().chain(["table"]) {
        let run = cutover(&format!("report {evil} --format {format}"));
        assert!(!run.out.contains('\u{1b}') && !run.out.contains('\u{202e}'), "{format}");
        assert!(!run.out.contains("##vso["), "{format}: {}", run.out);
    }
}

/// A page without the lines of its next steps.
fn without_next(page: &str) -> String {
    let is_next = |line: &&str| line.contains("**Next:**") || line.contains("class=\"next\"");
    page.lines().filter(|line| !is_next(line)).collect::<Vec<_>>().join("\n")
}
