//! Implements the clock of the process: real time, and the signals that end it.

use std::sync::OnceLock;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;

use crate::run::{self, Clock, Later};

use super::signals;

/// The clock of the process. Once [`Clock::stopped`] has been called, a signal ends the whole process within 2 seconds,
/// whatever it is doing.
#[derive(Debug, Default)]
pub(super) struct Process {
    /// The number of signals received; `None` if the system delivers none.
    signals: OnceLock<Option<watch::Receiver<u32>>>,
}

impl Clock for Process {
    fn wait(&self, now: Timestamp, span: Duration) -> Later<'_, Timestamp> {
        Box::pin(run::wait(now, span))
    }

    fn stopped(&self) -> Later<'_, ()> {
        let Some(mut signals) = self.signals.get_or_init(signals::listen).clone() else {
            // Without signals the user cannot ask to stop.
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
