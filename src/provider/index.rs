//! An index of the provider table by host suffix.
//!
//! Nearly every pattern ends with two labels as they are. Rows are kept by these, so that a host is held against a few
//! of them and not against the whole table. `pattern` decides whether and how closely one fits.

use std::borrow::Cow;
use std::sync::LazyLock;

use foldhash::{HashMap, HashMapExt as _};

use super::{Evidence, Provider, all, pattern};
use crate::record::Name;

/// The last two labels of a host, from right to left.
type End<'a> = (&'a [u8], &'a [u8]);

/// The rows for one kind of evidence, by their place in the table, in its order.
struct Index {
    /// By the last two labels of a pattern.
    by_end: HashMap<End<'static>, Vec<usize>>,
    /// Those that can fit any host, or something else than a host.
    anywhere: Vec<usize>,
}

/// In the order of [`Evidence::ALL`].
static INDEXES: LazyLock<Vec<Index>> = LazyLock::new(|| Evidence::ALL.into_iter().map(Index::of).collect());

/// The rows that may fit evidence of the kind with this host, in the order of the table.
pub(super) fn candidates(evidence: Evidence, host: Option<&Name>) -> impl Iterator<Item = &'static Provider> {
    let places = INDEXES.get(evidence as usize).map(|index| index.places(host)).unwrap_or_default();
    (0..places.len()).filter_map(move |at| places.get(at).and_then(|place| all().get(*place)))
}

impl Index {
    fn of(evidence: Evidence) -> Self {
        let mut index = Self { by_end: HashMap::new(), anywhere: Vec::new() };
        for (place, provider) in all().iter().enumerate() {
            for pattern in patterns(provider, evidence) {
                let literal = pattern.and_then(pattern::literal_labels);
                let places = match literal.and_then(|labels| end(labels.into_iter())) {
                    Some(end) => index.by_end.entry(end).or_default(),
                    None => &mut index.anywhere,
                };
                if places.last() != Some(&place) {
                    places.push(place);
                }
            }
        }
        index
    }

    fn places<'a>(&'a self, host: Option<&'a Name>) -> Cow<'a, [usize]> {
        let by_end = host.and_then(|host| self.by_end.get(&end(host.labels().rev())?));
        match by_end {
            None => Cow::Borrowed(&self.anywhere),
            Some(by_end) if self.anywhere.is_empty() => Cow::Borrowed(by_end),
            Some(by_end) => {
                let mut places = [&by_end[..], &self.anywhere].concat();
                places.sort_unstable();
                places.dedup();
                Cow::Owned(places)
            }
        }
    }
}

/// The patterns of hosts that a row has for the kind of evidence; `None` for what fits whatever the host is.
fn patterns(provider: &Provider, evidence: Evidence) -> Vec<Option<&'static str>> {
    let hosts = |patterns: &'static [&'static str]| patterns.iter().copied().map(Some).collect();
    match evidence {
        Evidence::Mx => hosts(provider.mx),
        Evidence::Spf => hosts(provider.spf),
        Evidence::Autodiscover => hosts(provider.autodiscover),
        Evidence::Ns => hosts(provider.ns),
        Evidence::Srv => provider.srv.iter().map(|(_, target)| Some(*target)).collect(),
        Evidence::Dkim => provider.dkim.iter().map(|(_, target)| *target).collect(),
        Evidence::Txt => provider.txt.iter().map(|_| None).collect(),
        Evidence::Cname => provider.cname.iter().map(|(_, target)| Some(*target)).collect(),
    }
}

/// The last two labels, from labels that come from right to left; `None` where there are not two.
fn end<'a>(mut labels: impl Iterator<Item = &'a [u8]>) -> Option<End<'a>> {
    Some((labels.next()?, labels.next()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_found_by_the_host_that_it_names() {
        for provider in all() {
            for pattern in provider.mx.iter().filter(|pattern| !pattern.contains(['*', '#', '?', '{', '='])) {
                let host: Name = format!("mx1.{pattern}").parse().unwrap();
                assert!(candidates(Evidence::Mx, Some(&host)).any(|found| found == provider), "{pattern}");
            }
        }
    }

    #[test]
    fn few_rows_are_looked_at() {
        let host: Name = "mx1.emailsrvr.com".parse().unwrap();
        assert!(candidates(Evidence::Mx, Some(&host)).count() < all().len() / 4);
    }
}
