//! Keeps the replies in which single domains of a run differ from the domains before them.
//!
//! Many domains need the same answers, and a recording holds each of them once. A lookup that failed for one domain and
//! succeeded for the next has two results, and each domain is replayed with its own.

use std::collections::BTreeMap;

use crate::facts::Reply;
use crate::record::{Name, Question};

/// The replies that some domains got to a question instead of the shared ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Variation {
    /// The domains, in the order of the run.
    pub(super) domains: Vec<Name>,
    /// All their replies to the question, ordered by server.
    pub(super) replies: Vec<Reply>,
}

/// All variations of a run.
#[derive(Debug, Clone, Default)]
pub(super) struct Variations(BTreeMap<Question, Vec<Variation>>);

impl Variations {
    /// Returns the replies that `domain` got to a question instead of the shared ones.
    pub(super) fn replies(&self, question: &Question, domain: &Name) -> Option<&[Reply]> {
        let mut variations = self.0.get(question)?.iter();
        let own = variations.find(|variation| variation.domains.contains(domain))?;
        Some(&own.replies)
    }

    /// Adds the replies that `domain` got to a question.
    pub(super) fn add(&mut self, question: &Question, domain: &Name, replies: &[Reply]) {
        let variations = self.0.entry(question.clone()).or_default();
        match variations.iter_mut().find(|variation| variation.replies == replies) {
            Some(same) => same.domains.push(domain.clone()),
            None => variations.push(Variation { domains: vec![domain.clone()], replies: replies.to_vec() }),
        }
    }

    /// Adds one parsed reply: it belongs to the replies of the same domains.
    pub(super) fn read(&mut self, domains: Vec<Name>, reply: Reply) {
        let variations = self.0.entry(reply.question.clone()).or_default();
        let at = match variations.iter().position(|variation| variation.domains == domains) {
            Some(at) => at,
            None => {
                variations.push(Variation { domains, replies: Vec::new() });
                variations.len() - 1
            }
        };
        if let Some(variation) = variations.get_mut(at) {
            variation.replies.push(reply);
        }
    }

    /// Returns all variations, in the order of their questions.
    pub(super) fn all(&self) -> impl Iterator<Item = &Variation> {
        self.0.values().flatten()
    }
}
