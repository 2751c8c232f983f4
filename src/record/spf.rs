//! Parses SPF records (RFC 7208).
//!
//! Reads the terms of RFC 7208 and continues after a syntax error, so that every error is reported at once with its
//! position. Nothing is looked up here; macros are recognized and not expanded.

mod domain;
mod syntax;
mod term;

use std::fmt;
use std::str::FromStr;

use super::Text;
pub use domain::{DomainSpec, Unexpanded};
use syntax::SyntaxFault;
use term::meaning;
pub use term::{Meaning, Mechanism, Qualifier, Term};

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
    if again { Meaning::syntax_error(&SyntaxFault::Again) } else { meaning }
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
