//! `cutover check` and `cutover plan`: look up, compare, report.

use std::collections::BTreeSet;

use futures_util::StreamExt as _;
use jiff::Timestamp;

use crate::check::{
    Assumptions, Code, Examination, Outlook, Scales, Status, Verdict, examine, outlook, wanted,
    wanted_policies,
};
use crate::expected::{Importance, Subject};
use crate::facts::{Facts, Recording, View};
use crate::lookup::{Limits, survey};
use crate::plan::{Change, changes, to_bind};
use crate::report::json::{PlanView, to_json};
use crate::report::reminders::reminders;
use crate::report::style::{Detail, Style};
use crate::report::table::{self, Shown};
use crate::report::{DomainReport, Report};

use super::args::{Check, Expectations, Lookup, Plan, PlanFormat, ReportFormat, Times};
use super::subject::subject;
use super::world::{self, World};
use super::{Problem, Streams, files, memory, status};

/// Domains that are looked up at the same time.
const CONCURRENCY: usize = 16;

/// One domain, looked up and judged.
struct Checked {
    subject: Subject,
    facts: Facts,
    examination: Examination,
    changes: Vec<Change>,
    outlook: Outlook,
    assumptions: Assumptions,
}

impl Checked {
    fn shown(&self) -> Shown<'_> {
        Shown {
            subject: &self.subject,
            examination: &self.examination,
            changes: &self.changes,
            facts: &self.facts,
            outlook: &self.outlook,
            assumptions: self.assumptions,
        }
    }
}

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
    let (checked, started) = all(
        &command.domains,
        &command.expectations,
        &command.lookup,
        &command.times,
        scales,
        streams,
        style,
        now,
    )?;
    let report = |format| render(&checked, format, command.expectations.phase, style, started);
    for output in &command.output {
        let plain = Style { colour: crate::report::style::Colour::Off, ..*style };
        let text = render(&checked, output.format, command.expectations.phase, &plain, started);
        files::write(&output.path, &text)?;
    }
    streams.out.write_all(report(command.format).as_bytes())?;
    streams.out.flush()?;
    let fails = |verdict: &Verdict| match &command.fail_on {
        Some(list) => list.iter().any(|name| Verdict::from(*name) == *verdict),
        None => *verdict != Verdict::Ready,
    };
    let verdicts: BTreeSet<Verdict> = checked.iter().map(|checked| checked.examination.verdict).collect();
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
    let (checked, _) =
        all(&domains, &command.expectations, &command.lookup, &command.times, scales, streams, style, now)?;
    let [checked] = &checked[..] else {
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
        let message = crate::report::view::harmless(&judged.message);
        writeln!(streams.err, "warning: {} could not be judged: {message}", judged.expectation.id)?;
    }
    Ok(if unknown.is_empty() { 0 } else { status(Verdict::Undetermined) })
}

/// Looks up and judges every domain, in the order in which they were named.
fn all(
    typed: &[String],
    expectations: &Expectations,
    lookup: &Lookup,
    times: &Times,
    scales: Scales,
    streams: &mut Streams<'_>,
    style: &Style,
    now: Timestamp,
) -> Result<(Vec<Checked>, Timestamp), Problem> {
    // A history that cannot be read is told before anything is looked up.
    let history = times.history.as_deref().map(memory::open).transpose()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (mut checked, world) = runtime.block_on(async {
        let world = world::prepare(typed, lookup, now).await?;
        let subjects = world.domains.iter().map(|domain| subject(domain.clone(), expectations));
        let subjects: Vec<Subject> = subjects.collect::<Result<_, _>>()?;
        let limits = Limits { deadline: lookup.deadline.0, ..Limits::default() };
        let checked = futures_util::stream::iter(subjects)
            .map(|subject| one(&world, subject, limits, scales))
            .buffered(CONCURRENCY)
            .collect::<Vec<_>>()
            .await;
        Ok::<_, Problem>((checked, world))
    })?;
    // What is still under way, such as a server that never answered, is nobody's business any more.
    runtime.shutdown_background();
    if style.detail > Detail::Quiet {
        for note in &world.notes {
            writeln!(streams.err, "note: {}", crate::report::view::harmless(note))?;
        }
    }
    let history = match &times.history {
        Some(path) => {
            memory::remember(path, checked.iter().map(|checked| (&checked.subject.domain, &checked.facts)))?
        }
        None => history.unwrap_or_default(),
    };
    let assumptions = Assumptions { old_ttl: times.old_ttl.0, queue_margin: times.queue_margin.0 };
    for checked in &mut checked {
        let Checked { subject, facts, examination, .. } = &*checked;
        checked.outlook = outlook(subject, facts, examination, &history, assumptions);
        checked.assumptions = assumptions;
    }
    if let Some(path) = &lookup.record {
        files::write(path, &recording(&world, &checked).to_string())?;
    }
    Ok((checked, world.source.started))
}

async fn one(world: &World, subject: Subject, limits: Limits, scales: Scales) -> Checked {
    let questions = |facts: &Facts| wanted(&subject, facts);
    let policies = |facts: &Facts| wanted_policies(&subject, facts);
    let facts = survey(&world.source, &subject.domain, limits, questions, policies).await;
    let examination = examine(&subject, &facts, scales);
    let changes = changes(&subject, &facts, scales.view, &examination);
    Checked {
        subject,
        facts,
        examination,
        changes,
        outlook: Outlook::default(),
        assumptions: Assumptions::default(),
    }
}

fn recording(world: &World, checked: &[Checked]) -> Recording {
    let elsewhere = checked.first().map(|checked| checked.facts.elsewhere).unwrap_or_default();
    let mut facts = Facts::new(world.source.started, elsewhere);
    for gathered in checked.iter().map(|checked| &checked.facts) {
        gathered.all().for_each(|reply| facts.insert(reply.clone()));
        gathered.policies().for_each(|policy| facts.insert_policy(policy.clone()));
    }
    Recording { domains: world.domains.clone(), facts }
}

fn render(
    checked: &[Checked],
    format: ReportFormat,
    phase: crate::expected::Phase,
    style: &Style,
    started: Timestamp,
) -> String {
    let domains = checked.iter().map(|checked| {
        let report = DomainReport::new(&checked.subject, &checked.examination, &checked.changes)
            .with_outlook(&checked.outlook);
        if style.detail == Detail::Verbose { report.with_replies(&checked.facts) } else { report }
    });
    let report = Report::new(started, phase, domains.collect());
    match format {
        ReportFormat::Json => to_json(&report),
        ReportFormat::Table => {
            let shown: Vec<Shown<'_>> = checked.iter().map(Checked::shown).collect();
            let mut text: Vec<String> = shown.iter().map(|shown| table::domain(shown, style)).collect();
            if style.detail > Detail::Quiet {
                text.extend(Some(reminders(&shown, style)).filter(|text| !text.is_empty()));
            }
            if checked.len() > 1 {
                text.push(table::summary(&report.summary));
            }
            text.join("\n")
        }
    }
}
