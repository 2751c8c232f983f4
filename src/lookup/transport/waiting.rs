//! The state of one query in flight.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hickory_resolver::proto::op::Message;
use tokio::sync::oneshot;

use super::health::{Failure, ZoneHealth};
use super::query::{CaseRandomization, Edns, Packet, Query};

/// How often a question is sent within its time, at equal distances: one lost packet must not look like a
/// dead server.
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

/// What is known of a server's way with the case of letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Case {
    /// Nothing: the first reply that does not keep it ends the question.
    Untried,
    /// It has kept it: a reply that does not is forged, unless nothing better comes.
    Kept,
    /// It does not keep it.
    Lost,
}

/// What came back over UDP.
#[derive(Debug)]
pub(super) enum Answer {
    /// The reply.
    Message(Box<Message>),
    /// It does not fit: ask again over TCP.
    Truncated,
    /// The reply does not repeat the case of the letters.
    OtherCase,
}

/// What became of one question.
#[derive(Debug)]
pub(super) struct QueryResult {
    pub(super) result: Result<Answer, Failure>,
    /// How often it was sent.
    pub(super) sends: u32,
    /// What was learned of the server's way with the case of letters, if anything.
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
    /// In milliseconds since the birth of the lane.
    pub(super) start: u64,
    pub(super) patience: Duration,
    pub(super) sends: u32,
    /// Whether it was sent once more in lower case.
    pub(super) is_lowered: bool,
    pub(super) sender: oneshot::Sender<QueryResult>,
    pub(super) strange: Option<RejectedReply>,
}

/// What came with the right id and was no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum RejectedReply {
    OtherQuestion,
    OtherCase,
    Undecodable,
}

impl Waiting {
    pub(super) fn end(self, result: Result<Answer, Failure>) {
        let case = result.as_ref().ok().and_then(|answer| self.learned(answer));
        // The asker may just have given up.
        drop(self.sender.send(QueryResult { result, sends: self.sends, case }));
    }

    /// What the answer tells about the server's way with the case of letters.
    fn learned(&self, answer: &Answer) -> Option<Case> {
        match (answer, self.packet.letters()) {
            (Answer::OtherCase, _) => None,
            // An error without a question repeats no letters.
            (Answer::Message(message), _) if message.queries.is_empty() => None,
            (Answer::Message(_) | Answer::Truncated, CaseRandomization::Mixed(_)) => Some(Case::Kept),
            (Answer::Message(_) | Answer::Truncated, CaseRandomization::Lower) => {
                // After silence, or after replies that did not keep it, lower case was what helped.
                let helped = self.case == Case::Untried || self.strange == Some(RejectedReply::OtherCase);
                (self.is_lowered && helped).then_some(Case::Lost)
            }
        }
    }

    /// The reason why there is no answer.
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
