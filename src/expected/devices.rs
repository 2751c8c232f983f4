//! Expectations of Intune and Entra device registration.
//!
//! Both records are optional (Microsoft Learn, Enable MDM automatic enrollment for Windows, 2024-01-23).

use crate::record::{Name, RecordData, RecordType};

use super::mail::TTL;
use super::{Expectation, Id, Importance, Origin, Phase, Purpose, Requirement, Service, Subject};

/// The oldest target of `enterpriseenrollment`, which still works with one more prompt.
const OLDEST_ENROLLMENT: &str = "manage.microsoft.com";

/// Returns the expectations of devices for the subject.
pub(super) fn expectations(subject: &Subject) -> Vec<Expectation> {
    let value = |purpose| subject.cloud.name(purpose).cloned();
    let older: Vec<Name> = value(Purpose::DeviceEnrollmentOlder)
        .into_iter()
        .flat_map(|older| [Some(older), OLDEST_ENROLLMENT.parse().ok()])
        .flatten()
        .collect();
    let enrollment = value(Purpose::DeviceEnrollment)
        .and_then(|target| alias(subject, Id::DeviceEnrollment, "enterpriseenrollment", target, older));
    let registration = value(Purpose::DeviceRegistration).and_then(|target| {
        alias(subject, Id::DeviceRegistration, "enterpriseregistration", target, Vec::new())
    });
    enrollment.into_iter().chain(registration).collect()
}

fn alias(subject: &Subject, id: Id, host: &str, target: Name, also: Vec<Name>) -> Option<Expectation> {
    Some(Expectation {
        id,
        name: subject.domain.prepend(host).ok()?,
        rtype: RecordType::Cname,
        service: Service::Devices,
        phase: Phase::Switch,
        importance: Importance::Required,
        origin: Origin::Standard,
        data: vec![RecordData::Cname(target.clone())],
        also,
        requirement: Requirement::IsAliasOf(target),
        ttl: TTL,
        given_by: None,
    })
}
