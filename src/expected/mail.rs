//! Expectations of Exchange Online.

use crate::record::{Name, RecordData, RecordType, Text};

use super::{
    Expectation, Id, Importance, MailHosts, Origin, Phase, Purpose, Requirement, Service, Subject, token,
};

/// The TTL of every record in Microsoft's own lists, in seconds.
pub(super) const TTL: u32 = 3600;

/// Returns the expectations of Exchange Online for the subject.
pub(super) fn expectations(subject: &Subject) -> Vec<Expectation> {
    let mut list = vec![verification(subject), mx(subject)];
    list.extend(spf(subject));
    list.extend(autodiscover(subject));
    list.extend(msoid(subject));
    list
}

fn verification(subject: &Subject) -> Expectation {
    let given = subject.verification.clone();
    Expectation {
        id: Id::Verification,
        name: subject.domain.clone(),
        rtype: RecordType::Txt,
        service: Service::Exchange,
        phase: Phase::Prepare,
        importance: if given.is_some() { Importance::Required } else { Importance::Optional },
        origin: if given.is_some() { Origin::Given } else { Origin::Standard },
        data: given.iter().map(|text| RecordData::Txt(Text::from(text.as_str()))).collect(),
        requirement: Requirement::HasVerification(given),
        also: Vec::new(),
        ttl: TTL,
        given_by: None,
    }
}

fn mx(subject: &Subject) -> Expectation {
    let proposed = subject.mx.clone().or_else(|| derived_host(subject));
    // Only the filter's operator and its customer know which hosts the filter assigned.
    let data = if subject.gateways.is_empty() || subject.mx.is_some() { proposed.clone() } else { None };
    Expectation {
        id: Id::Mx,
        name: subject.domain.clone(),
        rtype: RecordType::Mx,
        service: Service::Exchange,
        phase: Phase::Switch,
        importance: Importance::Required,
        origin: if subject.mx.is_some() { Origin::Given } else { Origin::Derived },
        data: data.into_iter().map(|exchange| RecordData::Mx { preference: 0, exchange }).collect(),
        requirement: Requirement::DeliversTo(MailHosts {
            cloud: subject.cloud,
            given: subject.mx.clone(),
            proposed,
            gateways: subject.gateways.clone(),
        }),
        also: Vec::new(),
        ttl: TTL,
        given_by: None,
    }
}

/// A label that no domain is expected to have: if it has an address too, a wildcard answered.
const CONTROL_LABEL: &str = "cutover-control";

/// Returns the candidates for the domain's host below `mx.microsoft`, one for each partition; none in clouds where the
/// form of these hosts is not known.
///
/// The partition cannot be derived: so far it has been a single letter and always `v1` (published MX records of
/// 2026-03-24).
#[must_use]
pub(crate) fn partition_hosts(subject: &Subject) -> Vec<Name> {
    let is_known = subject.cloud.shares(super::Cloud::Worldwide, Purpose::MxPartitionSuffix);
    let suffix = subject.cloud.name(Purpose::MxPartitionSuffix).filter(|_| is_known);
    let (Some(suffix), Some(token)) = (suffix, token(&subject.domain)) else { return Vec::new() };
    ('a'..='z').filter_map(|letter| suffix.prepend(&format!("{token}.{letter}-v1")).ok()).collect()
}

/// Returns a host in the same partition that must not exist, so that the existence of `host` proves something.
#[must_use]
pub(crate) fn control_host(host: &Name) -> Option<Name> {
    host.parent()?.prepend(CONTROL_LABEL).ok()
}

/// Returns the derived mail host: the domain's token, or in the government clouds the tenant's name, under the cloud's
/// suffix.
#[must_use]
pub(crate) fn derived_host(subject: &Subject) -> Option<Name> {
    let suffix = subject.cloud.name(Purpose::MxSuffix)?;
    // Names below `arpa`: no tenant can hold one as a domain.
    if subject.domain.labels().last().is_some_and(|top| top.eq_ignore_ascii_case(b"arpa")) {
        return None;
    }
    // Microsoft's pages show the tenant's name there, third parties also show the token: nothing is derived from the
    // domain.
    let by_tenant = subject.cloud.shares(super::Cloud::GccHigh, Purpose::MxSuffix);
    let label = if by_tenant { subject.tenant.clone()? } else { token(&subject.domain)? };
    suffix.prepend(&label).ok()
}

fn spf(subject: &Subject) -> Option<Expectation> {
    let include = subject.cloud.value(Purpose::SpfInclude)?;
    let senders: String = subject.spf_senders.iter().map(|sender| format!(" {}", sender.text)).collect();
    Some(Expectation {
        id: Id::Spf,
        name: subject.domain.clone(),
        rtype: RecordType::Txt,
        service: Service::Exchange,
        phase: Phase::Prepare,
        importance: Importance::Required,
        origin: Origin::Standard,
        data: vec![RecordData::Txt(Text::from(format!("v=spf1 include:{include}{senders} -all").as_str()))],
        requirement: Requirement::SpfIncludes(subject.cloud.name(Purpose::SpfInclude)?.clone()),
        also: Vec::new(),
        ttl: TTL,
        given_by: None,
    })
}

fn autodiscover(subject: &Subject) -> Option<Expectation> {
    if subject.hybrid {
        return None;
    }
    let target = subject.cloud.name(Purpose::Autodiscover)?.clone();
    alias(subject, Id::Autodiscover, "autodiscover", target, Phase::Switch, Importance::Required)
}

fn msoid(subject: &Subject) -> Option<Expectation> {
    if let Some(target) = subject.cloud.name(Purpose::Msoid) {
        return alias(subject, Id::Msoid, "msoid", target.clone(), Phase::Prepare, Importance::Recommended);
    }
    Some(Expectation {
        id: Id::Msoid,
        name: subject.domain.prepend("msoid").ok()?,
        rtype: RecordType::Cname,
        service: Service::Exchange,
        phase: Phase::Prepare,
        importance: Importance::Required,
        origin: Origin::Standard,
        data: Vec::new(),
        requirement: Requirement::IsAbsent,
        also: Vec::new(),
        ttl: TTL,
        given_by: None,
    })
}

fn alias(
    subject: &Subject,
    id: Id,
    host: &str,
    target: Name,
    phase: Phase,
    importance: Importance,
) -> Option<Expectation> {
    Some(Expectation {
        id,
        // A domain of nearly 255 octets has no room for the extra label.
        name: subject.domain.prepend(host).ok()?,
        rtype: RecordType::Cname,
        service: Service::Exchange,
        phase,
        importance,
        origin: Origin::Standard,
        data: vec![RecordData::Cname(target.clone())],
        requirement: Requirement::IsAliasOf(target),
        also: Vec::new(),
        ttl: TTL,
        given_by: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expected::Cloud;

    fn subject(domain: &str, cloud: Cloud) -> Subject {
        Subject { cloud, ..Subject::new(domain.parse().unwrap()) }
    }

    #[test]
    fn every_partition_has_one_host_with_the_token() {
        let hosts = partition_hosts(&subject("blue-yonder.com", Cloud::Gcc));
        let last = hosts.last().map(Name::without_trailing_dot);
        assert_eq!((hosts.len(), last.as_deref()), (26, Some("blueyonder-com01b.z-v1.mx.microsoft")));
        assert_eq!(hosts[0].without_trailing_dot(), "blueyonder-com01b.a-v1.mx.microsoft");
        let control = control_host(&hosts[14]).unwrap();
        assert_eq!(control.without_trailing_dot(), "cutover-control.o-v1.mx.microsoft");
    }

    #[test]
    fn nothing_is_searched_where_the_form_is_not_known() {
        for cloud in [Cloud::GccHigh, Cloud::Dod, Cloud::China] {
            assert!(partition_hosts(&subject("contoso.com", cloud)).is_empty(), "{cloud}");
        }
        // Too long for a label.
        let long = format!("{}.{}.example", "a".repeat(40), "b".repeat(40));
        assert!(partition_hosts(&subject(&long, Cloud::Worldwide)).is_empty());
    }

    #[test]
    fn the_assigned_host_replaces_a_derived_one_alone() {
        let found: Name = "contoso-com.o-v1.mx.microsoft".parse().unwrap();
        let mut derived = mx(&subject("contoso.com", Cloud::Worldwide));
        derived.assign_mail_host(Some(&found));
        assert_eq!((derived.origin, derived.proposed_host()), (Origin::Found, Some(&found)));
        assert_eq!(derived.data[0].to_string(), "0 contoso-com.o-v1.mx.microsoft.");
        let mut given = mx(&Subject {
            mx: "contoso-com.p-v1.mx.microsoft".parse().ok(),
            ..subject("contoso.com", Cloud::Worldwide)
        });
        given.assign_mail_host(Some(&found));
        assert_eq!((given.origin, given.proposed_host() == Some(&found)), (Origin::Given, false));
        let mut unknown = mx(&subject("contoso.com", Cloud::Worldwide));
        unknown.assign_mail_host(None);
        assert!(unknown.data.is_empty() && unknown.proposed_host().is_none());
    }

    fn host(domain: &str) -> Option<String> {
        derived_host(&Subject::new(domain.parse().unwrap())).map(|host| host.without_trailing_dot())
    }

    #[test]
    fn a_host_is_derived_where_the_token_fits() {
        assert_eq!(host("contoso.com").as_deref(), Some("contoso-com.mail.protection.outlook.com"));
        assert_eq!(host(&format!("{}contoso.example", "office-for-the-environment.".repeat(3))), None);
        assert_eq!(host("2.0.192.in-addr.arpa"), None);
        assert_eq!(host("8.b.d.0.1.0.0.2.ip6.arpa"), None);
    }
}
