//! What has changed between checks, and stayed so.

use crate::report::since::{Earlier, Since, between};
use crate::report::{Report, Sanitized};

/// Compares each report with what was reported as changed before. A lookup that fails once is no change.
#[derive(Debug, Clone)]
pub struct ChangeTracker {
    /// The report before, whether its changes were told or not.
    before: Earlier,
    /// How everything was as it was told last.
    told: Earlier,
}

impl ChangeTracker {
    /// Begins with the first report of all domains, or of one.
    #[must_use]
    pub fn new(first: &Report) -> Self {
        let report = Earlier::from(first);
        Self { before: report.clone(), told: report }
    }

    /// What has changed of each domain since it was told last.
    pub fn changes(&mut self, report: &Report) -> Vec<(Sanitized, Since)> {
        let report = Earlier::from(report);
        let settled = report.clone().settled(&self.before, &self.told);
        let changes = between(&self.told, &settled);
        (self.before, self.told) = (report, settled);
        changes
    }
}
