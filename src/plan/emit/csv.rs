//! Rows for a spreadsheet or a form.

use std::fmt::Write as _;

use super::Sheet;

/// One row for each record that goes and each that comes (RFC 4180), with a header. Spreadsheets take no value for a
/// formula: what could be one has an apostrophe in front.
#[must_use]
pub fn to_csv(sheet: &Sheet<'_>) -> String {
    let mut text = String::from("phase,action,zone,host,name,type,ttl,value,confirm\r\n");
    for change in sheet.changes {
        let removed = change.removed().map(|data| ("delete", String::new(), data));
        let added = change.added().map(|data| ("add", change.after.ttl.to_string(), data));
        for (action, ttl, data) in removed.chain(added) {
            let cells = [
                change.phase.word().to_owned(),
                action.to_owned(),
                sheet.zone.bare(),
                sheet.host(&change.name),
                change.name.bare(),
                change.rtype.to_string(),
                ttl,
                data.to_string(),
                change.confirm.to_string(),
            ];
            // Writing into a String cannot fail.
            let _ = write!(text, "{}\r\n", cells.map(|cell| field(&cell)).join(","));
        }
    }
    text
}

fn field(cell: &str) -> String {
    let first = cell.trim_start().chars().next();
    let is_formula = first.is_some_and(|first| "=+-@|%".contains(first)) && cell != "@";
    let cell = if is_formula { format!("'{cell}") } else { cell.to_owned() };
    if cell.contains(['"', ',', '\n', '\r']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell }
}
