//! Finds domains that, according to Microsoft's sign-in host, another tenant holds, or no tenant.
//!
//! The host is asked only if the user wants it; without an answer, nothing is reported.

use crate::facts::{Facts, TenantHolder, WebReply, WebRequest};

use super::{Case, Code, Hazard, Severity, backticked};
use crate::check::web::{holder_of, initial_domain, tenant_request};

/// Reports a domain that the wrong tenant holds, or that no tenant holds.
pub(super) fn tenant(case: &Case<'_>) -> Vec<Hazard> {
    let (subject, facts) = (case.subject, case.view.facts);
    let domain = &subject.domain;
    let Some(reply) = answer(facts, tenant_request(subject, domain)) else { return Vec::new() };
    let host = backticked(&reply.request.host);
    let hazard = |code, message, replies: &[&WebReply]| {
        let records = replies.iter().map(|reply| shown(reply)).collect();
        vec![Hazard { records, ..Hazard::new(code, domain, None, message) }]
    };
    let held = match holder_of(reply) {
        Some(TenantHolder::Tenant { id, .. }) => id,
        Some(TenantHolder::NoTenant) => {
            let message = format!(
                "Add {} in the Microsoft 365 admin center and verify it: {host} knows no tenant for it.",
                backticked(domain)
            );
            return hazard(Code::DomainInNoTenant, message, &[reply]);
        }
        None => {
            let message =
                format!("The tenant of {} is unknown: {}. Try again.", backticked(domain), why(reply));
            return hazard(Code::TenantUnknown, message, &[reply]);
        }
    };
    let Some(initial) = initial_domain(subject) else { return Vec::new() };
    let Some(own) = answer(facts, tenant_request(subject, &initial)) else { return Vec::new() };
    let given = backticked(&initial);
    match holder_of(own) {
        Some(TenantHolder::Tenant { id, .. }) if id == held => Vec::new(),
        Some(TenantHolder::Tenant { id, .. }) => {
            let message = format!(
                "Remove {} from the tenant `{held}`, or correct `--tenant`: {given} is the tenant `{id}`, \
                 and a domain belongs to one tenant only.",
                backticked(domain)
            );
            hazard(Code::DomainInOtherTenant, message, &[reply, own])
        }
        Some(TenantHolder::NoTenant) => {
            let message = format!("Correct `--tenant`: {host} knows no tenant {given}.");
            let mut found = hazard(Code::TenantUnknown, message, &[own]);
            found.iter_mut().for_each(|hazard| hazard.level = Severity::Warning);
            found
        }
        None => {
            let message = format!(
                "It is unknown if {} belongs to the tenant {given}: {}. Try again.",
                backticked(domain),
                why(own)
            );
            hazard(Code::TenantUnknown, message, &[own])
        }
    }
}

fn answer(facts: &Facts, request: Option<WebRequest>) -> Option<&WebReply> {
    facts.web(&request?)
}

/// Formats an answer as evidence.
fn shown(reply: &WebReply) -> String {
    let found = match holder_of(reply) {
        Some(TenantHolder::Tenant { id, region }) if region.is_empty() => format!("tenant {id}"),
        Some(TenantHolder::Tenant { id, region }) => format!("tenant {id}, region {region}"),
        Some(TenantHolder::NoTenant) => "no tenant".into(),
        None => why(reply),
    };
    format!("{}: {found}", reply.request.url())
}

/// Returns the reason why an answer does not show the tenant.
fn why(reply: &WebReply) -> String {
    match (reply.status, reply.reason.is_empty()) {
        (0, true) => format!("{} ({})", backticked(&reply.request.host), reply.outcome),
        (status, true) => format!("{} answered with HTTP status {status}", backticked(&reply.request.host)),
        (_, false) => format!("{}: {}", backticked(&reply.request.host), reply.reason),
    }
}
