//! `cutover check` and `cutover plan`: look up, compare, report.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::check::{Code, Scales, Status, Verdict};
use crate::expected::Importance;
use crate::facts::View;
use crate::plan::emit::{
    DnsHost, Sheet, rollback, to_csv, to_dnscontrol, to_nsupdate, to_octodns, to_powershell, to_terraform,
};
use crate::plan::to_bind;
use crate::report::format::nagios_status;
use crate::report::json::{PlanView, to_json};
use crate::report::style::{Colour, Style};
use crate::report::table;
use crate::report::view::harmless;

use super::args::{Check, Plan, PlanFormat, ReportFormat, Reporting};
use super::inspect::{Checked, Inspection, Task, inspect};
use super::render::render;
use super::settings::Settings;
use super::{Problem, Streams, files, status};

/// Runs `cutover check`.
///
/// # Errors
/// [`Problem`] for what makes a verdict impossible.
pub(super) fn check(
    command: &Check,
    settings: &Settings,
    streams: &mut Streams<'_>,
    style: &Style,
    now: Timestamp,
) -> Result<u8, Problem> {
    let view = View::from(command.lookup.view);
    let scales = Scales { view, strict: command.reporting.strict, waivers: &settings.waivers };
    let task = Task {
        domains: &command.domains,
        expectations: &command.expectations,
        lookup: &command.lookup,
        times: &command.times,
        scales,
        settings,
    };
    let inspection = inspect(task, streams, style, now)?;
    report(&inspection, &command.reporting, streams, style)
}

/// Writes every report that was asked for, and gives back the exit status.
///
/// # Errors
/// [`Problem`] if one of them cannot be written.
pub(super) fn report(
    inspection: &Inspection,
    reporting: &Reporting,
    streams: &mut Streams<'_>,
    style: &Style,
) -> Result<u8, Problem> {
    let worst = counted(inspection, reporting).unwrap_or(Verdict::Ready);
    for output in &reporting.output {
        let plain = Style { colour: Colour::Off, ..*style };
        files::write(&output.path, &render(inspection, output.format, &plain, worst))?;
    }
    streams.out.write_all(render(inspection, reporting.format, style, worst).as_bytes())?;
    streams.out.flush()?;
    let verdict = counted(inspection, reporting);
    Ok(match (verdict, reporting.format) {
        (verdict, ReportFormat::Nagios) => nagios_status(verdict.unwrap_or(Verdict::Ready)),
        (Some(verdict), _) => exit_status(verdict),
        (None, _) => 0,
    })
}

/// The worst verdict of several domains among those that count; `None` where none does.
fn counted(inspection: &Inspection, reporting: &Reporting) -> Option<Verdict> {
    let fails = |verdict: &Verdict| match &reporting.fail_on {
        Some(list) => list.iter().any(|name| Verdict::from(*name) == *verdict),
        None => *verdict != Verdict::Ready,
    };
    let verdicts: BTreeSet<Verdict> =
        inspection.checked.iter().map(|checked| checked.examination.verdict).collect();
    verdicts.into_iter().rev().find(fails)
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
    settings: &Settings,
    streams: &mut Streams<'_>,
    style: &Style,
    now: Timestamp,
) -> Result<u8, Problem> {
    let domains: Vec<String> = command.domain.iter().cloned().collect();
    let view = View::from(command.lookup.view);
    let scales = Scales { view, strict: command.strict, waivers: &settings.waivers };
    let task = Task {
        domains: &domains,
        expectations: &command.expectations,
        lookup: &command.lookup,
        times: &command.times,
        scales,
        settings,
    };
    let inspection = inspect(task, streams, style, now)?;
    let [checked] = &inspection.checked[..] else {
        return Err(Problem::Usage("the recording holds several domains; name the one to plan for".into()));
    };
    let mut planned = checked.clone();
    if command.rollback {
        planned.changes = rollback(&checked.changes);
    }
    let text = written(&planned, command, style);
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

/// The plan in the form that was asked for.
fn written(checked: &Checked, command: &Plan, style: &Style) -> String {
    let Checked { subject, examination, changes, .. } = checked;
    let zone = examination.zone.as_ref();
    let apex = zone.map_or(&subject.domain, |zone| &zone.apex);
    let sheet = Sheet { domain: &subject.domain, zone: apex, changes };
    match command.format {
        PlanFormat::Table => table::plan(&checked.shown(), style),
        PlanFormat::Bind => to_bind(changes),
        PlanFormat::Nsupdate => to_nsupdate(&sheet),
        PlanFormat::Dnscontrol => to_dnscontrol(&sheet),
        PlanFormat::Octodns => to_octodns(&sheet),
        PlanFormat::Terraform => {
            let shown = zone.and_then(|zone| {
                zone.name_servers.iter().find_map(|server| DnsHost::of_name_server(&server.name))
            });
            to_terraform(&sheet, command.provider.or(shown).unwrap_or(DnsHost::Azure))
        }
        PlanFormat::Powershell => to_powershell(&sheet),
        PlanFormat::Csv => to_csv(&sheet),
        PlanFormat::Json => to_json(&PlanView::new(subject, changes)),
    }
}
