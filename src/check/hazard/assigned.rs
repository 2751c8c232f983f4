//! Reports a domain for which no MX host of Microsoft's can be proposed.

use crate::expected::{Phase, derived_host};
use crate::record::{Name, RecordType};

use super::{Assigned, Case, Code, Hazard, SearchFailure, Severity, backticked, join_and};

/// The instruction that says how to give the host from the admin center.
const HAND_OVER: &str = "pass it with `--mx`, `--expect` or `--graph`";

/// Reports that the MX records have to change, but the derived host does not exist and no other one was found for
/// certain.
pub(super) fn mx_not_assigned(case: &Case<'_>, assigned: &Assigned) -> Option<Hazard> {
    let domain = &case.subject.domain;
    let fix = match assigned {
        Assigned::AsExpected | Assigned::Found(_) | Assigned::NotSearched | Assigned::MxUnknown(_) => {
            return None;
        }
        Assigned::Nowhere => format!(
            "Microsoft has no MX host for {}, neither that one nor one below `mx.microsoft`. Add the domain in the \
             Microsoft 365 admin center, then copy the MX host from there and {HAND_OVER}.",
            backticked(domain)
        ),
        Assigned::Several(hosts) => format!(
            "{} exist. Copy the right one from the Microsoft 365 admin center and {HAND_OVER}.",
            join_and(hosts.iter().map(backticked))
        ),
        Assigned::Wildcard(host) => format!(
            "{} exists, and so does every other name in its partition, so it proves nothing. Copy the MX host from the \
             Microsoft 365 admin center and {HAND_OVER}.",
            backticked(host)
        ),
        Assigned::Unknown(SearchFailure::Offline) => format!(
            "Offline: hosts below `mx.microsoft` were not looked up. Add `--resolver 1.1.1.1`, or copy the MX host from \
             the Microsoft 365 admin center and {HAND_OVER}."
        ),
        Assigned::Unknown(SearchFailure::Lookup(failure)) => format!(
            "The search below `mx.microsoft` failed: {failure}. Run the check again, or copy the MX host from the \
             Microsoft 365 admin center and {HAND_OVER}."
        ),
    };
    let absent = derived_host(case.subject).map(|host| does_not_exist(&host)).unwrap_or_default();
    let message = format!("No MX edit is proposed{absent}. {fix}");
    let mut found = Hazard::new(Code::MxNotAssigned, domain, Some(RecordType::Mx), message);
    if case.phase() < Phase::Switch {
        found.level = Severity::Warning;
    }
    Some(found)
}

fn does_not_exist(host: &Name) -> String {
    format!(": {} does not exist", backticked(host))
}
