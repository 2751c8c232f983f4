//! Reads the record sets of a zone as Amazon Route 53 lists them in JSON.
//!
//! Accepts the output of `aws route53 list-resource-record-sets`, whole or as the bare array of its sets. A set whose
//! answer Route 53 computes for each client (an alias to another service, a choice between several sets) is listed with
//! the reason, so that it counts as unknown and not as missing.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::zone::{MAX_OCTETS, MAX_PROBLEMS, MAX_RECORDS, ZoneText};
use super::{Name, Question, Record, RecordData, RecordType, split};

/// The longest chain of aliases to sets of the same zone that is followed; Route 53 itself allows no chain.
const LONGEST_CHAIN: usize = 8;
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

enum Document {
    Bare(Vec<Set>),
    Whole(Whole),
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Whole {
    resource_record_sets: Vec<Set>,
    #[serde(default)]
    is_truncated: bool,
    next_token: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Set {
    name: String,
    r#type: String,
    #[serde(rename = "TTL")]
    ttl: Option<u32>,
    #[serde(default)]
    resource_records: Vec<Value>,
    alias_target: Option<AliasTarget>,
    set_identifier: Option<String>,
    #[serde(default)]
    multi_value_answer: bool,
    traffic_policy_instance_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Value {
    value: String,
}

#[derive(Deserialize)]
struct AliasTarget {
    #[serde(rename = "DNSName")]
    name: String,
}

/// A parsed set of the list.
struct Entry {
    place: String,
    ttl: u32,
    identifier: Option<String>,
    is_multi_value: bool,
    content: Content,
}

enum Content {
    Records(Vec<RecordData>),
    /// The records of the same type at this name.
    Alias(Name),
    /// The answer is chosen by a traffic policy.
    Policy,
}

/// The combined sets of one name and type.
enum CombinedSet {
    Records(u32, Vec<RecordData>),
    Alias(Name),
    Unlisted(String),
}

/// Returns whether a text is such a list and not a zone file: it begins with `{` or `[`.
#[must_use]
pub fn is_one(text: &str) -> bool {
    text.trim_start_matches('\u{feff}').trim_start().starts_with(['{', '['])
}

/// Reads a list, called `label` in errors; `origin` is the zone where the list holds no SOA record.
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
    let (sets, path) = sets(text).map_err(error)?;
    let mut reader = Reader { label, problems: Vec::new(), further: 0, count: 0, entries: BTreeMap::new() };
    for (index, set) in sets.into_iter().enumerate() {
        reader.set(set, format!("{path}[{index}]"));
        if reader.count > MAX_RECORDS {
            return Err(error(format!("found more than {MAX_RECORDS} records; split the file by zones")));
        }
    }
    reader.finish(origin)
}

/// Returns the sets of a document, and the path to them.
fn sets(text: &str) -> Result<(Vec<Set>, &'static str), String> {
    if !text.contains("\"ResourceRecordSets\"") && !text.trim_start().starts_with('[') {
        let expected = "the output of `aws route53 list-resource-record-sets`";
        return Err(format!("found JSON without `ResourceRecordSets`; expected a zone file, or {expected}"));
    }
    let told = |error: serde_json::Error| match error.classify() {
        serde_json::error::Category::Data => error.to_string(),
        serde_json::error::Category::Io
        | serde_json::error::Category::Syntax
        | serde_json::error::Category::Eof => format!("not JSON: {error}"),
    };
    let document = match text.trim_start().starts_with('[') {
        true => Document::Bare(serde_json::from_str(text).map_err(told)?),
        false => Document::Whole(serde_json::from_str(text).map_err(told)?),
    };
    match document {
        Document::Bare(sets) => Ok((sets, "$")),
        Document::Whole(whole) if whole.is_truncated || whole.next_token.is_some() => Err(
            "the list is incomplete, so missing records cannot be distinguished from records that do not \
             exist; run `aws route53 list-resource-record-sets` without `--max-items` and `--no-paginate`"
                .into(),
        ),
        Document::Whole(whole) => Ok((whole.resource_record_sets, "$.ResourceRecordSets")),
    }
}

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
        let name = self.accepted(&place, ".Name", name(&set.name));
        let rtype = set.r#type.parse::<RecordType>().map_err(|_| {
            format!("found the type `{}`, expected a DNS record type such as `MX`", shown(&set.r#type))
        });
        let rtype = self.accepted(&place, ".Type", rtype);
        let content = match (&set.alias_target, &set.traffic_policy_instance_id) {
            (Some(target), _) => {
                self.accepted(&place, ".AliasTarget.DNSName", self::name(&target.name)).map(Content::Alias)
            }
            (None, Some(_)) => Some(Content::Policy),
            (None, None) => rtype.and_then(|rtype| self.records(rtype, &set.resource_records, &place)),
        };
        let (Some(name), Some(rtype), Some(content)) = (name, rtype, content) else { return };
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
            let reason = "the set has no records; expected `ResourceRecords` or `AliasTarget`".to_owned();
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
    fn accepted<T>(&mut self, place: &str, part: &str, read: Result<T, String>) -> Option<T> {
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
                    unlisted.insert(question.clone(), reason);
                }
            }
        }
        let text = ZoneText { unlisted, ..ZoneText::from_records(origin.cloned(), records) };
        Ok(Listing { text, warnings })
    }
}

/// Combines the sets of one name and type as clients see them: records of multivalue answers add up; of other
/// alternatives, Route 53 chooses one.
fn combined(mut entries: Vec<Entry>) -> CombinedSet {
    let alternatives = entries.len();
    let one_of = |identifiers: Vec<String>| {
        let all = identifiers.join(", ");
        CombinedSet::Unlisted(format!(
            "Route 53 answers with one of {alternatives} sets ({all}) and chooses by client"
        ))
    };
    if let [_] = entries[..]
        && let Some(entry) = entries.pop()
    {
        return match entry.content {
            Content::Records(data) => CombinedSet::Records(entry.ttl, data),
            Content::Alias(target) => CombinedSet::Alias(target),
            Content::Policy => {
                CombinedSet::Unlisted("a traffic policy of Route 53 chooses the answer".into())
            }
        };
    }
    let all_records = |entries: &[Entry]| -> Option<(u32, Vec<Vec<RecordData>>)> {
        let ttl = entries.iter().map(|entry| entry.ttl).min()?;
        let sets = entries.iter().map(|entry| match &entry.content {
            Content::Records(data) => {
                let mut data = data.clone();
                data.sort();
                data.dedup();
                Some(data)
            }
            Content::Alias(_) | Content::Policy => None,
        });
        Some((ttl, sets.collect::<Option<_>>()?))
    };
    let adds_up = |entry: &Entry| entry.is_multi_value || entry.identifier.is_none();
    if let Some((ttl, sets)) = all_records(&entries) {
        let is_same = sets.windows(2).all(|pair| pair[0] == pair[1]);
        if is_same || entries.iter().all(adds_up) {
            return CombinedSet::Records(ttl, sets.into_iter().flatten().collect());
        }
    }
    const SHOWN: usize = 4;
    let identifiers = entries.iter().take(SHOWN).map(|entry| {
        let identifier = entry.identifier.as_deref().unwrap_or("without an identifier");
        format!("`{}`", shown(identifier))
    });
    one_of(identifiers.collect())
}

/// Returns the records at the end of a set's aliases with their TTL, or the reason why they are not in the list.
fn resolved<'a>(
    question: &Question,
    sets: &'a BTreeMap<Question, CombinedSet>,
) -> Result<(u32, &'a [RecordData]), String> {
    let mut question = question.clone();
    for _ in 0..LONGEST_CHAIN {
        match sets.get(&question) {
            Some(CombinedSet::Records(ttl, data)) => return Ok((*ttl, data)),
            Some(CombinedSet::Unlisted(reason)) => return Err(reason.clone()),
            Some(CombinedSet::Alias(target)) => question.name = target.clone(),
            None => {
                let target = question.name.without_trailing_dot();
                return Err(format!(
                    "it is an alias record of Route 53 for `{target}`, which is not in the list"
                ));
            }
        }
    }
    Err(format!("it is an alias record of Route 53 that leads through more than {LONGEST_CHAIN} others"))
}

/// Parses a value: the presentation form of zone files, but with octal escapes, and every name is absolute.
fn data(rtype: RecordType, value: &str) -> Result<RecordData, String> {
    let value = decimal(value)?;
    if value.contains(['\n', '\r']) {
        return Err("the value has more than one line".into());
    }
    let tokens = split(value.as_bytes())
        .ok_or_else(|| format!("found no closing quote in `{}`; close the string", shown(&value)))?;
    if rtype == RecordType::Txt && tokens.iter().any(|token| !token.quoted) {
        return Err(format!("found `{}`, expected each string of a TXT record in quotes", shown(&value)));
    }
    RecordData::from_tokens(rtype, &tokens, &Name::root()).map_err(|error| error.to_string())
}

/// Parses a name, absolute with or without its final dot.
fn name(text: &str) -> Result<Name, String> {
    let told = |reason: String| format!("`{}` is not a domain name: {reason}", shown(text));
    if text.is_empty() {
        return Err("the name is empty; expected a full name such as `contoso.com.`".into());
    }
    let written = decimal(text).map_err(told)?;
    Name::parse_relative(written.as_bytes(), &Name::root()).map_err(|error| told(error.to_string()))
}

/// Converts the octal escapes of Route 53 (`\052`) to the decimal escapes of zone files (`\042`).
fn decimal(text: &str) -> Result<String, String> {
    let mut written = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        written.push_str(before);
        let digits = escape.get(1..4).filter(|digits| digits.bytes().all(|digit| digit.is_ascii_digit()));
        if let Some(digits) = digits {
            let octet = u8::from_str_radix(digits, 8)
                .map_err(|_| format!("`\\{digits}` is not an octal escape from `\\000` to `\\377`"))?;
            written.push_str(&format!("\\{octet:03}"));
            rest = escape.get(4..).unwrap_or_default();
            continue;
        }
        let mut characters = escape.chars();
        characters.next();
        match characters.next() {
            Some(digit) if digit.is_ascii_digit() => {
                return Err(format!("found `\\{digit}`, expected an escape of three octal digits"));
            }
            Some(character) => written.extend(['\\', character]),
            None => return Err("a backslash at the end is not an escape".into()),
        }
        rest = characters.as_str();
    }
    written.push_str(rest);
    Ok(written)
}

/// Returns the beginning of a text, for an error message.
fn shown(text: &str) -> String {
    let mut shown: String =
        text.chars().take(60).map(|character| if character.is_control() { '?' } else { character }).collect();
    if text.chars().nth(60).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing(sets: &str) -> Listing {
        let text = format!("{{\"ResourceRecordSets\": [{sets}]}}");
        read(&text, None, "zone.json").unwrap_or_else(|error| panic!("{error}"))
    }

    fn problems(text: &str) -> Vec<String> {
        read(text, None, "zone.json").unwrap_err().lines
    }

    fn shown(listing: &Listing) -> Vec<String> {
        listing.text.records.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn ordinary_sets_are_read() {
        let listing = listing(
            r#"{"Name": "contoso.com.", "Type": "MX", "TTL": 300,
                "ResourceRecords": [{"Value": "10 mx1.emailsrvr.com"}, {"Value": "20 mx2.emailsrvr.com."}]},
               {"Name": "contoso.com.", "Type": "SOA", "TTL": 900, "ResourceRecords": [
                {"Value": "ns-1.awsdns-01.example. awsdns-hostmaster.example. 1 7200 900 1209600 86400"}]},
               {"Name": "contoso.com.", "Type": "TXT", "TTL": 300, "ResourceRecords": [
                {"Value": "\"v=spf1 include:\" \"emailsrvr.com -all\""}, {"Value": "\"a \\\"b\\\" \\303\\244\""}]},
               {"Name": "\\052.contoso.com.", "Type": "CNAME", "TTL": 60, "ResourceRecords": [
                {"Value": "contoso.com"}]},
               {"Name": "_sip._tls.contoso.com.", "Type": "SRV", "TTL": 60, "ResourceRecords": [
                {"Value": "100 1 443 sipdir.online.lync.com."}]}"#,
        );
        assert_eq!(
            shown(&listing)[..6],
            [
                "contoso.com. 300 IN MX 10 mx1.emailsrvr.com.",
                "contoso.com. 300 IN MX 20 mx2.emailsrvr.com.",
                "contoso.com. 900 IN SOA ns-1.awsdns-01.example. awsdns-hostmaster.example. 1 7200 900 1209600 86400",
                "contoso.com. 300 IN TXT \"v=spf1 include:emailsrvr.com -all\"",
                "contoso.com. 300 IN TXT \"a \\\"b\\\" \\195\\164\"",
                "*.contoso.com. 60 IN CNAME contoso.com.",
            ]
            .map(str::to_owned)[..]
        );
        assert_eq!(listing.text.apexes, ["contoso.com".parse().unwrap()]);
        assert!(listing.warnings.is_empty(), "{:?}", listing.warnings);
    }

    #[test]
    fn an_alias_has_the_records_of_the_same_zone_and_is_unknown_elsewhere() {
        let alias = |name: &str, target: &str| {
            format!(
                r#"{{"Name": "{name}", "Type": "A", "AliasTarget": {{"HostedZoneId": "Z", "DNSName": "{target}",
                "EvaluateTargetHealth": false}}}}"#
            )
        };
        let listing = listing(
            &[
                alias("contoso.com.", "www.contoso.com."),
                alias("www.contoso.com.", "web.contoso.com."),
                alias("autodiscover.contoso.com.", "d1.cloudfront.example."),
                alias("a.contoso.com.", "b.contoso.com."),
                alias("b.contoso.com.", "a.contoso.com."),
                r#"{"Name": "web.contoso.com.", "Type": "A", "TTL": 30, "ResourceRecords": [{"Value": "192.0.2.1"}]}"#
                    .to_owned(),
            ]
            .join(","),
        );
        assert_eq!(
            shown(&listing),
            [
                "contoso.com. 30 IN A 192.0.2.1",
                "web.contoso.com. 30 IN A 192.0.2.1",
                "www.contoso.com. 30 IN A 192.0.2.1"
            ]
        );
        let unlisted: Vec<String> = listing.text.unlisted.keys().map(ToString::to_string).collect();
        assert_eq!(unlisted, ["a.contoso.com. A", "autodiscover.contoso.com. A", "b.contoso.com. A"]);
        assert_eq!(listing.warnings.len(), 3);
        assert!(listing.warnings[1].contains("$.ResourceRecordSets[2]"), "{:?}", listing.warnings);
    }

    #[test]
    fn of_several_sets_those_that_clients_all_see_are_put_together() {
        let set = |name: &str, address: &str, more: &str| {
            format!(
                r#"{{"Name": "{name}.contoso.com.", "Type": "A", "TTL": 30, {more},
                "ResourceRecords": [{{"Value": "{address}"}}]}}"#
            )
        };
        let listing = listing(
            &[
                set("multi", "192.0.2.1", r#""SetIdentifier": "one", "MultiValueAnswer": true"#),
                set("multi", "192.0.2.2", r#""SetIdentifier": "two", "MultiValueAnswer": true"#),
                set("same", "192.0.2.1", r#""SetIdentifier": "one", "Weight": 1"#),
                set("same", "192.0.2.1", r#""SetIdentifier": "two", "Weight": 0"#),
                set("weighted", "192.0.2.1", r#""SetIdentifier": "one", "Weight": 1"#),
                set("weighted", "192.0.2.2", r#""SetIdentifier": "two", "Weight": 9"#),
                r#"{"Name": "policy.contoso.com.", "Type": "A", "TrafficPolicyInstanceId": "x"}"#.to_owned(),
            ]
            .join(","),
        );
        let held = shown(&listing);
        assert_eq!(held.iter().filter(|line| line.starts_with("multi")).count(), 2, "{held:?}");
        assert!(held.iter().any(|line| line.starts_with("same")), "{held:?}");
        let unlisted: Vec<String> = listing.text.unlisted.keys().map(ToString::to_string).collect();
        assert_eq!(unlisted, ["policy.contoso.com. A", "weighted.contoso.com. A"]);
        let reason = listing.text.unlisted.values().nth(1).unwrap();
        assert!(reason.contains("2 sets (`one`, `two`)"), "{reason}");
    }

    #[test]
    fn every_bad_record_is_named_with_its_path() {
        let lines = problems(
            r#"[{"Name": "contoso.com.", "Type": "MX", "TTL": 1, "ResourceRecords": [{"Value": "mx1"}]},
                {"Name": "a..b.", "Type": "A", "TTL": 1, "ResourceRecords": [{"Value": "192.0.2.1"}, {"Value": "x"}]},
                {"Name": "contoso.com.", "Type": "TXT", "TTL": 1, "ResourceRecords": [{"Value": "plain"}]},
                {"Name": "contoso.com.", "Type": "TXT", "TTL": 1, "ResourceRecords": [{"Value": "\"\\400\""}]},
                {"Name": "contoso.com.", "Type": "TXT", "TTL": 1, "ResourceRecords": [{"Value": "\"open"}]},
                {"Name": "contoso.com.", "Type": "what", "TTL": 1, "ResourceRecords": [{"Value": "x"}]},
                {"Name": "contoso.com.", "Type": "A", "TTL": 1, "ResourceRecords": []}]"#,
        );
        let places = [
            "$[0].ResourceRecords[0].Value: ",
            "$[1].Name: ",
            "$[1].ResourceRecords[1].Value: ",
            "$[2].ResourceRecords[0].Value: ",
            "$[3].ResourceRecords[0].Value: ",
            "$[4].ResourceRecords[0].Value: ",
            "$[5].Type: ",
            "$[6]: ",
        ];
        assert_eq!(lines.len(), places.len(), "{lines:#?}");
        for (line, place) in lines.iter().zip(places) {
            assert!(line.starts_with(&format!("zone.json: {place}")), "{line}");
        }
        let many = r#"{"Name": "", "Type": "A", "ResourceRecords": [{"Value": "192.0.2.1"}]}"#;
        let lines = problems(&format!("[{}]", vec![many; 50].join(",")));
        assert_eq!(lines.len(), MAX_PROBLEMS + 1);
        assert!(lines[MAX_PROBLEMS].ends_with("and 30 more problems"), "{lines:?}");
    }

    #[test]
    fn what_is_no_whole_list_is_refused() {
        let set =
            r#"{"Name": "contoso.com.", "Type": "A", "TTL": 1, "ResourceRecords": [{"Value": "192.0.2.1"}]}"#;
        for (text, expected) in [
            (format!(r#"{{"ResourceRecordSets": [{set}], "IsTruncated": true}}"#), "incomplete"),
            (format!(r#"{{"ResourceRecordSets": [{set}], "NextToken": "x"}}"#), "incomplete"),
            (r#"{"Changes": []}"#.to_owned(), "without `ResourceRecordSets`"),
            (r#"{"ResourceRecordSets": [{"Name": 1}]}"#.to_owned(), "line 1 column"),
            (r#"{"ResourceRecordSets": ["#.to_owned(), "not JSON"),
            ("[".repeat(100_000), "line 1 column"),
        ] {
            let lines = problems(&text);
            assert!(lines.len() == 1 && lines[0].contains(expected), "{lines:?}");
        }
        // Null means that there are no more.
        assert!(read(&format!(r#"{{"ResourceRecordSets": [{set}], "NextToken": null}}"#), None, "x").is_ok());
    }

    #[test]
    fn a_small_list_of_large_aliases_stays_small() {
        let address = |number: u32| format!(r#"{{"Value": "{}"}}"#, std::net::Ipv4Addr::from(number));
        let many: Vec<String> = (0..2000).map(address).collect();
        let mut sets = vec![format!(
            r#"{{"Name": "a.example.", "Type": "A", "TTL": 1, "ResourceRecords": [{}]}}"#,
            many.join(",")
        )];
        sets.extend((0..2000).map(|number| {
            format!(
                r#"{{"Name": "n{number}.example.", "Type": "A", "AliasTarget": {{"DNSName": "a.example."}}}}"#
            )
        }));
        let lines = problems(&format!("[{}]", sets.join(",")));
        assert!(lines[0].contains("lead to more than"), "{lines:?}");
    }
}
