//! Finds the records of a zone's name: at the name, by a wildcard, or below a delegation or a DNAME.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::facts::{Server, soa_of};
use crate::record::{Name, Record, RecordData, RecordType};

/// The type of DNAME (RFC 6672).
const DNAME: RecordType = RecordType::Other(39);

/// The content of each name, in canonical order: names below a name follow it.
pub(super) type Nodes = BTreeMap<Name, Node>;

/// One zone.
#[derive(Debug, Clone)]
pub(super) struct Zone {
    pub(super) file: Arc<Server>,
    pub(super) has_soa: bool,
    pub(super) nodes: Nodes,
}

/// The content of one name.
#[derive(Debug, Clone)]
pub(super) struct Node {
    /// The file of the first record.
    pub(super) file: Arc<Server>,
    /// The records, ordered by data, without duplicates.
    pub(super) records: Vec<Record>,
    /// True if a proxy answers in place of the alias here.
    pub(super) is_proxied: bool,
    /// The types of records that are published here but not in the file, with the reason.
    pub(super) unlisted: BTreeMap<RecordType, String>,
}

/// The place where a name is looked up.
pub(super) struct Place<'a> {
    /// The zone and its apex; `None` for names without a zone.
    pub(super) zone: Option<(&'a Name, &'a Zone)>,
    pub(super) nodes: &'a Nodes,
    pub(super) file: &'a Arc<Server>,
}

/// The result of a lookup for one type at one name.
pub(super) enum Step {
    /// Records of the type; true if a proxy answers in their place.
    Records(Vec<Record>, bool),
    /// Records of the type that the file does not hold, with the reason.
    Unlisted(String),
    /// Aliases, and the name at which to continue.
    Alias(Vec<Record>, Name),
    /// The name exists but has no such record.
    NoData,
    /// The name does not exist.
    NxDomain,
}

/// The result of the descent from the apex of a zone to a name.
pub(super) enum Descent<'a> {
    /// The name belongs to a zone further down, which has these name servers.
    Cut(Vec<Record>),
    /// The name is below a DNAME with this owner and target.
    Renamed(&'a Record, Name),
    /// The name is reached.
    Reached,
}

impl<'a> Place<'a> {
    /// Searches for a delegation or a DNAME on the path from the apex down to the name (RFC 1034 §4.3.2 step 3).
    pub(super) fn descend(&self, name: &Name) -> Descent<'a> {
        let Some((apex, _)) = self.zone else { return Descent::Reached };
        let mut path: Vec<Name> = name.ancestors().take_while(|above| above.is_within(apex)).collect();
        path.reverse();
        for above in &path {
            let Some(node) = self.nodes.get(above) else { continue };
            if above != apex && node.of(RecordType::Ns).next().is_some() {
                return Descent::Cut(node.of(RecordType::Ns).cloned().collect());
            }
            let renamed = node.of(DNAME).find_map(|record| Some((record, renamed(name, record)?)));
            if let Some((record, target)) = renamed.filter(|_| above != name) {
                return Descent::Renamed(record, target);
            }
        }
        Descent::Reached
    }

    /// Returns the result for the name and type.
    pub(super) fn step(&self, name: &Name, rtype: RecordType) -> Step {
        if let Descent::Renamed(record, target) = self.descend(name) {
            let data = RecordData::Cname(target.clone());
            let alias = Record { name: name.clone(), ttl: record.ttl, data };
            return match rtype {
                RecordType::Cname => Step::Records(vec![alias], false),
                _ => Step::Alias(vec![alias], target),
            };
        }
        if let Some(node) = self.nodes.get(name) {
            return node.step(name, rtype);
        }
        if at_or_below(self.nodes, name).is_some() {
            return Step::NoData;
        }
        self.wildcard(name, rtype)
    }

    /// Returns the records of the wildcard at the closest encloser (RFC 4592 §3.3.1), with the name as owner.
    fn wildcard(&self, name: &Name, rtype: RecordType) -> Step {
        let encloser = name.ancestors().skip(1).find(|above| at_or_below(self.nodes, above).is_some());
        // A name that is too long cannot be an owner.
        let Some(source) = encloser.and_then(|encloser| encloser.prepend("*").ok()) else {
            return Step::NxDomain;
        };
        match self.nodes.get(&source) {
            Some(node) => node.step(name, rtype),
            None if at_or_below(self.nodes, &source).is_some() => Step::NoData,
            None => Step::NxDomain,
        }
    }

    /// Returns the SOA for a negative answer; its TTL is the time for which the answer may be cached (RFC 2308 §3).
    pub(super) fn soa(&self) -> Option<Record> {
        let (apex, zone) = self.zone?;
        let record = zone.nodes.get(apex)?.of(RecordType::Soa).next()?;
        let ttl = soa_of(record).map_or(record.ttl, |soa| record.ttl.min(soa.minimum));
        Some(Record { ttl, ..record.clone() })
    }
}

impl Node {
    /// Returns the content of a name without records.
    pub(super) fn empty(file: &Arc<Server>) -> Self {
        let (records, unlisted) = (Vec::new(), BTreeMap::new());
        Self { file: Arc::clone(file), records, is_proxied: false, unlisted }
    }

    /// Adds records; of two identical ones, the smaller TTL is kept.
    pub(super) fn add(&mut self, records: Vec<Record>) {
        self.records.extend(records);
        self.records.sort_by(|one, other| (&one.data, one.ttl).cmp(&(&other.data, other.ttl)));
        self.records.dedup_by(|later, earlier| later.data == earlier.data);
    }

    /// Returns the records of the type.
    pub(super) fn of(&self, rtype: RecordType) -> impl Iterator<Item = &Record> {
        self.records.iter().filter(move |record| record.data.rtype() == rtype)
    }

    /// Returns the result for the type at this name, with `name` as owner. Records of the type take precedence over an
    /// alias next to them: such a zone is broken, and both must be reported.
    fn step(&self, name: &Name, rtype: RecordType) -> Step {
        let owned = |record: &Record| Record { name: name.clone(), ..record.clone() };
        let wanted: Vec<Record> = self.of(rtype).map(owned).collect();
        if !wanted.is_empty() {
            return Step::Records(wanted, self.is_proxied && rtype == RecordType::Cname);
        }
        if let Some(reason) = self.unlisted.get(&rtype) {
            return Step::Unlisted(reason.clone());
        }
        let aliases: Vec<Record> = self.of(RecordType::Cname).map(owned).collect();
        match aliases.first().and_then(|alias| alias.data.target()).cloned() {
            Some(target) => Step::Alias(aliases, target),
            None => Step::NoData,
        }
    }
}

/// Returns the content of the name or, for an empty non-terminal, of the first name below it.
pub(super) fn at_or_below<'a>(nodes: &'a Nodes, name: &Name) -> Option<&'a Node> {
    let (found, node) = nodes.range(name..).next()?;
    found.is_within(name).then_some(node)
}

/// Returns the name with the owner of the DNAME replaced by its target (RFC 6672 §2.2); `None` if the result is too
/// long.
fn renamed(name: &Name, record: &Record) -> Option<Name> {
    let RecordData::Other(data) = &record.data else { return None };
    let target: Name = data.text.parse().ok()?;
    name.without_suffix(&record.name)?.doubled(&target).ok()
}
