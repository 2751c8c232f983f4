//! Shares a bounded number of TCP connections fairly among the domains that need them.
//!
//! A domain whose servers truncate every answer and let each connection stall could otherwise occupy all of them. A
//! released permit goes to the waiting domain that holds the fewest; no domain holds more than its share.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use foldhash::{HashMap, HashMapExt as _};
use tokio::sync::oneshot;

use super::health::lock;
use crate::record::Name;

/// A pool of permits for connections.
#[derive(Debug, Clone)]
pub(super) struct FairPermits(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    free: usize,
    /// The highest number of permits that one domain may hold.
    share: usize,
    held: HashMap<Name, usize>,
    waiting: VecDeque<(Name, oneshot::Sender<Permit>)>,
}

/// A permit, returned to the pool when dropped.
#[derive(Debug)]
pub(super) struct Permit {
    permits: FairPermits,
    /// The holder; `None` once the permit is returned.
    domain: Option<Name>,
}

impl FairPermits {
    /// Returns this many permits, of which one domain holds at most `share`; both are at least 1.
    pub(super) fn new(permits: usize, share: usize) -> Self {
        let (free, share) = (permits.max(1), share.max(1));
        Self(Arc::new(Mutex::new(State { free, share, held: HashMap::new(), waiting: VecDeque::new() })))
    }

    /// Waits for a permit for a query of this domain.
    pub(super) async fn acquire(&self, domain: &Name) -> Permit {
        let receiver = {
            let mut state = lock(&self.0);
            let (sender, receiver) = oneshot::channel();
            state.waiting.push_back((domain.clone(), sender));
            receiver
        };
        self.grant();
        match receiver.await {
            Ok(permit) => permit,
            // Senders are dropped only with the pool, which this task keeps alive.
            Err(_) => Permit { permits: self.clone(), domain: None },
        }
    }

    /// Hands out free permits.
    fn grant(&self) {
        loop {
            let (sender, mut permit) = {
                let mut state = lock(&self.0);
                let Some((domain, sender)) = state.next() else { return };
                *state.held.entry(domain.clone()).or_default() += 1;
                state.free -= 1;
                (sender, Permit { permits: self.clone(), domain: Some(domain) })
            };
            if let Err(unwanted) = sender.send(permit) {
                // Its query was abandoned. The permit is not dropped, since dropping it would call this function again.
                permit = unwanted;
                permit.give_back();
            }
        }
    }
}

impl State {
    /// Returns the next query to get a permit: the first waiting one whose domain holds the fewest.
    fn next(&mut self) -> Option<(Name, oneshot::Sender<Permit>)> {
        if self.free == 0 {
            return None;
        }
        self.waiting.retain(|(_, sender)| !sender.is_closed());
        let held = |domain: &Name| self.held.get(domain).copied().unwrap_or(0);
        let waiting = self.waiting.iter().enumerate().map(|(index, (domain, _))| (held(domain), index));
        let (held, index) = waiting.min()?;
        if held >= self.share { None } else { self.waiting.remove(index) }
    }
}

impl Permit {
    fn give_back(&mut self) -> bool {
        let Some(domain) = self.domain.take() else { return false };
        let mut state = lock(&self.permits.0);
        state.free += 1;
        if let Some(held) = state.held.get_mut(&domain) {
            *held -= 1;
            if *held == 0 {
                state.held.remove(&domain);
            }
        }
        true
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if self.give_back() {
            self.permits.grant();
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    fn name(text: &str) -> Name {
        text.parse().unwrap()
    }

    #[tokio::test]
    async fn no_domain_holds_more_than_its_share() {
        let permits = FairPermits::new(4, 2);
        let (greedy, modest) = (name("greedy.example"), name("modest.example"));
        let held = [permits.acquire(&greedy).await, permits.acquire(&greedy).await];
        let mut waiting: Vec<_> = (0..10).map(|_| Box::pin(permits.acquire(&greedy))).collect();
        assert!(waiting.iter_mut().all(|waiting| waiting.now_or_never().is_none()));
        let own = permits.acquire(&modest).now_or_never().unwrap();
        drop(waiting);
        drop((held, own));
        let state = lock(&permits.0);
        assert_eq!((state.free, state.held.len()), (4, 0));
    }

    #[tokio::test]
    async fn a_free_permit_goes_to_the_domain_that_holds_the_fewest() {
        let permits = FairPermits::new(2, 2);
        let (greedy, modest) = (name("greedy.example"), name("modest.example"));
        let mut held = vec![permits.acquire(&greedy).await, permits.acquire(&greedy).await];
        let mut greedy_waits = Box::pin(permits.acquire(&greedy));
        let mut modest_waits = Box::pin(permits.acquire(&modest));
        assert!(greedy_waits.as_mut().now_or_never().is_none());
        assert!(modest_waits.as_mut().now_or_never().is_none());
        held.pop();
        assert!(greedy_waits.as_mut().now_or_never().is_none());
        let permit = modest_waits.as_mut().now_or_never().unwrap();
        drop(permit);
        assert!(greedy_waits.as_mut().now_or_never().is_some());
    }

    #[tokio::test]
    async fn a_permit_that_nobody_waits_for_any_more_goes_on() {
        let permits = FairPermits::new(1, 1);
        let (one, other) = (name("one.example"), name("other.example"));
        let held = permits.acquire(&one).await;
        let mut given_up: Vec<_> = (0..1000).map(|_| Box::pin(permits.acquire(&other))).collect();
        given_up.iter_mut().for_each(|waiting| assert!(waiting.now_or_never().is_none()));
        let mut last = Box::pin(permits.acquire(&one));
        assert!(last.as_mut().now_or_never().is_none());
        // Some have been granted a permit by then, and never take it.
        drop(held);
        drop(given_up);
        assert!(last.as_mut().now_or_never().is_some());
    }
}
