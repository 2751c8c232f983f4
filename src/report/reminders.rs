//! What is said once, at the end of a report for a person?

use std::fmt::Write as _;

use crate::check::Reminder;

use super::grid::wrapped;
use super::style::{Style, Tone};
use super::table::{Shown, shown_domain};

/// What DNS cannot show, once for all domains; empty where nothing of it matters.
#[must_use]
pub fn reminders(examined: &[Shown<'_>], style: &Style) -> String {
    let mut about: Vec<(Reminder, Vec<String>)> = Vec::new();
    for shown in examined {
        for reminder in &shown.examination.reminders {
            let domain = shown_domain(shown.subject);
            match about.iter_mut().find(|(known, _)| known == reminder) {
                Some((_, domains)) => domains.push(domain),
                None => about.push((*reminder, vec![domain])),
            }
        }
    }
    if about.is_empty() {
        return String::new();
    }
    let mut text = style.paint(Tone::Strong, "What DNS cannot show:")
        + "
";
    for (reminder, domains) in about {
        // Of one domain alone there is no doubt whose it is.
        let whose = if examined.len() > 1 { format!(" ({})", some(&domains)) } else { String::new() };
        let line = wrapped(&format!("{}{whose}", reminder.text()), style.columns().saturating_sub(4));
        let _ = writeln!(text, "  - {}", line.replace('\n', "\n    "));
    }
    text
}

/// The first of many domains.
fn some(domains: &[String]) -> String {
    const SHOWN: usize = 3;
    match domains.len().checked_sub(SHOWN) {
        Some(more @ 1..) => format!("{} and {more} more", domains[..SHOWN].join(", ")),
        Some(0) | None => domains.join(", "),
    }
}
