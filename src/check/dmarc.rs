//! Checks that exactly one valid DMARC record applies.
//!
//! Receivers check `_dmarc` of the domain, then walk up the tree, and ignore every record that does not begin with
//! `v=DMARC1`; of several policies none counts (RFC 9989 §4.10).

mod text;
mod tree;

use std::collections::BTreeSet;

use crate::expected::Expectation;
use crate::facts::{Answer, Existence, LookupFailure};
use crate::record::{Name, Question, RecordData, RecordSet, RecordType, Text};

use super::{Case, Code, Edit, Finding, Hazard, backticked, doubled, join_and, wildcard};
use text::{
    POLICIES, fault, is_policy, looks_like_policy, policies, policy_below, repaired, report_hosts, shown,
    strength, texts, with_reports_of,
};
pub(super) use text::{is_right, policy};
pub(super) use tree::inherited;
use tree::parent_domains;

/// Checks the DMARC record.
pub(super) fn judge(case: &Case<'_>, expectation: &Expectation) -> Result<Finding, LookupFailure> {
    let answer = case.view.answer(&Question::new(expectation.name.clone(), RecordType::Txt))?;
    read_near_misses(case, expectation, &answer);
    if let (true, Some(first), Some(host)) =
        (answer.set.is_empty(), answer.chain.first(), answer.chain.last())
    {
        let alias = RecordSet { data: BTreeSet::from([RecordData::Cname(first.clone())]), ttl: 0 };
        if !wildcard::is_wildcard_alias(case, &expectation.name, &alias)? {
            return Ok(hosted(case, host));
        }
    }
    let set = answer.set;
    let policies: Vec<&Text> = policies(&set).collect();
    // A record that only a wildcard returns cannot be kept or replaced at this name.
    let wrong = !is_right(&set) && wildcard::is_from_wildcard(case, &expectation.question(), &set)?;
    let own = if wrong { RecordSet::default() } else { set.clone() };
    let judge = DmarcJudge { case, expectation, set: &set, own: &own };
    match &policies[..] {
        [] => judge.none(),
        [policy] => Ok(judge.one(policy)),
        several => Ok(judge.several(several)),
    }
}

/// Reads in one batch everything that may be published in place of a valid policy.
fn read_near_misses(case: &Case<'_>, expectation: &Expectation, answer: &Answer) {
    if is_right(&answer.set) {
        return;
    }
    let (view, name, domain) = (&case.view, &expectation.name, &case.subject.domain);
    view.batch(|| {
        let alias = Question::new(name.clone(), RecordType::Cname);
        let probes =
            [alias.clone(), expectation.question()].map(|question| wildcard::probe(&question, domain));
        let [alias_probe, text_probe] = probes;
        if !answer.chain.is_empty() {
            [Some(alias), alias_probe].into_iter().flatten().for_each(|one| view.read(&one));
        }
        if !answer.set.is_empty() {
            text_probe.into_iter().for_each(|one| view.read(&one));
        }
        if policies(&answer.set).next().is_none() {
            doubled::read(case, name, RecordType::Txt);
            let above = parent_domains(domain).into_iter().filter_map(|domain| domain.prepend("_dmarc").ok());
            view.read_ahead(above.map(|name| Question::new(name, RecordType::Txt)));
        }
    });
}

/// Returns the finding about a policy that a CNAME leaves to a third party.
fn hosted(case: &Case<'_>, host: &Name) -> Finding {
    let none = RecordSet::default();
    if case.view.facts.is_offline() && !host.is_within(&case.subject.domain) {
        let message = format!(
            "the DMARC record is at {}, which no zone file contains: add `--resolver` to look it up",
            backticked(host)
        );
        return Finding::new(Code::NotInZoneFiles, message, &none);
    }
    // Only the admin knows what the alias is for, and whether it may be deleted.
    let message = format!(
        "Ask the operator of {}: the CNAME points there for the DMARC record, but none is published.",
        backticked(host)
    );
    Finding::new(Code::DmarcMissing, message, &none)
}

/// Returns the report hosts of other domains, each with the name at which it agrees to receive reports (RFC 9990 §4).
fn report_agreements(set: &RecordSet, domain: &Name) -> Vec<(Name, Name)> {
    let hosts = report_hosts(set, domain).into_iter();
    let agreement = |host: &Name| domain.doubled(&host.prepend("_report._dmarc").ok()?).ok();
    hosts.filter_map(|host| agreement(&host).map(|name| (host, name))).collect()
}

/// Reports hosts of other domains that the policy sends reports to and that have not agreed: receivers send them none.
pub(super) fn report_refused(case: &Case<'_>) -> Option<Hazard> {
    let domain = &case.subject.domain;
    let name = domain.prepend("_dmarc").ok()?;
    let set = case.view.set(&name, RecordType::Txt).ok()?;
    let refuses = |agreement: &Name| {
        let answer = case.view.answer(&Question::new(agreement.clone(), RecordType::Txt));
        // A failed lookup, or a name that was not looked up, proves nothing.
        answer.is_ok_and(|answer| {
            answer.existence != Existence::Outside && policies(&answer.set).next().is_none()
        })
    };
    let agreements = report_agreements(&set, domain);
    let questions = agreements.iter().map(|(_, name)| Question::new(name.clone(), RecordType::Txt));
    case.view.read_ahead(questions);
    let agreements = agreements.into_iter();
    let refusing: Vec<(Name, Name)> = agreements.filter(|(_, agreement)| refuses(agreement)).collect();
    if refusing.is_empty() {
        return None;
    }
    let message = format!(
        "Ask for a TXT record `v=DMARC1` at {3}: {0} {1} not authorized the DMARC reports of {2}, so most \
         receivers send none.",
        join_and(refusing.iter().map(|(host, _)| backticked(host))),
        if refusing.len() == 1 { "has" } else { "have" },
        backticked(domain),
        join_and(refusing.iter().map(|(_, agreement)| backticked(agreement))),
    );
    let records = policies(&set).map(|text| RecordData::Txt(text.clone()).to_string()).collect();
    let refused = Hazard::new(Code::DmarcReportRefused, &name, Some(RecordType::Txt), message);
    Some(Hazard { records, ..refused })
}

/// Returns the names of a policy that was published with the zone name twice (`_dmarc.contoso.com.contoso.com`), or
/// typed in full into a host field that already holds `_dmarc` (`_dmarc.contoso.com._dmarc.contoso.com`).
pub(super) fn names_meant(name: &Name, domain: &Name) -> Vec<Name> {
    let doubled = doubled::names(name, domain).into_iter().map(|(doubled, _)| doubled);
    doubled.chain(name.doubled(name).ok()).collect()
}

struct DmarcJudge<'a> {
    case: &'a Case<'a>,
    expectation: &'a Expectation,
    /// The TXT records that receivers see, from a wildcard or an alias too.
    set: &'a RecordSet,
    /// The records at the name itself, not from a wildcard.
    own: &'a RecordSet,
}

impl DmarcJudge<'_> {
    fn one(&self, policy: &Text) -> Finding {
        let observed = self.of(&[policy]);
        match fault(policy) {
            None => Finding::new(Code::Met, format!("one record, {}", shown(policy)), &observed),
            Some(why) => {
                let fixed = repaired(policy);
                let message = self.with_effect(format!("Correct the DMARC record: {why}."), &fixed);
                Finding::new(Code::DmarcInvalid, message, &observed).fixed_by([self.with_one(fixed)])
            }
        }
    }

    fn several(&self, policies: &[&Text]) -> Finding {
        // The mildest one stays: receivers apply none of them now, and must not start to reject mail unexpectedly.
        let strength = |at: &usize| policies.get(*at).map(|text| (fault(text).is_some(), strength(text)));
        let kept_at = (0..policies.len()).min_by_key(strength).unwrap_or_default();
        let kept = policies.get(kept_at).map(|text| repaired(text)).unwrap_or_default();
        let others: Vec<&Text> =
            policies.iter().enumerate().filter(|(at, _)| *at != kept_at).map(|(_, text)| *text).collect();
        let merged = with_reports_of(&kept, &others);
        let reports = if merged == kept { "" } else { ", with the report addresses of the others" };
        let is_mild = kept.split("; ").any(|part| part == "p=none");
        let effect = if is_mild { ", so no mail is rejected that is delivered today" } else { "" };
        let message = format!(
            "Keep one of the {} DMARC records: receivers ignore all of them (RFC 9989 §4.10). The plan keeps {}{reports}: \
             no other has a milder `p`{effect}. Delete the others.",
            policies.len(),
            policies.get(kept_at).map(ToString::to_string).unwrap_or_default()
        );
        let message = self.with_effect(message, &merged);
        let fix = Edit { confirm: true, ..self.with_one(merged) };
        Finding::new(Code::DmarcMultiple, message, &self.of(policies)).fixed_by([fix])
    }

    fn none(&self) -> Result<Finding, LookupFailure> {
        if let Some(text) = texts(self.set).find(|text| looks_like_policy(text)) {
            let fixed = repaired(text);
            let message = format!("Correct {text}: a DMARC record must begin with `v=DMARC1;`.");
            let message = self.with_effect(message, &fixed);
            let fix = self.with_one(fixed);
            return Ok(Finding::new(Code::DmarcInvalid, message, &self.of(&[text])).fixed_by([fix]));
        }
        let apex = self.case.view.set(&self.case.subject.domain, RecordType::Txt)?;
        if let Some(text) = policies(&apex).next() {
            return Ok(self.misplaced(text, &apex));
        }
        for doubled in names_meant(&self.expectation.name, &self.case.subject.domain) {
            let own = self.case.view.own_answer(&Question::new(doubled.clone(), RecordType::Txt))?;
            // A wildcard answers for that name too, with TXT records that are not a policy.
            let Some(policy) = policies(&own.set).next() else { continue };
            let fixed = repaired(policy);
            let message = format!(
                "Move the DMARC record from {} to `_dmarc`: your DNS host appends the zone name to what \
                 you type.",
                backticked(&doubled)
            );
            let message = self.with_effect(message, &fixed);
            let fix = [without(doubled, &own.set, policy), self.with_one(fixed)];
            return Ok(Finding::new(Code::DmarcMisplaced, message, &RecordSet::default()).fixed_by(fix));
        }
        if let Some(tree::Inherited { domain, .. }) = inherited(self.case)? {
            let message = format!("the policy of {} applies", backticked(&domain));
            return Ok(Finding::new(Code::DmarcInherited, message, &RecordSet::default()));
        }
        let message = "Add a DMARC record: receivers do not know what to do with forged mail.";
        Ok(Finding::new(Code::DmarcMissing, message, &RecordSet::default())
            .fixed_by([self.with_one(String::new())]))
    }

    fn misplaced(&self, text: &Text, apex: &RecordSet) -> Finding {
        let domain = &self.case.subject.domain;
        let message = format!(
            "Move the DMARC record from {} to {}: receivers check only that name.",
            backticked(domain),
            backticked(&self.expectation.name)
        );
        let fixed = repaired(text);
        let message = self.with_effect(message, &fixed);
        let observed = RecordSet { data: BTreeSet::from([RecordData::Txt(text.clone())]), ttl: apex.ttl };
        Finding::new(Code::DmarcMisplaced, message, &observed)
            .fixed_by([without(domain.clone(), apex, text), self.with_one(fixed)])
    }

    /// Adds what the record does from now on, if its policy is stricter than the one that receivers apply today.
    fn with_effect(&self, message: String, fixed: &str) -> String {
        match self.effect(fixed) {
            Some(effect) => format!("{message} {effect}"),
            None => message,
        }
    }

    /// Returns the sentence about a policy that is stricter than the one that receivers apply today.
    fn effect(&self, fixed: &str) -> Option<String> {
        let then = RecordSet { data: BTreeSet::from([RecordData::Txt(Text::from(fixed))]), ttl: 0 };
        let rank =
            |policy: Option<&str>| POLICIES.iter().position(|known| Some(*known) == policy).unwrap_or(0);
        let pairs =
            [("p", policy(self.set), policy(&then)), ("sp", policy_below(self.set), policy_below(&then))];
        let stricter = pairs.into_iter().find(|(_, now, then)| rank(*then) > rank(*now));
        let (tag, then) = stricter.and_then(|(tag, _, then)| Some((tag, then?)))?;
        (!self.case.subject.is_parked).then(|| {
            format!(
                "Receivers do not apply `{tag}={then}` today, and will then: check first that all your senders pass, or \
                 begin with `{tag}=none`."
            )
        })
    }

    fn of(&self, texts: &[&Text]) -> RecordSet {
        RecordSet {
            data: texts.iter().map(|text| RecordData::Txt((*text).clone())).collect(),
            ttl: self.set.ttl,
        }
    }

    /// Returns the edit that leaves this policy as the only one; an empty one stands for the given policy, or the one to
    /// begin with. Other TXT records stay.
    fn with_one(&self, mut policy: String) -> Edit {
        if policy.is_empty()
            && let Some(RecordData::Txt(text)) = self.expectation.data.first()
        {
            policy = text.lossy().into_owned();
        }
        let wanted = [RecordData::Txt(Text::from(policy.as_str()))];
        let meant = |data: &&RecordData| match data {
            RecordData::Txt(text) => is_policy(text) || looks_like_policy(text),
            _ => false,
        };
        let kept = self.own.data.iter().filter(|data| !meant(data)).cloned();
        // The published record has no effect as it is. The fix puts a strict policy into force, for subdomains too.
        let confirm = ["p=quarantine", "p=reject"].iter().any(|strict| policy.contains(strict));
        let mut edit = Edit {
            name: self.expectation.name.clone(),
            rtype: RecordType::Txt,
            after: kept.chain(wanted).collect(),
            ttl: if self.own.is_empty() { Some(self.expectation.ttl) } else { None },
            confirm,
            cautions: Vec::new(),
        };
        self.effect(&policy).into_iter().for_each(|effect| edit.caution(&effect));
        edit
    }
}

/// Returns the edit that deletes one TXT record of a set and keeps the others.
fn without(name: Name, set: &RecordSet, text: &Text) -> Edit {
    let gone = RecordData::Txt(text.clone());
    let after = set.data.iter().filter(|data| **data != gone).cloned().collect();
    Edit { name, rtype: RecordType::Txt, after, ttl: None, confirm: false, cautions: Vec::new() }
}
