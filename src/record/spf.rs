//! Parses SPF records (RFC 7208).
//!
//! Reads the terms of RFC 7208 and continues after a syntax error, so that every error is reported at once with its
//! position. Nothing is looked up here; macros are recognized and not expanded.
//!
//! The file is long because it covers the grammar of one standard, with one function for each rule.

mod domain;

use std::borrow::Cow;
use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::Range;
use std::str::FromStr;

use super::Text;
pub use domain::{DomainSpec, Unexpanded};
use domain::{domain_spec, macro_string};

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

/// An SPF record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpfRecord {
    /// The terms, without the version.
    pub terms: Vec<Term>,
}

/// Returns whether receivers treat the text as an SPF record: `v=spf1` in any case, followed by a space or the end (RFC
/// 7208 §4.5).
#[must_use]
pub fn is_spf(text: &Text) -> bool {
    let octets = text.joined();
    octets.len() >= VERSION.len()
        && octets[..VERSION.len()].eq_ignore_ascii_case(VERSION)
        && octets.get(VERSION.len()).is_none_or(|&octet| octet == b' ')
}

const VERSION: &[u8] = b"v=spf1";

/// The error of a text that is not one term.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TermError {
    /// The syntax of the term is wrong.
    #[error("{0}")]
    Syntax(String),
    /// There are several terms.
    #[error("it is more than one term")]
    Several,
    /// There is no term.
    #[error("it is empty")]
    Empty,
}

impl FromStr for Term {
    type Err = TermError;

    /// Reads one term of a record.
    fn from_str(text: &str) -> Result<Self, TermError> {
        let mut terms = SpfRecord::parse(&Text::from(format!("v=spf1 {}", text.trim()).as_str()))
            .map(|record| record.terms)
            .unwrap_or_default();
        match (terms.pop(), terms.is_empty()) {
            (Some(Self { meaning: Meaning::SyntaxError(why), .. }), true) => Err(TermError::Syntax(why)),
            (Some(term), true) => Ok(term),
            (Some(_), false) => Err(TermError::Several),
            (None, _) => Err(TermError::Empty),
        }
    }
}

impl SpfRecord {
    /// Parses a text; `None` if receivers do not treat it as an SPF record.
    #[must_use]
    pub fn parse(text: &Text) -> Option<Self> {
        if !is_spf(text) {
            return None;
        }
        let octets = text.joined();
        let mut terms: Vec<Term> = Vec::new();
        let mut start = VERSION.len();
        while start < octets.len() {
            let end =
                octets[start..].iter().position(|&octet| octet == b' ').map_or(octets.len(), |at| start + at);
            if end > start {
                let text = String::from_utf8_lossy(&octets[start..end]).into_owned();
                let meaning = once(meaning(&text), &terms);
                terms.push(Term { text, span: start..end, meaning });
            }
            start = end + 1;
        }
        Some(Self { terms })
    }

    /// Returns the terms that receivers cannot read, each with the reason.
    pub fn broken(&self) -> impl Iterator<Item = (&Term, &str)> {
        self.terms.iter().filter_map(|term| match &term.meaning {
            Meaning::SyntaxError(reason) => Some((term, reason.as_str())),
            _ => None,
        })
    }

    /// Returns the qualifier of the first `all` term, which applies to senders that match nothing else; `None` without
    /// `all`.
    #[must_use]
    pub fn all(&self) -> Option<Qualifier> {
        self.terms.iter().find_map(|term| match term.meaning {
            Meaning::Mechanism(qualifier, Mechanism::All) => Some(qualifier),
            _ => None,
        })
    }

    /// Returns the terms that receivers evaluate, in evaluation order: none after `all` (RFC 7208 §5.1), and
    /// `redirect=` last and only without `all`, wherever it is written (§6.1).
    pub fn evaluated(&self) -> impl Iterator<Item = &Term> {
        let all =
            self.terms.iter().position(|term| matches!(term.meaning, Meaning::Mechanism(_, Mechanism::All)));
        let end = all.map_or(self.terms.len(), |at| at + 1);
        let is_redirect = |term: &&Term| matches!(term.meaning, Meaning::Redirect(_));
        let redirect = self.terms[..end].iter().filter(move |term| all.is_none() && is_redirect(term));
        self.terms[..end].iter().filter(move |term| !is_redirect(term)).chain(redirect)
    }
}

impl fmt::Display for SpfRecord {
    /// Writes the terms with single spaces between them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("v=spf1")?;
        self.terms.iter().try_for_each(|term| write!(f, " {}", term.text))
    }
}

/// Returns a syntax error for a second `redirect=` or `exp=`, since each may appear once (RFC 7208 §6).
fn once(meaning: Meaning, before: &[Term]) -> Meaning {
    let again = match &meaning {
        Meaning::Redirect(_) => before.iter().any(|term| matches!(term.meaning, Meaning::Redirect(_))),
        Meaning::Explanation(_) => before.iter().any(|term| matches!(term.meaning, Meaning::Explanation(_))),
        _ => false,
    };
    if again { Meaning::SyntaxError("this modifier may appear only once".into()) } else { meaning }
}

fn meaning(text: &str) -> Meaning {
    // Nearly every term is printable ASCII.
    if text.bytes().all(|octet| octet.is_ascii_graphic()) {
        return read(text).unwrap_or_else(Meaning::SyntaxError);
    }
    let odd = text.chars().find(|character| !character.is_ascii_graphic()).unwrap_or_default();
    Meaning::SyntaxError(format!("it contains U+{:04X}, and only plain ASCII is allowed", u32::from(odd)))
}

fn read(text: &str) -> Result<Meaning, String> {
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

fn modifier(name: &str, value: &str) -> Result<Meaning, String> {
    let well_formed = name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.bytes().all(|octet| octet.is_ascii_alphanumeric() || b"-_.".contains(&octet));
    match name.to_ascii_lowercase().as_str() {
        "redirect" => domain_spec(value).map(Meaning::Redirect),
        "exp" => domain_spec(value).map(Meaning::Explanation),
        // An unknown modifier is ignored, but its syntax must be valid (RFC 7208 §6).
        lower if well_formed => {
            macro_string(value).map(|()| Meaning::UnknownModifier { name: lower.into(), value: value.into() })
        }
        _ => Err(format!("`{name}` is not a valid modifier name")),
    }
}

fn mechanism(name: &str, argument: &str) -> Result<Mechanism, String> {
    let value = argument.strip_prefix(':');
    match name {
        "all" if argument.is_empty() => Ok(Mechanism::All),
        "all" => Err("`all` takes no argument".into()),
        "include" => domain_spec(value.unwrap_or("")).map(Mechanism::Include),
        "exists" => domain_spec(value.unwrap_or("")).map(Mechanism::Exists),
        "ptr" if argument.is_empty() => Ok(Mechanism::Ptr(None)),
        "ptr" => domain_spec(value.unwrap_or("")).map(|domain| Mechanism::Ptr(Some(domain))),
        "a" => host_argument(argument).map(Mechanism::A),
        "mx" => host_argument(argument).map(Mechanism::Mx),
        "ip4" => network(value, 32).map(|(address, prefix)| Mechanism::Ip4 { address, prefix }),
        "ip6" => network(value, 128).map(|(address, prefix)| Mechanism::Ip6 { address, prefix }),
        "" => Err("a mechanism is missing".into()),
        other => Err(format!("unknown mechanism `{other}` (RFC 7208 §5)")),
    }
}

/// Parses the argument of `a` and `mx`: `[":" domain-spec] ["/" bits] ["//" bits]` (RFC 7208 §5.3, §5.4).
fn host_argument(argument: &str) -> Result<Option<DomainSpec>, String> {
    let (domain, lengths) = split_lengths(argument);
    prefixes(lengths)?;
    match domain.strip_prefix(':') {
        Some(domain) => domain_spec(domain).map(Some),
        None if domain.is_empty() => Ok(None),
        None => Err(format!("`{domain}` is neither a domain nor a prefix length")),
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
fn prefixes(lengths: &str) -> Result<(u8, u8), String> {
    let (v4, v6) = match lengths.split_once("//") {
        Some((v4, v6)) => (v4, prefix(v6, 128)?),
        None => (lengths, 128),
    };
    let v4 = if v4.is_empty() { 32 } else { prefix(v4.strip_prefix('/').unwrap_or(v4), 32)? };
    Ok((v4, v6))
}

fn network<T: std::str::FromStr>(value: Option<&str>, longest: u8) -> Result<(T, u8), String> {
    let value = value.filter(|value| !value.is_empty()).ok_or("an address must follow")?;
    let (address, length) = match value.split_once('/') {
        Some((address, length)) => (address, prefix(length, longest)?),
        None => (value, longest),
    };
    let family = if longest == 32 { "IPv4" } else { "IPv6" };
    address
        .parse()
        .map(|address| (address, length))
        .map_err(|_| format!("`{address}` is not an {family} address"))
}

fn prefix(text: &str, longest: u8) -> Result<u8, String> {
    // A number has neither a sign nor leading zeros.
    let canonical = text == "0" || text.starts_with(|first: char| matches!(first, '1'..='9'));
    let length = text.parse().ok().filter(|&length: &u8| length <= longest && canonical);
    length.ok_or_else(|| format!("`/{text}` is not a prefix length from 0 to {longest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> SpfRecord {
        SpfRecord::parse(&Text::from(text)).unwrap()
    }

    #[test]
    fn only_the_exact_version_makes_an_spf_record() {
        for text in ["v=spf1", "V=SPF1 -all", "v=spf1 ", "v=spf1 include:a.example"] {
            assert!(is_spf(&Text::from(text)), "{text}");
        }
        for text in ["v=spf10 -all", "v=spf1foo", " v=spf1", "v=spf", "\"v=spf1\"", "", "v=spf1\u{a0}-all"] {
            assert!(!is_spf(&Text::from(text)), "{text}");
        }
    }

    #[test]
    fn good_terms_are_read() {
        let text = "v=spf1 a mx a:mail.contoso.com/24//64 mx/24 ip4:192.0.2.0/24 ip6:2001:db8::/32 ~ptr \
                    ?include:spf.protection.outlook.com exists:%{i}._spf.%{d2} redirect=_spf.contoso.com x-y=z -ALL";
        let record = parse(text);
        assert_eq!(record.broken().count(), 0, "{:?}", record.broken().collect::<Vec<_>>());
        assert_eq!(record.all(), Some(Qualifier::Fail));
        assert_eq!(record.to_string(), text);
    }

    #[test]
    fn broken_terms_are_told_with_their_place() {
        for term in [
            "includ:x.example",
            "include:",
            "include",
            "ip4:1.2.3.4/33",
            "ip4:1.2.3",
            "ip4",
            "ip6:1.2.3.4",
            "all:x",
            "a/33",
            "a:",
            "–all",
            "include:localhost",
            "include:192.0.2.1",
            "exists:%{z}",
            "exists:%x",
            "-",
            "a//129",
            "ip4:1.2.3.4/024",
            "ip4:1.2.3.4/+24",
            "ip6:2001:db8::/+32",
            "a/+24",
            "a//+64",
            "a/24/64",
            "a/",
            "a//",
            "mx:x.example/24//",
            "exists:%{c}.x.example",
            "a:%{R}.x.example",
            "exp=%{t}.x.example",
            "a:%{d}x",
            "a:%{d}.1",
            "a:x.%{d}.",
            "a:%{d}.-x",
            "a:%{d0}",
            "a:%{d00r}",
            "foo=%abc",
            "foo=%{z}",
            "foo=%",
            "=x",
            "include:a..example",
        ] {
            let record = parse(&format!("v=spf1 {term} -all"));
            assert_eq!(record.broken().count(), 1, "{term}");
            assert_eq!(record.terms[0].span.start, 7);
        }
        assert_eq!(parse("v=spf1 redirect=a.example redirect=b.example").broken().count(), 1);
    }

    #[test]
    fn lengths_are_split_from_the_right() {
        for (term, lengths) in [
            ("a", (32, 128)),
            ("a/0", (0, 128)),
            ("a//0", (32, 0)),
            ("mx/24//64", (24, 64)),
            ("a:x.example/8", (8, 128)),
            ("a:foo:bar/baz.x.example", (32, 128)),
            ("a:foo:bar/baz.x.example/16//48", (16, 48)),
            ("a:%{d/}", (32, 128)),
            ("a:%{d/}/24", (24, 128)),
            ("mx:24/7.example//64", (32, 64)),
            ("ip4:192.0.2.0/24", (32, 128)),
        ] {
            let term: Term = term.parse().unwrap_or_else(|error| panic!("{term}: {error}"));
            assert_eq!(term.prefix_lengths(), lengths, "{}", term.text);
        }
    }

    #[test]
    fn nothing_after_all_is_evaluated_and_redirect_only_without_all() {
        let texts =
            |text: &str| -> Vec<String> { parse(text).evaluated().map(|term| term.text.clone()).collect() };
        assert_eq!(texts("v=spf1 a -all include:x.example redirect=y.example"), ["a", "-all"]);
        assert_eq!(texts("v=spf1 redirect=y.example a -all"), ["a", "-all"]);
        assert_eq!(texts("v=spf1 redirect=y.example a x=y"), ["a", "x=y", "redirect=y.example"]);
    }
}
