//! Finds SPF terms that still authorize the old platform.
//!
//! The old platform is recognized by names: includes, and the hosts of `a`, `mx` and `ptr`, anywhere in the tree. The
//! record does not show who uses an address range, so `ip4` and `ip6` are never reported.

use crate::expected::Phase;
use crate::facts::LookupFailure;
use crate::provider::{Clue, Evidence, Kind, Provider, best_matches};
use crate::record::spf::{Meaning, Mechanism, SpfRecord, Term};
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
            !of_source && !edit::is_own(self, &nested.holder) && !self.is_declared_text(&nested.top)
        };
        let mut others = tally.nested.iter().filter(is_of_others);
        let (nested, name) =
            others.find_map(|nested| Some((nested, self.is_of_source(&nested.term.meaning)?)))?;
        Some(format!(
            "{} may still send through `{}`: {} is in the record of {}, which only its owner can edit; \
             remove your own term if it no longer sends, or declare it with `--spf-sender`; until then it is not known \
             when the old service may be closed",
            self.case.source_word(),
            shown(&nested.top),
            backticked(&name),
            backticked(&nested.holder)
        ))
    }

    /// Returns a sentence about a platform that mail may be leaving and that the record or an included record of the
    /// domain still authorizes, if none is known to be the one being left.
    pub(super) fn unproven_sources(&self, record: &SpfRecord, tally: &Tally) -> Option<String> {
        if self.case.phase() < Phase::Tidy || self.case.is_source_sure {
            return None;
        }
        let is_resold = self.is_sold_by_reseller(record).unwrap_or(false);
        let here = record.terms.iter().map(|term| (None, term));
        let nested = tally.nested.iter().filter(|nested| !self.is_declared_text(&nested.top));
        let own = nested.filter(|nested| edit::is_own(self, &nested.holder));
        let own = own.map(|nested| (Some(&nested.holder), &nested.term));
        let found = here.chain(own).find_map(|(holder, term)| {
            let (name, platform) = self.platform_of(&term.meaning, is_resold)?;
            Some((holder, name, platform))
        });
        let (holder, name, platform) = found?;
        let place = holder.map(|holder| format!(" in the record of {}", backticked(holder)));
        // An include that several services share shows the platform only together with a DKIM key of the same one.
        let is_likely = !platform.is_weak(Evidence::Spf) || self.has_key_of(platform);
        Some(format!(
            "{}{} {} {}; if that is the old platform, pass `--source {}`, and if it still sends for the domain, \
             declare it with `--spf-sender`; until then it is not known when the old service may be closed",
            backticked(name),
            place.unwrap_or_default(),
            if is_likely { "still authorizes" } else { "may still authorize" },
            platform.short,
            platform.id
        ))
    }

    /// Returns the platform that mail may be leaving and that the term authorizes, with the domain of the term. The
    /// admin may declare a term as another sender, and a reseller's include may be there for Microsoft 365.
    fn platform_of<'m>(
        &self,
        meaning: &'m Meaning,
        is_resold: bool,
    ) -> Option<(&'m Name, &'static Provider)> {
        if self.is_declared(meaning) {
            return None;
        }
        let own = &self.case.subject.domain;
        let (name, is_host) = authorized(meaning)?;
        let by_sender = best_matches(Clue::Spf(name), own);
        if is_resold && by_sender.iter().any(|provider| provider.kind == Kind::Microsoft) {
            return None;
        }
        let by_host =
            if is_host && !name.is_within(own) { best_matches(Clue::Mx(name), own) } else { Vec::new() };
        let by_host = by_host.into_iter().filter(|provider| !provider.is_weak(Evidence::Mx));
        let platforms = by_sender.into_iter().chain(by_host).filter(|provider| provider.kind == Kind::Source);
        let platforms: Vec<&'static Provider> = platforms.collect();
        let probable = platforms.iter().find(|provider| self.case.is_source(provider));
        probable.or(platforms.first()).map(|platform| (name, *platform))
    }

    /// Returns whether the admin declared that the sender stays.
    fn is_declared(&self, meaning: &Meaning) -> bool {
        self.case.subject.spf_senders.iter().any(|sender| names_the_same(&sender.meaning, meaning))
    }

    /// Returns whether the admin declared that the sender stays that this term of the checked record names.
    fn is_declared_text(&self, term: &str) -> bool {
        term.parse::<Term>().is_ok_and(|term| self.is_declared(&term.meaning))
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
        if self.is_declared(meaning) {
            return None;
        }
        let (name, is_host) = authorized(meaning)?;
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

/// Returns the domain whose senders the term authorizes, and whether it is the name of a host.
fn authorized(meaning: &Meaning) -> Option<(&Name, bool)> {
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
    Some((domain.name.as_ref()?, is_host))
}
