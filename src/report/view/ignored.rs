//! The view of the unused entries in lists of expected values.

use serde::{Deserialize, Serialize};

use crate::expected::import::Ignored;
use crate::report::harmless::Sanitized;

/// An entry of a list of expected values that is not used.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "formats", derive(schemars::JsonSchema))]
pub struct IgnoredView {
    /// The name of the list.
    pub file: Sanitized,
    /// The position in the list: a line, or a JSON path.
    pub place: Sanitized,
    /// The published records.
    pub what: Sanitized,
    /// The reason why it is not used.
    pub reason: Sanitized,
}

impl From<&Ignored> for IgnoredView {
    fn from(ignored: &Ignored) -> Self {
        let Ignored { what, file, place, reason } = ignored;
        let [file, place, what, reason] = [file, place, what, reason].map(|text| Sanitized::sentence(text));
        Self { file, place, what, reason }
    }
}
