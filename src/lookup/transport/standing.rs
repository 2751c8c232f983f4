//! Is it still worth a packet to ask this server?
//!
//! A server that has never answered is not asked again after its first silence, so that a dead one costs one
//! timeout for the whole run and not one for each question. Any sign of life, even late, takes that back.

use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::facts::Outcome;

/// A question that ended without a reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) outcome: Outcome,
    /// What happened in words; empty where the outcome says it all.
    pub(super) reason: String,
    /// Whose fault it is, which decides whether the server is asked again.
    pub(super) blame: Blame,
}

/// What a failure says about the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Blame {
    /// It is not there: the next question would fare the same.
    Server,
    /// It is there, or the failure was on this side: the next question may fare better.
    Circumstances,
}

impl Failure {
    /// No answer in time.
    pub(super) fn timeout() -> Self {
        Self { outcome: Outcome::Timeout, reason: String::new(), blame: Blame::Server }
    }

    /// An answer that cannot be read.
    pub(super) fn malformed(reason: impl Into<String>) -> Self {
        Self { outcome: Outcome::Malformed, reason: reason.into(), blame: Blame::Circumstances }
    }

    /// No way to the server, or none that led to an answer.
    pub(super) fn unreachable(reason: impl Into<String>, blame: Blame) -> Self {
        Self { outcome: Outcome::Unreachable, reason: reason.into(), blame }
    }

    /// What the operating system said.
    pub(super) fn io(error: &io::Error) -> Self {
        use io::ErrorKind::{
            ConnectionAborted, ConnectionRefused, ConnectionReset, HostUnreachable, NetworkDown,
            NetworkUnreachable, PermissionDenied, TimedOut,
        };
        match error.kind() {
            TimedOut => Self::timeout(),
            // What a firewall or a missing route says will be said again; too many open files, for one, will
            // not.
            ConnectionAborted | ConnectionRefused | ConnectionReset | HostUnreachable | NetworkDown
            | NetworkUnreachable | PermissionDenied => Self::unreachable(io_words(error), Blame::Server),
            _ => Self::unreachable(io_words(error), Blame::Circumstances),
        }
    }
}

/// The error in words that are the same on all systems, where there are such words.
pub(in crate::lookup) fn io_words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => "the server closed the connection".into(),
        io::ErrorKind::Other => error.to_string(),
        kind if kind.to_string().starts_with("uncategorized") => error.to_string(),
        kind => kind.to_string(),
    }
}

/// What is known of one server's life.
#[derive(Debug, Default)]
pub(super) struct Standing(Mutex<State>);

#[derive(Debug, Default)]
enum State {
    /// Neither a reply nor a failure so far.
    #[default]
    Unknown,
    /// It has said something.
    Alive,
    /// It has failed and never said anything.
    GivenUp(Failure),
}

impl Standing {
    /// It said something, readable or not.
    pub(super) fn note_life(&self) {
        *lock(&self.0) = State::Alive;
    }

    /// A question ended without a reply.
    pub(super) fn note_failure(&self, failure: &Failure) {
        let mut state = lock(&self.0);
        if let (State::Unknown, Blame::Server) = (&*state, failure.blame) {
            *state = State::GivenUp(failure.clone());
        }
    }

    /// It may have come back to life since it was given up.
    pub(super) fn forgive(&self) {
        let mut state = lock(&self.0);
        if matches!(*state, State::GivenUp(_)) {
            *state = State::Unknown;
        }
    }

    /// Why the server is not worth asking, if it is not.
    pub(super) fn given_up(&self) -> Option<Failure> {
        match &*lock(&self.0) {
            State::GivenUp(failure) => Some(failure.clone()),
            State::Unknown | State::Alive => None,
        }
    }
}

/// Locks; what another thread left behind when it panicked is as good as ever, since no update here is in two
/// steps.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_server_that_never_answered_is_given_up() {
        let standing = Standing::default();
        standing.note_failure(&Failure::unreachable("too many open files", Blame::Circumstances));
        assert_eq!(standing.given_up(), None);
        standing.note_failure(&Failure::timeout());
        assert_eq!(standing.given_up(), Some(Failure::timeout()));
        standing.forgive();
        assert_eq!(standing.given_up(), None);
        standing.note_failure(&Failure::timeout());
        assert_eq!(standing.given_up(), Some(Failure::timeout()));
        standing.note_life();
        standing.note_failure(&Failure::timeout());
        assert_eq!(standing.given_up(), None);
    }
}
