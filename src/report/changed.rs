//! Writes the changes since an earlier report, for a person.

use std::fmt::Write as _;

use crate::check::time::clock;

use super::grid::wrapped;
use super::harmless::{Sanitized, harmless};
use super::style::{Style, Tone};
use super::view::{DomainReport, ExpectationView, Moved, RecordsChange, Sign, Since, State};

/// The maximum number of records shown per record set.
const MOST_RECORDS: usize = 4;

/// Returns the section of a report about the changes of one domain.
#[must_use]
pub fn changed(since: &Since, style: &Style) -> String {
    let mut text = String::from("\n");
    if since.is_empty() {
        let line = format!("Nothing has changed since {}.", clock(since.checked_at));
        let _ = writeln!(text, "{}", wrapped(&style.text(&line), style.columns()));
        return text;
    }
    let title = format!("Changed since {}:", clock(since.checked_at));
    let _ = writeln!(text, "{}", style.paint(Tone::Strong, &title));
    for line in lines(since) {
        let line = wrapped(&style.text(&line), style.columns().saturating_sub(4));
        let _ = writeln!(text, "  - {}", line.replace('\n', "\n    "));
    }
    text
}

/// Returns one line for each change.
#[must_use]
pub fn lines(since: &Since) -> Vec<String> {
    let verdict = since.verdict.iter().map(|pair| format!("verdict: {} → {}", pair.before, pair.after));
    let expectations = since.expectations.iter().map(moved);
    let appeared = since.hazards_appeared.iter().map(|sign| format!("appeared: {}", hazard(sign)));
    let gone = since.hazards_gone.iter().map(|sign| format!("gone: {}", hazard(sign)));
    verdict.chain(expectations).chain(appeared).chain(gone).map(|line| harmless(&line)).collect()
}

/// Returns the earlier state of an expectation that has changed: `unmet (mx-at-source), 10 mx1.emailsrvr.com.`.
#[must_use]
pub fn before(report: &DomainReport, expectation: &ExpectationView) -> Option<String> {
    let moved = moved_of(report, expectation)?;
    let state = state(&moved.before);
    Some(match moved.records {
        RecordsChange::Same => state,
        RecordsChange::Appeared | RecordsChange::Gone | RecordsChange::Changed => {
            harmless(&format!("{state}, {}", records(&moved.before.observed)))
        }
    })
}

/// Returns the change of an expectation since the earlier report, if there is one.
#[must_use]
pub(crate) fn moved_of<'r>(report: &'r DomainReport, expectation: &ExpectationView) -> Option<&'r Moved> {
    report.since.as_ref()?.expectations.iter().find(|moved| moved.id == expectation.id)
}

fn moved(moved: &Moved) -> String {
    let Moved { id, before, after, records: kind, .. } = moved;
    let mut line = format!("{id}:");
    if *kind != RecordsChange::Same {
        let _ = write!(line, " {} → {}", records(&before.observed), records(&after.observed));
    }
    if (&before.status, &before.code) != (&after.status, &after.code) {
        let comma = if *kind == RecordsChange::Same { "" } else { "," };
        let _ = write!(line, "{comma} {} → {}", state(before), state(after));
    }
    line
}

/// Returns a status with its code: `unmet (mx-at-source)`, or `met` alone.
fn state(state: &State) -> String {
    let status = state.status.word();
    if state.code.as_str() == status { status.to_owned() } else { format!("{status} ({})", state.code) }
}

fn records(records: &[Sanitized]) -> String {
    if records.is_empty() {
        return "nothing".into();
    }
    let mut shown: Vec<String> =
        records.iter().take(MOST_RECORDS).map(|record| format!("`{record}`")).collect();
    if records.len() > MOST_RECORDS {
        shown.push(format!("{} more", records.len() - MOST_RECORDS));
    }
    shown.join(", ")
}

fn hazard(sign: &Sign) -> String {
    let rtype = sign.rtype.as_ref().map(|rtype| format!(" {rtype}")).unwrap_or_default();
    format!("{} ({}{rtype})", sign.code, sign.name.without_trailing_dot())
}
