//! What does the small internet of `fixtures/internet` hold, and who serves what?
//!
//! One file for each zone. Which addresses serve it, its NS records and their addresses say, and nothing
//! else.
#![allow(clippy::disallowed_methods, reason = "the bans are for the program: a fixture is a file")]

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::path::Path;

use cutover::record::zone::{self, ZoneText};
use cutover::record::{Name, RecordData, RecordType};

use super::{Lab, LabServer};

/// Where the zone files are.
pub const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/internet");

impl Lab {
    /// Scripted servers for all zones, by address.
    pub fn internet(&self) -> BTreeMap<IpAddr, LabServer> {
        let zones = zones(Path::new(FIXTURES));
        let mut authorities: BTreeMap<IpAddr, LabServer> = BTreeMap::new();
        for (apex, text) in &zones {
            let lines = text.records.iter().map(|record| {
                format!(
                    "{} {} {} {}\n",
                    record.name,
                    record.ttl,
                    record.data.rtype(),
                    record.data.to_zone_text()
                )
            });
            let lines: String = lines.collect();
            for address in servers(&zones, apex) {
                let server = authorities.entry(address).or_insert_with(|| self.server(&address.to_string()));
                server.zone(&apex.to_string(), &lines);
            }
        }
        authorities
    }
}

/// The zones in a directory, by apex.
pub fn zones(directory: &Path) -> BTreeMap<Name, ZoneText> {
    let files = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let files = files.filter(|path| path.extension().is_some_and(|extension| extension == "zone"));
    files.map(|path| read(&path)).map(|text| (text.apexes[0].clone(), text)).collect()
}

/// The zone in a file.
pub fn read(path: &Path) -> ZoneText {
    zone::read(&std::fs::read(path).unwrap(), None, path.to_str().unwrap()).unwrap()
}

/// The file of a zone.
pub fn file_name(apex: &Name) -> String {
    if apex.is_root() { "root.zone".into() } else { format!("{}.zone", apex.without_trailing_dot()) }
}

/// The addresses of the name servers of a zone.
pub fn servers(zones: &BTreeMap<Name, ZoneText>, apex: &Name) -> BTreeSet<IpAddr> {
    let targets: BTreeSet<&Name> = zones[apex]
        .records
        .iter()
        .filter(|record| record.name == *apex && record.data.rtype() == RecordType::Ns)
        .filter_map(|record| record.data.target())
        .collect();
    let all = zones.values().flat_map(|text| &text.records);
    let addresses =
        all.filter(|record| targets.contains(&record.name)).filter_map(|record| match record.data {
            RecordData::A(address) => Some(IpAddr::V4(address)),
            _ => None,
        });
    addresses.collect()
}
