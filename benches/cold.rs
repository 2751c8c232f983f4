//! Is a long list right where nothing is known beforehand, and some servers are dead?
//!
//! 100,000 generated domains in every state, behind a real resolver with an empty cache; the name server of one domain in
//! a hundred never answers. Every domain must be there once, with the verdict of its state: `cargo bench --bench cold`
//! prints what it took; `-- --quick` has 1,000 domains and forgives late answers, `-- --domains N` has so many. Needs
//! Debian's `knot` and `unbound`.
#![allow(missing_docs, reason = "a benchmark exports nothing")]
#![allow(clippy::disallowed_methods, reason = "a measurement reads the clock, files and the command line")]
#![allow(clippy::panic, clippy::unwrap_used, reason = "a measurement that fails is none")]
#![allow(unreachable_pub, dead_code, reason = "a world that other measurements share")]

mod world;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::ExitCode;

use world::cold::{Internet, is_dead};
use world::run::{self, Run};
use world::{State, found, state};

/// That of the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Memory, in KiB.
const MOST_MEMORY: u64 = 100 * 1024;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Some(index) = arguments.iter().position(|argument| argument == "--child") {
        return run::child(&arguments[index + 1..]);
    }
    let given = arguments.iter().position(|argument| argument == "--domains");
    let quick = arguments.iter().any(|argument| argument == "--quick");
    let domains = match given {
        Some(index) => arguments[index + 1].parse().unwrap(),
        None if quick => 1_000,
        None => 100_000,
    };
    let (Some(knot), Some(unbound)) = (found("knotd"), found("unbound")) else {
        tell("cold: left out, since knot or unbound is not installed\n");
        return ExitCode::SUCCESS;
    };
    let folder = tempfile::tempdir().unwrap();
    let internet = Internet::start(&knot, &unbound, folder.path(), domains);
    let before = internet.questions();
    let run = Run::of(folder.path(), domains, &internet.options());
    let questions = internet.questions() - before;
    tell(&format!(
        "{domains} domains behind a cold resolver: {:.1} s, {:.0} domains/s, {questions} questions ({:.1} a domain), \
         {:.0} us of processor time a domain, {:.1} MiB at most\n",
        run.wall.as_secs_f64(),
        run.rate(),
        questions as f64 / domains as f64,
        run.cpu.as_secs_f64() * 1e6 / domains as f64,
        run.memory as f64 / 1024.0,
    ));
    let mut counted: BTreeMap<(String, &str), usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    for number in 0..domains {
        let name = world::domain(number);
        let verdict = run.verdicts[&name].as_str();
        let (kind, expected) = match state(number) {
            _ if is_dead(number) => ("dead".to_owned(), "undetermined"),
            State::Ready => ("Ready".to_owned(), "ready"),
            other => (format!("{other:?}"), "changes-needed"),
        };
        *counted.entry((kind, verdict)).or_default() += 1;
        // Where the machine is busy with other things, answers may come too late.
        let is_late = quick && verdict == "undetermined";
        if verdict != expected && !is_late {
            wrong.push(format!("{name}: {verdict}, expected {expected}"));
        }
    }
    for ((kind, verdict), count) in counted {
        tell(&format!("{count:>8} {kind:<14} {verdict}\n"));
    }
    wrong.iter().take(20).for_each(|wrong| tell(&format!("WRONG: {wrong}\n")));
    if run.memory > MOST_MEMORY {
        tell("BROKEN: more than 100 MiB\n");
    }
    if wrong.is_empty() && run.memory <= MOST_MEMORY { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn tell(text: &str) {
    std::io::stdout().write_all(text.as_bytes()).unwrap();
}
