//! Holds the state that all requests share: the domains, the options, and the checks in progress.

mod checks_in_progress;
mod ended_checks;
mod rows;

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use tokio::sync::{Notify, mpsc};

use crate::expected::Phase;
use crate::record::Name;
use crate::run::{ChangeTracker, CheckSchedule, Checked, Checker};

use super::checks::Checks;
use super::clock::ServerClock;
use super::counters::Counters;
use super::database::Database;
use super::events::{Event, Events};
use super::known::Known;
use super::notices::Notices;
use super::options::ServeOptions;
use super::plan_cache::{Key, PlanCache};
use checks_in_progress::Underway;
pub(super) use checks_in_progress::{CheckError, outcome};

/// The age up to which a result replaces a new check.
const FRESH: SignedDuration = SignedDuration::from_secs(1);

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
    pub(super) plans: PlanCache,
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
            plans: PlanCache::default(),
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

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
