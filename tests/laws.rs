//! Do the laws hold in every world?
//!
//! Thousands of worlds are judged without a network: each state of a record beside each state of the
//! others that have to do with it, in all phases and clouds. What is wrong in one of them is told with
//! the states that make it.

mod assigned;
mod failures;
mod kept;
mod mutations;
mod order;
mod published;
mod reads;
mod recorded;
mod silence;
mod worlds;

use cutover::check::{Examination, Scales, examine};
use cutover::facts::{Facts, View};
use cutover::plan::{Change, changes};
use cutover::report::json::to_json;
use cutover::report::{DomainReport, Report};
use worlds::World;

/// What is judged in a world, given the facts.
pub struct Judgement {
    pub examination: Examination,
    pub changes: Vec<Change>,
}

impl Judgement {
    pub fn new(world: &World, facts: &Facts) -> Self {
        let examination = examine(&world.subject, facts, Scales::default());
        let changes = changes(&world.subject, facts, View::Both, &examination);
        Self { examination, changes }
    }

    /// The report as JSON, every reply in it.
    pub fn json(&self, world: &World, facts: &Facts) -> String {
        let domain = DomainReport::new(&world.subject, &self.examination, &self.changes).with_replies(facts);
        to_json(&Report::new(facts.checked_at, world.subject.phase, vec![domain]))
    }
}

/// Fails with the first few faults of many.
pub fn assert_none(faults: &[String]) {
    let shown = faults.iter().take(25).cloned().collect::<Vec<_>>().join("\n");
    assert!(faults.is_empty(), "{} faults, the first are:\n{shown}", faults.len());
}
