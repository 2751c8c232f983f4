//! How are many domains checked, so that nothing waits for the last of them?
//!
//! A stream: so many domains are under way at the same time, each result is written as soon as its turn has come, and
//! then let go. Whoever stops the run gets what is under way, and the number of those that were never begun.

mod progress;
mod resume;

use std::cell::Cell;
use std::pin::pin;
use std::thread::Scope;

use futures_util::StreamExt as _;

use crate::check::Verdict;
use crate::facts::History;

use super::args::{ReportFormat, Reporting};
use super::inspect::{Checked, Order, Start, Task, check_history, results, tell};
use super::memory::Memory;
use super::reporter::{Frame, Reporter};
use super::roster::Used;
use super::workers::Workers;
use super::{Problem, Streams, Surroundings, cleanup, files, signals, status};
use crate::report::style::{Detail, Style};
use progress::Progress;
use resume::Earlier;

/// Checks every domain, writes every report, and gives back the exit status.
///
/// # Errors
/// [`Problem`] for what cannot be used, before anything is looked up; and for what cannot be written.
pub(super) async fn run<'w>(
    task: Task<'w>,
    reporting: &Reporting,
    streams: &mut Streams<'_>,
    style: &Style,
    surroundings: &Surroundings,
    scope: &'w Scope<'w, '_>,
) -> Result<u8, Problem> {
    let earlier = task.bulk.resume.as_deref().map(Earlier::read).transpose()?.unwrap_or_default();
    if let Some(path) = task.bulk.resume.as_deref().filter(|path| !files::is_there(path)) {
        let path = path.display();
        tell([format!("{path} does not exist yet, so all domains are checked").as_str()], streams, style)?;
    }
    check_history(task, streams)?;
    let start = Start::open(task, surroundings.now).await?;
    let mut memory = Memory::open(task.times.history.as_deref())?;
    start.tell_notes(streams, style)?;
    let started = start.world.source.started;
    let frame = Frame { started, phase: task.expectations.phase, place: start.names.place() };
    // From here on there are temporary files.
    let mut stopped = surroundings.pacer.stopped();
    let record = task.lookup.record.as_deref().map(files::Draft::begin).transpose()?;
    let mut reporter = Reporter::open(reporting, style, frame)?;
    reporter.begin(streams.out)?;
    if let Some(path) = &task.bulk.resume {
        earlier.lines(path, |line| reporter.go_on(path, line))?;
        if reporting.format == ReportFormat::Ndjson {
            Earlier::end_line(path, streams.out)?;
        }
    }
    let mut tally = Tally { total: start.names.len(), ..Tally::default() };
    for verdict in start.names.iter().filter_map(|name| earlier.verdict(&name)) {
        reporter.count(verdict);
        tally.earlier += 1;
    }
    let mut recording = record.map(|draft| (draft, start.recording()));
    let mut used = Used::new(task.scales.waivers);
    let progress = Progress::new(start.names.len() - tally.earlier, surroundings.live, style);

    let is_stopping = Cell::new(false);
    let open = start.names.iter().filter(|name| earlier.verdict(name).is_none());
    let open = open.take_while(|_| !is_stopping.get());
    let subjects = open.map(|name| start.roster.subject(name));
    // Where nothing is waited for, the first to be named is the first to be done.
    let order = match reporter.keeps_order() || start.world.source.is_at_hand() {
        true => Order::AsNamed,
        false => Order::AsDone,
    };
    let workers = Workers::hire(scope, tally.left());
    // What is seen together with other runs has to be seen in one place.
    let is_alone = task.times.history.is_none() && start.earlier.is_none();
    let (scribe, assumptions) = (reporter.scribe(), task.assumptions());
    let end = {
        let scribe = scribe.clone();
        move |mut checked: Checked| {
            let script = is_alone.then(|| {
                checked.look_ahead(&History::default(), assumptions);
                scribe.write(&checked)
            });
            (checked, script)
        }
    };
    let mut coming = pin!(results(task, &start.world, subjects, order, &workers, end));
    let mut failed_fast = false;
    let mut patience = pin!(tokio::time::sleep(signals::UNDER_WAY));
    loop {
        let next = tokio::select! {
            biased;
            () = &mut stopped => {
                if is_stopping.replace(true) {
                    // Asked twice, nothing is waited for any more.
                    break;
                }
                progress.above(|| stopping(streams, style))?;
                stopped = surroundings.pacer.stopped();
                patience.set(tokio::time::sleep(signals::UNDER_WAY));
                continue;
            }
            () = &mut patience, if is_stopping.get() => break,
            next = coming.next() => next,
            () = progress.due() => {
                progress.tell(&tally, streams)?;
                continue;
            }
        };
        let Some(result) = next else { break };
        let (mut checked, script) = result?;
        let script = script.unwrap_or_else(|| {
            let history = memory.remember(checked.domain(), &checked.facts);
            start.look_ahead(&mut checked, history);
            scribe.write(&checked)
        });
        if let Some((_, recording)) = &mut recording {
            checked.add_to(recording);
        }
        used.add(&checked);
        progress.above(|| reporter.take(&checked, script, streams.out))?;
        tally.checked += 1;
        progress.step(tally.checked);
        if task.bulk.fail_fast && checked.examination.verdict != Verdict::Ready {
            failed_fast = true;
            break;
        }
        workers.let_go(checked);
    }
    progress.clear();
    memory.close(streams.err)?;
    if let Some((mut draft, recording)) = recording {
        draft.write(recording.to_string().as_bytes())?;
        draft.finish()?;
    }
    let notes = used.unneeded();
    tell(notes.iter().map(String::as_str), streams, style)?;
    tell(tally.notes(failed_fast).iter().map(String::as_str), streams, style)?;
    let ended = reporter.finish(streams.out)?;
    // Of those that were never begun nothing is known.
    let is_cut = tally.left() > 0 && !failed_fast;
    let ended = if is_cut && ended == 0 { status(Verdict::Undetermined) } else { ended };
    cleanup::set_status(ended);
    Ok(ended)
}

fn stopping(streams: &mut Streams<'_>, style: &Style) -> Result<(), Problem> {
    tell(["stopping: what is under way is finished first; once more ends it at once"], streams, style)
}

/// Where every domain of the input is.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    /// All of them.
    total: usize,
    /// Those whose result an earlier run wrote.
    earlier: usize,
    /// Those that this run has written.
    checked: usize,
}

impl Tally {
    /// Those of which nothing is known.
    fn left(&self) -> usize {
        self.total.saturating_sub(self.earlier + self.checked)
    }

    fn notes(&self, failed_fast: bool) -> Vec<String> {
        let Self { total, earlier, checked } = *self;
        let mut notes = Vec::new();
        if earlier > 0 {
            notes.push(format!(
                "{earlier} of {total} domains stand in the earlier report and were not looked at again"
            ));
        }
        if self.left() > 0 {
            let why = if failed_fast { "a domain is not ready" } else { "the run was stopped" };
            notes.push(format!(
                "{why}: {checked} domains were looked at and {} were not; --resume goes on from an NDJSON report",
                self.left()
            ));
        }
        notes
    }
}

impl Used<'_> {
    /// Adds the waivers that a domain needs.
    fn add(&mut self, checked: &Checked) {
        self.note(checked.domain(), checked.waivers());
    }
}

/// Whether something moves on a terminal, or lines are written now and then.
fn is_wanted(style: &Style, total: usize) -> bool {
    style.detail > Detail::Quiet && total > 1
}
