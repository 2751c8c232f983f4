//! How fast is it, against what is promised?
//!
//! Whole runs against scripted servers of this machine that answer after a fixed delay, so that wall time can
//! be counted in round trips, and the program itself on a zone file. `cargo bench` prints a table and fails
//! if a promise is broken; `-- --quick` measures less and only prints; `-- --json` prints figures for a
//! program; `-- --chain` prints which question starts in which round trip.
#![allow(missing_docs, reason = "a benchmark exports nothing")]
#![allow(clippy::disallowed_methods, reason = "a measurement reads the clock and the command line")]
#![allow(clippy::panic, clippy::unwrap_used, reason = "a measurement that fails is none")]
#![allow(unreachable_pub, reason = "the lab belongs to the tests")]

#[path = "../tests/lab/mod.rs"]
mod lab;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use cutover::cli::{self, Surroundings};
use serde_json::{Value, json};

use lab::{Lab, LabServer, Say, Seen};

/// What a domain may cost beside the waiting, and what a run without a network may.
const GRACE: Duration = Duration::from_millis(20);
/// Round trips of one domain at most.
const ROUND_TRIPS: u32 = 4;
/// The `--timeout` of the runs with dead servers.
const TIMEOUT: Duration = Duration::from_millis(500);
/// One domain of each kind of the small internet.
const DOMAINS: [(&str, &str); 6] = [
    ("fabrikam.com", "ready"),
    ("contoso.com", "untouched"),
    ("adatum.com", "near misses"),
    ("litware.com", "wildcard"),
    ("branch.contoso.com", "delegated"),
    ("dept.fabrikam.com", "below an apex"),
];

/// Who does not answer in a run.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Dead {
    Nobody,
    NameServer,
    Resolver,
    Both,
}

/// One figure and what was promised.
struct Figure {
    what: String,
    wall: Duration,
    /// What one round trip takes.
    delay: Option<Duration>,
    promised: Duration,
    /// Packets sent, and questions that differ.
    questions: Option<(usize, usize)>,
    /// What was asked, by round trip.
    chain: BTreeMap<u128, BTreeSet<String>>,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    let (runs, starts) = if has("--quick") { (1, 5) } else { (5, 50) };
    let mut figures = Vec::new();
    for delay in [20, 50].map(Duration::from_millis) {
        let network = Network::new(delay);
        for (domain, kind) in DOMAINS {
            figures.push(network.survey(domain, kind, Dead::Nobody, runs));
        }
    }
    let network = Network::new(Duration::from_millis(20));
    for (dead, kind) in [
        (Dead::NameServer, "untouched, a dead name server"),
        (Dead::Resolver, "untouched, a dead resolver"),
        (Dead::Both, "untouched, one dead of each"),
    ] {
        figures.push(network.survey("contoso.com", kind, dead, runs));
    }
    figures.push(start("start-up", &["--version"], starts));
    let zone = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/demo/contoso.com.zone");
    figures.push(start("offline check", &["check", "contoso.com", "--zone", zone], starts));
    if has("--chain") {
        std::io::stdout().write_all(chains(&figures).as_bytes()).unwrap();
    }
    let text = if has("--json") { in_json(&figures) } else { table(&figures) };
    std::io::stdout().write_all(text.as_bytes()).unwrap();
    let broken = figures.iter().any(|figure| !figure.is_kept());
    if broken && !has("--quick") { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// The small internet with two resolvers, all of them so far away.
struct Network {
    lab: Lab,
    delay: Duration,
    servers: Vec<LabServer>,
    resolvers: [LabServer; 2],
    name_server: LabServer,
}

impl Network {
    fn new(delay: Duration) -> Self {
        let lab = Lab::start();
        let mut servers: Vec<LabServer> = lab.internet().into_values().collect();
        let resolvers = ["127.0.0.53", "127.0.0.54"].map(|ip| lab.resolver(ip));
        servers.extend(resolvers.iter().cloned());
        for server in &servers {
            server.delay(delay);
        }
        let is_second = |server: &&LabServer| server.address() == lab.address("127.0.0.14");
        let name_server = servers.iter().find(is_second).unwrap().clone();
        Self { lab, delay, servers, resolvers, name_server }
    }

    /// Whole runs of `cutover check`; the time is the median.
    fn survey(&self, domain: &str, kind: &str, dead: Dead, runs: usize) -> Figure {
        let say = |is_dead| if is_dead { Say::Nothing } else { Say::Zone };
        self.name_server.say(say(matches!(dead, Dead::NameServer | Dead::Both)));
        // The first is the one that is asked about the rest of the world.
        self.resolvers[0].say(say(matches!(dead, Dead::Resolver | Dead::Both)));
        let timeout = TIMEOUT.as_secs_f64().to_string();
        let port = self.lab.port().to_string();
        let resolvers = self.resolvers.iter().map(|server| server.address().to_string());
        let mut arguments =
            vec!["cutover".to_owned(), "check".into(), domain.into(), "--timeout".into(), timeout];
        arguments.extend(resolvers.flat_map(|address| ["--resolver".to_owned(), address]));
        arguments.extend(["--authority-port".to_owned(), port]);
        let (mut questions, mut chain) = ((0, 0), BTreeMap::new());
        let wall = median(runs, || {
            for server in &self.servers {
                server.forget();
            }
            let surroundings = Surroundings::of_pipe("2026-11-22T05:23:00Z".parse().unwrap());
            let start = Instant::now();
            let status =
                cli::run(arguments.iter().map(Into::into), &mut Vec::new(), &mut Vec::new(), &surroundings);
            let wall = start.elapsed();
            assert!(status < 2, "{domain} must be judged, and the status was {status}");
            let seen: Vec<Seen> = self.servers.iter().flat_map(LabServer::seen).collect();
            let distinct: BTreeSet<_> = seen.iter().map(|seen| (&seen.name, seen.rtype)).collect();
            questions = (seen.len(), distinct.len());
            chain.clear();
            for seen in &seen {
                let round = seen.at.into_std().duration_since(start).as_micros() / self.delay.as_micros();
                let to = if seen.recursion_desired { "resolver" } else { "authority" };
                let words = format!("{} {} ({to})", seen.rtype, seen.name);
                chain.entry(round + 1).or_insert_with(BTreeSet::new).insert(words);
            }
            wall
        });
        let mut promised = self.delay * ROUND_TRIPS + GRACE;
        if dead != Dead::Nobody {
            promised += TIMEOUT;
        }
        Figure {
            what: format!("{domain}: {kind}"),
            wall,
            delay: Some(self.delay),
            promised,
            questions: Some(questions),
            chain,
        }
    }
}

/// Starts of the program itself; the time is the median.
fn start(what: &str, arguments: &[&str], runs: usize) -> Figure {
    let wall = median(runs, || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cutover"));
        let command =
            command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let start = Instant::now();
        let status = command.status().unwrap();
        let wall = start.elapsed();
        assert!(status.code().is_some_and(|code| code < 2), "{status}");
        wall
    });
    Figure { what: what.into(), wall, delay: None, promised: GRACE, questions: None, chain: BTreeMap::new() }
}

fn median(runs: usize, measure: impl FnMut() -> Duration) -> Duration {
    let mut walls: Vec<Duration> = std::iter::repeat_with(measure).take(runs).collect();
    walls.sort();
    walls[runs / 2]
}

impl Figure {
    fn is_kept(&self) -> bool {
        self.wall <= self.promised
    }

    fn round_trips(&self) -> Option<f64> {
        self.delay.map(|delay| self.wall.as_secs_f64() / delay.as_secs_f64())
    }
}

fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 10_000.0).round() / 10.0
}

fn table(figures: &[Figure]) -> String {
    let head =
        ["what", "delay", "wall", "round trips", "promised", "packets", "distinct", ""].map(String::from);
    let rows = figures.iter().map(|figure| {
        let time = |duration| format!("{:.1} ms", milliseconds(duration));
        let (packets, distinct) = figure.questions.unzip();
        let count = |count: Option<usize>| count.map(|count| count.to_string()).unwrap_or_default();
        [
            figure.what.clone(),
            figure.delay.map(time).unwrap_or_default(),
            time(figure.wall),
            figure.round_trips().map(|trips| format!("{trips:.2}")).unwrap_or_default(),
            time(figure.promised),
            count(packets),
            count(distinct),
            if figure.is_kept() { "kept".into() } else { "BROKEN".into() },
        ]
    });
    let rows: Vec<_> = std::iter::once(head).chain(rows).collect();
    let line = |[what, delay, wall, trips, promised, packets, distinct, kept]: &[String; 8]| {
        format!(
            "{what:<44} {delay:>8} {wall:>10} {trips:>11} {promised:>10} {packets:>8} {distinct:>8}  {kept}"
        )
    };
    rows.iter().map(|row| line(row).trim_end().to_owned() + "\n").collect()
}

fn chains(figures: &[Figure]) -> String {
    let mut text = String::new();
    for figure in figures {
        for (round, questions) in &figure.chain {
            let questions = questions.iter().map(|question| format!("  {question}\n"));
            text += &format!("{}, round trip {round}:\n{}", figure.what, questions.collect::<String>());
        }
    }
    text
}

fn in_json(figures: &[Figure]) -> String {
    let figures = figures.iter().map(|figure| {
        json!({
            "what": figure.what,
            "delay_ms": figure.delay.map(milliseconds),
            "wall_ms": milliseconds(figure.wall),
            "round_trips": figure.round_trips(),
            "promised_ms": milliseconds(figure.promised),
            "kept": figure.is_kept(),
            "packets": figure.questions.map(|questions| questions.0),
            "distinct": figure.questions.map(|questions| questions.1),
        })
    });
    format!("{}\n", Value::Array(figures.collect()))
}
