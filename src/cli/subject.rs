//! What do the options say about the domain?

use crate::expected::{Cloud, Purpose, Subject};
use crate::provider::{self, Kind, Provider};
use crate::record::Name;

use super::args::Expectations;
use super::{Problem, domain};

/// The subject for a domain; the same choices hold for every domain of a run.
///
/// # Errors
/// [`Problem`] for a value that cannot be what it should be.
pub(super) fn subject(domain: Name, options: &Expectations) -> Result<Subject, Problem> {
    Ok(Subject {
        domain,
        phase: options.phase,
        cloud: options.cloud,
        tenant: options.tenant.as_deref().map(|text| tenant(text, options.cloud)).transpose()?,
        mx: options.mx.as_deref().map(mail_host).transpose()?,
        verification: options.verification.as_deref().map(verification).transpose()?,
        source: options.source.as_deref().map(source).transpose()?,
        gateways: options.gateway.clone(),
        hybrid: options.hybrid,
        services: options.services.0.clone(),
        switch_at: options.switch_at.map(|moment| moment.0),
    })
}

/// `contoso` of `contoso` or `contoso.onmicrosoft.com`.
fn tenant(text: &str, cloud: Cloud) -> Result<String, Problem> {
    let lower = text.trim().to_ascii_lowercase();
    let suffix = cloud.value(Purpose::InitialDomain).unwrap_or_default();
    let name = lower.strip_suffix(suffix).and_then(|name| name.strip_suffix('.')).unwrap_or(&lower);
    let valid = !name.is_empty()
        && name.len() <= 63
        && name.bytes().all(|octet| octet.is_ascii_alphanumeric() || octet == b'-');
    if valid {
        return Ok(name.to_owned());
    }
    Err(Problem::Usage(format!(
        "--tenant: found `{}`, expected the tenant's name as in `contoso` or `contoso.{suffix}`",
        crate::report::view::harmless(text)
    )))
}

/// The host, with or without a preference in front and a dot behind.
fn mail_host(text: &str) -> Result<Name, Problem> {
    let host = text.trim().rsplit([' ', '\t']).next().unwrap_or_default();
    domain::parse(host)
        .map_err(|why| Problem::Usage(format!("--mx: {why}; give the host alone, without a preference")))
}

fn verification(text: &str) -> Result<String, Problem> {
    let text = text.trim().trim_matches('"');
    if text.is_empty() || text.len() > 255 || !text.bytes().all(|octet| octet.is_ascii_graphic()) {
        return Err(Problem::Usage(format!(
            "--verification: found `{}`, expected a text such as `MS=ms12345678`",
            crate::report::view::harmless(text)
        )));
    }
    // The admin center shows both columns; the digits alone are a common slip, and unambiguous.
    let bare = text.len() > 2
        && text[..2].eq_ignore_ascii_case("ms")
        && text[2..].bytes().all(|octet| octet.is_ascii_digit());
    Ok(if bare { format!("MS={text}") } else { text.to_owned() })
}

fn source(text: &str) -> Result<&'static Provider, Problem> {
    let known = provider::by_id(&text.to_ascii_lowercase());
    if let Some(provider) =
        known.filter(|provider| matches!(provider.kind, Kind::Source | Kind::Forwarder | Kind::Retired))
    {
        return Ok(provider);
    }
    let found = known.map_or_else(
        || format!("found `{text}`"),
        |known| format!("`{text}` is {}", known.kind.description()),
    );
    let hint = provider::closest_id(text).filter(|close| *close != text);
    let hint = hint.map(|id| format!("; did you mean `{id}`?")).unwrap_or_default();
    Err(Problem::Usage(format!("--source: {found}, expected the id of a platform such as `rackspace`{hint}")))
}
