//! The report for a person: verdict first, done and left at a glance, then what to type, then the next step.

use std::fmt::Write as _;

use tabled::builder::Builder;
use tabled::settings::object::{Columns, Rows};
use tabled::settings::{Padding, Style as Borders, Width};
use unicode_width::UnicodeWidthStr as _;

use crate::check::{Examination, Hazard, Judged, Status, Verdict, Weight};
use crate::expected::{Expectation, Importance, Phase, Subject};
use crate::facts::Facts;
use crate::plan::Change;
use crate::record::{Name, RecordData, RecordType};

use super::style::{Detail, Style, Tone};
use super::view::{Summary, harmless, unicode};

/// Everything that a table of one domain shows.
#[derive(Debug, Clone, Copy)]
pub struct Shown<'a> {
    /// The domain and the choices made for it.
    pub subject: &'a Subject,
    /// What was found out.
    pub examination: &'a Examination,
    /// What has to change.
    pub changes: &'a [Change],
    /// The replies, for `--verbose`.
    pub facts: &'a Facts,
}

/// The report of one domain.
#[must_use]
pub fn domain(shown: &Shown<'_>, style: &Style) -> String {
    let mut text = header(shown, style);
    text.push('\n');
    text.push_str(&expectations(&shown.examination.judged, style));
    text.push_str(&hazards(&shown.examination.hazards, style));
    if !shown.changes.is_empty() {
        text.push_str(&edits(shown, style));
    }
    if style.detail == Detail::Verbose {
        text.push_str(&replies(shown.facts, style));
    }
    if style.detail > Detail::Quiet {
        text.push_str(&next(shown, style));
    }
    text
}

/// One line for several domains.
#[must_use]
pub fn summary(summary: &Summary) -> String {
    let Summary { domains, ready, waiting, changes_needed, undetermined } = summary;
    let counts = [(ready, "ready"), (changes_needed, "to change"), (undetermined, "undetermined"), (waiting, "waiting")];
    let counts: Vec<String> =
        counts.iter().filter(|(count, _)| **count > 0).map(|(count, word)| format!("{count} {word}")).collect();
    format!("{domains} domains: {}\n", counts.join(", "))
}

/// `cutover plan` for a person.
#[must_use]
pub fn plan(shown: &Shown<'_>, style: &Style) -> String {
    let domain = shown_domain(shown.subject);
    if shown.changes.is_empty() {
        let left = match shown.examination.verdict {
            Verdict::ChangesNeeded => "nothing that a change of its records would cure; see `cutover check`",
            Verdict::Undetermined => "nothing is known to be wrong, and something could not be looked up",
            Verdict::Ready | Verdict::Waiting => "nothing to change",
        };
        return format!("{domain}: {left}\n");
    }
    let count = counted(shown.changes.len(), "record set");
    let mut text = style.paint(Tone::Strong, &format!("{domain}: {count} to change")) + "\n";
    text.push_str(&edits(shown, style));
    text
}

/// `cutover expected` for a person.
#[must_use]
pub fn expected(subject: &Subject, list: &[Expectation], style: &Style) -> String {
    let mut builder = Builder::default();
    builder.push_record(["what", "host", "type", "value", "TTL", "importance"]);
    for expectation in list {
        let value = match &expectation.data[..] {
            [] => unspecified(expectation).to_owned(),
            data => data.iter().map(typed).collect::<Vec<_>>().join("\n"),
        };
        builder.push_record([
            expectation.id.word().to_owned(),
            expectation.name.host_in(&subject.domain),
            expectation.rtype.to_string(),
            value,
            expectation.ttl.to_string(),
            expectation.importance.word().to_owned(),
        ]);
    }
    let title = format!("{} needs, for {}:", shown_domain(subject), subject.cloud.title());
    format!("{}\n\n{}", style.paint(Tone::Strong, &title), laid_out(builder, 3, style))
}

fn unspecified(expectation: &Expectation) -> &'static str {
    match expectation.requirement {
        crate::expected::Requirement::IsAbsent => "(must not exist)",
        crate::expected::Requirement::HasVerification(_) => "(MS=ms… as the admin center shows it)",
        _ => "(as the admin center shows it; --mx or --tenant names it here)",
    }
}

fn shown_domain(subject: &Subject) -> String {
    let bare = subject.domain.bare();
    unicode(&subject.domain).map_or(bare.clone(), |unicode| format!("{unicode} ({bare})"))
}

fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

/// The verdict, and from where to where.
fn header(shown: &Shown<'_>, style: &Style) -> String {
    let Examination { judged, verdict, source, hazards, .. } = shown.examination;
    let count = |status| {
        let required = judged.iter().filter(|judged| judged.importance == Importance::Required);
        required.filter(|judged| judged.status == status).count()
    };
    let required = shown.changes.iter().filter(|change| change.importance == Importance::Required).count();
    let mut notes = Vec::new();
    if *verdict == Verdict::ChangesNeeded {
        let errors = hazards.iter().filter(|hazard| hazard.level == Weight::Error).count();
        let without_edit = count(Status::Unmet).max(errors);
        match required {
            0 => notes.push(format!("{without_edit} to put right")),
            required => notes.push(format!("{} to edit", counted(required, "record set"))),
        }
    }
    if count(Status::Waiting) > 0 {
        notes.push(format!("{} to wait for", count(Status::Waiting)));
    }
    if count(Status::Unknown) > 0 {
        notes.push(format!("{} could not be looked up", count(Status::Unknown)));
    }
    let notes = if notes.is_empty() { String::new() } else { format!(" ({})", notes.join(", ")) };
    let (tone, word) = match verdict {
        Verdict::Ready => (Tone::Good, "ready"),
        Verdict::Waiting => (Tone::Pending, "waiting"),
        Verdict::Undetermined => (Tone::Pending, "undetermined"),
        Verdict::ChangesNeeded => (Tone::Bad, "changes needed"),
    };
    let left = format!("{}: {word}{notes}", shown_domain(shown.subject));
    let from = source.as_ref().map(|source| source.provider.map_or(source.name.as_str(), |provider| provider.short));
    let to = shown.subject.cloud.title();
    let right = from.map_or_else(|| format!("→ {to}"), |from| format!("{from} → {to}"));
    let phase = match shown.subject.phase {
        Phase::Switch => String::new(),
        phase => format!(", {phase}"),
    };
    let right = right + &phase;
    let gap = style.columns().saturating_sub(left.width() + right.width());
    let between = if gap >= 3 { " ".repeat(gap) } else { "\n  ".to_owned() };
    let left = style.paint(Tone::Strong, &format!("{}:", shown_domain(shown.subject)))
        + " "
        + &style.paint(tone, &format!("{word}{notes}"));
    format!("{left}{between}{}\n", style.paint(Tone::Faint, &right))
}

/// A line an expectation: mark, id, sentence, code.
fn expectations(judged: &[Judged], style: &Style) -> String {
    let mut builder = Builder::default();
    for judged in judged {
        let needed = judged.importance == Importance::Required;
        let (mark, tone) = match judged.status {
            Status::Met => ("✔", Tone::Good),
            Status::Unmet if needed => ("✘", Tone::Bad),
            Status::Unmet => ("○", Tone::Pending),
            Status::Waiting => ("…", Tone::Pending),
            Status::Unknown => ("?", Tone::Pending),
        };
        let importance = match (judged.status, judged.importance) {
            (Status::Met, _) | (_, Importance::Required) => String::new(),
            (_, importance) => format!(" ({importance})"),
        };
        let code = if judged.code == crate::check::Code::Met { "" } else { judged.code.word() };
        builder.push_record([
            style.paint(tone, mark),
            judged.expectation.id.word().to_owned(),
            harmless(&judged.message) + &importance,
            style.paint(Tone::Faint, code),
        ]);
    }
    laid_out(builder, 2, style)
}

fn hazards(hazards: &[Hazard], style: &Style) -> String {
    if hazards.is_empty() {
        return String::new();
    }
    let mut builder = Builder::default();
    for hazard in hazards {
        let (mark, tone) = match hazard.level {
            Weight::Error => ("✘", Tone::Bad),
            Weight::Warning => ("!", Tone::Pending),
            _ => ("·", Tone::Faint),
        };
        let mut message = harmless(&hazard.message);
        for record in &hazard.records {
            message.push_str("\n  ");
            message.push_str(&harmless(record));
        }
        builder.push_record([style.paint(tone, mark), message, style.paint(Tone::Faint, hazard.code.word())]);
    }
    format!("\n{}", laid_out(builder, 1, style))
}

/// What to type into the panel of the DNS host.
fn edits(shown: &Shown<'_>, style: &Style) -> String {
    let zone = shown.examination.zone.as_ref();
    let apex = zone.map_or(&shown.subject.domain, |zone| &zone.apex);
    let servers = zone.map(|zone| zone.name_servers.iter().map(|server| server.name.bare()).collect::<Vec<_>>());
    let servers = servers.filter(|servers| !servers.is_empty());
    let servers = servers.map(|servers| format!(" ({})", servers.join(", "))).unwrap_or_default();
    let mut text = format!("\n{}\n\n", wrapped(&format!("Edit at the DNS host of {}{servers}:", apex.bare()), style));
    let several_phases = shown.changes.iter().any(|change| change.phase != shown.changes[0].phase);
    let mut builder = Builder::default();
    builder.push_record(["action", "host", "type", "value", "TTL"]);
    for change in shown.changes {
        rows(&mut builder, change, apex, several_phases, style);
    }
    text.push_str(&laid_out(builder, 3, style));
    if shown.changes.iter().any(|change| change.confirm) {
        let note = "* made by rule from the domain's name: compare it with the admin center before you publish it";
        let _ = writeln!(text, "\n{}", wrapped(note, style));
    }
    text
}

fn rows(builder: &mut Builder, change: &Change, apex: &Name, with_phase: bool, style: &Style) {
    let host = change.name.host_in(apex);
    let optional = match change.importance {
        Importance::Required => String::new(),
        importance => format!(" ({importance})"),
    };
    let phase = if with_phase { format!(" [{}]", change.phase) } else { String::new() };
    let mut row = |action: &str, tone, data: &RecordData, ttl: String, mark: &str| {
        builder.push_record([
            style.paint(tone, action) + &optional + &phase,
            host.clone(),
            change.rtype.to_string(),
            typed(data) + mark,
            ttl,
        ]);
    };
    for data in change.removed() {
        row("delete", Tone::Bad, data, String::new(), "");
    }
    for data in change.added() {
        let mark = if change.confirm { " *" } else { "" };
        row("add", Tone::Good, data, change.after.ttl.to_string(), mark);
    }
}

/// A value as it is typed into a panel: without the final dot, and text without quotes around it.
fn typed(data: &RecordData) -> String {
    let text = data.to_string();
    match data.rtype() {
        RecordType::Txt => text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(&text).to_owned(),
        _ if text.ends_with('.') && text.len() > 1 && !text.ends_with(" .") => text[..text.len() - 1].to_owned(),
        _ => text,
    }
}

fn replies(facts: &Facts, style: &Style) -> String {
    let mut builder = Builder::default();
    builder.push_record(["server", "question", "outcome", "answer", "ms"]);
    for reply in facts.all() {
        let server = match facts.server_name(&reply.server) {
            Some(name) => format!("{} ({})", name.bare(), reply.server.address),
            None => reply.server.address.clone(),
        };
        let answers = reply.records.iter().chain(&reply.referral).map(|record| record.data.to_string());
        let said = reply.extended.iter().map(ToString::to_string).chain(Some(reply.reason.clone()));
        let answer: Vec<String> = answers.chain(said).filter(|text| !text.is_empty()).collect();
        builder.push_record([
            harmless(&server),
            format!("{} {}", reply.question.name.bare(), reply.question.rtype),
            reply.outcome.word().to_owned(),
            harmless(&answer.join("; ")),
            format!("{:.1}", reply.took as f64 / 1000.0),
        ]);
    }
    format!("\n{}", laid_out(builder, 3, style))
}

fn next(shown: &Shown<'_>, style: &Style) -> String {
    let domain = shown.subject.domain.bare();
    let judged = &shown.examination.judged;
    let worst = judged.iter().filter(|judged| judged.status != Status::Met).max_by_key(|judged| {
        (judged.importance, judged.status == Status::Unmet, std::cmp::Reverse(judged.expectation.id))
    });
    let code = shown
        .examination
        .hazards
        .iter()
        .find(|hazard| hazard.level == Weight::Error)
        .map(|hazard| hazard.code)
        .or_else(|| worst.map(|judged| judged.code));
    let what = match shown.examination.verdict {
        Verdict::Ready => return String::new(),
        Verdict::ChangesNeeded if !shown.changes.is_empty() => format!("edit, then `cutover check {domain}` again"),
        Verdict::ChangesNeeded => "put right what is marked ✘".to_owned(),
        Verdict::Waiting => format!("wait, then `cutover check {domain}` again"),
        Verdict::Undetermined => format!("look at what is marked `?`, then `cutover check {domain}` again"),
    };
    let explain = code.map(|code| format!(" What a code means: `cutover explain {code}`.")).unwrap_or_default();
    format!("\n{}\n", wrapped(&format!("Next: {what}.{explain}"), style))
}

/// A table without lines, never wider than the terminal: the column that holds sentences or values gives way.
fn laid_out(builder: Builder, flexible: usize, style: &Style) -> String {
    let mut table = builder.build();
    table.with(Borders::empty());
    table.modify(Columns::new(..), Padding::new(0, 2, 0, 0));
    let excess = table.total_width().saturating_sub(style.columns() - 2);
    if excess > 0 {
        let widest = column_width(&table, flexible);
        table.modify(Columns::one(flexible), Width::wrap(widest.saturating_sub(excess).max(12)).keep_words(true));
    }
    table.modify(Rows::new(..), Padding::new(0, 2, 0, 0));
    let mut text = String::new();
    for line in table.to_string().lines() {
        let _ = writeln!(text, "  {}", line.trim_end());
    }
    text
}

fn column_width(table: &tabled::Table, column: usize) -> usize {
    let records = table.get_records();
    let cells = records.iter().filter_map(|row| row.get(column));
    let lines = cells.flat_map(|cell| AsRef::<str>::as_ref(cell).lines().map(plain_width).collect::<Vec<_>>());
    lines.max().unwrap_or(0) + 2
}

fn plain_width(line: &str) -> usize {
    line.width()
}

/// A paragraph, wrapped between words.
fn wrapped(text: &str, style: &Style) -> String {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let fits = |line: &String| line.is_empty() || line.width() + 1 + word.width() <= style.columns();
        match lines.last_mut() {
            Some(line) if fits(line) => {
                if !line.is_empty() {
                    line.push(' ');
                }
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines.join("\n")
}
