//! The result of a zone transfer.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;

use crate::record::{Name, UnknownWord, value_of_word};

use super::Facts;

/// The outcome of a request for a whole zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TransferOutcome {
    /// The whole zone was received.
    Transferred,
    /// The server refuses the transfer.
    Refused,
    /// The server cannot be reached, or ended the connection.
    Unreachable,
    /// The server did not answer in time.
    Timeout,
    /// The answer is not a zone.
    Malformed,
    /// The zone exceeds the size limit.
    TooLarge,
    /// The signature of the answer is missing or wrong.
    Unverified,
}

impl TransferOutcome {
    /// All outcomes.
    pub const ALL: [Self; 7] = [
        Self::Transferred,
        Self::Refused,
        Self::Unreachable,
        Self::Timeout,
        Self::Malformed,
        Self::TooLarge,
        Self::Unverified,
    ];

    /// Returns the word in recordings.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Transferred => "transferred",
            Self::Refused => "refused",
            Self::Unreachable => "unreachable",
            Self::Timeout => "timeout",
            Self::Malformed => "malformed",
            Self::TooLarge => "too-large",
            Self::Unverified => "unverified",
        }
    }
}

impl fmt::Display for TransferOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

impl FromStr for TransferOutcome {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        value_of_word("", text, &Self::ALL, Self::word)
    }
}

/// The result of a request for a whole zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransferReply {
    /// The apex of the zone.
    pub apex: Name,
    /// The server that sent the zone, or else the first that was asked.
    pub server: String,
    /// The outcome.
    pub outcome: TransferOutcome,
    /// The number of records.
    pub records: usize,
    /// The reason why there is no zone, in words; may be empty.
    pub reason: String,
    /// The time when it arrived, or when the transfer was abandoned.
    pub at: Timestamp,
    /// The time until then, in microseconds.
    pub elapsed: u64,
}

impl TransferReply {
    /// Returns a reply without content, to be filled in.
    #[must_use]
    pub fn empty(apex: Name, server: String, outcome: TransferOutcome) -> Self {
        Self {
            apex,
            server,
            outcome,
            records: 0,
            reason: String::new(),
            at: Timestamp::UNIX_EPOCH,
            elapsed: 0,
        }
    }
}

impl Facts {
    /// Adds the result of a zone transfer; a second one for the same zone is ignored.
    pub(crate) fn insert_transfer(&mut self, reply: TransferReply) {
        self.transfers.entry(reply.apex.clone()).or_insert(reply);
    }

    /// Returns the result of the transfer of a zone; `None` if no server was asked for it.
    #[must_use]
    pub fn transfer(&self, apex: &Name) -> Option<&TransferReply> {
        self.transfers.get(apex)
    }

    /// Returns the results of all zone transfers, ordered by zone.
    pub fn transfers(&self) -> impl Iterator<Item = &TransferReply> {
        self.transfers.values()
    }
}
