//! What do the servers of a recording say to all that it does not list?
//!
//! A recording of a whole run has an entry for every question to every server, which hides the one that matters. So a
//! test lists only what is special, and the rest is made up:
//!
//! * a server with an answer or several different failures in the list answers as [`Fill`] says;
//! * a server that only ever fails in the same way in the list fails in that way for everything.
//!
//! Questions about the domain's own names go to every server of the list. Those about others go to its first resolver,
//! or, where there is none, to one at 192.0.2.53.

use std::collections::BTreeSet;
use std::str::FromStr;
use std::sync::Arc;

use cutover::check::{JudgeOptions, Questions};
use cutover::expected::Subject;
use cutover::facts::{Facts, Outcome, Reader as _, Recording, Reply, Role, Server};
use cutover::lookup::zonefile::ZoneFiles;
use cutover::record::{Name, Question, RecordType, zone};
use jiff::Timestamp;

/// The head of a recording that has none.
pub(super) const HEAD: &str = "cutover recording 1
checked-at 2026-11-22T05:23:00Z
elsewhere asked
domain contoso.com.

";

/// The finished move from which [`Fill::Ready`] answers.
const READY: &str = "fixtures/ready.zone";

/// When every made-up run begins.
pub(super) fn checked_at() -> Timestamp {
    "2026-11-22T05:23:00Z".parse().unwrap()
}

/// The resolver where none is named.
pub(super) fn resolver() -> Arc<Server> {
    Arc::new(Server { role: Role::Resolver, address: "192.0.2.53:53".into() })
}

/// How the gaps of a recording are closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fill {
    /// Not at all: what is missing is `not-in-replay`.
    Nothing,
    /// There is no such record.
    NoData,
    /// As in `fixtures/ready.zone`, in which contoso.com has moved; what that does not hold does not exist.
    Ready,
}

impl FromStr for Fill {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        match word {
            "nothing" => Ok(Self::Nothing),
            "no-data" => Ok(Self::NoData),
            "ready" => Ok(Self::Ready),
            other => Err(format!("`{other}` fills nothing; expected nothing, no-data or ready")),
        }
    }
}

impl Fill {
    /// The recording with a reply to every question that is worth asking.
    pub(super) fn filled(self, recording: &Recording, subject: &Subject) -> Recording {
        if self == Self::Nothing {
            return recording.clone();
        }
        let mut facts = recording.facts.clone();
        let bench = Bench::new(self, &recording.facts);
        loop {
            let replies: Vec<Reply> = questions(subject, &facts)
                .iter()
                .flat_map(|question| bench.missing(question, subject, &facts))
                .collect();
            if replies.is_empty() {
                return Recording::new(recording.domains.clone(), facts);
            }
            replies.into_iter().for_each(|reply| facts.insert(reply));
        }
    }
}

/// Everything that is worth asking, so far as the facts tell: what the judges read, and what names the servers.
fn questions(subject: &Subject, facts: &Facts) -> BTreeSet<Question> {
    let mut reader = Questions::new(subject, JudgeOptions::default());
    let mut questions: BTreeSet<Question> = reader.unmet(facts).into_iter().collect();
    questions.extend(reader.unmet_at_rest(facts));
    let domain = &subject.domain;
    questions.extend([RecordType::Ns, RecordType::Soa].map(|rtype| Question::new(domain.clone(), rtype)));
    for server in facts.name_server_names(domain) {
        questions.extend([RecordType::A, RecordType::Aaaa].map(|rtype| Question::new(server.clone(), rtype)));
    }
    questions
}

/// The servers of a recording and how they answer.
struct Bench {
    fill: Fill,
    servers: Vec<(Arc<Server>, Option<Outcome>)>,
    ready: ZoneFiles,
    at: Timestamp,
}

impl Bench {
    fn new(fill: Fill, facts: &Facts) -> Self {
        let mut servers: Vec<Arc<Server>> = facts.all().map(|reply| Arc::clone(&reply.server)).collect();
        if servers.iter().all(|server| server.role != Role::Resolver) {
            servers.push(resolver());
        }
        servers.sort();
        servers.dedup();
        let habit = |server: Arc<Server>| {
            let failure = only_failure(facts, &server);
            (server, failure)
        };
        let mut ready = ZoneFiles::new();
        let text =
            zone::read(super::file(READY).as_bytes(), None, READY).unwrap_or_else(|error| panic!("{error}"));
        ready.add(READY, text).unwrap();
        Self { fill, servers: servers.into_iter().map(habit).collect(), ready, at: facts.checked_at }
    }

    fn missing(&self, question: &Question, subject: &Subject, facts: &Facts) -> Vec<Reply> {
        let asked = |server: &Server| facts.replies(question).any(|reply| *reply.server == *server);
        let missing = self.asked_about(&question.name, &subject.domain).into_iter();
        let missing = missing.filter(|(server, _)| !asked(server));
        missing.map(|(server, failure)| self.reply(question, server, *failure)).collect()
    }

    fn asked_about(&self, name: &Name, domain: &Name) -> Vec<&(Arc<Server>, Option<Outcome>)> {
        if name.is_within(domain) {
            return self.servers.iter().collect();
        }
        self.servers.iter().filter(|(server, _)| server.role == Role::Resolver).take(1).collect()
    }

    fn reply(&self, question: &Question, server: &Arc<Server>, failure: Option<Outcome>) -> Reply {
        let mut reply = Reply::empty(question.clone(), Arc::clone(server), Outcome::NoData);
        match (failure, self.fill) {
            (Some(failure), _) => reply.outcome = failure,
            (None, Fill::Ready) => match self.ready.answer(question) {
                Some(answer) => reply = Reply { server: Arc::clone(server), ..answer },
                None => reply.outcome = Outcome::NxDomain,
            },
            (None, Fill::NoData | Fill::Nothing) => {}
        }
        reply.at = self.at;
        reply
    }
}

/// The one failure that is all a server has to say in the list.
fn only_failure(facts: &Facts, server: &Server) -> Option<Outcome> {
    let mut outcomes = facts.all().filter(|reply| *reply.server == *server).map(|reply| reply.outcome);
    let first = outcomes.next().filter(|outcome| !outcome.is_answer() && *outcome != Outcome::Referral)?;
    outcomes.all(|outcome| outcome == first).then_some(first)
}
