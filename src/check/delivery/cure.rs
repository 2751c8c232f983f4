//! Which MX records are to be published instead?

use std::collections::{BTreeMap, BTreeSet};

use crate::expected::{Origin, Phase};
use crate::record::{Name, RecordData, RecordType};

use super::{Bench, Edit, Host, classify, is_absent};

impl Bench<'_> {
    pub(super) fn renamed(&self, alias: &Name, real: &Name) -> Vec<Edit> {
        let after = self.set.data.iter().map(|data| match data {
            RecordData::Mx { preference, exchange } if exchange == alias => {
                RecordData::Mx { preference: *preference, exchange: real.clone() }
            }
            other => other.clone(),
        });
        self.edit(after.collect(), false)
    }

    /// Keeps the right hosts, and what was meant to be one; proposes the expected host where there is none. A host that does
    /// not exist is neither kept nor proposed: mail would bounce.
    pub(super) fn cure(&self) -> Vec<Edit> {
        // A zone file may hold thousands of records, and each is looked for.
        let kinds: BTreeMap<&Name, &Host> = self.exchanges.iter().map(|one| (&one.host, &one.kind)).collect();
        let mut kept = BTreeSet::new();
        for data in &self.set.data {
            let RecordData::Mx { preference, exchange } = data else { continue };
            match kinds.get(exchange) {
                Some(Host::Malformed(_, Some(meant)))
                    if self.is_right(meant) && !kinds.contains_key(meant) && !is_absent(self.case, meant) =>
                {
                    kept.insert(RecordData::Mx { preference: *preference, exchange: meant.clone() });
                }
                Some(kind) if kind.is_right() && !is_absent(self.case, exchange) => {
                    kept.insert(data.clone());
                }
                Some(_) | None => {}
            }
        }
        self.cure_with(kept)
    }

    pub(super) fn is_right(&self, host: &Name) -> bool {
        classify(host, self.hosts, &self.case.subject.domain, self.case.source).is_right()
    }

    pub(super) fn cure_with(&self, mut after: BTreeSet<RecordData>) -> Vec<Edit> {
        // Before the switch mail stays where it is.
        if self.case.phase() < Phase::Switch {
            return Vec::new();
        }
        let is_proposed = after.is_empty();
        let is_by_rule = matches!(self.expectation.origin, Origin::Derived | Origin::Found);
        if is_proposed && is_by_rule && self.hosts.proposed.iter().any(|host| is_absent(self.case, host)) {
            return Vec::new();
        }
        if is_proposed {
            after.extend(self.expectation.data.iter().cloned());
        }
        if after.is_empty() || after == self.set.data {
            return Vec::new();
        }
        // The only host that stays must not be one that nobody could look up.
        let is_unseen = self.hosts.gateways.is_empty() && after.iter().all(|data| self.is_unseen(data));
        self.edit(after, is_proposed && is_by_rule || !is_proposed && is_unseen)
    }

    /// Whether the host of a record could not be looked up.
    fn is_unseen(&self, data: &RecordData) -> bool {
        data.target().is_some_and(|host| self.case.sight.has_address(host).is_err())
    }

    pub(super) fn edit(&self, after: BTreeSet<RecordData>, confirm: bool) -> Vec<Edit> {
        vec![Edit {
            name: self.expectation.name.clone(),
            rtype: RecordType::Mx,
            after,
            ttl: Some(self.expectation.ttl),
            confirm,
        }]
    }
}
