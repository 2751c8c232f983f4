//! Computes when to check again.

use jiff::{SignedDuration, Timestamp};

use super::{Assessment, Code, Hazard, Status, Verdict};

/// The intervals between two checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PollInterval {
    /// The shortest interval.
    pub floor: SignedDuration,
    /// The longest interval.
    pub every: SignedDuration,
    /// The interval while an edit of the zone or the return of a server can change the result at any time.
    pub changing: SignedDuration,
}

impl PollInterval {
    /// Returns intervals of 1 second to this maximum.
    #[must_use]
    pub fn every(every: SignedDuration) -> Self {
        let floor = SignedDuration::from_secs(1);
        let every = every.max(floor);
        Self { floor, every, changing: SignedDuration::from_secs(60).min(every) }
    }

    /// Returns the intervals after this many checks in a row without a change. The shortest one doubles each time, so
    /// that caches that keep answers beyond their TTL are queried less and less often.
    #[must_use]
    pub fn after_unchanged(self, checks: u32) -> Self {
        let floor = self.floor * (1 << checks.min(16));
        Self { floor: floor.min(self.changing), ..self }
    }
}

impl Default for PollInterval {
    fn default() -> Self {
        Self::every(SignedDuration::from_mins(15))
    }
}

/// Returns the next time at which a result can change: when a cache or a secondary has caught up, or earlier if an edit
/// may be noticed before.
#[must_use]
pub fn next_check<'a>(
    assessments: impl IntoIterator<Item = &'a Assessment>,
    interval: PollInterval,
    now: Timestamp,
) -> Timestamp {
    let in_time = |span: SignedDuration| now.checked_add(span).unwrap_or(Timestamp::MAX);
    let (floor, ceiling) = (in_time(interval.floor), in_time(interval.every));
    let moments = assessments.into_iter().flat_map(|assessment| {
        let caught_up = assessment.judged.iter().filter(|judged| judged.status == Status::Waiting);
        // The old answer still counts in that second, and has expired in the next one.
        let caught_up =
            caught_up.filter_map(|judged| judged.until?.checked_add(SignedDuration::from_secs(1)).ok());
        let changing = is_changing(assessment).then(|| in_time(interval.changing));
        caught_up.filter(|moment| *moment > now).chain(changing)
    });
    moments.min().unwrap_or(ceiling).clamp(floor, ceiling)
}

/// Returns whether the result can change at a time that is not known in advance.
fn is_changing(assessment: &Assessment) -> bool {
    // A secondary may be notified of a change, or be updated by hand, before its refresh time.
    let overdue = |judged: &super::ExpectationResult| {
        judged.status == Status::Waiting && (judged.until.is_none() || judged.code == Code::SecondaryBehind)
    };
    assessment.verdict != Verdict::Waiting
        || assessment.judged.iter().any(overdue)
        || assessment.hazards.iter().any(Hazard::is_error)
}
