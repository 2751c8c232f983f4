//! Does the server show what the commands write, at once, to those whom it concerns, and for as long as it runs?
//!
//! Whole servers on loopback, in process where no signal is needed, with requests as octets, so that attacks are what they are.

mod attacks;
pub mod client;
mod database;
mod day;
mod ending;
mod pages;
mod probes;
pub mod reliability;
mod watching;

use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use cutover::cli::{Clock, Later, ServeSurroundings, Surroundings, run};
use jiff::{SignedDuration, Timestamp};

use crate::run::{Workspace, program, surroundings};
use client::Answer;

/// How long anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// Real time that a test can set forward and back, and an end when the test wants it.
#[derive(Debug, Default)]
struct Until {
    stop: tokio::sync::Notify,
    /// Seconds that this clock is ahead.
    ahead: AtomicI64,
}

impl Until {
    /// Sets the clock forward, or back.
    fn set(&self, by: SignedDuration) {
        self.ahead.fetch_add(by.as_secs(), Ordering::SeqCst);
    }
}

impl Clock for Until {
    fn wait(&self, now: Timestamp, span: Duration) -> Later<'_, Timestamp> {
        const STEP: Duration = Duration::from_millis(5);
        let (then, begin) = (now + span, Instant::now());
        Box::pin(async move {
            // A clock that is set back does not prolong the wait.
            while self.now() < then && begin.elapsed() < span {
                tokio::time::sleep(STEP.min(span)).await;
            }
            self.now()
        })
    }

    fn now(&self) -> Timestamp {
        Timestamp::now() + SignedDuration::from_secs(self.ahead.load(Ordering::SeqCst))
    }

    fn stopped(&self) -> Later<'_, ()> {
        Box::pin(self.stop.notified())
    }
}

/// What a server has said.
#[derive(Clone, Default)]
struct Said(Arc<Mutex<Vec<u8>>>);

impl Said {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Said {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(octets);
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A server in this process, which ends with the test.
pub struct Server {
    address: SocketAddr,
    said: Said,
    clock: Arc<Until>,
    thread: Option<JoinHandle<u8>>,
}

impl Server {
    /// Starts one with these options.
    pub fn start(words: &str) -> Self {
        Self::start_with("127.0.0.1:0", words, ServeSurroundings::default())
    }

    /// Starts one where another one was.
    pub fn start_at(address: SocketAddr, words: &str) -> Self {
        Self::start_with(&address.to_string(), words, ServeSurroundings::default())
    }

    /// Starts one that asks for this token.
    fn with_token(words: &str, token: &str) -> Self {
        Self::start_with(
            "127.0.0.1:0",
            words,
            ServeSurroundings { token: Some(token.into()), notify_socket: None },
        )
    }

    fn start_with(listen: &str, words: &str, serve: ServeSurroundings) -> Self {
        let (said, clock) = (Said::default(), Arc::new(Until::default()));
        let around = Surroundings { clock: Arc::clone(&clock) as Arc<dyn Clock>, serve, ..surroundings() };
        let words = format!("cutover serve --listen {listen} {words}");
        let words: Vec<String> = words.split_whitespace().map(str::to_owned).collect();
        let mut err = said.clone();
        let thread = std::thread::spawn(move || {
            run(words.into_iter().map(Into::into), &mut io::sink(), &mut err, &around)
        });
        let address = wait_for(|| {
            assert!(!thread.is_finished(), "{}", said.text());
            address(&said.text())
        });
        Self { address, said, clock, thread: Some(thread) }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Asks for a path.
    pub fn get(&self, path: &str) -> Answer {
        client::get(self.address, path)
    }

    /// Asks for a path until the answer is as expected.
    pub fn get_until(&self, path: &str, is_right: impl Fn(&Answer) -> bool) -> Answer {
        let mut last = None;
        wait_for_or(
            || {
                let answer = self.get(path);
                let found = is_right(&answer).then(|| answer.clone());
                last = Some(answer);
                found
            },
            || self.said.text(),
        )
    }

    /// The end: the exit status, and what was said.
    pub fn stop(mut self) -> (u8, String) {
        self.clock.stop.notify_one();
        let status = self.thread.take().unwrap().join().unwrap();
        (status, self.said.text())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.clock.stop.notify_one();
        if let Some(thread) = self.thread.take() {
            let status = thread.join();
            assert!(std::thread::panicking() || status.unwrap() == 0);
        }
    }
}

/// The address on which a server says that it listens.
fn address(said: &str) -> Option<SocketAddr> {
    let (_, rest) = said.split_once("listening on http://")?;
    rest.split(['/', '\n']).next()?.parse().ok()
}

/// Waits until there is something.
fn wait_for<T>(found: impl FnMut() -> Option<T>) -> T {
    wait_for_or(found, String::new)
}

fn wait_for_or<T>(mut found: impl FnMut() -> Option<T>, why: impl Fn() -> String) -> T {
    let begin = Instant::now();
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(begin.elapsed() < PATIENCE, "{}", why());
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A folder with zones and settings that name their domains.
pub struct Folder {
    workspace: Workspace,
}

impl Folder {
    pub fn of(zones: &[(&str, String)]) -> Self {
        let folder = Self { workspace: Workspace::new() };
        zones.iter().for_each(|(domain, zone)| folder.publish(domain, zone));
        folder.watch(&zones.iter().map(|(domain, _)| *domain).collect::<Vec<_>>(), zones);
        folder
    }

    /// Writes the zone of a domain.
    pub fn publish(&self, domain: &str, zone: &str) {
        self.workspace.put(&format!("{domain}.zone"), zone);
    }

    /// Writes the settings.
    fn watch(&self, domains: &[&str], zones: &[(&str, String)]) {
        self.workspace.put("cutover.toml", self.text(domains, zones));
    }

    /// The settings, with the last domain at their end.
    fn text(&self, domains: &[&str], zones: &[(&str, String)]) -> String {
        let files: Vec<String> = zones.iter().map(|(domain, _)| format!("\"{domain}.zone\"")).collect();
        let mut text = format!("[defaults]\nzone = [{}]\n", files.join(", "));
        domains.iter().for_each(|domain| text += &format!("[[domain]]\nname = \"{domain}\"\n"));
        text
    }

    /// Starts a server as a process of its own in this folder: the process, and where it listens.
    pub fn serve(&self, words: &str, environment: &[(&str, &str)]) -> (Child, SocketAddr) {
        let said = self.path("said");
        let mut command = program(&format!("serve --listen 127.0.0.1:0 {words}"), &self.path(""));
        let command = command.envs(environment.iter().copied()).stdout(Stdio::null());
        let child = command.stderr(std::fs::File::create(&said).unwrap()).spawn().unwrap();
        let address = wait_for(|| address(&std::fs::read_to_string(&said).unwrap()));
        (child, address)
    }

    pub fn settings(&self) -> String {
        format!("--settings {}", self.path("cutover.toml").display())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.workspace.path(name)
    }
}
