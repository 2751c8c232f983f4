//! How does a program of somebody else run, and end in any case?

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// How long a program may take; each needs a second or two.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a program left behind.
#[derive(Debug)]
pub struct Ended {
    pub status: ExitStatus,
    pub out: String,
    pub err: String,
}

/// A running program, which ends with all that it started.
pub struct Running(pub Child);

impl Running {
    /// Starts a program; `None` if there is no such program.
    pub fn start(command: &mut Command) -> Option<Self> {
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(command, 0);
        match command.spawn() {
            Ok(child) => Some(Self(child)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => panic!("{command:?}: {error}"),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // They may have ended by themselves; there is nobody to tell.
        #[cfg(unix)]
        {
            let group = format!("-{}", self.0.id());
            let _ = Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status();
        }
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs a program whose streams go to files of a directory; `None` if there is no such program.
#[allow(clippy::disallowed_methods, reason = "the bans are for the program: somebody else's wants patience")]
pub fn run(command: &mut Command, directory: &Path) -> Option<Ended> {
    let (out, err) = (directory.join("out"), directory.join("err"));
    let file = |path: &PathBuf| std::fs::File::create(path).unwrap();
    command.stdin(Stdio::null()).stdout(file(&out)).stderr(file(&err));
    let mut running = Running::start(command)?;
    let text = |path: &PathBuf| String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned();
    let start = Instant::now();
    let status = loop {
        if let Some(status) = running.0.try_wait().unwrap() {
            break status;
        }
        assert!(start.elapsed() < PATIENCE, "{command:?} does not end: {}", text(&err));
        std::thread::sleep(Duration::from_millis(20));
    };
    drop(running);
    Some(Ended { status, out: text(&out), err: text(&err) })
}

/// A program at the place that a variable names, or one of these on the path, whichever answers to `--version`.
#[allow(clippy::disallowed_methods, reason = "the bans are for the program")]
pub fn find(variable: &str, names: &[&str]) -> Option<PathBuf> {
    let given = std::env::var_os(variable).map(PathBuf::from);
    let directory = tempfile::tempdir().unwrap();
    let mut places = given.into_iter().chain(names.iter().map(PathBuf::from));
    places.find(|place| {
        run(Command::new(place).arg("--version"), directory.path())
            .is_some_and(|ended| ended.status.success())
    })
}

/// Says that a test is not run, past the capture of the test harness.
pub fn skip(what: &str) {
    std::io::stderr().write_all(format!("skipped: {what}\n").as_bytes()).unwrap();
}
