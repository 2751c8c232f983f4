//! A snippet for dnscontrol's `dnsconfig.js`.

use std::fmt::Write as _;

use crate::record::RecordData;

use super::{Change, Sheet, plain, quoted, refused, rollback};

/// Statements that add the new records; the old ones stand in comments, to be taken out of the domain's own list.
#[must_use]
pub fn to_dnscontrol(sheet: &Sheet<'_>) -> String {
    let back = rollback(sheet.changes);
    let mut text = sheet.head("//");
    text.push_str(&snippet(sheet));
    text + &Sheet::foot("//", &snippet(&sheet.back(&back)))
}

fn snippet(sheet: &Sheet<'_>) -> String {
    let zone = quoted(&sheet.zone.bare());
    let mut text = String::new();
    let gone: Vec<String> =
        lines(sheet, |change, data| !change.after.data.contains(data), |change| change.before.data.iter());
    if !gone.is_empty() {
        // Writing into a String cannot fail.
        let _ = writeln!(text, "// Take these out of D({zone}, …):");
        for line in &gone {
            let _ = writeln!(text, "//   {line}");
        }
    }
    let come: Vec<String> =
        lines(sheet, |change, data| !change.before.data.contains(data), |change| change.after.data.iter());
    if !come.is_empty() {
        let _ = writeln!(text, "D_EXTEND({zone},");
        for line in &come {
            let _ = writeln!(text, "  {line}");
        }
        text.push_str(");\n");
    }
    text
}

fn lines<'a, I: Iterator<Item = &'a RecordData>>(
    sheet: &Sheet<'a>,
    is_wanted: impl Fn(&Change, &RecordData) -> bool,
    records: impl Fn(&'a Change) -> I,
) -> Vec<String> {
    let mut lines = Vec::new();
    for change in sheet.changes {
        let wanted: Vec<&RecordData> = records(change).filter(|data| is_wanted(change, data)).collect();
        for data in wanted {
            let line = call(sheet, change, data);
            lines.push(line.unwrap_or_else(|| refused("//", change).trim_end().to_owned()));
        }
    }
    lines
}

/// One record as dnscontrol writes it; `None` where it cannot.
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
