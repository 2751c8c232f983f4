//! Checks single domains again and again, many at once, while a process runs.
//!
//! A command that checks all its domains and then ends uses [`Rounds`](super::Rounds) or [`results`](super::results)
//! instead.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Semaphore;
use tokio::time::Instant;

use crate::check::{Assessment, assess};
use crate::expected::Subject;
use crate::facts::{Facts, History};
use crate::record::Name;

use super::checked::Checked;
use super::error::RunError;
use super::history_file::HistoryFile;
use super::inputs::{self, RunInputs};
use super::names::Names;
use super::options::{DomainLimit, RunOptions};
use super::overrides::DomainOverrides;
use super::pipeline::gather_observed;
use super::prepared::PreparedRun;

/// The number of domains under way at the same time, unless the options set it.
const CONCURRENCY: usize = 32;
/// The maximum difference between the time passed on the system clock and on the monotonic clock. A larger one shows
/// that the machine was asleep or its clock was set, so everything that was kept by time is dropped.
const MOST_DRIFT: SignedDuration = SignedDuration::from_secs(30);

/// Checks single domains again and again, many at once.
///
/// Files, choices and resolvers are read when it is opened. It can be shared by the tasks of a runtime (in an [`Arc`]),
/// and dropping a check ends it at once without affecting others.
///
/// A check asks for every name of the domain, except where a resolver has reported how much longer its cache keeps the
/// answer. Answers about other names are shared by all domains until their TTL has expired, or for five minutes. Zone
/// files are read again for every check.
#[derive(Debug)]
pub struct Checker {
    options: RunOptions,
    names: Names,
    overrides: DomainOverrides,
    notes: Vec<String>,
    inputs: Mutex<Arc<OpenInputs>>,
    /// Lets one task at a time open the inputs again.
    reopening: tokio::sync::Mutex<()>,
    permits: Semaphore,
    history: Mutex<HistoryFile>,
}

/// The sources of the answers, and the time at which they were opened.
#[derive(Debug)]
struct OpenInputs {
    inputs: RunInputs,
    at: Timestamp,
    since: Instant,
}

impl Checker {
    /// Reads what the checks need: files, resolvers, choices, the history. There may be no domain yet.
    ///
    /// # Errors
    /// [`RunError`] for what cannot be used.
    pub async fn open(mut options: RunOptions, now: Timestamp) -> Result<Self, RunError> {
        options.domains.limit = DomainLimit::AnyOrNone;
        let history = HistoryFile::open(options.history.as_deref())?;
        Self::open_with(options, history, now).await
    }

    /// Opens a checker with a history that the caller stores. Unless the options name a history file, the checker keeps
    /// it in memory, and [`Checker::history_of`] returns it.
    ///
    /// # Errors
    /// [`RunError`] for what cannot be used.
    pub async fn open_with_history(
        mut options: RunOptions,
        known: History,
        now: Timestamp,
    ) -> Result<Self, RunError> {
        options.domains.limit = DomainLimit::AnyOrNone;
        let history = match &options.history {
            Some(path) => HistoryFile::open(Some(path))?,
            None => HistoryFile::in_memory(known),
        };
        Self::open_with(options, history, now).await
    }

    async fn open_with(options: RunOptions, history: HistoryFile, now: Timestamp) -> Result<Self, RunError> {
        let PreparedRun { mut inputs, names, overrides, .. } = PreparedRun::open(&options, None, now).await?;
        let notes = std::mem::take(&mut inputs.notes);
        Ok(Self {
            permits: Semaphore::new(options.concurrency.unwrap_or(CONCURRENCY)),
            options,
            names,
            overrides,
            notes,
            inputs: Mutex::new(Arc::new(OpenInputs { inputs, at: now, since: Instant::now() })),
            reopening: tokio::sync::Mutex::default(),
            history: Mutex::new(history),
        })
    }

    /// Returns the notes about the options and the files, to be shown once.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Returns the options.
    #[must_use]
    pub fn options(&self) -> &RunOptions {
        &self.options
    }

    /// Returns the domains that the options and the settings name, in their order.
    pub fn domains(&self) -> impl Iterator<Item = Name> {
        self.names.iter()
    }

    /// Returns a domain with its choices from the settings, or else with those for every domain.
    ///
    /// # Errors
    /// [`RunError`] for a value that cannot be used for this domain.
    pub fn subject(&self, domain: Name) -> Result<Subject, RunError> {
        self.overrides.subject(domain)
    }

    /// Looks up and judges a domain, which need not be one of the settings.
    ///
    /// # Errors
    /// [`RunError`] for choices or files that cannot be used. A lookup that fails is not one: it is a part of the
    /// result.
    pub async fn check(&self, domain: Name, now: Timestamp) -> Result<Checked, RunError> {
        self.check_subject(self.subject(domain)?, now).await
    }

    /// Looks up and judges a domain with choices made by the caller.
    ///
    /// # Errors
    /// [`RunError`] for files that cannot be used any more.
    pub async fn check_subject(&self, subject: Subject, now: Timestamp) -> Result<Checked, RunError> {
        self.check_within(subject, self.options.lookup.deadline, now).await
    }

    /// Looks up and judges a domain within `time`, if that is less than the deadline of the options.
    ///
    /// # Errors
    /// [`RunError`] for files that cannot be used any more.
    pub async fn check_within(
        &self,
        subject: Subject,
        time: Duration,
        now: Timestamp,
    ) -> Result<Checked, RunError> {
        self.check_observed(subject, time, now, &mut |_| {}).await
    }

    /// Looks up and judges a domain as [`Checker::check_within`] does, and calls `observe` whenever there are more
    /// replies. Its argument assesses the replies so far: what is not looked up yet is `unknown`, and other results may
    /// still change.
    ///
    /// # Errors
    /// [`RunError`] for files that cannot be used any more.
    pub async fn check_observed(
        &self,
        subject: Subject,
        time: Duration,
        now: Timestamp,
        observe: &mut (dyn FnMut(&dyn Fn() -> Assessment) + Send),
    ) -> Result<Checked, RunError> {
        // The semaphore is never closed.
        let _permit = self.permits.acquire().await;
        let now = inputs::whole_seconds(now);
        let open = self.inputs(now).await?;
        open.inputs.source.begin_check(&subject.domain);
        let (mut limits, judge_options) = (self.options.limits(), self.options.judge_options());
        limits.deadline = limits.deadline.min(time);
        let mut look = |facts: &Facts| observe(&|| assess(&subject, facts, judge_options));
        let mut facts = gather_observed(&open.inputs, &subject, limits, judge_options, &mut look).await;
        if self.options.lookup.replay.is_none() {
            facts.checked_at = now;
        }
        let mut checked = Checked::judge(subject, facts, judge_options);
        let mut history = lock(&self.history);
        let known = history.remember(checked.domain(), &checked.facts);
        checked.look_ahead(known, self.options.assumptions, judge_options);
        Ok(checked)
    }

    /// Returns what was published for a domain before.
    #[must_use]
    pub fn history_of(&self, domain: &Name) -> History {
        lock(&self.history).known().of_domain(domain)
    }

    /// Returns the whole history.
    #[must_use]
    pub fn history(&self) -> History {
        lock(&self.history).known().clone()
    }

    /// Removes a domain from the history in memory; a history file keeps it.
    pub fn forget_history(&self, domain: &Name) {
        lock(&self.history).forget(domain);
    }

    /// Adds what was seen since the last call to the history file, if there is one. This blocks on the disk, and on
    /// other runs that have the file locked, in which case `notify` gets a sentence for the user: call it from a thread
    /// that may block.
    ///
    /// # Errors
    /// [`RunError`] if the file cannot be read or replaced; nothing is lost then, and the next time adds it.
    pub fn save_history(&self, notify: &mut dyn FnMut(&str)) -> Result<(), RunError> {
        let mut apart = lock(&self.history).split_off();
        let result = apart.save(notify);
        lock(&self.history).join(apart);
        result
    }

    /// Returns the sources of the answers at this time, and opens them again if necessary.
    async fn inputs(&self, now: Timestamp) -> Result<Arc<OpenInputs>, RunError> {
        let current = || Some(Arc::clone(&lock(&self.inputs))).filter(|open| self.is_current(open, now));
        if let Some(open) = current() {
            return Ok(open);
        }
        let _one_at_a_time = self.reopening.lock().await;
        match current() {
            Some(open) => Ok(open),
            None => self.open_again(now).await,
        }
    }

    async fn open_again(&self, now: Timestamp) -> Result<Arc<OpenInputs>, RunError> {
        let (inputs, _) = inputs::prepare(self.names.clone(), &self.options, now).await?;
        let open = Arc::new(OpenInputs { inputs, at: now, since: Instant::now() });
        *lock(&self.inputs) = Arc::clone(&open);
        Ok(open)
    }

    /// Returns whether the inputs are still current at this time.
    fn is_current(&self, open: &OpenInputs, now: Timestamp) -> bool {
        let lookup = &self.options.lookup;
        if lookup.replay.is_some() {
            return true;
        }
        let passed = SignedDuration::try_from(open.since.elapsed()).unwrap_or(SignedDuration::MAX);
        let drift = open.at.duration_until(now).saturating_sub(passed);
        let is_read_again = !lookup.zones.is_empty() && inputs::whole_seconds(open.at) != now;
        drift.abs() <= MOST_DRIFT && !is_read_again
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_may_move_between_the_threads_of_a_runtime() {
        fn assert_send<T: Send>(_: impl FnOnce(&'static Checker, Name) -> T) {}
        fn assert_sync<T: Send + Sync>() {}
        assert_send(|checker, domain| checker.check(domain, Timestamp::UNIX_EPOCH));
        assert_sync::<Checker>();
    }
}
