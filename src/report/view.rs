//! What stands in a report? (version 1)
//!
//! The frozen view: field names, words and their order are what users script against. It is made from the results and
//! never handed back to the rules.
//!
//! Long because it is one page of the contract: whoever changes a field sees all the others.

mod replies;

use foldhash::HashSet;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::check::{
    Applied, Assessment, CacheExpiry, Code, DetectedProvider, ExpectationResult, Hazard, Status, Tenancy,
    Verdict, WaiverState,
};
use crate::expected::import::Ignored;
use crate::expected::{Cloud, Expectation, Id, Phase, Subject, ignored};
use crate::facts::{Facts, TenantHolder, Zone};
use crate::plan::Change;
use crate::record::spf::is_spf;
use crate::record::{Name, RecordData};

use super::harmless::Sanitized;
use super::since::Since;
use super::words::{self, Word};
use replies::reply_view;
pub use replies::{PolicyView, ReplyView, WebView};

/// The version of the view.
pub const SCHEMA_VERSION: u32 = 1;

/// Records that are named as evidence at most: a zone may have any number of them, and a few show it as well.
pub const MOST_EVIDENCE: usize = 32;

/// A whole run.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "formats", derive(schemars::JsonSchema))]
pub struct Report {
    /// The version of the report: 1.
    pub schema_version: u32,
    /// What made the report.
    pub tool: Tool,
    /// When the run began.
    pub checked_at: Timestamp,
    /// The phase that was judged.
    #[cfg_attr(feature = "formats", schemars(extend("enum" = ["prepare", "switch", "tidy"])))]
    pub phase: &'static str,
    /// How many domains have which verdict.
    pub summary: Summary,
    /// One report a domain, in the order of the run.
    pub domains: Vec<DomainReport>,
}

/// What made a report.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "formats", derive(schemars::JsonSchema))]
pub struct Tool {
    /// `cutover`.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
}

/// How many domains have which verdict.
#[derive(Debug, Clone, Default, Serialize)]
#[cfg_attr(feature = "formats", derive(schemars::JsonSchema))]
pub struct Summary {
    /// All domains.
    pub domains: usize,
    /// Ready.
    pub ready: usize,
    /// Nothing left to edit.
    pub waiting: usize,
    /// Something to edit.
    pub changes_needed: usize,
    /// Not known.
    pub undetermined: usize,
}

/// The report of one domain.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "formats", derive(schemars::JsonSchema))]
pub struct DomainReport {
    /// The domain, as A-labels without the final dot.
    #[serde(deserialize_with = "words::domain")]
    pub domain: String,
    /// The domain as people write it, where that differs.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[serde(default, deserialize_with = "words::no_text")]
    pub unicode: Option<String>,
    /// The verdict.
    #[cfg_attr(feature = "formats", schemars(extend("enum" = ["ready", "waiting", "undetermined", "changes-needed"])))]
    #[serde(deserialize_with = "words::verdict")]
    pub verdict: Word,
    /// The cloud.
    #[cfg_attr(feature = "formats", schemars(extend("enum" = ["worldwide", "gcc", "gcc-high", "dod", "china"])))]
    #[serde(default, deserialize_with = "words::word")]
    pub cloud: Word,
    /// The phase that was judged.
    #[cfg_attr(feature = "formats", schemars(extend("enum" = ["prepare", "switch", "tidy"])))]
    #[serde(default, deserialize_with = "words::word")]
    pub phase: Word,
    /// The platform being left.
    pub source: Option<Platform>,
    /// The filter in front.
    pub gateway: Option<Platform>,
    /// Which tenant holds the domain, where that was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantView>,
    /// The zone that the domain lies in.
    pub zone: Option<ZoneView>,
    /// Every expectation, met or not.
    #[serde(default)]
    pub expectations: Vec<ExpectationView>,
    /// What is wrong beside the expectations.
    #[serde(default)]
    pub hazards: Vec<HazardView>,
    /// What has to be published or deleted.
    #[serde(default)]
    pub changes: Vec<ChangeView>,
    /// What of the lists of expected values is not used.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[serde(default)]
    pub ignored: Vec<IgnoredView>,
    /// Every reply, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replies: Option<Vec<ReplyView>>,
    /// What came of fetching the MTA-STS policy, where that was tried and the replies were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<PolicyView>,
    /// The answers of web servers that the user wanted to be asked, where there are any and the replies were asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[serde(default)]
    pub web: Vec<WebView>,
    /// When the old service may be closed; null while that is not known.
    pub close_source_after: Option<Timestamp>,
    /// Whether that moment was `seen` to be right, or rests on an `assumed` time to live.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[serde(default, deserialize_with = "words::optional")]
    pub close_source_basis: Option<Word>,
    /// What has changed since an earlier report, where there was one to compare with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Since>,
    /// When the domain was checked, where several runs are reported together and that is not the time of the report.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checked_at: Option<Timestamp>,
}

/// A platform or filter.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "formats", derive(schemars::JsonSchema))]
pub struct Platform {
    /// Its id.
    pub id: Sanitized,
    /// Its name.
    pub name: Sanitized,
    /// The records that show it, 32 at most.
    #[serde(default)]
    pub evidence: Vec<Sanitized>,
    /// How sure it is: `declared`, `proven` by two kinds of record, or `probable`.
    #[serde(default, deserialize_with = "words::word")]
    pub proof: Word,
}

/// Who holds a domain, according to Microsoft's sign-in host.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "formats", derive(schemars::JsonSchema))]
pub struct TenantView {
    /// `held` by the tenant with this id, `none`, or `unknown` where the host did not say.
    #[cfg_attr(feature = "formats", schemars(extend("enum" = ["held", "none", "unknown"])))]
    #[serde(deserialize_with = "words::word")]
    pub status: Word,
    /// The id of the tenant.
    pub id: Option<Sanitized>,
    /// Its region, as the host names it.
    pub region: Option<Sanitized>,
    /// The host that was asked.
    pub host: Name,
}

/// A zone.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "formats", derive(schemars::JsonSchema))]
pub struct ZoneView {
    /// Where it begins.
    pub apex: Name,
    /// Who serves it.
    #[serde(default)]
    pub name_servers: Vec<NameServerView>,
}

/// A name server.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "formats", derive(schemars::JsonSchema))]
pub struct NameServerView {
    /// Its name.
    pub name: Name,
    /// Its addresses.
    #[serde(default, deserialize_with = "words::addresses")]
    pub addresses: Vec<String>,
    /// The serial of the zone there.
    pub serial: Option<u32>,
}

/// An expectation and what became of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "formats", derive(schemars::JsonSchema))]
pub struct ExpectationView {
    /// Which one.
    #[serde(deserialize_with = "words::word")]
    pub id: Word,
    /// Who needs it.
    #[cfg_attr(feature = "formats", schemars(extend("enum" = ["exchange", "teams", "devices"])))]
    #[serde(default, deserialize_with = "words::word")]
    pub service: Word,
    /// How much it matters.
    #[cfg_attr(feature = "formats", schemars(extend("enum" = ["required", "recommended", "optional"])))]
    #[serde(default, deserialize_with = "words::word")]
    pub importance: Word,
    /// From which phase on it holds.
    #[cfg_attr(feature = "formats", schemars(extend("enum" = ["prepare", "switch", "tidy"])))]
    #[serde(default, deserialize_with = "words::word")]
    pub phase: Word,
    /// The owner of the records.
    pub name: Name,
    /// Their type.
    #[serde(rename = "type")]
    #[serde(deserialize_with = "words::rtype")]
    pub rtype: String,
    /// What became of it.
    #[cfg_attr(feature = "formats", schemars(extend("enum" = ["met", "unmet", "waiting", "unknown", "waived"])))]
    #[serde(deserialize_with = "words::word")]
    pub status: Word,
    /// Which outcome exactly.
    #[serde(deserialize_with = "words::word")]
    pub code: Word,
    /// One sentence for a person.
    pub message: Sanitized,
    /// What should be published: of SPF the record of the plan, or the present one where that is right.
    #[serde(default)]
    pub expected: Vec<Sanitized>,
    /// Where that value comes from.
    #[cfg_attr(feature = "formats", schemars(extend("enum" = ["given", "found", "derived", "standard"])))]
    #[serde(default, deserialize_with = "words::word")]
    pub origin: Word,
    /// The list that names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub given_by: Option<Sanitized>,
    /// What is published.
    #[serde(default)]
    pub observed: Vec<Sanitized>,
    /// Its time to live in seconds.
    pub ttl: Option<u32>,
    /// When it will be met without anybody doing anything.
    pub until: Option<Timestamp>,
    /// Until when a cache that was not asked may have an old answer, where one was seen before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub possible_until: Option<Timestamp>,
    /// The waiver made for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiver: Option<WaiverView>,
}

/// A hazard.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "formats", derive(schemars::JsonSchema))]
pub struct HazardView {
    /// Which one.
    #[serde(deserialize_with = "words::word")]
    pub code: Word,
    /// How bad it is.
    #[cfg_attr(feature = "formats", schemars(extend("enum" = ["error", "warning", "info"])))]
    #[serde(deserialize_with = "words::word")]
    pub level: Word,
    /// The name it is about.
    pub name: Name,
    /// The type it is about.
    #[serde(rename = "type")]
    #[serde(default, deserialize_with = "words::optional_rtype")]
    pub rtype: Option<String>,
    /// One sentence for a person.
    pub message: Sanitized,
    /// The records that show it.
    #[serde(default)]
    pub records: Vec<Sanitized>,
    /// By when to act, where that is known and not past.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
    /// The waiver made for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiver: Option<WaiverView>,
}

/// A waiver that met its finding.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "formats", derive(schemars::JsonSchema))]
pub struct WaiverView {
    /// `active`, or `expired`: then the finding counts again.
    #[cfg_attr(feature = "formats", schemars(extend("enum" = ["active", "expired"])))]
    #[serde(default, deserialize_with = "words::word")]
    pub state: Word,
    /// Why.
    pub reason: Sanitized,
    /// The last day on which it holds, in UTC.
    pub until: Date,
}

/// Something in a list of expected values that is not used.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "formats", derive(schemars::JsonSchema))]
pub struct IgnoredView {
    /// The list.
    pub file: Sanitized,
    /// Where in it: a line, or a JSON path.
    pub place: Sanitized,
    /// What stands there.
    pub what: Sanitized,
    /// Why it is not used.
    pub reason: Sanitized,
}

/// A change.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "formats", derive(schemars::JsonSchema))]
pub struct ChangeView {
    /// The phase that asks for it.
    #[cfg_attr(feature = "formats", schemars(extend("enum" = ["prepare", "switch", "tidy"])))]
    #[serde(default, deserialize_with = "words::word")]
    pub phase: Word,
    /// `add`, `replace` or `delete`.
    #[cfg_attr(feature = "formats", schemars(extend("enum" = ["add", "replace", "delete"])))]
    #[serde(default, deserialize_with = "words::word")]
    pub action: Word,
    /// The owner.
    pub name: Name,
    /// The type.
    #[serde(rename = "type")]
    #[serde(deserialize_with = "words::rtype")]
    pub rtype: String,
    /// The TTL to publish with, in seconds.
    pub ttl: u32,
    /// The TTL that is published, in seconds, where a name server told it.
    pub ttl_before: Option<u32>,
    /// What is published.
    #[serde(default)]
    pub before: Vec<Sanitized>,
    /// What should be.
    #[serde(default)]
    pub after: Vec<Sanitized>,
    /// The codes that ask for it.
    #[serde(default, deserialize_with = "words::list")]
    pub because: Vec<Word>,
    /// Whether to compare a value with the admin center.
    #[serde(default)]
    pub confirm: bool,
    /// That of the most important expectation behind it.
    #[cfg_attr(feature = "formats", schemars(extend("enum" = ["required", "recommended", "optional"])))]
    #[serde(default, deserialize_with = "words::word")]
    pub importance: Word,
}

impl Report {
    /// The report of a run.
    #[must_use]
    pub fn new(checked_at: Timestamp, phase: Phase, domains: Vec<DomainReport>) -> Self {
        let mut summary = Summary::default();
        domains.iter().for_each(|domain| summary.add(domain.verdict));
        Self { domains, ..Self::of(checked_at, phase, summary) }
    }

    /// The same without its domains.
    #[must_use]
    pub fn of(checked_at: Timestamp, phase: Phase, summary: Summary) -> Self {
        let tool = Tool { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION") };
        let (phase, domains) = (phase.word(), Vec::new());
        Self { schema_version: SCHEMA_VERSION, tool, checked_at, phase, summary, domains }
    }
}

impl Summary {
    /// Counts a domain with this verdict.
    pub fn add(&mut self, verdict: &str) {
        self.domains += 1;
        let counted = Verdict::ALL.into_iter().find(|known| known.word() == verdict);
        match counted {
            Some(Verdict::Ready) => self.ready += 1,
            Some(Verdict::Waiting) => self.waiting += 1,
            Some(Verdict::ChangesNeeded) => self.changes_needed += 1,
            Some(Verdict::Undetermined) => self.undetermined += 1,
            None => {}
        }
    }
}

impl DomainReport {
    /// The report of one domain. Replies are left out; [`DomainReport::with_replies`] adds them.
    #[must_use]
    pub fn new(subject: &Subject, assessment: &Assessment, changes: &[Change]) -> Self {
        Self {
            domain: subject.domain.without_trailing_dot(),
            unicode: unicode(&subject.domain),
            verdict: assessment.verdict.word(),
            cloud: subject.cloud.word(),
            phase: subject.phase.word(),
            source: assessment.source.as_ref().map(Platform::from),
            gateway: assessment.gateway.as_ref().map(Platform::from),
            tenant: assessment.tenancy.as_ref().map(TenantView::from),
            zone: assessment.zone.as_ref().map(ZoneView::from),
            expectations: assessment.judged.iter().map(|judged| expectation(judged, changes)).collect(),
            hazards: assessment.hazards.iter().map(HazardView::from).collect(),
            changes: changes.iter().map(ChangeView::from).collect(),
            ignored: ignored(subject).iter().map(IgnoredView::from).collect(),
            replies: None,
            policy: None,
            web: Vec::new(),
            close_source_after: None,
            close_source_basis: None,
            since: None,
            checked_at: None,
        }
    }

    /// The report of a domain that has no result.
    #[must_use]
    pub fn missing(domain: &Name, phase: Phase) -> Self {
        let bare = domain.without_trailing_dot();
        let message = format!("No result for this domain in these reports: run `cutover check {bare}`.");
        let mx = ExpectationView {
            id: Id::Mx.word(),
            service: "exchange",
            importance: "required",
            phase: Phase::Switch.word(),
            name: domain.clone(),
            rtype: "MX".into(),
            status: Status::Unknown.word(),
            code: Code::NotInReplay.word(),
            message: Sanitized::sentence(&message),
            expected: Vec::new(),
            origin: "derived",
            given_by: None,
            observed: Vec::new(),
            ttl: None,
            until: None,
            possible_until: None,
            waiver: None,
        };
        Self {
            domain: bare,
            unicode: unicode(domain),
            verdict: Verdict::Undetermined.word(),
            cloud: Cloud::default().word(),
            phase: phase.word(),
            source: None,
            gateway: None,
            tenant: None,
            zone: None,
            expectations: vec![mx],
            hazards: Vec::new(),
            changes: Vec::new(),
            ignored: Vec::new(),
            replies: None,
            policy: None,
            web: Vec::new(),
            close_source_after: None,
            close_source_basis: None,
            since: None,
            // Older than every result that may be found later.
            checked_at: Some(Timestamp::UNIX_EPOCH),
        }
    }

    /// When the domain was checked, in a report of this time.
    #[must_use]
    pub fn time(&self, report: Timestamp) -> Timestamp {
        self.checked_at.unwrap_or(report)
    }

    /// The same with what is still to be expected of caches and queues.
    #[must_use]
    pub fn with_cache_expiry(mut self, cache_expiry: &CacheExpiry) -> Self {
        self.close_source_after = cache_expiry.closing.map(|closing| closing.after);
        self.close_source_basis = cache_expiry.closing.map(|closing| closing.basis.word());
        for expectation in &mut self.expectations {
            let possible = cache_expiry.possible.iter().find(|(id, _)| id.word() == expectation.id);
            expectation.possible_until = possible.map(|(_, possible)| possible.until);
        }
        self
    }

    /// The same with what has changed since an earlier report.
    #[must_use]
    pub fn with_since(mut self, since: Option<Since>) -> Self {
        self.since = since;
        self
    }

    /// The same with every reply.
    #[must_use]
    pub fn with_replies(mut self, facts: &Facts) -> Self {
        let replies = facts.all().chain(facts.all_delegated());
        self.replies = Some(replies.map(|reply| reply_view(reply, facts)).collect());
        self.policy = facts.policies().next().map(PolicyView::from);
        self.web = facts.web_replies().map(WebView::from).collect();
        self
    }
}

/// The view of an expectation, with the record that the plan publishes.
fn expectation(judged: &ExpectationResult, changes: &[Change]) -> ExpectationView {
    let mut view = ExpectationView::from(judged);
    if let Some(record) = proposed_senders(judged, changes) {
        view.expected = Sanitized::records([record]);
    }
    view
}

/// The SPF record that is right for this domain: the one that the plan publishes, or the present one where it is right.
fn proposed_senders<'a>(judged: &'a ExpectationResult, changes: &'a [Change]) -> Option<&'a RecordData> {
    if judged.expectation.id != Id::Spf {
        return None;
    }
    let question = judged.expectation.question();
    // Where it changes twice, the last one counts.
    let change =
        changes.iter().rfind(|change| change.name == question.name && change.rtype == question.rtype);
    let is_right = matches!(judged.status, Status::Met | Status::Waiting);
    let set = match change {
        Some(change) => &change.after,
        None if is_right => &judged.observed,
        None => return None,
    };
    set.data.iter().find(|data| matches!(data, RecordData::Txt(text) if is_spf(text)))
}

/// The domain as people write it; `None` if it holds nothing but ASCII.
#[must_use]
pub fn unicode(domain: &Name) -> Option<String> {
    let bare = domain.without_trailing_dot();
    if !bare.split('.').any(|label| label.starts_with("xn--")) {
        return None;
    }
    let (unicode, errors) = idna::domain_to_unicode(&bare);
    // Whatever does not survive the way back, or could reorder the text around it, is shown as A-labels only.
    let harmless = unicode.chars().all(|character| character.is_alphanumeric() || ".-·".contains(character));
    (errors.is_ok() && harmless && unicode != bare).then_some(unicode)
}

impl From<&DetectedProvider> for Platform {
    fn from(recognised: &DetectedProvider) -> Self {
        let DetectedProvider { id, name, evidence, proof, provider: _ } = recognised;
        Self {
            id: Sanitized::sentence(id),
            name: Sanitized::sentence(name),
            evidence: Sanitized::records(evidence.iter().take(MOST_EVIDENCE)),
            proof: proof.word(),
        }
    }
}

impl From<&Tenancy> for TenantView {
    fn from(Tenancy { host, holder }: &Tenancy) -> Self {
        let (status, id, region) = match holder {
            Some(TenantHolder::Tenant { id, region }) => {
                let region = Some(region).filter(|region| !region.is_empty());
                ("held", Some(Sanitized::sentence(id)), region.map(|region| Sanitized::sentence(region)))
            }
            Some(TenantHolder::NoTenant) => ("none", None, None),
            None => ("unknown", None, None),
        };
        Self { status, id, region, host: host.clone() }
    }
}

impl From<&Zone> for ZoneView {
    fn from(zone: &Zone) -> Self {
        let servers = zone.name_servers.iter().map(|server| NameServerView {
            name: server.name.clone(),
            addresses: server.addresses.iter().map(ToString::to_string).collect(),
            serial: server.serial,
        });
        Self { apex: zone.apex.clone(), name_servers: servers.collect() }
    }
}

impl From<&ExpectationResult> for ExpectationView {
    fn from(judged: &ExpectationResult) -> Self {
        let Expectation { id, service, phase, name, rtype, data, origin, .. } = &judged.expectation;
        Self {
            id: id.word(),
            service: service.word(),
            importance: judged.importance.word(),
            phase: phase.word(),
            name: name.clone(),
            rtype: rtype.to_string(),
            status: judged.status.word(),
            code: judged.code.word(),
            message: Sanitized::sentence(&judged.message),
            expected: Sanitized::records(data),
            origin: origin.word(),
            given_by: judged.expectation.given_by.as_deref().map(Sanitized::sentence),
            observed: Sanitized::records(&judged.observed.data),
            ttl: (!judged.observed.is_empty()).then_some(judged.observed.ttl),
            until: judged.until,
            possible_until: None,
            waiver: judged.waiver.as_ref().map(WaiverView::from),
        }
    }
}

impl From<&Hazard> for HazardView {
    fn from(hazard: &Hazard) -> Self {
        Self {
            code: hazard.code.word(),
            level: hazard.level.word(),
            name: hazard.name.clone(),
            rtype: hazard.rtype.map(|rtype| rtype.to_string()),
            message: Sanitized::sentence(&hazard.message),
            records: Sanitized::records(&hazard.records),
            due: hazard.due,
            waiver: hazard.waiver.as_ref().map(WaiverView::from),
        }
    }
}

impl From<&Applied> for WaiverView {
    fn from(waiver: &Applied) -> Self {
        Self { state: waiver.state.word(), reason: Sanitized::sentence(&waiver.reason), until: waiver.until }
    }
}

impl HazardView {
    /// Whether somebody decided to live with it.
    #[must_use]
    pub fn is_waived(&self) -> bool {
        self.waiver.as_ref().is_some_and(|waiver| waiver.state == WaiverState::Active.word())
    }
}

impl From<&Ignored> for IgnoredView {
    fn from(ignored: &Ignored) -> Self {
        let Ignored { what, file, place, reason } = ignored;
        let [file, place, what, reason] = [file, place, what, reason].map(|text| Sanitized::sentence(text));
        Self { file, place, what, reason }
    }
}

impl ChangeView {
    /// The records that go, in their order.
    pub fn removed(&self) -> impl Iterator<Item = &Sanitized> {
        let others = if self.before == self.after { &[][..] } else { &self.after };
        without(&self.before, others)
    }

    /// The records that come, in their order.
    pub fn added(&self) -> impl Iterator<Item = &Sanitized> {
        let others = if self.before == self.after { &[][..] } else { &self.before };
        without(&self.after, others)
    }
}

/// Those of the records that are not among the others.
fn without<'a>(records: &'a [Sanitized], others: &'a [Sanitized]) -> impl Iterator<Item = &'a Sanitized> {
    let others: HashSet<&Sanitized> = others.iter().collect();
    records.iter().filter(move |record| !others.contains(record))
}

impl From<&Change> for ChangeView {
    fn from(change: &Change) -> Self {
        Self {
            phase: change.phase.word(),
            action: change.action().word(),
            name: change.name.clone(),
            rtype: change.rtype.to_string(),
            ttl: change.after.ttl,
            ttl_before: (change.before.ttl > 0).then_some(change.before.ttl),
            before: Sanitized::records(&change.before.data),
            after: Sanitized::records(&change.after.data),
            because: change.because.iter().map(|code| code.word()).collect(),
            confirm: change.confirm,
            importance: change.importance.word(),
        }
    }
}
