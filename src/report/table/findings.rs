//! The rows of findings: expectations and hazards.

use std::fmt::Write as _;

use crate::check::{Code, ExpectationResult, Hazard, Severity, Status};
use crate::expected::Importance;
use crate::report::grid::{Cell, laid_out, wrapped};
use crate::report::harmless::harmless;
use crate::report::style::{Detail, Style, Tone};

/// Columns from which on codes have a column of their own.
const WIDE: usize = 110;

/// A line an expectation: mark, id, sentence, code. What is not required and not published shares one line.
pub(super) fn expectations(judged: &[ExpectationResult], style: &Style) -> String {
    let (beside, shown): (Vec<&ExpectationResult>, Vec<&ExpectationResult>) =
        judged.iter().partition(|judged| style.detail < Detail::Verbose && is_beside_the_point(judged));
    let mut text = sentences(shown.into_iter().map(|judged| expectation(judged, style)).collect(), style);
    if !beside.is_empty() {
        let ids: Vec<&str> = beside.iter().map(|judged| judged.expectation.id.word()).collect();
        let first = style.mark("·");
        let blank = " ".repeat(first.chars().count());
        let room = style.columns() - 4 - blank.len();
        let line = wrapped(&format!("not required, not published: {}", ids.join(", ")), room);
        for (index, line) in line.lines().enumerate() {
            let mark = if index == 0 { first } else { &blank };
            let _ = writeln!(text, "  {mark}  {}", style.paint(Tone::Faint, line));
        }
    }
    text
}

fn is_beside_the_point(judged: &ExpectationResult) -> bool {
    let plain = matches!(judged.code, Code::Met | Code::AliasMissing | Code::ServiceMissing);
    judged.importance == Importance::Optional && judged.observed.is_empty() && plain
}

fn expectation<'j>(judged: &'j ExpectationResult, style: &Style) -> (Cell, Option<&'j str>, String, &'j str) {
    let needed = judged.importance == Importance::Required;
    let (mark, tone) = match judged.status {
        Status::Met => ("✔", Tone::Good),
        Status::Unmet if needed => ("✘", Tone::Bad),
        Status::Unmet => ("○", Tone::Pending),
        Status::Waiting => ("…", Tone::Pending),
        Status::Unknown => ("?", Tone::Pending),
        Status::Waived => ("–", Tone::Faint),
    };
    let importance = match (judged.status, judged.importance) {
        (Status::Met | Status::Waived, _) | (_, Importance::Required) => String::new(),
        (_, importance) => format!(" ({importance})"),
    };
    let code = if judged.code == Code::Met { "" } else { judged.code.word() };
    let message = harmless(&judged.message) + &importance;
    (Cell::toned(tone, style.mark(mark)), Some(judged.expectation.id.word()), message, code)
}

/// A line a hazard, and the records that show it below.
pub(super) fn hazards(hazards: &[Hazard], style: &Style) -> String {
    if hazards.is_empty() {
        return String::new();
    }
    let rows = hazards.iter().map(|hazard| {
        let (mark, tone) = match hazard.level {
            _ if hazard.is_waived() => ("–", Tone::Faint),
            Severity::Error => ("✘", Tone::Bad),
            Severity::Warning => ("!", Tone::Pending),
            Severity::Info => ("·", Tone::Faint),
        };
        let records = hazard.records.iter().map(|record| format!("\n  {}", harmless(record)));
        let message = harmless(&hazard.message) + &records.collect::<String>();
        (Cell::toned(tone, style.mark(mark)), None, message, hazard.code.word())
    });
    format!("\n{}", sentences(rows.collect(), style))
}

/// Rows of mark, name, sentence and code; on a narrow terminal the code follows the sentence.
pub(super) fn sentences(rows: Vec<(Cell, Option<&str>, String, &str)>, style: &Style) -> String {
    let code = |word| Cell::toned(Tone::Faint, word);
    let behind =
        |message: String, word: &str| if word.is_empty() { message } else { format!("{message} [{word}]") };
    match (style.columns() >= WIDE, rows.iter().any(|row| row.1.is_some())) {
        (true, true) => {
            let rows = rows.into_iter().map(|(mark, id, message, word)| {
                [mark, id.unwrap_or_default().into(), message.into(), code(word)]
            });
            laid_out(rows.collect(), style)
        }
        (true, false) => {
            let rows = rows.into_iter().map(|(mark, _, message, word)| [mark, message.into(), code(word)]);
            laid_out(rows.collect(), style)
        }
        (false, true) => {
            let rows = rows.into_iter().map(|(mark, id, message, word)| {
                [mark, id.unwrap_or_default().into(), behind(message, word).into()]
            });
            laid_out(rows.collect(), style)
        }
        (false, false) => {
            let rows = rows.into_iter().map(|(mark, _, message, word)| [mark, behind(message, word).into()]);
            laid_out(rows.collect(), style)
        }
    }
}
