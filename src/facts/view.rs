//! The answer to a question from one perspective.
//!
//! The zone's own name servers decide what is published; where none of them can be reached, the resolvers do. A
//! [`FactsView`] reads the facts from one perspective, and through the changes that were already decided on.

use std::collections::BTreeSet;

use foldhash::HashMap;

use crate::record::{Name, Question, Record, RecordData, RecordSet, RecordType};

use super::{
    Facts, LookupFailure, Outcome, PolicyReply, ReadLog, Reply, Role, Server, UnqueriedNames, VersionOrder,
};

/// Replies that one chain of aliases is put together from, at most; a working chain needs two or three.
pub(super) const LONGEST_CHAIN: usize = 8;
/// Questions along the aliases of one name, at all servers together: each may lead elsewhere.
const MOST_ALIAS_QUESTIONS: usize = 2 * LONGEST_CHAIN;

/// Which answers decide, as `--view` sets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TrustPolicy {
    /// The zone's name servers decide, resolvers must have caught up.
    #[default]
    Both,
    /// The zone's name servers alone.
    Authoritative,
    /// The resolvers alone.
    Resolver,
}

/// With whose eyes to look.
#[derive(Debug, Clone, Copy)]
pub enum Perspective<'a> {
    /// What is published: the newest version of the zone, or what resolvers say where no name server answered.
    Published,
    /// One server; for what it was not asked, as [`Perspective::Published`].
    Server(&'a Server),
    /// One server for the names at and below the domain, and one for all others, while lookups are under way: what these two
    /// have not answered yet has no reply, whatever others say.
    Pair {
        /// The domain being checked.
        domain: &'a Name,
        /// The server for its names.
        inside: &'a Server,
        /// The server for all other names.
        outside: &'a Server,
    },
}

/// Which questions are asked if they are read and have no reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reach {
    /// All of them.
    #[default]
    All,
    /// Those that the zone files are known to hold; of others only what was asked anyway is seen.
    OnFile,
}

/// Record sets that are decided on and not yet published.
#[derive(Debug, Clone, Default)]
pub struct PlannedRecords {
    /// Read for every question, so found by a hash and not by an order.
    sets: HashMap<Question, RecordSet>,
}

impl PlannedRecords {
    /// Nothing is decided on.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What is decided on for a question.
    #[must_use]
    pub fn get(&self, question: &Question) -> Option<&RecordSet> {
        if self.is_empty() { None } else { self.sets.get(question) }
    }

    /// Decides on a record set, in place of the one that was decided on before.
    pub fn insert(&mut self, question: Question, set: RecordSet) {
        self.sets.insert(question, set);
    }

    /// Returns whether nothing is decided on.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sets.is_empty()
    }
}

/// Whether the name asked for is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existence {
    /// It has records of the type asked for, or is an alias.
    Records,
    /// It exists without records of this type.
    NoData,
    /// It does not exist.
    NxDomain,
    /// Not asked, because it lies outside the zone files.
    Outside,
}

/// The answer to one question, as one witness gives it.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Whether the name is there.
    pub existence: Existence,
    /// The records of the type asked for, at the end of the alias chain.
    pub set: RecordSet,
    /// The names that the alias chain leads to, in order; empty where there is no alias.
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
    /// The name at which the chain of aliases goes on elsewhere; `None` where it ends, or has become a loop.
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

/// The facts with the eyes of one witness.
#[derive(Debug, Clone, Copy)]
pub struct FactsView<'a> {
    /// The facts.
    pub facts: &'a Facts,
    /// With whose eyes.
    pub witness: Perspective<'a>,
    /// Which answers decide.
    pub view: TrustPolicy,
    /// What is decided on and not yet published.
    pub overlay: &'a PlannedRecords,
    /// Notes what is read, so that it can be asked; `None` where nothing can be asked any more.
    pub log: Option<&'a ReadLog>,
    /// What of it is asked.
    pub reach: Reach,
}

impl<'a> FactsView<'a> {
    /// What is published, through these planned record sets; reads are not noted.
    #[must_use]
    pub fn published(facts: &'a Facts, view: TrustPolicy, overlay: &'a PlannedRecords) -> Self {
        Self { facts, witness: Perspective::Published, view, overlay, log: None, reach: Reach::All }
    }

    /// The same, but that nothing is asked for it, other than what the zone files hold.
    #[must_use]
    pub fn without_asking(self) -> Self {
        Self { reach: Reach::OnFile, ..self }
    }

    /// Has all of these questions asked at once, to the end of their aliases, that a rule may read one after the other.
    pub fn read_ahead(&self, questions: impl IntoIterator<Item = Question>) {
        if self.log.is_some() {
            // What the answers are does not matter here.
            self.batch(|| questions.into_iter().for_each(|question| drop(self.answer(&question))));
        }
    }

    /// Reads several things whatever the answers are: all of them can be asked at once.
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

    /// Returns whether a reply is still to come to something that the present rule has read.
    #[must_use]
    pub fn lacks_reply(&self) -> bool {
        self.log.is_some_and(ReadLog::lacks_reply)
    }

    /// Has nothing more asked for the present rule: it has reached its bounds.
    pub fn stop_asking(&self) {
        if let Some(log) = self.log {
            log.close();
        }
    }

    /// The MTA-STS policy of a domain; `None` if it was not fetched.
    #[must_use]
    pub fn policy(&self, domain: &Name) -> Option<&'a PolicyReply> {
        let policy = self.facts.policy(domain);
        if let (None, Some(log)) = (policy, self.log) {
            log.unmet_policy(domain);
        }
        policy
    }

    /// The answer to a question, at the end of its alias chain.
    ///
    /// Where a reply ends with an alias, the chain goes on with what is known of the name it leads to: an authority answers
    /// for its own zone only, and some resolvers return the first alias alone. A loop has no records, and its chain ends
    /// with the name that closes it.
    ///
    /// # Errors
    /// [`LookupFailure`] if a name of the chain was asked for without an answer, or if the chain has more than
    /// eight parts.
    pub fn answer(&self, question: &Question) -> Result<Answer, LookupFailure> {
        let mut answer = self.own_answer(question)?;
        let mut parts = 1;
        while let Some(end) = answer.open_end(question) {
            if parts == LONGEST_CHAIN {
                return Err(LookupFailure::too_deep(question.clone(), LONGEST_CHAIN));
            }
            parts += 1;
            let Answer { existence, set, chain } = self.own_answer(&Question::new(end, question.rtype))?;
            answer.chain.extend(chain);
            answer = Answer { existence, set, chain: answer.chain };
        }
        Ok(answer)
    }

    /// The answer to a question at the name itself: aliases are followed as far as the one reply leads, and no further.
    ///
    /// # Errors
    /// [`LookupFailure`] if it was asked and no server could tell.
    pub fn own_answer(&self, question: &Question) -> Result<Answer, LookupFailure> {
        if let Some(planned) = self.overlay.get(question) {
            let existence = if planned.is_empty() { Existence::NoData } else { Existence::Records };
            return Ok(Answer { existence, set: planned.clone(), chain: Vec::new() });
        }
        match self.reply(question) {
            Some(reply) if reply.outcome.is_answer() => {
                Ok(self.with_planned_end(Answer::of(reply), question))
            }
            Some(reply) => Err(LookupFailure::of(reply)),
            None if self.is_left_alone(question) => Ok(Answer::nothing(Existence::Outside)),
            None => Err(LookupFailure::not_asked(question)),
        }
    }

    /// The answer with the records that are decided on where its alias chain ends: a wildcard alias may lead to the domain.
    fn with_planned_end(&self, answer: Answer, question: &Question) -> Answer {
        if self.overlay.is_empty() {
            return answer;
        }
        let end = answer.chain.last().map(|end| Question::new(end.clone(), question.rtype));
        match end.and_then(|end| self.overlay.get(&end)) {
            Some(planned) if planned.is_empty() => {
                Answer { existence: Existence::NoData, set: planned.clone(), ..answer }
            }
            Some(planned) => Answer { existence: Existence::Records, set: planned.clone(), ..answer },
            None => answer,
        }
    }

    /// The records of `name` and `rtype`, at the end of an alias chain; empty where there are none.
    ///
    /// # Errors
    /// [`LookupFailure`] as for [`FactsView::answer`].
    pub fn set(&self, name: &Name, rtype: RecordType) -> Result<RecordSet, LookupFailure> {
        self.answer(&Question::new(name.clone(), rtype)).map(|answer| answer.set)
    }

    /// Returns whether a host has an address: `None` where that lies outside the zone files.
    ///
    /// # Errors
    /// [`LookupFailure`] if no address was found and one of the two lookups failed.
    pub fn has_address(&self, host: &Name) -> Result<Option<bool>, LookupFailure> {
        let [v4, v6] = self.address_answers(host);
        if [&v4, &v6].iter().any(|answer| answer.as_ref().is_ok_and(|answer| !answer.set.is_empty())) {
            return Ok(Some(true));
        }
        let (v4, v6) = (v4?, v6?);
        let outside = v4.existence == Existence::Outside && v6.existence == Existence::Outside;
        Ok(if outside { None } else { Some(false) })
    }

    /// The addresses of a host.
    ///
    /// # Errors
    /// [`LookupFailure`] if one of the two lookups failed.
    pub fn addresses(&self, host: &Name) -> Result<BTreeSet<RecordData>, LookupFailure> {
        let [v4, v6] = self.address_answers(host);
        let mut data = v4?.set.data;
        data.extend(v6?.set.data);
        Ok(data)
    }

    /// Whether the zone file marks the record set as proxied, so that clients see the proxy's addresses instead; one
    /// that is planned anew is not known to be.
    #[must_use]
    pub fn is_proxied(&self, question: &Question) -> bool {
        self.overlay.get(question).is_none() && self.reply(question).is_some_and(|reply| reply.proxied)
    }

    fn address_answers(&self, host: &Name) -> [Result<Answer, LookupFailure>; 2] {
        self.batch(|| Question::addresses(host).map(|question| self.answer(&question)))
    }

    /// The reply that decides a question for this witness; `None` if no server was asked.
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
        match self.witness {
            Perspective::Published => self.facts.published(question, self.view),
            Perspective::Server(server) => {
                let own = self.facts.reply_by(server, question);
                own.or_else(|| self.facts.published(question, self.view))
            }
            Perspective::Pair { domain, inside, outside } => {
                let server = if question.name.is_within(domain) { inside } else { outside };
                self.facts.reply_by_or_file(server, question)
            }
        }
    }

    /// Returns whether no server is to be asked: offline, what lies outside the zone files.
    fn is_left_alone(&self, question: &Question) -> bool {
        // As long as questions can be asked, only those count that have been tried.
        let outside = self.log.and(self.facts.outside.as_ref());
        self.facts.is_offline() && outside.is_none_or(|outside| outside.contains(question))
    }
}

impl Facts {
    /// The reply that says what is published: the answer of an authority with the newest version of the zone, else of the
    /// first resolver that has one, else the failure that tells most. `None` if no server was asked.
    ///
    /// Once a name server was reached, or may yet be, resolvers do not speak for it: what no authority answered then is a
    /// failure.
    #[must_use]
    pub fn published(&self, question: &Question, view: TrustPolicy) -> Option<&Reply> {
        let replies = self.replies(question);
        let answers = || replies.clone().filter(|reply| reply.outcome.is_answer());
        // The authorities come first.
        if view != TrustPolicy::Resolver {
            let newest = self.newest(answers().take_while(|reply| reply.server.role.is_authority()));
            if let Some(reply) = newest.or_else(|| self.authority_failure(question)) {
                return Some(reply);
            }
        }
        if let Some(answer) = answers().find(|reply| reply.server.role == Role::Resolver) {
            return Some(answer);
        }
        // A zone file is asked in place of all servers, whatever the view.
        if let Some(answer) = answers().find(|reply| reply.server.role == Role::ZoneFile) {
            return Some(answer);
        }
        let asked = |reply: &&Reply| reply.server.role.is_authority() || reply.server.role == Role::Resolver;
        replies.filter(asked).min_by_key(|reply| tells_least(reply))
    }

    /// The reply of the server, or of a zone file: those answer in place of servers, and at once.
    pub(crate) fn reply_by_or_file(&self, server: &Server, question: &Question) -> Option<&Reply> {
        let of_file = || self.replies(question).find(|reply| reply.server.role == Role::ZoneFile);
        self.reply_by(server, question).or_else(of_file)
    }

    /// The failure that leaves a question open which the zone's name servers have to answer; `None` if one of them did, or
    /// if none of those asked can be reached at all, so that the resolvers decide.
    fn authority_failure(&self, question: &Question) -> Option<&Reply> {
        let asked = self
            .replies(question)
            .filter(|reply| reply.server.role == Role::Authoritative && reply.outcome != Outcome::Referral);
        let is_open = |reply: &Reply| reply.outcome.tells_nothing() || self.reached.contains(&reply.server);
        if !asked.clone().any(is_open) || asked.clone().any(|reply| reply.outcome.is_answer()) {
            return None;
        }
        asked.min_by_key(|reply| tells_least(reply))
    }

    /// Of several answers of authorities, the first with the newest version.
    fn newest<'a>(&self, mut answers: impl Iterator<Item = &'a Reply>) -> Option<&'a Reply> {
        let first = answers.next()?;
        let is_newer = |one: &Reply, other: &Reply| {
            let order = self.compare_versions(&one.server, &other.server, &one.question.name);
            order == VersionOrder::Newer
        };
        Some(answers.fold(first, |best, reply| if is_newer(reply, best) { reply } else { best }))
    }

    /// The question, and the same one at every name where a reply leaves the chain of aliases open: an authority answers for
    /// its own zone only, and some resolvers return the first alias alone.
    #[must_use]
    pub fn along_aliases(&self, question: &Question) -> Vec<Question> {
        let mut chain = vec![question.clone()];
        let mut next = 0;
        while let Some(question) = chain.get(next).cloned() {
            next += 1;
            let open = self.replies(&question).filter(|reply| reply.leaves_alias_open());
            for end in open.map(Reply::end_of_chain).collect::<BTreeSet<&Name>>() {
                let further = Question::new(end.clone(), question.rtype);
                if chain.len() < MOST_ALIAS_QUESTIONS && !chain.contains(&further) {
                    chain.push(further);
                }
            }
        }
        chain
    }

    /// Returns whether names outside were left alone on purpose.
    #[must_use]
    pub fn is_offline(&self) -> bool {
        self.elsewhere == UnqueriedNames::NotAsked
    }
}

/// Order of failures for the code and the message: an answer that was not kept says most, then what a server said, then
/// what our own bounds cut off, which the user can lift, and last what only the network did.
fn tells_least(reply: &Reply) -> u8 {
    match reply.outcome {
        Outcome::TooLarge => 0,
        Outcome::ChainTooLong => 1,
        Outcome::ServFail => 2,
        Outcome::Refused => 3,
        Outcome::Lame => 4,
        Outcome::Malformed => 5,
        Outcome::OutOfQuestions => 6,
        Outcome::ServerQueryLimit => 7,
        Outcome::OutOfTime => 8,
        Outcome::NotSent => 9,
        Outcome::Timeout => 10,
        Outcome::Unreachable => 11,
        Outcome::Referral => 12,
        Outcome::NotAllowed => 13,
        Outcome::NotAsked | Outcome::NotListed => 14,
        Outcome::NotRecorded => 15,
        Outcome::Records | Outcome::NoData | Outcome::NxDomain => 16,
    }
}
