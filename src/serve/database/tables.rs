//! The tables of the database: their versions, and the statements that read and write them.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, params};

use crate::check::Verdict;
use crate::facts::History;
use crate::record::Name;
use crate::report::DomainReport;
use crate::report::harmless::harmless;

use super::{DatabaseError, Loaded, Saved};
use crate::serve::known::Known;

/// The version of the tables, stored in `user_version`.
pub(super) const VERSION: u32 = 2;
/// The statements that upgrade the tables to each version from the one before. Verdicts have numbers since version 2: by
/// time they would change their order when the clock is set back, and one second can have two.
pub(super) const MIGRATIONS: [&str; VERSION as usize] = ["
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
pub(super) const MOST_VERDICTS: u32 = 1000;
/// The time to wait for a lock of another process on the file.
const BUSY: Duration = Duration::from_secs(2);

/// Returns the error of SQLite about this file.
pub(super) fn sqlite(path: &Path, source: rusqlite::Error) -> DatabaseError {
    DatabaseError::Sqlite { path: path.display().to_string(), source }
}

/// Returns a connection to a file whose tables have this version.
pub(super) fn prepare(path: &Path) -> Result<Connection, DatabaseError> {
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
pub(super) fn tables(connection: &Connection) -> rusqlite::Result<()> {
    connection.query_row("SELECT count(*) FROM result", [], |_| Ok(()))
}

/// Reads everything.
pub(super) fn load(connection: &Connection) -> rusqlite::Result<Loaded> {
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
            let domain = harmless(&domain);
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

/// Writes these results in one transaction.
pub(super) fn write(connection: &mut Connection, unsaved: &BTreeMap<Name, Saved>) -> rusqlite::Result<()> {
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
