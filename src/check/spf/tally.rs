//! What does a check of an SPF record cost, and whom does it reach?
//!
//! Counts as RFC 7208 §4.6.4 says, over the whole tree of includes, in the worst case.

use crate::facts::{Existence, Sight, Silence};
use crate::record::spf::{DomainSpec, Meaning, Mechanism, Qualifier, SpfRecord};
use crate::record::{Name, RecordType};

/// Lookups after which a tree is not followed further: it is far beyond what is allowed.
const ENOUGH: usize = 40;
/// Includes within includes that are followed.
const DEEPEST: usize = 12;

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
    /// The included domain has several.
    Several,
    /// The included record cannot be read.
    Unreadable,
    /// The included record lets everybody pass, and so does the whole.
    PassesEveryone,
}

/// What a check costs and reaches.
#[derive(Debug, Clone, Default)]
pub(super) struct Tally {
    /// DNS lookups.
    pub(super) lookups: usize,
    /// Names that were looked up without an answer.
    pub(super) voids: Vec<Name>,
    /// Whether Microsoft's senders pass.
    pub(super) includes_microsoft: bool,
    /// Everything that makes a check fail, in the order of evaluation.
    pub(super) faults: Vec<Fault>,
    /// The terms of the record itself and what each costs.
    pub(super) costs: Vec<(String, usize)>,
    /// The `a` and `mx` terms of the record itself that have no answer: they let nobody pass.
    pub(super) void_terms: Vec<String>,
    /// The first lookup that failed.
    pub(super) silence: Option<Silence>,
    /// Whether a part lies outside the zone files, or is deeper than is followed.
    pub(super) partial: bool,
}

impl Tally {
    /// The count for a sentence; `at least` where a part could not be counted.
    pub(super) fn counted(&self) -> String {
        if self.partial { format!("at least {}", self.lookups) } else { self.lookups.to_string() }
    }
}

/// Counts the tree of a domain's record.
pub(super) fn tally(sight: &Sight<'_>, domain: &Name, record: &SpfRecord, microsoft: &Name) -> Tally {
    let mut walk =
        Walk { sight, microsoft, tally: Tally::default(), path: vec![domain.clone()], top: String::new() };
    walk.record(record, true);
    walk.tally
}

/// What including a domain costs: itself and everything below it.
pub(super) fn cost_of_include(sight: &Sight<'_>, include: &Name) -> usize {
    let mut walk =
        Walk { sight, microsoft: include, tally: Tally::default(), path: Vec::new(), top: String::new() };
    walk.include("", include, false);
    walk.tally.lookups
}

struct Walk<'a> {
    sight: &'a Sight<'a>,
    microsoft: &'a Name,
    tally: Tally,
    /// The domains whose records are being read, the outermost first.
    path: Vec<Name>,
    /// The term of the outermost record that is being followed.
    top: String,
}

impl Walk<'_> {
    /// Counts the terms of one record; `passes`: whether a pass here is a pass of the whole.
    fn record(&mut self, record: &SpfRecord, passes: bool) {
        let at_top = self.path.len() == 1;
        for term in record.evaluated() {
            if at_top {
                self.top.clone_from(&term.text);
            }
            let (lookups, voids) = (self.tally.lookups, self.tally.voids.len());
            self.term(&term.text, &term.meaning, passes);
            if !at_top && passes && super::lets_everybody_pass(&term.meaning) {
                let about = self.path.last().cloned().unwrap_or_else(Name::root);
                self.fault(FaultKind::PassesEveryone, &about, &term.text);
            }
            let cost = self.tally.lookups - lookups;
            if at_top && cost > 0 {
                self.tally.costs.push((term.text.clone(), cost));
            }
            let host = matches!(term.meaning, Meaning::Mechanism(_, Mechanism::A(_) | Mechanism::Mx(_)));
            if at_top && host && self.tally.voids.len() > voids {
                self.tally.void_terms.push(term.text.clone());
            }
        }
    }

    fn term(&mut self, text: &str, meaning: &Meaning, passes: bool) {
        match meaning {
            Meaning::Mechanism(qualifier, Mechanism::Include(domain)) => {
                let passes = passes && *qualifier == Qualifier::Pass;
                self.counted(domain, |walk, name| walk.include(text, name, passes));
            }
            Meaning::Redirect(domain) => self.counted(domain, |walk, name| walk.include(text, name, passes)),
            Meaning::Mechanism(_, Mechanism::A(domain)) => {
                self.host(domain.as_ref(), &[RecordType::A, RecordType::Aaaa])
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
        if name == self.microsoft && passes {
            self.tally.includes_microsoft = true;
        }
        if self.path.contains(name) {
            self.fault(FaultKind::Loop, name, term);
            return;
        }
        if self.path.len() >= DEEPEST || self.tally.lookups > ENOUGH {
            self.tally.partial = true;
            return;
        }
        let answer = match self.sight.answer(&question(name, RecordType::Txt)) {
            Ok(answer) => answer,
            Err(silence) => {
                self.tally.partial = true;
                self.tally.silence.get_or_insert(silence);
                return;
            }
        };
        if answer.existence == Existence::Outside {
            self.tally.partial = true;
            return;
        }
        if answer.set.is_empty() {
            self.tally.voids.push(name.clone());
        }
        let texts = answer.set.data.iter().filter_map(super::text_of);
        let mut records = texts.filter_map(SpfRecord::parse);
        match (records.next(), records.next()) {
            (None, _) => self.fault(FaultKind::NoRecord, name, term),
            (Some(_), Some(_)) => self.fault(FaultKind::Several, name, term),
            (Some(record), None) => {
                self.path.push(name.clone());
                if let Some((broken, _)) = record.broken().next() {
                    self.fault(FaultKind::Unreadable, name, &broken.text);
                }
                self.record(&record, passes);
                self.path.pop();
            }
        }
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
        let mut is_void = true;
        for rtype in types {
            match self.sight.answer(&question(&name, *rtype)) {
                Ok(answer) if answer.existence == Existence::Outside => return,
                Ok(answer) => is_void &= answer.set.is_empty(),
                // Whether it is void is then unknown, and it is not counted as such.
                Err(_) => return,
            }
        }
        if is_void {
            self.tally.voids.push(name);
        }
    }

    fn fault(&mut self, kind: FaultKind, about: &Name, term: &str) {
        let Some(holder) = self.path.last().cloned() else { return };
        let fault = Fault { kind, about: about.clone(), holder, term: term.into(), top: self.top.clone() };
        self.tally.faults.push(fault);
    }
}

fn question(name: &Name, rtype: RecordType) -> crate::record::Question {
    crate::record::Question::new(name.clone(), rtype)
}
