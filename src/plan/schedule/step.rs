//! One step of a move: its time, its text, its records and commands.

use std::collections::BTreeSet;

use jiff::SignedDuration;

use crate::plan::{Change, rollback};

/// The meaning of the time of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// At that time or earlier.
    By,
    /// At that time.
    At,
    /// At that time or later.
    From,
}

impl When {
    /// Returns the word before the time; empty if the time needs none.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::By => "by ",
            Self::At => "",
            Self::From => "from ",
        }
    }
}

/// A part of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// A paragraph; values are in backticks.
    Text(String),
    /// Several points.
    List(Vec<String>),
    /// A message to copy, by paragraphs.
    Message(Vec<String>),
    /// Lines to copy, under a title: records as lines of a zone file, or commands.
    Lines {
        /// The title of the lines.
        title: &'static str,
        /// The lines.
        lines: Vec<String>,
    },
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Its identifier, which is the same in every plan.
    pub key: &'static str,
    /// The meaning of its time.
    pub when: When,
    /// Its time, relative to the switch.
    pub offset: SignedDuration,
    /// Its task, in a few words.
    pub title: &'static str,
    /// The complete instructions.
    pub parts: Vec<Part>,
}

impl Step {
    pub(super) fn new(key: &'static str, when: When, offset: SignedDuration, title: &'static str) -> Self {
        Self { key, when, offset, title, parts: Vec::new() }
    }

    pub(super) fn text(mut self, text: impl Into<String>) -> Self {
        self.parts.push(Part::Text(text.into()));
        self
    }

    pub(super) fn list(mut self, points: impl IntoIterator<Item = String>) -> Self {
        self.parts.push(Part::List(points.into_iter().collect()));
        self
    }

    pub(super) fn message(mut self, paragraphs: impl IntoIterator<Item = String>) -> Self {
        self.parts.push(Part::Message(paragraphs.into_iter().collect()));
        self
    }

    pub(super) fn commands(self, commands: impl IntoIterator<Item = String>) -> Self {
        self.lines("Run", commands.into_iter().collect())
    }

    /// Adds the records to change, and the way back.
    pub(super) fn changes(self, changes: &[Change]) -> Self {
        if changes.is_empty() {
            return self;
        }
        let step = self.records(changes, ["Delete", "Publish", "Set the TTL"]);
        let step = match changes.iter().any(|change| change.confirm) {
            true => step.text(
                "Compare the values with the admin center before you publish them: one is derived, or a \
                 term was dropped.",
            ),
            false => step,
        };
        // The edits of one name often share a sentence.
        let (mut seen, mut cautions) = (BTreeSet::new(), Vec::new());
        for change in changes {
            let what = format!("{} of {}", change.rtype, change.name.without_trailing_dot());
            let new = change.cautions.iter().filter(|caution| seen.insert(*caution));
            cautions.extend(new.map(|caution| format!("{what}: {caution}")));
        }
        let step = match cautions.is_empty() {
            true => step,
            false => step.text("Make sure of these first:").list(cautions),
        };
        step.records(&rollback(changes), ["Way back: delete", "Way back: publish", "Way back: set the TTL"])
    }

    fn records(self, changes: &[Change], [delete, publish, set]: [&'static str; 3]) -> Self {
        let (ttl_alone, edits): (Vec<&Change>, Vec<&Change>) =
            changes.iter().partition(|change| change.is_ttl_alone());
        let removed = edits.iter().flat_map(|change| {
            let line = |data| format!("{} IN {} {data}", change.name, change.rtype);
            change.removed().map(move |data| line(data.to_zone_text()))
        });
        let added = |change: &Change, all: bool| -> Vec<String> {
            let line = |data: &crate::record::RecordData| {
                format!("{} {} IN {} {}", change.name, change.after.ttl, change.rtype, data.to_zone_text())
            };
            match all {
                true => change.after.data.iter().map(line).collect(),
                false => change.added().map(line).collect(),
            }
        };
        let removed = removed.collect();
        let published = edits.iter().flat_map(|change| added(change, false)).collect();
        let kept = ttl_alone.iter().flat_map(|change| added(change, true)).collect();
        self.lines(delete, removed).lines(publish, published).lines(set, kept)
    }

    fn lines(mut self, title: &'static str, lines: Vec<String>) -> Self {
        if !lines.is_empty() {
            self.parts.push(Part::Lines { title, lines });
        }
        self
    }
}

/// Formats a time relative to the switch: `T-24 h`, `T`, `T+5 min`.
#[must_use]
pub fn relative(offset: SignedDuration) -> String {
    match offset.as_secs() {
        0 => "T".into(),
        seconds if seconds < 0 => format!("T-{}", span(offset.abs())),
        _ => format!("T+{}", span(offset)),
    }
}

/// Formats a duration in days, hours and minutes, rounded up to a whole minute; days are used from two on.
#[must_use]
pub(super) fn span(length: SignedDuration) -> String {
    let minutes = (length.as_secs() + 59) / 60;
    let (days, rest) = if minutes >= 2 * 1440 { (minutes / 1440, minutes % 1440) } else { (0, minutes) };
    let parts = [(days, "d"), (rest / 60, "h"), (rest % 60, "min")];
    let words = parts.iter().filter(|(count, _)| *count > 0).map(|(count, unit)| format!("{count} {unit}"));
    let words: Vec<String> = words.collect();
    if words.is_empty() { "0 min".into() } else { words.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_count_from_the_switch() {
        for (seconds, words) in [
            (0, "T"),
            (-86_400, "T-24 h"),
            (-172_800, "T-2 d"),
            (300, "T+5 min"),
            (301, "T+6 min"),
            (93_600, "T+26 h"),
            (432_300, "T+5 d 5 min"),
        ] {
            assert_eq!(relative(SignedDuration::from_secs(seconds)), words);
        }
    }
}
