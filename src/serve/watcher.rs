//! Checks the domains of the settings when something can have changed, and reads the settings again when they have.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::Notify;
use tokio::time::sleep;

use super::app::App;

/// The maximum number of concurrent checks of watched domains.
const MOST: usize = 32;
/// The longest sleep of the watcher.
const LONGEST_NAP: Duration = Duration::from_secs(1);
/// The interval between checks of the settings files.
const GLANCE: Duration = Duration::from_secs(1);

/// Checks domains when they are due, until it is aborted.
pub(super) async fn watch(app: Arc<App>) {
    loop {
        let (due, next, busy) = app.due(app.clock.now());
        let free = MOST.saturating_sub(busy);
        let is_full = due.len() > free;
        let begun = due.iter().take(free).filter(|domain| {
            // The page of the domain shows the reason why it cannot be checked.
            app.check(domain, None, None).map_err(|error| app.fail_to_begin(domain, &error)).is_ok()
        });
        let begun = begun.count();
        let span = next.map(|next| app.clock.now().duration_until(next).unsigned_abs());
        let nap = match (is_full, begun) {
            (true, _) => Duration::from_millis(100),
            (false, 0) => span.unwrap_or(LONGEST_NAP).clamp(Duration::from_millis(100), LONGEST_NAP),
            // A domain stays due until its check has ended.
            (false, _) => Duration::from_millis(200),
        };
        // The loop finds the domains that are due, whether it is woken early or not.
        tokio::select! {
            () = app.clock.wait(nap) => {}
            () = app.wake.notified() => {}
        }
    }
}

/// Returns the modification time and size of each file.
fn glance(files: &[PathBuf]) -> Vec<Option<(SystemTime, u64)>> {
    let of = |path: &PathBuf| {
        let metadata = std::fs::metadata(path).ok()?;
        Some((metadata.modified().ok()?, metadata.len()))
    };
    files.iter().map(of).collect()
}

/// Notifies when one of these files has changed.
pub(super) async fn watch_files(files: Vec<PathBuf>, changed: Arc<Notify>) {
    let mut before = glance(&files);
    loop {
        sleep(GLANCE).await;
        let after = glance(&files);
        // A file that is being replaced exists again a moment later.
        if after != before && after.iter().all(Option::is_some) {
            before = after;
            changed.notify_one();
        }
    }
}
