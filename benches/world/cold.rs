//! Generated domains behind a resolver that knows none of them yet, of which one in a hundred has a dead name server.
//!
//! Every server has an address of its own on this machine, and all have one port: the root, the zone with the living
//! domains, the name servers that never answer, and the resolver. An ordinary user cannot have port 53, where referrals
//! lead, so the resolver is told where each zone is.

use std::net::UdpSocket;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::{SHARED, domain, records, wait};

const ROOT: &str = "127.0.1.1";
const LIVING: &str = "127.0.1.2";
const RESOLVER: &str = "127.0.1.53";
/// One in so many domains is dead.
const DEAD: usize = 100;
/// Name servers that never answer; several domains share one, as the customers of a DNS host do.
const SILENT: usize = 250;

/// Whether the only name server of the domain with this number never answers.
pub fn is_dead(number: usize) -> bool {
    number % DEAD == DEAD - 1
}

/// The address of a name server that never answers.
fn silent(number: usize) -> String {
    format!("127.0.2.{}", 1 + number / DEAD % SILENT)
}

/// The servers.
pub struct Internet {
    processes: Vec<Child>,
    /// Read by nobody.
    _silent: Vec<UdpSocket>,
    control: (std::path::PathBuf, std::path::PathBuf),
    port: u16,
}

impl Internet {
    /// Starts the servers with so many domains; the resolver has asked about none of them.
    pub fn start(knot: &Path, unbound: &Path, folder: &Path, domains: usize) -> Self {
        let socket = UdpSocket::bind((RESOLVER, 0)).unwrap();
        let port = socket.local_addr().unwrap().port();
        drop(socket);
        let silent_servers =
            (0..SILENT).map(|number| UdpSocket::bind((silent(number * DEAD), port)).unwrap()).collect();
        let root = format!("{SHARED}example. 86400 NS ns1.example.\nns1.example. 86400 A {LIVING}\n");
        // Of the zone below.
        let root =
            root.replace("ns.example.", "ns.root-servers.").replace("A 127.0.0.1", &format!("A {ROOT}"));
        let stub = |zone: &str, address: &str| {
            format!("stub-zone:\n  name: \"{zone}\"\n  stub-addr: {address}@{port}\n")
        };
        let mut stubs = stub(".", ROOT) + &stub("example.", LIVING);
        let mut example = format!(
            "example. 86400 SOA ns1.example. hostmaster.example. 1 3600 900 1209600 300\n\
             example. 86400 NS ns1.example.\nns1.example. 86400 A {LIVING}\n"
        );
        for number in 0..domains {
            if is_dead(number) {
                stubs += &stub(&domain(number), &silent(number));
            } else {
                example += &records(number);
            }
        }
        let mut processes = Vec::new();
        for (address, zone, text) in [(ROOT, ".", root), (LIVING, "example.", example)] {
            let place = folder.join(address);
            std::fs::create_dir(&place).unwrap();
            std::fs::write(place.join("zone"), text).unwrap();
            let at = place.display();
            let settings = format!(
                "server:\n  rundir: {at}\n  listen: {address}@{port}\n  udp-workers: 1\n  tcp-workers: 1\n\
                 database:\n  storage: {at}\nlog:\n  - target: stderr\n    any: error\n\
                 zone:\n  - domain: {zone}\n    file: {at}/zone\n    zonefile-sync: -1\n    journal-content: none\n"
            );
            std::fs::write(place.join("knot.conf"), settings).unwrap();
            processes.push(spawn(Command::new(knot).arg("-c").arg(place.join("knot.conf"))));
        }
        let at = folder.display();
        let settings = format!(
            "server:\n  interface: {RESOLVER}@{port}\n  port: {port}\n  username: \"\"\n  chroot: \"\"\n  \
             directory: \"{at}\"\n  use-syslog: no\n  do-ip6: no\n  num-threads: 1\n  module-config: \"iterator\"\n  \
             do-not-query-localhost: no\n  outgoing-range: 8192\n  num-queries-per-thread: 4096\n\
             remote-control:\n  control-enable: yes\n  control-interface: {at}/unbound.sock\n  control-use-cert: no\n{stubs}"
        );
        let path = folder.join("unbound.conf");
        std::fs::write(&path, settings).unwrap();
        let control = (unbound.with_file_name("unbound-control"), path);
        let mut internet = Self { processes, _silent: silent_servers, control, port };
        wait(ROOT, port, ".");
        wait(LIVING, port, "example.");
        // Only now: what it cannot reach it would remember as unreachable.
        let mut command = Command::new(unbound);
        internet.processes.push(spawn(command.args(["-d", "-p", "-c"]).arg(&internet.control.1)));
        wait(RESOLVER, port, ".");
        internet
    }

    /// The options that send every question to the resolver.
    pub fn options(&self) -> Vec<String> {
        let resolver = format!("{RESOLVER}:{}", self.port);
        ["--resolver", &resolver, "--view", "resolver", "--no-https"].map(str::to_owned).to_vec()
    }

    /// The number of questions that the resolver was asked.
    pub fn questions(&self) -> u64 {
        let (program, settings) = &self.control;
        let output = Command::new(program).arg("-c").arg(settings).arg("stats_noreset").output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let line = text.lines().find_map(|line| line.strip_prefix("total.num.queries="));
        line.and_then(|count| count.parse().ok()).unwrap_or_else(|| panic!("{text}"))
    }
}

fn spawn(command: &mut Command) -> Child {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

impl Drop for Internet {
    fn drop(&mut self) {
        for process in &mut self.processes {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}
