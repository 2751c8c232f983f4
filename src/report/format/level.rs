//! How much a finding matters to a program that reads the report.

use crate::check::{Severity, Status};
use crate::expected::Importance;
use crate::report::view::{ExpectationView, HazardView};

/// How much a finding matters to a program that reads the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum ResultLevel {
    /// Nothing is to be done.
    None,
    /// Worth knowing.
    Note,
    /// To be checked, or to be waited for.
    Warning,
    /// To be edited.
    Error,
}

/// How much the present state of an expectation matters.
pub(super) fn result_level(expectation: &ExpectationView) -> ResultLevel {
    match (expectation.status, expectation.importance) {
        (Status::Met | Status::Waived, _) => ResultLevel::None,
        (Status::Unmet, Importance::Required) => ResultLevel::Error,
        (Status::Waiting | Status::Unknown, Importance::Required) => ResultLevel::Warning,
        // Nobody asked for it, and it is simply not there.
        (_, Importance::Optional) if expectation.observed.is_empty() => ResultLevel::None,
        (_, Importance::Optional | Importance::Recommended) => ResultLevel::Note,
    }
}

/// Whether something was found that is not simply met, waived or not.
pub(super) fn is_finding(expectation: &ExpectationView) -> bool {
    expectation.status == Status::Waived || result_level(expectation) > ResultLevel::None
}

/// How much a hazard matters.
pub(super) fn hazard_level(hazard: &HazardView) -> ResultLevel {
    match hazard.level {
        _ if hazard.is_waived() => ResultLevel::None,
        Severity::Error => ResultLevel::Error,
        Severity::Warning => ResultLevel::Warning,
        Severity::Info => ResultLevel::Note,
    }
}
