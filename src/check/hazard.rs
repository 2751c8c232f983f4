//! Finds hazards: problems outside the expectations.

mod assigned;
mod autodiscover;
mod dane;
mod delegation;
mod doubled;
mod leftover;
mod lost;
mod names;
mod servers;
mod tenant;
mod timing;
mod transfer;

use std::collections::BTreeSet;

use crate::facts::Zone;
use crate::record::{Name, RecordType};

use super::delivery::{Assigned, SearchFailure};
use super::{
    Case, Code, Edit, ExpectationResult, Hazard, PROBE_LABEL, Severity, Status, backticked, clash, delivery,
    dmarc, dname, join_and, policy, references, spf, wildcard,
};

pub use delegation::compared_questions;
pub(super) use leftover::{doubt_unread, leftover_questions, published_questions};

/// Returns whether the domain does not exist.
pub(super) fn is_not_found(case: &Case<'_>, zone: Option<&Zone>) -> bool {
    servers::domain_not_found(case, zone).is_some()
}

/// Returns all hazards, in the order of the table of outcomes.
pub(super) fn hazards(
    case: &Case<'_>,
    judged: &[ExpectationResult],
    zone: Option<&Zone>,
    assigned: &Assigned,
) -> Vec<Hazard> {
    case.begin_rule();
    let mut found = Found { case, hazards: Vec::new() };
    found.add(lost::mail_lost(case, judged));
    found.add(servers::servers_disagree(case));
    found.add(servers::domain_not_found(case, zone));
    found.add(names::cname_with_other_data(case, judged));
    found.add(servers::dnssec_bogus(case));
    found.add(leftover::autodiscover_srv_left(case));
    let others = found.hazards.clone();
    found.add(leftover::source_left(case, judged, &others));
    found.add(leftover::dns_hosted_by_source(case, zone));
    found.add(assigned::mx_not_assigned(case, assigned));
    found.add(delegation::zone_incomplete(case));
    found.add(delegation::delegation_elsewhere(case, zone));
    found.add(servers::delegation_mismatch(case, zone));
    found.add(servers::servers(case, zone));
    found.add(names::name_doubled(judged));
    found.add(doubled::domain_doubled(case, judged));
    let edits = judged.iter().flat_map(|judged| &judged.fix);
    let edited: BTreeSet<(Name, RecordType)> = edits.map(|edit| (edit.name.clone(), edit.rtype)).collect();
    let reported = found.hazards.iter().filter_map(|hazard| Some((hazard.name.clone(), hazard.rtype?)));
    let known: BTreeSet<(Name, RecordType)> = reported.chain(edited).collect();
    found.add(doubled::on_file_doubled(case, judged, |name, rtype| known.contains(&(name.clone(), rtype))));
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
    references::warn_of_edits(case, &mut hazards);
    spf::warned_of_hazards(case, &mut hazards);
    hazards.sort_by(|a, b| (a.code, &a.name, a.rtype).cmp(&(b.code, &b.name, b.rtype)));
    hazards
}

/// Collects the hazards of one rule after another.
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
