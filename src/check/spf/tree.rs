//! Reads the whole tree of an SPF record, level by level, before any of it is checked.
//!
//! All questions of a level are asked at once. The next level is determined once the whole level is known, so that
//! every run reads the same part of a tree that exceeds the limits.

use foldhash::{HashSet, HashSetExt as _};

use crate::facts::{FactsView, LookupFailure};
use crate::provider::Provider;
use crate::record::spf::{DomainSpec, Meaning, Mechanism, SpfRecord, is_spf};
use crate::record::{Name, Question, RecordData, RecordSet, RecordType};

use super::repair::{looks_like_spf, repaired, repaired_text};
use super::reseller_include::{RESELLER_HOST, may_be_sold_by_reseller};
use super::walk::MOST_MAIL_HOSTS;
use super::{Case, placeholder, text_of};

/// The maximum number of questions for the records of a tree. The 10 lookups that a record may cost take 20 questions.
const MOST_QUESTIONS: usize = 160;
/// The maximum number of domains whose SPF records are read.
const MOST_DOMAINS: usize = 40;
/// The maximum number of terms of the checked record that are looked up. It exceeds the limit of RFC 7208, since the
/// edit may remove some, such as those whose hosts no longer exist.
const MOST_TERMS: usize = 40;
/// The maximum number of terms of an included record that are looked up. With more of them there are too many lookups,
/// whatever they lead to.
const MOST_TERMS_BELOW: usize = super::MOST_LOOKUPS + 1;

/// The part of a tree that was read so far.
struct Tree<'a> {
    view: &'a FactsView<'a>,
    /// The domain being checked.
    checked: &'a Name,
    include: &'a Name,
    /// The questions that were read, or are read next.
    known: HashSet<Question>,
    /// The questions of the next level, the nearest first.
    next: Vec<Question>,
    /// The number of domains whose records are read.
    domains: usize,
    is_crowded: bool,
}

/// Reads the tree of the TXT records at the checked domain, of Microsoft's include, and of the senders that must stay.
///
/// # Errors
/// [`LookupFailure`] if a part of the tree has not been looked up yet.
pub(super) fn read(case: &Case<'_>, set: &RecordSet, include: &Name) -> Result<(), LookupFailure> {
    if case.view.log.is_none() {
        return Ok(());
    }
    let checked = &case.subject.domain;
    let known = HashSet::new();
    let (next, domains, is_crowded) = (Vec::new(), 0, false);
    let mut tree = Tree { view: &case.view, checked, include, known, next, domains, is_crowded };
    // Microsoft's include is always read: as a part of the record if it is included, and to count the lookups after the
    // edit if not.
    tree.follow(include, RecordType::Txt);
    // The lookups of senders that must stay count after the edit, if these senders have to be added.
    tree.add(&SpfRecord { terms: case.subject.spf_senders.clone() }, checked);
    // A domain without a record gets one that includes the platform that still sends for it.
    if !set.data.iter().filter_map(text_of).any(is_spf)
        && let Some(include) = case.source.and_then(Provider::spf_include)
    {
        tree.follow(&include, RecordType::Txt);
    }
    tree.add_texts(set, checked);
    while !tree.next.is_empty() {
        let level = std::mem::take(&mut tree.next);
        let answers =
            tree.view.batch(|| level.iter().map(|question| tree.view.answer(question)).collect::<Vec<_>>());
        if tree.view.lacks_reply() {
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
        case.view.stop_asking();
    }
    Ok(())
}

impl Tree<'_> {
    /// Adds the questions to which the SPF records among the TXT records of a domain lead.
    fn add_texts(&mut self, set: &RecordSet, domain: &Name) {
        for text in set.data.iter().filter_map(text_of) {
            let record = SpfRecord::parse(text).or_else(|| {
                // A text that was meant to be an SPF record is read as that record.
                let is_meant = domain == self.checked && looks_like_spf(text, self.include);
                if is_meant { repaired_text(text) } else { None }
            });
            let Some(published) = record else { continue };
            // Both the published record and the edited one are counted.
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

    /// Adds the questions to which the record of a domain leads.
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
            // With this many includes there are too many lookups, whatever the others lead to.
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

/// Returns the questions to which the record of a domain leads, as a part of the checked tree, and whether there are
/// more than are asked. The addresses of the hosts of an `mx` are read too, see [`mail_hosts`].
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
        if *types == [RecordType::Txt] && placeholder::is_placeholder(&name, holder, checked) {
            continue;
        }
        questions.extend(types.iter().map(|rtype| (name.clone(), *rtype)));
    }
    (questions, false)
}

/// Returns the hosts of an `mx` whose addresses are read. Receivers return an error if there are more.
fn mail_hosts<'a>(records: impl IntoIterator<Item = &'a RecordData>) -> Vec<&'a Name> {
    let hosts: Vec<&Name> = records.into_iter().filter_map(RecordData::target).collect();
    if hosts.len() > MOST_MAIL_HOSTS {
        return Vec::new();
    }
    hosts.into_iter().filter(|host| !host.is_root()).collect()
}
