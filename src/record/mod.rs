//! Names, records and questions.
//!
//! The vocabulary of every other module, in the terms of RFC 9499. These types are parsed from and written in
//! presentation form without loss, depend on no resolver library, and know nothing of Microsoft, of servers or of right
//! and wrong records.

mod command;
mod data;
mod name;
pub mod route53;
mod rtype;
pub mod spf;
pub mod tags;
mod text;
mod token;
mod unknown_word;
pub mod zone;

use std::collections::BTreeSet;
use std::fmt;

pub(crate) use command::{leading_colons, opens_command};
pub(crate) use data::parse_ttl;
pub use data::{DataError, Other, RecordData, Soa, generic_text};
pub use name::{Name, NameError};
pub use rtype::{RecordType, UnknownType};
pub(crate) use text::MAX_CHARACTER_STRING;
pub use text::{Text, acts, quote};
pub use token::{Token, split};
pub use unknown_word::UnknownWord;
#[cfg(feature = "run")]
pub(crate) use unknown_word::closest_word;
pub(crate) use unknown_word::{suggestion, value_of_word};

/// A DNS question: a name and a type; the class is always IN.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Question {
    /// The name asked for.
    pub name: Name,
    /// The type asked for.
    pub rtype: RecordType,
}

impl Question {
    /// Returns the question for `name` and `rtype`.
    #[must_use]
    pub fn new(name: Name, rtype: RecordType) -> Self {
        Self { name, rtype }
    }

    /// Returns the A and AAAA questions for a host.
    #[must_use]
    pub fn addresses(host: &Name) -> [Self; 2] {
        [RecordType::A, RecordType::Aaaa].map(|rtype| Self::new(host.clone(), rtype))
    }
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.rtype)
    }
}

/// One resource record of class IN.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Record {
    /// The owner.
    pub name: Name,
    /// TTL in seconds: the full one from an authority or a zone file, the remaining one from a cache.
    pub ttl: u32,
    /// The data.
    pub data: RecordData,
}

impl fmt::Display for Record {
    /// Writes a line of a zone file, such as `contoso.com. 3600 IN MX 10 mx1.emailsrvr.com.`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} IN {} {}", self.name, self.ttl, self.data.rtype(), self.data)
    }
}

/// All data of one name and type (an RRset, RFC 9499 §5), without duplicates and in a fixed order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RecordSet {
    /// The data, ordered, without duplicates.
    pub data: BTreeSet<RecordData>,
    /// TTL in seconds; the smallest where the records differ (RFC 2181 §5.2).
    pub ttl: u32,
}

impl RecordSet {
    /// Returns the set of all `records`, whatever their owner and type.
    pub fn of<'a>(records: impl IntoIterator<Item = &'a Record>) -> Self {
        let mut set = Self { data: BTreeSet::new(), ttl: u32::MAX };
        for record in records {
            set.ttl = set.ttl.min(record.ttl);
            set.data.insert(record.data.clone());
        }
        if set.data.is_empty() {
            set.ttl = 0;
        }
        set
    }

    /// Returns whether the set has no records.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.data.is_empty()
    }
}
