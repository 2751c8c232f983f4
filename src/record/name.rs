//! Domain names: parsing, comparison and presentation.
//!
//! Names are kept in lower case, because DNS compares them case-insensitively (RFC 4343) and a report must not change
//! when a server randomizes the case of its answer. Every [`Name`] is absolute.
//!
//! The file is long because all operations of a name are next to their tests.

mod wire;

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub(super) use wire::unescape;
use wire::{Labels, Wire, parse_labels};

/// An absolute domain name in lower case; at most 255 octets in wire form (RFC 1035 §3.1).
///
/// The order is the canonical one of RFC 4034 §6.1: label by label from the right, so that a name precedes
/// everything below it.
///
/// ```
/// use cutover::record::Name;
/// let name: Name = "AutoDiscover.contoso.com".parse().unwrap();
/// assert_eq!(name.to_string(), "autodiscover.contoso.com.");
/// assert_eq!(name.without_trailing_dot(), "autodiscover.contoso.com");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Name {
    /// The length-prefixed labels from left to right, without the root label. Shared, since the same name occurs in its
    /// question, in every reply and in the results.
    wire: Arc<[u8]>,
}

/// The reason why a text is not a domain name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// An empty text.
    #[error("the name is empty")]
    Empty,
    /// Two dots in a row, or a dot at the beginning.
    #[error("there is an empty label (two dots in a row, or a dot at the beginning)")]
    EmptyLabel,
    /// A label of more than 63 octets.
    #[error("the label `{label}` has {octets} octets; a label has at most 63 (RFC 1035 §3.1)")]
    LabelTooLong {
        /// The beginning of the label.
        label: String,
        /// The length of the label, in octets.
        octets: usize,
    },
    /// More than 255 octets in wire form.
    #[error("the name has {octets} octets in wire form; a name has at most 255 (RFC 1035 §3.1)")]
    TooLong {
        /// The length of the name in wire form, in octets.
        octets: usize,
    },
    /// A backslash that is followed neither by a character nor by three decimal digits up to 255.
    #[error("a backslash must be followed by a character or three decimal digits up to 255 (RFC 1035 §5.1)")]
    BadEscape,
}

impl Name {
    /// Returns the root, written `.`.
    #[must_use]
    pub fn root() -> Self {
        Self { wire: Arc::default() }
    }

    /// Returns a name from its labels, left to right, without the root label.
    ///
    /// # Errors
    /// [`NameError`] if a label is empty or longer than 63 octets, or the whole is longer than 255.
    pub fn from_labels<'a>(labels: impl IntoIterator<Item = &'a [u8]>) -> Result<Self, NameError> {
        let mut wire = Wire::new();
        for label in labels {
            wire.push_label(label)?;
        }
        wire.name()
    }

    /// Parses a name as written in a zone file: relative to `origin` unless it ends with a dot; `@` is the origin
    /// itself.
    ///
    /// # Errors
    /// [`NameError`] as for [`Name::from_labels`], and for a broken escape sequence.
    pub fn parse_relative(text: &[u8], origin: &Self) -> Result<Self, NameError> {
        if text == b"@" {
            return Ok(origin.clone());
        }
        let mut wire = Wire::new();
        let absolute = parse_labels(text, &mut wire)?;
        if !absolute {
            wire.push(&origin.wire);
        }
        wire.name()
    }

    /// Returns the labels from left to right, without the root label.
    pub fn labels(&self) -> impl DoubleEndedIterator<Item = &[u8]> {
        Labels::of(&self.wire)
    }

    /// Returns the number of labels, not counting the root label.
    #[must_use]
    pub fn label_count(&self) -> usize {
        wire::count(&self.wire)
    }

    /// Returns the length in wire form without the root label, in octets.
    #[must_use]
    pub fn octets(&self) -> usize {
        self.wire.len()
    }

    /// Returns whether this is the root.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.wire.is_empty()
    }

    /// Returns the leftmost label; `None` for the root.
    #[must_use]
    pub fn first_label(&self) -> Option<&[u8]> {
        let (&length, tail) = self.wire.split_first()?;
        tail.get(..usize::from(length))
    }

    /// Returns the name without its leftmost label; `None` for the root.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        let length = usize::from(*self.wire.first()?);
        Some(Self { wire: self.wire.get(length + 1..)?.into() })
    }

    /// Returns the name itself, its parent, and so on up to the root.
    pub fn ancestors(&self) -> impl Iterator<Item = Self> {
        std::iter::successors(Some(self.clone()), Self::parent)
    }

    /// Returns whether this name equals `other` or is below it.
    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        let Some(start) = self.wire.len().checked_sub(other.wire.len()) else { return false };
        if self.wire[start..] != other.wire[..] {
            return false;
        }
        let mut at = 0;
        while at < start {
            at += usize::from(self.wire[at]) + 1;
        }
        at == start
    }

    /// Returns a name below this one: `prefix` holds one or more labels in presentation form, such as `_sip._tls`.
    ///
    /// # Errors
    /// [`NameError`] if the prefix is not a name or the result is too long.
    pub fn prepend(&self, prefix: &str) -> Result<Self, NameError> {
        let mut wire = Wire::new();
        parse_labels(prefix.as_bytes(), &mut wire)?;
        wire.push(&self.wire);
        wire.name()
    }

    /// Returns `self` followed by all labels of `suffix`: the result of a full host name in a DNS panel that appends
    /// the zone name.
    ///
    /// # Errors
    /// [`NameError::TooLong`] if the result is too long.
    pub fn doubled(&self, suffix: &Self) -> Result<Self, NameError> {
        let mut wire = Wire::new();
        wire.push(&self.wire);
        wire.push(&suffix.wire);
        wire.name()
    }

    /// Returns the name without the labels of `suffix`; `None` unless it is strictly below `suffix`.
    #[must_use]
    pub(crate) fn without_suffix(&self, suffix: &Self) -> Option<Self> {
        if !self.is_within(suffix) || self == suffix {
            return None;
        }
        Some(Self { wire: self.wire[..self.wire.len() - suffix.wire.len()].into() })
    }

    /// Returns the text for the host field of a DNS panel: the part left of `zone`, or `@` for the zone itself.
    #[must_use]
    pub fn host_in(&self, zone: &Self) -> String {
        if self == zone {
            return "@".into();
        }
        self.without_suffix(zone).map_or_else(|| self.to_string(), |host| host.without_trailing_dot())
    }

    /// Returns presentation form without the final dot, for sentences; the root remains `.`.
    #[must_use]
    pub fn without_trailing_dot(&self) -> String {
        let mut text = String::with_capacity(self.wire.len());
        self.write_without_trailing_dot(&mut text);
        text
    }

    /// Appends the same form to a text.
    pub(crate) fn write_without_trailing_dot(&self, text: &mut String) {
        if self.is_root() {
            text.push('.');
            return;
        }
        wire::push_undotted(text, &self.wire);
    }
}

impl fmt::Display for Name {
    /// Writes presentation form with the final dot; octets that are not printable become `\DDD` (RFC 1035 §5.1).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_root() {
            return f.write_str(".");
        }
        wire::write_dotted(f, &self.wire)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl FromStr for Name {
    type Err = NameError;

    /// Parses presentation form, always as absolute: the final dot may be omitted.
    fn from_str(text: &str) -> Result<Self, NameError> {
        if text.is_empty() {
            return Err(NameError::Empty);
        }
        let mut wire = Wire::new();
        parse_labels(text.as_bytes(), &mut wire)?;
        wire.name()
    }
}

impl Hash for Name {
    /// Hashes the octets without their number, which keys of one name do not need.
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write(&self.wire);
    }
}

impl Ord for Name {
    fn cmp(&self, other: &Self) -> Ordering {
        if Arc::ptr_eq(&self.wire, &other.wire) {
            return Ordering::Equal;
        }
        // Labels are aligned at the right and walked from the left: the last differing pair decides.
        let (ours, theirs) = (wire::count(&self.wire), wire::count(&other.wire));
        let mut left = wire::skipped(&self.wire, ours.saturating_sub(theirs));
        let mut right = wire::skipped(&other.wire, theirs.saturating_sub(ours));
        let mut order = ours.cmp(&theirs);
        while let (Some((label, rest)), Some((its, its_rest))) = (wire::split(left), wire::split(right)) {
            if label != its {
                order = label.cmp(its);
            }
            (left, right) = (rest, its_rest);
        }
        order
    }
}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Serialize for Name {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(feature = "formats")]
impl schemars::JsonSchema for Name {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Name".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "description": "An absolute domain name, as A-labels.", "type": "string" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Name {
        text.parse().unwrap()
    }

    #[test]
    fn presentation_form_goes_both_ways() {
        for text in [
            "contoso.com.",
            "_sip._tls.contoso.com.",
            "a\\.b.contoso.com.",
            "\\000\\255x.example.",
            ".",
            "\\@\\;x.",
        ] {
            assert_eq!(name(text).to_string(), text);
        }
        assert_eq!(name("\\065b.example").to_string(), "ab.example.");
        assert_eq!(name("a\\ b.example").to_string(), "a\\032b.example.");
    }

    #[test]
    fn no_name_is_a_command_to_a_build_agent() {
        for (text, written) in [
            ("::error::x.example.", "\\058:error::x.example."),
            ("##vso[task.example.", "##vso\\091task.example."),
            ("a.:::.b[1].::x.", "a.\\058::.b[1].\\058:x."),
        ] {
            assert_eq!(name(text).to_string(), written);
            assert_eq!(name(written), name(text));
        }
    }

    #[test]
    fn every_octet_survives_printing_and_parsing() {
        for octet in 0..=255u8 {
            let made = Name::from_labels([&[b'x', octet][..], b"example"]).unwrap();
            assert_eq!(made, name(&made.to_string()), "octet {octet}");
            assert_eq!(made.without_trailing_dot() + ".", made.to_string());
        }
    }

    #[test]
    fn bad_names_say_why() {
        assert_eq!("".parse::<Name>(), Err(NameError::Empty));
        assert_eq!("a..b".parse::<Name>(), Err(NameError::EmptyLabel));
        assert_eq!(".a".parse::<Name>(), Err(NameError::EmptyLabel));
        assert_eq!("a\\".parse::<Name>(), Err(NameError::BadEscape));
        assert_eq!("a\\256".parse::<Name>(), Err(NameError::BadEscape));
        assert!(matches!("x".repeat(64).parse::<Name>(), Err(NameError::LabelTooLong { octets: 64, .. })));
        let long = format!("{}.", "x".repeat(63)).repeat(4);
        assert_eq!(long.parse::<Name>(), Err(NameError::TooLong { octets: 257 }));
        assert!(
            format!("{}{}", format!("{}.", "x".repeat(63)).repeat(3), "x".repeat(61)).parse::<Name>().is_ok()
        );
    }

    #[test]
    fn relations_respect_label_boundaries() {
        assert!(name("mx1.emailsrvr.com").is_within(&name("emailsrvr.com")));
        assert!(!name("notemailsrvr.com").is_within(&name("emailsrvr.com")));
        assert!(name("contoso.com").is_within(&Name::root()));
        // A label whose content looks like a length octet and a label does not make a boundary.
        assert!(!Name::from_labels([&b"x\x03com"[..]]).unwrap().is_within(&name("com")));
        assert_eq!(name("autodiscover.contoso.com").host_in(&name("contoso.com")), "autodiscover");
        assert_eq!(name("contoso.com").host_in(&name("contoso.com")), "@");
        assert_eq!(
            name("contoso.com").doubled(&name("contoso.com")).unwrap(),
            name("contoso.com.contoso.com")
        );
        assert_eq!(Name::parse_relative(b"www", &name("contoso.com")).unwrap(), name("www.contoso.com"));
        assert_eq!(Name::parse_relative(b"www.", &name("contoso.com")).unwrap(), name("www"));
    }

    #[test]
    fn order_is_canonical() {
        let mut names = ["z.contoso.com", "contoso.com", "a.fabrikam.com", "a.z.contoso.com"].map(name);
        names.sort();
        assert_eq!(names, ["contoso.com", "z.contoso.com", "a.z.contoso.com", "a.fabrikam.com"].map(name));
    }
}
