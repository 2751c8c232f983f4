//! Does a whole run end in a result, or in an error that can be printed, whatever stands in its files?

use std::cell::RefCell;
use std::path::Path;

use cutover::cli::{Surroundings, run};
use tempfile::TempDir;

use crate::harmless::{assert_json, assert_lines};

thread_local! {
    /// A directory with the file under test and a zone; one for all inputs.
    static DESK: RefCell<Option<TempDir>> = const { RefCell::new(None) };
}

/// The settings file.
pub fn settings(data: &[u8]) {
    let out = ended(data, "expected contoso.com --format json --settings INPUT");
    if !out.is_empty() {
        assert_json("expected", &out);
    }
}

/// An earlier report that is gone on from.
pub fn resume(data: &[u8]) {
    let out = ended(data, "check contoso.com fabrikam.com --zone ZONE --format ndjson --resume INPUT");
    for line in out.lines() {
        assert_json("a line", line);
    }
}

/// A list of domains.
pub fn domains(data: &[u8]) {
    let out = ended(data, "check --domains INPUT --zone ZONE --format ndjson");
    for line in out.lines() {
        assert_json("a line", line);
    }
}

/// Runs the words; gives standard output.
fn ended(data: &[u8], words: &str) -> String {
    DESK.with_borrow_mut(|desk| {
        let desk = desk.get_or_insert_with(|| tempfile::tempdir().expect("a place for files")).path();
        let (input, zone) = (desk.join("input"), desk.join("zone"));
        std::fs::write(&input, data).expect("a file that can be written");
        if !zone.exists() {
            std::fs::copy(crate::seeds::fixtures().join("ready.zone"), &zone).expect("a zone to check");
        }
        let words = words.split(' ').map(|word| match word {
            "INPUT" => input.clone().into_os_string(),
            "ZONE" => zone.clone().into_os_string(),
            word => word.into(),
        });
        let arguments = std::iter::once("cutover".into()).chain(words);
        let now = "2026-11-22T05:23:00Z".parse().expect("a time");
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let status = run(arguments, &mut out, &mut err, &Surroundings::of_pipe(now));
        let [out, err] = [out, err].map(|octets| String::from_utf8(octets).expect("streams are UTF-8"));
        assert!(status <= 4, "{status}");
        assert_eq!(status == 2, err.contains("error:"), "{status}: {err}");
        assert_lines("standard error", &err);
        assert_eq!(files(desk), 2, "nothing but the two files is there");
        out
    })
}

fn files(desk: &Path) -> usize {
    std::fs::read_dir(desk).map_or(0, Iterator::count)
}
