//! Are edits of zones and settings seen, and is nothing asked twice at a time?

use std::time::{Duration, Instant};

use super::client::EventStream;
use super::{Folder, Server, wait_for};
use crate::cli::{at_source, zone};
use crate::lookup::{Estate, OLD_MX, version};
use crate::run::Workspace;

fn settings(workspace: &Workspace, domains: &[&str]) -> String {
    let text: String = domains.iter().map(|domain| format!("[[domain]]\nname = \"{domain}\"\n")).collect();
    format!("--settings {}", workspace.put("cutover.toml", text))
}

fn verdict(server: &Server) -> String {
    let json = server.get("/api/v1/domains/contoso.com").json();
    json["domains"][0]["verdict"].as_str().unwrap().to_owned()
}

#[test]
fn an_edit_is_seen_at_once_and_told_to_open_pages() {
    let (estate, workspace) = (Estate::new(), Workspace::new());
    estate.publish(&version(1, OLD_MX));
    estate.resolver.say(crate::lab::Say::Nothing).say(crate::lab::Say::Zone);
    let server = Server::start(&format!(
        "{} {} --view authoritative",
        settings(&workspace, &["contoso.com"]),
        estate.options()
    ));
    assert_eq!(verdict(&server), "changes-needed");
    let mut events = EventStream::open(server.address, "/api/v1/events?domain=contoso.com").unwrap();
    let mut others = EventStream::open(server.address, "/api/v1/events?domain=fabrikam.com").unwrap();
    estate.publish(&version(2, ""));
    std::thread::sleep(Duration::from_millis(1100));
    assert_eq!(verdict(&server), "ready");
    let event = wait_for(|| events.next("checked").filter(|event| event["verdict"] == "ready"));
    assert_eq!((event["domain"].as_str(), event["changed"].as_bool()), (Some("contoso.com"), Some(true)));
    // What is Microsoft's was asked once.
    assert_eq!(estate.resolver.asked("spf.protection.outlook.com", "TXT"), 1);
    assert_eq!(server.stop().0, 0);
    assert_eq!(others.next("checked"), None, "another domain, and the end of the stream");
}

#[test]
fn rows_fill_as_answers_come() {
    let estate = Estate::new();
    estate.first.say_to("contoso.com", "TXT", crate::lab::Say::Nothing);
    estate.second.say_to("contoso.com", "TXT", crate::lab::Say::Nothing);
    estate.first.delay(Duration::from_millis(100));
    estate.second.delay(Duration::from_millis(100));
    let server = Server::start(&estate.options());
    let mut events = EventStream::open(server.address, "/api/v1/events?domain=contoso.com").unwrap();
    let page = server.get("/domains/contoso.com").body;
    assert!(page.contains("Not checked yet.") && page.contains("id=\"live\""), "{page}");
    let row = events.next("row").unwrap();
    assert_eq!(row["domain"], "contoso.com");
    let mx = wait_for(|| {
        if row["id"] == "mx" { Some(row.clone()) } else { events.next("row").filter(|row| row["id"] == "mx") }
    });
    assert_eq!((mx["status"].as_str(), mx["code"].as_str()), (Some("met"), Some("met")));
    assert!(server.get("/domains/contoso.com").body.contains("A check is in progress"));
}

#[test]
fn many_who_ask_at_the_same_time_get_one_survey() {
    let estate = Estate::new();
    estate.first.delay(Duration::from_millis(300));
    estate.second.delay(Duration::from_millis(300));
    let server = Server::start(&estate.options());
    let address = server.address;
    let clients: Vec<_> = (0..20)
        .map(|_| {
            std::thread::spawn(move || super::client::get(address, "/api/v1/domains/contoso.com").status)
        })
        .collect();
    assert!(clients.into_iter().all(|client| client.join().unwrap() == 200));
    assert_eq!(estate.first.asked("contoso.com", "MX"), 1);
}

#[test]
fn pages_answer_while_checks_wait_for_servers() {
    let (estate, workspace) = (Estate::new(), Workspace::new());
    estate.all_say(&crate::lab::Say::Nothing);
    let server = Server::start(&format!("{} {}", settings(&workspace, &["contoso.com"]), estate.options()));
    for path in ["/", "/domains/contoso.com", "/metrics", "/api/v1/domains"] {
        let begin = Instant::now();
        let answer = server.get(path);
        // A page waits for 60 ms at most; the rest is a busy machine.
        assert!(
            answer.status == 200 && begin.elapsed() < Duration::from_secs(1),
            "{path}: {:?}",
            begin.elapsed()
        );
    }
    let page = server.get("/domains/contoso.com").body;
    assert!(page.contains("A check is in progress") && page.contains("http-equiv=\"refresh\""), "{page}");
}

#[test]
fn settings_are_read_again_when_they_change() {
    let zones = [("contoso.com", at_source("contoso.com")), ("fabrikam.com", zone("fabrikam.com", &[]))];
    let folder = Folder::of(&zones);
    folder.watch(&["contoso.com"], &zones);
    let server = Server::start(&folder.settings());
    assert!(!server.get("/").body.contains("fabrikam"));
    folder.watch(&["contoso.com", "fabrikam.com"], &zones);
    let page = server.get_until("/", |answer| answer.body.contains("fabrikam.com"));
    assert_eq!(page.status, 200);
    // A slip leaves everything as it is, and is said.
    folder.workspace.put("cutover.toml", "[defaults]\nphase = \"later\"\n");
    wait_for(|| server.said.text().contains("the previous ones stay in force").then_some(()));
    assert!(server.get("/").body.contains("fabrikam.com"));
    // A plan is made of the new settings, too.
    let plan = "/domains/fabrikam.com?plan=bind";
    let before = server.get_until(plan, |answer| answer.body.contains("<pre class=\"plan\""));
    assert!(!before.body.contains("mx.example"), "{before:?}");
    folder
        .workspace
        .put("cutover.toml", folder.text(&["contoso.com", "fabrikam.com"], &zones) + "mx = \"mx.example\"\n");
    server.get_until(plan, |answer| answer.body.contains("fabrikam.com. 3600 IN MX 0 mx.example."));
    folder.watch(&["fabrikam.com"], &zones);
    server.get_until("/", |answer| !answer.body.contains("contoso.com"));
    server.get_until("/metrics", |answer| !answer.body.contains("domain=\"contoso.com\""));
}

#[test]
fn the_watch_checks_again_by_itself() {
    let (estate, workspace) = (Estate::new(), Workspace::new());
    estate.publish(&version(1, OLD_MX));
    let words = format!(
        "{} {} --every 1s --view authoritative",
        settings(&workspace, &["contoso.com"]),
        estate.options()
    );
    let server = Server::start(&words);
    let mut events = EventStream::open(server.address, "/api/v1/events").unwrap();
    wait_for(|| events.next("checked").filter(|event| event["verdict"] == "changes-needed"));
    estate.publish(&version(2, ""));
    wait_for(|| events.next("checked").filter(|event| event["verdict"] == "ready"));
    let page = server.get("/domains/contoso.com").body;
    assert!(page.contains("changes-needed from") && page.contains("ready from"), "{page}");
}

#[test]
#[cfg(unix)]
fn a_change_that_holds_is_told_to_a_command() {
    let zones = [("contoso.com", at_source("contoso.com"))];
    let folder = Folder::of(&zones);
    let notices = folder.path("notices");
    // The words of a test hold no blanks.
    let command = folder.workspace.put("tell", format!("#!/bin/sh\ncat >> {}\n", notices.display()));
    std::process::Command::new("chmod").args(["+x", &command]).status().unwrap();
    let server = Server::start(&format!("{} --every 1s --on-change {command}", folder.settings()));
    server.get_until("/domains/contoso.com", |answer| answer.body.contains("Checked at"));
    folder.publish("contoso.com", &zone("contoso.com", &[]));
    let notice =
        wait_for(|| std::fs::read_to_string(&notices).ok().filter(|text| text.contains("\"after\"")));
    assert!(notice.contains("contoso.com") && notice.contains("ready"), "{notice}");
}
