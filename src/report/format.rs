//! How is the report written for other programs, and for the web?
//!
//! Every format is made from the same frozen view and adds no judgement. Text that came from DNS is harmless in the view
//! already; each format guards what has a meaning of its own in it, in the one place where it writes text.

mod csv;
mod github;
mod html;
mod junit;
mod markdown;
mod nagios;
mod ndjson;
mod prometheus;
mod sarif;

use super::Report;
use super::view::{DomainReport, ExpectationView, HazardView};

pub use self::csv::{csv, csv_header, csv_rows};
pub use self::github::github;
pub use self::html::{STYLE as HTML_STYLE, html, html_of_domain};
pub use self::junit::junit;
pub use self::markdown::markdown;
pub use self::nagios::{nagios, nagios_status};
pub use self::ndjson::{ndjson, ndjson_line};
pub use self::prometheus::prometheus;
pub use self::sarif::{Place, sarif};

/// How much a finding matters to whoever reads the report by machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum ResultLevel {
    /// Nothing is to be done.
    None,
    /// Worth knowing.
    Note,
    /// To be looked at, or to be waited for.
    Warning,
    /// To be edited.
    Error,
}

/// How much an expectation matters as it stands.
fn result_level(expectation: &ExpectationView) -> ResultLevel {
    match (expectation.status, expectation.importance) {
        ("met" | "waived", _) => ResultLevel::None,
        ("unmet", "required") => ResultLevel::Error,
        // Nobody asked for it, and it is simply not there.
        (_, "optional") if expectation.observed.is_empty() => ResultLevel::None,
        (_, "required") => ResultLevel::Warning,
        _ => ResultLevel::Note,
    }
}

/// Whether something was found that is not simply met, waived or not.
fn is_finding(expectation: &ExpectationView) -> bool {
    expectation.status == "waived" || result_level(expectation) > ResultLevel::None
}

/// How much a hazard matters.
fn hazard_level(hazard: &HazardView) -> ResultLevel {
    match hazard.level {
        _ if hazard.is_waived() => ResultLevel::None,
        "error" => ResultLevel::Error,
        "warning" => ResultLevel::Warning,
        _ => ResultLevel::Note,
    }
}

/// All domains of a report with the place of each.
fn domains(report: &Report) -> impl Iterator<Item = (usize, &DomainReport)> {
    report.domains.iter().enumerate()
}

/// A piece of a message: plain words, or a value that stood in backticks.
struct Piece<'a> {
    text: &'a str,
    is_value: bool,
}

/// A message in pieces. Backticks in a value may cut it in other places; that changes its looks and nothing else.
fn pieces(message: &str) -> impl Iterator<Item = Piece<'_>> {
    let pieces = message.split('`').enumerate();
    pieces
        .map(|(index, text)| Piece { text, is_value: index % 2 == 1 })
        .filter(|piece| !piece.text.is_empty())
}

/// The counts of a run in a sentence.
fn sum(report: &Report) -> String {
    let super::Summary { domains, ready, waiting, changes_needed, undetermined } = &report.summary;
    let word = if *domains == 1 { "domain" } else { "domains" };
    format!(
        "{domains} {word}: {ready} ready, {changes_needed} to change, {undetermined} undetermined, {waiting} waiting"
    )
}
