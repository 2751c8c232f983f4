//! `cutover check` and `cutover plan`: look up, compare, report.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::check::{Code, Scales, Status, Verdict};
use crate::expected::Importance;
use crate::facts::View;
use crate::plan::to_bind;
use crate::report::json::{PlanView, to_json};
use crate::report::reminders::reminders;
use crate::report::style::{Detail, Style};
use crate::report::table::{self, Shown};
use crate::report::view::harmless;

use super::args::{Check, Plan, PlanFormat, ReportFormat};
use super::inspect::{Checked, Inspection, Task, inspect};
use super::{Problem, Streams, files, status};

/// Runs `cutover check`.
///
/// # Errors
/// [`Problem`] for what makes a verdict impossible.
pub(super) fn check(
    command: &Check,
    streams: &mut Streams<'_>,
    style: &Style,
    now: Timestamp,
) -> Result<u8, Problem> {
    let scales = Scales { view: View::from(command.lookup.view), strict: command.strict };
    let task = Task {
        domains: &command.domains,
        expectations: &command.expectations,
        lookup: &command.lookup,
        times: &command.times,
        scales,
    };
    let inspection = inspect(task, streams, style, now)?;
    for output in &command.output {
        let plain = Style { colour: crate::report::style::Colour::Off, ..*style };
        let text = render(&inspection, output.format, &plain);
        files::write(&output.path, &text)?;
    }
    streams.out.write_all(render(&inspection, command.format, style).as_bytes())?;
    streams.out.flush()?;
    let fails = |verdict: &Verdict| match &command.fail_on {
        Some(list) => list.iter().any(|name| Verdict::from(*name) == *verdict),
        None => *verdict != Verdict::Ready,
    };
    let verdicts: BTreeSet<Verdict> =
        inspection.checked.iter().map(|checked| checked.examination.verdict).collect();
    // Several domains: the worst that counts wins.
    Ok(verdicts.into_iter().rev().find(fails).map_or(0, exit_status))
}

/// `ready` can be made to fail; it then has the status of a change that is needed.
fn exit_status(verdict: Verdict) -> u8 {
    match status(verdict) {
        0 => 1,
        status => status,
    }
}

/// Runs `cutover plan`.
///
/// # Errors
/// [`Problem`] for what makes a plan impossible.
pub(super) fn plan(
    command: &Plan,
    streams: &mut Streams<'_>,
    style: &Style,
    now: Timestamp,
) -> Result<u8, Problem> {
    let domains: Vec<String> = command.domain.iter().cloned().collect();
    let scales = Scales { view: View::from(command.lookup.view), strict: false };
    let task = Task {
        domains: &domains,
        expectations: &command.expectations,
        lookup: &command.lookup,
        times: &command.times,
        scales,
    };
    let inspection = inspect(task, streams, style, now)?;
    let [checked] = &inspection.checked[..] else {
        return Err(Problem::Usage("the recording holds several domains; name the one to plan for".into()));
    };
    let text = match command.format {
        PlanFormat::Table => table::plan(&checked.shown(), style),
        PlanFormat::Bind => to_bind(&checked.changes),
        PlanFormat::Json => to_json(&PlanView::new(&checked.subject, &checked.changes)),
    };
    streams.out.write_all(text.as_bytes())?;
    streams.out.flush()?;
    let judged = checked.examination.judged.iter().filter(|judged| judged.importance == Importance::Required);
    let failed = judged.filter(|judged| judged.status == Status::Unknown);
    let unknown: Vec<_> = failed.filter(|judged| judged.code != Code::MxGatewayUndeclared).collect();
    for judged in &unknown {
        let message = harmless(&judged.message);
        writeln!(streams.err, "warning: {} could not be judged: {message}", judged.expectation.id)?;
    }
    Ok(if unknown.is_empty() { 0 } else { status(Verdict::Undetermined) })
}

fn render(inspection: &Inspection, format: ReportFormat, style: &Style) -> String {
    match format {
        ReportFormat::Json => to_json(&inspection.report(style)),
        ReportFormat::Table => {
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
    }
}
