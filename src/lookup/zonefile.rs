//! Answers from zone files as an authoritative server would.
//!
//! Answers are computed from the records alone: no network, no clock, no file system. Names that the files do not cover
//! are not answered at all, because a missing answer does not mean "does not exist".

mod zone;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::facts::{Outcome, Reply, Role, Server, soa_of};
use crate::record::zone::ZoneText;
use crate::record::{Name, Question, Record, RecordData, RecordType};

use zone::{Descent, Node, Nodes, Place, Step, Zone, at_or_below};

/// The highest number of aliases followed within one reply; resolvers give up earlier.
const MAX_CHAIN: usize = 32;

/// The records of zone files, ready to answer as the zones' name servers would.
///
/// The owner of an SOA record is the apex of a zone. A file without any SOA covers its origin and all names below, if
/// it has a record there. Records outside every apex, such as the SPF records of other domains in a test file, are
/// answered at exactly their names.
///
/// ```
/// use cutover::lookup::zonefile::ZoneFiles;
/// use cutover::record::{Question, RecordType, zone};
/// let text = zone::read(b"$ORIGIN contoso.com.\n$TTL 1h\n@ MX 10 mail", None, "contoso.zone").unwrap();
/// let mut files = ZoneFiles::new();
/// files.add("contoso.zone", text).unwrap();
/// let question = Question::new("contoso.com".parse().unwrap(), RecordType::Mx);
/// assert_eq!(files.answer(&question).unwrap().records.len(), 1);
/// ```
#[derive(Debug, Clone, Default)]
pub struct ZoneFiles {
    zones: BTreeMap<Name, Zone>,
    /// Records outside the apexes of their own file.
    foreign: BTreeMap<Name, Node>,
}

/// The error of two files that hold the same zone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("found an SOA of `{apex}` in `{second}`, and one in `{first}` before; pass one file for each zone")]
pub struct ZoneConflict {
    /// The zone.
    pub apex: Name,
    /// The file that was added first.
    pub first: String,
    /// The file that was refused.
    pub second: String,
}

impl ZoneFiles {
    /// Returns an empty set of files, which covers no name.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns one file with these records; without an SOA record among them it covers `origin`.
    #[must_use]
    pub fn from_records(label: &str, origin: Option<Name>, records: Vec<Record>) -> Self {
        let mut files = Self::new();
        files.add(label, ZoneText::from_records(origin, records)).expect("a conflict needs two files");
        files
    }

    /// Adds a file, called `label` in replies. A file without an SOA record whose origin is a known apex adds to that
    /// zone.
    ///
    /// # Errors
    /// [`ZoneConflict`] if an earlier file has an SOA record for the same zone; nothing is added then.
    pub fn add(&mut self, label: &str, text: ZoneText) -> Result<(), ZoneConflict> {
        self.refuse_conflict(label, &text)?;
        let file = Arc::new(Server { role: Role::ZoneFile, address: label.into() });
        let apexes = self.open_zones(&file, &text);
        let mut owners: BTreeMap<Name, Vec<Record>> = BTreeMap::new();
        for record in text.records {
            owners.entry(record.name.clone()).or_default().push(record);
        }
        for question in text.unlisted.keys() {
            owners.entry(question.name.clone()).or_default();
        }
        for (name, records) in owners {
            let apex = name.ancestors().find(|name| apexes.contains(name));
            let nodes = match apex.and_then(|apex| self.zones.get_mut(&apex)) {
                Some(zone) => &mut zone.nodes,
                None => &mut self.foreign,
            };
            nodes.entry(name).or_insert_with(|| Node::empty(&file)).add(records);
        }
        for (question, reason) in text.unlisted {
            if let Some(node) = self.node_mut(&question.name) {
                node.unlisted.insert(question.rtype, reason);
            }
        }
        for question in text.proxied {
            if question.rtype == RecordType::Cname
                && let Some(node) = self.node_mut(&question.name)
            {
                node.is_proxied = true;
            }
        }
        Ok(())
    }

    /// Returns the content of exactly this name.
    fn node_mut(&mut self, name: &Name) -> Option<&mut Node> {
        let apex = name.ancestors().find(|apex| self.zones.contains_key(apex));
        let nodes = match apex.and_then(|apex| self.zones.get_mut(&apex)) {
            Some(zone) => &mut zone.nodes,
            None => &mut self.foreign,
        };
        nodes.get_mut(name)
    }

    fn refuse_conflict(&self, label: &str, text: &ZoneText) -> Result<(), ZoneConflict> {
        for apex in &text.apexes {
            if let Some(zone) = self.zones.get(apex).filter(|zone| zone.has_soa) {
                let first = zone.file.address.clone();
                return Err(ZoneConflict { apex: apex.clone(), first, second: label.into() });
            }
        }
        Ok(())
    }

    /// Returns every record set that the files hold at and below `domain`.
    #[must_use]
    pub(crate) fn record_sets(&self, domain: &Name) -> BTreeSet<Question> {
        // Names and zones below a name sort after it, so only these are visited: a run may have many of both.
        let below = self.zones.range(domain..).take_while(|(apex, _)| apex.is_within(domain));
        let above = domain.ancestors().skip(1).filter_map(|above| self.zones.get(&above));
        let zones = below.map(|(_, zone)| zone).chain(above).map(|zone| &zone.nodes);
        let within = |nodes: &'_ Nodes| -> Vec<Question> {
            let held = nodes.range(domain..).take_while(|(name, _)| name.is_within(domain));
            let sets = held.flat_map(|(name, node)| {
                let held = node.records.iter().map(|record| record.data.rtype());
                held.chain(node.unlisted.keys().copied()).map(|rtype| Question::new(name.clone(), rtype))
            });
            sets.collect()
        };
        zones.chain([&self.foreign]).flat_map(within).collect()
    }

    /// Returns the apexes of one file, and prepares a zone for the records of each.
    fn open_zones(&mut self, file: &Arc<Server>, text: &ZoneText) -> BTreeSet<Name> {
        let has_soa = !text.apexes.is_empty();
        let mut apexes: BTreeSet<Name> = text.apexes.iter().cloned().collect();
        if !has_soa && let Some(origin) = &text.origin {
            // A file that holds only names of others does not cover its origin.
            apexes.extend(
                text.records
                    .iter()
                    .map(|record| &record.name)
                    .chain(text.unlisted.keys().map(|question| &question.name))
                    .any(|name| name.is_within(origin))
                    .then(|| origin.clone()),
            );
        }
        for apex in &apexes {
            let new = || Zone { file: Arc::clone(file), has_soa, nodes: Nodes::new() };
            let zone = self.zones.entry(apex.clone()).or_insert_with(new);
            if has_soa {
                (zone.file, zone.has_soa) = (Arc::clone(file), true);
            }
        }
        apexes
    }

    /// Returns the reply to a question; `None` if the files do not cover the name, so that it is not asked.
    ///
    /// Aliases are followed within the files (RFC 1034 §4.3.2). A chain that ends at a nonexistent name has
    /// [`Outcome::NxDomain`] (RFC 2308 §2.1). One that leaves the files, loops or ends at a name without such a record
    /// has [`Outcome::Records`]; only the last of these has the SOA. A chain that exceeds the length limit has
    /// [`Outcome::ChainTooLong`] and no records, and one that ends at records that are published but not in the file
    /// has [`Outcome::NotListed`]. The time of the reply is not set.
    #[must_use]
    pub fn answer(&self, question: &Question) -> Option<Reply> {
        if let Some(referral) = self.referral(question) {
            return Some(referral);
        }
        let mut place = self.place(&question.name)?;
        let mut reply = Reply::empty(question.clone(), Arc::clone(place.file), Outcome::Records);
        reply.authoritative = true;
        let mut chain = vec![question.name.clone()];
        while let Some(name) = chain.last() {
            match place.step(name, question.rtype) {
                Step::Records(records, is_proxied) => {
                    reply.records.extend(records);
                    reply.proxied = is_proxied;
                    break;
                }
                Step::Unlisted(reason) => {
                    reply.records.clear();
                    reply.outcome = Outcome::NotListed;
                    reply.reason = reason;
                    break;
                }
                Step::Alias(aliases, target) => {
                    reply.records.extend(aliases);
                    let looping = chain.contains(&target);
                    let Some(next) = self.place(&target).filter(|_| !looping) else { break };
                    if chain.len() > MAX_CHAIN {
                        reply.records.clear();
                        reply.outcome = Outcome::ChainTooLong;
                        reply.reason = format!("the chain has more than {MAX_CHAIN} aliases");
                        break;
                    }
                    place = next;
                    chain.push(target);
                }
                Step::NoData => {
                    reply.soa = place.soa();
                    if reply.records.is_empty() {
                        reply.outcome = Outcome::NoData;
                    }
                    break;
                }
                Step::NxDomain => {
                    reply.soa = place.soa();
                    reply.outcome = Outcome::NxDomain;
                    break;
                }
            }
        }
        Some(reply)
    }

    /// Returns the reply to a question about a name that the zone delegates to other name servers.
    fn referral(&self, question: &Question) -> Option<Reply> {
        let (apex, zone) = self.zone_of(&question.name)?;
        let place = Place { zone: Some((apex, zone)), nodes: &zone.nodes, file: &zone.file };
        let Descent::Cut(servers) = place.descend(&question.name) else { return None };
        let mut reply = Reply::empty(question.clone(), Arc::clone(place.file), Outcome::Referral);
        reply.referral = servers;
        Some(reply)
    }

    /// Returns whether the zone of the files delegates the name to other name servers.
    #[must_use]
    pub(crate) fn delegates(&self, name: &Name) -> bool {
        self.referral(&Question::new(name.clone(), RecordType::Ns)).is_some()
    }

    /// Returns whether a question about this name is answered from the files.
    #[must_use]
    pub fn covers(&self, name: &Name) -> bool {
        self.place(name).is_some()
    }

    /// Returns the name servers that the zone lists at its apex, in canonical order.
    #[must_use]
    pub fn name_servers(&self, apex: &Name) -> Vec<Name> {
        let servers = self.at_apex(apex).filter_map(|record| match &record.data {
            RecordData::Ns(server) => Some(server.clone()),
            _ => None,
        });
        servers.collect()
    }

    /// Returns the serial of the zone.
    #[must_use]
    pub fn serial(&self, apex: &Name) -> Option<u32> {
        self.at_apex(apex).find_map(soa_of).map(|soa| soa.serial)
    }

    fn at_apex(&self, apex: &Name) -> impl Iterator<Item = &Record> {
        let node = self.zones.get(apex).and_then(|zone| zone.nodes.get(apex));
        node.into_iter().flat_map(|node| &node.records)
    }

    fn zone_of(&self, name: &Name) -> Option<(&Name, &Zone)> {
        name.ancestors().find_map(|ancestor| self.zones.get_key_value(&ancestor))
    }

    fn place(&self, name: &Name) -> Option<Place<'_>> {
        if let Some((apex, zone)) = self.zone_of(name) {
            let place = Place { zone: Some((apex, zone)), nodes: &zone.nodes, file: &zone.file };
            return match place.descend(name) {
                Descent::Cut(_) => None,
                Descent::Renamed(..) | Descent::Reached => Some(place),
            };
        }
        let node = at_or_below(&self.foreign, name)?;
        Some(Place { zone: None, nodes: &self.foreign, file: &node.file })
    }
}

#[cfg(test)]
mod tests;
