//! Renders one domain for all reports of a run.
//!
//! Rendering is the more expensive half of reporting and has no side effects, so the thread that has checked a domain
//! also renders it. The reporter then puts the text in its place.

use std::sync::Arc;

use crate::check::Verdict;
use crate::cli::args::ReportFormat;
use crate::report::since::verdict_of_new;
use crate::report::style::Detail;
use crate::report::writer::{Piece, Run};
use crate::report::{DomainReport, Sanitized};
use crate::run::Checked;

/// The formats of the reports for which each domain is rendered.
#[derive(Debug, Clone)]
pub(in crate::cli) struct DomainRenderer {
    /// The reports, in their order.
    reports: Vec<(ReportFormat, Arc<Run>)>,
    /// True if only new findings affect the exit status.
    counts_new: bool,
}

/// A domain, rendered for all reports.
pub(in crate::cli) struct RenderedDomain {
    /// Its verdict.
    pub(super) verdict: Verdict,
    /// The verdict that counts for the exit status.
    pub(super) counted: Verdict,
    /// Its name.
    pub(super) domain: String,
    /// Its name in Unicode, if that differs.
    pub(super) unicode: Option<String>,
    /// Its reminders: facts that DNS cannot show.
    pub(super) reminders: Vec<Sanitized>,
    /// One piece for each report.
    pub(super) pieces: Vec<RenderedPiece>,
}

/// A domain, rendered for one report.
pub(super) enum RenderedPiece {
    /// Text to write at once.
    Now(String),
    /// Text to store until the end, one piece for each section.
    Later(Vec<String>),
    /// The whole result, which the format needs at the end.
    Whole(Arc<DomainReport>),
}

impl DomainRenderer {
    pub(super) fn new(reports: Vec<(ReportFormat, Arc<Run>)>, counts_new: bool) -> Self {
        Self { reports, counts_new }
    }

    /// Renders the result of a check.
    pub(in crate::cli) fn write(&self, checked: &Checked) -> RenderedDomain {
        let report = checked.report().with_since(checked.since.clone());
        let full =
            self.reports.iter().any(shows_replies).then(|| report.clone().with_replies(&checked.facts));
        self.rendered(report, full)
    }

    /// Renders a stored result.
    pub(in crate::cli) fn write_stored(&self, full: DomainReport) -> RenderedDomain {
        let report = full.clone().without_replies();
        self.rendered(report, Some(full))
    }

    fn rendered(&self, report: DomainReport, full: Option<DomainReport>) -> RenderedDomain {
        let verdict = report.verdict;
        let counted = if self.counts_new { verdict_of_new(&report) } else { verdict };
        let (domain, unicode) = (report.domain.clone(), report.unicode.clone());
        let (report, full) = (Arc::new(report), full.map(Arc::new));
        let pieces = self.reports.iter().map(|described| {
            let (format, run) = described;
            let shown = full.as_ref().filter(|_| shows_replies(described)).unwrap_or(&report);
            match format.writer().domain(run, shown) {
                Piece::Now(text) => RenderedPiece::Now(text),
                Piece::Later(texts) => RenderedPiece::Later(texts),
                Piece::Whole => RenderedPiece::Whole(Arc::clone(shown)),
            }
        });
        let pieces = pieces.collect();
        RenderedDomain { verdict, counted, domain, unicode, reminders: report.reminders.clone(), pieces }
    }
}

/// Returns whether a report shows the reply of each server.
fn shows_replies((format, run): &(ReportFormat, Arc<Run>)) -> bool {
    run.style.detail == Detail::Verbose || format.writer().needs_replies()
}
