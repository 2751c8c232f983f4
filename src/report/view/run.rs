//! The report of a whole run.

use jiff::Timestamp;
use serde::Serialize;

use crate::check::Verdict;
use crate::expected::Phase;

use super::domain::DomainReport;

/// The version of the view.
pub const SCHEMA_VERSION: u32 = 1;

/// A whole run; `D` is the list of its domains, or what writes that list.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "formats", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "formats", schemars(rename = "Report", description = "A whole run."))]
pub struct Report<D = Vec<DomainReport>> {
    /// The version of the report: 1.
    pub schema_version: u32,
    /// The program that wrote the report.
    pub tool: Tool,
    /// The time at which the run began.
    pub checked_at: Timestamp,
    /// The phase that was checked.
    pub phase: Phase,
    /// The number of domains with each verdict.
    pub summary: Summary,
    /// One report for each domain, in the order of the run.
    pub domains: D,
}

/// The program that wrote a report.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "formats", derive(schemars::JsonSchema))]
pub struct Tool {
    /// `cutover`.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
}

/// The number of domains with each verdict.
#[derive(Debug, Clone, Default, Serialize)]
#[cfg_attr(feature = "formats", derive(schemars::JsonSchema))]
pub struct Summary {
    /// The number of domains.
    pub domains: usize,
    /// Domains that are `ready`.
    pub ready: usize,
    /// Domains that are `waiting`: no edit is left.
    pub waiting: usize,
    /// Domains that need edits.
    pub changes_needed: usize,
    /// Domains that are `undetermined`.
    pub undetermined: usize,
}

impl Report {
    /// Returns the report of a run.
    #[must_use]
    pub fn new(checked_at: Timestamp, phase: Phase, domains: Vec<DomainReport>) -> Self {
        let mut summary = Summary::default();
        domains.iter().for_each(|domain| summary.add(domain.verdict));
        Self::of(checked_at, phase, summary, domains)
    }
}

impl<D> Report<D> {
    /// Returns the report of a run with these domains, which the summary counts.
    pub(in crate::report) fn of(checked_at: Timestamp, phase: Phase, summary: Summary, domains: D) -> Self {
        let tool = Tool { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION") };
        Self { schema_version: SCHEMA_VERSION, tool, checked_at, phase, summary, domains }
    }
}

impl Summary {
    /// Counts a domain with this verdict.
    pub fn add(&mut self, verdict: Verdict) {
        self.domains += 1;
        match verdict {
            Verdict::Ready => self.ready += 1,
            Verdict::Waiting => self.waiting += 1,
            Verdict::ChangesNeeded => self.changes_needed += 1,
            Verdict::Undetermined => self.undetermined += 1,
        }
    }
}
