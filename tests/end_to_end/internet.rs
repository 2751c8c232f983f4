//! How do real servers serve a small internet?
//!
//! The zones are the files of `fixtures/internet`. Each address that serves one, as their NS records and
//! addresses say, belongs to a Knot DNS that has just its own zones, so that referrals happen; an unbound
//! resolves. All listen on one port of different loopback addresses, as ordinary users, and end with the
//! value that holds them.
#![allow(
    clippy::disallowed_methods,
    reason = "the bans are for the program: real servers want files and patience"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use cutover::facts::{Outcome, Role, Server};
use cutover::lookup::transport::{Endpoint, Scope, Transport};
use cutover::record::zone;
use cutover::record::{Name, Question, RecordData, RecordType};
use tempfile::TempDir;

use crate::lab::Lab;
use crate::lab::internet::{FIXTURES, file_name, read, servers, zones};

/// Where nobody's zone is served.
const RESOLVER: &str = "127.0.0.53";
/// Who has its zones from whom, by transfer.
const SECONDARIES: [(&str, &str); 1] = [("127.0.0.17", "127.0.0.16")];
/// How long the servers may take until they answer; they need a tenth of a second.
const PATIENCE: Duration = Duration::from_secs(20);

/// A resolver and the authorities of all zones.
pub struct Internet {
    resolver: Process,
    authorities: Vec<Process>,
    /// Where the zone files, the settings and the logs of this internet are.
    directory: TempDir,
    /// Has no servers: it keeps the port.
    lab: Lab,
}

/// A server that ends when this is dropped.
struct Process {
    child: Child,
    settings: PathBuf,
}

impl Process {
    /// Whether its settings say this.
    fn says(&self, words: &str) -> bool {
        std::fs::read_to_string(&self.settings).unwrap().contains(words)
    }

    fn is_secondary(&self) -> bool {
        self.says("master: ")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself; there is nobody to tell.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Internet {
    /// Starts all servers and waits until they answer; `None` if they are not installed.
    pub fn start() -> Option<Self> {
        let (knot, unbound) = (find("knotd")?, find("unbound")?);
        let (lab, directory) = (Lab::start(), tempfile::tempdir().unwrap());
        let zones = zones(Path::new(FIXTURES));
        let mut served: BTreeMap<IpAddr, BTreeSet<&Name>> = BTreeMap::new();
        for apex in zones.keys() {
            for address in servers(&zones, apex) {
                served.entry(address).or_default().insert(apex);
            }
        }
        // Two name servers with the same zones are one program with two addresses, if both have them from files.
        let mut programs: BTreeMap<(Option<IpAddr>, BTreeSet<&Name>), Vec<IpAddr>> = BTreeMap::new();
        for (address, apexes) in &served {
            programs.entry((primary_of(*address), apexes.clone())).or_default().push(*address);
        }
        let path = directory.path();
        for apex in zones.keys() {
            std::fs::copy(Path::new(FIXTURES).join(file_name(apex)), path.join(file_name(apex))).unwrap();
        }
        let mut authorities = Vec::new();
        // Those without a primary come first: whoever transfers a zone must find it.
        for (number, ((primary, apexes), addresses)) in programs.iter().enumerate() {
            let settings = path.join(format!("knot-{number}.conf"));
            let program = Program { number, apexes, addresses, primary: *primary };
            std::fs::write(&settings, program.settings(path, lab.port())).unwrap();
            if let Some(primary) = primary {
                apexes
                    .iter()
                    .for_each(|apex| wait_for(&lab, *primary, Role::Authoritative, apex, &authorities));
            }
            authorities.push(spawn(Command::new(&knot).arg("-c"), settings));
        }
        let settings = path.join("unbound.conf");
        let stubs = zones.keys().map(|apex| (apex, servers(&zones, apex)));
        std::fs::write(&settings, unbound_settings(path, stubs, lab.port())).unwrap();
        let resolver = spawn(Command::new(unbound).args(["-d", "-p", "-c"]), settings);
        let internet = Self { resolver, authorities, directory, lab };
        for (address, apexes) in &served {
            for apex in apexes {
                wait_for(&internet.lab, *address, Role::Authoritative, apex, &internet.authorities);
            }
        }
        // Only now: what it cannot reach it would remember as unreachable.
        let resolver = RESOLVER.parse().unwrap();
        let processes = std::slice::from_ref(&internet.resolver);
        wait_for(&internet.lab, resolver, Role::Resolver, &Name::root(), processes);
        Some(internet)
    }

    /// What the command line needs to ask these servers and no others.
    pub fn arguments(&self) -> Vec<String> {
        let port = self.lab.port().to_string();
        vec!["--resolver".into(), format!("{RESOLVER}:{port}"), "--authority-port".into(), port]
    }

    /// The same zones as the servers have, for the command line.
    pub fn zone_arguments(&self) -> Vec<String> {
        let files = zones(self.directory.path()).into_keys();
        let files = files.map(|apex| self.directory.path().join(file_name(&apex)));
        files.flat_map(|file| ["--zone".to_owned(), file.to_str().unwrap().to_owned()]).collect()
    }

    /// Publishes a plan in `bind` form as an administrator would: deletes, adds, counts the serial up,
    /// reloads. Secondaries have it once they ask for it.
    pub fn publish(&self, apex: &str, plan: &str) {
        let apex: Name = apex.parse().unwrap();
        let path = self.directory.path().join(file_name(&apex));
        let mut records = read(&path).records;
        let deleted = plan.lines().filter_map(|line| line.strip_prefix("; delete "));
        let deleted = zone::read(deleted.collect::<Vec<_>>().join("\n").as_bytes(), None, "deleted").unwrap();
        for record in &deleted.records {
            let before = records.len();
            records.retain(|other| (&record.name, &record.data) != (&other.name, &other.data));
            assert_eq!(records.len() + 1, before, "the plan deletes what is not there: {record}");
        }
        let added = zone::read(plan.as_bytes(), None, "plan").unwrap().records;
        records.retain(|old| added.iter().all(|new| (&new.name, &new.data) != (&old.name, &old.data)));
        records.extend(added);
        for record in &mut records {
            if let RecordData::Soa(soa) = &mut record.data {
                soa.serial += 1;
            }
        }
        std::fs::write(&path, zone::to_zone_text(&records)).unwrap();
        for authority in &self.authorities {
            if authority.says(&format!("domain: \"{apex}\"")) && !authority.is_secondary() {
                control("knotc", &authority.settings, &["-b", "zone-reload", &apex.to_string()]);
            }
        }
    }

    /// Has the secondaries of a zone ask their primaries now.
    pub fn transfer(&self, apex: &str) {
        let apex: Name = apex.parse().unwrap();
        for authority in self.authorities.iter().filter(|authority| authority.is_secondary()) {
            if authority.says(&format!("domain: \"{apex}\"")) {
                control("knotc", &authority.settings, &["-b", "zone-refresh", &apex.to_string()]);
            }
        }
    }

    /// Every record of a zone as its name server has it, but for the SOA, whose serial counts the edits.
    pub fn contents(&self, apex: &str) -> Vec<String> {
        let apex: Name = apex.parse().unwrap();
        let authority = self.authority(&apex);
        let output = control("knotc", &authority.settings, &["-b", "zone-read", &apex.to_string()]);
        let lines = output.lines().filter(|line| !line.contains(" SOA "));
        let mut lines: Vec<String> = lines.map(str::to_owned).collect();
        lines.sort();
        assert!(!lines.is_empty(), "{apex} is empty");
        lines
    }

    /// Where the zone is served.
    pub fn address_of(&self, apex: &str) -> SocketAddr {
        let apex: Name = apex.parse().unwrap();
        let zones = zones(Path::new(FIXTURES));
        let first = servers(&zones, &apex).into_iter().next().unwrap();
        SocketAddr::new(first, self.lab.port())
    }

    /// Runs a script of updates.
    pub fn nsupdate(&self, script: &str) -> Result<(), String> {
        let path = self.directory.path().join("script");
        std::fs::write(&path, script).unwrap();
        let program = find("nsupdate").expect("nsupdate comes with bind9-dnsutils");
        let output = Command::new(program).arg(&path).output().unwrap();
        if output.status.success() {
            Ok(())
        } else {
            Err(String::from_utf8_lossy(&output.stderr).into_owned())
        }
    }

    fn authority(&self, apex: &Name) -> &Process {
        let serves = |authority: &&Process| authority.says(&format!("domain: \"{apex}\""));
        self.authorities.iter().find(serves).unwrap()
    }

    /// Ends the name server at this address.
    pub fn stop(&mut self, ip: &str) {
        let listens = format!("listen: {ip}@");
        self.authorities.retain(|authority| !authority.says(&listens));
    }

    /// Lets time pass for the resolver: it forgets everything.
    pub fn flush(&self) {
        control("unbound-control", &self.resolver.settings, &["flush_zone", "."]);
    }
}

/// Waits until the server at this address answers for a zone.
fn wait_for(lab: &Lab, ip: IpAddr, role: Role, apex: &Name, processes: &[Process]) {
    let address = SocketAddr::new(ip, lab.port());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let server = Arc::new(Server { role, address: address.to_string() });
    let question = Question::new(apex.clone(), RecordType::Soa);
    let start = Instant::now();
    loop {
        // A new one each time: a transport does not ask twice where the port was closed.
        let transport = Transport::new(Duration::from_millis(500));
        let endpoint = Endpoint::Plain(address);
        let scope = Scope { domain: apex, zone: Some(apex) };
        let reply = runtime.block_on(transport.ask(&endpoint, &server, &question, scope));
        if reply.outcome == Outcome::Records {
            return;
        }
        let said = (reply.outcome, reply.reason);
        assert!(start.elapsed() < PATIENCE, "{ip} says for {apex}: {said:?}\n{}", logs(processes));
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn logs(processes: &[Process]) -> String {
    let logs = processes.iter().map(|process| log(&process.settings));
    logs.map(|path| std::fs::read_to_string(path).unwrap_or_default()).collect()
}

/// Whom a name server has its zones from; `None` where it has files.
fn primary_of(address: IpAddr) -> Option<IpAddr> {
    let address = address.to_string();
    let found = SECONDARIES.iter().find(|(secondary, _)| *secondary == address);
    found.map(|(_, primary)| primary.parse().unwrap())
}

/// A program of this name, on the path or where Debian keeps servers.
fn find(program: &str) -> Option<PathBuf> {
    let places = [PathBuf::from(program), Path::new("/usr/sbin").join(program)];
    places.into_iter().find(|path| {
        let mut command = Command::new(path);
        let command = command.arg("-V").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        !matches!(command.status(), Err(error) if error.kind() == io::ErrorKind::NotFound)
    })
}

fn spawn(command: &mut Command, settings: PathBuf) -> Process {
    let log = std::fs::File::create(log(&settings)).unwrap();
    let command = command.arg(&settings).stdin(Stdio::null());
    let child = command.stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap();
    Process { child, settings }
}

fn log(settings: &Path) -> PathBuf {
    settings.with_extension("log")
}

fn control(program: &str, settings: &Path, arguments: &[&str]) -> String {
    let program = find(program).unwrap_or_else(|| panic!("{program} comes with its server"));
    let output = Command::new(&program).arg("-c").arg(settings).args(arguments).output().unwrap();
    assert!(output.status.success(), "{program:?} {arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// A Knot DNS.
struct Program<'a> {
    number: usize,
    apexes: &'a BTreeSet<&'a Name>,
    addresses: &'a [IpAddr],
    primary: Option<IpAddr>,
}

impl Program<'_> {
    fn settings(&self, directory: &Path, port: u16) -> String {
        let Self { number, apexes, addresses, primary } = self;
        let directory = directory.display();
        let listen: String =
            addresses.iter().map(|address| format!("    listen: {address}@{port}\n")).collect();
        let zones = apexes.iter().map(|apex| match primary {
            None => format!("  - domain: \"{apex}\"\n    file: {}\n", file_name(apex)),
            // In a file of its own, which is never written.
            Some(_) => format!(
                "  - domain: \"{apex}\"\n    file: knot-{number}-{}\n    master: primary\n",
                file_name(apex)
            ),
        });
        let zones: String = zones.collect();
        let primary =
            primary.map(|primary| format!("remote:\n  - id: primary\n    address: {primary}@{port}\n"));
        let primary = primary.unwrap_or_default();
        format!(
            "server:\n    rundir: {directory}\n    pidfile: knot-{number}.pid\n    \
             udp-workers: 1\n    tcp-workers: 1\n    \
             background-workers: 1\n{listen}\
             control:\n    listen: knot-{number}.sock\n\
             log:\n  - target: stderr\n    any: notice\n\
             database:\n    storage: {directory}/knot-{number}\n\
             {primary}\
             acl:\n  - id: local\n    address: 127.0.0.0/8\n    action: [update, transfer]\n\
             template:\n  - id: default\n    storage: {directory}\n    acl: local\n    \
             journal-content: none\n    zonefile-sync: -1\n\
             zone:\n{zones}"
        )
    }
}

/// Every zone is a stub: unbound asks referred servers on port 53 only, and here they have another.
fn unbound_settings<'a>(
    directory: &Path,
    zones: impl Iterator<Item = (&'a Name, BTreeSet<IpAddr>)>,
    port: u16,
) -> String {
    let directory = directory.display();
    let stubs = zones.map(|(apex, addresses)| {
        let addresses = addresses.iter().map(|address| format!("    stub-addr: {address}@{port}\n"));
        format!("stub-zone:\n    name: \"{apex}\"\n{}", addresses.collect::<String>())
    });
    format!(
        "server:\n    interface: {RESOLVER}@{port}\n    port: {port}\n    \
         username: \"\"\n    chroot: \"\"\n    \
         directory: \"{directory}\"\n    use-syslog: no\n    do-ip6: no\n    num-threads: 1\n    \
         module-config: \"iterator\"\n    do-not-query-localhost: no\n\
         remote-control:\n    control-enable: yes\n    control-interface: {directory}/unbound.sock\n    \
         control-use-cert: no\n{}",
        stubs.collect::<String>()
    )
}
