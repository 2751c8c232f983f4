//! How does the program run in a process of its own, and how is it ended?

use std::fs::File;
use std::io::{Read as _, Seek as _};
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use crate::run::{program, signal};

/// So long a run may write nothing; a domain takes half a minute at most.
const LONGEST_SILENCE: Duration = Duration::from_secs(120);

/// How a run ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// When it is done.
    ByItself,
    /// Without warning, once the report has so many whole lines.
    Killed { lines: usize },
    /// When it is asked to stop, once the report has so many whole lines.
    Stopped { lines: usize },
}

/// What a run left behind beside its report.
pub struct Ended {
    pub status: Option<i32>,
    pub err: String,
    /// KiB at the highest; 0 where the system does not tell.
    pub memory: u64,
}

/// A run whose standard output is appended to a file. Its standard error is a file too: nobody reads a pipe while it runs,
/// and a full one would hold it up.
pub struct Child {
    process: std::process::Child,
    report: PathBuf,
    errors: File,
    memory: u64,
}

impl Child {
    pub fn start(words: &str, report: &Path) -> Self {
        let file = File::options().create(true).append(true).open(report).unwrap();
        let errors = tempfile::tempfile().unwrap();
        let mut command = program(words, report.parent().unwrap());
        let process = command.stdout(file).stderr(errors.try_clone().unwrap()).spawn().unwrap();
        Self { process, report: report.to_owned(), errors, memory: 0 }
    }

    /// Waits until it has ended, and no longer than it goes on writing.
    pub fn wait(mut self, end: End) -> Ended {
        let mut is_told = false;
        let (mut written, mut since) = (0, Instant::now());
        let status = loop {
            if let Some(status) = self.process.try_wait().unwrap() {
                break status;
            }
            self.look();
            match end {
                End::Killed { lines } if !is_told && self.lines() >= lines => {
                    self.process.kill().unwrap();
                    is_told = true;
                }
                End::Stopped { lines } if !is_told && self.lines() >= lines => {
                    signal("-TERM", &self.process);
                    is_told = true;
                }
                End::ByItself | End::Killed { .. } | End::Stopped { .. } => {}
            }
            let octets = std::fs::metadata(&self.report).unwrap().len();
            if octets != written {
                (written, since) = (octets, Instant::now());
            }
            if since.elapsed() > LONGEST_SILENCE {
                self.process.kill().unwrap();
                let status = self.process.wait().unwrap();
                let ended = self.ended(status);
                panic!("it has written nothing for {LONGEST_SILENCE:?} and did not end: {}", ended.err);
            }
            std::thread::sleep(Duration::from_millis(10));
        };
        let ended = self.ended(status);
        assert!(is_told || end == End::ByItself, "it was done before it could be ended: {}", ended.err);
        assert!(!ended.err.contains("panicked"), "{}", ended.err);
        ended
    }

    fn ended(&mut self, status: ExitStatus) -> Ended {
        let mut err = String::new();
        self.errors.rewind().unwrap();
        self.errors.read_to_string(&mut err).unwrap();
        Ended { status: status.code(), err, memory: self.memory }
    }

    fn lines(&self) -> usize {
        std::fs::read(&self.report).unwrap().iter().filter(|octet| **octet == b'\n').count()
    }

    /// Notes what memory it has taken so far.
    fn look(&mut self) {
        let status =
            std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap_or_default();
        let highest = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let highest = highest.and_then(|line| line.split_whitespace().next()?.parse().ok());
        self.memory = self.memory.max(highest.unwrap_or_default());
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
