//! Holds the state that all requests share, and the checks in progress, of which there is one per domain and phase.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use tokio::sync::{Notify, mpsc, watch};
use tokio::time::timeout;

use crate::check::{Assessment, Code, Status};
use crate::expected::Phase;
use crate::record::Name;
use crate::report::Sanitized;
use crate::run::{ChangeTracker, CheckSchedule, Checked, Checker, RunError};

use super::checks::Checks;
use super::clock::ServerClock;
use super::counters::Counters;
use super::database::{Database, SaveError, Saved};
use super::events::{Event, Events};
use super::known::Known;
use super::notices::Notices;
use super::options::ServeOptions;
use super::plans::{Key, Plans};

/// The maximum number of domains outside the settings whose results are kept. The least recently requested ones are
/// removed first.
const MOST_VISITED: usize = 256;
/// The number of checks in progress from which on no check of such a domain starts.
const MOST_CHECKS: usize = 256;
/// The age up to which a result replaces a new check.
const FRESH: SignedDuration = SignedDuration::from_secs(1);
/// The maximum number of times that incomplete answers of one check are assessed.
const MOST_LOOKS: u32 = 64;
/// The maximum time for which a result waits for the disk before it is shown.
const WRITTEN: Duration = Duration::from_secs(1);
/// The time after which a domain is checked again if its check failed, or if its change has not held for two checks
/// yet.
const AFTER_FAILURE: SignedDuration = SignedDuration::from_mins(1);

/// The outcome of a check.
pub(super) type Outcome = Result<Arc<Checked>, CheckFailure>;
/// A check in progress.
pub(super) type Underway = watch::Receiver<Option<Outcome>>;

/// The reason why a check cannot start.
#[derive(Debug, thiserror::Error)]
pub(super) enum CheckError {
    #[error("Too many checks are in progress. Try again later.")]
    Busy,
    #[error(transparent)]
    Options(RunError),
}

/// The reason why a check has no result; all that wait for the check get it.
#[derive(Debug, Clone, thiserror::Error)]
pub(super) enum CheckFailure {
    #[error(transparent)]
    Run(Arc<RunError>),
    #[error("a part of the program failed while the domain was checked")]
    Stopped,
}

/// The state that all requests share.
#[derive(Debug)]
pub(super) struct App {
    pub(super) options: ServeOptions,
    pub(super) started: Timestamp,
    pub(super) clock: ServerClock,
    pub(super) events: Events,
    pub(super) counters: Counters,
    pub(super) notices: Notices,
    /// Wakes the watcher when the domains have changed.
    pub(super) wake: Notify,
    checker: RwLock<Arc<Checker>>,
    domains: Mutex<BTreeMap<Name, Domain>>,
    underway: Mutex<BTreeMap<Key, Underway>>,
    database: Mutex<Option<Arc<Database>>>,
    pub(super) checks: Checks,
    pub(super) plans: Plans,
    /// Whether the last result could not be saved.
    is_unsaved: AtomicBool,
    notes: mpsc::UnboundedSender<String>,
}

/// The state of a domain that is watched or was requested.
#[derive(Debug)]
struct Domain {
    is_watched: bool,
    known: Option<Known>,
    schedule: CheckSchedule,
    tracker: Option<ChangeTracker>,
    next: Option<Timestamp>,
    used: Timestamp,
    /// The time when the last check ended.
    ended: Option<Timestamp>,
    failure: Option<String>,
}

/// A domain as the pages show it.
#[derive(Debug, Clone)]
pub(super) struct Shown {
    pub(super) domain: Name,
    pub(super) known: Option<Known>,
    /// The time of the next check.
    pub(super) next: Option<Timestamp>,
    /// True if a check is in progress.
    pub(super) is_checking: bool,
    /// The time when the last check ended.
    pub(super) ended: Option<Timestamp>,
    /// The reason why the last check failed.
    pub(super) failure: Option<String>,
}

impl App {
    pub(super) fn new(
        options: ServeOptions,
        checker: Arc<Checker>,
        checks: Checks,
        notes: mpsc::UnboundedSender<String>,
        clock: ServerClock,
        kept: (Option<Database>, BTreeMap<Name, Known>),
    ) -> Self {
        let (database, known) = kept;
        let app = Self {
            started: clock.now(),
            clock,
            events: Events::new(),
            counters: Counters::default(),
            notices: Notices::new(&options.hooks),
            wake: Notify::new(),
            checker: RwLock::new(checker),
            domains: Mutex::default(),
            underway: Mutex::default(),
            database: Mutex::new(database.map(Arc::new)),
            checks,
            plans: Plans::default(),
            is_unsaved: AtomicBool::new(false),
            notes,
            options,
        };
        app.watch_domains(known);
        app
    }

    /// Writes a note to standard error.
    pub(super) fn note(&self, note: impl Into<String>) {
        // Notes after the end are lost.
        let _ = self.notes.send(note.into());
    }

    pub(super) fn checker(&self) -> Arc<Checker> {
        Arc::clone(&self.checker.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Replaces the options: watches new domains, and stops watching removed ones.
    pub(super) fn replace_checker(&self, checker: Arc<Checker>) {
        *self.checker.write().unwrap_or_else(PoisonError::into_inner) = checker;
        // Their plans are made of the former options.
        self.plans.forget_checks();
        self.watch_domains(BTreeMap::new());
        self.wake.notify_one();
    }

    /// Watches the domains of the options, the first at once and the others spread over the next minute.
    fn watch_domains(&self, mut known: BTreeMap<Name, Known>) {
        const STEP: i64 = 50;
        let (now, mut domains) = (self.clock.now(), lock(&self.domains));
        domains.values_mut().for_each(|domain| domain.is_watched = false);
        for (place, name) in self.checker().domains().enumerate() {
            let place = i64::try_from(place).unwrap_or(i64::MAX);
            let after = SignedDuration::from_millis(place.saturating_mul(STEP)).min(self.options.every);
            let domain = domains.entry(name.clone()).or_insert_with(|| Domain::new(self.options.every, now));
            domain.is_watched = true;
            domain.next = Some(now.checked_add(after).unwrap_or(now));
            if let Some(known) = known.remove(&name) {
                domain.known = Some(known);
            }
        }
        domains.values_mut().filter(|domain| !domain.is_watched).for_each(|domain| domain.next = None);
    }

    /// Returns whether the settings name a domain.
    pub(super) fn is_watched(&self, domain: &Name) -> bool {
        lock(&self.domains).get(domain).is_some_and(|domain| domain.is_watched)
    }

    /// Returns the domains of the settings, sorted by name.
    pub(super) fn watched(&self) -> Vec<Shown> {
        let domains = lock(&self.domains);
        domains
            .iter()
            .filter(|(_, domain)| domain.is_watched)
            .map(|(name, domain)| self.shown(name, domain))
            .collect()
    }

    /// Returns the state of a domain.
    pub(super) fn domain(&self, name: &Name) -> Shown {
        match lock(&self.domains).get(name) {
            Some(domain) => self.shown(name, domain),
            None => self.shown(name, &Domain::new(self.options.every, self.started)),
        }
    }

    fn shown(&self, name: &Name, domain: &Domain) -> Shown {
        let key = Key::new(name, None);
        Shown {
            domain: name.clone(),
            known: domain.known.clone(),
            next: domain.next,
            is_checking: lock(&self.underway).contains_key(&key),
            ended: domain.ended,
            failure: domain.failure.clone(),
        }
    }

    /// Returns the domains that are due, the longest overdue first, the time when the next one is due, and the number
    /// of watched domains being checked.
    pub(super) fn due(&self, now: Timestamp) -> (Vec<Name>, Option<Timestamp>, usize) {
        let (domains, underway) = (lock(&self.domains), lock(&self.underway));
        let is_free = |name: &Name| !underway.contains_key(&Key::new(name, None));
        let planned = domains.iter().filter_map(|(name, domain)| Some((domain.next?, name)));
        let planned = planned.filter(|(_, name)| is_free(name));
        // No check is planned further ahead: the clock was set back since.
        let latest = now.checked_add(self.options.every).unwrap_or(Timestamp::MAX);
        let (mut due, later): (Vec<_>, Vec<_>) =
            planned.partition(|(next, _)| *next <= now || *next > latest);
        due.sort();
        let is_watched = |key: &&Key| domains.get(&key.domain).is_some_and(|domain| domain.is_watched);
        let busy = underway.keys().filter(is_watched).count();
        let next = later.into_iter().map(|(next, _)| next).min();
        (due.into_iter().map(|(_, name)| name.clone()).collect(), next, busy)
    }

    /// Returns the last result of a domain if it is as good as a new check.
    pub(super) fn fresh(&self, domain: &Name, phase: Option<Phase>) -> Option<Known> {
        let known = self.domain(domain).known?;
        let is_same = phase.is_none_or(|phase| known.report.phase() == phase);
        (is_same && self.clock.is_recent(known.checked_at, FRESH)).then_some(known)
    }

    /// Returns the last check of a domain in a phase for a page that shows its plan, and keeps the checks after it.
    pub(super) fn open_plan(&self, domain: &Name, phase: Option<Phase>) -> Option<Arc<Checked>> {
        let subject = self.checker().subject(domain.clone()).ok()?;
        self.plans.open(&Key::new(domain, phase.filter(|phase| *phase != subject.phase)))
    }

    /// Returns the number of checks in progress.
    pub(super) fn checks_underway(&self) -> usize {
        lock(&self.underway).len()
    }

    /// Joins the check of a domain in progress, or starts one. `time` is a time limit in addition to that of the
    /// options.
    pub(super) fn check(
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
            let mut rows = Rows {
                app: &app,
                domain: &guard.key.domain,
                looks: if is_whole { MOST_LOOKS } else { 0 },
                told: BTreeMap::new(),
            };
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

    /// Stores the outcome of a check.
    async fn learn(&self, name: &Name, outcome: &Outcome, checker: &Checker, is_short: bool) {
        let now = self.clock.now();
        let is_late =
            |checked: &Checked| checked.assessment.judged.iter().any(|one| one.code == Code::DeadlineOver);
        let checked = match outcome {
            Ok(checked) if is_short && is_late(checked) => return,
            Ok(checked) => checked,
            Err(error) => return self.fail(name, &error.to_string(), now),
        };
        let (verdict, checked_at) = (checked.assessment.verdict, checked.facts.checked_at);
        let report = checked.report().with_replies(&checked.facts);
        let json = serde_json::to_string(&report).unwrap_or_default();
        let single = checked.single_report();
        let mut saved = None;
        let change = {
            let mut domains = lock(&self.domains);
            let domain = domains.entry(name.clone()).or_insert_with(|| Domain::new(self.options.every, now));
            let has_changed = match &mut domain.known {
                Some(known) => known.add(report, checked_at, verdict),
                None => {
                    domain.known = Some(Known::first(report, checked_at, verdict));
                    true
                }
            };
            match &mut domain.tracker {
                Some(tracker) => domain.schedule.note(tracker.changes(&single).len()),
                None => domain.tracker = Some(ChangeTracker::new(&single)),
            }
            domain.failure = None;
            domain.ended = Some(now);
            if domain.is_watched {
                let next = domain.schedule.next([&**checked], now);
                let soon = now.checked_add(AFTER_FAILURE).unwrap_or(now);
                // The next check shows if a change holds.
                let is_pending = self.notices.note(checked, now);
                domain.next = Some(if is_pending { next.min(soon) } else { next });
                let seen = checker.options().history.is_none().then(|| checker.history_of(name).to_string());
                let changed = if has_changed { vec![(checked_at, verdict)] } else { Vec::new() };
                saved =
                    Some(Saved { domain: name.clone(), checked_at, verdict, report: json, changed, seen });
            } else {
                evict(&mut domains);
            }
            has_changed
        };
        if let Some(saved) = saved {
            self.save(saved).await;
        }
        self.notices.failures().into_iter().for_each(|failure| self.note(failure));
        let shown = self.domain(name);
        let left = shown.known.as_ref().map(Known::left).unwrap_or_default();
        let domain = name.without_trailing_dot();
        let (verdict, next_check_at) = (verdict.word(), shown.next);
        self.tell(
            name,
            "checked",
            &CheckEvent { domain, verdict, changed: change, left, checked_at, next_check_at },
        );
    }

    /// Notes that a check cannot start.
    pub(super) fn fail_to_begin(&self, name: &Name, error: &CheckError) {
        match error {
            CheckError::Busy => {}
            CheckError::Options(error) => self.fail(name, &error.to_string(), self.clock.now()),
        }
    }

    /// Notes that a check failed, and reports it once.
    fn fail(&self, name: &Name, error: &str, now: Timestamp) {
        Counters::add(&self.counters.checks_failed);
        let is_new = {
            let mut domains = lock(&self.domains);
            let domain = domains.entry(name.clone()).or_insert_with(|| Domain::new(self.options.every, now));
            if domain.is_watched {
                domain.next = Some(now.checked_add(AFTER_FAILURE).unwrap_or(now));
            }
            domain.ended = Some(now);
            domain.failure.replace(error.to_owned()).as_deref() != Some(error)
        };
        if is_new {
            self.note(format!("{}: {error}", name.without_trailing_dot()));
        }
    }

    /// Saves a result. A slow or full disk delays no response.
    async fn save(&self, saved: Saved) {
        let database = lock(&self.database).clone();
        let Some(database) = database else { return };
        let written = timeout(WRITTEN, database.save(saved)).await;
        let failed = match written {
            Ok(Ok(())) => {
                if self.is_unsaved.swap(false, Relaxed) {
                    self.note("results are saved again");
                }
                return;
            }
            Ok(Err(error)) => error,
            Err(_) => SaveError::Slow,
        };
        Counters::add(&self.counters.writes_failed);
        if !self.is_unsaved.swap(true, Relaxed) {
            self.note(format!(
                "results cannot be saved: {failed}; they stay in memory, and the server tries again"
            ));
        }
    }

    /// Takes the database, to close it.
    pub(super) fn take_database(&self) -> Option<Database> {
        let database = lock(&self.database).take();
        database.and_then(|database| Arc::try_unwrap(database).ok())
    }

    fn tell(&self, domain: &Name, kind: &'static str, what: &impl Serialize) {
        let data = serde_json::to_string(what).unwrap_or_default();
        self.events.send(Event { domain: domain.without_trailing_dot(), kind, data });
    }
}

/// Sends the results so far to open pages of a domain, each row once.
struct Rows<'a> {
    app: &'a App,
    domain: &'a Name,
    /// The number of times that the answers may still be assessed: a hostile domain may answer in many pieces.
    looks: u32,
    /// The code that was sent for each expectation.
    told: BTreeMap<&'static str, &'static str>,
}

impl Rows<'_> {
    fn tell(&mut self, assess: &dyn Fn() -> Assessment) {
        let domain = self.domain.without_trailing_dot();
        if self.looks == 0 || !self.app.events.is_seen(&domain) {
            return;
        }
        self.looks -= 1;
        let assessment = assess();
        for judged in assessment.judged.iter().filter(|judged| judged.status != Status::Unknown) {
            let (id, code) = (judged.expectation.id.word(), judged.code.word());
            if self.told.insert(id, code) == Some(code) {
                continue;
            }
            let message = Sanitized::sentence(&judged.message);
            let row = RowEvent { domain: &domain, id, status: judged.status.word(), code, message: &message };
            self.app.tell(self.domain, "row", &row);
        }
    }
}

#[derive(Serialize)]
struct RowEvent<'a> {
    domain: &'a str,
    id: &'static str,
    status: &'static str,
    code: &'static str,
    message: &'a str,
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

#[derive(Serialize)]
struct CheckEvent {
    domain: String,
    verdict: &'static str,
    /// True if the verdict has changed.
    changed: bool,
    left: String,
    checked_at: Timestamp,
    next_check_at: Option<Timestamp>,
}

impl Domain {
    fn new(every: SignedDuration, now: Timestamp) -> Self {
        let schedule = CheckSchedule::every(every);
        Self {
            is_watched: false,
            known: None,
            schedule,
            tracker: None,
            next: None,
            used: now,
            ended: None,
            failure: None,
        }
    }
}

/// Waits for a check within a time limit.
pub(super) async fn outcome(check: &mut Underway, patience: Duration) -> Option<Outcome> {
    match timeout(patience, check.wait_for(Option::is_some)).await {
        Ok(Ok(outcome)) => outcome.clone(),
        Ok(Err(_)) => Some(Err(CheckFailure::Stopped)),
        Err(_) => None,
    }
}

/// Removes the least recently requested domains that are not watched, until the limit is met.
fn evict(domains: &mut BTreeMap<Name, Domain>) {
    let mut visited: Vec<(Timestamp, Name)> = domains
        .iter()
        .filter(|(_, one)| !one.is_watched)
        .map(|(name, one)| (one.used, name.clone()))
        .collect();
    if visited.len() > MOST_VISITED {
        visited.sort();
        for (_, name) in visited.drain(..visited.len() - MOST_VISITED) {
            domains.remove(&name);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
