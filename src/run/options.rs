//! The options of a run, as plain values.
//!
//! Not how they are written: the command line and the settings file are read elsewhere.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::check::{Assumptions, JudgeOptions, Waiver};
use crate::expected::import::Kind;
use crate::expected::{Cloud, Phase, Service};
use crate::facts::{TrustPolicy, WebTopic};
use crate::lookup::Limits;
use crate::lookup::graph::{Root, Token};
use crate::lookup::transport::ResolverAddress;
use crate::provider::Gateway;
use crate::record::Name;
use crate::record::spf::Term;

use super::domain;

/// All that a run does not get from the DNS.
#[derive(Debug, Clone, Default)]
pub struct RunOptions {
    /// Which domains are checked.
    pub domains: DomainSelection,
    /// What is expected of a domain that the settings do not name.
    pub expected: ExpectationOptions,
    /// The domains that the settings name.
    pub configured: ConfiguredDomains,
    /// Findings that do not count for a while.
    pub waivers: Vec<Waiver>,
    /// Where the answers come from.
    pub lookup: LookupOptions,
    /// What lets a run read Microsoft Graph.
    pub graph_token: Option<Token>,
    /// The file that remembers what was published before.
    pub history: Option<PathBuf>,
    /// What is assumed where nothing was seen before.
    pub assumptions: Assumptions,
    /// Whether recommended counts as required.
    pub strict: bool,
    /// Domains that are looked up at the same time; `None` for as many as the machine keeps up with.
    pub concurrency: Option<usize>,
}

impl RunOptions {
    /// How domains are judged.
    #[must_use]
    pub fn judge_options(&self) -> JudgeOptions<'_> {
        JudgeOptions { view: self.lookup.view, strict: self.strict, waivers: &self.waivers, history: None }
    }

    /// How much looking up one domain may cost.
    #[must_use]
    pub fn limits(&self) -> Limits {
        Limits { deadline: self.lookup.deadline, ..Limits::default() }
    }
}

/// Which domains are checked: those named, else those of a list, else those of the settings.
#[derive(Debug, Clone, Default)]
pub struct DomainSelection {
    /// The domains as they were typed.
    pub typed: Vec<String>,
    /// A list of domains; `-` is standard input.
    pub list: Option<PathBuf>,
    /// What is on standard input; `None` for that of the process.
    pub input: Option<Arc<[u8]>>,
    /// The part of the list that is checked.
    pub shard: Option<Shard>,
    /// Whether the verified domains of the tenant are checked.
    pub all_of_tenant: bool,
    /// How many domains there may be.
    pub limit: DomainLimit,
}

/// How many domains a command can deal with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DomainLimit {
    /// A single one.
    One,
    /// As many as there are, at least one.
    #[default]
    Any,
    /// As many as there are, or none: others are named later.
    AnyOrNone,
}

/// One of several parts of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// Which, from 1 on.
    pub index: u32,
    /// Of how many.
    pub of: u32,
}

impl Shard {
    /// Returns whether a domain belongs to it: by its name alone, so that it stays there when others come and go.
    pub(super) fn holds(self, name: &str) -> bool {
        /// FNV-1a with 64 bits: short, and the same on every machine and in every version.
        const BASIS: u64 = 0xcbf2_9ce4_8422_2325;
        const PRIME: u64 = 0x0000_0100_0000_01b3;
        let hash = name.bytes().fold(BASIS, |hash, octet| (hash ^ u64::from(octet)).wrapping_mul(PRIME));
        // The low bits of FNV-1a alone are not spread well.
        (hash ^ (hash >> 32)) % u64::from(self.of) == u64::from(self.index - 1)
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let read = text.split_once('/').and_then(|(index, of)| Some((index.parse().ok()?, of.parse().ok()?)));
        match read {
            Some((index, of)) if (1..=of).contains(&index) => Ok(Self { index, of }),
            Some((0, of)) if of > 0 => {
                Err(format!("parts are counted from 1: the first is 1/{of}, the last {of}/{of}"))
            }
            _ => Err("expected a part and their number, such as 1/4 for the first of four".into()),
        }
    }
}

/// The domains that a settings file names.
#[derive(Debug, Clone, Default)]
pub struct ConfiguredDomains {
    /// The file, as messages call it; `None` where there is none.
    pub file: Option<String>,
    /// Its domains, in its order.
    pub domains: Vec<ConfiguredDomain>,
}

/// A domain that a settings file names.
#[derive(Debug, Clone)]
pub struct ConfiguredDomain {
    /// The domain.
    pub name: Name,
    /// The line of the file that names it.
    pub line: usize,
    /// What is expected of it; `None` where that is the same as of every other domain.
    pub expected: Option<ExpectationOptions>,
}

/// What is expected of a domain.
#[derive(Debug, Clone)]
pub struct ExpectationOptions {
    /// Which part of the move is checked.
    pub phase: Phase,
    /// The Microsoft cloud.
    pub cloud: Cloud,
    /// Services whose records are required.
    pub services: BTreeSet<Service>,
    /// The tenant, as a person writes it.
    pub tenant: Option<String>,
    /// The MX host, as a person writes it.
    pub mx: Option<String>,
    /// The verification text, as a person writes it.
    pub verification: Option<String>,
    /// Files of expected values.
    pub files: Vec<PathBuf>,
    /// The kind of these files; `None` to recognize it.
    pub file_kind: Option<Kind>,
    /// Whether expected values are read from Microsoft Graph.
    pub graph: bool,
    /// Where Microsoft Graph is; `None` for the server of the cloud.
    pub graph_url: Option<Root>,
    /// The platform being left, by its id; `None` to recognize it.
    pub source: Option<String>,
    /// Mail filters that are meant to stay in front.
    pub gateways: Vec<Gateway>,
    /// SPF terms of other senders that must stay.
    pub spf_senders: Vec<Term>,
    /// Whether autodiscover stays on premises for now.
    pub hybrid: bool,
    /// Whether the domain takes and sends no mail, and shall stay so.
    pub parked: bool,
    /// The time when the MX is to change.
    pub switch_at: Option<Timestamp>,
}

impl Default for ExpectationOptions {
    fn default() -> Self {
        Self {
            phase: Phase::Switch,
            cloud: Cloud::Worldwide,
            services: BTreeSet::from([Service::Exchange]),
            tenant: None,
            mx: None,
            verification: None,
            files: Vec::new(),
            file_kind: None,
            graph: false,
            graph_url: None,
            source: None,
            gateways: Vec::new(),
            spf_senders: Vec::new(),
            hybrid: false,
            parked: false,
            switch_at: None,
        }
    }
}

/// Where the answers come from.
#[derive(Debug, Clone)]
pub struct LookupOptions {
    /// Resolvers to ask; none for those of the system.
    pub resolvers: Vec<ResolverAddress>,
    /// Name servers that are asked instead of the delegated ones.
    pub name_servers: Vec<NameServerHost>,
    /// Whether the zone is read by transfer.
    pub transfer: bool,
    /// The key file that a transfer is signed with; implies one.
    pub tsig: Option<PathBuf>,
    /// Which answers decide.
    pub view: TrustPolicy,
    /// Zone files that answer instead of the network.
    pub zones: Vec<PathBuf>,
    /// Where every answer is saved.
    pub record: Option<PathBuf>,
    /// A saved run that answers instead of the network.
    pub replay: Option<PathBuf>,
    /// Time for one try.
    pub timeout: Duration,
    /// Time for one whole domain.
    pub deadline: Duration,
    /// Port of authoritative servers.
    pub authority_port: u16,
    /// What web servers are asked.
    pub web: Vec<WebTopic>,
    /// Whether the MTA-STS policy is not fetched.
    pub no_https: bool,
    /// Whether servers on private addresses are asked although public DNS named them.
    pub allow_private_servers: bool,
}

impl Default for LookupOptions {
    fn default() -> Self {
        Self {
            resolvers: Vec::new(),
            name_servers: Vec::new(),
            transfer: false,
            tsig: None,
            view: TrustPolicy::Both,
            zones: Vec::new(),
            record: None,
            replay: None,
            timeout: Duration::from_secs(2),
            deadline: Duration::from_secs(15),
            authority_port: 53,
            web: Vec::new(),
            no_https: false,
            allow_private_servers: false,
        }
    }
}

impl LookupOptions {
    /// Returns whether zones are read by transfer.
    #[must_use]
    pub fn is_transferred(&self) -> bool {
        self.transfer || self.tsig.is_some()
    }
}

/// A name server that is named: by its address, or by a name that is looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NameServerHost {
    /// By its address.
    Address(IpAddr),
    /// By its name.
    Name(Name),
}

impl FromStr for NameServerHost {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
        if let Ok(address) = bare.parse() {
            return Ok(Self::Address(address));
        }
        if text.parse::<SocketAddr>().is_ok() {
            return Err(
                "expected a name server without a port; `--authority-port` sets the port of all".into()
            );
        }
        domain::parse(text).map(Self::Name).map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_domain_is_in_exactly_one_shard_and_stays_there() {
        let names: Vec<String> = (0..1000).map(|number| format!("customer-{number}.example")).collect();
        for of in [1, 2, 7, 16] {
            let mut counts = vec![0; of as usize];
            for name in &names {
                let holders: Vec<u32> =
                    (1..=of).filter(|index| Shard { index: *index, of }.holds(name)).collect();
                let [holder] = holders[..] else { panic!("{name}: {holders:?}") };
                counts[holder as usize - 1] += 1;
            }
            let even = names.len() / of as usize;
            assert!(counts.iter().all(|count| *count > even / 2 && *count < even * 2), "{of}: {counts:?}");
        }
        // The same in every version: jobs of several versions share a list.
        assert!(
            Shard { index: 2, of: 4 }.holds("contoso.com") != Shard { index: 1, of: 4 }.holds("contoso.com")
        );
    }
}
