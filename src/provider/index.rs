//! Which rows of the table can fit a host at all?
//!
//! Nearly every pattern ends with two labels as they are. Rows are kept by these, so that a host is held against a few
//! of them and not against the whole table. Whether and how closely one fits is told in `pattern`.

use std::collections::{BTreeSet, HashMap};
use std::sync::LazyLock;

use super::{Evidence, Provider, all, pattern};
use crate::record::Name;

/// The rows for one kind of evidence, by their place in the table.
#[derive(Default)]
struct Index {
    /// By the last two labels of a pattern.
    by_end: HashMap<Vec<u8>, BTreeSet<usize>>,
    /// Those that can fit any host, or something else than a host.
    anywhere: BTreeSet<usize>,
}

static INDEXES: LazyLock<HashMap<Evidence, Index>> =
    LazyLock::new(|| Evidence::ALL.into_iter().map(|evidence| (evidence, Index::of(evidence))).collect());

/// The rows that may fit evidence of the kind with this host, in the order of the table.
pub(super) fn candidates(evidence: Evidence, host: Option<&Name>) -> impl Iterator<Item = &'static Provider> {
    let index = INDEXES.get(&evidence);
    let end = host.and_then(|host| end(host.labels().rev()));
    let by_end = index.zip(end).and_then(|(index, end)| index.by_end.get(&end));
    let places: BTreeSet<usize> =
        by_end.into_iter().chain(index.map(|index| &index.anywhere)).flatten().copied().collect();
    places.into_iter().filter_map(|place| all().get(place))
}

impl Index {
    fn of(evidence: Evidence) -> Self {
        let mut index = Self::default();
        for (place, provider) in all().iter().enumerate() {
            for pattern in patterns(provider, evidence) {
                let literal = pattern.and_then(pattern::literal_labels);
                match literal.and_then(|labels| end(labels.into_iter())) {
                    Some(end) => index.by_end.entry(end).or_default().insert(place),
                    None => index.anywhere.insert(place),
                };
            }
        }
        index
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
fn end<'a>(mut labels: impl Iterator<Item = &'a [u8]>) -> Option<Vec<u8>> {
    let (last, before) = (labels.next()?, labels.next()?);
    Some([before, b".", last].concat())
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
