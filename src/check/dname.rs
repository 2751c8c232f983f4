//! Finds names below a DNAME, at which nothing can be published.
//!
//! For every name below the owner of a DNAME, a server returns an alias to the same name below its target, whatever
//! else the zone contains there (RFC 6672 §2.3, §2.4).

use crate::expected::Expectation;
use crate::record::{Name, Question, RecordType};

use super::{Case, Finding, PROBE_LABEL, backticked};

/// The DNAME type (RFC 6672 §2.1).
const DNAME: RecordType = RecordType::Other(39);

/// Returns the owner of the DNAME that a name of the domain is below.
#[must_use]
pub(crate) fn dname_owner(case: &Case<'_>, name: &Name) -> Option<Name> {
    let domain = &case.subject.domain;
    let mut above = name.ancestors().skip(1).take_while(|owner| owner.is_within(domain));
    let is_held = |owner: &Name| case.view.facts.on_file.contains(&Question::new(owner.clone(), DNAME));
    let held = above.find(is_held);
    held.or_else(|| {
        (name != domain && name.is_within(domain) && target(case).is_some()).then(|| domain.clone())
    })
}

/// Returns the target of a DNAME at the domain, found by an alias from a name that is never published.
pub(super) fn target(case: &Case<'_>) -> Option<Name> {
    let probe = case.subject.domain.prepend(PROBE_LABEL).ok()?;
    let answer = case.view.without_asking().own_answer(&Question::new(probe, RecordType::A)).ok()?;
    let alias = answer.chain.first()?;
    let is_renamed = alias.first_label() == Some(PROBE_LABEL.as_bytes());
    alias.parent().filter(|_| is_renamed)
}

/// Removes the edits from the finding about a name for which a DNAME answers.
pub(super) fn without_edits_below(
    case: &Case<'_>,
    expectation: &Expectation,
    mut finding: Finding,
) -> Finding {
    let owner = finding.fix.iter().find_map(|edit| dname_owner(case, &edit.name));
    let Some(owner) = owner else { return finding };
    finding.fix.retain(|edit| dname_owner(case, &edit.name).is_none());
    finding.message = format!(
        "{}; no edit is proposed, because {} has a DNAME, and nothing can be published below it (RFC 6672 §2.4): edit {} \
         below its target, or replace the DNAME",
        finding.message.trim_end_matches('.'),
        backticked(&owner),
        expectation.rtype
    );
    finding
}
