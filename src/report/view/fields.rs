//! Reads single fields of a stored report that are not words.

use std::fmt;
use std::net::IpAddr;

use serde::de::{Error, IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::record::{Name, RecordType};
use crate::report::words::shown;

/// Reads the name of a domain, and writes it as a report does.
pub(super) fn domain<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let text = String::deserialize(from)?;
    let is_letter = |octet: u8| octet.is_ascii_alphanumeric() || b"-_.".contains(&octet);
    let name = text.parse::<Name>().ok().filter(|_| text.bytes().all(is_letter));
    name.map(|name| name.without_trailing_dot())
        .ok_or_else(|| D::Error::custom(format!("`{}` is not a domain in A-labels", shown(&text))))
}

/// Skips a value that is computed again.
pub(super) fn no_text<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    IgnoredAny::deserialize(from).map(|_| None)
}

/// Reads addresses.
pub(super) fn addresses<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    struct Addresses;
    impl<'de> Visitor<'de> for Addresses {
        type Value = Vec<String>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list of addresses")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<String>, A::Error> {
            let mut addresses = Vec::new();
            while let Some(address) = list.next_element::<IpAddr>()? {
                addresses.push(address.to_string());
            }
            Ok(addresses)
        }
    }
    from.deserialize_seq(Addresses)
}

impl Serialize for RecordType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for RecordType {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        text.parse().map_err(|_| D::Error::custom(format!("`{}` is not a record type", shown(&text))))
    }
}

#[cfg(feature = "formats")]
crate::report::harmless::string_schema!(RecordType);
