//! `cutover watch`: checks again when a result can have changed, until all domains are ready.

mod live;
mod log;

use jiff::{SignedDuration, Timestamp};

use crate::check::{JudgeOptions, PollInterval, Verdict, next_look};
use crate::facts::TrustPolicy;
use crate::report::harmless::harmless;
use crate::report::style::{Detail, Style};

use super::args::{Goal, Watch};
use super::check::refuse_bulk;
use super::inspect::{Checked, DomainLimit, Inspector, RunOptions, check_history};
use super::reporter::Reporter;
use super::settings::Settings;
use super::{Problem, Streams, Surroundings, status};
use live::{Live, Shown};
use log::Log;

/// Runs `cutover watch`.
///
/// # Errors
/// [`Problem`] for what makes a verdict impossible.
pub(super) fn run(
    command: &Watch,
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
    let result = runtime.block_on(watch(command, settings, streams, style, surroundings));
    runtime.shutdown_background();
    result
}

async fn watch(
    command: &Watch,
    settings: &Settings,
    streams: &mut Streams<'_>,
    style: &Style,
    surroundings: &Surroundings,
) -> Result<u8, Problem> {
    let task = RunOptions {
        domains: &command.domains,
        expectations: &command.expectations,
        lookup: &command.lookup,
        times: &command.times,
        bulk: &command.bulk,
        scales: JudgeOptions {
            view: TrustPolicy::from(command.lookup.view),
            strict: command.reporting.strict,
            waivers: &settings.waivers,
            history: None,
        },
        settings,
        input: surroundings.input.as_deref(),
        token: surroundings.graph_token.as_ref(),
        most: DomainLimit::Any,
    };
    let (clock, mut now) = (&surroundings.clock, surroundings.now);
    let (mut stopped, mut is_stopped) = (clock.stopped(), false);
    check_history(task, streams)?;
    let mut inspector = Inspector::open(task, now).await?;
    inspector.tell_notes(streams, style)?;
    let deadline = command.span.map(|span| now.checked_add(span.0).unwrap_or(Timestamp::MAX));
    let done = |checked: &Checked| is_done(checked, command.until);
    let moving = surroundings.live && style.detail > Detail::Quiet;
    let live = Live::new(if moving { Shown::OnTerminal } else { Shown::Nowhere });

    let mut last = tokio::select! {
        biased;
        inspection = inspector.round(streams) => inspection?,
        () = &mut stopped => {
            writeln!(streams.err, "note: stopped before the first check was complete; nothing is known yet")?;
            return Ok(status(Verdict::Undetermined));
        }
    };
    let (mut vain, mut trouble) = (0, None);
    let mut log = Log::begin(&last, command.reporting.format, now, streams, &live)?;
    while !last.checked.iter().all(done) && deadline.is_none_or(|deadline| now < deadline) {
        let open = last.checked.iter().filter(|checked| !done(checked)).map(|checked| &checked.assessment);
        let next = next_look(open, PollInterval::every(command.every.0).after_vain(vain), now);
        let next = deadline.map_or(next, |deadline| next.min(deadline));
        live.show(&last, next, now, done);
        // In steps where somebody watches the time run down.
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
        let round = tokio::select! {
            biased;
            () = &mut stopped => break,
            round = inspector.again(&last, now, done, streams) => round,
        };
        last = match round {
            Ok(round) => round,
            // A zone file that is being saved is whole again a moment later.
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
        let told = log.tell(&last, now, streams, &live)?;
        vain = if told > 0 { 0 } else { vain.saturating_add(1) };
    }
    live.clear();
    inspector.record(&last)?;
    let mut reporter = Reporter::open(&command.reporting, style, inspector.frame(&last))?;
    reporter.begin(streams.out)?;
    let renderer = reporter.renderer();
    last.checked.iter().try_for_each(|checked| reporter.take(renderer.write(checked), streams.out))?;
    reporter.finish(streams.out)
}

/// Whether there is nothing left to wait for.
fn is_done(checked: &Checked, goal: Goal) -> bool {
    match (goal, checked.assessment.verdict) {
        (_, Verdict::Ready) | (Goal::ChangesDone, Verdict::Waiting) => true,
        (Goal::Ready, Verdict::Waiting) | (_, Verdict::ChangesNeeded | Verdict::Undetermined) => false,
    }
}
