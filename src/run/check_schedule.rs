//! The next time at which a check can show something new.

use jiff::{SignedDuration, Timestamp};

use crate::check::{PollInterval, next_look};

use super::checked::Checked;

/// When domains that are not ready are checked again.
#[derive(Debug, Clone, Copy)]
pub struct CheckSchedule {
    interval: PollInterval,
    /// Checks in a row that showed nothing new.
    vain: u32,
}

impl CheckSchedule {
    /// Checks at least this often.
    #[must_use]
    pub fn every(every: SignedDuration) -> Self {
        Self { interval: PollInterval::every(every), vain: 0 }
    }

    /// Notes how much a check has shown that is new, beside the first one: caches that do not keep their promise are asked
    /// less and less often.
    pub fn note(&mut self, changes: usize) {
        self.vain = if changes > 0 { 0 } else { self.vain.saturating_add(1) };
    }

    /// When these domains are to be checked again, at which at least one of them can differ.
    #[must_use]
    pub fn next<'a>(&self, open: impl IntoIterator<Item = &'a Checked>, now: Timestamp) -> Timestamp {
        let assessments = open.into_iter().map(|checked| &checked.assessment);
        next_look(assessments, self.interval.after_vain(self.vain), now)
    }
}
