//! Is the state whole, and does the server go on, when it is killed, the disk is full or the clock is set back?

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Child;
use std::sync::mpsc::{Receiver, channel};

use jiff::SignedDuration;
use rusqlite::Connection;
use serde_json::Value;

use super::client::EventStream;
use super::{Folder, Server, wait_for};
use crate::cli::{at_source, zone};

const DOMAINS: [&str; 3] = ["contoso.com", "fabrikam.com", "northwind.example"];

/// The words of the verdicts of a domain, and since when, in the order in which they were.
type Verdicts = BTreeMap<String, Vec<(String, String)>>;

/// What a database holds; panics unless it is whole.
fn held(file: &Path) -> (Verdicts, BTreeMap<String, (String, String)>) {
    let connection = Connection::open(file).unwrap();
    let state: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(state, "ok");
    let mut verdicts = Verdicts::new();
    let mut rows = connection.prepare("SELECT domain, since, verdict FROM verdict ORDER BY number").unwrap();
    let mut rows = rows.query([]).unwrap();
    while let Some(row) = rows.next().unwrap() {
        let domain: String = row.get(0).unwrap();
        verdicts.entry(domain).or_default().push((row.get(1).unwrap(), row.get(2).unwrap()));
    }
    let mut results = BTreeMap::new();
    let mut rows = connection.prepare("SELECT domain, checked_at, verdict, report FROM result").unwrap();
    let mut rows = rows.query([]).unwrap();
    while let Some(row) = rows.next().unwrap() {
        let (domain, report): (String, String) = (row.get(0).unwrap(), row.get(3).unwrap());
        let report: Value = serde_json::from_str(&report).unwrap();
        let verdict: String = row.get(2).unwrap();
        assert_eq!(report["verdict"], verdict.as_str(), "{domain}");
        results.insert(domain, (row.get(1).unwrap(), verdict));
    }
    (verdicts, results)
}

/// The zone of a domain in one of two states.
fn state(domain: &str, is_ready: bool) -> String {
    if is_ready { zone(domain, &[]) } else { at_source(domain) }
}

/// What a server says that it has checked, until it ends.
fn acknowledged(address: SocketAddr) -> Receiver<Value> {
    let (sender, receiver) = channel();
    let mut events = EventStream::open(address, "/api/v1/events").unwrap();
    std::thread::spawn(move || {
        while let Some(event) = events.next("checked") {
            // The test may have seen enough.
            let _ = sender.send(event);
        }
    });
    receiver
}

fn killed(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Kills a server again and again while its domains change, and compares its database with what it said.
pub fn kill_again_and_again(times: usize) {
    let zones = DOMAINS.map(|domain| (domain, at_source(domain)));
    let folder = Folder::of(&zones);
    let file = folder.path("cutover.db");
    let mut before = Verdicts::new();
    let (mut lost, mut changes) = (0, 0);
    for round in 0..times {
        for (place, domain) in DOMAINS.iter().enumerate() {
            folder.publish(domain, &state(domain, (round + place) % 2 == 0));
        }
        let (child, address) = folder.serve("--every 1s", &[]);
        let said = acknowledged(address);
        // The first rounds end in the middle of the first checks, the later ones after some of them.
        let wanted = round % 4;
        let mut events: Vec<Value> = Vec::new();
        wait_for(|| {
            events.extend(said.try_iter());
            (events.len() >= wanted).then_some(())
        });
        if round % 8 >= 4 {
            let domain = DOMAINS[round % DOMAINS.len()];
            std::thread::spawn(move || {
                // The server is killed while it answers, or before.
                let Ok(mut stream) = std::net::TcpStream::connect(address) else { return };
                let request = format!("GET /probe?target={domain} HTTP/1.1\r\nHost: {address}\r\n\r\n");
                let _ = std::io::Write::write_all(&mut stream, request.as_bytes());
            });
        }
        killed(child);
        events.extend(said.iter());
        let (verdicts, results) = held(&file);
        for (domain, known) in &verdicts {
            let doubled = known.windows(2).find(|pair| pair[0].1 == pair[1].1);
            assert_eq!(doubled, None, "round {round}: {domain} {known:?}");
            assert_eq!(results[domain].1, known.last().unwrap().1, "round {round}: {domain}");
            let earlier = before.get(domain).map_or(&[][..], Vec::as_slice);
            assert!(known.starts_with(earlier), "round {round}: {domain} {known:?}, before {earlier:?}");
        }
        for event in &events {
            let word = |name: &str| event[name].as_str().unwrap();
            let (checked_at, _) = &results[word("domain")];
            assert!(checked_at.as_str() >= word("checked_at"), "round {round}: {event} is lost");
            if event["changed"] == true {
                changes += 1;
                let change = (word("checked_at").to_owned(), word("verdict").to_owned());
                assert!(verdicts[word("domain")].contains(&change), "round {round}: {event} is lost");
            }
        }
        lost += usize::from(verdicts == before);
        before = verdicts;
    }
    assert!(changes > times / 2 && lost < times, "{changes} changes in {times} rounds, {lost} without any");
}

#[test]
fn a_server_that_is_killed_again_and_again_keeps_a_whole_history() {
    kill_again_and_again(12);
}

/// A full disk without root: a limit of the size of files, which the process keeps and survives.
#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_reported_and_what_was_seen_meanwhile_is_kept() {
    use std::process::{Command, Stdio};

    use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit};

    let folder = Folder::of(&[("contoso.com", at_source("contoso.com"))]);
    let said = folder.path("said");
    let child = Command::new("sh")
        .args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_cutover")])
        .args(["serve", "--listen", "127.0.0.1:0", "--every", "1s"])
        .current_dir(folder.path(""))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(std::fs::File::create(&said).unwrap())
        .spawn()
        .unwrap();
    let text = || std::fs::read_to_string(&said).unwrap();
    let address = wait_for(|| super::address(&text()));
    let until = |part: &str| super::wait_for_or(|| text().contains(part).then_some(()), text);
    let verdict = |wanted: &str| {
        super::wait_for_or(
            || {
                let list = super::client::get(address, "/api/v1/domains").json();
                (list["watched"][0]["verdict"] == wanted).then_some(())
            },
            text,
        );
    };
    verdict("changes-needed");
    let file = folder.path("cutover.db");
    wait_for(|| held(&file).0.contains_key("contoso.com").then_some(()));

    let limit = |octets: Option<u64>| {
        let most = getrlimit(Resource::Fsize).maximum;
        let pid = Pid::from_child(&child);
        prlimit(Some(pid), Resource::Fsize, Rlimit { current: octets.or(most), maximum: most }).unwrap();
    };
    // Enough for what the server says, not for a page of the database.
    limit(Some(4096));
    folder.publish("contoso.com", &zone("contoso.com", &[]));
    until("results cannot be saved");
    verdict("ready");
    for path in ["/", "/domains/contoso.com", "/-/healthy"] {
        assert_eq!(super::client::get(address, path).status, 200, "{path}");
    }
    let metrics = super::client::get(address, "/metrics").body;
    assert!(!metrics.contains("cutover_database_writes_failed_total 0\n"), "{metrics}");
    folder.publish("contoso.com", &at_source("contoso.com"));
    verdict("changes-needed");
    // It is said once.
    assert_eq!(text().matches("cannot be saved").count(), 1, "{}", text());
    assert_eq!(held(&file).0["contoso.com"].len(), 1);

    limit(None);
    until("results are saved again");
    killed(child);
    let (verdicts, _) = held(&file);
    let words: Vec<&str> = verdicts["contoso.com"].iter().map(|(_, verdict)| verdict.as_str()).collect();
    assert_eq!(words, ["changes-needed", "ready", "changes-needed"]);
}

#[test]
fn a_clock_that_is_set_back_stops_no_check() {
    let folder = Folder::of(&[("contoso.com", at_source("contoso.com"))]);
    let server = Server::start(&format!("{} --every 1h", folder.settings()));
    // The page shows the latest first.
    let verdicts = |page: &str| -> Vec<String> {
        let items = page.split("<li>").skip(1).filter_map(|rest| rest.split("</li>").next());
        let known = items.filter_map(|item| item.split_once(" from ")).map(|(verdict, _)| verdict);
        let known = known.filter(|word| ["ready", "changes-needed"].contains(word));
        known.map(str::to_owned).collect()
    };
    server.get_until("/domains/contoso.com", |answer| answer.body.contains("Checked at"));
    folder.publish("contoso.com", &zone("contoso.com", &[]));
    server.clock.set(SignedDuration::from_hours(-24));
    // The watch finds it, although the next check was planned for tomorrow by the clock of today.
    let list =
        server.get_until("/api/v1/domains", |answer| answer.json()["watched"][0]["verdict"] == "ready");
    let watched = &list.json()["watched"][0];
    let time = |name: &str| watched[name].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    assert_eq!(time("since"), time("checked_at"));
    assert!(time("next_check_at").duration_since(time("checked_at")) <= SignedDuration::from_hours(1));
    // A visitor gets a new check, not the result from the future.
    folder.publish("contoso.com", &at_source("contoso.com"));
    server.clock.set(SignedDuration::from_secs(-60));
    let answer = server.get("/api/v1/domains/contoso.com").json();
    assert_eq!(answer["domains"][0]["verdict"], "changes-needed");
    let expected = ["changes-needed", "ready", "changes-needed"];
    let page = server.get_until("/domains/contoso.com", |answer| verdicts(&answer.body).len() == 3);
    assert_eq!(verdicts(&page.body), expected);
    assert_eq!(server.stop().0, 0);
    // Nor does a start: the order is the one in which they were seen.
    let server = Server::start(&format!("{} --every 1h", folder.settings()));
    assert_eq!(verdicts(&server.get("/domains/contoso.com").body), expected);
}
