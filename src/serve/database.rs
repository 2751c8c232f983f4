//! Keeps the state in SQLite: last results, verdicts, and what was published before.
//!
//! One thread writes, so that a slow disk delays no page. A result that could not be written, for example because the
//! disk is full, is kept and written with the next one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, ErrorCode, OpenFlags, params};
use tokio::sync::oneshot;

use crate::check::Verdict;
use crate::facts::History;
use crate::record::Name;
use crate::report::DomainReport;

use super::known::Known;

/// The version of the tables, stored in `user_version`.
const VERSION: u32 = 2;
/// The statements that upgrade the tables to each version from the one before. Verdicts have numbers since version 2: by
/// time they would change their order when the clock is set back, and one second can have two.
const MIGRATIONS: [&str; VERSION as usize] = ["
    CREATE TABLE result (domain TEXT PRIMARY KEY, checked_at TEXT NOT NULL, verdict TEXT NOT NULL, report TEXT NOT NULL)
        WITHOUT ROWID;
    CREATE TABLE verdict (domain TEXT NOT NULL, since TEXT NOT NULL, verdict TEXT NOT NULL, PRIMARY KEY (domain, since))
        WITHOUT ROWID;
    CREATE TABLE history (domain TEXT PRIMARY KEY, seen TEXT NOT NULL) WITHOUT ROWID;
", "
    CREATE TABLE numbered (number INTEGER PRIMARY KEY, domain TEXT NOT NULL, since TEXT NOT NULL, verdict TEXT NOT NULL);
    INSERT INTO numbered (domain, since, verdict) SELECT domain, since, verdict FROM verdict ORDER BY domain, since;
    DROP TABLE verdict;
    ALTER TABLE numbered RENAME TO verdict;
    CREATE INDEX verdict_of_domain ON verdict (domain, number);
"];
/// The maximum number of verdicts that are kept for a domain.
const MOST_VERDICTS: u32 = 1000;
/// The time to wait for a lock of another process on the file.
const BUSY: Duration = Duration::from_secs(2);
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

fn sqlite(path: &Path, source: rusqlite::Error) -> DatabaseError {
    DatabaseError::Sqlite { path: path.display().to_string(), source }
}

/// Returns a connection to a file whose tables have this version.
fn prepare(path: &Path) -> Result<Connection, DatabaseError> {
    let failed = |source| sqlite(path, source);
    let mut connection = Connection::open(path).map_err(failed)?;
    connection.busy_timeout(BUSY).map_err(failed)?;
    let found: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(failed)?;
    if found > VERSION {
        return Err(DatabaseError::Newer { path: path.display().to_string(), found });
    }
    // In this mode readers and the writer do not wait for each other, and committed data survives a crash of the
    // process.
    connection.pragma_update(None, "journal_mode", "wal").map_err(failed)?;
    connection.pragma_update(None, "synchronous", "normal").map_err(failed)?;
    let steps = MIGRATIONS.iter().zip(1..).skip(found as usize);
    for (step, version) in steps {
        let transaction = connection.transaction().map_err(failed)?;
        transaction.execute_batch(step).map_err(failed)?;
        transaction.pragma_update(None, "user_version", version).map_err(failed)?;
        transaction.commit().map_err(failed)?;
    }
    // A file that cannot be written is detected now, not with the first result.
    let probe = connection.execute_batch("BEGIN IMMEDIATE; DELETE FROM result WHERE domain = ''; COMMIT");
    probe.map_err(failed)?;
    Ok(connection)
}

/// Returns an error unless the tables exist.
fn tables(connection: &Connection) -> rusqlite::Result<()> {
    connection.query_row("SELECT count(*) FROM result", [], |_| Ok(()))
}

fn load(connection: &Connection) -> rusqlite::Result<Loaded> {
    let mut loaded = Loaded::default();
    let mut verdicts: BTreeMap<String, Vec<(Timestamp, Verdict)>> = BTreeMap::new();
    let mut rows =
        connection.prepare("SELECT domain, since, verdict FROM verdict ORDER BY domain, number")?;
    let mut rows = rows.query([])?;
    while let Some(row) = rows.next()? {
        let (domain, since, word): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let (Ok(since), Some(verdict)) = (since.parse(), verdict(&word)) else { continue };
        verdicts.entry(domain).or_default().push((since, verdict));
    }
    let mut rows = connection.prepare("SELECT domain, checked_at, verdict, report FROM result")?;
    let mut rows = rows.query([])?;
    while let Some(row) = rows.next()? {
        let columns: (String, String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
        let (domain, checked_at, word, report) = columns;
        let read = (domain.parse(), checked_at.parse(), verdict(&word), serde_json::from_str(&report));
        let (Ok(name), Ok(checked_at), Some(verdict), Ok(report)) = read else {
            let domain = crate::report::harmless::harmless(&domain);
            loaded.notes.push(format!(
                "the database holds a result of {domain} that cannot be read; it is checked anew"
            ));
            continue;
        };
        let report: DomainReport = report;
        let mut known = Known::first(report, checked_at, verdict);
        if let Some(mut verdicts) = verdicts.remove(&domain) {
            known.verdicts = verdicts.split_off(verdicts.len().saturating_sub(64));
        }
        loaded.known.insert(name, known);
    }
    let mut rows = connection.prepare("SELECT seen FROM history")?;
    let mut rows = rows.query([])?;
    while let Some(row) = rows.next()? {
        let text: String = row.get(0)?;
        match History::parse(&text) {
            Ok(history) => loaded.history.extend(history),
            Err(error) => loaded.notes.push(format!("the history in the database: {error}; it is left out")),
        }
    }
    Ok(loaded)
}

fn verdict(word: &str) -> Option<Verdict> {
    Verdict::ALL.into_iter().find(|verdict| verdict.word() == word)
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

fn write(connection: &mut Connection, unsaved: &BTreeMap<Name, Saved>) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    {
        let mut result = transaction.prepare("INSERT OR REPLACE INTO result VALUES (?1, ?2, ?3, ?4)")?;
        let mut verdict =
            transaction.prepare("INSERT INTO verdict (domain, since, verdict) VALUES (?1, ?2, ?3)")?;
        let mut forget = transaction.prepare(
            "DELETE FROM verdict WHERE domain = ?1 AND number NOT IN
                (SELECT number FROM verdict WHERE domain = ?1 ORDER BY number DESC LIMIT ?2)",
        )?;
        let mut history = transaction.prepare("INSERT OR REPLACE INTO history VALUES (?1, ?2)")?;
        for saved in unsaved.values() {
            let domain = saved.domain.without_trailing_dot();
            result.execute(params![
                domain,
                saved.checked_at.to_string(),
                saved.verdict.word(),
                saved.report
            ])?;
            for (since, changed) in &saved.changed {
                verdict.execute(params![domain, since.to_string(), changed.word()])?;
            }
            if !saved.changed.is_empty() {
                forget.execute(params![domain, MOST_VERDICTS])?;
            }
            if let Some(seen) = &saved.seen {
                history.execute(params![domain, seen])?;
            }
        }
    }
    transaction.commit()
}

/// Returns the default path of the database, next to the settings file.
#[must_use]
pub fn default_database(settings: &Path) -> PathBuf {
    settings.with_file_name("cutover.db")
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::expected::Phase;

    fn saved(seconds: i64, verdict: Verdict, size: usize) -> Saved {
        let domain: Name = "contoso.com".parse().unwrap();
        let report = DomainReport::missing(&domain, Phase::Switch);
        let checked_at = Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds);
        let json = serde_json::to_string(&report).unwrap();
        let report = format!("{json}{}", " ".repeat(size));
        Saved { domain, checked_at, verdict, report, changed: vec![(checked_at, verdict)], seen: None }
    }

    #[test]
    fn results_that_do_not_fit_on_the_disk_are_written_when_there_is_room() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cutover.db");
        let mut connection = prepare(&path).unwrap();
        let pages: u32 = connection.pragma_query_value(None, "page_count", |row| row.get(0)).unwrap();
        connection.pragma_update(None, "max_page_count", pages).unwrap();
        let mut unsaved = BTreeMap::new();
        add(&mut unsaved, saved(1, Verdict::ChangesNeeded, 1 << 20));
        let error = write_again(&mut connection, &path, &unsaved).unwrap_err().to_string();
        assert!(error.contains("cutover.db") && error.contains("full"), "{error}");
        add(&mut unsaved, saved(2, Verdict::Ready, 0));
        connection.pragma_update(None, "max_page_count", 1 << 20).unwrap();
        write_again(&mut connection, &path, &unsaved).unwrap();
        let loaded = load(&connection).unwrap();
        let known = loaded.known.values().next().unwrap();
        let verdicts: Vec<Verdict> = known.verdicts.iter().map(|(_, verdict)| *verdict).collect();
        assert_eq!((known.verdict, verdicts), (Verdict::Ready, vec![Verdict::ChangesNeeded, Verdict::Ready]));
        assert!(loaded.notes.is_empty());
    }

    #[test]
    fn verdicts_keep_the_order_in_which_they_were_seen() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cutover.db");
        let mut connection = prepare(&path).unwrap();
        // Two in one second, and one after the clock was set back.
        let seen = [(9, Verdict::ChangesNeeded), (9, Verdict::Ready), (3, Verdict::Waiting)];
        for (seconds, verdict) in seen {
            let one = saved(seconds, verdict, 0);
            write(&mut connection, &BTreeMap::from([(one.domain.clone(), one)])).unwrap();
        }
        let loaded = load(&connection).unwrap();
        let known = loaded.known.values().next().unwrap();
        let verdicts: Vec<(i64, Verdict)> =
            known.verdicts.iter().map(|(since, verdict)| (since.as_second(), *verdict)).collect();
        assert_eq!(verdicts, seen);
    }

    #[test]
    fn a_file_of_the_first_version_is_taken_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cutover.db");
        let old = Connection::open(&path).unwrap();
        old.execute_batch(MIGRATIONS[0]).unwrap();
        old.pragma_update(None, "user_version", 1).unwrap();
        let one = saved(7, Verdict::Ready, 0);
        let values =
            params![one.domain.without_trailing_dot(), one.checked_at.to_string(), "ready", one.report];
        old.execute("INSERT INTO result VALUES (?1, ?2, ?3, ?4)", values).unwrap();
        for (second, verdict) in [(7, "ready"), (2, "changes-needed")] {
            let since = format!("1970-01-01T00:00:0{second}Z");
            old.execute("INSERT INTO verdict VALUES ('contoso.com', ?1, ?2)", params![since, verdict])
                .unwrap();
        }
        drop(old);
        let connection = prepare(&path).unwrap();
        let loaded = load(&connection).unwrap();
        let known = loaded.known.values().next().unwrap();
        let verdicts: Vec<Verdict> = known.verdicts.iter().map(|(_, verdict)| *verdict).collect();
        assert_eq!(verdicts, [Verdict::ChangesNeeded, Verdict::Ready]);
    }

    #[test]
    fn the_file_of_a_newer_version_is_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cutover.db");
        let connection = prepare(&path).unwrap();
        connection.pragma_update(None, "user_version", VERSION + 1).unwrap();
        drop(connection);
        assert!(
            matches!(Database::open(&path), Err(DatabaseError::Newer { found, .. }) if found == VERSION + 1)
        );
    }

    #[test]
    fn rows_that_cannot_be_read_are_left_out_and_reported() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cutover.db");
        let mut connection = prepare(&path).unwrap();
        let unsaved = BTreeMap::from([("contoso.com".parse().unwrap(), saved(1, Verdict::Ready, 0))]);
        write(&mut connection, &unsaved).unwrap();
        connection.execute("UPDATE result SET report = '{'", []).unwrap();
        connection.execute("INSERT INTO history VALUES ('contoso.com', 'x')", []).unwrap();
        let loaded = load(&connection).unwrap();
        assert_eq!((loaded.known.len(), loaded.notes.len()), (0, 2), "{:?}", loaded.notes);
    }
}
