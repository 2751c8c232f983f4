//! Expectations about DKIM and DMARC.
//!
//! Microsoft keeps the DKIM keys and rotates them, so the domain publishes two aliases. Their targets have two forms:
//! the older one below the initial domain, and since May 2025 one below `dkim.mail.microsoft`, whose partition cannot
//! be derived (Microsoft Learn, Set up DKIM to sign mail from your cloud domain, 2026-01-30).

use crate::record::{Name, RecordData, RecordType, Text};

use super::mail::TTL;
use super::{
    Expectation, Id, Importance, Origin, Phase, Purpose, Requirement, Selector, Service, Subject, token,
};

/// The record to publish if the domain has no DMARC policy: receivers reject nothing, and the domain can ask for
/// reports.
const DMARC_START: &str = "v=DMARC1; p=none";

/// Returns the DKIM and DMARC expectations for the subject.
pub(super) fn expectations(subject: &Subject) -> Vec<Expectation> {
    let keys = [(Id::DkimSelector1, 1), (Id::DkimSelector2, 2)];
    let keys = keys.into_iter().filter_map(|(id, number)| key(subject, id, number));
    keys.chain(dmarc(subject)).collect()
}

fn key(subject: &Subject, id: Id, number: u8) -> Option<Expectation> {
    let selector = Selector {
        number,
        cloud: subject.cloud,
        token: token(&subject.domain),
        tenant: subject.tenant.clone(),
    };
    Some(Expectation {
        id,
        name: subject.domain.prepend(&format!("selector{number}._domainkey")).ok()?,
        rtype: RecordType::Cname,
        service: Service::Exchange,
        phase: Phase::Prepare,
        importance: Importance::Recommended,
        origin: if subject.tenant.is_some() { Origin::Derived } else { Origin::Standard },
        data: selector.older_target().map(RecordData::Cname).into_iter().collect(),
        also: Vec::new(),
        requirement: Requirement::HasDkimKeyAt(selector),
        ttl: TTL,
        given_by: None,
    })
}

impl Selector {
    /// Returns the target below the initial domain, such as `selector1-contoso-com._domainkey.contoso.onmicrosoft.com`;
    /// `None` if the tenant or the derived label is not known.
    ///
    /// Also `None` in clouds for which Microsoft documents no target.
    #[must_use]
    pub(crate) fn older_target(&self) -> Option<Name> {
        let documented = self.cloud.shares(super::Cloud::Worldwide, Purpose::InitialDomain);
        let initial = self.cloud.name(Purpose::InitialDomain).filter(|_| documented)?;
        let (token, tenant) = (self.token.as_ref()?, self.tenant.as_ref()?);
        initial.prepend(&format!("selector{}-{token}._domainkey.{tenant}", self.number)).ok()
    }

    /// Returns the target below `dkim.mail.microsoft` as a pattern: Microsoft assigns the partition, here `<x>`, when
    /// DKIM signing is enabled, and it differs from that of the MX host.
    ///
    /// `None` in clouds for which Microsoft documents no target, and if the tenant or the derived label is not known.
    #[must_use]
    pub(crate) fn newer_target(&self) -> Option<String> {
        self.older_target()?;
        let (token, tenant) = (self.token.as_ref()?, self.tenant.as_ref()?);
        Some(format!("selector{}-{token}._domainkey.{tenant}.<x>-v1.dkim.mail.microsoft", self.number))
    }
}

fn dmarc(subject: &Subject) -> Option<Expectation> {
    Some(Expectation {
        id: Id::Dmarc,
        name: subject.domain.prepend("_dmarc").ok()?,
        rtype: RecordType::Txt,
        service: Service::Exchange,
        phase: Phase::Prepare,
        importance: Importance::Recommended,
        origin: Origin::Standard,
        data: vec![RecordData::Txt(Text::from(DMARC_START))],
        also: Vec::new(),
        requirement: Requirement::HasDmarcPolicy,
        ttl: TTL,
        given_by: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_need_the_tenant_and_a_cloud_that_documents_them() {
        let domain = "blue-yonder.com".parse().unwrap();
        let selector = Selector {
            number: 2,
            cloud: crate::expected::Cloud::Gcc,
            token: token(&domain),
            tenant: Some("contoso".into()),
        };
        let newer = "selector2-blueyonder-com01b._domainkey.contoso.<x>-v1.dkim.mail.microsoft";
        let older = "selector2-blueyonder-com01b._domainkey.contoso.onmicrosoft.com";
        assert_eq!(selector.newer_target().as_deref(), Some(newer));
        assert_eq!(selector.older_target(), older.parse().ok());
        for unknown in [
            Selector { tenant: None, ..selector.clone() },
            Selector { cloud: crate::expected::Cloud::GccHigh, ..selector },
        ] {
            assert_eq!((unknown.newer_target(), unknown.older_target()), (None, None));
        }
    }
}
