//! Detects the old platform and the mail filter in front.
//!
//! The table of providers recognizes them by their records. Four kinds of record are strong evidence, each at the
//! domain's own names: MX, Autodiscover (the alias or the SRV record), DKIM and NS. Two kinds that agree prove a
//! platform; one alone makes it probable. SPF, TXT records and evidence that the table calls weak never identify a
//! platform.

use std::collections::BTreeSet;

use crate::expected::{Expectation, Phase, Purpose, Subject};
use crate::facts::{FactsView, History, NameServer, Seen, Zone, remembered};
use crate::provider::{Clue, Evidence, Gateway, Kind, Provider, best_matches};
use crate::record::{Name, Question, RecordData, RecordType, spf};

use super::hazard::published_questions;
use super::{AUTODISCOVER_SERVICE, PROBE_LABEL, dkim, doubled};

/// The certainty that a platform is the one being left.
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
    /// All values, the most certain first.
    pub const ALL: [Self; 3] = [Self::Declared, Self::Proven, Self::Probable];

    /// Returns the word in reports.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Declared => "declared",
            Self::Proven => "proven",
            Self::Probable => "probable",
        }
    }

    /// Returns whether the plan may delete leftovers of the platform.
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
    /// Its row in the table, if it has one.
    pub provider: Option<&'static Provider>,
    /// The records, as `NAME TYPE DATA`.
    pub evidence: Vec<String>,
    /// The certainty that this provider is in use.
    pub proof: Proof,
}

impl DetectedProvider {
    fn new(provider: &'static Provider, evidence: Vec<String>, proof: Proof) -> Self {
        Self { id: provider.id.into(), name: provider.name.into(), provider: Some(provider), evidence, proof }
    }
}

/// Returns the platform being left: the one that the admin named, else the one with the most kinds of strong evidence.
/// If several have as many, the one with the strongest kind.
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
            // The first of equals wins, but `max_by_key` returns the last.
            let found = strong.rev().max_by_key(strongest)?.provider;
            (found, if kinds(found).len() > 1 { Proof::Proven } else { Proof::Probable })
        }
    };
    let own = seen.iter().filter(|sighting| sighting.provider.id == provider.id);
    let evidence = own.filter(|sighting| sighting.is_evidence());
    Some(DetectedProvider::new(provider, evidence.map(|sighting| sighting.record.clone()).collect(), proof))
}

/// Returns the mail filter: a declared one, else the one that the MX records show.
pub(super) fn gateway(
    subject: &Subject,
    view: &FactsView<'_>,
    seen: &[Sighting],
) -> Option<DetectedProvider> {
    let hosts = if subject.gateways.is_empty() { Vec::new() } else { mail_hosts(subject, view) };
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
    /// True if the record fits no other provider as closely.
    is_sole: bool,
    /// True if it is an MX, Autodiscover, DKIM or NS record of the domain itself.
    is_at_home: bool,
}

/// The kinds of record that identify a platform, the strongest first. Two records of one kind are not independent
/// evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum StrongKind {
    Mx,
    Autodiscover,
    Dkim,
    Ns,
}

impl Sighting {
    /// Returns the kind of strong evidence that the record is; `None` if it does not identify a platform that mail can
    /// be leaving. A record that several platforms share, such as those with the same panel, identifies none.
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

    /// Returns whether it is shown as evidence once the platform is identified.
    fn is_evidence(&self) -> bool {
        self.provider.kind == Kind::Source
            && !self.provider.is_weak(self.evidence)
            && (self.is_sole
                || matches!(self.evidence, Evidence::Mx | Evidence::Autodiscover | Evidence::Spf))
    }
}

/// The providers that a record shows, and the kind of evidence.
type Matches = (Vec<&'static Provider>, Evidence);

/// Returns the providers that match the clue most closely, and the kind of evidence.
fn matches(clue: Clue<'_>, domain: &Name) -> Matches {
    (best_matches(clue, domain), clue.evidence())
}

/// Returns every platform and filter that a record shows, the strongest kind of evidence first. Failed lookups show
/// nothing.
pub(super) fn sightings(
    subject: &Subject,
    expected: &[Expectation],
    view: &FactsView<'_>,
    zone: Option<&Zone>,
    history: Option<&History>,
) -> Vec<Sighting> {
    let domain = &subject.domain;
    let mut seen = Vec::new();
    let mut note = |(providers, evidence): Matches, is_at_home, record: &dyn Fn() -> String| {
        let is_sole = providers.len() == 1;
        // Only platforms and filters are reported, so the record is formatted only for them.
        let is_reported = |provider: &&Provider| matches!(provider.kind, Kind::Source | Kind::Gateway);
        seen.extend(providers.into_iter().filter(is_reported).map(|provider| Sighting {
            provider,
            evidence,
            record: record(),
            is_sole,
            is_at_home,
        }));
    };
    for (host, record) in mail_hosts(subject, view) {
        note(matches(Clue::Mx(&host), domain), true, &|| record.clone());
    }
    if let Ok(name) = domain.prepend("autodiscover") {
        for data in view.set(&name, RecordType::Cname).unwrap_or_default().data {
            if let RecordData::Cname(target) = &data
                && Some(target) != subject.cloud.name(Purpose::Autodiscover)
            {
                note(matches(Clue::Autodiscover(target), domain), true, &|| written(&name, &data));
            }
        }
    }
    for data in view.set(domain, RecordType::Txt).unwrap_or_default().data {
        let RecordData::Txt(text) = &data else { continue };
        let Some(record) = spf::SpfRecord::parse(text) else { continue };
        for target in record.terms.iter().filter_map(sender) {
            note(matches(Clue::Spf(target), domain), true, &|| written(domain, &data));
        }
    }
    let is_evidence =
        |question: &&Question| subject.phase >= Phase::Tidy || is_asked(question, expected, subject);
    for question in published_questions(view.facts, domain).filter(is_evidence) {
        for data in own(view, question) {
            let shown = shown_by(&question.name, &data, domain);
            note(shown, is_at_home(&question.name, domain), &|| written(&question.name, &data));
        }
    }
    for NameServer { name, .. } in zone.map(|zone| &zone.name_servers[..]).unwrap_or_default() {
        note(matches(Clue::Ns(name), domain), true, &|| format!("{domain} NS {name}"));
    }
    for (question, seen) in history.into_iter().flat_map(|history| seen_before(history, domain)) {
        for data in &seen.data {
            let shown = match data {
                RecordData::Mx { exchange, .. } => matches(Clue::Mx(exchange), domain),
                RecordData::Cname(target) if Some(target) != subject.cloud.name(Purpose::Autodiscover) => {
                    matches(Clue::Autodiscover(target), domain)
                }
                _ => continue,
            };
            note(shown, true, &|| {
                format!("{} (seen until {})", written(&question.name, data), seen.last_seen)
            });
        }
    }
    seen
}

/// Returns whether servers are asked about the name before the tidy phase. A zone file is read at its other names as well,
/// and must not show another platform than its servers do.
fn is_asked(question: &Question, expected: &[Expectation], subject: &Subject) -> bool {
    let (name, domain) = (&question.name, &subject.domain);
    let is_doubled = |expectation: &Expectation| {
        doubled::names(&expectation.name, domain).iter().any(|(doubled, _)| doubled == name)
    };
    name == domain
        || expected.iter().any(|expectation| expectation.name == *name)
        || name.first_label() == Some(PROBE_LABEL.as_bytes())
        || !subject.hybrid && domain.prepend(AUTODISCOVER_SERVICE).is_ok_and(|service| service == *name)
        || expected.iter().any(is_doubled)
}

/// Returns the records that earlier runs saw and that are no longer published.
fn seen_before<'a>(history: &'a History, domain: &Name) -> impl Iterator<Item = (Question, &'a Seen)> {
    let domain = domain.clone();
    remembered(&domain).into_iter().flat_map(move |question| {
        let seen = history.seen(&domain, &question);
        let gone = seen.iter().filter(|seen| seen.gone.is_some());
        gone.map(|seen| (question.clone(), seen)).collect::<Vec<_>>()
    })
}

/// Returns whether the name is the domain's own Autodiscover service or one of its own DKIM selectors. A subdomain may
/// use another platform.
fn is_at_home(name: &Name, domain: &Name) -> bool {
    let Some(owner) = name.without_suffix(domain).map(|owner| owner.without_trailing_dot()) else {
        return false;
    };
    owner == AUTODISCOVER_SERVICE
        || owner.strip_suffix("._domainkey").is_some_and(|selector| !selector.contains("._domainkey"))
}

/// Returns the records at the name itself.
fn own(view: &FactsView<'_>, question: &Question) -> BTreeSet<RecordData> {
    let answer = view.own_answer(question).ok().filter(|answer| answer.chain.is_empty());
    answer.map(|answer| answer.set.data).unwrap_or_default()
}

/// Returns the providers that a record at or below the domain shows, and the kind of evidence. The MX records of the
/// domain itself are read separately.
fn shown_by(name: &Name, data: &RecordData, domain: &Name) -> Matches {
    let owner = name.without_suffix(domain).map(|owner| owner.without_trailing_dot()).unwrap_or_default();
    let selector = owner.strip_suffix("._domainkey");
    match (data, selector) {
        (RecordData::Cname(target), Some(selector)) => {
            matches(Clue::Dkim { selector, target: Some(target) }, domain)
        }
        // A wildcard answers for every selector, but rarely with a key.
        (RecordData::Txt(_), Some(selector)) if dkim::is_key(data) => {
            matches(Clue::Dkim { selector, target: None }, domain)
        }
        (RecordData::Srv { target, .. }, _) => matches(Clue::Srv { service: &owner, target }, domain),
        (RecordData::Cname(target), _) => matches(Clue::Cname { owner: &owner, target }, domain),
        (RecordData::Txt(text), _) => {
            let owner = (!owner.is_empty()).then_some(owner.as_str());
            matches(Clue::Txt { owner, text: &text.lossy() }, domain)
        }
        (RecordData::Mx { exchange, .. }, _) if !owner.is_empty() => matches(Clue::Mx(exchange), domain),
        _ => (Vec::new(), Evidence::Mx),
    }
}

/// Returns the domain whose senders a term authorizes.
fn sender(term: &spf::Term) -> Option<&Name> {
    match &term.meaning {
        spf::Meaning::Mechanism(_, spf::Mechanism::Include(domain) | spf::Mechanism::A(Some(domain)))
        | spf::Meaning::Redirect(domain) => domain.name.as_ref(),
        _ => None,
    }
}

/// Returns the MX hosts with their records as text, the best preference first.
fn mail_hosts(subject: &Subject, view: &FactsView<'_>) -> Vec<(Name, String)> {
    let set = view.set(&subject.domain, RecordType::Mx).unwrap_or_default();
    let hosts = set.data.iter().filter_map(|data| match data {
        RecordData::Mx { exchange, .. } => Some((exchange.clone(), written(&subject.domain, data))),
        _ => None,
    });
    hosts.collect()
}

fn written(name: &Name, data: &RecordData) -> String {
    format!("{name} {} {data}", data.rtype())
}
