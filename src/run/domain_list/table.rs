//! Recognizes a list that is a table (CSV), and reads its rows.

use csv::{ReaderBuilder, StringRecord};

/// The column that names the domains.
pub(super) const DOMAIN: &str = "domain";

/// The header of a table.
#[derive(Debug)]
pub(super) struct Header {
    delimiter: u8,
    /// The line of the header.
    pub(super) line: usize,
    /// The offset of the first row.
    start: usize,
    /// The names of the columns, in lower case.
    pub(super) columns: Vec<String>,
    /// The index of the column of the domain.
    pub(super) domain: usize,
}

impl Header {
    /// Returns the header, if the first line that is neither empty nor a comment has a column `domain`. A line such as
    /// `sep=;` before it, as spreadsheets write it, names the separator of the columns.
    pub(super) fn of(text: &str) -> Option<Self> {
        let mut start = 0;
        let mut named = None;
        for (index, whole) in text.split_inclusive('\n').enumerate() {
            start += whole.len();
            let line = whole.trim_end_matches(['\n', '\r']);
            let trimmed = line.trim_matches([' ', '\u{feff}']);
            if trimmed.is_empty() || trimmed.starts_with('#') {
                continue;
            }
            let separator = trimmed.trim_matches('"').strip_prefix("sep=");
            if let Some([separator]) = separator.map(str::as_bytes).filter(|_| named.is_none()) {
                named = Some(*separator);
                continue;
            }
            return candidates(named).into_iter().find_map(|delimiter| {
                let columns = columns(line.trim_start_matches('\u{feff}'), delimiter)?;
                let domain = columns.iter().position(|column| column == DOMAIN)?;
                Some(Self { delimiter, line: index + 1, start, columns, domain })
            });
        }
        None
    }

    /// Returns the separator of the columns.
    pub(super) fn delimiter(&self) -> char {
        char::from(self.delimiter)
    }

    /// Returns whether some quotation mark of the rows has no counterpart.
    pub(super) fn is_quote_open(&self, text: &str) -> bool {
        let rows = text.get(self.start..).unwrap_or_default();
        let lines = rows.lines().filter(|line| !line.starts_with('#'));
        let marks: usize = lines.map(|line| line.bytes().filter(|octet| *octet == b'"').count()).sum();
        marks % 2 == 1
    }

    /// Returns the rows after the header with their line numbers, one at a time.
    pub(super) fn rows<'t>(
        &self,
        text: &'t str,
    ) -> impl Iterator<Item = (usize, csv::Result<Vec<String>>)> + use<'t> {
        let text = text.get(self.start..).unwrap_or_default();
        let above = self.line;
        let mut reader = reader(self.delimiter, text);
        let mut record = StringRecord::new();
        std::iter::from_fn(move || {
            let read = reader.read_record(&mut record);
            let line = record.position().map_or(0, |position| position.line());
            let line = above + usize::try_from(line).unwrap_or_default();
            match read {
                Ok(true) => Some((line, Ok(record.iter().map(str::to_owned).collect()))),
                Ok(false) => None,
                Err(error) => Some((line, Err(error))),
            }
        })
    }
}

/// Returns the possible separators.
fn candidates(named: Option<u8>) -> Vec<u8> {
    named.map_or_else(|| vec![b',', b';', b'\t'], |separator| vec![separator])
}

fn columns(line: &str, delimiter: u8) -> Option<Vec<String>> {
    let mut record = StringRecord::new();
    reader(delimiter, line).read_record(&mut record).ok().filter(|is_read| *is_read)?;
    Some(record.iter().map(|column| column.trim().to_ascii_lowercase()).collect())
}

fn reader(delimiter: u8, text: &str) -> csv::Reader<&[u8]> {
    let mut builder = ReaderBuilder::new();
    builder.delimiter(delimiter).has_headers(false).flexible(true).comment(Some(b'#'));
    builder.from_reader(text.as_bytes())
}
