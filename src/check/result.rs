//! The results of a check: one for each expectation, the hazards, and the waivers that apply to them.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::expected::{Expectation, Importance};
use crate::record::{Name, Question, RecordSet, RecordType};

use super::{Code, Edit, Severity, Status};

/// An expectation with its outcome.
#[derive(Debug, Clone)]
pub struct ExpectationResult {
    /// The expectation.
    pub expectation: Expectation,
    /// Its importance, adjusted to the evidence.
    pub importance: Importance,
    /// The status that the outcome gives it, or waived.
    pub status: Status,
    /// The exact outcome.
    pub code: Code,
    /// One sentence for a person.
    pub message: String,
    /// The records that were checked.
    pub observed: RecordSet,
    /// The time when it will be met without any action, if known.
    pub until: Option<Timestamp>,
    /// The edits that make it met.
    pub fix: Vec<Edit>,
    /// The waiver that applies to it, active or expired.
    pub waiver: Option<Applied>,
    /// The questions for which a plan was searched. While it changes none of their sets, a new check finds the same.
    /// `None` once the plan was made.
    pub(crate) plan_reads: Option<Vec<Question>>,
}

/// A problem, or something worth knowing, outside the expectations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hazard {
    /// The code.
    pub code: Code,
    /// The severity, which a rule may raise or lower from that of the code.
    pub level: Severity,
    /// The name that it concerns.
    pub name: Name,
    /// The record type that it concerns, if it concerns one.
    pub rtype: Option<RecordType>,
    /// One sentence for a person.
    pub message: String,
    /// The records that show it, as text.
    pub records: Vec<String>,
    /// The time by which to act, if known and not past.
    pub due: Option<Timestamp>,
    /// The edits that remove it; empty if the fix is not in the zone.
    pub fix: Vec<Edit>,
    /// The waiver that applies to it, active or expired.
    pub waiver: Option<Applied>,
}

impl Hazard {
    /// Returns a hazard with the severity that the table of outcomes gives its code.
    pub(super) fn new(code: Code, name: &Name, rtype: Option<RecordType>, message: String) -> Self {
        let (records, fix, due, waiver) = (Vec::new(), Vec::new(), None, None);
        Self { code, level: code.severity(), name: name.clone(), rtype, message, records, due, fix, waiver }
    }

    /// Returns whether it is waived.
    #[must_use]
    pub fn is_waived(&self) -> bool {
        self.waiver.as_ref().is_some_and(Applied::is_active)
    }

    /// Returns whether it prevents the domain from being ready.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.level == Severity::Error && !self.is_waived()
    }
}

/// A waiver that matched a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// The index of the waiver in the list of the run.
    pub index: usize,
    /// The reason, in the words of the person who decided it.
    pub reason: String,
    /// The last day on which it is active, in UTC.
    pub until: Date,
    /// Its state at the time of the check.
    pub state: WaiverState,
}

impl Applied {
    /// Returns whether the waiver is active.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.state == WaiverState::Active
    }
}

/// The state of a waiver at the time of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum WaiverState {
    /// The finding does not count.
    Active,
    /// Its last day has passed: the finding counts again.
    Expired,
}

impl WaiverState {
    /// All states.
    pub const ALL: [Self; 2] = [Self::Active, Self::Expired];

    /// Returns the word in reports.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Expired => "expired",
        }
    }
}
