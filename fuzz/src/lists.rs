//! Are lists of expected records read without harm, whatever stands in them?

use cutover::expected::import::{Kind, read};
use cutover::expected::{Subject, expectations, ignored};

use crate::domain;

/// A table with columns.
pub fn table(data: &[u8]) {
    list(data, Kind::Csv);
}

/// What Microsoft Graph answers.
pub fn graph(data: &[u8]) {
    list(data, Kind::Graph);
}

/// What PowerShell makes of it.
pub fn powershell(data: &[u8]) {
    list(data, Kind::Powershell);
}

fn list(data: &[u8], kind: Kind) {
    // What it is taken for by its content must be no worse.
    let _ = read(data, "list", &domain(), None);
    let Ok(import) = read(data, "list", &domain(), Some(kind)) else { return };
    for wanted in &import.records {
        assert!(wanted.name.is_within(&domain()), "{wanted}");
    }
    let subject = Subject { given: import.records, unused: import.ignored, ..Subject::new(domain()) };
    let list = expectations(&subject);
    assert!(!list.is_empty());
    let _ = ignored(&subject);
}
