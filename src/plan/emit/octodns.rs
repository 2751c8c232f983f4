//! Writes a snippet for octoDNS's YAML of the zone.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::record::{Name, RecordData};

use super::{Change, Sheet, plain, quoted, refused};
use crate::plan::rollback;

/// Writes the record sets to publish, by name. Those that are deleted are in comments.
#[must_use]
pub fn to_octodns(sheet: &Sheet<'_>) -> String {
    let (changes, note) = sheet.in_the_end("#");
    let back = rollback(&changes);
    let mut text = sheet.head("#") + &note;
    text.push_str(&snippet(&Sheet { changes: &changes, ..*sheet }));
    text + &Sheet::foot("#", &snippet(&sheet.back(&back)))
}

fn snippet(sheet: &Sheet<'_>) -> String {
    let mut text = String::from("---\n");
    let mut by_name: BTreeMap<&Name, Vec<&Change>> = BTreeMap::new();
    for change in sheet.changes {
        by_name.entry(&change.name).or_default().push(change);
    }
    // Writing into a String cannot fail.
    for (name, changes) in by_name {
        let host = sheet.host(name);
        let host = if host == "@" { "" } else { &host };
        let (come, gone): (Vec<&Change>, Vec<&Change>) =
            changes.iter().partition(|change| !change.after.is_empty());
        for change in gone {
            let _ = writeln!(text, "# {}: remove the {}", quoted(host), change.rtype);
        }
        let sets: Vec<Result<String, String>> =
            come.iter().map(|change| set(change).ok_or_else(|| refused("#", change))).collect();
        let held: Vec<&String> = sets.iter().filter_map(|set| set.as_ref().ok()).collect();
        if !held.is_empty() {
            let _ = writeln!(text, "{}:", quoted(host));
            held.iter().for_each(|set| text.push_str(set));
        }
        sets.iter().filter_map(|set| set.as_ref().err()).for_each(|line| text.push_str(line));
    }
    text
}

/// Returns one record set as an element of its name's list; `None` if octoDNS cannot express it.
fn set(change: &Change) -> Option<String> {
    let mut text = format!("  - type: {}\n    ttl: {}\n", change.rtype, change.after.ttl);
    let values: Vec<String> = change.after.data.iter().map(value).collect::<Option<_>>()?;
    match &values[..] {
        [only] if only.starts_with('"') => drop(writeln!(text, "    value: {only}")),
        several => {
            text.push_str("    values:\n");
            for value in several {
                let _ = writeln!(text, "      - {value}");
            }
        }
    }
    Some(text)
}

fn value(data: &RecordData) -> Option<String> {
    Some(match data {
        RecordData::Mx { preference, exchange } => {
            format!("exchange: {}\n        preference: {preference}", quoted(&exchange.to_string()))
        }
        // octoDNS expects a backslash before a semicolon.
        RecordData::Txt(text) => quoted(&plain(text)?.replace(';', "\\;")),
        RecordData::Cname(target) => quoted(&target.to_string()),
        RecordData::Srv { priority, weight, port, target } => {
            let target = quoted(&target.to_string());
            format!(
                "port: {port}\n        priority: {priority}\n        target: {target}\n        weight: {weight}"
            )
        }
        RecordData::A(address) => quoted(&address.to_string()),
        RecordData::Aaaa(address) => quoted(&address.to_string()),
        RecordData::Ns(_) | RecordData::Ptr(_) | RecordData::Soa(_) | RecordData::Other(_) => return None,
    })
}
