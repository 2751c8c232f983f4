//! Writes the changes as lines of a zone file.
//!
//! The lines that are not comments are the end of the plan: a record set that changes again in a later section is a
//! comment in the earlier one, so that a file that is pasted as a whole does not publish two versions of it.

use std::fmt::Write as _;

use crate::plan::{Change, is_changed_again};

use super::one_line;
use super::section::sections;

/// Writes every record of each set to publish, and each record to be deleted as a comment:
/// `; delete NAME TTL IN TYPE DATA`. A plan of several phases has a section for each of them. A set that a later
/// section changes again is published by lines `; publish NAME TTL IN TYPE DATA`.
#[must_use]
pub fn to_bind(changes: &[Change]) -> String {
    let mut text = String::new();
    let sections = sections(changes);
    let has_headings = sections.len() > 1;
    let mut later = changes;
    // Writing into a String cannot fail.
    for section in &sections {
        if has_headings {
            let _ = writeln!(text, "; {}", section.heading());
        }
        for change in section.changes {
            later = later.get(1..).unwrap_or_default();
            write_change(&mut text, change, is_changed_again(change, later));
        }
    }
    text
}

fn write_change(text: &mut String, change: &Change, is_changed_again: bool) {
    let Change { name, rtype, before, after, cautions, .. } = change;
    for data in change.removed() {
        let ttl = if before.ttl > 0 { before.ttl } else { crate::plan::DEFAULT_TTL };
        let _ = writeln!(text, "; delete {name} {ttl} IN {rtype} {}", data.to_zone_text());
    }
    // Where nothing is added, no value can be compared.
    if change.confirm && (cautions.is_empty() || change.added().next().is_some()) {
        let _ = writeln!(text, "; compare {rtype} of {name} with the admin center before publishing");
    }
    for caution in cautions {
        let _ = writeln!(text, "; confirm {rtype} of {name}: {}", one_line(caution));
    }
    let mark = if is_changed_again && !after.is_empty() {
        let _ = writeln!(text, "; for now, until a later section changes {rtype} of {name} again:");
        "; publish "
    } else {
        ""
    };
    for data in &after.data {
        let _ = writeln!(text, "{mark}{name} {} IN {rtype} {}", after.ttl, data.to_zone_text());
    }
}
