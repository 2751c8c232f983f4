//! What do the reports of a run say of one domain?
//!
//! Pure and the costlier half of reporting: whoever has judged a domain writes this too, and the reporter puts it in its place.

use jiff::Timestamp;

use crate::cli::args::ReportFormat;
use crate::cli::inspect::Checked;
use crate::report::DomainReport;
use crate::report::format::{csv_rows, ndjson_line};
use crate::report::json::Piecemeal;
use crate::report::style::{Detail, Style};
use crate::report::table;

/// What has to be written of each domain.
#[derive(Debug, Clone)]
pub(in crate::cli) struct Scribe {
    started: Timestamp,
    /// The reports, in their order.
    reports: Vec<(ReportFormat, Style)>,
    /// Whether the whole is made with every reply.
    is_verbose: bool,
}

/// What was written of a domain.
pub(in crate::cli) struct Script {
    /// For each report; nothing where it is made of the whole.
    pub(super) texts: Vec<String>,
    /// What formats need that are made of the whole.
    pub(super) kept: Option<DomainReport>,
    /// The same with every reply.
    pub(super) kept_in_full: Option<DomainReport>,
}

impl Scribe {
    pub(super) fn new(started: Timestamp, reports: Vec<(ReportFormat, Style)>, is_verbose: bool) -> Self {
        Self { started, reports, is_verbose }
    }

    /// Writes what is said of a domain.
    pub(in crate::cli) fn write(&self, checked: &Checked) -> Script {
        let needs = |wanted: fn(&(ReportFormat, Style)) -> bool| self.reports.iter().any(wanted);
        let report = checked.report().with_since(checked.since.clone());
        let needs_full =
            needs(|(format, style)| style.detail == Detail::Verbose || *format == ReportFormat::Html);
        let full = needs_full.then(|| report.clone().with_replies(&checked.facts));
        let texts = self.reports.iter().map(|(format, style)| {
            let shown = full.as_ref().filter(|_| style.detail == Detail::Verbose).unwrap_or(&report);
            match format {
                ReportFormat::Table => table::domain(&checked.shown(), style),
                ReportFormat::Json => Piecemeal::piece(shown),
                ReportFormat::Ndjson => ndjson_line(self.started, shown),
                ReportFormat::Csv => csv_rows(shown),
                ReportFormat::Markdown
                | ReportFormat::Html
                | ReportFormat::Junit
                | ReportFormat::Sarif
                | ReportFormat::Github
                | ReportFormat::Prometheus
                | ReportFormat::Nagios => String::new(),
            }
        });
        let texts = texts.collect();
        let with_replies = |format: ReportFormat| self.is_verbose || format == ReportFormat::Html;
        let mut whole = self.reports.iter().map(|(format, _)| *format).filter(|format| is_whole(*format));
        let keeps = whole.clone().any(|format| !with_replies(format));
        let keeps_full = whole.any(with_replies);
        Script { texts, kept: keeps.then_some(report), kept_in_full: full.filter(|_| keeps_full) }
    }
}

/// Whether a format can only be written when the last domain is known.
pub(super) fn is_whole(format: ReportFormat) -> bool {
    match format {
        ReportFormat::Table | ReportFormat::Json | ReportFormat::Ndjson | ReportFormat::Csv => false,
        ReportFormat::Markdown
        | ReportFormat::Html
        | ReportFormat::Junit
        | ReportFormat::Sarif
        | ReportFormat::Github
        | ReportFormat::Prometheus
        | ReportFormat::Nagios => true,
    }
}
