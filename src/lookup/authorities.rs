//! Selects the addresses of a zone's name servers that are queried.
//!
//! Addresses are taken in the order of the servers' names, never in the order of arrival: as answers come in, the
//! selection only grows, and ends the same however fast the servers are.

use std::collections::BTreeSet;
use std::net::IpAddr;

use crate::facts::{Facts, Reply};
use crate::record::{Name, Question, RecordData, RecordType};

/// The highest number of name server addresses that are asked for one zone; the root has 13 servers with two addresses
/// each.
const MOST_AUTHORITIES: usize = 32;
/// The highest number of name servers of the parent zone that are asked: they all have the same delegation.
const MOST_PARENTS: usize = 2;

/// Returns the addresses of a zone's own name servers to ask, in order.
pub(super) fn of_zone(names: &BTreeSet<Name>, facts: &Facts) -> BTreeSet<IpAddr> {
    // No server's many addresses may displace those of another.
    let share = (MOST_AUTHORITIES / 2 / names.len().max(1)).max(1);
    let types = [RecordType::A, RecordType::Aaaa];
    let known: Vec<_> =
        names.iter().flat_map(|name| types.map(|rtype| addresses(name, rtype, facts))).collect();
    let mut chosen = BTreeSet::new();
    let mut taken = 0;
    for known in &known {
        if taken >= MOST_AUTHORITIES {
            return chosen;
        }
        // A place is reserved for a server whose address lookup is still open.
        taken += known.as_ref().map_or(share, |known| known.len().min(share));
        chosen.extend(known.iter().flatten().take(share));
    }
    // Places left once all addresses are known go to servers with more addresses.
    if known.iter().all(Option::is_some) {
        for address in known.iter().flatten().flatten() {
            if chosen.len() >= MOST_AUTHORITIES {
                break;
            }
            chosen.insert(*address);
        }
    }
    chosen
}

/// Returns the addresses of the parent zone's servers to ask: one for each of the first names, in order.
pub(super) fn of_parent(names: &BTreeSet<Name>, facts: &Facts) -> BTreeSet<IpAddr> {
    let one = |name: &Name| {
        // An IPv6 address is used only if there is no IPv4 address.
        addresses(name, RecordType::A, facts)?
            .into_iter()
            .next()
            .or_else(|| addresses(name, RecordType::Aaaa, facts)?.into_iter().next())
    };
    names.iter().take(MOST_PARENTS).filter_map(one).collect()
}

/// Returns the reported addresses of one type; `None` until there is a reply, which may be a failure.
fn addresses(name: &Name, rtype: RecordType, facts: &Facts) -> Option<BTreeSet<IpAddr>> {
    let question = Question::new(name.clone(), rtype);
    let is_heard = facts.replies(&question).next().is_some();
    let address = |data: &RecordData| match data {
        RecordData::A(address) => Some(IpAddr::from(*address)),
        RecordData::Aaaa(address) => Some(IpAddr::from(*address)),
        _ => None,
    };
    let records = facts.replies(&question).flat_map(Reply::wanted);
    let found = records.filter_map(|record| address(&record.data)).collect();
    is_heard.then_some(found)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::facts::{Outcome, Role, Server, UnqueriedNames};
    use crate::record::Record;

    use super::*;

    fn name(number: usize) -> Name {
        format!("ns{number:02}.example").parse().unwrap()
    }

    /// Returns a resolver's reply about the addresses of a name server.
    fn reply(number: usize, rtype: RecordType, addresses: &[IpAddr]) -> Reply {
        let server = Arc::new(Server { role: Role::Resolver, address: "192.0.2.53:53".into() });
        let outcome = if addresses.is_empty() { Outcome::NoData } else { Outcome::Records };
        let record = |address: &IpAddr| {
            let data = match address {
                IpAddr::V4(address) => RecordData::A(*address),
                IpAddr::V6(address) => RecordData::Aaaa(*address),
            };
            Record { name: name(number), ttl: 300, data }
        };
        let records = addresses.iter().map(record).collect();
        Reply { records, ..Reply::empty(Question::new(name(number), rtype), server, outcome) }
    }

    /// Returns the replies about this many name servers, each with `each` addresses of each type; the later the name,
    /// the smaller the address.
    fn replies(servers: usize, each: u8, is_dead: impl Fn(usize) -> bool) -> Vec<Reply> {
        let mut replies = Vec::new();
        for number in 0..servers {
            let each = if is_dead(number) { 0 } else { each };
            let high = u8::try_from(200 - number).unwrap();
            let four: Vec<IpAddr> = (0..each).map(|low| IpAddr::from([198, 51, high, low])).collect();
            let six: Vec<IpAddr> = (0..each)
                .map(|low| IpAddr::from([0x2001, 0xdb8, 0, 0, 0, 0, high.into(), low.into()]))
                .collect();
            replies.extend([reply(number, RecordType::A, &four), reply(number, RecordType::Aaaa, &six)]);
        }
        replies
    }

    /// Returns replies about name servers without IPv6.
    fn of_one_kind(servers: usize, each: u8) -> Vec<Reply> {
        let mut replies = replies(servers, each, |_| false);
        for reply in replies.iter_mut().filter(|reply| reply.question.rtype == RecordType::Aaaa) {
            reply.outcome = Outcome::NoData;
            reply.records.clear();
        }
        replies
    }

    type Choice = fn(&BTreeSet<Name>, &Facts) -> BTreeSet<IpAddr>;

    /// Returns all addresses that are ever selected while the replies come in this order.
    fn asked<'a>(choice: Choice, servers: usize, order: impl Iterator<Item = &'a Reply>) -> BTreeSet<IpAddr> {
        let names = (0..servers).map(name).collect();
        let mut facts = Facts::new("2026-11-22T05:23:00Z".parse().unwrap(), UnqueriedNames::Asked);
        let mut asked = BTreeSet::new();
        for reply in order {
            facts.insert(reply.clone());
            asked.extend(choice(&names, &facts));
        }
        asked
    }

    /// Returns the selection, after checking that very different orders lead to the same one.
    fn in_any_order(choice: Choice, servers: usize, replies: &[Reply]) -> BTreeSet<IpAddr> {
        let expected = asked(choice, servers, replies.iter());
        assert_eq!(asked(choice, servers, replies.iter().rev()), expected);
        for step in [3, 7, 11] {
            let mixed = (0..step).flat_map(|start| replies.iter().skip(start).step_by(step));
            assert_eq!(asked(choice, servers, mixed), expected);
        }
        expected
    }

    #[test]
    fn who_is_asked_does_not_depend_on_who_is_known_first() {
        // An ordinary zone is asked at every address.
        assert_eq!(in_any_order(of_zone, 4, &replies(4, 2, |_| false)).len(), 16);
        assert_eq!(in_any_order(of_zone, 13, &replies(13, 1, |_| false)).len(), 26);
        // A zone with many servers or many addresses is asked at the highest number allowed.
        assert_eq!(in_any_order(of_zone, 9, &of_one_kind(9, 2)).len(), 18);
        assert_eq!(in_any_order(of_zone, 5, &of_one_kind(5, 4)).len(), 20);
        for (servers, each) in [(40, 1), (40, 3), (5, 9), (1, 100)] {
            let chosen = in_any_order(of_zone, servers, &replies(servers, each, |_| false));
            assert!((30..=MOST_AUTHORITIES).contains(&chosen.len()), "{servers} {each}: {}", chosen.len());
        }
        // Names without an address take no place in the end.
        let chosen = in_any_order(of_zone, 60, &replies(60, 1, |number| number < 40));
        assert_eq!(chosen.len(), MOST_AUTHORITIES);
        // Names whose lookups fail take no place either.
        let mut failing = replies(20, 1, |number| number < 17);
        for reply in failing.iter_mut().filter(|reply| reply.outcome == Outcome::NoData) {
            reply.outcome = Outcome::ServFail;
        }
        assert_eq!(in_any_order(of_zone, 20, &failing).len(), 6);
    }

    #[test]
    fn two_servers_of_the_zone_above_are_asked_at_one_address_each() {
        let all = replies(13, 1, |_| false);
        let chosen = in_any_order(of_parent, 13, &all);
        assert!(chosen.len() == MOST_PARENTS && chosen.iter().all(IpAddr::is_ipv4), "{chosen:?}");
        // Without an IPv4 address, an IPv6 address is asked.
        let six = replies(13, 1, |_| false).into_iter().map(|mut reply| {
            if reply.question.rtype == RecordType::A {
                reply.outcome = Outcome::NoData;
                reply.records.clear();
            }
            reply
        });
        let chosen = in_any_order(of_parent, 13, &six.collect::<Vec<_>>());
        assert!(chosen.len() == MOST_PARENTS && chosen.iter().all(IpAddr::is_ipv6), "{chosen:?}");
    }
}
