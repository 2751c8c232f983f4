//! Lists what to look up: the check asks for what it reads.
//!
//! Every rule reads facts through a [`FactsView`] that records the questions without a reply, and those are asked next.
//! While lookups are in progress, the expectations are checked against the replies of one pair of servers after
//! another, so the questions depend on the replies and not on their order. Once no lookup is in progress, the whole
//! check is made, and the questions that it still lacks are asked, until none is left.
//!
//! [`prefetch`] only saves round trips: a question that is missing there is asked later, and the verdict is the same.

use std::collections::BTreeSet;
use std::ops::Deref;
use std::sync::Arc;

use foldhash::{HashMap, HashMapExt as _, HashSet, HashSetExt as _};

use crate::expected::{Expectation, Requirement, Subject, expectations};
use crate::facts::{
    Facts, FactsView, Perspective, PlannedRecords, ReadLog, Reader, Reads, Reply, Role, Server, TrustPolicy,
};
use crate::record::{Name, Question, RecordType};

use super::{Assessment, Case, JudgeOptions, assess, assess_expected, hazard, relation_by_itself, wildcard};

/// The number of questions that most domains need, so that memory is reserved once.
const USUAL: usize = 48;

/// Returns the questions that nearly every check of the subject reads, so that they are sent in the first round trip.
#[must_use]
pub fn prefetch(subject: &Subject, facts: &Facts) -> Vec<Question> {
    first_questions(subject, &expectations(subject), facts)
}

/// Does so with the expectations of the subject.
fn first_questions(subject: &Subject, expected: &[Expectation], facts: &Facts) -> Vec<Question> {
    let mut questions: Vec<Question> = expected.iter().map(Expectation::question).collect();
    for expectation in expected {
        if let Some(host) = expectation.proposed_host() {
            questions.extend(Question::addresses(host));
        }
        if let Requirement::SpfIncludes(include) = &expectation.requirement {
            questions.push(Question::new(include.clone(), RecordType::Txt));
        }
    }
    questions.extend(hazard::leftover_questions(subject, facts));
    // Read only once everything else is known, which would cost a round trip of its own.
    questions.extend(wildcard::questions_of_domain(&subject.domain));
    questions
}

/// Returns all questions that the check of the subject reads and that have no reply among the facts, and those of
/// [`prefetch`].
#[must_use]
pub fn wanted(subject: &Subject, facts: &Facts) -> BTreeSet<Question> {
    let prefetched = prefetch(subject, facts).into_iter();
    prefetched.chain(assess(subject, facts, JudgeOptions::default()).reads.unmet).collect()
}

/// Returns the domains whose MTA-STS policy the check of the subject reads and whose policy is not among the facts.
#[must_use]
pub fn wanted_policies(subject: &Subject, facts: &Facts) -> BTreeSet<Name> {
    assess(subject, facts, JudgeOptions::default()).reads.unmet_policies.into_iter().collect()
}

/// The maximum number of pairs of servers that expectations are checked for while lookups are in progress. At most 32
/// addresses of name servers and 8 resolvers are queried, which makes 264 pairs; recordings may contain more. Beyond
/// that, questions are found only once no lookup is in progress.
const MOST_PAIRS: usize = 264;

/// The questions to look up for one domain, updated as its facts arrive.
#[derive(Debug)]
pub struct Questions<'a, S = &'a Subject> {
    subject: S,
    judge_options: JudgeOptions<'a>,
    expected: Vec<Expectation>,
    /// The first questions, if they replace those of [`prefetch`].
    prefetched: Option<Vec<Question>>,
    has_begun: bool,
    /// Every question that was returned so far.
    wanted: HashSet<Question>,
    policies: BTreeSet<Name>,
    /// The number of replies that were taken into account.
    seen: usize,
    servers: Servers,
    /// The indexes of the expectations that have read the replies to a question.
    readers: HashMap<Question, Vec<usize>>,
    /// The runs of each expectation, in the order of the list.
    runs: Vec<Vec<Run>>,
}

/// The servers that have answered so far.
#[derive(Debug, Default)]
struct Servers {
    authorities: BTreeSet<Arc<Server>>,
    resolvers: BTreeSet<Arc<Server>>,
    files: BTreeSet<Arc<Server>>,
}

/// The server that answers for names of the domain, and the one that answers for all others.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Pair {
    inside: Arc<Server>,
    outside: Arc<Server>,
}

/// One check of an expectation against the replies of a pair.
#[derive(Debug)]
struct Run {
    pair: Pair,
    /// Each question that was read, and whether it had a reply.
    read: Vec<(Question, bool)>,
}

/// The reads of an expectation.
struct NewReads {
    /// The questions that the earlier run against the replies of the same pair did not read.
    questions: Vec<Question>,
    /// All those without a reply.
    unmet: Vec<Question>,
    unmet_policies: Vec<Name>,
}

impl<'a, S: Deref<Target = Subject>> Questions<'a, S> {
    /// Returns the state before any reply.
    #[must_use]
    pub fn new(subject: S, judge_options: JudgeOptions<'a>) -> Self {
        let expected = expectations(&subject);
        let runs = expected.iter().map(|_| Vec::new()).collect();
        Self {
            subject,
            judge_options,
            expected,
            prefetched: None,
            has_begun: false,
            wanted: HashSet::with_capacity(USUAL),
            policies: BTreeSet::new(),
            seen: 0,
            servers: Servers::default(),
            readers: HashMap::with_capacity(USUAL),
            runs,
        }
    }

    /// Replaces the questions of [`prefetch`] by these.
    #[cfg(feature = "testing")]
    #[must_use]
    pub fn with_prefetch(self, questions: Vec<Question>) -> Self {
        Self { prefetched: Some(questions), ..self }
    }

    /// Adds to `new` those of the questions that were not returned before.
    fn want(&mut self, questions: impl IntoIterator<Item = Question>, new: &mut Vec<Question>) {
        for question in questions {
            if !self.wanted.contains(&question) {
                self.wanted.insert(question.clone());
                new.push(question);
            }
        }
    }

    /// Takes the reads of a whole check into account, and returns the questions among them that were not returned before.
    pub fn learn(&mut self, reads: &Reads) -> Vec<Question> {
        let mut new = Vec::new();
        self.policies.extend(reads.unmet_policies.iter().cloned());
        self.want(reads.unmet.iter().cloned(), &mut new);
        new
    }

    /// Returns the indexes of the expectations whose check may read further, given the replies since the last call.
    fn touched(&mut self, facts: &Facts) -> Vec<usize> {
        let mut touched = Vec::new();
        let known = self.servers.count();
        for question in facts.answered_since(self.seen) {
            touched.extend(self.readers.get(question).into_iter().flatten());
            facts.replies(question).for_each(|reply| self.servers.add(reply));
        }
        self.seen = facts.count();
        if self.servers.count() > known {
            // A new server makes new pairs, so every expectation may read further.
            return (0..self.expected.len()).collect();
        }
        touched.sort_unstable();
        touched.dedup();
        touched
    }

    /// Checks an expectation against the replies of each of these pairs of servers that may show something new, and
    /// returns the reads.
    fn run(&mut self, place: usize, pairs: &[Pair], facts: &Facts) -> Vec<NewReads> {
        let Some(expectation) = self.expected.get(place) else { return Vec::new() };
        let Some(runs) = self.runs.get_mut(place) else { return Vec::new() };
        let (question, domain) = (expectation.question(), &self.subject.domain);
        let mut found = Vec::new();
        for pair in pairs {
            if pair.reply(facts, &question, domain).is_none()
                || runs.iter().any(|run| run.predicts(pair, facts, domain))
            {
                continue;
            }
            let reads = judged(&self.subject, &self.expected, expectation, facts, pair);
            let last = runs.iter().position(|run| run.pair == *pair).map(|at| runs.swap_remove(at));
            let run = Run::new(pair.clone(), &reads);
            found.push(NewReads {
                questions: run.read_beyond(last.as_ref()),
                unmet: reads.unmet,
                unmet_policies: reads.unmet_policies,
            });
            runs.push(run);
        }
        found
    }

    /// Returns the questions that are still open once no lookup is in progress. If the expectations show none, the whole
    /// check is made, and its assessment is returned as well.
    pub fn assess_at_rest(&mut self, facts: &Facts) -> (Vec<Question>, Option<Assessment>) {
        let new = self.unmet(facts);
        if !new.is_empty() {
            return (new, None);
        }
        let assessment = assess_expected(&self.subject, facts, self.judge_options, self.expected.clone());
        (self.learn(&assessment.reads), Some(assessment))
    }
}

/// Returns the reads of checking an expectation against the replies of a pair of servers.
fn judged(
    subject: &Subject,
    expected: &[Expectation],
    expectation: &Expectation,
    facts: &Facts,
    pair: &Pair,
) -> Reads {
    let (nothing_planned, log) = (PlannedRecords::new(), ReadLog::new());
    let Pair { inside, outside } = pair;
    let perspective = Perspective::Pair { domain: &subject.domain, inside, outside };
    let published = FactsView::published(facts, TrustPolicy::Both, &nothing_planned);
    let view = FactsView { perspective, log: Some(&log), ..published };
    let case = Case {
        subject,
        source: subject.source,
        is_source_sure: subject.source.is_some(),
        mail_host: expected.iter().find_map(Expectation::proposed_host),
        host_failure: None,
        view,
    };
    // Only the reads matter. What the edits would change at other names is read once no lookup is in progress.
    let _ = relation_by_itself(&case, expectation);
    log.into_reads()
}

impl<S: Deref<Target = Subject>> Reader for Questions<'_, S> {
    fn unmet(&mut self, facts: &Facts) -> Vec<Question> {
        let mut new = Vec::new();
        if !self.has_begun {
            self.has_begun = true;
            let prefetched = self.prefetched.take();
            let first = prefetched.unwrap_or_else(|| first_questions(&self.subject, &self.expected, facts));
            self.want(first, &mut new);
            for (place, expectation) in self.expected.iter().enumerate() {
                self.readers.entry(expectation.question()).or_default().push(place);
            }
        }
        let touched = self.touched(facts);
        let pairs = if touched.is_empty() { Vec::new() } else { self.servers.pairs() };
        for place in touched {
            for NewReads { questions, unmet, unmet_policies } in self.run(place, &pairs, facts) {
                for question in questions {
                    let readers = self.readers.entry(question).or_default();
                    if !readers.contains(&place) {
                        readers.push(place);
                    }
                }
                self.want(unmet, &mut new);
                self.policies.extend(unmet_policies);
            }
        }
        new
    }

    fn unmet_at_rest(&mut self, facts: &Facts) -> Vec<Question> {
        self.assess_at_rest(facts).0
    }

    fn policies(&mut self, _: &Facts) -> BTreeSet<Name> {
        self.policies.clone()
    }
}

impl Servers {
    fn add(&mut self, reply: &Reply) {
        let known = match reply.server.role {
            Role::Authoritative => &mut self.authorities,
            Role::Resolver => &mut self.resolvers,
            Role::ZoneFile => &mut self.files,
            Role::Unvalidated | Role::Parent | Role::Delegated => return,
        };
        if !known.contains(&reply.server) {
            known.insert(Arc::clone(&reply.server));
        }
    }

    fn count(&self) -> usize {
        self.authorities.len() + self.resolvers.len() + self.files.len()
    }

    fn pairs(&self) -> Vec<Pair> {
        let count = self.resolvers.len() * (1 + self.authorities.len()) + self.files.len();
        if count > MOST_PAIRS {
            return Vec::new();
        }
        let inside = self.resolvers.iter().flat_map(|outside| {
            let of_both =
                |inside: &Arc<Server>| Pair { inside: Arc::clone(inside), outside: Arc::clone(outside) };
            std::iter::once(of_both(outside)).chain(self.authorities.iter().map(of_both).collect::<Vec<_>>())
        });
        let files =
            self.files.iter().map(|file| Pair { inside: Arc::clone(file), outside: Arc::clone(file) });
        inside.chain(files).collect()
    }
}

impl Pair {
    fn reply<'f>(&self, facts: &'f Facts, question: &Question, domain: &Name) -> Option<&'f Reply> {
        let server = if question.name.is_within(domain) { &self.inside } else { &self.outside };
        facts.reply_by_or_file(server, question)
    }
}

impl Run {
    fn new(pair: Pair, reads: &Reads) -> Self {
        let mut unmet = reads.unmet.iter().peekable();
        let read = reads.questions.iter().map(|question| {
            let was_met = unmet.next_if_eq(&question).is_none();
            (question.clone(), was_met)
        });
        Self { pair, read: read.collect() }
    }

    /// Returns the questions that an earlier run did not read at the same place; some may be known all the same.
    fn read_beyond(&self, earlier: Option<&Self>) -> Vec<Question> {
        let earlier = earlier.map_or(&[][..], |run| &run.read);
        let is_new =
            |at: usize, question: &Question| earlier.get(at).is_none_or(|(known, _)| known != question);
        let read = self.read.iter().map(|(question, _)| question).enumerate();
        read.filter(|(at, question)| is_new(*at, question)).map(|(_, question)| question.clone()).collect()
    }

    /// Returns whether a check against the replies of this pair would read nothing beyond this run.
    fn predicts(&self, pair: &Pair, facts: &Facts, domain: &Name) -> bool {
        let is_same_pair = self.pair == *pair;
        for (question, was_met) in &self.read {
            match (pair.reply(facts, question, domain), was_met) {
                // The check would stop here.
                (None, true) => return true,
                (None, false) => {}
                // The check would continue.
                (Some(_), false) => return false,
                (Some(_), true) if is_same_pair => {}
                (Some(theirs), true) => {
                    let ours = self.pair.reply(facts, question, domain);
                    let is_same = |ours: &Reply| std::ptr::eq(ours, theirs) || ours.says_the_same(theirs);
                    if !ours.is_some_and(is_same) {
                        return false;
                    }
                }
            }
        }
        true
    }
}
