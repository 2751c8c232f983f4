//! Keeps the state in SQLite: last results, verdicts, and what was published before.
//!
//! One thread writes, so that a slow disk delays no page. A result that could not be written, for example because the
//! disk is full, is kept and written with the next one.

mod tables;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use tokio::sync::oneshot;

use crate::check::Verdict;
use crate::facts::History;
use crate::record::Name;

use super::known::Known;
use tables::{MOST_VERDICTS, VERSION, load, prepare, sqlite, tables, write};

/// The time after which a failed write is tried again.
const AGAIN: Duration = Duration::from_secs(30);

/// The reason why the state cannot be stored.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// SQLite reports an error.
    #[error("{path}: {source}")]
    Sqlite {
        /// The file.
        path: String,
        /// The error.
        source: rusqlite::Error,
    },
    /// A newer version has written the file.
    #[error(
        "{path}: version {found} of the database, and this version of cutover reads up to {VERSION}; use a newer cutover"
    )]
    Newer {
        /// The file.
        path: String,
        /// Its version.
        found: u32,
    },
    /// The thread for writing cannot be started.
    #[error("no thread for the database: {0}")]
    Thread(#[from] std::io::Error),
}

impl DatabaseError {
    /// Returns whether the error only means that the file cannot be written.
    fn is_unwritable(&self) -> bool {
        let Self::Sqlite { source, .. } = self else { return false };
        matches!(
            source.sqlite_error_code(),
            Some(
                ErrorCode::ReadOnly
                    | ErrorCode::CannotOpen
                    | ErrorCode::DiskFull
                    | ErrorCode::PermissionDenied
            )
        )
    }
}

/// The reason why a result could not be written yet; the write is tried again.
#[derive(Debug, Clone, thiserror::Error)]
pub(super) enum SaveError {
    #[error(transparent)]
    Write(Arc<DatabaseError>),
    #[error("the disk is slow")]
    Slow,
    #[error("the database has ended")]
    Ended,
}

/// The stored state of a domain.
#[derive(Debug, Clone)]
pub(super) struct Saved {
    pub(super) domain: Name,
    pub(super) checked_at: Timestamp,
    pub(super) verdict: Verdict,
    /// The report as JSON.
    pub(super) report: String,
    /// The verdicts that are new, each with its time.
    pub(super) changed: Vec<(Timestamp, Verdict)>,
    /// The history of published records as text, if it is kept in the database.
    pub(super) seen: Option<String>,
}

/// The state read from the database.
#[derive(Debug, Default)]
pub(super) struct Loaded {
    pub(super) known: BTreeMap<Name, Known>,
    pub(super) history: History,
    /// Notes about the file.
    pub(super) notes: Vec<String>,
}

/// The handle of the thread that writes.
#[derive(Debug)]
pub(super) struct Database {
    sender: Sender<Job>,
    thread: JoinHandle<()>,
}

struct Job {
    saved: Saved,
    done: oneshot::Sender<Result<(), SaveError>>,
}

impl Database {
    /// Opens or creates the file, and reads its content. A file that cannot be written is only read. If none can be
    /// created, there is no database, and a note says so.
    ///
    /// # Errors
    /// [`DatabaseError`] for a file that is not a database, or has a newer version.
    pub(super) fn open(path: &Path) -> Result<(Option<Self>, Loaded), DatabaseError> {
        let (connection, note) = match prepare(path) {
            Ok(connection) => (connection, None),
            Err(error) if error.is_unwritable() => {
                let note = format!("{error}; results are kept in memory only");
                let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
                let read = Connection::open_with_flags(path, flags);
                match read.and_then(|connection| tables(&connection).map(|()| connection)) {
                    Ok(connection) => (connection, Some(note)),
                    Err(_) => return Ok((None, Loaded { notes: vec![note], ..Loaded::default() })),
                }
            }
            Err(error) => return Err(error),
        };
        let mut loaded = load(&connection).map_err(|source| sqlite(path, source))?;
        loaded.notes.extend(note);
        let (sender, receiver) = channel();
        let path = path.to_owned();
        let thread =
            Builder::new().name("database".into()).spawn(move || work(connection, &path, &receiver))?;
        Ok((Some(Self { sender, thread }), loaded))
    }

    /// Saves a result, and waits until it is written.
    ///
    /// # Errors
    /// [`SaveError`] if it could not be written.
    pub(super) async fn save(&self, saved: Saved) -> Result<(), SaveError> {
        let (done, is_done) = oneshot::channel();
        self.sender.send(Job { saved, done }).map_err(|_| SaveError::Ended)?;
        is_done.await.unwrap_or(Err(SaveError::Ended))
    }

    /// Writes the remaining results, and waits for that.
    pub(super) fn close(self) {
        drop(self.sender);
        // If the thread has failed, nothing can be written any more.
        let _ = self.thread.join();
    }
}

/// Writes results as they arrive. All that wait are written in one transaction.
fn work(mut connection: Connection, path: &Path, jobs: &Receiver<Job>) {
    let mut unsaved: BTreeMap<Name, Saved> = BTreeMap::new();
    loop {
        let mut waiting = Vec::new();
        let has_ended = match jobs.recv_timeout(AGAIN) {
            Ok(job) => {
                waiting.push(job);
                waiting.extend(jobs.try_iter().take(256));
                false
            }
            Err(RecvTimeoutError::Timeout) => false,
            Err(RecvTimeoutError::Disconnected) => true,
        };
        let dones: Vec<_> = waiting
            .into_iter()
            .map(|Job { saved, done }| {
                add(&mut unsaved, saved);
                done
            })
            .collect();
        let written = if unsaved.is_empty() { Ok(()) } else { write_again(&mut connection, path, &unsaved) };
        let written = written.map_err(|error| SaveError::Write(Arc::new(error)));
        if written.is_ok() {
            unsaved.clear();
        }
        for done in dones {
            // The check may have stopped waiting.
            let _ = done.send(written.clone());
        }
        if has_ended {
            return;
        }
    }
}

/// Replaces an unsaved result of a domain by a newer one, without losing the verdicts in between.
fn add(unsaved: &mut BTreeMap<Name, Saved>, mut saved: Saved) {
    if let Some(mut older) = unsaved.remove(&saved.domain) {
        older.changed.append(&mut saved.changed);
        // A disk may be full for a long time.
        older.changed.drain(..older.changed.len().saturating_sub(MOST_VERDICTS as usize));
        saved.changed = older.changed;
        saved.seen = saved.seen.or(older.seen);
    }
    unsaved.insert(saved.domain.clone(), saved);
}

/// Writes results. If the present connection cannot, a new one is opened, since the file may be writable by now.
fn write_again(
    connection: &mut Connection,
    path: &Path,
    unsaved: &BTreeMap<Name, Saved>,
) -> Result<(), DatabaseError> {
    let Err(error) = write(connection, unsaved) else { return Ok(()) };
    let failed = |error: rusqlite::Error| sqlite(path, error);
    if error.sqlite_error_code() != Some(ErrorCode::ReadOnly) {
        return Err(failed(error));
    }
    let Ok(opened) = prepare(path) else { return Err(failed(error)) };
    *connection = opened;
    write(connection, unsaved).map_err(failed)
}

/// Returns the default path of the database, next to the settings file.
#[must_use]
pub fn default_database(settings: &Path) -> PathBuf {
    settings.with_file_name("cutover.db")
}
