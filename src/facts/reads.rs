//! Notes which questions a rule reads, and which of them have no reply yet: those are asked next.
//!
//! A rule may do without an answer and read on. What it reads then is not noted, since with the answer it might read
//! something else: so the questions that are asked depend on the answers and never on the order in which they arrive. What
//! a rule reads whatever the answers are, it reads as one batch ([`FactsView::read_ahead`](super::FactsView::read_ahead)).

use std::cell::RefCell;

use crate::record::{Name, Question};

/// The reads.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reads {
    /// Every question, in the order in which they were read; some more than once.
    pub questions: Vec<Question>,
    /// Those without a reply.
    pub unmet: Vec<Question>,
    /// The domains whose MTA-STS policy was read and has not been fetched.
    pub unmet_policies: Vec<Name>,
}

impl Reads {
    /// Returns whether every question that was read has a reply.
    #[must_use]
    pub fn are_met(&self) -> bool {
        self.unmet.is_empty() && self.unmet_policies.is_empty()
    }
}

/// Notes what is read.
#[derive(Debug, Default)]
pub struct ReadLog {
    state: RefCell<State>,
}

#[derive(Debug, Default)]
struct State {
    reads: Reads,
    /// Batches that have begun and not ended.
    batches: usize,
    /// Whether something without a reply was read.
    lacks: bool,
    /// Whether nothing is noted any more until the next rule.
    is_closed: bool,
}

impl State {
    fn is_stopped(&self) -> bool {
        self.is_closed || self.lacks && self.batches == 0
    }
}

impl ReadLog {
    /// Nothing was read yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes a question that has a reply.
    pub(super) fn met(&self, question: &Question) {
        let mut state = self.state.borrow_mut();
        if !state.is_stopped() {
            state.reads.questions.push(question.clone());
        }
    }

    /// Notes a question that has none.
    pub(super) fn unmet(&self, question: &Question) {
        let mut state = self.state.borrow_mut();
        if !state.is_stopped() {
            state.reads.questions.push(question.clone());
            state.reads.unmet.push(question.clone());
            state.lacks = true;
        }
    }

    /// Notes that the policy of a domain has not been fetched.
    pub(super) fn unmet_policy(&self, domain: &Name) {
        let mut state = self.state.borrow_mut();
        if !state.is_stopped() {
            state.reads.unmet_policies.push(domain.clone());
            state.lacks = true;
        }
    }

    /// Begins a batch: what lacks a reply in it does not keep the rest from being noted.
    pub(super) fn begin_batch(&self) {
        let mut state = self.state.borrow_mut();
        // A batch of a rule that has read on is not noted either.
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

    /// Notes nothing more of this rule: what it reads beyond its bounds is not asked.
    pub(super) fn close(&self) {
        self.state.borrow_mut().is_closed = true;
    }

    /// Begins another rule, whose reads do not depend on those before.
    pub fn begin_rule(&self) {
        let mut state = self.state.borrow_mut();
        (state.lacks, state.is_closed) = (false, false);
    }

    /// Adds what another log has noted for a part of this rule.
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

    /// The reads.
    #[must_use]
    pub fn into_reads(self) -> Reads {
        self.state.into_inner().reads
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::RecordType;

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
    fn a_closed_log_notes_nothing() {
        let log = ReadLog::new();
        log.close();
        log.unmet(&question("a.example"));
        assert!(log.into_reads().are_met());
    }
}
