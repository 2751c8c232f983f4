//! Maps failed lookups to codes.
//!
//! All of them are unknown: what failed, and what our own bounds cut off, is never taken for missing or for right.

use crate::facts::{Outcome, PolicyOutcome};

use super::Code;

/// The code of what is unknown because the question that decides had this outcome.
pub(super) fn code(outcome: Outcome) -> Code {
    match outcome {
        Outcome::NotRecorded => Code::NotInReplay,
        Outcome::OutOfTime => Code::DeadlineOver,
        Outcome::OutOfQuestions => Code::QuestionLimit,
        Outcome::ServerQueryLimit => Code::ServerQuestionLimit,
        Outcome::TooLarge => Code::AnswerTooLarge,
        Outcome::ChainTooLong => Code::ChainTooLong,
        Outcome::NotAsked => Code::TreeTooLarge,
        Outcome::Referral => Code::DelegatedAway,
        Outcome::Records
        | Outcome::NoData
        | Outcome::NxDomain
        | Outcome::ServFail
        | Outcome::Refused
        | Outcome::Lame
        | Outcome::Timeout
        | Outcome::Malformed
        | Outcome::Unreachable
        | Outcome::NotSent
        | Outcome::NotAllowed
        | Outcome::NotListed => Code::LookupFailed,
    }
}

/// The code of what is unknown because a policy could not be fetched, where no server of the domain answered why.
pub(super) fn code_of_policy(outcome: PolicyOutcome) -> Code {
    match outcome {
        PolicyOutcome::OutOfTime => Code::DeadlineOver,
        PolicyOutcome::Fetched
        | PolicyOutcome::NoAddress
        | PolicyOutcome::LookupFailed
        | PolicyOutcome::Unreachable
        | PolicyOutcome::Timeout
        | PolicyOutcome::BadCertificate
        | PolicyOutcome::HttpStatus
        | PolicyOutcome::Redirect
        | PolicyOutcome::WrongMediaType
        | PolicyOutcome::TooLarge
        | PolicyOutcome::Malformed
        | PolicyOutcome::NotFetched => Code::LookupFailed,
    }
}
