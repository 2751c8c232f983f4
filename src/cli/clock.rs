//! The clock of a watch.
//!
//! The one door to waiting and to signals, so that tests decide how long a night is.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::OnceLock;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;

use super::signals;

/// Something that happens later.
pub type Later<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A clock that waits, and knows when to stop.
pub trait Clock: fmt::Debug + Send + Sync {
    /// Waits for this duration from `now` on, and gives back the time then.
    fn wait(&self, now: Timestamp, span: Duration) -> Later<'_, Timestamp>;

    /// Is over when the user wants to stop.
    fn stopped(&self) -> Later<'_, ()>;
}

/// The process: real time, and the signals that end it. Once it has been asked whether the user wants to stop, a signal ends
/// the whole process within 2 seconds, whatever it is doing.
#[derive(Debug, Default)]
pub(super) struct Process {
    /// How many signals came; `None` if the system gives none.
    signals: OnceLock<Option<watch::Receiver<u32>>>,
}

impl Clock for Process {
    #[allow(
        clippy::disallowed_methods,
        reason = "a wait ends at a time of the clock on the wall, also after a sleep of the machine"
    )]
    fn wait(&self, now: Timestamp, span: Duration) -> Later<'_, Timestamp> {
        /// A machine that wakes up reads the clock this soon.
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
        let Some(mut signals) = self.signals.get_or_init(signals::listen).clone() else {
            // Without signals nobody can want to stop.
            return Box::pin(std::future::pending());
        };
        signals.mark_unchanged();
        Box::pin(async move {
            if signals.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        })
    }
}
