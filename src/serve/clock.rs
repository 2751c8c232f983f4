//! Reads the time of the server.

use jiff::Timestamp;

/// Returns the current time in whole seconds, as reports show it.
#[allow(clippy::disallowed_methods, reason = "a server lives in real time")]
pub(super) fn now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_second(now.as_second()).unwrap_or(now)
}
