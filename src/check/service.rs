//! Checks that SRV records name the right host, and no other.
//!
//! Priority and weight never make a right record wrong; the port does, since clients connect to it.

use crate::expected::{Expectation, Offer};
use crate::facts::{LookupFailure, zone_candidates};
use crate::provider::Clue;
use crate::record::{Name, RecordData, RecordSet};

use super::{Case, Code, Edit, Finding, backticked, doubled, join_and, placeholder, wildcard};

/// Checks a service that is expected.
pub(super) fn judge(
    case: &Case<'_>,
    expectation: &Expectation,
    offer: &Offer,
) -> Result<Finding, LookupFailure> {
    let set = case.view.set(&expectation.name, expectation.rtype)?;
    let name = backticked(&expectation.name);
    let others: Vec<&RecordData> = set.data.iter().filter(|data| !is_right(data, offer)).collect();
    if !set.is_empty() && others.is_empty() {
        return Ok(Finding::new(Code::Met, format!("{name} points to {}", backticked(&offer.target)), &set));
    }
    if set.is_empty() || wildcard::is_from_wildcard(case, &expectation.question(), &set)? {
        return missing(case, expectation, offer, &set);
    }
    let shown = join_and(others.iter().copied().map(shown));
    let malformed = others.iter().find_map(|data| malformed(data, offer, &case.subject.domain));
    let fields = fields(expectation);
    let (code, message) = if let Some(short) = at_source(case, expectation, &set) {
        (Code::ServiceAtSource, format!("Replace the SRV record: {name} still points to {shown} ({short})."))
    } else if others.len() < set.data.len() {
        let message = format!(
            "Delete {shown} from {name}: clients are split between it and {}.",
            backticked(&offer.target)
        );
        (Code::ServiceRival, message)
    } else if let Some(why) = malformed {
        (
            Code::ServiceMalformedTarget,
            format!(
                "Correct the SRV record {name}: {shown} is wrong ({why}). \
            {fields}."
            ),
        )
    } else if others.iter().any(|data| data.target() == Some(&offer.target)) {
        let message = format!(
            "Correct the SRV record {name}: it points to {shown}, but clients connect to \
            port {}.",
            offer.port
        );
        (Code::ServiceElsewhere, format!("{message} {fields}."))
    } else {
        let wanted = format!("{} port {}", backticked(&offer.target), offer.port);
        (
            Code::ServiceElsewhere,
            format!(
                "Replace the SRV record {name}: it points to {shown} and not to \
            {wanted}."
            ),
        )
    };
    let finding = Finding::new(code, message, &set);
    // Before its phase the service stays where it is.
    if case.is_early(expectation) && code != Code::ServiceMalformedTarget {
        return Ok(finding);
    }
    Ok(finding.fixed_by([edit(expectation, &set, offer)]))
}

/// Returns the finding about a missing record, which may have been published with the zone name twice.
fn missing(
    case: &Case<'_>,
    expectation: &Expectation,
    offer: &Offer,
    set: &RecordSet,
) -> Result<Finding, LookupFailure> {
    let name = backticked(&expectation.name);
    let none = RecordSet::default();
    let add = edit(expectation, &none, offer);
    if !set.is_empty() {
        let shown = join_and(set.data.iter().map(shown));
        let message = format!(
            "Add the SRV record {name}: it is not published, and a wildcard answers with \
            {shown}."
        );
        return Ok(Finding::new(Code::ServiceMissing, message, &none).fixed_by([add]));
    }
    if case.requests(expectation)
        && let Some(doubled) = doubled::found(case, &expectation.name, expectation.rtype)?
    {
        let message = format!(
            "Add the SRV record again and delete {}: your DNS host appends the zone name to what you type. \
             {}.",
            backticked(&doubled),
            fields(expectation)
        );
        let gone = Edit::deletion(doubled, expectation.rtype);
        return Ok(Finding::new(Code::ServiceDoubledName, message, &none).fixed_by([gone, add]));
    }
    let message = format!("Add the SRV record {name}: without it, partners cannot find the domain.");
    Ok(Finding::new(Code::ServiceMissing, message, &none).fixed_by([add]))
}

/// Returns the typing error in the host, for a sentence; `None` if there is none.
fn malformed(data: &RecordData, offer: &Offer, domain: &Name) -> Option<String> {
    let target = data.target()?;
    let dotless = |zone: &Name| target.without_suffix(zone).is_some_and(|meant| meant == offer.target);
    if let Some(zone) = zone_candidates(domain).into_iter().find(dotless) {
        return Some(format!(
            "the final dot is missing, so the zone name {} was appended",
            backticked(&zone)
        ));
    }
    if target.labels().flatten().any(u8::is_ascii_whitespace) {
        return Some("priority, weight or port were typed into the target field".into());
    }
    let front = target.without_suffix(&offer.target);
    let numbers = |front: Name| front.labels().flatten().all(u8::is_ascii_digit);
    if !target.is_root() && *target != offer.target && front.is_some_and(numbers) {
        return Some("priority, weight or port became part of the target".into());
    }
    if target.label_count() == 1 && target.labels().flatten().all(u8::is_ascii_digit) {
        return Some("a number was typed as the target".into());
    }
    placeholder::is_placeholder(target, domain).then(|| placeholder::REASON.into())
}

/// Returns the right record as the fields of DNS panels.
fn fields(expectation: &Expectation) -> String {
    let mut labels = expectation.name.labels().map(String::from_utf8_lossy);
    let (service, protocol) = (labels.next().unwrap_or_default(), labels.next().unwrap_or_default());
    match expectation.data.first() {
        Some(RecordData::Srv { priority, weight, port, target }) => format!(
            "Type the fields one by one: service `{service}`, protocol `{protocol}`, priority {priority}, \
             weight {weight}, port {port}, target {}",
            backticked(target)
        ),
        _ => format!("Type only the service `{service}` and the protocol `{protocol}`"),
    }
}

/// Checks a service that is no longer required: it must not lead to the platform being left.
pub(super) fn judge_legacy(
    case: &Case<'_>,
    expectation: &Expectation,
    offer: &Offer,
) -> Result<Finding, LookupFailure> {
    let set = case.view.set(&expectation.name, expectation.rtype)?;
    let name = backticked(&expectation.name);
    let wrong = set.data.iter().any(|data| !is_right(data, offer));
    if wrong && wildcard::is_from_wildcard(case, &expectation.question(), &set)? {
        let message = format!("{name} is not published (a wildcard answers)");
        return Ok(Finding::new(Code::Met, message, &RecordSet::default()));
    }
    if let Some(short) = at_source(case, expectation, &set).filter(|_| !case.is_early(expectation)) {
        let others = join_and(set.data.iter().filter(|data| !is_right(data, offer)).map(shown));
        let kept: RecordSet = RecordSet {
            data: set.data.iter().filter(|data| is_right(data, offer)).cloned().collect(),
            ttl: set.ttl,
        };
        let fix = Edit {
            name: expectation.name.clone(),
            rtype: expectation.rtype,
            after: kept.data,
            ttl: None,
            confirm: false,
            cautions: Vec::new(),
        };
        let message = format!(
            "Delete {name}: it still points to {others} ({short}), and Teams needs no \
            such record."
        );
        return Ok(Finding::new(Code::ServiceAtSource, message, &set).fixed_by([fix]));
    }
    let message = match set.is_empty() {
        true => "not published, not required".to_owned(),
        false => format!("{name} points to {}; no longer required", join_and(set.data.iter().map(shown))),
    };
    Ok(Finding::new(Code::Met, message, &set))
}

/// Returns whether the record names the host and the port.
pub(super) fn is_right(data: &RecordData, offer: &Offer) -> bool {
    matches!(data, RecordData::Srv { target, port, .. } if *target == offer.target && *port == offer.port)
}

/// Returns the name of the platform being left, if one of the records leads to it.
fn at_source(case: &Case<'_>, expectation: &Expectation, set: &RecordSet) -> Option<&'static str> {
    let domain = &case.subject.domain;
    let service = expectation.name.without_suffix(domain)?.without_trailing_dot();
    let source = case.source?;
    let its = |target| {
        source.matches(Clue::Srv { service: &service, target }, domain)
            || source.matches(Clue::Mx(target), domain)
    };
    set.data.iter().filter_map(RecordData::target).any(its).then_some(source.short)
}

/// Returns the edit that keeps the right records, or adds one if there is none.
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
        cautions: Vec::new(),
    }
}

fn shown(data: &RecordData) -> String {
    match data {
        RecordData::Srv { port, target, .. } if target.is_root() => format!("no server (port {port})"),
        RecordData::Srv { port, target, .. } => format!("{} port {port}", backticked(target)),
        other => format!("`{other}`"),
    }
}
