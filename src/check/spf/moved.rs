//! Keeps authorized senders when the plan changes the MX records.
//!
//! `mx` authorizes the hosts that take the mail (RFC 7208 §5.4). Once those are Microsoft's, the old server could no longer
//! send, so the term is replaced by what it meant. Hosts of known mail platforms and filters take mail and do not send
//! by themselves; what sends there has an include of its own.

use std::collections::BTreeSet;

use crate::expected::{Id, Phase, expectations};
use crate::facts::{FactsView, PlannedRecords};
use crate::provider::{Evidence, of_mx};
use crate::record::spf::{Meaning, Mechanism, Qualifier, SpfRecord, Term};
use crate::record::{Name, Question, RecordData, RecordType};

use super::{SpfJudge, join_and, shown};
use crate::check::{Case, backticked, judge};

/// Addresses that replace the hosts of one term at most; with more of them the hosts are named.
const MOST_ADDRESSES: usize = 8;

/// A term, and what it has to say once the MX records have changed.
pub(super) struct Moved {
    /// The term as it is.
    pub(super) term: String,
    /// The terms in its place.
    pub(super) instead: Vec<String>,
    /// The hosts that it stands for now.
    hosts: Vec<Name>,
}

impl Moved {
    /// What is done and why, in words.
    pub(super) fn told(&self) -> String {
        let instead = join_and(self.instead.iter().map(|term| format!("`{}`", shown(term))));
        let hosts = join_and(self.hosts.iter().map(backticked));
        format!(
            "`{}` becomes {instead}: after the switch it no longer authorizes {hosts}. Check if {} still \
             sends",
            shown(&self.term),
            if self.hosts.len() > 1 { "any of them" } else { "it" }
        )
    }
}

/// The terms of the record that stand for other hosts after the switch, with what they mean now.
pub(super) fn moved(bench: &SpfJudge<'_>, record: &SpfRecord) -> Vec<Moved> {
    let own = &bench.case.subject.domain;
    let is_mx = |term: &&Term| match &term.meaning {
        Meaning::Mechanism(Qualifier::Pass, Mechanism::Mx(None)) => true,
        Meaning::Mechanism(Qualifier::Pass, Mechanism::Mx(Some(domain))) => {
            domain.expanded(own, own).as_ref() == Ok(own)
        }
        _ => false,
    };
    let terms: Vec<&Term> = record.evaluated().filter(is_mx).collect();
    if terms.is_empty() || bench.case.phase() < Phase::Switch {
        return Vec::new();
    }
    let hosts = leaving_hosts(bench);
    if hosts.is_empty() {
        return Vec::new();
    }
    let moved = terms.into_iter().map(|term| Moved {
        term: term.text.clone(),
        instead: instead(bench, &hosts, term.lengths()),
        hosts: hosts.clone(),
    });
    moved.collect()
}

/// The hosts that the plan takes out of the MX records, and that may send: those of no known platform.
fn leaving_hosts(bench: &SpfJudge<'_>) -> Vec<Name> {
    let domain = &bench.case.subject.domain;
    let question = Question::new(domain.clone(), RecordType::Mx);
    let untouched = PlannedRecords::new();
    let present = FactsView { overlay: &untouched, ..bench.case.sight };
    let Ok(before) = present.set(domain, RecordType::Mx) else { return Vec::new() };
    let after = match bench.case.sight.overlay.get(&question) {
        Some(planned) => Some(planned.data.clone()),
        None => planned(bench, present),
    };
    let Some(after) = after else { return Vec::new() };
    let staying: BTreeSet<&Name> = after.iter().filter_map(RecordData::target).collect();
    let mut hosts: Vec<Name> = Vec::new();
    for host in before.data.iter().filter_map(RecordData::target) {
        let is_known = of_mx(host, domain).iter().any(|provider| !provider.is_weak(Evidence::Mx));
        // A host without an address, such as the one that only proved ownership, sends nothing.
        let exists = || !matches!(present.has_address(host), Ok(Some(false)));
        let may_send = !host.is_root() && !is_known && exists();
        if may_send && !staying.contains(host) && !hosts.contains(host) {
            hosts.push(host.clone());
        }
    }
    hosts
}

/// The MX records as the plan leaves them; `None` where it leaves them alone.
fn planned(bench: &SpfJudge<'_>, present: FactsView<'_>) -> Option<BTreeSet<RecordData>> {
    let list = expectations(bench.case.subject);
    let mut mail = list.into_iter().find(|expectation| expectation.id == Id::Mx)?;
    // The host that DNS shows may be another one than the rule gives.
    if mail.proposed_host() != bench.case.mail_host {
        mail.assign_mail_host(bench.case.mail_host);
    }
    let finding = judge(&Case { sight: present, ..*bench.case }, &mail).finding.ok()?;
    let edit = finding.fix.into_iter().find(|edit| edit.name == mail.name && edit.rtype == RecordType::Mx)?;
    Some(edit.after)
}

/// What stands for the hosts: the one by its name, which costs as much as before; several by their addresses, where the
/// zone itself has them, since each name would cost a lookup.
fn instead(bench: &SpfJudge<'_>, hosts: &[Name], lengths: &str) -> Vec<String> {
    let named = || hosts.iter().map(|host| format!("a:{}{lengths}", host.without_trailing_dot())).collect();
    if hosts.len() < 2 || !lengths.is_empty() {
        return named();
    }
    let mut terms = Vec::new();
    for host in hosts {
        let is_own = host.is_within(&bench.case.subject.domain);
        let addresses = bench.case.sight.addresses(host).unwrap_or_default();
        if !is_own || addresses.is_empty() {
            return named();
        }
        terms.extend(addresses.iter().filter_map(|address| match address {
            RecordData::A(address) => Some(format!("ip4:{address}")),
            RecordData::Aaaa(address) => Some(format!("ip6:{address}")),
            _ => None,
        }));
    }
    if terms.len() > MOST_ADDRESSES { named() } else { terms }
}
