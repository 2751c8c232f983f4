//! Where do the answers of this run come from?
//!
//! Turns the options into a [`Source`]: reads zone files and recordings, finds the resolvers.

use std::path::Path;

use jiff::Timestamp;

use crate::facts::{Recording, View};
use crate::lookup::transport::{Endpoint, ResolverAddress, Transport, system_resolvers};
use crate::lookup::zonefile::ZoneFiles;
use crate::lookup::{Network, Source};
use crate::record::{Name, zone};
use crate::report::view::harmless;

use super::args::Lookup;
use super::files;
use super::settings::Settings;
use super::{Problem, domain};

/// A run that is about to begin.
pub(super) struct World {
    /// Where the answers come from.
    pub(super) source: Source,
    /// The domains to check.
    pub(super) domains: Vec<Name>,
    /// What to say on standard error before the report.
    pub(super) notes: Vec<String>,
}

impl World {
    /// A saved run: its domains, at its time.
    pub(super) fn replayed(recording: Recording) -> Self {
        let started = recording.facts.checked_at;
        let domains = recording.domains.clone();
        let source = Source { started, zones: None, recording: Some(recording), network: None };
        Self { source, domains, notes: Vec::new() }
    }

    /// Begins another round at this time; zone files may have been edited meanwhile.
    ///
    /// # Errors
    /// [`Problem`] for a zone file that cannot be used any more.
    pub(super) fn begin_round(&mut self, lookup: &Lookup, now: Timestamp) -> Result<(), Problem> {
        let now = Timestamp::from_second(now.as_second()).unwrap_or(now);
        self.source.begin_round(now);
        if !lookup.zone.is_empty() {
            self.source.zones = Some(read_zones(lookup, &self.domains, &mut Vec::new())?);
        }
        Ok(())
    }
}

/// Prepares a run over the domains as they were typed.
///
/// # Errors
/// [`Problem`] for a domain, file or resolver that cannot be used.
pub(super) async fn prepare(
    typed: &[String],
    settings: &Settings,
    lookup: &Lookup,
    now: Timestamp,
) -> Result<World, Problem> {
    let mut domains: Vec<Name> = Vec::new();
    for typed in typed {
        let domain = domain::parse(typed).map_err(Problem::Usage)?;
        // Asked for twice, a domain is still checked once.
        if !domains.contains(&domain) {
            domains.push(domain);
        }
    }
    if domains.is_empty() && lookup.replay.is_none() {
        domains.extend(settings.domains().iter().map(|own| own.name.clone()));
    }
    if domains.is_empty() && lookup.replay.is_none() {
        let settings = match settings.file() {
            Some(file) => format!("{file} names none"),
            None => "there is no settings file with a `[[domain]]`".to_owned(),
        };
        return Err(Problem::Usage(format!(
            "no domain to look at: {settings}; name one, as in `cutover check contoso.com`"
        )));
    }
    // Whole seconds: a report tells them, and a recording must give back the same.
    let started = Timestamp::from_second(now.as_second()).unwrap_or(now);
    let mut notes = Vec::new();
    if let Some(path) = &lookup.replay {
        return replay(path, domains, notes);
    }
    let zones = match lookup.zone.is_empty() {
        true => None,
        false => Some(read_zones(lookup, &domains, &mut notes)?),
    };
    if let Some(zones) = &zones
        && lookup.resolver.is_empty()
    {
        refuse_foreign(zones, &domains, lookup)?;
        notes.push("names outside the zone files are not looked up; --resolver asks for them".into());
        return Ok(World {
            source: Source { started, zones: Some(zones.clone()), recording: None, network: None },
            domains,
            notes,
        });
    }
    let network = network(lookup, started).await?;
    Ok(World { source: Source { started, zones, recording: None, network: Some(network) }, domains, notes })
}

fn replay(path: &Path, domains: Vec<Name>, notes: Vec<String>) -> Result<World, Problem> {
    let text = files::read_text(path)?;
    let recording = Recording::parse(&text).map_err(|error| Problem::file(path, &error.to_string()))?;
    let domains = if domains.is_empty() { recording.domains.clone() } else { domains };
    if domains.is_empty() {
        return Err(Problem::file(path, "the recording names no domain; name one on the command line"));
    }
    Ok(World { domains, notes, ..World::replayed(recording) })
}

fn read_zones(lookup: &Lookup, domains: &[Name], notes: &mut Vec<String>) -> Result<ZoneFiles, Problem> {
    let mut zones = ZoneFiles::new();
    for path in &lookup.zone {
        let octets = files::read(path)?;
        let label = harmless(&path.display().to_string());
        let origin = origin(path, domains);
        let text = zone::read(&octets, origin.as_ref(), &label)
            .map_err(|error| Problem::Usage(error.to_string()))?;
        notes.extend(text.warnings.iter().map(|warning| format!("{label}:{warning}")));
        zones.add(&label, text).map_err(|error| Problem::Usage(error.to_string()))?;
    }
    Ok(zones)
}

/// The origin of a file that does not begin with `$ORIGIN`: the domain in its name, or the only domain to check.
fn origin(path: &Path, domains: &[Name]) -> Option<Name> {
    let stem = path.file_name()?.to_string_lossy();
    let stem = stem.strip_prefix("db.").unwrap_or(&stem);
    let stem =
        [".zone", ".txt", ".db", ".hosts"].iter().find_map(|end| stem.strip_suffix(end)).unwrap_or(stem);
    let named = stem.parse::<Name>().ok();
    let fits = |name: &Name| name.label_count() > 1 && domains.iter().any(|domain| domain.is_within(name));
    named.filter(fits).or_else(|| match domains {
        [domain] => Some(domain.clone()),
        _ => None,
    })
}

/// A domain that no file covers cannot be checked offline.
fn refuse_foreign(zones: &ZoneFiles, domains: &[Name], lookup: &Lookup) -> Result<(), Problem> {
    let Some(domain) = domains.iter().find(|domain| !zones.covers(domain)) else { return Ok(()) };
    let files: Vec<String> =
        lookup.zone.iter().map(|path| format!("`{}`", harmless(&path.display().to_string()))).collect();
    Err(Problem::Usage(format!(
        "{} holds no zone of `{}`; expected a file with `$ORIGIN {domain}`, or --resolver to look it up",
        files.join(", "),
        domain.bare()
    )))
}

async fn network(lookup: &Lookup, started: Timestamp) -> Result<Network, Problem> {
    let timeout = lookup.timeout.0;
    let endpoints = match lookup.resolver.is_empty() {
        true => system_resolvers().map_err(|error| Problem::Usage(error.to_string()))?,
        false => endpoints(&lookup.resolver, timeout).await?,
    };
    let transport = Transport::new(timeout).with_clock(started);
    let network = Network::new(transport, endpoints, View::from(lookup.view), lookup.authority_port);
    let network = if lookup.no_https { network.without_https() } else { network };
    Ok(if lookup.allow_private_servers { network.with_private_servers() } else { network })
}

async fn endpoints(
    addresses: &[ResolverAddress],
    timeout: std::time::Duration,
) -> Result<Vec<Endpoint>, Problem> {
    let resolved = addresses.iter().map(|address| address.resolve(timeout));
    let resolved = futures_util::future::join_all(resolved).await;
    resolved.into_iter().collect::<Result<_, _>>().map_err(|error| Problem::Usage(error.to_string()))
}
