//! Turns the options into a [`Source`]: reads zone files and recordings, finds the resolvers.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::expected::import;
use crate::facts::{Recording, TrustPolicy, WebTopic};
use crate::lookup::transport::{Endpoint, ResolverAddress, Transport, system_resolvers};
use crate::lookup::zonefile::ZoneFiles;
use crate::lookup::{Network, Permissions, Source, TsigKey};
use crate::record::{Name, NameError, route53, zone};

use super::error::{RunError, shown};
use super::files;
use super::names::Names;
use super::options::{DomainLimit, DomainSelection, LookupOptions, NameServerHost, RunOptions};

/// The sources of the answers of a run, and the notes about them.
#[derive(Debug)]
pub struct RunInputs {
    /// The sources of the answers.
    pub source: Source,
    /// The topics that web servers are asked about; in a replay all of them, since the recording decides.
    pub web: Vec<WebTopic>,
    /// The options of zone transfers; `None` if zones are not read by transfer.
    pub transfer: Option<Transfer>,
    /// The notes to show on standard error before the report.
    pub notes: Vec<String>,
    /// The notes that are shown only with `-v`.
    pub asides: Vec<String>,
}

/// The options of zone transfers.
#[derive(Debug, Default)]
pub struct Transfer {
    /// The key that signs the requests.
    pub key: Option<TsigKey>,
}

/// The name servers that the user named, with their addresses.
type NameServers = BTreeMap<Name, BTreeSet<IpAddr>>;

impl RunInputs {
    /// Returns the inputs of a saved run, at its time.
    pub fn replayed(recording: Recording) -> Self {
        let started = recording.facts.checked_at;
        let source = Source::replay(recording, started);
        let (web, transfer) = (WebTopic::ALL.to_vec(), Some(Transfer::default()));
        Self { source, web, transfer, notes: Vec::new(), asides: Vec::new() }
    }

    /// Begins another round at this time, and reads the zone files again, since they may have been edited.
    ///
    /// # Errors
    /// [`RunError`] for a zone file that cannot be used any more.
    pub(crate) fn begin_round(
        &mut self,
        lookup: &LookupOptions,
        names: &Names,
        now: Timestamp,
    ) -> Result<(), RunError> {
        let zones = match lookup.zones.is_empty() {
            true => None,
            false => Some(read_zones(lookup, names, &mut Vec::new())?),
        };
        self.source.begin_round(whole_seconds(now), zones);
        Ok(())
    }
}

/// Prepares a run over these domains, or over those of a recording if the user named none.
///
/// # Errors
/// [`RunError`] for a file or resolver that cannot be used, or if there is no domain.
pub(super) async fn prepare(
    names: Names,
    options: &RunOptions,
    now: Timestamp,
) -> Result<(RunInputs, Names), RunError> {
    let lookup = &options.lookup;
    let started = whole_seconds(now);
    if let Some(path) = &lookup.replay {
        // The domains of the settings were not asked for, and the recording may hold others.
        let DomainSelection { typed, list, groups, .. } = &options.domains;
        let is_named = !typed.is_empty() || list.is_some() || !groups.is_empty();
        return replay(path, if is_named { names } else { Names::default() });
    }
    let mut notes = Vec::new();
    // A part of a short list may be empty: starting the usual number of jobs is not a mistake.
    match (names.is_empty(), options.domains.shard, options.domains.limit) {
        (true, None, DomainLimit::One | DomainLimit::Any) => return Err(no_domain(options)),
        (true, Some(_), _) => notes.push("this part of the list contains no domain".to_owned()),
        (true, None, DomainLimit::AnyOrNone) | (false, ..) => {}
    }
    let zones = match lookup.zones.is_empty() {
        true => None,
        false => Some(read_zones(lookup, &names, &mut notes)?),
    };
    if let Some(zones) = &zones
        && lookup.resolvers.is_empty()
    {
        notes.push(
            "Offline: only the zone file was read. Add `--resolver 1.1.1.1` to look up other names.".into(),
        );
        notes.extend(unasked(lookup));
        let source = Source::offline(zones.clone(), started);
        return Ok((RunInputs { source, web: Vec::new(), transfer: None, notes, asides: Vec::new() }, names));
    }
    let is_transferred = lookup.is_transferred();
    if is_transferred && lookup.view == TrustPolicy::Resolver {
        let message = "--transfer: with `--view resolver` no name server is queried; omit one of the two";
        return Err(RunError::Usage(message.into()));
    }
    let transfer = is_transferred.then(|| read_key(lookup)).transpose()?;
    let (network, permissions) = network(lookup, started).await?;
    let implied = permissions.kinds().filter(|_| !lookup.allow_private_servers);
    let aside = |kind| {
        format!(
            "a resolver or name server is named on {kind}, so name servers and policy hosts on such \
             addresses are queried too"
        )
    };
    let asides = implied.map(aside).collect();
    let source = Source::online(network, zones, started);
    let web = lookup.web.clone();
    Ok((RunInputs { source, web, transfer, notes, asides }, names))
}

/// Returns the time in whole seconds: a report shows no fractions, and a recording must reproduce it.
pub(super) fn whole_seconds(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).unwrap_or(time)
}

fn read_key(lookup: &LookupOptions) -> Result<Transfer, RunError> {
    let read = |path: &PathBuf| {
        let text = files::read_text(path, files::KEY_FILE)?;
        TsigKey::parse(&text).map_err(|error| RunError::content(path, error))
    };
    Ok(Transfer { key: lookup.tsig.as_ref().map(read).transpose()? })
}

/// Returns the option that asks web servers about a topic.
fn option(topic: WebTopic) -> &'static str {
    match topic {
        WebTopic::Tenant => "--ask-tenant",
        WebTopic::Autodiscover => "--ask-autodiscover",
    }
}

/// Returns the note about options that have no effect because only zone files are read.
fn unasked(lookup: &LookupOptions) -> Option<String> {
    let transfer = lookup.is_transferred().then_some("--transfer");
    let options: Vec<&str> = lookup.web.iter().copied().map(option).chain(transfer).collect();
    (!options.is_empty())
        .then(|| format!("{}: not queried, since only zone files are read", options.join(", ")))
}

/// Returns the error for a run without a domain to check.
fn no_domain(options: &RunOptions) -> RunError {
    let groups = &options.domains.groups;
    let why = match &options.configured.file {
        Some(file) if !groups.is_empty() => {
            format!("{file} lists none of the group {}", groups.join(", "))
        }
        Some(file) => format!("{file} lists none"),
        None => "there is no settings file with a `[[domain]]`".to_owned(),
    };
    RunError::Usage(format!("no domain to check: {why}; name one, as in `cutover check contoso.com`"))
}

fn replay(path: &Path, names: Names) -> Result<(RunInputs, Names), RunError> {
    let text = files::read_text(path, files::EARLIER_RUN)?;
    let recording = Recording::parse(&text).map_err(|error| RunError::content(path, error))?;
    // In the order of the run that was recorded, in which a domain that was checked again came last.
    let names = match names.is_empty() {
        true => Names::of(recording.domains.iter().cloned()),
        false => names.ordered_as(&recording.domains),
    };
    if names.is_empty() {
        return Err(RunError::content(path, "the recording names no domain; name one on the command line"));
    }
    Ok((RunInputs::replayed(recording), names))
}

fn read_zones(lookup: &LookupOptions, names: &Names, notes: &mut Vec<String>) -> Result<ZoneFiles, RunError> {
    let mut zones = ZoneFiles::new();
    for path in &lookup.zones {
        let octets = files::read(path, files::ZONE_FILE)?;
        let label = shown(path);
        let origin = origin(path, names);
        let text = match listing(&octets) {
            Some(list) => {
                let listing = route53::read(&list, origin.as_ref(), &label).map_err(RunError::records)?;
                notes.extend(listing.warnings);
                listing.text
            }
            None => {
                let text = zone::read(&octets, origin.as_ref(), &label).map_err(RunError::records)?;
                notes.extend(text.warnings.iter().map(|warning| format!("{label}:{warning}")));
                text
            }
        };
        zones.add(&label, text).map_err(RunError::records)?;
    }
    Ok(zones)
}

/// Returns the text of a list in JSON, as Route 53 writes it; `None` for a zone file.
fn listing(octets: &[u8]) -> Option<String> {
    import::decoded(octets).ok().filter(|text| route53::is_one(text))
}

/// Returns the origin of a file that does not begin with `$ORIGIN`: the domain in its name, or the only domain to
/// check.
fn origin(path: &Path, names: &Names) -> Option<Name> {
    let stem = path.file_name()?.to_string_lossy();
    let stem = stem.strip_prefix("db.").unwrap_or(&stem);
    let stem = [".zone", ".txt", ".db", ".hosts", ".json"]
        .iter()
        .find_map(|end| stem.strip_suffix(end))
        .unwrap_or(stem);
    let named = stem.parse::<Name>().ok();
    let fits = |name: &Name| name.label_count() > 1 && names.iter().any(|domain| domain.is_within(name));
    named.filter(fits).or_else(|| names.iter().next().filter(|_| names.len() == 1))
}

async fn network(lookup: &LookupOptions, started: Timestamp) -> Result<(Network, Permissions), RunError> {
    let timeout = lookup.timeout;
    let named = endpoints(&lookup.resolvers, timeout).await?;
    let endpoints = match named.is_empty() {
        true => system_resolvers().map_err(RunError::resolver)?,
        false => named.clone(),
    };
    let transport = Transport::new(timeout).with_clock(started);
    let network = Network::new(transport, endpoints, lookup.view, lookup.authority_port);
    let servers = name_servers(lookup, &network).await?;
    let permissions = permissions(lookup, &named, &servers);
    let network = network.with_permissions(permissions).with_name_servers(servers);
    Ok((if lookup.no_https { network.without_https() } else { network }, permissions))
}

/// Returns the kinds of address that may be contacted although only DNS names them. The system's own resolvers allow
/// nothing: nearly every system has a stub on a loopback address.
fn permissions(lookup: &LookupOptions, named: &[Endpoint], servers: &NameServers) -> Permissions {
    if lookup.allow_private_servers {
        return Permissions::ALL;
    }
    let resolvers = named.iter().map(|endpoint| endpoint.address().ip());
    let servers = servers.values().flatten().copied();
    resolvers.chain(servers).fold(Permissions::default(), Permissions::naming)
}

/// Returns the name servers that the user named, with their addresses.
async fn name_servers(lookup: &LookupOptions, network: &Network) -> Result<NameServers, RunError> {
    if !lookup.name_servers.is_empty() && lookup.view == TrustPolicy::Resolver {
        let message = "--name-server: with `--view resolver` no name server is queried; omit one of the two";
        return Err(RunError::Usage(message.into()));
    }
    let mut servers = NameServers::new();
    for host in &lookup.name_servers {
        let (name, addresses) = match host {
            NameServerHost::Address(address) => {
                let name = address_name(*address).map_err(RunError::resolver)?;
                (name, BTreeSet::from([*address]))
            }
            NameServerHost::Name(name) => (name.clone(), network.addresses_of(name).await),
        };
        if addresses.is_empty() {
            let message = format!(
                "--name-server: the resolvers know no address of `{}`; check the name, or pass the address",
                name.without_trailing_dot()
            );
            return Err(RunError::Usage(message));
        }
        servers.entry(name).or_default().extend(addresses);
    }
    Ok(servers)
}

/// Returns an address in the place of the name of a name server; a colon is an ordinary octet of a label.
fn address_name(address: IpAddr) -> Result<Name, NameError> {
    address.to_string().parse()
}

async fn endpoints(
    addresses: &[ResolverAddress],
    timeout: std::time::Duration,
) -> Result<Vec<Endpoint>, RunError> {
    let resolved = addresses.iter().map(|address| address.resolve(timeout));
    let resolved = futures_util::future::join_all(resolved).await;
    resolved.into_iter().collect::<Result<_, _>>().map_err(RunError::resolver)
}
