//! Finds SPF terms that can be removed.
//!
//! Examines each term that costs a lookup, and the records that it leads to, for the best reason to remove it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use crate::facts::{Existence, FactsView};
use crate::provider::{Clue, Kind, best_matches};
use crate::record::spf::{DomainSpec, Meaning, Mechanism, Qualifier, SpfRecord};
use crate::record::{Name, Question, RecordData, RecordType};

use super::tally::{Cost, Tally};
use super::terms::key;
use super::{SpfJudge, backticked, join_and};

/// The maximum number of addresses that are written out in place of a term.
const MOST_ADDRESSES: usize = 2;

/// The reason why a term can be removed, in the order in which to remove terms.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reason {
    /// A void lookup: it authorizes no sender.
    NoAnswer,
    /// It is listed twice.
    Twice,
    /// It is `ptr` (RFC 7208 §5.5).
    Deprecated,
    /// It authorizes the platform being left.
    Source(&'static str),
    /// Another term authorizes the same senders.
    Covered(String),
    /// It can be written without a lookup.
    Address(String),
    /// Another include already contains it.
    Nested(String),
    /// There is no better reason than its cost in lookups.
    MostExpensive,
}

impl Reason {
    pub(super) fn rank(&self) -> u8 {
        match self {
            Self::NoAnswer => 0,
            Self::Twice => 1,
            Self::Deprecated => 2,
            Self::Source(_) => 3,
            Self::Covered(_) => 4,
            Self::Address(_) => 5,
            Self::Nested(_) => 6,
            Self::MostExpensive => 7,
        }
    }

    pub(super) fn words(&self) -> String {
        match self {
            Self::NoAnswer => "void lookup".into(),
            Self::Twice => "is listed twice".into(),
            Self::Deprecated => "deprecated, RFC 7208 §5.5".into(),
            Self::Source(source) => format!("{source}, once it no longer sends for the domain"),
            Self::Covered(by) => format!("covered by {by}"),
            Self::Address(instead) => format!("write {instead} instead"),
            Self::Nested(within) => format!("`{within}` already contains it"),
            Self::MostExpensive => "if it is not required".into(),
        }
    }
}

/// A term that could be removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Candidate {
    /// The term as it is written.
    pub(super) term: String,
    /// The number of lookups that removing it saves.
    pub(super) saving: usize,
    /// The reason why it can be removed.
    pub(super) reason: Reason,
}

/// Returns the terms of a record that cost lookups, except Microsoft's include, each with the best reason to remove it.
pub(super) fn candidates(judge: &SpfJudge<'_>, record: &SpfRecord, tally: &Tally) -> Vec<Candidate> {
    let held = held(tally);
    let mut seen = BTreeSet::new();
    let mut candidates = Vec::new();
    for cost in &tally.costs {
        let again = !seen.insert(key(&cost.term, &judge.case.subject.domain));
        let is_needed =
            super::is_include_of(&cost.term.meaning, judge.include) || judge.still_sends(&cost.term.meaning);
        if !again && is_needed {
            continue;
        }
        let reason = if again { Reason::Twice } else { reason(judge, record, tally, &held, cost) };
        candidates.push(Candidate { term: cost.term.text.clone(), saving: cost.lookups, reason });
    }
    candidates
}

fn reason(
    judge: &SpfJudge<'_>,
    record: &SpfRecord,
    tally: &Tally,
    held: &BTreeMap<&Name, &str>,
    cost: &Cost,
) -> Reason {
    let source =
        || judge.is_of_sure_source(&cost.term.meaning).map(|_| Reason::Source(judge.case.source_word()));
    match &cost.term.meaning {
        Meaning::Mechanism(_, Mechanism::Ptr(_)) => Reason::Deprecated,
        Meaning::Mechanism(_, Mechanism::A(_) | Mechanism::Mx(_) | Mechanism::Exists(_)) if cost.is_void => {
            Reason::NoAnswer
        }
        Meaning::Mechanism(_, Mechanism::A(domain)) => {
            source().unwrap_or_else(|| address(judge, record, cost, domain.as_ref()))
        }
        Meaning::Mechanism(_, Mechanism::Mx(domain)) => {
            source().unwrap_or_else(|| mail_hosts(judge, tally, domain.as_ref()))
        }
        Meaning::Mechanism(_, Mechanism::Include(domain)) => source().unwrap_or_else(|| {
            let holder = domain.name.as_ref().and_then(|name| held.get(name));
            holder.map_or(Reason::MostExpensive, |holder| Reason::Nested((*holder).to_owned()))
        }),
        Meaning::Redirect(_) => source().unwrap_or(Reason::MostExpensive),
        Meaning::Mechanism(
            _,
            Mechanism::All | Mechanism::Ip4 { .. } | Mechanism::Ip6 { .. } | Mechanism::Exists(_),
        )
        | Meaning::Explanation(_)
        | Meaning::UnknownModifier { .. }
        | Meaning::SyntaxError(_) => Reason::MostExpensive,
    }
}

/// Returns the reason to remove an `a` term: its addresses are already in the record, or can be written instead.
fn address(judge: &SpfJudge<'_>, record: &SpfRecord, cost: &Cost, domain: Option<&DomainSpec>) -> Reason {
    let generic = || Reason::Address("its addresses as `ip4:` or `ip6:`".into());
    let own = &judge.case.subject.domain;
    let Some(name) = domain.map_or(Some(own), |domain| domain.name.as_ref()) else { return generic() };
    let addresses = addresses(&judge.case.view, name);
    // With a prefix length, the term authorizes a network.
    if addresses.is_empty() || cost.term.text.contains('/') {
        return generic();
    }
    if addresses.iter().all(|address| is_listed(record, *address)) {
        return Reason::Covered("the addresses in the record".into());
    }
    if addresses.len() > MOST_ADDRESSES {
        return generic();
    }
    let written = addresses.iter().map(|address| match address {
        IpAddr::V4(address) => format!("`ip4:{address}`"),
        IpAddr::V6(address) => format!("`ip6:{address}`"),
    });
    Reason::Address(join_and(written))
}

fn addresses(view: &FactsView<'_>, name: &Name) -> Vec<IpAddr> {
    let data = view.addresses(name).unwrap_or_default();
    let address = |data: &RecordData| match data {
        RecordData::A(address) => Some(IpAddr::V4(*address)),
        RecordData::Aaaa(address) => Some(IpAddr::V6(*address)),
        _ => None,
    };
    data.iter().filter_map(address).collect()
}

/// Returns whether a network of the record authorizes the address.
fn is_listed(record: &SpfRecord, address: IpAddr) -> bool {
    record.evaluated().any(|term| {
        if let Meaning::Mechanism(Qualifier::Pass, Mechanism::Ip4 { address: network, prefix }) = term.meaning
            && let IpAddr::V4(address) = address
        {
            let host = u32::BITS.saturating_sub(prefix.into());
            return (network.to_bits() ^ address.to_bits()).checked_shr(host).unwrap_or(0) == 0;
        }
        if let Meaning::Mechanism(Qualifier::Pass, Mechanism::Ip6 { address: network, prefix }) = term.meaning
            && let IpAddr::V6(address) = address
        {
            let host = u128::BITS.saturating_sub(prefix.into());
            return (network.to_bits() ^ address.to_bits()).checked_shr(host).unwrap_or(0) == 0;
        }
        false
    })
}

/// Returns the reason to remove an `mx` term: Microsoft receives the mail and its include covers sending, or the
/// addresses of the hosts can be written instead.
fn mail_hosts(judge: &SpfJudge<'_>, tally: &Tally, domain: Option<&DomainSpec>) -> Reason {
    let own = &judge.case.subject.domain;
    let generic = || Reason::Address("the addresses of its hosts as `ip4:` or `ip6:`".into());
    let Some(name) = domain.map_or(Some(own), |domain| domain.name.as_ref()) else { return generic() };
    let answer = judge.case.view.answer(&Question::new(name.clone(), RecordType::Mx));
    let Some(answer) = answer.ok().filter(|answer| answer.existence == Existence::Records) else {
        return generic();
    };
    let is_microsofts = |host: &Name| {
        best_matches(Clue::Mx(host), own).iter().any(|provider| provider.kind == Kind::Microsoft)
    };
    let mut hosts = answer.set.data.iter().filter_map(RecordData::target);
    if tally.includes_microsoft && hosts.all(is_microsofts) {
        return Reason::Covered(backticked(judge.include));
    }
    generic()
}

/// Returns the domains that an include of the record contains at any depth, each with that include.
fn held(tally: &Tally) -> BTreeMap<&Name, &str> {
    let mut held = BTreeMap::new();
    for cost in &tally.costs {
        let own = |name: &&Name| cost.term.included() != Some(*name);
        for name in cost.includes.iter().filter(own) {
            held.entry(name).or_insert(cost.term.text.as_str());
        }
    }
    held
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_listed_where_a_network_that_passes_holds_it() {
        let record = |text: &str| SpfRecord::parse(&crate::record::Text::from(text)).unwrap();
        let listed = |text: &str, address: &str| is_listed(&record(text), address.parse().unwrap());
        assert!(listed("v=spf1 ip4:192.0.2.0/24 -all", "192.0.2.25"));
        assert!(listed("v=spf1 ip4:192.0.2.25 -all", "192.0.2.25"));
        assert!(listed("v=spf1 ip6:2001:db8::/32 -all", "2001:db8::1"));
        assert!(listed("v=spf1 ip4:0.0.0.0/0", "192.0.2.25"));
        assert!(!listed("v=spf1 ip4:192.0.2.0/25 -all", "192.0.2.200"));
        assert!(!listed("v=spf1 ~ip4:192.0.2.0/24 -all", "192.0.2.25"));
        assert!(!listed("v=spf1 -all ip4:192.0.2.0/24", "192.0.2.25"));
        assert!(!listed("v=spf1 ip4:192.0.2.0/24 -all", "2001:db8::1"));
    }
}
