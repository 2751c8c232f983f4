//! The width of lines, and colors.

use std::borrow::Cow;

use anstyle::{AnsiColor, Style as Ansi};

use super::ascii::{mark, to_ascii};

/// Columns if the width of the terminal is not known.
pub const DEFAULT_WIDTH: usize = 80;
/// The narrowest layout; below it the terminal has to wrap.
const NARROWEST: usize = 40;

/// How text for people is laid out. The words are the same with and without color.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// Columns of a line at most.
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
        Self { width: DEFAULT_WIDTH, colour: Colour::Off, detail: Detail::Normal, marks: Marks::Unicode }
    }
}

impl Style {
    /// The width to lay out for.
    #[must_use]
    pub fn columns(&self) -> usize {
        self.width.max(NARROWEST)
    }

    /// The text in the characters that the console shows.
    #[must_use]
    pub fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        match self.marks {
            Marks::Unicode => text.into(),
            Marks::Ascii => to_ascii(text),
        }
    }

    /// The mark of a row in these characters.
    #[must_use]
    pub(super) fn mark(&self, text: &'static str) -> &'static str {
        match self.marks {
            Marks::Unicode => text,
            Marks::Ascii => mark(text),
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
