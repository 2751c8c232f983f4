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

use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::Arc;

use cutover::expected::Subject;
use cutover::facts::{Facts, Outcome, Recording, Reply, Role, Server, TrustPolicy};
use cutover::lookup::zonefile::ZoneFiles;
use cutover::record::{Question, zone};
use jiff::Timestamp;

use super::servers::{Servers, answer_of};

/// The head of a recording that has none.
pub(super) const HEAD: &str = "cutover recording 1
checked-at 2026-11-22T05:23:00Z
elsewhere asked
domain contoso.com.

";

/// The finished move from which [`Fill::Ready`] answers.
const READY: &str = "fixtures/ready.zone";

/// When every made-up run begins.
pub fn checked_at() -> Timestamp {
    "2026-11-22T05:23:00Z".parse().unwrap()
}

/// The resolver where none is named.
pub fn resolver() -> Arc<Server> {
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
        let failures: BTreeMap<Arc<Server>, Option<Outcome>> = servers(&recording.facts)
            .map(|server| (Arc::clone(&server), only_failure(&recording.facts, &server)))
            .collect();
        let ready = ready();
        let answer = |question: &Question, server: &Arc<Server>| match (failures[server], self) {
            (Some(failure), _) => Reply::empty(question.clone(), Arc::clone(server), failure),
            (None, Self::Ready) => answer_of(&ready, question, server),
            (None, Self::NoData | Self::Nothing) => {
                Reply::empty(question.clone(), Arc::clone(server), Outcome::NoData)
            }
        };
        let all = failures.keys().cloned().collect();
        Servers { all, view: TrustPolicy::Both, answer: &answer }.ask(subject, &mut facts);
        Recording::new(recording.domains.clone(), facts)
    }
}

/// The servers of a recording; where it has no resolver, one more.
fn servers(facts: &Facts) -> impl Iterator<Item = Arc<Server>> {
    let mut servers: Vec<Arc<Server>> = facts.all().map(|reply| Arc::clone(&reply.server)).collect();
    if servers.iter().all(|server| server.role != Role::Resolver) {
        servers.push(resolver());
    }
    servers.into_iter()
}

/// The zones of the finished move.
fn ready() -> ZoneFiles {
    let text =
        zone::read(super::file(READY).as_bytes(), None, READY).unwrap_or_else(|error| panic!("{error}"));
    let mut files = ZoneFiles::new();
    files.add(READY, text).unwrap();
    files
}

/// The one failure that is all a server has to say in the list.
fn only_failure(facts: &Facts, server: &Server) -> Option<Outcome> {
    let mut outcomes = facts.all().filter(|reply| *reply.server == *server).map(|reply| reply.outcome);
    let first = outcomes.next().filter(|outcome| !outcome.is_answer() && *outcome != Outcome::Referral)?;
    outcomes.all(|outcome| outcome == first).then_some(first)
}
