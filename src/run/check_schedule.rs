//! Computes the next time at which a check can show something new.

use jiff::{SignedDuration, Timestamp};

use crate::check::{PollInterval, next_check};

use super::checked::Checked;

/// The schedule of further checks of domains that are not ready.
#[derive(Debug, Clone, Copy)]
pub struct CheckSchedule {
    interval: PollInterval,
    /// The number of checks in a row that showed nothing new.
    unchanged: u32,
}

impl CheckSchedule {
    /// Returns a schedule that checks at least this often.
    #[must_use]
    pub fn every(every: SignedDuration) -> Self {
        Self { interval: PollInterval::every(every), unchanged: 0 }
    }

    /// Records the number of changes that a check other than the first has shown: caches that keep an answer longer
    /// than announced are asked less and less often.
    pub fn note(&mut self, changes: usize) {
        self.unchanged = if changes > 0 { 0 } else { self.unchanged.saturating_add(1) };
    }

    /// Returns the next time to check these domains, at which at least one result can differ.
    #[must_use]
    pub fn next<'a>(&self, open: impl IntoIterator<Item = &'a Checked>, now: Timestamp) -> Timestamp {
        let assessments = open.into_iter().map(|checked| &checked.assessment);
        next_check(assessments, self.interval.after_unchanged(self.unchanged), now)
    }
}
