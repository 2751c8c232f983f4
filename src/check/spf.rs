//! Checks if SPF authorizes Microsoft 365 and evaluates without errors.
//!
//! The record is checked term by term, never as a string. A static count is the worst case, since a receiver stops at
//! the first match.

mod candidate;
mod edit;
mod evaluation;
mod fault;
mod included;
mod lookup_advice;
mod markup;
mod moved;
mod networks;
mod note;
mod other_names;
mod placeholder;
mod repair;
mod reseller_include;
mod sender;
mod source;
mod tally;
mod terms;
#[cfg(test)]
mod tests;
mod tree;
mod walk;

use crate::expected::Expectation;
use crate::facts::LookupFailure;
use crate::record::spf::{Meaning, Mechanism, SpfRecord, Term};
use crate::record::{Name, RecordData, RecordSet, Text};

use super::{Case, Code, Edit, Finding, Hazard, backticked, capitalized, doubled, join_and, wildcard};
use included::Reader;
use note::Opening;
pub(super) use other_names::{including, warned, warned_of_hazards};
use repair::{looks_like_spf, repaired_text};
use tally::{Doubt, Tally};

/// The maximum number of DNS lookups of a record (RFC 7208 §4.6.4).
const MOST_LOOKUPS: usize = 10;
/// The maximum number of void lookups of a record (RFC 7208 §4.6.4).
const MOST_VOID_LOOKUPS: usize = 2;

/// Checks the SPF record.
pub(super) fn judge(
    case: &Case<'_>,
    expectation: &Expectation,
    include: &Name,
) -> Result<Finding, LookupFailure> {
    let set = case.view.set(&expectation.name, expectation.rtype)?;
    case.view.batch(|| {
        if !names(&set, include) {
            doubled::read(case, &expectation.name, expectation.rtype);
        }
        tree::read(case, &set, include)
    })?;
    let texts = || set.data.iter().filter_map(text_of);
    let records: Vec<(&Text, SpfRecord)> =
        texts().filter_map(|text| SpfRecord::parse(text).map(|record| (text, record))).collect();
    let observed = RecordSet {
        data: records.iter().map(|(text, _)| RecordData::Txt((*text).clone())).collect(),
        ttl: if records.is_empty() { 0 } else { set.ttl },
    };
    let reader = Reader::new(&case.view);
    let judge = SpfJudge { case, expectation, include, set: &set, observed: &observed, reader: &reader };
    match &records[..] {
        [] => judge.none(texts().find(|text| looks_like_spf(text, include))),
        [(text, record)] => judge.one(text, record),
        several => {
            let records: Vec<&SpfRecord> = several.iter().map(|(_, record)| record).collect();
            judge.several(&records)
        }
    }
}

/// Returns whether any of the records names the domain.
fn names(set: &RecordSet, domain: &Name) -> bool {
    let domain = domain.without_trailing_dot();
    set.data.iter().filter_map(text_of).any(|text| text.lossy().to_ascii_lowercase().contains(&domain))
}

fn text_of(data: &RecordData) -> Option<&Text> {
    match data {
        RecordData::Txt(text) => Some(text),
        _ => None,
    }
}

/// The inputs of the SPF check.
struct SpfJudge<'a> {
    case: &'a Case<'a>,
    expectation: &'a Expectation,
    include: &'a Name,
    set: &'a RecordSet,
    observed: &'a RecordSet,
    /// The records that the tree includes.
    reader: &'a Reader<'a>,
}

impl SpfJudge<'_> {
    /// Returns the finding about a record that has to be edited, with the cost of the edit.
    fn wrong(&self, code: Code, message: String, records: &[&SpfRecord]) -> Result<Finding, LookupFailure> {
        let fix = edit::fix(self, records, None)?;
        Ok(self.edited(code, message, self.observed, fix))
    }

    fn edited(&self, code: Code, message: String, observed: &RecordSet, fix: edit::Fix) -> Finding {
        let limit = self.limit(code, &fix);
        let mut message = match limit.ends_with(". ") {
            true => limit + &capitalized(&message),
            false => limit + &message,
        };
        if !fix.after.includes_microsoft && !self.reader.may_have_record(self.include) {
            message += &format!(
                "; {} has no SPF record, so its include is not added: compare `--cloud` with the admin center",
                backticked(self.include)
            );
        }
        for sender in &fix.left_out {
            message += &format!("; {sender}");
        }
        if !fix.edits.is_empty() {
            let dropped = join_and(fix.dropped.iter().map(|term| format!("`{}`", shown(term))));
            if !dropped.is_empty() {
                message += &format!(" The plan drops {dropped}: add back what was meant.");
            }
            // The message about a typing error says what is corrected.
            let is_said =
                |typed: &str| message.contains("typing error") && message.contains(&format!("`{typed}`"));
            let corrected = fix.corrected.iter().filter(|(typed, _)| !is_said(typed));
            let sentences: Vec<String> = corrected
                .map(|(_, sentence)| sentence)
                .chain(&fix.decided)
                .map(|one| format!(" {one}."))
                .collect();
            if !sentences.is_empty() && !message.ends_with(['.', '?']) {
                message.push('.');
            }
            message += &sentences.concat();
            message += &self.price(&fix);
            if !fix.pushed_out.is_empty() && !fix.is_withheld {
                let terms = join_and(fix.pushed_out.iter().map(|term| format!("`{term}`")));
                message += &format!(
                    " Receivers then stop before {terms}, which they reach today: its mail fails SPF until you \
                     remove other terms."
                );
            }
        }
        Finding::new(code, message, observed).fixed_by(fix.edits)
    }

    fn none(&self, lookalike: Option<&Text>) -> Result<Finding, LookupFailure> {
        let Some(text) = lookalike else {
            if let Some(finding) = self.at_doubled_name()? {
                return Ok(finding);
            }
            let message = "Add an SPF record: without one, receivers cannot tell which servers may send \
                for the domain.";
            return self.wrong(Code::SpfMissing, message.into(), &[]);
        };
        let odd =
            markup::described(&markup::oddities(text)).map(|odd| format!(" ({odd})")).unwrap_or_default();
        let message =
            format!("Correct {text}: an SPF record must begin with `v=spf1 `, so receivers ignore it{odd}.");
        let repaired = repaired_text(text);
        let records: Vec<&SpfRecord> = repaired.iter().collect();
        let fix = edit::fix(self, &records, Some(text))?;
        let observed = RecordSet { data: [RecordData::Txt(text.clone())].into(), ttl: self.set.ttl };
        Ok(self.edited(Code::SpfLookalike, message, &observed, fix))
    }

    /// Returns the finding about an SPF record that was published with the zone name twice. Its senders are authorized at
    /// the right name.
    fn at_doubled_name(&self) -> Result<Option<Finding>, LookupFailure> {
        let domain = &self.case.subject.domain;
        for (name, _) in doubled::names(&self.expectation.name, domain) {
            let there = wildcard::own(self.case, &name, self.expectation.rtype);
            let mut records = there.data.iter().filter_map(text_of).filter_map(SpfRecord::parse);
            let (Some(record), None) = (records.next(), records.next()) else { continue };
            let message = format!(
                "Publish the SPF record of {} at {}: your DNS host appends the zone name to what you type.",
                backticked(&name),
                backticked(domain)
            );
            let finding = self.wrong(Code::SpfMissing, message, &[&record])?;
            let fix = finding.fix.into_iter().map(|edit| Edit { confirm: true, ..edit }).collect();
            return Ok(Some(Finding { fix, ..finding }));
        }
        Ok(None)
    }

    fn several(&self, records: &[&SpfRecord]) -> Result<Finding, LookupFailure> {
        let message = format!(
            "Merge the {} SPF records into one: with more than one, SPF fails for every sender (RFC 7208 \
             §4.5).",
            records.len()
        );
        self.wrong(Code::SpfMultiple, message, records)
    }

    fn one(&self, text: &Text, record: &SpfRecord) -> Result<Finding, LookupFailure> {
        if let Some((term, why)) = record.broken().next() {
            return self.wrong(Code::SpfInvalid, fault::unreadable(text, term, why), &[record]);
        }
        let domain = &self.case.subject.domain;
        let tally = walk::tally(self.reader, domain, record, self.include);
        let everyone = tally.faults.iter().find(|fault| fault.lets_everybody_pass(domain));
        if let Some(fault) = everyone.or(tally.faults.first()) {
            let (code, message) = self.faulty(fault);
            let finding = self.wrong(code, message, &[record])?;
            let is_fixable = !finding.fix.is_empty();
            return Ok(if is_fixable { finding } else { fault::at_others(finding, fault, domain) });
        }
        if tally.lookups > MOST_LOOKUPS {
            return self.too_many(record, &tally);
        }
        if tally.voids.len() > MOST_VOID_LOOKUPS {
            let names = join_and(tally.voids.iter().map(backticked));
            let message = format!(
                "Remove the terms without an answer ({names}): receivers allow {MOST_VOID_LOOKUPS} void \
                 lookups, and the record causes {}.",
                tally.voids.len()
            );
            return self.wrong(Code::SpfVoidLookups, message, &[record]);
        }
        if !tally.includes_microsoft {
            return self.without_microsoft(record, tally);
        }
        if let Some(failure) = tally.failure {
            return Err(failure);
        }
        if let Some(finding) = self.sender_missing(record, &tally)? {
            return Ok(finding);
        }
        if let Some(finding) = self.source_left(record, &tally)? {
            return Ok(finding);
        }
        let message =
            format!("one record, includes Microsoft, {} of {MOST_LOOKUPS} lookups", tally.counted());
        self.right(Opening { code: Code::Met, message }, record, &tally)
    }

    /// Returns the finding about a record that is right, unless its `mx` authorizes other hosts after the switch.
    fn right(&self, opening: Opening, record: &SpfRecord, tally: &Tally) -> Result<Finding, LookupFailure> {
        if moved::moved(self, record, tally, moved::Hosts::ByName).is_empty() {
            return self.met(opening, record, tally);
        }
        let message = match opening.code {
            Code::Met => "one record, includes Microsoft".to_owned(),
            _ => opening.message,
        };
        self.wrong(Code::SpfMxSenders, message, &[record])
    }

    /// Returns the sentences that come first if the planned record exceeds the limits of receivers: whether it is
    /// published, and what to remove.
    fn limit(&self, code: Code, fix: &edit::Fix) -> String {
        if !edit::exceeds_limits(&fix.after) || code == Code::SpfTooManyLookups {
            return String::new();
        }
        let needs = if fix.after.lookups > MOST_LOOKUPS {
            format!("{} lookups, and receivers stop at {MOST_LOOKUPS} (RFC 7208 §4.6.4)", fix.after.counted())
        } else {
            let voids = fix.after.voids.len();
            format!("{voids} void lookups, and receivers allow {MOST_VOID_LOOKUPS} (RFC 7208 §4.6.4)")
        };
        if !fix.is_withheld {
            return format!("Remove terms as well: the planned record needs {needs}. ");
        }
        format!(
            "Remove terms first; until then no SPF edit is planned. With this edit, the record needs {needs}, so mail of \
             senders that pass now could fail.{}{} Then: ",
            self.most_expensive(&fix.after),
            lookup_advice::advice(self, &fix.record, &fix.after)
        )
    }

    fn too_many(&self, record: &SpfRecord, tally: &Tally) -> Result<Finding, LookupFailure> {
        let message = format!(
            "Remove terms: SPF needs {} lookups, and receivers stop at {MOST_LOOKUPS} (RFC 7208 \
             §4.6.4).{}",
            tally.counted(),
            self.most_expensive(tally)
        );
        let fix = edit::fix(self, &[record], None)?;
        // If there is an edit, its cost says which of the remaining terms to remove.
        let advice =
            if fix.edits.is_empty() { lookup_advice::advice(self, record, tally) } else { String::new() };
        Ok(self.edited(Code::SpfTooManyLookups, message + &advice, self.observed, fix))
    }

    fn without_microsoft(&self, record: &SpfRecord, tally: Tally) -> Result<Finding, LookupFailure> {
        if let Some(opening) = self.reseller_include(record, &tally)? {
            let left = match self.sender_missing(record, &tally)? {
                Some(missing) => Some(missing),
                None => self.source_left(record, &tally)?,
            };
            return left.map_or_else(|| self.right(opening, record, &tally), Ok);
        }
        // Microsoft's include may be in the part that could not be looked up.
        if let Some(failure) = tally.failure {
            return Err(failure);
        }
        if let Some(doubt) = &tally.doubt {
            return self.unreadable(record, doubt);
        }
        let misspelt = record.terms.iter().find(|term| repair::means_include(&term.meaning));
        let behind_all = record.terms.iter().find(|term| is_include_of(&term.meaning, self.include));
        let behind_all = behind_all.filter(|term| !record.evaluated().any(|read| read == *term));
        let is_refusing = |term: &&Term| {
            is_include_of(&term.meaning, self.include) && tally.refused_by.as_ref() == Some(&term.text)
        };
        let message = match (misspelt, self.mistyped(record)) {
            _ if record.terms.iter().any(|term| is_refusing(&term)) => format!(
                "Remove the qualifier of `{}`: with it, mail from Microsoft 365 does not pass SPF.",
                shown(tally.refused_by.as_deref().unwrap_or_default())
            ),
            _ if tally.refused_by.is_some() => format!(
                "Move `include:{1}` before `{0}`: that term matches all mail from Microsoft 365, so its \
                 mail fails SPF.",
                shown(tally.refused_by.as_deref().unwrap_or_default()),
                self.include.without_trailing_dot()
            ),
            _ if behind_all.is_some() => format!(
                "Move the include of {} before `all`: receivers ignore terms after `all`, so mail from \
                 Microsoft 365 fails SPF.",
                backticked(self.include)
            ),
            (_, Some((term, meant))) => format!(
                "Correct `{}`: it looks like a typing error of `{meant}`, so mail from Microsoft 365 fails \
                 SPF.",
                shown(&term.text)
            ),
            (Some(term), None) => format!(
                "Correct `{}` (an include is written with a colon): receivers ignore it, so mail from \
                 Microsoft 365 fails SPF.",
                shown(&term.text)
            ),
            (None, None) => format!(
                "Add `include:{}`: without it, mail from Microsoft 365 fails SPF.",
                self.include.without_trailing_dot()
            ),
        };
        self.wrong(Code::SpfWithoutMicrosoft, message, &[record])
    }

    /// Returns a sentence with the terms that cost the most lookups, except those that have to stay; empty if none costs
    /// more than one.
    fn most_expensive(&self, tally: &Tally) -> String {
        let costs = tally.costs.iter().filter(|cost| !self.still_sends(&cost.term.meaning));
        let mut costs: Vec<(&str, usize)> =
            costs.map(|cost| (cost.term.text.as_str(), cost.lookups)).collect();
        costs.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
        let expensive = costs.iter().filter(|(_, cost)| *cost > 1).take(3);
        let expensive = join_and(expensive.map(|(term, cost)| format!("`{}` ({cost})", shown(term))));
        if expensive.is_empty() { expensive } else { format!(" The most expensive: {expensive}.") }
    }

    /// Returns the first term with a typing error in Microsoft's name, and the term that was meant.
    fn mistyped<'r>(&self, record: &'r SpfRecord) -> Option<(&'r Term, String)> {
        record.evaluated().find_map(|term| Some((term, edit::meant(self, term)?)))
    }

    /// Returns the finding about a part that may include Microsoft and cannot be read. The include is proposed, since
    /// it does no harm next to that part.
    fn unreadable(&self, record: &SpfRecord, doubt: &Doubt) -> Result<Finding, LookupFailure> {
        let include = self.include.without_trailing_dot();
        let mistyped = self.mistyped(record);
        let message = match (doubt, mistyped) {
            (Doubt::Unread(name), Some((term, meant))) if term.included() == Some(name) => format!(
                "Correct `{}`, which looks like a typing error of `{meant}`: its record was not looked up.",
                shown(&term.text)
            ),
            (Doubt::Sender(term), _) => format!(
                "Check with the operator of `{}` that it authorizes Microsoft 365, or add \
                 `include:{include}`: the term depends on the sender of each message.",
                shown(term)
            ),
            (Doubt::Unread(name), _) => format!(
                "Add `include:{include}` if the record of {} does not include Microsoft: it was not looked \
                 up.",
                backticked(name)
            ),
        };
        let finding = self.wrong(Code::SpfUnreadable, message, &[record])?;
        let fix = finding.fix.into_iter().map(|edit| Edit { confirm: true, ..edit }).collect();
        Ok(Finding { fix, ..finding })
    }
}

/// Returns whether the term includes the domain, with whatever qualifier.
fn is_include_of(meaning: &Meaning, domain: &Name) -> bool {
    let Meaning::Mechanism(_, Mechanism::Include(included)) = meaning else { return false };
    included.name.as_ref() == Some(domain)
}

/// Returns a term for a sentence, cut to at most 60 characters.
fn shown(term: &str) -> String {
    if term.chars().count() <= 60 { term.into() } else { term.chars().take(59).chain(['…']).collect() }
}
