//! Writes a script for `nsupdate` (RFC 2136).
//!
//! Every record set that is to change must still be as it was seen (RFC 2136 §2.4), so the server refuses the whole
//! update when the zone has moved on. Within one update deletions precede additions: an alias is ignored while
//! other data exists at its name (RFC 2136 §3.4.2.2). A plan of several phases has an update for each of them; only that
//! of the first phase is live (see the sections of a plan).

use std::fmt::Write as _;

use super::Sheet;
use crate::plan::rollback;

/// Writes the script, whose comments begin with a semicolon.
#[must_use]
pub fn to_nsupdate(sheet: &Sheet<'_>) -> String {
    let back = rollback(sheet.live().changes);
    let script = sheet.script(";", "nsupdate", updates);
    sheet.head(";") + &script + &sheet.foot_of_script(";", &updates(&sheet.back(&back)))
}

fn updates(sheet: &Sheet<'_>) -> String {
    // Prerequisites refer to the zone before the update (RFC 2136 §3.2), so a record set that changes twice takes two
    // updates.
    sheet.parts().iter().map(update).collect()
}

fn update(sheet: &Sheet<'_>) -> String {
    let mut text = format!("zone {}\n", sheet.zone);
    // Writing into a String cannot fail.
    for change in sheet.changes {
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
