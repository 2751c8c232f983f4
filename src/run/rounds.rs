//! Checks the same domains once, or in rounds that follow each other.

use futures_util::TryStreamExt as _;
use jiff::Timestamp;

use crate::expected::{Phase, Subject};
use crate::report::Report;

use super::checked::Checked;
use super::earlier::EarlierRuns;
use super::error::RunError;
use super::files;
use super::history_file::HistoryFile;
use super::options::RunOptions;
use super::overrides::UsedWaivers;
use super::pipeline::{Effort, Order, results};
use super::prepared::PreparedRun;
use super::threads::Threads;

/// The result of one round over all domains of a run.
#[derive(Debug)]
pub struct Round {
    /// The results, one for each domain.
    pub checked: Vec<Checked>,
    /// The time when the round began.
    pub started: Timestamp,
    /// The phase that was checked.
    pub phase: Phase,
}

impl Round {
    /// Returns the report without the replies.
    #[must_use]
    pub fn plain_report(&self) -> Report {
        Report::new(self.started, self.phase, self.checked.iter().map(Checked::report).collect())
    }

    /// Returns the notes about the waivers that no domain needed.
    #[must_use]
    pub fn unneeded_waivers(&self, options: &RunOptions) -> Vec<String> {
        let mut used = UsedWaivers::new(&options.waivers);
        self.checked.iter().for_each(|checked| used.note(checked.domain(), checked.waivers()));
        used.unneeded()
    }
}

/// Checks the domains of a run, once or in rounds.
#[derive(Debug)]
pub struct Rounds<'a> {
    options: &'a RunOptions,
    run: PreparedRun,
    subjects: Vec<Subject>,
    history: HistoryFile,
}

impl<'a> Rounds<'a> {
    /// Reads what the run needs: files, resolvers, choices.
    ///
    /// # Errors
    /// [`RunError`] for what cannot be used; nothing has been looked up then.
    pub async fn open(
        options: &'a RunOptions,
        earlier: Option<EarlierRuns>,
        now: Timestamp,
    ) -> Result<Self, RunError> {
        let run = PreparedRun::open(options, earlier, now).await?;
        let subjects = run.names.iter().map(|domain| run.overrides.subject(domain));
        let subjects = subjects.collect::<Result<_, _>>()?;
        let history = HistoryFile::open(options.history.as_deref())?;
        Ok(Self { options, run, subjects, history })
    }

    /// Returns the run, with its notes.
    #[must_use]
    pub fn run(&self) -> &PreparedRun {
        &self.run
    }

    /// Looks up and judges every domain, in the order in which they were named, and adds what was seen to the history.
    ///
    /// # Errors
    /// [`RunError`] if the history cannot be written.
    pub async fn first(&mut self, notify: &mut dyn FnMut(&str)) -> Result<Round, RunError> {
        let checked = self.check(self.subjects.clone()).await?;
        self.look_ahead(checked, notify)
    }

    /// Begins another round at this time, for the domains that are not `done`; the others stay as they were.
    ///
    /// # Errors
    /// [`RunError`] for a zone file that cannot be read any more, and if the history cannot be written.
    pub async fn next(
        &mut self,
        last: &Round,
        now: Timestamp,
        done: impl Fn(&Checked) -> bool,
        notify: &mut dyn FnMut(&str),
    ) -> Result<Round, RunError> {
        let PreparedRun { inputs, names, .. } = &mut self.run;
        inputs.begin_round(&self.options.lookup, names, now)?;
        let open = last.checked.iter().filter(|checked| !done(checked));
        let open: Vec<Subject> = open.map(|checked| checked.subject.clone()).collect();
        let mut checked = self.check(open).await?.into_iter();
        let kept = last.checked.iter().map(|last| match done(last) {
            true => Some(last.clone()),
            false => checked.next(),
        });
        self.look_ahead(kept.flatten().collect(), notify)
    }

    async fn check(&self, subjects: Vec<Subject>) -> Result<Vec<Checked>, RunError> {
        let subjects = subjects.into_iter().map(Ok);
        let how = (Order::AsNamed, Effort::Full);
        results(self.options, &self.run.inputs, subjects, how, &Threads::none(), |checked| checked)
            .try_collect()
            .await
    }

    /// Takes the history of earlier runs into account.
    fn look_ahead(
        &mut self,
        mut checked: Vec<Checked>,
        notify: &mut dyn FnMut(&str),
    ) -> Result<Round, RunError> {
        for checked in &checked {
            self.history.remember(checked.domain(), &checked.facts);
        }
        self.history.save(notify)?;
        let history = self.history.known();
        checked.iter_mut().for_each(|checked| self.run.look_ahead(self.options, checked, history));
        Ok(Round { checked, started: self.run.inputs.source.started(), phase: self.options.expected.phase })
    }

    /// Saves every answer of a round, if the options ask for a recording.
    ///
    /// # Errors
    /// [`RunError`] if the file cannot be written.
    pub fn record(&self, round: &Round) -> Result<(), RunError> {
        let Some(path) = &self.options.lookup.record else { return Ok(()) };
        let mut recording = self.run.recording();
        round.checked.iter().for_each(|checked| checked.add_to(&mut recording));
        files::write(path, &recording.to_string())
    }
}
