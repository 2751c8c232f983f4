//! The replies of the DNS, and answers derived from them.
//!
//! Observations only: replies, each with its server and time, the policy that a web server returned, and ways to read
//! them. Nothing here knows which answers are right, asks anything, or reads a clock.

mod history;
mod lookup_failure;
mod outcome;
mod policy;
mod published;
mod reads;
mod recording;
mod reply;
mod transfer;
mod version;
mod view;
mod web;
mod zone;

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::{Arc, OnceLock};

use foldhash::{HashMap, HashMapExt as _, HashSet, HashSetExt as _};
use jiff::Timestamp;

use crate::record::{Name, Question};

pub(crate) use history::published_by;
pub use history::{Copies, History, HistoryError, Seen, Sighting, published, remembered};
pub use lookup_failure::LookupFailure;
#[cfg(feature = "lookup")]
pub(crate) use lookup_failure::NOT_FOLLOWED;
pub use outcome::Outcome;
pub(crate) use policy::policy_host;
pub use policy::{PolicyOutcome, PolicyReply};
pub use published::TrustPolicy;
pub(crate) use reads::PlanReads;
pub use reads::{ReadLog, Reader, Reads};
pub use recording::{Recording, RecordingError};
pub(crate) use reply::soa_of;
pub use reply::{ExtendedError, Reply, Role, Server};
pub use transfer::{TransferOutcome, TransferReply};
pub use version::VersionOrder;
use version::ZoneVersion;
pub(crate) use view::Perspective;
pub use view::{Answer, Existence, FactsView, PlannedRecords, Reach};
pub use web::{TenantHolder, WebOutcome, WebReply, WebRequest, WebTopic};
pub(crate) use zone::is_newer;
pub use zone::zone_candidates;
pub use zone::{NameServer, Zone};

/// The meaning of a question without any reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UnqueriedNames {
    /// It would have been asked if a rule had needed it.
    #[default]
    Asked,
    /// It is outside the zone files and deliberately not asked, which makes no result unknown.
    NotAsked,
    /// The facts were read from a recording, which does not contain it.
    NotRecorded,
}

/// The usual number of questions for a domain, so that memory is reserved once.
const USUAL: usize = 48;

/// All replies and policies gathered for one domain.
#[derive(Debug, Clone)]
pub struct Facts {
    /// The time when the run began.
    pub checked_at: Timestamp,
    /// The meaning of questions without a reply.
    pub elsewhere: UnqueriedNames,
    /// The record sets in the zone files, or in a transferred zone, whether asked for or not.
    pub on_file: BTreeSet<Question>,
    /// The questions that were read and are outside the zone files, so that they are known not to be asked. `None` if
    /// they are not listed: online, and in recordings whose header says `elsewhere not-asked`.
    pub outside: Option<BTreeSet<Question>>,
    /// The replies to each question, ordered by server. Replies are only ever added, so the values derived from them
    /// below remain valid.
    replies: Vec<Vec<Reply>>,
    /// The index in `replies` for each question.
    places: HashMap<Question, usize>,
    /// The indexes in the order of the questions; computed when needed.
    order: OnceLock<Vec<usize>>,
    /// The index of the question of each reply, in order of arrival.
    arrivals: Vec<usize>,
    /// The indexes of questions with a referral among their replies.
    referring: BTreeSet<usize>,
    /// The version of each zone at each server that reported one.
    versions: BTreeMap<Arc<Server>, Vec<ZoneVersion>>,
    /// The name of each server by its address; computed when needed.
    server_names: OnceLock<Box<HashMap<IpAddr, Name>>>,
    /// The name servers that answered any question about a zone of the domain.
    reached: BTreeSet<Arc<Server>>,
    policies: BTreeMap<Name, PolicyReply>,
    /// The name servers that were named to be asked instead of the delegated ones, with their addresses; usually empty.
    pub named_servers: BTreeMap<Name, BTreeSet<IpAddr>>,
    /// The answers of the delegated name servers in that case.
    delegated: BTreeMap<(Question, Arc<Server>), Reply>,
    /// The results of zone transfers, by apex.
    transfers: BTreeMap<Name, TransferReply>,
    /// The answers of web servers that were asked on the user's request.
    web: BTreeMap<WebRequest, WebReply>,
}

impl Facts {
    /// Returns facts without any reply.
    #[must_use]
    pub fn new(checked_at: Timestamp, elsewhere: UnqueriedNames) -> Self {
        Self {
            checked_at,
            elsewhere,
            on_file: BTreeSet::new(),
            outside: None,
            replies: Vec::with_capacity(USUAL),
            places: HashMap::with_capacity(USUAL),
            order: OnceLock::new(),
            arrivals: Vec::with_capacity(USUAL),
            referring: BTreeSet::new(),
            versions: BTreeMap::new(),
            server_names: OnceLock::new(),
            reached: BTreeSet::new(),
            policies: BTreeMap::new(),
            web: BTreeMap::new(),
            transfers: BTreeMap::new(),
            named_servers: BTreeMap::new(),
            delegated: BTreeMap::new(),
        }
    }

    /// Adds a reply; a second one from the same server to the same question is ignored. Replies of delegated name
    /// servers that are only compared with others are kept separately.
    pub fn insert(&mut self, reply: Reply) {
        if reply.server.role == Role::Delegated {
            self.delegated.entry((reply.question.clone(), Arc::clone(&reply.server))).or_insert(reply);
            return;
        }
        let place = self.places.get(&reply.question).copied().unwrap_or_else(|| {
            let place = self.replies.len();
            self.replies.push(Vec::new());
            self.places.insert(reply.question.clone(), place);
            self.order.take();
            place
        });
        let Some(replies) = self.replies.get_mut(place) else { return };
        let Err(at) = replies.binary_search_by(|known| known.server.cmp(&reply.server)) else { return };
        if reply.outcome == Outcome::Referral {
            self.referring.insert(place);
        }
        if let Some(version) = Self::version_in(&reply) {
            self.versions.entry(Arc::clone(&reply.server)).or_default().push(version);
        }
        if reply.server.role == Role::Authoritative
            && (reply.outcome.is_answer() || reply.outcome.is_cut_off() || reply.outcome == Outcome::Referral)
        {
            self.reached.insert(Arc::clone(&reply.server));
        }
        replies.insert(at, reply);
        self.server_names.take();
        self.arrivals.push(place);
    }

    /// Returns the number of replies.
    #[must_use]
    pub fn count(&self) -> usize {
        self.arrivals.len()
    }

    /// Returns the number of entries of each kind. Within one survey entries are only added, and a transferred zone
    /// replaces the record sets on file, so facts with the same numbers as before are the same as before.
    #[must_use]
    pub fn entries(&self) -> [usize; 8] {
        let Self { on_file, outside, arrivals, policies, named_servers, delegated, transfers, web, .. } =
            self;
        [
            on_file.len(),
            outside.as_ref().map_or(0, BTreeSet::len),
            arrivals.len(),
            policies.len(),
            named_servers.len(),
            delegated.len(),
            transfers.len(),
            web.len(),
        ]
    }

    /// Returns the questions that were answered after the first `count` replies, each once, in order of arrival.
    pub(crate) fn answered_since(&self, count: usize) -> impl Iterator<Item = &Question> {
        let arrivals = self.arrivals.get(count..).unwrap_or_default();
        let mut returned = HashSet::new();
        // Most replies come alone.
        let several = arrivals.len() > 1;
        let arrivals = arrivals.iter().filter(move |place| !several || returned.insert(**place));
        arrivals.filter_map(|place| self.at(*place).first()).map(|reply| &reply.question)
    }

    /// Returns the replies to one question, ordered by server: authoritative servers first.
    pub fn replies(&self, question: &Question) -> std::slice::Iter<'_, Reply> {
        self.places.get(question).map_or(&[][..], |place| self.at(*place)).iter()
    }

    /// Returns the reply of one server to one question.
    #[must_use]
    pub fn reply_by(&self, server: &Server, question: &Question) -> Option<&Reply> {
        by(server, self.replies(question).as_slice())
    }

    /// Returns all replies, ordered by question and server.
    pub fn all(&self) -> impl Iterator<Item = &Reply> {
        self.order().iter().flat_map(|place| self.at(*place))
    }

    /// Returns all replies, in no particular order.
    pub fn unordered(&self) -> impl Iterator<Item = &Reply> {
        self.replies.iter().flatten()
    }

    /// Returns every question that has a reply, in no particular order.
    pub(crate) fn questions(&self) -> impl Iterator<Item = &Question> {
        self.replies.iter().filter_map(|replies| replies.first()).map(|reply| &reply.question)
    }

    /// Returns those questions, with their replies, that the filter accepts, in order.
    pub(crate) fn by_question_where(
        &self,
        accepts: impl Fn(&Question, &[Reply]) -> bool,
    ) -> Vec<(&Question, &[Reply])> {
        let all = self.replies.iter().filter_map(|replies| Some((&replies.first()?.question, &replies[..])));
        let mut accepted: Vec<_> = all.filter(|(question, replies)| accepts(question, replies)).collect();
        accepted.sort_unstable_by_key(|(question, _)| *question);
        accepted
    }

    /// Returns every question with its replies, in order.
    pub fn by_question(&self) -> impl Iterator<Item = (&Question, &[Reply])> {
        let replies = self.order().iter().map(|place| self.at(*place));
        replies.filter_map(|replies| Some((&replies.first()?.question, replies)))
    }

    fn order(&self) -> &[usize] {
        self.order.get_or_init(|| {
            let mut order: Vec<usize> = (0..self.replies.len()).collect();
            order.sort_unstable_by_key(|place| self.at(*place).first().map(|reply| &reply.question));
            order
        })
    }

    /// Returns the replies that are referrals to the name servers of a zone further down.
    pub fn referrals(&self) -> impl Iterator<Item = &Reply> {
        let replies = self.referring.iter().flat_map(|place| self.at(*place));
        replies.filter(|reply| reply.outcome == Outcome::Referral)
    }

    /// Returns whether any server was asked this question.
    #[must_use]
    pub fn has(&self, question: &Question) -> bool {
        self.places.contains_key(question)
    }

    fn at(&self, place: usize) -> &[Reply] {
        self.replies.get(place).map_or(&[], Vec::as_slice)
    }
}

/// Returns the reply of a server among those to one question, which are ordered by server.
fn by<'r>(server: &Server, replies: &'r [Reply]) -> Option<&'r Reply> {
    let at = replies.binary_search_by(|reply| (*reply.server).cmp(server)).ok()?;
    replies.get(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::RecordType;

    /// Returns the reply of the resolver with this number about the type's records of `contoso.com`.
    fn reply(number: u8, rtype: RecordType) -> Reply {
        let server = Server { role: Role::Resolver, address: format!("192.0.2.{number}:53") };
        Reply::empty(Question::new("contoso.com".parse().unwrap(), rtype), Arc::new(server), Outcome::NoData)
    }

    #[test]
    fn a_question_that_many_servers_answer_is_returned_once() {
        let mut facts = Facts::new(Timestamp::UNIX_EPOCH, UnqueriedNames::Asked);
        for number in 1..=3 {
            facts.insert(reply(number, RecordType::Mx));
            facts.insert(reply(number, RecordType::Txt));
        }
        let since = |count| facts.answered_since(count).map(|question| question.rtype).collect::<Vec<_>>();
        assert_eq!(since(0), [RecordType::Mx, RecordType::Txt]);
        assert_eq!(since(3), [RecordType::Txt, RecordType::Mx]);
        assert_eq!(since(5), [RecordType::Txt]);
        assert!(since(6).is_empty());
    }
}
