//! Does a server end when it is told to, and does the service manager know?
#![cfg(unix)]

use std::io::Read as _;
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixDatagram;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::client::{self, EventStream};
use super::{Folder, wait_for};
use crate::cli::{at_source, zone};
use crate::lab::Say;
use crate::lookup::Estate;
use crate::run::signal;

fn folder() -> Folder {
    Folder::of(&[("contoso.com", at_source("contoso.com"))])
}

#[test]
fn a_signal_ends_a_server_with_open_pages() {
    for name in ["-TERM", "-INT"] {
        let folder = folder();
        let (mut child, address) = folder.serve("", &[]);
        let mut events = EventStream::open(address, "/api/v1/events").unwrap();
        let _idle = client::connect(address);
        let begin = Instant::now();
        signal(name, &child);
        assert_eq!(child.wait().unwrap().code(), Some(0));
        assert!(begin.elapsed() < Duration::from_secs(5), "{:?}", begin.elapsed());
        while events.next("checked").is_some() {}
    }
}

#[test]
fn what_hangs_is_given_up() {
    let (folder, estate) = (folder(), Estate::new());
    estate.all_say(&Say::Nothing);
    let settings = "[[domain]]\nname = \"contoso.com\"\n";
    folder.workspace.put("cutover.toml", settings);
    for (twice, most) in [(false, 5000), (true, 1000)] {
        let (mut child, address) = folder.serve(&format!("{} --deadline 60", estate.options()), &[]);
        let client = std::thread::spawn(move || {
            let mut stream = client::connect(address);
            let request = format!("GET /api/v1/domains/contoso.com HTTP/1.1\r\nHost: {address}\r\n\r\n");
            std::io::Write::write_all(&mut stream, request.as_bytes()).unwrap();
            let mut octets = Vec::new();
            let _ = stream.read_to_end(&mut octets);
        });
        std::thread::sleep(Duration::from_millis(300));
        let begin = Instant::now();
        signal("-TERM", &child);
        if twice {
            std::thread::sleep(Duration::from_millis(100));
            signal("-TERM", &child);
        }
        assert_eq!(child.wait().unwrap().code(), Some(0));
        assert!(begin.elapsed() < Duration::from_millis(most), "{:?}", begin.elapsed());
        client.join().unwrap();
    }
}

#[test]
fn hanging_up_reads_the_settings_again() {
    let folder = folder();
    let (mut child, address) = folder.serve("", &[]);
    let said = || std::fs::read_to_string(folder.path("said")).unwrap();
    signal("-HUP", &child);
    wait_for(|| said().contains("settings read again").then_some(()));
    assert_eq!(client::get(address, "/").status, 200);
    signal("-TERM", &child);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn the_service_manager_hears_when_the_server_is_ready_and_when_it_ends() {
    let folder = folder();
    let socket = UnixDatagram::bind(folder.path("notify")).unwrap();
    socket.set_read_timeout(Some(super::PATIENCE)).unwrap();
    let path = folder.path("notify");
    let (mut child, _) = folder.serve("", &[("NOTIFY_SOCKET", path.to_str().unwrap())]);
    let hear = || {
        let mut octets = [0; 100];
        let length = socket.recv(&mut octets).unwrap();
        String::from_utf8(octets[..length].to_vec()).unwrap()
    };
    assert_eq!(hear(), "READY=1");
    signal("-TERM", &child);
    assert_eq!(hear(), "STOPPING=1");
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
#[cfg(target_os = "linux")]
fn a_socket_of_the_service_manager_is_used() {
    let folder = Folder::of(&[("contoso.com", zone("contoso.com", &[]))]);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let script = "exec 3<&0 </dev/null; LISTEN_PID=$$ LISTEN_FDS=1 exec \"$0\" serve";
    let mut child = Command::new("sh")
        .args(["-c", script, env!("CARGO_BIN_EXE_cutover")])
        .current_dir(folder.path(""))
        .stdin(Stdio::from(OwnedFd::from(listener)))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    assert_eq!(client::get(address, "/-/ready").status, 200);
    signal("-TERM", &child);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
