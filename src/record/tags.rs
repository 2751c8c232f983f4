//! Parses lists of `tag=value` pairs.
//!
//! DMARC (RFC 9989 §4.8), DKIM keys (RFC 6376 §3.6.1), MTA-STS (RFC 8461 §3.1) and TLS-RPT (RFC 8460 §3) share this
//! form. The caller interprets the tags.

/// One `tag=value` pair, without the blanks around its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag<'a> {
    /// The name, as written; names are case-sensitive (RFC 6376 §3.2).
    pub name: &'a str,
    /// The value; may be empty.
    pub value: &'a str,
}

/// A parsed tag list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TagList<'a> {
    /// The pairs, in order.
    pub tags: Vec<Tag<'a>>,
    /// The parts that are not a pair, in order.
    pub broken: Vec<&'a str>,
}

impl<'a> TagList<'a> {
    /// Splits a text at its semicolons; the last one may be omitted.
    #[must_use]
    pub fn parse(text: &'a str) -> Self {
        let mut list = Self::default();
        for part in text.split(';').map(trimmed).filter(|part| !part.is_empty()) {
            match part.split_once('=') {
                Some((name, value)) if is_name(trimmed(name)) => {
                    list.tags.push(Tag { name: trimmed(name), value: trimmed(value) });
                }
                _ => list.broken.push(part),
            }
        }
        list
    }

    /// Returns the value of the first tag of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&'a str> {
        self.tags.iter().find(|tag| tag.name == name).map(|tag| tag.value)
    }

    /// Returns the first tag, which states the version and so the kind of record.
    #[must_use]
    pub fn version(&self) -> Option<&Tag<'a>> {
        self.tags.first()
    }

    /// Returns a name that is given twice, if any; the standards allow each once.
    #[must_use]
    pub fn repeated(&self) -> Option<&'a str> {
        let seen = |index: usize, name| self.tags[..index].iter().any(|tag| tag.name == name);
        self.tags.iter().enumerate().find(|(index, tag)| seen(*index, tag.name)).map(|(_, tag)| tag.name)
    }
}

/// Returns a text without the blanks that folding may leave (RFC 6376 §3.2).
fn trimmed(text: &str) -> &str {
    text.trim_matches([' ', '\t', '\r', '\n'])
}

fn is_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(|octet| octet.is_ascii_alphanumeric() || octet == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_split_and_trimmed() {
        let list = TagList::parse(" v=DMARC1 ; p = none;rua=mailto:a@contoso.com ; ");
        assert_eq!(list.version().map(|tag| (tag.name, tag.value)), Some(("v", "DMARC1")));
        assert_eq!((list.get("p"), list.get("rua")), (Some("none"), Some("mailto:a@contoso.com")));
        assert!(list.broken.is_empty() && list.repeated().is_none());
    }

    #[test]
    fn what_is_no_pair_is_kept_apart() {
        let list = TagList::parse("v=DMARC1; none; =x; p=none; p=reject; k=a=b");
        assert_eq!(list.broken, ["none", "=x"]);
        assert_eq!(list.repeated(), Some("p"));
        assert_eq!(list.get("k"), Some("a=b"));
    }
}
