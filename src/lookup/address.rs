//! Classifies IP addresses, and decides which addresses named only by DNS may be contacted.
//!
//! Anyone can publish a name server or a policy host at `127.0.0.1`, at `10.0.0.1` or at the metadata service of a
//! cloud provider. One table holds the special-purpose registries of IANA (RFC 6890 §2.2) and the rest of the IPv6
//! address space (RFC 4291 §2.4); [`Permissions`] lists exceptions for a run. Addresses that a person or the system has
//! named are not restricted here.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

/// The purpose of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AddressKind {
    /// An address of the public Internet.
    Public,
    /// An address of this machine (RFC 1122 §3.2.1.3, RFC 4291 §2.5.3).
    Loopback,
    /// An address of a private network (RFC 1918, RFC 4193), or between a provider and its customers (RFC 6598).
    Private,
    /// An address of one link (RFC 3927, RFC 4291 §2.5.6); metadata services of cloud providers have one.
    LinkLocal,
    /// The unspecified address, or this network (RFC 1122 §3.2.1.3, RFC 4291 §2.5.2); many systems deliver it to
    /// themselves.
    Unspecified,
    /// The address of a group (RFC 5771, RFC 4291 §2.7).
    Multicast,
    /// The address of every host on a link (RFC 919 §7).
    Broadcast,
    /// An address for examples (RFC 5737, RFC 3849, RFC 9637).
    Documentation,
    /// An address that is reserved for other uses, or not assigned.
    Reserved,
    /// An IPv6 address that embeds an IPv4 address which is not public.
    Embedding,
}

impl AddressKind {
    /// All kinds.
    pub const ALL: [Self; 10] = [
        Self::Public,
        Self::Loopback,
        Self::Private,
        Self::LinkLocal,
        Self::Unspecified,
        Self::Multicast,
        Self::Broadcast,
        Self::Documentation,
        Self::Reserved,
        Self::Embedding,
    ];

    /// Returns the kind of an address.
    #[must_use]
    pub fn of(address: IpAddr) -> Self {
        Class::of(address).kind
    }
}

impl fmt::Display for AddressKind {
    /// Writes the kind with its article: `a private address`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Public => "a public address",
            Self::Loopback => "a loopback address",
            Self::Private => "a private address",
            Self::LinkLocal => "a link-local address",
            Self::Unspecified => "an unspecified address",
            Self::Multicast => "a multicast address",
            Self::Broadcast => "a broadcast address",
            Self::Documentation => "a documentation address",
            Self::Reserved => "a reserved address",
            Self::Embedding => "an IPv6 form of an IPv4 address that is not public",
        })
    }
}

/// The addresses, beyond the public ones, that a run may contact although only DNS names them.
///
/// Addresses of other kinds than loopback and private are never contacted.
///
/// ```
/// use cutover::lookup::Permissions;
/// let none = Permissions::default();
/// assert!(none.check("8.8.8.8".parse().unwrap()).is_ok());
/// assert!(none.check("10.0.0.1".parse().unwrap()).is_err());
/// let lab = none.naming("127.0.0.53".parse().unwrap());
/// assert!(lab.check("127.0.0.1".parse().unwrap()).is_ok());
/// assert!(lab.check("10.0.0.1".parse().unwrap()).is_err());
/// assert!(Permissions::ALL.check("169.254.169.254".parse().unwrap()).is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Permissions {
    loopback: bool,
    private: bool,
}

impl Permissions {
    /// All permissions that exist: loopback and private addresses.
    pub const ALL: Self = Self { loopback: true, private: true };

    /// Returns the permissions extended by those that follow from a server named by a person: one on a loopback or
    /// private address allows addresses of that kind.
    #[must_use]
    pub fn naming(self, server: IpAddr) -> Self {
        // A server at `::ffff:10.0.0.1` is reached at `10.0.0.1`.
        match AddressKind::of(server.to_canonical()) {
            AddressKind::Loopback => Self { loopback: true, ..self },
            AddressKind::Private => Self { private: true, ..self },
            AddressKind::Public
            | AddressKind::LinkLocal
            | AddressKind::Unspecified
            | AddressKind::Multicast
            | AddressKind::Broadcast
            | AddressKind::Documentation
            | AddressKind::Reserved
            | AddressKind::Embedding => self,
        }
    }

    /// Checks that an address named only by DNS may be contacted.
    ///
    /// # Errors
    /// [`Refusal`] if it may not.
    pub fn check(self, address: IpAddr) -> Result<(), Refusal> {
        let class = Class::of(address);
        if self.allows(class.kind) { Ok(()) } else { Err(Refusal { address, class }) }
    }

    /// Returns the kinds that are allowed beyond public addresses.
    pub fn kinds(self) -> impl Iterator<Item = AddressKind> {
        let special = move |kind: &AddressKind| *kind != AddressKind::Public && self.allows(*kind);
        AddressKind::ALL.into_iter().filter(special)
    }

    fn allows(self, kind: AddressKind) -> bool {
        match kind {
            AddressKind::Public => true,
            AddressKind::Loopback => self.loopback,
            AddressKind::Private => self.private,
            AddressKind::LinkLocal
            | AddressKind::Unspecified
            | AddressKind::Multicast
            | AddressKind::Broadcast
            | AddressKind::Documentation
            | AddressKind::Reserved
            | AddressKind::Embedding => false,
        }
    }
}

/// The reason why an address named only by DNS is not contacted, and the option that allows it, if there is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub struct Refusal {
    address: IpAddr,
    class: Class,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { address, class: Class { kind, source, embedded } } = self;
        match embedded {
            Some((inner, kind)) => write!(f, "{address} embeds {inner}, {kind} according to {source}")?,
            None => write!(f, "{address} is {kind} according to {source}")?,
        }
        match Permissions::ALL.allows(*kind) {
            true => f.write_str("; `--allow-private-servers` allows it"),
            false => f.write_str(", and is never queried"),
        }
    }
}

/// Returns whether the address belongs to the public Internet.
pub(super) fn is_public(address: IpAddr) -> bool {
    AddressKind::of(address) == AddressKind::Public
}

/// The classification of an address by the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Class {
    kind: AddressKind,
    /// The standard that reserves it.
    source: &'static str,
    /// The IPv4 address in an [`AddressKind::Embedding`] one, with its kind.
    embedded: Option<(Ipv4Addr, AddressKind)>,
}

impl Class {
    fn of(address: IpAddr) -> Self {
        let (table, bits) = match address {
            IpAddr::V4(v4) => (V4, u128::from(v4.to_bits()) << 96),
            IpAddr::V6(v6) => (V6, v6.to_bits()),
        };
        let matching = table.iter().filter(|row| row.holds(bits));
        let row = matching.max_by_key(|row| row.length).unwrap_or(&UNKNOWN);
        let class = |kind, source| Self { kind, source, embedded: None };
        let parts = match row.meaning {
            Is(kind) => return class(kind, row.source),
            Embeds(parts) => parts,
        };
        for part in parts {
            let inner = Ipv4Addr::from_bits(part(bits));
            let Self { kind, source, .. } = Self::of(IpAddr::V4(inner));
            if kind != AddressKind::Public {
                return Self { embedded: Some((inner, kind)), ..class(AddressKind::Embedding, source) };
            }
        }
        class(AddressKind::Public, row.source)
    }
}

/// A range of addresses.
#[derive(Debug)]
struct Row {
    /// The first address; an IPv4 address is in the 32 highest bits.
    first: u128,
    /// The number of leading bits that all addresses of the range share.
    length: u32,
    meaning: Meaning,
    /// The standard that reserves the range.
    source: &'static str,
}

/// The meaning of the addresses of a range.
#[derive(Debug, Clone, Copy)]
enum Meaning {
    /// Addresses of this kind.
    Is(AddressKind),
    /// IPv6 forms of these IPv4 addresses; they are public if all embedded addresses are.
    Embeds(&'static [fn(u128) -> u32]),
}

use AddressKind::{
    Broadcast, Documentation, LinkLocal, Loopback, Multicast, Private, Public, Reserved, Unspecified,
};
use Meaning::{Embeds, Is};

impl Row {
    const fn v4(first: [u8; 4], length: u32, kind: AddressKind, source: &'static str) -> Self {
        Self { first: (u32::from_be_bytes(first) as u128) << 96, length, meaning: Is(kind), source }
    }

    /// Returns a range of IPv6 addresses; omitted segments are zero.
    const fn v6<const N: usize>(
        segments: [u16; N],
        length: u32,
        meaning: Meaning,
        source: &'static str,
    ) -> Self {
        let mut first = 0;
        let mut at = 0;
        while at < N {
            first |= (segments[at] as u128) << (112 - 16 * at);
            at += 1;
        }
        Self { first, length, meaning, source }
    }

    fn holds(&self, bits: u128) -> bool {
        (bits ^ self.first).checked_shr(128 - self.length).unwrap_or(0) == 0
    }
}

/// Returns the lowest 32 bits.
fn low(bits: u128) -> u32 {
    bits as u32
}

/// Returns the 32 bits after a prefix of 16 (RFC 3056 §2).
fn after_16(bits: u128) -> u32 {
    (bits >> 80) as u32
}

/// Returns the server of a Teredo address (RFC 4380 §4).
fn teredo_server(bits: u128) -> u32 {
    (bits >> 64) as u32
}

/// Returns the client of a Teredo address, whose bits are inverted (RFC 4380 §4).
fn teredo_client(bits: u128) -> u32 {
    !low(bits)
}

/// The fallback if no row matches; the tables leave no such address.
const UNKNOWN: Row = Row::v6([], 0, Is(Reserved), "RFC 6890 §2.2");

/// The IPv4 address space. The longest matching row decides.
const V4: &[Row] = &[
    Row::v4([0, 0, 0, 0], 0, Public, "RFC 791 §3.2"),
    Row::v4([0, 0, 0, 0], 8, Unspecified, "RFC 1122 §3.2.1.3"),
    Row::v4([10, 0, 0, 0], 8, Private, "RFC 1918 §3"),
    Row::v4([100, 64, 0, 0], 10, Private, "RFC 6598 §7"),
    Row::v4([127, 0, 0, 0], 8, Loopback, "RFC 1122 §3.2.1.3"),
    Row::v4([169, 254, 0, 0], 16, LinkLocal, "RFC 3927 §2.1"),
    Row::v4([172, 16, 0, 0], 12, Private, "RFC 1918 §3"),
    // Protocol assignments; two anycast addresses in it are reachable, but no name server has one.
    Row::v4([192, 0, 0, 0], 24, Reserved, "RFC 6890 §2.1"),
    Row::v4([192, 0, 2, 0], 24, Documentation, "RFC 5737 §3"),
    // The relays of 6to4, which are no longer in use.
    Row::v4([192, 88, 99, 0], 24, Reserved, "RFC 7526 §4"),
    Row::v4([192, 168, 0, 0], 16, Private, "RFC 1918 §3"),
    // Benchmarking; some private networks and tunnels use it.
    Row::v4([198, 18, 0, 0], 15, Reserved, "RFC 2544 §C.2.2"),
    Row::v4([198, 51, 100, 0], 24, Documentation, "RFC 5737 §3"),
    Row::v4([203, 0, 113, 0], 24, Documentation, "RFC 5737 §3"),
    Row::v4([224, 0, 0, 0], 4, Multicast, "RFC 5771 §3"),
    Row::v4([240, 0, 0, 0], 4, Reserved, "RFC 1112 §4"),
    Row::v4([255, 255, 255, 255], 32, Broadcast, "RFC 919 §7"),
];

/// The IPv6 address space. The longest matching row decides.
const V6: &[Row] = &[
    // Everything that is neither global unicast nor listed below, among it `100::/64` and `5f00::/16`.
    Row::v6([], 0, Is(Reserved), "RFC 4291 §2.4"),
    // IPv4-compatible addresses.
    Row::v6([], 96, Is(Reserved), "RFC 4291 §2.5.5.1"),
    Row::v6([], 128, Is(Unspecified), "RFC 4291 §2.5.2"),
    Row::v6([0, 0, 0, 0, 0, 0, 0, 1], 128, Is(Loopback), "RFC 4291 §2.5.3"),
    // IPv4-mapped addresses, which a socket sends to the IPv4 address.
    Row::v6([0, 0, 0, 0, 0, 0xffff], 96, Embeds(&[low]), "RFC 4291 §2.5.5.2"),
    // IPv4-translated addresses.
    Row::v6([0, 0, 0, 0, 0xffff], 96, Is(Reserved), "RFC 2765 §2.1"),
    Row::v6([0x64, 0xff9b], 96, Embeds(&[low]), "RFC 6052 §2.1"),
    // The position of the IPv4 address depends on the network (RFC 6052 §2.2).
    Row::v6([0x64, 0xff9b, 1], 48, Is(Reserved), "RFC 8215 §3"),
    Row::v6([0x100], 64, Is(Reserved), "RFC 6666 §4"),
    Row::v6([0x2000], 3, Is(Public), "RFC 4291 §2.5.4"),
    // Protocol assignments, except Teredo and the name servers of AS112.
    Row::v6([0x2001], 23, Is(Reserved), "RFC 2928 §2"),
    Row::v6([0x2001, 0], 32, Embeds(&[teredo_server, teredo_client]), "RFC 4380 §4"),
    Row::v6([0x2001, 4, 0x112], 48, Is(Public), "RFC 7535 §3.1"),
    Row::v6([0x2001, 0xdb8], 32, Is(Documentation), "RFC 3849 §2"),
    Row::v6([0x2002], 16, Embeds(&[after_16]), "RFC 3056 §2"),
    Row::v6([0x3fff], 20, Is(Documentation), "RFC 9637 §3"),
    Row::v6([0xfc00], 7, Is(Private), "RFC 4193 §3.1"),
    Row::v6([0xfe80], 10, Is(LinkLocal), "RFC 4291 §2.5.6"),
    // Site-local addresses, deprecated.
    Row::v6([0xfec0], 10, Is(Reserved), "RFC 3879 §4"),
    Row::v6([0xff00], 8, Is(Multicast), "RFC 4291 §2.7"),
];

#[cfg(test)]
mod tests;
