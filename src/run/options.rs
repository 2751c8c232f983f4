//! The options of a run, as plain values.
//!
//! The command line and the settings file are read elsewhere.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use crate::check::{Assumptions, JudgeOptions, Waiver};
use crate::facts::{TrustPolicy, WebTopic};
use crate::lookup::Limits;
use crate::lookup::graph::Token;
use crate::lookup::transport::ResolverAddress;
use crate::record::Name;

use super::domain::{self, DomainError};
use super::domain_list::DomainList;
use super::expectation_options::{ConfiguredDomains, ExpectationOptions};

/// All inputs of a run other than DNS answers.
#[derive(Debug, Clone, Default)]
pub struct RunOptions {
    /// The domains that are checked.
    pub domains: DomainSelection,
    /// The options for a domain that the settings do not name.
    pub expected: ExpectationOptions,
    /// The domains that the settings name.
    pub configured: ConfiguredDomains,
    /// Findings that do not count for a while.
    pub waivers: Vec<Waiver>,
    /// The sources of the answers.
    pub lookup: LookupOptions,
    /// The token to read Microsoft Graph with.
    pub graph_token: Option<Token>,
    /// The history file, which records what was published before.
    pub history: Option<PathBuf>,
    /// The assumptions about what was not seen before.
    pub assumptions: Assumptions,
    /// True if recommended records count as required.
    pub strict: bool,
    /// The number of domains that are looked up at the same time; `None` for as many as the servers and the machine
    /// keep up with.
    pub concurrency: Option<usize>,
}

impl RunOptions {
    /// Returns the options for judging domains.
    #[must_use]
    pub(crate) fn judge_options(&self) -> JudgeOptions<'_> {
        JudgeOptions { view: self.lookup.view, strict: self.strict, waivers: &self.waivers, history: None }
    }

    /// Returns the limits for looking up one domain.
    #[must_use]
    pub fn limits(&self) -> Limits {
        Limits { deadline: self.lookup.deadline, ..Limits::default() }
    }
}

/// The domains to check: those named, else those of a list, else those of the settings.
#[derive(Debug, Clone, Default)]
pub struct DomainSelection {
    /// The domains as they were typed.
    pub typed: Vec<String>,
    /// A list of domains.
    pub list: Option<DomainList>,
    /// Groups of the settings; none for all domains of the settings.
    pub groups: Vec<String>,
    /// The part of the list that is checked.
    pub shard: Option<Shard>,
    /// True if the verified domains of the tenant are checked.
    pub all_of_tenant: bool,
    /// The number of domains that there may be.
    pub limit: DomainLimit,
}

/// The number of domains that a command accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DomainLimit {
    /// A single one.
    One,
    /// Any number, at least one.
    #[default]
    Any,
    /// Any number, or none: others are named later.
    AnyOrNone,
}

/// One of several parts of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// The number of the part, from 1.
    pub index: u32,
    /// The number of parts.
    pub of: u32,
}

impl Shard {
    /// Returns whether a domain belongs to it. Only its name decides, so that it stays there when others come and go.
    pub(super) fn holds(self, name: &str) -> bool {
        /// FNV-1a with 64 bits: short, and the same on every machine and in every version.
        const BASIS: u64 = 0xcbf2_9ce4_8422_2325;
        const PRIME: u64 = 0x0000_0100_0000_01b3;
        let hash = name.bytes().fold(BASIS, |hash, octet| (hash ^ u64::from(octet)).wrapping_mul(PRIME));
        // The low bits of FNV-1a alone are not spread well.
        (hash ^ (hash >> 32)) % u64::from(self.of) == u64::from(self.index - 1)
    }
}

/// The error of a text that is not a part of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ShardError {
    /// The parts are counted from 0.
    #[error("parts are counted from 1: the first is 1/{of}, the last {of}/{of}")]
    FromZero {
        /// The number of parts.
        of: u32,
    },
    /// Anything else.
    #[error("expected a part and their number, such as 1/4 for the first of four")]
    NotAPart,
}

impl FromStr for Shard {
    type Err = ShardError;

    fn from_str(text: &str) -> Result<Self, ShardError> {
        // Schedulers that count their jobs from 0 put the number into an argument, and have no shell to add one.
        let index = |text: &str| match text.strip_suffix("+1") {
            Some(before) => before.parse::<u32>().ok()?.checked_add(1),
            None => text.parse().ok(),
        };
        let read = text.split_once('/').and_then(|(part, of)| Some((index(part)?, of.parse().ok()?)));
        match read {
            Some((index, of)) if (1..=of).contains(&index) => Ok(Self { index, of }),
            Some((0, of)) if of > 0 => Err(ShardError::FromZero { of }),
            _ => Err(ShardError::NotAPart),
        }
    }
}

/// The sources of the answers, and the limits of lookups.
#[derive(Debug, Clone)]
pub struct LookupOptions {
    /// Resolvers to ask; none for those of the system.
    pub resolvers: Vec<ResolverAddress>,
    /// Name servers that are asked instead of the delegated ones.
    pub name_servers: Vec<NameServerHost>,
    /// True if the zone is read by transfer.
    pub transfer: bool,
    /// The key file that signs a transfer; implies one.
    pub tsig: Option<PathBuf>,
    /// The answers that decide.
    pub view: TrustPolicy,
    /// Zone files that answer instead of the network.
    pub zones: Vec<PathBuf>,
    /// The file that every answer is saved to.
    pub record: Option<PathBuf>,
    /// A saved run that answers instead of the network.
    pub replay: Option<PathBuf>,
    /// Time for one try.
    pub timeout: Duration,
    /// Time for one whole domain.
    pub deadline: Duration,
    /// Port of authoritative servers.
    pub authority_port: u16,
    /// The topics that web servers are asked about.
    pub web: Vec<WebTopic>,
    /// True if the MTA-STS policy is not fetched.
    pub no_https: bool,
    /// True if servers on private addresses are asked although public DNS named them.
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
    pub(crate) fn is_transferred(&self) -> bool {
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

/// The error of a text that does not name a name server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameServerHostError {
    /// An address with a port.
    #[error("expected a name server without a port; `--authority-port` sets the port of all")]
    Port,
    /// Neither an address nor a name.
    #[error(transparent)]
    Name(#[from] DomainError),
}

impl FromStr for NameServerHost {
    type Err = NameServerHostError;

    fn from_str(text: &str) -> Result<Self, NameServerHostError> {
        let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
        if let Ok(address) = bare.parse() {
            return Ok(Self::Address(address));
        }
        if text.parse::<SocketAddr>().is_ok() {
            return Err(NameServerHostError::Port);
        }
        Ok(Self::Name(domain::parse(text)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_may_be_counted_from_zero() {
        for (text, index, of) in [("1/4", 1, 4), ("4/4", 4, 4), ("0+1/4", 1, 4), ("3+1/4", 4, 4)] {
            assert_eq!(text.parse(), Ok(Shard { index, of }), "{text}");
        }
        for text in ["0/4", "5/4", "4+1/4", "+1/4", "1+2/4", "-1+1/4", "4294967295+1/4", "1", "1/0", "1+1"] {
            assert!(text.parse::<Shard>().unwrap_err().to_string().contains("1/4"), "{text}");
        }
    }

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
