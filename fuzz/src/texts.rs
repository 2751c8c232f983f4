//! Is what was read written so that it is read as the same again?

use std::collections::BTreeSet;

use cutover::facts::{History, Recording};
use cutover::record::spf::SpfRecord;
use cutover::record::{Name, Record, RecordData, RecordType, Text, quote, split, zone};
use cutover::report::Sanitized;

use crate::domain;
use crate::harmless::assert_lines;

/// A zone file.
pub fn zone(data: &[u8]) {
    let Ok(held) = zone::read(data, Some(&domain()), "zone") else { return };
    let written = zone::to_zone_text(&held.records);
    let again = zone::read(written.as_bytes(), None, "written");
    let again = again.unwrap_or_else(|error| panic!("{error}\n{written}"));
    // What is written is in order, and a record that stands twice stands twice.
    let sorted = |records: Vec<Record>| {
        let mut records = records;
        records.sort();
        records
    };
    assert_eq!(sorted(again.records.clone()), sorted(held.records), "{written}");
    assert_eq!(zone::to_zone_text(&again.records), written);
}

/// A recording.
pub fn recording(data: &[u8]) {
    let Some(recording) = std::str::from_utf8(data).ok().and_then(|text| Recording::parse(text).ok()) else {
        return;
    };
    let written = recording.to_string();
    let again = Recording::parse(&written).unwrap_or_else(|error| panic!("{error}\n{written}"));
    assert_eq!(again.to_string(), written);
    assert_eq!(again.domains, recording.domains);
    assert!(again.facts.all().eq(recording.facts.all()), "{written}");
    assert!(again.facts.policies().eq(recording.facts.policies()), "{written}");
}

/// A history.
pub fn history(data: &[u8]) {
    let Some(history) = std::str::from_utf8(data).ok().and_then(|text| History::parse(text).ok()) else {
        return;
    };
    let written = history.to_string();
    let again = History::parse(&written).unwrap_or_else(|error| panic!("{error}\n{written}"));
    assert_eq!(again, history, "{written}");
}

/// An SPF record, the version left out.
pub fn spf(data: &[u8]) {
    let octets = [b"v=spf1 ", data].concat();
    let record = SpfRecord::parse(&Text::from_strings([&octets[..]])).expect("it has the version");
    let again = SpfRecord::parse(&Text::from(record.to_string().as_str())).expect("it has the version");
    let meanings = |record: &SpfRecord| {
        let terms = record.terms.iter();
        terms.map(|term| (term.text.clone(), term.meaning.clone())).collect::<Vec<_>>()
    };
    assert_eq!(meanings(&again), meanings(&record), "{record}");
    for term in &record.terms {
        assert_eq!(String::from_utf8_lossy(&octets[term.span.clone()]), term.text);
    }
    assert!(record.evaluated().count() <= record.terms.len());
}

/// Words, names and data: the first octet is the number of a type, the rest is the text.
pub fn words(data: &[u8]) {
    let Some((number, rest)) = data.split_first() else { return };
    let quoted = quote(rest);
    assert_lines("a quoted text", &quoted);
    let shown = Sanitized::record(&String::from_utf8_lossy(rest));
    assert_lines("a shown text", &shown);
    assert!(!shown.trim_start().starts_with("::") || shown.parse::<std::net::Ipv6Addr>().is_ok(), "{shown}");
    assert_eq!(*Sanitized::record(&shown), *shown, "made harmless twice");
    let tokens = split(quoted.as_bytes()).expect("what is quoted is one word");
    assert_eq!(tokens.len(), 1, "{quoted}");
    assert_eq!(tokens[0].unescaped().as_deref(), Some(rest), "{quoted}");
    if let Ok(name) = Name::parse_relative(rest, &domain()) {
        assert_lines("a name", &name.to_string());
        assert!(!name.to_string().starts_with("::"), "{name}");
        assert_eq!(name.to_string().parse(), Ok(name.clone()));
        assert_eq!(Name::from_labels(name.labels()), Ok(name.clone()));
        let host = name.host_in(&domain());
        let back = if host == "@" { Ok(domain()) } else { Name::parse_relative(host.as_bytes(), &domain()) };
        assert_eq!(back, Ok(name), "{host}");
    }
    let rtype = RecordType::from_number(u16::from(*number));
    let Some(text) = std::str::from_utf8(rest).ok() else { return };
    if let Ok(data) = RecordData::parse(rtype, text, &domain()) {
        assert_eq!(data.rtype(), rtype);
        let written = data.to_zone_text();
        assert_eq!(RecordData::parse(rtype, &written, &Name::root()).ok(), Some(data), "{written}");
    }
    let strings: BTreeSet<&[u8]> = rest.split(|octet| *octet == 0).collect();
    let text = Text::from_strings(strings);
    let written = text.to_zone_text();
    let again = RecordData::parse(RecordType::Txt, &written, &Name::root()).ok();
    assert_eq!(again, Some(RecordData::Txt(text)), "{written}");
}
