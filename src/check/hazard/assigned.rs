//! Reports a domain for which Microsoft has no MX host under the derived name.

use crate::expected::{Id, Origin, Phase};
use crate::record::RecordType;

use super::{Case, Code, Hazard, Judged, Status, Weight, delivery, ticked};

/// The derived MX host does not exist, and the MX records have to change, now or at the switch.
pub(super) fn mx_not_assigned(case: &Case<'_>, judged: &[Judged]) -> Option<Hazard> {
    let mx = judged.iter().find(|judged| judged.expectation.id == Id::Mx)?;
    let must_change = mx.status == Status::Unmet || mx.code == Code::MxStillAtSource;
    if mx.expectation.origin != Origin::Derived || !must_change {
        return None;
    }
    let host = mx.expectation.proposed_host().filter(|host| delivery::is_absent(case, host))?;
    let domain = &case.subject.domain;
    let message = format!(
        "Microsoft has no MX host {} for {}. Add the domain in the Microsoft 365 admin center, or copy the MX host from \
         there if it is added already, and pass it with `--mx`, `--expect` or `--graph`; no MX edit is proposed until \
         then.",
        ticked(host),
        ticked(domain)
    );
    let mut found = Hazard::new(Code::MxNotAssigned, domain, Some(RecordType::Mx), message);
    if case.phase() < Phase::Switch {
        found.level = Weight::Warning;
    }
    Some(found)
}
