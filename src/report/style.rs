//! Lays out text for people: width, color, and the marks of findings.

use std::borrow::Cow;

use anstyle::{AnsiColor, Style as Ansi};

use crate::check::{Severity, Status, Verdict};

use super::ascii::{mark, to_ascii};
use super::view::{ExpectationView, HazardView};

/// The width of a pipe or a file: no line is wrapped.
pub const UNLIMITED: usize = usize::MAX;
/// The minimum width in columns; a narrower terminal has to wrap.
const NARROWEST: usize = 40;

/// The layout of text for people. The words are the same with and without color.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// The maximum width of a line in columns; [`UNLIMITED`] if no line is wrapped. A value that does not fit
    /// overflows.
    pub width: usize,
    /// The use of escape sequences for color.
    pub color: Color,
    /// The amount of detail, such as hints and next steps.
    pub detail: Detail,
    /// The characters that the reader's console shows.
    pub marks: Marks,
    /// The use of links to the published manual, if there is one.
    pub links: Links,
}

/// The use of links in text for people: OSC 8 escape sequences, which a terminal that does not support them may print.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Links {
    /// None.
    #[default]
    Off,
    /// From each code.
    On,
}

/// The characters to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Marks {
    /// All characters.
    #[default]
    Unicode,
    /// Only ASCII characters.
    Ascii,
}

/// The use of color.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Color {
    /// Plain text.
    #[default]
    Off,
    /// With escape sequences.
    On,
}

/// The amount of detail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Detail {
    /// Results only.
    Quiet,
    /// With the next step.
    #[default]
    Normal,
    /// With every reply.
    Verbose,
}

/// The meaning of a color.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Done.
    Good,
    /// Wrong.
    Bad,
    /// Not settled: to wait for, or not known.
    Pending,
    /// Secondary.
    Faint,
    /// A heading.
    Strong,
}

impl Default for Style {
    fn default() -> Self {
        Self {
            width: UNLIMITED,
            color: Color::Off,
            detail: Detail::Normal,
            marks: Marks::Unicode,
            links: Links::Off,
        }
    }
}

impl Style {
    /// Returns the width to lay out for, in columns.
    #[must_use]
    pub fn columns(&self) -> usize {
        self.width.max(NARROWEST)
    }

    /// Returns whether lines are wrapped.
    pub(super) fn is_limited(&self) -> bool {
        self.width != UNLIMITED
    }

    /// Returns the text in the characters that the console shows.
    #[must_use]
    pub fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        match self.marks {
            Marks::Unicode => text.into(),
            Marks::Ascii => to_ascii(text),
        }
    }

    /// Returns a domain as people write it and as DNS does, in the characters that the console shows.
    pub(super) fn domain(&self, domain: &str, unicode: Option<&str>) -> String {
        match unicode.filter(|_| self.marks == Marks::Unicode) {
            Some(unicode) => format!("{unicode} ({domain})"),
            None => domain.to_owned(),
        }
    }

    /// Returns the text in the color of its meaning, if color is on.
    #[must_use]
    pub fn paint(&self, tone: Tone, text: &str) -> String {
        if self.color == Color::Off || text.is_empty() {
            return text.to_owned();
        }
        let style = match tone {
            Tone::Good => AnsiColor::Green.on_default(),
            Tone::Bad => AnsiColor::Red.on_default(),
            Tone::Pending => AnsiColor::Yellow.on_default(),
            Tone::Faint => Ansi::new().dimmed(),
            Tone::Strong => Ansi::new().bold(),
        };
        format!("{style}{text}{style:#}")
    }
}

impl Tone {
    /// Returns the meaning of the color of a verdict.
    #[must_use]
    pub fn of(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Ready => Self::Good,
            Verdict::Waiting | Verdict::Undetermined => Self::Pending,
            Verdict::ChangesNeeded => Self::Bad,
        }
    }
}

/// The meaning of the mark in front of a finding, the same in every format that has marks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// The expectation is met.
    Met,
    /// An edit or a fix is required.
    Error,
    /// The expectation is not met, which does not affect the verdict.
    Advice,
    /// Nothing to edit; only time has to pass.
    Waiting,
    /// The state could not be determined.
    Unknown,
    /// The finding is waived.
    Waived,
    /// A hazard that does not affect the verdict.
    Warning,
    /// Worth knowing.
    Information,
}

impl Mark {
    /// Returns the mark of an expectation.
    #[must_use]
    pub(crate) fn of_expectation(expectation: &ExpectationView) -> Self {
        match expectation.status {
            Status::Met => Self::Met,
            Status::Unmet if expectation.is_required() => Self::Error,
            Status::Unmet => Self::Advice,
            Status::Waiting => Self::Waiting,
            Status::Unknown => Self::Unknown,
            Status::Waived => Self::Waived,
        }
    }

    /// Returns the mark of a hazard.
    #[must_use]
    pub(crate) fn of_hazard(hazard: &HazardView) -> Self {
        match hazard.level {
            _ if hazard.is_waived() => Self::Waived,
            Severity::Error => Self::Error,
            Severity::Warning => Self::Warning,
            Severity::Info => Self::Information,
        }
    }

    /// Returns the character of the mark.
    #[must_use]
    pub(crate) fn symbol(self) -> &'static str {
        match self {
            Self::Met => "✔",
            Self::Error => "✘",
            Self::Advice => "○",
            Self::Waiting => "…",
            Self::Unknown => "?",
            Self::Waived => "–",
            Self::Warning => "!",
            Self::Information => "·",
        }
    }

    /// Returns the mark in the characters that the console shows.
    pub(super) fn text(self, style: &Style) -> &'static str {
        match style.marks {
            Marks::Unicode => self.symbol(),
            Marks::Ascii => mark(self.symbol()),
        }
    }

    /// Returns the meaning of its color.
    #[must_use]
    pub(crate) fn tone(self) -> Tone {
        match self {
            Self::Met => Tone::Good,
            Self::Error => Tone::Bad,
            Self::Advice | Self::Waiting | Self::Unknown | Self::Warning => Tone::Pending,
            Self::Waived | Self::Information => Tone::Faint,
        }
    }
}
