//! Collects the networks that a record names, and checks if together they contain every address.

use std::net::{Ipv4Addr, Ipv6Addr};

/// Networks of both families.
#[derive(Debug, Default)]
pub(super) struct Networks {
    v4: Ranges,
    v6: Ranges,
}

impl Networks {
    /// Adds an IPv4 network of `prefix` leading bits, 0 to 32.
    pub(super) fn add_v4(&mut self, address: Ipv4Addr, prefix: u8) -> &Self {
        self.v4.add(u128::from(u32::from(address)), 32 - u32::from(prefix));
        self
    }

    /// Adds an IPv6 network of `prefix` leading bits, 0 to 128.
    pub(super) fn add_v6(&mut self, address: Ipv6Addr, prefix: u8) -> &Self {
        self.v6.add(u128::from(address), 128 - u32::from(prefix));
        self
    }

    /// Returns whether every IPv4 address is in one of the networks.
    pub(super) fn holds_every_v4(&self) -> bool {
        self.v4.hold_all(u128::from(u32::MAX))
    }

    /// Returns whether every IPv6 address is in one of the networks.
    pub(super) fn holds_every_v6(&self) -> bool {
        self.v6.hold_all(u128::MAX)
    }
}

/// Ranges of addresses, in order; no two of them overlap or are adjacent.
#[derive(Debug, Default)]
struct Ranges(Vec<(u128, u128)>);

impl Ranges {
    fn add(&mut self, address: u128, host_bits: u32) {
        let host = u128::MAX.checked_shr(128 - host_bits).unwrap_or(0);
        let (mut first, mut last) = (address & !host, address | host);
        let start = self.0.partition_point(|(_, end)| end.saturating_add(1) < first);
        let mut end = start;
        while let Some((from, to)) = self.0.get(end).filter(|(from, _)| *from <= last.saturating_add(1)) {
            (first, last) = (first.min(*from), last.max(*to));
            end += 1;
        }
        self.0.splice(start..end, [(first, last)]);
    }

    fn hold_all(&self, last: u128) -> bool {
        self.0 == [(0, last)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all_v4(networks: &[(&str, u8)]) -> bool {
        let mut all = Networks::default();
        for (address, prefix) in networks {
            all.add_v4(address.parse().unwrap(), *prefix);
        }
        all.holds_every_v4()
    }

    fn all_v6(networks: &[(&str, u8)]) -> bool {
        let mut all = Networks::default();
        for (address, prefix) in networks {
            all.add_v6(address.parse().unwrap(), *prefix);
        }
        all.holds_every_v6()
    }

    #[test]
    fn parts_make_a_whole_in_any_order_and_with_overlaps() {
        assert!(all_v4(&[("192.0.2.1", 0)]));
        assert!(all_v4(&[("128.0.0.0", 1), ("0.0.0.0", 1)]));
        assert!(all_v4(&[
            ("255.1.2.3", 2),
            ("0.0.0.0", 2),
            ("64.0.0.0", 2),
            ("10.0.0.0", 8),
            ("128.0.0.0", 2)
        ]));
        assert!(!all_v4(&[("0.0.0.0", 1), ("0.0.0.0", 1)]));
        assert!(!all_v4(&[("0.0.0.0", 1), ("128.0.0.0", 2), ("192.0.0.0", 3), ("192.0.0.0", 3)]));
        assert!(!all_v4(&[("0.0.0.0", 1), ("128.0.0.1", 32)]));
        assert!(!all_v4(&[]));
        assert!(all_v6(&[("::", 0)]) && all_v6(&[("8000::", 1), ("::", 1)]));
        assert!(!all_v6(&[("::", 1), ("::", 1)]) && !all_v6(&[("2000::", 3)]));
        let eights: Vec<(String, u8)> = (0..=255).map(|first| (format!("{first}.0.0.0"), 8)).collect();
        let eights: Vec<(&str, u8)> = eights.iter().map(|(text, prefix)| (text.as_str(), *prefix)).collect();
        assert!(all_v4(&eights) && !all_v4(&eights[1..]));
    }
}
