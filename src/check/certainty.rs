//! Maps failed lookups to codes.
//!
//! All of these codes mean unknown: a failed lookup, or one that a limit of ours prevented, never counts as missing or
//! as right.

use crate::facts::{Outcome, PolicyOutcome};

use super::Code;

/// Returns the code for an expectation that is unknown because the decisive question had this outcome.
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

/// Returns the code for an expectation that is unknown because fetching a policy had this outcome.
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
