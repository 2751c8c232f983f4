//! Compares a result with an earlier report.
//!
//! Two reports are compared by what they say, not by their words: verdict, records, statuses and hazards. The order of
//! answers, TTLs that run down and the sentences around them are no change.

use std::collections::{BTreeMap, HashMap};
use std::io::BufRead;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::check::Verdict;
use crate::record::Name;

use super::harmless::Sanitized;
use super::stored::{Contents, StoredError, read};
use super::view::{DomainReport, ExpectationView, HazardView, Report};
use super::words::{self, Word};

/// What is needed of earlier reports: the newest result of each domain.
#[derive(Debug, Clone, Default)]
pub struct Earlier {
    /// In the order in which the domains were met first.
    domains: Vec<Arc<EarlierDomain>>,
    places: HashMap<Sanitized, usize>,
}

/// An earlier result of a domain.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct EarlierDomain {
    domain: Sanitized,
    checked_at: Option<Timestamp>,
    verdict: Sanitized,
    expectations: Vec<EarlierExpectation>,
    #[serde(default)]
    hazards: Vec<EarlierHazard>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct EarlierExpectation {
    id: Sanitized,
    name: Sanitized,
    #[serde(rename = "type")]
    rtype: Sanitized,
    status: Sanitized,
    code: Sanitized,
    #[serde(default)]
    importance: Sanitized,
    #[serde(default)]
    observed: Vec<Sanitized>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct EarlierHazard {
    #[serde(flatten)]
    sign: Sign,
    #[serde(default)]
    level: Sanitized,
    waiver: Option<EarlierWaiver>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct EarlierWaiver {
    state: Sanitized,
}

/// A hazard, by what identifies it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "formats", derive(schemars::JsonSchema))]
pub struct Sign {
    /// The code.
    pub code: Sanitized,
    /// The name it is about.
    pub name: Sanitized,
    /// The type it is about.
    #[serde(rename = "type")]
    pub rtype: Option<Sanitized>,
}

impl Earlier {
    /// Reads what `--format json` or `--format ndjson` wrote.
    ///
    /// # Errors
    /// [`StoredError`] if it is something else, or of a newer version.
    pub fn read(input: impl BufRead) -> Result<(Self, Contents), StoredError> {
        let mut domains = Vec::new();
        let contents = read(input, |domain: EarlierDomain| domains.push(domain))?;
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

    /// Keeps a result, if there is no newer one.
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

impl From<&DomainReport> for EarlierDomain {
    fn from(report: &DomainReport) -> Self {
        Self {
            domain: Sanitized::record(&report.domain),
            checked_at: report.checked_at,
            verdict: Sanitized::sentence(report.verdict),
            expectations: report.expectations.iter().map(EarlierExpectation::from).collect(),
            hazards: report.hazards.iter().map(EarlierHazard::from).collect(),
        }
    }
}

impl From<&ExpectationView> for EarlierExpectation {
    fn from(expectation: &ExpectationView) -> Self {
        Self {
            id: Sanitized::sentence(expectation.id),
            name: Sanitized::record(&expectation.name.to_string()),
            rtype: Sanitized::sentence(&expectation.rtype),
            status: Sanitized::sentence(expectation.status),
            code: Sanitized::sentence(expectation.code),
            importance: Sanitized::sentence(expectation.importance),
            observed: expectation.observed.clone(),
        }
    }
}

impl From<&HazardView> for EarlierHazard {
    fn from(hazard: &HazardView) -> Self {
        let waiver = hazard.waiver.as_ref();
        Self {
            sign: Sign::from(hazard),
            level: Sanitized::sentence(hazard.level),
            waiver: waiver.map(|waiver| EarlierWaiver { state: Sanitized::sentence(waiver.state) }),
        }
    }
}

impl From<&HazardView> for Sign {
    fn from(hazard: &HazardView) -> Self {
        Self {
            code: Sanitized::sentence(hazard.code),
            name: Sanitized::record(&hazard.name.to_string()),
            rtype: hazard.rtype.as_deref().map(Sanitized::sentence),
        }
    }
}

impl EarlierExpectation {
    /// Returns whether something was found that is not simply met, waived or not.
    fn is_finding(&self) -> bool {
        let is_absent = *self.importance == *"optional" && self.observed.is_empty();
        *self.status == *WAIVED || *self.status != *MET && !is_absent
    }
}

impl EarlierHazard {
    /// Returns whether it made changes needed.
    fn counts(&self) -> bool {
        let is_waived = self.waiver.as_ref().is_some_and(|waiver| *waiver.state == *"active");
        *self.level == *"error" && !is_waived
    }
}

/// What differs between an earlier report of a domain and this one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "formats", derive(schemars::JsonSchema))]
pub struct Since {
    /// The time when the earlier run began.
    pub checked_at: Timestamp,
    /// The verdict, where it changed.
    pub verdict: Option<Pair>,
    /// Expectations whose records or status changed, in the order of the report.
    pub expectations: Vec<Moved>,
    /// Hazards that were not there before.
    pub hazards_appeared: Vec<Sign>,
    /// Hazards that are not there any more.
    pub hazards_gone: Vec<Sign>,
    /// The earlier result; not known where the comparison itself was stored.
    #[serde(skip)]
    before: Option<Arc<EarlierDomain>>,
}

/// Whether a finding was known to the earlier report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// It was not.
    New,
    /// It was, with the same status and records.
    Unchanged,
    /// It was, and its status or its records were others.
    Updated,
}

/// A finding of the earlier report that is not one any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gone {
    /// The expectation; `None` for a hazard.
    pub id: Option<Sanitized>,
    /// What it is about, and its code.
    pub sign: Sign,
}

/// A word before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "formats", derive(schemars::JsonSchema))]
pub struct Pair {
    /// What it was.
    pub before: Sanitized,
    /// What it is.
    pub after: Sanitized,
}

/// What became of one expectation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "formats", derive(schemars::JsonSchema))]
pub struct Moved {
    /// The id of the expectation.
    pub id: Sanitized,
    /// The owner of the records.
    pub name: Sanitized,
    /// Their type.
    #[serde(rename = "type")]
    pub rtype: Sanitized,
    /// What became of the records: `appeared`, `gone`, `changed` or `same`.
    #[serde(deserialize_with = "words::word")]
    pub records: Word,
    /// How it was.
    pub before: State,
    /// How it is.
    pub after: State,
}

/// The earlier status of one expectation.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "formats", derive(schemars::JsonSchema))]
pub struct State {
    /// Its status.
    pub status: Sanitized,
    /// Its outcome.
    pub code: Sanitized,
    /// The records that were judged.
    pub observed: Vec<Sanitized>,
}

impl Since {
    /// Returns whether nothing has changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.verdict.is_none()
            && self.expectations.is_empty()
            && self.hazards_appeared.is_empty()
            && self.hazards_gone.is_empty()
    }

    /// Returns whether the earlier report is at hand, and not only what differs from it.
    #[must_use]
    pub fn is_at_hand(&self) -> bool {
        self.before.is_some()
    }

    /// Whether the earlier report knows what is found of an expectation; `None` where that report is not at hand.
    #[must_use]
    pub fn knows(&self, expectation: &ExpectationView) -> Option<Known> {
        let before = self.before.as_ref()?;
        let mut same = before.expectations.iter().filter(|one| *one.id == *expectation.id);
        let known = same.find(|one| *one.code == *expectation.code && one.is_finding());
        let Some(known) = known else { return Some(Known::New) };
        let now = EarlierExpectation::from(expectation);
        Some(if State::from(known) == State::from(&now) { Known::Unchanged } else { Known::Updated })
    }

    /// Whether the earlier report knows a hazard; `None` where that report is not at hand.
    #[must_use]
    pub fn knows_hazard(&self, hazard: &HazardView) -> Option<Known> {
        let before = self.before.as_ref()?;
        let now = EarlierHazard::from(hazard);
        let known = before.hazards.iter().find(|known| known.sign == now.sign);
        Some(match known {
            None => Known::New,
            Some(known) if *known == now => Known::Unchanged,
            Some(_) => Known::Updated,
        })
    }

    /// The findings of the earlier report that this one does not have: those that it had another code or a good result for.
    #[must_use]
    pub fn gone(&self, report: &DomainReport) -> Vec<Gone> {
        let Some(before) = &self.before else { return Vec::new() };
        let is_gone = |known: &&EarlierExpectation| {
            let mut now = report.expectations.iter().map(EarlierExpectation::from);
            known.is_finding()
                && !now.any(|now| now.id == known.id && now.code == known.code && now.is_finding())
        };
        let expectations = before.expectations.iter().filter(is_gone).map(|known| Gone {
            id: Some(known.id.clone()),
            sign: Sign {
                code: known.code.clone(),
                name: known.name.clone(),
                rtype: Some(known.rtype.clone()),
            },
        });
        let now: Vec<Sign> = report.hazards.iter().map(Sign::from).collect();
        let hazards = before.hazards.iter().filter(|known| !now.contains(&known.sign));
        expectations.chain(hazards.map(|known| Gone { id: None, sign: known.sign.clone() })).collect()
    }
}

/// The verdict of what is new in a report or has become worse: of a domain that the earlier report does not hold, its own.
///
/// A required expectation is worse if its status is, or if it is unmet for another reason; a hazard is new that makes changes
/// needed and was not there, or did not.
#[must_use]
pub fn verdict_of_new(report: &DomainReport) -> Verdict {
    let named = |word: &str| Verdict::ALL.into_iter().find(|verdict| verdict.word() == word);
    let verdict = named(report.verdict).unwrap_or(Verdict::Undetermined);
    let Some(before) = report.since.as_ref().and_then(|since| since.before.as_ref()) else { return verdict };
    let required = report.expectations.iter().filter(|one| one.importance == "required");
    let expectations = required.map(|one| {
        let known = before.expectations.iter().find(|known| *known.id == *one.id);
        let is_new = known.is_none_or(|known| {
            let (then, now) = (severity(&known.status), severity(one.status));
            now > then || now == then && now == Verdict::ChangesNeeded && *known.code != *one.code
        });
        if is_new { severity(one.status) } else { Verdict::Ready }
    });
    let hazards =
        report.hazards.iter().map(EarlierHazard::from).filter(EarlierHazard::counts).map(|hazard| {
            let mut known = before.hazards.iter().filter(|known| known.counts());
            if known.any(|known| known.sign == hazard.sign) { Verdict::Ready } else { Verdict::ChangesNeeded }
        });
    let new = expectations.chain(hazards).max().unwrap_or(Verdict::Ready).min(verdict);
    let is_worse = named(&before.verdict).is_none_or(|before| before < verdict);
    // What makes it worse is not among the findings.
    if new == Verdict::Ready && is_worse { verdict } else { new }
}

/// What a required expectation with this status makes of a domain.
fn severity(status: &str) -> Verdict {
    match status {
        MET | WAIVED => Verdict::Ready,
        "waiting" => Verdict::Waiting,
        UNKNOWN => Verdict::Undetermined,
        _ => Verdict::ChangesNeeded,
    }
}

/// What has changed for a domain; `None` if the earlier report does not hold it.
#[must_use]
pub fn since(earlier: &Earlier, report: &DomainReport) -> Option<Since> {
    earlier.compared(&EarlierDomain::from(report))
}

/// What has changed for each domain that both hold and that differs.
#[must_use]
pub fn between(earlier: &Earlier, later: &Earlier) -> Vec<(Sanitized, Since)> {
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
            .then(|| Pair { before: before.verdict.clone(), after: after.verdict.clone() });
        Some(Since {
            checked_at: before.checked_at.unwrap_or(Timestamp::UNIX_EPOCH),
            verdict,
            expectations: moved(&before.expectations, &after.expectations),
            hazards_appeared: only(&after.hazards, &before.hazards),
            hazards_gone: only(&before.hazards, &after.hazards),
            before: Some(Arc::clone(before)),
        })
    }

    /// The same, with what was reported before in place of what could not be looked up for the first time: a lookup that
    /// fails once is not a change.
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
                let is_new = same(&before.expectations).is_some_and(|known| *known.status != *UNKNOWN);
                if *expectation.status == *UNKNOWN
                    && is_new
                    && let Some(told) = same(&told.expectations)
                {
                    *expectation = told;
                }
            }
            if *domain.verdict == *UNDETERMINED && *before.verdict != *UNDETERMINED {
                domain.verdict = told.verdict.clone();
            }
        }
        self
    }
}

/// The status of what holds.
const MET: &str = "met";
/// The status of what does not count.
const WAIVED: &str = "waived";
/// The status of what could not be looked up.
const UNKNOWN: &str = "unknown";
/// The verdict of a domain about which too little is known.
const UNDETERMINED: &str = "undetermined";

/// The expectations that changed. One that only one of the reports has, since the options differ, is not a change.
fn moved(before: &[EarlierExpectation], after: &[EarlierExpectation]) -> Vec<Moved> {
    let known: BTreeMap<&str, &EarlierExpectation> =
        before.iter().map(|expectation| (&*expectation.id, expectation)).collect();
    let pairs = after.iter().filter_map(|after| Some((*known.get(&*after.id)?, after)));
    let moved = pairs.filter_map(|(before, after)| {
        let (before_state, after_state) = (State::from(before), State::from(after));
        (before_state != after_state).then(|| Moved {
            id: after.id.clone(),
            name: after.name.clone(),
            rtype: after.rtype.clone(),
            records: records(&before_state.observed, &after_state.observed),
            before: before_state,
            after: after_state,
        })
    });
    moved.collect()
}

impl From<&EarlierExpectation> for State {
    fn from(expectation: &EarlierExpectation) -> Self {
        let mut observed = expectation.observed.clone();
        observed.sort();
        Self { status: expectation.status.clone(), code: expectation.code.clone(), observed }
    }
}

fn records(before: &[Sanitized], after: &[Sanitized]) -> &'static str {
    match (before.is_empty(), after.is_empty()) {
        _ if before == after => "same",
        (true, _) => "appeared",
        (_, true) => "gone",
        (false, false) => "changed",
    }
}
