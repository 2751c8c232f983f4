//! Computes the changes of each phase of a move, and the time for which caches keep what they replace.

use std::collections::BTreeMap;

use jiff::SignedDuration;

use crate::check::time::lasting;
use crate::check::{Assessment, assess};
use crate::expected::{Phase, Subject};
use crate::facts::Role;
use crate::plan::{Change, changes, merged};
use crate::record::{Question, RecordSet};

use super::Move;

/// The TTL of records at the switch, in seconds.
pub(super) const SHORT: u32 = 300;

/// A record set whose TTL is lowered before the switch.
pub(super) struct Lowering {
    /// The change that lowers it.
    pub(super) change: Change,
    /// The lifetime that it has before.
    pub(super) ttl: Lifetime,
}

/// The time for which caches keep an answer.
#[derive(Clone, Copy)]
pub(super) struct Lifetime {
    /// Its length.
    pub(super) seconds: u32,
    /// True if no answer shows it.
    is_assumed: bool,
}

impl Lifetime {
    /// Returns it as a duration.
    pub(super) fn span(self) -> SignedDuration {
        SignedDuration::from_secs(i64::from(self.seconds))
    }

    /// Returns it in words.
    pub(super) fn words(self) -> String {
        let assumed = if self.is_assumed { " (assumed)" } else { "" };
        format!("{}{assumed}", lasting(self.seconds))
    }
}

/// The changes of each phase that the earlier ones leave to make.
pub(super) struct Phases {
    /// The assessment for each phase.
    pub(super) assessments: [Assessment; 3],
    /// The changes before the switch.
    pub(super) prepare: Vec<Change>,
    /// The record sets whose TTL is lowered before the switch.
    pub(super) lowered: Vec<Lowering>,
    /// The changes at the switch.
    pub(super) switch: Vec<Change>,
    /// The changes after it.
    pub(super) tidy: Vec<Change>,
    /// The cache lifetime of each record set that changes at the switch, in the order of `switch`.
    pub(super) kept: Vec<Lifetime>,
}

impl Phases {
    /// Computes the changes of each phase.
    pub(super) fn new(planned: &Move<'_>) -> Self {
        let Move { subject, facts, judge_options, .. } = *planned;
        let examined = |phase| {
            let subject = Subject { phase, ..subject.clone() };
            let assessment = assess(&subject, facts, judge_options);
            // A set that changes in several phases is one change here; what earlier steps have made is removed below.
            let changes = merged(&changes(&subject, facts, judge_options.view, &assessment));
            (assessment, changes)
        };
        let mut published = Published(BTreeMap::new());
        let (first, prepare) = examined(Phase::Prepare);
        let prepare = published.apply(prepare, |change| !change.is_ttl_alone());
        let (second, switch) = examined(Phase::Switch);
        let mut switch = published.apply(switch, |change| !change.is_ttl_alone());
        let kept: Vec<Lifetime> = switch.iter().map(|change| lifetime(planned, change)).collect();
        let mut lowered = Vec::new();
        for (change, ttl) in switch.iter_mut().zip(&kept) {
            let is_short = ttl.seconds <= SHORT;
            // A new set has no TTL to lower, but a mistake in it should not be cached for long either.
            if change.before.is_empty() {
                change.after.ttl = change.after.ttl.min(SHORT);
                published.0.insert(question(change), change.after.clone());
                continue;
            }
            if is_short {
                continue;
            }
            let after = RecordSet { ttl: SHORT, ..change.before.clone() };
            let lowering =
                Change { after: after.clone(), confirm: false, cautions: Vec::new(), ..change.clone() };
            lowered.push(Lowering { change: lowering, ttl: *ttl });
            change.before = after;
            change.after.ttl = change.after.ttl.min(SHORT);
            published.0.insert(question(change), change.after.clone());
        }
        let (third, tidy) = examined(Phase::Tidy);
        let tidy = published.apply(tidy, |_| true);
        Self { assessments: [first, second, third], prepare, lowered, switch, tidy, kept }
    }
}

fn question(change: &Change) -> Question {
    Question::new(change.name.clone(), change.rtype)
}

/// The record sets as they are after earlier steps.
struct Published(BTreeMap<Question, RecordSet>);

impl Published {
    /// Returns the changes that are left to make, and records them as made.
    fn apply(&mut self, changes: Vec<Change>, is_wanted: impl Fn(&Change) -> bool) -> Vec<Change> {
        let mut left = Vec::new();
        for mut change in changes {
            if let Some(set) = self.0.get(&question(&change)) {
                change.before = set.clone();
            }
            let is_done = change.before.data == change.after.data && change.before.ttl == change.after.ttl;
            if is_done || change.before.is_empty() && change.after.is_empty() || !is_wanted(&change) {
                continue;
            }
            self.0.insert(question(&change), change.after.clone());
            left.push(change);
        }
        left
    }
}

/// Returns the time for which caches keep the present records of a set, or the answer that there are none.
pub(super) fn lifetime(planned: &Move<'_>, change: &Change) -> Lifetime {
    let replies = planned.facts.replies(&question(change));
    let own = replies.filter(|reply| reply.server.role == Role::Authoritative && reply.outcome.is_answer());
    // Caches query any of the name servers, so the longest TTL counts.
    let longest = if change.before.is_empty() {
        own.filter_map(|reply| reply.negative_ttl()).max()
    } else {
        let seen = own.flat_map(|reply| reply.wanted()).map(|record| record.ttl);
        seen.chain((change.before.ttl > 0).then_some(change.before.ttl)).max()
    };
    let assumed = u32::try_from(planned.assumptions.old_ttl.as_secs()).unwrap_or(u32::MAX);
    let seconds = longest.unwrap_or(assumed);
    Lifetime { seconds, is_assumed: longest.is_none() }
}
