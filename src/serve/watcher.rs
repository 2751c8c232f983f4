//! Checks the domains of the settings when something can have changed, and reads the settings again when they have.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

use super::app::App;
use super::clock::now;

/// Checks of the watch under way at the same time.
const MOST: usize = 32;
/// The watch looks at the clock at least this often.
const LONGEST_NAP: Duration = Duration::from_secs(1);
/// A settings file is looked at so often.
const GLANCE: Duration = Duration::from_secs(1);

/// Checks what is due, for ever.
pub(super) async fn watch(app: Arc<App>) {
    loop {
        let (due, next, busy) = app.due(now());
        let free = MOST.saturating_sub(busy);
        let is_full = due.len() > free;
        let begun = due.iter().take(free).filter(|domain| {
            // What cannot be checked is told with the domain.
            app.check(domain, None, None).map_err(|error| app.fail_to_begin(domain, &error)).is_ok()
        });
        let begun = begun.count();
        let span = next.map(|next| now().duration_until(next).unsigned_abs());
        let nap = match (is_full, begun) {
            (true, _) => Duration::from_millis(100),
            (false, 0) => span.unwrap_or(LONGEST_NAP).clamp(Duration::from_millis(100), LONGEST_NAP),
            // A check that has begun is due until it has ended.
            (false, _) => Duration::from_millis(200),
        };
        // Woken early or not, what is due is looked at.
        let _ = timeout(nap, app.wake.notified()).await;
    }
}

/// What files are like, as far as that shows an edit.
fn glance(files: &[PathBuf]) -> Vec<Option<(SystemTime, u64)>> {
    let of = |path: &PathBuf| {
        let metadata = std::fs::metadata(path).ok()?;
        Some((metadata.modified().ok()?, metadata.len()))
    };
    files.iter().map(of).collect()
}

/// Wakes whoever reads the settings when one of these files has changed.
pub(super) async fn watch_files(files: Vec<PathBuf>, changed: Arc<Notify>) {
    let mut before = glance(&files);
    loop {
        sleep(GLANCE).await;
        let after = glance(&files);
        // A file that is being replaced is there again a moment later.
        if after != before && after.iter().all(Option::is_some) {
            before = after;
            changed.notify_one();
        }
    }
}
