//! Classifies MX hosts: Microsoft's, a filter's, the old platform's, or a mistake.

use std::sync::LazyLock;

use crate::expected::{Cloud, HostDoubt, MailHosts, Purpose, domain_of, doubt, is_partition, token};
use crate::facts::zone_candidates;
use crate::provider::{self, Clue, Evidence, Kind, Provider};
use crate::record::{Name, RecordType};

use super::backticked;
use crate::check::placeholder;

/// The domains below which hosts only prove ownership.
static PROOFS: LazyLock<Vec<Name>> = LazyLock::new(|| {
    ["msv1.invalid", "msv1.invalid.outlook.com"].iter().filter_map(|suffix| suffix.parse().ok()).collect()
});

/// The kinds of MX host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::check) enum Host {
    /// The given host, or Microsoft's host for this domain.
    Right,
    /// Microsoft's host for this domain in the newer family.
    RightPartition,
    /// Microsoft's host under the older name.
    RightOlder,
    /// Microsoft's host for another domain, which is included if the token shows it.
    OtherDomain(Option<Name>),
    /// Microsoft's host with the label of the given one, but in the other family.
    OtherFamily,
    /// Microsoft's host, but neither the given one nor the same in the other family.
    NotGiven,
    /// A declared filter.
    Filter,
    /// The root, which means that the domain accepts no mail.
    Null,
    /// A host that only proves ownership.
    Verification,
    /// A mistyped host, with the reason and the intended host, if known.
    Malformed(String, Option<Name>),
    /// Microsoft's host in another cloud.
    WrongCloud(Cloud),
    /// A host of a closed service.
    Retired(&'static Provider),
    /// A filter that was not declared.
    UndeclaredFilter(&'static Provider),
    /// A platform that mail may be leaving.
    Source(&'static Provider),
    /// Anything else.
    Foreign,
}

impl Host {
    pub(in crate::check) fn is_right(&self) -> bool {
        matches!(
            self,
            Self::Right | Self::RightPartition | Self::RightOlder | Self::OtherDomain(_) | Self::Filter
        )
    }

    /// Returns whether mail is delivered to the host before the switch, if it exists.
    pub(super) fn takes_mail(&self) -> bool {
        !matches!(self, Self::Null | Self::Malformed(..) | Self::Retired(_) | Self::WrongCloud(_))
    }

    /// Returns the address types to read: none for hosts that are wrong whether they exist or not.
    pub(super) fn types_read(&self) -> &'static [RecordType] {
        match self {
            Self::Foreign => &[RecordType::A],
            _ if self.is_right() => &[RecordType::A, RecordType::Aaaa],
            _ => &[],
        }
    }
}

/// Classifies an MX host.
pub(in crate::check) fn classify(
    exchange: &Name,
    hosts: &MailHosts,
    domain: &Name,
    source: Option<&'static Provider>,
) -> Host {
    if exchange.is_root() {
        return Host::Null;
    }
    if hosts.given.as_ref() == Some(exchange) {
        return match doubt(exchange, domain, hosts.cloud, &hosts.gateways) {
            Some(HostDoubt::OtherDomain(other) | HostDoubt::Twin { other, .. }) => {
                Host::OtherDomain(Some(other))
            }
            Some(
                HostDoubt::Misspelled(_)
                | HostDoubt::Unusual(_)
                | HostDoubt::NoPartition(_)
                | HostDoubt::Submission
                | HostDoubt::OtherCloud(_)
                | HostDoubt::NotMicrosoft,
            )
            | None => Host::Right,
        };
    }
    if hosts.gateways.iter().any(|gateway| gateway.covers(exchange, domain)) {
        return Host::Filter;
    }
    if let Some((why, meant)) = malformed(exchange, hosts, domain) {
        return Host::Malformed(why, meant);
    }
    if PROOFS.iter().any(|suffix| exchange.is_within(suffix) && exchange != suffix) {
        return Host::Verification;
    }
    if let Some(host) = microsoft(exchange, hosts, domain) {
        return host;
    }
    let found = provider::best_matches(Clue::Mx(exchange), domain);
    if let Some(provider) = source.filter(|source| source.matches(Clue::Mx(exchange), domain)) {
        return Host::Source(provider);
    }
    for provider in found {
        match provider.kind {
            Kind::Retired => return Host::Retired(provider),
            Kind::Gateway => return Host::UndeclaredFilter(provider),
            Kind::Source | Kind::Forwarder if !provider.is_weak(Evidence::Mx) => {
                return Host::Source(provider);
            }
            Kind::Source | Kind::Forwarder | Kind::Microsoft => {}
        }
    }
    Host::Foreign
}

/// Returns the labels in front of `suffix`, left to right; `None` unless the host lies below it.
fn below(host: &Name, suffix: &Name) -> Option<Vec<String>> {
    let front = host.without_suffix(suffix)?;
    Some(front.labels().map(|label| String::from_utf8_lossy(label).into_owned()).collect())
}

fn microsoft(exchange: &Name, hosts: &MailHosts, domain: &Name) -> Option<Host> {
    let own = own_cloud(exchange, hosts.cloud, domain);
    if let Some(host) = own {
        // A given value takes precedence over the rule, so no other host of Microsoft's is right.
        return Some(match &hosts.given {
            Some(given) if given.labels().next() == exchange.labels().next() => Host::OtherFamily,
            Some(_) => Host::NotGiven,
            None => host,
        });
    }
    let other = |cloud: &Cloud| own_cloud(exchange, *cloud, domain).is_some();
    Cloud::ALL.into_iter().find(other).map(Host::WrongCloud)
}

/// Returns the kind of the host for a domain in `cloud`; `None` if the host is not one of that cloud.
fn own_cloud(exchange: &Name, cloud: Cloud, domain: &Name) -> Option<Host> {
    let by_tenant = cloud.shares(Cloud::GccHigh, Purpose::MxSuffix);
    let fits = |label: &str, right: Host| {
        if by_tenant || token(domain).as_deref() == Some(label) {
            right
        } else {
            Host::OtherDomain(domain_of(label))
        }
    };
    let labels = |purpose| cloud.name(purpose).and_then(|suffix| below(exchange, suffix));
    if let Some([label]) = labels(Purpose::MxSuffix).as_deref() {
        return Some(fits(label, Host::Right));
    }
    if let Some([label, partition]) = labels(Purpose::MxPartitionSuffix).as_deref()
        && is_partition(partition)
    {
        return Some(fits(label, Host::RightPartition));
    }
    if let Some([label]) = labels(Purpose::MxOlderSuffix).as_deref() {
        return Some(fits(label, Host::RightOlder));
    }
    None
}

/// Returns whether the first label spells the domain differently from Microsoft: hyphens kept, or dots left out.
pub(super) fn is_guess(exchange: &Name, domain: &Name) -> bool {
    let spelt = |text: &str| text.chars().filter(char::is_ascii_alphanumeric).collect::<String>();
    let label = exchange.first_label().map(|label| String::from_utf8_lossy(label).to_ascii_lowercase());
    label.is_some_and(|label| spelt(&label) == spelt(&domain.without_trailing_dot()))
}

/// Returns the reason why the host is mistyped, with the intended one if known.
fn malformed(exchange: &Name, hosts: &MailHosts, domain: &Name) -> Option<(String, Option<Name>)> {
    // The zone may begin above the domain, and the name that panels append is that of the zone.
    for zone in zone_candidates(domain) {
        if let Some(meant) = exchange.without_suffix(&zone)
            && is_known(&meant, hosts, domain)
        {
            let why =
                format!("the final dot is missing, so the zone name {} was appended", backticked(&zone));
            return Some((why, Some(meant)));
        }
    }
    if hosts.proposed.as_ref() != Some(exchange) && placeholder::is_placeholder(exchange, domain) {
        return Some((placeholder::REASON.into(), None));
    }
    if has_dots_for_hyphens(exchange) {
        let like =
            hosts.proposed.as_ref().map(|host| format!(", as in {}", backticked(host))).unwrap_or_default();
        return Some((format!("Microsoft's host has hyphens instead of the dots of the domain{like}"), None));
    }
    if exchange.labels().count() == 4 && exchange.without_trailing_dot().parse::<std::net::Ipv4Addr>().is_ok()
    {
        return Some(("an MX record needs a host name, not an address".into(), None));
    }
    if exchange.label_count() == 1 {
        return Some(("it has a single label; the zone name may be missing".into(), None));
    }
    None
}

/// Returns whether the host has dots where the token has hyphens, such as `contoso.co.uk.mail.protection.outlook.com`.
fn has_dots_for_hyphens(exchange: &Name) -> bool {
    let below_one = |purpose, labels: usize| {
        let suffixes = Cloud::ALL.iter().filter_map(move |cloud| cloud.name(purpose));
        let mut suffixes = suffixes.filter(|suffix| exchange.is_within(suffix));
        suffixes.any(|suffix| exchange.label_count() > suffix.label_count() + labels)
    };
    // In the newer family the partition is a separate label.
    below_one(Purpose::MxSuffix, 1) || below_one(Purpose::MxPartitionSuffix, 2)
}

/// Returns whether the name is one that Microsoft assigns to a tenant or to mail programs, and that accepts no mail for
/// a custom domain.
pub(super) fn is_no_mail_host(exchange: &Name) -> bool {
    let initial = Cloud::ALL.iter().filter_map(|cloud| cloud.value(Purpose::InitialDomain));
    let programs = Cloud::ALL.iter().filter_map(|cloud| cloud.value(Purpose::Autodiscover));
    let is_within = |suffix: &str| suffix.parse().is_ok_and(|suffix: Name| exchange.is_within(&suffix));
    initial.chain(programs).chain(["outlook.office365.com", "outlook.office.com"]).any(is_within)
}

/// Returns whether the name without the appended zone name is a plausible mail host.
fn is_known(meant: &Name, hosts: &MailHosts, domain: &Name) -> bool {
    hosts.given.as_ref() == Some(meant)
        || hosts.proposed.as_ref() == Some(meant)
        || microsoft(meant, hosts, domain).is_some()
        || (meant.label_count() > 1
            && provider::best_matches(Clue::Mx(meant), domain)
                .iter()
                .any(|provider| !provider.is_weak(Evidence::Mx)))
}
