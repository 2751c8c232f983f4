//! Compares the findings of a report with those of an earlier one, and returns the verdict of the new ones.

use crate::check::{Status, Verdict};
use crate::expected::Id;
use crate::report::view::{
    DomainReport, EarlierExpectation, EarlierHazard, ExpectationView, HazardView, Sign, Since, State,
};
use crate::report::words::Word;

/// The relation of a finding to the earlier report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// The earlier report does not have it.
    New,
    /// The earlier report has it, with the same status and records.
    Unchanged,
    /// The earlier report has it, with another status or other records.
    Updated,
}

/// A finding of the earlier report that is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gone {
    /// The expectation; `None` for a hazard.
    pub id: Option<Word<Id>>,
    /// The name and type that it is about, and its code.
    pub sign: Sign,
}

impl Since {
    /// Returns whether nothing has changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.verdict.is_none()
            && self.expectations.is_empty()
            && self.hazards_appeared.is_empty()
            && self.hazards_gone.is_empty()
    }

    /// Returns whether the earlier report is available, and not only the differences from it.
    #[must_use]
    pub fn is_at_hand(&self) -> bool {
        self.before.is_some()
    }

    /// Compares the finding of an expectation with the earlier report; `None` if that report is not available.
    #[must_use]
    pub fn knows(&self, expectation: &ExpectationView) -> Option<Known> {
        let before = self.before.as_ref()?;
        let mut same = before.expectations.iter().filter(|one| one.id == expectation.id);
        let known = same.find(|one| one.code == expectation.code && one.is_finding());
        let Some(known) = known else { return Some(Known::New) };
        let now = EarlierExpectation::from(expectation);
        Some(if State::from(known) == State::from(&now) { Known::Unchanged } else { Known::Updated })
    }

    /// Compares a hazard with the earlier report; `None` if that report is not available.
    #[must_use]
    pub fn knows_hazard(&self, hazard: &HazardView) -> Option<Known> {
        let before = self.before.as_ref()?;
        let now = EarlierHazard::from(hazard);
        let known = before.hazards.iter().find(|known| known.sign == now.sign);
        Some(match known {
            None => Known::New,
            Some(known) if *known == now => Known::Unchanged,
            Some(_) => Known::Updated,
        })
    }

    /// Returns the findings of the earlier report that this one does not have, also those whose expectation now has
    /// another code.
    #[must_use]
    pub fn gone(&self, report: &DomainReport) -> Vec<Gone> {
        let Some(before) = &self.before else { return Vec::new() };
        let is_gone = |known: &&EarlierExpectation| {
            let mut now = report.expectations.iter().map(EarlierExpectation::from);
            known.is_finding()
                && !now.any(|now| now.id == known.id && now.code == known.code && now.is_finding())
        };
        let expectations = before.expectations.iter().filter(is_gone).map(|known| Gone {
            id: Some(known.id.clone()),
            sign: Sign { code: known.code.clone(), name: known.name.clone(), rtype: Some(known.rtype) },
        });
        let now: Vec<Sign> = report.hazards.iter().map(Sign::from).collect();
        let hazards = before.hazards.iter().filter(|known| !now.contains(&known.sign));
        expectations.chain(hazards.map(|known| Gone { id: None, sign: known.sign.clone() })).collect()
    }
}

/// Returns the verdict of the findings that are new or worse than in the earlier report; without an earlier result, the
/// verdict of the domain.
///
/// A required expectation is worse if its status is, or if it is unmet for another reason. A hazard is new if it makes
/// changes necessary and did not do so before.
#[must_use]
pub fn verdict_of_new(report: &DomainReport) -> Verdict {
    let verdict = report.verdict;
    let Some(before) = report.since.as_ref().and_then(|since| since.before.as_ref()) else { return verdict };
    let required = report.expectations.iter().filter(|one| one.is_required());
    let expectations = required.map(|one| {
        let known = before.expectations.iter().find(|known| known.id == one.id);
        let is_new = known.is_none_or(|known| {
            let (then, now) = (severity(known.status), severity(one.status));
            now > then || now == then && now == Verdict::ChangesNeeded && known.code != one.code
        });
        if is_new { severity(one.status) } else { Verdict::Ready }
    });
    let hazards =
        report.hazards.iter().map(EarlierHazard::from).filter(EarlierHazard::counts).map(|hazard| {
            let mut known = before.hazards.iter().filter(|known| known.counts());
            if known.any(|known| known.sign == hazard.sign) { Verdict::Ready } else { Verdict::ChangesNeeded }
        });
    let new = expectations.chain(hazards).max().unwrap_or(Verdict::Ready).min(verdict);
    let is_worse = before.verdict < verdict;
    // The reason for the worse verdict is not among the findings.
    if new == Verdict::Ready && is_worse { verdict } else { new }
}

/// Returns the verdict that a required expectation with this status leads to.
fn severity(status: Status) -> Verdict {
    match status {
        Status::Met | Status::Waived => Verdict::Ready,
        Status::Waiting => Verdict::Waiting,
        Status::Unknown => Verdict::Undetermined,
        Status::Unmet => Verdict::ChangesNeeded,
    }
}
