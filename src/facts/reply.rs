//! The reply of one server to one question.
//!
//! A missing answer is a fact and not an error: the server's reaction is an [`Outcome`], determined once, in `lookup`.
//! Nothing here decides whether an answer is right.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use jiff::Timestamp;

use crate::record::{Name, Question, Record, RecordData, Soa, UnknownWord, value_of_word};

use super::Outcome;

/// The role in which a server was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// A name server of the zone itself, asked without recursion.
    Authoritative,
    /// A zone file, which answers in place of the zone's name servers.
    ZoneFile,
    /// A recursive resolver, which may answer from its cache.
    Resolver,
    /// The same resolver, asked not to validate signatures (CD, RFC 4035 §3.2.2).
    Unvalidated,
    /// A name server of the parent zone, asked for the delegation.
    Parent,
    /// A name server that the zone is delegated to at present, if others were named to be asked instead; its answers
    /// are only compared with theirs.
    Delegated,
}

impl Role {
    /// All roles, in their order.
    pub const ALL: [Self; 6] = [
        Self::Authoritative,
        Self::ZoneFile,
        Self::Resolver,
        Self::Unvalidated,
        Self::Parent,
        Self::Delegated,
    ];

    /// Returns whether the server speaks for the zone itself.
    #[must_use]
    pub fn is_authority(self) -> bool {
        matches!(self, Self::Authoritative | Self::ZoneFile)
    }

    /// Returns whether it is a name server of any zone.
    #[must_use]
    pub fn is_name_server(self) -> bool {
        matches!(self, Self::Authoritative | Self::Parent | Self::Delegated)
    }

    /// Returns the word in reports and recordings.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Authoritative => "authoritative",
            Self::ZoneFile => "zone-file",
            Self::Resolver => "resolver",
            Self::Unvalidated => "unvalidated",
            Self::Parent => "parent",
            Self::Delegated => "delegated",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

impl FromStr for Role {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        value_of_word("", text, &Self::ALL, Self::word)
    }
}

/// A server that was asked. [`super::Facts::server_name`] returns the name under which a zone lists it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Server {
    /// The role.
    pub role: Role,
    /// The address: `192.0.2.1:53`, `tls://1.1.1.1:853`, `https://dns.example/dns-query`, or the path of a zone file.
    pub address: String,
}

impl Server {
    /// The address of the placeholder server.
    pub(super) const NONE: &str = "none";

    /// Returns the placeholder server of questions that were never sent.
    #[must_use]
    pub fn none() -> Arc<Self> {
        Arc::new(Self { role: Role::Resolver, address: Self::NONE.into() })
    }

    /// Returns the IP address, if the server was asked over plain DNS.
    #[must_use]
    pub fn ip(&self) -> Option<std::net::IpAddr> {
        self.address.parse().ok().map(|address: std::net::SocketAddr| address.ip())
    }
}

/// An extended DNS error (RFC 8914).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ExtendedError {
    /// The INFO-CODE.
    pub code: u16,
    /// The EXTRA-TEXT: untrusted, often empty, at most 200 characters kept.
    pub text: String,
}

impl fmt::Display for ExtendedError {
    /// Writes the registered name of the code (IANA, Extended DNS Error Codes), and the text, if any.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let purpose = match self.code {
            0 => "other error",
            1 => "unsupported DNSKEY algorithm",
            2 => "unsupported DS digest type",
            3 => "stale answer",
            4 => "forged answer",
            5 => "DNSSEC indeterminate",
            6 => "DNSSEC bogus",
            7 => "signature expired",
            8 => "signature not yet valid",
            9 => "DNSKEY missing",
            10 => "RRSIGs missing",
            11 => "no zone key bit set",
            12 => "NSEC missing",
            13 => "cached error",
            14 => "not ready",
            15 => "blocked",
            16 => "censored",
            17 => "filtered",
            18 => "prohibited",
            19 => "stale NXDOMAIN answer",
            20 => "not authoritative",
            21 => "not supported",
            22 => "no reachable authority",
            23 => "network error",
            24 => "invalid data",
            25 => "signature expired before valid",
            26 => "too early",
            27 => "unsupported NSEC3 iterations value",
            28 => "unable to conform to policy",
            29 => "synthesized",
            30 => "invalid query type",
            31 => "rate limited",
            32 => "over quota",
            33 => "negative trust anchor",
            34 => "new delegation only",
            35 => "blocked by upstream DNS server",
            code => return write!(f, "extended error {code}").and_then(|()| self.fmt_text(f)),
        };
        write!(f, "{purpose}").and_then(|()| self.fmt_text(f))
    }
}

impl ExtendedError {
    /// Returns whether the code means that the resolver's answer differs from the zone: forged (4), blocked (15),
    /// censored (16), filtered (17) or prohibited (18) (RFC 8914 §4).
    #[must_use]
    pub fn is_filtering(&self) -> bool {
        matches!(self.code, 4 | 15..=18)
    }

    fn fmt_text(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.text.is_empty() { Ok(()) } else { write!(f, ": {}", self.text) }
    }
}

/// The reply of one server to one question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The question.
    pub question: Question,
    /// The server.
    pub server: Arc<Server>,
    /// The outcome.
    pub outcome: Outcome,
    /// The alias chain that starts at the name asked for, then the records of the type asked for; ordered by the chain,
    /// then by data. Other records of the answer section are omitted.
    pub records: Vec<Record>,
    /// The SOA record of a negative answer, with the TTL as received.
    pub soa: Option<Record>,
    /// With [`Outcome::Referral`], the NS records of the zone further down.
    pub referral: Vec<Record>,
    /// True if the server claims authority for the answer (AA).
    pub authoritative: bool,
    /// True if a resolver has validated the answer with DNSSEC (AD).
    pub authentic: bool,
    /// True if the zone file marks the record set as proxied, so that clients see the proxy's addresses instead.
    pub proxied: bool,
    /// Extended errors, in the order received.
    pub ede: Vec<ExtendedError>,
    /// The cause of a failure in words, such as `connection refused`; empty if the outcome says it all.
    pub reason: String,
    /// The time when the answer arrived, or when the query was abandoned.
    pub at: Timestamp,
    /// The time until then, in microseconds.
    pub elapsed: u64,
}

impl Reply {
    /// Returns a reply without content, to be filled in.
    #[must_use]
    pub fn empty(question: Question, server: Arc<Server>, outcome: Outcome) -> Self {
        Self {
            question,
            server,
            outcome,
            records: Vec::new(),
            soa: None,
            referral: Vec::new(),
            authoritative: false,
            authentic: false,
            proxied: false,
            ede: Vec::new(),
            reason: String::new(),
            at: Timestamp::UNIX_EPOCH,
            elapsed: 0,
        }
    }

    /// Returns an estimate of its memory use in octets, by a rule that is the same on every machine.
    #[must_use]
    pub fn octets(&self) -> usize {
        /// The fixed cost of a record, without its strings and names.
        const RECORD: usize = 96;
        /// The fixed cost of a reply, without its records.
        const REPLY: usize = 256;
        let records = self.records.iter().chain(&self.soa).chain(&self.referral);
        REPLY + self.reason.len() + records.map(|record| RECORD + record.data.octets()).sum::<usize>()
    }

    /// Returns whether invalid signatures may be the cause: SERVFAIL itself (RFC 4035 §5.5), not another error reported
    /// as SERVFAIL.
    #[must_use]
    pub(crate) fn may_be_bogus(&self) -> bool {
        self.outcome == Outcome::ServFail && self.reason.is_empty()
    }

    /// Returns the records of the type asked for, at the end of the alias chain.
    pub fn wanted(&self) -> impl Iterator<Item = &Record> {
        self.records.iter().filter(|record| record.data.rtype() == self.question.rtype)
    }

    /// Returns whether both are answers with the same records, whatever their remaining TTLs.
    #[must_use]
    pub(crate) fn says_the_same(&self, other: &Self) -> bool {
        let alike = |(one, other): (&Record, &Record)| one.data == other.data && one.name == other.name;
        self.outcome == other.outcome
            && self.outcome.is_answer()
            && self.records.len() == other.records.len()
            && self.records.iter().zip(&other.records).all(alike)
    }

    /// Returns the last name of the alias chain; the name asked for if there is no alias.
    #[must_use]
    pub fn end_of_chain(&self) -> &Name {
        let aliases = self.records.iter().rev();
        aliases.filter_map(alias_target).next().unwrap_or(&self.question.name)
    }

    /// Returns whether the reply ends with an alias, so that the records must be asked for at the end of the chain. A
    /// loop ends where it began and is not open.
    #[must_use]
    pub(crate) fn leaves_alias_open(&self) -> bool {
        self.outcome == Outcome::Records
            && self.wanted().next().is_none()
            && *self.end_of_chain() != self.question.name
    }

    /// Returns how long a resolver may cache this negative answer, in seconds: the smaller of the TTL of the SOA record
    /// and of its minimum field (RFC 2308 §5).
    #[must_use]
    pub fn negative_ttl(&self) -> Option<u32> {
        let record = self.soa.as_ref()?;
        soa_of(record).map(|soa| record.ttl.min(soa.minimum))
    }
}

/// Returns the target, if the record is an alias.
fn alias_target(record: &Record) -> Option<&Name> {
    match &record.data {
        RecordData::Cname(target) => Some(target),
        _ => None,
    }
}

/// Returns the fields of an SOA record; `None` for any other record.
#[must_use]
pub(crate) fn soa_of(record: &Record) -> Option<&Soa> {
    match &record.data {
        RecordData::Soa(soa) => Some(soa),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_extended_errors_have_their_registered_names() {
        let shown = |code| ExtendedError { code, text: String::new() }.to_string();
        let names: std::collections::BTreeSet<String> = (0..=35).map(shown).collect();
        assert_eq!(names.len(), 36);
        assert!(names.iter().all(|name| !name.starts_with("extended error")), "{names:?}");
        assert_eq!((shown(30).as_str(), shown(36).as_str()), ("invalid query type", "extended error 36"));
    }
}
