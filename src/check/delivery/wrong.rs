//! Describes what is wrong with a set of MX records.

use crate::expected::Purpose;
use crate::facts::LookupFailure;
use crate::record::spf::{Meaning, Mechanism, Qualifier, SpfRecord};
use crate::record::{Name, Question, RecordData, RecordType};

use super::host::is_no_mail_host;
use super::{
    Case, Code, Edit, Exchange, Finding, Host, MOST_MAIL_HOSTS, MxJudge, backticked, is_absent, join_and,
    typing_errors,
};

impl MxJudge<'_> {
    /// Returns the finding about another host next to a right one.
    pub(super) fn rival(&self, others: &[&Exchange]) -> Result<Finding, LookupFailure> {
        // Hosts of both families at the same time are the documented way to move from one family to the other.
        if others.iter().all(|exchange| exchange.kind == Host::OtherFamily) {
            let shown = join_and(self.exchanges.iter().map(|exchange| backticked(&exchange.host)));
            let message = format!("{shown} are both Microsoft's: finish the move to `mx.microsoft`");
            return Ok(self.met(Code::MxDnssecMigration, message));
        }
        let hosts = self.named(others);
        if others.iter().all(|exchange| exchange.kind == Host::Null) {
            let message = "Delete the null MX (`0 .`): it declares that the domain accepts no mail, and must be the only \
                           MX record (RFC 7505 §3).";
            return Ok(self.wrong(Code::MxRival, message));
        }
        let is_filter = |exchange: &&Exchange| matches!(exchange.kind, Host::UndeclaredFilter(_));
        if self.keeps_filters() && others.iter().all(is_filter) {
            return Ok(self.undeclared(others, &hosts));
        }
        let may_be_filter = self.may_be_filter(others);
        if let Ok(true) = may_be_filter {
            let gateway = others.first().map(|exchange| self.suffix_of(&exchange.host)).unwrap_or_default();
            let (is_filter, it, delete) = match others.len() {
                1 => ("is a mail filter", "it", "If it is not, delete it: it still gets"),
                _ => ("are a mail filter", "them", "If they are not, delete them: they still get"),
            };
            let message = format!(
                "Pass `--gateway {gateway}` if {hosts} {is_filter} in front of Microsoft 365 ({}). {delete} mail; a higher \
                 preference number does not prevent that.",
                self.signs_of_move()
            );
            let caution = format!(
                "If {hosts} {is_filter} in front of Microsoft 365, keep {it} and pass `--gateway {gateway}`."
            );
            let mut finding = self.wrong(Code::MxRival, message);
            finding.fix.iter_mut().for_each(|edit| edit.caution(&caution));
            return Ok(finding);
        }
        // A filter that was not declared is kept.
        let deleted =
            others.iter().copied().filter(|exchange| !(self.keeps_filters() && is_filter(exchange)));
        let message = format!(
            "Delete {}: mail still goes there; a higher preference number does not prevent that.{}{}",
            self.named(&deleted.collect::<Vec<_>>()),
            causes(others),
            filter_hint(others)
        );
        let finding = self.wrong(Code::MxRival, message);
        // A failed lookup does not show that it is not a filter.
        Ok(if may_be_filter.is_err() { confirmed(finding) } else { finding })
    }

    /// Marks an edit of a set with a filter that was not declared: only the admin knows where it delivers, or if it stays
    /// next to the declared one.
    pub(super) fn with_filters_confirmed(&self, mut finding: Finding, others: &[&Exchange]) -> Finding {
        let filter = others.iter().find_map(|exchange| match &exchange.kind {
            Host::UndeclaredFilter(provider) => Some((&exchange.host, *provider)),
            _ => None,
        });
        let Some((host, provider)) = filter.filter(|_| !finding.fix.is_empty()) else { return finding };
        let caution =
            match finding.fix.iter().any(|edit| edit.after.iter().any(|data| data.target() == Some(host))) {
                true => format!(
                    "Make sure in its console that {0} delivers to Microsoft 365, and pass `--gateway {1}`.",
                    provider.short, provider.id
                ),
                false => format!(
                    "If {} stays in front, keep it and pass `--gateway {}`.",
                    backticked(host),
                    provider.id
                ),
            };
        finding.fix.iter_mut().for_each(|edit| edit.caution(&caution));
        finding
    }

    /// Marks an edit that deletes a host of the domain itself, which may be a filter in front of Microsoft 365. In place
    /// of hosts that are all unknown, the edit is marked anyway.
    pub(super) fn with_own_hosts_kept(&self, mut finding: Finding, others: &[&Exchange]) -> Finding {
        let (case, domain) = (self.case.without_asking(), &self.case.subject.domain);
        let is_deleted = |host: &Name| {
            let stays = |edit: &Edit| edit.after.iter().any(|data| data.target() == Some(host));
            !finding.fix.is_empty() && !finding.fix.iter().any(stays)
        };
        let is_own = |exchange: &&&Exchange| {
            let Exchange { host, kind } = exchange;
            *kind == Host::Foreign && host.is_within(domain) && !is_absent(&case, host) && is_deleted(host)
        };
        let own: Vec<&Name> = others.iter().filter(is_own).map(|exchange| &exchange.host).collect();
        let Some(first) = own.first() else { return finding };
        if finding.code == Code::MxElsewhere {
            return finding;
        }
        let hosts = join_and(own.iter().map(|host| backticked(host)));
        let caution = format!(
            "If {hosts} is a mail filter or gateway of your own in front of Microsoft 365, keep it and pass `--gateway {}`.",
            first.without_trailing_dot()
        );
        if !finding.message.contains("--gateway") {
            finding.message = format!("{} {caution}", finding.message);
        }
        finding.fix.iter_mut().for_each(|edit| edit.caution(&caution));
        finding
    }

    pub(super) fn none_right(&self, others: &[&Exchange]) -> Result<Finding, LookupFailure> {
        let all = |wanted: fn(&Host) -> bool| -> Vec<&Exchange> {
            others.iter().copied().filter(|exchange| wanted(&exchange.kind)).collect()
        };
        let hosts = self.named(others);
        if !all(|kind| matches!(kind, Host::Source(_))).is_empty() {
            let message =
                format!("Replace the MX records: mail still goes to {hosts}.{}", filter_hint(others));
            return Ok(self.wrong(Code::MxAtSource, message));
        }
        let malformed = all(|kind| matches!(kind, Host::Malformed(..)));
        if let Some(Exchange { host, kind: Host::Malformed(why, _) }) = malformed.first() {
            return Ok(self.wrong(
                Code::MxMalformedTarget,
                format!(
                    "Correct the MX host: mail cannot reach {} \
                    ({why}).",
                    backticked(host)
                ),
            ));
        }
        let foreign = all(|kind| matches!(kind, Host::WrongCloud(_)));
        if let Some(Exchange { host, kind: Host::WrongCloud(cloud) }) = foreign.first() {
            let message = format!(
                "Replace the MX host: {} belongs to {} and not to {}.",
                backticked(host),
                cloud.title(),
                self.hosts.cloud.title()
            );
            return Ok(self.wrong(Code::MxWrongCloud, message));
        }
        let retired = all(|kind| matches!(kind, Host::Retired(_)));
        if !retired.is_empty() {
            let message = format!(
                "Replace the MX records: {} belongs to a discontinued service.",
                self.named(&retired)
            );
            return Ok(self.wrong(Code::MxRetiredHost, message));
        }
        if others.iter().all(|exchange| exchange.kind == Host::Null) {
            let message = "Replace the null MX (`0 .`): it declares that the domain accepts no mail.";
            return Ok(self.wrong(Code::MxNull, message));
        }
        if let Some(finding) = self.alias(others.iter().copied()).unwrap_or(None) {
            return Ok(finding);
        }
        // The initial domain and the like have no address either, and no mail host is missing there.
        if !others.iter().all(|exchange| is_no_mail_host(&exchange.host))
            && others.len() <= MOST_MAIL_HOSTS
            && others
                .iter()
                .all(|exchange| exchange.kind == Host::Foreign && is_absent(self.case, &exchange.host))
        {
            let absent: Vec<&Name> = others.iter().map(|exchange| &exchange.host).collect();
            let verb = if absent.len() == 1 { "does" } else { "do" };
            let typing_errors = typing_errors(self.case, &absent);
            let message =
                format!("Replace the MX records: {hosts} {verb} not exist{typing_errors}, so mail bounces.");
            return Ok(self.wrong(Code::MxTargetMissing, message));
        }
        // A filter may forward to the other hosts, or only queue for them: no host is deleted without one of Microsoft's.
        let is_filter = |exchange: &&Exchange| matches!(exchange.kind, Host::UndeclaredFilter(_));
        if others.iter().all(is_filter) || self.keeps_filters() && others.iter().any(is_filter) {
            let real: Vec<&Exchange> =
                others.iter().copied().filter(|exchange| exchange.kind != Host::Null).collect();
            return Ok(self.undeclared(others, &self.named(&real)));
        }
        let message = if others
            .iter()
            .any(|exchange| matches!(exchange.kind, Host::OtherFamily | Host::NotGiven))
        {
            let given = self.hosts.given.iter().map(backticked);
            format!(
                "Replace the MX records: mail goes to {hosts} and not to the given host {}.",
                join_and(given)
            )
        } else if others.iter().all(|exchange| is_no_mail_host(&exchange.host)) {
            format!(
                "Replace the MX records: {hosts} is a Microsoft name that accepts no mail for the \
                domain."
            )
        } else if let Ok(true) = self.may_be_filter(others) {
            let gateway = others.first().map(|exchange| self.suffix_of(&exchange.host)).unwrap_or_default();
            let (is_filter, replace) = match others.len() {
                1 => ("is a mail filter", "If it is not, replace it"),
                _ => ("are a mail filter", "If they are not, replace them"),
            };
            format!(
                "Pass `--gateway {gateway}` if {hosts} {is_filter} in front of Microsoft 365 ({}). {replace}: mail \
                     does not reach Microsoft 365.",
                self.signs_of_move()
            )
        } else {
            format!("Replace the MX records: mail goes to {hosts} and not to Microsoft.")
        };
        let finding = self.wrong(Code::MxElsewhere, message);
        // An unknown host may be a filter, so the admin compares what replaces it.
        let is_foreign = others.iter().any(|exchange| exchange.kind == Host::Foreign);
        Ok(if is_foreign { confirmed(finding) } else { finding })
    }

    /// Returns the part of a host name that identifies its operator: the registrable domain, or the host itself if it
    /// belongs to the checked domain.
    fn suffix_of(&self, host: &Name) -> String {
        let registrable = psl::domain_str(&host.without_trailing_dot()).map(str::to_owned);
        let is_own = host.is_within(&self.case.subject.domain);
        registrable.filter(|_| !is_own).unwrap_or_else(|| host.without_trailing_dot())
    }

    /// Returns what shows that the domain is otherwise at Microsoft.
    fn signs_of_move(&self) -> &'static str {
        match self.case.subject.hybrid {
            true => "SPF already includes Microsoft",
            false => "autodiscover and SPF already point to Microsoft",
        }
    }

    /// Returns whether unknown hosts receive the mail of a domain that is otherwise at Microsoft: most likely they are
    /// a filter.
    ///
    /// # Errors
    /// The failed lookup that leaves this open.
    fn may_be_filter(&self, others: &[&Exchange]) -> Result<bool, LookupFailure> {
        let Case { subject, view, .. } = self.case;
        let target = |purpose| subject.cloud.name(purpose);
        let is_published =
            |data: &RecordData| data.target().is_some() && data.target() == target(Purpose::Autodiscover);
        let autodiscover = subject.domain.prepend("autodiscover").ok();
        let aliases = autodiscover.map(|name| view.set(&name, RecordType::Cname)).transpose();
        let texts = view.set(&subject.domain, RecordType::Txt);
        let includes_microsoft = |data: &RecordData| match (data, target(Purpose::SpfInclude)) {
            (RecordData::Txt(text), Some(include)) => SpfRecord::parse(text)
                .is_some_and(|record| record.evaluated().any(|term| includes(&term.meaning, include))),
            _ => false,
        };
        if !subject.gateways.is_empty() || !others.iter().all(|exchange| exchange.kind == Host::Foreign) {
            return Ok(false);
        }
        let is_at_microsoft = match subject.hybrid {
            true => Ok(true),
            false => aliases.map(|set| set.is_some_and(|set| set.data.iter().any(is_published))),
        };
        match (is_at_microsoft, texts.map(|set| set.data.iter().any(includes_microsoft))) {
            (Ok(false), _) | (_, Ok(false)) => Ok(false),
            (Ok(true), Ok(true)) => Ok(true),
            (Err(failure), _) | (_, Err(failure)) => Err(failure),
        }
    }

    /// Returns whether a known filter that was not declared may be meant to stay: the admin did not give the MX host, and
    /// no declared filter gets the mail, so that another id may have been meant.
    pub(super) fn keeps_filters(&self) -> bool {
        self.hosts.given.is_none() && !self.has(&Host::Filter)
    }

    pub(super) fn undeclared(&self, others: &[&Exchange], hosts: &str) -> Finding {
        let id = others.iter().find_map(|exchange| match &exchange.kind {
            Host::UndeclaredFilter(provider) => Some(provider.id),
            _ => None,
        });
        let id = id.unwrap_or_default();
        let right: Vec<&Exchange> =
            self.exchanges.iter().filter(|exchange| exchange.kind.is_right()).collect();
        let message = if right.is_empty() {
            format!(
                "Pass `--gateway {id}` if the filter stays in front: mail goes to {hosts}, and DNS does \
                 not show where the filter delivers it. If it does not stay, replace its MX records with \
                 the host that the admin center shows."
            )
        } else {
            format!(
                "Pass `--gateway {id}` if the filter stays in front: mail goes to {hosts} and to {}, and \
                 DNS does not show which of them is right. If the filter does not stay, delete its MX \
                 records.",
                join_and(right.iter().map(|exchange| backticked(&exchange.host)))
            )
        };
        self.met(Code::MxGatewayUndeclared, message)
    }

    /// Returns the finding about a host that is an alias, which RFC 5321 §5.1 forbids.
    pub(super) fn alias<'b>(
        &self,
        exchanges: impl Iterator<Item = &'b Exchange>,
    ) -> Result<Option<Finding>, LookupFailure> {
        let named = exchanges.filter(|exchange| matches!(exchange.kind, Host::Foreign | Host::Filter));
        for exchange in named.take(MOST_MAIL_HOSTS) {
            let answer = self.case.view.answer(&Question::new(exchange.host.clone(), RecordType::A))?;
            let Some(real) = answer.chain.last() else { continue };
            let message = format!(
                "Replace the MX host: {} is a CNAME to {}, and an MX record must name the real host (RFC \
                 5321 §5.1).",
                backticked(&exchange.host),
                backticked(real)
            );
            let finding = Finding::new(Code::MxTargetIsAlias, message, self.set);
            let fix = match exchange.kind {
                // The real host of a filter is better than a guess. If that is not a host of the filter, only its
                // operator can name the right one.
                Host::Filter if self.is_right(real) => self.renamed(&exchange.host, real),
                Host::Filter => Vec::new(),
                _ => self.fix(),
            };
            return Ok(Some(finding.fixed_by(fix)));
        }
        Ok(None)
    }

    /// Returns the hosts for a sentence, with their provider: `a` and `b` (Rackspace).
    pub(super) fn named(&self, exchanges: &[&Exchange]) -> String {
        let owner = |exchange: &Exchange| match &exchange.kind {
            Host::Source(provider) | Host::UndeclaredFilter(provider) | Host::Retired(provider) => {
                Some(provider.short)
            }
            _ => None,
        };
        let mut groups: Vec<(Option<&str>, Vec<String>)> = Vec::new();
        for exchange in exchanges {
            let shown = if exchange.kind == Host::Null {
                "no server (`0 .`)".into()
            } else {
                backticked(&exchange.host)
            };
            match groups.iter_mut().find(|(group, _)| *group == owner(exchange)) {
                Some((_, hosts)) => hosts.push(shown),
                None => groups.push((owner(exchange), vec![shown])),
            }
        }
        join_and(groups.into_iter().map(|(owner, hosts)| match owner {
            Some(owner) => format!("{} ({owner})", join_and(hosts)),
            None => join_and(hosts),
        }))
    }
}

fn includes(meaning: &Meaning, include: &Name) -> bool {
    matches!(meaning, Meaning::Mechanism(Qualifier::Pass, Mechanism::Include(domain))
        if domain.name.as_ref() == Some(include))
}

/// Returns the reasons why hosts are mistyped, as sentences to append.
fn causes(exchanges: &[&Exchange]) -> String {
    let causes = exchanges.iter().filter_map(|exchange| match &exchange.kind {
        Host::Malformed(why, _) => Some(format!(" {}: {why}.", backticked(&exchange.host))),
        _ => None,
    });
    causes.collect()
}

/// Returns the sentence for the case that a filter among the hosts is meant to stay.
fn filter_hint(exchanges: &[&Exchange]) -> String {
    let filter = exchanges.iter().find_map(|exchange| match &exchange.kind {
        Host::UndeclaredFilter(provider) => Some(provider.id),
        _ => None,
    });
    filter.map(|id| format!(" If the filter stays in front, pass `--gateway {id}`.")).unwrap_or_default()
}

/// Marks the edits of a finding as ones that the admin has to compare first.
fn confirmed(finding: Finding) -> Finding {
    let fix = finding.fix.into_iter().map(|edit| Edit { confirm: true, ..edit }).collect();
    Finding { fix, ..finding }
}
