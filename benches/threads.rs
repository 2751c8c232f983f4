//! Does the speed grow with the processors?
//!
//! Generated domains, served by a real name server of this machine that stands in for the resolver, and checked as on
//! machines with 2, 4 and 8 processors. What counts is the time that each thread runs on a processor: where each has one of
//! its own, the busiest thread decides about the speed. So the answer does not depend on the processors that there are;
//! what sharing costs shows, since threads are bound to different ones. `cargo bench --bench threads` prints a table and
//! fails where more threads gain too little; `-- --quick` checks few domains and only prints, `-- --processors N` measures
//! one number, `-- --concurrency N` checks so many domains at the same time. Needs Debian's `knot`.
#![allow(missing_docs, reason = "a benchmark exports nothing")]
#![allow(clippy::disallowed_methods, reason = "a measurement reads the clock, files and the command line")]
#![allow(clippy::panic, clippy::unwrap_used, reason = "a measurement that fails is none")]
#![allow(unreachable_pub, dead_code, reason = "a world that other measurements share")]

mod world;

use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use world::run::{self, Run};
use world::{Server, Software, found};

/// That of the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// With so many processors, the busiest thread of the run may take this part of what it takes with two.
const MOST_OF_BUSIEST: [(usize, f64); 2] = [(4, 0.7), (8, 0.4)];
/// All threads together, of what they take with two processors. Where there are fewer processors than threads, these
/// displace each other from the caches, which costs more than what they share.
const MOST_OF_ALL: f64 = 1.6;
/// Memory of any run, in KiB.
const MOST_MEMORY: u64 = 100 * 1024;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Some(index) = arguments.iter().position(|argument| argument == "--child") {
        return run::child(&arguments[index + 1..]);
    }
    let quick = arguments.iter().any(|argument| argument == "--quick");
    let given = |option: &str| arguments.iter().position(|argument| argument == option);
    let fixed = given("--concurrency").map_or(&[][..], |index| &arguments[index..index + 2]);
    let counts = match given("--processors") {
        Some(index) => vec![arguments[index + 1].parse().unwrap()],
        None => vec![2, 4, 8],
    };
    let domains = if quick { 1_000 } else { 20_000 };
    let Some(knot) = found("knotd").filter(|_| cfg!(target_os = "linux")) else {
        tell("threads: left out, since knot is not installed or this is not Linux\n");
        return ExitCode::SUCCESS;
    };
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(Software::Knot, &knot, folder.path(), domains);
    tell(&format!(
        "{:>10} {:>8} {:>8} {:>12} {:>12} {:>12} {:>12} {:>10} {:>9}\n",
        "processors",
        "lookups",
        "judges",
        "us/domain",
        "busiest us",
        "domains/s",
        "waits/domain",
        "wall",
        "peak MiB"
    ));
    let mut broken = Vec::new();
    let mut first = None;
    for processors in counts {
        let options = [fixed, &server.options()].concat();
        let run = Run::on(Some(processors), folder.path(), domains, &options);
        let per_domain = |time: Duration| time.as_secs_f64() * 1e6 / domains as f64;
        let busiest = per_domain(run.threads.iter().map(|thread| thread.cpu).max().unwrap());
        let all = per_domain(run.threads.iter().map(|thread| thread.cpu).sum());
        let named = |name: &str| run.threads.iter().filter(|thread| thread.name.starts_with(name)).count();
        let waits: u64 = run.threads.iter().map(|thread| thread.waits).sum();
        tell(&format!(
            "{processors:>10} {:>8} {:>8} {all:>12.0} {busiest:>12.0} {:>12.0} {:>12.2} {:>8.1} s {:>9.1}\n",
            named("lookup"),
            named("checking"),
            1e6 / busiest,
            waits as f64 / domains as f64,
            run.wall.as_secs_f64(),
            run.memory as f64 / 1024.0,
        ));
        // With one number alone there is nothing to compare with.
        let (first_busiest, first_all) = *first.get_or_insert((busiest, all));
        let most =
            MOST_OF_BUSIEST.iter().find(|(count, _)| *count == processors && given("--processors").is_none());
        if let Some((_, most)) = most.filter(|(_, most)| busiest > most * first_busiest) {
            broken.push(format!(
                "with {processors} processors, the busiest thread takes more than {most} of that with 2"
            ));
        }
        if all > MOST_OF_ALL * first_all {
            broken.push(format!(
                "with {processors} processors, all threads take more than {MOST_OF_ALL} of those with 2"
            ));
        }
        if run.memory > MOST_MEMORY {
            broken.push(format!("with {processors} processors, more than 100 MiB"));
        }
        if run.verdicts.values().any(|verdict| verdict == "undetermined") {
            broken.push("the server left questions unanswered".to_owned());
        }
    }
    broken.iter().for_each(|broken| tell(&format!("BROKEN: {broken}\n")));
    if broken.is_empty() || quick { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn tell(text: &str) {
    std::io::stdout().write_all(text.as_bytes()).unwrap();
}
