//! The basis of the time after which the old service may be closed.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::check::{Assumptions, Basis, SourceClosing};

/// The basis of the time after which the old service may be closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "formats", derive(schemars::JsonSchema))]
pub struct ClosingView {
    /// The time at which the last cache drops the old answers.
    pub caches_expired_at: Timestamp,
    /// The TTL in seconds that was assumed for old answers, if none was seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assumed_ttl: Option<u32>,
    /// The time for which senders keep mail in their queues after that, in seconds.
    pub queue_margin: u32,
}

impl ClosingView {
    /// Returns the basis of a time, with the assumptions that were made.
    pub(super) fn new(closing: &SourceClosing, assumptions: Assumptions) -> Self {
        let seconds = |span: SignedDuration| u32::try_from(span.as_secs()).unwrap_or(u32::MAX);
        Self {
            caches_expired_at: closing.forgotten,
            assumed_ttl: match closing.basis {
                Basis::Seen => None,
                Basis::Assumed => Some(seconds(assumptions.old_ttl)),
            },
            queue_margin: seconds(assumptions.queue_margin),
        }
    }
}
