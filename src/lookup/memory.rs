//! Caches the replies of a run.
//!
//! One cache for all domains, so that nothing is asked twice; bounded, so that it does not grow with their number. It
//! has two generations: the older one is dropped when the younger is full, and an entry that is asked for again moves
//! to the younger. Entries that many domains share are kept; those that one domain needed are dropped after some
//! thousand questions.

use std::hash::Hash;
use std::sync::Arc;

use foldhash::{HashMap, HashMapExt as _};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::OnceCell;

/// A cell with a reply, or with the query for it in flight.
pub(super) type Shared<V> = Arc<OnceCell<V>>;

/// A cache of answers by question.
#[derive(Debug)]
pub(super) struct Memory<K, V> {
    young: HashMap<K, Shared<V>>,
    old: HashMap<K, Shared<V>>,
    /// The highest number of answers in one generation.
    most: usize,
    /// The size of the answers in the younger generation that have arrived, in octets.
    octets: usize,
    /// The size limit of one generation, in octets.
    most_octets: usize,
}

impl<K: Clone + Eq + Hash, V> Memory<K, V> {
    /// Returns a cache of at least this many answers or octets, and at most twice as many.
    pub(super) fn of(most: usize, most_octets: usize) -> Self {
        Self { young: HashMap::new(), old: HashMap::new(), most, octets: 0, most_octets }
    }

    /// Counts the octets of an answer that has arrived.
    pub(super) fn grow(&mut self, octets: usize) {
        self.octets += octets;
        if self.octets > self.most_octets {
            self.age();
        }
    }

    fn age(&mut self) {
        self.old = std::mem::take(&mut self.young);
        self.octets = 0;
    }

    /// Returns the cell that holds or will hold the answer: the first task asks, the others wait. An answer that is no
    /// longer good is replaced by an empty cell; a pending one counts as good.
    pub(super) fn cell(&mut self, key: &K, is_good: impl Fn(&V) -> bool) -> Shared<V> {
        let is_kept = |cell: &Shared<V>| cell.get().is_none_or(&is_good);
        if let Some(cell) = self.young.get(key).filter(|cell| is_kept(cell)) {
            return Arc::clone(cell);
        }
        if self.young.len() >= self.most {
            self.age();
        }
        let cell = self.old.remove(key).filter(is_kept).unwrap_or_default();
        self.young.insert(key.clone(), Arc::clone(&cell));
        cell
    }

    /// Returns the cell that holds or will hold the answer, if the question was asked before.
    pub(super) fn known(&self, key: &K, is_good: impl Fn(&V) -> bool) -> Option<Shared<V>> {
        let known = self.young.get(key).or_else(|| self.old.get(key));
        known.filter(|cell| cell.get().is_none_or(is_good)).cloned()
    }

    /// Forgets outdated answers; pending ones stay.
    pub(super) fn forget(&mut self, is_outdated: impl Fn(&K, &V) -> bool) {
        for answers in [&mut self.young, &mut self.old] {
            answers.retain(|key, cell| !cell.get().is_some_and(|value| is_outdated(key, value)));
        }
    }

    /// Forgets all answers except those to keep; pending ones are forgotten too.
    pub(super) fn retain(&mut self, keep: impl Fn(&K, &V) -> bool) {
        for answers in [&mut self.young, &mut self.old] {
            answers.retain(|key, cell| cell.get().is_some_and(|value| keep(key, value)));
        }
    }
}

/// The interval during which a failing lookup is sent at most twice.
const REPEAT_AFTER: SignedDuration = SignedDuration::from_secs(1);
/// The number of failures at which those older than the interval are dropped.
const MOST_FAILURES: usize = 4096;

/// Recent failures.
///
/// A failure never counts for another domain, so the next domain that needs the answer repeats the lookup. A lookup
/// that fails twice is repeated only after a second, so that a thousand domains do not send it a thousand times.
#[derive(Debug)]
pub(super) struct Failures<K>(HashMap<K, Repeats>);

#[derive(Debug)]
struct Repeats {
    first: Timestamp,
    count: u32,
}

impl<K> Default for Failures<K> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<K: Eq + Hash> Failures<K> {
    /// Records that a lookup failed at this time.
    pub(super) fn note(&mut self, key: K, at: Timestamp) {
        if self.0.len() >= MOST_FAILURES {
            self.0.retain(|_, repeats| !repeats.are_old(at));
        }
        if self.0.len() >= MOST_FAILURES {
            // That many failures within a second: some lookups are repeated more often.
            self.0.clear();
        }
        let repeats = self.0.entry(key).or_insert(Repeats { first: at, count: 0 });
        if repeats.are_old(at) {
            *repeats = Repeats { first: at, count: 0 };
        }
        repeats.count += 1;
    }

    /// Returns whether a failed lookup may be repeated at this time.
    pub(super) fn may_repeat(&self, key: &K, now: Timestamp) -> bool {
        self.0.get(key).is_none_or(|repeats| repeats.count < 2 || repeats.are_old(now))
    }
}

impl Repeats {
    fn are_old(&self, now: Timestamp) -> bool {
        self.first.duration_until(now) >= REPEAT_AFTER
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn octets_are_bounded_as_answers_are() {
        let mut memory: Memory<u32, u32> = Memory::of(1000, 100);
        for key in 0..50 {
            memory.cell(&key, |_| true).set(key).unwrap();
            memory.grow(30);
            assert!(memory.young.len() + memory.old.len() <= 7, "{key}");
        }
        assert!(memory.known(&49, |_| true).is_some() && memory.known(&1, |_| true).is_none());
    }

    #[test]
    fn a_failure_is_repeated_at_once_and_then_after_a_second() {
        let mut failures = Failures::default();
        let at = |milliseconds: i64| Timestamp::from_millisecond(milliseconds).unwrap();
        assert!(failures.may_repeat(&"a", at(0)));
        failures.note("a", at(0));
        assert!(failures.may_repeat(&"a", at(10)));
        failures.note("a", at(20));
        assert!(!failures.may_repeat(&"a", at(30)) && failures.may_repeat(&"b", at(30)));
        assert!(failures.may_repeat(&"a", at(1000)));
        failures.note("a", at(1000));
        assert!(failures.may_repeat(&"a", at(1001)));
        for number in 0..100_000 {
            failures.note(Box::leak(number.to_string().into_boxed_str()), at(2000 + number));
            assert!(failures.0.len() <= MOST_FAILURES);
        }
    }

    #[test]
    fn what_is_asked_for_again_stays_and_the_rest_goes() {
        let mut memory: Memory<u32, u32> = Memory::of(10, 1000);
        let mut asked = 0;
        for round in 0..100 {
            for key in [0, 1000 + round] {
                let cell = memory.cell(&key, |_| true);
                if cell.get().is_none() {
                    asked += 1;
                    cell.set(key).unwrap();
                }
            }
            assert!(memory.young.len() <= 10 && memory.old.len() <= 10);
        }
        // A question that all domains share was asked once, and each domain's own question once per domain.
        assert_eq!(asked, 101);
    }

    #[test]
    fn what_is_no_longer_good_is_asked_for_anew() {
        let mut memory: Memory<&str, u32> = Memory::of(10, 1000);
        memory.cell(&"a", |_| true).set(1).unwrap();
        assert_eq!(memory.cell(&"a", |value| *value == 1).get(), Some(&1));
        assert_eq!(memory.cell(&"a", |value| *value == 2).get(), None);
        // A pending answer counts as good for every caller.
        assert!(Arc::ptr_eq(&memory.cell(&"a", |_| false), &memory.cell(&"a", |_| false)));
    }
}
