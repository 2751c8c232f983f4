//! Does a whole run keep what the command line promises?
//!
//! Exit statuses, streams and files, in process: what is asserted is words, codes and numbers that users
//! script against, never the layout of a table.

mod ascii;
mod bulk;
mod causes;
mod domains;
mod encodings;
mod files;
mod given_host;
mod groups;
pub mod hostile;
mod limits;
mod listed;
mod lists;
mod manual;
mod memory;
mod next;
mod phases;
mod recorded;
mod reminders;
mod replayed;
mod schemas;
mod self_check;
mod settings;
mod signals;
mod since;
mod status;
mod stored;
mod usage;

use std::io::Read as _;
use std::path::Path;
use std::process::Stdio;

use crate::run::{Workspace, program};

/// The zone of a domain that is ready, but for what `changed` puts in place of a line's owner and type.
pub fn zone(domain: &str, changed: &[(&str, &str)]) -> String {
    let host = domain.replace('.', "-");
    let lines = [
        ("SOA", "@ SOA ns1.example. hostmaster 7 1h 15m 14d 5m".to_owned()),
        ("NS", "@ NS ns1.example.".to_owned()),
        ("MX", format!("@ MX 0 {host}.mail.protection.outlook.com.")),
        ("MS", "@ TXT \"MS=ms12345678\"".to_owned()),
        ("SPF", "@ TXT \"v=spf1 include:spf.protection.outlook.com -all\"".to_owned()),
        ("autodiscover", "autodiscover CNAME autodiscover.outlook.com.".to_owned()),
    ];
    let mut text = format!("$ORIGIN {domain}.\n$TTL 1h\n");
    for (key, line) in lines {
        let changed = changed.iter().find(|(name, _)| *name == key).map(|(_, line)| *line);
        text.push_str(changed.unwrap_or(&line));
        text.push('\n');
    }
    text
}

/// A zone whose mail is still at the source.
pub fn at_source(domain: &str) -> String {
    zone(
        domain,
        &[
            ("MX", "@ MX 10 mx1.emailsrvr.com.\n@ MX 20 mx2.emailsrvr.com."),
            ("SPF", "@ TXT \"v=spf1 include:emailsrvr.com ip4:192.0.2.25 ~all\""),
            ("autodiscover", "autodiscover CNAME autodiscover.emailsrvr.com."),
        ],
    )
}

/// How one domain of a recording stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Ready,
    Waiting,
    Undetermined,
    ChangesNeeded,
}

/// A recording of domains in these states.
pub fn recording(domains: &[(&str, State)]) -> String {
    let names: String = domains.iter().map(|(domain, _)| format!("domain {domain}.\n")).collect();
    let replies: String = domains.iter().map(|(domain, state)| replies(domain, *state)).collect();
    format!("cutover recording 1\nchecked-at 2026-11-22T05:23:00Z\nelsewhere not-asked\n{names}{replies}")
}

fn replies(domain: &str, state: State) -> String {
    let authority = "authoritative 192.0.2.1:53";
    let reply = |name: &str, rtype: &str, server: &str, lines: &str| {
        format!("\nreply {name} {rtype}\nserver {server}\n{lines}\n")
    };
    let mx = |host: &str| format!("outcome records\nanswer {domain}. 600 IN MX 0 {host}");
    let right = mx(&format!("{}.mail.protection.outlook.com.", domain.replace('.', "-")));
    let old = mx("mx1.emailsrvr.com.");
    let apex = format!("{domain}.");
    let mut text = match state {
        State::Ready | State::Waiting => reply(&apex, "MX", authority, &right),
        State::Undetermined => reply(&apex, "MX", authority, "outcome timeout"),
        State::ChangesNeeded => reply(&apex, "MX", authority, &old),
    };
    if state == State::Waiting {
        text += &reply(&apex, "MX", "resolver 192.0.2.53:53", &old);
    }
    let spf = format!("answer {apex} 600 IN TXT \"v=spf1 include:spf.protection.outlook.com -all\"");
    let proof = format!("answer {apex} 600 IN TXT MS=ms12345678");
    text += &reply(&apex, "TXT", authority, &format!("outcome records\n{spf}\n{proof}"));
    let alias = format!("autodiscover.{apex}");
    let found = format!("outcome records\nanswer {alias} 600 IN CNAME autodiscover.outlook.com.");
    text += &reply(&alias, "CNAME", authority, &found);
    text + &reply(&format!("msoid.{apex}"), "CNAME", authority, "outcome no-name")
}

/// A workspace with a recording of domains in these states: the workspace and the file.
pub fn recorded(domains: &[(&str, State)]) -> (Workspace, String) {
    let workspace = Workspace::new();
    let file = workspace.put("run.rec", recording(domains));
    (workspace, file)
}

/// What a run in this directory has written when it is killed in the middle of a line: nobody reads, so it waits in a full pipe.
pub fn killed_in_a_line(words: &str, directory: &Path) -> Vec<u8> {
    let mut child = program(words, directory).stderr(Stdio::null()).spawn().unwrap();
    let mut pipe = child.stdout.take().unwrap();
    // It is at work until the pipe is full, and then waits in the middle of a line.
    let mut written = Vec::new();
    while written.iter().filter(|octet| **octet == b'\n').count() < 2 {
        let mut part = [0; 512];
        let read = pipe.read(&mut part).unwrap();
        assert!(read > 0, "it ended by itself");
        written.extend_from_slice(&part[..read]);
    }
    std::thread::sleep(std::time::Duration::from_millis(500));
    child.kill().unwrap();
    assert!(!child.wait().unwrap().success(), "it was done before it could be killed");
    pipe.read_to_end(&mut written).unwrap();
    // A write may end with a line.
    while written.ends_with(b"\n") {
        written.truncate(written.len() - 2);
    }
    written
}
