//! Recommends which terms to remove first if a record needs too many lookups.
//!
//! Terms without effect come first, then those that should not be in the record, then those that can be written without
//! a lookup, and last the most expensive senders. The platform being left stays until it no longer sends, except for a
//! term that is listed twice. Nothing is removed here, since only the admin knows which senders are
//! still needed.

use crate::record::spf::SpfRecord;

use super::candidate::{Candidate, candidates};
use super::tally::Tally;
use super::{MOST_LOOKUPS, SpfJudge, join_and, shown};

/// The maximum number of terms named.
const MOST_NAMED: usize = 6;

/// A step of the advice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    /// The term to remove.
    pub(super) candidate: Candidate,
    /// The number of lookups that are left after that.
    pub(super) left: usize,
}

/// Returns the terms to remove, in order, until few enough lookups are left or nothing more can be removed.
pub(super) fn steps(lookups: usize, mut candidates: Vec<Candidate>) -> Vec<Step> {
    // Of terms with the same reason, the most expensive first. Comparing the text makes the order the same in every
    // run.
    candidates
        .sort_by(|a, b| (a.reason.rank(), b.saving, &a.term).cmp(&(b.reason.rank(), a.saving, &b.term)));
    let mut left = lookups;
    let mut steps = Vec::new();
    for candidate in candidates {
        if left <= MOST_LOOKUPS {
            break;
        }
        left = left.saturating_sub(candidate.saving);
        steps.push(Step { candidate, left });
    }
    steps
}

/// Returns the advice for a sentence; empty if there is nothing to remove.
pub(super) fn advice(judge: &SpfJudge<'_>, record: &SpfRecord, tally: &Tally) -> String {
    let steps = steps(tally.lookups, candidates(judge, record, tally));
    let least = if tally.is_partial { "at least " } else { "" };
    let cut = if tally.is_cut { "at least " } else { "" };
    let named: Vec<String> = steps
        .iter()
        .take(MOST_NAMED)
        .map(|Step { candidate: Candidate { term, saving, reason }, left }| {
            format!("`{}` ({}; saves {cut}{saving}, {least}{left} left)", shown(term), reason.words())
        })
        .collect();
    let kept = kept_for_now(judge, tally);
    let more = match steps.len().saturating_sub(MOST_NAMED) {
        0 => String::new(),
        more => format!(", then {more} more"),
    };
    match named.is_empty() {
        true => kept,
        false => format!(" Remove first {}{more}.{kept}", named.join(", then ")),
    }
}

/// Returns the sentence about the terms of the platform being left that stay while it still sends for the domain; empty
/// if there are none.
fn kept_for_now(judge: &SpfJudge<'_>, tally: &Tally) -> String {
    let terms = tally.costs.iter().map(|cost| &cost.term).filter(|term| judge.still_sends(&term.meaning));
    let terms: Vec<String> = terms.map(|term| format!("`{}`", shown(&term.text))).collect();
    match terms.is_empty() {
        true => String::new(),
        false => format!(" Keep {} until {} no longer sends.", join_and(terms), judge.case.source_word()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::candidate::Reason;
    use super::*;

    fn candidate(term: &str, saving: usize, reason: Reason) -> Candidate {
        Candidate { term: term.into(), saving, reason }
    }

    #[test]
    fn what_does_nothing_goes_before_what_costs_most() {
        let candidates = vec![
            candidate("include:dear.example", 6, Reason::MostExpensive),
            candidate("a:mail.example", 1, Reason::Address("`ip4:192.0.2.1`".into())),
            candidate("include:old.example", 2, Reason::Source("the old platform")),
            candidate("include:in.example", 1, Reason::Nested("include:out.example".into())),
            candidate("ptr", 1, Reason::Deprecated),
            candidate("include:dearer.example", 7, Reason::MostExpensive),
            candidate("a", 1, Reason::Covered("the addresses in the record".into())),
            candidate("a:gone.example", 1, Reason::NoAnswer),
            candidate("mx", 1, Reason::Twice),
        ];
        let order: Vec<(String, usize)> = steps(30, candidates)
            .into_iter()
            .map(|Step { candidate, left }| (candidate.term, left))
            .collect();
        let expected = [
            ("a:gone.example", 29),
            ("mx", 28),
            ("ptr", 27),
            ("include:old.example", 25),
            ("a", 24),
            ("a:mail.example", 23),
            ("include:in.example", 22),
            ("include:dearer.example", 15),
            ("include:dear.example", 9),
        ];
        assert_eq!(order, expected.map(|(term, left)| (term.to_owned(), left)));
    }

    #[test]
    fn no_more_is_dropped_than_is_needed() {
        let candidates = || {
            vec![
                candidate("ptr", 1, Reason::Deprecated),
                candidate("include:b.example", 3, Reason::MostExpensive),
                candidate("include:a.example", 3, Reason::MostExpensive),
            ]
        };
        assert_eq!(steps(10, candidates()), []);
        assert_eq!(steps(11, candidates()).len(), 1);
        let two = steps(12, candidates());
        assert_eq!(
            two.last().map(|step| (step.candidate.term.as_str(), step.left)),
            Some(("include:a.example", 8))
        );
        assert_eq!(steps(90, candidates()).len(), 3);
    }
}
