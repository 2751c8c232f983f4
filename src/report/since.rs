//! Finds what has changed since an earlier report.
//!
//! Two reports are compared by verdict, records, statuses and hazards, not by their wording. A different order of
//! answers, a lower TTL or another sentence is not a change.

mod compared;
mod known;

use std::collections::{BTreeMap, HashMap};
use std::io::BufRead;
use std::sync::Arc;

use jiff::Timestamp;

use crate::check::{Status, Verdict};
use crate::expected::Id;
use crate::record::Name;

use super::harmless::Sanitized;
use super::stored::{Contents, StoredError, read};
use super::view::{
    DomainReport, EarlierDomain, EarlierExpectation, EarlierHazard, Moved, Pair, RecordsChange, Report, Sign,
    Since, State,
};
use super::words::Word;

pub use known::{Gone, Known, verdict_of_new};

/// The part of earlier reports that a comparison needs: the newest result of each domain.
#[derive(Debug, Clone, Default)]
pub struct Earlier {
    /// The results, in the order in which their domains were first read.
    domains: Vec<Arc<EarlierDomain>>,
    places: HashMap<String, usize>,
}

impl Earlier {
    /// Reads a report that `--format json` or `--format ndjson` wrote.
    ///
    /// # Errors
    /// [`StoredError`] if it is something else, or of a newer version.
    pub fn read(input: impl BufRead) -> Result<(Self, Contents), StoredError> {
        let mut domains = Vec::new();
        let contents = read(input, |domain| domains.push(EarlierDomain::from(&domain)))?;
        let mut earlier = Self::default();
        for mut domain in domains {
            domain.checked_at = domain.checked_at.or(contents.run.map(|run| run.0));
            earlier.keep(Arc::new(domain));
        }
        Ok((earlier, contents))
    }

    /// Adds the results of another report.
    pub fn add(&mut self, other: Self) {
        other.domains.into_iter().for_each(|domain| self.keep(domain));
    }

    /// Keeps a result unless there is a newer one.
    fn keep(&mut self, new: Arc<EarlierDomain>) {
        match self.places.get(&new.domain).and_then(|place| self.domains.get_mut(*place)) {
            Some(known) if new.checked_at >= known.checked_at => *known = new,
            Some(_) => {}
            None => {
                self.places.insert(new.domain.clone(), self.domains.len());
                self.domains.push(new);
            }
        }
    }

    fn get(&self, domain: &str) -> Option<&Arc<EarlierDomain>> {
        self.domains.get(*self.places.get(domain)?)
    }

    /// Returns whether there is no result.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.domains.is_empty()
    }

    /// Returns whether there is a result of the domain.
    #[must_use]
    pub fn holds(&self, domain: &Name) -> bool {
        self.get(&domain.without_trailing_dot()).is_some()
    }
}

impl From<&Report> for Earlier {
    fn from(report: &Report) -> Self {
        let mut earlier = Self::default();
        for domain in &report.domains {
            let checked_at = Some(domain.time(report.checked_at));
            earlier.keep(Arc::new(EarlierDomain { checked_at, ..EarlierDomain::from(domain) }));
        }
        earlier
    }
}

/// Returns what has changed for a domain; `None` if the earlier report does not contain it.
#[must_use]
pub fn since(earlier: &Earlier, report: &DomainReport) -> Option<Since> {
    earlier.compared(&EarlierDomain::from(report))
}

/// Returns what has changed for each domain that both contain and that differs.
#[must_use]
pub fn between(earlier: &Earlier, later: &Earlier) -> Vec<(String, Since)> {
    let compared = later.domains.iter().filter_map(|domain| Some((&**domain, earlier.compared(domain)?)));
    let changed = compared.filter(|(_, since)| !since.is_empty());
    changed.map(|(domain, since)| (domain.domain.clone(), since)).collect()
}

impl Earlier {
    fn compared(&self, after: &EarlierDomain) -> Option<Since> {
        let before = self.get(&after.domain)?;
        let only = |here: &[EarlierHazard], there: &[EarlierHazard]| -> Vec<Sign> {
            let is_there = |sign: &Sign| there.iter().any(|hazard| hazard.sign == *sign);
            here.iter().map(|hazard| &hazard.sign).filter(|sign| !is_there(sign)).cloned().collect()
        };
        let verdict = (before.verdict != after.verdict)
            .then_some(Pair { before: before.verdict, after: after.verdict });
        Some(Since {
            checked_at: before.checked_at.unwrap_or(Timestamp::UNIX_EPOCH),
            verdict,
            expectations: moved(&before.expectations, &after.expectations),
            hazards_appeared: only(&after.hazards, &before.hazards),
            hazards_gone: only(&before.hazards, &after.hazards),
            before: Some(Arc::clone(before)),
        })
    }

    /// Returns the same results, except that an expectation that has just become unknown keeps the state reported
    /// before: a lookup that fails once is not a change.
    #[must_use]
    pub fn settled(mut self, before: &Self, told: &Self) -> Self {
        let of = |report: &Self, domain: &str| report.get(domain).cloned();
        for domain in &mut self.domains {
            let domain = Arc::make_mut(domain);
            let (Some(before), Some(told)) = (of(before, &domain.domain), of(told, &domain.domain)) else {
                continue;
            };
            for expectation in &mut domain.expectations {
                let same = |list: &[EarlierExpectation]| {
                    list.iter().find(|known| known.id == expectation.id).cloned()
                };
                let is_new = same(&before.expectations).is_some_and(|known| known.status != Status::Unknown);
                if expectation.status == Status::Unknown
                    && is_new
                    && let Some(told) = same(&told.expectations)
                {
                    *expectation = told;
                }
            }
            if domain.verdict == Verdict::Undetermined && before.verdict != Verdict::Undetermined {
                domain.verdict = told.verdict;
            }
        }
        self
    }
}

/// Returns the expectations that changed. One that only one of the reports has, because the options differ, is not a
/// change.
fn moved(before: &[EarlierExpectation], after: &[EarlierExpectation]) -> Vec<Moved> {
    let known: BTreeMap<&Word<Id>, &EarlierExpectation> =
        before.iter().map(|expectation| (&expectation.id, expectation)).collect();
    let pairs = after.iter().filter_map(|after| Some((*known.get(&after.id)?, after)));
    let moved = pairs.filter_map(|(before, after)| {
        let (before_state, after_state) = (State::from(before), State::from(after));
        (before_state != after_state).then(|| Moved {
            id: after.id.clone(),
            name: after.name.clone(),
            rtype: after.rtype,
            records: records(&before_state.observed, &after_state.observed),
            before: before_state,
            after: after_state,
        })
    });
    moved.collect()
}

fn records(before: &[Sanitized], after: &[Sanitized]) -> RecordsChange {
    match (before.is_empty(), after.is_empty()) {
        _ if before == after => RecordsChange::Same,
        (true, _) => RecordsChange::Appeared,
        (_, true) => RecordsChange::Gone,
        (false, false) => RecordsChange::Changed,
    }
}
