//! Lists the edits to make in the panel of the DNS host.

use std::fmt::Write as _;

use crate::report::content::{self, Edit, EditKind, Edits};
use crate::report::grid::{Cell, ValueRow, value_rows, wrapped};
use crate::report::style::{Style, Tone};
use crate::report::view::DomainReport;

/// Returns the edits to make in the panel of the DNS host; empty if there are none.
pub(super) fn edits(report: &DomainReport, style: &Style) -> String {
    let Some(Edits { zone, name_servers, phases, notes }) = content::edits(report) else {
        return String::new();
    };
    let servers =
        if name_servers.is_empty() { String::new() } else { format!(" ({})", name_servers.join(", ")) };
    let title = format!("Edit at the DNS host of {zone}{servers}:");
    let mut text = format!("\n{}\n\n", wrapped(&style.text(&title), style.columns()));
    let rows = phases.iter().map(|phase| phase.edits.iter().map(row).collect()).collect();
    for (index, (phase, rows)) in phases.iter().zip(value_rows(rows, style)).enumerate() {
        if let Some(when) = phase.when {
            let gap = if index == 0 { "" } else { "\n" };
            let _ = writeln!(text, "{gap}  {}", style.paint(Tone::Strong, &format!("{when}:")));
        }
        text.push_str(&rows);
    }
    for note in notes {
        let _ = writeln!(text, "\n{}", wrapped(&style.text(note), style.columns()));
    }
    text
}

fn row(edit: &Edit<'_>) -> ValueRow<3> {
    let tone = match edit.kind {
        EditKind::Delete => Tone::Bad,
        EditKind::Add | EditKind::SetTtl => Tone::Good,
    };
    let action = [edit.kind.word(), edit.advice].join(" ");
    let behind = match edit.ttl {
        Some(ttl) => format!("TTL {ttl}  {}", edit.compare),
        None => edit.compare.to_owned(),
    };
    ValueRow {
        front: [
            Cell::toned(tone, action.trim_end()),
            edit.host.clone().into(),
            edit.rtype.to_string().into(),
        ],
        value: edit.value.to_owned(),
        behind: behind.trim_end().to_owned(),
    }
}
