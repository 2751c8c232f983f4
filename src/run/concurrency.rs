//! Limits the number of domains under way at the same time.
//!
//! The user sets the number, or it adapts to what the resolvers keep up with: a few domains at first, one more after
//! each that went well, and half as many when a resolver that answers begins to leave questions unanswered. While the
//! threads that ask are busy, it shrinks to a few: more domains only wait for them, and push the others out of
//! the processors' caches (a tenth fewer domains per second with 48 than with 12 in `cargo bench --bench bulk`).

use std::cell::Cell;
use std::time::Duration;

use tokio::runtime::RuntimeMetrics;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;

use crate::facts::{Facts, Outcome, Role};

/// The number of domains per thread at the beginning.
const FIRST: usize = 32;
/// The number of domains per thread that keep it busy if all servers answer at once.
const BUSY: usize = 12;
/// The maximum number of domains: their queries are more than any server gets at the same time, and each takes about
/// 80 KiB.
const MOST: usize = 256;
/// The minimum number of domains.
const LEAST: usize = 4;
/// The number of domains at the beginning of a gentle run.
const FIRST_GENTLE: usize = 16;
/// The maximum number of domains in a gentle run.
const MOST_GENTLE: usize = 64;

/// The limit of the domains under way, fixed or adapted to the resolvers.
#[derive(Debug)]
pub(super) struct AdaptiveConcurrency {
    permits: Semaphore,
    /// The current limit.
    size: Cell<usize>,
    /// The limit to which it shrinks while the threads are busy.
    busy: usize,
    most: usize,
    /// The number of domains that must go well before the limit changes again; `usize::MAX` for a fixed limit.
    pause: Cell<usize>,
    /// The number of permits that are removed as soon as they are free.
    given_up: Cell<usize>,
    /// The load of the threads that ask; `None` outside a runtime.
    load: Option<Load>,
}

impl AdaptiveConcurrency {
    /// Returns the limit that the user sets, or else one that adapts to the resolvers and to the event loops of the
    /// threads that ask.
    pub(super) fn new(fixed: Option<usize>, threads: Vec<RuntimeMetrics>) -> Self {
        let first = (FIRST * threads.len().max(1)).min(MOST);
        Self::between(fixed.unwrap_or(first), fixed.unwrap_or(MOST), threads)
    }

    /// Returns a low limit, for servers that did not keep up before; never more than `fixed`.
    pub(super) fn gentle(fixed: Option<usize>, threads: Vec<RuntimeMetrics>) -> Self {
        let within = |limit: usize| fixed.map_or(limit, |fixed| fixed.min(limit));
        Self::between(within(FIRST_GENTLE), within(MOST_GENTLE), threads)
    }

    /// Returns a limit of `size` domains, which adapts if `most` is larger.
    fn between(size: usize, most: usize, threads: Vec<RuntimeMetrics>) -> Self {
        Self {
            permits: Semaphore::new(size),
            size: Cell::new(size),
            busy: BUSY * threads.len().max(1),
            most,
            pause: Cell::new(if size < most { 0 } else { usize::MAX }),
            given_up: Cell::new(0),
            load: (!threads.is_empty()).then(|| Load::of(threads)),
        }
    }

    /// Returns the maximum that the limit can reach.
    pub(super) fn most(&self) -> usize {
        self.most
    }

    /// Waits until one more domain may begin.
    pub(super) async fn enter(&self) -> Option<SemaphorePermit<'_>> {
        // The semaphore is never closed.
        self.permits.acquire().await.ok()
    }

    /// Ends a domain, and adapts the limit to its facts.
    pub(super) fn leave(&self, place: Option<SemaphorePermit<'_>>, facts: &Facts) {
        self.learn(facts);
        if let (Some(place), given_up @ 1..) = (place, self.given_up.get()) {
            self.given_up.set(given_up - 1);
            place.forget();
        }
    }

    /// Adapts the limit to the facts of a domain.
    fn learn(&self, facts: &Facts) {
        let (size, pause) = (self.size.get(), self.pause.get());
        if pause == usize::MAX {
            return;
        }
        if is_overrun(facts) {
            // Domains already under way suffer from the same burst, and show nothing new.
            if pause == 0 {
                self.shrink((size / 2).max(LEAST));
                self.pause.set(size);
            }
        } else if pause > 0 {
            self.pause.set(pause - 1);
        } else if self.load.as_ref().is_some_and(Load::is_full) {
            self.shrink(size.saturating_sub(1).max(self.busy).min(size));
        } else if size < self.most {
            self.permits.add_permits(1);
            self.size.set(size + 1);
        }
    }

    /// Lowers the limit to `size`; its places are given up as they become free.
    fn shrink(&self, size: usize) {
        self.given_up.set(self.given_up.get() + self.size.get() - size);
        self.size.set(size);
    }
}

/// The load of the threads that ask.
#[derive(Debug)]
struct Load {
    /// Their event loops, of one thread each.
    threads: Vec<RuntimeMetrics>,
    /// The time of the last measurement, and the total busy time of all threads by then.
    seen: Cell<(Instant, Duration)>,
    /// The result of the last measurement.
    is_full: Cell<bool>,
}

impl Load {
    /// The minimum length of a measurement: a few bursts of replies.
    const SPAN: Duration = Duration::from_millis(10);

    /// Returns the load of the threads with these event loops.
    fn of(threads: Vec<RuntimeMetrics>) -> Self {
        let seen = Cell::new((Instant::now(), total_busy_time(&threads)));
        Self { threads, seen, is_full: Cell::new(true) }
    }

    /// Returns whether the threads were busy for at least 90 % of the last measurement.
    fn is_full(&self) -> bool {
        self.look(Instant::now(), || total_busy_time(&self.threads))
    }

    /// Does the same at this time; `busy` returns the total busy time of all threads.
    fn look(&self, now: Instant, busy: impl FnOnce() -> Duration) -> bool {
        let (then, busy_then) = self.seen.get();
        let passed = now.saturating_duration_since(then);
        if passed >= Self::SPAN {
            let busy = busy();
            self.seen.set((now, busy));
            let passed: Duration = self.threads.iter().map(|_| passed).sum();
            self.is_full.set(busy.saturating_sub(busy_then) * 10 >= passed * 9);
        }
        self.is_full.get()
    }
}

fn total_busy_time(threads: &[RuntimeMetrics]) -> Duration {
    threads.iter().map(|thread| thread.worker_total_busy_duration(0)).sum()
}

/// Returns whether a resolver answered some questions and left others unanswered.
fn is_overrun(facts: &Facts) -> bool {
    let by_resolvers = || facts.unordered().filter(|reply| reply.server.role == Role::Resolver);
    let is_silence = |outcome| matches!(outcome, Outcome::Timeout | Outcome::OutOfTime);
    let mut silent = by_resolvers().filter(|reply| is_silence(reply.outcome));
    silent
        .any(|silent| by_resolvers().any(|reply| reply.server == silent.server && reply.outcome.is_answer()))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::facts::{Reply, Server, UnqueriedNames};
    use crate::record::{Question, RecordType};

    fn facts(outcomes: &[Outcome]) -> Facts {
        let mut facts = Facts::new(jiff::Timestamp::UNIX_EPOCH, UnqueriedNames::Asked);
        let server = Arc::new(Server { role: Role::Resolver, address: "192.0.2.53:53".into() });
        for (index, outcome) in outcomes.iter().enumerate() {
            let name = format!("{index}.example").parse().unwrap();
            let question = Question::new(name, RecordType::Mx);
            facts.insert(Reply::empty(question, Arc::clone(&server), *outcome));
        }
        facts
    }

    /// Returns the event loop of this thread; none outside a runtime.
    fn here() -> Vec<RuntimeMetrics> {
        tokio::runtime::Handle::try_current().iter().map(tokio::runtime::Handle::metrics).collect()
    }

    #[test]
    fn a_gentle_window_begins_small_and_stays_within_what_is_given() {
        for (fixed, first, most) in [(None, 16, 64), (Some(1), 1, 1), (Some(16), 16, 16), (Some(40), 16, 40)]
        {
            let window = AdaptiveConcurrency::gentle(fixed, Vec::new());
            assert_eq!((window.size.get(), window.most()), (first, most));
            (0..100).for_each(|_| window.learn(&facts(&[Outcome::NoData])));
            assert_eq!(window.size.get(), most);
            window.learn(&facts(&[Outcome::NoData, Outcome::Timeout]));
            let smaller = if most > first { most / 2 } else { most };
            assert_eq!(window.size.get(), smaller);
        }
    }

    #[test]
    fn a_window_grows_while_all_goes_well_and_halves_once_for_a_burst() {
        let window = AdaptiveConcurrency::new(None, here());
        let (well, overrun) = (facts(&[Outcome::NoData]), facts(&[Outcome::NoData, Outcome::Timeout]));
        (0..1000).for_each(|_| window.learn(&well));
        assert_eq!((window.size.get(), window.permits.available_permits()), (MOST, MOST));
        (0..10).for_each(|_| window.learn(&overrun));
        assert_eq!((window.size.get(), window.given_up.get()), (MOST / 2, MOST / 2));
        (0..10_000).for_each(|_| window.learn(&overrun));
        assert!(window.size.get() >= LEAST);
        // A resolver that never answers does not show that too much is asked.
        let before = window.size.get();
        (0..10_000).for_each(|_| window.learn(&facts(&[Outcome::Timeout])));
        assert!(window.size.get() > before);
    }

    #[tokio::test]
    async fn threads_that_are_busy_are_given_no_more() {
        for count in [1, 3] {
            let window = AdaptiveConcurrency::new(None, (0..count).flat_map(|_| here()).collect());
            assert_eq!(window.size.get(), FIRST * count);
            let load = window.load.as_ref().unwrap();
            let well = facts(&[Outcome::NoData]);
            let hour = Duration::from_secs(3600);
            // So far ahead that the clock of this test changes nothing.
            let (mut now, (_, mut busy)) = (Instant::now() + hour, load.seen.get());
            load.look(now, || busy);
            for (share, grows) in [(100, -1), (91, -1), (90, -1), (89, 1), (0, 1), (95, -1)] {
                now += hour;
                busy += hour * share * u32::try_from(count).unwrap() / 100;
                load.look(now, || busy);
                let before = window.size.get();
                window.learn(&well);
                assert_eq!(window.size.get(), before.saturating_add_signed(grows), "{share} %");
            }
            (0..1000).for_each(|_| window.learn(&well));
            assert_eq!(window.size.get(), BUSY * count);
        }
    }

    #[tokio::test]
    async fn that_a_thread_waits_the_runtime_tells() {
        let window = AdaptiveConcurrency::new(None, here());
        for _ in 0..3 {
            tokio::time::sleep(5 * Load::SPAN).await;
            window.learn(&facts(&[Outcome::NoData]));
        }
        assert!(window.size.get() > FIRST);
    }

    #[tokio::test]
    async fn places_are_given_up_as_they_become_free() {
        let window = AdaptiveConcurrency::new(None, here());
        let mut places = Vec::new();
        for _ in 0..FIRST {
            places.push(window.enter().await);
        }
        let overrun = facts(&[Outcome::NoData, Outcome::Timeout]);
        places.into_iter().for_each(|place| window.leave(place, &overrun));
        assert_eq!(window.permits.available_permits(), window.size.get());
        assert_eq!(window.size.get(), FIRST / 2);
    }

    #[test]
    fn a_window_that_the_user_set_stays() {
        let window = AdaptiveConcurrency::new(Some(7), here());
        (0..100).for_each(|_| window.learn(&facts(&[Outcome::NoData, Outcome::Timeout])));
        (0..100).for_each(|_| window.learn(&facts(&[Outcome::NoData])));
        assert_eq!((window.size.get(), window.most()), (7, 7));
    }
}
