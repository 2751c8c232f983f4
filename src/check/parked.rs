//! Checks a domain that takes and sends no mail: a null MX, an SPF record without senders, a DMARC policy that rejects.
//!
//! Applies only to domains that the admin declares parked. For a domain that only looks parked, no edits are proposed
//! ([`super::withheld`]).

use std::collections::BTreeSet;

use crate::expected::Expectation;
use crate::facts::LookupFailure;
use crate::record::spf::{SpfRecord, is_spf};
use crate::record::{RecordData, RecordSet, Text};

use super::{Case, Code, Edit, Finding, backticked, dmarc, join_and};

/// Checks for the null MX (RFC 7505 §3).
pub(super) fn judge_mail(case: &Case<'_>, expectation: &Expectation) -> Result<Finding, LookupFailure> {
    let set = case.view.set(&expectation.name, expectation.rtype)?;
    if is_null_mx(&set) {
        return Ok(Finding::new(Code::Met, "a null MX: the domain accepts no mail", &set));
    }
    let edit = |confirm| Edit {
        name: expectation.name.clone(),
        rtype: expectation.rtype,
        after: expectation.data.iter().cloned().collect(),
        ttl: set.is_empty().then_some(expectation.ttl),
        confirm,
        cautions: Vec::new(),
    };
    if set.is_empty() {
        let message = "Add a null MX: without an MX record, senders deliver to the web server's address.";
        return Ok(Finding::new(Code::MxMissing, message, &set).fixed_by([edit(false)]));
    }
    let hosts = join_and(
        set.data.iter().filter_map(RecordData::target).filter(|host| !host.is_root()).map(backticked),
    );
    let message = format!(
        "Replace the MX records with `0 .`: mail still goes to {hosts}. First check that the domain no \
         longer receives mail there."
    );
    Ok(Finding::new(Code::MxNotNull, message, &set).fixed_by([edit(true)]))
}

/// Checks for the SPF record that authorizes no sender (RFC 7208 §10.1.2).
pub(super) fn judge_senders(case: &Case<'_>, expectation: &Expectation) -> Result<Finding, LookupFailure> {
    let set = case.view.set(&expectation.name, expectation.rtype)?;
    let texts: Vec<&Text> = set.data.iter().filter_map(text_of).filter(|text| is_spf(text)).collect();
    let observed =
        RecordSet { data: texts.iter().map(|text| RecordData::Txt((*text).clone())).collect(), ttl: set.ttl };
    let kept = set.data.iter().filter(|data| !observed.data.contains(*data));
    let edit = |confirm| Edit {
        name: expectation.name.clone(),
        rtype: expectation.rtype,
        after: kept.chain(&expectation.data).cloned().collect(),
        ttl: set.is_empty().then_some(expectation.ttl),
        confirm,
        cautions: Vec::new(),
    };
    match &texts[..] {
        [] => {
            let message = "Add `v=spf1 -all`: without it, receivers cannot tell that all mail from the domain is forged.";
            Ok(Finding::new(Code::SpfMissing, message, &observed).fixed_by([edit(false)]))
        }
        [text] if authorizes_no_sender(text) => {
            Ok(Finding::new(Code::Met, "one record, which authorizes no sender", &observed))
        }
        [_] => {
            let message = "Replace the SPF record with `v=spf1 -all`: it still authorizes senders, or does \
                not end with `-all`.";
            Ok(Finding::new(Code::SpfNotClosed, message, &observed).fixed_by([edit(true)]))
        }
        several => {
            let message = format!(
                "Replace the {} SPF records with `v=spf1 -all`: with more than one, SPF fails for every \
                 sender.",
                several.len()
            );
            Ok(Finding::new(Code::SpfMultiple, message, &observed).fixed_by([edit(true)]))
        }
    }
}

/// Checks for a valid DMARC policy with `p=reject`, by which receivers reject forged mail (RFC 9989 §4.7).
pub(super) fn judge_policy(case: &Case<'_>, expectation: &Expectation) -> Result<Finding, LookupFailure> {
    let finding = dmarc::judge(case, expectation)?;
    let asked = dmarc::policy(&finding.observed);
    if finding.code != Code::Met || asked == Some("reject") {
        return Ok(finding);
    }
    let set = case.view.own_answer(&expectation.question())?;
    let message = "Change the DMARC policy to `p=reject`: no mail from a parked domain is genuine.";
    let weak = Finding::new(Code::DmarcNotReject, message, &finding.observed);
    if !set.chain.is_empty() {
        // Another provider maintains the policy.
        return Ok(weak);
    }
    let (policies, kept): (BTreeSet<_>, BTreeSet<_>) =
        set.set.data.iter().cloned().partition(|data| finding.observed.data.contains(data));
    let strict = policies.iter().filter_map(text_of).map(with_rejection).map(RecordData::Txt);
    let after: BTreeSet<RecordData> = kept.into_iter().chain(strict).collect();
    let (name, rtype) = (expectation.name.clone(), expectation.rtype);
    Ok(weak.fixed_by([Edit { name, rtype, after, ttl: None, confirm: false, cautions: Vec::new() }]))
}

/// Returns the policy with `p=reject`. Its other tags stay, such as the report addresses.
fn with_rejection(policy: &Text) -> Text {
    let tags = policy.lossy();
    let tags = tags.split(';').map(|tag| {
        let name = tag.split('=').next().unwrap_or_default().trim();
        // The policy for subdomains must not be weaker than the one for the domain.
        match name.to_ascii_lowercase().as_str() {
            name @ ("p" | "sp" | "np") => format!(" {name}=reject"),
            _ => tag.to_owned(),
        }
    });
    Text::from(tags.collect::<Vec<_>>().join(";").as_str())
}

/// Returns whether the set is the null MX alone (RFC 7505 §3).
pub(super) fn is_null_mx(set: &RecordSet) -> bool {
    let mut hosts = set.data.iter().filter_map(RecordData::target);
    hosts.next().is_some_and(crate::record::Name::is_root) && hosts.next().is_none()
}

/// Returns whether the text is `v=spf1 -all` and nothing else.
pub(super) fn authorizes_no_sender(text: &Text) -> bool {
    SpfRecord::parse(text)
        .is_some_and(|record| matches!(&record.terms[..], [term] if term.text.eq_ignore_ascii_case("-all")))
}

fn text_of(data: &RecordData) -> Option<&Text> {
    match data {
        RecordData::Txt(text) => Some(text),
        _ => None,
    }
}
