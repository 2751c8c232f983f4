//! The result of one query to one server.
//!
//! The outcome is determined once, in `lookup`: the server's answer, a network failure, or a limit of our own that
//! prevented an answer.

use std::fmt;
use std::str::FromStr;

use crate::record::{UnknownWord, value_of_word};

/// The outcome of one question to one server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// There are records of the type asked for, or an alias.
    Records,
    /// The name exists and has no record of this type.
    NoData,
    /// The name does not exist (NXDOMAIN); after an alias, the last name of the chain does not (RFC 2308 §2.1).
    NxDomain,
    /// The name is in a zone further down, and the reply lists its name servers instead.
    Referral,
    /// The server failed, or answered with an error that is not distinguished further.
    ServFail,
    /// The server refused.
    Refused,
    /// The server is delegated to but is not authoritative for the zone.
    Lame,
    /// The server did not answer within the timeout of one try.
    Timeout,
    /// An answer arrived but could not be parsed.
    Malformed,
    /// The server cannot be reached from here.
    Unreachable,
    /// The recording does not contain this question.
    NotRecorded,
    /// The deadline for the whole domain passed before an answer came.
    OutOfTime,
    /// Not sent: the domain had reached its limit of questions.
    OutOfQuestions,
    /// Not sent: the domain had reached its limit of questions to this server.
    ServerQueryLimit,
    /// The answer exceeded the size limit and was dropped.
    TooLarge,
    /// The alias chain exceeds the length limit, in one answer or across several.
    ChainTooLong,
    /// Not sent: this machine had no socket left, or the server pauses because it was silent for other zones.
    NotSent,
    /// Not sent: the server is named only by DNS, and no option allows an address of that kind. It cannot be reached
    /// from here.
    NotAllowed,
    /// Not asked: the records before it lead to more names than the lookup limit.
    NotAsked,
    /// The zone file names the record set but does not hold its records.
    NotListed,
}

impl Outcome {
    /// All outcomes.
    pub const ALL: [Self; 20] = [
        Self::Records,
        Self::NoData,
        Self::NxDomain,
        Self::Referral,
        Self::ServFail,
        Self::Refused,
        Self::Lame,
        Self::Timeout,
        Self::Malformed,
        Self::Unreachable,
        Self::NotRecorded,
        Self::OutOfTime,
        Self::OutOfQuestions,
        Self::ServerQueryLimit,
        Self::TooLarge,
        Self::ChainTooLong,
        Self::NotSent,
        Self::NotAllowed,
        Self::NotAsked,
        Self::NotListed,
    ];

    /// Returns the word in reports and recordings.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Records => "records",
            Self::NoData => "no-data",
            Self::NxDomain => "no-name",
            Self::Referral => "referral",
            Self::ServFail => "servfail",
            Self::Refused => "refused",
            Self::Lame => "lame",
            Self::Timeout => "timeout",
            Self::Malformed => "malformed",
            Self::Unreachable => "unreachable",
            Self::NotRecorded => "not-recorded",
            Self::OutOfTime => "out-of-time",
            Self::OutOfQuestions => "out-of-questions",
            Self::ServerQueryLimit => "spared",
            Self::TooLarge => "too-large",
            Self::ChainTooLong => "too-deep",
            Self::NotSent => "not-sent",
            Self::NotAllowed => "not-allowed",
            Self::NotAsked => "not-asked",
            Self::NotListed => "not-listed",
        }
    }

    /// Returns whether the server answered, even if there are no records.
    #[must_use]
    pub fn is_answer(self) -> bool {
        matches!(self, Self::Records | Self::NoData | Self::NxDomain)
    }

    /// Returns whether the answer exceeded a limit and was therefore dropped.
    #[must_use]
    pub(crate) fn is_cut_off(self) -> bool {
        matches!(self, Self::TooLarge | Self::ChainTooLong)
    }

    /// Returns whether the lookup failed for a cause that may be temporary: silence, an error of the server, or a limit
    /// of this machine. A lame server and our own limits are not failures of this kind.
    #[must_use]
    pub fn is_failed_lookup(self) -> bool {
        match self {
            Self::ServFail
            | Self::Refused
            | Self::Timeout
            | Self::Malformed
            | Self::Unreachable
            | Self::NotSent
            | Self::OutOfTime => true,
            Self::Records
            | Self::NoData
            | Self::NxDomain
            | Self::Referral
            | Self::Lame
            | Self::NotRecorded
            | Self::NotAllowed
            | Self::OutOfQuestions
            | Self::ServerQueryLimit
            | Self::TooLarge
            | Self::ChainTooLong
            | Self::NotAsked
            | Self::NotListed => false,
        }
    }

    /// Returns whether the server was not asked, or not waited for, so that the outcome says nothing about it.
    #[must_use]
    pub fn says_nothing_about_server(self) -> bool {
        match self {
            Self::OutOfTime
            | Self::OutOfQuestions
            | Self::ServerQueryLimit
            | Self::NotSent
            | Self::NotAsked
            | Self::NotListed
            | Self::NotRecorded => true,
            Self::Records
            | Self::NoData
            | Self::NxDomain
            | Self::Referral
            | Self::ServFail
            | Self::Refused
            | Self::Lame
            | Self::Timeout
            | Self::Malformed
            | Self::Unreachable
            | Self::NotAllowed
            | Self::TooLarge
            | Self::ChainTooLong => false,
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

impl FromStr for Outcome {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        value_of_word("", text, &Self::ALL, Self::word)
    }
}
