//! Passes the time between two checks, and says when to stop.
//!
//! The one door to waiting, so that tests decide how long a night is.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use jiff::Timestamp;

/// Something that happens later.
pub type Later<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Waits, and knows when to stop.
pub trait Clock: fmt::Debug + Send + Sync {
    /// Waits for this span from `now` on, and returns the time then.
    fn wait(&self, now: Timestamp, span: Duration) -> Later<'_, Timestamp>;

    /// Is over when the user wants to stop.
    fn stopped(&self) -> Later<'_, ()>;

    /// Returns the time now.
    #[allow(clippy::disallowed_methods, reason = "the clock of the machine, unless a test has another one")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// Waits by the clock of the machine.
///
/// A wait ends at a time of the clock on the wall, also after the machine has been asleep.
#[allow(clippy::disallowed_methods, reason = "a wait ends at a time of the clock on the wall")]
pub async fn wait(now: Timestamp, span: Duration) -> Timestamp {
    /// A machine that wakes up reads the clock at least this soon.
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
