//! Writes rows for a spreadsheet or a form.

use super::Sheet;

/// The names of the columns.
const COLUMNS: [&str; 10] =
    ["phase", "action", "zone", "host", "name", "type", "ttl", "value", "confirm", "cautions"];

/// Writes one row for each record that is deleted or added, with a header (RFC 4180).
#[must_use]
pub fn to_csv(sheet: &Sheet<'_>) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    // Writing into memory cannot fail, and every row has as many fields.
    let _ = writer.write_record(COLUMNS);
    for change in sheet.changes {
        let removed = change.removed().map(|data| ("delete", String::new(), data));
        let added = change.added().map(|data| ("add", change.after.ttl.to_string(), data));
        for (action, ttl, data) in removed.chain(added) {
            let cells = [
                change.phase.word().to_owned(),
                action.to_owned(),
                sheet.zone.without_trailing_dot(),
                sheet.host(&change.name),
                change.name.without_trailing_dot(),
                change.rtype.to_string(),
                ttl,
                data.to_string(),
                change.confirm.to_string(),
                change.cautions.join(" "),
            ];
            let _ = writer.write_record(cells.map(|cell| guarded(&cell)));
        }
    }
    writer.into_inner().ok().and_then(|octets| String::from_utf8(octets).ok()).unwrap_or_default()
}

/// Returns a cell that no spreadsheet treats as a formula: an apostrophe precedes anything that could begin one. The
/// `@` of a host field cannot.
#[must_use]
pub fn guarded(cell: &str) -> String {
    // Some programs evaluate each line, and some ignore leading blanks.
    let begins = |line: &str| {
        let first = line.trim_start().chars().next();
        first.is_some_and(|first| "=+-@\t\r|%＝＋－＠".contains(first))
    };
    if cell != "@" && cell.lines().any(begins) { format!("'{cell}") } else { cell.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_be_a_formula_is_text() {
        for cell in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "a\n=1", "＝1"] {
            assert!(guarded(cell).starts_with('\''), "{cell:?}");
        }
        for cell in ["", "@", "v=spf1 -all", "10 mx1.emailsrvr.com.", "contoso.com"] {
            assert_eq!(guarded(cell), cell);
        }
    }
}
