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
mod realistic;
mod recorded;
mod silence;
mod worlds;

use cutover::check::{Assessment, JudgeOptions, assess};
use cutover::facts::{Facts, TrustPolicy};
use cutover::plan::{Change, changes};
use cutover::report::json::to_json;
use cutover::report::{DomainReport, Report};
use worlds::World;

/// What is judged in a world, given the facts.
pub struct Judgement {
    pub assessment: Assessment,
    pub changes: Vec<Change>,
}

impl Judgement {
    pub fn new(world: &World, facts: &Facts) -> Self {
        let assessment = assess(&world.subject, facts, JudgeOptions::default());
        let changes = changes(&world.subject, facts, TrustPolicy::Both, &assessment);
        Self { assessment, changes }
    }

    /// The report as JSON, every reply in it.
    pub fn json(&self, world: &World, facts: &Facts) -> String {
        let domain = DomainReport::new(&world.subject, &self.assessment, &self.changes).with_replies(facts);
        to_json(&Report::new(facts.checked_at, world.subject.phase, vec![domain]))
    }
}

/// Fails with the first few faults of many.
pub fn assert_none(faults: &[String]) {
    let shown = faults.iter().take(25).cloned().collect::<Vec<_>>().join("\n");
    assert!(faults.is_empty(), "{} faults, the first are:\n{shown}", faults.len());
}
