//! What did the DNS say?
//!
//! Testimony only: replies, each with its server and time, the policy that a web server gave, and ways to look at
//! them. Nothing here knows what a right answer is, asks anything, or reads a clock.

mod history;
mod policy;
mod recording;
mod reply;
mod view;
mod zone;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;

pub use history::{Copies, History, HistoryError, Seen, Sighting, published, published_by, remembered};
pub use policy::{PolicyOutcome, PolicyReply, policy_host};
pub use recording::{Recording, RecordingError};
pub use reply::{ExtendedError, Outcome, Reply, Role, Server, soa_of};
pub use view::{Answer, Existence, Overlay, Sight, Silence, View, Witness};
pub use zone::{NameServer, Zone, is_newer, zone_candidates};

/// What became of names for which there is no reply at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Elsewhere {
    /// They would have been asked, had anybody needed them.
    #[default]
    Asked,
    /// They lie outside the zone files and are left alone; that makes nothing unknown.
    NotAsked,
}

/// All replies gathered for one domain, and its policy.
#[derive(Debug, Clone)]
pub struct Facts {
    /// When the run began.
    pub checked_at: Timestamp,
    /// What became of names outside.
    pub elsewhere: Elsewhere,
    /// The record sets that the zone files hold, asked for or not; servers do not list theirs.
    pub on_file: BTreeSet<crate::record::Question>,
    replies: BTreeMap<crate::record::Question, BTreeMap<Arc<Server>, Reply>>,
    policies: BTreeMap<crate::record::Name, PolicyReply>,
}

impl Facts {
    /// Nothing known yet.
    #[must_use]
    pub fn new(checked_at: Timestamp, elsewhere: Elsewhere) -> Self {
        let (on_file, replies, policies) = (BTreeSet::new(), BTreeMap::new(), BTreeMap::new());
        Self { checked_at, elsewhere, on_file, replies, policies }
    }

    /// Adds a reply; a second one of the same server to the same question is ignored.
    pub fn insert(&mut self, reply: Reply) {
        let servers = self.replies.entry(reply.question.clone()).or_default();
        servers.entry(Arc::clone(&reply.server)).or_insert(reply);
    }

    /// The replies to one question, ordered by server: authorities first.
    pub fn replies(&self, question: &crate::record::Question) -> impl Iterator<Item = &Reply> {
        self.replies.get(question).into_iter().flat_map(BTreeMap::values)
    }

    /// All replies, ordered by question and server.
    pub fn all(&self) -> impl Iterator<Item = &Reply> {
        self.replies.values().flat_map(BTreeMap::values)
    }

    /// Whether anybody was asked this.
    #[must_use]
    pub fn has(&self, question: &crate::record::Question) -> bool {
        self.replies.contains_key(question)
    }
}
