//! How is the tree of includes walked?
//!
//! A hostile tree is left as soon as it is far beyond what is allowed; the count is then a lower bound, and
//! says so. However wide or deep a tree is, a walk takes a bounded number of steps.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::facts::{Existence, Sight, Silence};
use crate::record::spf::{DomainSpec, Meaning, Mechanism, Qualifier, SpfRecord, Term};
use crate::record::{Name, Question, RecordType};

use super::placeholder;
use super::tally::{Cost, Fault, FaultKind, Nested, Tally};

/// Lookups after which one term of the record is not followed further: it alone is far beyond what is
/// allowed.
const ENOUGH: usize = 40;
/// Lookups after which nothing is followed any more.
const ENOUGH_OF_ALL: usize = 400;
/// Includes within includes that are followed.
const DEEPEST: usize = 12;

/// What stands at an included domain.
enum Included {
    /// It lies outside the zone files.
    Outside,
    /// It could not be looked up.
    Silent(Silence),
    /// No text at all, or no SPF record among them.
    Missing {
        /// Whether the answer was empty.
        is_void: bool,
    },
    /// More than one.
    Several,
    /// One.
    One(SpfRecord),
}

/// One walk over a tree.
pub(super) struct Walk<'a> {
    sight: &'a Sight<'a>,
    microsoft: &'a Name,
    tally: Tally,
    /// The domains whose records are being read, the outermost first.
    path: Vec<Name>,
    /// The term of the outermost record that is being followed.
    top: String,
    /// The lookups before it.
    begun: usize,
    /// The domains whose senders pass by it.
    includes: BTreeSet<Name>,
    /// The records that were read.
    read: BTreeMap<Name, Rc<Included>>,
}

impl<'a> Walk<'a> {
    /// What the tree of a domain's record costs.
    pub(super) fn over(
        sight: &'a Sight<'a>,
        domain: &Name,
        record: &SpfRecord,
        microsoft: &'a Name,
    ) -> Tally {
        let mut walk = Self {
            sight,
            microsoft,
            tally: Tally::default(),
            path: vec![domain.clone()],
            top: String::new(),
            begun: 0,
            includes: BTreeSet::new(),
            read: BTreeMap::new(),
        };
        walk.whole(record);
        walk.tally
    }

    /// Counts the terms of the outermost record.
    fn whole(&mut self, record: &SpfRecord) {
        for term in record.evaluated() {
            self.top.clone_from(&term.text);
            self.begun = self.tally.lookups;
            let voids = self.tally.voids.len();
            self.term(term, true);
            let includes = std::mem::take(&mut self.includes);
            let lookups = self.tally.lookups - self.begun;
            if lookups > 0 {
                let is_void = self.tally.voids.len() > voids;
                self.tally.costs.push(Cost { term: term.clone(), lookups, is_void, includes });
            }
        }
    }

    /// Counts the terms of an included record; `passes`: whether a pass here is a pass of the whole.
    fn below(&mut self, record: &SpfRecord, passes: bool) {
        let Some(holder) = self.path.last().cloned() else { return };
        for term in record.evaluated() {
            if self.is_enough() {
                self.cut();
                return;
            }
            let lookups = self.tally.lookups;
            self.term(term, passes);
            if passes && super::lets_everybody_pass(&term.meaning) {
                self.fault(FaultKind::PassesEveryone, &holder, &term.text);
            }
            if self.tally.lookups > lookups {
                let nested = Nested { holder: holder.clone(), term: term.clone(), top: self.top.clone() };
                self.tally.nested.push(nested);
            }
        }
    }

    fn is_enough(&self) -> bool {
        self.tally.lookups - self.begun > ENOUGH || self.tally.lookups > ENOUGH_OF_ALL
    }

    fn cut(&mut self) {
        self.tally.is_partial = true;
        self.tally.is_cut = true;
    }

    fn term(&mut self, term: &Term, passes: bool) {
        match &term.meaning {
            Meaning::Mechanism(qualifier, Mechanism::Include(domain)) => {
                let passes = passes && *qualifier == Qualifier::Pass;
                self.counted(domain, |walk, name| walk.include(&term.text, name, passes));
            }
            Meaning::Redirect(domain) => {
                self.counted(domain, |walk, name| walk.include(&term.text, name, passes));
            }
            Meaning::Mechanism(_, Mechanism::A(domain)) => {
                self.host(domain.as_ref(), &[RecordType::A, RecordType::Aaaa]);
            }
            Meaning::Mechanism(_, Mechanism::Mx(domain)) => self.host(domain.as_ref(), &[RecordType::Mx]),
            Meaning::Mechanism(_, Mechanism::Ptr(_) | Mechanism::Exists(_)) => self.tally.lookups += 1,
            Meaning::Mechanism(_, Mechanism::All | Mechanism::Ip4 { .. } | Mechanism::Ip6 { .. })
            | Meaning::Explanation(_)
            | Meaning::Ignored { .. }
            | Meaning::Broken(_) => {}
        }
    }

    /// A term whose domain may hold macros, which count and are not expanded.
    fn counted(&mut self, domain: &DomainSpec, follow: impl FnOnce(&mut Self, &Name)) {
        match &domain.name {
            Some(name) => follow(self, name),
            None => self.tally.lookups += 1,
        }
    }

    fn include(&mut self, term: &str, name: &Name, passes: bool) {
        self.tally.lookups += 1;
        if passes {
            self.tally.includes_microsoft |= name == self.microsoft;
            self.includes.insert(name.clone());
        }
        if self.path.contains(name) {
            self.fault(FaultKind::Loop, name, term);
            return;
        }
        if self
            .path
            .first()
            .zip(self.path.last())
            .is_some_and(|(domain, holder)| placeholder::is_nobodys(name, holder, domain))
        {
            self.fault(FaultKind::Placeholder, name, term);
            return;
        }
        if self.path.len() >= DEEPEST || self.is_enough() {
            self.cut();
            return;
        }
        match &*self.included(name) {
            Included::Outside => self.tally.is_partial = true,
            Included::Silent(silence) => {
                self.tally.is_partial = true;
                self.tally.silence.get_or_insert_with(|| silence.clone());
                self.unsure(silence.clone());
            }
            Included::Missing { is_void } => {
                if *is_void {
                    self.tally.voids.push(name.clone());
                }
                self.fault(FaultKind::NoRecord, name, term);
            }
            Included::Several => self.fault(FaultKind::Several, name, term),
            Included::One(record) => {
                self.path.push(name.clone());
                if let Some((broken, _)) = record.broken().next() {
                    self.fault(FaultKind::Unreadable, name, &broken.text);
                }
                self.below(record, passes);
                self.path.pop();
            }
        }
    }

    /// What stands at an included domain; read once, however often it is included.
    fn included(&mut self, name: &Name) -> Rc<Included> {
        if let Some(included) = self.read.get(name) {
            return Rc::clone(included);
        }
        let included = match self.sight.answer(&Question::new(name.clone(), RecordType::Txt)) {
            Err(silence) => Included::Silent(silence),
            Ok(answer) if answer.existence == Existence::Outside => Included::Outside,
            Ok(answer) => {
                let texts = answer.set.data.iter().filter_map(super::text_of);
                let mut records = texts.filter_map(SpfRecord::parse);
                match (records.next(), records.next()) {
                    (None, _) => Included::Missing { is_void: answer.set.is_empty() },
                    (Some(record), None) => Included::One(record),
                    (Some(_), Some(_)) => Included::Several,
                }
            }
        };
        let included = Rc::new(included);
        self.read.insert(name.clone(), Rc::clone(&included));
        included
    }

    /// `a` and `mx`: one lookup, void if none of the types has an answer.
    fn host(&mut self, domain: Option<&DomainSpec>, types: &[RecordType]) {
        self.tally.lookups += 1;
        let name = match domain {
            Some(DomainSpec { name: None, .. }) => return,
            Some(DomainSpec { name: Some(name), .. }) => name.clone(),
            None => match self.path.last() {
                Some(name) => name.clone(),
                None => return,
            },
        };
        let mut silent = None;
        for rtype in types {
            match self.sight.answer(&Question::new(name.clone(), *rtype)) {
                Ok(answer) if answer.existence == Existence::Outside || !answer.set.is_empty() => return,
                Ok(_) => {}
                Err(silence) => silent = silent.or(Some(silence)),
            }
        }
        match silent {
            // Whether it is void is then unknown: it is not counted as such, and might be.
            Some(silence) => self.unsure(silence),
            None => self.tally.voids.push(name),
        }
    }

    /// A lookup that may or may not be void.
    fn unsure(&mut self, silence: Silence) {
        self.tally.unsure += 1;
        self.tally.first_unsure.get_or_insert(silence);
    }

    fn fault(&mut self, kind: FaultKind, about: &Name, term: &str) {
        let Some(holder) = self.path.last().cloned() else { return };
        let fault = Fault { kind, about: about.clone(), holder, term: term.into(), top: self.top.clone() };
        self.tally.faults.push(fault);
    }
}
