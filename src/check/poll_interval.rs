//! Computes when to check again.

use jiff::{SignedDuration, Timestamp};

use super::{Assessment, Code, Hazard, Status, Verdict};

/// How often to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PollInterval {
    /// At most so often.
    pub floor: SignedDuration,
    /// At least so often.
    pub every: SignedDuration,
    /// The interval while the zone may be edited, or a server may come back, at any moment.
    pub restless: SignedDuration,
}

impl PollInterval {
    /// An interval with this maximum.
    #[must_use]
    pub fn every(every: SignedDuration) -> Self {
        let floor = SignedDuration::from_secs(1);
        let every = every.max(floor);
        Self { floor, every, restless: SignedDuration::from_secs(60).min(every) }
    }

    /// The same after so many looks that showed nothing new: caches that do not keep their promise are asked less and
    /// less often.
    #[must_use]
    pub fn after_vain(self, looks: u32) -> Self {
        let floor = self.floor * (1 << looks.min(16));
        Self { floor: floor.min(self.restless), ..self }
    }
}

impl Default for PollInterval {
    fn default() -> Self {
        Self::every(SignedDuration::from_mins(15))
    }
}

/// The next moment at which one of the domains can differ: when a cache or a secondary has caught up, and before that
/// as often as an edit should be noticed.
#[must_use]
pub fn next_look<'a>(
    assessments: impl IntoIterator<Item = &'a Assessment>,
    rhythm: PollInterval,
    now: Timestamp,
) -> Timestamp {
    let in_time = |span: SignedDuration| now.checked_add(span).unwrap_or(Timestamp::MAX);
    let (floor, ceiling) = (in_time(rhythm.floor), in_time(rhythm.every));
    let moments = assessments.into_iter().flat_map(|assessment| {
        let caught_up = assessment.judged.iter().filter(|judged| judged.status == Status::Waiting);
        // At that second it is still there, in the next one it is not.
        let caught_up =
            caught_up.filter_map(|judged| judged.until?.checked_add(SignedDuration::from_secs(1)).ok());
        let restless = is_restless(assessment).then(|| in_time(rhythm.restless));
        caught_up.filter(|moment| *moment > now).chain(restless)
    });
    moments.min().unwrap_or(ceiling).clamp(floor, ceiling)
}

/// Returns whether something other than a known moment decides.
fn is_restless(assessment: &Assessment) -> bool {
    // A secondary may be told of a change, or be updated by hand, before it asks.
    let overdue = |judged: &super::ExpectationResult| {
        judged.status == Status::Waiting && (judged.until.is_none() || judged.code == Code::SecondaryBehind)
    };
    assessment.verdict != Verdict::Waiting
        || assessment.judged.iter().any(overdue)
        || assessment.hazards.iter().any(Hazard::is_error)
}
