//! Plans the next queries of a survey.
//!
//! Only queries that a new reply can affect are planned again: the servers to query depend on the name servers known so
//! far, and on the replies of servers queried before.

use std::collections::BTreeSet;
use std::sync::Arc;

use foldhash::{HashSet, HashSetExt as _};

use crate::facts::{Facts, Outcome, zone_candidates};
use crate::record::{Name, Question, RecordType};

use super::budget::Budget;
use super::limits::Limits;
use super::planned_query::PlannedQuery;
use super::source::Source;
use super::zone_servers::ZoneServers;

/// The state of a survey: the questions worth asking, and the queries sent.
pub(super) struct QueryPlanner<'a> {
    source: &'a Source,
    domain: &'a Name,
    /// The questions that rules read, in the order in which they became worth asking.
    wanted: Vec<Question>,
    /// The same questions, for lookup.
    known: HashSet<Question>,
    /// The questions that find the zone, its name servers and its version.
    found: BTreeSet<Question>,
    zone_servers: Option<ZoneServers<'a>>,
    asked: HashSet<Arc<PlannedQuery>>,
    /// The remaining budget.
    pub(super) budget: Budget,
    /// The number of replies that were read.
    seen: usize,
    /// The number of questions in `wanted` that were checked for a missing reply.
    closed: usize,
}

/// The usual number of queries for a domain, so that memory is reserved once.
const USUAL: usize = 96;

impl<'a> QueryPlanner<'a> {
    /// Returns the planner of a survey that has not asked anything.
    pub(super) fn new(source: &'a Source, domain: &'a Name, limits: Limits) -> Self {
        Self {
            source,
            domain,
            wanted: Vec::with_capacity(USUAL / 2),
            known: HashSet::with_capacity(USUAL / 2),
            found: BTreeSet::new(),
            zone_servers: None,
            asked: HashSet::with_capacity(USUAL),
            budget: Budget::new(limits),
            seen: 0,
            closed: 0,
        }
    }

    /// Adds questions that are now worth asking.
    pub(super) fn add(&mut self, questions: impl IntoIterator<Item = Question>) {
        for question in questions {
            if !self.known.contains(&question) {
                self.known.insert(question.clone());
                self.wanted.push(question);
            }
        }
    }

    /// Returns the questions without a reply, once no query is in flight; each is returned once.
    pub(super) fn take_open(&mut self, facts: &Facts) -> Vec<Question> {
        let questions = self.wanted.get(self.closed..).unwrap_or_default();
        let open = questions.iter().filter(|question| !facts.has(question)).cloned().collect();
        self.closed = self.wanted.len();
        open
    }

    /// Returns the next queries, after these questions were added and the facts have grown; as many as the budget
    /// allows.
    pub(super) fn queries(
        &mut self,
        facts: &Facts,
        wanted: impl IntoIterator<Item = Question>,
    ) -> Vec<Arc<PlannedQuery>> {
        let before = self.wanted.len();
        self.add(wanted);
        let news = || facts.answered_since(self.seen);
        let about_zones = self.found.is_empty() || news().any(|question| is_about_zones(question, facts));
        let mut is_other = false;
        if about_zones
            || self
                .zone_servers
                .as_ref()
                .is_some_and(|zone_servers| news().any(|one| zone_servers.depends_on(one)))
        {
            let zone_servers = self.source.zone_servers(self.domain, facts);
            is_other = zone_servers != self.zone_servers;
            self.zone_servers = zone_servers;
        }
        let zone_servers = self.zone_servers.as_ref();
        // Newly found name servers are asked every question.
        let worth = self.wanted.get(if is_other { 0 } else { before }..).unwrap_or_default();
        // A server that fails may be asked in another way, or another one in its place.
        let fails = |question: &Question| facts.replies(question).any(|reply| !reply.outcome.is_answer());
        let failed = news().filter(|question| self.known.contains(*question) && fails(question));
        let queries = worth
            .iter()
            .chain(failed)
            .flat_map(|question| self.source.queries(question, zone_servers, facts));
        let mut possible: Vec<PlannedQuery> = queries.collect();
        self.seen = facts.count();
        if about_zones {
            self.found = infrastructure(self.source, self.domain, facts);
        }
        if about_zones || is_other {
            let found = self.found.iter();
            possible.extend(
                found.flat_map(|question| self.source.queries_of_infrastructure(question, zone_servers)),
            );
        }
        let mut queries = Vec::with_capacity(possible.len());
        for query in possible {
            let query = Arc::new(query);
            // A query that the budget refused stays refused.
            if self.asked.insert(Arc::clone(&query)) && self.budget.allows(&query) {
                queries.push(query);
            }
        }
        queries
    }
}

/// Returns whether the replies to a question can show the apex of a zone, or its servers.
fn is_about_zones(question: &Question, facts: &Facts) -> bool {
    question.rtype == RecordType::Ns
        || facts.replies(question).any(|reply| reply.outcome == Outcome::Referral)
}

/// Returns the questions that find the zone, its name servers and its version.
fn infrastructure(source: &Source, domain: &Name, facts: &Facts) -> BTreeSet<Question> {
    let candidates = zone_candidates(domain);
    let sold = candidates.len() == 1;
    let mut questions: BTreeSet<Question> =
        candidates.into_iter().map(|apex| Question::new(apex, RecordType::Ns)).collect();
    let apex = facts.zone_apex(domain);
    let mut zones: BTreeSet<Name> = apex.iter().cloned().collect();
    for reply in facts.referrals() {
        let apexes = reply.referral.iter().map(|record| record.name.clone());
        zones.extend(apexes.filter(|apex| apex.is_within(domain)));
    }
    // A registrable domain is a zone of its own, so its parent zone can be asked for before that is confirmed.
    let apex = apex.or_else(|| sold.then(|| domain.clone()));
    if let Some(apex) = apex.filter(|apex| source.reaches_authorities(apex)) {
        questions.extend(above(&apex, facts));
    }
    for zone in zones {
        questions.insert(Question::new(zone.clone(), RecordType::Soa));
        if source.reaches_authorities(&zone) {
            for server in facts.name_server_names(&zone) {
                questions.insert(Question::new(server.clone(), RecordType::A));
                questions.insert(Question::new(server, RecordType::Aaaa));
            }
        }
    }
    questions
}

/// The number of parent zone servers whose addresses are looked up.
const PARENT_NAMES: usize = 2;

/// Returns the questions that find the parent zone and its servers.
fn above(apex: &Name, facts: &Facts) -> BTreeSet<Question> {
    let mut questions = BTreeSet::new();
    for candidate in apex.parent().into_iter().flat_map(|parent| parent.ancestors().collect::<Vec<_>>()) {
        questions.insert(Question::new(candidate.clone(), RecordType::Ns));
        let names = facts.name_server_names(&candidate);
        for name in names.iter().take(PARENT_NAMES) {
            questions.insert(Question::new(name.clone(), RecordType::A));
            questions.insert(Question::new(name.clone(), RecordType::Aaaa));
        }
        let asked = Question::new(candidate, RecordType::Ns);
        let is_no_zone = facts.replies(&asked).any(|reply| reply.outcome.is_answer());
        // The next ancestor is a candidate only once this one is known not to be a zone.
        if !names.is_empty() || !is_no_zone {
            break;
        }
    }
    questions
}
