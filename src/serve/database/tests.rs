use jiff::SignedDuration;
use rusqlite::params;

use super::tables::MIGRATIONS;
use super::*;
use crate::expected::Phase;
use crate::report::DomainReport;

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
    let values = params![one.domain.without_trailing_dot(), one.checked_at.to_string(), "ready", one.report];
    old.execute("INSERT INTO result VALUES (?1, ?2, ?3, ?4)", values).unwrap();
    for (second, verdict) in [(7, "ready"), (2, "changes-needed")] {
        let since = format!("1970-01-01T00:00:0{second}Z");
        old.execute("INSERT INTO verdict VALUES ('contoso.com', ?1, ?2)", params![since, verdict]).unwrap();
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
    assert!(matches!(Database::open(&path), Err(DatabaseError::Newer { found, .. }) if found == VERSION + 1));
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
