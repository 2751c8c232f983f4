//! Locks a file that several runs change, with a lock file next to it that is removed with the lock.
#![allow(clippy::disallowed_methods, reason = "a lock is a file, and waiting for it takes real time")]

use std::fs::File;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::time::{Duration, Instant};

use super::error::{RunError, shown};
use super::files::{folder_of, hidden};
use super::temporary::Temporary;

/// The times that a run waits for another one.
#[derive(Debug, Clone, Copy)]
struct Patience {
    /// After this time the user gets a note.
    silent: Duration,
    /// After this time the run gives up.
    whole: Duration,
}

/// The note comes soon enough to explain the delay; a run that only adds to a file takes a fraction of the rest.
const PATIENCE: Patience = Patience { silent: Duration::from_secs(1), whole: Duration::from_secs(10) };

/// The pause between two tries to get a lock that is held.
const PAUSE: Duration = Duration::from_millis(25);

/// The lock of a file; other runs wait until it is dropped.
#[derive(Debug)]
pub(super) struct FileLock {
    lock: Temporary,
    /// The lock ends when this is closed, which the system also does for a process that is killed.
    _file: File,
}

impl FileLock {
    /// Waits until no other run has the lock for `path`. After a second of waiting, `notify` gets a sentence for the
    /// user.
    ///
    /// # Errors
    /// [`RunError`] if the lock file cannot be made, if something else is in its place, or after 10 seconds.
    pub(super) fn acquire(path: &Path, notify: &mut dyn FnMut(&str)) -> Result<Self, RunError> {
        Self::wait(path, PATIENCE, notify)
    }

    fn wait(path: &Path, patience: Patience, notify: &mut dyn FnMut(&str)) -> Result<Self, RunError> {
        let lock = folder_of(path)?.join(hidden(path, ".lock"));
        let (start, mut is_noted) = (Instant::now(), false);
        loop {
            match try_lock(&lock) {
                Ok(Some(file)) => return Ok(Self { lock: Temporary::new(&lock), _file: file }),
                Ok(None) => {}
                // Windows refuses so for a moment after the file was removed, and for good where nothing may be written.
                Err(error) if is_brief(&error) && start.elapsed() < patience.silent => {}
                Err(error) => return Err(RunError::write(&lock, error)),
            }
            let waited = start.elapsed();
            if waited >= patience.whole {
                let seconds = patience.whole.as_secs();
                return Err(RunError::Locked { path: shown(path), seconds });
            }
            if waited >= patience.silent && !is_noted {
                is_noted = true;
                let seconds = patience.whole.as_secs();
                notify(&format!(
                    "{} is locked by another run; waiting for up to {seconds} s",
                    path.display()
                ));
            }
            std::thread::sleep(PAUSE.min(patience.whole));
        }
    }
}

impl Drop for FileLock {
    /// Removes the lock file while it is still locked: another run that has opened it meanwhile sees that it is gone,
    /// and creates a new one. Windows removes it by itself when it is closed, and refuses here.
    fn drop(&mut self) {
        let _ = std::fs::remove_file(self.lock.path());
    }
}

/// Returns the lock file, locked; `None` if another run has it or has just removed it.
#[cfg(unix)]
fn try_lock(path: &Path) -> io::Result<Option<File>> {
    let Some(file) = open(path)? else { return Ok(None) };
    match file.try_lock() {
        Ok(()) => {}
        Err(std::fs::TryLockError::WouldBlock) => return Ok(None),
        Err(std::fs::TryLockError::Error(error)) => return Err(error),
    }
    Ok(is_at(&file, path).then_some(file))
}

/// The lock file, opened for this run alone, which is the lock; `None` if another run has it. The system removes it when it
/// is closed, also for a process that is killed. A file that other runs hold open can be removed by name there too, and
/// then two of them could have a lock.
#[cfg(windows)]
fn try_lock(path: &Path) -> io::Result<Option<File>> {
    use std::os::windows::fs::OpenOptionsExt as _;
    /// `GENERIC_WRITE` and `DELETE`.
    const ACCESS: u32 = 0x4000_0000 | 0x0001_0000;
    /// `FILE_FLAG_DELETE_ON_CLOSE` and `FILE_FLAG_OPEN_REPARSE_POINT`: never through a link.
    const FLAGS: u32 = 0x0400_0000 | 0x0020_0000;
    /// `ERROR_SHARING_VIOLATION` and `ERROR_DELETE_PENDING`.
    const HELD: [i32; 2] = [32, 303];
    let mut options = File::options();
    options.write(true).create(true).access_mode(ACCESS).share_mode(0).custom_flags(FLAGS);
    match options.open(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.raw_os_error().is_some_and(|code| HELD.contains(&code)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Returns whether the same may succeed in a moment.
fn is_brief(error: &io::Error) -> bool {
    cfg!(windows) && error.kind() == ErrorKind::PermissionDenied
}

/// Opens or creates the lock file; `None` if another run has removed it in between. A link is not followed, since it
/// could lead anywhere in a folder that all may write to. Something other than a file is refused, since opening a pipe
/// would wait for its other end.
#[cfg(unix)]
fn open(path: &Path) -> io::Result<Option<File>> {
    match options().create_new(true).open(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        opened => return opened.map(Some),
    }
    let file = match options().open(path) {
        // Not created again here: a third run may have done so, and the next try sees which.
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        opened => opened?,
    };
    match file.metadata()?.is_file() {
        true => Ok(Some(file)),
        false => Err(io::Error::other("not a regular file; remove it")),
    }
}

#[cfg(unix)]
fn options() -> std::fs::OpenOptions {
    use std::os::unix::fs::OpenOptionsExt as _;
    let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
    let mut options = File::options();
    options.write(true).custom_flags(flags.bits().cast_signed());
    options
}

/// Returns whether this file is the one at the path, and not one that was removed before it could be locked.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let identity =
        |metadata: io::Result<std::fs::Metadata>| metadata.map(|file| (file.dev(), file.ino())).ok();
    identity(file.metadata()).is_some_and(|ours| identity(std::fs::symlink_metadata(path)) == Some(ours))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    const SHORT: Patience = Patience { silent: Duration::from_millis(50), whole: Duration::from_millis(200) };

    fn unheard(_: &str) {}

    #[test]
    fn a_lock_that_is_held_is_reported_and_given_up() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("history.json");
        let held = FileLock::acquire(&path, &mut unheard).unwrap();
        let mut notes = Vec::new();
        let refused = FileLock::wait(&path, SHORT, &mut |note| notes.push(note.to_owned()));
        assert!(matches!(refused, Err(RunError::Locked { .. })) && notes.len() == 1, "{notes:?}");
        drop(held);
        let again = FileLock::wait(&path, SHORT, &mut unheard).unwrap();
        assert!(folder.path().join(".history.json.lock").exists());
        drop(again);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn one_at_a_time_has_it_however_many_wait() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("history.json");
        let (inside, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..16 {
                scope.spawn(|| {
                    for _ in 0..20 {
                        let lock = FileLock::acquire(&path, &mut unheard).unwrap();
                        assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0);
                        done.fetch_add(1, Ordering::SeqCst);
                        inside.fetch_sub(1, Ordering::SeqCst);
                        drop(lock);
                    }
                });
            }
        });
        assert_eq!(done.into_inner(), 320);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[cfg(unix)]
    #[test]
    fn what_is_not_a_file_is_refused_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let (path, lock) = (folder.path().join("a"), folder.path().join(".a.lock"));
        let made = std::process::Command::new("mkfifo").arg(&lock).status().unwrap();
        assert!(made.success());
        assert!(FileLock::wait(&path, PATIENCE, &mut |note| panic!("{note}")).is_err());
        std::fs::remove_file(&lock).unwrap();
        std::fs::create_dir(&lock).unwrap();
        assert!(FileLock::wait(&path, PATIENCE, &mut |note| panic!("{note}")).is_err());
        assert!(lock.exists());
    }
}
