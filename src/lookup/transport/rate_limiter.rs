//! Limits the queries to one server: how many at once, and how many a second.
//!
//! A server whose operator asked for nothing of this is treated as a guest would treat it: few questions at a time, and
//! so many a second at most. One that shows that it is too much - silence, refusals - gets half as many at a time, and
//! slowly more again as it answers. No server gets many before some were answered. Questions wait in the order in
//! which they came, each server's for itself, and the time of a try starts when its turn has come.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::Mutex;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::{Instant, sleep_until};

use super::health::lock;
use crate::facts::Role;
use crate::lookup::address::is_public;

/// How much one server is asked at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimits {
    /// Questions under way at the same time, at least 1.
    pub in_flight: u32,
    /// Questions a second in the long run; `None` for as many as are answered.
    pub per_second: Option<u32>,
}

impl RateLimits {
    /// A server of this machine: it is not shared.
    const AT_HOME: Self = Self { in_flight: 4096, per_second: None };
    /// A resolver of the own network that the user or the system named.
    const NEAR: Self = Self { in_flight: 1024, per_second: None };
    /// A public resolver that the user named; they drop what comes in larger bursts.
    const PUBLIC: Self = Self { in_flight: 256, per_second: None };
    /// A name server that some delegation named. One domain has less than 64 questions for it at once, and the 256
    /// domains that may be under way are done within half a deadline if they all lie there.
    const STRANGER: Self = Self { in_flight: 64, per_second: Some(1000) };

    /// How a server at this address is treated that is asked in this role.
    pub(super) fn towards(address: IpAddr, role: Role) -> Self {
        match role {
            _ if address.is_loopback() => Self::AT_HOME,
            Role::Resolver | Role::Unvalidated if is_public(address) => Self::PUBLIC,
            Role::Resolver | Role::Unvalidated => Self::NEAR,
            Role::Authoritative | Role::ZoneFile | Role::Parent | Role::Delegated => Self::STRANGER,
        }
    }
}

/// Questions that may go out at once after a quiet time: what a second allows, divided by this.
const BURST: u32 = 5;
/// Questions under way before any was answered, at most: about what a receive buffer of the usual size holds.
const FIRST: u32 = 256;
/// What is left of the questions in flight however badly a server fares: one part of this many.
const LEAST: u32 = 16;

/// What a question says about the load of its server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Load {
    /// Answered at the first try.
    Easy,
    /// Refused, answered at a later try, or never.
    Heavy,
}

/// The turns at one server.
#[derive(Debug)]
pub(super) struct RateLimiter(Mutex<State>);

#[derive(Debug)]
struct State {
    rate_limits: RateLimits,
    /// Questions that may be under way now.
    limit: u32,
    in_flight: u32,
    /// Answers since the limit grew last.
    easy: u32,
    /// The time when the limit was halved last: questions that were sent before then are no news.
    halved: Option<Instant>,
    /// The time when the next question would go out if all went out at equal distances.
    next: Option<Instant>,
    waiting: VecDeque<oneshot::Sender<()>>,
}

impl RateLimiter {
    pub(super) fn new(rate_limits: RateLimits) -> Self {
        Self(Mutex::new(State {
            rate_limits,
            limit: rate_limits.in_flight.clamp(1, FIRST),
            in_flight: 0,
            easy: 0,
            halved: None,
            next: None,
            waiting: VecDeque::new(),
        }))
    }

    /// Waits for a turn.
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

    /// Gives the place of one question to the next.
    fn leave(&self) {
        let mut state = lock(&self.0);
        state.in_flight -= 1;
        state.hand_out();
    }

    fn note(&self, load: Load, sent: Instant) {
        let mut state = lock(&self.0);
        match load {
            Load::Easy => state.grow(),
            Load::Heavy if state.halved.is_none_or(|halved| sent > halved) => state.halve(Instant::now()),
            Load::Heavy => {}
        }
    }
}

impl State {
    /// Lets in as many as there are places.
    fn hand_out(&mut self) {
        while self.in_flight < self.limit
            && let Some(sender) = self.waiting.pop_front()
        {
            // Whoever has stopped waiting takes no place.
            if sender.send(()).is_ok() {
                self.in_flight += 1;
            }
        }
    }

    /// When this question may go out, if that is later.
    fn slot(&mut self, now: Instant) -> Option<Instant> {
        let per_second = self.rate_limits.per_second?.max(1);
        let distance = Duration::from_secs(1) / per_second;
        let next = self.next.map_or(now, |next| next.max(now));
        self.next = Some(next + distance);
        let ahead = distance * (per_second / BURST);
        let slot = next.checked_sub(ahead)?;
        (slot > now).then_some(slot)
    }

    /// One more at a time for each answer until it was too much once, then for as many answers as may be under way.
    fn grow(&mut self) {
        if self.limit >= self.rate_limits.in_flight {
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

/// A question whose turn may be still to come.
struct Waiting<'a> {
    pace: &'a RateLimiter,
    /// `None` once there is a place.
    place: Option<oneshot::Receiver<()>>,
}

impl Waiting<'_> {
    async fn over(mut self) {
        if let Some(place) = &mut self.place {
            // Only the pace itself drops senders, and it is still there.
            let _ = place.await;
        }
        // The turn gives the place back from here on.
        self.place = None;
    }
}

impl Drop for Waiting<'_> {
    /// A place that came too late is the next one's.
    fn drop(&mut self) {
        if let Some(place) = &mut self.place {
            place.close();
            if place.try_recv().is_ok() {
                self.pace.leave();
            }
        }
    }
}

/// A question whose turn has come; the next one's comes when this is dropped.
#[derive(Debug)]
pub(super) struct Permit<'a> {
    pace: &'a RateLimiter,
    sent: Instant,
}

impl Permit<'_> {
    /// Says how the server bore it.
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
