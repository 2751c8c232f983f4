//! Writes a script for `nsupdate` (RFC 2136).
//!
//! Every record set that is to change must still be as it was seen (RFC 2136 §2.4), so the server refuses the whole
//! update when the zone has moved on. Within one update deletions precede additions: an alias is ignored while
//! other data exists at its name (RFC 2136 §3.4.2.2). A plan of several phases has an update for each of them, which the
//! server refuses if one before it was refused.

use std::fmt::Write as _;

use super::Sheet;
use super::section::published_before;
use crate::plan::{Change, rollback};

/// Writes the script, whose comments begin with a semicolon.
#[must_use]
pub fn to_nsupdate(sheet: &Sheet<'_>) -> String {
    let back = rollback(sheet.changes);
    let script = |sheet: &Sheet<'_>| sheet.script(";", "nsupdate", updates);
    sheet.head(";") + &script(sheet) + &Sheet::foot(";", &script(&sheet.back(&back)))
}

fn updates(sheet: &Sheet<'_>, earlier: &[Change]) -> String {
    // Prerequisites refer to the zone before the update (RFC 2136 §3.2), so a record set that changes twice takes two
    // updates.
    let (mut text, mut made) = (String::new(), earlier.to_vec());
    for part in sheet.parts() {
        text.push_str(&update(&part, &made));
        made.extend_from_slice(part.changes);
    }
    text
}

fn update(sheet: &Sheet<'_>, earlier: &[Change]) -> String {
    let mut text = format!("zone {}\n", sheet.zone);
    let settled = published_before(earlier, sheet.changes);
    // Writing into a String cannot fail.
    for change in settled.iter().chain(sheet.changes) {
        let (name, rtype) = (&change.name, change.rtype);
        if change.before.is_empty() {
            let _ = writeln!(text, "prereq nxrrset {name} IN {rtype}");
        }
        for data in &change.before.data {
            let _ = writeln!(text, "prereq yxrrset {name} IN {rtype} {}", data.to_zone_text());
        }
    }
    for change in sheet.changes {
        for data in change.removed() {
            let _ =
                writeln!(text, "update delete {} IN {} {}", change.name, change.rtype, data.to_zone_text());
        }
    }
    for change in sheet.changes {
        for data in change.added() {
            let (name, ttl, rtype) = (&change.name, change.after.ttl, change.rtype);
            let _ = writeln!(text, "update add {name} {ttl} IN {rtype} {}", data.to_zone_text());
        }
    }
    text + "send\n"
}
