//! Finds hazards: problems outside the expectations.

mod assigned;
mod autodiscover;
mod dane;
mod delegation;
mod doubled;
mod leftover;
mod names;
mod servers;
mod tenant;
mod timing;
mod transfer;

use jiff::Timestamp;

use crate::facts::Zone;
use crate::record::{Name, RecordType};

use super::delivery::{Assigned, SearchFailure};
use super::{
    Applied, Case, Code, Edit, ExpectationResult, PROBE_LABEL, Severity, Status, backticked, clash, delivery,
    dmarc, dname, join_and, policy, wildcard,
};

pub use delegation::compared_questions;
pub(super) use leftover::{AUTODISCOVER_SERVICE, doubt_unread, leftover_questions, published_questions};

/// Something that is wrong, or worth knowing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hazard {
    /// The code.
    pub code: Code,
    /// How bad it is: [`Severity::Error`], [`Severity::Warning`] or [`Severity::Info`].
    pub level: Severity,
    /// The name it is about.
    pub name: Name,
    /// The type it is about, if it is about one.
    pub rtype: Option<RecordType>,
    /// One sentence for a person.
    pub message: String,
    /// The records that show it, as text.
    pub records: Vec<String>,
    /// By when to act, where it is known and not past.
    pub due: Option<Timestamp>,
    /// What to publish so that it is gone; empty where the fix is not in the zone.
    pub fix: Vec<Edit>,
    /// The waiver that applies to it, whether it still holds or not.
    pub waiver: Option<Applied>,
}

impl Hazard {
    /// A hazard of the level that the table of outcomes gives it.
    pub(super) fn new(code: Code, name: &Name, rtype: Option<RecordType>, message: String) -> Self {
        let (records, fix, due, waiver) = (Vec::new(), Vec::new(), None, None);
        Self { code, level: code.severity(), name: name.clone(), rtype, message, records, due, fix, waiver }
    }
}

/// Returns whether the domain does not exist.
pub(super) fn is_not_found(case: &Case<'_>, zone: Option<&Zone>) -> bool {
    servers::domain_not_found(case, zone).is_some()
}

/// All hazards, in the order of the table of outcomes.
pub(super) fn hazards(
    case: &Case<'_>,
    judged: &[ExpectationResult],
    zone: Option<&Zone>,
    assigned: &Assigned,
) -> Vec<Hazard> {
    case.begin_rule();
    let mut found = Found { case, hazards: Vec::new() };
    found.add(servers::servers_disagree(case));
    found.add(servers::domain_not_found(case, zone));
    found.add(names::cname_with_other_data(case, judged));
    found.add(servers::dnssec_bogus(case));
    found.add(leftover::autodiscover_srv_left(case));
    found.add(leftover::source_left(case, judged));
    found.add(leftover::dns_hosted_by_source(case, zone));
    found.add(assigned::mx_not_assigned(case, assigned));
    found.add(delegation::zone_incomplete(case));
    found.add(delegation::delegation_elsewhere(case, zone));
    found.add(servers::delegation_mismatch(case, zone));
    found.add(servers::servers(case, zone));
    found.add(names::name_doubled(judged));
    found.add(doubled::domain_doubled(case, judged));
    found.add(timing::ttl_too_long(case, judged));
    found.add(timing::ttl_still_low(case, judged));
    found.add(names::filter_bypass(case, judged));
    found.add(names::dmarc_strict_too_early(case, judged));
    found.add(dmarc::report_refused(case));
    found.add(policy::hazards(case, judged));
    found.add(tenant::tenant(case));
    found.add(autodiscover::autodiscover(case));
    found.add(transfer::transfer_refused(case, zone));
    found.add(names::domain_from_wildcard(case, judged));
    found.add(names::wildcard_answers(&case.without_asking()));
    found.add(names::microsoft_hosted_dns(case, zone));
    found.add(dane::dane(case, judged));
    let mut hazards = found.hazards;
    hazards.sort_by(|a, b| (a.code, &a.name, a.rtype).cmp(&(b.code, &b.name, b.rtype)));
    hazards
}

/// The hazards of one rule after another.
struct Found<'a> {
    case: &'a Case<'a>,
    hazards: Vec<Hazard>,
}

impl Found<'_> {
    fn add(&mut self, hazards: impl IntoIterator<Item = Hazard>) {
        self.hazards.extend(hazards);
        self.case.begin_rule();
    }
}
