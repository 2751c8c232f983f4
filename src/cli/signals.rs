//! Listens for the signals that end the process.
//!
//! This has its own thread, so that the process ends whatever the other threads do.
#![allow(clippy::disallowed_methods, reason = "how long the process may still take is real time")]

use std::io::Write as _;
use std::process::exit;
use std::sync::mpsc;
use std::thread::Builder;
use std::time::Duration;

use tokio::runtime;
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

use crate::run::remove_temporary_files;

use super::cleanup;

/// The time limit for lookups in progress after the first signal.
pub(super) const UNDER_WAY: Duration = Duration::from_millis(1200);
/// The time limit for ending the process after the first signal.
const ALL: Duration = Duration::from_millis(1850);
/// The time limit for ending the process after the second signal.
const AT_ONCE: Duration = Duration::from_millis(150);

/// Returns a channel with the number of signals received; `None` if the system provides no thread or no signals. From
/// now on a signal does not end the process by itself, so this thread ends it unless another one has done so in time.
pub(super) fn listen() -> Option<watch::Receiver<u32>> {
    let (count, counted) = watch::channel(0);
    let (ready, is_ready) = mpsc::channel();
    Builder::new().name("signals".into()).spawn(move || work(&count, &ready)).ok()?;
    is_ready.recv().ok()?;
    Some(counted)
}

fn work(count: &watch::Sender<u32>, ready: &mpsc::Sender<()>) {
    let Ok(runtime) = runtime::Builder::new_current_thread().enable_all().build() else { return };
    runtime.block_on(async {
        let Ok(mut signals) = Signals::open() else { return };
        // The thread that waits for this may have stopped waiting.
        let _ = ready.send(());
        signals.next().await;
        count.send_modify(|count| *count += 1);
        let end = Instant::now() + cleanup::patience().unwrap_or(ALL);
        if timeout_at(end, signals.next()).await.is_ok() {
            count.send_modify(|count| *count += 1);
            let end = end.min(Instant::now() + AT_ONCE);
            // Later signals have no effect.
            while timeout_at(end, signals.next()).await.is_ok() {}
        }
        end_process();
    });
}

/// Ends the process with the known exit status, and leaves no temporary file behind.
fn end_process() -> ! {
    let status = cleanup::final_status();
    if status.is_none() {
        // There is no way to report that this cannot be written.
        let _ = writeln!(
            std::io::stderr(),
            "error: stopped before every domain was checked; no more results are known"
        );
    }
    remove_temporary_files();
    exit(i32::from(status.unwrap_or(super::status_of_verdict(crate::check::Verdict::Undetermined))))
}

/// The signals that ask the process to end.
#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn open() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// The signals that ask the process to end.
#[cfg(windows)]
struct Signals {
    interrupt: tokio::signal::windows::CtrlC,
    /// Also what programs send that end a group of processes.
    break_key: tokio::signal::windows::CtrlBreak,
    close: tokio::signal::windows::CtrlClose,
    shutdown: tokio::signal::windows::CtrlShutdown,
}

#[cfg(windows)]
impl Signals {
    fn open() -> std::io::Result<Self> {
        use tokio::signal::windows::{ctrl_break, ctrl_c, ctrl_close, ctrl_shutdown};
        Ok(Self {
            interrupt: ctrl_c()?,
            break_key: ctrl_break()?,
            close: ctrl_close()?,
            shutdown: ctrl_shutdown()?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.break_key.recv() => {}
            _ = self.close.recv() => {}
            _ = self.shutdown.recv() => {}
        }
    }
}
