//! The table of a result that was stored: made from the view alone, with the time of the check.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr as _;

use crate::check::time::clock;
use crate::expected::Cloud;
use crate::record::Name;
use crate::report::changed::changed;
use crate::report::grid::{Cell, laid_out, wrapped};
use crate::report::harmless::harmless_lines;
use crate::report::style::{Detail, Style, Tone};
use crate::report::view::{ChangeView, DomainReport, ExpectationView, HazardView};

use super::edits::typed_text;
use super::findings::sentences;
use super::{ADVICE, counted, faint};

/// The report of one domain that was checked at this time.
#[must_use]
pub fn stored(report: &DomainReport, checked_at: jiff::Timestamp, style: &Style) -> String {
    let mut text = header(report, style);
    if style.detail > Detail::Quiet {
        let checked = match checked_at == jiff::Timestamp::UNIX_EPOCH {
            true => "Never checked.".to_owned(),
            false => format!("Checked {}.", clock(checked_at)),
        };
        let _ = writeln!(text, "{}", style.paint(Tone::Faint, &checked));
    }
    text.push('\n');
    let (absent, shown): (Vec<&ExpectationView>, Vec<&ExpectationView>) =
        report.expectations.iter().partition(|one| style.detail < Detail::Verbose && is_absent(one));
    text.push_str(&sentences(shown.into_iter().map(|one| expectation(one, style)).collect(), style));
    if !absent.is_empty() {
        let ids: Vec<&str> = absent.iter().map(|one| one.id).collect();
        let line = wrapped(&format!("not required, not published: {}", ids.join(", ")), style.columns() - 5);
        let _ = writeln!(text, "  ·  {}", line.replace('\n', "\n     "));
    }
    if !report.hazards.is_empty() {
        text.push('\n');
        text.push_str(&sentences(report.hazards.iter().map(|one| hazard(one, style)).collect(), style));
    }
    if !report.changes.is_empty() {
        text.push_str(&edits(report, style));
    }
    if let Some(closing) = report.close_source_after {
        let basis =
            if report.close_source_basis == Some("assumed") { " (the old TTL is assumed)" } else { "" };
        let line = format!("The old service may be closed after {}{basis}.", clock(closing));
        let _ = writeln!(text, "\n{}", wrapped(&line, style.columns()));
    }
    if let Some(since) = &report.since {
        text.push_str(&changed(since, style));
    }
    if style.detail == Detail::Verbose {
        text.push_str(&replies(report, style));
    }
    if style.detail > Detail::Quiet {
        text.push_str(&next(report, style));
    }
    harmless_lines(&style.text(&text)).into_owned()
}

fn shown_domain(report: &DomainReport) -> String {
    match &report.unicode {
        Some(unicode) => format!("{unicode} ({})", report.domain),
        None => report.domain.clone(),
    }
}

fn header(report: &DomainReport, style: &Style) -> String {
    let required = report.expectations.iter().filter(|one| one.importance == "required");
    let count = |status| required.clone().filter(|one| one.status == status).count();
    let mut notes = Vec::new();
    let (tone, word) = match report.verdict {
        "ready" => (Tone::Good, "ready"),
        "waiting" => (Tone::Pending, "waiting"),
        "undetermined" => (Tone::Pending, "undetermined"),
        _ => (Tone::Bad, "changes needed"),
    };
    if report.verdict == "changes-needed" {
        let required = report.changes.iter().filter(|change| change.importance == "required");
        let edits = required.map(|change| (&change.name, &change.rtype)).collect::<BTreeSet<_>>().len();
        let errors = report.hazards.iter().filter(|one| one.level == "error" && !one.is_waived()).count();
        notes.push(match edits {
            0 => format!("{} to fix", count("unmet").max(errors)),
            edits => format!("{} to edit", counted(edits, "record set")),
        });
    }
    let waived = report.expectations.iter().filter(|one| one.status == "waived").count()
        + report.hazards.iter().filter(|one| one.is_waived()).count();
    let counts =
        [(count("waiting"), "to wait for"), (count("unknown"), "could not be looked up"), (waived, "waived")];
    notes
        .extend(counts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")));
    let notes = if notes.is_empty() { String::new() } else { format!(" ({})", notes.join(", ")) };
    let to = report.cloud.parse::<Cloud>().map(Cloud::title).unwrap_or_default();
    let from = report.source.as_ref().map(|source| match source.proof {
        "probable" => format!("probably {}", source.name),
        _ => source.name.to_string(),
    });
    let right = from.map_or_else(|| to.to_owned(), |from| format!("{from} → {to}"));
    let phase = if report.phase == "switch" { String::new() } else { format!(", {}", report.phase) };
    let right = right + &phase;
    let domain = format!("{}:", shown_domain(report));
    let left = format!("{domain} {word}{notes}");
    let gap = style.columns().saturating_sub(left.width() + right.width());
    let between = if gap >= 3 { " ".repeat(gap) } else { "\n  ".to_owned() };
    format!(
        "{} {}{between}{}\n",
        style.paint(Tone::Strong, &domain),
        style.paint(tone, &format!("{word}{notes}")),
        style.paint(Tone::Faint, &right)
    )
}

/// Whether it was not asked for, and is not published.
fn is_absent(one: &ExpectationView) -> bool {
    one.importance == "optional"
        && one.observed.is_empty()
        && matches!(one.code, "met" | "alias-missing" | "service-missing")
}

fn expectation<'v>(one: &'v ExpectationView, style: &Style) -> (Cell, Option<&'v str>, String, &'v str) {
    let is_required = one.importance == "required";
    let (mark, tone) = match one.status {
        "met" => ("✔", Tone::Good),
        "unmet" if is_required => ("✘", Tone::Bad),
        "unmet" => ("○", Tone::Pending),
        "waiting" => ("…", Tone::Pending),
        "waived" => ("–", Tone::Faint),
        _ => ("?", Tone::Pending),
    };
    let is_settled = matches!(one.status, "met" | "waived");
    let importance = if is_settled || is_required { String::new() } else { format!(" ({})", one.importance) };
    let code = if one.code == "met" { "" } else { one.code };
    (Cell::toned(tone, style.mark(mark)), Some(one.id), format!("{}{importance}", one.message), code)
}

fn hazard<'v>(one: &'v HazardView, style: &Style) -> (Cell, Option<&'v str>, String, &'v str) {
    let (mark, tone) = match one.level {
        _ if one.is_waived() => ("–", Tone::Faint),
        "error" => ("✘", Tone::Bad),
        "warning" => ("!", Tone::Pending),
        _ => ("·", Tone::Faint),
    };
    let records = one.records.iter().map(|record| format!("\n  {record}"));
    let message = one.message.to_string() + &records.collect::<String>();
    (Cell::toned(tone, style.mark(mark)), None, message, one.code)
}

fn edits(report: &DomainReport, style: &Style) -> String {
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
    let mut rows = vec![["action", "host", "type", "value", "TTL"].map(faint)];
    rows.extend(report.changes.iter().flat_map(|change| edit_rows(change, apex)));
    let mut text = format!("\n{}\n\n{}", wrapped(&title, style.columns()), laid_out(rows, style));
    let confirm = "* Derived value, or a term was dropped: compare with the admin center before publishing.";
    let notes = [
        (report.changes.iter().any(|change| change.confirm), confirm),
        (report.changes.iter().any(|change| change.importance != "required"), ADVICE),
    ];
    for (_, note) in notes.iter().filter(|(is_shown, _)| *is_shown) {
        let _ = writeln!(text, "\n{}", wrapped(note, style.columns()));
    }
    text
}

fn edit_rows(change: &ChangeView, apex: &Name) -> Vec<[Cell; 5]> {
    let advice = if change.importance == "required" { "" } else { " ○" };
    let row = |action: &str, tone, record: &str, ttl: String, mark: &str| {
        [
            Cell::toned(tone, format!("{action}{advice}")),
            change.name.host_in(apex).into(),
            change.rtype.clone().into(),
            (typed_text(record, &change.rtype) + mark).into(),
            ttl.into(),
        ]
    };
    let mark = if change.confirm { " *" } else { "" };
    let removed = change.removed().map(|record| row("delete", Tone::Bad, record, String::new(), ""));
    let added = change.added().map(|record| row("add", Tone::Good, record, change.ttl.to_string(), mark));
    removed.chain(added).collect()
}

fn replies(report: &DomainReport, style: &Style) -> String {
    let Some(replies) = &report.replies else { return String::new() };
    let mut rows = vec![["server", "question", "outcome", "answer", "ms"].map(faint)];
    for reply in replies {
        let name =
            reply.server_name.as_ref().map(|name| name.without_trailing_dot() + " ").unwrap_or_default();
        let answer: Vec<&str> = reply.records.iter().chain(&reply.errors).map(|text| &**text).collect();
        rows.push([
            format!("{name}{}", reply.server).into(),
            format!("{} {}", reply.name.without_trailing_dot(), reply.rtype).into(),
            reply.outcome.into(),
            answer.join("; ").into(),
            format!("{:.1}", reply.rtt_ms).into(),
        ]);
    }
    format!("\n{}", laid_out(rows, style))
}

fn next(report: &DomainReport, style: &Style) -> String {
    let domain = &report.domain;
    let phase = if report.phase == "switch" { String::new() } else { format!(" --phase {}", report.phase) };
    let what = match report.verdict {
        "ready" => return String::new(),
        "changes-needed" if !report.changes.is_empty() => {
            format!("edit, then `cutover watch {domain}{phase}`")
        }
        "changes-needed" => format!("fix what is marked ✘, then `cutover check {domain}{phase}`"),
        "waiting" => format!("wait; `cutover watch {domain}{phase}` ends when it is over"),
        _ => format!("`cutover check {domain}{phase}`"),
    };
    format!("\n{}\n", wrapped(&format!("Next: {what}."), style.columns()))
}
