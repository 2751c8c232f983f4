//! Recognizes mail providers from DNS records.
//!
//! A table of mail platforms, filtering gateways and forwarders, recognized by host name suffixes. It identifies a
//! provider and never says which values a domain must publish; the expectations do.
//!
//! Evidence that a platform lists as [weak](Provider::is_weak) is never enough alone: it supports other evidence, or is
//! shown as a hint.

mod clue;
mod dns_host;
mod gateway;
mod index;
mod pattern;
mod table;
#[cfg(test)]
mod tests;

use std::fmt;

use crate::record::Name;

pub use clue::{Clue, best_matches};
pub(crate) use clue::{all_matches, closest_mail_host};
pub use gateway::{Gateway, GatewayError};

/// One platform and the evidence that identifies it.
///
/// A list is empty if nothing is known. In host patterns, labels are compared from the right, `*` matches any run of
/// characters of one label, `#` a digit, `?` a letter or digit, a leading `=` allows no further labels on the left, and
/// `{domain}` is the domain being checked.
#[non_exhaustive]
pub struct Provider {
    /// The id in settings and in JSON; never changes.
    pub id: &'static str,
    /// The full name.
    pub name: &'static str,
    /// The short name for use in a sentence.
    pub short: &'static str,
    /// Its role for mail.
    pub kind: Kind,
    /// Patterns of MX hosts.
    pub mx: &'static [&'static str],
    /// Patterns of hosts in SPF.
    pub spf: &'static [&'static str],
    /// Patterns of the target of the alias at `autodiscover`.
    pub autodiscover: &'static [&'static str],
    /// SRV records: the service, and the pattern of the target.
    pub srv: &'static [(&'static str, &'static str)],
    /// DKIM: the pattern of the selector, and that of the target if the selector is published as an alias.
    pub dkim: &'static [(&'static str, Option<&'static str>)],
    /// Patterns of name servers: they identify the operator of the zone, not of its mail.
    pub ns: &'static [&'static str],
    /// TXT records: the owner below the domain (`None` for the domain itself), and the prefix, compared
    /// case-insensitively.
    pub txt: &'static [(Option<&'static str>, &'static str)],
    /// Aliases: the owner below the domain (`*` for any), and the pattern of the target.
    pub cname: &'static [(&'static str, &'static str)],
    /// The kinds of evidence that are not enough alone.
    pub weak: &'static [Evidence],
    /// The confidence in the MX patterns, or in the main patterns if there are none for MX.
    pub confidence: Confidence,
    /// The sources of the row: a public repository and path with commit and date, or a page with its date.
    pub sources: &'static [&'static str],
    /// A note for readers of the row. A capital letter is the [`Confidence`] of a single value.
    pub note: &'static str,
}

impl Provider {
    /// Returns whether `evidence` alone does not prove that this platform is used.
    #[must_use]
    pub fn is_weak(&self, evidence: Evidence) -> bool {
        self.weak.contains(&evidence)
    }

    /// Returns the domain that customers include in SPF, if it is the same for all of them.
    #[must_use]
    pub(crate) fn spf_include(&self) -> Option<Name> {
        let [pattern] = self.spf else { return None };
        pattern.trim_start_matches('=').parse().ok().filter(|_| !pattern.contains(['*', '#', '?', '{']))
    }
}

impl PartialEq for Provider {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Provider {}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id)
    }
}

/// Returns all platforms in a fixed order: Microsoft, mailbox hosts, forwarders, gateways, retired services.
#[must_use]
pub fn all() -> &'static [Provider] {
    table::PROVIDERS
}

/// Returns the platform with this id.
#[must_use]
pub fn by_id(id: &str) -> Option<&'static Provider> {
    all().iter().find(|provider| provider.id == id)
}

/// Returns the id that `text` was probably meant to be: one with similar spelling, or one that contains it as a word.
#[must_use]
pub fn closest_id(text: &str) -> Option<&'static str> {
    closest(text, all())
}

/// The role of a platform for mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Hosts mailboxes that a domain may be leaving.
    Source,
    /// Filters mail, and may stay in front of Microsoft 365.
    Gateway,
    /// Redirects mail and has no mailboxes.
    Forwarder,
    /// Microsoft 365, the destination, or another Microsoft name.
    Microsoft,
    /// A retired service; an MX record that points there loses mail.
    Retired,
}

impl Kind {
    /// All kinds, in their order.
    pub const ALL: [Self; 5] = [Self::Source, Self::Gateway, Self::Forwarder, Self::Microsoft, Self::Retired];

    /// Returns the word in JSON and in settings.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Gateway => "gateway",
            Self::Forwarder => "forwarder",
            Self::Microsoft => "microsoft",
            Self::Retired => "retired",
        }
    }

    /// Returns a description of the kind, for sentences.
    #[must_use]
    pub fn description(self) -> &'static str {
        match self {
            Self::Source => "a mailbox host",
            Self::Gateway => "a filtering gateway",
            Self::Forwarder => "a forwarder",
            Self::Microsoft => "Microsoft's own",
            Self::Retired => "a discontinued service",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// A kind of record that can identify a platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Evidence {
    /// The host of an MX record.
    Mx,
    /// A host in SPF.
    Spf,
    /// The target of the alias at `autodiscover`.
    Autodiscover,
    /// An SRV record.
    Srv,
    /// A DKIM selector.
    Dkim,
    /// A name server of the zone.
    Ns,
    /// A TXT record.
    Txt,
    /// Any other alias.
    Cname,
}

impl Evidence {
    /// All kinds of evidence, in their order.
    pub const ALL: [Self; 8] =
        [Self::Mx, Self::Spf, Self::Autodiscover, Self::Srv, Self::Dkim, Self::Ns, Self::Txt, Self::Cname];

    /// Returns the word in JSON and in settings.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Mx => "mx",
            Self::Spf => "spf",
            Self::Autodiscover => "autodiscover",
            Self::Srv => "srv",
            Self::Dkim => "dkim",
            Self::Ns => "ns",
            Self::Txt => "txt",
            Self::Cname => "cname",
        }
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// The best evidence for a row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Confidence {
    /// The vendor's own documentation, or a template that the vendor submitted.
    A,
    /// Real zone data, or several independent configurations.
    B,
    /// Only lists compiled by third parties.
    C,
    /// General knowledge: verify before relying on it.
    M,
}

impl Confidence {
    /// Returns the letter.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::B => "B",
            Self::C => "C",
            Self::M => "M",
        }
    }
}

impl fmt::Display for Confidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// Returns the id among `candidates` that is closest to `text`, if one is close: at most every third character differs
/// from the id or from its first word, or `text` is one of its words.
fn closest(text: &str, candidates: impl IntoIterator<Item = &'static Provider>) -> Option<&'static str> {
    /// No id is nearly as long, and the comparison takes time in proportion to the length.
    const LONGEST: usize = 64;

    if text.is_empty() || text.len() > LONGEST {
        return None;
    }
    let text = text.to_ascii_lowercase();
    let allowed = (text.len() / 3).max(1);
    candidates
        .into_iter()
        .filter_map(|provider| {
            let mut words = provider.id.split('-');
            let first_word = words.next().map(|word| distance(&text, word));
            let other_word = words.any(|word| word == text).then_some(1);
            let best =
                [first_word, other_word].into_iter().flatten().fold(distance(&text, provider.id), usize::min);
            (best <= allowed && best < text.len()).then_some((best, provider.id))
        })
        .min_by_key(|&(best, _)| best)
        .map(|(_, id)| id)
}

/// Returns the edit distance of two strings: the number of octets to insert, delete or replace.
pub(crate) fn distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, octet) in one.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = at + 1;
        for (column, other_octet) in other.bytes().enumerate() {
            let replaced = diagonal + usize::from(octet != other_octet);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[other.len()]
}
