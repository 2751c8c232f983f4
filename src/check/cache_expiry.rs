//! Computes when caches expire and when the old service may be closed.
//!
//! A resolver that was asked shows only its own cache; others may have an old answer until its TTL ends. That time is
//! known if the old answer was seen, and assumed otherwise.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::expected::{Id, Phase, Subject};
use crate::facts::{Copies, Facts, History, TrustPolicy, published, published_by, remembered};
use crate::record::Question;

use super::{Assessment, Code, ExpectationResult, Status, Verdict};

/// The durations that are assumed if none was observed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Assumptions {
    /// The TTL of an old answer that was not seen.
    pub old_ttl: SignedDuration,
    /// The time for which senders retry the mail in their queues.
    pub queue_margin: SignedDuration,
}

impl Default for Assumptions {
    /// Returns one day, the longest TTL in common use, and the five days for which senders retry (RFC 5321 §4.5.4.1).
    fn default() -> Self {
        let day = SignedDuration::from_hours(24);
        Self { old_ttl: day, queue_margin: day * 5 }
    }
}

/// The times until which caches and queues may still lead to the old service.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CacheExpiry {
    /// The time when the old service may be closed; `None` while a record still leads to it, or that time is not known.
    pub closing: Option<SourceClosing>,
    /// The expectations whose old answer some cache may still have.
    pub possible: BTreeMap<Id, Copies>,
}

/// The time after which neither lookups nor mail reach the old service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SourceClosing {
    /// That time, including the time for which senders keep mail in their queues.
    pub after: Timestamp,
    /// The time when the last cache has dropped the old answers.
    pub forgotten: Timestamp,
    /// The source of that time: observed TTLs, or an assumed one.
    pub basis: Basis,
}

/// The source of a computed time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Basis {
    /// Computed from old answers that were seen, with their TTLs.
    Seen,
    /// Computed from an assumed TTL.
    Assumed,
}

impl Basis {
    /// All values.
    pub const ALL: [Self; 2] = [Self::Seen, Self::Assumed];

    /// Returns the word in reports.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Seen => "seen",
            Self::Assumed => "assumed",
        }
    }
}

/// Computes when caches drop the old answers, from the history of what was published.
#[must_use]
pub fn cache_expiry(
    subject: &Subject,
    facts: &Facts,
    assessment: &Assessment,
    history: &History,
    assumptions: Assumptions,
) -> CacheExpiry {
    let lookback = Lookback { subject, facts, assessment, history };
    let mut possible = BTreeMap::new();
    for judged in &assessment.judged {
        let copies = lookback.copies(&judged.expectation.question()).into_iter().flatten().max();
        // A resolver that was asked may keep the answer for longer than its TTL says.
        let copies = copies.map(|copies| match judged.until {
            Some(until) if until > copies.until => Copies { until, ..copies },
            Some(_) | None => copies,
        });
        let copies = copies.filter(|copies| copies.until > facts.checked_at);
        if let Some(copies) = copies.filter(|_| is_first_of_its_question(judged.expectation.id)) {
            possible.insert(judged.expectation.id, copies);
        }
    }
    // The zone would go with the account, or is not in force yet, whatever the verdict.
    let hosted = assessment
        .hazards
        .iter()
        .any(|hazard| matches!(hazard.code, Code::DnsHostedBySource | Code::DelegationElsewhere));
    // Leftovers of a platform that may be the one being left: it is not known whether that one may be closed.
    let doubt = assessment.hazards.iter().any(|hazard| hazard.code == Code::SourceLeft)
        || assessment.judged.iter().any(may_authorize_source);
    let over = subject.phase == Phase::Tidy
        && !hosted
        && !doubt
        && matches!(assessment.verdict, Verdict::Ready | Verdict::Waiting);
    let closing = over.then(|| lookback.closing(assumptions)).flatten();
    CacheExpiry { closing, possible }
}

/// Returns whether SPF still authorizes the old platform, or may: it may still send, and be needed for it.
fn may_authorize_source(judged: &ExpectationResult) -> bool {
    let is_left =
        matches!(judged.code, Code::SpfSourceLeft | Code::SpfSourceNested | Code::SpfSourceUnproven);
    let is_open = matches!(judged.status, Status::Unmet | Status::Unknown);
    judged.expectation.id == Id::Spf && (is_left || is_open)
}

/// Returns whether a record set is listed under this expectation. Verification and SPF share one, which is listed under
/// SPF.
fn is_first_of_its_question(id: Id) -> bool {
    id != Id::Verification
}

/// The data from which cached copies of old answers are derived.
struct Lookback<'a> {
    subject: &'a Subject,
    facts: &'a Facts,
    assessment: &'a Assessment,
    history: &'a History,
}

impl Lookback<'_> {
    /// Returns the copies that caches may have of each older answer to a question. An item is `None` if a name server
    /// still returns that answer and it is not known until when.
    fn copies(&self, question: &Question) -> Vec<Option<Copies>> {
        let seen = self.history.seen(&self.subject.domain, question);
        if seen.is_empty() && self.is_answered_alike(question) {
            return Vec::new();
        }
        let gone = seen.iter().filter_map(|seen| seen.left()).map(Some);
        let newest = self.facts.published(question, TrustPolicy::Authoritative);
        let newest = newest.filter(|reply| reply.server.role.is_authority()).map(published_by);
        let still = published(self.facts, question)
            .into_iter()
            .filter(|set| newest.as_ref().is_some_and(|newest| newest.data != set.data));
        // A secondary returns it until it has caught up, and caches may keep it for its TTL from then on.
        let until = self.until(question);
        let still = still.map(|set| {
            let known = seen.iter().find(|seen| seen.data == set.data);
            let left = known.and_then(|seen| seen.left_after(until?));
            left.max(Copies::taken_until(until?, set.ttl))
        });
        gone.chain(still).collect()
    }

    /// Returns whether all name servers that answer a question answer the same.
    fn is_answered_alike(&self, question: &Question) -> bool {
        let replies = self.facts.replies(question);
        let mut answers =
            replies.filter(|reply| reply.server.role.is_authority() && reply.outcome.is_answer());
        answers.next().is_none_or(|first| answers.all(|answer| answer.says_the_same(first)))
    }

    /// Returns the time when all servers should give the same answer to a question.
    fn until(&self, question: &Question) -> Option<Timestamp> {
        let judged = self.assessment.judged.iter().filter(|judged| judged.status == Status::Waiting);
        judged
            .filter(|judged| judged.expectation.question() == *question)
            .filter_map(|judged| judged.until)
            .max()
    }

    fn closing(&self, assumptions: Assumptions) -> Option<SourceClosing> {
        let mut basis = Basis::Seen;
        // The answers that resolvers were seen to cache are observed, not assumed.
        let mut forgotten: Option<Timestamp> =
            self.assessment.judged.iter().filter_map(|judged| judged.until).max();
        for question in remembered(&self.subject.domain) {
            let copies: Vec<Copies> = self.copies(&question).into_iter().collect::<Option<_>>()?;
            let moment = match copies.into_iter().max() {
                Some(copies) => copies.until,
                None => {
                    basis = Basis::Assumed;
                    self.since(&question).checked_add(assumptions.old_ttl).ok()?
                }
            };
            forgotten = forgotten.max(Some(moment));
        }
        let forgotten = forgotten?;
        let after = forgotten.checked_add(assumptions.queue_margin).ok()?;
        Some(SourceClosing { after, forgotten, basis })
    }

    /// Returns the latest time at which the present records can have been published: when they were first seen.
    fn since(&self, question: &Question) -> Timestamp {
        let now = published(self.facts, question);
        let seen = self.history.seen(&self.subject.domain, question);
        let seen = seen.iter().filter(|seen| now.iter().any(|set| set.data == seen.data));
        seen.map(|seen| seen.first_seen).min().unwrap_or(self.facts.checked_at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_days_are_what_senders_take() {
        let assumptions = Assumptions::default();
        assert_eq!(assumptions.queue_margin.as_hours(), 120);
        assert_eq!(assumptions.old_ttl.as_hours(), 24);
    }
}
