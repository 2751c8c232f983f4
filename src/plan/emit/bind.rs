//! Writes the changes as lines of a zone file.

use std::fmt::Write as _;

use crate::plan::Change;

/// Writes every record of each set to publish, and each record to be deleted as a comment:
/// `; delete NAME TTL IN TYPE DATA`.
#[must_use]
pub fn to_bind(changes: &[Change]) -> String {
    let mut text = String::new();
    for change in changes {
        let Change { name, rtype, before, after, .. } = change;
        for data in change.removed() {
            let ttl = if before.ttl > 0 { before.ttl } else { crate::plan::DEFAULT_TTL };
            // Writing into a String cannot fail.
            let _ = writeln!(text, "; delete {name} {ttl} IN {rtype} {}", data.to_zone_text());
        }
        if change.confirm {
            let _ = writeln!(text, "; compare {rtype} of {name} with the admin center before publishing");
        }
        for data in &after.data {
            let _ = writeln!(text, "{name} {} IN {rtype} {}", after.ttl, data.to_zone_text());
        }
    }
    text
}
