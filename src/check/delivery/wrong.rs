//! What is wrong about a set of MX records that holds a wrong host?

use crate::facts::Silence;
use crate::record::{Question, RecordType};

use super::host::is_no_mail_host;
use super::{Bench, Code, Exchange, Finding, Host, MOST_MAIL_HOSTS, listed, ticked};

impl Bench<'_> {
    /// Another host beside a right one.
    pub(super) fn rival(&self, others: &[&Exchange]) -> Result<Finding, Silence> {
        // The family that the given value does not name, beside the given one: the documented move between them.
        if others.iter().all(|exchange| exchange.kind == Host::OtherFamily) {
            let shown = listed(self.exchanges.iter().map(|exchange| ticked(&exchange.host)));
            let message =
                format!("{shown} are both Microsoft's, as on the move to `mx.microsoft`; finish it");
            return Ok(self.met(Code::MxDnssecMigration, message));
        }
        let hosts = self.named(others);
        let message = format!(
            "mail may still go to {hosts}, beside the right host; its preference does not protect{}{}",
            causes(others),
            filter_hint(others)
        );
        Ok(self.wrong(Code::MxRival, message))
    }

    pub(super) fn none_right(&self, others: &[&Exchange]) -> Result<Finding, Silence> {
        let all = |wanted: fn(&Host) -> bool| -> Vec<&Exchange> {
            others.iter().copied().filter(|exchange| wanted(&exchange.kind)).collect()
        };
        let hosts = self.named(others);
        if !all(|kind| matches!(kind, Host::Source(_))).is_empty() {
            let message = format!("mail still goes to {hosts}{}", filter_hint(others));
            return Ok(self.wrong(Code::MxAtSource, message));
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
            } else if others.iter().all(|exchange| is_no_mail_host(&exchange.host)) {
                format!("mail goes to {hosts}, a name of Microsoft's that takes no mail for the domain")
            } else {
                format!("mail goes to {hosts} and not to Microsoft")
            };
        Ok(self.wrong(Code::MxElsewhere, message))
    }

    pub(super) fn undeclared(&self, others: &[&Exchange], hosts: &str) -> Finding {
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
    pub(super) fn alias<'b>(
        &self,
        exchanges: impl Iterator<Item = &'b Exchange>,
    ) -> Result<Option<Finding>, Silence> {
        let named = exchanges.filter(|exchange| matches!(exchange.kind, Host::Foreign | Host::Filter));
        for exchange in named.take(MOST_MAIL_HOSTS) {
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

    /// The hosts for a sentence, with whose they are: `a` and `b` (Rackspace).
    pub(super) fn named(&self, exchanges: &[&Exchange]) -> String {
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

/// Why hosts are no hosts at all, for the end of a sentence.
fn causes(exchanges: &[&Exchange]) -> String {
    let causes = exchanges.iter().filter_map(|exchange| match &exchange.kind {
        Host::Malformed(why, _) => Some(format!("; {}: {why}", ticked(&exchange.host))),
        _ => None,
    });
    causes.collect()
}

/// What to say if a filter among the hosts is meant to stay.
fn filter_hint(exchanges: &[&Exchange]) -> String {
    let filter = exchanges.iter().find_map(|exchange| match &exchange.kind {
        Host::UndeclaredFilter(provider) => Some(provider.id),
        _ => None,
    });
    filter.map(|id| format!("; if the filter is meant to stay, say `--gateway {id}`")).unwrap_or_default()
}
