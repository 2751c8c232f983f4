//! The manual of an outcome, for a terminal.

use crate::check::{Code, Effect, Severity};
use crate::report::grid::wrapped;
use crate::report::style::{Style, Tone};

/// Columns of the manual: its lines are as long in the documents, and stay so where there is room.
const COLUMNS: usize = 100;

/// `cutover explain CODE`: what was found, what to do, and examples.
#[must_use]
pub fn explanation(code: Code, style: &Style) -> String {
    let title = format!("{} ({}): {}", code.word(), code.effect().word(), code.title());
    let title = wrapped(&title, style.columns());
    let title = title.replacen(code.word(), &style.paint(Tone::Strong, code.word()), 1);
    format!("{title}\n\n{}", page(code.section().unwrap_or_default(), style.columns().min(COLUMNS)))
}

/// A section with its examples indented, each with a heading in place of its fence.
fn page(section: &str, columns: usize) -> String {
    let mut page = String::new();
    let mut paragraph = String::new();
    let mut is_example = false;
    for line in section.lines().chain([""]) {
        let fence = line.strip_prefix("```");
        let is_prose = !is_example && fence.is_none() && !line.is_empty();
        if is_prose && !begins_item(line) {
            paragraph += &format!("{}{}", if paragraph.is_empty() { "" } else { " " }, line.trim());
            continue;
        }
        if !paragraph.is_empty() {
            page += &format!("{}\n", wrapped(&std::mem::take(&mut paragraph), columns));
        }
        match fence {
            _ if is_prose => line.clone_into(&mut paragraph),
            Some(_) if is_example => is_example = false,
            Some(fence) => {
                is_example = true;
                page += &introduction(fence);
            }
            None if is_example && !line.is_empty() => page += &format!("    {line}\n"),
            None => page.push('\n'),
        }
    }
    format!("{}\n", page.trim_end())
}

/// Returns whether a line is the first of an item of a numbered list.
fn begins_item(line: &str) -> bool {
    line.split_once(". ").is_some_and(|(number, _)| number.parse::<u8>().is_ok())
}

/// The heading of an example, from the head of its fence: `zone shows=CODE options="…"`.
fn introduction(fence: &str) -> String {
    let code = |rest: &str| rest.split_whitespace().next().and_then(|word| word.parse::<Code>().ok());
    let shown = fence.split_once(" shows=").and_then(|(_, rest)| code(rest));
    let what = match shown {
        Some(code) if code.is_met() || code.effect() == Effect::Hazard(Severity::Info) => "Example",
        Some(_) => "Wrong",
        None => "Right",
    };
    let options = fence.split_once("options=\"").and_then(|(_, rest)| rest.split_once('"'));
    let options = options.map(|(options, _)| format!(", checked with `{options}`")).unwrap_or_default();
    format!("{what}{options}:\n")
}
