//! Delivers notices: to a command on its standard input, and to a web server.
//!
//! Deliveries run alongside the checks and never change a verdict. One that fails is tried again with growing pauses,
//! and then given up and reported.

use std::io;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::lookup::webhook::{Webhook, WebhookFailure};
use crate::report::harmless::harmless;

use super::notices::{Notice, NoticeFormat};

/// The maximum number of deliveries at the same time.
const MOST_AT_ONCE: usize = 4;
/// The maximum time that a command may run.
const PATIENCE: Duration = Duration::from_mins(1);
/// The maximum number of times that a command is started for one notice.
const TRIES: u32 = 3;
/// The pause after the first failure of a command; each further pause is twice as long.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// The targets of notices.
#[derive(Debug, Clone, Default)]
pub struct HookTargets {
    /// A command line for the shell of the system, which gets the notice as JSON on its standard input.
    pub command: Option<String>,
    /// A web server.
    pub webhook: Option<Webhook>,
    /// The format of the notice for the web server.
    pub format: NoticeFormat,
}

impl HookTargets {
    /// Returns whether there is no target.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.command.is_none() && self.webhook.is_none()
    }
}

/// The reason why a notice was not delivered.
#[derive(Debug, thiserror::Error)]
enum DeliveryError {
    /// The command could not be started, or its end could not be seen.
    #[error("{}", harmless(&.0.to_string()))]
    Command(#[from] io::Error),
    /// The command failed.
    #[error("the command ended with {0}")]
    Ended(ExitStatus),
    /// The command was stopped.
    #[error("the command ran for more than {} s", PATIENCE.as_secs())]
    TooLong,
    /// The web server did not accept the notice.
    #[error(transparent)]
    Webhook(#[from] WebhookFailure),
}

/// Delivers notices alongside the checks.
///
/// Must be used inside a tokio runtime with I/O and time.
#[derive(Debug)]
pub struct Hooks {
    targets: Arc<HookTargets>,
    permits: Arc<Semaphore>,
    under_way: JoinSet<()>,
    failures: (mpsc::UnboundedSender<String>, mpsc::UnboundedReceiver<String>),
}

impl Hooks {
    /// Delivers to these targets; nothing is sent yet.
    #[must_use]
    pub fn new(targets: HookTargets) -> Self {
        Self {
            targets: Arc::new(targets),
            permits: Arc::new(Semaphore::new(MOST_AT_ONCE)),
            under_way: JoinSet::new(),
            failures: mpsc::unbounded_channel(),
        }
    }

    /// Returns whether there is no target.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.targets.is_empty()
    }

    /// Begins to deliver a notice.
    pub fn send(&mut self, notice: &Notice) {
        let targets = Arc::clone(&self.targets);
        let HookTargets { command, webhook, format } = &*targets;
        if let Some(command) = command {
            let (command, text) = (command.clone(), notice.text(NoticeFormat::Json));
            self.begin(&notice.domain, "--on-change", async move { run_often(&command, &text).await });
        }
        if let Some(webhook) = webhook {
            let (webhook, text) = (webhook.clone(), notice.text(*format));
            let target = format!("--webhook {}", webhook.url());
            self.begin(&notice.domain, &target, async move {
                webhook.post(&text).await.map_err(DeliveryError::from)
            });
        }
    }

    fn begin(
        &mut self,
        domain: &str,
        target: &str,
        delivery: impl Future<Output = Result<(), DeliveryError>> + Send + 'static,
    ) {
        let (permits, failures) = (Arc::clone(&self.permits), self.failures.0.clone());
        let (domain, target) = (domain.to_owned(), target.to_owned());
        // Deliveries that have ended need no slot any more.
        while self.under_way.try_join_next().is_some() {}
        self.under_way.spawn(async move {
            let _permit = permits.acquire().await;
            if let Err(reason) = delivery.await {
                // The receiver is dropped only when the run ends.
                let _ =
                    failures.send(format!("{domain}: {target}: {reason}; the change is not reported there"));
            }
        });
    }

    /// Returns the failures since the last call, one sentence each.
    pub fn failures(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.failures.1.try_recv().ok()).collect()
    }

    /// Waits for the deliveries under way, at most this long.
    pub async fn finish(&mut self, patience: Duration) {
        let all = async { while self.under_way.join_next().await.is_some() {} };
        if timeout(patience, all).await.is_err() {
            let count = match self.under_way.len() {
                1 => "1 notice was".to_owned(),
                several => format!("{several} notices were"),
            };
            self.under_way.abort_all();
            let waited = patience.as_secs();
            let _ = self
                .failures
                .0
                .send(format!("{count} not delivered within {waited} s of the end of the run"));
        }
    }
}

/// Runs a command until it succeeds, at most [`TRIES`] times. One that ran for too long is not started again.
async fn run_often(command: &str, input: &str) -> Result<(), DeliveryError> {
    let mut pause = FIRST_PAUSE;
    for _ in 1..TRIES {
        let result = run(command, input).await;
        if matches!(result, Ok(()) | Err(DeliveryError::TooLong)) {
            return result;
        }
        sleep(pause).await;
        pause *= 2;
    }
    run(command, input).await
}

/// Runs a command with this text as its standard input; its output is discarded.
async fn run(command: &str, input: &str) -> Result<(), DeliveryError> {
    let mut child = shell(command)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()?;
    let mut group = Group::of(&child);
    let stdin = child.stdin.take();
    let whole = async {
        if let Some(mut stdin) = stdin {
            // A command that does not read its input may still succeed.
            let _ = stdin.write_all(input.as_bytes()).await;
        }
        child.wait().await
    };
    let result = timeout(PATIENCE, whole).await;
    if result.is_ok() {
        // What an ended command left running, it left on purpose.
        group.release();
    }
    match result {
        Ok(Ok(status)) if status.success() => Ok(()),
        Ok(Ok(status)) => Err(DeliveryError::Ended(status)),
        Ok(Err(error)) => Err(error.into()),
        Err(_) => Err(DeliveryError::TooLong),
    }
}

/// The processes that a command has started, which end with it if it is stopped.
struct Group {
    #[cfg(unix)]
    leader: Option<rustix::process::Pid>,
}

impl Group {
    #[cfg(unix)]
    fn of(child: &tokio::process::Child) -> Self {
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        Self { leader: id.and_then(rustix::process::Pid::from_raw) }
    }

    #[cfg(not(unix))]
    fn of(_: &tokio::process::Child) -> Self {
        Self {}
    }

    fn release(&mut self) {
        #[cfg(unix)]
        {
            self.leader = None;
        }
    }
}

#[cfg(unix)]
impl Drop for Group {
    fn drop(&mut self) {
        if let Some(leader) = self.leader {
            // They may have ended by themselves.
            let _ = rustix::process::kill_process_group(leader, rustix::process::Signal::KILL);
        }
    }
}

#[cfg(not(windows))]
fn shell(command: &str) -> Command {
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(command);
    #[cfg(unix)]
    shell.process_group(0);
    shell
}

#[cfg(windows)]
fn shell(command: &str) -> Command {
    let mut shell = Command::new("cmd");
    shell.arg("/D").arg("/C").raw_arg(command);
    shell
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_command_that_is_stopped_leaves_no_process_behind() {
        let folder = tempfile::tempdir().unwrap();
        let (started, ended) = (folder.path().join("started"), folder.path().join("ended"));
        // The inner shell outlives the outer one if only that is stopped.
        let command = format!(
            "sh -c 'echo > {}; sleep 2; echo > {}'; true",
            started.to_string_lossy(),
            ended.to_string_lossy()
        );
        let running = tokio::spawn(async move { run(&command, "{}").await.is_ok() });
        while !started.exists() {
            sleep(Duration::from_millis(10)).await;
        }
        running.abort();
        assert!(running.await.is_err_and(|error| error.is_cancelled()));
        sleep(Duration::from_secs(3)).await;
        assert!(!ended.exists());
    }

    #[tokio::test]
    async fn what_an_ended_command_started_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let made = folder.path().join("made");
        let command = format!("(sleep 1; echo > {}) &", made.to_string_lossy());
        assert!(run(&command, "{}").await.is_ok());
        let waited = timeout(Duration::from_secs(20), async {
            while !made.exists() {
                sleep(Duration::from_millis(10)).await;
            }
        });
        assert!(waited.await.is_ok());
    }
}
