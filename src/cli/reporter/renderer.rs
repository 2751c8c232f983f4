//! What do the reports of a run say of one domain?
//!
//! Pure and the costlier half of reporting: whoever has judged a domain writes this too, and the reporter puts it in its place.

use jiff::Timestamp;

use crate::check::{Reminder, Verdict};
use crate::cli::args::ReportFormat;
use crate::report::DomainReport;
use crate::report::format::{csv_rows, ndjson_line};
use crate::report::json::StreamingJson;
use crate::report::since::verdict_of_new;
use crate::report::style::{Detail, Style};
use crate::report::table;
use crate::run::Checked;

/// What has to be written of each domain.
#[derive(Debug, Clone)]
pub(in crate::cli) struct DomainRenderer {
    started: Timestamp,
    /// The reports, in their order.
    reports: Vec<(ReportFormat, Style)>,
    /// Whether the whole is made with every reply.
    is_verbose: bool,
    /// Whether only what is new decides the exit status.
    counts_new: bool,
}

/// What was written of a domain.
pub(in crate::cli) struct RenderedDomain {
    /// Its verdict.
    pub(super) verdict: Verdict,
    /// The verdict that counts for the exit status.
    pub(super) counted: Verdict,
    /// Its name as a person reads it.
    pub(super) domain: String,
    /// What DNS cannot show of it.
    pub(super) reminders: Vec<Reminder>,
    /// For each report; nothing where it is made of the whole.
    pub(super) texts: Vec<String>,
    /// What formats need that are made of the whole.
    pub(super) kept: Option<DomainReport>,
    /// The same with every reply.
    pub(super) kept_in_full: Option<DomainReport>,
}

impl DomainRenderer {
    pub(super) fn new(
        started: Timestamp,
        reports: Vec<(ReportFormat, Style)>,
        is_verbose: bool,
        counts_new: bool,
    ) -> Self {
        Self { started, reports, is_verbose, counts_new }
    }

    /// Writes what is said of a domain.
    pub(in crate::cli) fn write(&self, checked: &Checked) -> RenderedDomain {
        let report = checked.report().with_since(checked.since.clone());
        let full = self.needs_replies().then(|| report.clone().with_replies(&checked.facts));
        let table = |_: &DomainReport, style: &Style| table::domain(&checked.shown(), style);
        let style = self.reports.first().map(|(_, style)| style);
        let domain = style.map_or_else(
            || checked.subject.domain.without_trailing_dot(),
            |style| table::shown_domain(&checked.subject, style),
        );
        let reminders = checked.assessment.reminders.clone();
        self.script(checked.assessment.verdict, (domain, reminders), report, full, table)
    }

    /// Writes what a stored result says of a domain.
    pub(in crate::cli) fn write_stored(&self, verdict: Verdict, full: DomainReport) -> RenderedDomain {
        let (replies, policy, web) = (None, None, Vec::new());
        let report = DomainReport { replies, policy, web, ..full.clone() };
        let table =
            |report: &DomainReport, style: &Style| table::stored(report, report.time(self.started), style);
        let domain = full.unicode.as_ref().unwrap_or(&full.domain).clone();
        let full = self.needs_replies().then_some(full);
        self.script(verdict, (domain, Vec::new()), report, full, table)
    }

    /// Whether some report shows the replies.
    fn needs_replies(&self) -> bool {
        let shows = |(format, style): &(ReportFormat, Style)| {
            style.detail == Detail::Verbose || *format == ReportFormat::Html
        };
        self.reports.iter().any(shows)
    }

    fn script(
        &self,
        verdict: Verdict,
        (domain, reminders): (String, Vec<Reminder>),
        report: DomainReport,
        full: Option<DomainReport>,
        table: impl Fn(&DomainReport, &Style) -> String,
    ) -> RenderedDomain {
        let counted = if self.counts_new { verdict_of_new(&report) } else { verdict };
        let texts = self.reports.iter().map(|(format, style)| {
            let shown = full.as_ref().filter(|_| style.detail == Detail::Verbose).unwrap_or(&report);
            match format {
                ReportFormat::Table => table(shown, style),
                ReportFormat::Json => StreamingJson::piece(shown),
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
        let (kept, kept_in_full) = (keeps.then_some(report), full.filter(|_| keeps_full));
        RenderedDomain { verdict, counted, domain, reminders, texts, kept, kept_in_full }
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
