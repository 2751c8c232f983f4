//! Does a file that is written stay the one that was named, whatever others have put in its folder?
#![cfg(unix)]

use std::fs::Permissions;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use super::{State, recorded};
use crate::run::{Workspace, cutover};

/// A folder that all may write to, as `/tmp` is.
fn shared() -> Workspace {
    let workspace = Workspace::new();
    std::fs::set_permissions(workspace.path(""), Permissions::from_mode(0o1777)).unwrap();
    workspace
}

/// Every option that writes a file, and how the file begins.
const WRITES: [(&str, &str); 3] =
    [("--output ndjson=", "{"), ("--history ", "{"), ("--record ", "cutover recording")];

#[test]
fn a_link_in_place_of_a_file_is_replaced_and_not_followed() {
    let zone = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/ready.zone");
    for (option, start) in WRITES {
        let workspace = shared();
        let file = workspace.free("report");
        // A history is read first; what it reads is what the link shows, and what it writes goes to its own file.
        let victim = if option == "--history " { "" } else { "precious" };
        std::fs::write(workspace.path("victim"), victim).unwrap();
        symlink(workspace.path("victim"), workspace.path("report")).unwrap();
        let run = cutover(&format!("check contoso.com --zone {zone} -q {option}{file}"));
        assert_eq!(run.status, 0, "{run:?}");
        assert_eq!(std::fs::read_to_string(workspace.path("victim")).unwrap(), victim);
        assert!(!std::fs::symlink_metadata(workspace.path("report")).unwrap().is_symlink());
        assert!(std::fs::read_to_string(workspace.path("report")).unwrap().starts_with(start));
    }
}

#[test]
fn nothing_is_made_or_cut_where_a_planted_link_leads() {
    let (_kept, replay) = recorded(&[("contoso.com", State::Ready)]);
    let workspace = shared();
    workspace.put("victim", "precious");
    let file = workspace.free("report");
    let process = std::process::id();
    for name in [".report.tmp".to_owned(), format!(".report.{process}.tmp")] {
        symlink(workspace.path("victim"), workspace.path(&name)).unwrap();
    }
    symlink(workspace.path("made"), workspace.path(".report.lock")).unwrap();
    let run = cutover(&format!("check contoso.com --replay {replay} -q --output json={file}"));
    assert_eq!(run.status, 0, "{run:?}");
    // The lock of a history is a link to nowhere: it is not made there, and the run says so.
    let refused = cutover(&format!("check contoso.com --replay {replay} -q --history {file}"));
    assert_eq!((refused.status, refused.errors()), (2, 1), "{refused:?}");
    assert_eq!(std::fs::read_to_string(workspace.path("victim")).unwrap(), "precious");
    assert!(!workspace.path("made").exists());
}

#[test]
fn a_report_may_be_read_by_whom_the_mask_allows_and_no_draft_is_left() {
    let (_kept, replay) = recorded(&[("contoso.com", State::Ready)]);
    let workspace = shared();
    let file = workspace.free("report");
    workspace.put("usual", "");
    assert_eq!(cutover(&format!("check contoso.com --replay {replay} -q --output json={file}")).status, 0);
    let mode = |name: &str| std::fs::metadata(workspace.path(name)).unwrap().permissions().mode();
    assert_eq!(mode("report"), mode("usual"));
    assert_eq!(cutover(&format!("check contoso.com --replay {file} -q --output csv={file}.csv")).status, 2);
    assert_eq!(workspace.files(), ["report", "usual"]);
}

#[test]
fn what_is_no_file_is_written_to_as_it_is() {
    let (_kept, replay) = recorded(&[("contoso.com", State::Ready)]);
    let run = cutover(&format!("check contoso.com --replay {replay} -q --output json=/dev/null"));
    assert_eq!(run.status, 0, "{run:?}");
    assert!(!std::fs::metadata("/dev/null").unwrap().is_file());
    // A pipe, as a shell gives for `>(jq .)`; somebody has to read it.
    let (mut reader, writer) = std::io::pipe().unwrap();
    let path = format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&writer));
    if std::fs::symlink_metadata(&path).is_ok() {
        assert_eq!(cutover(&format!("check contoso.com --replay {replay} -q --output csv={path}")).status, 0);
        drop(writer);
        let mut text = String::new();
        std::io::Read::read_to_string(&mut reader, &mut text).unwrap();
        assert!(text.starts_with("domain,"), "{text}");
    }
}

/// The permissions of a file.
fn mode(workspace: &Workspace, name: &str) -> u32 {
    std::fs::metadata(workspace.path(name)).unwrap().permissions().mode() & 0o7777
}

#[test]
fn a_file_that_is_replaced_keeps_its_permissions_and_nothing_is_left_behind() {
    let zone = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/ready.zone");
    for (option, start) in WRITES {
        for kept in [0o600, 0o640, 0o664, 0o400] {
            let workspace = Workspace::new();
            let file = workspace.put("report", "");
            if option == "--history " {
                workspace.put("report", "{\"schema_version\": 1, \"domains\": {}}");
            }
            std::fs::set_permissions(workspace.path("report"), Permissions::from_mode(kept)).unwrap();
            let run = cutover(&format!("check contoso.com --zone {zone} -q {option}{file}"));
            assert_eq!(run.status, 0, "{run:?}");
            assert_eq!(mode(&workspace, "report"), kept, "{option}");
            assert!(std::fs::read_to_string(workspace.path("report")).unwrap().starts_with(start));
            assert_eq!(workspace.files(), ["report"], "{option}");
        }
    }
}

#[test]
fn nothing_is_left_beside_a_file_that_was_refused() {
    let zone = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/ready.zone");
    let workspace = Workspace::new();
    let file = workspace.put("history.json", "not a history");
    let run = cutover(&format!("check contoso.com --zone {zone} -q --history {file}"));
    assert_eq!((run.status, run.errors()), (2, 1), "{run:?}");
    assert_eq!(workspace.files(), ["history.json"]);
}

#[test]
fn a_pipe_in_place_of_a_history_or_of_its_lock_blocks_nothing() {
    let zone = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/ready.zone");
    for name in ["history.json", ".history.json.lock"] {
        let workspace = Workspace::new();
        assert!(std::process::Command::new("mkfifo").arg(workspace.path(name)).status().unwrap().success());
        let file = workspace.free("history.json");
        for command in ["check", "plan"] {
            let run = cutover(&format!("{command} contoso.com --zone {zone} -q --history {file}"));
            assert_eq!((run.status, run.out.as_str(), run.errors()), (2, "", 1), "{name}: {run:?}");
            assert!(run.err.contains(name), "{}", run.err);
        }
        assert_eq!(workspace.files(), [name]);
    }
}
