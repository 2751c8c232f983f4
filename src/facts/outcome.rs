//! The result of one query to one server.
//!
//! Distinguished once, in `lookup`: what a server said, what the network did to it, and which bound of our own
//! kept it from being known.

use std::fmt;
use std::str::FromStr;

/// What became of one question to one server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// There are records of the type asked for, or an alias.
    Records,
    /// The name exists and has no record of this type.
    NoData,
    /// The name does not exist (NXDOMAIN); behind an alias, the last name of the chain (RFC 2308 §2.1).
    NxDomain,
    /// The name lies in a zone further down, whose name servers were named instead.
    Referral,
    /// The server failed, or answered with an error that is not distinguished further.
    ServFail,
    /// The server refused.
    Refused,
    /// The server is delegated to but is not authoritative for the zone.
    Lame,
    /// No answer within the time of one try.
    Timeout,
    /// An answer came and could not be read.
    Malformed,
    /// The server cannot be reached from here.
    Unreachable,
    /// A recording was asked for something that it does not hold.
    NotRecorded,
    /// The time for the whole domain was over before an answer came.
    OutOfTime,
    /// It was not sent: the domain had cost as many questions as one may.
    OutOfQuestions,
    /// It was not sent: the server had been asked as much as one domain may ask it.
    ServerQueryLimit,
    /// An answer came that holds more than is kept; nothing of it is.
    TooLarge,
    /// An answer came whose chain of aliases is longer than is followed, or such a chain was found name by name.
    ChainTooLong,
    /// It was not sent: this machine had no socket left, or the server pauses after silence for other zones.
    NotSent,
    /// It was not sent: only DNS names the server, and nothing allows to ask an address of that kind. From here it cannot
    /// be reached.
    NotAllowed,
    /// Not asked: the records before it lead to more names than the lookup limit.
    NotAsked,
    /// The file names the record set and does not hold its records.
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

    /// The word in reports and recordings.
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

    /// Returns whether the server said what there is, be it nothing.
    #[must_use]
    pub fn is_answer(self) -> bool {
        matches!(self, Self::Records | Self::NoData | Self::NxDomain)
    }

    /// Returns whether an answer came of which nothing is kept, because it holds more than is kept.
    #[must_use]
    pub fn is_cut_off(self) -> bool {
        matches!(self, Self::TooLarge | Self::ChainTooLong)
    }

    /// Whether the lookup failed for a cause that may be gone soon: silence, an error of the server, or a limit of this
    /// machine. What a server says about itself, and what our own bounds cut off, is not a failure of this kind.
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

    /// Returns whether the server was not asked, or not waited for, so that this tells nothing about it.
    #[must_use]
    pub fn tells_nothing(self) -> bool {
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
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|outcome| outcome.word() == text).ok_or(())
    }
}
