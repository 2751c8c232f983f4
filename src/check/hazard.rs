//! What is wrong, or worth knowing, that is not one expectation's fault?

mod assigned;
mod autodiscover;
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

use super::{
    Applied, Case, Code, Edit, Judged, PROBE_LABEL, Status, Weight, clash, delivery, dmarc, listed, policy,
    ticked, wildcard,
};

pub use delegation::compared_questions;
pub(super) use leftover::{
    AUTODISCOVER_SERVICE, doubt_unread, is_published, leftover_questions, may_be_left, published_questions,
    wildcards,
};

pub(super) use names::{is_microsoft_dns, web_site_names};

/// Something that is wrong, or worth knowing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hazard {
    /// Which one.
    pub code: Code,
    /// How bad it is: [`Weight::Error`], [`Weight::Warning`] or [`Weight::Info`].
    pub level: Weight,
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
    /// What to publish so that it is gone; empty where the cure is not in the zone.
    pub cure: Vec<Edit>,
    /// The waiver made for it, whether it still holds or not.
    pub waiver: Option<Applied>,
}

impl Hazard {
    /// A hazard of the level that the table of outcomes gives it.
    pub(super) fn new(code: Code, name: &Name, rtype: Option<RecordType>, message: String) -> Self {
        let (records, cure, due, waiver) = (Vec::new(), Vec::new(), None, None);
        Self { code, level: code.weight(), name: name.clone(), rtype, message, records, due, cure, waiver }
    }
}

/// All hazards, in the order of the table of outcomes.
pub(super) fn hazards(case: &Case<'_>, judged: &[Judged], zone: Option<&Zone>) -> Vec<Hazard> {
    let mut hazards = Vec::new();
    hazards.extend(servers::servers_disagree(case));
    hazards.extend(servers::domain_not_found(case, zone));
    hazards.extend(names::cname_with_other_data(case, judged));
    hazards.extend(servers::dnssec_bogus(case));
    hazards.extend(leftover::autodiscover_srv_left(case));
    hazards.extend(leftover::source_left(case, judged));
    hazards.extend(leftover::dns_hosted_by_source(case, zone));
    let exists = hazards.iter().all(|hazard: &Hazard| hazard.code != Code::DomainNotFound);
    hazards.extend(assigned::mx_not_assigned(case, judged).filter(|_| exists));
    hazards.extend(delegation::zone_incomplete(case));
    hazards.extend(delegation::delegation_elsewhere(case, zone));
    hazards.extend(servers::delegation_mismatch(case, zone));
    hazards.extend(servers::servers(case, zone));
    hazards.extend(names::name_doubled(judged));
    hazards.extend(doubled::domain_doubled(case, judged));
    hazards.extend(timing::ttl_too_long(case, judged));
    hazards.extend(names::filter_bypass(case, judged));
    hazards.extend(names::dmarc_strict_too_early(case, judged));
    hazards.extend(dmarc::report_refused(case));
    hazards.extend(policy::hazards(case, judged));
    hazards.extend(tenant::tenant(case));
    hazards.extend(autodiscover::autodiscover(case));
    hazards.extend(transfer::transfer_refused(case, zone));
    hazards.extend(names::wildcard_answers(case));
    hazards.extend(names::microsoft_hosted_dns(case, zone));
    hazards.sort_by(|a, b| (a.code, &a.name, a.rtype).cmp(&(b.code, &b.name, b.rtype)));
    hazards
}
