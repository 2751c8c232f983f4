//! Stores the last report and the earlier verdicts of a domain.

use std::sync::Arc;

use jiff::Timestamp;

use crate::check::{Status, Verdict};
use crate::report::DomainReport;

/// The maximum number of verdicts that are kept for a domain; the oldest are dropped first.
const MOST_VERDICTS: usize = 64;

/// The last report and the earlier verdicts of a domain.
#[derive(Debug, Clone)]
pub(super) struct Known {
    /// The last report, with the replies.
    pub(super) report: Arc<DomainReport>,
    /// The time when the domain was last checked.
    pub(super) checked_at: Timestamp,
    /// The verdict of that check.
    pub(super) verdict: Verdict,
    /// The verdicts with the time from which on each applied, the oldest first.
    pub(super) verdicts: Vec<(Timestamp, Verdict)>,
}

impl Known {
    /// Returns the state after the first check of a domain.
    pub(super) fn first(report: DomainReport, checked_at: Timestamp, verdict: Verdict) -> Self {
        Self { report: Arc::new(report), checked_at, verdict, verdicts: vec![(checked_at, verdict)] }
    }

    /// Adds the result of a further check, and returns whether the verdict has changed. A first undetermined result
    /// does not count as a change.
    pub(super) fn add(&mut self, report: DomainReport, checked_at: Timestamp, verdict: Verdict) -> bool {
        let is_first_failure = verdict == Verdict::Undetermined && self.verdict != Verdict::Undetermined;
        self.report = Arc::new(report);
        self.checked_at = checked_at;
        self.verdict = verdict;
        let has_changed = self.verdicts.last().is_none_or(|(_, last)| *last != verdict) && !is_first_failure;
        if has_changed {
            self.verdicts.push((checked_at, verdict));
            if self.verdicts.len() > MOST_VERDICTS {
                self.verdicts.remove(0);
            }
        }
        has_changed
    }

    /// Returns the time since which the domain has had its verdict.
    pub(super) fn since(&self) -> Timestamp {
        let last = self.verdicts.last().filter(|(_, verdict)| *verdict == self.verdict);
        last.map_or(self.checked_at, |(since, _)| *since)
    }

    /// Returns what is left to do, for a person; empty if nothing is.
    pub(super) fn left(&self) -> String {
        let changes = self.report.changes.len();
        let waiting = self.report.expectations.iter().filter(|one| one.status == Status::Waiting);
        let unknown = self.report.expectations.iter().filter(|one| one.status == Status::Unknown);
        let counts = [(changes, "to edit"), (waiting.count(), "to wait for"), (unknown.count(), "unknown")];
        let parts =
            counts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}"));
        parts.collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::expected::Phase;

    #[test]
    fn one_failed_lookup_is_not_a_change() {
        let at = |seconds| Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds);
        let report = || DomainReport::missing(&"contoso.com".parse().unwrap(), Phase::Switch);
        let mut known = Known::first(report(), at(0), Verdict::Ready);
        for (seconds, verdict, has_changed, since) in [
            (1, Verdict::Undetermined, false, 1),
            (2, Verdict::Ready, false, 0),
            (3, Verdict::Undetermined, false, 3),
            (4, Verdict::Undetermined, true, 4),
            (5, Verdict::Undetermined, false, 4),
            (6, Verdict::ChangesNeeded, true, 6),
        ] {
            assert_eq!(known.add(report(), at(seconds), verdict), has_changed, "{seconds}");
            assert_eq!((known.since(), known.checked_at), (at(since), at(seconds)), "{seconds}");
        }
        for second in 0..200 {
            let verdict = if second % 2 == 0 { Verdict::Ready } else { Verdict::Waiting };
            known.add(report(), at(10 + second), verdict);
        }
        assert_eq!(known.verdicts.len(), MOST_VERDICTS);
    }
}
