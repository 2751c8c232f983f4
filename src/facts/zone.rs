//! The zone of a domain and its name servers.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;

use foldhash::{HashMap, HashMapExt as _};

use crate::record::{Name, Question, RecordData, RecordType};

use super::{Facts, Reply, Role, Server, soa_of};

/// A zone and its name servers, as found in the facts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone {
    /// The apex of the zone.
    pub apex: Name,
    /// Its name servers, ordered by name.
    pub name_servers: Vec<NameServer>,
}

/// One name server of a zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameServer {
    /// Its name.
    pub name: Name,
    /// Its known addresses.
    pub addresses: Vec<IpAddr>,
    /// The serial of the zone at this server; the newest if its addresses differ.
    pub serial: Option<u32>,
}

/// Returns whether serial `a` is newer than `b` (RFC 1982 §3.2); false for equal and for incomparable serials.
#[must_use]
pub(crate) fn is_newer(a: u32, b: u32) -> bool {
    let ahead = a.wrapping_sub(b);
    ahead != 0 && ahead < 1 << 31
}

/// Returns the possible apexes of a domain's zone: the domain itself and the names above it, up to the registrable
/// domain; the deepest first.
#[must_use]
pub fn zone_candidates(domain: &Name) -> Vec<Name> {
    let bare = domain.without_trailing_dot();
    let labels = psl::domain_str(&bare).and_then(|registrable| {
        if !bare.contains('\\') {
            return Some(registrable.split('.').count());
        }
        // The dot of an escaped label divides nothing.
        let registrable =
            registrable.parse::<Name>().ok().filter(|registrable| domain.is_within(registrable));
        registrable.map(|registrable| registrable.label_count())
    });
    let above = labels.map_or(0, |labels| domain.label_count().saturating_sub(labels));
    domain.ancestors().take(above + 1).collect()
}

impl Facts {
    /// Returns the zone of `name`: the deepest one whose name servers are known.
    #[must_use]
    pub fn zone(&self, name: &Name) -> Option<Zone> {
        let (apex, mut names) = self.zone_with_names(name)?;
        if !self.named_servers.is_empty() {
            names = self.named_servers.keys().cloned().collect();
        }
        let serials = self.serials(&apex);
        // In the order of the servers, since several ports of one address may be among them.
        let mut by_address: HashMap<IpAddr, Vec<(&super::Server, u32)>> = HashMap::new();
        for (server, serial) in &serials {
            if let Some(address) = server.ip() {
                by_address.entry(address).or_default().push((server, *serial));
            }
        }
        let name_servers = names.into_iter().map(|name| {
            let addresses = match self.named_servers.get(&name) {
                Some(addresses) => addresses.iter().copied().collect(),
                None => self.addresses(&name),
            };
            let mut reported: Vec<_> =
                addresses.iter().filter_map(|ip| by_address.get(ip)).flatten().collect();
            reported.sort_unstable();
            let serial = reported.iter().map(|(_, serial)| *serial);
            let serial = serial.reduce(|a, b| if is_newer(b, a) { b } else { a });
            NameServer { name, addresses, serial }
        });
        let mut zone = Zone { name_servers: name_servers.collect(), apex };
        // A zone file has one serial, which holds for all the servers that it names.
        if let Some((_, serial)) = serials.iter().find(|(server, _)| server.role == Role::ZoneFile) {
            zone.name_servers.iter_mut().for_each(|server| server.serial = Some(*serial));
        }
        Some(zone)
    }

    /// Returns the apex of that zone.
    #[must_use]
    pub(crate) fn zone_apex(&self, name: &Name) -> Option<Name> {
        self.zone_with_names(name).map(|(apex, _)| apex)
    }

    fn zone_with_names(&self, name: &Name) -> Option<(Name, BTreeSet<Name>)> {
        let named = |apex: Name| {
            let names = self.name_server_names(&apex);
            (apex, names)
        };
        zone_candidates(name).into_iter().map(named).find(|(_, names)| !names.is_empty())
    }

    /// Returns the failed lookup of NS records or addresses that kept the name servers of the zone of `name` from being
    /// asked. `None` if one of them was asked, or if no lookup failed.
    #[must_use]
    pub(crate) fn unfound_authorities(&self, name: &Name) -> Option<&Reply> {
        let is_asked = |reply: &Reply| reply.server.role == Role::Authoritative;
        if self.is_offline() || self.unordered().any(is_asked) {
            return None;
        }
        let failure = |question: Question| {
            let mut replies = self.replies(&question).filter(|reply| reply.server.role == Role::Resolver);
            let first = replies.next().filter(|reply| !reply.outcome.is_answer())?;
            replies.all(|reply| !reply.outcome.is_answer()).then_some(first)
        };
        match self.zone_with_names(name) {
            None => zone_candidates(name)
                .into_iter()
                .find_map(|apex| failure(Question::new(apex, RecordType::Ns))),
            Some((_, servers)) => servers.into_iter().find_map(|server| {
                let of_type = |rtype| failure(Question::new(server.clone(), rtype));
                of_type(RecordType::A).or_else(|| of_type(RecordType::Aaaa))
            }),
        }
    }

    /// Returns the names of the servers of a zone: the NS records in any answer, and those in referrals to it.
    #[must_use]
    pub fn name_server_names(&self, apex: &Name) -> BTreeSet<Name> {
        let question = Question::new(apex.clone(), RecordType::Ns);
        let answered = self.replies(&question).flat_map(|reply| reply.wanted());
        let delegated = self.referrals().flat_map(|reply| &reply.referral);
        let records = answered.chain(delegated).filter(|record| record.name == *apex);
        records.filter_map(|record| record.data.target().cloned()).filter(|name| !name.is_root()).collect()
    }

    /// Returns the names of the servers that the zone is delegated to, according to the parent zone or, if it did not
    /// answer, to resolvers.
    #[must_use]
    pub(crate) fn delegated_names(&self, apex: &Name) -> BTreeSet<Name> {
        let question = Question::new(apex.clone(), RecordType::Ns);
        let names = |role: Role| -> BTreeSet<Name> {
            let replies = self.replies(&question).filter(|reply| reply.server.role == role);
            let records = replies.flat_map(|reply| reply.wanted().chain(&reply.referral));
            let records = records.filter(|record| record.name == *apex);
            records
                .filter_map(|record| record.data.target().cloned())
                .filter(|name| !name.is_root())
                .collect()
        };
        let parent = names(Role::Parent);
        if parent.is_empty() { names(Role::Resolver) } else { parent }
    }

    /// Returns the answers of the delegated name servers about `domain` and names below it, if other servers were named
    /// to be asked instead; in the order of the questions.
    pub(crate) fn delegated_replies<'a>(&'a self, domain: &'a Name) -> impl Iterator<Item = &'a Reply> {
        // Names below a name sort after it.
        let server = Server { role: Role::Authoritative, address: String::new() };
        let first = (Question::new(domain.clone(), RecordType::A), Arc::new(server));
        let from = self.delegated.range(first..).map(|(_, reply)| reply);
        from.take_while(|reply| reply.question.name.is_within(domain))
    }

    /// Returns these answers about every name.
    pub(crate) fn all_delegated(&self) -> impl Iterator<Item = &Reply> {
        self.delegated.values()
    }

    /// Returns the name under which a zone lists the server: the first in order of those with its address.
    #[must_use]
    pub fn server_name(&self, server: &super::Server) -> Option<Name> {
        let address = server.ip().filter(|_| server.role.is_name_server())?;
        self.server_names.get_or_init(|| Box::new(self.server_names())).get(&address).cloned()
    }

    fn server_names(&self) -> HashMap<IpAddr, Name> {
        let replies = self
            .unordered()
            .filter(|reply| reply.question.rtype == RecordType::Ns || !reply.referral.is_empty());
        let records = replies.flat_map(|reply| reply.wanted().chain(&reply.referral));
        let names: BTreeSet<&Name> = records.filter_map(|record| record.data.target()).collect();
        let mut by_address = HashMap::new();
        for (name, addresses) in &self.named_servers {
            for address in addresses {
                by_address.entry(*address).or_insert_with(|| name.clone());
            }
        }
        for name in names {
            for address in self.addresses(name) {
                by_address.entry(address).or_insert_with(|| name.clone());
            }
        }
        by_address
    }

    /// Returns the reported addresses of a host.
    #[must_use]
    pub fn addresses(&self, host: &Name) -> Vec<IpAddr> {
        let mut addresses = BTreeSet::new();
        for rtype in [RecordType::A, RecordType::Aaaa] {
            let question = Question::new(host.clone(), rtype);
            for record in self.replies(&question).flat_map(|reply| reply.wanted()) {
                match record.data {
                    RecordData::A(address) => drop(addresses.insert(IpAddr::from(address))),
                    RecordData::Aaaa(address) => drop(addresses.insert(IpAddr::from(address))),
                    _ => {}
                }
            }
        }
        addresses.into_iter().collect()
    }

    /// Returns the serial of the zone at each authoritative server that reported it.
    #[must_use]
    pub fn serials(&self, apex: &Name) -> BTreeMap<&super::Server, u32> {
        let question = Question::new(apex.clone(), RecordType::Soa);
        let replies = self.replies(&question).filter(|reply| reply.server.role.is_authority());
        let serials = replies.filter_map(|reply| {
            let soa = reply.wanted().find_map(soa_of)?;
            Some((&*reply.server, soa.serial))
        });
        serials.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_begins_at_the_domain_or_above_it_up_to_the_registrable_domain() {
        for (domain, expected) in [
            ("contoso.com", &["contoso.com"][..]),
            ("mail.eu.contoso.co.uk", &["mail.eu.contoso.co.uk", "eu.contoso.co.uk", "contoso.co.uk"]),
            ("co.uk", &["co.uk"]),
            ("com", &["com"]),
            ("a.contoso.example", &["a.contoso.example", "contoso.example"]),
            ("a\\.b.contoso.com", &["a\\.b.contoso.com", "contoso.com"]),
        ] {
            let candidates = zone_candidates(&domain.parse().unwrap());
            let expected: Vec<Name> = expected.iter().map(|name| name.parse().unwrap()).collect();
            assert_eq!(candidates, expected, "{domain}");
        }
    }

    #[test]
    fn serials_wrap() {
        assert!(is_newer(2, 1) && !is_newer(1, 2) && !is_newer(1, 1));
        assert!(is_newer(0, u32::MAX) && !is_newer(u32::MAX, 0));
        assert!(!is_newer(1 << 31, 0) && !is_newer(0, 1 << 31));
    }
}
