//! Finds the one cause that explains the result of a domain, so that a report can begin with it.

use crate::check::{Code, Verdict};

use super::harmless::Sanitized;
use super::style::Mark;
use super::view::{DomainReport, ExpectationView, HazardView, OutageView};

/// The one cause that explains the result of a domain.
pub(super) struct Cause<'v> {
    /// The mark in front of the sentence.
    pub(super) mark: Mark,
    /// The sentence for a person.
    pub(super) message: &'v Sanitized,
    /// The records that show it.
    pub(super) records: &'v [Sanitized],
    /// The code that explains it.
    pub(super) code: Code,
    /// The part of the report that it explains.
    pub(super) explains: Explained,
}

/// The part of a report that a cause explains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Explained {
    /// Expectations and hazards.
    Everything,
    /// All expectations.
    Expectations,
    /// The expectations whose lookups failed.
    FailedLookups,
}

/// Returns the cause that explains the result; `None` for a domain with several findings.
pub(super) fn cause(report: &DomainReport) -> Option<Cause<'_>> {
    let hazard = |code: Code| report.hazards.iter().find(|one| one.code == code && one.is_error());
    let of_hazard = |hazard: &'_ HazardView| Mark::of_hazard(hazard);
    for code in [Code::DomainNotFound, Code::DomainIsAlias] {
        if let Some(hazard) = hazard(code) {
            let HazardView { message, records, .. } = hazard;
            let (mark, explains) = (of_hazard(hazard), Explained::Everything);
            return Some(Cause { mark, message, records, code, explains });
        }
    }
    if report.verdict != Verdict::Undetermined {
        return None;
    }
    let mark = Mark::Unknown;
    for code in [Code::DomainParked, Code::NotInZoneFiles] {
        let of_code = report.expectations.iter().find(|one| one.is_required() && one.code == code);
        if let Some(ExpectationView { message, .. }) = of_code {
            return Some(Cause { mark, message, records: &[], code, explains: Explained::Expectations });
        }
    }
    let message = &report.outage.as_ref()?.message;
    let explains = Explained::FailedLookups;
    Some(Cause { mark, message, records: &[], code: Code::LookupFailed, explains })
}

impl Cause<'_> {
    /// Returns whether the cause explains an expectation.
    pub(super) fn is_about(&self, expectation: &ExpectationView) -> bool {
        match self.explains {
            Explained::Everything | Explained::Expectations => true,
            Explained::FailedLookups => OutageView::explains(expectation),
        }
    }

    /// Returns whether a hazard is shown in addition to the cause.
    pub(super) fn leaves(&self, hazard: &HazardView) -> bool {
        match self.explains {
            Explained::Everything => false,
            Explained::Expectations => true,
            // The message of the cause is that of the hazard.
            Explained::FailedLookups => hazard.message != *self.message,
        }
    }

    /// Returns the words in the headline.
    pub(super) fn headline(&self, report: &DomainReport) -> String {
        match self.code {
            Code::DomainNotFound => "the domain does not exist".to_owned(),
            Code::DomainIsAlias => "the name is an alias".to_owned(),
            Code::DomainParked => "the domain is parked".to_owned(),
            Code::NotInZoneFiles => "not in the zone files".to_owned(),
            _ => format!("{} could not be done", self.checks(report)),
        }
    }

    /// Returns the number of checks that it explains: `16 checks`.
    pub(super) fn checks(&self, report: &DomainReport) -> String {
        match report.expectations.iter().filter(|one| self.is_about(one)).count() {
            1 => "1 check".to_owned(),
            count => format!("{count} checks"),
        }
    }
}
