//! Reads what was published before, and until when caches may have it.
//!
//! A small file that outlives the run: for each domain the record sets that a move changes, when each was first and last
//! seen on the zone's own name servers, and with which TTL. Answers of resolvers are not part of it.

mod file;

use std::collections::{BTreeMap, BTreeSet};

use foldhash::{HashMap, HashMapExt as _};
use jiff::{SignedDuration, Timestamp};

use crate::record::{Name, Question, RecordData, RecordSet, RecordType, Text};

use super::{Facts, Reply};

pub use file::HistoryError;

/// Record sets that are remembered for one question; the longest gone are forgotten first.
const MOST_SETS: usize = 16;

/// What was seen of many domains.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History {
    domains: BTreeMap<Name, BTreeMap<Question, Vec<Seen>>>,
}

/// One record set, and when it was there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The records; none where there was nothing.
    pub data: BTreeSet<RecordData>,
    /// The TTL it was seen with last, in seconds.
    pub ttl: u32,
    /// Copies with a longer TTL, from before that was lowered.
    pub longer: Option<Copies>,
    /// The time when it was seen first.
    pub first_seen: Timestamp,
    /// The time when it was seen last.
    pub last_seen: Timestamp,
    /// The time when it was missed first after that; `None` while it is there.
    pub gone: Option<Timestamp>,
}

/// What caches may have of a record set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Copies {
    /// The time when the last of them is forgotten.
    pub until: Timestamp,
    /// The TTL that they were taken with, in seconds.
    pub ttl: u32,
}

impl Copies {
    /// Those that were taken up to this moment.
    #[must_use]
    pub fn taken_until(moment: Timestamp, ttl: u32) -> Option<Self> {
        let until = moment.checked_add(SignedDuration::from_secs(i64::from(ttl))).ok()?;
        Some(Self { until, ttl })
    }
}

impl Seen {
    /// The copies that live longest, now that it was missed. `None` while it is there.
    #[must_use]
    pub fn left(&self) -> Option<Copies> {
        self.left_after(self.gone?)
    }

    /// The copies that live longest if it is gone at this moment.
    #[must_use]
    pub fn left_after(&self, gone: Timestamp) -> Option<Copies> {
        Copies::taken_until(gone, self.ttl)
            .map(|copies| self.longer.map_or(copies, |longer| longer.max(copies)))
    }

    fn outlives(&mut self, copies: Option<Copies>) {
        self.longer = self.longer.max(copies);
    }
}

/// The questions whose answers are remembered: where mail goes, where mail programs look, and who sends.
#[must_use]
pub fn remembered(domain: &Name) -> Vec<Question> {
    let autodiscover = domain.prepend("autodiscover").ok();
    let autodiscover = autodiscover.map(|name| Question::new(name, RecordType::Cname));
    let own = [RecordType::Mx, RecordType::Txt].map(|rtype| Question::new(domain.clone(), rtype));
    own.into_iter().chain(autodiscover).collect()
}

impl History {
    /// Returns whether nothing of the domain was seen before.
    #[must_use]
    pub fn is_empty_for(&self, domain: &Name) -> bool {
        self.domains.get(domain).is_none_or(BTreeMap::is_empty)
    }

    /// What was seen in answer to a question, the oldest first.
    #[must_use]
    pub fn seen(&self, domain: &Name, question: &Question) -> &[Seen] {
        self.domains.get(domain).and_then(|sets| sets.get(question)).map_or(&[], Vec::as_slice)
    }

    /// Returns the part of one domain.
    #[must_use]
    pub fn of_domain(&self, domain: &Name) -> Self {
        let own = self.domains.get_key_value(domain);
        Self { domains: own.map(|(name, sets)| (name.clone(), sets.clone())).into_iter().collect() }
    }

    /// Adds the domains of another history, which replace those of the same name.
    pub fn extend(&mut self, other: Self) {
        self.domains.extend(other.domains);
    }

    /// Removes a domain.
    pub fn forget(&mut self, domain: &Name) {
        self.domains.remove(domain);
    }

    /// Adds what the facts show of the domain.
    pub fn observe(&mut self, domain: &Name, facts: &Facts) {
        self.add(domain, &Sighting::of(domain, facts));
    }

    /// Adds what was seen of the domain.
    pub fn add(&mut self, domain: &Name, sighting: &Sighting) {
        for (question, sets) in &sighting.sets {
            let known = self.domains.entry(domain.clone()).or_default().entry(question.clone()).or_default();
            update(known, sets, sighting.at);
        }
    }
}

/// What one run saw of a domain, as far as it is remembered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sighting {
    at: Timestamp,
    sets: Vec<(Question, Vec<RecordSet>)>,
}

impl Sighting {
    /// What the facts show.
    #[must_use]
    pub fn of(domain: &Name, facts: &Facts) -> Self {
        // What name servers publish that the zone is not delegated to yet is in no cache.
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

/// Every answer that an authority gave, with its TTL; of TXT records, SPF alone.
#[must_use]
pub fn published(facts: &Facts, question: &Question) -> Vec<RecordSet> {
    let mut sets: Vec<RecordSet> = Vec::new();
    // Where each of them is, since every server may say something else.
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

/// What one reply says of it.
#[must_use]
pub fn published_by(reply: &Reply) -> RecordSet {
    let own = || reply.wanted().filter(|record| record.name == reply.question.name);
    let mut set = RecordSet::of(own().filter(|record| matters(&record.data)));
    if set.is_empty() {
        // Texts without SPF among them, or nothing at all: for so long a cache says that there is no SPF.
        let others = own().map(|record| record.ttl).max();
        set.ttl = others.or_else(|| reply.negative_ttl()).unwrap_or_default();
    }
    set
}

/// Returns whether a record is one of those that a move changes: of the TXT records, SPF alone.
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
            // Back again, or seen by a run that began earlier.
            Some(seen) => {
                seen.first_seen = seen.first_seen.min(now);
                if now >= seen.last_seen {
                    if set.ttl < seen.ttl {
                        // Lowered at the latest now.
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
