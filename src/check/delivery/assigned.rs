//! Determines which MX host Microsoft has assigned to a domain.
//!
//! The host that the token rule gives exists for domains that were added to a tenant before July 2026. A domain added
//! later has its host below `mx.microsoft`, in a partition that cannot be derived. Every partition is queried for it,
//! but only if the derived host is known not to exist and the MX records have to change.

use crate::expected::{
    Expectation, MailHosts, Origin, Purpose, Subject, control_host, derived_host, partition_hosts,
};
use crate::facts::{Existence, FactsView, LookupFailure};
use crate::record::{Name, Question, RecordType};

use crate::check::{doubled, wildcard};

use super::{Case, Host, classify};

/// The MX host that Microsoft has assigned, according to DNS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Assigned {
    /// Nothing contradicts the expected host: it was given, it exists, or it could not be looked up.
    AsExpected,
    /// The derived host does not exist, and this one does.
    Found(Name),
    /// The derived host does not exist, and no search was needed.
    NotSearched,
    /// The derived host does not exist, and it is not known whether the MX records have to change.
    MxUnknown(LookupFailure),
    /// Neither the derived host nor a host in any partition exists.
    Nowhere,
    /// More than one partition has a host for the domain.
    Several(Vec<Name>),
    /// The partition of this host answers for any name, so its answer proves nothing.
    Wildcard(Name),
    /// The search could not be completed.
    Unknown(SearchFailure),
}

/// The need to change the MX records, now or at the switch.
#[derive(Debug)]
pub(in crate::check) enum Need {
    /// The MX records have to change, and a host is needed for that.
    Change,
    /// The MX records do not have to change, or cannot.
    NoChange,
    /// A failed lookup leaves the need unknown.
    Unknown(LookupFailure),
}

/// The reason why a search could not be completed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SearchFailure {
    /// Only zone files are read, and names outside them are not looked up.
    Offline,
    /// A lookup failed.
    Lookup(LookupFailure),
}

impl Assigned {
    /// Returns whether a host other than the derived one is expected, or none.
    pub(in crate::check) fn replaces_derived(&self) -> bool {
        *self != Self::AsExpected
    }

    /// Replaces the derived values of an expectation by what DNS shows. A domain without the derived host was added
    /// recently, so its DKIM keys have the newer form.
    pub(in crate::check) fn apply(&self, case: &Case<'_>, expectation: &mut Expectation) {
        if self.replaces_derived() {
            expectation.assign_mail_host(self.host());
        }
        if self.replaces_derived() || is_recent(case) {
            expectation.withdraw_derived_key();
        }
    }

    /// Returns the host that was found.
    pub(in crate::check) fn host(&self) -> Option<&Name> {
        match self {
            Self::Found(host) => Some(host),
            Self::AsExpected
            | Self::NotSearched
            | Self::MxUnknown(_)
            | Self::Nowhere
            | Self::Several(_)
            | Self::Wildcard(_)
            | Self::Unknown(_) => None,
        }
    }

    /// Returns the failed lookup that leaves unknown whether Microsoft has a host for the domain.
    #[must_use]
    pub(crate) fn failure(&self) -> Option<&LookupFailure> {
        match self {
            Self::MxUnknown(failure) | Self::Unknown(SearchFailure::Lookup(failure)) => Some(failure),
            Self::AsExpected
            | Self::Found(_)
            | Self::NotSearched
            | Self::Nowhere
            | Self::Several(_)
            | Self::Wildcard(_)
            | Self::Unknown(SearchFailure::Offline) => None,
        }
    }
}

/// Determines the assigned host. A search is made only if `need` says that one is needed.
pub(in crate::check) fn assigned(case: &Case<'_>, mx: &Expectation, need: impl FnOnce() -> Need) -> Assigned {
    let Some(hosts) = mx.mail_hosts() else { return Assigned::AsExpected };
    let is_moved = mx.origin == Origin::Derived && hosts.gateways.is_empty() && case.requests(mx);
    if !is_moved || !is_derived_absent(case) {
        return Assigned::AsExpected;
    }
    match published_host(case, mx, hosts) {
        Ok(Some(host)) => return Assigned::Found(host),
        Ok(None) => {}
        Err(failure) => return Assigned::MxUnknown(failure),
    }
    let candidates = partition_hosts(case.subject);
    if candidates.is_empty() {
        return Assigned::NotSearched;
    }
    match need() {
        Need::Change => search(&case.view, &candidates),
        Need::NoChange => Assigned::NotSearched,
        Need::Unknown(failure) => Assigned::MxUnknown(failure),
    }
}

/// Returns whether the host derived from the domain is known not to exist.
fn is_derived_absent(case: &Case<'_>) -> bool {
    derived_host(case.subject).is_some_and(|host| super::is_absent(case, &host))
}

/// Returns whether a host below `mx.microsoft` is expected and the derived one is known not to exist. The derived host
/// is looked up only if the tenant's name is known, since only then is there a DKIM target of the older form.
fn is_recent(case: &Case<'_>) -> bool {
    may_be_recent(case.subject, case.mail_host) && is_derived_absent(case)
}

/// Returns whether the DKIM target of the older form depends on the derived MX host although that one is not expected.
fn may_be_recent(subject: &Subject, expected: Option<&Name>) -> bool {
    let suffix = subject.cloud.name(Purpose::MxPartitionSuffix);
    let is_newer = |host: &Name| suffix.is_some_and(|suffix| host.is_within(suffix));
    subject.tenant.is_some() && expected.is_some_and(is_newer)
}

/// Returns the published MX host that begins with the domain's own token and exists. One that was published with the zone
/// name twice counts as well.
fn published_host(
    case: &Case<'_>,
    mx: &Expectation,
    hosts: &MailHosts,
) -> Result<Option<Name>, LookupFailure> {
    let set = case.view.set(&mx.name, mx.rtype)?;
    let doubled = doubled::names(&mx.name, &case.subject.domain).into_iter();
    let doubled: Vec<_> =
        doubled.flat_map(|(name, _)| wildcard::own(&case.without_asking(), &name, mx.rtype).data).collect();
    let own = set.data.iter().chain(&doubled).filter_map(|data| data.target()).filter(|host| {
        let kind = classify(host, hosts, &case.subject.domain, case.source);
        matches!(kind, Host::Right | Host::RightPartition | Host::RightOlder)
    });
    for host in own {
        // Microsoft's names outside the zone files count as existing.
        if case.view.has_address(host)?.unwrap_or(true) {
            return Ok(Some(host.clone()));
        }
    }
    Ok(None)
}

/// Queries all candidates at once, then a control label in the partition of the only one that exists.
fn search(view: &FactsView<'_>, candidates: &[Name]) -> Assigned {
    let look_up = || candidates.iter().map(|host| (host, exists(view, host))).collect::<Vec<_>>();
    let looked_up: Vec<(&Name, Result<bool, SearchFailure>)> = view.batch(look_up);
    let mut found = Vec::new();
    let mut failure = None;
    for (host, answer) in looked_up {
        match answer {
            Ok(true) => found.push(host.clone()),
            Ok(false) => {}
            Err(reason) => drop(failure.get_or_insert(reason)),
        }
    }
    match (&found[..], failure) {
        ([_, _, ..], _) => Assigned::Several(found),
        (_, Some(reason)) => Assigned::Unknown(reason),
        ([], None) => Assigned::Nowhere,
        ([host], None) => match control_host(host).map(|control| exists(view, &control)) {
            Some(Ok(false)) => Assigned::Found(host.clone()),
            Some(Ok(true)) | None => Assigned::Wildcard(host.clone()),
            Some(Err(reason)) => Assigned::Unknown(reason),
        },
    }
}

/// Returns whether a host has an address of either family. NXDOMAIN answers for both, so one question may be enough.
fn exists(view: &FactsView<'_>, host: &Name) -> Result<bool, SearchFailure> {
    for rtype in [RecordType::A, RecordType::Aaaa] {
        let answer = view.answer(&Question::new(host.clone(), rtype)).map_err(SearchFailure::Lookup)?;
        match answer.existence {
            Existence::Records if !answer.set.is_empty() => return Ok(true),
            Existence::NxDomain => return Ok(false),
            Existence::Outside => return Err(SearchFailure::Offline),
            Existence::Records | Existence::NoData => {}
        }
    }
    Ok(false)
}
