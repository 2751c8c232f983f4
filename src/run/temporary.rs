//! Keeps a list of the temporary files of this process, so that a forced exit leaves none behind.
//!
//! Normally each of them is removed by its owner.
#![allow(clippy::disallowed_methods, reason = "temporary files are files")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The temporary files that exist now, of the whole process.
static TEMPORARY: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

fn temporary() -> MutexGuard<'static, BTreeSet<PathBuf>> {
    TEMPORARY.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A file that is removed if the process is ended before this is dropped.
#[derive(Debug)]
pub(super) struct Temporary(PathBuf);

impl Temporary {
    /// Adds a file to the list.
    pub(super) fn new(path: &Path) -> Self {
        temporary().insert(path.to_owned());
        Self(path.to_owned())
    }

    /// Returns the path of the file.
    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        temporary().remove(&self.0);
    }
}

/// Removes all temporary files, for a process that ends now.
pub fn remove_temporary_files() {
    for path in std::mem::take(&mut *temporary()) {
        // Nothing is left to report if one of them is gone already.
        let _ = std::fs::remove_file(path);
    }
}
