//! Is the domain's mail delivered to exactly the right hosts?
//!
//! Whole sets are compared: one right host among others is not right. Preference never makes a right record wrong.

mod cure;
mod host;
mod wrong;

use std::collections::BTreeSet;

use crate::expected::{Expectation, MailHosts, Phase};
use crate::facts::Silence;
use crate::record::{Name, Question, RecordData, RecordSet, RecordType};

use super::{Case, Code, Edit, Finding, listed, ticked};
pub(super) use host::{Host, classify, is_partition};

/// Hosts whose addresses are looked up at most.
const MOST_MAIL_HOSTS: usize = 20;

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
    let exchanges: Vec<Exchange> = set
        .data
        .iter()
        .filter_map(|data| match data {
            RecordData::Mx { exchange, .. } => Some(Exchange {
                host: exchange.clone(),
                kind: classify(exchange, hosts, domain, case.source),
            }),
            _ => None,
        })
        .collect();
    let read = exchanges.iter().filter(|exchange| !exchange.kind.types_read().is_empty());
    case.sight.read_ahead(read.take(MOST_MAIL_HOSTS).flat_map(|exchange| {
        exchange.kind.types_read().iter().map(|rtype| Question::new(exchange.host.clone(), *rtype))
    }));
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
        return bench.all_right(verification);
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
        let hint = match (unnamed, self.hosts.gateways.is_empty()) {
            (false, _) => "",
            (true, false) => "; publish the hosts that the filter's operator names, `--mx` names one here",
            (true, true) => {
                "; the admin center shows the host to publish, `--mx` or `--tenant` names it here"
            }
        };
        Finding::new(code, message.into() + hint, self.set).cured_by(cure)
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
        let right = || self.exchanges.iter().filter(|exchange| exchange.kind.is_right());
        if let (false, Some(beyond)) = (self.case.sight.lacks_reply(), right().nth(MOST_MAIL_HOSTS)) {
            return Err(Silence::not_asked(&Question::new(beyond.host.clone(), RecordType::A)));
        }
        for exchange in right() {
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
        let has = |kind: &Host| self.exchanges.iter().any(|exchange| exchange.kind == *kind);
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
