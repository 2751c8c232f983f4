//! Reads the record sets of a zone as Amazon Route 53 lists them in JSON.
//!
//! Accepts the output of `aws route53 list-resource-record-sets`, whole or as the bare array of its sets. A set whose
//! answer Route 53 computes for each client (an alias to another service, a choice between several sets) is listed with
//! the reason, so that it counts as unknown and not as missing.

mod combined;
mod document;
#[cfg(test)]
mod tests;
mod value;

use std::collections::BTreeMap;
use std::fmt;

use super::zone::{MAX_OCTETS, MAX_PROBLEMS, MAX_RECORDS, ZoneText};
use super::{Name, Question, Record, RecordType};
use combined::{CombinedSet, Content, Entry, combined, resolved};
use document::{Set, Value, sets};
use value::{data, name, shown};

/// The TTL, in seconds, of a set that states none; an alias to a set of the same zone gets the TTL of that set.
const TTL_OF_ALIAS: u32 = 60;

/// The content of a list: its records, and the sets whose records it does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// The records, ready to be read as those of a zone file.
    pub text: ZoneText,
    /// The sets whose records are not in the list, each with its place and the reason; the first [`MAX_PROBLEMS`].
    pub warnings: Vec<String>,
}

/// The error of a list that cannot be read: every bad place, each on its own line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .lines.join("\n"))]
pub struct ListingError {
    /// Lines such as `zone.json: $.ResourceRecordSets[3].TTL: what is wrong`.
    pub lines: Vec<String>,
}

/// Returns whether a text is such a list and not a zone file: it begins with `{` or `[`.
#[must_use]
pub fn is_one(text: &str) -> bool {
    text.trim_start_matches('\u{feff}').trim_start().starts_with(['{', '['])
}

/// Reads a list, called `label` in errors; `origin` is the zone if the list holds no SOA record.
///
/// # Errors
/// [`ListingError`] names every place that cannot be read; there are no records then.
pub fn read(text: &str, origin: Option<&Name>, label: &str) -> Result<Listing, ListingError> {
    let error = |reason: String| ListingError { lines: vec![format!("{label}: {reason}")] };
    let text = text.trim_start_matches('\u{feff}');
    if text.len() > MAX_OCTETS {
        let found = text.len();
        return Err(error(format!(
            "found {found} bytes; at most {MAX_OCTETS} are read, so split the file by zones"
        )));
    }
    let (sets, path) = sets(text).map_err(|reason| error(reason.to_string()))?;
    let mut reader = Reader { label, problems: Vec::new(), further: 0, count: 0, entries: BTreeMap::new() };
    for (index, set) in sets.into_iter().enumerate() {
        reader.set(set, format!("{path}[{index}]"));
        if reader.count > MAX_RECORDS {
            return Err(error(format!("found more than {MAX_RECORDS} records; split the file by zones")));
        }
    }
    reader.finish(origin)
}

/// The state of reading: the sets so far, and their problems.
struct Reader<'a> {
    label: &'a str,
    problems: Vec<String>,
    further: usize,
    /// The number of records read so far.
    count: usize,
    entries: BTreeMap<Question, Vec<Entry>>,
}

impl Reader<'_> {
    fn set(&mut self, set: Set, place: String) {
        let owner = self.accepted(&place, ".Name", name(&set.name));
        let rtype = set.r#type.parse::<RecordType>().map_err(|_| {
            format!("found the type `{}`, expected a DNS record type such as `MX`", shown(&set.r#type))
        });
        let rtype = self.accepted(&place, ".Type", rtype);
        let content = match (&set.alias_target, &set.traffic_policy_instance_id) {
            (Some(target), _) => {
                self.accepted(&place, ".AliasTarget.DNSName", name(&target.name)).map(Content::Alias)
            }
            (None, Some(_)) => Some(Content::Policy),
            (None, None) => rtype.and_then(|rtype| self.records(rtype, &set.resource_records, &place)),
        };
        let (Some(name), Some(rtype), Some(content)) = (owner, rtype, content) else { return };
        let entry = Entry {
            place,
            ttl: set.ttl.unwrap_or(TTL_OF_ALIAS),
            identifier: set.set_identifier,
            is_multi_value: set.multi_value_answer,
            content,
        };
        self.entries.entry(Question::new(name, rtype)).or_default().push(entry);
    }

    fn records(&mut self, rtype: RecordType, values: &[Value], place: &str) -> Option<Content> {
        if values.is_empty() {
            let reason = "the set has no records; expected `ResourceRecords` or `AliasTarget`";
            return self.accepted(place, "", Err(reason));
        }
        self.count += values.len();
        let mut records = Vec::with_capacity(values.len());
        for (index, value) in values.iter().enumerate() {
            let read =
                self.accepted(place, &format!(".ResourceRecords[{index}].Value"), data(rtype, &value.value));
            records.extend(read);
        }
        Some(Content::Records(records))
    }

    /// Returns the value that was read; notes the problem and returns `None` if it could not be read.
    fn accepted<T>(&mut self, place: &str, part: &str, read: Result<T, impl fmt::Display>) -> Option<T> {
        let reason = match read {
            Ok(read) => return Some(read),
            Err(reason) => reason,
        };
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(format!("{}: {place}{part}: {reason}", self.label));
        } else {
            self.further += 1;
        }
        None
    }

    fn finish(mut self, origin: Option<&Name>) -> Result<Listing, ListingError> {
        if !self.problems.is_empty() {
            if self.further > 0 {
                self.problems.push(format!("{}: and {} more problems", self.label, self.further));
            }
            return Err(ListingError { lines: self.problems });
        }
        let mut warnings = Vec::new();
        let mut sets: BTreeMap<Question, CombinedSet> = BTreeMap::new();
        let mut places: BTreeMap<Question, String> = BTreeMap::new();
        for (question, entries) in self.entries {
            places.extend(entries.first().map(|entry| (question.clone(), entry.place.clone())));
            sets.insert(question, combined(entries));
        }
        // A short list may name a long set many times.
        let lengths = sets.keys().filter_map(|question| resolved(question, &sets).ok());
        if lengths.map(|(_, data)| data.len()).sum::<usize>() > MAX_RECORDS {
            let reason =
                format!("the aliases lead to more than {MAX_RECORDS} records; split the file by zones");
            return Err(ListingError { lines: vec![format!("{}: {reason}", self.label)] });
        }
        let (mut records, mut unlisted) = (Vec::new(), BTreeMap::new());
        for question in sets.keys() {
            match resolved(question, &sets) {
                Ok((ttl, data)) => records.extend(data.iter().map(|data| Record {
                    name: question.name.clone(),
                    ttl,
                    data: data.clone(),
                })),
                Err(reason) => {
                    if warnings.len() < MAX_PROBLEMS {
                        let place = places.get(question).map_or("$", String::as_str);
                        warnings.push(format!("{}: {place}: {question} stays unknown: {reason}", self.label));
                    }
                    unlisted.insert(question.clone(), reason.to_string());
                }
            }
        }
        let text = ZoneText { unlisted, ..ZoneText::from_records(origin.cloned(), records) };
        Ok(Listing { text, warnings })
    }
}
