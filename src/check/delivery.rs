//! Checks that the MX records name exactly the right hosts.
//!
//! Whole record sets are compared: a right host next to others is not enough. A preference never makes a right record
//! wrong.

mod assigned;
mod fix;
mod host;
mod wrong;

use std::collections::BTreeSet;

use crate::expected::{
    Cloud, Expectation, HostDoubt, MailHosts, Origin, Phase, Purpose, derived_host, doubt, meant_mail_host,
};
use crate::facts::{Existence, LookupFailure};
use crate::provider::closest_mail_host;
use crate::record::{Name, Question, RecordData, RecordSet, RecordType};

use super::{Case, Code, Edit, Finding, backticked, doubled, join_and};
pub(crate) use assigned::{Assigned, SearchFailure};
pub(super) use assigned::{Need, assigned};
pub(super) use host::{Host, classify};

/// The maximum number of hosts whose addresses are looked up.
const MOST_MAIL_HOSTS: usize = 20;

/// One MX record, with its host classified.
struct Exchange {
    host: Name,
    kind: Host,
}

/// Checks the MX record set.
pub(super) fn judge(
    case: &Case<'_>,
    expectation: &Expectation,
    hosts: &MailHosts,
) -> Result<Finding, LookupFailure> {
    let set = case.view.set(&expectation.name, expectation.rtype)?;
    let domain = &case.subject.domain;
    let mut exchanges: Vec<Exchange> = Vec::new();
    let mut seen = BTreeSet::new();
    for host in set.data.iter().filter_map(RecordData::target) {
        // A host with two preferences is reported once.
        if seen.insert(host) {
            let kind = classify(host, hosts, domain, case.source);
            exchanges.push(Exchange { host: host.clone(), kind });
        }
    }
    read_ahead(case, expectation, &exchanges);
    let judge = MxJudge { case, expectation, hosts, set: &set, exchanges: &exchanges };
    if exchanges.is_empty() {
        let message = "Add an MX record: without one, senders deliver to your web server's address.";
        return Ok(judge.wrong(Code::MxMissing, message));
    }
    let right = exchanges.iter().any(|exchange| exchange.kind.is_right());
    let verification = exchanges.iter().any(|exchange| exchange.kind == Host::Verification);
    let others: Vec<&Exchange> = exchanges
        .iter()
        .filter(|exchange| !exchange.kind.is_right() && exchange.kind != Host::Verification)
        .collect();
    if let Some(finding) = judge.before_the_switch(right, &others) {
        return Ok(finding);
    }
    if others.is_empty() && right {
        return match judge.beside_filter() {
            Some(finding) => Ok(finding),
            None => judge.all_right(verification),
        };
    }
    if others.is_empty() {
        let message = "Replace the MX record for domain verification: no mail can be delivered to it.";
        return Ok(judge.wrong(Code::MxVerificationLeft, message));
    }
    let finding = if right { judge.rival(&others)? } else { judge.none_right(&others)? };
    Ok(judge.with_filters_confirmed(judge.with_own_hosts_kept(finding, &others), &others))
}

/// Reads in one batch everything that the check of these MX records may need.
fn read_ahead(case: &Case<'_>, expectation: &Expectation, exchanges: &[Exchange]) {
    let is_right = exchanges.iter().any(|exchange| exchange.kind.is_right());
    case.view.batch(|| {
        let read = exchanges.iter().filter(|exchange| !exchange.kind.types_read().is_empty());
        case.view.read_ahead(read.take(MOST_MAIL_HOSTS).flat_map(|exchange| {
            exchange.kind.types_read().iter().map(|rtype| Question::new(exchange.host.clone(), *rtype))
        }));
        if !is_right && case.is_early(expectation) {
            let read = exchanges.iter().filter(|exchange| exchange.kind.takes_mail());
            let read = read.take(MOST_MAIL_HOSTS).flat_map(|exchange| Question::addresses(&exchange.host));
            case.view.read_ahead(read);
        }
        if !is_right && !case.is_early(expectation) {
            doubled::read(case, &expectation.name, expectation.rtype);
        }
    });
}

/// Returns whether the host is known not to exist: it has neither kind of address. A name that does not exist has none,
/// also where a recording lacks the answer for the other kind.
pub(super) fn is_absent(case: &Case<'_>, host: &Name) -> bool {
    let has_no_name = || {
        let answer = case.view.answer(&Question::new(host.clone(), RecordType::A));
        answer.is_ok_and(|answer| answer.existence == Existence::NxDomain)
    };
    match case.view.has_address(host) {
        Ok(has_address) => has_address == Some(false),
        Err(_) => has_no_name(),
    }
}

/// Returns a sentence part that names the hosts for which hosts that do not exist are probably typing errors; empty if
/// there are none.
pub(super) fn typing_errors(case: &Case<'_>, absent: &[&Name]) -> String {
    let meant = |host: &Name| {
        let microsoft = meant_mail_host(host, &case.subject.domain).map(|meant| backticked(&meant));
        let platform = || {
            let (meant, provider) = closest_mail_host(host)?;
            Some(format!("{} ({})", backticked(&meant), provider.short))
        };
        microsoft.or_else(platform)
    };
    let all: Vec<String> = absent.iter().filter_map(|host| meant(host)).collect();
    let verb = if absent.len() == 1 { "looks" } else { "look" };
    if all.is_empty() {
        String::new()
    } else {
        format!(" and {verb} like a typing error of {}", join_and(all))
    }
}

/// The inputs of the MX check.
struct MxJudge<'a> {
    case: &'a Case<'a>,
    expectation: &'a Expectation,
    hosts: &'a MailHosts,
    set: &'a RecordSet,
    exchanges: &'a [Exchange],
}

impl MxJudge<'_> {
    fn met(&self, code: Code, message: impl Into<String>) -> Finding {
        Finding::new(code, message, self.set)
    }

    fn wrong(&self, code: Code, message: impl Into<String>) -> Finding {
        let fix = self.fix();
        let unnamed = fix.is_empty() && self.case.phase() >= Phase::Switch;
        let hint = if unnamed { self.hint() } else { self.provenance(&fix) };
        Finding::new(code, message.into() + &hint, self.set).fixed_by(fix)
    }

    /// Returns the sentence that says where the proposed host comes from, and whether to compare it with the admin
    /// center; empty if no new host is proposed.
    fn provenance(&self, fix: &[Edit]) -> String {
        let Some(host) = self.hosts.proposed.as_ref().filter(|host| self.is_new_in(fix, host)) else {
            return String::new();
        };
        let shown = backticked(host);
        match (self.expectation.origin, self.case.view.has_address(host)) {
            (Origin::Found, _) => format!(
                " Publish {shown}, the host that Microsoft has for this domain: compare it with the admin \
                 center."
            ),
            (Origin::Derived, Ok(None)) => format!(
                " {shown} follows Microsoft's naming rule and was not looked up: compare it with the admin \
                 center."
            ),
            (Origin::Derived, Err(_)) => format!(
                " {shown} follows Microsoft's naming rule and could not be looked up: compare it with the \
                 admin center."
            ),
            (Origin::Given, _) => self
                .doubt()
                .map(|doubt| {
                    let reason = doubt.reason(self.hosts.cloud);
                    format!(" The given host {shown} {reason}: compare it with the admin center.")
                })
                .unwrap_or_default(),
            (Origin::Derived, Ok(Some(_))) | (Origin::Standard, _) => String::new(),
        }
    }

    /// Returns the reason to doubt the given host; `None` if none was given.
    fn doubt(&self) -> Option<HostDoubt> {
        let given = self.hosts.given.as_ref()?;
        doubt(given, &self.case.subject.domain, self.hosts.cloud, &self.hosts.gateways)
    }

    /// Returns whether the edits publish a host that is not published yet.
    fn is_new_in(&self, fix: &[Edit], host: &Name) -> bool {
        let names = |data: &RecordData| data.target() == Some(host);
        fix.iter().any(|edit| edit.after.iter().any(names)) && !self.set.data.iter().any(names)
    }

    /// Returns the sentence that says how to give the host to publish, if the plan has none.
    fn hint(&self) -> String {
        if let (Origin::Given, Some(host)) = (self.expectation.origin, self.absent_host()) {
            return format!(
                " No MX edit is proposed, because the given host {} does not exist: compare it with the \
                 admin center.",
                backticked(host)
            );
        }
        if !self.hosts.gateways.is_empty() {
            return " Publish the hosts that the operator of the filter names; pass one with `--mx`.".into();
        }
        if derived_host(self.case.subject).is_some() {
            return " The admin center shows the host; pass it with `--mx`.".into();
        }
        if self.hosts.cloud.shares(Cloud::GccHigh, Purpose::MxSuffix) {
            return " The admin center shows the host; pass it with `--mx`, or pass `--tenant`.".into();
        }
        format!(
            " No host can be derived from {}: copy it from the admin center and pass it with `--mx`.",
            backticked(&self.case.subject.domain)
        )
    }

    /// Returns the finding about Microsoft's own host next to the declared filter.
    fn beside_filter(&self) -> Option<Finding> {
        if self.case.phase() < Phase::Switch || !self.has(&Host::Filter) {
            return None;
        }
        let direct: Vec<&Exchange> =
            self.exchanges.iter().filter(|exchange| self.is_direct(exchange)).collect();
        if direct.is_empty() {
            return None;
        }
        let hosts = join_and(direct.iter().map(|exchange| backticked(&exchange.host)));
        let message =
            format!("Delete {hosts} from the MX records: through it, mail bypasses the declared filter.");
        Some(self.wrong(Code::MxRival, message))
    }

    /// Returns whether mail to the host bypasses the declared filter. A host that the user gave belongs to the filter.
    fn is_direct(&self, exchange: &Exchange) -> bool {
        let is_given = self.hosts.given.as_ref() == Some(&exchange.host);
        exchange.kind.is_right() && exchange.kind != Host::Filter && !is_given
    }

    fn has(&self, kind: &Host) -> bool {
        self.exchanges.iter().any(|exchange| exchange.kind == *kind)
    }

    /// Returns the finding before the switch: the old hosts are right, and nothing is proposed.
    fn before_the_switch(&self, right: bool, others: &[&Exchange]) -> Option<Finding> {
        if self.case.phase() >= Phase::Switch || right || others.is_empty() {
            return None;
        }
        if !others.iter().all(|exchange| exchange.kind.takes_mail()) {
            return None;
        }
        let is_lost = |exchange: &&Exchange| is_absent(self.case, &exchange.host);
        if others.len() <= MOST_MAIL_HOSTS && others.iter().all(is_lost) {
            let hosts = join_and(others.iter().map(|exchange| backticked(&exchange.host)));
            let verb = if others.len() == 1 { "does" } else { "do" };
            let absent: Vec<&Name> = others.iter().map(|exchange| &exchange.host).collect();
            let typing_errors = typing_errors(self.case, &absent);
            let message =
                format!("Correct the MX records: {hosts} {verb} not exist{typing_errors}, so mail bounces.");
            return Some(self.met(Code::MxTargetMissing, message));
        }
        // Hosts that do not exist receive nothing, next to others that do.
        let (lost, working): (Vec<&Exchange>, Vec<&Exchange>) =
            others.iter().copied().take(MOST_MAIL_HOSTS).partition(is_lost);
        let working: Vec<&Exchange> =
            working.into_iter().chain(others.iter().skip(MOST_MAIL_HOSTS).copied()).collect();
        let lost: Vec<String> = lost.iter().map(|exchange| backticked(&exchange.host)).collect();
        let lost = match lost.len() {
            0 => String::new(),
            1 => format!("; {} does not exist", join_and(lost)),
            _ => format!("; {} do not exist", join_and(lost)),
        };
        let message = format!("mail still goes to {}, correct before the switch{lost}", self.named(&working));
        Some(self.met(Code::MxStillAtSource, message))
    }

    /// Returns the finding about right hosts only, possibly next to the record that proved ownership.
    fn all_right(&self, verification: bool) -> Result<Finding, LookupFailure> {
        let mut missing = Vec::new();
        let right = || self.exchanges.iter().filter(|exchange| exchange.kind.is_right());
        if let (false, Some(beyond)) = (self.case.view.lacks_reply(), right().nth(MOST_MAIL_HOSTS)) {
            return Err(LookupFailure::not_asked(&Question::new(beyond.host.clone(), RecordType::A)));
        }
        for exchange in right() {
            if self.case.view.has_address(&exchange.host)? == Some(false) {
                missing.push(exchange.host.clone());
            }
        }
        if !missing.is_empty() {
            return Ok(self.target_missing(&missing));
        }
        if let Some(finding) =
            self.alias(self.exchanges.iter().filter(|exchange| exchange.kind == Host::Filter))?
        {
            return Ok(finding);
        }
        // Before the switch it may still have to prove something.
        if verification && self.case.phase() >= Phase::Switch {
            let message = "Delete the MX record for domain verification: no mail can be delivered to it.";
            return Ok(self.wrong(Code::MxVerificationLeft, message));
        }
        Ok(self.right_with_notes())
    }

    fn right_with_notes(&self) -> Finding {
        let has = |kind: &Host| self.has(kind);
        let shown = join_and(self.exchanges.iter().map(|exchange| backticked(&exchange.host)));
        for exchange in self.exchanges {
            if let Host::OtherDomain(other) = &exchange.kind {
                let guessed = self.guessed_at(&exchange.host);
                if let (Some(usual), Some(other)) = (guessed, other) {
                    let message = format!(
                        "{} belongs to {}, and the usual host of this domain is {}: compare it with the admin center; it \
                         works only if both domains are in one tenant",
                        backticked(&exchange.host),
                        backticked(other),
                        backticked(usual)
                    );
                    return self.met(Code::MxOtherDomain, message);
                }
                if let Some(usual) = guessed {
                    let message = format!(
                        "{} does not have the usual form {} for this domain; compare it with the admin \
                         center",
                        backticked(&exchange.host),
                        backticked(usual)
                    );
                    return self.met(Code::MxOtherDomain, message);
                }
                let owner = other.as_ref().map_or("another domain".into(), backticked);
                let message = format!(
                    "{} belongs to {owner}, which works if both domains are in one tenant; compare it with \
                     the admin center",
                    backticked(&exchange.host)
                );
                return self.met(Code::MxOtherDomain, message);
            }
        }
        if has(&Host::RightOlder) {
            let older = self.exchanges.iter().filter(|exchange| exchange.kind == Host::RightOlder);
            let older = join_and(older.map(|exchange| backticked(&exchange.host)));
            let message = format!("{older} is an older Microsoft host name that still accepts mail");
            return self.met(Code::MxOlderHost, message);
        }
        if has(&Host::RightPartition) && has(&Host::Right) {
            let message = format!("{shown} are both Microsoft's: finish the move to `mx.microsoft`");
            return self.met(Code::MxDnssecMigration, message);
        }
        if has(&Host::Filter) {
            return self.met(Code::Met, format!("mail goes to the declared filter, {shown}"));
        }
        if !self.hosts.gateways.is_empty() && self.case.phase() >= Phase::Switch && self.hosts.given.is_none()
        {
            let filters = join_and(self.hosts.gateways.iter().map(|gateway| gateway.name().into_owned()));
            let message = format!(
                "mail goes to {shown}, and not through the declared filter ({filters}): leave out `--gateway` if that is \
                 meant"
            );
            return self.met(Code::Met, message);
        }
        match self.doubt() {
            Some(doubt) => {
                let reason = doubt.reason(self.hosts.cloud);
                let message = format!(
                    "mail goes to the given host {shown}, which {reason}; compare it with the admin center"
                );
                self.met(Code::Met, message)
            }
            None => self.met(Code::Met, format!("mail goes to {shown}")),
        }
    }

    fn target_missing(&self, missing: &[Name]) -> Finding {
        let shown = join_and(missing.iter().map(backticked));
        let proposed = self.hosts.proposed.as_ref().filter(|host| !missing.contains(host));
        let guessed = missing.iter().find_map(|host| self.guessed_at(host));
        let copy = match self.hosts.gateways.is_empty() {
            true => "Copy the host from the admin center, and check that the domain is verified there",
            false => "Copy the host from the console of the filter",
        };
        let advice = match (self.expectation.origin, proposed, guessed) {
            (Origin::Found, Some(host), _) => {
                format!("Replace the MX host with {}", backticked(host))
            }
            (_, _, Some(usual)) => {
                format!(
                    "Replace the MX host with {} after you compared it with the admin center",
                    backticked(usual)
                )
            }
            (_, _, None) => copy.to_owned(),
        };
        let message = format!("{advice}: {shown} does not exist, so mail bounces.");
        let finding = Finding::new(Code::MxTargetMissing, message, self.set);
        // Only the filter and its customer know which hosts are the customer's.
        let kept: BTreeSet<RecordData> = match &self.hosts.gateways[..] {
            [] => self.set.data.iter().filter(|data| self.is_own_and_not(missing, data)).cloned().collect(),
            _ => BTreeSet::new(),
        };
        // If the expected host is the missing one, the fix is in the admin center, not in the zone.
        let is_fixable = proposed.is_some() || !kept.is_empty();
        if is_fixable { finding.fixed_by(self.fix_with(kept)) } else { finding }
    }

    /// Returns whether the record names Microsoft's host for this very domain, and none of these.
    fn is_own_and_not(&self, missing: &[Name], data: &RecordData) -> bool {
        data.target().filter(|host| !missing.contains(host)).is_some_and(|host| {
            let kind = classify(host, self.hosts, &self.case.subject.domain, self.case.source);
            matches!(kind, Host::Right | Host::RightPartition | Host::RightOlder)
        })
    }

    /// Returns the proposed host if this other host of Microsoft's looks like a guess at it.
    fn guessed_at(&self, host: &Name) -> Option<&Name> {
        let usual = self.hosts.proposed.as_ref().filter(|usual| *usual != host)?;
        host::is_guess(host, &self.case.subject.domain).then_some(usual)
    }
}
