//! Checks CNAMEs that are no longer required.

use std::collections::BTreeSet;

use crate::expected::Expectation;
use crate::facts::LookupFailure;
use crate::provider::Clue;
use crate::record::{Name, RecordData, RecordSet};

use super::{Case, Code, Edit, Finding, backticked, wildcard};

/// Checks an alias that is never required.
pub(super) fn judge(
    case: &Case<'_>,
    expectation: &Expectation,
    target: &Name,
) -> Result<Finding, LookupFailure> {
    let set = case.view.set(&expectation.name, expectation.rtype)?;
    let name = backticked(&expectation.name);
    let domain = &case.subject.domain;
    let Some(found) = set.data.iter().find_map(RecordData::target) else {
        return Ok(Finding::new(Code::Met, "not published, not required", &set));
    };
    if wildcard::is_wildcard_alias(case, &expectation.name, &set)? {
        let message = format!("{name} is not published (a wildcard answers with {})", backticked(found));
        return Ok(Finding::new(Code::Met, message, &RecordSet::default()));
    }
    let host =
        expectation.name.without_suffix(domain).map(|host| host.without_trailing_dot()).unwrap_or_default();
    let at_source = case.source.filter(|source| {
        source.matches(Clue::Cname { owner: &host, target: found }, domain)
            || source.matches(Clue::Autodiscover(found), domain)
    });
    if let Some(source) = at_source.filter(|_| found != target && !case.is_early(expectation)) {
        let message = format!(
            "Delete {name}: it still points to {} ({}), and Teams needs no such record.",
            backticked(found),
            source.short
        );
        let fix = Edit {
            name: expectation.name.clone(),
            rtype: expectation.rtype,
            after: BTreeSet::new(),
            ttl: None,
            confirm: false,
            cautions: Vec::new(),
        };
        return Ok(Finding::new(Code::AliasAtSource, message, &set).fixed_by([fix]));
    }
    let message = format!("{name} points to {}; no longer required", backticked(found));
    Ok(Finding::new(Code::Met, message, &set))
}
