//! Looks up domains on several threads.
//!
//! One thread can send the queries of some thousand domains per second. Where there are processors to spare, several
//! threads do so, each with its own event loop and its own sockets, so that a reply is read on the thread that waits
//! for it. They share the cache of replies, the limits of each server and the knowledge about its health: nothing is
//! asked twice, and no server gets more queries than from one thread.

use std::cell::Cell;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::thread::{Builder, Scope};

use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt as _, StreamExt as _};
use tokio::runtime::{self, Handle, Runtime, RuntimeMetrics};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;

/// The lookups of a domain.
type Lookup<'w> = Pin<Box<dyn Future<Output = ()> + Send + 'w>>;

/// The threads that look up domains; none if that is done on the calling thread.
pub(super) struct LookupThreads<'w>(Vec<LookupThread<'w>>);

struct LookupThread<'w> {
    queue: UnboundedSender<Lookup<'w>>,
    metrics: RuntimeMetrics,
    /// The number of domains that this thread looks up.
    under_way: Cell<usize>,
}

impl<'w> LookupThreads<'w> {
    /// Returns no threads: everything is looked up on the calling thread.
    pub(super) fn none() -> Self {
        Self(Vec::new())
    }

    /// Starts so many threads, or fewer if the system refuses some; they end when this is dropped.
    pub(super) fn start<'e: 'w>(scope: &'w Scope<'w, 'e>, count: usize) -> Self {
        let started = (1..=count).map_while(|number| {
            let runtime = runtime::Builder::new_current_thread().enable_all().build().ok()?;
            let metrics = runtime.metrics();
            let (queue, lookups) = unbounded_channel();
            let thread = Builder::new().name(format!("lookup {number}"));
            thread.spawn_scoped(scope, move || look_up(runtime, lookups)).ok()?;
            Some(LookupThread { queue, metrics, under_way: Cell::new(0) })
        });
        Self(started.collect())
    }

    /// Returns the event loops of these threads; none outside a runtime if there are no others than the calling thread.
    pub(super) fn metrics(&self) -> Vec<RuntimeMetrics> {
        if self.0.is_empty() {
            return Handle::try_current().iter().map(Handle::metrics).collect();
        }
        self.0.iter().map(|thread| thread.metrics.clone()).collect()
    }

    /// Returns the result of `lookup`, which the thread with the fewest lookups makes; `None` if it did not finish. Ends
    /// the lookup when this is dropped.
    pub(super) async fn done<T: Send + 'w>(&self, lookup: impl Future<Output = T> + Send + 'w) -> Option<T> {
        let Some(thread) = self.0.iter().min_by_key(|thread| thread.under_way.get()) else {
            return Some(lookup.await);
        };
        let _place = thread.enter();
        let (mut done, result) = oneshot::channel();
        let lookup = async move {
            tokio::select! {
                biased;
                // The run was ended; a lookup that has not begun does not begin any more.
                () = done.closed() => {}
                found = lookup => drop(done.send(found)),
            }
        };
        // The thread takes lookups until this is dropped; if it has failed, the result never comes.
        let _ = thread.queue.send(Box::pin(lookup));
        result.await.ok()
    }
}

impl LookupThread<'_> {
    fn enter(&self) -> UnderWay<'_> {
        self.under_way.set(self.under_way.get() + 1);
        UnderWay(&self.under_way)
    }
}

/// A domain that a thread looks up.
struct UnderWay<'t>(&'t Cell<usize>);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

/// Makes all lookups of a queue at the same time, until it is closed.
fn look_up(runtime: Runtime, mut lookups: UnboundedReceiver<Lookup<'_>>) {
    runtime.block_on(async {
        let mut under_way = FuturesUnordered::new();
        loop {
            tokio::select! {
                lookup = lookups.recv(), if !lookups.is_closed() || !lookups.is_empty() => {
                    // The program itself ends where it panics; in a library and in tests the waiting side sees that the
                    // lookup failed.
                    under_way.extend(lookup.map(|lookup| AssertUnwindSafe(lookup).catch_unwind()));
                }
                Some(_) = under_way.next() => {}
                else => return,
            }
        }
    });
    // Lookups in progress, such as one to a server that never answered, are no longer needed.
    runtime.shutdown_background();
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::panic::resume_unwind;
    use std::sync::Arc;
    use std::thread;
    use std::time::Duration;

    use super::*;

    /// Returns what `run` returns with so many threads.
    fn with_threads<T>(count: usize, run: impl AsyncFnOnce(&LookupThreads<'_>) -> T) -> T {
        thread::scope(|scope| {
            let threads = LookupThreads::start(scope, count);
            let runtime = runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(run(&threads))
        })
    }

    #[test]
    fn all_lookups_are_made_once_and_all_threads_make_some() {
        for count in [0, 1, 3] {
            let (numbers, threads) = with_threads(count, async |threads| {
                let lookups = (0..1000_u32).map(|number| {
                    threads.done(async move {
                        tokio::time::sleep(Duration::from_millis(1)).await;
                        (number, thread::current().id())
                    })
                });
                let lookups = futures_util::stream::iter(lookups).buffered(64);
                let found: Vec<_> = lookups.map(Option::unwrap).collect().await;
                let threads: BTreeSet<String> = found.iter().map(|(_, id)| format!("{id:?}")).collect();
                (found.into_iter().map(|(number, _)| number).collect::<Vec<_>>(), threads)
            });
            assert_eq!(numbers, (0..1000).collect::<Vec<_>>());
            assert_eq!(threads.len(), count.max(1));
            let here = format!("{:?}", thread::current().id());
            assert_eq!(threads.contains(&here), count == 0);
        }
    }

    #[test]
    fn a_lookup_that_fails_is_reported_and_ends_no_other() {
        let (failed, other) = with_threads(1, async |threads| {
            let failing = threads.done(async {
                tokio::task::yield_now().await;
                resume_unwind(Box::new("of a test"))
            });
            let other = threads.done(async {
                tokio::time::sleep(Duration::from_millis(5)).await;
                1
            });
            tokio::join!(failing, other)
        });
        assert_eq!((failed, other), (None::<()>, Some(1)));
    }

    #[test]
    fn a_lookup_that_nothing_waits_for_any_more_ends() {
        let alive = Arc::new(());
        let held = Arc::clone(&alive);
        with_threads(1, async move |threads| {
            let endless = threads.done(async move {
                std::future::pending::<()>().await;
                drop(held);
            });
            let result = tokio::time::timeout(Duration::from_millis(5), endless).await;
            assert!(result.is_err() && threads.0[0].under_way.get() == 0);
        });
        // The scope has ended although the lookup never would have.
        assert_eq!(Arc::strong_count(&alive), 1);
    }
}
