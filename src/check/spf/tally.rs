//! What does a check of an SPF record cost, and whom does it reach?
//!
//! The result of a walk over the whole tree of includes, counted as RFC 7208 §4.6.4 says, in the worst case.

use std::collections::BTreeSet;

use crate::facts::{Sight, Silence};
use crate::record::Name;
use crate::record::spf::{Meaning, Mechanism, SpfRecord, Term};

use super::MOST_VOID_LOOKUPS;
use super::walk::Walk;

/// What makes every check fail, wherever it stands in the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    /// What is wrong.
    pub(super) kind: FaultKind,
    /// The domain that the term names.
    pub(super) about: Name,
    /// The domain in whose record the term stands.
    pub(super) holder: Name,
    /// The term, as it was written.
    pub(super) term: String,
    /// The term of the record itself that leads there.
    pub(super) top: String,
}

/// The ways in which a term makes every check fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FaultKind {
    /// The domain is being checked already.
    Loop,
    /// The included domain has no SPF record (RFC 7208 §5.2).
    NoRecord,
    /// The included domain is that of an example.
    Placeholder,
    /// The included domain has several.
    Several,
    /// The included record cannot be read.
    Unreadable,
    /// The included record lets everybody pass, and so does the whole.
    PassesEveryone,
}

/// What one term of the record itself costs.
#[derive(Debug, Clone)]
pub(super) struct Cost {
    /// The term.
    pub(super) term: Term,
    /// DNS lookups, with all that is below it.
    pub(super) lookups: usize,
    /// Whether a name in it, or below it, has no answer.
    pub(super) is_void: bool,
    /// The domains whose senders pass by it, at any depth.
    pub(super) includes: BTreeSet<Name>,
}

/// A term that names a domain, in a record below.
#[derive(Debug, Clone)]
pub(super) struct Nested {
    /// The domain in whose record it stands.
    pub(super) holder: Name,
    /// The term.
    pub(super) term: Term,
    /// The term of the record itself that leads there.
    pub(super) top: String,
}

/// What a check costs and reaches.
#[derive(Debug, Clone, Default)]
pub(super) struct Tally {
    /// DNS lookups.
    pub(super) lookups: usize,
    /// Names that were looked up without an answer.
    pub(super) voids: Vec<Name>,
    /// Lookups that failed or were not made, each of which may be one without an answer.
    pub(super) unsure: usize,
    /// The first of them.
    pub(super) first_unsure: Option<Silence>,
    /// Whether Microsoft's senders pass.
    pub(super) includes_microsoft: bool,
    /// Everything that makes a check fail, in the order of evaluation.
    pub(super) faults: Vec<Fault>,
    /// The terms of the record itself that cost lookups.
    pub(super) costs: Vec<Cost>,
    /// The terms below that name a domain.
    pub(super) nested: Vec<Nested>,
    /// The first lookup that failed.
    pub(super) silence: Option<Silence>,
    /// Whether a part lies outside the zone files, or could not be looked up, or was left.
    pub(super) is_partial: bool,
    /// Whether a part was left, because it goes on far beyond what is allowed.
    pub(super) is_cut: bool,
}

impl Tally {
    /// The count for a sentence; `at least` where a part could not be counted.
    pub(super) fn counted(&self) -> String {
        if self.is_partial { format!("at least {}", self.lookups) } else { self.lookups.to_string() }
    }

    /// Why it is not known whether more lookups than are allowed have no answer; `None` where it is known.
    pub(super) fn voids_unknown(&self) -> Option<&Silence> {
        let voids = self.voids.len();
        let may_be_exceeded = voids <= MOST_VOID_LOOKUPS && voids + self.unsure > MOST_VOID_LOOKUPS;
        self.first_unsure.as_ref().filter(|_| may_be_exceeded)
    }

    /// The `a` and `mx` terms of the record itself that have no answer: they let nobody pass.
    pub(super) fn void_hosts(&self) -> impl Iterator<Item = &str> {
        let hosts = self.costs.iter().filter(|cost| cost.is_void && is_host(&cost.term.meaning));
        hosts.map(|cost| cost.term.text.as_str())
    }
}

/// Counts the tree of a domain's record.
pub(super) fn tally(sight: &Sight<'_>, domain: &Name, record: &SpfRecord, microsoft: &Name) -> Tally {
    Walk::over(sight, domain, record, microsoft)
}

fn is_host(meaning: &Meaning) -> bool {
    matches!(meaning, Meaning::Mechanism(_, Mechanism::A(_) | Mechanism::Mx(_)))
}
