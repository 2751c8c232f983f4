//! The domain of an SPF term: names and macros (RFC 7208 §7).
//!
//! Macros whose value is known without a message (`%{d}`, `%{o}`) are expanded; all others depend on the message.

use std::fmt::Write as _;

use crate::record::Name;

use super::syntax::SyntaxFault;

/// The length limit of an expanded domain, in octets; longer ones lose labels on the left (RFC 7208 §7.3).
const LONGEST_EXPANSION: usize = 253;

/// The domain of a term (RFC 7208 §7.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DomainSpec {
    /// The text as written.
    pub text: String,
    /// The domain name; `None` if the text contains macros, see [`DomainSpec::expanded`].
    pub name: Option<Name>,
}

/// The reason why a domain cannot be expanded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unexpanded {
    /// A macro takes its value from the message: its sender, client address or HELO name.
    NeedsSender,
    /// The result is not a domain name: an empty or too long label, or a single label (RFC 7208 §4.3).
    NotADomain,
}

impl DomainSpec {
    /// Expands the domain for the record of `current`, in a check of mail from `sender` (RFC 7208 §7.2: `%{d}` and
    /// `%{o}`).
    ///
    /// # Errors
    /// [`Unexpanded`] if it cannot be expanded in advance.
    pub fn expanded(&self, current: &Name, sender: &Name) -> Result<Name, Unexpanded> {
        if let Some(name) = &self.name {
            return Ok(name.clone());
        }
        let mut domain = String::with_capacity(self.text.len());
        let mut rest = self.text.as_str();
        while !rest.is_empty() {
            let (part, after) = next_part(rest).map_err(|_| Unexpanded::NotADomain)?;
            rest = after;
            match part {
                Part::Literal(text) => domain.push_str(text),
                Part::Percent => domain.push('%'),
                Part::Space => domain.push(' '),
                Part::EncodedSpace => domain.push_str("%20"),
                Part::Macro(expansion) => {
                    let value = match expansion.letter.to_ascii_lowercase() {
                        'd' => current,
                        'o' => sender,
                        _ => return Err(Unexpanded::NeedsSender),
                    };
                    domain.push_str(&expansion.applied_to(&written(value)));
                }
            }
        }
        name_of(shortened(&domain)).filter(|name| name.label_count() > 1).ok_or(Unexpanded::NotADomain)
    }
}

/// Parses a name, or macros and literals that end in a macro or a top-level domain (RFC 7208 §7.1, `domain-spec`).
pub(super) fn domain_spec(text: &str) -> Result<DomainSpec, SyntaxFault> {
    if text.is_empty() {
        return Err(SyntaxFault::NoDomain);
    }
    if text.contains('%') {
        return macros(text).map(|()| DomainSpec { text: text.into(), name: None });
    }
    let labels = text.strip_suffix('.').unwrap_or(text).split('.').map(str::as_bytes);
    let name =
        Name::from_labels(labels).map_err(|source| SyntaxFault::Domain { text: text.to_owned(), source })?;
    let top = name.labels().next_back().unwrap_or_default();
    if name.label_count() < 2 || !is_top_label(top) {
        return Err(SyntaxFault::NoTopLabel(text.to_owned()));
    }
    Ok(DomainSpec { text: text.into(), name: Some(name) })
}

/// Checks the macros of an unknown modifier (RFC 7208 §6, `macro-string`).
pub(super) fn macro_string(text: &str) -> Result<(), SyntaxFault> {
    let mut rest = text;
    while !rest.is_empty() {
        (_, rest) = next_part(rest)?;
    }
    Ok(())
}

/// Checks a domain with macros.
fn macros(text: &str) -> Result<(), SyntaxFault> {
    let mut rest = text;
    let mut last = None;
    while !rest.is_empty() {
        let (part, after) = next_part(rest)?;
        if let Part::Macro(expansion) = &part
            && matches!(expansion.letter, 'c' | 'r' | 't' | 'C' | 'R' | 'T')
        {
            return Err(SyntaxFault::ExplanationMacro(expansion.letter));
        }
        (last, rest) = (Some(part), after);
    }
    let Some(Part::Literal(end)) = last else { return Ok(()) };
    match end.strip_suffix('.').unwrap_or(end).rsplit_once('.') {
        Some((_, top)) if is_top_label(top.as_bytes()) => Ok(()),
        _ => Err(SyntaxFault::End(text.to_owned())),
    }
}

/// Returns whether a label is a top label: letters, digits and inner hyphens, and not digits alone (RFC 7208 §7.1,
/// `toplabel`).
fn is_top_label(label: &[u8]) -> bool {
    label.iter().all(|octet| octet.is_ascii_alphanumeric() || *octet == b'-')
        && !label.iter().all(u8::is_ascii_digit)
        && !label.starts_with(b"-")
        && !label.ends_with(b"-")
}

/// A piece of a macro-string (RFC 7208 §7.1).
enum Part<'a> {
    Literal(&'a str),
    /// `%%`
    Percent,
    /// `%_`
    Space,
    /// `%-`
    EncodedSpace,
    /// `%{…}`
    Macro(Expansion<'a>),
}

/// Splits a nonempty macro-string into its first piece and the rest.
fn next_part(text: &str) -> Result<(Part<'_>, &str), SyntaxFault> {
    let Some(rest) = text.strip_prefix('%') else {
        let end = text.find('%').unwrap_or(text.len());
        return Ok((Part::Literal(&text[..end]), &text[end..]));
    };
    if let Some(after) = rest.strip_prefix('%') {
        return Ok((Part::Percent, after));
    }
    if let Some(after) = rest.strip_prefix('_') {
        return Ok((Part::Space, after));
    }
    if let Some(after) = rest.strip_prefix('-') {
        return Ok((Part::EncodedSpace, after));
    }
    let body = rest.strip_prefix('{').and_then(|rest| rest.split_once('}'));
    let (body, after) = body.ok_or(SyntaxFault::NoMacro)?;
    let expansion = Expansion::read(body).ok_or_else(|| SyntaxFault::Macro(body.to_owned()))?;
    Ok((Part::Macro(expansion), after))
}

/// The content of the braces of a macro (RFC 7208 §7.1, `macro-letter transformers *delimiter`).
struct Expansion<'a> {
    /// The macro letter; if it is in upper case, the value is URL-encoded (RFC 7208 §7.3).
    letter: char,
    /// The number of parts that are kept, counted from the right; `None` keeps all.
    kept: Option<usize>,
    /// True if the parts are reversed first.
    is_reversed: bool,
    /// The characters that separate parts; a dot if none is given.
    delimiters: &'a str,
}

impl<'a> Expansion<'a> {
    fn read(body: &'a str) -> Option<Self> {
        let mut characters = body.chars();
        let letter = characters.next().filter(|letter| "slodiphcrtvSLODIPHCRTV".contains(*letter))?;
        let rest = characters.as_str();
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (digits, rest) = rest.split_at(digits);
        // Zero parts are an error (RFC 7208 §7.3); a number too large to parse keeps all parts.
        let kept = if digits.is_empty() { None } else { Some(digits.parse().unwrap_or(usize::MAX)) };
        let (is_reversed, delimiters) = match rest.strip_prefix(['r', 'R']) {
            Some(rest) => (true, rest),
            None => (false, rest),
        };
        let is_valid = kept != Some(0) && delimiters.chars().all(|delimiter| ".-+,/_=".contains(delimiter));
        is_valid.then_some(Self { letter, kept, is_reversed, delimiters })
    }

    /// Returns the value split, reversed, shortened, joined with dots and encoded (RFC 7208 §7.3).
    fn applied_to(&self, value: &str) -> String {
        let delimiters = if self.delimiters.is_empty() { "." } else { self.delimiters };
        let mut parts: Vec<&str> = value.split(|character| delimiters.contains(character)).collect();
        if self.is_reversed {
            parts.reverse();
        }
        let kept = parts.len().saturating_sub(self.kept.unwrap_or(parts.len()));
        let value = parts[kept..].join(".");
        if self.letter.is_ascii_uppercase() { encoded(&value) } else { value }
    }
}

/// Encodes all octets except unreserved ones as `%XX` (RFC 3986 §2.1, §2.3).
fn encoded(value: &str) -> String {
    let mut encoded = String::with_capacity(value.len());
    for octet in value.bytes() {
        if octet.is_ascii_alphanumeric() || b"-._~".contains(&octet) {
            encoded.push(octet.into());
        } else {
            // Writing into a string cannot fail.
            let _ = write!(encoded, "%{octet:02X}");
        }
    }
    encoded
}

/// Drops labels on the left that make the domain too long (RFC 7208 §7.3).
fn shortened(domain: &str) -> &str {
    let mut rest = domain.strip_suffix('.').unwrap_or(domain);
    while rest.len() > LONGEST_EXPANSION
        && let Some((_, shorter)) = rest.split_once('.')
    {
        rest = shorter;
    }
    rest
}

/// Returns the labels with dots between them, without escapes.
fn written(name: &Name) -> String {
    name.labels().map(String::from_utf8_lossy).collect::<Vec<_>>().join(".")
}

/// Returns the name of dot-separated labels, in which a backslash has no special meaning.
fn name_of(domain: &str) -> Option<Name> {
    Name::from_labels(domain.split('.').map(str::as_bytes)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(text: &str) -> Result<String, Unexpanded> {
        let current = "a-b.c+d.mail.contoso.com".parse().unwrap();
        let sender = "contoso.com".parse().unwrap();
        domain_spec(text).unwrap().expanded(&current, &sender).map(|name| name.without_trailing_dot())
    }

    #[test]
    fn known_macros_are_expanded() {
        for (text, name) in [
            ("%{d}", "a-b.c+d.mail.contoso.com"),
            ("%{o}", "contoso.com"),
            ("_spf.%{o}", "_spf.contoso.com"),
            ("%{d2}", "contoso.com"),
            ("%{d02}", "contoso.com"),
            ("%{d3}.example", "mail.contoso.com.example"),
            ("%{d9}", "a-b.c+d.mail.contoso.com"),
            ("%{d99999999999999999999}.example", "a-b.c+d.mail.contoso.com.example"),
            ("%{dr}.example", "com.contoso.mail.c+d.a-b.example"),
            ("%{d1r}.example", "a-b.example"),
            ("%{d1r-}.example", "a.example"),
            ("%{or-}.example", "contoso.com.example"),
            ("%{d-}.example", "a.b.c+d.mail.contoso.com.example"),
            ("%{d1+}.example", "d.mail.contoso.com.example"),
            ("%{D2}.example", "contoso.com.example"),
            ("%{D-+}.example", "a.b.c.d.mail.contoso.com.example"),
            ("%{D}.example", "a-b.c%2bd.mail.contoso.com.example"),
            ("a%%b.%_c.%-d.example", r"a%b.\032c.%20d.example"),
            ("%{o1}.com.", "com.com"),
            ("foo:bar/baz.x.example", "foo:bar/baz.x.example"),
        ] {
            assert_eq!(expanded(text).as_deref(), Ok(name), "{text}");
        }
    }

    #[test]
    fn what_needs_the_sender_is_not_expanded() {
        for letter in "slipvhSLIPVH".chars() {
            assert_eq!(expanded(&format!("%{{{letter}}}.x.example")), Err(Unexpanded::NeedsSender));
        }
        for text in ["%%", "x%{d1}..%{o}", "%{d1r}"] {
            assert!(matches!(expanded(text), Err(Unexpanded::NotADomain)), "{text}");
        }
        let long = format!("{}.%{{o}}", "a".repeat(64));
        assert_eq!(expanded(&long), Err(Unexpanded::NotADomain));
    }

    #[test]
    fn long_expansions_lose_labels_on_the_left() {
        let long = format!("{}%{{o}}", "abcdefghi.".repeat(30));
        let name = expanded(&long).unwrap();
        assert_eq!(name.len(), 251);
        assert!(name.ends_with(".contoso.com"), "{name}");
    }
}
