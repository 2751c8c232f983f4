//! What do many domains cost?
//!
//! Generated domains in every state, served by a real name server of this machine that stands in for the resolver, and
//! checked in a process of their own: domains and questions a second, CPU a question, peak memory; beside `dnsperf` with
//! the same mix of questions against the same server in the same run. `cargo bench --bench bulk` takes some minutes;
//! `-- --quick` asks for few and only prints; `-- --domains N` checks one list of so many, `-- --concurrency N` so many at
//! the same time; `-- --json` prints figures for a program. Runs against Debian's `knot` and `nsd`, each if it is
//! installed; without `dnsperf` the ratio is left out.
#![allow(missing_docs, reason = "a benchmark exports nothing")]
#![allow(clippy::disallowed_methods, reason = "a measurement reads the clock, files and the command line")]
#![allow(clippy::panic, clippy::unwrap_used, reason = "a measurement that fails is none")]
#![allow(unreachable_pub, dead_code, reason = "a world of its own for one measurement")]

mod world;

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use cutover::cli::{self, Surroundings};
use serde_json::{Value, json};

use world::run::{self, Run};
use world::{Server, Software, found};

/// That of the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Questions a second, of those that `dnsperf` gets answered.
const LEAST_RATIO: f64 = 0.4;
/// Memory of the longer run, of that of the shorter.
const MOST_GROWTH: f64 = 1.2;
/// Memory of any run, in KiB.
const MOST_MEMORY: u64 = 100 * 1024;
/// Domains whose questions are counted, and handed to `dnsperf`.
const SAMPLE: usize = 500;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Some(index) = arguments.iter().position(|argument| argument == "--child") {
        return run::child(&arguments[index + 1..]);
    }
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    let given = arguments.iter().position(|argument| argument == "--domains");
    let given = given.map(|index| arguments[index + 1].parse().unwrap());
    let sizes = match given {
        Some(size) => vec![size],
        None if has("--quick") => vec![1_000],
        None => vec![20_000, 100_000],
    };
    let seconds = if has("--quick") { "2" } else { "10" };
    let fixed = arguments.iter().position(|argument| argument == "--concurrency");
    let fixed = fixed.map_or(&[][..], |index| &arguments[index..index + 2]);
    let (mut all, mut broken) = (Vec::new(), Vec::new());
    for software in Software::ALL {
        let name = software.program();
        let Some(program) = found(name) else {
            tell(&format!("bulk: {name} is left out, since it is not installed\n"));
            continue;
        };
        let (figures, more) = measure(software, &program, &sizes, seconds, fixed);
        if !has("--json") {
            tell(&format!("{name}:\n{}", table(&figures)));
        }
        all.extend(figures);
        broken.extend(more.into_iter().map(|what| format!("{name}: {what}")));
    }
    if has("--json") {
        tell(&format!("{}\n", Value::Array(all)));
    }
    for broken in &broken {
        // Not among figures for a program.
        std::io::stderr().write_all(format!("BROKEN: {broken}\n").as_bytes()).unwrap();
    }
    if broken.is_empty() || has("--quick") { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The figures of lists of these sizes with this server, and the promises that they break.
fn measure(
    software: Software,
    program: &Path,
    sizes: &[usize],
    seconds: &str,
    fixed: &[String],
) -> (Vec<Value>, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(software, program, folder.path(), *sizes.last().unwrap());
    let sample = SAMPLE.min(sizes[0]);
    let asked = questions(folder.path(), &server, sample);
    let per_domain = asked.len() as f64 / sample as f64;
    let dnsperf =
        found("dnsperf").map(|dnsperf| dnsperf_rate(&dnsperf, folder.path(), &server, &asked, seconds));
    let runs: Vec<Run> = sizes
        .iter()
        .map(|size| Run::of(folder.path(), *size, &[fixed, &server.options()].concat()))
        .collect();
    let all = runs.iter().map(|run| figures(run, software, per_domain, dnsperf)).collect();
    let mut broken = Vec::new();
    if dnsperf.is_some_and(|rate| runs[0].rate() * per_domain < LEAST_RATIO * rate) {
        broken.push(format!("fewer than {LEAST_RATIO} of the questions of dnsperf"));
    }
    if runs.iter().any(|run| run.memory > MOST_MEMORY) {
        broken.push("more than 100 MiB".to_owned());
    }
    if let [first, .., last] = &runs[..]
        && last.memory as f64 > first.memory as f64 * MOST_GROWTH
    {
        broken.push("memory grows with the number of domains".to_owned());
    }
    if runs.iter().any(|run| run.verdicts.values().any(|verdict| verdict == "undetermined")) {
        broken.push("the server left questions unanswered".to_owned());
    }
    (all, broken)
}

fn tell(text: &str) {
    std::io::stdout().write_all(text.as_bytes()).unwrap();
}

fn figures(run: &Run, software: Software, per_domain: f64, dnsperf: Option<f64>) -> Value {
    let questions = run.rate() * per_domain;
    json!({
        "server": software.program(),
        "dnsperf_per_s": dnsperf,
        "domains": run.domains,
        "wall_s": run.wall.as_secs_f64(),
        "domains_per_s": run.rate(),
        "questions_per_domain": per_domain,
        "questions_per_s": questions,
        "of_dnsperf": dnsperf.map(|rate| questions / rate),
        "cpu_us_per_question": run.cpu.as_secs_f64() * 1e6 / (run.domains as f64 * per_domain),
        "cpu_us_per_domain": run.cpu.as_secs_f64() * 1e6 / run.domains as f64,
        "peak_mib": run.memory as f64 / 1024.0,
        "verdicts": run.verdicts.values().collect::<BTreeSet<_>>(),
    })
}

fn table(figures: &[Value]) -> String {
    let first = &figures[0];
    let mut text = match first["dnsperf_per_s"].as_f64() {
        Some(rate) => format!("dnsperf, the same questions: {rate:.0} a second\n"),
        None => "dnsperf is not installed; its rate is left out\n".to_owned(),
    };
    text += &format!("questions a domain: {:.1}\n", first["questions_per_domain"].as_f64().unwrap());
    text += &format!(
        "{:>8} {:>8} {:>10} {:>12} {:>11} {:>12} {:>10} {:>9}\n",
        "domains", "wall", "domains/s", "questions/s", "of dnsperf", "us/question", "us/domain", "peak MiB"
    );
    for run in figures {
        let number = |name: &str| run[name].as_f64().unwrap_or(f64::NAN);
        text += &format!(
            "{:>8} {:>7.1}s {:>10.0} {:>12.0} {:>11.2} {:>12.1} {:>10.0} {:>9.1}\n",
            run["domains"],
            number("wall_s"),
            number("domains_per_s"),
            number("questions_per_s"),
            number("of_dnsperf"),
            number("cpu_us_per_question"),
            number("cpu_us_per_domain"),
            number("peak_mib"),
        );
    }
    text
}

/// What is asked about so many domains, each question once: a recording holds it all.
fn questions(folder: &Path, server: &Server, domains: usize) -> Vec<(String, String)> {
    let (list, recording) = (run::list(folder, domains), folder.join("sample.rec"));
    let words = ["check", "--domains", list.to_str().unwrap(), "--format", "ndjson", "-q", "--record"];
    let arguments = words.into_iter().chain([recording.to_str().unwrap()]).map(str::to_owned);
    let arguments = ["cutover".to_owned()].into_iter().chain(arguments).chain(server.options());
    let surroundings = Surroundings::of_pipe(jiff::Timestamp::now());
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let status = cli::run(arguments.map(Into::into), &mut out, &mut err, &surroundings);
    assert!(status < 2, "{}", String::from_utf8_lossy(&err));
    let text = std::fs::read_to_string(&recording).unwrap();
    let questions = text.lines().filter_map(|line| line.strip_prefix("reply "));
    questions
        .filter_map(|line| line.split_once(' '))
        .map(|(name, rtype)| (name.into(), rtype.into()))
        .collect()
}

/// Questions that `dnsperf` gets answered in a second.
fn dnsperf_rate(
    dnsperf: &Path,
    folder: &Path,
    server: &Server,
    asked: &[(String, String)],
    seconds: &str,
) -> f64 {
    let path = folder.join("questions.txt");
    let lines: String = asked.iter().map(|(name, rtype)| format!("{name} {rtype}\n")).collect();
    std::fs::write(&path, lines).unwrap();
    let port = server.port.to_string();
    let output = Command::new(dnsperf)
        .args(["-s", "127.0.0.1", "-p", &port, "-l", seconds, "-q", "1000", "-c", "4", "-e", "-d"])
        .arg(&path)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = text.lines().find_map(|line| line.trim().strip_prefix("Queries per second:"));
    line.and_then(|rate| rate.trim().parse().ok()).unwrap_or_else(|| panic!("{text}"))
}
