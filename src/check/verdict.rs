//! The status of an expectation, the severity of a hazard and the verdict of a domain.

use std::fmt;

/// What became of an expectation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// It holds.
    Met,
    /// Something must be edited.
    Unmet,
    /// Published, and not yet seen by everybody.
    Waiting,
    /// It could not be found out.
    Unknown,
    /// It is unmet and waived.
    Waived,
}

impl Status {
    /// All statuses.
    pub const ALL: [Self; 5] = [Self::Met, Self::Unmet, Self::Waiting, Self::Unknown, Self::Waived];

    /// Whether nothing is left to do for the expectation.
    #[must_use]
    pub fn is_settled(self) -> bool {
        match self {
            Self::Met | Self::Waived => true,
            Self::Unmet | Self::Waiting | Self::Unknown => false,
        }
    }

    /// The word in reports.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::Unmet => "unmet",
            Self::Waiting => "waiting",
            Self::Unknown => "unknown",
            Self::Waived => "waived",
        }
    }
}

/// How bad a hazard is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Changes are needed.
    Error,
    /// Does not affect the verdict.
    Warning,
    /// Worth knowing.
    Info,
}

impl Severity {
    /// All severities, the worse before the better.
    pub const ALL: [Self; 3] = [Self::Error, Self::Warning, Self::Info];

    /// The word in reports.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Info => "info",
        }
    }
}

/// The answer to "is the domain ready?"
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// All that is required is published everywhere that was asked.
    Ready,
    /// Nothing left to edit; caches or secondaries have not caught up.
    Waiting,
    /// Nothing is known to be wrong, but something could not be looked up.
    Undetermined,
    /// At least one record must be edited.
    ChangesNeeded,
}

impl Verdict {
    /// All verdicts, the better before the worse.
    pub const ALL: [Self; 4] = [Self::Ready, Self::Waiting, Self::Undetermined, Self::ChangesNeeded];

    /// The word in reports and on the command line.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Waiting => "waiting",
            Self::Undetermined => "undetermined",
            Self::ChangesNeeded => "changes-needed",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}
