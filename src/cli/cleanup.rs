//! Keeps the exit status of a run that has written everything, for the end that a signal forces.

use std::sync::OnceLock;
use std::time::Duration;

/// The exit status of the run, once everything is written. For the whole process, as its end is.
static STATUS: OnceLock<u8> = OnceLock::new();

/// Keeps the exit status of a run that has written everything.
pub(super) fn set_status(status: u8) {
    // The first run of a process is the only one that a signal ends.
    let _ = STATUS.set(status);
}

/// The exit status of the run, if it has written everything.
pub(super) fn status() -> Option<u8> {
    STATUS.get().copied()
}

/// How long the end of the process may take after a signal, where that is not as usual.
static PATIENCE: OnceLock<Duration> = OnceLock::new();

/// Lets the end of the process take this long.
#[cfg(feature = "serve")]
pub(super) fn set_patience(patience: Duration) {
    // As for the status.
    let _ = PATIENCE.set(patience);
}

/// How long the end of the process may take, where that is not as usual.
pub(super) fn patience() -> Option<Duration> {
    PATIENCE.get().copied()
}
