//! Reads one term of an SPF record: a mechanism or a modifier (RFC 7208 §5, §6).

use std::borrow::Cow;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::Range;

use super::domain::{DomainSpec, domain_spec, macro_string};
use super::syntax::SyntaxFault;
use crate::record::Name;

/// The result for mail that a mechanism matches (RFC 7208 §4.6.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Qualifier {
    /// `+`, or none: accept.
    Pass,
    /// `?`: no statement about the sender.
    Neutral,
    /// `~`: accept and mark.
    SoftFail,
    /// `-`: reject.
    Fail,
}

impl Qualifier {
    /// Returns the character in front of a mechanism; empty for a pass, which needs none.
    #[must_use]
    pub fn sign(self) -> &'static str {
        match self {
            Self::Pass => "",
            Self::Neutral => "?",
            Self::SoftFail => "~",
            Self::Fail => "-",
        }
    }
}

/// The senders that a term matches (RFC 7208 §5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mechanism {
    /// All senders.
    All,
    /// The senders that the record of another domain authorizes.
    Include(DomainSpec),
    /// The addresses of a domain; its own without one.
    A(Option<DomainSpec>),
    /// The mail hosts of a domain; its own without one.
    Mx(Option<DomainSpec>),
    /// Senders whose reverse name is in a domain; RFC 7208 §5.5 advises against it.
    Ptr(Option<DomainSpec>),
    /// An IPv4 network.
    Ip4 {
        /// The network address.
        address: Ipv4Addr,
        /// The length of the network prefix, in bits: 0 to 32.
        prefix: u8,
    },
    /// An IPv6 network.
    Ip6 {
        /// The network address.
        address: Ipv6Addr,
        /// The length of the network prefix, in bits: 0 to 128.
        prefix: u8,
    },
    /// All senders, if this name exists.
    Exists(DomainSpec),
}

/// The parsed meaning of one term.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meaning {
    /// A mechanism.
    Mechanism(Qualifier, Mechanism),
    /// `redirect=`: the record of another domain decides if nothing here matches.
    Redirect(DomainSpec),
    /// `exp=`: the name of the TXT record that explains a rejection.
    Explanation(DomainSpec),
    /// A modifier that receivers must ignore (RFC 7208 §6).
    UnknownModifier {
        /// Its name, in lower case.
        name: String,
        /// The text after the `=`.
        value: String,
    },
    /// A syntax error with its reason: receivers return a permanent error for the whole record.
    SyntaxError(String),
}

impl Meaning {
    pub(super) fn syntax_error(fault: &SyntaxFault) -> Self {
        Self::SyntaxError(fault.to_string())
    }
}

/// One term of the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// As it was written; octets that are not UTF-8 show as U+FFFD.
    pub text: String,
    /// The position in the joined text, in octets.
    pub span: Range<usize>,
    /// The meaning of the term.
    pub meaning: Meaning,
}

impl Term {
    /// Returns the domain whose record an `include` or `redirect` reads; `None` for other terms, and if it is a macro.
    pub(crate) fn included(&self) -> Option<&Name> {
        match &self.meaning {
            Meaning::Mechanism(_, Mechanism::Include(domain)) | Meaning::Redirect(domain) => {
                domain.name.as_ref()
            }
            _ => None,
        }
    }

    /// Returns the prefix lengths, in bits, that an `a` or `mx` term applies to IPv4 and to IPv6 addresses (RFC 7208
    /// §5.3, §5.4); 32 and 128 for other terms.
    #[must_use]
    pub(crate) fn prefix_lengths(&self) -> (u8, u8) {
        prefixes(self.lengths()).unwrap_or((32, 128))
    }

    /// Returns the prefix lengths of an `a` or `mx` term as written, slashes included; empty for other terms.
    #[must_use]
    pub fn lengths(&self) -> &str {
        match self.meaning {
            Meaning::Mechanism(_, Mechanism::A(_) | Mechanism::Mx(_)) => split_lengths(&self.text).1,
            _ => "",
        }
    }
}

/// Returns the meaning of a term.
pub(super) fn meaning(text: &str) -> Meaning {
    // Nearly every term is printable ASCII.
    if text.bytes().all(|octet| octet.is_ascii_graphic()) {
        return read(text).unwrap_or_else(|fault| Meaning::syntax_error(&fault));
    }
    let odd = text.chars().find(|character| !character.is_ascii_graphic()).unwrap_or_default();
    Meaning::syntax_error(&SyntaxFault::NotAscii(u32::from(odd)))
}

fn read(text: &str) -> Result<Meaning, SyntaxFault> {
    let name_end = text.bytes().position(|octet| b":/=".contains(&octet)).unwrap_or(text.len());
    if text[name_end..].starts_with('=') {
        return modifier(&text[..name_end], &text[name_end + 1..]);
    }
    let (qualifier, rest) = match text.as_bytes()[0] {
        b'+' => (Qualifier::Pass, &text[1..]),
        b'?' => (Qualifier::Neutral, &text[1..]),
        b'~' => (Qualifier::SoftFail, &text[1..]),
        b'-' => (Qualifier::Fail, &text[1..]),
        _ => (Qualifier::Pass, text),
    };
    let name_end = rest.bytes().position(|octet| b":/".contains(&octet)).unwrap_or(rest.len());
    let (name, argument) = rest.split_at(name_end);
    let mut name = Cow::Borrowed(name);
    if name.bytes().any(|octet| octet.is_ascii_uppercase()) {
        name.to_mut().make_ascii_lowercase();
    }
    mechanism(&name, argument).map(|mechanism| Meaning::Mechanism(qualifier, mechanism))
}

fn modifier(name: &str, value: &str) -> Result<Meaning, SyntaxFault> {
    let well_formed = name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.bytes().all(|octet| octet.is_ascii_alphanumeric() || b"-_.".contains(&octet));
    match name.to_ascii_lowercase().as_str() {
        "redirect" => domain_spec(value).map(Meaning::Redirect),
        "exp" => domain_spec(value).map(Meaning::Explanation),
        // An unknown modifier is ignored, but its syntax must be valid (RFC 7208 §6).
        lower if well_formed => {
            macro_string(value).map(|()| Meaning::UnknownModifier { name: lower.into(), value: value.into() })
        }
        _ => Err(SyntaxFault::ModifierName(name.to_owned())),
    }
}

fn mechanism(name: &str, argument: &str) -> Result<Mechanism, SyntaxFault> {
    let value = argument.strip_prefix(':');
    match name {
        "all" if argument.is_empty() => Ok(Mechanism::All),
        "all" => Err(SyntaxFault::AllArgument),
        "include" => domain_spec(value.unwrap_or("")).map(Mechanism::Include),
        "exists" => domain_spec(value.unwrap_or("")).map(Mechanism::Exists),
        "ptr" if argument.is_empty() => Ok(Mechanism::Ptr(None)),
        "ptr" => domain_spec(value.unwrap_or("")).map(|domain| Mechanism::Ptr(Some(domain))),
        "a" => host_argument(argument).map(Mechanism::A),
        "mx" => host_argument(argument).map(Mechanism::Mx),
        "ip4" => network(value, 32).map(|(address, prefix)| Mechanism::Ip4 { address, prefix }),
        "ip6" => network(value, 128).map(|(address, prefix)| Mechanism::Ip6 { address, prefix }),
        "" => Err(SyntaxFault::NoMechanism),
        other => Err(SyntaxFault::Mechanism(other.to_owned())),
    }
}

/// Parses the argument of `a` and `mx`: `[":" domain-spec] ["/" bits] ["//" bits]` (RFC 7208 §5.3, §5.4).
fn host_argument(argument: &str) -> Result<Option<DomainSpec>, SyntaxFault> {
    let (domain, lengths) = split_lengths(argument);
    prefixes(lengths)?;
    match domain.strip_prefix(':') {
        Some(domain) => domain_spec(domain).map(Some),
        None if domain.is_empty() => Ok(None),
        None => Err(SyntaxFault::HostArgument(domain.to_owned())),
    }
}

/// Splits off the prefix lengths: the trailing digits and slashes, from the first slash on. A domain may contain
/// slashes, but none in its last label.
fn split_lengths(argument: &str) -> (&str, &str) {
    let end = argument.trim_end_matches(|character: char| character.is_ascii_digit() || character == '/');
    let start = argument[end.len()..].find('/').map_or(argument.len(), |slash| end.len() + slash);
    argument.split_at(start)
}

/// Parses `["/" bits] ["//" bits]`, the prefix lengths for IPv4 and for IPv6 addresses.
fn prefixes(lengths: &str) -> Result<(u8, u8), SyntaxFault> {
    let (v4, v6) = match lengths.split_once("//") {
        Some((v4, v6)) => (v4, prefix(v6, 128)?),
        None => (lengths, 128),
    };
    let v4 = if v4.is_empty() { 32 } else { prefix(v4.strip_prefix('/').unwrap_or(v4), 32)? };
    Ok((v4, v6))
}

fn network<T: std::str::FromStr>(value: Option<&str>, longest: u8) -> Result<(T, u8), SyntaxFault> {
    let value = value.filter(|value| !value.is_empty()).ok_or(SyntaxFault::NoAddress)?;
    let (address, length) = match value.split_once('/') {
        Some((address, length)) => (address, prefix(length, longest)?),
        None => (value, longest),
    };
    let family = if longest == 32 { "IPv4" } else { "IPv6" };
    address
        .parse()
        .map(|address| (address, length))
        .map_err(|_| SyntaxFault::Address { text: address.to_owned(), family })
}

fn prefix(text: &str, longest: u8) -> Result<u8, SyntaxFault> {
    // A number has neither a sign nor leading zeros.
    let canonical = text == "0" || text.starts_with(|first: char| matches!(first, '1'..='9'));
    let length = text.parse().ok().filter(|&length: &u8| length <= longest && canonical);
    length.ok_or_else(|| SyntaxFault::Prefix { text: text.to_owned(), longest })
}
