//! Publishes plans: the one place in the tests and fuzz targets that does what an administrator does with the changes of a plan.

use cutover::facts::{Facts, Outcome, Reply};
use cutover::plan::Change;
use cutover::record::{Question, Record};

/// The records of a zone once each record set of the plan has taken the place of the one that is published.
pub fn publish(records: &[Record], changes: &[Change]) -> Vec<Record> {
    let mut records = records.to_vec();
    for change in changes {
        records.retain(|record| record.name != change.name || record.data.rtype() != change.rtype);
        records.extend(published(change));
    }
    records
}

/// The same in the replies of servers: each answer to the question of a change becomes the new one, and failures stay.
pub(super) fn publish_in_replies(facts: &Facts, changes: &[Change]) -> Facts {
    changes.iter().fold(facts.clone(), |facts, change| publish_change(&facts, change))
}

fn publish_change(facts: &Facts, change: &Change) -> Facts {
    let question = Question::new(change.name.clone(), change.rtype);
    let mut published_facts = Facts::new(facts.checked_at, facts.elsewhere);
    // What a recording does not list was made up, and is listed from now on.
    if !facts.has(&question)
        && let Some(any) = facts.all().next()
    {
        let mut reply = Reply::empty(question.clone(), any.server.clone(), Outcome::Records);
        reply.records = published(change).collect();
        published_facts.insert(reply);
    }
    for reply in facts.all() {
        let mut reply: Reply = reply.clone();
        if reply.question == question && reply.outcome.is_answer() {
            reply.records = published(change).collect();
            reply.outcome = if reply.records.is_empty() { Outcome::NoData } else { Outcome::Records };
        }
        published_facts.insert(reply);
    }
    published_facts
}

fn published(change: &Change) -> impl Iterator<Item = Record> + '_ {
    let after = &change.after;
    after.data.iter().map(|data| Record { name: change.name.clone(), ttl: after.ttl, data: data.clone() })
}
