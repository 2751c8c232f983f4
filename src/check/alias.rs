//! Checks that a CNAME points to the right target.

mod chain;
mod proxy;

use crate::expected::{Cloud, Expectation, Id, Purpose, Service};
use crate::facts::{LookupFailure, zone_candidates};
use crate::provider::{self, Clue, Evidence, Kind, Provider};
use crate::record::{Name, Question, RecordData, RecordSet, RecordType};

use super::AUTODISCOVER_SERVICE;
use super::{
    Case, Code, Edit, Finding, PROBE_LABEL, backticked, clash, doubled, join_and, noted, placeholder,
    wildcard,
};
use chain::end_of_chain;
pub(super) use proxy::is_proxy;

/// Checks that the name is an alias of the expected target.
pub(super) fn judge(
    case: &Case<'_>,
    expectation: &Expectation,
    target: &Name,
) -> Result<Finding, LookupFailure> {
    let set = case.view.set(&expectation.name, RecordType::Cname)?;
    let judge = AliasJudge { case, expectation, target };
    let mut finding = if set.is_empty() { judge.without_alias()? } else { judge.with_alias(&set)? };
    if is_proxied(case, expectation) {
        finding = behind_proxy(finding, expectation);
    }
    Ok(judge.before_its_phase(finding))
}

/// Returns whether the zone file marks the alias as proxied.
pub(super) fn is_proxied(case: &Case<'_>, expectation: &Expectation) -> bool {
    case.view.is_proxied(&Question::new(expectation.name.clone(), RecordType::Cname))
}

/// Turns the finding about a proxied alias into one about the proxy, whose addresses hide even a right target from
/// clients.
pub(super) fn behind_proxy(mut finding: Finding, expectation: &Expectation) -> Finding {
    if finding.code.is_met() {
        finding.code = Code::AliasProxied;
        finding.message = format!(
            "Switch {} to \"DNS only\": the zone file marks the CNAME as proxied, so clients see the \
             addresses of a web proxy.",
            backticked(&expectation.name)
        );
    } else {
        let note = "the zone file marks the record as proxied, so switch it to \"DNS only\" as well";
        finding.message = noted(&finding.message, note);
    }
    finding
}

/// Returns a name that is never published.
fn probe(case: &Case<'_>) -> Option<Name> {
    case.subject.domain.prepend(PROBE_LABEL).ok()
}

/// The inputs of the alias check.
struct AliasJudge<'a> {
    case: &'a Case<'a>,
    expectation: &'a Expectation,
    target: &'a Name,
}

impl AliasJudge<'_> {
    /// Removes the edits from the finding about an alias that may point elsewhere until its phase.
    fn before_its_phase(&self, mut finding: Finding) -> Finding {
        if !self.case.is_early(self.expectation) || finding.code.is_met() {
            return finding;
        }
        finding.fix.clear();
        let elsewhere = [Code::AliasAtSource, Code::AliasElsewhere, Code::AliasAddressInstead];
        if elsewhere.contains(&finding.code) {
            finding.code = Code::AliasStillAtSource;
            finding.message = format!("{}, correct before the switch", finding.message);
        }
        finding
    }

    fn with_alias(&self, set: &RecordSet) -> Result<Finding, LookupFailure> {
        let name = backticked(&self.expectation.name);
        let mut targets = set.data.iter().filter_map(RecordData::target);
        let Some(first) = targets.next() else { return self.without_alias() };
        if targets.next().is_some() {
            let all = join_and(set.data.iter().filter_map(RecordData::target).map(backticked));
            let message = format!("{name} has several CNAMEs ({all}), and a name may have only one");
            return Ok(self.change(Code::AliasElsewhere, message, set));
        }
        let Some(end) = end_of_chain(self.case, self.expectation, self.target, first)? else {
            let message = format!("{name} points to {}, which leads back to itself", backticked(first));
            return Ok(self.change(Code::AliasLoop, message, set));
        };
        if end == *self.target || self.expectation.also.contains(&end) {
            let by_way =
                if end == *first { String::new() } else { format!(" through {}", backticked(first)) };
            let present = match end == *self.target {
                true => String::new(),
                false => format!(", which still works; the current host is {}", backticked(self.target)),
            };
            let message = format!("{name} points to {}{by_way}{present}", backticked(&end));
            return Ok(Finding::new(Code::Met, message, set));
        }
        self.wrong_target(first, &end, set)
    }

    fn wrong_target(&self, first: &Name, end: &Name, set: &RecordSet) -> Result<Finding, LookupFailure> {
        let domain = &self.case.subject.domain;
        let name = backticked(&self.expectation.name);
        if let Some(why) = self.malformed(first) {
            let message = format!("{name} points to {} ({why})", backticked(first));
            return Ok(self.change(Code::AliasMalformedTarget, message, set));
        }
        if wildcard::is_wildcard_alias(self.case, &self.expectation.name, set).unwrap_or(false) {
            let message =
                format!("{name} is not published, and a wildcard answers with {}", backticked(first));
            return Ok(self.add(Code::AliasFromWildcard, message, set));
        }
        if let Some(cloud) = self.other_cloud(end) {
            let message = format!(
                "{name} points to {}, which belongs to {} and not to {}",
                backticked(end),
                cloud.title(),
                self.case.subject.cloud.title()
            );
            return Ok(self.change(Code::AliasWrongCloud, message, set));
        }
        for target in [first, end] {
            if let Some(source) = self.source_of(target, domain) {
                let message = format!("{name} still points to {} ({})", backticked(target), source.short);
                return Ok(self.change(Code::AliasAtSource, message, set));
            }
        }
        // Before its phase it may point anywhere.
        if chain::is_unread(self.case, end) && !self.case.is_early(self.expectation) {
            let message = format!(
                "{name} points to {}, which no zone file contains: whether that leads to {} is unknown. Add \
                 `--resolver` to look it up, or point {name} there directly.",
                backticked(end),
                backticked(self.target)
            );
            let finding = self.wrong(Code::NotInZoneFiles, message, set);
            let fix = finding.fix.into_iter().map(|edit| Edit { confirm: true, ..edit }).collect();
            return Ok(Finding { fix, ..finding });
        }
        let message = format!("{name} points to {}", backticked(first));
        Ok(self.change(Code::AliasElsewhere, message, set))
    }

    fn malformed(&self, target: &Name) -> Option<String> {
        let domain = &self.case.subject.domain;
        if placeholder::is_placeholder(target, domain) {
            return Some(placeholder::REASON.into());
        }
        // The zone may begin above the domain, and the name that panels append is that of the zone.
        let mut zones = zone_candidates(domain).into_iter();
        let zone =
            zones.find(|zone| target.without_suffix(zone).is_some_and(|meant| self.is_known(&meant)))?;
        Some(format!("the final dot is missing, so the zone name {} was appended", backticked(&zone)))
    }

    /// Returns whether the target makes sense, at Microsoft or at the platform being left.
    fn is_known(&self, meant: &Name) -> bool {
        let domain = &self.case.subject.domain;
        let right = meant == self.target || self.expectation.also.contains(meant);
        let theirs = || meant.label_count() > 1 && self.source_of(meant, domain).is_some();
        right || self.other_cloud(meant).is_some() || theirs()
    }

    /// Returns the clients that use the alias, as words of a message.
    fn clients(&self) -> &'static str {
        match self.expectation.service {
            Service::Exchange => "mail programs",
            Service::Teams => "Teams clients",
            Service::Devices => "devices",
        }
    }

    fn other_cloud(&self, target: &Name) -> Option<Cloud> {
        let purpose = match self.expectation.id {
            Id::Autodiscover => Purpose::Autodiscover,
            Id::Msoid => Purpose::Msoid,
            Id::DeviceEnrollment => Purpose::DeviceEnrollment,
            Id::DeviceRegistration => Purpose::DeviceRegistration,
            _ => return None,
        };
        let matches = |cloud: &Cloud| cloud.name(purpose) == Some(target);
        Cloud::ALL.into_iter().find(matches)
    }

    /// Returns the platform to which the target belongs: the one being left, or any other that mail could be leaving.
    fn source_of(&self, target: &Name, domain: &Name) -> Option<&'static Provider> {
        let named = self.case.source.filter(|source| source.matches(Clue::Autodiscover(target), domain));
        named.or_else(|| {
            let strong = |provider: &&Provider| {
                provider.kind == Kind::Source && !provider.is_weak(Evidence::Autodiscover)
            };
            provider::best_matches(Clue::Autodiscover(target), domain).into_iter().find(strong)
        })
    }

    fn without_alias(&self) -> Result<Finding, LookupFailure> {
        let name = &self.expectation.name;
        if !self.case.requests(self.expectation) {
            return Ok(self.wrong(
                Code::AliasMissing,
                format!("{} is not published", backticked(name)),
                &RecordSet::default(),
            ));
        }
        self.read_near_misses();
        let own = self.case.view.address_set(name)?;
        let none = RecordSet::default();
        // Clients find an address at the name itself first, whatever an SRV record says.
        if own.is_empty() && self.is_offered_by_service()? {
            let message = format!(
                "no CNAME at {}, but an SRV record points to {}; not every client uses it",
                backticked(name),
                backticked(self.target)
            );
            return Ok(Finding::new(Code::AliasByService, message, &none));
        }
        if !own.is_empty() {
            return self.with_addresses(&own);
        }
        if let Some(doubled) = doubled::found(self.case, name, RecordType::Cname)? {
            let message = format!(
                "Add a CNAME to {} and delete {}: your DNS host appends the zone name to what you type.",
                backticked(self.target),
                backticked(&doubled)
            );
            let mut finding = self.wrong(Code::AliasDoubledName, message, &none);
            finding.fix.insert(0, Edit::deletion(doubled, RecordType::Cname));
            return Ok(finding);
        }
        Ok(self.add(Code::AliasMissing, format!("{} is not published", backticked(name)), &none))
    }

    /// Reads in one batch everything that may be published in place of the alias.
    fn read_near_misses(&self) {
        let (name, domain) = (&self.expectation.name, &self.case.subject.domain);
        let hosts = [Some(name.clone()), Some(self.target.clone()), probe(self.case)];
        let service = domain.prepend(AUTODISCOVER_SERVICE).ok();
        let service = service.filter(|_| self.expectation.id == Id::Autodiscover);
        let view = &self.case.view;
        view.batch(|| {
            view.read_ahead(hosts.iter().flatten().flat_map(Question::addresses));
            view.read_ahead(service.map(|name| Question::new(name, RecordType::Srv)));
            doubled::read(self.case, name, RecordType::Cname);
            clash::read_others(self.case, name);
        });
    }

    /// Returns the finding about addresses in place of the alias.
    fn with_addresses(&self, observed: &RecordSet) -> Result<Finding, LookupFailure> {
        let name = backticked(&self.expectation.name);
        let own = &observed.data;
        let shown = join_and(own.iter().map(|data| format!("`{data}`")));
        let target = self.case.view.addresses(self.target)?;
        if own.is_subset(&target) {
            let message = format!(
                "{name} has the addresses of {}: the DNS host flattens the CNAME, which works for {}",
                backticked(self.target),
                self.clients()
            );
            return Ok(Finding::new(Code::AliasFlattened, message, observed));
        }
        if let Some(probe) = probe(self.case)
            && self.case.view.addresses(&probe).is_ok_and(|answers| answers == observed.data)
        {
            let message = format!("{name} is not published, and a wildcard answers with {shown}");
            return Ok(self.add(Code::AliasFromWildcard, message, &RecordSet::default()));
        }
        let mut finding = if own.iter().all(is_proxy) {
            let message =
                format!("{name} resolves to {shown}, a web proxy, which {} cannot use", self.clients());
            self.advised(Code::AliasProxied, "Switch the record to \"DNS only\"", message, observed)
        } else {
            let message = format!("{name} has the address {shown}");
            let advice = format!("Delete the address, then add a CNAME to {}", backticked(self.target));
            self.advised(Code::AliasAddressInstead, &advice, message, observed)
        };
        for rtype in [RecordType::Aaaa, RecordType::A] {
            if own.iter().any(|data| data.rtype() == rtype) {
                finding.fix.insert(0, Edit::deletion(self.expectation.name.clone(), rtype));
            }
        }
        Ok(finding)
    }

    /// Returns whether an SRV record names the target, and nothing else (RFC 6186 style discovery, as Outlook uses it).
    fn is_offered_by_service(&self) -> Result<bool, LookupFailure> {
        if self.expectation.id != Id::Autodiscover {
            return Ok(false);
        }
        let Ok(owner) = self.case.subject.domain.prepend(AUTODISCOVER_SERVICE) else {
            return Ok(false);
        };
        let set = self.case.view.set(&owner, RecordType::Srv)?;
        Ok(!set.is_empty()
            && set.data.iter().all(|data| {
                // Outlook connects to the port that the record names, and Microsoft listens at 443 only.
                matches!(data, RecordData::Srv { target, port: 443, .. } if target == self.target)
            }))
    }

    fn change(&self, code: Code, found: String, observed: &RecordSet) -> Finding {
        self.advised(code, &format!("Change the CNAME to {}", backticked(self.target)), found, observed)
    }

    fn add(&self, code: Code, found: String, observed: &RecordSet) -> Finding {
        self.advised(code, &format!("Add a CNAME to {}", backticked(self.target)), found, observed)
    }

    /// Returns a finding with the advice before the observation; without the advice if the phase of the alias is still
    /// to come.
    fn advised(&self, code: Code, advice: &str, found: String, observed: &RecordSet) -> Finding {
        let is_early = self.case.is_early(self.expectation);
        let message = if is_early { found } else { format!("{advice}: {found}.") };
        self.wrong(code, message, observed)
    }

    fn wrong(&self, code: Code, message: String, observed: &RecordSet) -> Finding {
        let after = self.expectation.data.iter().cloned().collect();
        let ttl = Some(self.expectation.ttl);
        let name = self.expectation.name.clone();
        let fix = Edit { name, rtype: RecordType::Cname, after, ttl, confirm: false, cautions: Vec::new() };
        Finding::new(code, message, observed).fixed_by([fix])
    }
}
