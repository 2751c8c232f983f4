//! Generated domains in every state, and a real name server that has them all.

pub mod cold;
pub mod run;
pub mod threads;

use std::fmt::Write as _;
use std::net::UdpSocket;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The domain with this number.
pub fn domain(number: usize) -> String {
    format!("customer-{number}.example")
}

/// A program of this machine.
pub fn found(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin".into(), "/sbin".into()]);
    folders.map(|folder| folder.join(program)).find(|path| path.is_file())
}

/// The states of a move that the domains are in, in turns: most are ready.
const STATES: [State; 7] = [
    State::Ready,
    State::Ready,
    State::Ready,
    State::Untouched,
    State::Prepared,
    State::SecondSpf,
    State::OldBesideNew,
];

/// A state of a move.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    Ready,
    /// Everything is as the old platform wants it.
    Untouched,
    /// Everything but MX and autodiscover is done.
    Prepared,
    /// The old SPF record is beside the new one.
    SecondSpf,
    /// The old MX is beside the new one, and the alias of autodiscover is mistyped.
    OldBesideNew,
}

/// The state of the domain with this number.
pub fn state(number: usize) -> State {
    STATES[number % STATES.len()]
}

/// The records of a domain in its state.
pub fn records(number: usize) -> String {
    let name = domain(number);
    let token = name.replace('.', "-");
    let mut text = String::new();
    let mut line = |owner: &str, data: &str| {
        let _ = writeln!(text, "{owner}{name}. 3600 {data}");
    };
    let (mx, spf) = (
        format!("MX 0 {token}.mail.protection.outlook.com."),
        "TXT \"v=spf1 include:spf.protection.outlook.com -all\"",
    );
    let (old_mx, old_spf) = ("MX 10 mx1.emailsrvr.com.", "TXT \"v=spf1 include:emailsrvr.com ~all\"");
    let both = "TXT \"v=spf1 include:emailsrvr.com include:spf.protection.outlook.com ~all\"";
    line("", &format!("TXT \"MS=ms{:08}\"", number % 100_000_000));
    let (mail, sender, alias) = match state(number) {
        State::Ready => (mx.as_str(), spf, "autodiscover.outlook.com."),
        State::Untouched => (old_mx, old_spf, "autodiscover.emailsrvr.com."),
        State::Prepared => (old_mx, both, "autodiscover.emailsrvr.com."),
        State::SecondSpf => {
            line("", old_spf);
            (mx.as_str(), spf, "autodiscover.outlook.com.")
        }
        State::OldBesideNew => {
            line("", old_mx);
            (mx.as_str(), both, "autodiscover.outlook.co.")
        }
    };
    line("", mail);
    line("", sender);
    line("autodiscover.", &format!("CNAME {alias}"));
    if number.is_multiple_of(2) {
        line("_dmarc.", "TXT \"v=DMARC1; p=none\"");
        for selector in ["selector1", "selector2"] {
            let target = format!("{selector}-{token}._domainkey.contoso.onmicrosoft.com.");
            line(&format!("{selector}._domainkey."), &format!("CNAME {target}"));
        }
    }
    text
}

/// What all domains share.
const SHARED: &str = "\
. 86400 SOA ns.example. hostmaster.example. 1 3600 900 1209600 300
. 86400 NS ns.example.
ns.example. 86400 A 127.0.0.1
spf.protection.outlook.com. 3600 TXT \"v=spf1 ip4:192.0.2.0/24 -all\"
*.mail.protection.outlook.com. 3600 A 192.0.2.10
autodiscover.outlook.com. 3600 A 192.0.2.11
*._domainkey.contoso.onmicrosoft.com. 3600 TXT \"v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQ\"
emailsrvr.com. 3600 TXT \"v=spf1 ip4:198.51.100.0/24 ~all\"
mx1.emailsrvr.com. 3600 A 198.51.100.10
autodiscover.emailsrvr.com. 3600 A 198.51.100.11
";

/// Waits until a server answers for a zone, whose name has one label at most, on this port of this address.
fn wait(address: &str, port: u16, zone: &str) {
    // Its SOA, as it has always been asked for.
    let label = zone.trim_end_matches('.').as_bytes();
    let mut question = b"\0\x01\x01\0\0\x01\0\0\0\0\0\0".to_vec();
    if !label.is_empty() {
        question.push(label.len().try_into().unwrap());
        question.extend_from_slice(label);
    }
    question.extend_from_slice(b"\0\0\x06\0\x01");
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
    let start = Instant::now();
    loop {
        let _ = socket.send_to(&question, (address, port));
        let mut answer = [0; 512];
        // Answered, and not refused: the zone is loaded.
        if socket.recv(&mut answer).is_ok_and(|length| length > 12) && answer[3] & 15 == 0 {
            return;
        }
        assert!(start.elapsed() < Duration::from_secs(120), "the name server does not answer");
    }
}

/// The name servers that a measurement can run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Software {
    Knot,
    Nsd,
}

impl Software {
    pub const ALL: [Self; 2] = [Self::Knot, Self::Nsd];

    /// The name of its program.
    pub fn program(self) -> &'static str {
        match self {
            Self::Knot => "knotd",
            Self::Nsd => "nsd",
        }
    }

    /// Its settings for the zone `root.zone` in this folder: one thread or process that answers.
    fn settings(self, at: &str, port: u16) -> String {
        match self {
            Self::Knot => format!(
                "server:\n  rundir: {at}\n  listen: 127.0.0.1@{port}\n  udp-workers: 1\n  tcp-workers: 1\n\
                 database:\n  storage: {at}\nlog:\n  - target: stderr\n    any: error\n\
                 zone:\n  - domain: .\n    file: {at}/root.zone\n    zonefile-sync: -1\n    journal-content: none\n"
            ),
            // It limits responses a second otherwise.
            Self::Nsd => format!(
                "server:\n  ip-address: 127.0.0.1@{port}\n  server-count: 1\n  username: \"\"\n  chroot: \"\"\n  \
                 zonesdir: {at:?}\n  pidfile: \"\"\n  database: \"\"\n  xfrdir: {at:?}\n  \
                 xfrdfile: \"{at}/xfrd.state\"\n  zonelistfile: \"{at}/zone.list\"\n  rrl-ratelimit: 0\n\
                 remote-control:\n  control-enable: no\n\
                 zone:\n  name: \".\"\n  zonefile: root.zone\n"
            ),
        }
    }

    fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Knot => &["-c"],
            Self::Nsd => &["-d", "-c"],
        }
    }
}

/// A name server that has all names there are, and stands in for a resolver.
pub struct Server {
    process: Child,
    /// Where it listens on 127.0.0.1.
    pub port: u16,
}

impl Server {
    /// Starts it with so many domains, and waits until it answers.
    pub fn start(software: Software, program: &Path, folder: &Path, domains: usize) -> Self {
        let port = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let (zone, settings) = (folder.join("root.zone"), folder.join("server.conf"));
        let records: String = (0..domains).map(records).collect();
        std::fs::write(&zone, format!("{SHARED}{records}")).unwrap();
        std::fs::write(&settings, software.settings(&folder.display().to_string(), port)).unwrap();
        let process = Command::new(program)
            .args(software.arguments())
            .arg(&settings)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let server = Self { process, port };
        wait("127.0.0.1", port, ".");
        server
    }

    /// The options that send every question there.
    pub fn options(&self) -> Vec<String> {
        let resolver = format!("127.0.0.1:{}", self.port);
        ["--resolver", &resolver, "--view", "resolver", "--no-https"].map(str::to_owned).to_vec()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
