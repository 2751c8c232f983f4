//! Is nothing lost that was seen, and does the server go on where nothing can be kept?

use super::{Folder, Server, client, wait_for};
use crate::cli::{at_source, zone};
use crate::run::{cutover_with, surroundings};

fn folder() -> Folder {
    Folder::of(&[("contoso.com", at_source("contoso.com"))])
}

fn is_checked(page: &str) -> bool {
    page.contains("Checked at")
}

#[test]
fn what_was_seen_outlives_a_process_that_is_killed() {
    let folder = folder();
    let (mut child, address) = folder.serve("", &[]);
    wait_for(|| is_checked(&client::get(address, "/domains/contoso.com").body).then_some(()));
    folder.publish("contoso.com", &zone("contoso.com", &[]));
    wait_for(|| {
        let json = client::get(address, "/api/v1/domains/contoso.com").json();
        (json["summary"]["ready"] == 1).then_some(())
    });
    child.kill().unwrap();
    child.wait().unwrap();
    // The zone is gone: what is shown is what was seen.
    std::fs::remove_file(folder.path("contoso.com.zone")).unwrap();
    folder.publish("contoso.com", "$ORIGIN fabrikam.com.\n@ 60 A 192.0.2.1\n");
    let (mut child, address) = folder.serve("", &[]);
    let page = wait_for(|| {
        let page = client::get(address, "/domains/contoso.com").body;
        (page.contains("changes-needed from") && page.contains("ready from")).then_some(page)
    });
    assert!(is_checked(&page), "{page}");
    child.kill().unwrap();
    child.wait().unwrap();
    // What was published before is remembered, too.
    let text = std::fs::read(folder.path("cutover.db")).unwrap();
    let wal = std::fs::read(folder.path("cutover.db-wal")).unwrap_or_default();
    let is_in = |octets: &[u8]| octets.windows(18).any(|octets| octets == b"mx1.emailsrvr.com.");
    assert!(is_in(&text) || is_in(&wal));
}

#[test]
fn a_server_goes_on_where_nothing_can_be_kept() {
    let folder = folder();
    std::fs::create_dir(folder.path("directory.db")).unwrap();
    for path in ["directory.db", "missing/cutover.db"] {
        let server =
            Server::start(&format!("{} --database {}", folder.settings(), folder.path(path).display()));
        let page = server.get_until("/domains/contoso.com", |answer| is_checked(&answer.body));
        assert_eq!(page.status, 200);
        let (status, said) = server.stop();
        assert!(status == 0 && said.contains("kept in memory only"), "{said}");
    }
}

#[test]
fn a_file_that_is_something_else_is_refused_and_left_as_it_is() {
    let folder = folder();
    let refused = || {
        let words = format!("serve --listen 127.0.0.1:0 {}", folder.settings());
        let run = cutover_with(words.split_whitespace(), &surroundings());
        assert_eq!((run.status, run.errors()), (2, 1), "{run:?}");
        run.err
    };
    let text = "not a database, but longer than the header of one\n".repeat(20);
    folder.workspace.put("cutover.db", &text);
    assert!(refused().contains("cutover.db"));
    assert_eq!(std::fs::read_to_string(folder.path("cutover.db")).unwrap(), text);
}

#[test]
fn without_settings_nothing_is_written() {
    let folder = folder();
    let server = Server::start(&format!("--zone {}", folder.path("contoso.com.zone").display()));
    assert_eq!(server.get("/api/v1/domains/contoso.com").status, 200);
    drop(server);
    assert_eq!(folder.workspace.files(), ["contoso.com.zone", "cutover.toml"]);
}
