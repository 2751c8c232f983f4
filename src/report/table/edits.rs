//! The table of edits for the panel of the DNS host.

use std::fmt::Write as _;

use crate::expected::{Importance, Phase};
use crate::plan::Change;
use crate::record::{Name, RecordData};
use crate::report::grid::{Cell, laid_out_in_groups, wrapped};
use crate::report::style::{Style, Tone};

use super::{ADVICE, Shown, advice, faint};

/// What to type into the panel of the DNS host.
pub(super) fn edits(shown: &Shown<'_>, style: &Style) -> String {
    let zone = shown.assessment.zone.as_ref();
    let apex = zone.map_or(&shown.subject.domain, |zone| &zone.apex);
    let servers: Vec<String> = zone
        .iter()
        .flat_map(|zone| &zone.name_servers)
        .map(|server| server.name.without_trailing_dot())
        .collect();
    let servers = if servers.is_empty() { String::new() } else { format!(" ({})", servers.join(", ")) };
    let title = format!("Edit at the DNS host of {}{servers}:", apex.without_trailing_dot());
    let mut text = format!("\n{}\n\n", wrapped(&style.text(&title), style.columns()));
    // In the order of the phases; one alone needs no heading.
    let phases: Vec<&[Change]> = shown.changes.chunk_by(|one, next| one.phase == next.phase).collect();
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
    for note in edit_notes(shown.changes) {
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

fn edit_notes(changes: &[Change]) -> Vec<&'static str> {
    let mut notes = Vec::new();
    if changes.iter().any(|change| change.confirm) {
        notes.push(
            "* Derived value, or a term was dropped: compare with the admin center before \
            publishing.",
        );
    }
    if changes.iter().any(|change| change.importance != Importance::Required) {
        notes.push(ADVICE);
    }
    notes
}

fn edit_rows(change: &Change, apex: &Name) -> Vec<[Cell; 5]> {
    let host = change.name.host_in(apex);
    let advice = advice(change.importance);
    let row = |action: &str, tone, data: &RecordData, ttl: String, mark: &str| {
        [
            Cell::toned(tone, format!("{action}{advice}")),
            host.clone().into(),
            change.rtype.to_string().into(),
            (typed(data) + mark).into(),
            ttl.into(),
        ]
    };
    let removed = change.removed().map(|data| row("delete", Tone::Bad, data, String::new(), ""));
    let mark = if change.confirm { " *" } else { "" };
    let ttl = change.after.ttl.to_string();
    let added = change.added().map(|data| row("add", Tone::Good, data, ttl.clone(), mark));
    removed.chain(added).collect()
}

/// A value as it is typed into a panel: without the final dot, and text without quotes around it.
pub(super) fn typed(data: &RecordData) -> String {
    typed_text(&data.to_string(), &data.rtype().to_string())
}

/// The same of a record in presentation form.
pub(super) fn typed_text(text: &str, rtype: &str) -> String {
    match rtype {
        "TXT" => text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text).to_owned(),
        _ if text.ends_with('.') && text.len() > 1 && !text.ends_with(" .") => {
            text[..text.len() - 1].to_owned()
        }
        _ => text.to_owned(),
    }
}
