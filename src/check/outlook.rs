//! When may the old service be closed, and until when may any cache still have an old answer?
//!
//! A resolver that was asked shows what *it* has; others, which nobody asked, may have an old answer for as long as its
//! time to live says. That is known where the old answer was seen, and assumed where it was not.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use crate::expected::{Id, Phase, Subject};
use crate::facts::{Facts, History, remembered};
use crate::record::Question;

use super::{Code, Examination, Verdict};

/// What is taken for granted where nothing was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Assumptions {
    /// How long caches may keep an old answer that nobody saw.
    pub old_ttl: SignedDuration,
    /// How long senders go on trying to deliver what is in their queues.
    pub queue_margin: SignedDuration,
}

impl Default for Assumptions {
    /// A day, the longest TTL in common use; and the five days for which senders go on (RFC 5321 §4.5.4.1).
    fn default() -> Self {
        let day = SignedDuration::from_hours(24);
        Self { old_ttl: day, queue_margin: day * 5 }
    }
}

/// What is still to be expected of caches and queues.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outlook {
    /// When the old service may be closed; `None` while something of it is left, or is not known.
    pub closing: Option<Closing>,
    /// The expectations whose old answer some cache may still have.
    pub possible: BTreeMap<Id, Possible>,
}

/// The moment after which nothing goes to the old service any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Closing {
    /// That moment, the time that senders keep mail in their queues included.
    pub after: Timestamp,
    /// When the last cache has forgotten the old answers.
    pub forgotten: Timestamp,
    /// Whether an old time to live had to be assumed.
    pub basis: Basis,
}

/// Where a moment comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Basis {
    /// From old answers that were seen, with their time to live.
    Seen,
    /// From an assumed time to live.
    Assumed,
}

impl Basis {
    /// The word in reports.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Seen => "seen",
            Self::Assumed => "assumed",
        }
    }
}

/// Until when a cache that nobody asked may have an old answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Possible {
    /// That moment.
    pub until: Timestamp,
    /// The time to live of the old answer, in seconds.
    pub ttl: u32,
}

/// What to expect, from what was seen before.
#[must_use]
pub fn outlook(
    subject: &Subject,
    facts: &Facts,
    examination: &Examination,
    history: &History,
    assumptions: Assumptions,
) -> Outlook {
    let mut possible = BTreeMap::new();
    for judged in &examination.judged {
        let until = last_possible(subject, history, &judged.expectation.question(), facts.checked_at);
        if let Some(until) = until.filter(|_| is_first_of_its_question(judged.expectation.id)) {
            possible.insert(judged.expectation.id, until);
        }
    }
    // The zone would go with the account, whatever the verdict.
    let hosted = examination.hazards.iter().any(|hazard| hazard.code == Code::DnsHostedBySource);
    let over = subject.phase == Phase::Tidy
        && !hosted
        && matches!(examination.verdict, Verdict::Ready | Verdict::Waiting);
    let closing = over.then(|| closing(subject, facts, examination, history, assumptions)).flatten();
    Outlook { closing, possible }
}

/// Verification and SPF share a record set, of which SPF alone is remembered.
fn is_first_of_its_question(id: Id) -> bool {
    id != Id::Verification
}

fn last_possible(
    subject: &Subject,
    history: &History,
    question: &Question,
    now: Timestamp,
) -> Option<Possible> {
    let seen = history.seen(&subject.domain, question).iter();
    let left = seen.filter_map(|seen| Some(Possible { until: seen.forgotten()?, ttl: seen.ttl }));
    left.filter(|possible| possible.until > now).max_by_key(|possible| possible.until)
}

fn closing(
    subject: &Subject,
    facts: &Facts,
    examination: &Examination,
    history: &History,
    assumptions: Assumptions,
) -> Option<Closing> {
    let mut basis = Basis::Seen;
    // What a resolver was seen to have is no guess.
    let mut forgotten: BTreeSet<Timestamp> =
        examination.judged.iter().filter_map(|judged| judged.until).collect();
    for question in remembered(&subject.domain) {
        let seen = history.seen(&subject.domain, &question);
        let before = seen.iter().filter_map(|seen| seen.forgotten()).max();
        let moment = match before {
            Some(moment) => Some(moment),
            None => {
                basis = Basis::Assumed;
                // The change was made at the latest when its result was seen first.
                let since = seen.iter().map(|seen| seen.first_seen).min().unwrap_or(facts.checked_at);
                since.checked_add(assumptions.old_ttl).ok()
            }
        };
        forgotten.insert(moment?);
    }
    let forgotten = forgotten.last().copied()?;
    let after = forgotten.checked_add(assumptions.queue_margin).ok()?;
    Some(Closing { after, forgotten, basis })
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
