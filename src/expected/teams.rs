//! Expectations of Teams.
//!
//! Skype for Business Online is retired, so only the federation record is required. The records of its clients are
//! never required, and are wrong only if they point at the platform being left (Microsoft Learn, External Domain Name
//! System records for Office 365, 2024-10-24).

use crate::record::{RecordData, RecordType};

use super::mail::TTL;
use super::{Expectation, Id, Importance, Offer, Origin, Phase, Purpose, Requirement, Service, Subject};

/// Returns the expectations of Teams for the subject.
pub(super) fn expectations(subject: &Subject) -> Vec<Expectation> {
    let value = |purpose| subject.cloud.name(purpose).cloned();
    let mut list = Vec::new();
    if let Some(target) = value(Purpose::TeamsFederation) {
        let offer = Offer { target: target.clone(), port: 5061 };
        let data = vec![RecordData::Srv { priority: 100, weight: 1, port: 5061, target }];
        let requirement = Requirement::OffersService(offer);
        list.extend(record(
            subject,
            Id::TeamsFederation,
            "_sipfederationtls._tcp",
            RecordType::Srv,
            data,
            requirement,
        ));
    }
    if let Some(target) = value(Purpose::TeamsSip) {
        let legacy = Requirement::MayOfferService(Offer { target: target.clone(), port: 443 });
        list.extend(record(subject, Id::TeamsSipTls, "_sip._tls", RecordType::Srv, Vec::new(), legacy));
        let legacy = Requirement::MayBeAliasOf(target);
        list.extend(record(subject, Id::TeamsSip, "sip", RecordType::Cname, Vec::new(), legacy));
    }
    if let Some(target) = value(Purpose::TeamsLyncdiscover) {
        let legacy = Requirement::MayBeAliasOf(target);
        list.extend(record(
            subject,
            Id::TeamsLyncdiscover,
            "lyncdiscover",
            RecordType::Cname,
            Vec::new(),
            legacy,
        ));
    }
    list
}

fn record(
    subject: &Subject,
    id: Id,
    host: &str,
    rtype: RecordType,
    data: Vec<RecordData>,
    requirement: Requirement,
) -> Option<Expectation> {
    let importance = if id == Id::TeamsFederation { Importance::Required } else { Importance::Optional };
    Some(Expectation {
        id,
        name: subject.domain.prepend(host).ok()?,
        rtype,
        requirement,
        service: Service::Teams,
        phase: Phase::Switch,
        importance,
        origin: Origin::Standard,
        data,
        also: Vec::new(),
        ttl: TTL,
        given_by: None,
    })
}
