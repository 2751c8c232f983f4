//! Judges domains on other threads while more of them are looked up.
//!
//! Work that needs no network, such as judging a domain and writing its report, is handed to other threads if there are
//! processors for them. If their queue is full, it is done on the calling thread, so that no backlog builds up.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, Scope};

use tokio::sync::oneshot;

/// The number of pieces of work that may wait per thread: many domains are done at the same moment, when a burst of
/// replies comes.
const WAITING: usize = 32;

/// A piece of work.
type Work<'w> = Box<dyn FnOnce() + Send + 'w>;

/// The threads for work that needs no network; none if they would gain nothing. Clones share them.
#[derive(Clone)]
pub(super) struct Workers<'w> {
    queue: Option<SyncSender<Work<'w>>>,
    hired: usize,
}

impl<'w> Workers<'w> {
    /// Returns workers without threads: everything is done on the calling thread.
    pub(super) fn none() -> Self {
        Self { queue: None, hired: 0 }
    }

    /// Starts so many threads; they end when this is dropped.
    pub(super) fn hire<'e: 'w>(scope: &'w Scope<'w, 'e>, count: usize) -> Self {
        let (queue, work) = sync_channel(count * WAITING);
        let work = Arc::new(Mutex::new(work));
        let mut hired = 0;
        for _ in 0..count {
            let work = Arc::clone(&work);
            // If the system refuses a thread, the others do its work.
            let thread = Builder::new().name("checking".into()).spawn_scoped(scope, move || toil(&work));
            hired += usize::from(thread.is_ok());
        }
        Self { queue: (hired > 0).then_some(queue), hired }
    }

    /// Returns the number of pieces of work that can be under way at the same time, on all threads.
    pub(super) fn places(&self) -> usize {
        1 + self.hired * (1 + WAITING)
    }

    /// Returns the result of `work`, whichever thread does it; `None` if it did not finish.
    pub(super) async fn done<T: Send + 'w>(&self, work: impl FnOnce() -> T + Send + 'w) -> Option<T> {
        let Some(queue) = &self.queue else { return Some(work()) };
        let (done, result) = oneshot::channel();
        let work: Work<'w> = Box::new(move || {
            // If the run was ended, nothing waits for the result any more.
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

    /// Frees a value that is not needed any more, on another thread if possible: a large one takes a while.
    pub(super) fn let_go<T: Send + 'w>(&self, thing: T) {
        if let Some(queue) = &self.queue {
            // If their queue is full, it is freed here.
            let _ = queue.try_send(Box::new(move || drop(thing)));
        }
    }
}

/// Does one piece of work after the other until the queue is closed.
fn toil(work: &Mutex<Receiver<Work<'_>>>) {
    loop {
        let next = work.lock().unwrap_or_else(PoisonError::into_inner).recv();
        match next {
            // The program itself ends where it panics; in a library and in tests the waiting side sees that it failed.
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
            let workers = Workers::hire(scope, count);
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
            let workers = Workers::hire(scope, 1);
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
