//! Waivers: findings that do not count until a date.
//!
//! The only place where a waiver takes effect: after everything is judged, before the verdict is formed. What is waived
//! stays visible; a waiver that has run out changes nothing and says so.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::record::Name;

use super::{Applied, Code, ExpectationResult, Hazard, Status, WaiverState, noted};

/// The decision to live with one outcome for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiver {
    /// Of which domain; `None` for every domain.
    pub domain: Option<Name>,
    /// Which outcome.
    pub code: Code,
    /// Why, in the words of the person who decided it.
    pub reason: String,
    /// The last day on which it holds, in UTC.
    pub until: Date,
}

impl Waiver {
    /// Whether it still holds at this time.
    #[must_use]
    pub fn state(&self, at: Timestamp) -> WaiverState {
        let today = TimeZone::UTC.to_datetime(at).date();
        if today <= self.until { WaiverState::Active } else { WaiverState::Expired }
    }

    /// Returns whether it is about this domain.
    #[must_use]
    pub fn concerns(&self, domain: &Name) -> bool {
        self.domain.as_ref().is_none_or(|own| own == domain)
    }
}

/// The waivers of a run, with the eyes of one domain.
pub(super) struct Waivers<'a> {
    pub(super) all: &'a [Waiver],
    pub(super) domain: &'a Name,
    pub(super) at: Timestamp,
}

impl Waivers<'_> {
    /// Takes what is waived out of what counts. What is met needs no waiver.
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

    /// The waiver of an outcome: one that holds before one that has run out, one of the domain before one of all.
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

/// Appends the waiver to the message of the finding that it concerns.
fn explained(message: &str, waiver: Option<&Applied>) -> String {
    let Some(Applied { reason, until, state, .. }) = waiver else { return message.to_owned() };
    let note = match state {
        WaiverState::Active => format!("waived until {until}: {reason}"),
        WaiverState::Expired => format!("its waiver expired on {until}, so it counts again"),
    };
    noted(message, &note)
}
