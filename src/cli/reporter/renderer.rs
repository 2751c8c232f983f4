//! What the reports of a run say of one domain.
//!
//! Pure and the costlier half of reporting: the thread that has judged a domain writes this too, and the reporter puts it in
//! its place.

use std::sync::Arc;

use crate::check::Verdict;
use crate::cli::args::ReportFormat;
use crate::report::since::verdict_of_new;
use crate::report::style::Detail;
use crate::report::writer::{Piece, Run};
use crate::report::{DomainReport, Sanitized};
use crate::run::Checked;

/// What has to be written of each domain.
#[derive(Debug, Clone)]
pub(in crate::cli) struct DomainRenderer {
    /// The reports, in their order.
    reports: Vec<(ReportFormat, Arc<Run>)>,
    /// Whether only what is new decides the exit status.
    counts_new: bool,
}

/// What was written of a domain.
pub(in crate::cli) struct RenderedDomain {
    /// Its verdict.
    pub(super) verdict: Verdict,
    /// The verdict that counts for the exit status.
    pub(super) counted: Verdict,
    /// Its name.
    pub(super) domain: String,
    /// The same as people write it, where that differs.
    pub(super) unicode: Option<String>,
    /// What DNS cannot show of it.
    pub(super) reminders: Vec<Sanitized>,
    /// For each report.
    pub(super) pieces: Vec<RenderedPiece>,
}

/// What was written of a domain for one report.
pub(super) enum RenderedPiece {
    /// To be written at once.
    Now(String),
    /// To be put aside until the end.
    Later(Vec<String>),
    /// To be kept whole until the end.
    Whole(Arc<DomainReport>),
}

impl DomainRenderer {
    pub(super) fn new(reports: Vec<(ReportFormat, Arc<Run>)>, counts_new: bool) -> Self {
        Self { reports, counts_new }
    }

    /// Writes what is said of a domain.
    pub(in crate::cli) fn write(&self, checked: &Checked) -> RenderedDomain {
        let report = checked.report().with_since(checked.since.clone());
        let full =
            self.reports.iter().any(shows_replies).then(|| report.clone().with_replies(&checked.facts));
        self.rendered(report, full)
    }

    /// Writes what a stored result says of a domain.
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

/// Whether a report shows what each server answered.
fn shows_replies((format, run): &(ReportFormat, Arc<Run>)) -> bool {
    run.style.detail == Detail::Verbose || format.writer().needs_replies()
}
