//! Keeps what is needed to end the process from another thread: temporary files, and the status.
//!
//! Each of them is taken away by its owner as a rule; this is for the end that a signal forces.
#![allow(clippy::disallowed_methods, reason = "temporary files are files")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

/// Those that there are now. For the whole process, as its end is.
static TEMPORARY: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// The exit status of the run, once everything is written.
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

fn temporary() -> MutexGuard<'static, BTreeSet<PathBuf>> {
    TEMPORARY.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A file that is taken away if the process is ended before this is dropped.
#[derive(Debug)]
pub(super) struct Temporary(PathBuf);

impl Temporary {
    /// Remembers a file.
    pub(super) fn new(path: &Path) -> Self {
        temporary().insert(path.to_owned());
        Self(path.to_owned())
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        temporary().remove(&self.0);
    }
}

/// Takes all of them away, for a process that ends now.
pub(super) fn remove_all() {
    for path in std::mem::take(&mut *temporary()) {
        // Nothing is left to tell if one of them is gone already.
        let _ = std::fs::remove_file(path);
    }
}
