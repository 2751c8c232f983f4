//! `cutover check` and `cutover plan`: look up, compare, report.

use std::ffi::OsString;

use crate::check::{Code, ExpectationResult, Status, Verdict};
use crate::expected::{Importance, Phase};
use crate::plan::rollback;
use crate::plan::schedule::Move;
use crate::report::harmless::harmless;
use crate::report::style::Style;
use crate::run::{
    DomainLimit, ExpectationOptions, HistoryFile, PlanFormat, PlanLayout, Round, Rounds, RunOptions,
    plan_text,
};

use super::args::{Bulk, Check, Plan, Times};
use super::notes::{lock_notes, tell, tell_of_inputs};
use super::run_options::CheckArguments;
use super::settings::Settings;
use super::{Problem, Streams, Surroundings, bulk as many, earlier, repeated_options, status_of_verdict};

/// Runs `cutover check`.
///
/// # Errors
/// [`Problem`] if a verdict is impossible.
pub(super) fn check(
    command: &Check,
    typed: &[OsString],
    settings: &Settings,
    streams: &mut Streams<'_>,
    style: &Style,
    surroundings: &Surroundings,
) -> Result<u8, Problem> {
    let arguments = CheckArguments {
        domains: &command.domains,
        expected: command.expectations.options(),
        lookup: &command.lookup,
        times: &command.times,
        bulk: &command.bulk,
        strict: command.reporting.strict,
        limit: DomainLimit::Any,
    };
    let options = arguments.options(settings, surroundings)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let arguments = (&command.bulk, &command.times, &command.reporting);
    let prepared = runtime.block_on(many::prepare(&options, arguments, streams, style, surroundings));
    let next_options = repeated_options::next_options(typed, &options);
    let arguments = (&command.bulk, &command.reporting, next_options);
    let ended = prepared.and_then(|prepared| {
        std::thread::scope(|scope| {
            runtime.block_on(many::run(&options, &prepared, arguments, streams, style, surroundings, scope))
        })
    });
    // Lookups in progress, such as one to a server that never answered, are no longer needed.
    runtime.shutdown_background();
    ended
}

/// Runs `cutover plan`.
///
/// # Errors
/// [`Problem`] if a plan is impossible.
pub(super) fn plan(
    command: &Plan,
    typed: &[OsString],
    settings: &Settings,
    streams: &mut Streams<'_>,
    style: &Style,
    surroundings: &Surroundings,
) -> Result<u8, Problem> {
    refuse_bulk(&command.bulk, "plan")?;
    let arguments = CheckArguments {
        domains: command.domain.as_slice(),
        expected: expected(command, settings)?,
        lookup: &command.lookup,
        times: &command.times,
        bulk: &command.bulk,
        strict: command.strict,
        limit: DomainLimit::One,
    };
    let options = arguments.options(settings, surroundings)?;
    let round = check_once(&options, &command.times, streams, style, surroundings)?;
    let [checked] = &round.checked[..] else {
        return Err(Problem::Usage("there are several domains; name the one to plan for".into()));
    };
    let mut planned = checked.clone();
    if command.rollback {
        planned.changes = rollback(&checked.changes);
    }
    if command.format == PlanFormat::Ics && checked.subject.switch_at.is_none() {
        return Err(without_time());
    }
    let (repeated, replay_options) =
        (repeated_options::options(typed), repeated_options::replay_options(typed));
    let whole = Move {
        subject: &checked.subject,
        facts: &checked.facts,
        judge_options: options.judge_options(),
        assumptions: options.assumptions,
        options: &repeated,
        replay_options: &replay_options,
        closing: checked.closing(),
    };
    let layout = PlanLayout {
        format: command.format,
        provider: command.provider,
        style,
        time_zone: &surroundings.time_zone,
    };
    let text = plan_text(&planned, layout, &whole);
    streams.out.write_all(text.as_bytes())?;
    streams.out.flush()?;
    let judged = checked.assessment.judged.iter().filter(|judged| judged.importance == Importance::Required);
    let failed = judged.filter(|judged| judged.status == Status::Unknown);
    let unknown: Vec<_> = failed.filter(|judged| judged.code != Code::MxGatewayUndeclared).collect();
    // Writes one sentence for each cause, however many checks depend on it.
    let mut causes: Vec<(&str, Vec<&str>)> = Vec::new();
    let outage = checked.report().outage;
    let explained = |judged: &ExpectationResult| {
        outage.is_some() && matches!(judged.code, Code::LookupFailed | Code::DeadlineOver)
    };
    for judged in unknown.iter().filter(|judged| !explained(judged)) {
        let id = judged.expectation.id.word();
        match causes.iter_mut().find(|(message, _)| *message == judged.message) {
            Some((_, ids)) => ids.push(id),
            None => causes.push((&judged.message, vec![id])),
        }
    }
    if let Some(outage) = &outage {
        writeln!(streams.err, "warning: {}", outage.message)?;
    }
    for (message, ids) in causes {
        writeln!(streams.err, "warning: {} could not be checked: {}", ids.join(", "), harmless(message))?;
    }
    // A plan that lacks an MX edit must not look like one that does not need it.
    let hazards = checked.assessment.hazards.iter();
    let unassigned = hazards.filter(|hazard| hazard.code == Code::MxNotAssigned && hazard.is_error());
    let messages: Vec<String> = unassigned.map(|hazard| harmless(&hazard.message).to_string()).collect();
    for message in &messages {
        writeln!(streams.err, "warning: {message}")?;
    }
    let is_unsearched = !messages.is_empty() && checked.assessment.host_failure.is_some();
    Ok(if unknown.is_empty() && !is_unsearched { 0 } else { status_of_verdict(Verdict::Undetermined) })
}

/// Looks up and checks the only domain of a run.
///
/// # Errors
/// [`Problem`] for an input that cannot be used, before anything is looked up; and for an output that cannot be
/// written.
fn check_once(
    options: &RunOptions,
    times: &Times,
    streams: &mut Streams<'_>,
    style: &Style,
    surroundings: &Surroundings,
) -> Result<Round, Problem> {
    HistoryFile::check(options.history.as_deref(), &mut lock_notes(streams.err))?;
    let earlier = earlier::read(&times.since)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let ended = runtime.block_on(async {
        let mut rounds = Rounds::open(options, earlier, surroundings.now).await?;
        let round = rounds.first(&mut lock_notes(streams.err)).await?;
        Ok::<_, Problem>((rounds, round))
    });
    // Lookups in progress, such as one to a server that never answered, are no longer needed.
    runtime.shutdown_background();
    let (rounds, round) = ended?;
    tell_of_inputs(&rounds.run().inputs, streams, style)?;
    let notes = round.unneeded_waivers(options);
    tell(notes.iter().map(String::as_str), streams, style)?;
    rounds.record(&round)?;
    Ok(round)
}

/// Refuses options that only a check of many domains has.
///
/// # Errors
/// [`Problem`] if one of them was given.
pub(super) fn refuse_bulk(bulk: &Bulk, command: &str) -> Result<(), Problem> {
    let asked = match (&bulk.resume, bulk.fail_fast) {
        (Some(_), _) => "--resume",
        (None, true) => "--fail-fast",
        (None, false) => return Ok(()),
    };
    Err(Problem::Usage(format!("{asked}: not an option of `cutover {command}`; use `cutover check`")))
}

/// Returns the options of the expectations. A format that contains the whole move needs the facts of its last phase.
///
/// # Errors
/// [`Problem`] if the format is not possible with these options.
fn expected(command: &Plan, settings: &Settings) -> Result<ExpectationOptions, Problem> {
    let mut expected = command.expectations.options();
    if command.format.is_schedule() {
        if command.rollback {
            let message = "--rollback: a runbook and a calendar already contain the way back of each step; \
                omit the option";
            return Err(Problem::Usage(message.into()));
        }
        // A settings file may give a time for individual domains.
        if command.format == PlanFormat::Ics && expected.switch_at.is_none() && !settings.is_from_file() {
            return Err(without_time());
        }
        expected.phase = Phase::Tidy;
    }
    Ok(expected)
}

fn without_time() -> Problem {
    let message = "--format ics: a calendar needs the time of the switch; add `--switch-at TIME`, such as \
                   `--switch-at 2027-03-06T20:00:00Z`, or use `--format runbook`";
    Problem::Usage(message.into())
}
