//! The status of an expectation, the severity of a hazard and the verdict of a domain.

use std::fmt;

/// The status of an expectation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// It holds.
    Met,
    /// Something must be edited.
    Unmet,
    /// It is published, but not yet visible everywhere.
    Waiting,
    /// It could not be determined.
    Unknown,
    /// It is unmet and waived.
    Waived,
}

impl Status {
    /// All statuses.
    pub const ALL: [Self; 5] = [Self::Met, Self::Unmet, Self::Waiting, Self::Unknown, Self::Waived];

    /// Returns whether nothing is left to do for the expectation.
    #[must_use]
    pub fn is_settled(self) -> bool {
        match self {
            Self::Met | Self::Waived => true,
            Self::Unmet | Self::Waiting | Self::Unknown => false,
        }
    }

    /// Returns the word in reports.
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

/// The severity of a hazard.
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
    /// All severities, the worst first.
    pub const ALL: [Self; 3] = [Self::Error, Self::Warning, Self::Info];

    /// Returns the word in reports.
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
    /// Everything required is published on every server that was asked.
    Ready,
    /// Nothing left to edit; caches or secondaries have not caught up.
    Waiting,
    /// Nothing is known to be wrong, but something could not be looked up.
    Undetermined,
    /// At least one record must be edited.
    ChangesNeeded,
}

impl Verdict {
    /// All verdicts, the best first.
    pub const ALL: [Self; 4] = [Self::Ready, Self::Waiting, Self::Undetermined, Self::ChangesNeeded];

    /// Returns the word in reports and on the command line.
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
