//! Is every slip told once, clearly, and before anything happens?

use super::{State, recorded, zone};
use crate::run::{ClosedPipe, Run, Workspace, cutover, cutover_with, surroundings};

/// One error on standard error that says these words; status 2; nothing on standard output and no new file.
fn refused(workspace: &Workspace, arguments: &[&str], words: &[&str]) -> Run {
    let before = workspace.files();
    let run = cutover_with(arguments.iter().copied(), &surroundings());
    assert_eq!((run.status, run.out.as_str(), run.errors()), (2, "", 1), "{arguments:?}: {run:?}");
    for word in words {
        assert!(run.err.contains(word), "{arguments:?}: `{word}` is not in: {}", run.err);
    }
    assert_eq!(workspace.files(), before, "{arguments:?} left a file");
    run
}

/// The same, with files named that must not be written either.
fn refused_check(workspace: &Workspace, arguments: &[&str], words: &[&str]) {
    let (report, table) = (
        format!("json={}", workspace.free("report.json")),
        format!("table={}", workspace.free("report.txt")),
    );
    let mut all = vec!["check", "--output", &report, "--output", &table];
    all.extend(arguments);
    refused(workspace, &all, words);
    let record = workspace.free("run.rec");
    if !arguments.contains(&"--replay") {
        all.extend(["--record", &record]);
        refused(workspace, &all, words);
    }
}

#[test]
fn what_is_no_domain_is_refused() {
    let workspace = Workspace::new();
    let file = workspace.put("contoso.com.zone", zone("contoso.com", &[]));
    let long = format!("{}com", "abcdefg.".repeat(32));
    let label = format!("{}.com", "x".repeat(64));
    for (domain, words) in [
        ("contoso", &["`contoso`", "single label"][..]),
        ("con toso.com", &["it contains"]),
        ("contoso..com", &["empty label"]),
        (long.as_str(), &["255"]),
        (label.as_str(), &["63"]),
        ("192.0.2.1", &["IP address"]),
        ("2001:db8::1", &["IP address"]),
        ("https://www.contoso.com/owa", &["web address", "did you mean `contoso.com`?"]),
        ("contoso.com/mail", &["did you mean `contoso.com`?"]),
        ("admin@contoso.com", &["mail address", "did you mean `contoso.com`?"]),
        ("*.contoso.com", &["wildcard", "did you mean `contoso.com`?"]),
        ("", &["empty"]),
        ("conto\u{1b}[31mso.com", &["it contains"]),
    ] {
        refused_check(&workspace, &[domain, "--zone", &file], words);
        refused_check(&workspace, &["contoso.com", domain, "--zone", &file], words);
        refused(&workspace, &["plan", domain, "--zone", &file], words);
        refused(&workspace, &["expected", domain], words);
    }
}

#[test]
fn a_broken_zone_file_is_refused_with_its_place() {
    let workspace = Workspace::new();
    let broken = zone("contoso.com", &[("MX", "@ MX mail.contoso.com.")]);
    let line = broken.lines().position(|line| line.contains("@ MX")).unwrap() + 1;
    let file = workspace.put("contoso.com.zone", &broken);
    refused_check(
        &workspace,
        &["contoso.com", "--zone", &file],
        &[&format!("{file}:{line}:"), "preference exchange"],
    );
}

#[test]
fn files_that_cannot_be_used_are_refused_by_name() {
    let workspace = Workspace::new();
    let good = workspace.put("contoso.com.zone", zone("contoso.com", &[]));
    let missing = workspace.free("missing");
    let directory = workspace.free("");
    let binary = workspace.put("binary.rec", [0xff, 0xfe, 0x00]);
    let newer = workspace.put("newer.rec", "cutover recording 2\n");
    let other = workspace.put("other.rec", "{}\n");
    let empty = workspace.put("empty.rec", "");
    let broken = workspace
        .put("broken.rec", "cutover recording 1\nchecked-at 2026-11-22T05:23:00Z\nreply contoso.com.\n");
    for (option, path, words) in [
        ("--zone", &missing, &["no such file"][..]),
        ("--zone", &directory, &["directory"]),
        ("--replay", &missing, &["no such file"]),
        ("--replay", &directory, &["directory"]),
        ("--replay", &binary, &["UTF-8"]),
        ("--replay", &newer, &["line 1", "version 2", "record the run again"]),
        ("--replay", &other, &["line 1", "not a recording"]),
        ("--replay", &empty, &["line 1", "empty"]),
        ("--replay", &broken, &["line 3", "record type"]),
        ("--replay", &good, &["not a recording"]),
    ] {
        let words: Vec<&str> = words.iter().copied().chain([path.as_str()]).collect();
        refused_check(&workspace, &["contoso.com", option, path], &words);
    }
    // The domain of another zone is reported with the others: nothing is known of it.
    let run = cutover(&format!("check contoso.com fabrikam.com --zone {good} --format json"));
    assert_eq!((run.status, run.code("mx")), (3, "met".into()));
    let report = run.json();
    let foreign = &report["domains"][1];
    assert_eq!((&foreign["domain"], &foreign["verdict"]), (&"fabrikam.com".into(), &"undetermined".into()));
    let codes = foreign["expectations"].as_array().unwrap().iter().map(|one| &one["code"]);
    assert!(codes.clone().count() > 10 && codes.into_iter().all(|code| code == "not-in-zone-files"));
    assert!(
        foreign["changes"].as_array().unwrap().is_empty()
            && foreign["hazards"].as_array().unwrap().is_empty()
    );
    // Two files of one zone.
    let twice = workspace.put("again.zone", zone("contoso.com", &[]));
    refused_check(&workspace, &["contoso.com", "--zone", &good, "--zone", &twice], &[&good, &twice]);
}

#[test]
fn what_cannot_be_written_is_an_error() {
    let workspace = Workspace::new();
    let zone = workspace.put("contoso.com.zone", zone("contoso.com", &[]));
    let nowhere = workspace.free("missing/report.json");
    for (option, value) in [("--record", nowhere.clone()), ("--output", format!("json={nowhere}"))] {
        refused(&workspace, &["check", "contoso.com", "--zone", &zone, option, &value], &[&nowhere]);
    }
    let (workspace, recording) = recorded(&[("contoso.com", State::Ready)]);
    refused(
        &workspace,
        &["check", "--replay", &recording, "--output", &format!("json={nowhere}")],
        &[&nowhere],
    );
}

#[test]
fn unknown_values_are_refused_with_what_is_known() {
    let workspace = Workspace::new();
    let file = workspace.put("contoso.com.zone", zone("contoso.com", &[]));
    for (option, value, words) in [
        ("--resolver", "dns.google", &["dns.google"][..]),
        ("--resolver", "300.1.1.1", &["300.1.1.1"]),
        ("--resolver", "ftp://1.1.1.1", &["ftp://1.1.1.1"]),
        ("--format", "yaml", &["yaml", "table", "json"]),
        ("--output", "yaml=x", &["yaml", "table", "json"]),
        ("--output", "report.json", &["FORMAT=PATH"]),
        ("--output", "json=", &["path"]),
        ("--gateway", "mimecst", &["mimecst", "did you mean `mimecast`?"]),
        ("--gateway", "rackspace", &["rackspace", "not a filtering gateway"]),
        ("--source", "rackspac", &["rackspac", "did you mean `rackspace`?"]),
        ("--source", "mimecast", &["mimecast"]),
        ("--phase", "swich", &["prepare, switch, tidy; did you mean `switch`?"]),
        ("--cloud", "wordwide", &["did you mean `worldwide`?"]),
        ("--services", "teams,exchang", &["`exchang`", "did you mean `exchange`?"]),
        ("--expect-format", "grph", &["did you mean `graph`?"]),
        ("--output", "jsn=report.json", &["did you mean `json`?"]),
        ("--cloud", "europe", &["europe", "worldwide", "china"]),
        ("--view", "all", &["all", "authoritative"]),
        ("--timeout", "soon", &["soon", "number of seconds"]),
        ("--timeout", "0", &["0.001"]),
        ("--deadline", "1e9", &["3600"]),
        ("--fail-on", "red", &["red", "changes-needed"]),
        ("--authority-port", "70000", &["70000"]),
        ("--authority-port", "0", &["0", "1..=65535"]),
        ("--tenant", "con toso", &["--tenant", "contoso.onmicrosoft.com"]),
        ("--mx", "con toso..com", &["--mx"]),
        ("--verification", "\u{1b}[31m", &["--verification", "MS=ms12345678"]),
        ("--verification", "ms12345678", &["`ms12345678`", "did you mean `MS=ms12345678`?"]),
        ("--verification", "MS= ms12345678", &["`MS=ms12345678`"]),
        ("--verification", "\"MS=ms12345678\"", &["`MS=ms12345678`"]),
        ("--verification", "MS=msXXXXXXXX", &["`MS=msXXXXXXXX`", "placeholder from a guide"]),
        ("--verification", "fabrikam", &["`MS=`", "admin center"]),
        ("--nonsense", "x", &["--nonsense"]),
    ] {
        refused_check(&workspace, &["contoso.com", "--zone", &file, option, value], words);
    }
}

#[test]
fn a_command_line_that_makes_no_sense_is_refused() {
    let workspace = Workspace::new();
    let (_other, recording) = recorded(&[("contoso.com", State::Ready), ("fabrikam.com", State::Ready)]);
    for (arguments, words) in [
        (&["check"][..], &["no domain", "cutover check contoso.com"][..]),
        (&["chek", "contoso.com"], &["chek"]),
        (&["check", "--replay", &recording, "--resolver", "1.1.1.1"], &["--replay", "--resolver"]),
        (&["check", "contoso.com", "-q", "-v"], &["--quiet", "--verbose"]),
        (&["plan", "--replay", &recording], &["several domains"]),
        (&["plan", "contoso.com", "--format", "html"], &["html", "bind"]),
        (&["explain", "mx-at-sorce"], &["mx-at-sorce", "did you mean `mx-at-source`?"]),
        (&["explain", "spf-mutliple"], &["did you mean `spf-multiple`?"]),
        (&["explain", "\u{1b}[31m"], &["cutover explain"]),
    ] {
        refused(&workspace, arguments, words);
    }
}

#[test]
fn two_reports_to_one_file_are_refused_before_one_is_written() {
    let workspace = Workspace::new();
    let file = workspace.put("contoso.com.zone", "$ORIGIN contoso.com.\n@ MX 0 .\n");
    let arguments = ["check", "contoso.com", "--zone", &file, "--output", "json=one", "--output", "csv=one"];
    refused(&workspace, &arguments, &["two reports for `one`", "--output"]);
    assert!(!workspace.path("one").exists());
}

#[test]
fn help_and_version_are_data() {
    for (words, part) in
        [("--help", "cutover check contoso.com"), ("check --help", "--resolver"), ("--version", "cutover ")]
    {
        let run = cutover(words);
        assert_eq!((run.status, run.err.as_str()), (0, ""), "{words}");
        assert!(run.out.contains(part), "{}", run.out);
    }
}

#[test]
fn the_long_version_says_what_it_is_made_of_and_the_short_one_is_a_line() {
    let short = cutover("-V").out;
    assert_eq!(short, format!("cutover {}\n", env!("CARGO_PKG_VERSION")));
    let long = cutover("--version").out;
    assert!(long.starts_with(&short), "{long}");
    for line in ["\ncommit: ", "\ntarget: ", "\nnewest fact: 20"] {
        assert!(long.contains(line), "{long}");
    }
}

#[test]
fn a_reader_that_leaves_is_no_failure_to_tell() {
    let (_desk, file) = recorded(&[("contoso.com", State::Ready)]);
    let arguments = ["cutover", "check", "--replay", &file].map(std::ffi::OsString::from);
    let mut err = Vec::new();
    cutover::cli::run(arguments, &mut ClosedPipe, &mut err, &surroundings());
    assert_eq!(String::from_utf8(err).unwrap(), "");
}

#[test]
fn every_shell_gets_completions_and_man_a_page() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let run = cutover(&format!("completions {shell}"));
        assert!(run.status == 0 && run.out.contains("authority-port") && run.err.is_empty(), "{shell}");
    }
    let refused = cutover("completions tcsh");
    assert!(refused.status == 2 && refused.err.contains("elvish"), "{refused:?}");
    let man = cutover("man");
    for part in [".TH cutover", "CUTOVER WATCH", "\\-\\-switch\\-at", "Exit status"] {
        assert!(man.status == 0 && man.out.contains(part), "{part}");
    }
}
