//! Keeps authorized senders when the plan changes the records that `mx` and `a` terms lead to.
//!
//! `mx` authorizes the hosts that take the mail, and `a` the addresses of a name (RFC 7208 §5.3, §5.4). Once those are
//! Microsoft's, the old server is no longer authorized, so the term is replaced by the senders that it authorized,
//! wherever in the record's tree it is. Hosts of known mail platforms and filters receive mail but do not send it;
//! their senders have an include of their own.

use std::collections::BTreeSet;

use crate::expected::{Expectation, Id, Importance, Phase, expectations};
use crate::facts::{FactsView, PlannedRecords};
use crate::provider::{Clue, Evidence, Kind, best_matches};
use crate::record::spf::{DomainSpec, Meaning, Mechanism, Qualifier, SpfRecord, Term};
use crate::record::{Name, Question, RecordData, RecordType};

use super::tally::Tally;
use super::{SpfJudge, join_and, shown};
use crate::check::{Case, Code, Edit, backticked, importance, judge};

/// The maximum number of addresses that replace the hosts of one term; if there are more, the hosts are named.
const MOST_ADDRESSES: usize = 8;
/// The maximum number of aliases of the domain that are followed.
const MOST_ALIASES: usize = 8;
/// The types whose records determine the addresses of a name.
const ADDRESS_TYPES: [RecordType; 3] = [RecordType::A, RecordType::Aaaa, RecordType::Cname];

/// How hosts are written that the plan takes out of the MX records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hosts {
    /// A single one by its name, which costs as many lookups as before.
    ByName,
    /// By the addresses that the zone contains, which cost no lookup.
    ByAddress,
}

/// A term, and the terms that replace it because the plan changes the records that it leads to.
pub(super) struct Moved {
    /// The domain whose record has the term.
    pub(super) holder: Name,
    /// The term as it is published.
    pub(super) term: String,
    /// The term of the domain's own record that leads there.
    pub(super) top: String,
    /// The terms that replace it, or that are added next to it.
    pub(super) instead: Vec<String>,
    /// True if the term stays, because it authorizes hosts that stay as well.
    pub(super) is_kept: bool,
    /// The senders that it authorizes now, formatted for a sentence.
    senders: Vec<String>,
}

impl Moved {
    /// Returns a sentence part that says what is replaced by these new terms and why. `is_added` means that the terms are
    /// added to the domain's own record, because the term is in a record that cannot be edited.
    pub(super) fn replacement(&self, new: &[String], is_added: bool) -> String {
        let listed = |terms: &[String]| join_and(terms.iter().map(|term| format!("`{}`", shown(term))));
        let instead = listed(new);
        let senders = join_and(self.senders.clone());
        let term = shown(&self.term);
        let holder = backticked(&self.holder);
        let what = match (self.top == self.term, is_added) {
            _ if self.is_kept => format!("{instead} is added next to `{term}`"),
            (true, _) if new.is_empty() => format!("`{term}` is dropped"),
            (false, false) if new.is_empty() => format!("`{term}` in the record of {holder} is dropped"),
            (true, _) => format!("`{term}` becomes {instead}"),
            (false, false) => format!("`{term}` in the record of {holder} becomes {instead}"),
            (false, true) => format!("{instead} is added for `{term}` in the record of {holder}"),
        };
        let end = match new.is_empty() && !self.instead.is_empty() {
            true => format!(
                ", and {} {} already in the record",
                listed(&self.instead),
                if self.instead.len() > 1 { "are" } else { "is" }
            ),
            false => {
                format!(
                    "; compare whether {} sends",
                    if self.senders.len() > 1 { "any of them" } else { "it" }
                )
            }
        };
        format!("{what}, because after the switch it would no longer authorize {senders}{end}")
    }
}

/// Returns the terms, in the record or in one that it includes, that would authorize other hosts after the switch, with
/// their replacements.
pub(super) fn moved(judge: &SpfJudge<'_>, record: &SpfRecord, tally: &Tally, written: Hosts) -> Vec<Moved> {
    if judge.case.phase() < Phase::Switch {
        return Vec::new();
    }
    let untouched = PlannedRecords::new();
    let present = FactsView { planned: &untouched, ..judge.case.view };
    let planned = Planned { judge, present, written };
    let own = &judge.case.subject.domain;
    let here = record.evaluated().map(|term| (own, term, term.text.as_str()));
    let nested = tally.nested.iter().map(|nested| (&nested.holder, &nested.term, nested.top.as_str()));
    let mut moved: Vec<Moved> = Vec::new();
    for (holder, term, top) in here.chain(nested) {
        let is_known = |known: &Moved| known.holder == *holder && known.term == term.text;
        if moved.iter().any(is_known) {
            continue;
        }
        if let Some(Instead { senders, terms: instead, is_kept }) = planned.instead_of(term, holder) {
            let (holder, term, top) = (holder.clone(), term.text.clone(), top.to_owned());
            moved.push(Moved { holder, term, top, instead, is_kept, senders });
        }
    }
    moved
}

/// What replaces a term in the plan.
struct Instead {
    /// The senders that the term authorizes now and not after the plan, formatted for a sentence.
    senders: Vec<String>,
    /// The terms that authorize them.
    terms: Vec<String>,
    /// True if the term stays next to these.
    is_kept: bool,
}

/// The hosts of MX records, divided by what the plan does.
struct MailHosts {
    /// Those that it removes and that may send, which are those of no known platform.
    leaving: Vec<Name>,
    /// True if a host other than Microsoft's stays.
    has_staying: bool,
}

/// The records at names of the domain, before and after the plan.
struct Planned<'a> {
    judge: &'a SpfJudge<'a>,
    /// The facts without the planned records.
    present: FactsView<'a>,
    written: Hosts,
}

impl Planned<'_> {
    /// Returns what replaces a term that authorizes other senders after the plan.
    fn instead_of(&self, term: &Term, holder: &Name) -> Option<Instead> {
        let own = &self.judge.case.subject.domain;
        let name = |domain: &Option<DomainSpec>| match domain {
            None => Some(holder.clone()),
            Some(domain) => domain.expanded(holder, own).ok(),
        };
        match &term.meaning {
            Meaning::Mechanism(Qualifier::Pass, Mechanism::Mx(domain)) => {
                let hosts = self.mail_hosts(&name(domain).filter(|name| name.is_within(own))?)?;
                let MailHosts { leaving, has_staying: is_kept } = hosts;
                let senders = leaving.iter().map(backticked).collect();
                let terms = self.instead_of_hosts(&leaving, term);
                let is_unchanged = leaving.is_empty() || is_kept && terms.is_empty();
                (!is_unchanged).then_some(Instead { senders, terms, is_kept })
            }
            Meaning::Mechanism(Qualifier::Pass, Mechanism::A(domain)) => {
                let name = name(domain).filter(|name| name.is_within(own))?;
                if !self.moves(&name) {
                    return None;
                }
                let terms = self.instead_of_address(&name, term);
                let senders = terms.iter().map(|term| without_mechanism(term)).collect();
                (!terms.is_empty()).then_some(Instead { senders, terms, is_kept: false })
            }
            Meaning::Mechanism(..)
            | Meaning::Redirect(_)
            | Meaning::Explanation(_)
            | Meaning::UnknownModifier { .. }
            | Meaning::SyntaxError(_) => None,
        }
    }

    /// Returns the hosts of the MX records that the plan changes; `None` if it does not.
    fn mail_hosts(&self, name: &Name) -> Option<MailHosts> {
        let domain = &self.judge.case.subject.domain;
        let before = self.present.set(name, RecordType::Mx).ok()?;
        let after = self.planned(name, RecordType::Mx)?;
        let staying: BTreeSet<&Name> = after.iter().filter_map(RecordData::target).collect();
        let mut hosts: Vec<Name> = Vec::new();
        for host in before.data.iter().filter_map(RecordData::target) {
            let is_known =
                best_matches(Clue::Mx(host), domain).iter().any(|provider| !provider.is_weak(Evidence::Mx));
            // A host without an address, such as one that only proved ownership, does not send.
            let exists = || !matches!(self.present.has_address(host), Ok(Some(false)));
            let may_send = !host.is_root() && !is_known && exists();
            if may_send && !staying.contains(host) && !hosts.contains(host) {
                hosts.push(host.clone());
            }
        }
        let is_microsofts = |host: &Name| {
            best_matches(Clue::Mx(host), domain).iter().any(|provider| provider.kind == Kind::Microsoft)
        };
        let published = |host: &Name| before.data.iter().any(|data| data.target() == Some(host));
        let has_staying =
            staying.iter().any(|host| published(host) && !host.is_root() && !is_microsofts(host));
        Some(MailHosts { leaving: hosts, has_staying })
    }

    /// Returns whether the plan changes the addresses of the name.
    fn moves(&self, name: &Name) -> bool {
        // Before the plan is made, its changes are predicted from the expectations.
        let has_none = |name: &Name| matches!(self.present.has_address(name), Ok(Some(false)));
        ADDRESS_TYPES.iter().any(|rtype| self.planned(name, *rtype).is_some()) && !has_none(name)
    }

    /// Returns a record set as it is after the plan; `None` if the plan does not change it.
    fn planned(&self, name: &Name, rtype: RecordType) -> Option<BTreeSet<RecordData>> {
        let question = Question::new(name.clone(), rtype);
        if let Some(planned) = self.judge.case.view.planned_set(&question) {
            return Some(planned.data.clone());
        }
        let decides = if rtype == RecordType::Mx { RecordType::Mx } else { RecordType::Cname };
        let list = expectations(self.judge.case.subject).into_iter();
        let mut deciding =
            list.filter(|expectation| expectation.name == *name && expectation.rtype == decides);
        deciding.find_map(|expectation| self.edit(expectation, &question)).map(|edit| edit.after)
    }

    /// Returns the edit of a record set for which an expectation asks.
    fn edit(&self, mut expectation: Expectation, question: &Question) -> Option<Edit> {
        let case = self.judge.case;
        // The host that DNS shows may differ from the one that the rule gives.
        if expectation.id == Id::Mx && expectation.proposed_host() != case.mail_host {
            expectation.assign_mail_host(case.mail_host);
        }
        let finding = judge(&Case { view: self.present, ..*case }, &expectation).finding.ok()?;
        // An optional record is fixed only if it is wrong, and never added.
        let is_absent = finding.observed.is_empty() || finding.code == Code::AliasFromWildcard;
        let is_unasked = importance(case.subject, &expectation) == Importance::Optional && is_absent;
        if is_unasked || !finding.code.effect().is_wrong() {
            return None;
        }
        finding.fix.into_iter().find(|edit| edit.name == question.name && edit.rtype == question.rtype)
    }

    /// Returns the terms that replace hosts. A single host is named, which costs as many lookups as before. Several are
    /// replaced by their addresses where the zone contains these, since each name would cost a lookup. A host whose
    /// address changes too is replaced by the present address.
    fn instead_of_hosts(&self, hosts: &[Name], term: &Term) -> Vec<String> {
        let domain = &self.judge.case.subject.domain;
        let named = |host: &Name| match self.moves(host) {
            true => self.instead_of_address(host, term),
            false => vec![by_name(host, term)],
        };
        let is_by_name = self.written == Hosts::ByName;
        if is_by_name && (hosts.len() < 2 || !term.lengths().is_empty()) {
            return hosts.iter().flat_map(named).collect();
        }
        let by_address = |host: &Name| {
            let addresses = if host.is_within(domain) { self.addresses(host, term) } else { Vec::new() };
            if addresses.is_empty() { named(host) } else { addresses }
        };
        let terms: Vec<String> = hosts.iter().flat_map(by_address).collect();
        if terms.len() > MOST_ADDRESSES { hosts.iter().flat_map(named).collect() } else { terms }
    }

    /// Returns the terms that replace a name whose addresses change: the target of its alias, or the addresses. There
    /// are none for a host of a mail platform, which does not send from that name.
    fn instead_of_address(&self, name: &Name, term: &Term) -> Vec<String> {
        let domain = &self.judge.case.subject.domain;
        let target_of = |name: &Name| {
            let alias = self.present.set(name, RecordType::Cname).ok();
            alias.iter().flat_map(|set| &set.data).find_map(RecordData::target).cloned()
        };
        let mut target = target_of(name);
        // An alias of the domain itself may be deleted as well.
        for _ in 0..MOST_ALIASES {
            match target.as_ref().filter(|target| target.is_within(domain)).and_then(target_of) {
                Some(next) => target = Some(next),
                None => break,
            }
        }
        match &target {
            Some(target) => {
                let is_platform = |provider: &&'static crate::provider::Provider| {
                    matches!(provider.kind, Kind::Source | Kind::Microsoft)
                };
                if target == name || best_matches(Clue::Autodiscover(target), domain).iter().any(is_platform)
                {
                    Vec::new()
                } else {
                    vec![by_name(target, term)]
                }
            }
            None => self.addresses(name, term),
        }
    }

    /// Returns the addresses of a host as terms, with the prefix lengths of this term.
    fn addresses(&self, host: &Name, term: &Term) -> Vec<String> {
        let (v4, v6) = term.prefix_lengths();
        let addresses = self.present.addresses(host).unwrap_or_default();
        let terms = addresses.iter().filter_map(|address| match address {
            RecordData::A(address) if v4 == 32 => Some(format!("ip4:{address}")),
            RecordData::A(address) => Some(format!("ip4:{address}/{v4}")),
            RecordData::Aaaa(address) if v6 == 128 => Some(format!("ip6:{address}")),
            RecordData::Aaaa(address) => Some(format!("ip6:{address}/{v6}")),
            _ => None,
        });
        terms.collect()
    }
}

/// Returns the term that authorizes a host by its name.
fn by_name(host: &Name, term: &Term) -> String {
    format!("a:{}{}", host.without_trailing_dot(), term.lengths())
}

/// Returns the value of a term, in backticks.
fn without_mechanism(term: &str) -> String {
    format!("`{}`", term.split_once(':').map_or(term, |(_, value)| value))
}
