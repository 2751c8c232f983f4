//! Threads that judge domains while others are looked up.
//!
//! One thread asks: that takes little time and much waiting. What needs no network, such as judging a domain and writing
//! its report, is handed to other threads where there are processors for them; when they have enough to do, it is done on the
//! spot, so that nothing piles up.

use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, Scope, available_parallelism};

use tokio::sync::oneshot;

/// Domains from which on it is worth to begin a thread.
const MANY: usize = 16;
/// Threads at most: these judge more domains than one thread can look up.
const MOST: usize = 4;
/// Pieces of work that wait for each thread: many domains are looked up at the same moment, when a burst of replies comes.
const WAITING: usize = 32;

/// A piece of work.
type Work<'w> = Box<dyn FnOnce() + Send + 'w>;

/// Threads that do what needs no network; none where there is nothing to gain.
pub struct Workers<'w> {
    queue: Option<SyncSender<Work<'w>>>,
    hired: usize,
}

impl<'w> Workers<'w> {
    /// No threads: everything is done on the spot.
    pub fn none() -> Self {
        Self { queue: None, hired: 0 }
    }

    /// As many as there are processors to spare, for a run of this many domains; they end when this is dropped.
    pub fn hire<'e: 'w>(scope: &'w Scope<'w, 'e>, domains: usize) -> Self {
        let spare = available_parallelism().map_or(1, NonZeroUsize::get).saturating_sub(1).min(MOST);
        Self::hire_so_many(scope, if domains < MANY { 0 } else { spare })
    }

    fn hire_so_many<'e: 'w>(scope: &'w Scope<'w, 'e>, count: usize) -> Self {
        let (queue, work) = sync_channel(count * WAITING);
        let work = Arc::new(Mutex::new(work));
        let mut hired = 0;
        for _ in 0..count {
            let work = Arc::clone(&work);
            // A system that gives no thread leaves the work to those who are there.
            let thread = Builder::new().name("checking".into()).spawn_scoped(scope, move || toil(&work));
            hired += usize::from(thread.is_ok());
        }
        Self { queue: (hired > 0).then_some(queue), hired }
    }

    /// Pieces of work that can be under way at the same time, here and elsewhere.
    pub fn places(&self) -> usize {
        1 + self.hired * (1 + WAITING)
    }

    /// What `work` returns, whichever thread does it; `None` if it did not finish.
    pub async fn done<T: Send + 'w>(&self, work: impl FnOnce() -> T + Send + 'w) -> Option<T> {
        let Some(queue) = &self.queue else { return Some(work()) };
        let (done, result) = oneshot::channel();
        let work: Work<'w> = Box::new(move || {
            // Where a run was ended, the result is not waited for any more.
            if !done.is_closed() {
                let _ = done.send(work());
            }
        });
        match queue.try_send(work) {
            Ok(()) => {}
            Err(TrySendError::Full(work) | TrySendError::Disconnected(work)) => work(),
        }
        result.await.ok()
    }

    /// Frees something that is not needed any more: much of it takes a while.
    pub fn let_go<T: Send + 'w>(&self, thing: T) {
        if let Some(queue) = &self.queue {
            // Where they have enough to do it goes here and now.
            let _ = queue.try_send(Box::new(move || drop(thing)));
        }
    }
}

/// Does one piece of work after the other, until there will be no more.
fn toil(work: &Mutex<Receiver<Work<'_>>>) {
    loop {
        let next = work.lock().unwrap_or_else(PoisonError::into_inner).recv();
        match next {
            // In a library, and in tests; the program itself ends where it panics. The waiting side sees that it failed.
            Ok(work) => drop(catch_unwind(AssertUnwindSafe(work))),
            Err(_) => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::panic::resume_unwind;
    use std::thread;

    use futures_util::StreamExt as _;

    use super::*;

    /// The numbers up to a thousand, each with whether it was made on a worker.
    fn counted(count: usize) -> (Vec<Option<u32>>, bool) {
        let here = thread::current().id();
        thread::scope(|scope| {
            let workers = Workers::hire_so_many(scope, count);
            let numbers = futures_util::stream::iter(0..1000_u32)
                .map(|number| workers.done(move || (number, thread::current().id() == here)))
                .buffered(64)
                .collect::<Vec<_>>();
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let numbers = runtime.block_on(numbers);
            let alone = numbers.iter().flatten().all(|(_, alone)| *alone);
            (numbers.into_iter().map(|done| done.map(|(number, _)| number)).collect(), alone)
        })
    }

    #[test]
    fn work_that_fails_is_reported_and_blocks_no_other() {
        thread::scope(|scope| {
            let workers = Workers::hire_so_many(scope, 1);
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let failed = runtime.block_on(workers.done(|| resume_unwind(Box::new("of a test"))));
            assert_eq!(failed, None::<()>);
            assert_eq!(runtime.block_on(workers.done(|| 1)), Some(1));
        });
    }

    #[test]
    fn all_work_is_done_once_on_every_number_of_threads() {
        let expected: Vec<_> = (0..1000).map(Some).collect();
        assert_eq!(counted(0), (expected.clone(), true));
        for count in [1, 3] {
            assert_eq!(counted(count).0, expected);
        }
    }
}
