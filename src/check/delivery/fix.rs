//! Composes the MX records to publish.

use std::collections::{BTreeMap, BTreeSet};

use crate::expected::{Origin, Phase};
use crate::record::{Name, RecordData, RecordType};

use crate::check::{doubled, wildcard};

use super::{Edit, Exchange, Host, MxJudge, classify, is_absent};

impl MxJudge<'_> {
    pub(super) fn renamed(&self, alias: &Name, real: &Name) -> Vec<Edit> {
        let after = self.set.data.iter().map(|data| match data {
            RecordData::Mx { preference, exchange } if exchange == alias => {
                RecordData::Mx { preference: *preference, exchange: real.clone() }
            }
            other => other.clone(),
        });
        self.edit(after.collect(), false)
    }

    /// Returns the edits. They keep the right hosts, mistyped right hosts after correction, and filters, about which
    /// the admin decides; if none is left, they add the expected host. A host that does not exist is neither kept nor
    /// proposed, because mail to it would bounce.
    pub(super) fn fix(&self) -> Vec<Edit> {
        // A zone file may contain thousands of records, and each is searched for.
        let kinds: BTreeMap<&Name, &Exchange> = self.exchanges.iter().map(|one| (&one.host, one)).collect();
        let exists = |host: &Name| !is_absent(self.case, host);
        let is_filtered = self.has(&Host::Filter) && self.case.phase() >= Phase::Switch;
        // The best preference of each host.
        let mut kept: BTreeMap<&Name, u16> = BTreeMap::new();
        for data in &self.set.data {
            let RecordData::Mx { preference, exchange } = data else { continue };
            let Some(&known) = kinds.get(exchange) else { continue };
            let host = match &known.kind {
                Host::Malformed(_, meant) => meant
                    .as_ref()
                    .filter(|meant| self.is_right(meant) && !kinds.contains_key(meant) && exists(meant)),
                Host::UndeclaredFilter(_) => Some(exchange).filter(|_| self.keeps_filters()),
                kind => Some(exchange).filter(|host| {
                    kind.is_right() && !(is_filtered && self.is_direct(known)) && exists(host)
                }),
            };
            let Some(host) = host else { continue };
            let best = kept.entry(host).or_insert(*preference);
            *best = (*best).min(*preference);
        }
        let record = |(host, preference): (&Name, u16)| RecordData::Mx { preference, exchange: host.clone() };
        self.fix_with(kept.into_iter().map(record).collect())
    }

    pub(super) fn is_right(&self, host: &Name) -> bool {
        classify(host, self.hosts, &self.case.subject.domain, self.case.source).is_right()
    }

    pub(super) fn fix_with(&self, mut after: BTreeSet<RecordData>) -> Vec<Edit> {
        // Before the switch mail stays where it is.
        if self.case.phase() < Phase::Switch {
            return Vec::new();
        }
        let is_proposed = after.is_empty();
        let is_by_rule = matches!(self.expectation.origin, Origin::Derived | Origin::Found);
        let is_known = !self.expectation.data.is_empty() && self.absent_host().is_none();
        let carried = if is_proposed && !is_known { self.at_doubled_name() } else { BTreeSet::new() };
        let is_carried = !carried.is_empty();
        after.extend(carried);
        // A host that does not exist according to this run is never proposed, even if it was given: mail would bounce.
        if is_proposed && !is_carried && self.absent_host().is_some() {
            return Vec::new();
        }
        if is_proposed && !is_carried {
            after.extend(self.expectation.data.iter().cloned());
        }
        if after.is_empty() || after == self.set.data {
            return Vec::new();
        }
        // A host that could not be looked up must not be the only one left.
        let is_unseen = self.hosts.gateways.is_empty() && after.iter().all(|data| self.is_unseen(data));
        let is_doubtful = self.doubt().is_some();
        self.edit(after, is_doubtful || is_carried || is_proposed && is_by_rule || !is_proposed && is_unseen)
    }

    /// Returns the records with a right host that exists and that were published with the zone name twice.
    fn at_doubled_name(&self) -> BTreeSet<RecordData> {
        let domain = &self.case.subject.domain;
        let names = doubled::names(&self.expectation.name, domain).into_iter();
        let there = names.flat_map(|(name, _)| wildcard::own(self.case, &name, RecordType::Mx).data);
        let is_right = |data: &RecordData| {
            data.target().is_some_and(|host| self.is_right(host) && !is_absent(self.case, host))
        };
        there.filter(is_right).collect()
    }

    /// Returns the host to publish if it is known not to exist.
    pub(super) fn absent_host(&self) -> Option<&Name> {
        let mut hosts = self.expectation.data.iter().filter_map(RecordData::target);
        hosts.find(|host| is_absent(self.case, host))
    }

    /// Returns whether the host of a record could not be looked up.
    fn is_unseen(&self, data: &RecordData) -> bool {
        data.target().is_some_and(|host| self.case.view.has_address(host).is_err())
    }

    pub(super) fn edit(&self, after: BTreeSet<RecordData>, confirm: bool) -> Vec<Edit> {
        vec![Edit {
            name: self.expectation.name.clone(),
            rtype: RecordType::Mx,
            after,
            ttl: Some(self.expectation.ttl),
            confirm,
            cautions: Vec::new(),
        }]
    }
}
