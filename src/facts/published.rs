//! Finds the reply that shows what is published.

use std::collections::BTreeSet;

use crate::record::{Name, Question};

use super::{Facts, Outcome, Reply, Role, Server, UnqueriedNames, VersionOrder, by};

/// The highest number of replies that are joined into one alias chain; a working chain needs two or three.
pub(super) const LONGEST_CHAIN: usize = 8;
/// The highest number of questions along the aliases of one name, over all servers: each server may lead elsewhere.
const MOST_ALIAS_QUESTIONS: usize = 2 * LONGEST_CHAIN;

/// The servers whose answers decide, as set by `--view`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TrustPolicy {
    /// The zone's name servers decide, and resolvers must have caught up.
    #[default]
    Both,
    /// The zone's name servers alone.
    Authoritative,
    /// The resolvers alone.
    Resolver,
}

impl Facts {
    /// Returns the reply that shows what is published: the answer of an authoritative server with the newest version of
    /// the zone, or else of the first resolver that has one, or else the most informative failure. `None` if no server
    /// was asked.
    ///
    /// Resolvers are used only if no name server is reachable. Otherwise a question that no authoritative server answered
    /// is a failure.
    #[must_use]
    pub fn published(&self, question: &Question, trust: TrustPolicy) -> Option<&Reply> {
        let replies = self.replies(question);
        let answers = || replies.clone().filter(|reply| reply.outcome.is_answer());
        // Authoritative servers sort first.
        if trust != TrustPolicy::Resolver {
            let newest = self.newest(answers().take_while(|reply| reply.server.role.is_authority()));
            if let Some(reply) = newest.or_else(|| self.authority_failure(question)) {
                return Some(reply);
            }
        }
        if let Some(answer) = answers().find(|reply| reply.server.role == Role::Resolver) {
            return Some(answer);
        }
        // A zone file answers in place of all servers, whatever the view.
        if let Some(answer) = answers().find(|reply| reply.server.role == Role::ZoneFile) {
            return Some(answer);
        }
        let asked = |reply: &&Reply| reply.server.role.is_authority() || reply.server.role == Role::Resolver;
        replies.filter(asked).min_by_key(|reply| least_informative(reply))
    }

    /// Returns the reply of the server, or of a zone file, which answers at once in place of servers.
    pub(crate) fn reply_by_or_file(&self, server: &Server, question: &Question) -> Option<&Reply> {
        let replies = self.replies(question);
        let of_file = replies.clone().find(|reply| reply.server.role == Role::ZoneFile);
        by(server, replies.as_slice()).or(of_file)
    }

    /// Returns the failure of a question that the zone's name servers have to answer and none of them did; `None` if
    /// one did, or if none of them can be reached at all, so that the resolvers decide.
    fn authority_failure(&self, question: &Question) -> Option<&Reply> {
        let asked = self
            .replies(question)
            .filter(|reply| reply.server.role == Role::Authoritative && reply.outcome != Outcome::Referral);
        let is_open =
            |reply: &Reply| reply.outcome.says_nothing_about_server() || self.reached.contains(&reply.server);
        if !asked.clone().any(is_open) || asked.clone().any(|reply| reply.outcome.is_answer()) {
            return None;
        }
        asked.min_by_key(|reply| least_informative(reply))
    }

    /// Returns the first of these authoritative answers that has the newest version.
    fn newest<'a>(&self, mut answers: impl Iterator<Item = &'a Reply>) -> Option<&'a Reply> {
        let first = answers.next()?;
        let is_newer = |one: &Reply, other: &Reply| {
            let order = self.compare_versions(&one.server, &other.server, &one.question.name);
            order == VersionOrder::Newer
        };
        Some(answers.fold(first, |best, reply| if is_newer(reply, best) { reply } else { best }))
    }

    /// Returns the question, and the same question for every name at which a reply leaves the alias chain open: an
    /// authoritative server answers for its own zone only, and some resolvers return only the first alias.
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

    /// Returns whether names outside the zone files were deliberately not asked.
    #[must_use]
    pub(crate) fn is_offline(&self) -> bool {
        self.elsewhere == UnqueriedNames::NotAsked
    }
}

/// Returns the rank of a failure for the code and the message, lowest first: an answer that was not kept is the most
/// informative, then a server's error, then our own limits, which the user can raise, and last pure network errors.
fn least_informative(reply: &Reply) -> u8 {
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
