//! Lists the result of every expectation, and the hazards.

use crate::check::Code;
use crate::report::cause::Cause;
use crate::report::content::{aside, is_not_published};
use crate::report::grid::{Cell, laid_out, longest_word};
use crate::report::harmless::Sanitized;
use crate::report::style::{Detail, Mark, Style, Tone};
use crate::report::view::{ExpectationView, HazardView};

/// The minimum width in columns at which codes have a column of their own.
const WIDE: usize = 110;
/// The maximum number of columns that mark, name and code take next to the sentence.
const BESIDE_MESSAGE: usize = 60;

/// The mark, name, sentence and code of a row.
type Finding<'v> = (Cell, Option<&'v str>, String, &'v str);

/// Returns a line for each expectation: mark, id, sentence, code. Those that are neither required nor published need
/// `-v`.
pub(super) fn expectations(expectations: &[&ExpectationView], style: &Style) -> String {
    let is_shown = |one: &&&ExpectationView| style.detail == Detail::Verbose || !is_not_published(one);
    sentences(expectations.iter().filter(is_shown).map(|one| expectation(one, style)).collect(), style)
}

/// Returns the line of the cause that explains the result, with the records that show it below.
pub(super) fn the_cause(cause: &Cause<'_>, style: &Style) -> String {
    let message = with_records(cause.message, cause.records);
    format!("\n{}", sentences(vec![(marked(cause.mark, style), None, message, cause.code.word())], style))
}

fn expectation<'v>(one: &'v ExpectationView, style: &Style) -> Finding<'v> {
    let importance = aside(one).map(|aside| format!(" ({aside})")).unwrap_or_default();
    let code = if one.code == Code::Met { "" } else { one.code.as_str() };
    (
        marked(Mark::of_expectation(one), style),
        Some(one.id.as_str()),
        format!("{}{importance}", one.message),
        code,
    )
}

/// Returns a line for each hazard, with the records that show it below.
pub(super) fn hazards<'v>(hazards: impl Iterator<Item = &'v HazardView>, style: &Style) -> String {
    let rows = hazards.map(|hazard| {
        let message = with_records(&hazard.message, &hazard.records);
        (marked(Mark::of_hazard(hazard), style), None, message, hazard.code.as_str())
    });
    let rows: Vec<_> = rows.collect();
    if rows.is_empty() { String::new() } else { format!("\n{}", sentences(rows, style)) }
}

/// Returns a sentence with records below it.
fn with_records(message: &str, records: &[Sanitized]) -> String {
    let records = records.iter().map(|record| format!("\n  {record}"));
    message.to_owned() + &records.collect::<String>()
}

fn marked(mark: Mark, style: &Style) -> Cell {
    Cell::toned(mark.tone(), mark.text(style))
}

/// Lays out rows of mark, name, sentence and code; on a narrow terminal the code follows the sentence.
fn sentences(rows: Vec<Finding<'_>>, style: &Style) -> String {
    let code = |word| Cell::toned(Tone::Faint, word);
    let behind =
        |message: String, word: &str| if word.is_empty() { message } else { format!("{message} [{word}]") };
    // A word that overflows would push the column of the codes out of sight.
    let longest = rows.iter().map(|(.., message, _)| longest_word(&style.text(message))).max().unwrap_or(0);
    let is_wide = style.is_limited() && style.columns() >= WIDE.max(longest + BESIDE_MESSAGE);
    match (is_wide, rows.iter().any(|row| row.1.is_some())) {
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
