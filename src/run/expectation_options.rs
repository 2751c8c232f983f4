//! The options that decide what is expected of a domain, as plain values: for every domain, and for single ones.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;

use crate::expected::import::Kind;
use crate::expected::{Cloud, Phase, Service};
use crate::lookup::graph::Root;
use crate::provider::Gateway;
use crate::record::Name;
use crate::record::spf::Term;

/// The domains that a settings file names.
#[derive(Debug, Clone, Default)]
pub struct ConfiguredDomains {
    /// The name of the file in messages; `None` if there is no file.
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
    /// The groups that it belongs to.
    pub groups: Vec<String>,
    /// The options of the domain; `None` if they are those of every other domain.
    pub expected: Option<Arc<ExpectationOptions>>,
    /// The options that only a list gives the domain, as words of a command line, each with a blank in front. A later
    /// command without the list has to repeat them.
    pub repeated: Arc<str>,
}

/// The options that a line of a list gives its domain.
#[derive(Debug, Clone)]
pub struct LineChoice {
    /// The options of the domain.
    pub expected: Arc<ExpectationOptions>,
    /// The options of the line, as in [`ConfiguredDomain::repeated`].
    pub repeated: Arc<str>,
}

impl ConfiguredDomain {
    /// Returns whether it belongs to one of these groups; without any, every domain of the settings does.
    #[must_use]
    pub fn is_of(&self, groups: &[String]) -> bool {
        groups.is_empty() || self.groups.iter().any(|group| groups.contains(group))
    }
}

/// The options that decide what is expected of a domain.
#[derive(Debug, Clone)]
pub struct ExpectationOptions {
    /// The part of the move that is checked.
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
    /// True if expected values are read from Microsoft Graph.
    pub graph: bool,
    /// The URL of Microsoft Graph; `None` for the server of the cloud.
    pub graph_url: Option<Root>,
    /// The platform being left, by its id; `None` to recognize it.
    pub source: Option<String>,
    /// Mail filters that are meant to stay in front.
    pub gateways: Vec<Gateway>,
    /// SPF terms of other senders that must stay.
    pub spf_senders: Vec<Term>,
    /// True if autodiscover stays on premises for now.
    pub hybrid: bool,
    /// True if the domain neither accepts nor sends mail, and is to stay that way.
    pub parked: bool,
    /// The planned time of the MX change.
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
