//! The way back from a plan.

use super::Change;

/// The way back: the same record sets, the other way round and in the other order.
#[must_use]
pub fn rollback(changes: &[Change]) -> Vec<Change> {
    let back = changes.iter().rev().map(|change| {
        let mut back = change.clone();
        std::mem::swap(&mut back.before, &mut back.after);
        // What is put back is what was seen.
        back.confirm = false;
        if back.after.ttl == 0 {
            back.after.ttl = back.before.ttl;
        }
        back
    });
    back.collect()
}
