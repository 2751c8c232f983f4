//! Reads which resolvers the system is configured to use.
//!
//! Only addresses are read. Search lists are ignored: a name is never completed with them, and a malformed list must
//! not hide the resolvers next to it. The options of `resolv.conf` are ignored too, since they could turn EDNS off or
//! extend the time of one try.

use std::net::SocketAddr;
#[cfg(any(windows, test))]
use std::net::{IpAddr, SocketAddrV6};

use super::endpoint::Endpoint;
#[cfg(any(windows, target_vendor = "apple", test))]
use super::plain_address::DNS_PORT;
#[cfg(any(unix, test))]
use super::plain_address::plain;

/// The system names no resolver.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no name server is configured on this system ({reason}); name one with `--resolver 1.1.1.1`")]
pub struct NoResolver {
    reason: String,
}

/// Returns the resolvers that this system is configured to use, in its order and without duplicates.
///
/// # Errors
/// [`NoResolver`] if the configuration cannot be read or names no server.
pub fn system_resolvers() -> Result<Vec<Endpoint>, NoResolver> {
    endpoints(configured())
}

fn endpoints(configured: Result<Vec<SocketAddr>, String>) -> Result<Vec<Endpoint>, NoResolver> {
    let mut endpoints = Vec::new();
    for address in configured.map_err(|reason| NoResolver { reason })? {
        let endpoint = Endpoint::Plain(address);
        if !endpoints.contains(&endpoint) {
            endpoints.push(endpoint);
        }
    }
    match endpoints.is_empty() {
        true => Err(NoResolver { reason: "the configuration names none".into() }),
        false => Ok(endpoints),
    }
}

#[cfg(all(unix, not(target_vendor = "apple")))]
fn configured() -> Result<Vec<SocketAddr>, String> {
    resolv_conf_of_system()
}

/// Returns the resolvers of all networks, in the order of the system. If one of them has a zone index, hickory reads
/// none; the file that macOS writes for other programs lists them all.
#[cfg(target_vendor = "apple")]
fn configured() -> Result<Vec<SocketAddr>, String> {
    let Ok((config, _)) = hickory_resolver::system_conf::read_system_conf() else {
        return resolv_conf_of_system();
    };
    let servers = config.name_servers().iter();
    Ok(servers.map(|server| SocketAddr::new(server.ip, DNS_PORT)).collect())
}

#[cfg(unix)]
#[allow(clippy::disallowed_methods, reason = "the configuration of the system is a file")]
fn resolv_conf_of_system() -> Result<Vec<SocketAddr>, String> {
    const PATH: &str = "/etc/resolv.conf";
    match std::fs::read(PATH) {
        Ok(octets) => Ok(resolv_conf(&String::from_utf8_lossy(&octets))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(format!("there is no {PATH}")),
        Err(error) => Err(format!("{PATH} cannot be read: {error}")),
    }
}

/// Returns the resolvers of a `resolv.conf` (resolv.conf(5)). Unreadable lines are skipped, as the system does.
#[cfg(any(unix, test))]
fn resolv_conf(text: &str) -> Vec<SocketAddr> {
    let address = |line: &str| {
        let mut words = line.split_ascii_whitespace();
        (words.next() == Some("nameserver")).then(|| words.next().and_then(plain))?
    };
    text.lines().filter_map(address).collect()
}

#[cfg(windows)]
fn configured() -> Result<Vec<SocketAddr>, String> {
    let adapters = ipconfig::get_adapters().map_err(|error| error.to_string())?;
    Ok(of_adapters(adapters.iter().map(|adapter| Adapter {
        is_up: adapter.oper_status() == ipconfig::OperStatus::IfOperStatusUp,
        metric: adapter.ipv4_metric().min(adapter.ipv6_metric()),
        index: adapter.ipv6_if_index(),
        servers: adapter.dns_servers().to_vec(),
    })))
}

/// A network adapter of Windows.
#[cfg(any(windows, test))]
struct Adapter {
    is_up: bool,
    /// The system prefers the adapter with the lowest, such as that of a VPN.
    metric: u32,
    /// The zone index of its link-local addresses.
    index: u32,
    servers: Vec<IpAddr>,
}

/// Returns the resolvers of all adapters that are up, in the order in which the system prefers the adapters.
#[cfg(any(windows, test))]
fn of_adapters(adapters: impl Iterator<Item = Adapter>) -> Vec<SocketAddr> {
    let mut up: Vec<Adapter> = adapters.filter(|adapter| adapter.is_up).collect();
    up.sort_by_key(|adapter| adapter.metric);
    let servers = up.iter().flat_map(|adapter| adapter.servers.iter().map(|server| (*server, adapter.index)));
    // Windows lists three site-local addresses if it has no server; nothing listens there (RFC 3879).
    let is_placeholder = |server: &IpAddr| match server {
        IpAddr::V4(address) => address.is_unspecified(),
        IpAddr::V6(address) => address.is_unspecified() || address.segments()[0] & 0xffc0 == 0xfec0,
    };
    servers.filter(|(server, _)| !is_placeholder(server)).map(|(server, index)| at(server, index)).collect()
}

/// The port of DNS at an address; a link-local one is reached through the interface of this index.
#[cfg(any(windows, test))]
fn at(address: IpAddr, index: u32) -> SocketAddr {
    match address {
        IpAddr::V6(address) if address.is_unicast_link_local() => {
            SocketAddrV6::new(address, DNS_PORT, 0, index).into()
        }
        address => SocketAddr::new(address, DNS_PORT),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(addresses: &[SocketAddr]) -> Vec<String> {
        addresses.iter().map(SocketAddr::to_string).collect()
    }

    #[test]
    fn every_resolver_of_the_file_is_used_and_nothing_else_of_it() {
        for (text, servers) in [
            ("nameserver 127.0.0.53\noptions edns0 trust-ad\nsearch lan\n", &["127.0.0.53:53"][..]),
            (
                "# made by a program\n; so it says\nnameserver\t192.0.2.1  # first\r\nnameserver 2001:db8::1\n\
                 nameserver 192.0.2.2\nnameserver 192.0.2.3",
                &["192.0.2.1:53", "[2001:db8::1]:53", "192.0.2.2:53", "192.0.2.3:53"],
            ),
            ("nameserver fe80::1%3\nnameserver [fe80::1%4]:5353\n", &["[fe80::1%3]:53", "[fe80::1%4]:5353"]),
            // A search list or a line that cannot be read hides nothing.
            (
                "search a..b \u{fffd} -- x.y.\nnameserver\nnameserver dns.example\nnameserver 192.0.2.1\n",
                &["192.0.2.1:53"],
            ),
            ("domain contoso.com\nsortlist 192.0.2.0\n#nameserver 192.0.2.9\nnameservers 192.0.2.8", &[]),
            ("", &[]),
        ] {
            assert_eq!(shown(&resolv_conf(text)), servers, "{text}");
        }
    }

    #[test]
    fn a_resolver_counts_once_and_a_system_without_one_says_how_to_name_one() {
        let twice = resolv_conf("nameserver 192.0.2.1\nnameserver 192.0.2.2\nnameserver 192.0.2.1");
        assert_eq!(endpoints(Ok(twice)).unwrap().len(), 2);
        for none in [Ok(resolv_conf("search lan\n")), Err("there is no /etc/resolv.conf".to_owned())] {
            let reason = none.clone().err().unwrap_or("names none".into());
            let error = endpoints(none).unwrap_err().to_string();
            assert!(error.contains(&reason) && error.contains("`--resolver 1.1.1.1`"), "{error}");
        }
    }

    #[test]
    fn adapters_that_are_up_are_used_the_preferred_one_first() {
        let adapter = |is_up, metric, index, servers: &[&str]| Adapter {
            is_up,
            metric,
            index,
            servers: servers.iter().map(|server| server.parse().unwrap()).collect(),
        };
        let adapters = [
            adapter(true, 35, 7, &["192.168.1.1", "fe80::1"]),
            adapter(false, 1, 8, &["192.0.2.9"]),
            adapter(true, 5, 9, &["10.8.0.1"]),
            adapter(
                true,
                5000,
                1,
                &["fec0:0:0:ffff::1", "fec0:0:0:ffff::2", "fec0:0:0:ffff::3", "0.0.0.0", "::"],
            ),
        ];
        let servers = of_adapters(adapters.into_iter());
        assert_eq!(shown(&servers), ["10.8.0.1:53", "192.168.1.1:53", "[fe80::1%7]:53"]);
    }
}
