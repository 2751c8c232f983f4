//! Is every domain of a long list looked at exactly once, whatever happens on the way?

use std::collections::BTreeSet;
use std::process::Stdio;
use std::sync::Arc;

use cutover::cli::Surroundings;
use serde_json::Value;

use super::{State, at_source, killed_in_a_line, recorded, recording, zone};
use crate::run::{Run, Workspace, cutover, cutover_with, program, surroundings};

/// A workspace with zones of so many domains in one file, and their names in a list; every seventh is at the source.
fn workspace(count: usize) -> (Workspace, String, String) {
    let workspace = Workspace::new();
    let names: Vec<String> = (0..count).map(|number| format!("customer-{number}.example")).collect();
    let zones = names.iter().enumerate().map(|(index, name)| match index % 7 {
        3 => at_source(name),
        _ => zone(name, &[]),
    });
    let zones = workspace.put("all.zone", zones.collect::<String>());
    let list = workspace.put("list.txt", names.join("\n"));
    (workspace, zones, list)
}

fn lines(run: &Run) -> Vec<Value> {
    run.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn domains(run: &Run) -> Vec<String> {
    lines(run).iter().map(|line| line["domain"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_list_is_checked_in_its_order_whatever_the_format() {
    let (_desk, zones, list) = workspace(20);
    let whole = cutover(&format!("check --domains {list} --zone {zones} --format json"));
    assert_eq!((whole.status, whole.json()["summary"]["domains"].as_u64()), (1, Some(20)));
    let names: Vec<Value> =
        whole.json()["domains"].as_array().unwrap().iter().map(|one| one["domain"].clone()).collect();
    assert_eq!((&names[0], &names[19]), (&"customer-0.example".into(), &"customer-19.example".into()));
    let lines = lines(&cutover(&format!("check --domains {list} --zone {zones} --format ndjson")));
    assert_eq!(lines.iter().map(|line| line["domain"].clone()).collect::<Vec<_>>(), names);
    let csv = cutover(&format!("check --domains {list} --zone {zones} --format csv"));
    assert_eq!(csv.out.lines().filter(|line| line.starts_with("domain,verdict")).count(), 1);
    let table = cutover(&format!("check --domains {list} --zone {zones}"));
    assert!(table.out.contains("20 domains: 17 ready, 3 to change"), "{}", table.out);
}

#[test]
fn a_report_in_pieces_has_the_bytes_of_the_whole() {
    for count in [1, 2, 5] {
        let (_desk, zones, list) = workspace(count);
        for options in ["", "-v"] {
            let run = cutover(&format!("check --domains {list} --zone {zones} --format json {options}"));
            let parsed: Value = serde_json::from_str(&run.out).unwrap();
            // The same value, indented the same way; the order of fields is what was written.
            assert_eq!(serde_json::to_string_pretty(&parsed).unwrap().len() + 1, run.out.len());
            assert_eq!(parsed["domains"].as_array().unwrap().len(), count);
        }
    }
}

#[test]
fn a_list_may_come_from_standard_input_and_be_written_by_windows() {
    let (_desk, zones, _) = workspace(3);
    let wide: Vec<u8> = "\u{feff}customer-2.example\r\n# none\r\n\r\ncustomer-0.example # first\r\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let around = Surroundings { input: Some(Arc::from(wide)), ..surroundings() };
    let words = ["check", "--domains", "-", "--zone", &zones, "--format", "ndjson"];
    let run = cutover_with(words, &around);
    assert_eq!(domains(&run), ["customer-2.example", "customer-0.example"]);
}

#[test]
fn every_slip_in_a_list_is_told_before_anything_is_looked_up() {
    let workspace = Workspace::new();
    for (text, words) in [
        ("contoso.com\nhttps://192.0.2.1/\n", &["list.txt:2", "`192.0.2.1` is an IP address"][..]),
        ("\n# none\n", &["list.txt"]),
        ("contoso.com,fabrikam.com\n", &["list.txt:1", "`,`"]),
    ] {
        let list = workspace.put("list.txt", text);
        let out = workspace.free("out.json");
        let run = cutover(&format!("check --domains {list} --resolver 192.0.2.53 --output json={out}"));
        assert_eq!((run.status, run.out.as_str(), run.errors()), (2, "", 1), "{text}: {run:?}");
        assert!(words.iter().all(|word| run.err.contains(word)), "{text}: {}", run.err);
        assert_eq!(workspace.files(), ["list.txt"]);
    }
    let list = workspace.put("list.txt", "contoso.com\n");
    for (options, word) in [
        (format!("check contoso.com --domains {list}"), "--domains"),
        ("check --domains nowhere.txt".to_owned(), "nowhere.txt"),
        (format!("check --domains {list} --shard 0/4"), "1/4"),
        (format!("check --domains {list} --shard 5/4"), "1/4"),
        (format!("check --domains {list} --shard 1"), "1/4"),
        (format!("check --domains {list} --concurrency 0"), "10000"),
        ("plan contoso.com --fail-fast".into(), "--fail-fast"),
        (format!("watch contoso.com --resume {list}"), "--resume"),
        (format!("check contoso.com --resume {list}"), "line 1"),
    ] {
        let run = cutover(&options);
        assert_eq!((run.status, run.errors()), (2, 1), "{options}: {run:?}");
        assert!(run.err.contains(word), "{options}: {}", run.err);
    }
}

#[test]
fn shards_cover_a_list_exactly_once() {
    let (_desk, zones, list) = workspace(40);
    let mut all = Vec::new();
    for index in 1..=3 {
        let run =
            cutover(&format!("check --domains {list} --zone {zones} --format ndjson --shard {index}/3"));
        assert!(run.status == 1 && !run.out.is_empty());
        all.extend(domains(&run));
    }
    let distinct: BTreeSet<&String> = all.iter().collect();
    assert_eq!((all.len(), distinct.len()), (40, 40));
    // Of a list of one, some parts are empty, and nothing is wrong with that.
    let (_desk, zones, list) = workspace(1);
    let runs = [1, 2, 3].map(|index| {
        cutover(&format!("check --domains {list} --zone {zones} --format ndjson --shard {index}/3"))
    });
    assert_eq!(runs.iter().map(|run| lines(run).len()).sum::<usize>(), 1);
    assert!(runs.iter().all(|run| run.status == 0), "{runs:?}");
}

#[test]
fn a_run_goes_on_where_an_earlier_one_was_ended() {
    let (workspace, zones, list) = workspace(12);
    let check = format!("check --domains {list} --zone {zones} --format ndjson");
    let whole = cutover(&check);
    // Ended in the middle of the sixth line.
    let (mut kept, mut rest) = (String::new(), 0);
    for (index, line) in whole.out.lines().enumerate() {
        match index {
            0..5 => kept.push_str(&format!("{line}\n")),
            5 => kept.push_str(&line[..line.len() / 2]),
            _ => rest += 1,
        }
    }
    let earlier = workspace.put("run.ndjson", &kept);
    let run = cutover(&format!("{check} --resume {earlier}"));
    assert_eq!((run.status, lines(&run).len()), (1, rest + 1));
    assert!(run.err.contains("5 of 12 domains"), "{}", run.err);
    // Into the very file: what was whole stays, the cut line goes, nothing is there twice.
    let again = cutover(&format!(
        "check --domains {list} --zone {zones} --resume {earlier} --output ndjson={earlier} --format json"
    ));
    let text = std::fs::read_to_string(workspace.path("run.ndjson")).unwrap();
    let names: BTreeSet<String> = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["domain"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!((text.lines().count(), names.len()), (12, 12));
    assert_eq!(again.json()["summary"]["domains"], 7);
    // What the earlier report found wrong still counts.
    let done = cutover(&format!("{check} --resume {earlier}"));
    assert_eq!((done.status, done.out.as_str()), (1, ""));
}

#[test]
fn a_half_written_line_is_cut_where_standard_output_goes_on_in_the_file() {
    let (workspace, zones, list) = workspace(6);
    let words = format!("check --domains {list} --zone {zones} --format ndjson");
    let whole = cutover(&words).out;
    let lines: Vec<&str> = whole.lines().collect();
    let half = &lines[2][..lines[2].len() / 2];
    // A line that is whole stays, although its end is missing.
    for last in [half, lines[2]] {
        let earlier = workspace.put("run.ndjson", [lines[0], lines[1], last].join("\n"));
        let append = std::fs::File::options().append(true).open(workspace.path("run.ndjson")).unwrap();
        let words = format!("{words} --resume {earlier}");
        let status = program(&words, &workspace.path("")).stdout(append).stderr(Stdio::null()).status();
        assert_eq!(status.unwrap().code(), Some(1));
        let written = std::fs::read_to_string(workspace.path("run.ndjson")).unwrap();
        let names: Vec<Value> = written
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap()["domain"].clone())
            .collect();
        let all: Vec<Value> = (0..6).map(|number| format!("customer-{number}.example").into()).collect();
        assert_eq!(names, all);
    }
}

#[test]
fn a_run_that_is_killed_in_the_middle_of_a_line_is_gone_on_from() {
    let (workspace, zones, list) = workspace(60);
    let words = format!("check --domains {list} --zone {zones} --format ndjson --fail-on none");
    let written = killed_in_a_line(&words, &workspace.path(""));
    let whole = written.iter().filter(|octet| **octet == b'\n').count();
    assert!((1..60).contains(&whole) && !written.ends_with(b"\n"), "{whole}");
    let earlier = workspace.put("run.ndjson", &written);
    // As a shell does it: `--resume F >>F`, in processes of their own, twice.
    for _ in 0..2 {
        let append = std::fs::File::options().append(true).open(workspace.path("run.ndjson")).unwrap();
        let words = format!("{words} --resume {earlier}");
        let status = program(&words, &workspace.path("")).stdout(append).stderr(Stdio::null()).status();
        assert!(status.unwrap().success());
    }
    let written = std::fs::read_to_string(workspace.path("run.ndjson")).unwrap();
    let lines = written.lines().filter(|line| !line.is_empty());
    let names: Vec<String> = lines
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .map(|line| line["domain"].as_str().unwrap().to_owned())
        .collect();
    let all: Vec<String> = (0..60).map(|number| format!("customer-{number}.example")).collect();
    assert_eq!(names, all);
    // Law 10: put together, it is what one run says.
    let report = cutover(&format!("report {earlier} --domains {list} --format csv"));
    let one = cutover(&format!("check --domains {list} --zone {zones} --format csv"));
    let verdicts = |text: &str| -> Vec<String> {
        text.lines().map(|line| line.split(',').take(2).collect::<Vec<_>>().join(",")).collect()
    };
    assert_eq!((report.status, verdicts(&report.out)), (one.status, verdicts(&one.out)));
}

#[test]
fn a_report_to_resume_that_does_not_exist_is_told() {
    let (workspace, zones, list) = workspace(2);
    let missing = workspace.free("typo.ndjson");
    let run = cutover(&format!("check --domains {list} --zone {zones} --format ndjson --resume {missing}"));
    assert_eq!((run.status, lines(&run).len()), (0, 2));
    assert!(run.err.contains("typo.ndjson") && run.errors() == 0, "{}", run.err);
}

#[test]
fn any_number_of_cut_lines_is_gone_on_from_and_other_lines_are_refused() {
    let (workspace, zones, list) = workspace(6);
    let check = format!("check --domains {list} --zone {zones} --format ndjson");
    let whole = cutover(&check);
    let lines: Vec<&str> = whole.out.lines().collect();
    let half = |line: &str| line[..line.len() / 2].to_owned();
    let kept = [lines[0].to_owned(), half(lines[1]), lines[2].to_owned(), half(lines[3]), half(lines[4])];
    let earlier = workspace.put("run.ndjson", kept.join("\n"));
    let run = cutover(&format!("{check} --resume {earlier}"));
    let rest = ["customer-1.example", "customer-3.example", "customer-4.example", "customer-5.example"];
    assert_eq!(domains(&run), rest);
    for other in ["{\"a\": 1}", "[1]", "contoso.com", "{\"schema_version\": 2}"] {
        let earlier = workspace.put("other.ndjson", [lines[0], other].join("\n"));
        let run = cutover(&format!("{check} --resume {earlier}"));
        assert_eq!((run.status, run.errors()), (2, 1), "{other}: {run:?}");
        assert!(run.err.contains("line 2"), "{}", run.err);
    }
}

#[test]
fn an_undetermined_domain_is_not_done_and_the_newest_line_counts() {
    let before = [
        ("contoso.com", State::ChangesNeeded),
        ("fabrikam.com", State::Undetermined),
        ("a.example", State::Ready),
        ("b.example", State::Ready),
    ];
    let workspace = Workspace::new();
    let replay = |name: &str, states: &[(&str, State)]| {
        let file = workspace.put(name, recording(states));
        cutover(&format!("check --replay {file} --format ndjson")).out
    };
    // Later lines of the same file: one domain was found ready since, another can no longer be determined.
    let mut text = replay("before.rec", &before);
    text += &replay("later.rec", &[("contoso.com", State::Ready), ("b.example", State::Undetermined)]);
    let earlier = workspace.put("run.ndjson", &text);
    let now = workspace.put("now.rec", recording(&before.map(|(domain, _)| (domain, State::Ready))));
    let run = cutover(&format!("check --replay {now} --format ndjson --resume {earlier}"));
    assert_eq!((run.status, domains(&run)), (0, vec!["fabrikam.com".into(), "b.example".into()]), "{run:?}");
    assert!(run.err.contains("2 of 4 domains"), "{}", run.err);
    // Into the very file: one line for each domain, the newest.
    let run = cutover(&format!(
        "check --replay {now} --resume {earlier} --output ndjson={earlier} --format json --fail-on undetermined"
    ));
    let text = std::fs::read_to_string(workspace.path("run.ndjson")).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let found =
        lines.iter().map(|line| (line["domain"].as_str().unwrap(), line["verdict"].as_str().unwrap()));
    let names = ["a.example", "contoso.com", "fabrikam.com", "b.example"];
    assert_eq!((run.status, found.collect::<Vec<_>>()), (0, names.map(|name| (name, "ready")).to_vec()));
}

#[test]
fn a_run_that_fails_fast_stops_at_the_first_that_is_not_ready() {
    let (_desk, zones, list) = workspace(20);
    let run = cutover(&format!("check --domains {list} --zone {zones} --format ndjson --fail-fast"));
    assert_eq!((run.status, lines(&run).len()), (1, 4));
    assert_eq!(lines(&run)[3]["verdict"], "changes-needed");
    assert!(run.err.contains("16 were not"), "{}", run.err);
}

#[test]
fn a_recording_holds_the_domains_in_the_order_of_the_report() {
    let states = [
        ("contoso.com", State::Ready),
        ("fabrikam.com", State::ChangesNeeded),
        ("a.example", State::Waiting),
    ];
    let (workspace, file) = recorded(&states);
    let list = workspace.put("list.txt", "a.example\ncontoso.com\n");
    // A domain that is checked twice comes last in a run, so a list does not have the order of its report.
    let run = cutover(&format!("check --replay {file} --domains {list} --format ndjson"));
    assert_eq!(domains(&run), ["contoso.com", "a.example"]);
    let all = cutover(&format!("check --replay {file} --format ndjson"));
    assert_eq!(domains(&all), ["contoso.com", "fabrikam.com", "a.example"]);
    assert!(recording(&states).contains("domain a.example."));
}

#[test]
fn places_of_findings_are_the_lines_of_the_list_or_of_the_settings() {
    let (workspace, zones, _) = workspace(7);
    let list = workspace.put("list.txt", "# customers\n\ncustomer-0.example\ncustomer-3.example\n");
    let place = |run: &Run| {
        let results = run.json()["runs"][0]["results"].as_array().unwrap().clone();
        let error = results.into_iter().find(|one| one["level"] == "error").unwrap();
        let place = error["locations"][0]["physicalLocation"].clone();
        (place["artifactLocation"]["uri"].as_str().unwrap().to_owned(), place["region"]["startLine"].as_u64())
    };
    let run = cutover(&format!("check --domains {list} --zone {zones} --format sarif"));
    assert!(place(&run).0.ends_with("list.txt") && place(&run).1 == Some(4), "{:?}", place(&run));
    let file = workspace.put("cutover.toml", "[defaults]\n\n[[domain]]\nname = \"customer-3.example\"\n");
    let run = cutover(&format!("check --settings {file} --zone {zones} --format sarif"));
    assert!(place(&run).0.ends_with("cutover.toml") && place(&run).1 == Some(4), "{:?}", place(&run));
}
