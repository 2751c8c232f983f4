//! Does not edit the records of services that were not requested.
//!
//! Their records are reported and optional. Where a domain moves only Teams to Microsoft 365, its mail stays where it
//! is, and the federation record of a Skype for Business server stays while only mail moves.

use crate::expected::{Expectation, Origin, Service};
use crate::record::RecordType;

use super::{Case, Code, Edit, Finding, clash, noted};

/// Removes the edits of records that work and that were not to be moved. What stays is broken, or leads to the platform
/// being left.
pub(super) fn left_alone(case: &Case<'_>, expectation: &Expectation, mut finding: Finding) -> Finding {
    let is_wanted =
        case.requests(expectation) || case.subject.is_parked || expectation.origin == Origin::Given;
    if is_wanted || finding.fix.is_empty() || is_edited_anyway(case, expectation, finding.code) {
        return finding;
    }
    // What stands next to an alias is deleted in any case: servers return only one of them.
    let has_alias = !clash::types_next_to_alias(case, &expectation.name).is_empty();
    let is_clash = |edit: &Edit| has_alias && edit.after.is_empty() && edit.rtype != RecordType::Cname;
    finding.fix.retain(is_clash);
    if finding.observed.is_empty() {
        return finding;
    }
    let note = format!("it is left as it is, because `--services` does not name {}", expectation.service);
    finding.message = noted(&finding.message, &note);
    finding
}

/// Returns whether the records are edited although the service was not requested: they harm whether it is used or not,
/// cannot work for any client, or lead to the platform that is certainly being left. Where mail is not requested, it
/// stays at that platform, and so do its records.
fn is_edited_anyway(case: &Case<'_>, expectation: &Expectation, code: Code) -> bool {
    match code {
        Code::RecordMustGo | Code::CnameWithOtherData => true,
        Code::AliasMalformedTarget
        | Code::AliasDoubledName
        | Code::ServiceMalformedTarget
        | Code::ServiceDoubledName => expectation.service != Service::Exchange,
        Code::AliasAtSource | Code::ServiceAtSource => {
            case.is_source_sure && expectation.service != Service::Exchange
        }
        _ => false,
    }
}
