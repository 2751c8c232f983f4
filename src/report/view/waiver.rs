//! The waiver of a finding.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::check::{Applied, WaiverState};
use crate::report::harmless::Sanitized;

/// A waiver that applies to a finding.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "formats", derive(schemars::JsonSchema))]
pub struct WaiverView {
    /// `active`, or `expired` if the finding counts again.
    pub state: WaiverState,
    /// The reason.
    pub reason: Sanitized,
    /// The last day on which it holds, in UTC.
    pub until: Date,
}

impl From<&Applied> for WaiverView {
    fn from(waiver: &Applied) -> Self {
        Self { state: waiver.state, reason: Sanitized::sentence(&waiver.reason), until: waiver.until }
    }
}
