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
use crate::record::RecordData;

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
        let (name, ttl, rtype) = (&change.name, change.after.ttl, change.rtype);
        for data in change.added() {
            let _ = writeln!(text, "update add {name} {ttl} IN {rtype} {}", data.to_zone_text());
        }
        let siblings = with_new_ttl(change);
        if let Some(now) = siblings.first().map(|_| change.before.ttl) {
            let now = if now > 0 { format!("{now} now") } else { "not known now".to_owned() };
            let _ = writeln!(
                text,
                "; these {rtype} records stay and get the TTL {ttl} ({now}): one set has one TTL (RFC 2181 5.2)"
            );
        }
        for data in siblings {
            let _ = writeln!(text, "update add {name} {ttl} IN {rtype} {}", data.to_zone_text());
        }
    }
    text + "send\n"
}

/// Returns the records that stay in a set whose TTL changes. A record that is added again gets the new TTL (RFC 2136
/// §3.4.2.2).
fn with_new_ttl(change: &Change) -> Vec<&RecordData> {
    let is_new = |data: &&RecordData| change.added().any(|added| added == *data);
    let changes = change.before.ttl != change.after.ttl;
    change.after.data.iter().filter(|data| changes && !is_new(data)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expected::{Importance, Phase};
    use crate::record::{Name, RecordSet, RecordType, Text};

    fn set(ttl: u32, texts: &[&str]) -> RecordSet {
        RecordSet { data: texts.iter().map(|text| RecordData::Txt(Text::from(*text))).collect(), ttl }
    }

    fn script(before: RecordSet, after: RecordSet) -> String {
        let domain: Name = "contoso.com".parse().unwrap();
        let change = Change {
            phase: Phase::Prepare,
            name: domain.clone(),
            rtype: RecordType::Txt,
            before,
            after,
            because: Vec::new(),
            confirm: false,
            cautions: Vec::new(),
            importance: Importance::Required,
        };
        let script = to_nsupdate(&Sheet { domain: &domain, zone: &domain, changes: &[change], options: "" });
        script.split("; To undo").next().unwrap().to_owned()
    }

    #[test]
    fn a_set_gets_one_ttl() {
        let said =
            "; these TXT records stay and get the TTL 3600 (300 now): one set has one TTL (RFC 2181 5.2)";
        let kept = "update add contoso.com. 3600 IN TXT \"kept\"";
        for after in [&["kept", "new"][..], &["kept"]] {
            let text = script(set(300, &["kept", "old"]), set(3600, after));
            let lines: Vec<&str> = text.lines().collect();
            assert!(lines.contains(&said) && lines.contains(&kept), "{text}");
        }
        let unknown = script(set(0, &["kept", "old"]), set(3600, &["kept", "new"]));
        assert!(unknown.contains("(not known now)") && unknown.contains(kept), "{unknown}");
        // Nothing is said of records that keep their TTL, or if there are none.
        for (before, after) in [
            (set(3600, &["kept", "old"]), set(3600, &["kept", "new"])),
            (set(300, &["old"]), set(3600, &["new"])),
        ] {
            let text = script(before, after);
            assert!(!text.contains("these TXT records") && !text.contains("kept\"\nsend"), "{text}");
        }
    }
}
