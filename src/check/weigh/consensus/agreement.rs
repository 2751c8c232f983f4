//! Finds servers whose answers equal the published ones.
//!
//! If all answers are equal, which is nearly always the case, one finding applies to all servers. The remaining TTL
//! differs between caches, but no finding depends on it.

use std::collections::BTreeMap;

use crate::facts::{Reads, Reply, Server};
use crate::record::Question;

use super::ServerConsensus;

impl<'a> ServerConsensus<'a> {
    /// Returns whether the server has given the published answer to every question.
    pub(super) fn agrees(&self, server: &Server) -> bool {
        self.dissent(server).is_empty()
    }

    /// Returns whether the server has given the published answer to every question that was read for the published
    /// state. A check of its answers then has the same reads and the same finding.
    pub(super) fn agrees_here(&self, server: &Server, reads: &Reads) -> bool {
        let dissent = self.dissent(server);
        dissent.is_empty() || !reads.questions.iter().any(|question| dissent.contains(&question))
    }

    /// Returns those of the servers that have to be checked separately.
    pub(super) fn dissenting(&self, servers: &[&'a Server]) -> Vec<&'a Server> {
        servers.iter().filter(|server| !self.agrees(server)).copied().collect()
    }

    /// Returns those of the servers that have to be checked separately, given these reads.
    pub(super) fn dissenting_here(&self, servers: &[&'a Server], reads: &Reads) -> Vec<&'a Server> {
        servers.iter().filter(|server| !self.agrees_here(server, reads)).copied().collect()
    }

    /// Returns the questions that the server answers differently from the published state.
    fn dissent(&self, server: &Server) -> &[&'a Question] {
        let dissents = self.dissents.get_or_init(|| self.dissents());
        dissents.get(server).map_or(&[], Vec::as_slice)
    }

    fn dissents(&self) -> BTreeMap<&'a Server, Vec<&'a Question>> {
        let view = self.case.view;
        let mut dissents: BTreeMap<&Server, Vec<&Question>> = BTreeMap::new();
        for (question, replies) in view.facts.by_question() {
            let Some(published) = view.facts.published(question, view.trust) else { continue };
            let differs =
                |reply: &&Reply| !std::ptr::eq(*reply, published) && !reply.says_the_same(published);
            for reply in replies.iter().filter(differs) {
                dissents.entry(&reply.server).or_default().push(question);
            }
        }
        dissents
    }
}
