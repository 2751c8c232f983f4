//! Counts the lookups of an SPF record and finds its errors.
//!
//! A tally is the result of a walk over the whole tree of includes. It counts the worst case by the rules of RFC 7208
//! §4.6.4.

use std::collections::BTreeSet;

use crate::facts::LookupFailure;
use crate::record::Name;
use crate::record::spf::{Meaning, Mechanism, Term};

use super::{MOST_LOOKUPS, MOST_VOID_LOOKUPS};

/// An error, anywhere in the tree, that makes every check fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    /// The kind of error.
    pub(super) kind: FaultKind,
    /// The domain that the term names.
    pub(super) about: Name,
    /// The domain of the record with the term.
    pub(super) holder: Name,
    /// The term as it is written.
    pub(super) term: String,
    /// The term of the checked record that leads there.
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
    /// The included domain is already being evaluated.
    Loop,
    /// The included domain has no SPF record (RFC 7208 §5.2).
    NoRecord,
    /// The included domain is a placeholder from a guide.
    Placeholder,
    /// The included domain has several SPF records.
    Several,
    /// The included record contains a term that receivers cannot parse.
    Unreadable,
    /// The term authorizes every sender, and so does the record.
    PassesEveryone,
    /// The domain of the term is not a valid name once its macros are expanded (RFC 7208 §4.3).
    NotADomain,
    /// The term leads to more mail hosts than receivers look up (RFC 7208 §4.6.4).
    ManyMailHosts,
}

/// The reason why it is unknown whether Microsoft's senders pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Doubt {
    /// This term can be evaluated only with the sender of a message.
    Sender(String),
    /// The record of this domain lies outside the zone files.
    Unread(Name),
}

/// The cost of one term of the checked record.
#[derive(Debug, Clone)]
pub(super) struct Cost {
    /// The term.
    pub(super) term: Term,
    /// The number of DNS lookups, including those of everything that it includes.
    pub(super) lookups: usize,
    /// True if it, or anything that it includes, is a void lookup.
    pub(super) is_void: bool,
    /// The domains whose senders pass because of it, at any depth.
    pub(super) includes: BTreeSet<Name>,
}

/// A term of an included record that names a domain.
#[derive(Debug, Clone)]
pub(super) struct Nested {
    /// The domain of the included record.
    pub(super) holder: Name,
    /// The term.
    pub(super) term: Term,
    /// The term of the checked record that leads there.
    pub(super) top: String,
}

/// The lookups of a check, the errors in the tree, and the senders that it authorizes.
#[derive(Debug, Clone, Default)]
pub(super) struct Tally {
    /// The number of DNS lookups.
    pub(super) lookups: usize,
    /// The names whose lookups are void.
    pub(super) voids: Vec<Name>,
    /// The number of lookups that failed or were not made, each of which may be void.
    pub(super) unsure: usize,
    /// The first of these lookups.
    pub(super) first_unsure: Option<LookupFailure>,
    /// True if the record passes Microsoft's senders.
    pub(super) includes_microsoft: bool,
    /// The term of the checked record that matches Microsoft's senders first and is not a pass.
    pub(super) refused_by: Option<String>,
    /// The reason why it is unknown whether they pass; `None` if it is known.
    pub(super) doubt: Option<Doubt>,
    /// Hosts without an IPv6 address that are looked up before Microsoft's include.
    pub(super) v4_only: Vec<Name>,
    /// The errors that make every check fail, in the order of evaluation.
    pub(super) faults: Vec<Fault>,
    /// The terms of the checked record that cost lookups.
    pub(super) costs: Vec<Cost>,
    /// The terms of included records that cost lookups.
    pub(super) nested: Vec<Nested>,
    /// The first lookup that failed.
    pub(super) failure: Option<LookupFailure>,
    /// True if a part lies outside the zone files, could not be looked up, or was skipped at a limit. The count is then
    /// a lower bound.
    pub(super) is_partial: bool,
    /// True if a part was skipped because the count is far beyond the limits of RFC 7208.
    pub(super) is_cut: bool,
}

impl Tally {
    /// Formats the number of lookups for a sentence, with `at least` if a part could not be counted.
    pub(super) fn counted(&self) -> String {
        if self.is_partial { format!("at least {}", self.lookups) } else { self.lookups.to_string() }
    }

    /// Returns the terms of the checked record that cost lookups: those that receivers evaluate within the limit, and those
    /// behind it.
    pub(super) fn split_at_limit(&self) -> (Vec<&str>, Vec<&str>) {
        let mut lookups = 0;
        let texts = self.costs.iter().map(|cost| {
            lookups += cost.lookups;
            (lookups <= MOST_LOOKUPS, cost.term.text.as_str())
        });
        let (reached, beyond): (Vec<_>, Vec<_>) = texts.partition(|(is_reached, _)| *is_reached);
        let text = |(_, text)| text;
        (reached.into_iter().map(text).collect(), beyond.into_iter().map(text).collect())
    }

    /// Returns the failed lookup that leaves unknown whether there are too many void lookups; `None` if that is known.
    pub(super) fn voids_unknown(&self) -> Option<&LookupFailure> {
        let voids = self.voids.len();
        let may_be_exceeded = voids <= MOST_VOID_LOOKUPS && voids + self.unsure > MOST_VOID_LOOKUPS;
        self.first_unsure.as_ref().filter(|_| may_be_exceeded)
    }

    /// Returns the `a`, `mx` and `exists` terms of the checked record that are void lookups and so authorize no sender.
    pub(super) fn void_terms(&self) -> impl Iterator<Item = &str> {
        let terms = self.costs.iter().filter(|cost| cost.is_void && is_host(&cost.term.meaning));
        terms.map(|cost| cost.term.text.as_str())
    }
}

fn is_host(meaning: &Meaning) -> bool {
    matches!(meaning, Meaning::Mechanism(_, Mechanism::A(_) | Mechanism::Mx(_) | Mechanism::Exists(_)))
}
