//! Reads the time of the server.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::run::Clock;

/// The clock of the server.
#[derive(Debug, Clone)]
pub(super) struct ServerClock(Arc<dyn Clock>);

impl ServerClock {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        Self(clock)
    }

    /// Returns the current time in whole seconds, as reports show it.
    pub(super) fn now(&self) -> Timestamp {
        let now = self.0.now();
        Timestamp::from_second(now.as_second()).unwrap_or(now)
    }

    /// Waits for this span.
    pub(super) async fn wait(&self, span: Duration) {
        self.0.wait(self.0.now(), span).await;
    }

    /// Returns whether less than this span has passed since a time. A time in the future is not recent: the
    /// clock was set back since, and how long ago it was is unknown.
    pub(super) fn is_recent(&self, time: Timestamp, span: SignedDuration) -> bool {
        let age = time.duration_until(self.now());
        !age.is_negative() && age < span
    }
}
