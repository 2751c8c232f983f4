//! Finds web servers that answer Outlook's requests for settings before Microsoft does.
//!
//! Outlook requests `https://contoso.com/autodiscover/autodiscover.xml` and then the same path at
//! `autodiscover.contoso.com`; it uses a DNS alias to Microsoft only if neither answers. These servers are asked only
//! if the user wants it.

use crate::expected::{Phase, Purpose};
use crate::facts::{WebOutcome, WebReply};
use crate::record::Name;

use super::{Case, Code, Hazard, Severity, backticked, join_and};
use crate::check::web::autodiscover_request;

/// Reports the web servers that keep Outlook from Microsoft's settings.
pub(super) fn autodiscover(case: &Case<'_>) -> Vec<Hazard> {
    let (subject, facts) = (case.subject, case.view.facts);
    let answer = |host: &Name| facts.web(&autodiscover_request(subject, host.clone()));
    let mut hazards: Vec<Hazard> = Vec::new();
    hazards.extend(answer(&subject.domain).and_then(|reply| at_domain(case, reply)));
    // Before the switch the old platform answers there, and in a hybrid deployment the on-premises server while it has
    // mailboxes.
    if subject.phase >= Phase::Switch
        && !subject.hybrid
        && let Ok(host) = subject.domain.prepend("autodiscover")
    {
        hazards.extend(answer(&host).and_then(|reply| intercepted(case, reply)));
    }
    if subject.hybrid || subject.phase < Phase::Switch {
        hazards.iter_mut().for_each(|hazard| hazard.level = Severity::Info);
    }
    hazards
}

fn at_domain(case: &Case<'_>, reply: &WebReply) -> Option<Hazard> {
    if reply.outcome != WebOutcome::BadCertificate {
        return intercepted(case, reply);
    }
    let message = format!(
        "Get a certificate for {0} on its web server, or close port 443 there: Outlook asks `{1}` first and may warn \
         its users ({2}).",
        backticked(&reply.request.host),
        reply.request.url(),
        reply.reason
    );
    Some(hazard(Code::AutodiscoverCertificate, message, reply))
}

fn intercepted(case: &Case<'_>, reply: &WebReply) -> Option<Hazard> {
    if reply.outcome != WebOutcome::Answered {
        return None;
    }
    let url = reply.request.url();
    let (found, level) = match reply.status {
        401 => ("asks for a password", Severity::Warning),
        200 if is_settings(&reply.media_type) => ("returns settings of its own", Severity::Warning),
        200 => ("shows a web page", Severity::Info),
        300..=399 if leads_to_microsoft(case, &reply.location) => return None,
        300..=399 if reply.location.is_empty() => ("redirects", Severity::Info),
        300..=399 => ("redirects elsewhere", Severity::Info),
        _ => return None,
    };
    let status = reply.status;
    let message = format!(
        "Make the web server return 404 at `{url}`: Outlook asks there before it follows DNS to Microsoft, \
         and the server {found} (HTTP status {status})."
    );
    Some(Hazard { level, ..hazard(Code::AutodiscoverIntercepted, message, reply) })
}

fn hazard(code: Code, message: String, reply: &WebReply) -> Hazard {
    let mut records = Vec::new();
    if reply.status != 0 {
        let media =
            if reply.media_type.is_empty() { String::new() } else { format!(", {}", reply.media_type) };
        records.push(format!("{}: HTTP status {}{media}", reply.request.url(), reply.status));
    }
    if !reply.location.is_empty() {
        records.push(format!("redirects to {}", reply.location));
    }
    if !reply.certificate.is_empty() {
        records.push(format!("certificate for {}", join_and(reply.certificate.iter().cloned())));
    }
    Hazard { records, ..Hazard::new(code, &reply.request.host, None, message) }
}

/// Returns whether an answer of this media type is read as settings.
fn is_settings(media_type: &str) -> bool {
    let essence = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence.ends_with("/xml") || essence.ends_with("+xml") && !essence.contains("html")
}

/// Returns whether a redirect leads to a host of the cloud.
fn leads_to_microsoft(case: &Case<'_>, location: &str) -> bool {
    /// The domains that serve the settings of Exchange Online, in any cloud (Microsoft Learn, "Microsoft 365 URLs and
    /// IP address ranges", read 2026-11).
    const HOSTS: &[&str] = &["outlook.com", "office365.com", "office.com", "office365.us", "outlook.cn"];
    let host = location.strip_prefix("https://").and_then(|rest| rest.split(['/', ':', '?', '#']).next());
    let Some(host) = host.and_then(|host| host.parse::<Name>().ok()) else { return false };
    let target = case.subject.cloud.name(Purpose::Autodiscover);
    let within = |suffix: &&str| suffix.parse::<Name>().is_ok_and(|suffix| host.is_within(&suffix));
    target == Some(&host) || HOSTS.iter().any(within)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_told_from_pages() {
        for (media_type, expected) in [
            ("text/xml; charset=utf-8", true),
            ("Application/XML", true),
            ("application/soap+xml", true),
            ("application/xhtml+xml", false),
            ("text/html", false),
            ("", false),
        ] {
            assert_eq!(is_settings(media_type), expected, "{media_type}");
        }
    }
}
