//! Are records judged as the standards say?
//!
//! Tables, a row a case: the section of the standard, the record, what else is published, and the code that must come of
//! it. The rows are written from the RFCs; what a row proposes is published and judged again.

mod dmarc;
mod spf;
mod spf_evaluation;
mod spf_limits;
mod spf_macros;
mod texts;

use std::fmt::Write as _;

use cutover::check::{Code, Status};
use cutover::expected::Id;
use cutover::record::RecordData;

use crate::world::{Outcome, World};

/// What stands for Microsoft's include in the rows.
const MS: (&str, &str) = ("<MS>", "include:spf.protection.outlook.com");

/// What every world has: a domain whose mail goes to Microsoft, and Microsoft's own records.
const BASE: &str = "$ORIGIN contoso.com.
@ 3600 MX 0 contoso-com.mail.protection.outlook.com.
contoso-com.mail.protection.outlook.com. 3600 A 198.51.100.25
contoso-com.mail.protection.outlook.com. 3600 AAAA 2001:db8::25
spf.protection.outlook.com. 3600 TXT \"v=spf1 ip4:198.51.100.0/24 -all\"
";

/// Section, SPF records (several with ` || ` between them, as in a zone file, unquoted), further lines, code.
type Row = (&'static str, &'static str, &'static str, &'static str);

/// The codes whose fix is not in the zone: the report says where it is.
const ELSEWHERE: [&str; 2] = ["spf-too-many-lookups", "spf-unreadable"];

fn world(records: &str, lines: &str) -> World {
    let mut zone = BASE.to_owned();
    for record in records.split(" || ").filter(|record| !record.is_empty()) {
        writeln!(zone, "@ 3600 TXT {}", quoted(&record.replace(MS.0, MS.1))).unwrap();
    }
    for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()).flat_map(numbered) {
        let line = line.replace(MS.0, MS.1);
        match line.split_once(" TXT ") {
            Some((name, text)) => writeln!(zone, "{name} 3600 TXT {}", quoted(text)).unwrap(),
            None => writeln!(zone, "{line}").unwrap(),
        }
    }
    World::from_zone(&zone)
}

/// The lines that a line such as `1..=10 x.example. MX # h#.x.example.` stands for; any other line as it is.
fn numbered(line: &str) -> Vec<String> {
    let range = line.split_once(' ').and_then(|(range, rest)| Some((range.strip_prefix("1..=")?, rest)));
    let Some((last, rest)) = range else { return vec![line.to_owned()] };
    (1..=last.parse::<usize>().unwrap()).map(|number| rest.replace('#', &number.to_string())).collect()
}

/// The text in character-strings that are short enough; a cut never falls into an escape.
fn quoted(text: &str) -> String {
    if text.starts_with('"') {
        return text.to_owned();
    }
    let strings: Vec<String> =
        text.as_bytes().chunks(200).map(|part| String::from_utf8_lossy(part).into()).collect();
    if strings.len() > 1 {
        assert!(!text.contains('\\'), "too long for an escape: {text}");
    }
    strings.iter().map(|string| format!("\"{string}\"")).collect::<Vec<_>>().join(" ")
}

fn spf_of(outcome: &Outcome) -> (&'static str, Status, String) {
    let judged = outcome.expectation(Id::Spf);
    (judged.code.word(), judged.status, judged.message.clone())
}

/// Every row has its code; what its plan publishes is met, and asks for nothing more.
fn hold(rows: &[Row]) {
    let mut faults = String::new();
    for (section, records, lines, code) in rows {
        let world = world(records, lines);
        let outcome = world.check_closed();
        let (found, status, message) = spf_of(&outcome);
        if found != *code {
            writeln!(faults, "§{section} `{records}`: {code} expected, {found} found: {message}").unwrap();
            continue;
        }
        let after = world.publish(&outcome.changes).check_closed();
        let (again, now, message) = spf_of(&after);
        let is_planned = is_planned(&outcome);
        let may_stay = ELSEWHERE.contains(code) || is_at_others(&outcome);
        if now != Status::Met && (is_planned || !may_stay) {
            writeln!(faults, "§{section} `{records}`: {again} after its plan: {message}").unwrap();
        }
        if status == Status::Met && is_planned {
            writeln!(faults, "§{section} `{records}`: met, and an edit is planned").unwrap();
        }
        if is_planned && now == Status::Met && self::is_planned(&after) {
            writeln!(faults, "§{section} `{records}`: an edit is planned again").unwrap();
        }
    }
    assert!(faults.is_empty(), "{} faults:\n{faults}", faults.lines().count());
}

/// Whether the plan edits an SPF record.
fn is_planned(outcome: &Outcome) -> bool {
    let asks = |code: &Code| code.word().starts_with("spf-");
    outcome.changes.iter().any(|change| change.because.iter().any(asks))
}

/// Whether only somebody else can put it right.
fn is_at_others(outcome: &Outcome) -> bool {
    let judged = outcome.expectation(Id::Spf);
    judged.fix.is_empty() && judged.status == Status::Unmet
}

/// The SPF record after the plan of a row.
fn planned(records: &str, lines: &str) -> Vec<String> {
    let world = world(records, lines);
    let after = world.publish(&world.check_closed().changes).check_closed();
    let texts = after.facts.all().filter(|reply| {
        reply.question.name.without_trailing_dot() == "contoso.com"
            && reply.question.rtype == cutover::record::RecordType::Txt
    });
    let texts = texts.flat_map(|reply| reply.wanted()).filter_map(|record| match &record.data {
        RecordData::Txt(text) => Some(text.lossy().into_owned()),
        _ => None,
    });
    texts.filter(|text| text.to_ascii_lowercase().starts_with("v=spf1")).collect()
}

/// Every code that a table may name exists.
fn exist(rows: &[Row]) {
    for (.., code) in rows {
        assert!(code.parse::<Code>().is_ok(), "{code} is not a code");
    }
}
