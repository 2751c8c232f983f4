//! The report of one domain.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::check::{Assessment, Assumptions, Basis, CacheExpiry, Code, Status, Verdict};
use crate::expected::{Cloud, Id, Importance, Origin, Phase, Service, Subject, ignored};
use crate::facts::Facts;
use crate::plan::Change;
use crate::record::{Name, RecordType};
use crate::report::harmless::Sanitized;
use crate::report::words::Word;

use super::change::ChangeView;
use super::closing::ClosingView;
use super::expectation::ExpectationView;
use super::fields;
use super::hazard::HazardView;
use super::ignored::IgnoredView;
use super::outage::OutageView;
use super::platform::{Platform, TenantView};
use super::replies::{PolicyView, ReplyView, WebView, reply_view};
use super::since::Since;
use super::zone::ZoneView;

/// The report of one domain.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "formats", derive(schemars::JsonSchema))]
pub struct DomainReport {
    /// The domain, as A-labels without the final dot.
    #[serde(deserialize_with = "fields::domain")]
    pub domain: String,
    /// The domain with its Unicode labels, if they differ.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[serde(default, deserialize_with = "fields::no_text")]
    pub unicode: Option<String>,
    /// The verdict.
    pub verdict: Verdict,
    /// The cloud.
    #[cfg_attr(feature = "formats", schemars(with = "Cloud"))]
    pub cloud: Word<Cloud>,
    /// The phase that was checked.
    // `None` only in a stored result whose run names the phase.
    #[cfg_attr(feature = "formats", schemars(with = "Phase"))]
    pub phase: Option<Phase>,
    /// The platform being left.
    pub source: Option<Platform>,
    /// The filter in front.
    pub gateway: Option<Platform>,
    /// The tenant that holds the domain, if that was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantView>,
    /// The zone that contains the domain.
    pub zone: Option<ZoneView>,
    /// Every expectation, met or not.
    #[serde(default)]
    pub expectations: Vec<ExpectationView>,
    /// Problems that do not belong to a single expectation.
    #[serde(default)]
    pub hazards: Vec<HazardView>,
    /// The servers that answered nothing, if that is why expectations are unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outage: Option<OutageView>,
    /// The record sets to add, replace or delete.
    #[serde(default)]
    pub changes: Vec<ChangeView>,
    /// The entries of the lists of expected values that are not used.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[serde(default)]
    pub ignored: Vec<IgnoredView>,
    /// Every reply, if replies were requested (`-v`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replies: Option<Vec<ReplyView>>,
    /// The result of fetching the MTA-STS policy, if it was fetched and replies were requested.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<PolicyView>,
    /// The answers of web servers, if options asked for any and replies were requested.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[serde(default)]
    pub web: Vec<WebView>,
    /// The time after which the old service may be closed; null while that is not known.
    pub close_source_after: Option<Timestamp>,
    /// The basis of that time: a TTL that was `seen`, or an `assumed` one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub close_source_basis: Option<Basis>,
    /// The values from which that time is computed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub close_source: Option<ClosingView>,
    /// Reminders to check what DNS cannot show, in sentences.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[serde(default)]
    pub reminders: Vec<Sanitized>,
    /// The changes since an earlier report, if there was one to compare with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Since>,
    /// The time of the check, if several runs are reported together and it differs from the time of the report.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checked_at: Option<Timestamp>,
}

impl DomainReport {
    /// Returns the report of one domain without its replies; [`DomainReport::with_replies`] adds them.
    #[must_use]
    pub fn new(subject: &Subject, assessment: &Assessment, changes: &[Change]) -> Self {
        let judged = assessment.judged.iter();
        let reminders = assessment.reminders.iter();
        Self {
            source: assessment.source.as_ref().map(Platform::from),
            gateway: assessment.gateway.as_ref().map(Platform::from),
            tenant: assessment.tenancy.as_ref().map(TenantView::from),
            zone: assessment.zone.as_ref().map(ZoneView::from),
            expectations: judged.map(|judged| ExpectationView::planned(judged, changes)).collect(),
            hazards: assessment.hazards.iter().map(HazardView::from).collect(),
            changes: changes.iter().map(ChangeView::from).collect(),
            ignored: ignored(subject).iter().map(IgnoredView::from).collect(),
            reminders: reminders.map(|reminder| Sanitized::sentence(&reminder.text())).collect(),
            ..Self::empty(&subject.domain, subject.phase, subject.cloud, assessment.verdict)
        }
    }

    /// Returns the report of a domain that has no result.
    #[must_use]
    pub fn missing(domain: &Name, phase: Phase) -> Self {
        let bare = domain.without_trailing_dot();
        let message = format!("No result for this domain in these reports: run `cutover check {bare}`.");
        let mx = ExpectationView {
            id: Word::Known(Id::Mx),
            service: Word::Known(Service::Exchange),
            importance: Importance::Required,
            phase: Phase::Switch,
            name: domain.clone(),
            rtype: RecordType::Mx,
            status: Status::Unknown,
            code: Word::Known(Code::NotInReplay),
            message: Sanitized::sentence(&message),
            expected: Vec::new(),
            origin: Origin::Derived,
            given_by: None,
            observed: Vec::new(),
            ttl: None,
            until: None,
            possible_until: None,
            possible_ttl: None,
            waiver: None,
        };
        Self {
            expectations: vec![mx],
            // Older than every result that may be found later.
            checked_at: Some(Timestamp::UNIX_EPOCH),
            ..Self::empty(domain, phase, Cloud::default(), Verdict::Undetermined)
        }
    }

    /// Returns the report of a domain that contains nothing but its verdict.
    #[must_use]
    pub fn empty(domain: &Name, phase: Phase, cloud: Cloud, verdict: Verdict) -> Self {
        Self {
            domain: domain.without_trailing_dot(),
            unicode: unicode(domain),
            verdict,
            cloud: Word::Known(cloud),
            phase: Some(phase),
            source: None,
            gateway: None,
            tenant: None,
            zone: None,
            expectations: Vec::new(),
            hazards: Vec::new(),
            outage: None,
            changes: Vec::new(),
            ignored: Vec::new(),
            replies: None,
            policy: None,
            web: Vec::new(),
            close_source_after: None,
            close_source_basis: None,
            close_source: None,
            reminders: Vec::new(),
            since: None,
            checked_at: None,
        }
    }

    /// Returns the phase that was checked.
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.phase.unwrap_or_default()
    }

    /// Returns the time at which the domain was checked: its own, or else the time of the report.
    #[must_use]
    pub fn time(&self, report: Timestamp) -> Timestamp {
        self.checked_at.unwrap_or(report)
    }

    /// Adds the times at which caches and queues are done with old answers, and the assumptions about them.
    #[must_use]
    pub fn with_cache_expiry(mut self, cache_expiry: &CacheExpiry, assumptions: Assumptions) -> Self {
        self.close_source_after = cache_expiry.closing.map(|closing| closing.after);
        self.close_source_basis = cache_expiry.closing.map(|closing| closing.basis);
        self.close_source = cache_expiry.closing.map(|closing| ClosingView::new(&closing, assumptions));
        for expectation in &mut self.expectations {
            let copies = expectation.id.known().and_then(|id| cache_expiry.possible.get(&id));
            expectation.possible_until = copies.map(|copies| copies.until);
            expectation.possible_ttl = copies.map(|copies| copies.ttl);
        }
        self
    }

    /// Adds the outage that explains why expectations are unknown, if there is one.
    #[must_use]
    pub fn with_outage(mut self, facts: &Facts) -> Self {
        self.outage = OutageView::of(&self.domain, facts, &self.expectations, &self.hazards);
        self
    }

    /// Adds the changes since an earlier report.
    #[must_use]
    pub fn with_since(mut self, since: Option<Since>) -> Self {
        self.since = since;
        self
    }

    /// Adds every reply.
    #[must_use]
    pub fn with_replies(mut self, facts: &Facts) -> Self {
        let replies = facts.all().chain(facts.all_delegated());
        self.replies = Some(replies.map(|reply| reply_view(reply, facts)).collect());
        self.policy = facts.policies().next().map(PolicyView::from);
        self.web = facts.web_replies().map(WebView::from).collect();
        self
    }

    /// Removes the replies.
    #[must_use]
    pub fn without_replies(self) -> Self {
        Self { replies: None, policy: None, web: Vec::new(), ..self }
    }
}

/// Returns the domain as people write it; `None` if it has no internationalized label, or cannot be shown safely.
#[must_use]
pub fn unicode(domain: &Name) -> Option<String> {
    let bare = domain.without_trailing_dot();
    if !bare.split('.').any(|label| label.starts_with("xn--")) {
        return None;
    }
    let (unicode, errors) = idna::domain_to_unicode(&bare);
    // A name that does not decode, or could reorder the text around it, is shown only as A-labels.
    let harmless = unicode.chars().all(|character| character.is_alphanumeric() || ".-·".contains(character));
    (errors.is_ok() && harmless && unicode != bare).then_some(unicode)
}
