//! Ranks findings by how much they matter to a program that reads the report.

use crate::check::{Severity, Status};
use crate::expected::Importance;
use crate::report::view::{ExpectationView, HazardView};

/// The importance of a finding to a program that reads the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum ResultLevel {
    /// Nothing to do.
    None,
    /// Worth knowing.
    Note,
    /// Something to check, or to wait for.
    Warning,
    /// Something to edit.
    Error,
}

/// Returns the level of the present state of an expectation.
pub(super) fn result_level(expectation: &ExpectationView) -> ResultLevel {
    match (expectation.status, expectation.importance) {
        (Status::Met | Status::Waived, _) => ResultLevel::None,
        (Status::Unmet, Importance::Required) => ResultLevel::Error,
        (Status::Waiting | Status::Unknown, Importance::Required) => ResultLevel::Warning,
        // It is optional and not published.
        (_, Importance::Optional) if expectation.observed.is_empty() => ResultLevel::None,
        (_, Importance::Optional | Importance::Recommended) => ResultLevel::Note,
    }
}

/// Returns whether an expectation is a finding: waived, or of a level above [`ResultLevel::None`].
pub(super) fn is_finding(expectation: &ExpectationView) -> bool {
    expectation.status == Status::Waived || result_level(expectation) > ResultLevel::None
}

/// Returns the level of a hazard.
pub(super) fn hazard_level(hazard: &HazardView) -> ResultLevel {
    match hazard.level {
        _ if hazard.is_waived() => ResultLevel::None,
        Severity::Error => ResultLevel::Error,
        Severity::Warning => ResultLevel::Warning,
        Severity::Info => ResultLevel::Note,
    }
}
