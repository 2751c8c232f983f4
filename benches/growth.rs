//! Is the time that an input takes in proportion to its size?
//!
//! Each input that can be made as large as somebody likes, in one, two and four times a size: the processor time of the
//! whole run, the median of several. `cargo bench --bench growth` prints a table, and fails where four times the input takes
//! more than ten times as long; `-- --quick` measures less and only prints; `-- --only PART` has the inputs with the part
//! in their name.
#![allow(missing_docs, reason = "a benchmark exports nothing")]
#![allow(clippy::disallowed_methods, reason = "a measurement reads the clock, files and the command line")]
#![allow(clippy::panic, clippy::unwrap_used, reason = "a measurement that fails is none")]
#![allow(unreachable_pub, reason = "the inputs belong to the tests")]

#[path = "../tests/growth/inputs.rs"]
mod inputs;

use std::hint::black_box;
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use cutover::cli::{self, Surroundings};

use inputs::{INPUTS, Input, ZONE};

/// Four times the input may take so many times as long: what is linear takes 4, what is quadratic 16.
const MOST: f64 = 10.0;
/// What is done faster says nothing of growth.
const LEAST: Duration = Duration::from_millis(20);

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let quick = arguments.iter().any(|argument| argument == "--quick");
    let only = arguments.iter().skip_while(|argument| *argument != "--only").nth(1);
    let (size, tries) = if quick { (500, 1) } else { (2_000, 3) };
    let folder = tempfile::tempdir().unwrap();
    let mut out = std::io::stdout().lock();
    let mut steep = Vec::new();
    writeln!(out, "{:<28} {:>10} {:>10} {:>10} {:>8}", "milliseconds of", size, 2 * size, 4 * size, "growth")
        .unwrap();
    for input in INPUTS.iter().filter(|input| only.is_none_or(|part| input.name.contains(part.as_str()))) {
        let took = [size, 2 * size, 4 * size].map(|count| median(input, count, tries, folder.path()));
        let [one, two, four] = took.map(|took| took.as_secs_f64() * 1e3);
        let growth = four / one;
        writeln!(out, "{:<28} {one:>10.2} {two:>10.2} {four:>10.2} {growth:>8.1}", input.name).unwrap();
        if growth > MOST && took[2] > LEAST {
            steep.push(input.name);
        }
    }
    for name in &steep {
        writeln!(out, "BROKEN: {name}: four times the input takes more than {MOST} times as long").unwrap();
    }
    if steep.is_empty() || quick { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn median(input: &Input, count: usize, tries: usize, folder: &Path) -> Duration {
    let (file, zone) = (folder.join("input"), folder.join("contoso.com.zone"));
    std::fs::write(&file, (input.make)(count)).unwrap();
    std::fs::write(&zone, ZONE).unwrap();
    let words: Vec<String> = input
        .words
        .split(' ')
        .map(|word| match word {
            "INPUT" => file.display().to_string(),
            "ZONE" => zone.display().to_string(),
            word => word.to_owned(),
        })
        .collect();
    let mut times: Vec<Duration> = (0..tries).map(|_| time(&words)).collect();
    times.sort();
    times[tries / 2]
}

fn time(words: &[String]) -> Duration {
    let surroundings = Surroundings::of_pipe(jiff::Timestamp::UNIX_EPOCH);
    let arguments = std::iter::once("cutover").chain(words.iter().map(String::as_str));
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let (start, cpu) = (Instant::now(), processor_time());
    black_box(cli::run(arguments.map(Into::into), &mut out, &mut err, &surroundings));
    match (cpu, processor_time()) {
        (Some(before), Some(after)) => after.saturating_sub(before),
        _ => start.elapsed(),
    }
}

/// What all threads of this process have used so far; where nobody tells, the clock has to do.
fn processor_time() -> Option<Duration> {
    #[cfg(unix)]
    {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
        Some(Duration::new(time.tv_sec.try_into().ok()?, time.tv_nsec.try_into().ok()?))
    }
    #[cfg(not(unix))]
    None
}
