//! Domains by number, and what a resolver and a registry answer about many of them.

use cutover::record::{Name, RecordType};
use hickory_resolver::proto::op::ResponseCode;

use super::{Said, Zone, records};

/// The domain with this number.
pub fn customer(number: usize) -> String {
    format!("customer-{number}.example")
}

/// The number of the domain that a name lies in.
pub fn customer_number(name: &Name) -> Option<usize> {
    let text = name.to_string();
    text.strip_suffix(".example.")?.rsplit_once("customer-")?.1.parse().ok()
}

/// The answer of a resolver that finds the zone of each name in this way.
pub fn resolved<'a>(zone_of: impl Fn(&Name) -> Option<&'a Zone>, name: &Name, rtype: RecordType) -> Said {
    let mut said = Said { recursion_available: true, ..Said::default() };
    let mut name = name.clone();
    for _ in 0..8 {
        let Some(zone) = zone_of(&name) else {
            said.rcode = ResponseCode::NXDomain;
            said.authorities = records(".", "@ 86400 SOA a.root. nobody. 1 1800 900 604800 86400");
            return said;
        };
        match zone.here(&name, rtype, &mut said) {
            Some(target) => name = target,
            None => return said,
        }
    }
    said
}

/// The referral of the parent zone to these name servers of a domain, with the addresses that it has of them.
pub fn referral(parent: &Zone, domain: &str, servers: &[String]) -> Said {
    let lines: String = servers.iter().map(|server| format!("@ 86400 NS {server}.\n")).collect();
    let hosts = servers.iter().map(|server| server.parse::<Name>().unwrap());
    let additionals = hosts.flat_map(|host| parent.answer(&host, RecordType::A).answers).collect();
    Said { authorities: records(domain, &lines), additionals, ..Said::default() }
}
