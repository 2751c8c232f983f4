//! How wide may a line be, and is there colour?

use anstyle::{AnsiColor, Style as Ansi};

/// Columns where nobody says how wide the terminal is.
pub const DEFAULT_WIDTH: usize = 80;
/// The narrowest layout; below it the terminal has to wrap.
const NARROWEST: usize = 40;

/// How text for people is laid out. The words are the same with and without colour.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// Columns of a line at most.
    pub width: usize,
    /// Whether escape sequences for colour may be written.
    pub colour: Colour,
    /// Whether hints and next steps are left out.
    pub detail: Detail,
}

/// Whether to write colour.
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

/// The meaning of a colour.
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
        Self { width: DEFAULT_WIDTH, colour: Colour::Off, detail: Detail::Normal }
    }
}

impl Style {
    /// The width to lay out for.
    #[must_use]
    pub fn columns(&self) -> usize {
        self.width.max(NARROWEST)
    }

    /// The text in the colour of its meaning, where there is colour.
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
