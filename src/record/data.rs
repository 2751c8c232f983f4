//! Record data and its presentation form.
//!
//! Data of types that no rule reads is kept unparsed as [`RecordData::Other`], so that nothing is lost when a zone is
//! read and written again.

mod fields;
mod generic;

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use super::command::opens_command;
use super::name::{Name, NameError};
use super::rtype::RecordType;
use super::text::Text;
use super::token::{Token, split};

pub(crate) use fields::parse_ttl;
pub(super) use fields::{Misfit, has_parameters, name_fields};
pub use generic::generic_text;

/// The data of one record (RDATA).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum RecordData {
    /// An IPv4 address.
    A(Ipv4Addr),
    /// An IPv6 address.
    Aaaa(Ipv6Addr),
    /// The target of an alias.
    Cname(Name),
    /// A mail exchange (RFC 5321 §5.1).
    Mx {
        /// The preference; hosts with the lowest number are tried first.
        preference: u16,
        /// The host; the root means "takes no mail" (RFC 7505).
        exchange: Name,
    },
    /// An authoritative name server of the owner.
    Ns(Name),
    /// The name that a pointer leads to.
    Ptr(Name),
    /// The start of authority (RFC 1035 §3.3.13).
    Soa(Box<Soa>),
    /// The location of a service (RFC 2782).
    Srv {
        /// The priority; targets with the lowest number are tried first.
        priority: u16,
        /// The relative weight among targets of the same priority.
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
    /// The mailbox of the person responsible for the zone, its `@` written as a dot.
    pub mailbox: Name,
    /// The version of the zone, compared with serial number arithmetic (RFC 1982).
    pub serial: u32,
    /// The interval at which a secondary checks for a newer version.
    pub refresh: u32,
    /// The time after which a secondary checks again after a failure.
    pub retry: u32,
    /// The time without a refresh after which a secondary stops answering.
    pub expire: u32,
    /// The upper limit for how long resolvers cache negative answers (RFC 2308 §4).
    pub minimum: u32,
}

/// The data of a type that no rule reads.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Other {
    /// The number of the type.
    pub number: u16,
    /// The data in presentation form, all ASCII: `\# 4 0a000001` (RFC 3597 §5), or as in a zone file, with its names
    /// made absolute.
    pub text: String,
}

/// The reason why a text is not the data of a record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// Too few or too many fields.
    #[error("{rtype} data has the fields `{fields}`; {found} found")]
    FieldCount {
        /// The type.
        rtype: RecordType,
        /// The expected fields.
        fields: &'static str,
        /// The number of fields found.
        found: usize,
    },
    /// A field in quotes that is neither a string nor of an unparsed type; name servers differ on it.
    #[error("{field} must be written without quotes, found `\"{found}\"`")]
    Quoted {
        /// The name of the field.
        field: &'static str,
        /// The content of the quotes.
        found: String,
    },
    /// A field with an unexpected value.
    #[error("{field} must be {expected}, found `{found}`")]
    Field {
        /// The name of the field.
        field: &'static str,
        /// The expected value.
        expected: &'static str,
        /// The value found.
        found: String,
    },
    /// A field that must be a name but is not.
    #[error("{field} is not a domain name: {error}")]
    Name {
        /// The name of the field.
        field: &'static str,
        /// The reason why it is not a name.
        error: NameError,
    },
    /// A character-string of more than 255 octets.
    #[error(
        "a character-string has {0} octets and at most 255 are allowed; split it into several quoted strings"
    )]
    StringTooLong(usize),
    /// A backslash that does not begin an escape sequence.
    #[error("a backslash must be followed by a character or three decimal digits up to 255 (RFC 1035 §5.1)")]
    BadEscape,
    /// `\#` data whose stated length does not match its digits (RFC 3597 §5).
    #[error("`\\#` needs the number of octets and as many pairs of hexadecimal digits (RFC 3597 §5)")]
    BadGeneric,
    /// An opening quote without a closing one.
    #[error("an opening quote has no closing one")]
    OpenQuote,
}

impl RecordData {
    /// Returns the type of this data.
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

    /// Parses data of the given type in presentation form; relative names are completed with `origin`.
    ///
    /// # Errors
    /// [`DataError`] names the field that is wrong.
    pub fn parse(rtype: RecordType, text: &str, origin: &Name) -> Result<Self, DataError> {
        Self::from_tokens(rtype, &split(text.as_bytes()).ok_or(DataError::OpenQuote)?, origin)
    }

    /// Parses data of the given type from the fields of a zone file; relative names are completed with `origin`.
    ///
    /// # Errors
    /// [`DataError`] names the field that is wrong.
    pub(crate) fn from_tokens(
        rtype: RecordType,
        tokens: &[Token<'_>],
        origin: &Name,
    ) -> Result<Self, DataError> {
        Self::read_fields(rtype, tokens, origin).map_err(|misfit| misfit.error)
    }

    /// Returns the data in zone file form, ready to publish: as [`fmt::Display`], with strings longer than 255 octets
    /// split.
    #[must_use]
    pub fn to_zone_text(&self) -> String {
        match self {
            Self::Txt(text) => text.to_zone_text(),
            other => other.to_string(),
        }
    }

    /// Returns the length of the parts that may be long, strings and names, in octets.
    #[must_use]
    pub fn octets(&self) -> usize {
        match self {
            Self::Txt(text) => text.joined().len(),
            Self::Other(other) => other.text.len(),
            Self::Cname(name) | Self::Ns(name) | Self::Ptr(name) => name.octets(),
            Self::Mx { exchange, .. } => exchange.octets(),
            Self::Srv { target, .. } => target.octets(),
            Self::Soa(soa) => soa.primary.octets() + soa.mailbox.octets(),
            Self::A(_) | Self::Aaaa(_) => 0,
        }
    }

    /// Returns the name that this record points to, if any.
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
    /// Writes presentation form with absolute names; TXT data as one quoted string.
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

/// Escapes the opening bracket of a command to a build agent as `\DDD` (RFC 1035 §5.1) in unparsed data; readers of
/// presentation form get the same data.
pub(super) fn without_commands(text: String) -> String {
    let mut safe = String::new();
    let mut written = 0;
    for (at, bracket) in text.match_indices('[') {
        if opens_command(&text.as_bytes()[..at]) {
            safe.push_str(&text[written..at]);
            safe.push_str("\\091");
            written = at + bracket.len();
        }
    }
    if written == 0 { text } else { safe + &text[written..] }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(rtype: &str, text: &str) -> Result<RecordData, DataError> {
        RecordData::parse(rtype.parse().unwrap(), text, &"contoso.com".parse().unwrap())
    }

    #[test]
    fn data_that_is_not_read_is_no_command_and_reads_the_same_again() {
        let data = parse("HINFO", "\"##vso[a.b]c\" x##[y]").unwrap();
        assert_eq!(data.to_string(), "\"##vso\\091a.b]c\" x##\\091y]");
        assert_eq!(parse("HINFO", &data.to_zone_text()), Ok(data));
    }

    #[test]
    fn a_name_in_place_of_a_parameter_key_stands_apart_from_what_follows() {
        let data = parse("HTTPS", "1 alpn=\"h2\" port=8443").unwrap();
        assert_eq!(data.to_string(), "1 alpn=.contoso.com. \"h2\" port=8443");
        assert_eq!(parse("HTTPS", &data.to_zone_text()), Ok(data));
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
    fn whatever_an_authority_says_of_its_zone_is_read_again() {
        for text in ["ns. h. 4294967295 4294967295 2147483648 2214597237 4294967295", "ns. h. 0 0 0 0 0"] {
            assert_eq!(parse("SOA", text).unwrap().to_string(), text);
        }
        for text in ["ns. h. 1 1 1 1 4294967296", "ns. h. 1 1 1 -1 1", "ns. h. 1 +1 1 1 1"] {
            assert!(parse("SOA", text).is_err(), "{text}");
        }
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
