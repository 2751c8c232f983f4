//! `cutover watch`: checks again when a result can have changed, until all domains are ready.

mod hooks;
mod live;
mod log;

use std::ffi::OsString;

use jiff::{SignedDuration, Timestamp};

use crate::check::Verdict;
use crate::report::harmless::harmless;
use crate::report::style::{Detail, Style};
use crate::report::writer::Scale;
use crate::run::{CheckSchedule, Checked, DomainLimit, HistoryFile, Rounds};

use super::args::{Goal, Watch};
use super::check::refuse_bulk;
use super::notes::{lock_notes, tell, tell_of_inputs};
use super::reporter::{Reporter, RunHeader};
use super::run_options::CheckArguments;
use super::settings::Settings;
use super::{Problem, Streams, Surroundings, earlier, repeated_options, status_of_verdict};
use hooks::Notices;
use live::{Live, Shown};
use log::Log;

/// The time after which a change is checked again, before it becomes a notice.
const CONFIRMATION: SignedDuration = SignedDuration::from_secs(30);

/// Runs `cutover watch`.
///
/// # Errors
/// [`Problem`] if a verdict is impossible.
pub(super) fn run(
    command: &Watch,
    typed: &[OsString],
    settings: &Settings,
    streams: &mut Streams<'_>,
    style: &Style,
    surroundings: &Surroundings,
) -> Result<u8, Problem> {
    if command.lookup.replay.is_some() {
        let message =
            "--replay: a recording does not change, so there is nothing to watch; use `cutover check`";
        return Err(Problem::Usage(message.into()));
    }
    refuse_bulk(&command.bulk, "watch")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let result = runtime.block_on(watch(command, typed, settings, streams, style, surroundings));
    runtime.shutdown_background();
    result
}

async fn watch(
    command: &Watch,
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
    let (clock, mut now) = (&surroundings.clock, surroundings.now);
    let (mut stopped, mut is_stopped) = (clock.stopped(), false);
    HistoryFile::check(options.history.as_deref(), &mut lock_notes(streams.err))?;
    let mut rounds = Rounds::open(&options, earlier::read(&command.times.since)?, now).await?;
    tell_of_inputs(&rounds.run().inputs, streams, style)?;
    tell(settings.ignored().iter().map(String::as_str), streams, style)?;
    let mut notices = Notices::open(&command.hooks, surroundings)?;
    let deadline = command.span.map(|span| now.checked_add(span.0).unwrap_or(Timestamp::MAX));
    let done = |checked: &Checked| is_done(checked, command.until);
    let moving = surroundings.live && style.detail > Detail::Quiet;
    let live = Live::new(if moving { Shown::OnTerminal } else { Shown::Nowhere });

    let mut notify = lock_notes(streams.err);
    let first = tokio::select! {
        biased;
        round = rounds.first(&mut notify) => Some(round?),
        () = &mut stopped => None,
    };
    drop(notify);
    let Some(mut last) = first else {
        writeln!(streams.err, "note: stopped before the first check was complete; nothing is known yet")?;
        return Ok(status_of_verdict(Verdict::Undetermined));
    };
    let (mut schedule, mut trouble) = (CheckSchedule::every(command.every.0), None);
    let mut log = Log::begin(&last, command.reporting.format, now, streams, &live)?;
    notices.note(&last, now);
    let mut is_confirmed_late = false;
    loop {
        // A change that was seen once is checked again before the end.
        let open = |checked: &Checked| !done(checked) || notices.is_pending(checked.domain());
        let is_late = deadline.is_some_and(|deadline| now >= deadline);
        let may_confirm = notices.has_pending(&last) && !is_confirmed_late;
        is_confirmed_late |= is_late;
        if is_late && !may_confirm || !last.checked.iter().any(open) {
            break;
        }
        let next = schedule.next(last.checked.iter().filter(|checked| open(checked)), now);
        let soon = now.checked_add(CONFIRMATION).unwrap_or(next);
        let next = if notices.has_pending(&last) { next.min(soon) } else { next };
        let next = deadline.map_or(next, |deadline| next.min(deadline.max(now)));
        live.show(&last, next, now, done);
        // If the remaining time is shown, the wait is divided into steps of 1 second.
        let step = if live.is_shown() { SignedDuration::from_secs(1) } else { SignedDuration::MAX };
        while now < next && !is_stopped {
            let span = now.duration_until(next).min(step);
            tokio::select! {
                biased;
                () = &mut stopped => is_stopped = true,
                then = clock.wait(now, span.unsigned_abs()) => now = then,
            }
            live.show(&last, next, now, done);
        }
        if is_stopped {
            break;
        }
        let mut notify = lock_notes(streams.err);
        let round = tokio::select! {
            biased;
            () = &mut stopped => {
                is_stopped = true;
                break;
            }
            round = rounds.next(&last, now, |checked| !open(checked), &mut notify) => round,
        };
        drop(notify);
        last = match round.map_err(Problem::from) {
            Ok(round) => round,
            // A zone file that is just being saved is complete again a moment later.
            Err(Problem::Usage(problem)) => {
                if trouble.as_ref() != Some(&problem) {
                    live.above(|| writeln!(streams.err, "warning: {}; checking again", harmless(&problem)))?;
                }
                trouble = Some(problem);
                continue;
            }
            Err(problem @ Problem::Output(_)) => return Err(problem),
        };
        trouble = None;
        schedule.note(log.tell(&last, now, streams, &live)?);
        notices.note(&last, now);
        notices.tell_failures(streams, &live)?;
    }
    live.clear();
    notices.finish(is_stopped, &mut stopped).await;
    notices.tell_failures(streams, &live)?;
    rounds.record(&last)?;
    let place = rounds.run().names.place();
    let header = RunHeader {
        started: last.started,
        phase: last.phase,
        place,
        scale: Scale::of(last.checked.len()),
        options: repeated_options::next_options(typed, &options),
    };
    let mut reporter = Reporter::open(&command.reporting, style, header)?;
    reporter.begin(streams.out)?;
    let renderer = reporter.renderer();
    last.checked.iter().try_for_each(|checked| reporter.take(renderer.write(checked), streams.out))?;
    reporter.finish(streams.out)
}

/// Returns whether there is nothing left to wait for.
fn is_done(checked: &Checked, goal: Goal) -> bool {
    match (goal, checked.assessment.verdict) {
        (_, Verdict::Ready) | (Goal::ChangesDone, Verdict::Waiting) => true,
        (Goal::Ready, Verdict::Waiting) | (_, Verdict::ChangesNeeded | Verdict::Undetermined) => false,
    }
}
