//! Expectations of a parked domain.

use crate::record::{Name, RecordData, RecordType, Text};

use super::mail::TTL;
use super::{Expectation, Id, Importance, Origin, Phase, Requirement, Service, Subject};

/// The SPF record that authorizes no sender (RFC 7208 §10.1.2).
const NO_SENDERS: &str = "v=spf1 -all";
/// The DMARC policy that asks receivers to reject forged mail (RFC 9989 §4.7).
const REJECT: &str = "v=DMARC1; p=reject";

/// Returns the expectations of a parked domain: a null MX (RFC 7505), an SPF record that authorizes no sender, and a
/// DMARC policy that rejects.
pub(super) fn expectations(subject: &Subject) -> Vec<Expectation> {
    let domain = &subject.domain;
    let null = RecordData::Mx { preference: 0, exchange: Name::root() };
    let text = |text: &str| RecordData::Txt(Text::from(text));
    let required = Importance::Required;
    let mut list = vec![
        parked(Id::Mx, domain.clone(), null, Requirement::TakesNoMail, required),
        parked(Id::Spf, domain.clone(), text(NO_SENDERS), Requirement::AuthorizesNoSender, required),
    ];
    if let Ok(name) = domain.prepend("_dmarc") {
        let requirement = Requirement::RejectsForgedMail;
        list.push(parked(Id::Dmarc, name, text(REJECT), requirement, Importance::Recommended));
    }
    list
}

fn parked(
    id: Id,
    name: Name,
    data: RecordData,
    requirement: Requirement,
    importance: Importance,
) -> Expectation {
    let rtype = if id == Id::Mx { RecordType::Mx } else { RecordType::Txt };
    Expectation {
        id,
        name,
        rtype,
        requirement,
        service: Service::Exchange,
        phase: Phase::Prepare,
        importance,
        origin: Origin::Standard,
        data: vec![data],
        also: Vec::new(),
        ttl: TTL,
        given_by: None,
    }
}
