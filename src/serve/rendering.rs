//! Writes reports, and is the only module of the server that uses the formats.

use jiff::Timestamp;
use serde::Serialize;

use crate::check::Verdict;
use crate::expected::Phase;
use crate::report::format::{Format, html_of_domain};
use crate::report::json::to_json;
use crate::report::style::{Color, Detail, Links, Marks, Style, UNLIMITED};
use crate::report::view::{SCHEMA_VERSION, Summary};
use crate::report::writer::Run;
use crate::report::{DomainReport, Report};

/// The style of text for people.
pub(super) const PLAIN: Style = Style {
    width: UNLIMITED,
    color: Color::Off,
    detail: Detail::Normal,
    marks: Marks::Unicode,
    links: Links::Off,
};

/// The report of a domain, with the time of its check.
#[derive(Debug, Clone)]
pub(super) struct Dated<'a> {
    pub(super) report: &'a DomainReport,
    pub(super) checked_at: Timestamp,
}

/// The state of a watched domain, which is not part of its report.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Watched {
    pub(super) domain: String,
    pub(super) verdict: Option<&'static str>,
    pub(super) left: String,
    pub(super) since: Option<Timestamp>,
    pub(super) checked_at: Option<Timestamp>,
    pub(super) next_check_at: Option<Timestamp>,
    pub(super) checking: bool,
}

/// A report, with the state of the watched domains.
#[derive(Serialize)]
struct Document {
    #[serde(flatten)]
    report: Report,
    watched: Vec<Watched>,
}

/// The state of the watched domains without their reports.
#[derive(Serialize)]
struct States {
    schema_version: u32,
    checked_at: Timestamp,
    summary: Summary,
    watched: Vec<Watched>,
}

/// The choice whether replies are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Replies {
    Written,
    LeftOut,
}

/// Returns the report of one domain, as `check --format json` writes it.
pub(super) fn single_json(domain: &Dated<'_>, replies: Replies) -> String {
    to_json(&single(domain, replies))
}

/// Returns one report of many domains, each with its time.
pub(super) fn json(now: Timestamp, domains: &[Dated<'_>], watched: Vec<Watched>, replies: Replies) -> String {
    let phase = domains.first().map_or(Phase::Switch, |first| first.report.phase());
    let reports = domains.iter().map(|domain| {
        let mut report = written(domain.report, replies);
        report.checked_at = Some(domain.checked_at);
        report
    });
    let report = Report::new(now, phase, reports.collect());
    to_json(&Document { report, watched })
}

/// Returns the state of the watched domains, and the number of domains with each verdict.
pub(super) fn states_json(
    now: Timestamp,
    verdicts: impl Iterator<Item = Verdict>,
    watched: Vec<Watched>,
) -> String {
    let mut summary = Summary::default();
    verdicts.for_each(|verdict| summary.add(verdict));
    to_json(&States { schema_version: SCHEMA_VERSION, checked_at: now, summary, watched })
}

/// Returns the part of a page that is about a domain.
pub(super) fn html(domain: &Dated<'_>) -> String {
    html_of_domain(&run(domain), domain.report)
}

/// Returns the metrics of one domain.
pub(super) fn metrics(domain: &Dated<'_>) -> String {
    let reports = [written(domain.report, Replies::LeftOut)];
    Format::Prometheus.text(&run(domain), &reports, domain.report.verdict)
}

fn run(domain: &Dated<'_>) -> Run {
    Run::new(domain.checked_at, domain.report.phase(), PLAIN)
}

fn single(domain: &Dated<'_>, replies: Replies) -> Report {
    Report::new(domain.checked_at, domain.report.phase(), vec![written(domain.report, replies)])
}

fn written(report: &DomainReport, replies: Replies) -> DomainReport {
    let mut report = report.clone();
    if replies == Replies::LeftOut {
        report.replies = None;
        report.policy = None;
        report.web = Vec::new();
    }
    report
}
