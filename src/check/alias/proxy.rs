//! Recognizes the addresses of web proxies, which cannot serve mail programs.

use std::net::IpAddr;

use crate::record::RecordData;

/// Networks of Cloudflare's web proxy (cloudflare.com/ips, list of 2023-09-28).
const PROXY_NETWORKS: &[(&str, u8)] = &[
    ("173.245.48.0", 20),
    ("103.21.244.0", 22),
    ("103.22.200.0", 22),
    ("103.31.4.0", 22),
    ("141.101.64.0", 18),
    ("108.162.192.0", 18),
    ("190.93.240.0", 20),
    ("188.114.96.0", 20),
    ("197.234.240.0", 22),
    ("198.41.128.0", 17),
    ("162.158.0.0", 15),
    ("104.16.0.0", 13),
    ("104.24.0.0", 14),
    ("172.64.0.0", 13),
    ("131.0.72.0", 22),
    ("2400:cb00::", 32),
    ("2606:4700::", 32),
    ("2803:f800::", 32),
    ("2405:b500::", 32),
    ("2405:8100::", 32),
    ("2a06:98c0::", 29),
    ("2c0f:f248::", 32),
];

/// Returns whether the address is that of a web proxy.
pub(in crate::check) fn is_proxy(data: &RecordData) -> bool {
    let address = match data {
        RecordData::A(address) => IpAddr::from(*address),
        RecordData::Aaaa(address) => IpAddr::from(*address),
        _ => return false,
    };
    PROXY_NETWORKS.iter().any(|(network, prefix)| {
        let network: Option<IpAddr> = network.parse().ok();
        network.is_some_and(|network| is_in(address, network, *prefix))
    })
}

fn is_in(address: IpAddr, network: IpAddr, prefix: u8) -> bool {
    match (address, network) {
        (IpAddr::V4(address), IpAddr::V4(network)) => {
            let shift = 32 - u32::from(prefix.min(32));
            u32::from(address).checked_shr(shift) == u32::from(network).checked_shr(shift)
        }
        (IpAddr::V6(address), IpAddr::V6(network)) => {
            let shift = 128 - u32::from(prefix.min(128));
            u128::from(address).checked_shr(shift) == u128::from(network).checked_shr(shift)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proxy_networks_end_where_they_should() {
        let data = |text: &str| match text.parse().unwrap() {
            IpAddr::V4(address) => RecordData::A(address),
            IpAddr::V6(address) => RecordData::Aaaa(address),
        };
        for inside in ["104.16.0.1", "104.23.255.255", "172.67.1.1", "2606:4700::1111"] {
            assert!(is_proxy(&data(inside)), "{inside}");
        }
        for outside in ["104.15.255.255", "104.28.0.0", "192.0.2.1", "2606:4701::1"] {
            assert!(!is_proxy(&data(outside)), "{outside}");
        }
        for (network, _) in PROXY_NETWORKS {
            assert!(network.parse::<IpAddr>().is_ok(), "{network}");
        }
    }
}
