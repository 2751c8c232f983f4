//! Runs checks on a thread of their own, so that no page waits while a domain is checked.

use std::io;
use std::thread::Builder;

use tokio::runtime::{self, Handle};
use tokio::sync::{mpsc, oneshot};
use tokio::task::LocalSet;

use crate::facts::History;
use crate::run::{Checker, RunError, RunOptions};

use super::clock::ServerClock;

/// The thread on which checks run.
#[derive(Debug, Clone)]
pub(super) struct Checks {
    handle: Handle,
    openings: mpsc::UnboundedSender<Opening>,
}

/// Options to open, and the channel for the result.
struct Opening {
    options: RunOptions,
    history: History,
    opened: oneshot::Sender<Result<Checker, RunError>>,
}

impl Checks {
    /// Starts the thread. It ends when all of its handles are gone.
    pub(super) fn start(clock: ServerClock) -> io::Result<Self> {
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let (openings, mut opened) = mpsc::unbounded_channel();
        let work = move || {
            let local = LocalSet::new();
            let open = async {
                while let Some(opening) = opened.recv().await {
                    tokio::task::spawn_local(open(opening, clock.clone()));
                }
            };
            local.block_on(&runtime, open);
            drop(local);
            // Checks in progress are no longer needed.
            runtime.shutdown_background();
        };
        Builder::new().name("checks".into()).spawn(work)?;
        Ok(Self { handle, openings })
    }

    /// Opens the options on the thread of the checks, since the sockets belong to its runtime.
    ///
    /// # Errors
    /// [`RunError`] for options that cannot be used.
    pub(super) async fn open(&self, options: RunOptions, history: History) -> Result<Checker, RunError> {
        let (opened, is_opened) = oneshot::channel();
        let opening = Opening { options, history, opened };
        self.openings.send(opening).map_err(|_| RunError::Unfinished)?;
        is_opened.await.map_err(|_| RunError::Unfinished)?
    }

    /// Runs a future on the thread.
    pub(super) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        drop(self.handle.spawn(work));
    }
}

async fn open(Opening { options, history, opened }: Opening, clock: ServerClock) {
    // The client may be gone.
    let _ = opened.send(Checker::open_with_history(options, history, clock.now()).await);
}
