//! Sends changes that have held for two checks to a command or a web server.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use crate::run::{Checked, HookTargets, Hooks, NoticeTracker};

/// Finds changes and sends notices.
#[derive(Debug)]
pub(super) struct Notices {
    /// `None` without a target.
    parts: Mutex<Option<(NoticeTracker, Hooks)>>,
}

impl Notices {
    pub(super) fn new(targets: &HookTargets) -> Self {
        let hooks = (!targets.is_empty()).then(|| Hooks::new(targets.clone()));
        Self { parts: Mutex::new(hooks.map(|hooks| (NoticeTracker::default(), hooks))) }
    }

    /// Records a check, and starts to send its changes. Returns whether a change was seen once and needs another check.
    /// Must be called in a tokio runtime.
    pub(super) fn note(&self, checked: &Checked, now: Timestamp) -> bool {
        let mut parts = self.parts();
        let Some((tracker, hooks)) = &mut *parts else { return false };
        if let Some(notice) = tracker.note(checked, now) {
            hooks.send(&notice);
        }
        tracker.is_pending(checked.domain())
    }

    /// Returns the failures since the last call.
    pub(super) fn failures(&self) -> Vec<String> {
        self.parts().as_mut().map(|(_, hooks)| hooks.failures()).unwrap_or_default()
    }

    /// Waits for notices in progress, sends no more, and returns the failures.
    pub(super) async fn finish(&self, patience: Duration) -> Vec<String> {
        let Some((_, mut hooks)) = self.parts().take() else { return Vec::new() };
        hooks.finish(patience).await;
        hooks.failures()
    }

    fn parts(&self) -> MutexGuard<'_, Option<(NoticeTracker, Hooks)>> {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
