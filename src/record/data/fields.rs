//! Reads record data from the fields of a zone file.
//!
//! Errors name the exact field and its problem, since people fix zone files by hand.

use std::str::FromStr;

use super::generic::generic;
use super::{DataError, Other, RecordData, Soa, without_commands};
use crate::record::name::Name;
use crate::record::rtype::RecordType;
use crate::record::text::{MAX_CHARACTER_STRING, Text, unquote};
use crate::record::token::Token;

impl RecordData {
    /// Parses data as [`RecordData::from_tokens`] does; the error also holds the index of the wrong field.
    pub(in crate::record) fn read_fields(
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
            RecordType::Other(number) => {
                Self::Other(Other { number, text: without_commands(fields.completed()?) })
            }
        })
    }
}

/// An error with the index of the field that caused it.
#[derive(Debug)]
pub(in crate::record) struct Misfit {
    /// The index of the field, counted from 0; also 0 if the number of fields is wrong.
    pub(in crate::record) index: usize,
    /// The error.
    pub(in crate::record) error: DataError,
}

/// Returns the indexes of the fields that hold a name which may be relative, counted from 0.
///
/// IPSECKEY and HIP hold names in positions that depend on other fields; those are left as written.
pub(in crate::record) fn name_fields(rtype: RecordType) -> &'static [usize] {
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

/// The fields of one record, parsed with precise errors.
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

    /// Returns a field that is not a string: BIND refuses quotes around it, NSD accepts them.
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

    /// Parses any 32-bit number, since an answer may hold one and must be readable again once it is recorded; only TTLs
    /// have 31 bits (RFC 2181 §8).
    fn seconds(&self, index: usize, field: &'static str) -> Result<u32, Misfit> {
        let read = |text: &str| digits(text).or_else(|| parse_ttl(text));
        self.read(index, field, "seconds, or a time such as `1h30m`", read)
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

    /// Returns the fields as written, with their names made absolute, since the origin is not kept.
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
        // A name with that ending is not a key: written out in full, it ends differently.
        let may_be_key = has_parameters(self.rtype) && !name_fields(self.rtype).contains(&index);
        may_be_key && key.is_some_and(|key| !key.quoted && key.raw.ends_with(b"="))
    }
}

/// Returns whether data of this type ends with service parameters, `key="value"` (SVCB and HTTPS, RFC 9460 §2.1).
pub(in crate::record) fn has_parameters(rtype: RecordType) -> bool {
    matches!(rtype, RecordType::Other(64 | 65))
}

/// Parses a number, without the sign that `FromStr` would accept.
fn digits<T: FromStr>(text: &str) -> Option<T> {
    text.bytes().all(|octet| octet.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// Parses a TTL: seconds, or numbers with the units `s`, `m`, `h`, `d`, `w` as name servers accept them.
///
/// The largest is 2³¹ − 1 (RFC 2181 §8); `None` for anything else.
#[must_use]
pub(crate) fn parse_ttl(text: &str) -> Option<u32> {
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
        // `1h30`: NSD takes the rest as seconds, BIND refuses it; no other meaning is possible.
        Some(rest) => total.checked_add(rest)?,
        None if units => total,
        None => return None,
    };
    (total <= i32::MAX as u32).then_some(total)
}
