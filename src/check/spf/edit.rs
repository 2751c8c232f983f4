//! How is the SPF record put right with the smallest edit?
//!
//! One record comes out: other senders stay, in their order; what receivers cannot read is repaired where the meaning
//! is plain, and otherwise left out, since a record with it lets nobody pass. The include of the platform being left
//! stays until `tidy`.

use std::collections::BTreeSet;

use crate::expected::Phase;
use crate::facts::Silence;
use crate::record::spf::{DomainSpec, Meaning, Mechanism, Qualifier, SpfRecord, is_spf};
use crate::record::{Name, RecordData, RecordType, Text};

use super::tally::{self, Fault, FaultKind};
use super::{Bench, Edit, text_of};

/// The record sets that put it right: the domain's own text, and texts of its own that it includes.
///
/// `instead_of` is a text that is no SPF record and was meant to be one.
pub(super) fn cure(
    bench: &Bench<'_>,
    records: &[&SpfRecord],
    instead_of: Option<&Text>,
) -> Result<Vec<Edit>, Silence> {
    let domain = &bench.case.subject.domain;
    let mut edits = Vec::new();
    let mut terms = Terms::merged(records);
    for record in records {
        let tally = tally::tally(&bench.case.sight, domain, record, bench.include);
        for fault in &tally.faults {
            match place(fault, domain) {
                Place::Here(term) => terms.remove(term),
                Place::OwnRecord(holder) => edits.extend(own_record(bench, holder, &tally.faults)?),
                Place::Elsewhere => {}
            }
        }
        if tally.voids.len() > super::MOST_VOID_LOOKUPS {
            tally.void_terms.iter().for_each(|term| terms.remove(term));
        }
    }
    if bench.case.phase() >= Phase::Tidy {
        let redirects = terms.redirects();
        terms.others.retain(|term| bench.is_of_source(&term.meaning).is_none());
        // What the record it led to said of all others is gone with it.
        if redirects && !terms.redirects() {
            terms.all.get_or_insert(Qualifier::SoftFail);
        }
    }
    if needs_include(bench, &terms)? {
        terms.add_include(bench.include);
    }
    let record = RecordData::Txt(Text::from(terms.written(records).as_str()));
    let replaced =
        |data: &&RecordData| text_of(data).is_some_and(|text| is_spf(text) || instead_of == Some(text));
    let kept = bench.set.data.iter().filter(|data| !replaced(data)).cloned();
    let after: BTreeSet<RecordData> = kept.chain([record]).collect();
    if after != bench.set.data {
        let own = edit(bench.expectation.name.clone(), after);
        edits.insert(0, Edit { confirm: !dropped(records).is_empty(), ..own });
    }
    edits.dedup();
    Ok(edits)
}

fn edit(name: Name, after: BTreeSet<RecordData>) -> Edit {
    Edit { name, rtype: RecordType::Txt, after, ttl: None, confirm: false }
}

/// Where a fault can be put right.
enum Place<'a> {
    /// By taking this term out of the record itself.
    Here(&'a str),
    /// In a record of the domain's own that is included.
    OwnRecord(&'a Name),
    /// In somebody else's record.
    Elsewhere,
}

fn place<'a>(fault: &'a Fault, domain: &Name) -> Place<'a> {
    if fault.holder == *domain {
        return match fault.kind {
            FaultKind::Loop | FaultKind::NoRecord => Place::Here(&fault.term),
            FaultKind::Several if fault.about.is_within(domain) => Place::OwnRecord(&fault.about),
            FaultKind::Several | FaultKind::Unreadable | FaultKind::PassesEveryone => Place::Elsewhere,
        };
    }
    if fault.holder.is_within(domain) {
        return Place::OwnRecord(&fault.holder);
    }
    // Somebody else's record leads back here: only our own include of it can be taken out.
    if fault.kind == FaultKind::Loop && fault.about.is_within(domain) {
        return Place::Here(&fault.top);
    }
    Place::Elsewhere
}

/// The texts of an included record of the domain's own, merged into one that can be read.
fn own_record(bench: &Bench<'_>, holder: &Name, faults: &[Fault]) -> Result<Option<Edit>, Silence> {
    let set = bench.case.sight.set(holder, RecordType::Txt)?;
    let records: Vec<SpfRecord> = set.data.iter().filter_map(text_of).filter_map(SpfRecord::parse).collect();
    let records: Vec<&SpfRecord> = records.iter().collect();
    let mut terms = Terms::merged(&records);
    for fault in faults.iter().filter(|fault| fault.holder == *holder && fault.kind != FaultKind::Several) {
        terms.remove(&fault.term);
    }
    let record = RecordData::Txt(Text::from(terms.written(&records).as_str()));
    let kept = set.data.iter().filter(|data| !text_of(data).is_some_and(is_spf)).cloned();
    let after: BTreeSet<RecordData> = kept.chain([record]).collect();
    Ok((after != set.data).then(|| edit(holder.clone(), after)))
}

/// The terms that nobody can read and whose meaning is not plain. They are left out: a record with them lets nobody
/// pass.
pub(super) fn dropped(records: &[&SpfRecord]) -> Vec<String> {
    let repaired = records.iter().map(|record| repaired(record));
    repaired
        .flat_map(|record| record.broken().map(|(term, _)| term.text.clone()).collect::<Vec<_>>())
        .collect()
}

/// Whether Microsoft's include has to be added to what the record will be.
fn needs_include(bench: &Bench<'_>, terms: &Terms) -> Result<bool, Silence> {
    if bench.is_behind_gateway()? {
        return Ok(false);
    }
    let merged = terms.record();
    if bench.is_sold_by_reseller(&merged)? {
        return Ok(false);
    }
    let tally = tally::tally(&bench.case.sight, &bench.case.subject.domain, &merged, bench.include);
    Ok(!tally.includes_microsoft)
}

/// The terms of the record to publish.
struct Terms {
    /// Everything but `all`, in order, none twice.
    others: Vec<crate::record::spf::Term>,
    /// What happens to all others, if the records say it.
    all: Option<Qualifier>,
}

impl Terms {
    fn merged(records: &[&SpfRecord]) -> Self {
        let mut merged = Self { others: Vec::new(), all: None };
        let several = records.len() > 1;
        for record in records {
            for term in repaired(record).terms {
                match term.meaning {
                    Meaning::Mechanism(qualifier, Mechanism::All) => {
                        merged.all = Some(merged.all.map_or(qualifier, |all| all.max(qualifier)));
                    }
                    // A redirect beside other records' terms would never be reached behind `all`.
                    Meaning::Redirect(domain) if several => merged.push(&format!("include:{}", domain.text)),
                    Meaning::Broken(_) => {}
                    _ => merged.push(&term.text),
                }
            }
        }
        // A record that lets everybody pass is no protection; `~all` marks what no other term lets pass.
        if merged.all == Some(Qualifier::Pass) {
            merged.all = Some(Qualifier::SoftFail);
        }
        merged.others.retain(|term| !passes_all_addresses(&term.meaning));
        merged
    }

    fn push(&mut self, text: &str) {
        if self.others.iter().any(|term| term.text.eq_ignore_ascii_case(text)) {
            return;
        }
        if let Some(read) = SpfRecord::parse(&Text::from(format!("v=spf1 {text}").as_str())) {
            self.others.extend(read.terms);
        }
    }

    fn remove(&mut self, text: &str) {
        self.others.retain(|term| !term.text.eq_ignore_ascii_case(text));
    }

    /// Puts an include behind the last mechanism, in place of a misspelt one if there is one.
    fn add_include(&mut self, include: &Name) {
        let text = format!("include:{}", include.bare());
        // With another qualifier it would match first, and not as a pass.
        self.others.retain(|term| !is_include_of(&term.meaning, include));
        let modifier = |term: &crate::record::spf::Term| !matches!(term.meaning, Meaning::Mechanism(..));
        let at = self.others.iter().position(modifier).unwrap_or(self.others.len());
        let behind = self.others.split_off(at);
        self.push(&text);
        self.others.extend(behind);
    }

    fn redirects(&self) -> bool {
        self.others.iter().any(|term| matches!(term.meaning, Meaning::Redirect(_)))
    }

    fn record(&self) -> SpfRecord {
        SpfRecord { terms: self.others.clone() }
    }

    /// The text. A record that is new, or merged, says what happens to all others; an edited one keeps its word.
    fn written(&self, records: &[&SpfRecord]) -> String {
        let all = match self.all {
            Some(all) => Some(all),
            None if records.is_empty() => Some(Qualifier::Fail),
            None if records.len() > 1 && !self.redirects() => Some(Qualifier::SoftFail),
            None => None,
        };
        let tail = all.map(|all| format!(" {}all", all.sign())).unwrap_or_default();
        self.record().to_string() + &tail
    }
}

/// Whether the term includes the domain, with whatever qualifier.
pub(super) fn is_include_of(meaning: &Meaning, domain: &Name) -> bool {
    matches!(meaning, Meaning::Mechanism(_, Mechanism::Include(included)) if included.name.as_ref() == Some(domain))
}

fn passes_all_addresses(meaning: &Meaning) -> bool {
    matches!(
        meaning,
        Meaning::Mechanism(
            Qualifier::Pass,
            Mechanism::Ip4 { prefix: 0, .. } | Mechanism::Ip6 { prefix: 0, .. }
        )
    )
}

/// A modifier that was meant to be a mechanism, such as `include=host`.
pub(super) fn means_include(meaning: &Meaning) -> bool {
    matches!(meaning, Meaning::Ignored { name, .. } if MECHANISMS.contains(&name.as_str()))
}

/// Mechanisms that people write with `=` instead of a colon.
const MECHANISMS: &[&str] = &["include", "a", "mx", "ip4", "ip6", "exists", "ptr"];

/// The record with what is plainly meant instead of what was typed.
pub(in crate::check) fn repaired(record: &SpfRecord) -> SpfRecord {
    let text = repaired_words(&record.to_string());
    SpfRecord::parse(&Text::from(text.as_str())).unwrap_or_else(|| record.clone())
}

/// The SPF record that a text was meant to be.
pub(in crate::check) fn repaired_text(text: &Text) -> Option<SpfRecord> {
    let plain = plain(&text.lossy());
    let start = plain.to_ascii_lowercase().find("spf1").map(|at| at + 4);
    let rest = match start {
        Some(at) => plain[at..].trim_start_matches([';', ',', ':']).to_owned(),
        // `v=spf include:…`: the version is missing its digit.
        None => plain.split_once("spf").map(|(_, rest)| rest.to_owned()).unwrap_or_default(),
    };
    SpfRecord::parse(&Text::from(repaired_words(&format!("v=spf1 {rest}")).as_str()))
}

/// Whether a text that is no SPF record was meant to be one.
pub(in crate::check) fn looks_like_spf(text: &Text, include: &Name) -> bool {
    let lower = text.lossy().to_ascii_lowercase();
    let signed =
        lower.contains("v=spf") || lower.trim_start_matches(['"', ' ', '\u{a0}']).starts_with("spf1");
    let includes = lower.contains("include:") || lower.contains(" -all") || lower.contains(" ~all");
    signed || includes && lower.contains(&include.bare())
}

/// Blanks and hyphens as a word processor, a web page or a panel changed them, put back.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for character in text.replace("&nbsp;", " ").chars() {
        match character {
            '\u{2010}'..='\u{2015}' | '\u{2212}' => plain.push('-'),
            '"' | '\'' | '\u{2018}'..='\u{201f}' | '\u{200b}'..='\u{200d}' | '\u{feff}' => {}
            character if character.is_whitespace() => plain.push(' '),
            character => plain.push(character),
        }
    }
    plain
}

/// The words with blanks behind a colon closed, and each of them mended.
fn repaired_words(text: &str) -> String {
    let plain = plain(text);
    let mut words: Vec<String> = Vec::new();
    for word in plain.split(' ').filter(|word| !word.is_empty()) {
        match words.last_mut() {
            Some(last) if last.ends_with(':') => last.push_str(word),
            _ => words.push(word.into()),
        }
    }
    words.iter().flat_map(|word| mended(word)).collect::<Vec<_>>().join(" ")
}

/// The terms that a word was meant to be: several where a blank is missing.
fn mended(word: &str) -> Vec<String> {
    if let Some(at) = seam(word) {
        return [&word[..at], &word[at..]].into_iter().flat_map(mended).collect();
    }
    let word = match word.split_once('=') {
        Some((name, value)) if MECHANISMS.contains(&name.to_ascii_lowercase().as_str()) => {
            format!("{name}:{value}")
        }
        _ => word.to_owned(),
    };
    if !is_broken(&word) {
        return vec![word];
    }
    let bare = word.trim_end_matches([',', ';']);
    if bare.is_empty() {
        return Vec::new();
    }
    vec![address_term(bare).or_else(|| misspelt_include(bare)).unwrap_or_else(|| bare.into())]
}

/// Where a second term begins in a word, as behind a text that was cut into strings without a blank.
fn seam(word: &str) -> Option<usize> {
    let lower = word.to_ascii_lowercase();
    let starts = ["include:", "ip4:", "ip6:", "exists:", "redirect="].into_iter();
    let starts = starts.filter_map(|start| lower.rfind(start)).map(|at| {
        let signed = at > 0 && b"+?~-".contains(&lower.as_bytes()[at - 1]);
        if signed { at - 1 } else { at }
    });
    let ends = ["+all", "?all", "~all", "-all"].into_iter();
    let ends = ends.filter(|_| lower.contains(':')).filter_map(|end| lower.strip_suffix(end)).map(str::len);
    starts.chain(ends).filter(|at| *at > 0).max()
}

fn is_broken(word: &str) -> bool {
    let record = SpfRecord::parse(&Text::from(format!("v=spf1 {word}").as_str()));
    record.is_some_and(|record| record.broken().next().is_some())
}

/// An address behind another word than `ip4` or `ip6`, or behind none.
fn address_term(word: &str) -> Option<String> {
    let mechanism = |value: &str| {
        let address: std::net::IpAddr = value.split('/').next()?.parse().ok()?;
        Some(format!("{}:{value}", if address.is_ipv4() { "ip4" } else { "ip6" }))
    };
    mechanism(word).or_else(|| {
        let (name, value) = word.split_once(':')?;
        let name = name.trim_start_matches('+').to_ascii_lowercase();
        ["ip", "ip4", "ip6", "ipv4", "ipv6", "a", "mx", "include"]
            .contains(&name.as_str())
            .then(|| mechanism(value))?
    })
}

/// `includes:host` and the like.
fn misspelt_include(word: &str) -> Option<String> {
    let (name, value) = word.split_once(':')?;
    let term = format!("include:{value}");
    (name.to_ascii_lowercase().starts_with("incl") && !is_broken(&term)).then_some(term)
}

/// The domains that rules read when they count a record: names and the types to ask for.
pub(in crate::check) fn questions(record: &SpfRecord, domain: &Name) -> Vec<(Name, RecordType)> {
    let mut questions = Vec::new();
    let mut host = |domain_spec: &Option<DomainSpec>, types: &[RecordType]| {
        let name = match domain_spec {
            Some(DomainSpec { name, .. }) => name.clone(),
            None => Some(domain.clone()),
        };
        questions.extend(name.iter().flat_map(|name| types.iter().map(|rtype| (name.clone(), *rtype))));
    };
    for term in record.evaluated() {
        match &term.meaning {
            Meaning::Mechanism(_, Mechanism::Include(included)) | Meaning::Redirect(included) => {
                host(&Some(included.clone()), &[RecordType::Txt]);
            }
            Meaning::Mechanism(_, Mechanism::A(named)) => host(named, &[RecordType::A, RecordType::Aaaa]),
            Meaning::Mechanism(_, Mechanism::Mx(named)) => host(named, &[RecordType::Mx]),
            _ => {}
        }
    }
    questions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_plainly_meant_is_read() {
        for (typed, meant) in [
            (
                "v=spf1 include: spf.protection.outlook.com -all",
                "v=spf1 include:spf.protection.outlook.com -all",
            ),
            (
                "v=spf1 include=spf.protection.outlook.com –all",
                "v=spf1 include:spf.protection.outlook.com -all",
            ),
            ("“v=spf1 ip4=192.0.2.1\u{a0}~all”", "v=spf1 ip4:192.0.2.1 ~all"),
            ("v=spf include:a.example -all", "v=spf1 include:a.example -all"),
            (" v=spf1;include:a.example -all", "v=spf1 include:a.example -all"),
            ("spf1 -all", "v=spf1 -all"),
            (
                "v=spf1 ipv4:192.0.2.1 ip:2001:db8::/32 a:192.0.2.2 -all",
                "v=spf1 ip4:192.0.2.1 ip6:2001:db8::/32 ip4:192.0.2.2 -all",
            ),
            ("v=spf1 192.0.2.0/24 ip4:2001:db8::1 -all", "v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::1 -all"),
            (
                "v=spf1 include:a.example, include:b.example; -all",
                "v=spf1 include:a.example include:b.example -all",
            ),
            ("v=spf1 include:a.exampleip4:192.0.2.1~all", "v=spf1 include:a.example ip4:192.0.2.1 ~all"),
            (
                "v=spf1 include:a.exampleinclude:b.example -all",
                "v=spf1 include:a.example include:b.example -all",
            ),
            ("v=spf1 includes:a.example inkl:b.example", "v=spf1 include:a.example inkl:b.example"),
            (
                "v=spf1 exists:%{i}.include.example a:x-all.example -all",
                "v=spf1 exists:%{i}.include.example a:x-all.example -all",
            ),
        ] {
            assert_eq!(repaired_text(&Text::from(typed)).unwrap().to_string(), meant, "{typed}");
        }
    }

    #[test]
    fn lookalikes_are_told_from_other_texts() {
        let include: Name = "spf.protection.outlook.com".parse().unwrap();
        for text in [
            "v=spf include:x.example",
            "v=spf10 -all",
            " v=spf1 -all",
            "include:spf.protection.outlook.com -all",
        ] {
            assert!(looks_like_spf(&Text::from(text), &include), "{text}");
        }
        for text in ["MS=ms12345678", "google-site-verification=spf1", "see spf.protection.outlook.com"] {
            assert!(!looks_like_spf(&Text::from(text), &include), "{text}");
        }
    }
}
