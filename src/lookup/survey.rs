//! How are all facts about a domain gathered in the fewest round trips?
//!
//! Everything that can be asked is asked at once, nothing twice. Whenever a reply is there, the facts are looked at
//! again for what has become worth asking: a follow-up question starts when *its* answer is there, and does not wait
//! for the slow. What is asked depends on the replies and never on the order of their arrival, so the facts are the
//! same however fast the servers are.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::future::FutureExt as _;
use futures_util::stream::FuturesUnordered;
use jiff::{SignedDuration, Timestamp};

use crate::facts::{Facts, Outcome, PolicyOutcome, PolicyReply, Reply};
use crate::record::{Name, Question};

use super::budget::nobody;
use super::course::Course;
use super::errand::{Errand, Stage};
use super::memory::Shared;
use super::source::{Begun, Inquiry, Source};

/// How much a survey may cost. No honest domain comes near: asked for everything, with every near miss looked for and an SPF
/// record of ten lookups, one costs about a hundred questions at a resolver and sixty at each name server; with as many
/// name servers as are asked at most, two thousand.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Time for the whole domain; what is still open then is out of time, and nobody is called silent for it.
    pub deadline: Duration,
    /// Questions for the whole domain, to all servers together.
    pub inquiries: usize,
    /// Of these, questions to one server, in whatever capacity.
    pub inquiries_of_one_server: usize,
    /// Octets of long answers that are kept of all servers together. Short ones, of up to 2 KiB, are kept always: their
    /// number is that of the questions.
    pub octets: usize,
    /// Of these, octets of the answers of one server, so that none takes the room of another.
    pub octets_of_one_server: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            deadline: Duration::from_secs(15),
            inquiries: 6000,
            inquiries_of_one_server: 600,
            // A share for each name server that is asked at most.
            octets: 8 << 20,
            octets_of_one_server: 256 << 10,
        }
    }
}

/// Something under way.
enum Task {
    Ask(usize, Arc<Inquiry>, Shared<Reply>),
    Fetch(Errand),
}

/// What came of it.
enum News {
    Reply(usize, Option<Reply>),
    Policy(PolicyReply),
}

impl Task {
    async fn done(self, source: &Source, domain: &Name) -> News {
        match self {
            Self::Ask(number, inquiry, cell) => {
                News::Reply(number, source.ask(&inquiry, domain, &cell).await)
            }
            // Rare, and many times larger than a question: they must not carry its room about.
            Self::Fetch(errand) => News::Policy(Box::pin(source.fetch(&errand)).await),
        }
    }
}

/// Gathers the facts about `domain`: `wanted` says which questions are worth asking and `policies` whose MTA-STS
/// policy is worth fetching, given what is known so far; both may only ask for more as more is known. What `wanted` has
/// said once it need not say again.
pub async fn survey<W: IntoIterator<Item = Question>>(
    source: &Source,
    domain: &Name,
    limits: Limits,
    mut wanted: impl FnMut(&Facts) -> W,
    mut policies: impl FnMut(&Facts) -> BTreeSet<Name>,
) -> Facts {
    let mut facts = Facts::new(source.started, source.elsewhere());
    facts.on_file = source.on_file(domain);
    let mut course = Course::new(source, domain, limits);
    // All inquiries by their number, as long as they are open.
    let mut open: Vec<Option<Arc<Inquiry>>> = Vec::new();
    let mut fetching: BTreeSet<Name> = BTreeSet::new();
    let mut pending = FuturesUnordered::new();
    let mut stage = Stage::Underway;
    let mut unasked = (Outcome::Unreachable, "there was no server to ask".to_owned());
    let deadline = tokio::time::sleep(limits.deadline);
    tokio::pin!(deadline);
    loop {
        let known = facts.count();
        for inquiry in course.inquiries(&facts, wanted(&facts)) {
            match source.begin(&inquiry, domain) {
                Begun::There(replies) => {
                    let replies = replies.into_iter().map(|reply| course.budget.kept(&inquiry, reply));
                    replies.for_each(|reply| facts.insert(reply));
                }
                Begun::Coming(cell) => {
                    open.push(Some(Arc::clone(&inquiry)));
                    pending.push(Task::Ask(open.len() - 1, inquiry, cell).done(source, domain));
                }
            }
        }
        if facts.count() > known {
            // What is there already may make more worth asking, and nothing has to be waited for.
            stage = Stage::Underway;
            continue;
        }
        for errand in source.errands(&policies(&facts), &facts, stage) {
            if fetching.insert(errand.domain().clone()) {
                pending.push(Task::Fetch(errand).done(source, domain));
            }
        }
        let mut next = tokio::select! {
            biased;
            next = pending.next() => next,
            () = &mut deadline => {
                let reason = format!("the {} s for the whole domain were over", limits.deadline.as_secs_f64());
                give_up(&mut facts, source, limits, open, fetching, &reason);
                unasked = (Outcome::OutOfTime, reason);
                break;
            }
        };
        stage = match (&next, stage) {
            (Some(_), _) => Stage::Underway,
            // Nothing is under way: what may still be fetched must do with what is known.
            (None, Stage::Underway) => Stage::Over,
            (None, Stage::Over) => break,
        };
        // All that is there already is taken at once, so that a burst of replies costs one look at the facts.
        while let Some(news) = next.take() {
            match news {
                News::Reply(number, reply) => {
                    let inquiry = open.get_mut(number).and_then(Option::take);
                    if let (Some(inquiry), Some(reply)) = (inquiry, reply) {
                        facts.insert(course.budget.kept(&inquiry, reply));
                    }
                }
                News::Policy(policy) => facts.insert_policy(policy),
            }
            next = pending.next().now_or_never().flatten();
        }
    }
    let Course { wanted: mut read, budget, .. } = course;
    budget.note_refused(&mut facts, source.started);
    read.extend(wanted(&facts));
    if source.leaves_nothing_alone() {
        note_unasked(&mut facts, source, read, unasked);
    } else {
        facts.outside = Some(read.into_iter().filter(|question| !facts.has(question)).collect());
    }
    source.note_unfetched(&policies(&facts), &mut facts);
    facts
}

/// What was still open when the time was over is out of time: who is late is not yet silent.
fn give_up(
    facts: &mut Facts,
    source: &Source,
    limits: Limits,
    open: Vec<Option<Arc<Inquiry>>>,
    fetching: BTreeSet<Name>,
    reason: &str,
) {
    let late = i64::try_from(limits.deadline.as_millis()).unwrap_or(i64::MAX);
    let at = source.started.checked_add(SignedDuration::from_millis(late)).unwrap_or(Timestamp::MAX);
    for inquiry in open.into_iter().flatten() {
        if let Inquiry::Server(question, server, ..) = &*inquiry {
            let reply = Reply::empty(question.clone(), Arc::clone(server), Outcome::OutOfTime);
            facts.insert(Reply { at, reason: reason.to_owned(), ..reply });
        }
    }
    for domain in fetching {
        // Ignored where the policy is there already.
        let policy = PolicyReply::empty(domain, PolicyOutcome::OutOfTime);
        facts.insert_policy(PolicyReply { at, reason: reason.to_owned(), ..policy });
    }
}

/// What nobody could be asked is written down as such: no reply must never look like no record.
fn note_unasked(
    facts: &mut Facts,
    source: &Source,
    wanted: Vec<Question>,
    (outcome, reason): (Outcome, String),
) {
    let nobody = nobody();
    for question in wanted {
        if !facts.has(&question) {
            let reply = Reply::empty(question, Arc::clone(&nobody), outcome);
            facts.insert(Reply { reason: reason.clone(), at: source.started, ..reply });
        }
    }
}
