//! What does a format look like?

use crate::check::Verdict;
use crate::report::format::{Place, csv, github, html, junit, markdown, nagios, ndjson, prometheus, sarif};
use crate::report::json::to_json;
use crate::report::reminders::reminders;
use crate::report::style::{Detail, Style};
use crate::report::table::{self, Shown};

use super::args::ReportFormat;
use super::inspect::{Checked, Inspection};

/// The whole report in a format; `worst` is the verdict of the run.
pub(super) fn render(inspection: &Inspection, format: ReportFormat, style: &Style, worst: Verdict) -> String {
    let report = || inspection.report(style);
    match format {
        ReportFormat::Table => table(inspection, style),
        ReportFormat::Json => to_json(&report()),
        ReportFormat::Ndjson => ndjson(&report()),
        ReportFormat::Csv => csv(&report()),
        ReportFormat::Markdown => markdown(&report()),
        // Its drawing is made of the replies.
        ReportFormat::Html => html(&inspection.report(&Style { detail: Detail::Verbose, ..*style })),
        ReportFormat::Junit => junit(&report()),
        ReportFormat::Sarif => sarif(&report(), &Place::default()),
        ReportFormat::Github => github(&report()),
        ReportFormat::Prometheus => prometheus(&report()),
        ReportFormat::Nagios => nagios(&report(), worst),
    }
}

fn table(inspection: &Inspection, style: &Style) -> String {
    let shown: Vec<Shown<'_>> = inspection.checked.iter().map(Checked::shown).collect();
    let mut text: Vec<String> = shown.iter().map(|shown| table::domain(shown, style)).collect();
    if style.detail > Detail::Quiet {
        text.extend(Some(reminders(&shown, style)).filter(|text| !text.is_empty()));
    }
    if shown.len() > 1 {
        text.push(table::summary(&inspection.report(style).summary));
    }
    text.join("\n")
}
