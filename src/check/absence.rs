//! Checks that a record is absent.

use std::collections::BTreeSet;

use crate::expected::Expectation;
use crate::facts::LookupFailure;
use crate::record::{RecordData, RecordSet};

use super::{Case, Code, Edit, Finding, backticked, dname, join_and, wildcard};

/// Checks that no record of this name and type is published.
pub(super) fn judge(case: &Case<'_>, expectation: &Expectation) -> Result<Finding, LookupFailure> {
    let set = case.view.set(&expectation.name, expectation.rtype)?;
    let name = backticked(&expectation.name);
    if set.is_empty() {
        return Ok(Finding::new(Code::Met, "not published, correct", &set));
    }
    let targets = join_and(set.data.iter().filter_map(RecordData::target).map(backticked));
    if wildcard::is_wildcard_alias(case, &expectation.name, &set)? {
        let message = format!("{name} is not published, correct (a wildcard answers with {targets})");
        return Ok(Finding::new(Code::Met, message, &RecordSet::default()));
    }
    if let Some(owner) = dname::dname_owner(case, &expectation.name) {
        let message = format!(
            "{name} has no record of its own; the DNAME of {} answers with {targets}",
            backticked(&owner)
        );
        return Ok(Finding::new(Code::Met, message, &RecordSet::default()));
    }
    let message = format!(
        "Delete {name}: while it points to {targets}, Microsoft 365 Apps cannot be activated. Only the \
         cloud in China uses this record."
    );
    let gone = Edit {
        name: expectation.name.clone(),
        rtype: expectation.rtype,
        after: BTreeSet::new(),
        ttl: None,
        confirm: false,
        cautions: Vec::new(),
    };
    Ok(Finding::new(Code::RecordMustGo, message, &set).fixed_by([gone]))
}
