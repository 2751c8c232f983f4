//! Reads the whole tree that an SPF record leads to, level by level, before any of it is judged.
//!
//! Each level is asked at once. The next one is looked for when all of a level is known, so that where a tree goes on
//! beyond its bounds, the same part of it is read in every run.

use foldhash::{HashSet, HashSetExt as _};

use crate::facts::{FactsView, LookupFailure};
use crate::provider::Provider;
use crate::record::spf::{DomainSpec, Meaning, Mechanism, SpfRecord, is_spf};
use crate::record::{Name, Question, RecordData, RecordSet, RecordType};

use super::repair::{looks_like_spf, repaired, repaired_text};
use super::reseller_include::{RESELLER_HOST, may_be_sold_by_reseller};
use super::walk::MOST_MAIL_HOSTS;
use super::{Case, placeholder, text_of};

/// Questions that the records of a tree lead to at most. Ten lookups, which is all that a record may cost, are twenty
/// questions.
const MOST_QUESTIONS: usize = 160;
/// Domains whose SPF records are read at most.
const MOST_DOMAINS: usize = 40;
/// Terms of the record itself that are asked about at most: some may go, as those whose hosts are gone.
const MOST_TERMS: usize = 40;
/// Terms of a record below that are asked about at most: with more of them there are too many lookups,
/// whatever is behind them.
const MOST_TERMS_BELOW: usize = super::MOST_LOOKUPS + 1;

/// A tree as far as it was read.
struct Tree<'a> {
    sight: &'a FactsView<'a>,
    /// The domain being checked.
    checked: &'a Name,
    include: &'a Name,
    /// Everything that was read, or is read next.
    known: HashSet<Question>,
    /// What the present level leads to, the nearest first.
    next: Vec<Question>,
    /// The domains whose records are read.
    domains: usize,
    is_crowded: bool,
}

/// Reads the tree of the TXT records at the checked domain, of Microsoft's include, and of the senders that must stay.
///
/// # Errors
/// [`LookupFailure`] if a part of it is still to be asked.
pub(super) fn read(case: &Case<'_>, set: &RecordSet, include: &Name) -> Result<(), LookupFailure> {
    if case.sight.log.is_none() {
        return Ok(());
    }
    let checked = &case.subject.domain;
    let known = HashSet::new();
    let (next, domains, is_crowded) = (Vec::new(), 0, false);
    let mut tree = Tree { sight: &case.sight, checked, include, known, next, domains, is_crowded };
    // Read in any case: below the record if it is included, and for the count after the edit if it is not.
    tree.follow(include, RecordType::Txt);
    // Senders that must stay are counted after the edit too, if they have to be added.
    tree.add(&SpfRecord { terms: case.subject.spf_senders.clone() }, checked);
    // A domain without a record gets one that names the platform which still sends for it.
    if !set.data.iter().filter_map(text_of).any(is_spf)
        && let Some(include) = case.source.and_then(Provider::spf_include)
    {
        tree.follow(&include, RecordType::Txt);
    }
    tree.add_texts(set, checked);
    while !tree.next.is_empty() {
        let level = std::mem::take(&mut tree.next);
        let answers =
            tree.sight.batch(|| level.iter().map(|question| tree.sight.answer(question)).collect::<Vec<_>>());
        if tree.sight.lacks_reply() {
            let first = level.first().map(LookupFailure::not_asked);
            return first.map_or(Ok(()), Err);
        }
        for (question, answer) in level.iter().zip(answers) {
            let Ok(answer) = answer else { continue };
            match question.rtype {
                RecordType::Txt => tree.add_texts(&answer.set, &question.name),
                RecordType::Mx => {
                    let hosts = mail_hosts(&answer.set.data).into_iter();
                    hosts.flat_map(Question::addresses).for_each(|question| tree.want(question));
                }
                _ => {}
            }
        }
    }
    if tree.is_crowded {
        case.sight.stop_asking();
    }
    Ok(())
}

impl Tree<'_> {
    /// Adds what the SPF records among the TXT records of a domain lead to.
    fn add_texts(&mut self, set: &RecordSet, domain: &Name) {
        for text in set.data.iter().filter_map(text_of) {
            let record = SpfRecord::parse(text).or_else(|| {
                // A lookalike is judged as what it was meant to be.
                let is_meant = domain == self.checked && looks_like_spf(text, self.include);
                if is_meant { repaired_text(text) } else { None }
            });
            let Some(published) = record else { continue };
            // The record is judged as it is, and the edit of it as it will be.
            let repaired = repaired(&published);
            if domain == self.checked
                && [&published, &repaired].iter().any(|record| may_be_sold_by_reseller(record, self.include))
                && let Ok(host) = self.checked.prepend(RESELLER_HOST)
            {
                self.want(Question::new(host, RecordType::Cname));
            }
            self.add(&published, domain);
            if repaired != published {
                self.add(&repaired, domain);
            }
        }
    }

    /// Adds what the record of a domain leads to.
    fn add(&mut self, record: &SpfRecord, holder: &Name) {
        let (questions, is_cut) = questions(record, holder, self.checked);
        self.is_crowded |= is_cut;
        for (name, rtype) in questions {
            self.follow(&name, rtype);
        }
    }

    fn follow(&mut self, name: &Name, rtype: RecordType) {
        let question = Question::new(name.clone(), rtype);
        if self.known.contains(&question) {
            return;
        }
        if rtype == RecordType::Txt {
            // With so many includes there are too many lookups, whatever is behind the others.
            if self.domains >= MOST_DOMAINS {
                self.is_crowded = true;
                return;
            }
            self.domains += 1;
        }
        self.want(question);
    }

    fn want(&mut self, question: Question) {
        if self.known.contains(&question) {
            return;
        }
        if self.known.len() >= MOST_QUESTIONS {
            self.is_crowded = true;
            return;
        }
        self.known.insert(question.clone());
        self.next.push(question);
    }
}

/// The questions that the record of a domain leads to, as a part of the one that is checked. Of an `mx` the addresses of its
/// hosts are read as well, see [`mail_hosts`]. Also returned is whether there are more than are asked.
fn questions(record: &SpfRecord, holder: &Name, checked: &Name) -> (Vec<(Name, RecordType)>, bool) {
    let most = if holder == checked { MOST_TERMS } else { MOST_TERMS_BELOW };
    let mut questions = Vec::new();
    let mut terms = 0;
    for term in record.evaluated() {
        let (spec, types): (Option<&DomainSpec>, &[RecordType]) = match &term.meaning {
            Meaning::Mechanism(_, Mechanism::Include(included)) | Meaning::Redirect(included) => {
                (Some(included), &[RecordType::Txt])
            }
            Meaning::Mechanism(_, Mechanism::A(named)) => {
                (named.as_ref(), &[RecordType::A, RecordType::Aaaa])
            }
            Meaning::Mechanism(_, Mechanism::Mx(named)) => (named.as_ref(), &[RecordType::Mx]),
            Meaning::Mechanism(_, Mechanism::Exists(named)) => (Some(named), &[RecordType::A]),
            Meaning::Mechanism(
                _,
                Mechanism::All | Mechanism::Ip4 { .. } | Mechanism::Ip6 { .. } | Mechanism::Ptr(_),
            )
            | Meaning::Explanation(_)
            | Meaning::UnknownModifier { .. }
            | Meaning::SyntaxError(_) => continue,
        };
        if terms == most {
            return (questions, true);
        }
        terms += 1;
        let name = spec.map_or_else(|| Ok(holder.clone()), |spec| spec.expanded(holder, checked));
        let Ok(name) = name else { continue };
        if *types == [RecordType::Txt] && placeholder::is_nobodys(&name, holder, checked) {
            continue;
        }
        questions.extend(types.iter().map(|rtype| (name.clone(), *rtype)));
    }
    (questions, false)
}

/// The hosts of an `mx` whose addresses are read: with more of them receivers give up.
fn mail_hosts<'a>(records: impl IntoIterator<Item = &'a RecordData>) -> Vec<&'a Name> {
    let hosts: Vec<&Name> = records.into_iter().filter_map(RecordData::target).collect();
    if hosts.len() > MOST_MAIL_HOSTS {
        return Vec::new();
    }
    hosts.into_iter().filter(|host| !host.is_root()).collect()
}
