//! The changes since an earlier report, and the part of a report that is compared.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::check::{Code, Severity, Status, Verdict, WaiverState};
use crate::expected::{Id, Importance};
use crate::record::{Name, RecordType};
use crate::report::harmless::Sanitized;
use crate::report::words::{Word, spelled};

/// The differences between an earlier report of a domain and this one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "formats", derive(schemars::JsonSchema))]
pub struct Since {
    /// The time at which the earlier run began.
    pub checked_at: Timestamp,
    /// The verdict before and after, if it changed.
    pub verdict: Option<Pair>,
    /// Expectations whose records or status changed, in the order of the report.
    pub expectations: Vec<Moved>,
    /// Hazards that are new.
    pub hazards_appeared: Vec<Sign>,
    /// Hazards that are gone.
    pub hazards_gone: Vec<Sign>,
    /// The earlier result; absent if the comparison itself was read from a stored report.
    #[serde(skip)]
    pub(in crate::report) before: Option<Arc<EarlierDomain>>,
}

/// A verdict before and after.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "formats", derive(schemars::JsonSchema))]
pub struct Pair {
    /// The earlier verdict.
    pub before: Verdict,
    /// The present verdict.
    pub after: Verdict,
}

/// The change of one expectation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "formats", derive(schemars::JsonSchema))]
pub struct Moved {
    /// The id of the expectation.
    pub id: Word<Id>,
    /// The owner name of the records.
    pub name: Name,
    /// The record type.
    #[serde(rename = "type")]
    pub rtype: RecordType,
    /// The change of the records: `appeared`, `gone`, `changed` or `same`.
    pub records: RecordsChange,
    /// The earlier state.
    pub before: State,
    /// The present state.
    pub after: State,
}

/// The change of the records of an expectation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordsChange {
    /// There were no records before.
    Appeared,
    /// There are no records any more.
    Gone,
    /// The records are different.
    Changed,
    /// The records are the same.
    Same,
}

impl RecordsChange {
    /// All values.
    pub const ALL: [Self; 4] = [Self::Appeared, Self::Gone, Self::Changed, Self::Same];

    /// Returns the word in reports.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Appeared => "appeared",
            Self::Gone => "gone",
            Self::Changed => "changed",
            Self::Same => "same",
        }
    }
}

spelled!(RecordsChange);

/// The state of one expectation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "formats", derive(schemars::JsonSchema))]
pub struct State {
    /// Its status.
    pub status: Status,
    /// The code of its outcome.
    pub code: Word<Code>,
    /// The records that were observed.
    pub observed: Vec<Sanitized>,
}

/// A hazard, by what identifies it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "formats", derive(schemars::JsonSchema))]
pub struct Sign {
    /// The code of the hazard.
    pub code: Word<Code>,
    /// The name it is about.
    pub name: Name,
    /// The type it is about.
    #[serde(rename = "type")]
    pub rtype: Option<RecordType>,
}

/// The part of the report of a domain that is compared, which is kept in memory for many domains.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::report) struct EarlierDomain {
    pub(in crate::report) domain: String,
    pub(in crate::report) checked_at: Option<Timestamp>,
    pub(in crate::report) verdict: Verdict,
    pub(in crate::report) expectations: Vec<EarlierExpectation>,
    pub(in crate::report) hazards: Vec<EarlierHazard>,
}

/// The part of an expectation that is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::report) struct EarlierExpectation {
    pub(in crate::report) id: Word<Id>,
    pub(in crate::report) name: Name,
    pub(in crate::report) rtype: RecordType,
    pub(in crate::report) status: Status,
    pub(in crate::report) code: Word<Code>,
    pub(in crate::report) importance: Importance,
    pub(in crate::report) observed: Vec<Sanitized>,
}

/// The part of a hazard that is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::report) struct EarlierHazard {
    pub(in crate::report) sign: Sign,
    pub(in crate::report) level: Severity,
    pub(in crate::report) waiver: Option<WaiverState>,
}
