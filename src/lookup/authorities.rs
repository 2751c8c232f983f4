//! Selects which addresses of a zone's name servers are queried.
//!
//! The first in the order of their names, and never those that were known first: as answers come in, what is chosen only
//! grows, and ends as the same however fast the servers are.

use std::collections::BTreeSet;
use std::net::IpAddr;

use crate::facts::{Facts, Reply};
use crate::record::{Name, Question, RecordData, RecordType};

/// Addresses of the name servers of one zone that are asked at most; the root has 13 with two addresses each.
const MOST_AUTHORITIES: usize = 32;
/// Name servers of the parent zone that are asked at most: they all say the same.
const MOST_PARENTS: usize = 2;

/// The addresses to ask of a zone's own name servers, in order.
pub(super) fn of_zone(names: &BTreeSet<Name>, facts: &Facts) -> BTreeSet<IpAddr> {
    // Nobody's many addresses crowd out somebody else's.
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
        // A place is held for whoever may still turn out to have an address.
        taken += known.as_ref().map_or(share, |known| known.len().min(share));
        chosen.extend(known.iter().flatten().take(share));
    }
    // What is left once all are known is for those that have more.
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

/// The addresses to ask in the parent zone: one of each of the first names, in order.
pub(super) fn of_parent(names: &BTreeSet<Name>, facts: &Facts) -> BTreeSet<IpAddr> {
    let one = |name: &Name| {
        // The other kind only once nobody tells one of the first.
        addresses(name, RecordType::A, facts)?
            .into_iter()
            .next()
            .or_else(|| addresses(name, RecordType::Aaaa, facts)?.into_iter().next())
    };
    names.iter().take(MOST_PARENTS).filter_map(one).collect()
}

/// The addresses of one kind that were reported; `None` until there is a reply, a failure included.
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

    /// What a resolver says of the addresses of a name server.
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

    /// The replies about so many name servers, each with so many addresses of each kind; the later the name, the smaller
    /// the address.
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

    /// Replies about name servers without IPv6.
    fn of_one_kind(servers: usize, each: u8) -> Vec<Reply> {
        let mut replies = replies(servers, each, |_| false);
        for reply in replies.iter_mut().filter(|reply| reply.question.rtype == RecordType::Aaaa) {
            reply.outcome = Outcome::NoData;
            reply.records.clear();
        }
        replies
    }

    type Choice = fn(&BTreeSet<Name>, &Facts) -> BTreeSet<IpAddr>;

    /// All that is ever chosen while the replies come in this order.
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

    /// The same for orders that differ as much as they can.
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
        // One with many servers, or with many addresses, at as many as may be.
        assert_eq!(in_any_order(of_zone, 9, &of_one_kind(9, 2)).len(), 18);
        assert_eq!(in_any_order(of_zone, 5, &of_one_kind(5, 4)).len(), 20);
        for (servers, each) in [(40, 1), (40, 3), (5, 9), (1, 100)] {
            let chosen = in_any_order(of_zone, servers, &replies(servers, each, |_| false));
            assert!((30..=MOST_AUTHORITIES).contains(&chosen.len()), "{servers} {each}: {}", chosen.len());
        }
        // Names without an address take no place in the end.
        let chosen = in_any_order(of_zone, 60, &replies(60, 1, |number| number < 40));
        assert_eq!(chosen.len(), MOST_AUTHORITIES);
        // Nor do names that nobody can look up.
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
        // Without one of the first kind, at one of the other.
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
