//! The state of one query in flight.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hickory_resolver::proto::op::Message;
use tokio::sync::oneshot;

use super::failure::Failure;
use super::health::ZoneHealth;
use super::query::{CaseRandomization, Edns, Packet, Query};

/// The number of times that a question is sent within its timeout, at equal intervals: one lost packet must not look
/// like a dead server.
pub(super) const SENDS: u32 = 3;

/// One question and its server.
#[derive(Debug, Clone, Copy)]
pub(super) struct OutgoingQuery<'a> {
    pub(super) query: Query<'a>,
    pub(super) edns: Edns,
    pub(super) case: Case,
    pub(super) server: SocketAddr,
    pub(super) health: &'a Arc<ZoneHealth>,
    pub(super) patience: Duration,
}

/// The known behavior of a server with the letter case of names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Case {
    /// Unknown: the first reply that does not keep the case ends the question.
    Untried,
    /// The server has kept the letter case before, so a reply that does not is treated as forged unless no better one
    /// arrives.
    Kept,
    /// The server does not keep the case.
    Lost,
}

/// An answer over UDP.
#[derive(Debug)]
pub(super) enum Answer {
    /// The reply.
    Message(Box<Message>),
    /// The answer was truncated: ask again over TCP.
    Truncated,
    /// The reply does not repeat the letter case.
    OtherCase,
}

/// The result of one question.
#[derive(Debug)]
pub(super) struct QueryResult {
    pub(super) result: Result<Answer, Failure>,
    /// The number of times that it was sent.
    pub(super) sends: u32,
    /// The observed letter case behavior of the server, if any.
    pub(super) case: Option<Case>,
}

/// One question in flight.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) serial: u64,
    pub(super) server: SocketAddr,
    pub(super) health: Arc<ZoneHealth>,
    pub(super) packet: Packet,
    pub(super) case: Case,
    /// The time of the first send, in milliseconds since the birth of the table.
    pub(super) start: u64,
    pub(super) patience: Duration,
    pub(super) sends: u32,
    /// True if it was sent again in lower case.
    pub(super) is_lowered: bool,
    pub(super) sender: oneshot::Sender<QueryResult>,
    pub(super) strange: Option<RejectedReply>,
}

/// A packet with the right id that was not an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum RejectedReply {
    OtherQuestion,
    OtherCase,
    Undecodable,
}

impl Waiting {
    pub(super) fn end(self, result: Result<Answer, Failure>) {
        let case = result.as_ref().ok().and_then(|answer| self.learned(answer));
        // The receiver may already be gone.
        drop(self.sender.send(QueryResult { result, sends: self.sends, case }));
    }

    /// Returns the letter case behavior that the answer shows, if any.
    fn learned(&self, answer: &Answer) -> Option<Case> {
        match (answer, self.packet.letters()) {
            (Answer::OtherCase, _) => None,
            // An error without a question section shows nothing about letter case.
            (Answer::Message(message), _) if message.queries.is_empty() => None,
            (Answer::Message(_) | Answer::Truncated, CaseRandomization::Mixed(_)) => Some(Case::Kept),
            (Answer::Message(_) | Answer::Truncated, CaseRandomization::Lower) => {
                // After silence, or after replies that did not keep the case, lower case was what worked.
                let helped = self.case == Case::Untried || self.strange == Some(RejectedReply::OtherCase);
                (self.is_lowered && helped).then_some(Case::Lost)
            }
        }
    }

    /// Returns the failure of a question without an answer.
    pub(super) fn silence(&self) -> Failure {
        match self.strange {
            Some(RejectedReply::Undecodable) => Failure::malformed("the response cannot be decoded"),
            Some(RejectedReply::OtherQuestion | RejectedReply::OtherCase) => {
                Failure { reason: "only a response to another query arrived".into(), ..Failure::timeout() }
            }
            None => Failure::timeout(),
        }
    }
}
