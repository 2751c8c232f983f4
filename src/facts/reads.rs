//! Logs the questions that a rule reads, and those without a reply yet, which are asked next.
//!
//! A rule may continue after a read that has no answer yet. Its later reads are not logged, because the answer could
//! lead it to read something else. The set of questions therefore depends only on the answers, never on the order in
//! which they arrive. Reads that do not depend on answers are made in one batch
//! ([`FactsView::read_ahead`](super::FactsView::read_ahead)).

use std::cell::RefCell;
use std::collections::BTreeSet;

use crate::record::{Name, Question};

use super::Facts;

/// Reads facts while they are gathered, and returns the questions that are still open.
///
/// Both sets of questions must depend on the facts alone, and may only grow with them. A question that was returned
/// once need not be returned again.
pub trait Reader {
    /// Returns the questions that are now worth asking, while others may be in progress.
    fn unmet(&mut self, facts: &Facts) -> Vec<Question>;

    /// Returns the questions that are still open once no lookup is in progress.
    fn unmet_at_rest(&mut self, facts: &Facts) -> Vec<Question> {
        self.unmet(facts)
    }

    /// Does the same, perhaps on another thread; `facts` are the same afterwards.
    fn read_at_rest(&mut self, facts: &mut Facts) -> impl Future<Output = Vec<Question>> + Send {
        std::future::ready(self.unmet_at_rest(facts))
    }

    /// Returns the domains whose MTA-STS policy is read, as of the previous call.
    fn policies(&mut self, facts: &Facts) -> BTreeSet<Name>;
}

/// The questions and policies that were read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reads {
    /// Every question, in the order of reading; some more than once.
    pub questions: Vec<Question>,
    /// Those without a reply.
    pub unmet: Vec<Question>,
    /// The domains whose MTA-STS policy was read but has not been fetched.
    pub unmet_policies: Vec<Name>,
}

impl Reads {
    /// Returns whether every question that was read has a reply.
    #[must_use]
    pub fn are_met(&self) -> bool {
        self.unmet.is_empty() && self.unmet_policies.is_empty()
    }
}

/// The usual number of reads of an expectation, so that memory is reserved once.
const USUAL: usize = 16;

/// A log of reads.
#[derive(Debug, Default)]
pub struct ReadLog {
    state: RefCell<State>,
}

/// Logs the questions for which a plan was searched for a record set, whether or not it has one.
///
/// A finding stays the same while the plan changes none of these sets.
#[derive(Debug, Default)]
pub(crate) struct PlanReads {
    questions: RefCell<Vec<Question>>,
}

impl PlanReads {
    /// Logs a question.
    pub(super) fn note(&self, question: &Question) {
        self.questions.borrow_mut().push(question.clone());
    }

    /// Returns the questions since the last call, in the order of reading; some more than once.
    pub(crate) fn take(&self) -> Vec<Question> {
        self.questions.take()
    }
}

#[derive(Debug, Default)]
struct State {
    reads: Reads,
    /// The number of batches that have begun and not ended.
    batches: usize,
    /// True if something without a reply was read.
    lacks: bool,
    /// True if nothing more is logged until the next rule.
    is_closed: bool,
}

impl State {
    fn is_stopped(&self) -> bool {
        self.is_closed || self.lacks && self.batches == 0
    }
}

impl ReadLog {
    /// Returns an empty log.
    #[must_use]
    pub fn new() -> Self {
        let reads = Reads { questions: Vec::with_capacity(USUAL), ..Reads::default() };
        Self { state: RefCell::new(State { reads, ..State::default() }) }
    }

    /// Logs a question that has a reply.
    pub(super) fn met(&self, question: &Question) {
        let mut state = self.state.borrow_mut();
        if !state.is_stopped() {
            state.reads.questions.push(question.clone());
        }
    }

    /// Logs a question that has no reply.
    pub(super) fn unmet(&self, question: &Question) {
        let mut state = self.state.borrow_mut();
        if !state.is_stopped() {
            state.reads.questions.push(question.clone());
            state.reads.unmet.push(question.clone());
            state.lacks = true;
        }
    }

    /// Logs that the policy of a domain has not been fetched.
    pub(super) fn unmet_policy(&self, domain: &Name) {
        let mut state = self.state.borrow_mut();
        if !state.is_stopped() {
            state.reads.unmet_policies.push(domain.clone());
            state.lacks = true;
        }
    }

    /// Begins a batch: a missing reply in it does not keep its other reads from being logged.
    pub(super) fn begin_batch(&self) {
        let mut state = self.state.borrow_mut();
        // A batch after a read without a reply is not logged either.
        state.is_closed |= state.is_stopped();
        state.batches += 1;
    }

    /// Ends a batch.
    pub(super) fn end_batch(&self) {
        self.state.borrow_mut().batches -= 1;
    }

    /// Returns whether a rule that notes its reads here still lacks a reply.
    pub(super) fn lacks_reply(&self) -> bool {
        self.state.borrow().lacks
    }

    /// Stops logging for this rule: its reads beyond its limits are not asked.
    pub(super) fn close(&self) {
        self.state.borrow_mut().is_closed = true;
    }

    /// Begins another rule, whose reads do not depend on those of earlier rules.
    pub(crate) fn begin_rule(&self) {
        let mut state = self.state.borrow_mut();
        (state.lacks, state.is_closed) = (false, false);
    }

    /// Adds the reads that another log holds for a part of this rule.
    pub(crate) fn add(&self, reads: &Reads) {
        let mut state = self.state.borrow_mut();
        if state.is_stopped() {
            return;
        }
        state.lacks |= !reads.are_met();
        state.reads.questions.extend_from_slice(&reads.questions);
        state.reads.unmet.extend_from_slice(&reads.unmet);
        state.reads.unmet_policies.extend_from_slice(&reads.unmet_policies);
    }

    /// Returns the logged reads.
    #[must_use]
    pub(crate) fn into_reads(self) -> Reads {
        self.state.into_inner().reads
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{FactsView, Outcome, PlannedRecords, Reply, Server, TrustPolicy, UnqueriedNames};
    use crate::record::{Record, RecordData, RecordType};

    fn question(name: &str) -> Question {
        Question::new(name.parse().unwrap(), RecordType::A)
    }

    #[test]
    fn nothing_is_noted_after_a_question_without_a_reply() {
        let log = ReadLog::new();
        log.met(&question("a.example"));
        log.unmet(&question("b.example"));
        log.unmet(&question("c.example"));
        log.begin_batch();
        log.unmet(&question("d.example"));
        log.end_batch();
        log.begin_rule();
        log.unmet(&question("e.example"));
        let reads = log.into_reads();
        assert_eq!(reads.questions, ["a.example", "b.example", "e.example"].map(question));
        assert_eq!(reads.unmet, ["b.example", "e.example"].map(question));
    }

    #[test]
    fn a_batch_is_noted_as_a_whole() {
        let log = ReadLog::new();
        log.begin_batch();
        log.unmet(&question("a.example"));
        log.unmet(&question("b.example"));
        log.end_batch();
        log.unmet(&question("c.example"));
        assert_eq!(log.into_reads().unmet, ["a.example", "b.example"].map(question));
    }

    #[test]
    fn a_plan_is_read_for_every_question_and_for_the_end_of_its_aliases() {
        let mut facts = Facts::new(jiff::Timestamp::UNIX_EPOCH, UnqueriedNames::Asked);
        let [alias, end, other] = ["a.example", "b.example", "c.example"].map(question);
        let mut reply = Reply::empty(alias.clone(), Server::none(), Outcome::Records);
        let data = RecordData::Cname(end.name.clone());
        reply.records = vec![Record { name: alias.name.clone(), ttl: 60, data }];
        facts.insert(reply);
        let (planned, reads) = (PlannedRecords::new(), PlanReads::default());
        let view = FactsView::published(&facts, TrustPolicy::Both, &planned);
        let view = FactsView { plan_reads: Some(&reads), ..view };
        let _ = (view.answer(&alias), view.answer(&other));
        // A planned deletion of the alias itself would end the chain.
        let cname = Question::new(alias.name.clone(), RecordType::Cname);
        assert_eq!(reads.take(), [alias, cname, end.clone(), end, other]);
        assert_eq!(reads.take(), []);
    }

    #[test]
    fn a_closed_log_notes_nothing() {
        let log = ReadLog::new();
        log.close();
        log.unmet(&question("a.example"));
        assert!(log.into_reads().are_met());
    }
}
