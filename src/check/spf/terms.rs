//! Composes the terms of the SPF record to publish.
//!
//! The result has the terms of all records in their order, without duplicates, and one end. Terms after `all`, which
//! receivers ignore, stay there: moved before `all`, they would authorize senders that do not pass today.
//!
//! The file is long because all operations on the terms are side by side: each keeps their order, and records what was
//! decided.

use std::collections::BTreeSet;
use std::net::IpAddr;

use crate::record::spf::{DomainSpec, Meaning, Mechanism, Qualifier, SpfRecord, Term};
use crate::record::{Name, Text};

use super::networks::Networks;
use super::repair::repaired;
use super::shown;

/// The terms of the record to publish.
#[derive(Clone)]
pub(super) struct Terms {
    /// The domain of the record.
    owner: Name,
    /// All terms before `all`, in order, without duplicates.
    others: Vec<Term>,
    /// The qualifier of `all`, if the records have one.
    all: Option<Qualifier>,
    /// Terms after `all`, which receivers ignore.
    behind: Vec<Term>,
    /// The keys of the terms that were added so far.
    seen: BTreeSet<Vec<u8>>,
    /// The decisions that merging made, as sentences.
    pub(super) decided: Vec<String>,
}

impl Terms {
    /// Returns the terms of all records of a domain, repaired.
    pub(super) fn merged(owner: &Name, records: &[&SpfRecord]) -> Self {
        let mut merged = Self {
            owner: owner.clone(),
            others: Vec::new(),
            all: None,
            behind: Vec::new(),
            seen: BTreeSet::new(),
            decided: Vec::new(),
        };
        let repaired: Vec<SpfRecord> = records.iter().map(|record| repaired(record)).collect();
        for record in &repaired {
            merged.take(record, if repaired.len() > 1 { Share::OneOfSeveral } else { Share::Whole });
        }
        let ends: Vec<Option<Qualifier>> = repaired.iter().map(SpfRecord::all).collect();
        let (all, decided) = end(&ends);
        merged.all = all;
        merged.decided.extend(narrowed_end(&repaired, all));
        merged.decided.extend(decided);
        merged.others.retain(|term| !passes_all_addresses(&term.meaning));
        merged.behind.retain(|term| !merged.seen.contains(&key(term, owner)));
        merged
    }

    fn take(&mut self, record: &SpfRecord, share: Share) {
        let mut is_behind = false;
        for term in &record.terms {
            match &term.meaning {
                Meaning::Mechanism(_, Mechanism::All) if is_behind => {}
                Meaning::Mechanism(_, Mechanism::All) => is_behind = true,
                Meaning::SyntaxError(_) => {}
                // Next to an `all` of the other records, receivers would ignore a redirect.
                Meaning::Redirect(domain) if share == Share::OneOfSeveral => match record.all() {
                    None => {
                        self.push(&format!("include:{}", domain.text));
                        let (was, is) = (shown(&term.text), shown(&domain.text));
                        self.decided.push(format!(
                            "`{was}` becomes `include:{is}`, since receivers ignore it next to `all`"
                        ));
                    }
                    Some(_) => {
                        let was = shown(&term.text);
                        self.decided.push(format!(
                            "`{was}` is dropped, since receivers already ignored it next to `all`"
                        ));
                    }
                },
                Meaning::Mechanism(..)
                | Meaning::Redirect(_)
                | Meaning::Explanation(_)
                | Meaning::UnknownModifier { .. } => {
                    let is_mechanism = matches!(term.meaning, Meaning::Mechanism(..));
                    if is_behind && (is_mechanism || share == Share::Whole) {
                        self.behind.push(term.clone());
                    } else {
                        self.push(&term.text);
                    }
                }
            }
        }
    }

    /// Adds a term, unless it is already present. A second `exp=` is left out, since it would break the record.
    fn push(&mut self, text: &str) {
        let Some(read) = SpfRecord::parse(&Text::from(format!("v=spf1 {text}").as_str())) else { return };
        for term in read.terms {
            let key = match term.meaning {
                Meaning::Explanation(_) => b"exp".to_vec(),
                Meaning::Mechanism(..)
                | Meaning::Redirect(_)
                | Meaning::UnknownModifier { .. }
                | Meaning::SyntaxError(_) => key(&term, &self.owner),
            };
            if self.seen.insert(key) {
                self.others.push(term);
            }
        }
    }

    /// Removes a term.
    pub(super) fn remove(&mut self, text: &str) {
        self.others.retain(|term| !term.text.eq_ignore_ascii_case(text));
        // A redirect that became an include is removed in that form.
        let became = format!("`{}` becomes", shown(text));
        let decided = self.decided.iter().position(|sentence| sentence.starts_with(&became));
        if let (Some((_, host)), Some(at)) = (text.split_once('='), decided) {
            self.decided.remove(at);
            let include = format!("include:{host}");
            self.others.retain(|term| !term.text.eq_ignore_ascii_case(&include));
        }
    }

    /// Narrows a term that authorizes every sender: removes the prefix length of `a` and `mx`, `exists` as a whole, or
    /// the widest of the networks that together contain every address.
    pub(super) fn narrow(&mut self, text: &str) {
        let Some(term) = self.others.iter().find(|term| term.text.eq_ignore_ascii_case(text)) else { return };
        match &term.meaning {
            Meaning::Mechanism(_, Mechanism::A(_) | Mechanism::Mx(_)) => {
                let (start, _) = text.split_at(text.len() - term.lengths().len());
                self.decided.push(format!("`{}` becomes `{}`", shown(text), shown(start)));
                self.replace(text, start);
            }
            Meaning::Mechanism(_, Mechanism::Ip4 { .. } | Mechanism::Ip6 { .. }) => {
                while self.holds_every_address() {
                    let widest = self.others.iter().filter_map(passing_prefix).min();
                    self.others.retain(|term| passing_prefix(term) != widest);
                }
            }
            Meaning::Mechanism(_, Mechanism::Exists(_)) => self.remove(text),
            // `all` ends the record and is handled separately.
            Meaning::Mechanism(_, Mechanism::All | Mechanism::Include(_) | Mechanism::Ptr(_))
            | Meaning::Redirect(_)
            | Meaning::Explanation(_)
            | Meaning::UnknownModifier { .. }
            | Meaning::SyntaxError(_) => {}
        }
    }

    /// Replaces a term by another one, unless that is already present.
    fn replace(&mut self, text: &str, instead: &str) {
        let Ok(instead) = instead.parse::<Term>() else { return };
        let is_new = self.seen.insert(key(&instead, &self.owner));
        for term in self.others.iter_mut().filter(|term| term.text.eq_ignore_ascii_case(text)) {
            *term = instead.clone();
        }
        if !is_new {
            let mut seen = BTreeSet::new();
            self.others.retain(|term| seen.insert(key(term, &self.owner)));
        }
    }

    /// Replaces the includes that are typing errors by the ones that were meant, and returns each with its replacement.
    pub(super) fn correct(&mut self, meant: impl Fn(&Term) -> Option<String>) -> Vec<(Term, String)> {
        let typed = self.others.iter().filter_map(|term| Some((term.clone(), meant(term)?)));
        let typed: Vec<(Term, String)> = typed.collect();
        typed.iter().for_each(|(term, instead)| self.replace(&term.text, instead));
        typed
    }

    /// Replaces a term by others, each added once, and returns those that are new; `None` if there is no such term.
    pub(super) fn replace_by(&mut self, text: &str, instead: &[String]) -> Option<Vec<String>> {
        let at = self.others.iter().position(|term| term.text.eq_ignore_ascii_case(text))?;
        let behind = self.others.split_off(at);
        let new = self.push_new(instead);
        self.others.extend(behind.into_iter().filter(|term| !term.text.eq_ignore_ascii_case(text)));
        Some(new)
    }

    /// Inserts terms before another one, each once, and returns those that are new.
    pub(super) fn put_before(&mut self, text: &str, terms: &[String]) -> Vec<String> {
        let at = self.others.iter().position(|term| term.text.eq_ignore_ascii_case(text));
        let behind = self.others.split_off(at.unwrap_or(0));
        let new = self.push_new(terms);
        self.others.extend(behind);
        new
    }

    /// Adds terms, and returns those that are not present yet.
    fn push_new(&mut self, terms: &[String]) -> Vec<String> {
        let is_new = |term: &&String| {
            let count = self.others.len();
            self.push(term);
            self.others.len() > count
        };
        terms.iter().filter(is_new).cloned().collect()
    }

    /// Returns the terms of the records that are not in the record to publish, except `all`, which is handled
    /// separately, and terms that receivers cannot parse.
    pub(super) fn lost(&self, records: &[&SpfRecord], published: &SpfRecord) -> Vec<Term> {
        let kept: BTreeSet<Vec<u8>> = published.terms.iter().map(|term| key(term, &self.owner)).collect();
        let (mut lost, mut seen) = (Vec::new(), BTreeSet::new());
        for term in records.iter().flat_map(|record| repaired(record).terms) {
            let counts = match &term.meaning {
                Meaning::Mechanism(_, mechanism) => !matches!(mechanism, Mechanism::All),
                Meaning::Redirect(_) => true,
                Meaning::Explanation(_) | Meaning::UnknownModifier { .. } | Meaning::SyntaxError(_) => false,
            };
            if counts && !kept.contains(&key(&term, &self.owner)) && seen.insert(term.text.clone()) {
                lost.push(term);
            }
        }
        lost
    }

    fn holds_every_address(&self) -> bool {
        let mut networks = Networks::default();
        for term in &self.others {
            match &term.meaning {
                Meaning::Mechanism(Qualifier::Pass, Mechanism::Ip4 { address, prefix }) => {
                    networks.add_v4(*address, *prefix);
                }
                Meaning::Mechanism(Qualifier::Pass, Mechanism::Ip6 { address, prefix }) => {
                    networks.add_v6(*address, *prefix);
                }
                _ => {}
            }
        }
        networks.holds_every_v4() || networks.holds_every_v6()
    }

    /// Removes the terms of the platform being left.
    pub(super) fn leave(&mut self, is_of_source: impl Fn(&Meaning) -> bool) {
        let redirected = self.redirects();
        self.others.retain(|term| !is_of_source(&term.meaning));
        self.behind.retain(|term| !is_of_source(&term.meaning));
        // With the redirect, the `all` of the record that it led to is gone too.
        if redirected && !self.redirects() {
            self.all.get_or_insert(Qualifier::SoftFail);
        }
    }

    /// Adds an include after the last mechanism, or in place of a misspelled one.
    pub(super) fn add_include(&mut self, include: &Name) {
        // An existing include with another qualifier would match first, and not as a pass.
        self.others.retain(|term| !super::is_include_of(&term.meaning, include));
        self.behind.retain(|term| !super::is_include_of(&term.meaning, include));
        self.add(&format!("include:{}", include.without_trailing_dot()));
    }

    /// Adds an include before all terms, so that no other one matches first.
    pub(super) fn add_include_first(&mut self, include: &Name) {
        self.others.retain(|term| !super::is_include_of(&term.meaning, include));
        self.behind.retain(|term| !super::is_include_of(&term.meaning, include));
        if let Ok(term) = format!("include:{}", include.without_trailing_dot()).parse() {
            self.others.insert(0, term);
        }
    }

    /// Adds a term after the last mechanism.
    pub(super) fn add(&mut self, text: &str) {
        let modifier = |term: &Term| !matches!(term.meaning, Meaning::Mechanism(..));
        let at = self.others.iter().position(modifier).unwrap_or(self.others.len());
        let behind = self.others.split_off(at);
        if let Some(read) = SpfRecord::parse(&Text::from(format!("v=spf1 {text}").as_str())) {
            self.others.extend(read.terms);
        }
        self.others.extend(behind);
    }

    fn redirects(&self) -> bool {
        self.others.iter().any(|term| matches!(term.meaning, Meaning::Redirect(_)))
    }

    /// Returns the record. A new or merged one ends with `all`; an edited one keeps its end.
    pub(super) fn record(&self, records: &[&SpfRecord]) -> SpfRecord {
        let all = match self.all {
            Some(all) => Some(all),
            None if records.is_empty() => Some(Qualifier::Fail),
            None if records.len() > 1 && !self.redirects() => Some(Qualifier::SoftFail),
            None => None,
        };
        let mut words = vec!["v=spf1".to_owned()];
        words.extend(self.others.iter().map(|term| term.text.clone()));
        words.extend(all.map(|all| format!("{}all", all.sign())));
        words.extend(self.behind.iter().map(|term| term.text.clone()));
        let written = SpfRecord::parse(&Text::from(words.join(" ").as_str()));
        written.unwrap_or_else(|| SpfRecord { terms: self.others.clone() })
    }
}

/// The share of a record in the record to publish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Share {
    Whole,
    OneOfSeveral,
}

/// Returns the qualifier of `all`, and the reasons for it: the weakest among the records, and never `+all`. A sender
/// that does not fail today does not fail after the merge.
fn end(ends: &[Option<Qualifier>]) -> (Option<Qualifier>, Vec<String>) {
    // A record that authorizes every sender is useless; `~all` marks senders that no other term authorizes.
    let careful = |all| if all == Qualifier::Pass { Qualifier::SoftFail } else { all };
    let weakest = ends.iter().flatten().copied().map(careful).min();
    let mut decided = Vec::new();
    if ends.len() < 2 {
        return (weakest, decided);
    }
    let has = |qualifier| ends.contains(&Some(qualifier));
    // A record without an end makes no sender fail.
    let all = match weakest {
        Some(Qualifier::Fail) if ends.contains(&None) => Some(Qualifier::SoftFail),
        all => all,
    };
    match all {
        None => decided.push("The record ends with `~all`, since none of them has an `all`".into()),
        Some(all) if has(Qualifier::Fail) && all != Qualifier::Fail => decided.push(format!(
            "The record ends with `{}all`, the weaker end; change it to `-all` once all senders are known",
            all.sign()
        )),
        Some(all) if has(Qualifier::SoftFail) && all < Qualifier::SoftFail => decided.push(format!(
            "The record ends with `{}all`, the weaker end; change it to `~all` once all senders are known",
            all.sign()
        )),
        Some(_) => {}
    }
    (all, decided)
}

/// Returns the sentence about an `all` that authorizes every sender and that the record to publish does not keep.
fn narrowed_end(records: &[SpfRecord], all: Option<Qualifier>) -> Option<String> {
    let is_open = |term: &&Term| matches!(term.meaning, Meaning::Mechanism(Qualifier::Pass, Mechanism::All));
    let open = records.iter().filter(|record| record.all() == Some(Qualifier::Pass));
    let term = open.flat_map(|record| &record.terms).find(is_open)?;
    let all = all?;
    let later = if all == Qualifier::Fail { "" } else { "; change it to `-all` once all senders are known" };
    Some(format!(
        "`{}`, which any sender passes, becomes `{}all`: mail of a sender that no other term lists does not pass any \
         more{later}",
        shown(&term.text),
        all.sign()
    ))
}

/// Returns a key that is equal for terms with the same meaning in a record of `owner`: written in another case, with an
/// optional `+`, with a final dot, with the prefix length of a single address, or with the name of the domain itself,
/// which `a`, `mx` and `ptr` need not name.
pub(super) fn key(term: &Term, owner: &Name) -> Vec<u8> {
    let network = |qualifier: &Qualifier, address: IpAddr, prefix: u8| {
        format!("{}{address}/{prefix}", qualifier.sign()).into_bytes()
    };
    let of_domain = |domain: &Option<DomainSpec>| match domain {
        None => Some(owner.clone()),
        Some(domain) => domain.name.clone(),
    };
    let hosts = |qualifier: &Qualifier, mechanism: &str, name: Name| {
        let (v4, v6) = term.prefix_lengths();
        format!("{}{mechanism}:{name}/{v4}//{v6}", qualifier.sign()).into_bytes()
    };
    let as_written = || {
        // The case of a macro letter is significant (RFC 7208 §7.3).
        if term.text.contains('%') {
            return term.text.clone().into_bytes();
        }
        term.text.trim_start_matches('+').trim_end_matches('.').to_ascii_lowercase().into_bytes()
    };
    let same = match &term.meaning {
        Meaning::Mechanism(qualifier, Mechanism::Ip4 { address, prefix }) => {
            Some(network(qualifier, (*address).into(), *prefix))
        }
        Meaning::Mechanism(qualifier, Mechanism::Ip6 { address, prefix }) => {
            Some(network(qualifier, (*address).into(), *prefix))
        }
        Meaning::Mechanism(qualifier, Mechanism::A(domain)) => {
            of_domain(domain).map(|name| hosts(qualifier, "a", name))
        }
        Meaning::Mechanism(qualifier, Mechanism::Mx(domain)) => {
            of_domain(domain).map(|name| hosts(qualifier, "mx", name))
        }
        Meaning::Mechanism(qualifier, Mechanism::Ptr(domain)) => {
            of_domain(domain).map(|name| hosts(qualifier, "ptr", name))
        }
        Meaning::Mechanism(_, Mechanism::All | Mechanism::Include(_) | Mechanism::Exists(_))
        | Meaning::Redirect(_)
        | Meaning::Explanation(_)
        | Meaning::UnknownModifier { .. }
        | Meaning::SyntaxError(_) => None,
    };
    same.unwrap_or_else(as_written)
}

/// Returns the prefix length of a network that passes, and whether it is IPv4.
fn passing_prefix(term: &Term) -> Option<(u8, bool)> {
    match &term.meaning {
        Meaning::Mechanism(Qualifier::Pass, Mechanism::Ip4 { prefix, .. }) => Some((*prefix, true)),
        Meaning::Mechanism(Qualifier::Pass, Mechanism::Ip6 { prefix, .. }) => Some((*prefix, false)),
        _ => None,
    }
}

fn passes_all_addresses(meaning: &Meaning) -> bool {
    matches!(
        meaning,
        Meaning::Mechanism(
            Qualifier::Pass,
            Mechanism::Ip4 { prefix: 0, .. } | Mechanism::Ip6 { prefix: 0, .. }
        )
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merged(texts: &[&str]) -> (String, Vec<String>) {
        let records: Vec<SpfRecord> =
            texts.iter().map(|text| SpfRecord::parse(&Text::from(*text)).unwrap()).collect();
        let records: Vec<&SpfRecord> = records.iter().collect();
        let terms = Terms::merged(&"contoso.com".parse().unwrap(), &records);
        (terms.record(&records).to_string(), terms.decided)
    }

    #[test]
    fn records_become_one_with_every_sender_once() {
        for (texts, one) in [
            (
                &[
                    "v=spf1 include:a.example ip4:192.0.2.1 ~all",
                    "v=spf1 +include:A.example. ip4:192.0.2.1/32 mx -all",
                ][..],
                "v=spf1 include:a.example ip4:192.0.2.1 mx ~all",
            ),
            (&["v=spf1 a/24 -all", "v=spf1 a -all"], "v=spf1 a/24 a -all"),
            (
                &[
                    "v=spf1 a mx:contoso.com +ptr a:Contoso.com a:contoso.com./32 mx//128 ?a ptr:contoso.com -all",
                ],
                "v=spf1 a mx:contoso.com +ptr ?a -all",
            ),
            (&["v=spf1 a +all", "v=spf1 mx ?all"], "v=spf1 a mx ?all"),
            (&["v=spf1 a +all", "v=spf1 mx"], "v=spf1 a mx ~all"),
            (&["v=spf1 a", "v=spf1 mx"], "v=spf1 a mx ~all"),
            (&["v=spf1 redirect=a.example", "v=spf1 mx -all"], "v=spf1 include:a.example mx ~all"),
            (&["v=spf1 a -all redirect=a.example", "v=spf1 mx -all"], "v=spf1 a mx -all"),
            (
                &["v=spf1 redirect=a.example", "v=spf1 redirect=b.example"],
                "v=spf1 include:a.example include:b.example ~all",
            ),
            (
                &["v=spf1 a exp=x.example -all", "v=spf1 exp=y.example mx -all"],
                "v=spf1 a exp=x.example mx -all",
            ),
            (&["v=spf1 a -all mx ~all", "v=spf1 mx"], "v=spf1 a mx ~all"),
            (&["v=spf1 a ~all mx redirect=a.example -all"], "v=spf1 a ~all mx redirect=a.example"),
            (
                &["v=spf1 exists:%{i}.a.example exists:%{I}.a.example -all"],
                "v=spf1 exists:%{i}.a.example exists:%{I}.a.example -all",
            ),
        ] {
            assert_eq!(merged(texts).0, one, "{texts:?}");
        }
    }

    #[test]
    fn what_was_decided_is_reported() {
        let decisions = |texts: &[&str]| merged(texts).1.len();
        for texts in [
            ["v=spf1 a ~all", "v=spf1 mx -all"],
            ["v=spf1 a +all", "v=spf1 mx -all"],
            ["v=spf1 redirect=a.example", "v=spf1 mx -all"],
            ["v=spf1 a -all redirect=a.example", "v=spf1 mx -all"],
            ["v=spf1 a", "v=spf1 mx"],
        ] {
            assert_ne!(decisions(&texts), 0, "{texts:?}");
        }
        assert_eq!(decisions(&["v=spf1 a -all", "v=spf1 mx -all"]), 0);
        for (texts, end) in [
            (&["v=spf1 a +all"][..], "`+all`, which any sender passes, becomes `~all`"),
            (&["v=spf1 a all"], "`all`, which any sender passes, becomes `~all`"),
            (&["v=spf1 a +all", "v=spf1 mx ?all"], "`+all`, which any sender passes, becomes `?all`"),
        ] {
            let decided = merged(texts).1.join(" ");
            assert!(decided.starts_with(end), "{decided}");
        }
        assert_eq!(decisions(&["v=spf1 a ~all"]), 0);
    }
}
