//! Sends the notices of a watch to a command or a web server.

use std::time::Duration;

use jiff::Timestamp;

use crate::cli::args::HookArguments;
use crate::cli::hook_targets::targets;
use crate::cli::{Later, Problem, Streams, Surroundings};
use crate::record::Name;
use crate::report::harmless::harmless;
use crate::run::{Hooks, NoticeTracker, Round};

use super::live::Live;

/// The time limit for deliveries at the end of a watch: longer than all attempts of one delivery.
const LONGEST_END: Duration = Duration::from_mins(3);
/// The time limit for deliveries if the user stops the watch.
const SHORTEST_END: Duration = Duration::from_millis(1500);

/// Finds changes that have held for two checks, and sends them.
pub(super) struct Notices {
    tracker: NoticeTracker,
    hooks: Hooks,
}

impl Notices {
    /// Opens the targets that the command line or the environment gives.
    ///
    /// # Errors
    /// [`Problem`] for an invalid URL in the environment.
    pub(super) fn open(hooks: &HookArguments, surroundings: &Surroundings) -> Result<Self, Problem> {
        let targets = targets(hooks, surroundings)?;
        Ok(Self { tracker: NoticeTracker::default(), hooks: Hooks::new(targets) })
    }

    /// Records a round, and starts to send its changes.
    pub(super) fn note(&mut self, round: &Round, now: Timestamp) {
        if self.hooks.is_empty() {
            return;
        }
        for checked in &round.checked {
            if let Some(notice) = self.tracker.note(checked, now) {
                self.hooks.send(&notice);
            }
        }
    }

    /// Returns whether a change of this domain was seen in only one check so far.
    pub(super) fn is_pending(&self, domain: &Name) -> bool {
        self.tracker.is_pending(domain)
    }

    /// Returns whether a change of any domain was seen in only one check so far.
    pub(super) fn has_pending(&self, round: &Round) -> bool {
        round.checked.iter().any(|checked| self.is_pending(checked.domain()))
    }

    /// Waits for deliveries in progress, but only briefly if the user stops the watch.
    pub(super) async fn finish(&mut self, is_stopped: bool, stopped: &mut Later<'_, ()>) {
        if !is_stopped {
            tokio::select! {
                biased;
                () = stopped => {}
                () = self.hooks.finish(LONGEST_END) => return,
            }
        }
        self.hooks.finish(SHORTEST_END).await;
    }

    /// Reports the deliveries that failed.
    ///
    /// # Errors
    /// [`Problem`] if that cannot be written.
    pub(super) fn tell_failures(&mut self, streams: &mut Streams<'_>, live: &Live) -> Result<(), Problem> {
        for failure in self.hooks.failures() {
            live.above(|| writeln!(streams.err, "warning: {}", harmless(&failure)))?;
        }
        Ok(())
    }
}
