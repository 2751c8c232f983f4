//! Applies values from lists to the expectations.

use crate::record::spf::{Meaning, Mechanism, SpfRecord, is_spf};
use crate::record::{Name, RecordData, Text};

use super::import::{Ignored, Wanted};
use super::misspelled::meant_include;
use super::{Cloud, Expectation, Id, Importance, Origin, Purpose, Requirement, Subject};

/// Returns the expectations with the values of the subject's lists, which override derived and default values; a value
/// given by a flag overrides both.
pub(super) fn with_given(mut list: Vec<Expectation>, subject: &Subject) -> Vec<Expectation> {
    for wanted in &subject.given {
        let Some(expectation) = list.iter_mut().find(|expectation| fits(expectation, wanted)) else {
            continue;
        };
        // The first list that names a value takes precedence over later ones, and a flag over all lists.
        if expectation.origin != Origin::Given {
            take(expectation, wanted);
        }
    }
    list
}

/// Returns the entries of the lists that no rule checks, with the reason.
#[must_use]
pub fn ignored(subject: &Subject) -> Vec<Ignored> {
    if subject.given.is_empty() {
        return subject.unused.clone();
    }
    let list = super::expectations(&Subject { given: Vec::new(), ..subject.clone() });
    let reason = |wanted: &Wanted| match list.iter().find(|expectation| fits(expectation, wanted)) {
        Some(expectation) if matches!(expectation.requirement, Requirement::IsAbsent) => {
            Some("it must not be published outside China")
        }
        Some(_) => None,
        None if is_proof(&wanted.data) => Some("the verification TXT record has the same effect"),
        None if subject.domain.prepend("_dmarc").is_ok_and(|name| name == wanted.name) => {
            Some("it is not a DMARC policy that can be published as it is")
        }
        None => Some("cutover does not compare this record"),
    };
    let ignored = subject.given.iter().filter_map(|wanted| {
        reason(wanted).map(|reason| Ignored {
            what: wanted.to_string(),
            file: wanted.file.clone(),
            place: wanted.place.clone(),
            reason: reason.into(),
        })
    });
    subject.unused.iter().cloned().chain(ignored).collect()
}

/// Returns whether the expectation is about this record.
fn fits(expectation: &Expectation, wanted: &Wanted) -> bool {
    if expectation.name != wanted.name || expectation.rtype != wanted.data.rtype() || is_proof(&wanted.data) {
        return false;
    }
    match (&wanted.data, expectation.id) {
        (RecordData::Txt(text), Id::Spf) => is_spf(text),
        (RecordData::Txt(text), Id::Verification) => is_verification(text),
        (RecordData::Txt(text), Id::Dmarc) => is_policy(text),
        (RecordData::Txt(_), _) => false,
        _ => true,
    }
}

/// Returns whether an MX record serves only to prove ownership.
fn is_proof(data: &RecordData) -> bool {
    let is_below_proof = |host: &Name| "msv1.invalid".parse().is_ok_and(|proof: Name| host.is_within(&proof));
    matches!(data, RecordData::Mx { exchange, .. } if is_below_proof(exchange))
}

/// The tags of a DMARC policy (RFC 9989 §4.7, and those that RFC 7489 §6.3 had).
const POLICY_TAGS: [&str; 14] =
    ["v", "p", "sp", "np", "psd", "t", "rua", "ruf", "adkim", "aspf", "fo", "rf", "ri", "pct"];

/// Returns whether a text is a DMARC policy that can be published as it is (RFC 9989 §4.7).
fn is_policy(text: &Text) -> bool {
    let text = text.lossy();
    let tags = text.split(';').map(str::trim).filter(|tag| !tag.is_empty());
    let tags: Option<Vec<(String, &str)>> = tags
        .map(|tag| tag.split_once('=').map(|(name, value)| (name.trim().to_ascii_lowercase(), value.trim())))
        .collect();
    let Some(tags) = tags else { return false };
    let is_action =
        |value: &str| ["none", "quarantine", "reject"].iter().any(|one| value.eq_ignore_ascii_case(one));
    let is_right = |(name, value): &(String, &str)| match name.as_str() {
        "p" | "sp" | "np" => is_action(value),
        name => POLICY_TAGS.contains(&name),
    };
    tags.first().is_some_and(|(name, value)| name == "v" && *value == "DMARC1")
        && tags.iter().any(|(name, _)| name == "p")
        && tags.iter().all(is_right)
}

fn is_verification(text: &Text) -> bool {
    text.lossy().to_ascii_lowercase().starts_with("ms=")
}

/// Returns the mistyped include of Microsoft's in the SPF record that a list requires for the domain, with the one that
/// was meant and that is expected instead.
#[must_use]
pub fn mistyped_include(subject: &Subject) -> Option<(&Wanted, Name, Name)> {
    subject.given.iter().filter(|wanted| wanted.name == subject.domain).find_map(|wanted| {
        let RecordData::Txt(text) = &wanted.data else { return None };
        let (typed, meant) = mistyped(text)?;
        Some((wanted, typed, meant))
    })
}

fn take(expectation: &mut Expectation, wanted: &Wanted) {
    let data = corrected(&wanted.data);
    match (&mut expectation.requirement, &data) {
        (Requirement::DeliversTo(hosts), RecordData::Mx { exchange, .. }) => {
            hosts.given = Some(exchange.clone());
            hosts.proposed = Some(exchange.clone());
            // Behind a filter the MX is the filter's, and Microsoft's host is where the filter delivers to.
            if !hosts.gateways.is_empty() {
                return;
            }
        }
        (Requirement::SpfIncludes(include), RecordData::Txt(text)) => {
            let Some(given) = microsofts_include(text) else { return };
            *include = given;
        }
        (Requirement::HasVerification(given), RecordData::Txt(text)) => {
            *given = Some(text.lossy().into_owned());
            expectation.importance = Importance::Required;
        }
        (Requirement::IsAliasOf(target) | Requirement::MayBeAliasOf(target), RecordData::Cname(given)) => {
            *target = given.clone();
            expectation.also.clear();
        }
        (
            Requirement::OffersService(offer) | Requirement::MayOfferService(offer),
            RecordData::Srv { port, target, .. },
        ) => {
            (offer.target, offer.port) = (target.clone(), *port);
        }
        (Requirement::HasDkimKeyAt(_), RecordData::Cname(_))
        | (Requirement::HasDmarcPolicy, RecordData::Txt(_)) => {}
        _ => return,
    }
    // A record that is never required has nothing to publish.
    let is_legacy =
        matches!(expectation.requirement, Requirement::MayBeAliasOf(_) | Requirement::MayOfferService(_));
    if !is_legacy {
        expectation.data = vec![data];
    }
    expectation.origin = Origin::Given;
    expectation.given_by = Some(wanted.file.clone());
    expectation.ttl = wanted.ttl.unwrap_or(expectation.ttl);
}

/// Returns the domains that an SPF record includes.
fn includes(text: &Text) -> Vec<Name> {
    let record = SpfRecord::parse(text);
    let terms = record.iter().flat_map(|record| &record.terms);
    let includes = terms.filter_map(|term| match &term.meaning {
        Meaning::Mechanism(_, Mechanism::Include(domain)) => domain.name.clone(),
        _ => None,
    });
    includes.collect()
}

/// Returns the first include of an SPF record that is a typing error of Microsoft's, and the one that was meant.
fn mistyped(text: &Text) -> Option<(Name, Name)> {
    includes(text).into_iter().find_map(|typed| {
        let meant = meant_include(&typed)?.clone();
        Some((typed, meant))
    })
}

/// Returns the record with a mistyped include of Microsoft's corrected.
fn corrected(data: &RecordData) -> RecordData {
    let RecordData::Txt(text) = data else { return data.clone() };
    let Some((typed, meant)) = mistyped(text) else { return data.clone() };
    let (written, typed) = (text.lossy(), typed.without_trailing_dot());
    let Some(at) = written.to_ascii_lowercase().find(&typed) else { return data.clone() };
    let (start, rest) = (&written[..at], &written[at + typed.len()..]);
    let corrected = format!("{start}{}{rest}", meant.without_trailing_dot());
    RecordData::Txt(Text::from(corrected.as_str()))
}

/// Returns Microsoft's include, of any cloud, in an SPF record, or else the first include.
fn microsofts_include(text: &Text) -> Option<Name> {
    let includes = includes(text);
    let is_microsofts = |name: &&Name| {
        Cloud::ALL
            .iter()
            .filter_map(|cloud| cloud.value(Purpose::SpfInclude))
            .any(|value| name.without_trailing_dot() == value)
    };
    includes.iter().find(is_microsofts).or(includes.first()).cloned()
}
