//! Which platform is being left, and which filter stands in front?
//!
//! Recognised from the records by the table of providers, strongest kind of evidence first: where mail goes, where mail
//! programs look, who sends, and then every other record that is known. Evidence that the table calls weak never names
//! a platform.

use std::collections::BTreeSet;

use crate::expected::{Purpose, Subject};
use crate::facts::{NameServer, Sight, Zone};
use crate::provider::{self, Evidence, Gateway, Kind, Provider};
use crate::record::{Name, Question, RecordData, RecordType, spf};

use super::hazard::published_questions;

/// A provider, and the records that show it.
#[derive(Debug, Clone)]
pub struct Recognised {
    /// Its id in the table of providers, or the host suffix that was declared.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its entry, where it has one.
    pub provider: Option<&'static Provider>,
    /// The records, as `NAME TYPE DATA`.
    pub evidence: Vec<String>,
}

impl Recognised {
    fn new(provider: &'static Provider, evidence: Vec<String>) -> Self {
        Self { id: provider.id.into(), name: provider.name.into(), provider: Some(provider), evidence }
    }
}

/// The platform being left: the one named, else the one that the strongest evidence shows.
pub(super) fn source(subject: &Subject, seen: &[Sighting]) -> Option<Recognised> {
    let seen: Vec<&Sighting> = seen.iter().filter(|sighting| sighting.names_a_source()).collect();
    let provider = subject.source.or_else(|| seen.first().map(|sighting| sighting.provider))?;
    let evidence = seen.iter().filter(|sighting| sighting.provider.id == provider.id);
    Some(Recognised::new(provider, evidence.map(|sighting| sighting.record.clone()).collect()))
}

/// The filter in front: a declared one, else the one that the MX shows.
pub(super) fn gateway(subject: &Subject, sight: &Sight<'_>, seen: &[Sighting]) -> Option<Recognised> {
    let hosts = if subject.gateways.is_empty() { Vec::new() } else { mail_hosts(subject, sight) };
    let covered = |gateway: &Gateway| -> Vec<String> {
        let covered = hosts.iter().filter(|(host, _)| gateway.covers(host, &subject.domain));
        covered.map(|(_, record)| record.clone()).collect()
    };
    if let Some(gateway) = subject.gateways.iter().max_by_key(|gateway| covered(gateway).len()) {
        let provider = match gateway {
            Gateway::Known(provider) => Some(*provider),
            Gateway::Suffix(_) => None,
        };
        let evidence = covered(gateway);
        return Some(Recognised {
            id: gateway.to_string(),
            name: gateway.name().into_owned(),
            provider,
            evidence,
        });
    }
    let mut filters = seen
        .iter()
        .filter(|sighting| sighting.evidence == Evidence::Mx && sighting.provider.kind == Kind::Gateway);
    let first = filters.next()?;
    let more = filters
        .filter(|sighting| sighting.provider.id == first.provider.id)
        .map(|sighting| sighting.record.clone());
    Some(Recognised::new(first.provider, std::iter::once(first.record.clone()).chain(more).collect()))
}

/// One record that shows a provider.
pub(super) struct Sighting {
    provider: &'static Provider,
    evidence: Evidence,
    record: String,
    /// Whether the record fits no other provider as closely.
    is_sole: bool,
}

impl Sighting {
    /// Where mail goes and who sends it names a platform; whatever else is shared by several of them, as by all that
    /// run the same panel, names none.
    fn names_a_source(&self) -> bool {
        let decides = matches!(self.evidence, Evidence::Mx | Evidence::Autodiscover | Evidence::Spf);
        self.provider.kind == Kind::Source
            && !self.provider.is_weak(self.evidence)
            && (decides || self.is_sole)
    }
}

/// Every platform and filter that a record shows, strongest kind of evidence first; failed lookups show nothing.
pub(super) fn sightings(subject: &Subject, sight: &Sight<'_>, zone: Option<&Zone>) -> Vec<Sighting> {
    let domain = &subject.domain;
    let mut seen = Vec::new();
    let mut note = |providers: Vec<&'static Provider>, evidence, record: &dyn Fn() -> String| {
        let is_sole = providers.len() == 1;
        // Nobody else is left, or stands in front; and the words of the record are not made for nothing.
        let may_be_told = |provider: &&Provider| matches!(provider.kind, Kind::Source | Kind::Gateway);
        seen.extend(providers.into_iter().filter(may_be_told).map(|provider| Sighting {
            provider,
            evidence,
            record: record(),
            is_sole,
        }));
    };
    for (host, record) in mail_hosts(subject, sight) {
        note(provider::of_mx(&host, domain), Evidence::Mx, &|| record.clone());
    }
    if let Ok(name) = domain.below("autodiscover") {
        for data in sight.set(&name, RecordType::Cname).unwrap_or_default().data {
            if let RecordData::Cname(target) = &data
                && Some(target) != subject.cloud.name(Purpose::Autodiscover)
            {
                note(provider::of_autodiscover(target, domain), Evidence::Autodiscover, &|| {
                    written(&name, &data)
                });
            }
        }
    }
    for data in sight.set(domain, RecordType::Txt).unwrap_or_default().data {
        let RecordData::Txt(text) = &data else { continue };
        let Some(record) = spf::SpfRecord::parse(text) else { continue };
        for target in record.terms.iter().filter_map(sender) {
            note(provider::of_spf(target, domain), Evidence::Spf, &|| written(domain, &data));
        }
    }
    for question in published_questions(sight.facts, domain) {
        for data in own(sight, question) {
            let (providers, evidence) = beside(&question.name, &data, domain);
            note(providers, evidence, &|| written(&question.name, &data));
        }
    }
    for NameServer { name, .. } in zone.map(|zone| &zone.name_servers[..]).unwrap_or_default() {
        note(provider::of_ns(name, domain), Evidence::Ns, &|| format!("{domain} NS {name}"));
    }
    seen
}

/// The records that stand at the name itself.
fn own(sight: &Sight<'_>, question: &Question) -> BTreeSet<RecordData> {
    let answer = sight.own_answer(question).ok().filter(|answer| answer.chain.is_empty());
    answer.map(|answer| answer.set.data).unwrap_or_default()
}

/// Whose service a record shows that stands beside those of which mail itself makes use.
fn beside(name: &Name, data: &RecordData, domain: &Name) -> (Vec<&'static Provider>, Evidence) {
    let owner = name.without_suffix(domain).map(|owner| owner.bare()).unwrap_or_default();
    let selector = owner.strip_suffix("._domainkey");
    match (data, selector) {
        (RecordData::Cname(target), Some(selector)) => {
            (provider::of_dkim(selector, Some(target), domain), Evidence::Dkim)
        }
        (RecordData::Txt(_), Some(selector)) => (provider::of_dkim(selector, None, domain), Evidence::Dkim),
        (RecordData::Srv { target, .. }, _) => (provider::of_srv(&owner, target, domain), Evidence::Srv),
        (RecordData::Cname(target), _) => (provider::of_cname(&owner, target, domain), Evidence::Cname),
        (RecordData::Txt(text), _) => {
            let owner = (!owner.is_empty()).then_some(owner.as_str());
            (provider::of_txt(owner, &text.lossy()), Evidence::Txt)
        }
        (RecordData::Mx { exchange, .. }, _) if !owner.is_empty() => {
            (provider::of_mx(exchange, domain), Evidence::Mx)
        }
        _ => (Vec::new(), Evidence::Mx),
    }
}

/// The domain whose senders a term lets pass.
fn sender(term: &spf::Term) -> Option<&Name> {
    match &term.meaning {
        spf::Meaning::Mechanism(_, spf::Mechanism::Include(domain) | spf::Mechanism::A(Some(domain)))
        | spf::Meaning::Redirect(domain) => domain.name.as_ref(),
        _ => None,
    }
}

/// The MX hosts with their records in words, best preference first.
fn mail_hosts(subject: &Subject, sight: &Sight<'_>) -> Vec<(Name, String)> {
    let set = sight.set(&subject.domain, RecordType::Mx).unwrap_or_default();
    let hosts = set.data.iter().filter_map(|data| match data {
        RecordData::Mx { exchange, .. } => Some((exchange.clone(), written(&subject.domain, data))),
        _ => None,
    });
    hosts.collect()
}

fn written(name: &Name, data: &RecordData) -> String {
    format!("{name} {} {data}", data.rtype())
}
