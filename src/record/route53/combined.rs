//! Combines the sets of one name as clients see them, and follows aliases to sets of the same zone.

use std::collections::BTreeMap;

use crate::record::{Name, Question, RecordData};

use super::value::shown;

/// The longest chain of aliases to sets of the same zone that is followed; Route 53 itself allows no chain.
const LONGEST_CHAIN: usize = 8;

/// A parsed set of the list.
pub(super) struct Entry {
    pub(super) place: String,
    pub(super) ttl: u32,
    pub(super) identifier: Option<String>,
    pub(super) is_multi_value: bool,
    pub(super) content: Content,
}

/// The content of one set.
pub(super) enum Content {
    Records(Vec<RecordData>),
    /// The records of the same type at this name.
    Alias(Name),
    /// The answer is chosen by a traffic policy.
    Policy,
}

/// The combined sets of one name and type.
pub(super) enum CombinedSet {
    Records(u32, Vec<RecordData>),
    Alias(Name),
    Unlisted(Unlisted),
}

/// The reason why the records of a set are not in the list.
#[derive(Debug, Clone, thiserror::Error)]
pub(super) enum Unlisted {
    #[error("Route 53 answers with one of {alternatives} sets ({identifiers}) and chooses by client")]
    OneOf { alternatives: usize, identifiers: String },
    #[error("a traffic policy of Route 53 chooses the answer")]
    Policy,
    #[error("it is an alias record of Route 53 for `{target}`, which is not in the list")]
    Outside { target: String },
    #[error("it is an alias record of Route 53 that leads through more than {LONGEST_CHAIN} others")]
    Chain,
}

/// Combines the sets of one name and type as clients see them: records of multivalue answers add up; of other
/// alternatives, Route 53 chooses one.
pub(super) fn combined(mut entries: Vec<Entry>) -> CombinedSet {
    let alternatives = entries.len();
    if let [_] = entries[..]
        && let Some(entry) = entries.pop()
    {
        return match entry.content {
            Content::Records(data) => CombinedSet::Records(entry.ttl, data),
            Content::Alias(target) => CombinedSet::Alias(target),
            Content::Policy => CombinedSet::Unlisted(Unlisted::Policy),
        };
    }
    let all_records = |entries: &[Entry]| -> Option<(u32, Vec<Vec<RecordData>>)> {
        let ttl = entries.iter().map(|entry| entry.ttl).min()?;
        let sets = entries.iter().map(|entry| match &entry.content {
            Content::Records(data) => {
                let mut data = data.clone();
                data.sort();
                data.dedup();
                Some(data)
            }
            Content::Alias(_) | Content::Policy => None,
        });
        Some((ttl, sets.collect::<Option<_>>()?))
    };
    let adds_up = |entry: &Entry| entry.is_multi_value || entry.identifier.is_none();
    if let Some((ttl, sets)) = all_records(&entries) {
        let is_same = sets.windows(2).all(|pair| pair[0] == pair[1]);
        if is_same || entries.iter().all(adds_up) {
            return CombinedSet::Records(ttl, sets.into_iter().flatten().collect());
        }
    }
    const SHOWN: usize = 4;
    let identifiers = entries.iter().take(SHOWN).map(|entry| {
        let identifier = entry.identifier.as_deref().unwrap_or("without an identifier");
        format!("`{}`", shown(identifier))
    });
    let identifiers = identifiers.collect::<Vec<_>>().join(", ");
    CombinedSet::Unlisted(Unlisted::OneOf { alternatives, identifiers })
}

/// Returns the records at the end of a set's aliases with their TTL, or the reason why they are not in the list.
pub(super) fn resolved<'a>(
    question: &Question,
    sets: &'a BTreeMap<Question, CombinedSet>,
) -> Result<(u32, &'a [RecordData]), Unlisted> {
    let mut question = question.clone();
    for _ in 0..LONGEST_CHAIN {
        match sets.get(&question) {
            Some(CombinedSet::Records(ttl, data)) => return Ok((*ttl, data)),
            Some(CombinedSet::Unlisted(reason)) => return Err(reason.clone()),
            Some(CombinedSet::Alias(target)) => question.name = target.clone(),
            None => {
                let target = question.name.without_trailing_dot();
                return Err(Unlisted::Outside { target });
            }
        }
    }
    Err(Unlisted::Chain)
}
