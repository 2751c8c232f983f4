//! Does a signal end a run whatever it is doing, and is nothing left behind?
#![cfg(unix)]

use std::io::Read as _;
use std::process::Command;

use crate::run::{Workspace, program, signal};

/// Waits until there is a file whose name begins so.
fn appears(workspace: &Workspace, start: &str) {
    for _ in 0..2000 {
        if workspace.files().iter().any(|name| name.starts_with(start)) {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    panic!("no file {start}: {:?}", workspace.files());
}

#[test]
fn a_run_that_hangs_is_ended_and_leaves_nothing_behind() {
    let zone = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/ready.zone");
    for (name, twice) in [("-TERM", false), ("-INT", true)] {
        let workspace = Workspace::new();
        assert!(Command::new("mkfifo").arg(workspace.path("pipe")).status().unwrap().success());
        // Nobody will ever read the pipe, so to open it takes forever; the first report is begun by then.
        let words = format!("check contoso.com --zone {zone} --output json=report --output csv=pipe");
        let mut child = program(&words, &workspace.path("")).spawn().unwrap();
        appears(&workspace, ".report.");
        signal(name, &child);
        if twice {
            signal(name, &child);
        }
        let mut err = String::new();
        child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(3), "{err}");
        assert!(err.lines().any(|line| line.starts_with("error: ")), "{err}");
        assert_eq!(workspace.files(), ["pipe"]);
    }
}
