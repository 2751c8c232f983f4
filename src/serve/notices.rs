//! Tells a command or a web server of changes that have held for two checks.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use crate::run::{Checked, HookTargets, Hooks, NoticeTracker};

/// What has changed, and who is told.
#[derive(Debug)]
pub(super) struct Notices {
    /// `None` where nobody wants to know.
    parts: Mutex<Option<(NoticeTracker, Hooks)>>,
}

impl Notices {
    pub(super) fn new(targets: &HookTargets) -> Self {
        let hooks = (!targets.is_empty()).then(|| Hooks::new(targets.clone()));
        Self { parts: Mutex::new(hooks.map(|hooks| (NoticeTracker::default(), hooks))) }
    }

    /// Takes note of a check, and begins to tell what has changed. True if a change was seen once, so that another check soon
    /// shows whether it holds. To be called in a runtime.
    pub(super) fn note(&self, checked: &Checked, now: Timestamp) -> bool {
        let mut parts = self.parts();
        let Some((tracker, hooks)) = &mut *parts else { return false };
        if let Some(notice) = tracker.note(checked, now) {
            hooks.send(&notice);
        }
        tracker.is_pending(checked.domain())
    }

    /// What could not be delivered since the last call.
    pub(super) fn failures(&self) -> Vec<String> {
        self.parts().as_mut().map(|(_, hooks)| hooks.failures()).unwrap_or_default()
    }

    /// Waits for what is being delivered; from then on nobody is told any more. What was not delivered is returned.
    pub(super) async fn finish(&self, patience: Duration) -> Vec<String> {
        let Some((_, mut hooks)) = self.parts().take() else { return Vec::new() };
        hooks.finish(patience).await;
        hooks.failures()
    }

    fn parts(&self) -> MutexGuard<'_, Option<(NoticeTracker, Hooks)>> {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
