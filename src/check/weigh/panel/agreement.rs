//! Finds servers whose answers equal the published ones.
//!
//! Where all say the same, which is nearly always so, one judgement serves for all of them. The time that an answer has
//! left differs from cache to cache, and no judgement depends on it.

use std::collections::BTreeMap;

use crate::facts::{Reads, Reply, Server};
use crate::record::Question;

use super::ServerConsensus;

impl<'a> ServerConsensus<'a> {
    /// Returns whether the server has given the published answer to everything that it was asked.
    pub(super) fn agrees(&self, server: &Server) -> bool {
        self.dissent(server).is_empty()
    }

    /// Whether it has given that answer to everything that was read when the published state was judged: a judgement with
    /// its eyes reads the same, and comes out the same.
    pub(super) fn agrees_here(&self, server: &Server, reads: &Reads) -> bool {
        let dissent = self.dissent(server);
        dissent.is_empty() || !reads.questions.iter().any(|question| dissent.contains(&question))
    }

    /// Those of the servers that have to be heard themselves.
    pub(super) fn dissenting(&self, servers: &[&'a Server]) -> Vec<&'a Server> {
        servers.iter().filter(|server| !self.agrees(server)).copied().collect()
    }

    /// Those that have to be heard about what was read.
    pub(super) fn dissenting_here(&self, servers: &[&'a Server], reads: &Reads) -> Vec<&'a Server> {
        servers.iter().filter(|server| !self.agrees_here(server, reads)).copied().collect()
    }

    /// The questions to which the server has given another answer than the published one.
    fn dissent(&self, server: &Server) -> &[&'a Question] {
        let dissents = self.dissents.get_or_init(|| self.dissents());
        dissents.get(server).map_or(&[], Vec::as_slice)
    }

    fn dissents(&self) -> BTreeMap<&'a Server, Vec<&'a Question>> {
        let sight = self.case.sight;
        let mut dissents: BTreeMap<&Server, Vec<&Question>> = BTreeMap::new();
        for (question, replies) in sight.facts.by_question() {
            let Some(published) = sight.facts.published(question, sight.view) else { continue };
            let differs =
                |reply: &&Reply| !std::ptr::eq(*reply, published) && !reply.says_the_same(published);
            for reply in replies.iter().filter(differs) {
                dissents.entry(&reply.server).or_default().push(question);
            }
        }
        dissents
    }
}
