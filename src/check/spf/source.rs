//! Finds SPF terms that still authorize the old platform.
//!
//! The old platform is recognized by names: includes, and the hosts of `a`, `mx` and `ptr`, anywhere in the tree. The
//! record does not show who uses an address range, so `ip4` and `ip6` are never reported.

use crate::expected::Phase;
use crate::facts::LookupFailure;
use crate::provider::{Clue, Evidence, Kind, Provider, best_matches};
use crate::record::spf::{Meaning, Mechanism, SpfRecord};
use crate::record::{Name, Question, RecordType};

use super::sender::names_the_same;
use super::tally::{Nested, Tally};
use super::{Code, Finding, SpfJudge, backticked, edit, join_and, shown};

impl SpfJudge<'_> {
    /// Returns the finding about the platform being left, which must not be authorized any more in the `tidy` phase.
    pub(super) fn source_left(
        &self,
        record: &SpfRecord,
        tally: &Tally,
    ) -> Result<Option<Finding>, LookupFailure> {
        if self.case.phase() < Phase::Tidy {
            return Ok(None);
        }
        if !self.case.is_source_sure {
            return Ok(None);
        }
        let mut left: Vec<String> = Vec::new();
        let here = record.terms.iter().filter_map(|term| self.is_of_source(&term.meaning));
        let own = self.sources_in_own_records(tally).into_iter();
        let own = own
            .map(|(holder, name)| format!("{} in the record of {}", backticked(&name), backticked(&holder)));
        for name in here.map(|name| backticked(&name)).chain(own) {
            if !left.contains(&name) {
                left.push(name);
            }
        }
        if left.is_empty() {
            return Ok(None);
        }
        let message = format!(
            "Remove {1} once {0} no longer sends for the domain: SPF still authorizes it.",
            self.case.source_word(),
            join_and(left)
        );
        self.wrong(Code::SpfSourceLeft, message, &[record]).map(Some)
    }

    /// Returns the places at which included records of the domain itself authorize the platform being left: the owner
    /// of the record, and the sender.
    pub(super) fn sources_in_own_records(&self, tally: &Tally) -> Vec<(Name, Name)> {
        if self.case.phase() < Phase::Tidy || !self.case.is_source_sure {
            return Vec::new();
        }
        let own = tally.nested.iter().filter(|nested| edit::is_own(self, &nested.holder));
        own.filter_map(|nested| Some((nested.holder.clone(), self.is_of_source(&nested.term.meaning)?)))
            .collect()
    }

    /// Returns a sentence about the platform being left in a third party's record, which only its owner can edit.
    pub(super) fn source_at_others(&self, tally: &Tally) -> Option<String> {
        if self.case.phase() < Phase::Tidy {
            return None;
        }
        let domain = &self.case.subject.domain;
        let is_of_others = |nested: &&Nested| {
            // Includes within the platform's own records are not reported.
            let of_source =
                self.case.source.is_some_and(|source| source.matches(Clue::Spf(&nested.holder), domain));
            !of_source && !edit::is_own(self, &nested.holder)
        };
        let mut others = tally.nested.iter().filter(is_of_others);
        let (nested, name) =
            others.find_map(|nested| Some((nested, self.is_of_source(&nested.term.meaning)?)))?;
        Some(format!(
            "{} may still send through `{}`: {} is in the record of {}, which only its owner can edit; \
             remove your own term if it no longer sends",
            self.case.source_word(),
            shown(&nested.top),
            backticked(&name),
            backticked(&nested.holder)
        ))
    }

    /// Returns, for a sentence, the platforms that mail may be leaving and that the record still authorizes, if none of
    /// them is known to be the one being left.
    pub(super) fn unproven_sources(&self, record: &SpfRecord) -> Option<String> {
        if self.case.phase() < Phase::Tidy || self.case.is_source_sure {
            return None;
        }
        let own = &self.case.subject.domain;
        let is_declared = |meaning: &Meaning| {
            self.case.subject.spf_senders.iter().any(|sender| names_the_same(&sender.meaning, meaning))
        };
        let found = record.terms.iter().filter(|term| !is_declared(&term.meaning)).find_map(|term| {
            let (Meaning::Mechanism(_, Mechanism::Include(domain)) | Meaning::Redirect(domain)) =
                &term.meaning
            else {
                return None;
            };
            let name = domain.name.as_ref()?;
            let mut platforms = best_matches(Clue::Spf(name), own).into_iter();
            // An include that other platforms use too counts only together with a DKIM key of the same platform.
            let is_likely = |provider: &&Provider| {
                let is_strong = !provider.is_weak(Evidence::Spf) || self.has_key_of(provider);
                provider.kind == Kind::Source && is_strong
            };
            Some((name.clone(), platforms.find(is_likely)?))
        });
        let (name, provider) = found?;
        Some(format!(
            "{0} still authorizes {1}; if that is the old platform, pass `--source {2}`",
            backticked(&name),
            provider.short,
            provider.id
        ))
    }

    /// Returns whether a DKIM key of the platform is published at one of its selectors, or may be.
    fn has_key_of(&self, provider: &Provider) -> bool {
        let domain = &self.case.subject.domain;
        let keys = provider.dkim.iter().filter(|(_, target)| target.is_none());
        let fixed = keys.filter(|(selector, _)| !selector.contains(['#', '?', '*']));
        let names: Vec<Name> = fixed
            .filter_map(|(selector, _)| domain.prepend(&format!("{selector}._domainkey")).ok())
            .collect();
        let read = |name: &Name| self.case.view.own_answer(&Question::new(name.clone(), RecordType::Txt));
        let answers = self.case.view.batch(|| names.iter().map(read).collect::<Vec<_>>());
        answers
            .iter()
            .any(|answer| answer.as_ref().is_ok_and(|answer| !answer.set.is_empty()) || answer.is_err())
    }

    /// Returns whether the term authorizes the platform being left, which sends for the domain until the switch is over.
    pub(super) fn still_sends(&self, meaning: &Meaning) -> bool {
        self.case.phase() < Phase::Tidy && self.is_of_source(meaning).is_some()
    }

    /// Returns the domain of the term if it is to be removed, because the platform being left is certain.
    pub(super) fn is_of_sure_source(&self, meaning: &Meaning) -> Option<Name> {
        self.is_of_source(meaning).filter(|_| self.case.is_source_sure)
    }

    /// Returns the domain of the term if it authorizes the old platform and no other sender.
    pub(super) fn is_of_source(&self, meaning: &Meaning) -> Option<Name> {
        let source = self.case.source?;
        let own = &self.case.subject.domain;
        if self.case.subject.spf_senders.iter().any(|sender| names_the_same(&sender.meaning, meaning)) {
            return None;
        }
        let (domain, is_host) = match meaning {
            Meaning::Mechanism(_, Mechanism::Include(domain)) | Meaning::Redirect(domain) => (domain, false),
            Meaning::Mechanism(
                _,
                Mechanism::A(Some(domain)) | Mechanism::Mx(Some(domain)) | Mechanism::Ptr(Some(domain)),
            ) => (domain, true),
            Meaning::Mechanism(
                _,
                Mechanism::All
                | Mechanism::A(None)
                | Mechanism::Mx(None)
                | Mechanism::Ptr(None)
                | Mechanism::Ip4 { .. }
                | Mechanism::Ip6 { .. }
                | Mechanism::Exists(_),
            )
            | Meaning::Explanation(_)
            | Meaning::UnknownModifier { .. }
            | Meaning::SyntaxError(_) => return None,
        };
        let name = domain.name.as_ref()?;
        // With stronger evidence of the platform, an include that other platforms use too counts as well.
        let shared = !self.case.is_source_sure
            && best_matches(Clue::Spf(name), own)
                .iter()
                .any(|provider| provider.is_weak(Evidence::Spf) && self.case.is_source(provider));
        let by_sender = source.matches(Clue::Spf(name), own) && !shared;
        // An MX host of the platform counts too, but not one below the domain, whose address may belong to anyone.
        let takes_mail = || {
            let hosts = best_matches(Clue::Mx(name), own);
            hosts.iter().any(|provider| self.case.is_source(provider) && !provider.is_weak(Evidence::Mx))
        };
        let by_host = is_host && !name.is_within(own) && takes_mail();
        (by_sender || by_host).then(|| name.clone())
    }
}
