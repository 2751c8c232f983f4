//! The view of an expectation and its result.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::check::{Code, ExpectationResult, Status};
use crate::expected::{Expectation, Id, Importance, Origin, Phase, Service};
use crate::plan::Change;
use crate::record::spf::is_spf;
use crate::record::{Name, RecordData, RecordType};
use crate::report::harmless::Sanitized;
use crate::report::words::Word;

use super::waiver::WaiverView;

/// An expectation and its result.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "formats", derive(schemars::JsonSchema))]
pub struct ExpectationView {
    /// The id.
    pub id: Word<Id>,
    /// The service that needs it.
    #[cfg_attr(feature = "formats", schemars(with = "Service"))]
    pub service: Word<Service>,
    /// The importance: `required`, `recommended` or `optional`.
    pub importance: Importance,
    /// The phase from which it holds.
    pub phase: Phase,
    /// The owner name of the records.
    pub name: Name,
    /// The record type.
    #[serde(rename = "type")]
    pub rtype: RecordType,
    /// The status.
    pub status: Status,
    /// The code of the exact outcome.
    pub code: Word<Code>,
    /// One sentence for a person.
    pub message: Sanitized,
    /// The records that should be published; for SPF the record of the plan, or the present one if it is right.
    #[serde(default)]
    pub expected: Vec<Sanitized>,
    /// The origin of the expected value.
    pub origin: Origin,
    /// The list of expected values that contains it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub given_by: Option<Sanitized>,
    /// The records that are published.
    #[serde(default)]
    pub observed: Vec<Sanitized>,
    /// Its TTL in seconds.
    pub ttl: Option<u32>,
    /// The time at which it will be met without an edit.
    pub until: Option<Timestamp>,
    /// The time until which a cache that was not asked may have an old answer, if one was seen before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub possible_until: Option<Timestamp>,
    /// The TTL of that old answer in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub possible_ttl: Option<u32>,
    /// The waiver that applies to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiver: Option<WaiverView>,
}

impl ExpectationView {
    /// Returns the view of a result, with the record that the plan publishes.
    pub(super) fn planned(judged: &ExpectationResult, changes: &[Change]) -> Self {
        let mut view = Self::from(judged);
        if let Some(record) = proposed_senders(judged, changes) {
            view.expected = Sanitized::records([record]);
        }
        view
    }

    /// Returns whether the verdict depends on it.
    #[must_use]
    pub fn is_required(&self) -> bool {
        self.importance == Importance::Required
    }
}

/// Returns the correct SPF record of this domain: the one that the plan publishes, or the present one if it is correct.
fn proposed_senders<'a>(judged: &'a ExpectationResult, changes: &'a [Change]) -> Option<&'a RecordData> {
    if judged.expectation.id != Id::Spf {
        return None;
    }
    let question = judged.expectation.question();
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

impl From<&ExpectationResult> for ExpectationView {
    fn from(judged: &ExpectationResult) -> Self {
        let Expectation { id, service, phase, name, rtype, data, origin, given_by, .. } = &judged.expectation;
        Self {
            id: Word::Known(*id),
            service: Word::Known(*service),
            importance: judged.importance,
            phase: *phase,
            name: name.clone(),
            rtype: *rtype,
            status: judged.status,
            code: Word::Known(judged.code),
            message: Sanitized::sentence(&judged.message),
            expected: Sanitized::records(data),
            origin: *origin,
            given_by: given_by.as_deref().map(Sanitized::sentence),
            observed: Sanitized::records(&judged.observed.data),
            ttl: (!judged.observed.is_empty()).then_some(judged.observed.ttl),
            until: judged.until,
            possible_until: None,
            possible_ttl: None,
            waiver: judged.waiver.as_ref().map(WaiverView::from),
        }
    }
}
