//! An index of the provider table by host suffix.
//!
//! Nearly every pattern ends with two literal labels. Rows are indexed by these, so that a host is compared with a few
//! of them and not with the whole table. `pattern` decides whether a row matches, and how closely.

use std::borrow::Cow;
use std::sync::LazyLock;

use foldhash::{HashMap, HashMapExt as _};

use super::{Evidence, Provider, all, pattern};
use crate::record::Name;

/// The last two labels of a host, from right to left.
type End<'a> = (&'a [u8], &'a [u8]);

/// The rows for one kind of evidence, as positions in the table, in ascending order.
struct Index {
    /// The rows by the last two labels of a pattern.
    by_end: HashMap<End<'static>, Vec<usize>>,
    /// The rows that can match any host, or evidence other than a host.
    anywhere: Vec<usize>,
}

/// The indexes, in the order of [`Evidence::ALL`].
static INDEXES: LazyLock<Vec<Index>> = LazyLock::new(|| Evidence::ALL.into_iter().map(Index::of).collect());

/// Returns the rows that may match evidence of this kind with this host, in the order of the table.
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

/// Returns the host patterns of a row for a kind of evidence; `None` for a pattern that matches any host.
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

/// Returns the last two labels, from labels in order from right to left; `None` if there are fewer than two.
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
