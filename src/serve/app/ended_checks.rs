//! Keeps the results of ended checks: in memory, in the database, and as events for open pages.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use tokio::time::timeout;

use crate::check::Code;
use crate::record::Name;
use crate::run::{ChangeTracker, Checked, Checker};

use super::checks_in_progress::{CheckError, Outcome};
use super::{App, Domain, lock};
use crate::serve::counters::Counters;
use crate::serve::database::{SaveError, Saved};
use crate::serve::known::Known;

/// The maximum number of domains outside the settings whose results are kept. The least recently requested ones are
/// removed first.
const MOST_VISITED: usize = 256;
/// The maximum time for which a result waits for the disk before it is shown.
const WRITTEN: Duration = Duration::from_secs(1);
/// The time after which a domain is checked again if its check failed, or if its change has not held for two checks
/// yet.
const AFTER_FAILURE: SignedDuration = SignedDuration::from_mins(1);

impl App {
    /// Stores the outcome of a check.
    pub(super) async fn learn(&self, name: &Name, outcome: &Outcome, checker: &Checker, is_short: bool) {
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
    pub(in crate::serve) fn fail_to_begin(&self, name: &Name, error: &CheckError) {
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
