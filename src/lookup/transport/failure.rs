//! Describes a query that ended without a reply.

use std::io;

use crate::facts::Outcome;

/// A query that ended without a reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    /// The outcome of the reply that represents it.
    pub(super) outcome: Outcome,
    /// The cause in words; empty if the outcome says it all.
    pub(super) reason: String,
    /// The extent.
    pub(super) scope: FailureScope,
}

/// The extent of a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FailureScope {
    /// The server is silent or unreachable: the next query for the same zone would end the same way.
    Server,
    /// The server answers, or the cause is on this machine: the next query may succeed.
    Query,
    /// The server pauses after silence for other zones, so nothing was sent.
    Pause,
}

impl Failure {
    /// Returns the failure of a query without an answer in time.
    pub(super) fn timeout() -> Self {
        Self { outcome: Outcome::Timeout, reason: String::new(), scope: FailureScope::Server }
    }

    /// Returns the failure of an answer that cannot be decoded.
    pub(super) fn malformed(reason: impl Into<String>) -> Self {
        Self { outcome: Outcome::Malformed, reason: reason.into(), scope: FailureScope::Query }
    }

    /// Returns the failure of a query whose server could not be reached.
    pub(super) fn unreachable(reason: impl Into<String>, scope: FailureScope) -> Self {
        Self { outcome: Outcome::Unreachable, reason: reason.into(), scope }
    }

    /// Returns the failure of a query that was not sent, which says nothing about the server.
    pub(super) fn not_sent(reason: impl Into<String>) -> Self {
        Self { outcome: Outcome::NotSent, reason: reason.into(), scope: FailureScope::Query }
    }

    /// Returns the failure for an error of the operating system.
    pub(super) fn io(error: &io::Error) -> Self {
        use io::ErrorKind::{
            ConnectionAborted, ConnectionRefused, ConnectionReset, HostUnreachable, NetworkDown,
            NetworkUnreachable, PermissionDenied, TimedOut,
        };
        if is_local_limit(error) {
            return Self::not_sent(local_limit_words(error));
        }
        match error.kind() {
            TimedOut => Self::timeout(),
            // A firewall or a missing route has the same effect on the next query.
            ConnectionAborted | ConnectionRefused | ConnectionReset | HostUnreachable | NetworkDown
            | NetworkUnreachable | PermissionDenied => {
                Self::unreachable(io_words(error), FailureScope::Server)
            }
            _ => Self::unreachable(io_words(error), FailureScope::Query),
        }
    }
}

/// Returns whether this machine has run out of a resource, such as open files, ports or memory.
pub(in crate::lookup) fn is_local_limit(error: &io::Error) -> bool {
    // ENFILE and EMFILE, which are the same on all Unix systems.
    #[cfg(unix)]
    const CODES: &[i32] = &[23, 24];
    // WSAEMFILE and WSAENOBUFS.
    #[cfg(not(unix))]
    const CODES: &[i32] = &[10_024, 10_055];
    // ENOBUFS of Linux, which ErrorKind does not distinguish from other errors.
    let is_no_buffer = cfg!(target_os = "linux") && error.raw_os_error() == Some(105);
    matches!(error.kind(), io::ErrorKind::OutOfMemory | io::ErrorKind::AddrNotAvailable)
        || error.raw_os_error().is_some_and(|code| CODES.contains(&code))
        || is_no_buffer
}

/// Returns a description of a resource limit of this machine.
pub(in crate::lookup) fn local_limit_words(error: &io::Error) -> String {
    format!(
        "this machine has no socket left: {error}; raise its limit of open files, or lower `--concurrency`"
    )
}

/// Returns the error in words that are the same on all systems, if there are such words.
pub(in crate::lookup) fn io_words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => "the server closed the connection".into(),
        io::ErrorKind::Other => error.to_string(),
        kind if kind.to_string().starts_with("uncategorized") => error.to_string(),
        kind => kind.to_string(),
    }
}
