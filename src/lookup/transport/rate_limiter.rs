//! Limits the queries to one server: the number in flight, and the number per second.
//!
//! A server whose operator did not agree to the load gets few questions at a time, and a limited number per second. A
//! server that shows overload by silence or refusals gets half as many at a time, and slowly more again as it answers.
//! No server gets many before some were answered. Questions wait in order of arrival, separately for each server, and
//! the timeout of a try starts when the question is sent.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::Mutex;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::{Instant, sleep_until};

use super::health::lock;
use crate::facts::Role;
use crate::lookup::address::is_public;

/// The limits of the load on one server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RateLimits {
    /// The highest number of questions in flight, at least 1.
    pub(super) in_flight: u32,
    /// The highest average number of questions per second; `None` for no limit.
    pub(super) per_second: Option<u32>,
}

impl RateLimits {
    /// A server on this machine, which is not shared.
    const AT_HOME: Self = Self { in_flight: 4096, per_second: None };
    /// A resolver on the local network that the user or the system named.
    const NEAR: Self = Self { in_flight: 1024, per_second: None };
    /// A public resolver that the user named; these drop larger bursts.
    const PUBLIC: Self = Self { in_flight: 256, per_second: None };
    /// A name server named by a delegation. One domain has fewer than 64 questions for it at once, and the 256 domains
    /// that may be in progress finish within half a deadline even if all of them are there.
    const STRANGER: Self = Self { in_flight: 64, per_second: Some(1000) };

    /// Returns the limits for a server at this address, asked in this role.
    pub(super) fn towards(address: IpAddr, role: Role) -> Self {
        match role {
            _ if address.is_loopback() => Self::AT_HOME,
            Role::Resolver | Role::Unvalidated if is_public(address) => Self::PUBLIC,
            Role::Resolver | Role::Unvalidated => Self::NEAR,
            Role::Authoritative | Role::ZoneFile | Role::Parent | Role::Delegated => Self::STRANGER,
        }
    }
}

/// The burst that may be sent after a quiet period: the questions of one second, divided by this.
const BURST: u32 = 5;
/// The highest number of questions in flight before any was answered: about what a receive buffer of the usual size
/// holds.
const FIRST: u32 = 256;
/// The time in which the limit at most doubles: with the usual timeout, a lost question is sent again within it, and so
/// its loss is known.
const DOUBLING: Duration = Duration::from_secs(1);
/// The lower bound of the questions in flight for a failing server: the limit divided by this.
const LEAST: u32 = 16;

/// The load that a query shows at its server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Load {
    /// Answered at the first try.
    Easy,
    /// Refused, answered at a later try, or never.
    Heavy,
}

/// The rate limiter of one server.
#[derive(Debug)]
pub(super) struct RateLimiter(Mutex<State>);

#[derive(Debug)]
struct State {
    rate_limits: RateLimits,
    /// The number of questions that may be in flight now.
    limit: u32,
    in_flight: u32,
    /// The number of answers since the limit last grew.
    easy: u32,
    /// The limit at the start of the current period of [`DOUBLING`], and that start.
    base: (u32, Instant),
    /// The time when the limit was last halved: results of questions sent before then do not halve it again.
    halved: Option<Instant>,
    /// The time of the next question if all were sent at equal intervals.
    next: Option<Instant>,
    waiting: VecDeque<oneshot::Sender<()>>,
}

impl RateLimiter {
    pub(super) fn new(rate_limits: RateLimits) -> Self {
        let limit = rate_limits.in_flight.clamp(1, FIRST);
        Self(Mutex::new(State {
            rate_limits,
            limit,
            in_flight: 0,
            easy: 0,
            base: (limit, Instant::now()),
            halved: None,
            next: None,
            waiting: VecDeque::new(),
        }))
    }

    /// Waits until a question may be sent.
    pub(super) async fn turn(&self) -> Permit<'_> {
        let place = {
            let mut state = lock(&self.0);
            if state.waiting.is_empty() && state.in_flight < state.limit {
                state.in_flight += 1;
                None
            } else {
                let (sender, receiver) = oneshot::channel();
                state.waiting.push_back(sender);
                Some(receiver)
            }
        };
        Waiting { pace: self, place }.over().await;
        let mut turn = Permit { pace: self, sent: Instant::now() };
        let slot = lock(&self.0).slot(turn.sent);
        if let Some(slot) = slot {
            Box::pin(sleep_until(slot)).await;
            turn.sent = Instant::now();
        }
        turn
    }

    /// Passes the place of one question to the next.
    fn leave(&self) {
        let mut state = lock(&self.0);
        state.in_flight -= 1;
        state.hand_out();
    }

    fn note(&self, load: Load, sent: Instant) {
        let mut state = lock(&self.0);
        match load {
            Load::Easy => state.grow(Instant::now()),
            Load::Heavy if state.halved.is_none_or(|halved| sent > halved) => state.halve(Instant::now()),
            Load::Heavy => {}
        }
    }
}

impl State {
    /// Admits as many questions as there are places.
    fn hand_out(&mut self) {
        while self.in_flight < self.limit
            && let Some(sender) = self.waiting.pop_front()
        {
            // A question that has stopped waiting takes no place.
            if sender.send(()).is_ok() {
                self.in_flight += 1;
            }
        }
    }

    /// Returns the time at which this question may be sent, if that is later than now.
    fn slot(&mut self, now: Instant) -> Option<Instant> {
        let per_second = self.rate_limits.per_second?.max(1);
        let distance = Duration::from_secs(1) / per_second;
        let next = self.next.map_or(now, |next| next.max(now));
        self.next = Some(next + distance);
        let ahead = distance * (per_second / BURST);
        let slot = next.checked_sub(ahead)?;
        (slot > now).then_some(slot)
    }

    /// Raises the limit by one for each answer until the first overload, then once for as many answers as the limit;
    /// to no more than twice as many within [`DOUBLING`].
    fn grow(&mut self, now: Instant) {
        if self.limit >= self.rate_limits.in_flight {
            return;
        }
        let (base, since) = self.base;
        if now.saturating_duration_since(since) >= DOUBLING {
            self.base = (self.limit, now);
        } else if self.limit >= base * 2 {
            return;
        }
        self.easy += 1;
        if self.halved.is_none() || self.easy >= self.limit {
            self.easy = 0;
            self.limit += 1;
            self.hand_out();
        }
    }

    fn halve(&mut self, now: Instant) {
        let least = (self.rate_limits.in_flight / LEAST).max(1);
        self.limit = (self.limit / 2).max(least);
        self.halved = Some(now);
        self.easy = 0;
    }
}

/// A question that may still be waiting for its place.
struct Waiting<'a> {
    pace: &'a RateLimiter,
    /// `None` once it has a place.
    place: Option<oneshot::Receiver<()>>,
}

impl Waiting<'_> {
    async fn over(mut self) {
        if let Some(place) = &mut self.place {
            // Only the rate limiter drops senders, and it still exists.
            let _ = place.await;
        }
        // From here on the permit returns the place.
        self.place = None;
    }
}

impl Drop for Waiting<'_> {
    /// Passes a place that was granted too late to the next question.
    fn drop(&mut self) {
        if let Some(place) = &mut self.place {
            place.close();
            if place.try_recv().is_ok() {
                self.pace.leave();
            }
        }
    }
}

/// The permit to send a question; dropping it admits the next one.
#[derive(Debug)]
pub(super) struct Permit<'a> {
    pace: &'a RateLimiter,
    sent: Instant,
}

impl Permit<'_> {
    /// Records the load that the query showed.
    pub(super) fn note(&self, load: Load) {
        self.pace.note(load, self.sent);
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        self.pace.leave();
    }
}

#[cfg(test)]
mod tests;
