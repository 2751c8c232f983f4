//! Is a limit of this machine never taken for something that the DNS says?
#![cfg(unix)]

use std::process::{Command, Stdio};

use super::world::{Mail, World, results};
use crate::run::Run;

/// Checks all domains in a process that may have so many open files.
fn check_with_files(world: &World, files: usize, options: &str) -> Run {
    let program = env!("CARGO_BIN_EXE_cutover");
    let check = format!("{program} check {} {} --format ndjson {options}", world.names(), world.options());
    let command = format!("ulimit -n {files} && exec {check}");
    let output = Command::new("sh")
        .args(["-c", &command])
        .env_remove("CUTOVER_GRAPH_TOKEN")
        .current_dir(std::env::temp_dir())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = |octets| String::from_utf8(octets).unwrap();
    let status = u8::try_from(output.status.code().unwrap()).unwrap();
    Run { status, out: text(output.stdout), err: text(output.stderr) }
}

#[test]
fn few_open_files_make_no_domain_ready() {
    for files in [64, 12] {
        let world = World::new(200, 2, |_| Mail::AtSource);
        let run = check_with_files(&world, files, "-v");
        let results = results(&run);
        assert_eq!((run.status, results.len()), (1, 200), "{}", run.err);
        for (name, result) in &results {
            match result["verdict"].as_str().unwrap() {
                "changes-needed" => {}
                "undetermined" => {
                    let replies = result["replies"].as_array().unwrap();
                    let told = replies.iter().any(|reply| reply["outcome"] == "not-sent");
                    assert!(told, "{name}: {result:#}");
                }
                verdict => panic!("{files} files, {name} is {verdict}: {}", run.err),
            }
        }
    }
}
