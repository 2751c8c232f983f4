//! Writes a Markdown page to hand on: every step with its time, its records, its commands and the way back.

use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::check::time::clock;
use crate::plan::schedule::{Part, Schedule, Step, relative};

/// Writes the steps of a move as Markdown, with times in a time zone next to those in UTC.
#[must_use]
pub fn to_runbook(schedule: &Schedule, zone: &TimeZone) -> String {
    let domain = escaped(&schedule.domain.without_trailing_dot());
    let from = schedule.source.as_deref().map(|source| format!("from {} ", escaped(source)));
    let target = escaped(schedule.target);
    let mut text = format!("# Move mail of {domain} {}to {target}\n\n", from.unwrap_or_default());
    // Writing into a String cannot fail.
    let _ = match schedule.switch_at {
        Some(switch) => writeln!(text, "Switch (T): {}.\n", prose(&both(switch, zone))),
        None => writeln!(text, "T is the time of the switch. `--switch-at TIME` writes dates instead.\n"),
    };
    let servers: Vec<String> =
        schedule.name_servers.iter().map(|server| escaped(&server.without_trailing_dot())).collect();
    let servers = if servers.is_empty() { String::new() } else { format!(" at {}", servers.join(", ")) };
    let _ = writeln!(
        text,
        "Edit the zone {}{servers}. As of {}.\n\nRecords are lines of a zone file: name, TTL, class, type, value. A DNS panel \
         usually wants the name without the zone, `@` for the zone itself, and values without the final dot.\n",
        escaped(&schedule.zone.without_trailing_dot()),
        prose(&clock(schedule.checked_at))
    );
    for warning in &schedule.warnings {
        let _ = writeln!(text, "**Warning:** {}\n", message(warning));
    }
    text.push_str("| step | from the switch | time | what |\n| --- | --- | --- | --- |\n");
    for (index, step) in schedule.steps.iter().enumerate() {
        let time = schedule.time(step).map(|time| prose(&both(time, zone))).unwrap_or_default();
        let (when, relative) = (step.when.word(), relative(step.offset));
        let _ = writeln!(text, "| {} | {when}{relative} | {time} | {} |", index + 1, step.title);
    }
    for (index, step) in schedule.steps.iter().enumerate() {
        let time = match schedule.time(step) {
            Some(time) => format!("{} ({})", prose(&both(time, zone)), relative(step.offset)),
            None => relative(step.offset),
        };
        let _ = writeln!(text, "\n## {}. {}: {}{time}\n", index + 1, step.title, step.when.word());
        text.push_str(&body(step));
    }
    text
}

/// Formats a time in UTC and in a time zone; once if they are the same.
fn both(time: Timestamp, zone: &TimeZone) -> String {
    let local = time.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M %Z").to_string();
    let utc = clock(time);
    if local == utc { utc } else { format!("{utc}, {local}") }
}

fn body(step: &Step) -> String {
    let parts = step.parts.iter().map(|part| match part {
        Part::Text(text) => message(text) + "\n",
        Part::List(points) => points.iter().map(|point| format!("* {}\n", message(point))).collect(),
        // A message is copied as it is, so nothing in it is escaped.
        Part::Message(paragraphs) => {
            let fence = fence(paragraphs);
            format!("{fence}text\n{}\n{fence}\n", paragraphs.join("\n\n"))
        }
        Part::Lines { title, lines } => {
            let fence = fence(lines);
            format!("{title}:\n\n{fence}text\n{}\n{fence}\n", lines.join("\n"))
        }
    });
    parts.collect::<Vec<_>>().join("\n")
}

/// Returns a fence with more backticks than any line has in a row.
fn fence(lines: &[String]) -> String {
    let runs = lines.iter().flat_map(|line| line.split(|character| character != '`'));
    "`".repeat(runs.map(str::len).max().unwrap_or(0).max(2) + 1)
}

/// Escapes a sentence, with its values in backticks kept as code.
fn message(text: &str) -> String {
    let pieces: Vec<&str> = text.split('`').collect();
    // A backtick without a closing one is text.
    let paired = pieces.len() - 1 + pieces.len() % 2;
    let set = |(index, piece): (usize, &&str)| match index % 2 == 1 && index < paired {
        true => format!("<code>{}</code>", escaped(piece)),
        false => prose(piece),
    };
    pieces.iter().enumerate().map(set).collect()
}

/// Escapes a sentence like [`escaped`], but keeps a colon before a blank or a digit.
fn prose(text: &str) -> String {
    let escaped = escaped(text);
    let mut pieces = escaped.split("&#58;");
    let mut prose = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let is_plain =
            piece.is_empty() || piece.starts_with(|next: char| next == ' ' || next.is_ascii_digit());
        prose.push_str(if is_plain && !prose.is_empty() { ":" } else { "&#58;" });
        prose.push_str(piece);
    }
    prose
}

/// Returns text that Markdown shows literally, on one line.
#[must_use]
pub fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        match character {
            '\n' | '\r' => escaped.push(' '),
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            // Prevents renderers from making mentions, links to issues and addresses.
            '@' => escaped.push_str("&#64;"),
            '#' => escaped.push_str("&#35;"),
            ':' => escaped.push_str("&#58;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '(' | ')' | '!' | '|' | '~' | '$' | '{' | '}' => {
                escaped.push('\\');
                escaped.push(character);
            }
            _ => escaped.push(character),
        }
    }
    escaped
}
