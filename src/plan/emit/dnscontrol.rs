//! Writes a snippet for dnscontrol's `dnsconfig.js`.

use std::fmt::Write as _;

use crate::record::RecordData;

use super::{Change, Sheet, plain, quoted, refused};
use crate::plan::rollback;

/// Writes statements that add the new records. The old ones are in comments, to be removed from the domain's own list.
#[must_use]
pub fn to_dnscontrol(sheet: &Sheet<'_>) -> String {
    let (changes, note) = sheet.in_the_end("//");
    let back = rollback(&changes);
    let mut text = sheet.head("//") + &note;
    text.push_str(&snippet(&Sheet { changes: &changes, ..*sheet }));
    text + &Sheet::foot("//", &snippet(&sheet.back(&back)))
}

fn snippet(sheet: &Sheet<'_>) -> String {
    let zone = quoted(&sheet.zone.without_trailing_dot());
    let (mut gone, mut come) = (String::new(), String::new());
    // Writing into a String cannot fail.
    for change in sheet.changes {
        for data in change.removed() {
            let _ = writeln!(gone, "//   {}", line(sheet, change, data));
        }
        for data in change.added() {
            let _ = writeln!(come, "  {}", line(sheet, change, data));
        }
    }
    let mut text = String::new();
    if !gone.is_empty() {
        let _ = write!(text, "// Remove these from D({zone}, …):\n{gone}");
    }
    if !come.is_empty() {
        let _ = write!(text, "D_EXTEND({zone},\n{come});\n");
    }
    text
}

fn line(sheet: &Sheet<'_>, change: &Change, data: &RecordData) -> String {
    call(sheet, change, data).unwrap_or_else(|| refused("//", change).trim_end().to_owned())
}

/// Returns one record in dnscontrol's syntax; `None` if that cannot express it.
fn call(sheet: &Sheet<'_>, change: &Change, data: &RecordData) -> Option<String> {
    let host = quoted(&sheet.host(&change.name));
    let ttl = change.after.ttl.max(change.before.ttl);
    let ttl = format!("TTL({})", if change.after.is_empty() { ttl } else { change.after.ttl });
    Some(match data {
        RecordData::Mx { preference, exchange } => {
            format!("MX({host}, {preference}, {}, {ttl}),", quoted(&exchange.to_string()))
        }
        RecordData::Txt(text) => format!("TXT({host}, {}, {ttl}),", quoted(&plain(text)?)),
        RecordData::Cname(target) => format!("CNAME({host}, {}, {ttl}),", quoted(&target.to_string())),
        RecordData::Srv { priority, weight, port, target } => {
            format!("SRV({host}, {priority}, {weight}, {port}, {}, {ttl}),", quoted(&target.to_string()))
        }
        RecordData::A(address) => format!("A({host}, \"{address}\", {ttl}),"),
        RecordData::Aaaa(address) => format!("AAAA({host}, \"{address}\", {ttl}),"),
        RecordData::Ns(_) | RecordData::Ptr(_) | RecordData::Soa(_) | RecordData::Other(_) => return None,
    })
}
