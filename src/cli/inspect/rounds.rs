//! Runs the rounds of a watch.

use futures_util::TryStreamExt as _;
use jiff::Timestamp;

use crate::cli::inspect::{Checked, Effort, Order, RunOptions, Start};
use crate::cli::overrides::Used;
use crate::cli::reporter::RunHeader;
use crate::cli::workers::Workers;
use crate::cli::{Problem, Streams, files, memory};
use crate::expected::{Phase, Subject};
use crate::facts::History;
use crate::report::Report;
use crate::report::style::Style;

use super::{check_history, results, tell};

/// All domains of a run.
pub(in crate::cli) struct Inspection {
    /// One for each domain.
    pub(in crate::cli) checked: Vec<Checked>,
    /// When the run began.
    started: Timestamp,
    phase: Phase,
}

impl Inspection {
    /// The report without what only a curious reader wants.
    pub(in crate::cli) fn plain_report(&self) -> Report {
        Report::new(self.started, self.phase, self.checked.iter().map(Checked::report).collect())
    }
}

/// Looks up and checks the domains of a run, once or in rounds.
pub(in crate::cli) struct Inspector<'a> {
    start: Start<'a>,
    subjects: Vec<Subject>,
}

impl<'a> Inspector<'a> {
    /// Reads what the run needs: files, resolvers, choices.
    ///
    /// # Errors
    /// [`Problem`] for what cannot be used; nothing has been looked up then.
    pub(in crate::cli) async fn open(task: RunOptions<'a>, now: Timestamp) -> Result<Self, Problem> {
        let start = Start::open(task, now).await?;
        let subjects = start.names.iter().map(|domain| start.overrides.subject(domain));
        let subjects = subjects.collect::<Result<_, _>>()?;
        Ok(Self { start, subjects })
    }

    /// Says what has to be said before the report.
    ///
    /// # Errors
    /// [`Problem`] if that cannot be written.
    pub(in crate::cli) fn tell_notes(&self, streams: &mut Streams<'_>, style: &Style) -> Result<(), Problem> {
        self.start.tell_notes(streams, style)
    }

    /// What the reports of this run have in common.
    pub(in crate::cli) fn frame(&self, inspection: &Inspection) -> RunHeader {
        RunHeader { started: inspection.started, phase: inspection.phase, place: self.start.names.place() }
    }

    /// Looks up and judges every domain, in the order in which they were named, and adds what was seen to the history.
    ///
    /// # Errors
    /// [`Problem`] if the history cannot be written.
    pub(in crate::cli) async fn round(&self, streams: &mut Streams<'_>) -> Result<Inspection, Problem> {
        self.look(self.all(self.subjects.clone()).await?, streams)
    }

    /// Begins another round at this time, for the domains that are not `done`; the others stay as they were.
    ///
    /// # Errors
    /// [`Problem`] for a zone file that cannot be read any more.
    pub(in crate::cli) async fn again(
        &mut self,
        last: &Inspection,
        now: Timestamp,
        done: impl Fn(&Checked) -> bool,
        streams: &mut Streams<'_>,
    ) -> Result<Inspection, Problem> {
        let Start { world, names, task, .. } = &mut self.start;
        world.begin_round(task.lookup, names, now)?;
        let open = last.checked.iter().filter(|checked| !done(checked));
        let open: Vec<Subject> = open.map(|checked| checked.subject.clone()).collect();
        let mut looked_at = self.all(open).await?.into_iter();
        let kept = last.checked.iter().map(|checked| match done(checked) {
            true => Some(checked.clone()),
            false => looked_at.next(),
        });
        self.look(kept.flatten().collect(), streams)
    }

    async fn all(&self, subjects: Vec<Subject>) -> Result<Vec<Checked>, Problem> {
        let Start { task, world, .. } = &self.start;
        let subjects = subjects.into_iter().map(Ok);
        results(*task, world, subjects, (Order::AsNamed, Effort::Full), &Workers::none(), |checked| checked)
            .try_collect()
            .await
    }

    /// What the facts mean, in the light of what earlier runs saw.
    fn look(&self, mut checked: Vec<Checked>, streams: &mut Streams<'_>) -> Result<Inspection, Problem> {
        let RunOptions { expectations, times, .. } = self.start.task;
        let seen = checked.iter().map(|checked| (checked.domain(), &checked.facts));
        let history = match &times.history {
            Some(path) => memory::remember(path, seen, streams.err)?,
            None => History::default(),
        };
        checked.iter_mut().for_each(|checked| self.start.look_ahead(checked, &history));
        Ok(Inspection { checked, started: self.start.world.source.started, phase: expectations.phase })
    }

    /// Saves every answer of a round, where that was asked for.
    ///
    /// # Errors
    /// [`Problem`] if the file cannot be written.
    pub(in crate::cli) fn record(&self, inspection: &Inspection) -> Result<(), Problem> {
        let Some(path) = &self.start.task.lookup.record else { return Ok(()) };
        let mut recording = self.start.recording();
        inspection.checked.iter().for_each(|checked| checked.add_to(&mut recording));
        files::write(path, &recording.to_string())
    }
}

/// Looks up and judges the only domain of a run.
///
/// # Errors
/// [`Problem`] for what cannot be used; nothing has been looked up then, or nothing is written.
pub(in crate::cli) fn inspect(
    task: RunOptions<'_>,
    streams: &mut Streams<'_>,
    style: &Style,
    now: Timestamp,
) -> Result<Inspection, Problem> {
    check_history(task, streams)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (inspector, inspection) = runtime.block_on(async {
        let inspector = Inspector::open(task, now).await?;
        let inspection = inspector.round(streams).await?;
        Ok::<_, Problem>((inspector, inspection))
    })?;
    // What is still under way, such as a server that never answered, is nobody's business any more.
    runtime.shutdown_background();
    inspector.tell_notes(streams, style)?;
    let mut used = Used::new(task.scales.waivers);
    inspection.checked.iter().for_each(|checked| used.note(checked.domain(), checked.waivers()));
    let notes = used.unneeded();
    tell(notes.iter().map(String::as_str), streams, style)?;
    inspector.record(&inspection)?;
    Ok(inspection)
}
