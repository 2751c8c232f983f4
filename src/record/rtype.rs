//! Record types.
//!
//! Types that no rule reads have a number, and a mnemonic if they occur in real zones.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

/// A resource record type (RFC 1035 §3.2.2 and the IANA registry).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum RecordType {
    /// An IPv4 address.
    A,
    /// An IPv6 address.
    Aaaa,
    /// An alias.
    Cname,
    /// A mail exchange.
    Mx,
    /// An authoritative name server.
    Ns,
    /// A pointer to a name.
    Ptr,
    /// The start of a zone.
    Soa,
    /// The location of a service (RFC 2782).
    Srv,
    /// Text.
    Txt,
    /// Any other type, by its number.
    Other(u16),
}

impl Hash for RecordType {
    /// Hashes the number, which takes one step where a variant and its field take two.
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u16(self.number());
    }
}

/// Mnemonics of the IANA registry for types that occur in real zones and that no rule reads.
const OTHER_TYPES: &[(&str, u16)] = &[
    ("HINFO", 13),
    ("RP", 17),
    ("AFSDB", 18),
    ("LOC", 29),
    ("NAPTR", 35),
    ("KX", 36),
    ("CERT", 37),
    ("DNAME", 39),
    ("APL", 42),
    ("DS", 43),
    ("SSHFP", 44),
    ("IPSECKEY", 45),
    ("RRSIG", 46),
    ("NSEC", 47),
    ("DNSKEY", 48),
    ("DHCID", 49),
    ("NSEC3", 50),
    ("NSEC3PARAM", 51),
    ("TLSA", 52),
    ("SMIMEA", 53),
    ("HIP", 55),
    ("CDS", 59),
    ("CDNSKEY", 60),
    ("OPENPGPKEY", 61),
    ("CSYNC", 62),
    ("ZONEMD", 63),
    ("SVCB", 64),
    ("HTTPS", 65),
    ("SPF", 99),
    ("EUI48", 108),
    ("EUI64", 109),
    ("URI", 256),
    ("CAA", 257),
];

impl RecordType {
    /// A certificate association of a TLS server (RFC 6698).
    pub const TLSA: Self = Self::Other(52);

    /// Returns the number of the type in the IANA registry.
    #[must_use]
    pub fn number(self) -> u16 {
        match self {
            Self::A => 1,
            Self::Ns => 2,
            Self::Cname => 5,
            Self::Soa => 6,
            Self::Ptr => 12,
            Self::Mx => 15,
            Self::Txt => 16,
            Self::Aaaa => 28,
            Self::Srv => 33,
            Self::Other(number) => number,
        }
    }

    /// Returns the type with this number.
    #[must_use]
    pub fn from_number(number: u16) -> Self {
        match number {
            1 => Self::A,
            2 => Self::Ns,
            5 => Self::Cname,
            6 => Self::Soa,
            12 => Self::Ptr,
            15 => Self::Mx,
            16 => Self::Txt,
            28 => Self::Aaaa,
            33 => Self::Srv,
            other => Self::Other(other),
        }
    }
}

/// A text that is neither a mnemonic nor `TYPE` and a number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a record type")]
pub struct UnknownType(pub String);

impl fmt::Display for RecordType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::A => "A",
            Self::Aaaa => "AAAA",
            Self::Cname => "CNAME",
            Self::Mx => "MX",
            Self::Ns => "NS",
            Self::Ptr => "PTR",
            Self::Soa => "SOA",
            Self::Srv => "SRV",
            Self::Txt => "TXT",
            Self::Other(number) => match OTHER_TYPES.iter().find(|(_, other)| other == number) {
                Some((mnemonic, _)) => mnemonic,
                None => return write!(f, "TYPE{number}"),
            },
        })
    }
}

impl FromStr for RecordType {
    type Err = UnknownType;

    /// Parses a mnemonic in any case, or `TYPE` and a number (RFC 3597 §5).
    fn from_str(text: &str) -> Result<Self, UnknownType> {
        let upper = text.to_ascii_uppercase();
        let known = [
            Self::A,
            Self::Aaaa,
            Self::Cname,
            Self::Mx,
            Self::Ns,
            Self::Ptr,
            Self::Soa,
            Self::Srv,
            Self::Txt,
        ];
        if let Some(&found) = known.iter().find(|known| known.to_string() == upper) {
            return Ok(found);
        }
        if let Some((_, number)) = OTHER_TYPES.iter().find(|(mnemonic, _)| *mnemonic == upper) {
            return Ok(Self::Other(*number));
        }
        let number = upper.strip_prefix("TYPE").and_then(|number| number.parse().ok());
        number.map(Self::from_number).ok_or_else(|| UnknownType(text.into()))
    }
}
