//! Which servers say nothing else than what is published?
//!
//! Where all say the same, which is nearly always so, one judgement serves for all of them. The time that an answer has
//! left differs from cache to cache, and no judgement depends on it.

use crate::facts::{Reply, Server};

use super::Panel;

impl<'a> Panel<'a> {
    /// Whether the server has given the published answer to everything that it was asked.
    pub(super) fn agrees(&self, server: &Server) -> bool {
        self.agreeing.get_or_init(|| self.agreeing()).contains(&server)
    }

    /// Those of the servers that have to be heard themselves.
    pub(super) fn dissenting(&self, servers: &[&'a Server]) -> Vec<&'a Server> {
        servers.iter().filter(|server| !self.agrees(server)).copied().collect()
    }

    fn agreeing(&self) -> Vec<&'a Server> {
        let sight = self.case.sight;
        let mut agreeing: Vec<&Server> = self.authorities.iter().chain(&self.resolvers).copied().collect();
        for (question, replies) in sight.facts.by_question() {
            if agreeing.is_empty() {
                break;
            }
            let Some(published) = sight.facts.published(question, sight.view) else { continue };
            let differs = |reply: &&Reply| !reply.says_the_same(published);
            for reply in replies.iter().filter(differs) {
                agreeing.retain(|server| **server != *reply.server);
            }
        }
        agreeing
    }
}
