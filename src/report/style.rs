//! How text for people is laid out: width, color, and the marks of what was found.

use std::borrow::Cow;

use anstyle::{AnsiColor, Style as Ansi};

use crate::check::{Severity, Status, Verdict};

use super::ascii::{mark, to_ascii};
use super::view::{ExpectationView, HazardView};

/// The width of a pipe or a file: no line is wrapped.
pub const UNLIMITED: usize = usize::MAX;
/// The narrowest layout; below it the terminal has to wrap.
const NARROWEST: usize = 40;

/// How text for people is laid out. The words are the same with and without color.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// Columns of a line at most; [`UNLIMITED`] where no line is wrapped. A value that does not fit overflows.
    pub width: usize,
    /// Whether escape sequences for color may be written.
    pub colour: Colour,
    /// Whether hints and next steps are left out.
    pub detail: Detail,
    /// Which characters the reader's console shows.
    pub marks: Marks,
}

/// Which characters to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Marks {
    /// All.
    #[default]
    Unicode,
    /// ASCII alone.
    Ascii,
}

/// Whether to write color.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Colour {
    /// Plain text.
    #[default]
    Off,
    /// With escape sequences.
    On,
}

/// How much to say.
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
    /// In between.
    Pending,
    /// Beside the point.
    Faint,
    /// A heading.
    Strong,
}

impl Default for Style {
    fn default() -> Self {
        Self { width: UNLIMITED, colour: Colour::Off, detail: Detail::Normal, marks: Marks::Unicode }
    }
}

impl Style {
    /// The width to lay out for.
    #[must_use]
    pub fn columns(&self) -> usize {
        self.width.max(NARROWEST)
    }

    /// Whether lines are wrapped.
    pub(super) fn is_limited(&self) -> bool {
        self.width != UNLIMITED
    }

    /// The text in the characters that the console shows.
    #[must_use]
    pub fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        match self.marks {
            Marks::Unicode => text.into(),
            Marks::Ascii => to_ascii(text),
        }
    }

    /// A domain as people write it and as DNS does, in the characters that the console shows.
    pub(super) fn domain(&self, domain: &str, unicode: Option<&str>) -> String {
        match unicode.filter(|_| self.marks == Marks::Unicode) {
            Some(unicode) => format!("{unicode} ({domain})"),
            None => domain.to_owned(),
        }
    }

    /// The text in the color of its meaning, where there is color.
    #[must_use]
    pub fn paint(&self, tone: Tone, text: &str) -> String {
        if self.colour == Colour::Off || text.is_empty() {
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
    /// The meaning of a verdict.
    #[must_use]
    pub fn of(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Ready => Self::Good,
            Verdict::Waiting | Verdict::Undetermined => Self::Pending,
            Verdict::ChangesNeeded => Self::Bad,
        }
    }
}

/// What the mark in front of a finding says, in every format that draws one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// It holds.
    Met,
    /// It must be edited or fixed.
    Error,
    /// It does not hold and does not affect the verdict.
    Advice,
    /// It only needs time.
    Waiting,
    /// It could not be found out.
    Unknown,
    /// It is waived.
    Waived,
    /// A hazard that does not affect the verdict.
    Warning,
    /// Worth knowing.
    Information,
}

impl Mark {
    /// The mark of an expectation.
    #[must_use]
    pub fn of_expectation(expectation: &ExpectationView) -> Self {
        match expectation.status {
            Status::Met => Self::Met,
            Status::Unmet if expectation.is_required() => Self::Error,
            Status::Unmet => Self::Advice,
            Status::Waiting => Self::Waiting,
            Status::Unknown => Self::Unknown,
            Status::Waived => Self::Waived,
        }
    }

    /// The mark of a hazard.
    #[must_use]
    pub fn of_hazard(hazard: &HazardView) -> Self {
        match hazard.level {
            _ if hazard.is_waived() => Self::Waived,
            Severity::Error => Self::Error,
            Severity::Warning => Self::Warning,
            Severity::Info => Self::Information,
        }
    }

    /// The character that is drawn.
    #[must_use]
    pub fn symbol(self) -> &'static str {
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

    /// The same in the characters that the console shows.
    pub(super) fn text(self, style: &Style) -> &'static str {
        match style.marks {
            Marks::Unicode => self.symbol(),
            Marks::Ascii => mark(self.symbol()),
        }
    }

    /// Its color.
    #[must_use]
    pub fn tone(self) -> Tone {
        match self {
            Self::Met => Tone::Good,
            Self::Error => Tone::Bad,
            Self::Advice | Self::Waiting | Self::Unknown | Self::Warning => Tone::Pending,
            Self::Waived | Self::Information => Tone::Faint,
        }
    }
}
