//! Computes the way back from a plan.

use super::Change;

/// Returns the changes that undo these: the same record sets, with before and after exchanged, in the reverse order.
#[must_use]
pub fn rollback(changes: &[Change]) -> Vec<Change> {
    let back = changes.iter().rev().map(|change| {
        let mut back = change.clone();
        std::mem::swap(&mut back.before, &mut back.after);
        // The restored values were observed, not derived.
        back.confirm = false;
        if back.after.ttl == 0 {
            back.after.ttl = back.before.ttl;
        }
        back
    });
    back.collect()
}
