//! Lists the open questions: the contract between checks and lookups.

use std::collections::BTreeSet;

use crate::record::{Name, Question};

use super::Facts;

/// Reads facts while they are gathered, and says what it lacks.
///
/// Both sets of questions must depend on the facts alone, and may only grow with them. What was returned once need not be
/// returned again.
pub trait Reader {
    /// The questions that have become worth asking, while others may be under way.
    fn unmet(&mut self, facts: &Facts) -> Vec<Question>;

    /// The questions that are still open once nothing is under way.
    fn unmet_at_rest(&mut self, facts: &Facts) -> Vec<Question> {
        self.unmet(facts)
    }

    /// The domains whose MTA-STS policy is read, as far as was seen the last time.
    fn policies(&mut self, facts: &Facts) -> BTreeSet<Name>;
}
