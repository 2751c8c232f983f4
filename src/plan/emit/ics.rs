//! Writes a calendar (RFC 5545) with an event for every step.

use std::fmt::Write as _;

use jiff::{SignedDuration, Timestamp};

use crate::plan::schedule::{Part, Schedule, Step};
use crate::record::{acts, leading_colons};

/// The maximum length of a line, in octets, without its end (RFC 5545 §3.1).
const LINE: usize = 75;
/// The length of an event in the calendar, in minutes.
const LENGTH: i64 = 30;

/// Writes the steps of a move as a calendar, which is empty if the time of the switch is not known.
#[must_use]
pub fn to_ics(schedule: &Schedule) -> String {
    let domain = schedule.domain.without_trailing_dot();
    let mut lines = vec![
        "BEGIN:VCALENDAR".to_owned(),
        "VERSION:2.0".to_owned(),
        format!("PRODID:-//cutover//cutover {}//EN", env!("CARGO_PKG_VERSION")),
        "CALSCALE:GREGORIAN".to_owned(),
        "METHOD:PUBLISH".to_owned(),
    ];
    for step in &schedule.steps {
        let Some(start) = schedule.time(step) else { continue };
        let end = start.checked_add(SignedDuration::from_mins(LENGTH)).unwrap_or(start);
        let summary = format!("{domain}: {}", step.title);
        lines.extend([
            "BEGIN:VEVENT".to_owned(),
            // The UID is the same in every run, so that a later calendar replaces the event.
            format!("UID:cutover-{}@{}", step.key, escaped(&domain)),
            format!("DTSTAMP:{}", utc(schedule.checked_at)),
            format!("DTSTART:{}", utc(start)),
            format!("DTEND:{}", utc(end)),
            format!("SUMMARY:{}", escaped(&summary)),
            format!("DESCRIPTION:{}", escaped(&description(step))),
            // The event does not mark its reader as busy.
            "TRANSP:TRANSPARENT".to_owned(),
            "BEGIN:VALARM".to_owned(),
            "ACTION:DISPLAY".to_owned(),
            format!("DESCRIPTION:{}", escaped(&summary)),
            format!("TRIGGER:-PT{}M", reminder(step)),
            "END:VALARM".to_owned(),
            "END:VEVENT".to_owned(),
        ]);
    }
    lines.push("END:VCALENDAR".to_owned());
    lines.iter().map(|line| folded(line)).collect()
}

/// Returns the number of minutes before a step at which to remind of it.
fn reminder(step: &Step) -> u32 {
    use crate::plan::schedule::When;
    match step.when {
        // A step that is due by a time can be done during the day before.
        When::By => 24 * 60,
        When::At => 15,
        When::From => 0,
    }
}

fn utc(time: Timestamp) -> String {
    time.strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// Returns the step as plain text.
fn description(step: &Step) -> String {
    let mut text = String::new();
    for part in &step.parts {
        // Writing into a String cannot fail.
        let _ = match part {
            Part::Text(paragraph) => writeln!(text, "{paragraph}\n"),
            Part::List(points) | Part::Message(points) => {
                let points: String = points.iter().map(|point| format!("* {point}\n")).collect();
                writeln!(text, "{points}")
            }
            Part::Lines { title, lines } => writeln!(text, "{title}:\n{}\n", lines.join("\n")),
        };
    }
    text.trim_end().to_owned()
}

/// Returns a value of the type TEXT (RFC 5545 §3.3.11).
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match character {
            '\n' => escaped.push_str("\\n"),
            '\\' | ';' | ',' => {
                escaped.push('\\');
                escaped.push(character);
            }
            acting if acts(acting) => escaped.push('\u{fffd}'),
            other => escaped.push(other),
        }
    }
    escaped
}

/// Folds a line into pieces of at most 75 octets, none of which begins a build agent's command.
fn folded(line: &str) -> String {
    let mut folded = String::with_capacity(line.len() + line.len() / 24 + 2);
    let mut rest = line;
    let mut room = LINE;
    while rest.len() > room {
        let fits = |at: &usize| rest.is_char_boundary(*at) && leading_colons(&rest[*at..]).is_none();
        let latest = (0..=room).rev().find(|at| rest.is_char_boundary(*at)).unwrap_or(room);
        let at = (1..=room).rev().find(fits).unwrap_or(latest);
        folded.push_str(&rest[..at]);
        folded.push_str("\r\n ");
        rest = &rest[at..];
        room = LINE - 1;
    }
    folded + rest + "\r\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_folded_between_characters() {
        let line = format!("SUMMARY:{}", "ä::x ".repeat(60));
        let folded = folded(&line);
        assert!(folded.split("\r\n").all(|line| line.len() <= LINE), "{folded}");
        assert!(folded.split("\r\n").all(|line| leading_colons(line).is_none()), "{folded}");
        assert_eq!(folded.replace("\r\n ", ""), format!("{line}\r\n"));
    }

    #[test]
    fn text_is_escaped() {
        assert_eq!(escaped("a;b,c\\d\ne\u{7}"), "a\\;b\\,c\\\\d\\ne\u{fffd}");
    }
}
