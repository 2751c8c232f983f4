//! Finds the providers that a record can belong to.
//!
//! Every answer is a list, because platforms share host names. An empty list means that no row matches, which for an MX
//! host usually means a server of the domain's own.

use super::pattern::{self, Fit, Host};
use super::{Evidence, Provider, index};
use crate::record::Name;

/// Evidence from DNS that may identify a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clue<'a> {
    /// The host of an MX record.
    Mx(&'a Name),
    /// A host in an `include:`, `redirect=`, `exists:` or `a:` term of SPF (RFC 7208 §5, §6.1). Macro text on its left
    /// counts as further labels.
    Spf(&'a Name),
    /// The target of the alias at `autodiscover`.
    Autodiscover(&'a Name),
    /// An SRV record (RFC 2782).
    Srv {
        /// The service and protocol, such as `_autodiscover._tcp`.
        service: &'a str,
        /// The host that offers it.
        target: &'a Name,
    },
    /// A DKIM selector that is published (RFC 6376 §3.1).
    Dkim {
        /// The labels left of `_domainkey`.
        selector: &'a str,
        /// The target of its alias; `None` if the key itself is published there.
        target: Option<&'a Name>,
    },
    /// A name server of the zone.
    Ns(&'a Name),
    /// A TXT record.
    Txt {
        /// The labels left of the domain, or `None` for the domain itself.
        owner: Option<&'a str>,
        /// The content.
        text: &'a str,
    },
    /// An alias.
    Cname {
        /// The labels left of the domain.
        owner: &'a str,
        /// The target of the alias.
        target: &'a Name,
    },
}

impl<'a> Clue<'a> {
    /// Returns the kind of evidence.
    #[must_use]
    pub fn evidence(&self) -> Evidence {
        match self {
            Self::Mx(_) => Evidence::Mx,
            Self::Spf(_) => Evidence::Spf,
            Self::Autodiscover(_) => Evidence::Autodiscover,
            Self::Srv { .. } => Evidence::Srv,
            Self::Dkim { .. } => Evidence::Dkim,
            Self::Ns(_) => Evidence::Ns,
            Self::Txt { .. } => Evidence::Txt,
            Self::Cname { .. } => Evidence::Cname,
        }
    }

    /// Returns the host that the record points to, if any.
    fn host(&self) -> Option<&'a Name> {
        match *self {
            Self::Mx(host) | Self::Spf(host) | Self::Autodiscover(host) | Self::Ns(host) => Some(host),
            Self::Srv { target, .. } | Self::Cname { target, .. } => Some(target),
            Self::Dkim { target, .. } => target,
            Self::Txt { .. } => None,
        }
    }
}

/// Returns the platforms that match `clue` most closely, in the order of the table; equally close ones are all
/// included.
///
/// The pattern with the most labels wins, then the one with the fewest wildcards; names of `domain` itself are the last
/// resort. A match is not necessarily proof: see [`Provider::is_weak`].
#[must_use]
pub fn best_matches(clue: Clue<'_>, domain: &Name) -> Vec<&'static Provider> {
    let mut candidates = index::candidates(clue.evidence(), clue.host()).peekable();
    // Most hosts have no candidate row and need not be split into labels.
    if candidates.peek().is_none() {
        return Vec::new();
    }
    let seen = Seen::new(clue, domain);
    let mut closest = None;
    let mut matches = Vec::new();
    for provider in candidates {
        let fit = seen.fit(provider);
        if fit.is_none() || fit < closest {
            continue;
        }
        if fit > closest {
            closest = fit;
            matches.clear();
        }
        matches.push(provider);
    }
    matches
}

/// Returns all platforms that match `clue`, however loosely, in the order of the table.
#[must_use]
pub(crate) fn all_matches(clue: Clue<'_>, domain: &Name) -> Vec<&'static Provider> {
    let seen = Seen::new(clue, domain);
    let candidates = index::candidates(clue.evidence(), clue.host());
    candidates.filter(|provider| seen.fit(provider).is_some()).collect()
}

/// The number of characters that may differ between a mistyped MX host and a pattern.
const MOST_DIFFERENT: usize = 2;
/// The length of a pattern up to which only one character may differ.
const SHORT: usize = 16;
/// The length of a pattern from which a typing error is distinguished from another name.
const LEAST: usize = 8;

/// Returns the MX host of a platform that a mistyped one was probably meant to be, and the platform; `None` if it is one
/// of a platform already or resembles none. Similar names exist, so this says nothing about a host that exists.
#[must_use]
pub(crate) fn closest_mail_host(host: &Name) -> Option<(Name, &'static Provider)> {
    let labels: Vec<String> =
        host.labels().map(|label| String::from_utf8_lossy(label).to_ascii_lowercase()).collect();
    let patterns = super::all().iter().flat_map(|provider| provider.mx.iter().map(move |mx| (*mx, provider)));
    let nearest = patterns.filter_map(|(pattern, provider)| {
        let wanted = literal_end(pattern.trim_start_matches('='))?;
        let most = if wanted.len() > SHORT { MOST_DIFFERENT } else { 1 };
        let distances = (0..labels.len()).filter_map(|at| {
            let rest = labels.get(at..)?.join(".");
            // The comparison takes time in proportion to the length.
            let is_near = rest.len().abs_diff(wanted.len()) <= most;
            let distance = is_near.then(|| strsim::osa_distance(&rest, wanted))?;
            (distance <= most).then_some((distance, at))
        });
        let (distance, at) = distances.min()?;
        Some((distance, at, wanted, provider))
    });
    let (distance, at, wanted, provider) =
        nearest.min_by_key(|(distance, _, wanted, _)| (*distance, std::cmp::Reverse(wanted.len())))?;
    let front = labels.get(..at).unwrap_or_default();
    let meant =
        front.iter().map(String::as_str).chain([wanted]).collect::<Vec<_>>().join(".").parse().ok()?;
    (distance > 0).then_some((meant, provider))
}

/// Returns the labels of a pattern after its last wildcard, if they are at least two and long enough to be recognized
/// with a typing error.
fn literal_end(pattern: &str) -> Option<&str> {
    let wildcard = pattern.rfind(['*', '#', '?', '{', '}']);
    let start = wildcard.map_or(Some(0), |at| pattern[at..].find('.').map(|dot| at + dot + 1))?;
    let end = pattern.get(start..)?;
    (end.contains('.') && end.len() >= LEAST).then_some(end)
}

impl Provider {
    /// Returns whether `clue` matches this platform, even if another one matches more closely.
    #[must_use]
    pub fn matches(&self, clue: Clue<'_>, domain: &Name) -> bool {
        Seen::new(clue, domain).fit(self).is_some()
    }
}

/// A clue, prepared once for comparison with every row of the table.
struct Seen<'a> {
    clue: Clue<'a>,
    host: Option<Host<'a>>,
}

impl<'a> Seen<'a> {
    fn new(clue: Clue<'a>, domain: &'a Name) -> Self {
        Self { clue, host: clue.host().map(|host| Host::new(host, domain)) }
    }

    /// Returns how closely the clue matches the closest pattern of `provider`; `None` if it matches none.
    fn fit(&self, provider: &Provider) -> Option<Fit> {
        match self.clue {
            Clue::Mx(_) => self.closest(provider.mx),
            Clue::Spf(_) => self.closest(provider.spf),
            Clue::Autodiscover(_) => self.closest(provider.autodiscover),
            Clue::Ns(_) => self.closest(provider.ns),
            Clue::Srv { service, .. } => provider
                .srv
                .iter()
                .filter(|(of, _)| of.eq_ignore_ascii_case(service))
                .filter_map(|(_, target)| self.host_fit(target))
                .max(),
            Clue::Dkim { selector, .. } => provider
                .dkim
                .iter()
                .filter(|(pattern, _)| pattern::label_fits(pattern, selector))
                .filter_map(|(pattern, target)| match target {
                    None => Some(Fit::of_label(pattern)),
                    Some(target) => Some(self.host_fit(target)?.and_label(pattern)),
                })
                .max(),
            Clue::Txt { owner, text } => provider
                .txt
                .iter()
                .filter(|(of, prefix)| is_same_owner(*of, owner) && pattern::has_prefix(text, prefix))
                .map(|(_, prefix)| Fit::of_prefix(prefix))
                .max(),
            Clue::Cname { owner, .. } => provider
                .cname
                .iter()
                .filter(|(pattern, _)| pattern::label_fits(pattern, owner))
                .filter_map(|(pattern, target)| Some(self.host_fit(target)?.and_label(pattern)))
                .max(),
        }
    }

    fn closest(&self, patterns: &[&str]) -> Option<Fit> {
        patterns.iter().filter_map(|pattern| self.host_fit(pattern)).max()
    }

    fn host_fit(&self, pattern: &str) -> Option<Fit> {
        self.host.as_ref()?.fit(pattern)
    }
}

fn is_same_owner(one: Option<&str>, other: Option<&str>) -> bool {
    match (one, other) {
        (None, None) => true,
        (Some(one), Some(other)) => one.eq_ignore_ascii_case(other),
        (None, Some(_)) | (Some(_), None) => false,
    }
}
