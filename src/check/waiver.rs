//! Waivers: findings that do not count until a date.
//!
//! Waivers take effect only here: after everything is checked, and before the verdict is formed. Waived findings stay
//! visible; an expired waiver has no effect, and the message says so.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::record::Name;

use super::{Applied, Code, ExpectationResult, Hazard, Status, WaiverState, noted};

/// A decision to accept one outcome until a date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiver {
    /// The domain to which it applies; `None` for every domain.
    pub domain: Option<Name>,
    /// The outcome that it accepts.
    pub code: Code,
    /// The reason, in the words of the person who decided it.
    pub reason: String,
    /// The last day on which it is active, in UTC.
    pub until: Date,
}

impl Waiver {
    /// Returns its state at this time.
    #[must_use]
    pub fn state(&self, at: Timestamp) -> WaiverState {
        let today = TimeZone::UTC.to_datetime(at).date();
        if today <= self.until { WaiverState::Active } else { WaiverState::Expired }
    }

    /// Returns whether it applies to this domain.
    #[must_use]
    pub fn concerns(&self, domain: &Name) -> bool {
        self.domain.as_ref().is_none_or(|own| own == domain)
    }
}

/// The waivers of a run, applied to one domain at one time.
pub(super) struct Waivers<'a> {
    pub(super) all: &'a [Waiver],
    pub(super) domain: &'a Name,
    pub(super) at: Timestamp,
}

impl Waivers<'_> {
    /// Marks findings as waived, so that they do not count. Met expectations need no waiver.
    pub(super) fn apply(&self, judged: &mut [ExpectationResult], hazards: &mut [Hazard]) {
        for judged in judged.iter_mut().filter(|judged| judged.status != Status::Met) {
            judged.waiver = self.of(judged.code);
            judged.message = explained(&judged.message, judged.waiver.as_ref());
            if judged.waiver.as_ref().is_some_and(Applied::is_active) {
                judged.status = Status::Waived;
            }
        }
        for hazard in hazards {
            hazard.waiver = self.of(hazard.code);
            hazard.message = explained(&hazard.message, hazard.waiver.as_ref());
        }
    }

    /// Returns the waiver of an outcome. An active one takes precedence over an expired one, then one of the domain
    /// over one of all domains.
    fn of(&self, code: Code) -> Option<Applied> {
        let fitting = self
            .all
            .iter()
            .enumerate()
            .filter(|(_, waiver)| waiver.code == code && waiver.concerns(self.domain));
        let best = fitting.min_by_key(|(_, waiver)| (waiver.state(self.at), waiver.domain.is_none()));
        best.map(|(index, waiver)| Applied {
            index,
            reason: waiver.reason.clone(),
            until: waiver.until,
            state: waiver.state(self.at),
        })
    }
}

/// Appends the waiver to the message of a finding.
fn explained(message: &str, waiver: Option<&Applied>) -> String {
    let Some(Applied { reason, until, state, .. }) = waiver else { return message.to_owned() };
    let note = match state {
        WaiverState::Active => format!("waived until {until}: {reason}"),
        WaiverState::Expired => format!("its waiver expired on {until}, so it counts again"),
    };
    noted(message, &note)
}
