//! The report for a person: verdict first, done and left at a glance, then what to type, then the next step.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr as _;

use crate::check::{Assumptions, Code, Examination, Hazard, Judged, Outlook, Status, Verdict, Weight};
use crate::expected::{Expectation, Importance, Phase, Requirement, Subject};
use crate::facts::Facts;
use crate::plan::Change;
use crate::record::{Name, RecordData, RecordType};

use super::changed::changed;
use super::grid::{Cell, laid_out, wrapped};
use super::outlook::outlook;
use super::since::Since;
use super::style::{Detail, Style, Tone};
use super::view::{Summary, harmless, unicode};

/// Columns from which on codes have a column of their own.
const WIDE: usize = 110;

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
    /// What is still to be expected of caches and queues.
    pub outlook: &'a Outlook,
    /// What was taken for granted about them.
    pub assumptions: Assumptions,
    /// What has changed since an earlier report, where there is one to compare with.
    pub since: Option<&'a Since>,
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
    text.push_str(&outlook(shown, style));
    if let Some(since) = shown.since {
        text.push_str(&changed(since, style));
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
    let counts = [
        (ready, "ready"),
        (changes_needed, "to change"),
        (undetermined, "undetermined"),
        (waiting, "waiting"),
    ];
    let counts: Vec<String> = counts
        .iter()
        .filter(|(count, _)| **count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
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
    text + &shown.since.map(|since| changed(since, style)).unwrap_or_default()
}

/// `cutover expected` for a person.
#[must_use]
pub fn expected(subject: &Subject, list: &[Expectation], style: &Style) -> String {
    let mut rows: Vec<[Cell; 5]> = vec![["what", "host", "type", "value", "TTL"].map(faint)];
    for expectation in list {
        let value = match &expectation.data[..] {
            [] => unspecified(expectation).to_owned(),
            data => data.iter().map(typed).collect::<Vec<_>>().join("\n"),
        };
        rows.push([
            format!("{}{}", expectation.id, advice(expectation.importance)).into(),
            expectation.name.host_in(&subject.domain).into(),
            expectation.rtype.to_string().into(),
            value.into(),
            expectation.ttl.to_string().into(),
        ]);
    }
    let title = format!("{} needs, for {}:", shown_domain(subject), subject.cloud.title());
    let mut text = format!("{}\n\n{}", style.paint(Tone::Strong, &title), laid_out(rows, style));
    if list.iter().any(|expectation| expectation.importance != Importance::Required) {
        let _ = writeln!(text, "\n{}", wrapped(ADVICE, style.columns()));
    }
    text
}

/// What the mark of [`advice`] means.
const ADVICE: &str = "○ advice, or not needed yet: it decides nothing";

fn advice(importance: Importance) -> &'static str {
    match importance {
        Importance::Required => "",
        Importance::Recommended | Importance::Optional => " ○",
    }
}

fn faint(heading: &str) -> Cell {
    Cell::toned(Tone::Faint, heading)
}

fn unspecified(expectation: &Expectation) -> &'static str {
    match expectation.requirement {
        Requirement::IsAbsent => "(must not exist)",
        Requirement::HasVerification(_) => "(MS=ms… as the admin center shows it)",
        Requirement::HasDkimKeyAt(_) => "(as the Defender portal shows it; --tenant derives it)",
        Requirement::MayBeAliasOf(_)
        | Requirement::MayOfferService(_)
        | Requirement::MayAnnouncePolicy
        | Requirement::MayAskForTlsReports => "(not needed)",
        Requirement::DeliversTo(_)
        | Requirement::SpfIncludes(_)
        | Requirement::IsAliasOf(_)
        | Requirement::HasDmarcPolicy
        | Requirement::OffersService(_) => "(as the admin center shows it; --mx or --tenant names it here)",
    }
}

pub(super) fn shown_domain(subject: &Subject) -> String {
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
    let from =
        source.as_ref().map(|source| source.provider.map_or(source.name.as_str(), |provider| provider.short));
    let to = shown.subject.cloud.title();
    let right = from.map_or_else(|| to.to_owned(), |from| format!("{from} → {to}"));
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

/// A line an expectation: mark, id, sentence, code. What nobody asked for and is not there shares one line.
fn expectations(judged: &[Judged], style: &Style) -> String {
    let (beside, shown): (Vec<&Judged>, Vec<&Judged>) =
        judged.iter().partition(|judged| style.detail < Detail::Verbose && is_beside_the_point(judged));
    let mut text = sentences(shown.into_iter().map(|judged| expectation(judged)).collect(), style);
    if !beside.is_empty() {
        let ids: Vec<&str> = beside.iter().map(|judged| judged.expectation.id.word()).collect();
        let line = wrapped(&format!("not needed and not there: {}", ids.join(", ")), style.columns() - 5);
        for (index, line) in line.lines().enumerate() {
            let mark = if index == 0 { "·" } else { " " };
            let _ = writeln!(text, "  {mark}  {}", style.paint(Tone::Faint, line));
        }
    }
    text
}

fn is_beside_the_point(judged: &Judged) -> bool {
    let plain = matches!(judged.code, Code::Met | Code::AliasMissing | Code::ServiceMissing);
    judged.importance == Importance::Optional && judged.observed.is_empty() && plain
}

fn expectation(judged: &Judged) -> (Cell, Option<&str>, String, &str) {
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
    let code = if judged.code == Code::Met { "" } else { judged.code.word() };
    let message = harmless(&judged.message) + &importance;
    (Cell::toned(tone, mark), Some(judged.expectation.id.word()), message, code)
}

fn hazards(hazards: &[Hazard], style: &Style) -> String {
    if hazards.is_empty() {
        return String::new();
    }
    let rows = hazards.iter().map(|hazard| {
        let (mark, tone) = match hazard.level {
            Weight::Error => ("✘", Tone::Bad),
            Weight::Warning => ("!", Tone::Pending),
            Weight::Info | Weight::Met | Weight::Unmet | Weight::Waiting | Weight::Unknown => {
                ("·", Tone::Faint)
            }
        };
        let records = hazard.records.iter().map(|record| format!("\n  {}", harmless(record)));
        let message = harmless(&hazard.message) + &records.collect::<String>();
        (Cell::toned(tone, mark), None, message, hazard.code.word())
    });
    format!("\n{}", sentences(rows.collect(), style))
}

/// Rows of mark, name, sentence and code; on a narrow terminal the code stands behind the sentence.
fn sentences(rows: Vec<(Cell, Option<&str>, String, &str)>, style: &Style) -> String {
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

/// What to type into the panel of the DNS host.
fn edits(shown: &Shown<'_>, style: &Style) -> String {
    let zone = shown.examination.zone.as_ref();
    let apex = zone.map_or(&shown.subject.domain, |zone| &zone.apex);
    let servers: Vec<String> =
        zone.iter().flat_map(|zone| &zone.name_servers).map(|server| server.name.bare()).collect();
    let servers = if servers.is_empty() { String::new() } else { format!(" ({})", servers.join(", ")) };
    let title = format!("Edit at the DNS host of {}{servers}:", apex.bare());
    let mut text = format!("\n{}\n\n", wrapped(&title, style.columns()));
    let mut rows: Vec<[Cell; 5]> = vec![["action", "host", "type", "value", "TTL"].map(faint)];
    for change in shown.changes {
        rows.extend(edit_rows(change, apex));
    }
    text.push_str(&laid_out(rows, style));
    for note in edit_notes(shown.changes) {
        let _ = writeln!(text, "\n{}", wrapped(note, style.columns()));
    }
    text
}

fn edit_notes(changes: &[Change]) -> Vec<&'static str> {
    let mut notes = Vec::new();
    if changes.iter().any(|change| change.confirm) {
        notes.push("* not certain: made by rule, or a term was left out; compare it before you publish it");
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
fn typed(data: &RecordData) -> String {
    let text = data.to_string();
    match data.rtype() {
        RecordType::Txt => {
            text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(&text).to_owned()
        }
        _ if text.ends_with('.') && text.len() > 1 && !text.ends_with(" .") => {
            text[..text.len() - 1].to_owned()
        }
        _ => text,
    }
}

fn replies(facts: &Facts, style: &Style) -> String {
    let mut rows: Vec<[Cell; 5]> = vec![["server", "question", "outcome", "answer", "ms"].map(faint)];
    for reply in facts.all() {
        let server = match facts.server_name(&reply.server) {
            Some(name) => format!("{} {}", name.bare(), reply.server.address),
            None => reply.server.address.clone(),
        };
        let answers = reply.records.iter().chain(&reply.referral).map(|record| record.data.to_string());
        let said = reply.extended.iter().map(ToString::to_string).chain(Some(reply.reason.clone()));
        let answer: Vec<String> = answers.chain(said).filter(|text| !text.is_empty()).collect();
        rows.push([
            harmless(&server).into(),
            format!("{} {}", reply.question.name.bare(), reply.question.rtype).into(),
            reply.outcome.word().into(),
            harmless(&answer.join("; ")).into(),
            format!("{:.1}", reply.took as f64 / 1000.0).into(),
        ]);
    }
    format!("\n{}", laid_out(rows, style))
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
        Verdict::ChangesNeeded if !shown.changes.is_empty() => {
            format!("edit, then `cutover check {domain}` again")
        }
        Verdict::ChangesNeeded => "put right what is marked ✘".to_owned(),
        Verdict::Waiting => format!("wait, then `cutover check {domain}` again"),
        Verdict::Undetermined => format!("look at what is marked `?`, then `cutover check {domain}` again"),
    };
    let explain =
        code.map(|code| format!(" What a code means: `cutover explain {code}`.")).unwrap_or_default();
    format!("\n{}\n", wrapped(&format!("Next: {what}.{explain}"), style.columns()))
}
