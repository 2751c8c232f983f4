//! The zone of a domain and its name servers.

use serde::{Deserialize, Serialize};

use crate::facts::Zone;
use crate::record::Name;

use super::fields;

/// A zone.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "formats", derive(schemars::JsonSchema))]
pub struct ZoneView {
    /// The apex.
    pub apex: Name,
    /// The name servers.
    #[serde(default)]
    pub name_servers: Vec<NameServerView>,
}

/// A name server.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "formats", derive(schemars::JsonSchema))]
pub struct NameServerView {
    /// Its name.
    pub name: Name,
    /// Its addresses.
    #[serde(default, deserialize_with = "fields::addresses")]
    pub addresses: Vec<String>,
    /// The SOA serial that this server returned.
    pub serial: Option<u32>,
}

impl From<&Zone> for ZoneView {
    fn from(zone: &Zone) -> Self {
        let servers = zone.name_servers.iter().map(|server| NameServerView {
            name: server.name.clone(),
            addresses: server.addresses.iter().map(ToString::to_string).collect(),
            serial: server.serial,
        });
        Self { apex: zone.apex.clone(), name_servers: servers.collect() }
    }
}
