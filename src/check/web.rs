//! Lists the web servers to ask about a domain, and reads their answers.

use std::collections::BTreeSet;

use crate::expected::{Purpose, Subject};
use crate::facts::{Facts, TenantHolder, WebReply, WebRequest, WebTopic};
use crate::record::Name;

/// Returns the requests about a domain for these topics.
#[must_use]
pub fn web_requests(subject: &Subject, topics: &[WebTopic]) -> BTreeSet<WebRequest> {
    let mut requests = BTreeSet::new();
    for topic in topics {
        match topic {
            WebTopic::Tenant => {
                requests.extend(tenant_request(subject, &subject.domain));
                requests.extend(initial_domain(subject).and_then(|name| tenant_request(subject, &name)));
            }
            // No mail program is set up for a domain that receives no mail.
            WebTopic::Autodiscover if subject.is_parked => {}
            WebTopic::Autodiscover => {
                let hosts = [Some(subject.domain.clone()), subject.domain.prepend("autodiscover").ok()];
                requests.extend(hosts.into_iter().flatten().map(|host| autodiscover_request(subject, host)));
            }
        }
    }
    requests
}

/// Returns the request for the tenant that holds `name`; `None` in a cloud without a known sign-in host.
pub(super) fn tenant_request(subject: &Subject, name: &Name) -> Option<WebRequest> {
    let host = subject.cloud.name(Purpose::SignIn)?.clone();
    Some(WebRequest { topic: WebTopic::Tenant, domain: name.clone(), host })
}

/// Returns the request for the settings of mail programs at `host`.
pub(super) fn autodiscover_request(subject: &Subject, host: Name) -> WebRequest {
    WebRequest { topic: WebTopic::Autodiscover, domain: subject.domain.clone(), host }
}

/// Returns the initial domain of the tenant that the user named.
pub(super) fn initial_domain(subject: &Subject) -> Option<Name> {
    let (tenant, suffix) = (subject.tenant.as_deref()?, subject.cloud.value(Purpose::InitialDomain)?);
    format!("{tenant}.{suffix}").parse().ok()
}

/// Returns the tenant that holds the domain; `None` if the answer does not say.
pub(super) fn holder_of(reply: &WebReply) -> Option<&TenantHolder> {
    reply.holder.as_ref()
}

/// The tenant that holds a domain, according to the sign-in host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenancy {
    /// The sign-in host.
    pub host: Name,
    /// The tenant that holds the domain; `None` if the answer does not say.
    pub holder: Option<TenantHolder>,
}

/// Returns the tenant that holds the domain; `None` if the sign-in host was not asked.
pub(super) fn tenancy(subject: &Subject, facts: &Facts) -> Option<Tenancy> {
    let request = tenant_request(subject, &subject.domain)?;
    let reply = facts.web(&request)?;
    Some(Tenancy { host: request.host, holder: holder_of(reply).cloned() })
}
