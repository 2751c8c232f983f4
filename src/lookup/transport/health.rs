//! Tracks the servers that have stopped answering, and the zones for which they have.
//!
//! Silence belongs to a server and a zone: a name server may drop queries for zones that it does not serve and answer
//! for others, and a resolver fails for domains whose own servers are dead. A silent pair pauses, so that a dead server
//! costs one timeout per domain and not one per query; after the pause it is queried again. A server that was silent
//! for several zones in a row, and answered for none of them, pauses as a whole.

#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use foldhash::HashMap;
use tokio::sync::{Mutex as AsyncMutex, Notify};
use tokio::time::{Instant, sleep_until};

use crate::record::Name;

use super::failure::{Failure, FailureScope};

/// The first pause after silence.
const SHORTEST_PAUSE: Duration = Duration::from_secs(5);
/// The longest pause; each pause has twice the length of the one before, up to this limit.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// The number of zones in a row for which a server is silent before it pauses as a whole.
const SILENT_ZONES: u32 = 3;
/// The number of zones kept for one server; beyond it, zones that are neither in use nor silent are dropped.
const ZONES: usize = 1024;

/// A period in which nothing is sent, and the failure that began it.
#[derive(Debug)]
struct Pause {
    until: Instant,
    length: Duration,
    failure: Failure,
}

impl Pause {
    /// Records one more failure: the first begins a pause, and one after that pause a longer one.
    fn note(pause: &mut Option<Self>, failure: &Failure, now: Instant) {
        let length = match pause {
            None => SHORTEST_PAUSE,
            Some(pause) if now >= pause.until => (pause.length * 2).min(LONGEST_PAUSE),
            // Sent before the pause began: the same silence.
            Some(_) => return,
        };
        *pause = Some(Self { until: now + length, length, failure: failure.clone() });
    }

    fn is_over(&self, now: Instant) -> bool {
        now >= self.until
    }
}

/// The health of one server over all zones.
#[derive(Debug, Default)]
pub(super) struct ServerHealth {
    overall: Arc<Mutex<Overall>>,
    zones: Mutex<HashMap<Name, Arc<ZoneHealth>>>,
}

/// Tracks whether a server has stopped answering for all zones.
#[derive(Debug, Default)]
struct Overall {
    /// The number of zones without any answer since the last answer for another zone.
    silent_zones: u32,
    /// The number of silent zones that are tolerated in addition to the usual limit.
    spared: u32,
    pause: Option<Pause>,
}

/// The health of one server for one zone; for a resolver, for one domain that is checked.
#[derive(Debug)]
pub(super) struct ZoneHealth {
    server: Arc<Mutex<Overall>>,
    state: Mutex<ZoneState>,
    /// Wakes the waiting queries at the first answer, and when a pause begins.
    changed: Notify,
    /// Held by the one query that waits for the time of the next probe; all others wait for their place behind it.
    line: AsyncMutex<()>,
}

#[derive(Debug, Default)]
struct ZoneState {
    has_answered: bool,
    /// The time of the next [probe](ZoneHealth::wait_for_probe); `None` before the first.
    next_probe: Option<Instant>,
    pause: Option<Pause>,
    /// The pause of TCP, although UDP is answered.
    tcp_pause: Option<Pause>,
}

impl ServerHealth {
    /// Returns the health of an unknown server, which may be silent for `spared` more zones than usual before it
    /// pauses.
    pub(super) fn sparing(spared: u32) -> Self {
        Self { overall: Arc::new(Mutex::new(Overall { spared, ..Overall::default() })), ..Self::default() }
    }

    /// Returns the health of this server for `zone`.
    pub(super) fn zone(&self, zone: &Name) -> Arc<ZoneHealth> {
        let mut zones = lock(&self.zones);
        if let Some(known) = zones.get(zone) {
            return Arc::clone(known);
        }
        if zones.len() >= ZONES {
            let now = Instant::now();
            zones.retain(|_, zone| Arc::strong_count(zone) > 1 || zone.pause_end(now).is_some());
        }
        let (server, state) = (Arc::clone(&self.overall), Mutex::default());
        let health =
            Arc::new(ZoneHealth { server, state, changed: Notify::new(), line: AsyncMutex::default() });
        // With this many silent zones at once, dropping one costs no more than a query.
        if zones.len() < 2 * ZONES {
            zones.insert(zone.clone(), Arc::clone(&health));
        }
        health
    }

    /// Returns the end of the last current pause; `None` if there is none.
    pub(super) fn pause_end(&self, now: Instant) -> Option<Instant> {
        let overall = lock(&self.overall).pause.as_ref().map(|pause| pause.until).filter(|end| *end > now);
        let zones = lock(&self.zones);
        zones.values().filter_map(|zone| zone.pause_end(now)).chain(overall).max()
    }

    /// Ends all pauses; from now on, `spared` more zones than usual may be silent before the server pauses as a whole.
    pub(super) fn end_pauses(&self, spared: u32) {
        *lock(&self.overall) = Overall { spared, ..Overall::default() };
        lock(&self.zones).clear();
    }
}

impl ZoneHealth {
    /// Returns the health of an unknown server.
    #[cfg(test)]
    pub(super) fn unknown() -> Arc<Self> {
        ServerHealth::default().zone(&Name::root())
    }

    /// Records that the server answered, decodably or not.
    pub(super) fn note_answer(&self) {
        let mut state = lock(&self.state);
        let is_first = !state.has_answered;
        (state.has_answered, state.pause) = (true, None);
        drop(state);
        if is_first {
            self.changed.notify_waiters();
        }
        let mut server = lock(&self.server);
        if server.silent_zones > 0 {
            *server = Overall { spared: server.spared, ..Overall::default() };
        }
    }

    /// Records a query that ended without a reply.
    pub(super) fn note_failure(&self, failure: &Failure, now: Instant) {
        if failure.scope != FailureScope::Server {
            return;
        }
        let mut state = lock(&self.state);
        if state.has_answered {
            return;
        }
        let is_first = state.pause.is_none();
        Pause::note(&mut state.pause, failure, now);
        drop(state);
        self.changed.notify_waiters();
        let mut server = lock(&self.server);
        server.silent_zones = server.silent_zones.saturating_add(u32::from(is_first));
        if server.silent_zones >= SILENT_ZONES.saturating_add(server.spared) {
            Pause::note(&mut server.pause, failure, now);
        }
    }

    /// Waits until the server is known to be silent for the zone; never ends for a server that answers.
    ///
    /// A query that was sent shortly before that would only find the same silence, a whole timeout later. It still
    /// waits until `earliest`, the time within which an answer is plausible.
    pub(super) async fn silence(&self, earliest: Instant) -> Failure {
        loop {
            let changed = self.changed.notified();
            let failure = {
                let state = lock(&self.state);
                let pause = state.pause.as_ref().filter(|pause| !pause.is_over(Instant::now()));
                pause.map(|pause| pause.failure.clone())
            };
            match failure {
                None => changed.await,
                Some(failure) if Instant::now() >= earliest => return failure,
                Some(_) => sleep_until(earliest).await,
            }
        }
    }

    /// Waits until a query may be sent to a server that is busy and has not answered for this zone yet: the first may at
    /// once, then one every `interval`, and all others with the first answer. Also ends when the zone pauses.
    ///
    /// A resolver works on a question about dead name servers for a long time, and drops all questions of a client that
    /// has too many of those (`wait-limit` of Unbound: 1,000).
    pub(super) async fn wait_for_probe(&self, interval: Duration) {
        if self.probe_time(interval).is_none() {
            return;
        }
        let _place = self.line.lock().await;
        loop {
            let changed = self.changed.notified();
            let Some(time) = self.probe_time(interval) else { return };
            tokio::select! {
                () = changed => {}
                () = sleep_until(time) => {}
            }
        }
    }

    /// Returns the time until which a probe has to wait; `None` if the query may be sent, or refused, now.
    fn probe_time(&self, interval: Duration) -> Option<Instant> {
        let now = Instant::now();
        let mut state = lock(&self.state);
        let is_paused = state.pause.as_ref().is_some_and(|pause| !pause.is_over(now));
        let next = state.next_probe.filter(|next| now < *next && !state.has_answered && !is_paused);
        if next.is_none() {
            state.next_probe = Some(now + interval);
        }
        next
    }

    /// Returns whether the server has answered for the zone.
    pub(super) fn has_answered(&self) -> bool {
        lock(&self.state).has_answered
    }

    /// Records that the server let a TCP connection stall.
    pub(super) fn note_tcp_stall(&self, failure: &Failure, now: Instant) {
        Pause::note(&mut lock(&self.state).tcp_pause, failure, now);
    }

    /// Records that the server answered over TCP.
    pub(super) fn note_tcp_answer(&self) {
        lock(&self.state).tcp_pause = None;
    }

    /// Returns the reason why nothing is sent to the server for this zone now; `None` if it may be queried.
    ///
    /// For a zone that the server was silent for, it is that failure. For a zone that it was not asked for, it is a
    /// failure of its own, which makes no claim about the zone.
    pub(super) fn refusal(&self, now: Instant) -> Option<Failure> {
        let state = lock(&self.state);
        if let Some(pause) = state.pause.as_ref().filter(|pause| !pause.is_over(now)) {
            return Some(pause.failure.clone());
        }
        if state.has_answered || state.pause.is_some() {
            return None;
        }
        drop(state);
        let server = lock(&self.server);
        server.pause.as_ref().filter(|pause| !pause.is_over(now)).map(|pause| {
            let (zones, seconds) = (server.silent_zones, pause.length.as_secs());
            let reason = format!(
                "the server did not answer for {zones} zones in a row and is not queried for {seconds} s"
            );
            Failure { scope: FailureScope::Pause, ..Failure::not_sent(reason) }
        })
    }

    /// Returns the reason why nothing is sent to the server over TCP now; `None` if it may be queried.
    pub(super) fn tcp_refusal(&self, now: Instant) -> Option<Failure> {
        let state = lock(&self.state);
        state.tcp_pause.as_ref().filter(|pause| !pause.is_over(now)).map(|pause| pause.failure.clone())
    }

    fn pause_end(&self, now: Instant) -> Option<Instant> {
        let state = lock(&self.state);
        [&state.pause, &state.tcp_pause]
            .into_iter()
            .flatten()
            .map(|pause| pause.until)
            .filter(|end| *end > now)
            .max()
    }
}

/// Locks a mutex, also a poisoned one: every update here is a single step, so the content is always valid.
pub(in crate::lookup) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
