//! Matches host names against patterns of the provider table.
//!
//! A pattern is compared label by label from the right, so `emailsrvr.com` matches `emailsrvr.com` and
//! `mx1.emailsrvr.com` and never `notemailsrvr.com`. Names are compared as A-labels (RFC 5890 §2.3.2.1), as DNS returns
//! them. In a pattern
//!
//! * `*` matches any run of characters of one label, also none; `#` one digit; `?` one letter or digit;
//! * a leading `=` means that no further labels may be on the left;
//! * `{domain}` is the domain being checked. No further labels may be on its left either: every host of
//!   the admin's own zone is below it, and so is every target that lacks its final dot
//!   (`mx1.emailsrvr.com.contoso.com`), and neither says anything about a platform.

use std::cmp::Reverse;

use crate::record::Name;

/// The placeholder for the domain being checked, at the end of a pattern.
const DOMAIN: &str = "{domain}";

/// A host name, split once and compared with many patterns.
pub(super) struct Host<'a> {
    name: &'a Name,
    /// The labels from right to left.
    labels: Vec<&'a [u8]>,
    /// All octets from right to left, with a dot between labels.
    reversed: Vec<u8>,
    /// The domain being checked.
    domain: &'a Name,
}

impl<'a> Host<'a> {
    /// Returns the host `name`, found during a check of `domain`.
    pub(super) fn new(name: &'a Name, domain: &'a Name) -> Self {
        let labels: Vec<_> = name.labels().rev().collect();
        let mut reversed = Vec::with_capacity(64);
        for label in &labels {
            reversed.extend(label.iter().rev().chain(b"."));
        }
        reversed.pop();
        Self { name, labels, reversed, domain }
    }

    /// Returns how closely the host matches `pattern`; `None` if it does not.
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

    /// Returns whether the host ends with the part of the pattern after its last wildcard: a cheap test that excludes
    /// nearly all patterns.
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

/// The closeness of a match: greater is closer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Fit {
    /// The number of labels of a host pattern, or the length of a text prefix in octets; the two are never compared.
    extent: usize,
    wildcards: Reverse<usize>,
}

impl Fit {
    /// A name of the domain itself, which could belong to any platform.
    const LAST_RESORT: Self = Self { extent: 0, wildcards: Reverse(usize::MAX) };

    fn of_host(pattern: &str) -> Self {
        Self { extent: pattern.split('.').count(), wildcards: Reverse(wildcards(pattern)) }
    }

    /// Returns the fit of a label alone: less close than any fit with a host.
    pub(super) fn of_label(pattern: &str) -> Self {
        Self { extent: 0, wildcards: Reverse(wildcards(pattern)) }
    }

    /// Returns the fit of a text that starts with `prefix`.
    pub(super) fn of_prefix(prefix: &str) -> Self {
        Self { extent: prefix.len(), wildcards: Reverse(0) }
    }

    /// Returns the fit of a host whose owner label or selector also matches `pattern`.
    pub(super) fn and_label(self, pattern: &str) -> Self {
        Self { wildcards: Reverse(self.wildcards.0.saturating_add(wildcards(pattern))), ..self }
    }
}

/// Returns the labels of a host pattern from right to left, up to the first label with a wildcard; `None` if the
/// pattern ends with the checked domain.
pub(super) fn literal_labels(pattern: &'static str) -> Option<Vec<&'static [u8]>> {
    if pattern.ends_with(DOMAIN) {
        return None;
    }
    let labels = pattern.strip_prefix('=').unwrap_or(pattern).as_bytes().rsplit(|&octet| octet == b'.');
    Some(labels.take_while(|label| !label.iter().any(|&sign| is_wildcard(sign))).collect())
}

/// Returns whether an owner label or a DKIM selector matches `pattern`; `*` alone matches anything, even several
/// labels.
pub(super) fn label_fits(pattern: &str, label: &str) -> bool {
    pattern == "*" || fits(pattern.as_bytes(), label.as_bytes())
}

/// Returns whether `text` starts with `prefix`, whatever the case.
pub(super) fn has_prefix(text: &str, prefix: &str) -> bool {
    text.as_bytes().get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix.as_bytes()))
}

/// Returns the number of wildcard characters in `pattern`.
fn wildcards(pattern: &str) -> usize {
    pattern.bytes().filter(|&sign| is_wildcard(sign)).count()
}

fn is_wildcard(sign: u8) -> bool {
    matches!(sign, b'*' | b'#' | b'?')
}

/// Returns whether one label matches one label of a pattern. A pattern has at most one `*` in each label, so
/// backtracking is bounded.
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
