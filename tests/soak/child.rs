//! How does the program run in a process of its own, and how is it ended?

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

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

/// A run whose standard output is appended to a file.
pub struct Child {
    process: std::process::Child,
    report: PathBuf,
    memory: u64,
}

impl Child {
    pub fn start(words: &str, report: &Path) -> Self {
        let file = std::fs::File::options().create(true).append(true).open(report).unwrap();
        let process = Command::new(env!("CARGO_BIN_EXE_cutover"))
            .args(words.split_whitespace())
            .current_dir(report.parent().unwrap())
            .env_remove("CUTOVER_GRAPH_TOKEN")
            .stdin(Stdio::null())
            .stdout(file)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        Self { process, report: report.to_owned(), memory: 0 }
    }

    /// Waits until it has ended.
    pub fn wait(mut self, end: End) -> Ended {
        let mut is_told = false;
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
                    let id = self.process.id().to_string();
                    assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
                    is_told = true;
                }
                End::ByItself | End::Killed { .. } | End::Stopped { .. } => {}
            }
            std::thread::sleep(Duration::from_millis(10));
        };
        assert!(is_told || end == End::ByItself, "it was done before it could be ended");
        let mut err = String::new();
        std::io::Read::read_to_string(&mut self.process.stderr.take().unwrap(), &mut err).unwrap();
        assert!(!err.contains("panicked"), "{err}");
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
