//! Records what was published before, and until when caches may hold it.
//!
//! A small file that outlives the run holds, for each domain, the record sets that a move changes, the times when each
//! was first and last seen on the zone's own name servers, and its TTL. Answers of resolvers are not part of it.

mod file;

use std::collections::{BTreeMap, BTreeSet};

use foldhash::{HashMap, HashMapExt as _};
use jiff::{SignedDuration, Timestamp};

use crate::record::{Name, Question, RecordData, RecordSet, RecordType, Text};

use super::{Facts, Reply};

pub use file::HistoryError;

/// The maximum number of record sets per question. The sets that have been missing longest are dropped first.
const MOST_SETS: usize = 16;

/// The record sets seen for many domains.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History {
    domains: BTreeMap<Name, BTreeMap<Question, Vec<Seen>>>,
}

/// One record set, and the times when it was published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The records; empty if there were none.
    pub data: BTreeSet<RecordData>,
    /// The TTL when it was last seen, in seconds.
    pub ttl: u32,
    /// Cached copies with a longer TTL, from before the TTL was lowered.
    pub longer: Option<Copies>,
    /// The time when it was first seen.
    pub first_seen: Timestamp,
    /// The time when it was last seen.
    pub last_seen: Timestamp,
    /// The time when it was first missing after that; `None` while it is published.
    pub gone: Option<Timestamp>,
}

/// Copies of a record set in caches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Copies {
    /// The time when the last copy expires.
    pub until: Timestamp,
    /// The TTL with which they were cached, in seconds.
    pub ttl: u32,
}

impl Copies {
    /// Returns the copies that were cached up to this moment.
    #[must_use]
    pub(crate) fn taken_until(moment: Timestamp, ttl: u32) -> Option<Self> {
        let until = moment.checked_add(SignedDuration::from_secs(i64::from(ttl))).ok()?;
        Some(Self { until, ttl })
    }
}

impl Seen {
    /// Returns the longest-lived copies of a record set that is gone; `None` while it is published.
    #[must_use]
    pub fn left(&self) -> Option<Copies> {
        self.left_after(self.gone?)
    }

    /// Returns the longest-lived copies if the record set is gone from this moment on.
    #[must_use]
    pub(crate) fn left_after(&self, gone: Timestamp) -> Option<Copies> {
        Copies::taken_until(gone, self.ttl)
            .map(|copies| self.longer.map_or(copies, |longer| longer.max(copies)))
    }

    fn outlives(&mut self, copies: Option<Copies>) {
        self.longer = self.longer.max(copies);
    }
}

/// Returns the questions whose answers are kept: where mail is delivered, where mail clients find their settings, and
/// which senders are authorized.
#[must_use]
pub fn remembered(domain: &Name) -> Vec<Question> {
    let autodiscover = domain.prepend("autodiscover").ok();
    let autodiscover = autodiscover.map(|name| Question::new(name, RecordType::Cname));
    let own = [RecordType::Mx, RecordType::Txt].map(|rtype| Question::new(domain.clone(), rtype));
    own.into_iter().chain(autodiscover).collect()
}

impl History {
    /// Returns whether the history has no record set of the domain.
    #[must_use]
    pub fn is_empty_for(&self, domain: &Name) -> bool {
        self.domains.get(domain).is_none_or(BTreeMap::is_empty)
    }

    /// Returns the record sets seen in answer to a question, the oldest first.
    #[must_use]
    pub fn seen(&self, domain: &Name, question: &Question) -> &[Seen] {
        self.domains.get(domain).and_then(|sets| sets.get(question)).map_or(&[], Vec::as_slice)
    }

    /// Returns the history of one domain.
    #[must_use]
    pub fn of_domain(&self, domain: &Name) -> Self {
        let own = self.domains.get_key_value(domain);
        Self { domains: own.map(|(name, sets)| (name.clone(), sets.clone())).into_iter().collect() }
    }

    /// Adds the domains of another history, which replace domains of the same name.
    pub fn extend(&mut self, other: Self) {
        self.domains.extend(other.domains);
    }

    /// Removes a domain.
    pub fn forget(&mut self, domain: &Name) {
        self.domains.remove(domain);
    }

    /// Adds the record sets of the domain in the facts.
    pub fn observe(&mut self, domain: &Name, facts: &Facts) {
        self.add(domain, &Sighting::of(domain, facts));
    }

    /// Adds the record sets of the domain that one run saw.
    pub fn add(&mut self, domain: &Name, sighting: &Sighting) {
        for (question, sets) in &sighting.sets {
            let known = self.domains.entry(domain.clone()).or_default().entry(question.clone()).or_default();
            update(known, sets, sighting.at);
        }
    }
}

/// The record sets of a domain that one run saw, as far as they are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sighting {
    at: Timestamp,
    sets: Vec<(Question, Vec<RecordSet>)>,
}

impl Sighting {
    /// Returns the record sets in the facts.
    #[must_use]
    pub fn of(domain: &Name, facts: &Facts) -> Self {
        // Caches do not hold answers of name servers that the zone is not delegated to yet.
        let is_compared = facts.all_delegated().next().is_some();
        let in_force = |question: &Question| -> Vec<RecordSet> {
            let replies = facts.delegated_replies(&question.name);
            let own = replies.filter(|reply| reply.question == *question && reply.outcome.is_answer());
            own.take(1).map(published_by).collect()
        };
        let sets = remembered(domain).into_iter().map(|question| {
            let sets = if is_compared { in_force(&question) } else { published(facts, &question) };
            (question, sets)
        });
        Self { at: facts.checked_at, sets: sets.filter(|(_, sets)| !sets.is_empty()).collect() }
    }
}

/// Returns every distinct answer of an authoritative server, with its TTL; of TXT records, only SPF.
#[must_use]
pub fn published(facts: &Facts, question: &Question) -> Vec<RecordSet> {
    let mut sets: Vec<RecordSet> = Vec::new();
    // The position of each answer in the list, since every server may answer differently.
    let mut places: HashMap<BTreeSet<RecordData>, usize> = HashMap::new();
    let answers =
        facts.replies(question).filter(|reply| reply.server.role.is_authority() && reply.outcome.is_answer());
    for set in answers.map(published_by) {
        match places.get(&set.data).and_then(|place| sets.get_mut(*place)) {
            Some(known) => known.ttl = known.ttl.max(set.ttl),
            None => {
                places.insert(set.data.clone(), sets.len());
                sets.push(set);
            }
        }
    }
    sets
}

/// Returns the record set of one reply.
#[must_use]
pub(crate) fn published_by(reply: &Reply) -> RecordSet {
    let own = || reply.wanted().filter(|record| record.name == reply.question.name);
    let mut set = RecordSet::of(own().filter(|record| matters(&record.data)));
    if set.is_empty() {
        // Without an SPF record, the TTL is the time for which a cache keeps the negative answer.
        let others = own().map(|record| record.ttl).max();
        set.ttl = others.or_else(|| reply.negative_ttl()).unwrap_or_default();
    }
    set
}

/// Returns whether a record is one that a move changes: of the TXT records, only SPF.
fn matters(data: &RecordData) -> bool {
    match data {
        RecordData::Txt(text) => is_spf(text),
        _ => true,
    }
}

fn is_spf(text: &Text) -> bool {
    crate::record::spf::is_spf(text)
}

fn update(known: &mut Vec<Seen>, published: &[RecordSet], now: Timestamp) {
    for set in published {
        match known.iter_mut().find(|seen| seen.data == set.data) {
            // Published again, or seen by a run that began earlier.
            Some(seen) => {
                seen.first_seen = seen.first_seen.min(now);
                if now >= seen.last_seen {
                    if set.ttl < seen.ttl {
                        // The TTL was lowered now at the latest.
                        seen.outlives(Copies::taken_until(now, seen.ttl));
                    }
                    seen.ttl = set.ttl;
                    seen.last_seen = now;
                    seen.gone = seen.gone.filter(|gone| *gone > now);
                } else if set.ttl > seen.ttl {
                    seen.outlives(Copies::taken_until(seen.last_seen, set.ttl));
                }
            }
            None => known.push(Seen {
                data: set.data.clone(),
                ttl: set.ttl,
                longer: None,
                first_seen: now,
                last_seen: now,
                gone: None,
            }),
        }
    }
    for seen in known.iter_mut() {
        let is_there = published.iter().any(|set| set.data == seen.data);
        if !is_there && now >= seen.last_seen {
            seen.gone = Some(seen.gone.map_or(now, |gone| gone.min(now)));
        }
    }
    known.sort_by(|a, b| (a.first_seen, &a.data).cmp(&(b.first_seen, &b.data)));
    while known.len() > MOST_SETS {
        let oldest = known.iter().enumerate().min_by_key(|(_, seen)| seen.gone.unwrap_or(Timestamp::MAX));
        let Some((index, _)) = oldest else { break };
        known.remove(index);
    }
}

#[cfg(test)]
mod tests;
