//! Counts events of the process, for its metrics.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// The counters of the process, which only increase.
#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) requests: AtomicU64,
    pub(super) refused: AtomicU64,
    pub(super) connections_refused: AtomicU64,
    pub(super) checks: AtomicU64,
    pub(super) checks_failed: AtomicU64,
    pub(super) reloads_failed: AtomicU64,
    pub(super) writes_failed: AtomicU64,
}

impl Counters {
    pub(super) fn add(counter: &AtomicU64) {
        counter.fetch_add(1, Relaxed);
    }

    pub(super) fn get(counter: &AtomicU64) -> u64 {
        counter.load(Relaxed)
    }
}
