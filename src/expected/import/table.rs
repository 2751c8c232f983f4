//! Imports tables: columns in any order, recognized by their headings.

use super::Raw;

/// The content of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    Type,
    Host,
    Value,
    Priority,
    Weight,
    Port,
    Service,
    Protocol,
    Ttl,
    Domain,
}

/// Headings without blanks and punctuation, in lower case.
const HEADINGS: &[(Column, &[&str])] = &[
    (Column::Type, &["type", "recordtype", "dnstype", "kind"]),
    (
        Column::Host,
        &["host", "hostname", "name", "label", "alias", "recordname", "owner", "hostrecord", "subdomain"],
    ),
    (
        Column::Value,
        &[
            "value",
            "pointsto",
            "pointstoaddressorvalue",
            "pointstoaddress",
            "target",
            "txtvalue",
            "text",
            "data",
            "content",
            "destination",
            "addressorvalue",
            "answer",
            "recorddata",
            "points",
        ],
    ),
    (Column::Priority, &["priority", "preference", "prio", "pref", "mxpriority"]),
    (Column::Weight, &["weight"]),
    (Column::Port, &["port"]),
    (Column::Service, &["service", "srvservice"]),
    (Column::Protocol, &["protocol", "proto", "srvprotocol"]),
    (Column::Ttl, &["ttl", "timetolive", "ttlseconds"]),
    (Column::Domain, &["domain", "zone", "domainname", "zonename"]),
];

/// The highest number of rows.
const MOST_ROWS: usize = 100_000;

fn column(heading: &str) -> Option<Column> {
    let plain: String =
        heading.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    HEADINGS.iter().find(|(_, words)| words.contains(&plain.as_str())).map(|(column, _)| *column)
}

/// Returns the known headings of a column.
fn known(column: Column) -> &'static [&'static str] {
    HEADINGS.iter().find(|(known, _)| *known == column).map_or(&[], |(_, words)| words)
}

/// Returns whether the first line names a type and a value.
pub(super) fn has_header(text: &str) -> bool {
    let Some(first) = text.lines().find(|line| !line.trim().is_empty()) else { return false };
    let columns: Vec<Column> = first.split(delimiter(text)).filter_map(column).collect();
    columns.contains(&Column::Type) && columns.contains(&Column::Value)
}

/// Returns the separator: comma, semicolon or tab, whichever is most frequent in the header.
fn delimiter(text: &str) -> char {
    let header = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    [',', ';', '\t'].into_iter().max_by_key(|delimiter| header.matches(*delimiter).count()).unwrap_or(',')
}

/// A position and its problem.
type Fault = (String, String);

pub(super) fn read(text: &str) -> Result<Vec<Raw>, Fault> {
    // Spreadsheets of some locales name the separator on a line of its own.
    let text =
        text.strip_prefix("sep=").and_then(|rest| rest.split_once('\n')).map_or(text, |(_, rest)| rest);
    let delimiter = u8::try_from(delimiter(text)).unwrap_or(b',');
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let headings = reader.headers().map_err(|error| ("line 1".to_owned(), error.to_string()))?.clone();
    let columns: Vec<Option<Column>> = headings.iter().map(column).collect();
    for (needed, word) in [(Column::Type, "type"), (Column::Value, "value")] {
        if !columns.contains(&Some(needed)) {
            let found: Vec<&str> = headings.iter().collect();
            let reason = format!(
                "found the columns `{}`, expected one for the {word}, called `{}`",
                found.join("`, `"),
                known(needed).join("`, `")
            );
            return Err(("line 1".into(), reason));
        }
    }
    let mut raws = Vec::new();
    for row in reader.records().take(MOST_ROWS) {
        let row = row.map_err(|error| {
            let line = error.position().map_or(0, csv::Position::line);
            (format!("line {line}"), error.to_string())
        })?;
        let place = format!("line {}", row.position().map_or(0, csv::Position::line));
        let cell = |wanted: Column| {
            let index = columns.iter().position(|column| *column == Some(wanted))?;
            // A cell that a spreadsheet must not read as a formula begins with an apostrophe.
            row.get(index).map(|cell| cell.trim_start_matches('\'').trim()).filter(|cell| !cell.is_empty())
        };
        if row.iter().all(str::is_empty) {
            continue;
        }
        let number = |wanted: Column, word: &str| {
            cell(wanted)
                .map(|text| {
                    text.parse::<u32>()
                        .map_err(|_| (place.clone(), format!("the {word} is `{text}`, expected a number")))
                })
                .transpose()
        };
        let small = |wanted: Column, word: &str| {
            number(wanted, word)?
                .map(|number| {
                    u16::try_from(number).map_err(|_| {
                        (
                            place.clone(),
                            format!(
                                "the {word} is {number}, expected at most \
                            65535"
                            ),
                        )
                    })
                })
                .transpose()
        };
        raws.push(Raw {
            domain: cell(Column::Domain).map(str::to_owned),
            host: cell(Column::Host).unwrap_or_default().to_owned(),
            rtype: cell(Column::Type).unwrap_or_default().to_owned(),
            value: cell(Column::Value).unwrap_or_default().to_owned(),
            priority: small(Column::Priority, "priority")?,
            weight: small(Column::Weight, "weight")?,
            port: small(Column::Port, "port")?,
            service: cell(Column::Service).map(str::to_owned),
            protocol: cell(Column::Protocol).map(str::to_owned),
            ttl: cell(Column::Ttl).and_then(ttl),
            is_full: false,
            place,
        });
    }
    Ok(raws)
}

/// Parses a TTL in seconds, also written as `1 hour` or `1h`.
fn ttl(text: &str) -> Option<u32> {
    let lower = text.to_ascii_lowercase();
    let digits: String = lower.chars().take_while(char::is_ascii_digit).collect();
    let unit = match lower[digits.len()..].trim().chars().next() {
        None | Some('s') => 1,
        Some('m') => 60,
        Some('h') => 3600,
        Some('d') => 86_400,
        Some(_) => return None,
    };
    digits.parse::<u32>().ok()?.checked_mul(unit)
}
