//! Is the domain's mail delivered to exactly the right hosts?
//!
//! Whole sets are compared: one right host among others is not right. Preference never makes a right record wrong.

mod cure;
mod host;
mod wrong;

use std::collections::BTreeSet;

use crate::expected::{Cloud, Expectation, MailHosts, Phase, Purpose};
use crate::facts::Silence;
use crate::record::{Name, RecordData, RecordSet};

use super::{Case, Code, Edit, Finding, listed, ticked};
pub(super) use host::{Host, classify, is_partition};

/// One MX record, read.
struct Exchange {
    host: Name,
    kind: Host,
}

/// Judges the MX record set.
pub(super) fn judge(
    case: &Case<'_>,
    expectation: &Expectation,
    hosts: &MailHosts,
) -> Result<Finding, Silence> {
    let set = case.sight.set(&expectation.name, expectation.rtype)?;
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
    let bench = Bench { case, expectation, hosts, set: &set, exchanges: &exchanges };
    if exchanges.is_empty() {
        let message =
            "no MX record says who takes the mail; senders then try the addresses of the domain itself";
        return Ok(bench.wrong(Code::MxMissing, message));
    }
    let right = exchanges.iter().any(|exchange| exchange.kind.is_right());
    let verification = exchanges.iter().any(|exchange| exchange.kind == Host::Verification);
    let others: Vec<&Exchange> = exchanges
        .iter()
        .filter(|exchange| !exchange.kind.is_right() && exchange.kind != Host::Verification)
        .collect();
    if let Some(finding) = bench.before_the_switch(right, &others) {
        return Ok(finding);
    }
    if others.is_empty() && right {
        return match bench.beside_filter() {
            Some(finding) => Ok(finding),
            None => bench.all_right(verification),
        };
    }
    if others.is_empty() {
        let message =
            "the only MX record is the one that proved ownership, and no mail can be delivered to it";
        return Ok(bench.wrong(Code::MxVerificationLeft, message));
    }
    if right { bench.rival(&others) } else { bench.none_right(&others) }
}

/// Whether the host is known not to exist: it has neither kind of address.
pub(super) fn is_absent(case: &Case<'_>, host: &Name) -> bool {
    matches!(case.sight.has_address(host), Ok(Some(false)))
}

/// The table the judge works on.
struct Bench<'a> {
    case: &'a Case<'a>,
    expectation: &'a Expectation,
    hosts: &'a MailHosts,
    set: &'a RecordSet,
    exchanges: &'a [Exchange],
}

impl Bench<'_> {
    fn met(&self, code: Code, message: impl Into<String>) -> Finding {
        Finding::new(code, message, self.set)
    }

    fn wrong(&self, code: Code, message: impl Into<String>) -> Finding {
        let cure = self.cure();
        let unnamed = cure.is_empty() && self.case.phase() >= Phase::Switch;
        let hint = if unnamed { self.hint() } else { String::new() };
        Finding::new(code, message.into() + &hint, self.set).cured_by(cure)
    }

    /// How to name the host to publish where the plan has none.
    fn hint(&self) -> String {
        if !self.hosts.gateways.is_empty() {
            return "; publish the hosts that the filter's operator names, `--mx` names one here".into();
        }
        if self.hosts.proposed.is_some() {
            return "; the admin center shows the host to publish, `--mx` names it here".into();
        }
        if self.hosts.cloud.shares(Cloud::GccHigh, Purpose::MxSuffix) {
            return "; the admin center shows the host to publish, `--mx` or `--tenant` names it here".into();
        }
        format!(
            "; no host can be derived from the name {}: copy it from the admin center and pass it with `--mx`",
            ticked(&self.case.subject.domain)
        )
    }

    /// Microsoft's own host next to the declared filter.
    fn beside_filter(&self) -> Option<Finding> {
        if self.case.phase() < Phase::Switch || !self.has(&Host::Filter) {
            return None;
        }
        let direct: Vec<&Exchange> =
            self.exchanges.iter().filter(|exchange| self.is_direct(exchange)).collect();
        if direct.is_empty() {
            return None;
        }
        let hosts = listed(direct.iter().map(|exchange| ticked(&exchange.host)));
        let message = format!(
            "Delete {hosts} from the MX records: senders can deliver to it and get around the declared filter."
        );
        Some(self.wrong(Code::MxRival, message))
    }

    /// Whether mail to the host gets around the declared filter: a host that was given is the filter's own.
    fn is_direct(&self, exchange: &Exchange) -> bool {
        let is_given = self.hosts.given.as_ref() == Some(&exchange.host);
        exchange.kind.is_right() && exchange.kind != Host::Filter && !is_given
    }

    fn has(&self, kind: &Host) -> bool {
        self.exchanges.iter().any(|exchange| exchange.kind == *kind)
    }

    /// Before the switch the old hosts are right, and nothing is proposed.
    fn before_the_switch(&self, right: bool, others: &[&Exchange]) -> Option<Finding> {
        if self.case.phase() >= Phase::Switch || right || others.is_empty() {
            return None;
        }
        let takes_mail = |exchange: &Exchange| {
            !matches!(
                exchange.kind,
                Host::Null | Host::Malformed(..) | Host::Retired(_) | Host::WrongCloud(_)
            )
        };
        if !others.iter().all(|exchange| takes_mail(exchange)) {
            return None;
        }
        let hosts = self.named(others);
        let message = format!("mail still goes to {hosts}, as it should before the switch");
        Some(self.met(Code::MxStillAtSource, message))
    }

    /// Only right hosts, and perhaps the record that proved ownership.
    fn all_right(&self, verification: bool) -> Result<Finding, Silence> {
        let mut missing = Vec::new();
        for exchange in self.exchanges.iter().filter(|exchange| exchange.kind.is_right()) {
            if self.case.sight.has_address(&exchange.host)? == Some(false) {
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
            let message =
                "the MX record that proved ownership is still there; no mail can be delivered to it";
            return Ok(self.wrong(Code::MxVerificationLeft, message));
        }
        Ok(self.right_with_notes())
    }

    fn right_with_notes(&self) -> Finding {
        let has = |kind: &Host| self.has(kind);
        let shown = listed(self.exchanges.iter().map(|exchange| ticked(&exchange.host)));
        for exchange in self.exchanges {
            if let Host::OtherDomain(other) = &exchange.kind {
                if let Some(usual) = self.guessed_at(&exchange.host) {
                    let message = format!(
                        "{} does not begin with this domain's usual token, which makes {}; compare it \
                         with the admin center",
                        ticked(&exchange.host),
                        ticked(usual)
                    );
                    return self.met(Code::MxOtherDomain, message);
                }
                let made_for = other.as_ref().map_or("another domain".into(), ticked);
                let message = format!(
                    "{} was made for {made_for}; it works if both domains are in one tenant, so compare it with the \
                     admin center",
                    ticked(&exchange.host)
                );
                return self.met(Code::MxOtherDomain, message);
            }
        }
        if has(&Host::RightOlder) {
            let older = self.exchanges.iter().filter(|exchange| exchange.kind == Host::RightOlder);
            let older = listed(older.map(|exchange| ticked(&exchange.host)));
            let message =
                format!("{older} is Microsoft's older host name for the domain; it still takes mail");
            return self.met(Code::MxOlderHost, message);
        }
        if has(&Host::RightPartition) && has(&Host::Right) {
            let message =
                format!("{shown} are both Microsoft's, as on the move to `mx.microsoft`; finish it");
            return self.met(Code::MxDnssecMigration, message);
        }
        if has(&Host::Filter) {
            return self.met(Code::Met, format!("mail goes to the declared filter, {shown}"));
        }
        self.met(Code::Met, format!("mail goes to {shown}"))
    }

    fn target_missing(&self, missing: &[Name]) -> Finding {
        let shown = listed(missing.iter().map(ticked));
        let guessed = missing.iter().find_map(|host| self.guessed_at(host));
        let usual = guessed
            .map(|usual| format!("; the host that is usual for this domain is {}", ticked(usual)))
            .unwrap_or_default();
        let message = format!(
            "{shown} does not exist, so mail bounces{usual}; copy the host from the admin center, and \
             check that the domain is verified there"
        );
        let finding = Finding::new(Code::MxTargetMissing, message, self.set);
        // Where the derived host is published and missing, the cure is in the admin center and not in the zone.
        match &self.hosts.proposed {
            Some(host) if !missing.contains(host) => finding.cured_by(self.cure_with(BTreeSet::new())),
            _ => finding,
        }
    }

    /// The usual host, where another one of Microsoft's looks like a guess at it.
    fn guessed_at(&self, host: &Name) -> Option<&Name> {
        let usual = self.hosts.proposed.as_ref().filter(|usual| *usual != host)?;
        host::is_guess(host, &self.case.subject.domain).then_some(usual)
    }
}
