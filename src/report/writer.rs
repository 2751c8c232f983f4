//! The interface that every format of the report implements.
//!
//! A run writes every domain as soon as it is checked, on any thread, and knows its summary only at the end. A format
//! returns what to write at once and what has to wait; the caller decides where that is kept, so that a format keeps
//! nothing in memory.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::Arc;

use jiff::Timestamp;

use crate::check::Verdict;
use crate::expected::Phase;

use super::manual_url::ManualUrl;
use super::next_options::NextOptions;
use super::reminders::Reminders;
use super::style::Style;
use super::view::{DomainReport, Summary};

/// Writes the report in one format.
pub trait ReportWriter: Sync {
    /// Writes what comes before the first domain, if it is known before the run.
    ///
    /// # Errors
    /// An error of `out`.
    fn begin(&self, _out: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }

    /// Returns the output for one domain. It keeps no state, so that several threads can call it at the same time.
    fn domain(&self, run: &Run, domain: &DomainReport) -> Piece;

    /// Writes what comes after the last domain, with all pieces that had to wait.
    ///
    /// # Errors
    /// An error of `out`, or of reading back the pieces that waited.
    fn finish(&self, run: &Run, end: Ending<'_>, out: &mut dyn Write) -> io::Result<()>;

    /// Returns the text between two pieces that are written at once.
    fn separator(&self) -> &'static str {
        ""
    }

    /// Returns whether the format shows the replies of servers even if they were not requested.
    fn needs_replies(&self) -> bool {
        false
    }

    /// Returns the exit status of a run with this verdict, if the format defines its own.
    fn own_exit_status(&self, _verdict: Verdict) -> Option<u8> {
        None
    }
}

/// The properties of a run that a format knows from its beginning.
#[derive(Debug, Clone)]
pub struct Run {
    /// The time at which the run began.
    pub checked_at: Timestamp,
    /// The phase that is checked.
    pub phase: Phase,
    /// The origin of its results: this run, or earlier ones.
    pub age: ResultAge,
    /// The layout of text for people.
    pub style: Style,
    /// The file that names its domains, and their lines.
    pub place: Place,
    /// The number of its domains: one, or several.
    pub scale: Scale,
    /// The options to repeat in the next command.
    pub options: NextOptions,
    /// The published manual to link codes to.
    pub manual: Option<ManualUrl>,
}

/// The number of domains of a run: one, or several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// One domain, whose report is all that there is to read.
    One,
    /// Several domains.
    Several,
}

impl Scale {
    /// Returns the scale of this number of domains.
    #[must_use]
    pub fn of(domains: usize) -> Self {
        if domains > 1 { Self::Several } else { Self::One }
    }
}

impl Run {
    /// Returns a run with results that were just found.
    #[must_use]
    pub fn new(checked_at: Timestamp, phase: Phase, style: Style) -> Self {
        Self {
            checked_at,
            phase,
            age: ResultAge::Fresh,
            style,
            place: Place::default(),
            scale: Scale::One,
            options: NextOptions::default(),
            manual: None,
        }
    }
}

/// The origin of results.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResultAge {
    /// Results of this run.
    Fresh,
    /// Results that earlier runs stored.
    Stored,
}

/// The file that names the domains of a run, one per line.
#[derive(Debug, Clone)]
pub struct Place {
    /// The file, as a relative reference.
    pub file: String,
    /// The line of each domain, from 1; for a domain without one, its position in the report is used.
    pub lines: BTreeMap<String, usize>,
}

impl Default for Place {
    /// Returns the place of domains that no file names: the list of the command itself.
    fn default() -> Self {
        Self { file: "cutover-domains".into(), lines: BTreeMap::new() }
    }
}

/// The output of a format for one domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Text to write at once.
    Now(String),
    /// Text to keep until the end, one item for each section.
    Later(Vec<String>),
    /// The format needs the whole domain at the end.
    Whole,
}

/// The state of a run that a format knows at its end.
pub struct Ending<'e> {
    /// The worst verdict among those that count; `ready` if none does.
    pub verdict: Verdict,
    /// The number of domains with each verdict.
    pub summary: &'e Summary,
    /// The reminders of what DNS cannot show.
    pub reminders: &'e Reminders,
    /// The domains whose piece was [`Piece::Whole`].
    pub domains: &'e [Arc<DomainReport>],
    /// The pieces that were kept until the end.
    pub pieces: &'e mut dyn Pieces,
}

/// Reads back the pieces that were kept until the end.
pub trait Pieces {
    /// Returns the next text of a section, in the order of the domains; `None` after the last.
    ///
    /// # Errors
    /// If it cannot be read back.
    fn next(&mut self, section: usize) -> io::Result<Option<String>>;
}
