//! Asks made-up servers all that a run asks, without a network.
//!
//! Questions about names of the domain, and of the zone that it may lie in, go to all servers. Those about other names go to
//! the resolvers, one after the other until one of them answers; addresses of the zone's name servers go to every resolver.

use std::collections::BTreeSet;
use std::sync::Arc;

use cutover::check::{JudgeOptions, Questions};
use cutover::expected::Subject;
use cutover::facts::{Facts, Outcome, Reader as _, Reply, Role, Server, TrustPolicy, zone_candidates};
use cutover::lookup::zonefile::ZoneFiles;
use cutover::record::{Name, Question, RecordType};

/// The servers of a made-up run.
pub struct Servers<'a> {
    /// In the order in which they are asked.
    pub all: Vec<Arc<Server>>,
    /// With [`TrustPolicy::Authoritative`], resolvers get no questions about the domain but those for its name servers.
    pub view: TrustPolicy,
    /// The reply of a server to a question; its time is set to that of the run.
    pub answer: &'a dyn Fn(&Question, &Arc<Server>) -> Reply,
}

impl Servers<'_> {
    /// Adds a reply of every server to every question that the facts leave open, until none is left.
    pub fn ask(&self, subject: &Subject, facts: &mut Facts) {
        loop {
            let zones = zone_candidates(&subject.domain);
            let hosts = zones.iter().flat_map(|zone| facts.name_server_names(zone)).collect();
            let open = open_questions(subject, &zones, &hosts, facts);
            let replies = open.iter().flat_map(|question| self.replies(question, &zones, &hosts, facts));
            let replies: Vec<Reply> = replies.collect();
            if replies.is_empty() {
                return;
            }
            replies.into_iter().for_each(|reply| facts.insert(reply));
        }
    }

    /// The replies that the facts do not have yet.
    fn replies(
        &self,
        question: &Question,
        zones: &[Name],
        hosts: &BTreeSet<Name>,
        facts: &Facts,
    ) -> Vec<Reply> {
        let is_own = zones.iter().any(|zone| question.name.is_within(zone));
        let is_for_all = is_own || hosts.contains(&question.name);
        let mut replies = Vec::new();
        for server in self.all.iter().filter(|server| self.is_asked(server, question, is_own)) {
            if let Some(known) = facts.reply_by(server, question) {
                if known.outcome.is_answer() && !is_for_all {
                    break;
                }
                continue;
            }
            let reply = Reply { at: facts.checked_at, ..(self.answer)(question, server) };
            let is_enough = reply.outcome.is_answer() && !is_for_all;
            replies.push(reply);
            if is_enough {
                break;
            }
        }
        replies
    }

    fn is_asked(&self, server: &Server, question: &Question, is_own: bool) -> bool {
        match server.role {
            Role::Resolver if is_own => {
                self.view != TrustPolicy::Authoritative || question.rtype == RecordType::Ns
            }
            Role::Resolver => true,
            _ => is_own,
        }
    }
}

/// The reply of a server that has these zones; what lies outside of them does not exist.
pub fn answer_of(zones: &ZoneFiles, question: &Question, server: &Arc<Server>) -> Reply {
    let outside = || Reply::empty(question.clone(), Arc::clone(server), Outcome::NxDomain);
    Reply { server: Arc::clone(server), ..zones.answer(question).unwrap_or_else(outside) }
}

/// Everything that is worth asking: what the rules read, and what names the servers.
fn open_questions(
    subject: &Subject,
    zones: &[Name],
    hosts: &BTreeSet<Name>,
    facts: &Facts,
) -> BTreeSet<Question> {
    let mut reader = Questions::new(subject, JudgeOptions::default());
    let mut questions: BTreeSet<Question> = reader.unmet(facts).into_iter().collect();
    questions.extend(reader.unmet_at_rest(facts));
    for zone in zones {
        questions.extend([RecordType::Ns, RecordType::Soa].map(|rtype| Question::new(zone.clone(), rtype)));
    }
    for host in hosts {
        questions.extend([RecordType::A, RecordType::Aaaa].map(|rtype| Question::new(host.clone(), rtype)));
    }
    questions
}
