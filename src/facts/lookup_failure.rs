//! The reason why a question has no answer.
//!
//! One failure represents all servers: that of the server with the most informative outcome.

use std::fmt;

use crate::record::Question;

use super::{Outcome, Reply, Server};

/// The reason given for a question that was not asked because of the lookup limit.
pub(crate) const NOT_FOLLOWED: &str = "the records before it lead to more names than the lookup limit";

/// The reason why a question has no answer: none of the servers asked answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LookupFailure {
    /// The question.
    pub question: Question,
    /// The outcome at the server with the most informative one.
    pub outcome: Outcome,
    /// That server.
    pub server: String,
    /// Further details from the server or the network; may be empty.
    pub detail: String,
}

impl LookupFailure {
    /// Returns the failure of a reply that is not an answer.
    pub(crate) fn of(reply: &Reply) -> Self {
        let extended: Vec<String> = reply.ede.iter().map(ToString::to_string).collect();
        let detail = if reply.reason.is_empty() { extended.join("; ") } else { reply.reason.clone() };
        Self {
            question: reply.question.clone(),
            outcome: reply.outcome,
            server: reply.server.address.clone(),
            detail,
        }
    }

    /// Returns the failure of a question that was not asked: every read is asked, except those beyond the lookup
    /// limits.
    pub(crate) fn not_asked(question: &Question) -> Self {
        Self {
            question: question.clone(),
            outcome: Outcome::NotAsked,
            server: Server::NONE.into(),
            detail: NOT_FOLLOWED.into(),
        }
    }

    /// Returns the failure of an alias chain that begins at the name of the question and has more than `names` names.
    #[must_use]
    pub(crate) fn chain_too_long(question: Question, names: usize) -> Self {
        Self {
            question,
            outcome: Outcome::ChainTooLong,
            server: Server::NONE.into(),
            detail: format!("the chain has more than {names} names"),
        }
    }
}

impl fmt::Display for LookupFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { question, outcome, server, detail } = self;
        let name = question.name.without_trailing_dot();
        match outcome {
            Outcome::NotRecorded => {
                write!(f, "{} of `{name}` is unknown: it is not in the recording", question.rtype)?
            }
            Outcome::Timeout => {
                write!(f, "{} of `{name}` is unknown: {server} did not answer", question.rtype)?
            }
            Outcome::Unreachable => {
                write!(f, "{} of `{name}` is unknown: {server} is unreachable from here", question.rtype)?;
            }
            Outcome::OutOfTime => {
                let reached = if detail.is_empty() { "deadline reached" } else { detail };
                return write!(
                    f,
                    "{} of `{name}` is unknown: {reached} before it was answered",
                    question.rtype
                );
            }
            Outcome::NotListed => {
                write!(f, "{} of `{name}` is published, but not in {server}", question.rtype)?;
            }
            Outcome::NotAsked => {
                write!(f, "{} of `{name}` is unknown: it was not looked up", question.rtype)?
            }
            Outcome::OutOfQuestions | Outcome::ServerQueryLimit | Outcome::NotSent | Outcome::NotAllowed => {
                write!(f, "{} of `{name}` is unknown: ", question.rtype)?;
                if server == Server::NONE {
                    write!(f, "it was not looked up")?;
                } else {
                    write!(f, "{server} was not queried")?;
                }
            }
            Outcome::TooLarge => {
                write!(
                    f,
                    "{} of `{name}` is unknown: the response of {server} exceeds the size limit",
                    question.rtype
                )?;
            }
            Outcome::Referral => write!(
                f,
                "{} of `{name}` is unknown: the name is delegated to name servers whose answer is not known",
                question.rtype
            )?,
            Outcome::ChainTooLong => write!(f, "the CNAME chain of `{name}` exceeds the length limit")?,
            Outcome::Records
            | Outcome::NoData
            | Outcome::NxDomain
            | Outcome::ServFail
            | Outcome::Refused
            | Outcome::Lame
            | Outcome::Malformed => {
                write!(f, "{} of `{name}` is unknown: {server} answered {outcome}", question.rtype)?
            }
        }
        if detail.is_empty() { Ok(()) } else { write!(f, " ({detail})") }
    }
}
