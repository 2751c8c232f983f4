//! The answer to a question from one perspective.
//!
//! The zone's own name servers determine what is published; if none of them can be reached, the resolvers do. A
//! [`FactsView`] reads the facts from one perspective, and with the changes that are already planned applied.

use std::collections::BTreeSet;

use foldhash::HashMap;

use crate::record::{Name, Question, Record, RecordData, RecordSet, RecordType};

use super::published::{LONGEST_CHAIN, TrustPolicy};
use super::{Facts, LookupFailure, Outcome, PlanReads, PolicyReply, ReadLog, Reply, Server};

/// The server, or group of servers, whose answers a view returns.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Perspective<'a> {
    /// The published state: the newest version of the zone, or the resolvers' answers if no name server answered.
    Published,
    /// One server; for questions that it was not asked, as [`Perspective::Published`].
    Server(&'a Server),
    /// One server for names at and below the domain and one for all others, during lookups: a question that these two
    /// have not answered yet has no reply, whatever others answered.
    Pair {
        /// The domain being checked.
        domain: &'a Name,
        /// The server for its names.
        inside: &'a Server,
        /// The server for all other names.
        outside: &'a Server,
    },
}

/// The questions that are asked when they are read and have no reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reach {
    /// All of them.
    #[default]
    All,
    /// Only those for record sets that the zone files hold; for others, existing replies are used and nothing is asked.
    OnFile,
}

/// Record sets that are planned and not yet published.
#[derive(Debug, Clone, Default)]
pub struct PlannedRecords {
    /// Read for every question, so a hash map and not an ordered one.
    sets: HashMap<Question, RecordSet>,
}

impl PlannedRecords {
    /// Returns an empty plan.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the planned record set for a question. Rules ask `FactsView::planned_set`, which logs it.
    #[must_use]
    pub fn get(&self, question: &Question) -> Option<&RecordSet> {
        if self.is_empty() { None } else { self.sets.get(question) }
    }

    /// Plans a record set, in place of one that was planned before.
    pub fn insert(&mut self, question: Question, set: RecordSet) {
        self.sets.insert(question, set);
    }

    /// Returns whether nothing is planned.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sets.is_empty()
    }
}

/// The existence of a name and of records of the type asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existence {
    /// It has records of the type asked for, or is an alias.
    Records,
    /// It exists without records of this type.
    NoData,
    /// It does not exist.
    NxDomain,
    /// Not asked, because it is outside the zone files.
    Outside,
}

/// The answer to one question from one perspective.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The existence of the name and the records.
    pub existence: Existence,
    /// The records of the type asked for, at the end of the alias chain.
    pub set: RecordSet,
    /// The names that the alias chain leads to, in order; empty if there is no alias.
    pub chain: Vec<Name>,
}

impl Answer {
    fn nothing(existence: Existence) -> Self {
        Self { existence, set: RecordSet::default(), chain: Vec::new() }
    }

    fn of(reply: &Reply) -> Self {
        let existence = match reply.outcome {
            Outcome::NxDomain => Existence::NxDomain,
            Outcome::Records => Existence::Records,
            _ => Existence::NoData,
        };
        let chain = if reply.question.rtype == RecordType::Cname {
            Vec::new()
        } else {
            reply.records.iter().filter_map(alias_target).collect()
        };
        Self { existence, set: RecordSet::of(reply.wanted()), chain }
    }
}

impl Answer {
    /// Returns the name outside this reply at which the alias chain continues; `None` if it ends, or is a loop.
    fn open_end(&self, question: &Question) -> Option<Name> {
        let (end, before) = self.chain.split_last()?;
        let is_open = self.existence == Existence::Records && self.set.is_empty();
        let is_loop = *end == question.name || before.contains(end);
        (is_open && !is_loop).then(|| end.clone())
    }
}

fn alias_target(record: &Record) -> Option<Name> {
    match &record.data {
        RecordData::Cname(target) => Some(target.clone()),
        _ => None,
    }
}

/// The facts from one perspective.
#[derive(Debug, Clone, Copy)]
pub struct FactsView<'a> {
    /// The facts.
    pub facts: &'a Facts,
    /// The perspective.
    pub(crate) perspective: Perspective<'a>,
    /// The servers whose answers decide.
    pub trust: TrustPolicy,
    /// The record sets that are planned and not yet published.
    pub planned: &'a PlannedRecords,
    /// The log of reads, so that missing answers can be asked for; `None` if nothing can be asked any more.
    pub log: Option<&'a ReadLog>,
    /// The part of these reads that is asked.
    pub reach: Reach,
    /// The log of reads of the plan.
    pub(crate) plan_reads: Option<&'a PlanReads>,
}

impl<'a> FactsView<'a> {
    /// Returns a view of the published state with these planned record sets; reads are not logged.
    #[must_use]
    pub fn published(facts: &'a Facts, trust: TrustPolicy, planned: &'a PlannedRecords) -> Self {
        let (perspective, reach) = (Perspective::Published, Reach::All);
        Self { facts, perspective, trust, planned, log: None, reach, plan_reads: None }
    }

    /// Returns the same view, but reads ask only for record sets that the zone files hold.
    #[must_use]
    pub(crate) fn without_asking(self) -> Self {
        Self { reach: Reach::OnFile, ..self }
    }

    /// Returns whether reading a question that has no reply may ask for it; true for all questions if there is a zone
    /// file.
    #[must_use]
    pub(crate) fn asks(&self) -> bool {
        self.log.is_some() && (self.reach == Reach::All || !self.facts.on_file.is_empty())
    }

    /// Reads a question at the name itself for a rule that needs its answer later.
    pub(crate) fn read(&self, question: &Question) {
        if self.planned_set(question).is_none() {
            let _ = self.reply(question);
        }
    }

    /// Requests all of these questions at once, each to the end of its aliases, although a rule may read them one after
    /// another.
    pub(crate) fn read_ahead(&self, questions: impl IntoIterator<Item = Question>) {
        if self.log.is_some() {
            // Only the reads matter here, not the answers.
            self.batch(|| questions.into_iter().for_each(|question| drop(self.answer(&question))));
        }
    }

    /// Reads several things that do not depend on each other's answers, so that all of them can be asked at once.
    pub fn batch<T>(&self, read: impl FnOnce() -> T) -> T {
        if let Some(log) = self.log {
            log.begin_batch();
        }
        let answers = read();
        if let Some(log) = self.log {
            log.end_batch();
        }
        answers
    }

    /// Returns the planned record set for a question; `None` if none is planned.
    #[must_use]
    pub(crate) fn planned_set(&self, question: &Question) -> Option<&'a RecordSet> {
        if let Some(log) = self.plan_reads {
            log.note(question);
        }
        self.planned.get(question)
    }

    /// Returns whether the current rule has read something that still lacks a reply.
    #[must_use]
    pub(crate) fn lacks_reply(&self) -> bool {
        self.log.is_some_and(ReadLog::lacks_reply)
    }

    /// Stops asking for the current rule, which has reached its limits.
    pub(crate) fn stop_asking(&self) {
        if let Some(log) = self.log {
            log.close();
        }
    }

    /// Returns the MTA-STS policy of a domain; `None` if it was not fetched.
    #[must_use]
    pub fn policy(&self, domain: &Name) -> Option<&'a PolicyReply> {
        let policy = self.facts.policy(domain);
        if let (None, Some(log)) = (policy, self.log) {
            log.unmet_policy(domain);
        }
        policy
    }

    /// Returns the answer to a question, at the end of its alias chain.
    ///
    /// If a reply ends with an alias, the chain continues with the replies for the alias target: an authoritative
    /// server answers for its own zone only, and some resolvers return only the first alias. A loop has no records, and
    /// its chain ends with the name that closes it.
    ///
    /// # Errors
    /// [`LookupFailure`] if a name of the chain was asked for without an answer, or if the chain spans more than eight
    /// replies.
    pub fn answer(&self, question: &Question) -> Result<Answer, LookupFailure> {
        let mut answer = self.own_answer(question)?;
        let mut parts = 1;
        while let Some(end) = answer.open_end(question) {
            if parts == LONGEST_CHAIN {
                return Err(LookupFailure::chain_too_long(question.clone(), LONGEST_CHAIN));
            }
            parts += 1;
            let Answer { existence, set, chain } = self.own_answer(&Question::new(end, question.rtype))?;
            answer.chain.extend(chain);
            answer = Answer { existence, set, chain: answer.chain };
        }
        Ok(answer)
    }

    /// Returns the answer to a question at the name itself: aliases are followed only within this one reply.
    ///
    /// # Errors
    /// [`LookupFailure`] if it was asked and no server answered.
    pub(crate) fn own_answer(&self, question: &Question) -> Result<Answer, LookupFailure> {
        if let Some(planned) = self.planned_set(question) {
            let existence = if planned.is_empty() { Existence::NoData } else { Existence::Records };
            return Ok(Answer { existence, set: planned.clone(), chain: Vec::new() });
        }
        match self.reply(question) {
            Some(reply) if reply.outcome.is_answer() => {
                let answer = self.without_deleted_alias(Answer::of(reply), question);
                Ok(self.with_planned_end(answer, question))
            }
            Some(reply) => Err(LookupFailure::of(reply)),
            None if self.is_left_alone(question) => Ok(Answer::nothing(Existence::Outside)),
            None => Err(LookupFailure::not_asked(question)),
        }
    }

    /// Returns the answer up to the first alias that the plan deletes, where nothing is left.
    fn without_deleted_alias(&self, mut answer: Answer, question: &Question) -> Answer {
        if answer.chain.is_empty() || question.rtype == RecordType::Cname {
            return answer;
        }
        let owners = std::iter::once(&question.name).chain(&answer.chain);
        let is_deleted = |owner: &Name| {
            let alias = Question::new(owner.clone(), RecordType::Cname);
            self.planned_set(&alias).is_some_and(RecordSet::is_empty)
        };
        if let Some(kept) = owners.take(answer.chain.len()).position(is_deleted) {
            answer.chain.truncate(kept);
            return Answer { existence: Existence::NoData, set: RecordSet::default(), chain: answer.chain };
        }
        answer
    }

    /// Returns the answer with planned records at the end of its alias chain: a wildcard alias may lead to the domain.
    fn with_planned_end(&self, answer: Answer, question: &Question) -> Answer {
        let end = answer.chain.last().map(|end| Question::new(end.clone(), question.rtype));
        match end.and_then(|end| self.planned_set(&end)) {
            Some(planned) if planned.is_empty() => {
                Answer { existence: Existence::NoData, set: planned.clone(), ..answer }
            }
            Some(planned) => Answer { existence: Existence::Records, set: planned.clone(), ..answer },
            None => answer,
        }
    }

    /// Returns the records of `name` and `rtype`, at the end of an alias chain; empty if there are none.
    ///
    /// # Errors
    /// [`LookupFailure`] as for [`FactsView::answer`].
    pub fn set(&self, name: &Name, rtype: RecordType) -> Result<RecordSet, LookupFailure> {
        self.answer(&Question::new(name.clone(), rtype)).map(|answer| answer.set)
    }

    /// Returns whether a host has an address; `None` if its name is outside the zone files.
    ///
    /// # Errors
    /// [`LookupFailure`] if no address was found and one of the two lookups failed.
    pub(crate) fn has_address(&self, host: &Name) -> Result<Option<bool>, LookupFailure> {
        let [v4, v6] = self.address_answers(host);
        if [&v4, &v6].iter().any(|answer| answer.as_ref().is_ok_and(|answer| !answer.set.is_empty())) {
            return Ok(Some(true));
        }
        let (v4, v6) = (v4?, v6?);
        let outside = v4.existence == Existence::Outside && v6.existence == Existence::Outside;
        Ok(if outside { None } else { Some(false) })
    }

    /// Returns the addresses of a host.
    ///
    /// # Errors
    /// [`LookupFailure`] if one of the two lookups failed.
    pub fn addresses(&self, host: &Name) -> Result<BTreeSet<RecordData>, LookupFailure> {
        self.address_set(host).map(|set| set.data)
    }

    /// Returns the addresses of a host in one set, with the longer TTL of the two types.
    ///
    /// # Errors
    /// [`LookupFailure`] if one of the lookups failed.
    pub(crate) fn address_set(&self, host: &Name) -> Result<RecordSet, LookupFailure> {
        let [v4, v6] = self.address_answers(host);
        let (mut both, v6) = (v4?.set, v6?.set);
        both.ttl = both.ttl.max(v6.ttl);
        both.data.extend(v6.data);
        Ok(both)
    }

    /// Returns whether the zone file marks the record set as proxied, so that clients see the proxy's addresses
    /// instead; a planned record set is not proxied.
    #[must_use]
    pub(crate) fn is_proxied(&self, question: &Question) -> bool {
        self.planned_set(question).is_none() && self.reply(question).is_some_and(|reply| reply.proxied)
    }

    fn address_answers(&self, host: &Name) -> [Result<Answer, LookupFailure>; 2] {
        self.batch(|| Question::addresses(host).map(|question| self.answer(&question)))
    }

    /// Returns the reply that answers a question from this perspective; `None` if no server was asked.
    #[must_use]
    pub fn reply(&self, question: &Question) -> Option<&'a Reply> {
        let reply = self.unnoted_reply(question);
        if let Some(log) = self.log {
            let is_asked = self.reach == Reach::All || self.facts.on_file.contains(question);
            match reply {
                Some(_) => log.met(question),
                None if self.is_left_alone(question) => log.met(question),
                None if is_asked => log.unmet(question),
                None => {}
            }
        }
        reply
    }

    fn unnoted_reply(&self, question: &Question) -> Option<&'a Reply> {
        match self.perspective {
            Perspective::Published => self.facts.published(question, self.trust),
            Perspective::Server(server) => {
                let own = self.facts.reply_by(server, question);
                own.or_else(|| self.facts.published(question, self.trust))
            }
            Perspective::Pair { domain, inside, outside } => {
                let server = if question.name.is_within(domain) { inside } else { outside };
                self.facts.reply_by_or_file(server, question)
            }
        }
    }

    /// Returns whether no server is to be asked: offline, for a name outside the zone files.
    fn is_left_alone(&self, question: &Question) -> bool {
        // While questions can be asked, only those count that have been tried.
        let outside = self.log.and(self.facts.outside.as_ref());
        self.facts.is_offline() && outside.is_none_or(|outside| outside.contains(question))
    }
}
