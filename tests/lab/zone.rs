//! What do the zones of a lab hold, and what does a server say of them?

use std::collections::BTreeMap;

use cutover::record::{Name, Record, RecordData, RecordType};
use hickory_resolver::proto::op::ResponseCode;

/// Aliases that a server or resolver of the lab follows.
const MAX_ALIASES: usize = 16;

/// One zone as one server has it.
#[derive(Clone)]
pub struct Zone {
    pub apex: Name,
    names: BTreeMap<Name, Vec<Record>>,
}

/// What a reply holds, before anybody spoils it.
#[derive(Clone)]
pub struct Said {
    pub rcode: ResponseCode,
    pub authoritative: bool,
    pub recursion_available: bool,
    pub answers: Vec<Record>,
    pub authorities: Vec<Record>,
    pub additionals: Vec<Record>,
    pub ede: Vec<(u16, &'static str)>,
}

impl Default for Said {
    fn default() -> Self {
        Self {
            rcode: ResponseCode::NoError,
            authoritative: false,
            recursion_available: false,
            answers: Vec::new(),
            authorities: Vec::new(),
            additionals: Vec::new(),
            ede: Vec::new(),
        }
    }
}

impl Said {
    pub fn error(rcode: ResponseCode) -> Self {
        Self { rcode, ..Self::default() }
    }
}

/// Records from lines of `owner TTL type data`; blank lines and those that begin with `;` are skipped.
pub fn records(origin: &str, lines: &str) -> Vec<Record> {
    let origin: Name = origin.parse().unwrap();
    let lines = lines.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with(';'));
    lines.map(|line| record(&origin, line).unwrap_or_else(|| panic!("`{line}` is no record"))).collect()
}

fn record(origin: &Name, line: &str) -> Option<Record> {
    let mut rest = line;
    let mut field = || {
        let (field, after) = rest.split_once(char::is_whitespace)?;
        rest = after.trim_start();
        Some(field)
    };
    let (owner, ttl, rtype) = (field()?, field()?, field()?);
    let rtype: RecordType = rtype.parse().ok()?;
    Some(Record {
        name: Name::parse_relative(owner.as_bytes(), origin).ok()?,
        ttl: ttl.parse().ok()?,
        data: RecordData::parse(rtype, rest, origin).unwrap_or_else(|error| panic!("`{line}`: {error}")),
    })
}

impl Zone {
    pub fn new(apex: &str, lines: &str) -> Self {
        let mut zone = Self { apex: apex.parse().unwrap(), names: BTreeMap::new() };
        for record in records(apex, lines) {
            assert!(record.name.is_within(&zone.apex), "{record} is not in {apex}");
            zone.names.entry(record.name.clone()).or_default().push(record);
        }
        if zone.at(&zone.apex, RecordType::Soa).is_empty() {
            let soa = records(apex, "@ 300 SOA ns1 hostmaster 1 3600 600 604800 300");
            zone.names.entry(zone.apex.clone()).or_default().extend(soa);
        }
        zone
    }

    fn at(&self, name: &Name, rtype: RecordType) -> Vec<Record> {
        let records = self.names.get(name).into_iter().flatten();
        records.filter(|record| record.data.rtype() == rtype).cloned().collect()
    }

    /// The name of the delegation that `name` lies in, if it lies in one.
    fn cut(&self, name: &Name) -> Option<Name> {
        let below: Vec<Name> = name.ancestors().take_while(|at| *at != self.apex).collect();
        below.into_iter().rev().find(|at| !self.at(at, RecordType::Ns).is_empty())
    }

    /// What an authority for this zone says (RFC 1034 §4.3.2).
    pub fn answer(&self, name: &Name, rtype: RecordType) -> Said {
        if let Some(cut) = self.cut(name) {
            let authorities = self.at(&cut, RecordType::Ns);
            let servers = authorities.iter().filter_map(|record| record.data.target());
            let glue = servers.flat_map(|server| {
                let mut glue = self.at(server, RecordType::A);
                glue.extend(self.at(server, RecordType::Aaaa));
                glue
            });
            let additionals = glue.collect();
            return Said { authorities, additionals, ..Said::default() };
        }
        let mut said = Said { authoritative: true, ..Said::default() };
        let mut name = name.clone();
        while said.answers.len() < MAX_ALIASES {
            let found = self.here(&name, rtype, &mut said);
            match found {
                Some(target) if target.is_within(&self.apex) && self.cut(&target).is_none() => name = target,
                _ => break,
            }
        }
        said
    }

    /// Adds what is at one name, and gives the target if that is an alias.
    pub fn here(&self, name: &Name, rtype: RecordType, said: &mut Said) -> Option<Name> {
        let Some(source) = self.source(name) else {
            said.rcode = ResponseCode::NXDomain;
            said.authorities = self.at(&self.apex, RecordType::Soa);
            return None;
        };
        let owned = |records: Vec<Record>| {
            records.into_iter().map(|record| Record { name: name.clone(), ..record }).collect::<Vec<_>>()
        };
        let wanted = owned(self.at(&source, rtype));
        if !wanted.is_empty() {
            said.answers.extend(wanted);
            return None;
        }
        let aliases = owned(self.at(&source, RecordType::Cname));
        said.answers.extend(aliases.clone());
        let target = aliases.first().and_then(|alias| alias.data.target().cloned());
        if target.is_none() {
            said.authorities = self.at(&self.apex, RecordType::Soa);
        }
        target
    }

    /// The name whose records hold for `name`: itself, or a wildcard (RFC 4592 §3.3).
    fn source(&self, name: &Name) -> Option<Name> {
        let exists = |at: &Name| self.names.keys().any(|known| known.is_within(at));
        if exists(name) {
            return Some(name.clone());
        }
        let closest = name.ancestors().skip(1).find(exists)?;
        let wildcard = closest.prepend("*").unwrap();
        self.names.contains_key(&wildcard).then_some(wildcard)
    }
}

/// What an authority for these zones says.
pub fn authoritative(zones: &[Zone], name: &Name, rtype: RecordType) -> Said {
    let zone =
        zones.iter().filter(|zone| name.is_within(&zone.apex)).max_by_key(|zone| zone.apex.label_count());
    zone.map_or_else(|| Said::error(ResponseCode::Refused), |zone| zone.answer(name, rtype))
}

/// What a resolver says that can ask all these zones, and remembers some things.
pub fn recursive(
    zones: &[Zone],
    cache: &[Record],
    absent: &BTreeMap<Name, u32>,
    name: &Name,
    rtype: RecordType,
) -> Said {
    let mut said = Said { recursion_available: true, ..Said::default() };
    let mut name = name.clone();
    while said.answers.len() < MAX_ALIASES {
        if let Some(&seconds) = absent.get(&name) {
            said.rcode = ResponseCode::NXDomain;
            said.authorities = soa_above(zones, &name, seconds);
            return said;
        }
        let remembered = |rtype: RecordType| {
            let records = cache.iter().filter(|record| record.name == name && record.data.rtype() == rtype);
            records.cloned().collect::<Vec<_>>()
        };
        let wanted = remembered(rtype);
        if !wanted.is_empty() {
            said.answers.extend(wanted);
            return said;
        }
        if let Some(alias) = remembered(RecordType::Cname).pop() {
            let target = alias.data.target().cloned().unwrap();
            said.answers.push(alias);
            name = target;
            continue;
        }
        let zone =
            zones.iter().filter(|zone| name.is_within(&zone.apex)).max_by_key(|zone| zone.apex.label_count());
        let Some(zone) = zone else {
            said.rcode = ResponseCode::NXDomain;
            said.authorities = records(".", "@ 86400 SOA a.root. nobody. 1 1800 900 604800 86400");
            return said;
        };
        if zone.cut(&name).is_some() {
            // Delegated to nobody in this lab.
            said = Said::error(ResponseCode::ServFail);
            said.recursion_available = true;
            said.ede = vec![(22, "")];
            return said;
        }
        match zone.here(&name, rtype, &mut said) {
            Some(target) => name = target,
            None => return said,
        }
    }
    // An endless chain of aliases.
    Said { recursion_available: true, ..Said::error(ResponseCode::ServFail) }
}

fn soa_above(zones: &[Zone], name: &Name, ttl: u32) -> Vec<Record> {
    let zone =
        zones.iter().filter(|zone| name.is_within(&zone.apex)).max_by_key(|zone| zone.apex.label_count());
    let soa = zone.map(|zone| zone.at(&zone.apex, RecordType::Soa)).unwrap_or_default();
    soa.into_iter().map(|record| Record { ttl, ..record }).collect()
}
