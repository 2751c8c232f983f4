//! Lists what DNS cannot show, once, at the end of a report for a person.

use std::fmt::Write as _;

use super::grid::wrapped;
use super::harmless::Sanitized;
use super::style::{Style, Tone};

/// The maximum number of domains named per reminder.
const SHOWN: usize = 3;

/// The reminders of what DNS cannot show, collected over all domains of a run.
#[derive(Debug, Default)]
pub struct Reminders {
    about: Vec<About>,
    domains: usize,
}

/// One reminder, and the domains that it concerns.
#[derive(Debug)]
struct About {
    reminder: Sanitized,
    /// The first of these domains, each with its name as people write it if that differs.
    named: Vec<(String, Option<String>)>,
    domains: usize,
}

impl Reminders {
    /// Adds the reminders of a domain; `unicode` is its name as people write it, if that differs.
    pub fn add(&mut self, domain: &str, unicode: Option<&str>, reminders: &[Sanitized]) {
        self.domains += 1;
        for reminder in reminders {
            let known = self.about.iter().position(|about| about.reminder == *reminder);
            let index = known.unwrap_or_else(|| {
                self.about.push(About { reminder: reminder.clone(), named: Vec::new(), domains: 0 });
                self.about.len() - 1
            });
            if let Some(about) = self.about.get_mut(index) {
                about.domains += 1;
                if about.named.len() < SHOWN {
                    about.named.push((domain.to_owned(), unicode.map(str::to_owned)));
                }
            }
        }
    }

    /// Returns the reminders as text; empty if there are none.
    #[must_use]
    pub fn text(&self, style: &Style) -> String {
        if self.about.is_empty() {
            return String::new();
        }
        let mut text = style.paint(Tone::Strong, "DNS does not show these; check them as well:") + "\n";
        for about in &self.about {
            // With a single domain it is clear which one is meant.
            let whose = if self.domains > 1 { format!(" ({})", about.whose(style)) } else { String::new() };
            let line = format!("{}{whose}", about.reminder);
            let line = wrapped(&style.text(&line), style.columns().saturating_sub(4));
            let _ = writeln!(text, "  - {}", line.replace('\n', "\n    "));
        }
        text
    }
}

impl About {
    fn whose(&self, style: &Style) -> String {
        let named = self.named.iter().map(|(domain, unicode)| style.domain(domain, unicode.as_deref()));
        let named = named.collect::<Vec<_>>().join(", ");
        match self.domains - self.named.len() {
            0 => named,
            more => format!("{named} and {more} more"),
        }
    }
}
