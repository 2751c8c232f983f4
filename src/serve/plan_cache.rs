//! Keeps the last checks of the domains whose plan a page shows, so that the page need not wait for a check.
//!
//! For other domains only the report is kept, which is not enough to write a plan in every format.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::expected::Phase;
use crate::record::Name;
use crate::run::Checked;

/// The maximum number of checks that are kept; those whose pages were least recently shown are dropped first.
const MOST: usize = 64;
/// A check is kept for this long after its page was shown.
const LONGEST: Duration = Duration::from_secs(15 * 60);

/// A domain, and the phase of its check if it differs from the settings.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) domain: Name,
    phase: Option<&'static str>,
}

impl Key {
    pub(super) fn new(domain: &Name, phase: Option<Phase>) -> Self {
        Self { domain: domain.clone(), phase: phase.map(Phase::word) }
    }
}

/// The checks that pages show plans of.
#[derive(Debug, Default)]
pub(super) struct PlanCache {
    entries: Mutex<BTreeMap<Key, Entry>>,
}

#[derive(Debug)]
struct Entry {
    /// When a page asked for it.
    shown: Instant,
    /// The last check; `None` before the first one ends.
    checked: Option<Arc<Checked>>,
}

impl PlanCache {
    /// Returns the last check for a page, and keeps later checks of the same key.
    pub(super) fn open(&self, key: &Key) -> Option<Arc<Checked>> {
        let (mut entries, now) = (self.entries(), Instant::now());
        entries.retain(|_, one| now.duration_since(one.shown) < LONGEST);
        let one = entries.entry(key.clone()).or_insert(Entry { shown: now, checked: None });
        one.shown = now;
        let checked = one.checked.clone();
        if entries.len() > MOST {
            let oldest = entries.iter().min_by_key(|(_, one)| one.shown).map(|(key, _)| key.clone());
            oldest.and_then(|key| entries.remove(&key));
        }
        checked
    }

    /// Keeps a check if a page shows its plan.
    pub(super) fn keep(&self, key: &Key, checked: &Arc<Checked>) {
        if let Some(one) = self.entries().get_mut(key) {
            one.checked = Some(Arc::clone(checked));
        }
    }

    /// Drops the stored checks. New checks for the same pages are still entries.
    pub(super) fn forget_checks(&self) {
        self.entries().values_mut().for_each(|one| one.checked = None);
    }

    fn entries(&self) -> MutexGuard<'_, BTreeMap<Key, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_that_were_not_shown_for_longest_go_first() {
        let plans = PlanCache::default();
        let key = |number: usize| Key::new(&format!("customer-{number}.example").parse().unwrap(), None);
        for number in 0..MOST + 3 {
            assert!(plans.open(&key(number)).is_none());
            // The first is shown again and again.
            assert!(plans.open(&key(0)).is_none());
        }
        let entries = plans.entries();
        assert_eq!(entries.len(), MOST);
        assert!(entries.contains_key(&key(0)) && entries.contains_key(&key(MOST + 2)));
        assert!(!entries.contains_key(&key(1)));
    }

    #[test]
    fn a_phase_is_a_check_of_its_own() {
        let name = "contoso.com".parse().unwrap();
        assert_ne!(Key::new(&name, None), Key::new(&name, Some(Phase::Tidy)));
    }
}
