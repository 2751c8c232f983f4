//! Reads what Microsoft itself expects of the domains.
//!
//! Decides what is read from Microsoft Graph, and which domains of a tenant are worth checking.

use std::borrow::Cow;
use std::collections::BTreeMap;

use futures_util::{StreamExt as _, TryStreamExt as _};

use crate::expected::{Cloud, Purpose};
use crate::lookup::graph::{Failure, Graph, Ownership, Root, TenantDomain, Token};
use crate::record::Name;
use crate::report::harmless::harmless;

use super::domain;
use super::error::RunError;
use super::expectation_options::ExpectationOptions;
use super::options::RunOptions;

/// The number of domains whose lists are read at the same time.
const CONCURRENCY: usize = 8;
/// The maximum number of domains that are named as left out; more are only counted.
const MOST_NAMED: usize = 12;

/// The access to the tenant, if anything is to be read from it.
#[derive(Debug)]
pub struct Tenant {
    graph: Option<Graph>,
    /// True if the tenant's own list decides which domains are checked.
    lists_domains: bool,
}

impl Tenant {
    /// Returns the access that the options ask for.
    ///
    /// # Errors
    /// [`RunError`] without a token that can be used, or for options that contradict each other.
    pub fn open(options: &RunOptions) -> Result<Self, RunError> {
        let lists_domains = options.domains.all_of_tenant;
        let is_read = options.expected.graph || lists_domains;
        if !is_read && options.expected.graph_url.is_some() {
            let message = "--graph-url: pass `--graph` or `--all-domains` to read from Microsoft Graph";
            return Err(RunError::Usage(message.into()));
        }
        if is_read && options.lookup.replay.is_some() {
            let message = "--graph: a replay has no network; save the values with `az rest --method get \
                --url https://graph.microsoft.com/v1.0/domains/DOMAIN/serviceConfigurationRecords` and \
                pass the file with `--expect`";
            return Err(RunError::Usage(message.into()));
        }
        let graph = is_read.then(|| open(&options.expected, options.graph_token.as_ref())).transpose()?;
        Ok(Self { graph, lists_domains })
    }

    /// Returns the note about a recording, which does not contain the values of Microsoft Graph.
    pub fn note(&self, options: &RunOptions) -> Option<String> {
        let is_missed = self.graph.is_some() && options.lookup.record.is_some();
        is_missed.then(|| {
            "a recording contains DNS answers, but not the values of Microsoft Graph; for a replay, pass \
             those with `--expect`"
                .into()
        })
    }

    /// Returns the domains of the run, and the notes about those that are left out.
    ///
    /// # Errors
    /// [`RunError`] if they cannot be read, or none is worth checking.
    pub async fn domains<'a>(
        &self,
        typed: &'a [String],
    ) -> Result<(Cow<'a, [String]>, Vec<String>), RunError> {
        match &self.graph {
            Some(graph) if self.lists_domains => {
                let (domains, notes) = domains(graph).await?;
                Ok((Cow::Owned(domains), notes))
            }
            Some(_) | None => Ok((Cow::Borrowed(typed), Vec::new())),
        }
    }

    /// Returns the records that Microsoft expects for each of the domains; nothing if the tenant is not read.
    ///
    /// # Errors
    /// [`RunError`] if that cannot be read for one of them.
    pub async fn wanted(
        &self,
        domains: impl Iterator<Item = Name>,
    ) -> Result<BTreeMap<Name, Vec<u8>>, RunError> {
        let ownership = if self.lists_domains { Ownership::Proved } else { Ownership::Open };
        match &self.graph {
            Some(graph) => wanted(graph, domains, ownership).await,
            None => Ok(BTreeMap::new()),
        }
    }
}

/// Returns Microsoft Graph of the cloud, or at the URL that the options name.
fn open(options: &ExpectationOptions, token: Option<&Token>) -> Result<Graph, RunError> {
    let root = match &options.graph_url {
        Some(root) => root.clone(),
        None => root(options.cloud)?,
    };
    let token = token.cloned().ok_or(Failure::NoToken);
    let graph = token.and_then(|token| Graph::new(root, token));
    graph.map_err(|source| RunError::Graph { about: String::new(), source })
}

/// Returns the URL of Microsoft Graph of a cloud.
fn root(cloud: Cloud) -> Result<Root, RunError> {
    let host = cloud.value(Purpose::Graph).unwrap_or_default();
    format!("https://{host}").parse().map_err(|_| {
        RunError::Usage(format!(
            "--graph: no server of {} is known; pass one with `--graph-url`",
            cloud.title()
        ))
    })
}

/// Reads the records that Microsoft expects for each of the domains.
async fn wanted(
    graph: &Graph,
    domains: impl Iterator<Item = Name>,
    ownership: Ownership,
) -> Result<BTreeMap<Name, Vec<u8>>, RunError> {
    let read = async |domain: Name| {
        let list = graph.records(&domain, ownership).await;
        let list = list.map_err(|failure| {
            failed(graph, &format!(", asked about `{}`", domain.without_trailing_dot()), failure)
        });
        list.map(|list| (domain, list))
    };
    futures_util::stream::iter(domains).map(read).buffered(CONCURRENCY).try_collect().await
}

/// Reads the domains of the tenant that are worth checking, and the notes about the others.
async fn domains(graph: &Graph) -> Result<(Vec<String>, Vec<String>), RunError> {
    let all = graph.domains().await.map_err(|failure| failed(graph, "", failure))?;
    let (domains, notes) = chosen(&all);
    if domains.is_empty() {
        let notes = notes.iter().map(|note| format!("; {note}")).collect::<String>();
        let message = format!("--all-domains: the tenant has no verified domain of its own{notes}");
        return Err(RunError::Usage(harmless(&message)));
    }
    Ok((domains, notes))
}

fn failed(graph: &Graph, about: &str, source: Failure) -> RunError {
    RunError::Graph { about: format!(" at `{}`{about}", graph.root()), source }
}

/// The reason why a domain of the tenant is not checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum LeftOut {
    /// Microsoft does not accept mail for it yet.
    Unverified,
    /// It is Microsoft's own zone.
    Initial,
    /// It cannot be looked up.
    NoDomain,
}

impl LeftOut {
    fn of(domain: &TenantDomain) -> Option<Self> {
        let Ok(name) = domain::parse(&domain.name) else { return Some(Self::NoDomain) };
        let suffixes = Cloud::ALL.into_iter().filter_map(|cloud| cloud.value(Purpose::InitialDomain));
        let mut suffixes = suffixes.filter_map(|suffix| suffix.parse::<Name>().ok());
        if domain.is_initial || suffixes.any(|suffix| name.is_within(&suffix)) {
            return Some(Self::Initial);
        }
        (!domain.is_verified).then_some(Self::Unverified)
    }

    fn reason(self) -> &'static str {
        match self {
            Self::Unverified => "not verified yet; name one on the command line to check it nevertheless",
            Self::Initial => "Microsoft publishes the records of initial domains itself",
            Self::NoDomain => "not a name that can be looked up",
        }
    }
}

/// Returns the domains that are worth checking, in their order, and one line for each reason to leave others out.
fn chosen(all: &[TenantDomain]) -> (Vec<String>, Vec<String>) {
    let mut left_out: BTreeMap<LeftOut, Vec<&str>> = BTreeMap::new();
    let mut domains = Vec::new();
    for domain in all {
        match LeftOut::of(domain) {
            None => domains.push(domain.name.clone()),
            Some(why) => left_out.entry(why).or_default().push(&domain.name),
        }
    }
    let note = |(why, names): (LeftOut, Vec<&str>)| {
        let named = names.iter().take(MOST_NAMED).copied().collect::<Vec<_>>().join(", ");
        let more = match names.len().saturating_sub(MOST_NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        format!("left out: {named}{more} ({})", why.reason())
    };
    (domains, left_out.into_iter().map(note).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cloud_has_a_server() {
        for cloud in Cloud::ALL {
            let root = root(cloud).ok().unwrap().to_string();
            assert!(root.starts_with("https://") && root.ends_with("/v1.0"), "{root}");
        }
        assert_eq!(root(Cloud::Dod).ok().unwrap().to_string(), "https://dod-graph.microsoft.us/v1.0");
    }

    #[test]
    fn verified_domains_of_ones_own_are_chosen() {
        let domain =
            |name: &str, is_verified, is_initial| TenantDomain { name: name.into(), is_verified, is_initial };
        let (domains, notes) = chosen(&[
            domain("contoso.com", true, false),
            domain("contoso.onmicrosoft.com", true, true),
            domain("contoso.mail.onmicrosoft.com", true, false),
            domain("Contoso.OnMicrosoft.US", true, false),
            domain("contoso.partner.onmschina.cn", true, false),
            domain("notonmicrosoft.com", true, false),
            domain("new.example", false, false),
            domain("bad name", true, false),
        ]);
        assert_eq!(domains, ["contoso.com", "notonmicrosoft.com"]);
        assert_eq!(notes.len(), 3, "{notes:?}");
        assert!(
            notes[0].contains("new.example") && notes[1].contains("contoso.mail.onmicrosoft.com"),
            "{notes:?}"
        );
        assert!(notes[2].contains("bad name"), "{notes:?}");
    }
}
