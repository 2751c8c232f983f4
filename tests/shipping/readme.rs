//! Compares the README and the pages that it links to with the program.

use std::process::{Command, Stdio};

use cutover::check::Code;
use cutover::expected::Id;

use super::{files, text};
use crate::cli::{State, recorded};
use crate::run::cutover;

/// The page with the block of options.
const GUIDE: &str = ".github/GUIDE.md";
/// The page with the examples.
const AUTOMATION: &str = ".github/AUTOMATION.md";
/// All pages for users.
const PAGES: [&str; 3] = ["README.md", GUIDE, AUTOMATION];
/// Lines of the README at most: its first screen says what the program does.
const MOST_LINES: usize = 250;

#[test]
fn the_readme_is_short() {
    assert!(text("README.md").lines().count() <= MOST_LINES);
}

/// The words in backticks of a text.
fn spans(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// The words in backticks of the sentence that begins so, without what stands in parentheses.
fn list(start: &str) -> Vec<String> {
    let readme = text("README.md");
    let (_, rest) = readme.split_once(start).unwrap_or_else(|| panic!("README.md does not say `{start}`"));
    let end = rest.find([';', '.']).unwrap_or(rest.len());
    let mut depth = 0;
    let plain: String = rest[..end]
        .chars()
        .filter(|character| {
            depth += i32::from(*character == '(');
            let kept = depth == 0;
            depth -= i32::from(*character == ')');
            kept
        })
        .collect();
    spans(&plain).into_iter().map(str::to_owned).collect()
}

/// The values of `--format` as the long help of a command lists them.
fn formats(command: &str) -> Vec<String> {
    let help = cutover(&format!("{command} --help")).out;
    let (_, rest) = help.split_once("--format <FORMAT>").unwrap();
    let lines = rest.lines().map(str::trim).skip_while(|line| !line.starts_with("- "));
    let values = lines.take_while(|line| line.starts_with("- "));
    values.map(|line| line[2..].split(':').next().unwrap().to_owned()).collect()
}

#[test]
fn lists_of_formats_are_complete() {
    assert_eq!(list("Reports come as"), formats("check"));
    assert_eq!(list("Plans come as"), formats("plan"));
    assert_eq!(formats("check").len(), 11);
}

#[test]
fn exit_statuses_are_those_of_runs() {
    let readme = text("README.md");
    let row = |status: u8| {
        let line = readme.lines().find(|line| line.starts_with(&format!("| {status} |")));
        spans(line.unwrap_or_else(|| panic!("no row for {status}"))).first().copied()
    };
    for state in [State::Ready, State::ChangesNeeded, State::Undetermined, State::Waiting] {
        let (_desk, file) = recorded(&[("contoso.com", state)]);
        let run = cutover(&format!("check --replay {file} --format json"));
        let domain = run.domain();
        assert_eq!(row(run.status), domain["verdict"].as_str(), "{state:?}");
    }
    assert_eq!((row(2), cutover("check").status), (None, 2));
    assert_eq!(
        readme.lines().filter(|line| line.starts_with("| ") && line.as_bytes()[2].is_ascii_digit()).count(),
        5
    );
}

#[test]
fn codes_exist_and_the_list_is_whole() {
    let words: Vec<&str> = Code::ALL.iter().map(|code| code.word()).collect();
    let topics: Vec<&str> =
        words.iter().filter_map(|word| word.split_once('-')).map(|(topic, _)| topic).collect();
    let ids: Vec<&str> = Id::ALL.iter().map(|id| id.word()).collect();
    let readme = PAGES.map(text).concat();
    let explained =
        readme.lines().filter_map(|line| line.split_once("cutover explain ")).map(|(_, rest)| rest);
    let explained = explained
        .filter_map(|rest| rest.split([' ', '`']).next())
        .filter(|word| *word != "CODE" && !word.is_empty());
    let bracketed = readme.split('[').skip(1).filter_map(|rest| rest.split(']').next());
    let mentioned: Vec<&str> = spans(&readme)
        .into_iter()
        .chain(bracketed)
        .filter(|word| word.split_once('-').is_some_and(|(topic, _)| topics.contains(&topic)))
        .filter(|word| word.chars().all(|character| character == '-' || character.is_ascii_alphanumeric()))
        .chain(explained)
        .collect();
    assert!(mentioned.len() >= 7, "{mentioned:?}");
    for word in mentioned {
        assert!(words.contains(&word) || ids.contains(&word), "{word} is no code");
    }
    let listed = cutover("explain").out;
    let listed: Vec<&str> = listed
        .lines()
        .filter(|line| line.starts_with("  "))
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    let file = text("fixtures/codes.txt");
    let kept: Vec<&str> = file
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert_eq!(listed, kept);
}

/// The text of the first fence of this kind behind a mark.
fn fence(readme: &str, mark: &str, kind: &str) -> String {
    let (_, rest) = readme.split_once(mark).unwrap_or_else(|| panic!("README.md does not have {mark}"));
    let (_, rest) =
        rest.split_once(&format!("\n```{kind}\n")).unwrap_or_else(|| panic!("no {kind} behind {mark}"));
    rest.split_once("\n```\n").unwrap_or_else(|| panic!("{mark}: the fence does not end")).0.to_owned()
}

/// Columns of the report in the README: in a pipe, lines are as long as they are.
const COLUMNS: &str = "100";

/// Runs the program in a process of its own, in so many columns.
fn printed(arguments: &[&str], columns: Option<&str>) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cutover"));
    match columns {
        Some(columns) => command.env("COLUMNS", columns),
        None => command.env_remove("COLUMNS"),
    };
    // In a pipe of Windows, reports for people are ASCII unless the locale says otherwise.
    let output = command
        .env("LC_ALL", "C.UTF-8")
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_report_of_the_readme_is_that_of_the_program() {
    let shown = fence(&text("README.md"), "## Try it", "console");
    let (command, report) = shown.split_once('\n').unwrap();
    let arguments: Vec<&str> = command.strip_prefix("$ cutover ").unwrap().split(' ').collect();
    let printed = printed(&arguments, Some(COLUMNS));
    assert!(report == printed.trim_end(), "README.md should show:\n\n$ {command}\n{printed}");
}

#[test]
fn the_block_of_options_is_the_help() {
    let help = printed(&["check", "-h"], None);
    let block = fence(&text(GUIDE), "<summary>Every option of <code>cutover check</code></summary>", "text");
    assert!(
        block == help.trim_end(),
        "put this into the block of options of {GUIDE}:\n\n```text\n{help}```\n"
    );
}

#[test]
fn examples_are_shown_as_they_are() {
    let page = text(AUTOMATION);
    let all = files(".github/examples");
    assert_eq!(all.len(), 10, "{all:?}");
    // Those for many domains are long, and only linked.
    let (linked, shown): (Vec<String>, Vec<String>) =
        all.into_iter().partition(|name| name.contains("shards"));
    for name in linked {
        assert!(page.contains(&format!("]({})", name.trim_start_matches(".github/"))), "{name}");
    }
    for name in shown {
        let kind = if name.ends_with("yml") || name.ends_with("yaml") { "yaml" } else { "ini" };
        let link = name.trim_start_matches(".github/");
        let shown = fence(&page, &format!("]({link})"), kind);
        assert!(
            shown == text(&name).trim_end(),
            "{AUTOMATION} must show {name} as it is:\n\n{}",
            text(&name)
        );
    }
}

#[test]
fn links_lead_to_files() {
    for page in PAGES {
        let folder = page.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
        let text = text(page);
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = target.split('#').next().unwrap_or_default();
            if !target.starts_with("http") && !file.is_empty() {
                assert!(super::path(&format!("{folder}{file}")).exists(), "{page}: {target}");
            }
        }
    }
}
