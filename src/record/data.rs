//! What does a record hold, and how is it written?
//!
//! Types that no rule reads are kept as [`RecordData::Other`], whole and unread, so that nothing is lost when a zone
//! is read and written again.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use super::name::{Name, NameError};
use super::text::{MAX_CHARACTER_STRING, Text, unquote};
use super::token::{Token, split};

/// A resource record type (RFC 1035 §3.2.2 and the IANA registry).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
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

/// Mnemonics of the IANA registry for types that appear in real zones and that no rule reads.
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
    /// The number of the type in the IANA registry.
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

    /// The type with this number.
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
    type Err = DataError;

    /// A mnemonic in any case, or `TYPE` and a number (RFC 3597 §5).
    fn from_str(text: &str) -> Result<Self, DataError> {
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
        number.map(Self::from_number).ok_or_else(|| DataError::UnknownType(text.into()))
    }
}

/// What one record holds (its RDATA).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum RecordData {
    /// An IPv4 address.
    A(Ipv4Addr),
    /// An IPv6 address.
    Aaaa(Ipv6Addr),
    /// The name that the owner is an alias of.
    Cname(Name),
    /// A mail exchange (RFC 5321 §5.1).
    Mx {
        /// The lowest number is tried first.
        preference: u16,
        /// The host; the root means "takes no mail" (RFC 7505).
        exchange: Name,
    },
    /// An authoritative name server of the owner.
    Ns(Name),
    /// The name that the owner points to.
    Ptr(Name),
    /// The start of a zone (RFC 1035 §3.3.13).
    Soa(Box<Soa>),
    /// The location of a service (RFC 2782).
    Srv {
        /// The lowest number is tried first.
        priority: u16,
        /// Share among targets of the same priority.
        weight: u16,
        /// TCP or UDP port.
        port: u16,
        /// The host; the root means "no such service".
        target: Name,
    },
    /// Text.
    Txt(Text),
    /// A type that no rule reads.
    Other(Other),
}

/// The fields of a start of authority (RFC 1035 §3.3.13); all times in seconds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Soa {
    /// The primary name server.
    pub primary: Name,
    /// The mailbox of who runs the zone, its `@` written as a dot.
    pub mailbox: Name,
    /// The version of the zone, compared by RFC 1982.
    pub serial: u32,
    /// How often a secondary asks for a newer version.
    pub refresh: u32,
    /// How soon a secondary asks again after a failure.
    pub retry: u32,
    /// When a secondary stops answering without a refresh.
    pub expire: u32,
    /// Bounds how long resolvers remember that something does not exist (RFC 2308 §4).
    pub minimum: u32,
}

/// The data of a type that no rule reads.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Other {
    /// The number of the type.
    pub number: u16,
    /// The data in presentation form, all ASCII: `\# 4 0a000001` (RFC 3597 §5), or as a zone file had it with its
    /// names made absolute.
    pub text: String,
}

/// Why a text is not the data of a record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// No such type.
    #[error("`{0}` is no record type")]
    UnknownType(String),
    /// Too few or too many fields.
    #[error("{rtype} data has the fields `{fields}`; {found} found")]
    FieldCount {
        /// The type.
        rtype: RecordType,
        /// What the fields are.
        fields: &'static str,
        /// How many there were.
        found: usize,
    },
    /// A field in quotes that is neither text nor of an unread type; name servers differ on it.
    #[error("{field} must be written without quotes, found `\"{found}\"`")]
    Quoted {
        /// Which field.
        field: &'static str,
        /// What stands between the quotes.
        found: String,
    },
    /// A field that is not what it should be.
    #[error("{field} must be {expected}, found `{found}`")]
    Field {
        /// Which field.
        field: &'static str,
        /// What it should be.
        expected: &'static str,
        /// What it is.
        found: String,
    },
    /// A field that should be a name and is none.
    #[error("{field} is no domain name: {error}")]
    Name {
        /// Which field.
        field: &'static str,
        /// Why not.
        error: NameError,
    },
    /// A character-string of more than 255 octets.
    #[error(
        "a character-string has {0} octets and at most 255 are allowed; split it into several quoted strings"
    )]
    StringTooLong(usize),
    /// A backslash that starts no escape sequence.
    #[error("a backslash needs a character or three decimal digits up to 255 behind it (RFC 1035 §5.1)")]
    BadEscape,
    /// `\#` data whose length and digits do not agree (RFC 3597 §5).
    #[error("`\\#` needs the number of octets and as many pairs of hexadecimal digits (RFC 3597 §5)")]
    BadGeneric,
    /// An opening quote without a closing one.
    #[error("an opening quote has no closing one")]
    OpenQuote,
}

impl RecordData {
    /// The type of this data.
    #[must_use]
    pub fn rtype(&self) -> RecordType {
        match self {
            Self::A(_) => RecordType::A,
            Self::Aaaa(_) => RecordType::Aaaa,
            Self::Cname(_) => RecordType::Cname,
            Self::Mx { .. } => RecordType::Mx,
            Self::Ns(_) => RecordType::Ns,
            Self::Ptr(_) => RecordType::Ptr,
            Self::Soa(_) => RecordType::Soa,
            Self::Srv { .. } => RecordType::Srv,
            Self::Txt(_) => RecordType::Txt,
            Self::Other(other) => RecordType::from_number(other.number),
        }
    }

    /// Data of the given type from its presentation form; relative names are completed with `origin`.
    ///
    /// # Errors
    /// [`DataError`] says which field is wrong.
    pub fn parse(rtype: RecordType, text: &str, origin: &Name) -> Result<Self, DataError> {
        Self::from_tokens(rtype, &split(text.as_bytes()).ok_or(DataError::OpenQuote)?, origin)
    }

    /// Data of the given type from the fields of a zone file; relative names are completed with `origin`.
    ///
    /// # Errors
    /// [`DataError`] says which field is wrong.
    pub fn from_tokens(rtype: RecordType, tokens: &[Token<'_>], origin: &Name) -> Result<Self, DataError> {
        Self::read_fields(rtype, tokens, origin).map_err(|misfit| misfit.error)
    }

    /// As [`RecordData::from_tokens`], telling also which field is wrong.
    pub(super) fn read_fields(
        rtype: RecordType,
        tokens: &[Token<'_>],
        origin: &Name,
    ) -> Result<Self, Misfit> {
        if let [first, rest @ ..] = tokens
            && first.is_word(b"\\#")
        {
            return generic(rtype, rest).map_err(|error| Misfit { index: 0, error });
        }
        let fields = Fields { rtype, tokens, origin };
        Ok(match rtype {
            RecordType::A => Self::A(fields.only("address")?.parsed("the address", "an IPv4 address")?),
            RecordType::Aaaa => Self::Aaaa(fields.only("address")?.parsed("the address", "an IPv6 address")?),
            RecordType::Cname => Self::Cname(fields.only("target")?.name(0, "the target")?),
            RecordType::Ns => Self::Ns(fields.only("name-server")?.name(0, "the name server")?),
            RecordType::Ptr => Self::Ptr(fields.only("target")?.name(0, "the target")?),
            RecordType::Mx => {
                fields.count(2, "preference exchange")?;
                Self::Mx {
                    preference: fields.number(0, "the preference")?,
                    exchange: fields.name(1, "the exchange")?,
                }
            }
            RecordType::Srv => {
                fields.count(4, "priority weight port target")?;
                Self::Srv {
                    priority: fields.number(0, "the priority")?,
                    weight: fields.number(1, "the weight")?,
                    port: fields.number(2, "the port")?,
                    target: fields.name(3, "the target")?,
                }
            }
            RecordType::Soa => {
                fields.count(7, "primary mailbox serial refresh retry expire minimum")?;
                Self::Soa(Box::new(Soa {
                    primary: fields.name(0, "the primary name server")?,
                    mailbox: fields.name(1, "the mailbox")?,
                    serial: fields.serial(2)?,
                    refresh: fields.seconds(3, "the refresh time")?,
                    retry: fields.seconds(4, "the retry time")?,
                    expire: fields.seconds(5, "the expiry time")?,
                    minimum: fields.seconds(6, "the minimum")?,
                }))
            }
            RecordType::Txt => Self::Txt(fields.text()?),
            RecordType::Other(number) => Self::Other(Other { number, text: fields.completed()? }),
        })
    }

    /// Zone-file form ready to publish: as [`fmt::Display`], with texts of over 255 octets split.
    #[must_use]
    pub fn to_zone_text(&self) -> String {
        match self {
            Self::Txt(text) => text.to_zone_text(),
            other => other.to_string(),
        }
    }

    /// The name that this record points to, if it points to one.
    #[must_use]
    pub fn target(&self) -> Option<&Name> {
        match self {
            Self::Cname(name) | Self::Ns(name) | Self::Ptr(name) => Some(name),
            Self::Mx { exchange, .. } => Some(exchange),
            Self::Srv { target, .. } => Some(target),
            Self::A(_) | Self::Aaaa(_) | Self::Soa(_) | Self::Txt(_) | Self::Other(_) => None,
        }
    }
}

impl fmt::Display for RecordData {
    /// Presentation form with absolute names; TXT as one quoted string.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::A(address) => write!(f, "{address}"),
            Self::Aaaa(address) => write!(f, "{address}"),
            Self::Cname(name) | Self::Ns(name) | Self::Ptr(name) => write!(f, "{name}"),
            Self::Mx { preference, exchange } => write!(f, "{preference} {exchange}"),
            Self::Soa(soa) => write!(
                f,
                "{} {} {} {} {} {} {}",
                soa.primary, soa.mailbox, soa.serial, soa.refresh, soa.retry, soa.expire, soa.minimum
            ),
            Self::Srv { priority, weight, port, target } => write!(f, "{priority} {weight} {port} {target}"),
            Self::Txt(text) => write!(f, "{text}"),
            Self::Other(other) => f.write_str(&other.text),
        }
    }
}

/// What is wrong with which field.
#[derive(Debug)]
pub(super) struct Misfit {
    /// The field, counted from 0; 0 too if their number is wrong.
    pub(super) index: usize,
    /// What is wrong with it.
    pub(super) error: DataError,
}

/// Which fields of the data hold a name that may be relative, counted from 0.
///
/// IPSECKEY and HIP hold names in places that depend on other fields; those are left as they are written.
pub(super) fn name_fields(rtype: RecordType) -> &'static [usize] {
    match rtype {
        RecordType::Cname | RecordType::Ns | RecordType::Ptr => &[0],
        RecordType::Mx => &[1],
        RecordType::Srv => &[3],
        RecordType::Soa => &[0, 1],
        RecordType::A | RecordType::Aaaa | RecordType::Txt => &[],
        RecordType::Other(number) => match number {
            // RP
            17 => &[0, 1],
            // AFSDB, KX, SVCB, HTTPS
            18 | 36 | 64 | 65 => &[1],
            // NAPTR
            35 => &[5],
            // DNAME, NSEC
            39 | 47 => &[0],
            // RRSIG
            46 => &[7],
            _ => &[],
        },
    }
}

/// The fields of one record, with the words for what is wrong with them.
struct Fields<'a> {
    rtype: RecordType,
    tokens: &'a [Token<'a>],
    origin: &'a Name,
}

impl Fields<'_> {
    fn count(&self, wanted: usize, fields: &'static str) -> Result<(), Misfit> {
        if self.tokens.len() == wanted {
            return Ok(());
        }
        let error = DataError::FieldCount { rtype: self.rtype, fields, found: self.tokens.len() };
        Err(Misfit { index: 0, error })
    }

    fn only(&self, field: &'static str) -> Result<&Self, Misfit> {
        self.count(1, field).map(|()| self)
    }

    /// A field that is not a text: BIND refuses it in quotes where NSD takes it.
    fn unquoted(&self, index: usize, field: &'static str) -> Result<&[u8], Misfit> {
        match self.tokens.get(index) {
            Some(token) if token.quoted => {
                Err(Misfit { index, error: DataError::Quoted { field, found: token.shown() } })
            }
            Some(token) => Ok(token.raw),
            None => Ok(b""),
        }
    }

    fn read<T>(
        &self,
        index: usize,
        field: &'static str,
        expected: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, Misfit> {
        let raw = self.unquoted(index, field)?;
        std::str::from_utf8(raw).ok().and_then(parse).ok_or_else(|| {
            let found = self.tokens.get(index).map(Token::shown).unwrap_or_default();
            Misfit { index, error: DataError::Field { field, expected, found } }
        })
    }

    fn parsed<T: FromStr>(&self, field: &'static str, expected: &'static str) -> Result<T, Misfit> {
        self.read(0, field, expected, |text| text.parse().ok())
    }

    fn number(&self, index: usize, field: &'static str) -> Result<u16, Misfit> {
        self.read(index, field, "a number from 0 to 65535", digits)
    }

    fn serial(&self, index: usize) -> Result<u32, Misfit> {
        self.read(index, "the serial", "a number from 0 to 4294967295", digits)
    }

    fn seconds(&self, index: usize, field: &'static str) -> Result<u32, Misfit> {
        self.read(index, field, "seconds, or a time such as `1h30m`", parse_ttl)
    }

    fn name(&self, index: usize, field: &'static str) -> Result<Name, Misfit> {
        Name::parse_relative(self.unquoted(index, field)?, self.origin)
            .map_err(|error| Misfit { index, error: DataError::Name { field, error } })
    }

    fn text(&self) -> Result<Text, Misfit> {
        self.some("string …")?;
        let mut strings = Vec::with_capacity(self.tokens.len());
        for (index, token) in self.tokens.iter().enumerate() {
            let string = unquote(token.raw).ok_or(Misfit { index, error: DataError::BadEscape })?;
            if string.len() > MAX_CHARACTER_STRING {
                return Err(Misfit { index, error: DataError::StringTooLong(string.len()) });
            }
            strings.push(string);
        }
        Ok(Text::from_strings(strings.iter().map(Vec::as_slice)))
    }

    fn some(&self, fields: &'static str) -> Result<(), Misfit> {
        if self.tokens.is_empty() { self.count(1, fields) } else { Ok(()) }
    }

    /// The fields as they are written, with their names made absolute: the origin is not kept.
    fn completed(&self) -> Result<String, Misfit> {
        self.some("data …")?;
        let mut text = String::new();
        for (index, token) in self.tokens.iter().enumerate() {
            // The value of a service parameter belongs to its key: `alpn="h2"` (RFC 9460 §2.1).
            if index > 0 && !(token.quoted && self.is_parameter_key(index - 1)) {
                text.push(' ');
            }
            if name_fields(self.rtype).contains(&index) {
                text.push_str(&self.name(index, "the name")?.to_string());
            } else {
                text.push_str(&token.to_string());
            }
        }
        Ok(text)
    }

    fn is_parameter_key(&self, index: usize) -> bool {
        let key = self.tokens.get(index);
        has_parameters(self.rtype) && key.is_some_and(|key| !key.quoted && key.raw.ends_with(b"="))
    }
}

/// Whether data of this type ends with service parameters, `key="value"` (SVCB and HTTPS, RFC 9460 §2.1).
pub(super) fn has_parameters(rtype: RecordType) -> bool {
    matches!(rtype, RecordType::Other(64 | 65))
}

/// A number without the sign that `FromStr` would take.
fn digits<T: FromStr>(text: &str) -> Option<T> {
    text.bytes().all(|octet| octet.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// A time to live: seconds, or numbers with the units `s`, `m`, `h`, `d`, `w` as name servers accept them.
///
/// The largest is 2³¹ − 1 (RFC 2181 §8); `None` for anything else.
#[must_use]
pub fn parse_ttl(text: &str) -> Option<u32> {
    if text.is_empty() {
        return None;
    }
    let mut total: u32 = 0;
    let mut number: Option<u32> = None;
    let mut units = false;
    for character in text.chars() {
        if let Some(digit) = character.to_digit(10) {
            number = Some(number.unwrap_or(0).checked_mul(10)?.checked_add(digit)?);
            continue;
        }
        let seconds = match character.to_ascii_lowercase() {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => 86_400,
            'w' => 604_800,
            _ => return None,
        };
        total = total.checked_add(number.take()?.checked_mul(seconds)?)?;
        units = true;
    }
    let total = match number {
        // `1h30`: NSD takes the rest as seconds, BIND refuses it; nothing else can be meant.
        Some(rest) => total.checked_add(rest)?,
        None if units => total,
        None => return None,
    };
    (total <= i32::MAX as u32).then_some(total)
}

/// `\# length hex…` (RFC 3597 §5): kept as it is, or decoded where a rule reads the type.
fn generic(rtype: RecordType, tokens: &[Token<'_>]) -> Result<RecordData, DataError> {
    let [length, digits @ ..] = tokens else { return Err(DataError::BadGeneric) };
    let length: u16 = std::str::from_utf8(length.raw)
        .ok()
        .and_then(|text| text.parse().ok())
        .ok_or(DataError::BadGeneric)?;
    let hex: Vec<u8> = digits.iter().flat_map(|token| token.raw.iter().copied()).collect();
    if hex.len() != usize::from(length) * 2 || !hex.iter().all(u8::is_ascii_hexdigit) {
        return Err(DataError::BadGeneric);
    }
    let nibble = |digit: u8| (digit as char).to_digit(16).unwrap_or(0) as u8;
    let octets: Vec<u8> = hex.chunks_exact(2).map(|pair| nibble(pair[0]) << 4 | nibble(pair[1])).collect();
    if let RecordType::Other(number) = rtype {
        return Ok(RecordData::Other(Other { number, text: generic_text(&octets) }));
    }
    decode(rtype, &octets).ok_or(DataError::BadGeneric)
}

/// Octets of unknown meaning in presentation form (RFC 3597 §5).
#[must_use]
pub fn generic_text(octets: &[u8]) -> String {
    let mut text = format!("\\# {}", octets.len());
    if !octets.is_empty() {
        text.push(' ');
    }
    for octet in octets {
        text.push_str(&format!("{octet:02x}"));
    }
    text
}

/// Uncompressed RDATA of a type that a rule reads; `None` if it is malformed.
fn decode(rtype: RecordType, octets: &[u8]) -> Option<RecordData> {
    let mut rest = octets;
    let data = match rtype {
        RecordType::A => RecordData::A(<[u8; 4]>::try_from(take(&mut rest, 4)?).ok()?.into()),
        RecordType::Aaaa => RecordData::Aaaa(<[u8; 16]>::try_from(take(&mut rest, 16)?).ok()?.into()),
        RecordType::Cname => RecordData::Cname(take_name(&mut rest)?),
        RecordType::Ns => RecordData::Ns(take_name(&mut rest)?),
        RecordType::Ptr => RecordData::Ptr(take_name(&mut rest)?),
        RecordType::Mx => {
            RecordData::Mx { preference: take_u16(&mut rest)?, exchange: take_name(&mut rest)? }
        }
        RecordType::Srv => RecordData::Srv {
            priority: take_u16(&mut rest)?,
            weight: take_u16(&mut rest)?,
            port: take_u16(&mut rest)?,
            target: take_name(&mut rest)?,
        },
        RecordType::Txt => {
            let mut strings = Vec::new();
            while !rest.is_empty() {
                let length = usize::from(take(&mut rest, 1)?[0]);
                strings.push(take(&mut rest, length)?);
            }
            RecordData::Txt(Text::from_strings(strings))
        }
        RecordType::Soa => {
            let (primary, mailbox) = (take_name(&mut rest)?, take_name(&mut rest)?);
            let mut number = || Some(u32::from(take_u16(&mut rest)?) << 16 | u32::from(take_u16(&mut rest)?));
            RecordData::Soa(Box::new(Soa {
                primary,
                mailbox,
                serial: number()?,
                refresh: number()?,
                retry: number()?,
                expire: number()?,
                minimum: number()?,
            }))
        }
        RecordType::Other(_) => return None,
    };
    rest.is_empty().then_some(data)
}

fn take<'a>(rest: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (head, tail) = rest.split_at_checked(count)?;
    *rest = tail;
    Some(head)
}

fn take_u16(rest: &mut &[u8]) -> Option<u16> {
    take(rest, 2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]))
}

fn take_name(rest: &mut &[u8]) -> Option<Name> {
    let mut labels = Vec::new();
    loop {
        let length = usize::from(take(rest, 1)?[0]);
        if length == 0 {
            return Name::from_labels(labels).ok();
        }
        labels.push(take(rest, length)?);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(rtype: &str, text: &str) -> Result<RecordData, DataError> {
        RecordData::parse(rtype.parse().unwrap(), text, &"contoso.com".parse().unwrap())
    }

    #[test]
    fn presentation_form_goes_both_ways() {
        for (rtype, text) in [
            ("A", "192.0.2.1"),
            ("AAAA", "2001:db8::1"),
            ("CNAME", "autodiscover.outlook.com."),
            ("MX", "0 contoso-com.mail.protection.outlook.com."),
            ("SRV", "100 1 5061 sipfed.online.lync.com."),
            ("TXT", "\"v=spf1 include:spf.protection.outlook.com -all\""),
            ("TXT", "\"\\\"quoted\\\" \\\\ \\195\\169\""),
            ("SOA", "ns1.contoso.com. hostmaster.contoso.com. 7 3600 600 86400 300"),
            ("CAA", "0 issue \"ca.example\""),
            ("TYPE65534", "\\# 4 0a000001"),
            ("HTTPS", "1 . alpn=\"h2,h3\" port=443"),
        ] {
            assert_eq!(parse(rtype, text).unwrap().to_string(), text, "{rtype}");
        }
    }

    #[test]
    fn relative_names_and_cut_strings_are_completed() {
        assert_eq!(parse("CNAME", "@").unwrap().to_string(), "contoso.com.");
        assert_eq!(parse("MX", "10 mail").unwrap().to_string(), "10 mail.contoso.com.");
        assert_eq!(parse("TXT", "v=DMARC1\\;p=none").unwrap().to_string(), "\"v=DMARC1;p=none\"");
        assert_eq!(parse("RP", "admin @").unwrap().to_string(), "admin.contoso.com. contoso.com.");
        assert_eq!(parse("HTTPS", "0 www").unwrap().to_string(), "0 www.contoso.com.");
        assert_eq!(parse("TXT", "\"v=DKIM1; \" \"p=MIIB\"").unwrap().to_string(), "\"v=DKIM1; p=MIIB\"");
    }

    #[test]
    fn generic_data_of_a_known_type_is_decoded() {
        assert_eq!(parse("TYPE1", "\\# 4 c0000201").unwrap(), RecordData::A(Ipv4Addr::new(192, 0, 2, 1)));
        assert_eq!(parse("MX", "\\# 6 000a 026d 7800").unwrap().to_string(), "10 mx.");
        assert_eq!(parse("A", "\\# 3 c00002"), Err(DataError::BadGeneric));
    }

    #[test]
    fn wrong_fields_are_named() {
        let error = parse("MX", "mail.contoso.com.").unwrap_err().to_string();
        assert_eq!(error, "MX data has the fields `preference exchange`; 1 found");
        let error = parse("MX", "ten mail").unwrap_err().to_string();
        assert_eq!(error, "the preference must be a number from 0 to 65535, found `ten`");
        for text in ["+10 mail", "\"10\" mail", "10 \"mail\""] {
            assert!(parse("MX", text).is_err(), "{text}");
        }
        assert!(matches!(parse("CAA", ""), Err(DataError::FieldCount { .. })));
        assert!(matches!(parse("TXT", &"x".repeat(256)), Err(DataError::StringTooLong(256))));
        assert!(matches!(parse("TXT", "\"open"), Err(DataError::OpenQuote)));
    }

    #[test]
    fn times_have_units() {
        for (text, seconds) in
            [("3600", 3600), ("1h", 3600), ("1h30m", 5400), ("2D", 172_800), ("1w", 604_800), ("1h30", 3630)]
        {
            assert_eq!(parse_ttl(text), Some(seconds), "{text}");
        }
        for text in ["", "h", "1x", "-1", "2147483648", "99999999999", "1hh"] {
            assert_eq!(parse_ttl(text), None, "{text}");
        }
    }
}
