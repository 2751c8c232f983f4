//! What does one question cost on the wire?
//!
//! Questions a second and processor time a question of `Transport::ask`, with few and with many in flight: against a
//! server of this process that answers everything alike, and against a Knot DNS on loopback, with dnsperf beside it.
//! The first rows are the floor: what the system takes for two packets, and what the codec takes for the reply.
//! `cargo bench --bench wire` prints a table; `-- --quick` measures less; `-- --json` prints figures for a program.
//! Wall times of a machine with something else to do mean little; processor times and ratios of one run mean more.
#![allow(missing_docs, reason = "a benchmark exports nothing")]
#![allow(clippy::disallowed_methods, reason = "a measurement reads the clock and the command line")]
#![allow(clippy::panic, clippy::unwrap_used, reason = "a measurement that fails is none")]

use std::io::Write as _;
use std::net::{SocketAddr, UdpSocket};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use cutover::facts::{Outcome, Role, Server};
use cutover::lookup::transport::{Endpoint, Scope, Transport};
use cutover::record::{Name, Question, RecordType};
use futures_util::StreamExt as _;
use hickory_resolver::proto::op::Message;
use serde_json::{Value, json};

/// The zone that everything is asked about.
const APEX: &str = "contoso.com";
/// Names in it.
const NAMES: usize = 10_000;
/// Questions in flight.
const IN_FLIGHT: [usize; 3] = [50, 500, 2000];
/// What each question may take: the usual `--timeout`.
const PATIENCE: Duration = Duration::from_secs(2);
/// Packets under way when only the system is measured.
const WINDOW: usize = 64;

/// One row.
struct Figure {
    what: String,
    in_flight: Option<usize>,
    questions: usize,
    wall: Duration,
    /// Processor time of the thread that asked, where the system tells.
    processor: Option<Duration>,
    unanswered: usize,
    /// Questions a second as a share of what dnsperf had.
    of_dnsperf: Option<f64>,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    let questions = if has("--quick") { 10_000 } else { 200_000 };
    let mut figures = vec![codec(questions)];
    let answering = Answering::start();
    figures.push(packets(answering.address, questions));
    for in_flight in IN_FLIGHT {
        figures.push(ask("ask, a server in this process", answering.address, questions, in_flight));
    }
    let mut notes = Vec::new();
    match Knot::start() {
        Some(knot) => against_knot(&knot, questions, &mut figures, &mut notes),
        None => notes.push("knotd is not installed (Debian package knot): skipped"),
    }
    let text = if has("--json") { in_json(&figures) } else { table(&figures) };
    std::io::stdout().write_all(text.as_bytes()).unwrap();
    for note in notes {
        std::io::stderr().write_all(format!("{note}\n").as_bytes()).unwrap();
    }
}

fn against_knot(knot: &Knot, questions: usize, figures: &mut Vec<Figure>, notes: &mut Vec<&str>) {
    for in_flight in IN_FLIGHT {
        let theirs = knot.dnsperf(questions, in_flight);
        let mut ours = ask("ask, Knot DNS", knot.address, questions, in_flight);
        match theirs {
            Some(theirs) => {
                ours.of_dnsperf = Some(ours.per_second() / theirs.per_second());
                figures.extend([ours, theirs]);
            }
            None => {
                figures.push(ours);
                let note = "dnsperf is not installed (Debian package dnsperf): skipped";
                if !notes.contains(&note) {
                    notes.push(note);
                }
            }
        }
    }
}

fn name(number: usize) -> Name {
    format!("n{}.{APEX}", number % NAMES).parse().unwrap()
}

/// The transport, asked by one thread.
fn ask(what: &str, address: SocketAddr, questions: usize, in_flight: usize) -> Figure {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let transport = Transport::new(PATIENCE);
    let endpoint = Endpoint::Plain(address);
    let server = Arc::new(Server { role: Role::Authoritative, address: address.to_string() });
    let zone: Name = APEX.parse().unwrap();
    let asked: Vec<Question> = (0..NAMES).map(|n| Question::new(name(n), RecordType::Mx)).collect();
    let run = |count: usize| {
        let replies = futures_util::stream::iter(0..count)
            .map(|n| {
                transport.ask(
                    &endpoint,
                    &server,
                    &asked[n % NAMES],
                    Scope { domain: &zone, zone: Some(&zone) },
                )
            })
            .buffer_unordered(in_flight)
            .filter(|reply| std::future::ready(reply.outcome != Outcome::Records));
        runtime.block_on(replies.count())
    };
    run(questions / 10);
    let (start, before) = (Instant::now(), processor());
    let unanswered = run(questions);
    let processor = spent(before);
    let wall = start.elapsed();
    let of_dnsperf = None;
    Figure {
        what: what.into(),
        in_flight: Some(in_flight),
        questions,
        wall,
        processor,
        unanswered,
        of_dnsperf,
    }
}

/// What the codec takes to read a reply.
fn codec(questions: usize) -> Figure {
    let reply = answer(&question(7));
    let (start, before) = (Instant::now(), processor());
    let unread = (0..questions).filter(|_| Message::from_vec(std::hint::black_box(&reply)).is_err()).count();
    let processor = spent(before);
    let wall = start.elapsed();
    let what = "the codec alone: reading a reply".into();
    Figure { what, in_flight: None, questions, wall, processor, unanswered: unread, of_dnsperf: None }
}

/// What the system takes to send and to receive.
fn packets(address: SocketAddr, questions: usize) -> Figure {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.connect(address).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(1))).unwrap();
    let (packet, mut buffer) = (question(7), [0; 4096]);
    let mut unanswered = 0;
    let (start, before) = (Instant::now(), processor());
    for _ in 0..questions / WINDOW {
        for _ in 0..WINDOW {
            socket.send(&packet).unwrap();
        }
        for _ in 0..WINDOW {
            unanswered += usize::from(socket.recv(&mut buffer).is_err());
        }
    }
    let processor = spent(before);
    let wall = start.elapsed();
    let questions = questions / WINDOW * WINDOW;
    let what = "the system alone: two packets".into();
    Figure { what, in_flight: Some(WINDOW), questions, wall, processor, unanswered, of_dnsperf: None }
}

/// A question as the transport writes it.
fn question(id: u16) -> Vec<u8> {
    let mut packet = id.to_be_bytes().to_vec();
    packet.extend([0, 0, 0, 1, 0, 0, 0, 0, 0, 1]);
    for label in name(NAMES - 1).labels() {
        packet.push(label.len() as u8);
        packet.extend_from_slice(label);
    }
    packet.extend([0, 0, 15, 0, 1, 0, 0, 41, 0x04, 0xd0, 0, 0, 0, 0, 0, 0]);
    packet
}

/// Its answer: two MX records at the name asked for, whatever that is.
fn answer(packet: &[u8]) -> Vec<u8> {
    const ANSWERS: &[&[u8]] = &[
        b"\xc0\x0c\0\x0f\0\x01\0\0\x0e\x10\0\x08\0\x0a\x03mx1\xc0\x0c",
        b"\xc0\x0c\0\x0f\0\x01\0\0\x0e\x10\0\x08\0\x14\x03mx2\xc0\x0c",
    ];
    const OPT: &[u8] = &[0, 0, 41, 0x04, 0xd0, 0, 0, 0, 0, 0, 0];
    let question = &packet[12..packet.len() - OPT.len()];
    [&packet[..2], &[0x84, 0, 0, 1, 0, 2, 0, 0, 0, 1], question, &ANSWERS.concat(), OPT].concat()
}

/// A server on a thread of its own.
struct Answering {
    address: SocketAddr,
}

impl Answering {
    fn start() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = socket.local_addr().unwrap();
        // It ends with the process.
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            loop {
                // Errors are those of packets to sockets that are gone.
                let Ok((length, from)) = socket.recv_from(&mut buffer) else { continue };
                let _ = socket.send_to(&answer(&buffer[..length]), from);
            }
        });
        Self { address }
    }
}

/// A Knot DNS with the zone.
struct Knot {
    child: Child,
    address: SocketAddr,
    directory: tempfile::TempDir,
}

impl Knot {
    fn start() -> Option<Self> {
        let program = ["knotd", "/usr/sbin/knotd"].into_iter().find(|program| is_there(program))?;
        let directory = tempfile::tempdir().unwrap();
        // Free a moment ago; somebody else could only take it by chance.
        let address = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let mut zone =
            format!("$ORIGIN {APEX}.\n$TTL 3600\n@ SOA ns1 mail 1 3600 600 604800 300\n@ NS ns1\n");
        zone += "ns1 A 127.0.0.1\n";
        (0..NAMES)
            .for_each(|n| zone += &format!("n{n} MX 10 mx1.emailsrvr.com.\nn{n} MX 20 mx2.emailsrvr.com.\n"));
        let queries: String = (0..NAMES).map(|n| format!("n{n}.{APEX} MX\n")).collect();
        let place = directory.path().display();
        let settings = format!(
            "server:\n    rundir: {place}\n    udp-workers: 1\n    tcp-workers: 1\n    background-workers: 1\n    \
             listen: {}@{}\ncontrol:\n    listen: knot.sock\ndatabase:\n    storage: {place}\n\
             template:\n  - id: default\n    storage: {place}\n    journal-content: none\n    zonefile-sync: -1\n\
             zone:\n  - domain: {APEX}\n    file: zone\n",
            address.ip(),
            address.port()
        );
        for (file, text) in [("zone", zone), ("queries", queries), ("knot.conf", settings)] {
            std::fs::write(directory.path().join(file), text).unwrap();
        }
        let mut command = Command::new(program);
        command.arg("-c").arg(directory.path().join("knot.conf"));
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let knot = Self { child, address, directory };
        knot.wait();
        Some(knot)
    }

    fn wait(&self) {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
        let mut buffer = [0; 512];
        for _ in 0..400 {
            socket.send_to(&question(7), self.address).unwrap();
            // NOERROR: before the zone is loaded it answers otherwise, or not at all.
            if matches!(socket.recv(&mut buffer), Ok(length) if length > 12 && buffer[3] & 15 == 0) {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("knotd does not answer");
    }

    /// The same questions by dnsperf; `None` where it is not installed.
    fn dnsperf(&self, questions: usize, in_flight: usize) -> Option<Figure> {
        let mut command = Command::new("dnsperf");
        command.args(["-s", &self.address.ip().to_string(), "-p", &self.address.port().to_string()]);
        command.arg("-d").arg(self.directory.path().join("queries"));
        command.args(["-n", &(questions / NAMES).max(1).to_string(), "-q", &in_flight.to_string()]);
        command.args(["-c", "4", "-T", "1", "-t", &PATIENCE.as_secs().to_string()]);
        let output = command.stdin(Stdio::null()).output().ok()?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let value = |label: &str| -> Option<f64> {
            let line = text.lines().find(|line| line.trim_start().starts_with(label))?;
            line.split_once(':')?.1.split_whitespace().next()?.parse().ok()
        };
        Some(Figure {
            what: "dnsperf, Knot DNS".into(),
            in_flight: Some(in_flight),
            questions: value("Queries sent").unwrap() as usize,
            wall: Duration::from_secs_f64(value("Run time (s)").unwrap()),
            processor: None,
            unanswered: value("Queries lost").unwrap() as usize,
            of_dnsperf: None,
        })
    }
}

impl Drop for Knot {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn is_there(program: &str) -> bool {
    Command::new(program).arg("-V").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
}

/// Processor time of this thread so far, where the system tells: its file is read in place of a call for which a
/// safe wrapper would be one more dependency.
fn processor() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}

fn spent(before: Option<Duration>) -> Option<Duration> {
    processor()?.checked_sub(before?)
}

impl Figure {
    fn per_second(&self) -> f64 {
        self.questions as f64 / self.wall.as_secs_f64()
    }

    /// Microseconds of processor time for one question.
    fn each(&self) -> Option<f64> {
        self.processor.map(|time| time.as_secs_f64() * 1e6 / self.questions as f64)
    }
}

fn table(figures: &[Figure]) -> String {
    let head = ["what", "in flight", "questions", "a second", "µs each", "unanswered", "of dnsperf"]
        .map(String::from);
    let rows = figures.iter().map(|figure| {
        [
            figure.what.clone(),
            figure.in_flight.map(|count| count.to_string()).unwrap_or_default(),
            figure.questions.to_string(),
            format!("{:.0}", figure.per_second()),
            figure.each().map(|each| format!("{each:.2}")).unwrap_or_default(),
            figure.unanswered.to_string(),
            figure.of_dnsperf.map(|share| format!("{:.0} %", share * 100.0)).unwrap_or_default(),
        ]
    });
    let line = |[what, in_flight, questions, rate, each, unanswered, share]: [String; 7]| {
        let line = format!(
            "{what:<34} {in_flight:>9} {questions:>9} {rate:>9} {each:>8} {unanswered:>10} {share:>10}"
        );
        line.trim_end().to_owned() + "\n"
    };
    std::iter::once(head).chain(rows).map(line).collect()
}

fn in_json(figures: &[Figure]) -> String {
    let figures = figures.iter().map(|figure| {
        json!({
            "what": figure.what,
            "in_flight": figure.in_flight,
            "questions": figure.questions,
            "per_second": figure.per_second().round(),
            "processor_us_each": figure.each(),
            "unanswered": figure.unanswered,
            "of_dnsperf": figure.of_dnsperf,
        })
    });
    format!("{}\n", Value::Array(figures.collect()))
}
