//! Stores the exit status of a run that has written everything, for a process that a signal ends.

use std::sync::OnceLock;
use std::time::Duration;

/// The exit status of the run, once everything is written. It is global, since a signal ends the whole process.
static STATUS: OnceLock<u8> = OnceLock::new();

/// Stores the exit status of a run that has written everything.
pub(super) fn set_final_status(status: u8) {
    // A process has one run that a signal can end, so only the first status counts.
    let _ = STATUS.set(status);
}

/// Returns the exit status of the run, if it has written everything.
pub(super) fn final_status() -> Option<u8> {
    STATUS.get().copied()
}

/// The time limit for ending the process after a signal, if it differs from the default.
static PATIENCE: OnceLock<Duration> = OnceLock::new();

/// Sets the time limit for ending the process.
#[cfg(feature = "serve")]
pub(super) fn set_patience(patience: Duration) {
    // Only the first time limit counts, as for the status.
    let _ = PATIENCE.set(patience);
}

/// Returns the time limit for ending the process, if it differs from the default.
pub(super) fn patience() -> Option<Duration> {
    PATIENCE.get().copied()
}
