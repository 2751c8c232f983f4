//! One hazard of a report.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::check::{Code, Hazard, Severity, WaiverState};
use crate::record::{Name, RecordType};
use crate::report::harmless::Sanitized;
use crate::report::words::Word;

use super::waiver::WaiverView;

/// A hazard.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "formats", derive(schemars::JsonSchema))]
pub struct HazardView {
    /// The code of the hazard.
    pub code: Word<Code>,
    /// Its level: `error`, `warning` or `info`.
    pub level: Severity,
    /// The name it is about.
    pub name: Name,
    /// The type it is about.
    #[serde(rename = "type")]
    pub rtype: Option<RecordType>,
    /// One sentence for a person.
    pub message: Sanitized,
    /// The records that show it.
    #[serde(default)]
    pub records: Vec<Sanitized>,
    /// The time by which to act, if it is known and not past.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
    /// The waiver that applies to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiver: Option<WaiverView>,
}

impl HazardView {
    /// Returns whether it is waived.
    #[must_use]
    pub fn is_waived(&self) -> bool {
        self.waiver.as_ref().is_some_and(|waiver| waiver.state == WaiverState::Active)
    }

    /// Returns whether it makes changes necessary.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.level == Severity::Error && !self.is_waived()
    }
}

impl From<&Hazard> for HazardView {
    fn from(hazard: &Hazard) -> Self {
        Self {
            code: Word::Known(hazard.code),
            level: hazard.level,
            name: hazard.name.clone(),
            rtype: hazard.rtype,
            message: Sanitized::sentence(&hazard.message),
            records: Sanitized::records(&hazard.records),
            due: hazard.due,
            waiver: hazard.waiver.as_ref().map(WaiverView::from),
        }
    }
}
