//! What is to be typed into the panel of the DNS host.

use std::fmt::Write as _;

use crate::expected::Phase;
use crate::record::Name;
use crate::report::grid::{Cell, ValueRow, value_rows, wrapped};
use crate::report::style::{Style, Tone};
use crate::report::view::{ChangeView, DomainReport};

use super::parts::{ADVICE, advice, typed};

/// What to type into the panel of the DNS host.
pub(super) fn edits(report: &DomainReport, style: &Style) -> String {
    let zone = report.zone.as_ref();
    let own = report.domain.parse::<Name>().ok();
    let Some(apex) = zone.map(|zone| &zone.apex).or(own.as_ref()) else { return String::new() };
    let servers: Vec<String> = zone
        .iter()
        .flat_map(|zone| &zone.name_servers)
        .map(|server| server.name.without_trailing_dot())
        .collect();
    let servers = if servers.is_empty() { String::new() } else { format!(" ({})", servers.join(", ")) };
    let title = format!("Edit at the DNS host of {}{servers}:", apex.without_trailing_dot());
    let mut text = format!("\n{}\n\n", wrapped(&style.text(&title), style.columns()));
    // In the order of the phases; one alone needs no heading.
    let phases: Vec<&[ChangeView]> = report.changes.chunk_by(|one, next| one.phase == next.phase).collect();
    let rows =
        phases.iter().map(|changes| changes.iter().flat_map(|change| edit_rows(change, apex)).collect());
    for (index, (changes, rows)) in phases.iter().zip(value_rows(rows.collect(), style)).enumerate() {
        if let [change, ..] = changes
            && phases.len() > 1
        {
            let gap = if index == 0 { "" } else { "\n" };
            let _ = writeln!(text, "{gap}  {}", style.paint(Tone::Strong, when(change.phase)));
        }
        text.push_str(&rows);
    }
    for note in edit_notes(&report.changes) {
        let _ = writeln!(text, "\n{}", wrapped(&style.text(note), style.columns()));
    }
    text
}

/// When to make the edits that a phase asks for.
fn when(phase: Phase) -> &'static str {
    match phase {
        Phase::Prepare => "Before the switch:",
        Phase::Switch => "At the switch:",
        Phase::Tidy => "Before the old service is closed:",
    }
}

fn edit_notes(changes: &[ChangeView]) -> Vec<&'static str> {
    let mut notes = Vec::new();
    if changes.iter().any(|change| change.confirm) {
        notes.push(
            "* Derived value, or a term was dropped: compare with the admin center before \
            publishing.",
        );
    }
    if changes.iter().any(|change| !change.is_required()) {
        notes.push(ADVICE);
    }
    notes
}

fn edit_rows(change: &ChangeView, apex: &Name) -> Vec<ValueRow<3>> {
    let host = change.name.host_in(apex);
    let advice = advice(change.importance);
    let row = |action: &str, tone, record: &str, behind: String| ValueRow {
        front: [
            Cell::toned(tone, format!("{action}{advice}")),
            host.clone().into(),
            change.rtype.to_string().into(),
        ],
        value: typed(record, change.rtype),
        behind,
    };
    let removed = change.removed().map(|record| row("delete", Tone::Bad, record, String::new()));
    let mark = if change.confirm { "  *" } else { "" };
    let behind = format!("TTL {}{mark}", change.ttl);
    let added = change.added().map(|record| row("add", Tone::Good, record, behind.clone()));
    removed.chain(added).collect()
}
