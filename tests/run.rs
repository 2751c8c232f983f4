//! Runs the program: `cutover::cli::run` in process, with streams that are kept and surroundings that never change, or the
//! binary as a process of its own where the process itself is tested.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use cutover::cli::{Clock, Later, Surroundings, run};
use cutover::facts::{Facts, Recording};
use cutover::report::style::{Color, Links, Marks};
use jiff::Timestamp;
use serde_json::Value;
use tempfile::TempDir;

/// What a run left behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    pub status: u8,
    pub out: String,
    pub err: String,
}

/// Runs the program on words separated by blanks.
pub fn cutover(words: &str) -> Run {
    cutover_with(words.split_whitespace(), &surroundings())
}

/// The same on a terminal so wide that no word has to be broken.
pub fn cutover_wide(words: &str) -> Run {
    cutover_with(words.split_whitespace(), &Surroundings { width: Some(200), ..surroundings() })
}

/// Runs the program on these arguments, in these surroundings.
pub fn cutover_with<T: Into<std::ffi::OsString>>(
    arguments: impl IntoIterator<Item = T>,
    surroundings: &Surroundings,
) -> Run {
    let program = std::iter::once("cutover".into());
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let status = run(program.chain(arguments.into_iter().map(Into::into)), &mut out, &mut err, surroundings);
    let text = |octets| String::from_utf8(octets).expect("a stream holds UTF-8");
    Run { status, out: text(out), err: text(err) }
}

/// The facts as a recording of `contoso.com`, checked by the program in process, as JSON.
pub fn replayed(facts: &Facts, options: &str) -> Run {
    let recording = Recording::new(vec!["contoso.com".parse().unwrap()], facts.clone());
    let workspace = Workspace::new();
    let file = workspace.put("run.recording", recording.to_string());
    // The program has a runtime of its own, which must not run inside that of the test.
    let words = format!("check contoso.com --format json --replay {file} {options}");
    std::thread::spawn(move || cutover(&words)).join().unwrap()
}

/// Runs a future on a runtime of its own.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(future)
}

/// The variables that the program reads.
const VARIABLES: [&str; 12] = [
    "COLUMNS",
    "CUTOVER_GRAPH_TOKEN",
    "CUTOVER_SERVE_TOKEN",
    "CUTOVER_WEBHOOK",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "LISTEN_FDS",
    "LISTEN_PID",
    "NOTIFY_SOCKET",
    "NO_COLOR",
    "TZ",
];

/// The program as a process of its own, with words separated by blanks, in this directory: nothing on its standard input, both
/// other streams in pipes, and none of the variables that it reads.
pub fn program(words: &str, directory: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cutover"));
    for name in VARIABLES {
        command.env_remove(name);
    }
    // In a pipe of Windows, reports for people are ASCII unless the locale says otherwise.
    command.env("LC_ALL", "C.UTF-8");
    command.args(words.split_whitespace()).current_dir(directory);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Sends a signal, such as `-TERM`, to a process.
pub fn signal(signal: &str, child: &Child) {
    assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        let text = |octets| String::from_utf8(octets).expect("a stream holds UTF-8");
        let status = output.status.code().and_then(|code| u8::try_from(code).ok());
        let status = status.unwrap_or_else(|| panic!("the program ended by {}", output.status));
        Self { status, out: text(output.stdout), err: text(output.stderr) }
    }
}

/// A pipe, at a fixed time.
pub fn surroundings() -> Surroundings {
    Surroundings {
        width: None,
        color: Color::Off,
        links: Links::Off,
        now: "2026-11-22T05:23:00.75Z".parse().unwrap(),
        settings: None,
        input: None,
        live: false,
        clock: Arc::new(NoWaiting),
        graph_token: None,
        webhook: None,
        time_zone: jiff::tz::TimeZone::UTC,
        marks: Marks::Unicode,
        error_marks: Marks::Unicode,
        processors: 4,
        serve: cutover::cli::ServeSurroundings::default(),
    }
}

/// Nobody waits, and nobody wants to stop.
#[derive(Debug)]
struct NoWaiting;

impl Clock for NoWaiting {
    fn wait(&self, now: Timestamp, span: Duration) -> Later<'_, Timestamp> {
        panic!("{now}: nobody waits for {span:?} here")
    }

    fn stopped(&self) -> Later<'_, ()> {
        Box::pin(std::future::pending())
    }
}

impl Run {
    /// Standard output as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The first domain of the report.
    pub fn domain(&self) -> Value {
        self.json()["domains"][0].clone()
    }

    /// The code of an expectation of the first domain.
    pub fn code(&self, id: &str) -> String {
        let domain = self.domain();
        let mut list = domain["expectations"].as_array().unwrap().iter();
        let found = list.find(|one| one["id"] == id).unwrap_or_else(|| panic!("no {id}: {self:?}"));
        found["code"].as_str().unwrap().to_owned()
    }

    /// The codes of the hazards of the first domain.
    pub fn hazards(&self) -> Vec<String> {
        let domain = self.domain();
        let hazards = domain["hazards"].as_array().unwrap().iter();
        hazards.map(|hazard| hazard["code"].as_str().unwrap().to_owned()).collect()
    }

    /// How many errors standard error tells.
    pub fn errors(&self) -> usize {
        self.err.lines().filter(|line| line.starts_with("error:")).count()
    }
}

/// A stream whose reader is gone.
pub struct ClosedPipe;

impl std::io::Write for ClosedPipe {
    fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
        Err(std::io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A directory of files for one test.
pub struct Workspace {
    directory: TempDir,
}

impl Workspace {
    pub fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap() }
    }

    /// Where a file is, or would be.
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Puts a file there, and gives its path as a word of a command line.
    pub fn put(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        std::fs::write(&path, content).unwrap();
        word(&path)
    }

    /// A path that nobody has written to yet, as a word.
    pub fn free(&self, name: &str) -> String {
        word(&self.path(name))
    }

    /// The names of all files.
    pub fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.directory.path()).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

fn word(path: &Path) -> String {
    let word = path.to_str().unwrap().to_owned();
    assert!(!word.contains(char::is_whitespace), "{word}");
    word
}

/// A report without its next step, which repeats the options that were given.
pub fn without_next_step(out: &str) -> String {
    out.split_inclusive('\n').filter(|line| !line.starts_with("Next: ")).collect()
}
