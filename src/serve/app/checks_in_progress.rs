//! Starts the checks, one per domain and phase at a time, and lets requests join them.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use tokio::sync::watch;
use tokio::time::timeout;

use crate::check::Assessment;
use crate::expected::Phase;
use crate::record::Name;
use crate::run::{Checked, RunError};

use super::rows::Rows;
use super::{App, lock};
use crate::serve::counters::Counters;
use crate::serve::plan_cache::Key;

/// The number of checks in progress from which on no check of such a domain starts.
const MOST_CHECKS: usize = 256;

/// The outcome of a check.
pub(in crate::serve) type Outcome = Result<Arc<Checked>, CheckFailure>;
/// A check in progress.
pub(in crate::serve) type Underway = watch::Receiver<Option<Outcome>>;

/// The reason why a check cannot start.
#[derive(Debug, thiserror::Error)]
pub(in crate::serve) enum CheckError {
    #[error("Too many checks are in progress. Try again later.")]
    Busy,
    #[error(transparent)]
    Options(RunError),
}

/// The reason why a check has no result; all that wait for the check get it.
#[derive(Debug, Clone, thiserror::Error)]
pub(in crate::serve) enum CheckFailure {
    #[error(transparent)]
    Run(Arc<RunError>),
    #[error("a part of the program failed while the domain was checked")]
    Stopped,
}

impl App {
    /// Joins the check of a domain in progress, or starts one. `time` is a time limit in addition to that of the
    /// options.
    pub(in crate::serve) fn check(
        self: &Arc<Self>,
        domain: &Name,
        phase: Option<Phase>,
        time: Option<Duration>,
    ) -> Result<Underway, CheckError> {
        let checker = self.checker();
        let subject = checker.subject(domain.clone()).map_err(CheckError::Options)?;
        let phase = phase.filter(|phase| *phase != subject.phase);
        let key = Key::new(domain, phase);
        let is_watched = {
            let mut domains = lock(&self.domains);
            let domain = domains.get_mut(domain);
            domain.is_some_and(|domain| {
                domain.used = self.clock.now();
                domain.is_watched
            })
        };
        let mut underway = lock(&self.underway);
        if let Some(check) = underway.get(&key) {
            return Ok(check.clone());
        }
        if !is_watched && underway.len() >= MOST_CHECKS {
            return Err(CheckError::Busy);
        }
        let (sender, receiver) = watch::channel(None);
        underway.insert(key.clone(), receiver.clone());
        drop(underway);
        if phase.is_none() {
            self.tell(domain, "checking", &Progress { domain: domain.without_trailing_dot() });
        }
        let (app, guard) = (Arc::clone(self), Ended { app: Arc::clone(self), key });
        let is_whole = phase.is_none();
        self.checks.spawn(async move {
            let subject = crate::expected::Subject { phase: phase.unwrap_or(subject.phase), ..subject };
            let time = time.unwrap_or(Duration::MAX);
            let mut rows = Rows::new(&app, &guard.key.domain, is_whole);
            let mut observe = |assess: &dyn Fn() -> Assessment| rows.tell(assess);
            let outcome = checker.check_observed(subject, time, app.clock.now(), &mut observe).await;
            let outcome = outcome.map(Arc::new).map_err(|error| CheckFailure::Run(Arc::new(error)));
            Counters::add(&app.counters.checks);
            // One that had less time than the options allow may be incomplete.
            if let Some(checked) = outcome.as_ref().ok().filter(|_| time == Duration::MAX) {
                app.plans.keep(&guard.key, checked);
            }
            if !app.is_watched(&guard.key.domain) {
                checker.forget_history(&guard.key.domain);
            }
            if is_whole {
                app.learn(&guard.key.domain, &outcome, &checker, time < Duration::MAX).await;
            }
            drop(guard);
            // The client may be gone.
            let _ = sender.send(Some(outcome));
        });
        Ok(receiver)
    }
}

/// Removes a check from those in progress when it ends, also after a failure.
struct Ended {
    app: Arc<App>,
    key: Key,
}

impl Drop for Ended {
    fn drop(&mut self) {
        lock(&self.app.underway).remove(&self.key);
    }
}

#[derive(Serialize)]
struct Progress {
    domain: String,
}

/// Waits for a check within a time limit.
pub(in crate::serve) async fn outcome(check: &mut Underway, patience: Duration) -> Option<Outcome> {
    match timeout(patience, check.wait_for(Option::is_some)).await {
        Ok(Ok(outcome)) => outcome.clone(),
        Ok(Err(_)) => Some(Err(CheckFailure::Stopped)),
        Err(_) => None,
    }
}
