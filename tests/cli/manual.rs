//! Are manual pages and completions complete?

use crate::run::{Workspace, cutover};

/// The commands of the program, as its help lists them.
fn commands() -> Vec<String> {
    let help = cutover("--help").out;
    let list = help.split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    let names = list.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    names.map(|line| line.split_whitespace().next().unwrap().to_owned()).collect()
}

/// The headings of a page.
fn headings(page: &str) -> Vec<&str> {
    page.lines().filter_map(|line| line.strip_prefix(".SH ")).map(|title| title.trim_matches('"')).collect()
}

#[test]
fn every_command_has_a_page() {
    let commands = commands();
    assert!(commands.len() > 9, "{commands:?}");
    for command in &commands {
        let run = cutover(&format!("man {command}"));
        assert_eq!((run.status, run.err.as_str()), (0, ""), "{command}");
        let dashed = command.replace('-', "\\-");
        assert!(run.out.contains(&format!(".TH cutover-{command} 1")), "{command}: {}", run.out);
        assert!(run.out.contains(&format!("cutover\\-{dashed} \\- ")), "{command}: {}", run.out);
        let headings = headings(&run.out);
        for heading in
            ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXIT STATUS", "ENVIRONMENT", "SEE ALSO"]
        {
            assert_eq!(headings.iter().filter(|one| **one == heading).count(), 1, "{command}: {heading}");
        }
        let reads = ["check", "plan", "watch", "serve", "expected", "self-check"].contains(&command.as_str());
        assert_eq!(run.out.contains("CUTOVER_SETTINGS") && headings.contains(&"FILES"), reads, "{command}");
        // A line that begins with a dot or an apostrophe is a request, and each of these is one that exists.
        for line in run.out.lines().filter(|line| line.starts_with(['.', '\''])) {
            let known = [".TH", ".SH", ".TP", ".PP", ".RS", ".RE", ".IP", ".br", ".ie", ".el", ".SS"];
            assert!(known.iter().any(|request| line.split(' ').next() == Some(request)), "{command}: {line}");
        }
    }
    let unknown = cutover("man chek");
    assert_eq!((unknown.status, unknown.errors()), (2, 1), "{unknown:?}");
    assert!(unknown.err.contains("did you mean `check`?"), "{unknown:?}");
}

#[test]
fn the_pages_are_written_to_a_folder() {
    let workspace = Workspace::new();
    let folder = workspace.free("man/man1");
    let run = cutover(&format!("man --output-dir {folder}"));
    assert_eq!((run.status, run.out.as_str(), run.err.as_str()), (0, "", ""));
    let mut expected: Vec<String> = commands().iter().map(|name| format!("cutover-{name}.1")).collect();
    expected.push("cutover.1".into());
    expected.sort();
    let mut names: Vec<String> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, expected);
    let page = std::fs::read_to_string(format!("{folder}/cutover-check.1")).unwrap();
    assert_eq!(page, cutover("man check").out);
    // Every page that another one names is there.
    let page = std::fs::read_to_string(format!("{folder}/cutover.1")).unwrap();
    for name in commands() {
        assert!(page.contains(&format!("cutover\\-{}\\fR(1)", name.replace('-', "\\-"))), "{name}: {page}");
    }
    let both = cutover(&format!("man check --output-dir {folder}"));
    assert_eq!((both.status, both.errors()), (2, 1), "{both:?}");
}

#[test]
fn the_page_of_all_has_the_sections_too() {
    let page = cutover("man").out;
    for heading in ["CUTOVER CHECK", "EXIT STATUS", "ENVIRONMENT", "FILES"] {
        assert!(headings(&page).contains(&heading), "{heading}");
    }
}

/// What bash completes after these words.
#[cfg(unix)]
fn completed(words: &[&str]) -> Vec<String> {
    let script = cutover("completions bash").out;
    let line = words.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" ");
    let last = words.len() - 1;
    let program = format!(
        "{script}\nCOMP_WORDS=({line}); COMP_CWORD={last}; _cutover cutover '{}' '{}'; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        words[last],
        words[last - 1]
    );
    let output = std::process::Command::new("bash").args(["--norc", "-c", &program]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[cfg(unix)]
#[test]
fn bash_completes_values() {
    for (words, expected) in [
        (&["cutover", "explain", "mx-at"][..], &["mx-at-source"][..]),
        (&["cutover", "check", "--phase", ""], &["prepare", "switch", "tidy"]),
        (&["cutover", "check", "--cloud", "gcc"], &["gcc", "gcc-high"]),
        (&["cutover", "check", "--services", "t"], &["teams"]),
        (&["cutover", "check", "--source", "rackspace-"], &["rackspace-legacy"]),
        (&["cutover", "check", "--gateway", "mimec"], &["mimecast"]),
        (&["cutover", "check", "--format", "nd"], &["ndjson"]),
        (&["cutover", "plan", "--format", "run"], &["runbook"]),
        (&["cutover", "plan", "--provider", ""], &["azure", "route53", "cloudflare"]),
        (&["cutover", "check", "--fail-on", "wai"], &["waiting"]),
        (&["cutover", "check", "--expect-format", "p"], &["powershell"]),
        (&["cutover", "man", "self"], &["self-check"]),
    ] {
        assert_eq!(completed(words), expected, "{words:?}");
    }
    // A gateway is not a platform to leave.
    assert_eq!(completed(&["cutover", "check", "--source", "mimec"]), [""]);
}

#[test]
fn zsh_and_fish_complete_values() {
    for shell in ["zsh", "fish"] {
        let script = cutover(&format!("completions {shell}")).out;
        for value in ["mx-at-source", "gcc-high", "rackspace", "mimecast", "powershell", "devices"] {
            assert!(script.contains(value), "{shell}: {value}");
        }
    }
}

#[test]
fn help_does_not_list_what_only_completions_need() {
    let help = cutover("check --help").out + &cutover("explain --help").out;
    assert!(!help.contains("mimecast") && !help.contains("mx-rival"), "{help}");
}
