//! Gathers all facts about a domain in the fewest round trips.
//!
//! Sends all known questions concurrently and never repeats one. After each reply, the facts are read again for new
//! questions worth asking: a follow-up question starts when *its* answer arrives, and does not wait for slow servers.
//! The questions depend on the replies and never on the order of their arrival, so the facts are the same however fast
//! the servers are.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures_util::StreamExt as _;
use futures_util::future::FutureExt as _;
use futures_util::stream::FuturesUnordered;
use jiff::{SignedDuration, Timestamp};

use crate::facts::{Facts, Outcome, PolicyOutcome, PolicyReply, Reader, Reply, Server};
use crate::record::Name;

use super::limits::Limits;
use super::memory::Shared;
use super::planned_query::PlannedQuery;
use super::planner::QueryPlanner;
use super::policy_fetch::{PolicyFetch, Stage};
use super::source::{QueryStart, Source};

/// A task in progress.
enum Task {
    Ask(usize, Arc<PlannedQuery>, Shared<Reply>),
    Fetch(PolicyFetch),
}

/// The result of a task.
enum News {
    Reply(usize, Option<Reply>),
    Policy(PolicyReply),
}

/// What the reader may read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reading {
    /// What is worth asking while tasks are in progress.
    Underway,
    /// Nothing yet: no task is in progress, but the replies may show further servers to query, which comes first.
    Paused,
    /// Everything: no task is in progress, and none follows from the replies by themselves.
    AtRest,
}

impl Reading {
    /// Returns what may be read after new replies that leave no task in progress (`is_idle`), or some.
    fn after(is_idle: bool, source: &Source) -> Self {
        match is_idle {
            _ if source.is_at_hand() => Self::AtRest,
            true => Self::Paused,
            false => Self::Underway,
        }
    }
}

impl Task {
    async fn done(self, source: &Source, domain: &Name) -> News {
        match self {
            Self::Ask(number, query, cell) => News::Reply(number, source.ask(&query, domain, &cell).await),
            // Rare, and many times larger than a query: boxed so that queries do not reserve its space.
            Self::Fetch(policy_fetch) => News::Policy(Box::pin(source.fetch(&policy_fetch)).await),
        }
    }
}

/// Gathers the facts about `domain` that the reader reads.
///
/// The survey ends when no task is in progress and the reader lacks nothing: every question that it has read then has a
/// reply, or is known not to be asked, unless the deadline was reached.
pub async fn survey(source: &Source, domain: &Name, limits: Limits, reader: &mut impl Reader) -> Facts {
    let mut facts = Facts::new(source.started(), source.elsewhere());
    facts.on_file = source.on_file(domain);
    facts.outside = (!source.leaves_nothing_alone()).then(BTreeSet::new);
    let mut planner = QueryPlanner::new(source, domain, limits);
    // All queries by number, while they are open.
    let mut open: Vec<Option<Arc<PlannedQuery>>> = Vec::new();
    let mut fetching: BTreeSet<Name> = BTreeSet::new();
    let mut pending = FuturesUnordered::new();
    let mut late = None;
    let mut reading = Reading::after(false, source);
    let deadline = tokio::time::sleep(limits.deadline);
    tokio::pin!(deadline);
    loop {
        let known = facts.count();
        let unmet = match reading {
            Reading::Underway => reader.unmet(&facts),
            Reading::Paused => Vec::new(),
            Reading::AtRest => reader.read_at_rest(&mut facts).await,
        };
        let lacks_nothing = unmet.is_empty();
        for query in planner.queries(&facts, unmet) {
            match source.begin(&query, domain) {
                QueryStart::Known(replies) => {
                    let replies = replies.into_iter().map(|reply| planner.budget.kept(&query, reply));
                    replies.for_each(|reply| facts.insert(reply));
                }
                QueryStart::Pending(cell) => {
                    open.push(Some(Arc::clone(&query)));
                    pending.push(Task::Ask(open.len() - 1, query, cell).done(source, domain));
                }
            }
        }
        let mut has_grown = facts.count() > known;
        if reading == Reading::Paused && !has_grown {
            reading = if pending.is_empty() { Reading::AtRest } else { Reading::Underway };
            continue;
        }
        let is_idle = reading == Reading::AtRest && pending.is_empty();
        if is_idle && (source.is_at_hand() || lacks_nothing && !has_grown) {
            let reason = "there was no server to ask";
            has_grown |= close_open(&mut facts, source, &mut planner, Outcome::Unreachable, reason);
        }
        if has_grown || is_idle && !lacks_nothing {
            // Replies that are already there may make more questions worth asking, and need no waiting. A reader that
            // returned questions at rest may not have read everything.
            reading = Reading::after(pending.is_empty(), source);
            continue;
        }
        let stage = if is_idle { Stage::Over } else { Stage::Underway };
        for policy_fetch in source.policy_fetches(&reader.policies(&facts), &facts, stage) {
            if fetching.insert(policy_fetch.domain().clone()) {
                pending.push(Task::Fetch(policy_fetch).done(source, domain));
            }
        }
        let mut next = tokio::select! {
            biased;
            next = pending.next() => next,
            () = &mut deadline => {
                let reason = format!("deadline of {} s reached", limits.deadline.as_secs_f64());
                give_up(&mut facts, source, limits, open, fetching, &reason);
                late = Some(reason);
                break;
            }
        };
        if next.is_none() && stage == Stage::Over {
            break;
        }
        // All results that are already there are taken at once, so that a burst of replies costs one pass over the
        // facts.
        while let Some(news) = next.take() {
            match news {
                News::Reply(number, reply) => {
                    let query = open.get_mut(number).and_then(Option::take);
                    if let (Some(query), Some(reply)) = (query, reply) {
                        facts.insert(planner.budget.kept(&query, reply));
                    }
                }
                News::Policy(policy) => facts.insert_policy(policy),
            }
            next = pending.next().now_or_never().flatten();
        }
        reading = Reading::after(pending.is_empty(), source);
    }
    // Rules that would have continued learn that the deadline was reached.
    while let Some(reason) = &late {
        close_open(&mut facts, source, &mut planner, Outcome::OutOfTime, reason);
        let unmet = reader.unmet_at_rest(&facts);
        if unmet.is_empty() {
            break;
        }
        planner.add(unmet);
    }
    source.note_unfetched(&reader.policies(&facts), &mut facts);
    facts
}

/// Records every open query as out of time: a late server is not yet a silent one.
fn give_up(
    facts: &mut Facts,
    source: &Source,
    limits: Limits,
    open: Vec<Option<Arc<PlannedQuery>>>,
    fetching: BTreeSet<Name>,
    reason: &str,
) {
    let late = i64::try_from(limits.deadline.as_millis()).unwrap_or(i64::MAX);
    let at = source.started().checked_add(SignedDuration::from_millis(late)).unwrap_or(Timestamp::MAX);
    for query in open.into_iter().flatten() {
        if let PlannedQuery::Server(question, server, ..) = &*query {
            let reply = Reply::empty(question.clone(), Arc::clone(server), Outcome::OutOfTime);
            facts.insert(Reply { at, reason: reason.to_owned(), ..reply });
        }
    }
    for domain in fetching {
        // Ignored if the policy is already there.
        let policy = PolicyReply::empty(domain, PolicyOutcome::OutOfTime);
        facts.insert_policy(PolicyReply { at, reason: reason.to_owned(), ..policy });
    }
}

/// Records every question that no server can be asked, and returns whether there was any: a missing reply must never
/// look like a missing record.
fn close_open(
    facts: &mut Facts,
    source: &Source,
    planner: &mut QueryPlanner<'_>,
    outcome: Outcome,
    reason: &str,
) -> bool {
    let known = facts.count();
    planner.budget.note_refused(facts, source.started());
    let open = planner.take_open(facts);
    let has_grown = facts.count() > known || !open.is_empty();
    for question in open {
        if let Some(outside) = &mut facts.outside {
            outside.insert(question);
            continue;
        }
        let reply = Reply::empty(question, Server::none(), outcome);
        facts.insert(Reply { reason: reason.to_owned(), at: source.started(), ..reply });
    }
    has_grown
}
