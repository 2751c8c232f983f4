//! Walks the tree of SPF includes.
//!
//! The walk leaves a hostile tree as soon as it is far beyond the limits of RFC 7208; the count is then marked as a
//! lower bound. However wide or deep a tree is, the number of steps is bounded.

use std::collections::BTreeSet;

use crate::facts::{Existence, LookupFailure};
use crate::provider::{Clue, best_matches};
use crate::record::spf::{DomainSpec, Meaning, Mechanism, Qualifier, SpfRecord, Term, Unexpanded};
use crate::record::{Name, Question, RecordData, RecordType};

use super::evaluation::{Addresses, Evaluation, Match, is_wide};
use super::included::{Included, Reader};
use super::networks::Networks;
use super::placeholder;
use super::tally::{Cost, Doubt, Fault, FaultKind, Nested, Tally};

/// The number of lookups after which one term of the record is not followed further, since it alone is far beyond the
/// limit.
const ENOUGH: usize = 40;
/// The number of lookups after which nothing is followed any more.
const ENOUGH_OF_ALL: usize = 400;
/// The maximum depth of includes that is followed.
const DEEPEST: usize = 12;
/// The maximum number of hosts whose addresses are looked up for one `mx` (RFC 7208 §4.6.4).
pub(super) const MOST_MAIL_HOSTS: usize = 10;

/// One walk over a tree.
pub(super) struct Walk<'a> {
    reader: &'a Reader<'a>,
    microsoft: &'a Name,
    tally: Tally,
    /// The domains whose records are being read, the outermost first.
    path: Vec<Name>,
    /// The term of the outermost record that is being followed.
    top: String,
    /// The number of lookups before that term.
    lookups_before: usize,
    /// The domains whose senders pass because of that term.
    includes: BTreeSet<Name>,
    /// The networks of the terms that are a pass, so far.
    passing: Networks,
    /// True if Microsoft's include was reached.
    is_reached: bool,
}

/// Counts the lookups and errors in the tree of a domain's record.
pub(super) fn tally(reader: &Reader<'_>, domain: &Name, record: &SpfRecord, microsoft: &Name) -> Tally {
    Walk::over(reader, domain, record, microsoft)
}

impl<'a> Walk<'a> {
    /// Walks the tree of a domain's record and returns the tally.
    pub(super) fn over(
        reader: &'a Reader<'a>,
        domain: &Name,
        record: &SpfRecord,
        microsoft: &'a Name,
    ) -> Tally {
        let mut walk = Self {
            reader,
            microsoft,
            tally: Tally::default(),
            path: vec![domain.clone()],
            top: String::new(),
            lookups_before: 0,
            includes: BTreeSet::new(),
            passing: Networks::default(),
            is_reached: false,
        };
        walk.whole(record);
        walk.tally
    }

    /// Counts the terms of the outermost record.
    fn whole(&mut self, record: &SpfRecord) {
        let mut evaluation = Evaluation::default();
        for term in record.evaluated() {
            self.top.clone_from(&term.text);
            self.lookups_before = self.tally.lookups;
            let voids = self.tally.voids.len();
            let matches = self.term(term, true);
            evaluation.take(term, matches);
            let includes = std::mem::take(&mut self.includes);
            let lookups = self.tally.lookups - self.lookups_before;
            if lookups > 0 {
                let is_void = self.tally.voids.len() > voids;
                self.tally.costs.push(Cost { term: term.clone(), lookups, is_void, includes });
            }
        }
        self.tally.includes_microsoft = evaluation.result() == Match::Yes;
        // Mail that fails at an earlier term fails, whatever an unknown term after it matches.
        if evaluation.result() != Match::Unknown {
            self.tally.doubt = None;
        }
        self.tally.refused_by = evaluation.refused_by;
    }

    /// Counts the terms of an included record. `passes` means that a pass here is a pass of the checked record.
    fn below(&mut self, record: &SpfRecord, passes: bool) -> Match {
        let Some(holder) = self.path.last().cloned() else { return Match::No };
        let mut evaluation = Evaluation::default();
        for term in record.evaluated() {
            if self.is_enough() {
                self.cut();
                break;
            }
            let lookups = self.tally.lookups;
            let matches = self.term(term, passes);
            evaluation.take(term, matches);
            if self.tally.lookups > lookups {
                let nested = Nested { holder: holder.clone(), term: term.clone(), top: self.top.clone() };
                self.tally.nested.push(nested);
            }
        }
        evaluation.result()
    }

    fn is_enough(&self) -> bool {
        self.tally.lookups - self.lookups_before > ENOUGH || self.tally.lookups > ENOUGH_OF_ALL
    }

    fn cut(&mut self) {
        self.tally.is_partial = true;
        self.tally.is_cut = true;
    }

    fn term(&mut self, term: &Term, passes: bool) -> Match {
        match &term.meaning {
            Meaning::Mechanism(qualifier, mechanism) => {
                let is_pass = *qualifier == Qualifier::Pass;
                self.mechanism(term, mechanism, is_pass, passes && is_pass)
            }
            Meaning::Redirect(domain) => self.include(term, domain, passes),
            Meaning::Explanation(_) | Meaning::UnknownModifier { .. } | Meaning::SyntaxError(_) => Match::No,
        }
    }

    /// Counts a mechanism. `is_pass` means that its qualifier is a pass; `passes`, that it is a pass of the checked
    /// record too.
    fn mechanism(&mut self, term: &Term, mechanism: &Mechanism, is_pass: bool, passes: bool) -> Match {
        let (everyone, everyone_v4) = match mechanism {
            Mechanism::Include(domain) => return self.include(term, domain, passes),
            Mechanism::Ptr(_) => {
                self.tally.lookups += 1;
                return Match::No;
            }
            Mechanism::All => (true, false),
            Mechanism::Ip4 { address, prefix } => {
                (passes && self.passing.add_v4(*address, *prefix).holds_every_v4(), false)
            }
            Mechanism::Ip6 { address, prefix } => {
                (passes && self.passing.add_v6(*address, *prefix).holds_every_v6(), false)
            }
            Mechanism::A(domain) => {
                let Some(name) = self.target(term, domain.as_ref(), passes) else {
                    return self.of_sender(domain.as_ref());
                };
                let addresses = self.addresses(&name, std::slice::from_ref(&name), passes && is_wide(term));
                addresses.everyone(term)
            }
            Mechanism::Mx(domain) => {
                let Some(name) = self.target(term, domain.as_ref(), passes) else {
                    return self.of_sender(domain.as_ref());
                };
                self.mail_hosts(term, &name, passes).everyone(term)
            }
            Mechanism::Exists(domain) => {
                let Some(name) = self.target(term, Some(domain), passes) else {
                    return self.of_sender(Some(domain));
                };
                let exists = self.exists(&name, passes);
                (exists, exists)
            }
        };
        if everyone && passes {
            let Some(holder) = self.path.last().cloned() else { return Match::No };
            self.fault(FaultKind::PassesEveryone, &holder, &term.text);
        }
        // A pass for every sender is an error by itself, and shows nothing about Microsoft.
        if everyone_v4 && !is_pass { Match::Yes } else { Match::No }
    }

    /// Counts a lookup and returns the name that a term looks up; `None` if it is not known in advance.
    fn target(&mut self, term: &Term, domain: Option<&DomainSpec>, passes: bool) -> Option<Name> {
        self.tally.lookups += 1;
        let current = self.path.last()?;
        let Some(domain) = domain else { return Some(current.clone()) };
        let expanded = domain.expanded(current, self.path.first()?);
        if expanded == Err(Unexpanded::NeedsSender) && passes {
            self.tally.doubt.get_or_insert_with(|| Doubt::Sender(term.text.clone()));
        }
        expanded.ok()
    }

    /// Returns whether a term with an unknown name matches: it may if the name depends on the sender, and an invalid
    /// name matches no sender.
    fn of_sender(&self, domain: Option<&DomainSpec>) -> Match {
        let known = domain.zip(self.path.last()).zip(self.path.first());
        let needs_sender = known.is_some_and(|((domain, current), sender)| {
            domain.expanded(current, sender) == Err(Unexpanded::NeedsSender)
        });
        if needs_sender { Match::Unknown } else { Match::No }
    }

    fn include(&mut self, term: &Term, domain: &DomainSpec, passes: bool) -> Match {
        let Some(name) = self.target(term, Some(domain), passes) else {
            let matches = self.of_sender(Some(domain));
            if let (Match::No, Some(holder)) = (matches, self.path.last().cloned()) {
                self.fault(FaultKind::NotADomain, &holder, &term.text);
            }
            return matches;
        };
        let is_microsoft = name == *self.microsoft;
        if passes {
            self.includes.insert(name.clone());
            self.is_reached |= is_microsoft;
        }
        let matches = self.follow(&term.text, &name, passes);
        if is_microsoft { Match::Yes } else { matches }
    }

    fn follow(&mut self, term: &str, name: &Name, passes: bool) -> Match {
        if self.path.contains(name) {
            self.fault(FaultKind::Loop, name, term);
            return Match::No;
        }
        if self
            .path
            .first()
            .zip(self.path.last())
            .is_some_and(|(domain, holder)| placeholder::is_placeholder(name, holder, domain))
        {
            self.fault(FaultKind::Placeholder, name, term);
            return Match::No;
        }
        if self.path.len() >= DEEPEST || self.is_enough() {
            self.cut();
            return Match::No;
        }
        match &*self.reader.included(name) {
            Included::Outside => {
                self.tally.is_partial = true;
                // The includes of known platforms do not contain Microsoft.
                if self.path.first().is_some_and(|domain| !best_matches(Clue::Spf(name), domain).is_empty()) {
                    return Match::No;
                }
                if passes {
                    self.tally.doubt.get_or_insert_with(|| Doubt::Unread(name.clone()));
                }
                Match::Unknown
            }
            Included::Failed(failure) => {
                self.tally.is_partial = true;
                self.tally.failure.get_or_insert_with(|| failure.clone());
                self.unsure(failure.clone());
                Match::No
            }
            Included::Missing { is_void } => {
                if *is_void {
                    self.tally.voids.push(name.clone());
                }
                self.fault(FaultKind::NoRecord, name, term);
                Match::No
            }
            Included::Several => {
                self.fault(FaultKind::Several, name, term);
                Match::No
            }
            Included::One(record) => {
                self.path.push(name.clone());
                if let Some((broken, _)) = record.broken().next() {
                    self.fault(FaultKind::Unreadable, name, &broken.text);
                }
                let matches = self.below(record, passes);
                self.path.pop();
                matches
            }
        }
    }

    /// Evaluates `mx`: looks up the addresses of all its hosts, of which there may be 10 (RFC 7208 §4.6.4).
    fn mail_hosts(&mut self, term: &Term, name: &Name, passes: bool) -> Addresses {
        let answer = match self.reader.view.answer(&Question::new(name.clone(), RecordType::Mx)) {
            Ok(answer) => answer,
            Err(failure) => {
                self.unsure(failure);
                return Addresses::default();
            }
        };
        if answer.existence == Existence::Outside {
            return Addresses::default();
        }
        if answer.set.is_empty() {
            self.tally.voids.push(name.clone());
            return Addresses::default();
        }
        if answer.set.data.len() > MOST_MAIL_HOSTS {
            self.fault(FaultKind::ManyMailHosts, name, &term.text);
            return Addresses::default();
        }
        // A null MX names no host (RFC 7505 §3).
        let hosts = answer.set.data.iter().filter_map(RecordData::target).filter(|host| !host.is_root());
        let hosts: Vec<Name> = hosts.cloned().collect();
        self.addresses(name, &hosts, passes && is_wide(term))
    }

    /// Returns the addresses of hosts; the lookup of `name` is void if none has one (RFC 7208 §4.6.4). `decides` means
    /// that a failed lookup leaves the result of the checked record unknown.
    fn addresses(&mut self, name: &Name, hosts: &[Name], decides: bool) -> Addresses {
        let mut found = Addresses { v4: Some(false), v6: Some(false) };
        let mut failed = None;
        for host in hosts {
            for (rtype, found) in [(RecordType::A, &mut found.v4), (RecordType::Aaaa, &mut found.v6)] {
                let exists = match self.reader.view.answer(&Question::new(host.clone(), rtype)) {
                    Ok(answer) if answer.existence == Existence::Outside => None,
                    Ok(answer) => Some(!answer.set.is_empty()),
                    Err(failure) => {
                        failed.get_or_insert(failure);
                        None
                    }
                };
                *found = match (*found, exists) {
                    (Some(true), _) | (_, Some(true)) => Some(true),
                    (None, _) | (_, None) => None,
                    (Some(false), Some(false)) => Some(false),
                };
            }
        }
        if let Some(failure) = &failed
            && decides
        {
            self.tally.failure.get_or_insert_with(|| failure.clone());
        }
        match (&found, failed) {
            (Addresses { v4: Some(true), v6 }, _) => {
                if *v6 == Some(false) && !self.is_reached {
                    self.tally.v4_only.push(name.clone());
                }
            }
            (Addresses { v6: Some(true), .. }, _) => {}
            // It is then unknown whether the lookup is void, so it is counted as unsure.
            (_, Some(failure)) => self.unsure(failure),
            (Addresses { v4: Some(false), v6: Some(false) }, None) if !hosts.is_empty() => {
                self.tally.voids.push(hosts.first().unwrap_or(name).clone());
            }
            (_, None) => {}
        }
        found
    }

    /// Evaluates `exists` with a fixed name: it matches all senders, or none (RFC 7208 §5.7).
    fn exists(&mut self, name: &Name, passes: bool) -> bool {
        match self.reader.view.answer(&Question::new(name.clone(), RecordType::A)) {
            Ok(answer) if answer.existence == Existence::Outside => false,
            Ok(answer) => {
                if answer.set.is_empty() {
                    self.tally.voids.push(name.clone());
                }
                !answer.set.is_empty()
            }
            Err(failure) => {
                if passes {
                    self.tally.failure.get_or_insert_with(|| failure.clone());
                }
                self.unsure(failure);
                false
            }
        }
    }

    /// Counts a lookup that may or may not be void.
    fn unsure(&mut self, failure: LookupFailure) {
        self.tally.unsure += 1;
        self.tally.first_unsure.get_or_insert(failure);
    }

    fn fault(&mut self, kind: FaultKind, about: &Name, term: &str) {
        let Some(holder) = self.path.last().cloned() else { return };
        let fault = Fault { kind, about: about.clone(), holder, term: term.into(), top: self.top.clone() };
        self.tally.faults.push(fault);
    }
}
