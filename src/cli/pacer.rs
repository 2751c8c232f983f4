//! How does time pass between two looks?
//!
//! The one door to waiting and to signals, so that tests decide how long a night is.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use jiff::Timestamp;

/// Something that happens later.
pub type Later<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Whoever waits, and knows when to stop.
pub trait Pacer: fmt::Debug + Send + Sync {
    /// Waits for so long from `now` on, and gives back the time then.
    fn wait(&self, now: Timestamp, span: Duration) -> Later<'_, Timestamp>;

    /// Is over when the user wants to stop.
    fn stopped(&self) -> Later<'_, ()>;
}

/// The process: real time, and the signals that end it.
#[derive(Debug)]
pub(super) struct Process;

impl Pacer for Process {
    #[allow(
        clippy::disallowed_methods,
        reason = "a wait ends at a time of the clock on the wall, also after a sleep of the machine"
    )]
    fn wait(&self, now: Timestamp, span: Duration) -> Later<'_, Timestamp> {
        /// A machine that wakes up looks at the clock so soon.
        const LONGEST_NAP: Duration = Duration::from_secs(10);
        Box::pin(async move {
            let mut slept = Duration::ZERO;
            loop {
                // A clock that is set back does not prolong the wait.
                let at_least = now.checked_add(slept).unwrap_or(now);
                let then = Timestamp::now().max(at_least);
                let over = Duration::try_from(now.duration_until(then)).unwrap_or_default();
                if over >= span {
                    return then;
                }
                let nap = (span - over).min(LONGEST_NAP);
                tokio::time::sleep(nap).await;
                slept += nap;
            }
        })
    }

    fn stopped(&self) -> Later<'_, ()> {
        Box::pin(async {
            tokio::select! {
                () = interrupted() => {}
                () = terminated() => {}
            }
        })
    }
}

async fn interrupted() {
    if tokio::signal::ctrl_c().await.is_err() {
        // Without the signal nobody can want to stop.
        std::future::pending::<()>().await;
    }
}

#[cfg(unix)]
async fn terminated() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut signal) => drop(signal.recv().await),
        Err(_) => std::future::pending().await,
    }
}

#[cfg(not(unix))]
async fn terminated() {
    std::future::pending().await
}
