//! Is what is read in one piece bounded, and what is printed of it?

use crate::run::{Workspace, cutover};

/// Octets that an error may have at most: a few lines.
const SHORT: usize = 8 << 10;

#[test]
fn a_very_long_line_of_a_list_is_refused_with_its_limit() {
    let workspace = Workspace::new();
    let list = workspace.put("list.txt", format!("contoso.com\n{}\n", "a".repeat(1 << 20)));
    let run = cutover(&format!("check --domains {list}"));
    assert_eq!((run.status, run.out.as_str(), run.errors()), (2, "", 1), "{}", run.err);
    assert!(run.err.contains("list.txt:2") && run.err.contains("16384"), "{}", run.err);
    assert!(run.err.len() < SHORT, "{}", run.err.len());
}

#[test]
fn a_file_that_is_too_large_is_refused_with_its_limit() {
    let workspace = Workspace::new();
    for (options, mebibytes) in [
        ("check --domains FILE", 64),
        ("check contoso.com --zone FILE", 8),
        ("expected contoso.com --expect FILE", 16),
        ("check contoso.com --settings FILE", 16),
    ] {
        // A file of holes takes no room, and its size alone is looked at.
        let file = std::fs::File::create(workspace.path("large")).unwrap();
        file.set_len((mebibytes << 20) + 1).unwrap();
        let run = cutover(&options.replace("FILE", &workspace.free("large")));
        assert_eq!((run.status, run.out.as_str(), run.errors()), (2, "", 1), "{options}: {}", run.err);
        assert!(run.err.contains(&format!("{mebibytes} MiB")), "{options}: {}", run.err);
    }
}

#[test]
fn what_is_typed_or_read_is_told_in_part() {
    let long = "x".repeat(100_000);
    let workspace = Workspace::new();
    let zone = workspace.put("long.zone", format!("$ORIGIN contoso.com.\n@ 60 MX {long} {long}\n"));
    let settings = workspace.put("long.toml", format!("[defaults]\ncloud = \"{long}\"\n"));
    for words in [
        format!("check {long}"),
        format!("check contoso.com --source {long}"),
        format!("check contoso.com --zone {zone}"),
        format!("check contoso.com --settings {settings}"),
        format!("check contoso.com --phase {long}"),
        format!("explain {long}"),
    ] {
        let run = cutover(&words);
        assert_eq!(run.status, 2, "{}", &words[..40]);
        assert!(run.err.len() < 4 * SHORT, "{}: {}", &words[..40], run.err.len());
    }
}
