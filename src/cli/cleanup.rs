//! Keeps the exit status of a run that has written everything, for the end that a signal forces.

use std::sync::OnceLock;

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
