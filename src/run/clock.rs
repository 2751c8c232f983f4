//! Waits between two checks, and reports when to stop.
//!
//! All waiting goes through [`Clock`], so that tests control the time.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use jiff::Timestamp;

/// A boxed future, as the methods of [`Clock`] return it.
pub type Later<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Waits, and reports when to stop.
pub trait Clock: fmt::Debug + Send + Sync {
    /// Waits for this span from `now`, and returns the time at its end.
    fn wait(&self, now: Timestamp, span: Duration) -> Later<'_, Timestamp>;

    /// Completes when the user wants to stop.
    fn stopped(&self) -> Later<'_, ()>;

    /// Returns the time now.
    #[allow(clippy::disallowed_methods, reason = "the clock of the machine, unless a test has another one")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// Waits by the system clock.
///
/// A wait ends at a wall-clock time, even if the machine was asleep meanwhile.
#[allow(clippy::disallowed_methods, reason = "a wait ends at a time of the clock on the wall")]
pub async fn wait(now: Timestamp, span: Duration) -> Timestamp {
    /// The maximum time until a machine that wakes up reads the clock again.
    const LONGEST_NAP: Duration = Duration::from_secs(10);
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
}
