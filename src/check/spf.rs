//! May Microsoft 365 send for the domain, and can receivers read the record that says so?
//!
//! The record is judged by its terms and never as a string. A static count is the worst case: a receiver stops at the
//! first match.

mod edit;
mod tally;

use crate::expected::{Expectation, Phase};
use crate::facts::Silence;
use crate::provider::{Evidence, Kind, of_mx, of_spf};
use crate::record::spf::{Meaning, Mechanism, Qualifier, SpfRecord};
use crate::record::{Name, RecordData, RecordSet, RecordType, Text};

use super::{Case, Code, Edit, Finding, listed, ticked};
pub(super) use edit::{looks_like_spf, questions, repaired, repaired_text};
use tally::{FaultKind, Tally};

/// DNS lookups that a record may cost (RFC 7208 §4.6.4).
const MOST_LOOKUPS: usize = 10;
/// Lookups without an answer that a record may run into (RFC 7208 §4.6.4).
const MOST_VOID_LOOKUPS: usize = 2;

/// Judges the SPF record.
pub(super) fn judge(case: &Case<'_>, expectation: &Expectation, include: &Name) -> Result<Finding, Silence> {
    let set = case.sight.set(&expectation.name, expectation.rtype)?;
    let texts = || set.data.iter().filter_map(text_of);
    let records: Vec<(&Text, SpfRecord)> =
        texts().filter_map(|text| SpfRecord::parse(text).map(|record| (text, record))).collect();
    let observed = RecordSet {
        data: records.iter().map(|(text, _)| RecordData::Txt((*text).clone())).collect(),
        ttl: if records.is_empty() { 0 } else { set.ttl },
    };
    let bench = Bench { case, expectation, include, set: &set, observed: &observed };
    match &records[..] {
        [] => bench.none(texts().find(|text| edit::looks_like_spf(text, include))),
        [(_, record)] => bench.one(record),
        several => {
            let records: Vec<&SpfRecord> = several.iter().map(|(_, record)| record).collect();
            bench.several(&records)
        }
    }
}

fn text_of(data: &RecordData) -> Option<&Text> {
    match data {
        RecordData::Txt(text) => Some(text),
        _ => None,
    }
}

/// The table the judge works on.
struct Bench<'a> {
    case: &'a Case<'a>,
    expectation: &'a Expectation,
    include: &'a Name,
    set: &'a RecordSet,
    observed: &'a RecordSet,
}

impl Bench<'_> {
    fn met(&self, code: Code, message: String) -> Finding {
        Finding::new(code, message, self.observed)
    }

    fn wrong(&self, code: Code, message: String, records: &[&SpfRecord]) -> Result<Finding, Silence> {
        let cure = edit::cure(self, records, None)?;
        let dropped = if cure.is_empty() { Vec::new() } else { edit::dropped(records) };
        let dropped = listed(dropped.iter().map(|term| format!("`{}`", shown(term))));
        let message = match dropped.is_empty() {
            true => message,
            false => format!("{message}; the plan leaves out {dropped}, put back what was meant"),
        };
        Ok(Finding::new(code, message, self.observed).cured_by(cure))
    }

    fn none(&self, lookalike: Option<&Text>) -> Result<Finding, Silence> {
        let Some(text) = lookalike else {
            let message = "no SPF record is published, so receivers cannot tell who may send for the domain";
            return self.wrong(Code::SpfMissing, message.into(), &[]);
        };
        let message =
            format!("{text} looks like an SPF record, and receivers ignore it: it must begin with `v=spf1 `");
        let repaired = edit::repaired_text(text);
        let records: Vec<&SpfRecord> = repaired.iter().collect();
        let cure = edit::cure(self, &records, Some(text))?;
        let observed = RecordSet { data: [RecordData::Txt(text.clone())].into(), ttl: self.set.ttl };
        Ok(Finding::new(Code::SpfLookalike, message, &observed).cured_by(cure))
    }

    fn several(&self, records: &[&SpfRecord]) -> Result<Finding, Silence> {
        let message = format!(
            "{} SPF records are published and only one is allowed, so every check fails (RFC 7208 §4.5); merge them \
             into one",
            records.len()
        );
        self.wrong(Code::SpfMultiple, message, records)
    }

    fn one(&self, record: &SpfRecord) -> Result<Finding, Silence> {
        if let Some((term, why)) = record.broken().next() {
            let place = term.span.start + 1;
            let message =
                format!("receivers cannot read `{}` at character {place}: {why}", shown(&term.text));
            return self.wrong(Code::SpfInvalid, message, &[record]);
        }
        if let Some(everyone) = passes_everyone(record) {
            let message = format!("`{everyone}` lets everybody send for the domain");
            return self.wrong(Code::SpfPassesEveryone, message, &[record]);
        }
        let tally = tally::tally(&self.case.sight, &self.case.subject.domain, record, self.include);
        if let Some(finding) = self.faulty(record, &tally)? {
            return Ok(finding);
        }
        if tally.lookups > MOST_LOOKUPS {
            let message = self.too_many(&tally);
            return self.wrong(Code::SpfTooManyLookups, message, &[record]);
        }
        if tally.voids.len() > MOST_VOID_LOOKUPS {
            let names = listed(tally.voids.iter().map(ticked));
            let message = format!(
                "{} names that the record looks up have no answer ({names}), and receivers give up after {MOST_VOID_LOOKUPS}",
                tally.voids.len()
            );
            return self.wrong(Code::SpfVoidLookups, message, &[record]);
        }
        if !tally.includes_microsoft {
            return self.without_microsoft(record, tally);
        }
        if let Some(silence) = tally.silence {
            return Err(silence);
        }
        if let Some(finding) = self.source_left(record)? {
            return Ok(finding);
        }
        let counted = format!("{} of {MOST_LOOKUPS} lookups", tally.counted());
        if record.all().is_none()
            && !record.terms.iter().any(|term| matches!(term.meaning, Meaning::Redirect(_)))
        {
            let message = format!(
                "the record includes Microsoft ({counted}) and does not end with `-all`, so all others pass as neutral"
            );
            return Ok(self.met(Code::SpfWithoutAll, message));
        }
        Ok(self.met(Code::Met, format!("one record, includes Microsoft, {counted}")))
    }

    /// The platform being left, which must not send any more once everything is tidied up.
    fn source_left(&self, record: &SpfRecord) -> Result<Option<Finding>, Silence> {
        if self.case.phase() < Phase::Tidy {
            return Ok(None);
        }
        let Some(left) = record.terms.iter().find_map(|term| self.is_of_source(&term.meaning)) else {
            return Ok(None);
        };
        let message = format!(
            "{} ({}) may still send for the domain; take it out once nothing is sent from there",
            ticked(&left),
            self.case.source_word()
        );
        self.wrong(Code::SpfSourceLeft, message, &[record]).map(Some)
    }

    /// What makes every check fail, whoever sends.
    fn faulty(&self, record: &SpfRecord, tally: &Tally) -> Result<Option<Finding>, Silence> {
        let Some(fault) = tally.faults.first() else { return Ok(None) };
        let about = ticked(&fault.about);
        let (code, what) = match fault.kind {
            FaultKind::Loop => (Code::SpfIncludeLoop, "is included by itself".into()),
            FaultKind::NoRecord => (Code::SpfInvalid, "is included and has no SPF record".into()),
            FaultKind::Several => (Code::SpfInvalid, "is included and has several SPF records".into()),
            FaultKind::PassesEveryone => {
                (Code::SpfPassesEveryone, format!("is included and holds `{}`", shown(&fault.term)))
            }
            FaultKind::Unreadable => (
                Code::SpfInvalid,
                format!("is included and holds `{}`, which nobody can read", shown(&fault.term)),
            ),
        };
        let then = if code == Code::SpfPassesEveryone { "everybody may send" } else { "every check fails" };
        self.wrong(code, format!("{about} {what}, so {then}"), &[record]).map(Some)
    }

    fn too_many(&self, tally: &Tally) -> String {
        let mut costs = tally.costs.clone();
        costs.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let dear = costs.iter().filter(|(term, _)| !term.contains(&self.include.bare())).take(3);
        let dear = listed(dear.map(|(term, cost)| format!("`{}` ({cost})", shown(term))));
        format!(
            "checking the record takes up to {} lookups and receivers give up after {MOST_LOOKUPS} (RFC 7208 §4.6.4); \
             the dearest are {dear}",
            tally.counted()
        )
    }

    fn without_microsoft(&self, record: &SpfRecord, tally: Tally) -> Result<Finding, Silence> {
        let stands_for_microsoft = self.is_behind_gateway()? || self.is_sold_by_reseller(record)?;
        if stands_for_microsoft && let Some(finding) = self.source_left(record)? {
            return Ok(finding);
        }
        if self.is_behind_gateway()? {
            let message = "the record does not include Microsoft; that is right if all mail leaves through the declared \
                           filter";
            return Ok(self.met(Code::SpfByGateway, message.into()));
        }
        if self.is_sold_by_reseller(record)? {
            let message =
                "the record includes `secureserver.net`, as GoDaddy sets it for the Microsoft 365 it sells";
            return Ok(self.met(Code::SpfByReseller, message.into()));
        }
        // Microsoft's include may stand in the part that could not be looked up.
        if let Some(silence) = tally.silence {
            return Err(silence);
        }
        let misspelt = record.terms.iter().find(|term| edit::means_include(&term.meaning));
        let behind_all = record.terms.iter().find(|term| edit::is_include_of(&term.meaning, self.include));
        let behind_all = behind_all.filter(|term| !record.evaluated().any(|read| read == *term));
        let message = match misspelt {
            _ if behind_all.is_some() => format!(
                "{} is included behind `all`, where receivers do not look, so mail from Microsoft 365 fails SPF",
                ticked(self.include)
            ),
            Some(term) => format!(
                "receivers ignore `{}`, so the record does not allow Microsoft 365 to send; an include is written with a \
                 colon",
                shown(&term.text)
            ),
            None => format!(
                "the record does not include {}, so mail from Microsoft 365 fails SPF",
                ticked(self.include)
            ),
        };
        let after = tally.lookups + tally::cost_of_include(&self.case.sight, self.include);
        let warning = if after > MOST_LOOKUPS {
            format!("; with it the record takes up to {after} lookups and only {MOST_LOOKUPS} are allowed")
        } else {
            String::new()
        };
        self.wrong(Code::SpfWithoutMicrosoft, message + &warning, &[record])
    }

    /// Whether mail leaves through a declared filter: then it stands in front in the MX as well.
    fn is_behind_gateway(&self) -> Result<bool, Silence> {
        if self.case.subject.gateways.is_empty() {
            return Ok(false);
        }
        let domain = &self.case.subject.domain;
        let mut hosts = self.mail_hosts()?.into_iter();
        Ok(hosts.any(|host| self.case.subject.gateways.iter().any(|gateway| gateway.covers(&host, domain))))
    }

    /// Microsoft 365 sold by GoDaddy: its template writes only its own include.
    fn is_sold_by_reseller(&self, record: &SpfRecord) -> Result<bool, Silence> {
        let reseller: Name = match "secureserver.net".parse() {
            Ok(name) => name,
            Err(_) => return Ok(false),
        };
        let included = record.terms.iter().any(|term| {
            matches!(&term.meaning, Meaning::Mechanism(Qualifier::Pass, Mechanism::Include(domain))
                if domain.name.as_ref() == Some(&reseller))
        });
        let marked = self.set.data.iter().filter_map(text_of).any(|text| {
            let text = text.lossy().to_ascii_lowercase();
            text.starts_with("netorgft") && text.trim_end_matches('.').ends_with(".onmicrosoft.com")
        });
        let domain = &self.case.subject.domain;
        let microsoft =
            |host: &Name| of_mx(host, domain).iter().any(|provider| provider.kind == Kind::Microsoft);
        Ok(included && marked && self.mail_hosts()?.iter().any(microsoft))
    }

    fn mail_hosts(&self) -> Result<Vec<Name>, Silence> {
        let set = self.case.sight.set(&self.case.subject.domain, RecordType::Mx)?;
        Ok(set.data.iter().filter_map(RecordData::target).cloned().collect())
    }

    /// The domain of the term, if it lets the platform being left send and nobody else.
    fn is_of_source(&self, meaning: &Meaning) -> Option<Name> {
        let source = self.case.source?;
        let (Meaning::Mechanism(_, Mechanism::Include(domain) | Mechanism::A(Some(domain)))
        | Meaning::Redirect(domain)) = meaning
        else {
            return None;
        };
        let name = domain.name.as_ref()?;
        let own = &self.case.subject.domain;
        let shared = of_spf(name, own)
            .iter()
            .any(|provider| provider.is_weak(Evidence::Spf) && self.case.is_source(provider));
        (source.matches_spf(name, own) && !shared).then(|| name.clone())
    }
}

/// The term that lets everybody pass.
fn passes_everyone(record: &SpfRecord) -> Option<&str> {
    record.evaluated().find(|term| lets_everybody_pass(&term.meaning)).map(|term| term.text.as_str())
}

fn lets_everybody_pass(meaning: &Meaning) -> bool {
    matches!(
        meaning,
        Meaning::Mechanism(
            Qualifier::Pass,
            Mechanism::All | Mechanism::Ip4 { prefix: 0, .. } | Mechanism::Ip6 { prefix: 0, .. }
        )
    )
}

/// A term for a sentence: at most 60 characters.
fn shown(term: &str) -> String {
    if term.chars().count() <= 60 { term.into() } else { term.chars().take(59).chain(['…']).collect() }
}
