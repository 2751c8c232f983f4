//! Checks many domains and writes each result as soon as it can.
//!
//! Several domains are checked at the same time. Each result is written as soon as its turn has come, and then dropped.
//! Domains with failed lookups are checked once more at the end, and their results come last. A run that is stopped
//! finishes the checks in progress, and reports the number of domains that were not checked.

mod progress;
mod resume;

use std::cell::Cell;
use std::pin::pin;
use std::rc::Rc;
use std::thread::Scope;

use futures_util::StreamExt as _;
use tokio::time::{Instant, sleep_until};

use crate::check::Verdict;
use crate::facts::{History, Recording};
use crate::record::Name;
use crate::report::next_options::NextOptions;
use crate::report::writer::{Place, Scale};

use crate::report::style::{Detail, Style};
use crate::run::{
    Checked, Clock, Doubt, Effort, HistoryFile, Later, Order, PreparedRun, Rechecks, RunOptions, Threads,
    UsedWaivers, begin_of_rechecks, files, results,
};

use super::args::{Bulk, ReportFormat, Reporting, Times};
use super::notes::{lock_notes, tell, tell_of_inputs};
use super::reporter::{Reporter, RunHeader};
use super::{Problem, Streams, Surroundings, cleanup, earlier, signals, status_of_verdict};
use progress::Progress;
use resume::ResumedReport;

/// A run that is ready to begin: everything that it needs was read.
pub(super) struct Prepared {
    resumed: ResumedReport,
    run: PreparedRun,
}

/// Reads what the run needs.
///
/// # Errors
/// [`Problem`] for an input that cannot be used.
pub(super) async fn prepare(
    options: &RunOptions,
    (bulk, times, reporting): (&Bulk, &Times, &Reporting),
    streams: &mut Streams<'_>,
    style: &Style,
    surroundings: &Surroundings,
) -> Result<Prepared, Problem> {
    if reporting.fail_on_new && bulk.resume.is_some() {
        let message = "--fail-on-new: results that --resume skips are not compared; use `cutover report \
            FILE... --since FILE --fail-on-new` when all results exist";
        return Err(Problem::Usage(message.into()));
    }
    let resumed = bulk.resume.as_deref().map(ResumedReport::read).transpose()?.unwrap_or_default();
    if let Some(path) = bulk.resume.as_deref().filter(|path| !files::is_there(path)) {
        let path = path.display();
        tell([format!("{path} does not exist yet, so all domains are checked").as_str()], streams, style)?;
    }
    HistoryFile::check(options.history.as_deref(), &mut lock_notes(streams.err))?;
    let run = PreparedRun::open(options, earlier::read(&times.since)?, surroundings.now).await?;
    Ok(Prepared { resumed, run })
}

/// Checks every domain, writes every report, and returns the exit status.
///
/// # Errors
/// [`Problem`] for an input that cannot be used, before anything is looked up; and for an output that cannot be
/// written.
pub(super) async fn run<'w, 'e: 'w>(
    options: &'w RunOptions,
    Prepared { resumed, run }: &'w Prepared,
    (bulk, reporting, next_options): (&Bulk, &Reporting, NextOptions),
    streams: &mut Streams<'_>,
    style: &Style,
    surroundings: &Surroundings,
    scope: &'w Scope<'w, 'e>,
) -> Result<u8, Problem> {
    let history = HistoryFile::open(options.history.as_deref())?;
    tell_of_inputs(&run.inputs, streams, style)?;
    let started = run.inputs.source.started();
    // Only SARIF shows where domains are named, and keeping that for many domains takes memory.
    let place = if reporting.writes(ReportFormat::Sarif) { run.names.place() } else { Place::default() };
    let scale = Scale::of(run.names.len());
    let frame = RunHeader { started, phase: options.expected.phase, place, scale, options: next_options };
    // From here on there are temporary files.
    let stop = Stop::new(&*surroundings.clock);
    let record = options.lookup.record.as_deref().map(files::AtomicFile::begin).transpose()?;
    let mut reporter = Reporter::open(reporting, style, frame)?;
    reporter.begin(streams.out)?;
    if let Some(path) = &bulk.resume {
        resumed.lines(path, |line| reporter.go_on(path, line))?;
        if reporting.format == ReportFormat::Ndjson {
            ResumedReport::end_line(path, streams.out)?;
        }
    }
    let mut tally = Tally { total: run.names.len(), ..Tally::default() };
    for verdict in run.names.iter().filter_map(|name| resumed.verdict(&name)) {
        reporter.count(verdict);
        tally.earlier += 1;
    }
    // Checking a recording or a file again gives the same result.
    let is_rechecked = tally.left() > 1 && !run.inputs.source.is_at_hand();
    let mut session = Session {
        threads: Threads::start(scope, surroundings.processors, tally.left(), &run.inputs.source),
        progress: Progress::new(tally.left(), surroundings.live, style),
        recording: record.map(|draft| (draft, run.recording())),
        used: UsedWaivers::new(&options.waivers),
        stop,
        run,
        options,
        fail_fast: bulk.fail_fast,
        reporter,
        history,
        tally,
        style,
    };
    let open = run.names.iter().filter(|name| resumed.verdict(name).is_none());
    let mut rechecks = Rechecks::begin();
    let first = Pass { effort: Effort::Full, rechecks: is_rechecked.then_some(&mut rechecks) };
    session.check(open, first, streams).await?;
    if rechecks.count() > 0 && session.waits_for_servers(streams).await? {
        run.inputs.source.begin_rechecks();
        let last = Pass { effort: Effort::Gentle, rechecks: None };
        session.check(rechecks.names(), last, streams).await?;
    }
    session.finish(streams)
}

/// The state of a run while domains are checked.
struct Session<'s, 'w> {
    run: &'w PreparedRun,
    options: &'w RunOptions,
    fail_fast: bool,
    style: &'s Style,
    threads: Threads<'w>,
    reporter: Reporter<'s>,
    history: HistoryFile,
    recording: Option<(files::AtomicFile, Recording)>,
    used: UsedWaivers<'w>,
    progress: Progress,
    tally: Tally,
    stop: Stop<'s>,
}

/// The settings of one pass over domains: the first check, or the repeated one.
struct Pass<'p> {
    effort: Effort,
    /// The list of domains to check again later; `None` if every result is final.
    rechecks: Option<&'p mut Rechecks>,
}

impl<'w> Session<'_, 'w> {
    /// Checks these domains and writes their results, until the run is to end.
    async fn check(
        &mut self,
        names: impl Iterator<Item = Name>,
        mut pass: Pass<'_>,
        streams: &mut Streams<'_>,
    ) -> Result<(), Problem> {
        let Self { run, style, threads, reporter, history, recording, used, progress, tally, stop, .. } =
            self;
        let (run, options) = (*run, self.options);
        let is_asked = Rc::clone(&stop.is_asked);
        let names = names.take_while(|_| !is_asked.get());
        let subjects = names.map(|name| run.overrides.subject(name));
        // Without lookups over a network, domains are done in the order in which they were named.
        let order = match reporter.keeps_order() || run.inputs.source.is_at_hand() {
            true => Order::AsNamed,
            false => Order::AsDone,
        };
        // A comparison with other runs is made in one thread, so this thread cannot render the domain.
        let is_alone = options.history.is_none() && run.earlier.is_none();
        let is_final = pass.rechecks.is_none();
        let (renderer, assumptions) = (reporter.renderer(), options.assumptions);
        let end = {
            let renderer = renderer.clone();
            move |mut checked: Checked| {
                let doubt = if is_final { None } else { Doubt::about(&checked, options.judge_options()) };
                let script = (is_alone && doubt != Some(Doubt::FailedLookups)).then(|| {
                    checked.look_ahead(&History::default(), assumptions, options.judge_options());
                    renderer.write(&checked)
                });
                (checked, doubt, script)
            }
        };
        let mut coming = pin!(results(options, &run.inputs, subjects, (order, pass.effort), threads, end));
        loop {
            let end = stop.end;
            let next = tokio::select! {
                biased;
                () = &mut stop.signal => {
                    // The second signal ends the run at once.
                    if stop.is_asked.get() {
                        break;
                    }
                    progress.above(|| stop.note(streams, style))?;
                    continue;
                }
                () = sleep_until(end.unwrap_or_else(Instant::now)), if end.is_some() => break,
                next = coming.next() => next,
                () = progress.due() => {
                    progress.tell(tally, streams)?;
                    continue;
                }
            };
            let Some(result) = next else { break };
            let (mut checked, doubt, script) = result?;
            if pass.rechecks.as_mut().is_some_and(|rechecks| rechecks.hold(&checked, doubt)) {
                tally.held += 1;
                threads.let_go(checked);
                continue;
            }
            let script = script.unwrap_or_else(|| {
                let known = history.remember(checked.domain(), &checked.facts);
                run.look_ahead(options, &mut checked, known);
                renderer.write(&checked)
            });
            if let Some((_, recording)) = recording {
                checked.add_to(recording);
            }
            used.note(checked.domain(), checked.waivers());
            progress.above(|| reporter.take(script, streams.out))?;
            tally.checked += 1;
            tally.held = tally.held.saturating_sub(usize::from(is_final));
            progress.step(tally.checked);
            if self.fail_fast && checked.assessment.verdict != Verdict::Ready {
                tally.failed_fast = true;
                break;
            }
            threads.let_go(checked);
        }
        Ok(())
    }

    /// Waits until servers that did not answer can be queried again. Returns whether to check the domains that were
    /// held back.
    async fn waits_for_servers(&mut self, streams: &mut Streams<'_>) -> Result<bool, Problem> {
        let Self { run, style, progress, tally, stop, .. } = self;
        if stop.is_asked.get() || tally.failed_fast {
            return Ok(false);
        }
        let domains = if tally.held == 1 { "domain" } else { "domains" };
        let note = format!("checking {} {domains} again whose lookups failed", tally.held);
        progress.above(|| tell([note.as_str()], streams, style))?;
        let begin = begin_of_rechecks(Instant::now(), run.inputs.source.pause_end());
        loop {
            tokio::select! {
                biased;
                () = &mut stop.signal => {
                    progress.above(|| stop.note(streams, style))?;
                    return Ok(false);
                }
                () = sleep_until(begin) => return Ok(true),
                () = progress.due() => progress.tell(tally, streams)?,
            }
        }
    }

    /// Finishes every report and returns the exit status.
    fn finish(self, streams: &mut Streams<'_>) -> Result<u8, Problem> {
        let Self { style, reporter, mut history, recording, used, progress, tally, .. } = self;
        progress.clear();
        history.save(&mut lock_notes(streams.err))?;
        if let Some((mut draft, recording)) = recording {
            draft.write(recording.to_string().as_bytes())?;
            draft.finish()?;
        }
        let notes = used.unneeded();
        tell(notes.iter().map(String::as_str), streams, style)?;
        tell(tally.notes().iter().map(String::as_str), streams, style)?;
        let ended = reporter.finish(streams.out)?;
        // Domains whose check was never started are undetermined.
        let is_cut = tally.left() > 0 && !tally.failed_fast;
        let ended = if is_cut && ended == 0 { status_of_verdict(Verdict::Undetermined) } else { ended };
        cleanup::set_final_status(ended);
        Ok(ended)
    }
}

/// The signal that ends a run, and whether it was received.
struct Stop<'p> {
    clock: &'p dyn Clock,
    signal: Later<'p, ()>,
    /// True if it was received once: no further domain is started.
    is_asked: Rc<Cell<bool>>,
    /// The time until which checks in progress are waited for after that.
    end: Option<Instant>,
}

impl<'p> Stop<'p> {
    fn new(clock: &'p dyn Clock) -> Self {
        Self { clock, signal: clock.stopped(), is_asked: Rc::default(), end: None }
    }

    /// Records the first signal, and begins to wait for the second.
    fn note(&mut self, streams: &mut Streams<'_>, style: &Style) -> Result<(), Problem> {
        self.is_asked.set(true);
        self.end = Some(Instant::now() + signals::UNDER_WAY);
        self.signal = self.clock.stopped();
        tell(["Finishing lookups in progress. Press Ctrl-C again to quit now."], streams, style)
    }
}

/// The number of domains of the input by state.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    /// All domains.
    total: usize,
    /// Domains whose result an earlier run wrote.
    earlier: usize,
    /// Domains whose result this run has written.
    checked: usize,
    /// Domains that are held back, to be checked again.
    held: usize,
    /// True if the run ended at a domain that is not ready.
    failed_fast: bool,
}

impl Tally {
    /// Returns the number of domains without a result.
    fn left(&self) -> usize {
        self.total.saturating_sub(self.earlier + self.checked)
    }

    fn notes(&self) -> Vec<String> {
        let Self { total, earlier, checked, held, failed_fast } = *self;
        let mut notes = Vec::new();
        if earlier > 0 {
            notes.push(format!(
                "{earlier} of {total} domains are in the earlier report and were not checked again"
            ));
        }
        if self.left() > 0 {
            let why = if failed_fast { "a domain is not ready" } else { "the run was stopped" };
            notes.push(format!(
                "{why}: {checked} domains were checked and {} were not; --resume continues from an NDJSON \
                 report",
                self.left()
            ));
        }
        if self.left() > 0 && held > 0 {
            notes.push(format!("{held} of these had failed lookups and were to be checked again"));
        }
        notes
    }
}

/// Returns whether progress is shown, as a bar on a terminal or as lines.
fn is_wanted(style: &Style, total: usize) -> bool {
    style.detail > Detail::Quiet && total > 1
}
