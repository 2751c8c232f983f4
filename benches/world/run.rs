//! A list of domains, checked by a process of its own.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use cutover::cli::{self, Surroundings};
use serde_json::{Value, json};

use super::threads::{self, Thread};

/// What a run took.
pub struct Run {
    pub domains: usize,
    pub wall: Duration,
    pub cpu: Duration,
    /// KiB at the highest.
    pub memory: u64,
    /// The verdict of each domain.
    pub verdicts: BTreeMap<String, String>,
    /// What each thread took, if that was asked for.
    pub threads: Vec<Thread>,
}

impl Run {
    /// Checks the first so many domains with these options, in this folder.
    pub fn of(folder: &Path, domains: usize, options: &[String]) -> Self {
        Self::on(None, folder, domains, options)
    }

    /// Does so as on a machine with so many processors, and tells what each thread took.
    pub fn on(processors: Option<usize>, folder: &Path, domains: usize, options: &[String]) -> Self {
        let list = list(folder, domains);
        let out = folder.join("run.ndjson");
        let start = Instant::now();
        let child = Command::new(std::env::current_exe().unwrap())
            .arg("--child")
            .args(processors.iter().flat_map(|count| ["--processors".to_owned(), count.to_string()]))
            .args(["check", "--domains", list.to_str().unwrap(), "--format", "ndjson", "-q"])
            .args(options)
            .stdin(Stdio::null())
            .stdout(std::fs::File::create(&out).unwrap())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let is_over = AtomicBool::new(processors.is_none());
        let id = child.id();
        let (child, wall, threads) = std::thread::scope(|scope| {
            let threads = scope.spawn(|| threads::watch(id, &is_over));
            let child = child.wait_with_output().unwrap();
            let wall = start.elapsed();
            is_over.store(true, Ordering::Relaxed);
            (child, wall, threads.join().unwrap())
        });
        let told: Value = serde_json::from_slice(&child.stderr)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&child.stderr)));
        let text = std::fs::read_to_string(&out).unwrap();
        let mut verdicts = BTreeMap::new();
        for line in text.lines() {
            let field = |name: &str| {
                let rest = line.split_once(&format!("\"{name}\":\"")).unwrap().1;
                rest.split_once('"').unwrap().0.to_owned()
            };
            assert!(verdicts.insert(field("domain"), field("verdict")).is_none(), "a domain is there twice");
        }
        assert_eq!(verdicts.len(), domains, "every domain is there once");
        Self {
            domains,
            wall,
            cpu: Duration::from_secs_f64(told["cpu"].as_f64().unwrap()),
            memory: told["memory"].as_u64().unwrap(),
            verdicts,
            threads,
        }
    }

    /// Domains a second.
    pub fn rate(&self) -> f64 {
        self.domains as f64 / self.wall.as_secs_f64()
    }
}

/// A list of so many domains.
pub fn list(folder: &Path, domains: usize) -> PathBuf {
    let path = folder.join(format!("list-{domains}.txt"));
    let names: String = (0..domains).map(|number| super::domain(number) + "\n").collect();
    std::fs::write(&path, names).unwrap();
    path
}

/// A run of the program in this process, which then tells what it took.
pub fn child(arguments: &[String]) -> ExitCode {
    let mut surroundings = Surroundings::of_pipe(jiff::Timestamp::now());
    let arguments = match arguments {
        [option, count, rest @ ..] if option == "--processors" => {
            surroundings.processors = count.parse().unwrap();
            rest
        }
        all => all,
    };
    let arguments = ["cutover".to_owned()].into_iter().chain(arguments.iter().cloned());
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let mut err = Vec::new();
    let status = cli::run(arguments.map(Into::into), &mut out, &mut err, &surroundings);
    if status == 2 {
        std::io::stderr().write_all(&err).unwrap();
        return ExitCode::FAILURE;
    }
    let read = |file: &str| std::fs::read_to_string(file).unwrap_or_default();
    let status = read("/proc/self/status");
    let memory = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let memory: u64 =
        memory.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or_default();
    // Fields 14 and 15, counted behind the name, which may hold blanks: ticks of a hundredth of a second.
    let stat = read("/proc/self/stat");
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks: f64 = fields[11..13].iter().filter_map(|field| field.parse::<f64>().ok()).sum();
    let told = json!({ "cpu": ticks / 100.0, "memory": memory });
    std::io::stderr().write_all(told.to_string().as_bytes()).unwrap();
    ExitCode::SUCCESS
}
