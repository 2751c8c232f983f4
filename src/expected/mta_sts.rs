//! Expectations about MTA-STS and TLS-RPT.
//!
//! Exchange Online neither hosts nor needs these records (Microsoft Learn, Enhancing mail flow with MTA-STS), but a
//! published policy determines whether mail reaches the new hosts.

use crate::record::RecordType;

use super::mail::TTL;
use super::{Expectation, Id, Importance, Origin, Phase, Requirement, Service, Subject};

/// Returns the MTA-STS and TLS-RPT expectations for the subject.
pub(super) fn expectations(subject: &Subject) -> Vec<Expectation> {
    let policy = text(subject, Id::MtaSts, "_mta-sts", Requirement::MayAnnouncePolicy);
    let reports = text(subject, Id::TlsRpt, "_smtp._tls", Requirement::MayAskForTlsReports);
    policy.into_iter().chain(reports).collect()
}

fn text(subject: &Subject, id: Id, host: &str, requirement: Requirement) -> Option<Expectation> {
    Some(Expectation {
        id,
        // A domain of nearly 255 octets has no room for the extra label.
        name: subject.domain.prepend(host).ok()?,
        rtype: RecordType::Txt,
        requirement,
        service: Service::Exchange,
        phase: Phase::Prepare,
        importance: Importance::Optional,
        origin: Origin::Standard,
        data: Vec::new(),
        also: Vec::new(),
        ttl: TTL,
        given_by: None,
    })
}
