//! Tests every range at its first and last address and at the neighboring addresses.

use super::*;

use AddressKind::Embedding;

/// A range: the address before it, its first and last address with their kind, and the address after it.
type Edge =
    ((&'static str, AddressKind), (&'static str, &'static str, AddressKind), (&'static str, AddressKind));

const V4_EDGES: &[Edge] = &[
    (("255.255.255.255", Broadcast), ("0.0.0.0", "0.255.255.255", Unspecified), ("1.0.0.0", Public)),
    (("9.255.255.255", Public), ("10.0.0.0", "10.255.255.255", Private), ("11.0.0.0", Public)),
    (("100.63.255.255", Public), ("100.64.0.0", "100.127.255.255", Private), ("100.128.0.0", Public)),
    (("126.255.255.255", Public), ("127.0.0.0", "127.255.255.255", Loopback), ("128.0.0.0", Public)),
    (("169.253.255.255", Public), ("169.254.0.0", "169.254.255.255", LinkLocal), ("169.255.0.0", Public)),
    (("172.15.255.255", Public), ("172.16.0.0", "172.31.255.255", Private), ("172.32.0.0", Public)),
    (("191.255.255.255", Public), ("192.0.0.0", "192.0.0.255", Reserved), ("192.0.1.0", Public)),
    (("192.0.1.255", Public), ("192.0.2.0", "192.0.2.255", Documentation), ("192.0.3.0", Public)),
    (("192.88.98.255", Public), ("192.88.99.0", "192.88.99.255", Reserved), ("192.88.100.0", Public)),
    (("192.167.255.255", Public), ("192.168.0.0", "192.168.255.255", Private), ("192.169.0.0", Public)),
    (("198.17.255.255", Public), ("198.18.0.0", "198.19.255.255", Reserved), ("198.20.0.0", Public)),
    (("198.51.99.255", Public), ("198.51.100.0", "198.51.100.255", Documentation), ("198.51.101.0", Public)),
    (("203.0.112.255", Public), ("203.0.113.0", "203.0.113.255", Documentation), ("203.0.114.0", Public)),
    (("223.255.255.255", Public), ("224.0.0.0", "239.255.255.255", Multicast), ("240.0.0.0", Reserved)),
    (
        ("239.255.255.255", Multicast),
        ("240.0.0.0", "255.255.255.254", Reserved),
        ("255.255.255.255", Broadcast),
    ),
];

const V6_EDGES: &[Edge] = &[
    (("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", Multicast), ("::", "::", Unspecified), ("::1", Loopback)),
    (("::", Unspecified), ("::1", "::1", Loopback), ("::2", Reserved)),
    (("::1", Loopback), ("::2", "::ffff:ffff", Reserved), ("::1:0:0", Reserved)),
    (
        ("::fffe:ffff:ffff", Reserved),
        ("::ffff:0:0", "::ffff:0.255.255.255", Embedding),
        ("::ffff:1.0.0.0", Public),
    ),
    (
        ("::fffe:ffff:ffff:ffff", Reserved),
        ("::ffff:0:0:0", "::ffff:0:ffff:ffff", Reserved),
        ("::ffff:1:0:0", Reserved),
    ),
    (
        ("64:ff9a:ffff:ffff:ffff:ffff:ffff:ffff", Reserved),
        ("64:ff9b::", "64:ff9b::0.255.255.255", Embedding),
        ("64:ff9b::1.0.0.0", Public),
    ),
    (
        ("64:ff9b::255.255.255.254", Embedding),
        ("64:ff9b::255.255.255.255", "64:ff9b::255.255.255.255", Embedding),
        ("64:ff9b::1:0:0", Reserved),
    ),
    (
        ("64:ff9b:0:ffff:ffff:ffff:ffff:ffff", Reserved),
        ("64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff", Reserved),
        ("64:ff9b:2::", Reserved),
    ),
    (
        ("ff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", Reserved),
        ("100::", "100::ffff:ffff:ffff:ffff", Reserved),
        ("100:0:0:1::", Reserved),
    ),
    (
        ("1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", Reserved),
        ("2000::", "2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff", Public),
        // The server of this Teredo address is `0.0.0.0`.
        ("2001::", Embedding),
    ),
    (
        ("2001:0:ffff:ffff:ffff:ffff:ffff:ffff", Embedding),
        ("2001:1::", "2001:4:111:ffff:ffff:ffff:ffff:ffff", Reserved),
        ("2001:4:112::", Public),
    ),
    (
        ("2001:4:111:ffff:ffff:ffff:ffff:ffff", Reserved),
        ("2001:4:112::", "2001:4:112:ffff:ffff:ffff:ffff:ffff", Public),
        ("2001:4:113::", Reserved),
    ),
    (
        ("2001:4:112:ffff:ffff:ffff:ffff:ffff", Public),
        ("2001:4:113::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", Reserved),
        ("2001:200::", Public),
    ),
    (
        ("2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", Public),
        ("2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", Documentation),
        ("2001:db9::", Public),
    ),
    (
        ("2001:ffff:ffff:ffff:ffff:ffff:ffff:ffff", Public),
        ("2002::", "2002:ff:ffff:ffff:ffff:ffff:ffff:ffff", Embedding),
        ("2002:100::", Public),
    ),
    (
        ("2002:dfff:ffff:ffff:ffff:ffff:ffff:ffff", Public),
        ("2002:e000::", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff", Embedding),
        ("2003::", Public),
    ),
    (
        ("3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff", Public),
        ("3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", Documentation),
        ("3fff:1000::", Public),
    ),
    (
        ("3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", Public),
        ("4000::", "fbff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", Reserved),
        ("fc00::", Private),
    ),
    (
        ("fbff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", Reserved),
        ("fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", Private),
        ("fe00::", Reserved),
    ),
    (
        ("fe7f:ffff:ffff:ffff:ffff:ffff:ffff:ffff", Reserved),
        ("fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", LinkLocal),
        ("fec0::", Reserved),
    ),
    (
        ("febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", LinkLocal),
        ("fec0::", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", Reserved),
        ("ff00::", Multicast),
    ),
    (
        ("feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", Reserved),
        ("ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", Multicast),
        ("::", Unspecified),
    ),
];

fn kind(text: &str) -> AddressKind {
    AddressKind::of(text.parse().unwrap())
}

fn bits(text: &str) -> u128 {
    match text.parse().unwrap() {
        IpAddr::V4(v4) => u128::from(v4.to_bits()),
        IpAddr::V6(v6) => v6.to_bits(),
    }
}

#[test]
fn every_range_ends_where_the_registry_says() {
    let all = V4_EDGES.iter().map(|edge| (edge, 32)).chain(V6_EDGES.iter().map(|edge| (edge, 128)));
    for ((before, (first, last, within), after), width) in all {
        let size = u128::MAX >> (128 - width);
        assert_eq!(bits(before.0), bits(first).wrapping_sub(1) & size, "{} {first} are neighbors", before.0);
        assert_eq!(bits(after.0), bits(last).wrapping_add(1) & size, "{last} {} are neighbors", after.0);
        for (address, expected) in [*before, (*first, *within), (*last, *within), *after] {
            assert_eq!(kind(address), expected, "{address}");
        }
    }
}

/// A new row fails this test until its edges are listed above.
#[test]
fn every_row_has_its_edges_tested() {
    let firsts = |edges: &[Edge], shift: u32| -> Vec<u128> {
        edges.iter().map(|(_, (first, _, _), _)| bits(first) << shift).collect()
    };
    let (v4, v6) = (firsts(V4_EDGES, 96), firsts(V6_EDGES, 0));
    // The whole space, a single address at the end of a range, and ranges whose first address begins another range.
    let elsewhere = [("0.0.0.0", 0), ("255.255.255.255", 32)];
    for row in V4 {
        let is_elsewhere =
            elsewhere.iter().any(|(first, length)| (bits(first) << 96, *length) == (row.first, row.length));
        assert!(is_elsewhere || v4.contains(&row.first), "{row:?}");
    }
    for row in V6 {
        // Teredo is tested below.
        assert!(row.first == bits("2001::") || v6.contains(&row.first), "{row:?}");
    }
}

#[test]
fn an_ipv6_form_is_as_public_as_what_it_embeds() {
    let inner =
        ["10.0.0.1", "127.0.0.1", "169.254.169.254", "0.0.0.0", "224.0.0.1", "255.255.255.255", "192.0.2.1"];
    for (text, is_inner_public) in inner.map(|text| (text, false)).into_iter().chain([("8.8.8.8", true)]) {
        let v4: Ipv4Addr = text.parse().unwrap();
        let [a, b] = [v4.to_bits() >> 16, v4.to_bits() & 0xffff];
        let [not_a, not_b] = [!a & 0xffff, !b & 0xffff];
        for form in [
            format!("::ffff:{v4}"),
            format!("64:ff9b::{v4}"),
            format!("2002:{a:x}:{b:x}::1"),
            // Teredo with this address as client and a public server, then the other way round.
            format!("2001:0:808:808:0:0:{not_a:x}:{not_b:x}"),
            format!("2001:0:{a:x}:{b:x}:0:0:f7f7:f7f7"),
        ] {
            let expected = if is_inner_public { Public } else { Embedding };
            assert_eq!(kind(&form), expected, "{form} of {v4}");
        }
        // Obsolete forms, and those that differ from network to network, are not public whatever they embed.
        for form in [format!("::{v4}"), format!("::ffff:0:{v4}"), format!("64:ff9b:1::{v4}")] {
            assert_ne!(kind(&form), Public, "{form}");
        }
    }
}

#[test]
fn a_named_server_allows_its_own_kind_and_no_other() {
    let addresses = ["8.8.8.8", "127.0.0.1", "::1", "10.0.0.1", "100.64.0.1", "fd00::1"];
    let allowed = |permissions: Permissions| -> Vec<&str> {
        addresses.into_iter().filter(|address| permissions.check(address.parse().unwrap()).is_ok()).collect()
    };
    let naming = |server: &str| Permissions::default().naming(server.parse().unwrap());
    assert_eq!(allowed(Permissions::default()), addresses[..1]);
    for server in ["127.0.0.53", "::1", "::ffff:127.0.0.53"] {
        assert_eq!(allowed(naming(server)), ["8.8.8.8", "127.0.0.1", "::1"], "{server}");
    }
    for server in ["192.168.1.1", "fd00::53", "100.64.0.1", "::ffff:10.0.0.1"] {
        assert_eq!(allowed(naming(server)), ["8.8.8.8", "10.0.0.1", "100.64.0.1", "fd00::1"], "{server}");
    }
    for server in ["1.1.1.1", "169.254.169.254", "0.0.0.0", "fe80::1", "fec0::1", "64:ff9b::7f00:1"] {
        assert_eq!(naming(server), Permissions::default(), "{server}");
    }
    let both = naming("127.0.0.1").naming("10.0.0.1".parse().unwrap());
    assert_eq!(both, Permissions::ALL);
    assert_eq!(allowed(both), addresses);
    assert_eq!(Permissions::ALL.kinds().collect::<Vec<_>>(), [Loopback, Private]);
}

#[test]
fn some_addresses_are_never_allowed() {
    let edges = V4_EDGES.iter().chain(V6_EDGES).map(|(_, (first, last, kind), _)| (*first, *last, *kind));
    for (first, last, kind) in edges.filter(|(.., kind)| ![Public, Loopback, Private].contains(kind)) {
        for address in [first, last] {
            let refusal = Permissions::ALL.check(address.parse().unwrap()).unwrap_err().to_string();
            assert!(refusal.contains("never") && !refusal.contains("--allow"), "{kind:?}: {refusal}");
        }
    }
}

#[test]
fn a_refusal_names_the_address_its_kind_and_the_way_out() {
    let refusal =
        |address: &str| Permissions::default().check(address.parse().unwrap()).unwrap_err().to_string();
    assert_eq!(
        refusal("10.0.0.1"),
        "10.0.0.1 is a private address according to RFC 1918 §3; `--allow-private-servers` allows it"
    );
    assert_eq!(
        refusal("169.254.169.254"),
        "169.254.169.254 is a link-local address according to RFC 3927 §2.1, and is never queried"
    );
    assert_eq!(
        refusal("64:ff9b::7f00:1"),
        "64:ff9b::7f00:1 embeds 127.0.0.1, a loopback address according to RFC 1122 §3.2.1.3, and is never queried"
    );
}
