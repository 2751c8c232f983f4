//! Is a service offered by the right host, and by no other?
//!
//! Priority and weight never make a right record wrong; the port does, since clients connect to it.

use crate::expected::{Expectation, Offer};
use crate::facts::Silence;
use crate::record::{RecordData, RecordSet};

use super::{Case, Code, Edit, Finding, listed, ticked};

/// Judges a service that is wanted.
pub(super) fn judge(case: &Case<'_>, expectation: &Expectation, offer: &Offer) -> Result<Finding, Silence> {
    let set = case.sight.set(&expectation.name, expectation.rtype)?;
    let right: Vec<&RecordData> = set.data.iter().filter(|data| is_right(data, offer)).collect();
    let name = ticked(&expectation.name);
    if set.is_empty() {
        let message = format!("{name} is not published, so partners cannot find the domain");
        return Ok(Finding::new(Code::ServiceMissing, message, &set).cured_by([edit(
            expectation,
            &set,
            offer,
        )]));
    }
    if right.len() == set.data.len() {
        return Ok(Finding::new(Code::Met, format!("{name} names {}", ticked(&offer.target)), &set));
    }
    let others = listed(set.data.iter().filter(|data| !is_right(data, offer)).map(shown));
    let (code, message) = if let Some(short) = at_source(case, expectation, &set) {
        (Code::ServiceAtSource, format!("{name} still names {others} ({short})"))
    } else if right.is_empty() {
        let wanted = format!("{} port {}", ticked(&offer.target), offer.port);
        (Code::ServiceElsewhere, format!("{name} names {others} and not {wanted}"))
    } else {
        (
            Code::ServiceRival,
            format!("{name} names {others} beside {}, so clients are split", ticked(&offer.target)),
        )
    };
    Ok(Finding::new(code, message, &set).cured_by([edit(expectation, &set, offer)]))
}

/// Judges a service that is not needed any more, and must only not be that of the platform being left.
pub(super) fn judge_legacy(
    case: &Case<'_>,
    expectation: &Expectation,
    offer: &Offer,
) -> Result<Finding, Silence> {
    let set = case.sight.set(&expectation.name, expectation.rtype)?;
    let name = ticked(&expectation.name);
    if let Some(short) = at_source(case, expectation, &set).filter(|_| !case.is_early(expectation)) {
        let others = listed(set.data.iter().filter(|data| !is_right(data, offer)).map(shown));
        let kept: RecordSet = RecordSet {
            data: set.data.iter().filter(|data| is_right(data, offer)).cloned().collect(),
            ttl: set.ttl,
        };
        let cure = Edit {
            name: expectation.name.clone(),
            rtype: expectation.rtype,
            after: kept.data,
            ttl: None,
            confirm: false,
        };
        let message = format!("{name} still names {others} ({short}); Teams needs no such record");
        return Ok(Finding::new(Code::ServiceAtSource, message, &set).cured_by([cure]));
    }
    let message = match set.is_empty() {
        true => format!("{name} is not published, and is not needed"),
        false => format!("{name} names {}; it is not needed any more", listed(set.data.iter().map(shown))),
    };
    Ok(Finding::new(Code::Met, message, &set))
}

fn is_right(data: &RecordData, offer: &Offer) -> bool {
    matches!(data, RecordData::Srv { target, port, .. } if *target == offer.target && *port == offer.port)
}

/// The name of the platform being left, if one of the records is its.
fn at_source(case: &Case<'_>, expectation: &Expectation, set: &RecordSet) -> Option<&'static str> {
    let domain = &case.subject.domain;
    let service = expectation.name.without_suffix(domain)?.bare();
    let source = case.source?;
    let its = |target| source.matches_srv(&service, target, domain) || source.matches_mx(target, domain);
    set.data.iter().filter_map(RecordData::target).any(its).then_some(source.short)
}

/// The right records that are there already, or the one to publish.
fn edit(expectation: &Expectation, set: &RecordSet, offer: &Offer) -> Edit {
    let right: std::collections::BTreeSet<RecordData> =
        set.data.iter().filter(|data| is_right(data, offer)).cloned().collect();
    let after = if right.is_empty() { expectation.data.iter().cloned().collect() } else { right };
    Edit {
        name: expectation.name.clone(),
        rtype: expectation.rtype,
        after,
        ttl: Some(expectation.ttl),
        confirm: false,
    }
}

fn shown(data: &RecordData) -> String {
    match data {
        RecordData::Srv { port, target, .. } if target.is_root() => format!("nothing (port {port})"),
        RecordData::Srv { port, target, .. } => format!("{} port {port}", ticked(target)),
        other => format!("`{other}`"),
    }
}
