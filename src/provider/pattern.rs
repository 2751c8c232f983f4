//! Matches host names against patterns of the provider table.
//!
//! A pattern is compared label by label from the right, so `emailsrvr.com` fits `emailsrvr.com` and
//! `mx1.emailsrvr.com` and never `notemailsrvr.com`. Names are compared as A-labels (RFC 5890 §2.3.2.1), as
//! DNS returns them. In a pattern
//!
//! * `*` is any run of characters of one label, also none; `#` one digit; `?` one letter or digit;
//! * `=` in front means that there are no further labels on the left;
//! * `{domain}` is the domain being checked. There are no further labels on its left either: every host of
//!   the admin's own zone lies below it, and so does every target that lacks its final dot
//!   (`mx1.emailsrvr.com.contoso.com`), and none of them says anything about a platform.

use std::cmp::Reverse;

use crate::record::Name;

/// Stands for the domain being checked, at the end of a pattern.
const DOMAIN: &str = "{domain}";

/// A host name, taken apart once to be held against many patterns.
pub(super) struct Host<'a> {
    name: &'a Name,
    /// From right to left.
    labels: Vec<&'a [u8]>,
    /// All octets from right to left, a dot between labels.
    reversed: Vec<u8>,
    /// The domain being checked.
    domain: &'a Name,
}

impl<'a> Host<'a> {
    /// `name`, seen while `domain` is being checked.
    pub(super) fn new(name: &'a Name, domain: &'a Name) -> Self {
        let labels: Vec<_> = name.labels().rev().collect();
        let mut reversed = Vec::with_capacity(64);
        for label in &labels {
            reversed.extend(label.iter().rev().chain(b"."));
        }
        reversed.pop();
        Self { name, labels, reversed, domain }
    }

    /// How closely the host fits `pattern`; `None` if it does not.
    pub(super) fn fit(&self, pattern: &str) -> Option<Fit> {
        if let Some(left) = pattern.strip_suffix(DOMAIN) {
            return self.is_own(left).then_some(Fit::LAST_RESORT);
        }
        let (is_whole, pattern) = match pattern.strip_prefix('=') {
            Some(pattern) => (true, pattern),
            None => (false, pattern),
        };
        if !self.can_end_like(pattern) {
            return None;
        }
        let mut labels = self.labels.iter();
        for label in pattern.as_bytes().rsplit(|&octet| octet == b'.') {
            if !fits(label, labels.next()?) {
                return None;
            }
        }
        if is_whole && labels.next().is_some() { None } else { Some(Fit::of_host(pattern)) }
    }

    /// Returns whether nothing differs on the right of the first wildcard: turns nearly all patterns away at a glance.
    fn can_end_like(&self, pattern: &str) -> bool {
        let literal = pattern.bytes().rev().take_while(|&sign| !is_wildcard(sign));
        literal.zip(&self.reversed).all(|(sign, &octet)| sign == octet)
    }

    /// Returns whether the host is the domain being checked with exactly the labels `left` in front, such as `mail.`.
    fn is_own(&self, left: &str) -> bool {
        match left.strip_suffix('.') {
            None => self.name == self.domain,
            Some(left) => self
                .name
                .without_suffix(self.domain)
                .is_some_and(|host| host.labels().eq(left.as_bytes().split(|&octet| octet == b'.'))),
        }
    }
}

/// How closely something fits a pattern: the greater, the closer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Fit {
    /// Labels of the host pattern, or octets of the prefix of a text; never compared with each other.
    extent: usize,
    wildcards: Reverse<usize>,
}

impl Fit {
    /// A name of the domain itself, which any platform could have put there.
    const LAST_RESORT: Self = Self { extent: 0, wildcards: Reverse(usize::MAX) };

    fn of_host(pattern: &str) -> Self {
        Self { extent: pattern.split('.').count(), wildcards: Reverse(wildcards(pattern)) }
    }

    /// The fit of a label alone: less close than any with a host.
    pub(super) fn of_label(pattern: &str) -> Self {
        Self { extent: 0, wildcards: Reverse(wildcards(pattern)) }
    }

    /// The fit of a text that starts with `prefix`.
    pub(super) fn of_prefix(prefix: &str) -> Self {
        Self { extent: prefix.len(), wildcards: Reverse(0) }
    }

    /// The fit of a host whose owner label or selector fits `pattern`, too.
    pub(super) fn and_label(self, pattern: &str) -> Self {
        Self { wildcards: Reverse(self.wildcards.0.saturating_add(wildcards(pattern))), ..self }
    }
}

/// The labels of a host pattern from right to left, as far as there is no wildcard in them; `None` if it can end with
/// anything.
pub(super) fn literal_labels(pattern: &'static str) -> Option<Vec<&'static [u8]>> {
    if pattern.ends_with(DOMAIN) {
        return None;
    }
    let labels = pattern.strip_prefix('=').unwrap_or(pattern).as_bytes().rsplit(|&octet| octet == b'.');
    Some(labels.take_while(|label| !label.iter().any(|&sign| is_wildcard(sign))).collect())
}

/// Returns whether an owner label or a DKIM selector fits `pattern`; `*` alone is any, even of several labels.
pub(super) fn label_fits(pattern: &str, label: &str) -> bool {
    pattern == "*" || fits(pattern.as_bytes(), label.as_bytes())
}

/// Returns whether `text` starts with `prefix`, whatever the case.
pub(super) fn has_prefix(text: &str, prefix: &str) -> bool {
    text.as_bytes().get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix.as_bytes()))
}

/// The number of signs in `pattern` that stand for other characters.
fn wildcards(pattern: &str) -> usize {
    pattern.bytes().filter(|&sign| is_wildcard(sign)).count()
}

fn is_wildcard(sign: u8) -> bool {
    matches!(sign, b'*' | b'#' | b'?')
}

/// Returns whether one label fits one label of a pattern. A pattern has at most one `*` a label, so this does not
/// explode.
fn fits(pattern: &[u8], label: &[u8]) -> bool {
    let Some((&sign, signs)) = pattern.split_first() else { return label.is_empty() };
    if sign == b'*' {
        let run = label.iter().take_while(|&&octet| octet != b'.').count();
        return (0..=run).any(|length| fits(signs, &label[length..]));
    }
    let Some((&octet, octets)) = label.split_first() else { return false };
    let is_fit = match sign {
        b'#' => octet.is_ascii_digit(),
        b'?' => octet.is_ascii_alphanumeric(),
        _ => octet.eq_ignore_ascii_case(&sign),
    };
    is_fit && fits(signs, octets)
}
