//! Counts the lookups of an SPF record and finds its errors.
//!
//! The result of a walk over the whole tree of includes, counted as RFC 7208 §4.6.4 says, in the worst case.

use std::collections::BTreeSet;

use crate::facts::LookupFailure;
use crate::record::Name;
use crate::record::spf::{Meaning, Mechanism, Term};

use super::MOST_VOID_LOOKUPS;

/// What makes every check fail, anywhere in the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    /// What is wrong.
    pub(super) kind: FaultKind,
    /// The domain that the term names.
    pub(super) about: Name,
    /// The domain of the record with the term.
    pub(super) holder: Name,
    /// The term, as it was written.
    pub(super) term: String,
    /// The term of the record itself that leads there.
    pub(super) top: String,
}

impl Fault {
    /// Returns whether a term of the domain's own record authorizes every sender.
    pub(super) fn lets_everybody_pass(&self, domain: &Name) -> bool {
        self.kind == FaultKind::PassesEveryone && self.holder == *domain
    }
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
    /// The term authorizes every sender, and so does the record.
    PassesEveryone,
    /// The domain of the term is not one once its macros are expanded (RFC 7208 §4.3).
    NotADomain,
    /// The term leads to more mail hosts than receivers look up (RFC 7208 §4.6.4).
    ManyMailHosts,
}

/// The reason why it is not known whether Microsoft's senders pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Doubt {
    /// This term needs the sender of a message.
    Sender(String),
    /// The record of this domain lies outside the zone files.
    Unread(Name),
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
    /// The domain of its record.
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
    pub(super) first_unsure: Option<LookupFailure>,
    /// Whether Microsoft's senders pass.
    pub(super) includes_microsoft: bool,
    /// The term of the record itself that matches Microsoft's senders first and does not pass.
    pub(super) refused_by: Option<String>,
    /// The reason why it is not known whether they pass; `None` where it is.
    pub(super) doubt: Option<Doubt>,
    /// Hosts without an IPv6 address that are looked up before Microsoft's include.
    pub(super) v4_only: Vec<Name>,
    /// Everything that makes a check fail, in the order of evaluation.
    pub(super) faults: Vec<Fault>,
    /// The terms of the record itself that cost lookups.
    pub(super) costs: Vec<Cost>,
    /// The terms below that name a domain.
    pub(super) nested: Vec<Nested>,
    /// The first lookup that failed.
    pub(super) silence: Option<LookupFailure>,
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

    /// The reason why it is not known whether more lookups than are allowed have no answer; `None` where it is known.
    pub(super) fn voids_unknown(&self) -> Option<&LookupFailure> {
        let voids = self.voids.len();
        let may_be_exceeded = voids <= MOST_VOID_LOOKUPS && voids + self.unsure > MOST_VOID_LOOKUPS;
        self.first_unsure.as_ref().filter(|_| may_be_exceeded)
    }

    /// The `a`, `mx` and `exists` terms of the record itself that are void lookups: they authorize no sender.
    pub(super) fn void_terms(&self) -> impl Iterator<Item = &str> {
        let terms = self.costs.iter().filter(|cost| cost.is_void && is_host(&cost.term.meaning));
        terms.map(|cost| cost.term.text.as_str())
    }
}

fn is_host(meaning: &Meaning) -> bool {
    matches!(meaning, Meaning::Mechanism(_, Mechanism::A(_) | Mechanism::Mx(_) | Mechanism::Exists(_)))
}
