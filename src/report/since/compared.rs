//! Extracts the part of a report that is compared with another.

use crate::check::{Severity, Status, WaiverState};
use crate::expected::Importance;
use crate::report::view::{
    DomainReport, EarlierDomain, EarlierExpectation, EarlierHazard, ExpectationView, HazardView, Sign, State,
};

impl From<&DomainReport> for EarlierDomain {
    fn from(report: &DomainReport) -> Self {
        Self {
            domain: report.domain.clone(),
            checked_at: report.checked_at,
            verdict: report.verdict,
            expectations: report.expectations.iter().map(EarlierExpectation::from).collect(),
            hazards: report.hazards.iter().map(EarlierHazard::from).collect(),
        }
    }
}

impl From<&ExpectationView> for EarlierExpectation {
    fn from(expectation: &ExpectationView) -> Self {
        let ExpectationView { id, name, rtype, status, code, importance, observed, .. } = expectation;
        Self {
            id: id.clone(),
            name: name.clone(),
            rtype: *rtype,
            status: *status,
            code: code.clone(),
            importance: *importance,
            observed: observed.clone(),
        }
    }
}

impl From<&HazardView> for EarlierHazard {
    fn from(hazard: &HazardView) -> Self {
        let waiver = hazard.waiver.as_ref().map(|waiver| waiver.state);
        Self { sign: Sign::from(hazard), level: hazard.level, waiver }
    }
}

impl From<&HazardView> for Sign {
    fn from(hazard: &HazardView) -> Self {
        Self { code: hazard.code.clone(), name: hazard.name.clone(), rtype: hazard.rtype }
    }
}

impl EarlierExpectation {
    /// Returns whether it is a finding: waived, or not met (if optional, only while something is published).
    pub(super) fn is_finding(&self) -> bool {
        let is_absent = self.importance == Importance::Optional && self.observed.is_empty();
        match self.status {
            Status::Met => false,
            Status::Waived => true,
            Status::Unmet | Status::Waiting | Status::Unknown => !is_absent,
        }
    }
}

impl EarlierHazard {
    /// Returns whether it is an error that is not waived, which makes changes necessary.
    pub(super) fn counts(&self) -> bool {
        self.level == Severity::Error && self.waiver != Some(WaiverState::Active)
    }
}

impl From<&EarlierExpectation> for State {
    fn from(expectation: &EarlierExpectation) -> Self {
        let mut observed = expectation.observed.clone();
        observed.sort();
        Self { status: expectation.status, code: expectation.code.clone(), observed }
    }
}
