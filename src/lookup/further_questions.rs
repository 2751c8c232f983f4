//! Adds further questions to those that a reader lacks answers to.

use std::collections::BTreeSet;

use crate::facts::{Facts, Reader, WebRequest};
use crate::record::{Name, Question};

use super::source::Source;
use super::web_request::address_questions;

/// A reader combined with the address questions for requested web servers, and with further questions.
#[derive(Debug)]
pub struct FurtherQuestions<'a, R> {
    reader: R,
    source: &'a Source,
    requests: &'a BTreeSet<WebRequest>,
    further: Vec<Question>,
    /// The added questions that were already returned.
    returned: BTreeSet<Question>,
}

impl<'a, R: Reader> FurtherQuestions<'a, R> {
    /// Returns a reader of the questions of `reader`, the address questions for `requests`, and these `further`
    /// questions.
    #[must_use]
    pub fn new(
        reader: R,
        source: &'a Source,
        requests: &'a BTreeSet<WebRequest>,
        further: Vec<Question>,
    ) -> Self {
        Self { reader, source, requests, further, returned: BTreeSet::new() }
    }

    /// Returns the reader.
    pub fn into_reader(self) -> R {
        self.reader
    }

    fn with_others(&mut self, facts: &Facts, mut unmet: Vec<Question>) -> Vec<Question> {
        let addresses = address_questions(self.source, self.requests, facts);
        let others = addresses.into_iter().chain(std::mem::take(&mut self.further));
        unmet.extend(others.filter(|question| self.returned.insert(question.clone())));
        unmet
    }
}

impl<R: Reader + Send> Reader for FurtherQuestions<'_, R> {
    fn unmet(&mut self, facts: &Facts) -> Vec<Question> {
        let unmet = self.reader.unmet(facts);
        self.with_others(facts, unmet)
    }

    fn unmet_at_rest(&mut self, facts: &Facts) -> Vec<Question> {
        let unmet = self.reader.unmet_at_rest(facts);
        self.with_others(facts, unmet)
    }

    async fn read_at_rest(&mut self, facts: &mut Facts) -> Vec<Question> {
        let unmet = self.reader.read_at_rest(facts).await;
        self.with_others(facts, unmet)
    }

    fn policies(&mut self, facts: &Facts) -> BTreeSet<Name> {
        self.reader.policies(facts)
    }
}
