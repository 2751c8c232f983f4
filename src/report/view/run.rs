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
    /// What made the report.
    pub tool: Tool,
    /// When the run began.
    pub checked_at: Timestamp,
    /// The phase that was judged.
    pub phase: Phase,
    /// How many domains have which verdict.
    pub summary: Summary,
    /// One report a domain, in the order of the run.
    pub domains: D,
}

/// What made a report.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "formats", derive(schemars::JsonSchema))]
pub struct Tool {
    /// `cutover`.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
}

/// How many domains have which verdict.
#[derive(Debug, Clone, Default, Serialize)]
#[cfg_attr(feature = "formats", derive(schemars::JsonSchema))]
pub struct Summary {
    /// All domains.
    pub domains: usize,
    /// Ready.
    pub ready: usize,
    /// Nothing left to edit.
    pub waiting: usize,
    /// Something to edit.
    pub changes_needed: usize,
    /// Not known.
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
