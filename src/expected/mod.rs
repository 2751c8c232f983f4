//! The records that a domain needs at Microsoft 365.
//!
//! Data only: Microsoft's requirements for a domain, as a list of [`Expectation`]s. Nothing here reads DNS.

mod cloud;
mod devices;
mod dkim;
mod expectation;
mod given;
pub mod import;
mod mail;
mod misspelled;
mod mta_sts;
mod parked;
mod teams;
mod token;

pub use cloud::{Cloud, ENDPOINTS, Endpoint, Purpose};
pub use expectation::{
    Expectation, Id, Importance, MailHosts, Offer, Origin, Phase, Requirement, Selector, Service,
};
pub use given::{ignored, mistyped_include};
pub(crate) use mail::{control_host, derived_host, partition_hosts};
pub(crate) use misspelled::{HostDoubt, doubt, is_partition, meant_include, meant_mail_host};
pub(crate) use token::domain_of;
pub use token::token;

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::provider::{Gateway, Provider};
use crate::record::Name;
use crate::record::spf::Term;

/// One domain, and the facts about its move that are known before any lookup.
#[derive(Debug, Clone)]
pub struct Subject {
    /// The domain, as A-labels.
    pub domain: Name,
    /// The phase of the move that is checked.
    pub phase: Phase,
    /// The cloud that the domain moves to.
    pub cloud: Cloud,
    /// The tenant's name: `contoso` of `contoso.onmicrosoft.com`.
    pub tenant: Option<String>,
    /// The MX host as the admin center shows it.
    pub mx: Option<Name>,
    /// The verification text as the admin center shows it.
    pub verification: Option<String>,
    /// The platform being left, if named.
    pub source: Option<&'static Provider>,
    /// Filters that are meant to stay in front.
    pub gateways: Vec<Gateway>,
    /// True if autodiscover stays on premises for now.
    pub hybrid: bool,
    /// True if the domain neither receives nor sends mail, and will not.
    pub is_parked: bool,
    /// The services whose records are required; those of the others are optional.
    pub services: BTreeSet<Service>,
    /// The records that lists require, in the order of the lists.
    pub given: Vec<import::Wanted>,
    /// The entries of these lists that could not be used as a record.
    pub unused: Vec<import::Ignored>,
    /// Terms of other senders that must stay in the SPF record.
    pub spf_senders: Vec<Term>,
    /// The planned time of the MX change.
    pub switch_at: Option<Timestamp>,
}

impl Subject {
    /// Returns the domain with every choice at its default.
    #[must_use]
    pub fn new(domain: Name) -> Self {
        Self {
            domain,
            phase: Phase::default(),
            cloud: Cloud::default(),
            tenant: None,
            mx: None,
            verification: None,
            source: None,
            gateways: Vec::new(),
            hybrid: false,
            is_parked: false,
            services: BTreeSet::from([Service::Exchange]),
            given: Vec::new(),
            unused: Vec::new(),
            spf_senders: Vec::new(),
            switch_at: None,
        }
    }
}

/// Returns all expectations for the subject, in the order of the report.
#[must_use]
pub fn expectations(subject: &Subject) -> Vec<Expectation> {
    if subject.is_parked {
        return parked::expectations(subject);
    }
    let mut list = mail::expectations(subject);
    list.extend(dkim::expectations(subject));
    list.extend(mta_sts::expectations(subject));
    list.extend(teams::expectations(subject));
    list.extend(devices::expectations(subject));
    for expectation in &mut list {
        if !subject.services.contains(&expectation.service) {
            expectation.importance = Importance::Optional;
        }
    }
    given::with_given(list, subject)
}
