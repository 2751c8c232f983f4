//! What is to be typed into the panel of the DNS host.

use std::fmt::Write as _;

use crate::expected::Phase;
use crate::record::Name;
use crate::report::grid::{Cell, laid_out_in_groups, wrapped};
use crate::report::style::{Style, Tone};
use crate::report::view::{ChangeView, DomainReport};

use super::parts::{ADVICE, advice, faint, typed};

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
    let heads = vec![["action", "host", "type", "value", "TTL"].map(faint)];
    let mut grids = laid_out_in_groups(Some(heads).into_iter().chain(rows).collect(), style).into_iter();
    text.extend(grids.next());
    for (changes, grid) in phases.iter().zip(grids) {
        if let [change, ..] = changes
            && phases.len() > 1
        {
            let _ = writeln!(text, "\n  {}", style.paint(Tone::Strong, when(change.phase)));
        }
        text.push_str(&grid);
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
        notes.push("* not certain: made by rule, or a term was left out; compare it before you publish it");
    }
    if changes.iter().any(|change| !change.is_required()) {
        notes.push(ADVICE);
    }
    notes
}

fn edit_rows(change: &ChangeView, apex: &Name) -> Vec<[Cell; 5]> {
    let host = change.name.host_in(apex);
    let advice = advice(change.importance);
    let row = |action: &str, tone, record: &str, ttl: String, mark: &str| {
        [
            Cell::toned(tone, format!("{action}{advice}")),
            host.clone().into(),
            change.rtype.to_string().into(),
            (typed(record, change.rtype) + mark).into(),
            ttl.into(),
        ]
    };
    let removed = change.removed().map(|record| row("delete", Tone::Bad, record, String::new(), ""));
    let mark = if change.confirm { " *" } else { "" };
    let added = change.added().map(|record| row("add", Tone::Good, record, change.ttl.to_string(), mark));
    removed.chain(added).collect()
}
