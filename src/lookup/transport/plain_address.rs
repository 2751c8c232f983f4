//! Parses the address of a server that is asked without encryption.

use std::net::{Ipv6Addr, SocketAddr, SocketAddrV6};

/// The port of DNS over UDP and TCP (RFC 1035 §4.2).
pub const DNS_PORT: u16 = 53;

/// A server without encryption: `192.0.2.1`, `192.0.2.1:5353`, `::1`, `[::1]:5353`, `fe80::1%eth0`, `[fe80::1%2]:5353`.
pub(super) fn plain(text: &str) -> Option<SocketAddr> {
    let (host, port) = match text.strip_prefix('[') {
        Some(inner) => {
            let (host, after) = inner.split_once(']')?;
            host.split('%').next()?.parse::<Ipv6Addr>().ok()?;
            (host, after)
        }
        // Of several colons none is before a port.
        None if text.matches(':').count() == 1 => text.split_at(text.find(':')?),
        None => (text, ""),
    };
    let port = match port {
        "" => DNS_PORT,
        port => port.strip_prefix(':')?.parse().ok().filter(|port| *port != 0)?,
    };
    match host.split_once('%') {
        Some((address, zone)) => {
            let address: Ipv6Addr = address.parse().ok()?;
            Some(SocketAddrV6::new(address, port, 0, zone_index(address, zone)?).into())
        }
        None => Some(SocketAddr::new(host.parse().ok()?, port)),
    }
}

/// The index of an interface by its number or name (RFC 4007 §11); `None` if there is no such interface.
fn zone_index(address: Ipv6Addr, zone: &str) -> Option<u32> {
    use std::net::ToSocketAddrs as _;
    if let Ok(index) = zone.parse() {
        return Some(index);
    }
    if zone.is_empty() || !zone.bytes().all(|octet| octet.is_ascii_graphic()) {
        return None;
    }
    // The system resolves the name of the interface, and asks no server for an address.
    let mut found = (format!("{address}%{zone}").as_str(), DNS_PORT).to_socket_addrs().ok()?;
    found.find_map(|address| match address {
        SocketAddr::V6(address) => Some(address.scope_id()).filter(|index| *index != 0),
        SocketAddr::V4(_) => None,
    })
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_an_interface_is_its_index() {
        assert_eq!(plain("fe80::1%lo").map(|address| address.to_string()), Some("[fe80::1%1]:53".into()));
        assert_eq!(
            plain("[fe80::1%lo]:54").map(|address| address.to_string()),
            Some("[fe80::1%1]:54".into())
        );
        for wrong in ["fe80::1%no-such-interface", "fe80::1%", "192.0.2.1%lo", "[fe80::1%lo", "fe80::1%a b"] {
            assert_eq!(plain(wrong), None, "{wrong}");
        }
    }
}
