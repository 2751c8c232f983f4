//! Finds the providers that a record can belong to.
//!
//! Every answer is a list, because platforms share host names. An empty one says that the table does not
//! know, which for an MX host usually means a server of the domain's own.

use super::pattern::{self, Fit, Host};
use super::{Evidence, Provider, index};
use crate::record::Name;

/// Something seen in DNS that can tell whose service is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clue<'a> {
    /// The host of an MX record.
    Mx(&'a Name),
    /// A host in an `include:`, `redirect=`, `exists:` or `a:` term of SPF (RFC 7208 §5, §6.1). Macro text on
    /// its left is just more labels.
    Spf(&'a Name),
    /// The target of the alias at `autodiscover`.
    Autodiscover(&'a Name),
    /// An SRV record (RFC 2782).
    Srv {
        /// Service and protocol: `_autodiscover._tcp`.
        service: &'a str,
        /// The host that offers it.
        target: &'a Name,
    },
    /// A DKIM selector that is published (RFC 6376 §3.1).
    Dkim {
        /// The labels left of `_domainkey`.
        selector: &'a str,
        /// Where it is an alias to; `None` if the key itself is there.
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
        /// Where it is an alias to.
        target: &'a Name,
    },
}

impl<'a> Clue<'a> {
    /// Which kind of evidence this is.
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

    /// The host that it points to, if it points to one.
    fn host(&self) -> Option<&'a Name> {
        match *self {
            Self::Mx(host) | Self::Spf(host) | Self::Autodiscover(host) | Self::Ns(host) => Some(host),
            Self::Srv { target, .. } | Self::Cname { target, .. } => Some(target),
            Self::Dkim { target, .. } => target,
            Self::Txt { .. } => None,
        }
    }
}

/// The platforms that fit `clue` most closely, in the order of the table; equally close ones all.
///
/// The pattern with most labels wins, then the one with fewest wildcards, and names of `domain` itself are
/// the last resort. A fit need not prove anything: see [`Provider::is_weak`].
#[must_use]
pub fn best_matches(clue: Clue<'_>, domain: &Name) -> Vec<&'static Provider> {
    let mut candidates = index::candidates(clue.evidence(), clue.host()).peekable();
    // Nearly every host is nobody's, and need not be taken apart.
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

/// All platforms that fit `clue`, however loosely, in the order of the table.
#[must_use]
pub fn all_matches(clue: Clue<'_>, domain: &Name) -> Vec<&'static Provider> {
    let seen = Seen::new(clue, domain);
    let candidates = index::candidates(clue.evidence(), clue.host());
    candidates.filter(|provider| seen.fit(provider).is_some()).collect()
}

/// The [best matches](best_matches) of an MX host.
#[must_use]
pub fn of_mx(host: &Name, domain: &Name) -> Vec<&'static Provider> {
    best_matches(Clue::Mx(host), domain)
}

/// The [best matches](best_matches) of a host in a term of SPF.
#[must_use]
pub fn of_spf(host: &Name, domain: &Name) -> Vec<&'static Provider> {
    best_matches(Clue::Spf(host), domain)
}

/// The [best matches](best_matches) of the target of the alias at `autodiscover`. Where that is the domain's
/// own name or a platform's general one, [`of_cname`] with the owner `autodiscover` can know more.
#[must_use]
pub fn of_autodiscover(target: &Name, domain: &Name) -> Vec<&'static Provider> {
    best_matches(Clue::Autodiscover(target), domain)
}

/// The [best matches](best_matches) of an SRV record; `service` is such as `_autodiscover._tcp`.
#[must_use]
pub fn of_srv(service: &str, target: &Name, domain: &Name) -> Vec<&'static Provider> {
    best_matches(Clue::Srv { service, target }, domain)
}

/// The [best matches](best_matches) of a published DKIM selector; without a target, the key itself is
/// there.
#[must_use]
pub fn of_dkim(selector: &str, target: Option<&Name>, domain: &Name) -> Vec<&'static Provider> {
    best_matches(Clue::Dkim { selector, target }, domain)
}

/// The [best matches](best_matches) of a name server: who hosts the zone, not who hosts mail.
#[must_use]
pub fn of_ns(host: &Name, domain: &Name) -> Vec<&'static Provider> {
    best_matches(Clue::Ns(host), domain)
}

/// The [best matches](best_matches) of a TXT record: of the domain itself, or of `owner` below it. It proves
/// that an account once existed, not that mail goes there.
#[must_use]
pub fn of_txt(owner: Option<&str>, text: &str) -> Vec<&'static Provider> {
    best_matches(Clue::Txt { owner, text }, &Name::root())
}

/// The [best matches](best_matches) of an alias; `owner` holds the labels left of the domain.
#[must_use]
pub fn of_cname(owner: &str, target: &Name, domain: &Name) -> Vec<&'static Provider> {
    best_matches(Clue::Cname { owner, target }, domain)
}

impl Provider {
    /// Returns whether `clue` can mean this platform, be it that another fits more closely.
    #[must_use]
    pub fn matches(&self, clue: Clue<'_>, domain: &Name) -> bool {
        Seen::new(clue, domain).fit(self).is_some()
    }

    /// Returns whether an MX host can be this platform's.
    #[must_use]
    pub fn matches_mx(&self, host: &Name, domain: &Name) -> bool {
        self.matches(Clue::Mx(host), domain)
    }

    /// Returns whether a host in a term of SPF can be this platform's.
    #[must_use]
    pub fn matches_spf(&self, host: &Name, domain: &Name) -> bool {
        self.matches(Clue::Spf(host), domain)
    }

    /// Returns whether the target of the alias at `autodiscover` can be this platform's.
    #[must_use]
    pub fn matches_autodiscover(&self, target: &Name, domain: &Name) -> bool {
        self.matches(Clue::Autodiscover(target), domain)
    }

    /// Returns whether an SRV record can be this platform's; `service` is such as `_autodiscover._tcp`.
    #[must_use]
    pub fn matches_srv(&self, service: &str, target: &Name, domain: &Name) -> bool {
        self.matches(Clue::Srv { service, target }, domain)
    }

    /// Returns whether a published DKIM selector can be this platform's; without a target, the key itself is
    /// there.
    #[must_use]
    pub fn matches_dkim(&self, selector: &str, target: Option<&Name>, domain: &Name) -> bool {
        self.matches(Clue::Dkim { selector, target }, domain)
    }

    /// Returns whether a name server can be this platform's.
    #[must_use]
    pub fn matches_ns(&self, host: &Name, domain: &Name) -> bool {
        self.matches(Clue::Ns(host), domain)
    }

    /// Returns whether a TXT record, of the domain itself or of `owner` below it, can be this platform's.
    #[must_use]
    pub fn matches_txt(&self, owner: Option<&str>, text: &str) -> bool {
        self.matches(Clue::Txt { owner, text }, &Name::root())
    }

    /// Returns whether an alias can be this platform's; `owner` holds the labels left of the domain.
    #[must_use]
    pub fn matches_cname(&self, owner: &str, target: &Name, domain: &Name) -> bool {
        self.matches(Clue::Cname { owner, target }, domain)
    }
}

/// A clue, taken apart once to be held against every row of the table.
struct Seen<'a> {
    clue: Clue<'a>,
    host: Option<Host<'a>>,
}

impl<'a> Seen<'a> {
    fn new(clue: Clue<'a>, domain: &'a Name) -> Self {
        Self { clue, host: clue.host().map(|host| Host::new(host, domain)) }
    }

    /// How closely the clue fits the closest pattern of `provider`.
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
