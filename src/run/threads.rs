//! Divides the processors between looking domains up and judging them.

use std::thread::Scope;

use crate::lookup::Source;
use crate::lookup::transport::most_event_loops;

use super::lookup_threads::LookupThreads;
use super::workers::Workers;

/// The minimum number of domains for which starting threads pays off.
const MANY: usize = 16;
/// The minimum number of domains per thread that looks domains up.
const MANY_LOOKUPS: usize = 64;
/// The maximum number of threads of each kind: these do some thousand domains per second, and each takes about 3 MiB.
const MOST: usize = 4;

/// The threads of a run over many domains, besides the calling one.
pub struct Threads<'w> {
    pub(super) lookups: LookupThreads<'w>,
    pub(super) workers: Workers<'w>,
}

impl<'w> Threads<'w> {
    /// Returns no threads: everything is done on the calling thread.
    #[must_use]
    pub fn none() -> Self {
        Self { lookups: LookupThreads::none(), workers: Workers::none() }
    }

    /// Starts the threads that pay off for a run of this many domains from this source, with this many processors; they
    /// end when this is dropped.
    pub fn start<'e: 'w>(
        scope: &'w Scope<'w, 'e>,
        processors: usize,
        domains: usize,
        source: &Source,
    ) -> Self {
        let most_lookups = if source.is_at_hand() { 0 } else { most_event_loops().min(MOST) };
        let (lookups, workers) = divided(processors, domains, most_lookups);
        Self { lookups: LookupThreads::start(scope, lookups), workers: Workers::hire(scope, workers) }
    }

    /// Frees a value that is not needed any more, on another thread if possible: a large one takes a while.
    pub fn let_go<T: Send + 'w>(&self, thing: T) {
        self.workers.let_go(thing);
    }
}

/// Returns the number of threads that look up, and of those that judge, besides the calling thread.
fn divided(processors: usize, domains: usize, most_lookups: usize) -> (usize, usize) {
    if domains < MANY {
        return (0, 0);
    }
    // Over a network, looking a domain up takes about as much time of a processor as judging it.
    let lookups = (processors / 2).min(domains / MANY_LOOKUPS).min(most_lookups);
    // A single thread would leave the calling one idle, which can do the same.
    let lookups = if lookups == 1 { 0 } else { lookups };
    let workers = processors.saturating_sub(lookups.max(1)).min(MOST);
    (lookups, workers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_are_started_where_they_pay_off() {
        for (processors, domains, lookups, workers) in [
            (1, 100_000, 0, 0),
            (2, 100_000, 0, 1),
            (3, 100_000, 0, 2),
            (4, 100_000, 2, 2),
            (6, 100_000, 3, 3),
            (8, 100_000, 4, 4),
            (64, 100_000, 4, 4),
            (8, 1, 0, 0),
            (8, 15, 0, 0),
            (8, 16, 0, 4),
            (8, 127, 0, 4),
            (8, 128, 2, 4),
        ] {
            assert_eq!(divided(processors, domains, MOST), (lookups, workers), "{processors}, {domains}");
        }
        assert_eq!(divided(8, 100_000, 0), (0, 4));
        assert_eq!(divided(8, 100_000, 1), (0, 4));
        assert_eq!(divided(8, 100_000, 3), (3, 4));
    }
}
