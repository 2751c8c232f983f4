//! Is the domain's mail delivered to exactly the right hosts?
//!
//! Whole sets are compared: one right host among others is not right. Preference never makes a right record wrong.

mod host;

use std::collections::BTreeSet;

use crate::expected::{Expectation, MailHosts, Origin, Phase};
use crate::facts::Silence;
use crate::record::{Name, Question, RecordData, RecordSet, RecordType};

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

    /// Another host beside a right one.
    fn rival(&self, others: &[&Exchange]) -> Result<Finding, Silence> {
        // The family that the given value does not name, beside the given one: the documented move between them.
        if others.iter().all(|exchange| exchange.kind == Host::OtherFamily) {
            let shown = listed(self.exchanges.iter().map(|exchange| ticked(&exchange.host)));
            let message =
                format!("{shown} are both Microsoft's, as on the move to `mx.microsoft`; finish it");
            return Ok(self.met(Code::MxDnssecMigration, message));
        }
        let hosts = self.named(others);
        let filter = others.iter().find_map(|exchange| match &exchange.kind {
            Host::UndeclaredFilter(provider) => Some(provider.id),
            _ => None,
        });
        let hint = filter
            .map(|id| format!("; if the filter is meant to stay, say `--gateway {id}`"))
            .unwrap_or_default();
        let message = format!(
            "mail may still go to {hosts}, beside the right host; its preference does not protect{hint}"
        );
        Ok(self.wrong(Code::MxRival, message))
    }

    fn none_right(&self, others: &[&Exchange]) -> Result<Finding, Silence> {
        let all = |wanted: fn(&Host) -> bool| -> Vec<&Exchange> {
            others.iter().copied().filter(|exchange| wanted(&exchange.kind)).collect()
        };
        let hosts = self.named(others);
        if !all(|kind| matches!(kind, Host::Source(_))).is_empty() {
            return Ok(self.wrong(Code::MxAtSource, format!("mail still goes to {hosts}")));
        }
        let malformed = all(|kind| matches!(kind, Host::Malformed(..)));
        if let Some(Exchange { host, kind: Host::Malformed(why, _) }) = malformed.first() {
            return Ok(
                self.wrong(Code::MxMalformedTarget, format!("mail cannot reach {}: {why}", ticked(host)))
            );
        }
        let foreign = all(|kind| matches!(kind, Host::WrongCloud(_)));
        if let Some(Exchange { host, kind: Host::WrongCloud(cloud) }) = foreign.first() {
            let message = format!(
                "mail goes to {}, which belongs to {} and not to {}",
                ticked(host),
                cloud.title(),
                self.hosts.cloud.title()
            );
            return Ok(self.wrong(Code::MxWrongCloud, message));
        }
        let retired = all(|kind| matches!(kind, Host::Retired(_)));
        if !retired.is_empty() {
            let message = format!("mail goes to {}, a service that is closed", self.named(&retired));
            return Ok(self.wrong(Code::MxRetiredHost, message));
        }
        if others.iter().all(|exchange| exchange.kind == Host::Null) {
            let message = "a null MX (`0 .`) says that the domain takes no mail at all";
            return Ok(self.wrong(Code::MxNull, message));
        }
        if let Some(finding) = self.alias(others.iter().copied()).unwrap_or(None) {
            return Ok(finding);
        }
        if others.iter().all(|exchange| matches!(exchange.kind, Host::UndeclaredFilter(_))) {
            return Ok(self.undeclared(others, &hosts));
        }
        let message =
            if others.iter().any(|exchange| matches!(exchange.kind, Host::OtherFamily | Host::NotGiven)) {
                let given = self.hosts.given.iter().map(ticked);
                format!("mail goes to {hosts} and not to {}, the host that was given", listed(given))
            } else {
                format!("mail goes to {hosts} and not to Microsoft")
            };
        Ok(self.wrong(Code::MxElsewhere, message))
    }

    fn undeclared(&self, others: &[&Exchange], hosts: &str) -> Finding {
        let id = others.iter().find_map(|exchange| match &exchange.kind {
            Host::UndeclaredFilter(provider) => Some(provider.id),
            _ => None,
        });
        let message = format!(
            "mail goes through the filter {hosts}, and DNS cannot show what is behind it; if it is to stay in front, say \
             `--gateway {}`",
            id.unwrap_or_default()
        );
        self.met(Code::MxGatewayUndeclared, message)
    }

    /// A host that is an alias, which RFC 5321 §5.1 forbids.
    fn alias<'b>(&self, exchanges: impl Iterator<Item = &'b Exchange>) -> Result<Option<Finding>, Silence> {
        for exchange in exchanges.filter(|exchange| matches!(exchange.kind, Host::Foreign | Host::Filter)) {
            let answer = self.case.sight.answer(&Question::new(exchange.host.clone(), RecordType::A))?;
            let Some(real) = answer.chain.last() else { continue };
            let message = format!(
                "{} is an alias of {}, and an MX must name the real host (RFC 5321 §5.1)",
                ticked(&exchange.host),
                ticked(real)
            );
            let finding = Finding::new(Code::MxTargetIsAlias, message, self.set);
            let cure = match exchange.kind {
                // A filter's real host is better than a guess; one that is not its own is for its operator to name.
                Host::Filter if self.is_right(real) => self.renamed(&exchange.host, real),
                Host::Filter => Vec::new(),
                _ => self.cure(),
            };
            return Ok(Some(finding.cured_by(cure)));
        }
        Ok(None)
    }

    fn renamed(&self, alias: &Name, real: &Name) -> Vec<Edit> {
        let after = self.set.data.iter().map(|data| match data {
            RecordData::Mx { preference, exchange } if exchange == alias => {
                RecordData::Mx { preference: *preference, exchange: real.clone() }
            }
            other => other.clone(),
        });
        self.edit(after.collect(), false)
    }

    /// Keeps the right hosts, and what was meant to be one; proposes the expected host where there is none.
    fn cure(&self) -> Vec<Edit> {
        let mut kept = BTreeSet::new();
        for data in &self.set.data {
            let RecordData::Mx { preference, exchange } = data else { continue };
            let kind = self.exchanges.iter().find(|one| one.host == *exchange).map(|one| &one.kind);
            match kind {
                Some(Host::Malformed(_, Some(meant))) if self.is_right(meant) && !self.has(meant) => {
                    kept.insert(RecordData::Mx { preference: *preference, exchange: meant.clone() });
                }
                Some(kind) if kind.is_right() => drop(kept.insert(data.clone())),
                Some(_) | None => {}
            }
        }
        self.cure_with(kept)
    }

    fn has(&self, host: &Name) -> bool {
        self.exchanges.iter().any(|exchange| exchange.host == *host)
    }

    fn is_right(&self, host: &Name) -> bool {
        classify(host, self.hosts, &self.case.subject.domain, self.case.source).is_right()
    }

    fn cure_with(&self, mut after: BTreeSet<RecordData>) -> Vec<Edit> {
        // Before the switch mail stays where it is.
        if self.case.phase() < Phase::Switch {
            return Vec::new();
        }
        let derived = after.is_empty();
        if derived {
            after.extend(self.expectation.data.iter().cloned());
        }
        if after.is_empty() || after == self.set.data {
            return Vec::new();
        }
        self.edit(after, derived && self.expectation.origin == Origin::Derived)
    }

    fn edit(&self, after: BTreeSet<RecordData>, confirm: bool) -> Vec<Edit> {
        vec![Edit {
            name: self.expectation.name.clone(),
            rtype: RecordType::Mx,
            after,
            ttl: Some(self.expectation.ttl),
            confirm,
        }]
    }

    /// The hosts for a sentence, with whose they are: `a` and `b` (Rackspace).
    fn named(&self, exchanges: &[&Exchange]) -> String {
        let owner = |exchange: &Exchange| match &exchange.kind {
            Host::Source(provider) | Host::UndeclaredFilter(provider) | Host::Retired(provider) => {
                Some(provider.short)
            }
            _ => None,
        };
        let mut groups: Vec<(Option<&str>, Vec<String>)> = Vec::new();
        for exchange in exchanges {
            let shown =
                if exchange.kind == Host::Null { "nobody (`0 .`)".into() } else { ticked(&exchange.host) };
            match groups.iter_mut().find(|(group, _)| *group == owner(exchange)) {
                Some((_, hosts)) => hosts.push(shown),
                None => groups.push((owner(exchange), vec![shown])),
            }
        }
        listed(groups.into_iter().map(|(owner, hosts)| match owner {
            Some(owner) => format!("{} ({owner})", listed(hosts)),
            None => listed(hosts),
        }))
    }
}
