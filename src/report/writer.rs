//! What a format of the report has to do.
//!
//! A run writes every domain as soon as it is judged, on any thread, and knows its summary at the end. A format says what it
//! writes at once and what has to wait; where that waits is decided by the caller, so that a format keeps nothing in memory.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::Arc;

use jiff::Timestamp;

use crate::check::Verdict;
use crate::expected::Phase;

use super::reminders::Reminders;
use super::style::Style;
use super::view::{DomainReport, Summary};

/// Writes the report in one format.
pub trait ReportWriter: Sync {
    /// Writes what comes before the first domain, where that is known before the run.
    ///
    /// # Errors
    /// What `out` says.
    fn begin(&self, _out: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }

    /// What is written of one domain. Without state, so that several threads can do it at a time.
    fn domain(&self, run: &Run, domain: &DomainReport) -> Piece;

    /// Writes what comes after the last domain, with all that had to wait.
    ///
    /// # Errors
    /// What `out` or the pieces that waited say.
    fn finish(&self, run: &Run, end: Ending<'_>, out: &mut dyn Write) -> io::Result<()>;

    /// What is written between two pieces that are written at once.
    fn separator(&self) -> &'static str {
        ""
    }

    /// Whether it shows the replies of servers even if they were not requested.
    fn needs_replies(&self) -> bool {
        false
    }

    /// The exit status of a run with this verdict, where the format has one of its own.
    fn exit_status(&self, _verdict: Verdict) -> Option<u8> {
        None
    }
}

/// What a format knows of a run from its beginning.
#[derive(Debug, Clone)]
pub struct Run {
    /// When it began.
    pub checked_at: Timestamp,
    /// The phase that was judged.
    pub phase: Phase,
    /// Whether its results were just found.
    pub age: ResultAge,
    /// How text for people is laid out.
    pub style: Style,
    /// Where its domains were named.
    pub place: Place,
    /// How many domains it has.
    pub scale: Scale,
    /// The options that its next command repeats, each with a blank in front.
    pub options: String,
}

/// How many domains a run has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// One domain, whose report is all that there is to read.
    One,
    /// Several domains.
    Several,
}

impl Scale {
    /// That of so many domains.
    #[must_use]
    pub fn of(domains: usize) -> Self {
        if domains > 1 { Self::Several } else { Self::One }
    }
}

impl Run {
    /// A run with results that were just found.
    #[must_use]
    pub fn new(checked_at: Timestamp, phase: Phase, style: Style) -> Self {
        Self {
            checked_at,
            phase,
            age: ResultAge::Fresh,
            style,
            place: Place::default(),
            scale: Scale::One,
            options: String::new(),
        }
    }
}

/// Whether results were just found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResultAge {
    /// They are of this run.
    Fresh,
    /// Earlier runs left them.
    Stored,
}

/// Where the domains of a run were named, one a line.
#[derive(Debug, Clone)]
pub struct Place {
    /// The file, as a relative reference.
    pub file: String,
    /// The line of each domain, from 1 on; of a domain without one, its position in the report is shown.
    pub lines: BTreeMap<String, usize>,
}

impl Default for Place {
    /// The command's own list.
    fn default() -> Self {
        Self { file: "cutover-domains".into(), lines: BTreeMap::new() }
    }
}

/// What a format writes of one domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// To be written at once.
    Now(String),
    /// To be put aside until the end, each text in a section of its own.
    Later(Vec<String>),
    /// The format needs the whole domain at the end.
    Whole,
}

/// What a format knows of a run at its end.
pub struct Ending<'e> {
    /// The worst verdict among those that count; `ready` where none does.
    pub verdict: Verdict,
    /// How many domains have which verdict.
    pub summary: &'e Summary,
    /// What DNS cannot show.
    pub reminders: &'e Reminders,
    /// The domains whose piece was [`Piece::Whole`].
    pub domains: &'e [Arc<DomainReport>],
    /// The pieces that were put aside.
    pub pieces: &'e mut dyn Pieces,
}

/// Pieces that were put aside.
pub trait Pieces {
    /// The next text of a section, in the order of the domains.
    ///
    /// # Errors
    /// If it cannot be read back.
    fn next(&mut self, section: usize) -> io::Result<Option<String>>;
}
