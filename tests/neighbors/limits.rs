//! Is a limit of this machine never taken for something that the DNS says?
#![cfg(unix)]

use std::process::{Command, Stdio};

use super::world::{Mail, World, results};
use crate::cli::{State, recording};
use crate::lab::Say;
use crate::run::{Run, Workspace, cutover};

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
        .output();
    output.unwrap().into()
}

#[test]
fn few_open_files_make_no_domain_ready() {
    // Answers that are cut short need a connection each, which the fewest files do not give.
    for (files, count, say) in [(64, 200, Say::Zone), (64, 100, Say::Truncated), (12, 40, Say::Truncated)] {
        let world = World::new(count, 2, |_| Mail::AtSource);
        for server in &world.name_servers {
            server.say(say.clone());
        }
        let run = check_with_files(&world, files, "-v");
        let results = results(&run);
        assert_eq!(results.len(), count, "{}", run.err);
        for (name, result) in &results {
            match result["verdict"].as_str().unwrap() {
                "changes-needed" => {}
                "undetermined" => {
                    let replies = result["replies"].as_array().unwrap();
                    let is_reported = replies.iter().any(|reply| reply["outcome"] == "not-sent");
                    assert!(is_reported, "{name}: {result:#}");
                }
                verdict => panic!("{files} files, {name} is {verdict}: {}", run.err),
            }
        }
    }
}

/// A resolver may have an old answer, and the name server that was reached, and not for this question, another.
#[test]
fn what_a_name_server_was_not_asked_is_not_taken_from_resolvers() {
    let right = "outcome records\nanswer contoso.com. 600 IN MX 0 contoso-com.mail.protection.outlook.com.";
    let workspace = Workspace::new();
    for outcome in ["not-sent", "timeout"] {
        let mut text = recording(&[("contoso.com", State::Undetermined)]);
        text = text.replace("outcome timeout", &format!("outcome {outcome}"));
        for resolver in ["192.0.2.53:53", "192.0.2.54:53"] {
            text += &format!("\nreply contoso.com. MX\nserver resolver {resolver}\n{right}\n");
            let file = workspace.put("run.rec", &text);
            let run = cutover(&format!("check --replay {file} --format json"));
            assert_eq!(run.status, 3, "{outcome}, {resolver}: {}", run.out);
            let run = cutover(&format!("check --replay {file} --format json --view resolver"));
            assert_eq!(run.code("mx"), "met", "{outcome}, {resolver}: {}", run.out);
        }
    }
}
