//! Evaluates a record for mail that Microsoft sends.

use crate::record::spf::{Meaning, Mechanism, Qualifier, Term};

use super::networks::Networks;

/// The result of matching a term against mail that Microsoft sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Match {
    /// The term matches.
    Yes,
    /// The term does not match.
    No,
    /// The result depends on the sender, or on a record that was not looked up.
    Unknown,
}

/// The evaluation of one record for mail that Microsoft sends: the first term that matches decides (RFC 7208 §4.6.2).
#[derive(Default)]
pub(super) struct Evaluation {
    /// True if the first term that certainly matches is a pass; `None` before there is one.
    passes: Option<bool>,
    /// True if a term before it may be a pass.
    is_in_doubt: bool,
    /// The term that matches first and is not a pass.
    pub(super) refused_by: Option<String>,
    /// The IPv4 networks of terms that are not a pass.
    refused: Networks,
}

impl Evaluation {
    /// Evaluates the next term.
    pub(super) fn take(&mut self, term: &Term, matches: Match) {
        if self.passes.is_some() {
            return;
        }
        let passes = match &term.meaning {
            Meaning::Mechanism(qualifier, mechanism) => {
                let passes = *qualifier == Qualifier::Pass;
                if let (Mechanism::Ip4 { address, prefix }, false) = (mechanism, passes) {
                    self.refused.add_v4(*address, *prefix);
                    if self.refused.holds_every_v4() {
                        self.refuse(term);
                    }
                    return;
                }
                passes
            }
            Meaning::Redirect(_) => true,
            Meaning::Explanation(_) | Meaning::UnknownModifier { .. } | Meaning::SyntaxError(_) => return,
        };
        match (matches, passes) {
            (Match::Yes, true) => self.passes = Some(true),
            (Match::Yes, false) => self.refuse(term),
            (Match::Unknown, true) => self.is_in_doubt = true,
            (Match::Unknown, false) | (Match::No, _) => {}
        }
    }

    fn refuse(&mut self, term: &Term) {
        self.passes = Some(false);
        self.refused_by = Some(term.text.clone());
    }

    /// Returns whether an include of this record matches.
    pub(super) fn result(&self) -> Match {
        match (self.passes, self.is_in_doubt) {
            (Some(true), _) => Match::Yes,
            (_, true) => Match::Unknown,
            (Some(false) | None, false) => Match::No,
        }
    }
}

/// The existence of addresses of each family; `None` if the host lies outside the zone files or could not be looked up.
#[derive(Default)]
pub(super) struct Addresses {
    /// IPv4.
    pub(super) v4: Option<bool>,
    /// IPv6.
    pub(super) v6: Option<bool>,
}

impl Addresses {
    /// Returns whether an `a` or `mx` term matches every IPv4 address or every IPv6 address, and whether it matches
    /// every IPv4 address.
    pub(super) fn everyone(&self, term: &Term) -> (bool, bool) {
        if !is_wide(term) {
            return (false, false);
        }
        let (v4, v6) = term.prefix_lengths();
        let every_v4 = v4 == 0 && self.v4 == Some(true);
        (every_v4 || v6 == 0 && self.v6 == Some(true), every_v4)
    }
}

/// Returns whether an `a` or `mx` term has a prefix length of zero and so matches any address.
pub(super) fn is_wide(term: &Term) -> bool {
    let (v4, v6) = if term.text.contains('/') { term.prefix_lengths() } else { (32, 128) };
    v4 == 0 || v6 == 0
}
