//! Lists the open questions: the contract between checks and lookups.

use std::collections::BTreeSet;

use crate::record::{Name, Question};

use super::Facts;

/// Reads facts while they are gathered, and returns the questions that are still open.
///
/// Both sets of questions must depend on the facts alone, and may only grow with them. A question that was returned
/// once need not be returned again.
pub trait Reader {
    /// Returns the questions that are now worth asking, while others may be in progress.
    fn unmet(&mut self, facts: &Facts) -> Vec<Question>;

    /// Returns the questions that are still open once no lookup is in progress.
    fn unmet_at_rest(&mut self, facts: &Facts) -> Vec<Question> {
        self.unmet(facts)
    }

    /// Returns the domains whose MTA-STS policy is read, as of the previous call.
    fn policies(&mut self, facts: &Facts) -> BTreeSet<Name>;
}
