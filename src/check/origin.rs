//! Detects the old platform and the mail filter in front.
//!
//! Recognized from the records by the table of providers. Four kinds of record are strong evidence: where mail goes (MX),
//! where mail programs look (`autodiscover` or its SRV), who signs (DKIM) and who serves the zone (NS), each at the
//! domain's own names. Two kinds that agree prove a platform, one alone makes it probable. Who may send (SPF), TXT records, and
//! what the table calls weak never name one.

use std::collections::BTreeSet;

use crate::expected::{Purpose, Subject};
use crate::facts::{FactsView, History, NameServer, Seen, Zone, remembered};
use crate::provider::{self, Evidence, Gateway, Kind, Provider};
use crate::record::{Name, Question, RecordData, RecordType, spf};

use super::dkim;
use super::hazard::published_questions;
use super::well_known::AUTODISCOVER_SERVICE;

/// How sure it is that a platform is the one being left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// The admin named it.
    Declared,
    /// Two independent kinds of strong evidence agree.
    Proven,
    /// One kind of strong evidence shows it.
    Probable,
}

impl Proof {
    /// All values, the surer before the less sure.
    pub const ALL: [Self; 3] = [Self::Declared, Self::Proven, Self::Probable];

    /// The word in reports.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Declared => "declared",
            Self::Proven => "proven",
            Self::Probable => "probable",
        }
    }

    /// Returns whether leftovers of the platform may go.
    #[must_use]
    pub fn is_sure(self) -> bool {
        matches!(self, Self::Declared | Self::Proven)
    }
}

/// A provider, and the records that show it.
#[derive(Debug, Clone)]
pub struct DetectedProvider {
    /// Its id in the table of providers, or the host suffix that was declared.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its entry, where it has one.
    pub provider: Option<&'static Provider>,
    /// The records, as `NAME TYPE DATA`.
    pub evidence: Vec<String>,
    /// How sure it is.
    pub proof: Proof,
}

impl DetectedProvider {
    fn new(provider: &'static Provider, evidence: Vec<String>, proof: Proof) -> Self {
        Self { id: provider.id.into(), name: provider.name.into(), provider: Some(provider), evidence, proof }
    }
}

/// The platform being left: the one named, else the one that most kinds of strong evidence show, of several the one of
/// the strongest kind.
pub(super) fn source(subject: &Subject, seen: &[Sighting]) -> Option<DetectedProvider> {
    let kinds = |provider: &Provider| -> BTreeSet<StrongKind> {
        let own = seen.iter().filter(|sighting| sighting.provider.id == provider.id);
        own.filter_map(Sighting::strong_kind).collect()
    };
    let (provider, proof) = match subject.source {
        Some(provider) => (provider, Proof::Declared),
        None => {
            let strong = seen.iter().filter(|sighting| sighting.strong_kind().is_some());
            let strongest = |sighting: &&Sighting| {
                let kinds = kinds(sighting.provider);
                (kinds.len(), std::cmp::Reverse(kinds.first().copied()))
            };
            // Of equals the first: `max_by_key` would take the last.
            let found = strong.rev().max_by_key(strongest)?.provider;
            (found, if kinds(found).len() > 1 { Proof::Proven } else { Proof::Probable })
        }
    };
    let own = seen.iter().filter(|sighting| sighting.provider.id == provider.id);
    let evidence = own.filter(|sighting| sighting.is_evidence());
    Some(DetectedProvider::new(provider, evidence.map(|sighting| sighting.record.clone()).collect(), proof))
}

/// The filter in front: a declared one, else the one that the MX shows.
pub(super) fn gateway(
    subject: &Subject,
    sight: &FactsView<'_>,
    seen: &[Sighting],
) -> Option<DetectedProvider> {
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
        return Some(DetectedProvider {
            id: gateway.to_string(),
            name: gateway.name().into_owned(),
            provider,
            evidence,
            proof: Proof::Declared,
        });
    }
    let mut filters = seen
        .iter()
        .filter(|sighting| sighting.evidence == Evidence::Mx && sighting.provider.kind == Kind::Gateway);
    let first = filters.next()?;
    let more = filters
        .filter(|sighting| sighting.provider.id == first.provider.id)
        .map(|sighting| sighting.record.clone());
    let evidence = std::iter::once(first.record.clone()).chain(more).collect();
    Some(DetectedProvider::new(first.provider, evidence, Proof::Probable))
}

/// One record that shows a provider.
pub(super) struct Sighting {
    provider: &'static Provider,
    evidence: Evidence,
    record: String,
    /// Whether the record fits no other provider as closely.
    is_sole: bool,
    /// Whether it is one of the domain's own MX, autodiscover, DKIM and NS records.
    is_at_home: bool,
}

/// A kind of record that names a platform, the strongest first. Two records of one kind are no independent evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum StrongKind {
    Mx,
    Autodiscover,
    Dkim,
    Ns,
}

impl Sighting {
    /// What the record proves, if it names a platform that mail can be leaving. What is shared by several of them, as by
    /// all that run the same panel, names none.
    fn strong_kind(&self) -> Option<StrongKind> {
        if self.provider.kind != Kind::Source || self.provider.is_weak(self.evidence) || !self.is_at_home {
            return None;
        }
        match self.evidence {
            Evidence::Mx => Some(StrongKind::Mx),
            Evidence::Autodiscover => Some(StrongKind::Autodiscover),
            Evidence::Srv if self.is_sole => Some(StrongKind::Autodiscover),
            Evidence::Dkim if self.is_sole => Some(StrongKind::Dkim),
            Evidence::Ns if self.is_sole => Some(StrongKind::Ns),
            Evidence::Srv
            | Evidence::Dkim
            | Evidence::Ns
            | Evidence::Spf
            | Evidence::Cname
            | Evidence::Txt => None,
        }
    }

    /// Returns whether it is shown beside what names the platform.
    fn is_evidence(&self) -> bool {
        self.provider.kind == Kind::Source
            && !self.provider.is_weak(self.evidence)
            && (self.is_sole
                || matches!(self.evidence, Evidence::Mx | Evidence::Autodiscover | Evidence::Spf))
    }
}

/// Every platform and filter that a record shows, strongest kind of evidence first; failed lookups show nothing.
pub(super) fn sightings(
    subject: &Subject,
    sight: &FactsView<'_>,
    zone: Option<&Zone>,
    history: Option<&History>,
) -> Vec<Sighting> {
    let domain = &subject.domain;
    let mut seen = Vec::new();
    let mut note = |providers: Vec<&'static Provider>, evidence, is_at_home, record: &dyn Fn() -> String| {
        let is_sole = providers.len() == 1;
        // Nobody else is left, or stands in front; and the words of the record are not made for nothing.
        let may_be_told = |provider: &&Provider| matches!(provider.kind, Kind::Source | Kind::Gateway);
        seen.extend(providers.into_iter().filter(may_be_told).map(|provider| Sighting {
            provider,
            evidence,
            record: record(),
            is_sole,
            is_at_home,
        }));
    };
    for (host, record) in mail_hosts(subject, sight) {
        note(provider::of_mx(&host, domain), Evidence::Mx, true, &|| record.clone());
    }
    if let Ok(name) = domain.prepend("autodiscover") {
        for data in sight.set(&name, RecordType::Cname).unwrap_or_default().data {
            if let RecordData::Cname(target) = &data
                && Some(target) != subject.cloud.name(Purpose::Autodiscover)
            {
                note(provider::of_autodiscover(target, domain), Evidence::Autodiscover, true, &|| {
                    written(&name, &data)
                });
            }
        }
    }
    for data in sight.set(domain, RecordType::Txt).unwrap_or_default().data {
        let RecordData::Txt(text) = &data else { continue };
        let Some(record) = spf::SpfRecord::parse(text) else { continue };
        for target in record.terms.iter().filter_map(sender) {
            note(provider::of_spf(target, domain), Evidence::Spf, true, &|| written(domain, &data));
        }
    }
    for question in published_questions(sight.facts, domain) {
        for data in own(sight, question) {
            let (providers, evidence) = beside(&question.name, &data, domain);
            note(providers, evidence, is_at_home(&question.name, domain), &|| written(&question.name, &data));
        }
    }
    for NameServer { name, .. } in zone.map(|zone| &zone.name_servers[..]).unwrap_or_default() {
        note(provider::of_ns(name, domain), Evidence::Ns, true, &|| format!("{domain} NS {name}"));
    }
    for (question, seen) in history.into_iter().flat_map(|history| seen_before(history, domain)) {
        for data in &seen.data {
            let (providers, evidence) = match data {
                RecordData::Mx { exchange, .. } => (provider::of_mx(exchange, domain), Evidence::Mx),
                RecordData::Cname(target) if Some(target) != subject.cloud.name(Purpose::Autodiscover) => {
                    (provider::of_autodiscover(target, domain), Evidence::Autodiscover)
                }
                _ => continue,
            };
            note(providers, evidence, true, &|| {
                format!("{} (seen until {})", written(&question.name, data), seen.last_seen)
            });
        }
    }
    seen
}

/// What earlier runs saw and is gone now.
fn seen_before<'a>(history: &'a History, domain: &Name) -> impl Iterator<Item = (Question, &'a Seen)> {
    let domain = domain.clone();
    remembered(&domain).into_iter().flat_map(move |question| {
        let seen = history.seen(&domain, &question);
        let gone = seen.iter().filter(|seen| seen.gone.is_some());
        gone.map(|seen| (question.clone(), seen)).collect::<Vec<_>>()
    })
}

/// Whether the name is the autodiscover service of the domain, or one of its own DKIM keys: a subdomain may have a platform
/// of its own.
fn is_at_home(name: &Name, domain: &Name) -> bool {
    let Some(owner) = name.without_suffix(domain).map(|owner| owner.without_trailing_dot()) else {
        return false;
    };
    owner == AUTODISCOVER_SERVICE
        || owner.strip_suffix("._domainkey").is_some_and(|selector| !selector.contains("._domainkey"))
}

/// The records at the name itself.
fn own(sight: &FactsView<'_>, question: &Question) -> BTreeSet<RecordData> {
    let answer = sight.own_answer(question).ok().filter(|answer| answer.chain.is_empty());
    answer.map(|answer| answer.set.data).unwrap_or_default()
}

/// Whose service a record shows next to those that mail itself uses.
fn beside(name: &Name, data: &RecordData, domain: &Name) -> (Vec<&'static Provider>, Evidence) {
    let owner = name.without_suffix(domain).map(|owner| owner.without_trailing_dot()).unwrap_or_default();
    let selector = owner.strip_suffix("._domainkey");
    match (data, selector) {
        (RecordData::Cname(target), Some(selector)) => {
            (provider::of_dkim(selector, Some(target), domain), Evidence::Dkim)
        }
        // A wildcard answers for every selector, hardly ever with a key.
        (RecordData::Txt(_), Some(selector)) if dkim::is_key(data) => {
            (provider::of_dkim(selector, None, domain), Evidence::Dkim)
        }
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

/// The domain whose senders a term authorizes.
fn sender(term: &spf::Term) -> Option<&Name> {
    match &term.meaning {
        spf::Meaning::Mechanism(_, spf::Mechanism::Include(domain) | spf::Mechanism::A(Some(domain)))
        | spf::Meaning::Redirect(domain) => domain.name.as_ref(),
        _ => None,
    }
}

/// The MX hosts with their records in words, best preference first.
fn mail_hosts(subject: &Subject, sight: &FactsView<'_>) -> Vec<(Name, String)> {
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
