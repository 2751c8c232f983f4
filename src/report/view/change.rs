//! One change of a report: a record set before and after.

use foldhash::HashSet;
use serde::{Deserialize, Serialize};

use crate::check::Code;
use crate::expected::{Importance, Phase};
use crate::plan::{Action, Change};
use crate::record::{Name, RecordType};
use crate::report::harmless::Sanitized;
use crate::report::words::Word;

/// A change.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "formats", derive(schemars::JsonSchema))]
pub struct ChangeView {
    /// The phase that needs the change.
    pub phase: Phase,
    /// `add`, `replace` or `delete`.
    pub action: Action,
    /// The owner name of the record set.
    pub name: Name,
    /// The record type.
    #[serde(rename = "type")]
    pub rtype: RecordType,
    /// The TTL to publish with, in seconds.
    pub ttl: u32,
    /// The TTL that is published, in seconds, if a name server reported it.
    pub ttl_before: Option<u32>,
    /// The records that are published now.
    #[serde(default)]
    pub before: Vec<Sanitized>,
    /// The records to publish instead.
    #[serde(default)]
    pub after: Vec<Sanitized>,
    /// The codes of the findings that the change fixes.
    #[serde(default)]
    pub because: Vec<Word<Code>>,
    /// True if a value is derived and must be compared with the admin center before publishing.
    #[serde(default)]
    pub confirm: bool,
    /// What to make sure of before publishing, as sentences.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cautions: Vec<Sanitized>,
    /// The importance of the most important expectation or hazard that needs the change.
    pub importance: Importance,
}

impl ChangeView {
    /// Returns the number of record sets that change, each counted once.
    pub fn count_sets<'a>(changes: impl IntoIterator<Item = &'a Self>) -> usize {
        let sets = changes.into_iter().map(|change| (&change.name, change.rtype));
        sets.collect::<HashSet<_>>().len()
    }

    /// Returns the records that are deleted, in their order.
    pub fn removed(&self) -> impl Iterator<Item = &Sanitized> {
        let others = if self.before == self.after { &[][..] } else { &self.after };
        without(&self.before, others)
    }

    /// Returns the records that are added, in their order.
    pub fn added(&self) -> impl Iterator<Item = &Sanitized> {
        let others = if self.before == self.after { &[][..] } else { &self.before };
        without(&self.after, others)
    }

    /// Returns whether the verdict depends on it.
    #[must_use]
    pub fn is_required(&self) -> bool {
        self.importance == Importance::Required
    }
}

/// Returns the records that are not among the others.
fn without<'a>(records: &'a [Sanitized], others: &'a [Sanitized]) -> impl Iterator<Item = &'a Sanitized> {
    let others: HashSet<&Sanitized> = others.iter().collect();
    records.iter().filter(move |record| !others.contains(record))
}

impl From<&Change> for ChangeView {
    fn from(change: &Change) -> Self {
        Self {
            phase: change.phase,
            action: change.action(),
            name: change.name.clone(),
            rtype: change.rtype,
            ttl: change.after.ttl,
            ttl_before: (change.before.ttl > 0).then_some(change.before.ttl),
            before: Sanitized::records(&change.before.data),
            after: Sanitized::records(&change.after.data),
            because: change.because.iter().copied().map(Word::Known).collect(),
            confirm: change.confirm,
            cautions: change.cautions.iter().map(|caution| Sanitized::sentence(caution)).collect(),
            importance: change.importance,
        }
    }
}
