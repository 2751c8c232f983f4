//! Finds what has changed between checks.

use crate::report::Report;
use crate::report::since::{Earlier, between};
use crate::report::view::Since;

/// Compares each report with the changes that were already returned. A lookup that fails once is not a change.
#[derive(Debug, Clone)]
pub struct ChangeTracker {
    /// The previous report.
    before: Earlier,
    /// The state after the changes that were returned.
    known: Earlier,
}

impl ChangeTracker {
    /// Begins with the first report of all domains, or of one.
    #[must_use]
    pub fn new(first: &Report) -> Self {
        let report = Earlier::from(first);
        Self { before: report.clone(), known: report }
    }

    /// Returns what has changed for each domain since the last change that was returned.
    pub fn changes(&mut self, report: &Report) -> Vec<(String, Since)> {
        let report = Earlier::from(report);
        let settled = report.clone().settled(&self.before, &self.known);
        let changes = between(&self.known, &settled);
        (self.before, self.known) = (report, settled);
        changes
    }
}
