//! What a check finds: the result of each expectation, the hazards, and the waivers that apply to them.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::expected::{Expectation, Importance};
use crate::record::{Name, RecordSet, RecordType};

use super::{Code, Edit, Severity, Status};

/// An expectation and what became of it.
#[derive(Debug, Clone)]
pub struct ExpectationResult {
    /// The expectation.
    pub expectation: Expectation,
    /// How much it matters, the evidence weighed.
    pub importance: Importance,
    /// The outcome.
    pub status: Status,
    /// Which outcome exactly.
    pub code: Code,
    /// One sentence for a person.
    pub message: String,
    /// The records that were judged.
    pub observed: RecordSet,
    /// The time when it will be met without anybody doing anything, where that is known.
    pub until: Option<Timestamp>,
    /// The edits.
    pub fix: Vec<Edit>,
    /// The waiver that applies to it, whether it still holds or not.
    pub waiver: Option<Applied>,
}

/// Something that is wrong, or worth knowing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hazard {
    /// The code.
    pub code: Code,
    /// How bad it is: [`Severity::Error`], [`Severity::Warning`] or [`Severity::Info`].
    pub level: Severity,
    /// The name it is about.
    pub name: Name,
    /// The type it is about, if it is about one.
    pub rtype: Option<RecordType>,
    /// One sentence for a person.
    pub message: String,
    /// The records that show it, as text.
    pub records: Vec<String>,
    /// By when to act, where it is known and not past.
    pub due: Option<Timestamp>,
    /// What to publish so that it is gone; empty where the fix is not in the zone.
    pub fix: Vec<Edit>,
    /// The waiver that applies to it, whether it still holds or not.
    pub waiver: Option<Applied>,
}

impl Hazard {
    /// A hazard of the level that the table of outcomes gives it.
    pub(super) fn new(code: Code, name: &Name, rtype: Option<RecordType>, message: String) -> Self {
        let (records, fix, due, waiver) = (Vec::new(), Vec::new(), None, None);
        Self { code, level: code.severity(), name: name.clone(), rtype, message, records, due, fix, waiver }
    }

    /// Returns whether it is waived.
    #[must_use]
    pub fn is_waived(&self) -> bool {
        self.waiver.as_ref().is_some_and(Applied::is_active)
    }

    /// Returns whether it keeps the domain from being ready.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.level == Severity::Error && !self.is_waived()
    }
}

/// A waiver that matched a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// Which of the waivers of the run.
    pub index: usize,
    /// Why, in the words of the person who decided it.
    pub reason: String,
    /// The last day on which it holds, in UTC.
    pub until: Date,
    /// Whether it still holds.
    pub state: WaiverState,
}

impl Applied {
    /// Returns whether the waiver still holds.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.state == WaiverState::Active
    }
}

/// Whether a waiver still holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum WaiverState {
    /// The finding does not count.
    Active,
    /// Its last day is over: the finding counts again.
    Expired,
}

impl WaiverState {
    /// All states.
    pub const ALL: [Self; 2] = [Self::Active, Self::Expired];

    /// The word in reports.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Expired => "expired",
        }
    }
}
