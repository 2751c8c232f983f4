//! What has changed since an earlier report?
//!
//! Two reports are compared by what they say, not by their words: verdict, records, statuses and hazards. The order of
//! answers, times to live that run down and the sentences around them are no change.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::record::Name;

use super::harmless::Harmless;
use super::view::{DomainReport, Report, SCHEMA_VERSION};
use super::words::{self, Word};

/// What is needed of an earlier report.
#[derive(Debug, Clone, Deserialize)]
pub struct Earlier {
    schema_version: u32,
    checked_at: Timestamp,
    domains: Vec<EarlierDomain>,
}

#[derive(Debug, Clone, Deserialize)]
struct EarlierDomain {
    domain: Harmless,
    verdict: Harmless,
    expectations: Vec<EarlierExpectation>,
    #[serde(default)]
    hazards: Vec<Sign>,
}

#[derive(Debug, Clone, Deserialize)]
struct EarlierExpectation {
    id: Harmless,
    name: Harmless,
    #[serde(rename = "type")]
    rtype: Harmless,
    status: Harmless,
    code: Harmless,
    #[serde(default)]
    observed: Vec<Harmless>,
}

/// A hazard, by what identifies it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "formats", derive(schemars::JsonSchema))]
pub struct Sign {
    /// Which one.
    pub code: Harmless,
    /// The name it is about.
    pub name: Harmless,
    /// The type it is about.
    #[serde(rename = "type")]
    pub rtype: Option<Harmless>,
}

/// Why an earlier report cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum EarlierError {
    /// It is no JSON, or its fields are others.
    #[error("it is neither a recording nor a JSON report of cutover: {0}")]
    Json(#[from] serde_json::Error),
    /// A newer version wrote it.
    #[error(
        "it has version {0} of the report, and this version of cutover reads up to {SCHEMA_VERSION}; use a newer cutover"
    )]
    Version(u32),
}

impl Earlier {
    /// Reads what `--format json` wrote.
    ///
    /// # Errors
    /// [`EarlierError`] if it is something else, or of a newer version.
    pub fn parse(text: &str) -> Result<Self, EarlierError> {
        let earlier: Self = serde_json::from_str(text)?;
        if earlier.schema_version > SCHEMA_VERSION {
            Err(EarlierError::Version(earlier.schema_version))
        } else {
            Ok(earlier)
        }
    }
}

impl Earlier {
    /// Whether the report holds the domain.
    #[must_use]
    pub fn holds(&self, domain: &Name) -> bool {
        self.domains.iter().any(|known| *known.domain == *domain.bare())
    }
}

impl From<&Report> for Earlier {
    fn from(report: &Report) -> Self {
        Self {
            schema_version: report.schema_version,
            checked_at: report.checked_at,
            domains: report.domains.iter().map(EarlierDomain::from).collect(),
        }
    }
}

impl From<&DomainReport> for EarlierDomain {
    fn from(report: &DomainReport) -> Self {
        let expectations = report.expectations.iter().map(|expectation| EarlierExpectation {
            id: Harmless::sentence(expectation.id),
            name: Harmless::record(&expectation.name.to_string()),
            rtype: Harmless::sentence(&expectation.rtype),
            status: Harmless::sentence(expectation.status),
            code: Harmless::sentence(expectation.code),
            observed: expectation.observed.clone(),
        });
        let hazards = report.hazards.iter().map(|hazard| Sign {
            code: Harmless::sentence(hazard.code),
            name: Harmless::record(&hazard.name.to_string()),
            rtype: hazard.rtype.as_deref().map(Harmless::sentence),
        });
        Self {
            domain: Harmless::record(&report.domain),
            verdict: Harmless::sentence(report.verdict),
            expectations: expectations.collect(),
            hazards: hazards.collect(),
        }
    }
}

/// What differs between an earlier report of a domain and this one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "formats", derive(schemars::JsonSchema))]
pub struct Since {
    /// When the earlier run began.
    pub checked_at: Timestamp,
    /// The verdict, where it changed.
    pub verdict: Option<Pair>,
    /// Expectations whose records or status changed, in the order of the report.
    pub expectations: Vec<Moved>,
    /// Hazards that were not there before.
    pub hazards_appeared: Vec<Sign>,
    /// Hazards that are not there any more.
    pub hazards_gone: Vec<Sign>,
}

/// A word before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "formats", derive(schemars::JsonSchema))]
pub struct Pair {
    /// What it was.
    pub before: Harmless,
    /// What it is.
    pub after: Harmless,
}

/// What became of one expectation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "formats", derive(schemars::JsonSchema))]
pub struct Moved {
    /// Which one.
    pub id: Harmless,
    /// The owner of the records.
    pub name: Harmless,
    /// Their type.
    #[serde(rename = "type")]
    pub rtype: Harmless,
    /// What became of the records: `appeared`, `gone`, `changed` or `same`.
    #[serde(deserialize_with = "words::word")]
    pub records: Word,
    /// How it was.
    pub before: State,
    /// How it is.
    pub after: State,
}

/// How one expectation stood.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "formats", derive(schemars::JsonSchema))]
pub struct State {
    /// Its status.
    pub status: Harmless,
    /// Its outcome.
    pub code: Harmless,
    /// The records that were judged.
    pub observed: Vec<Harmless>,
}

impl Since {
    /// Whether nothing has changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.verdict.is_none()
            && self.expectations.is_empty()
            && self.hazards_appeared.is_empty()
            && self.hazards_gone.is_empty()
    }
}

/// What has changed for a domain; `None` if the earlier report does not hold it.
#[must_use]
pub fn since(earlier: &Earlier, report: &DomainReport) -> Option<Since> {
    earlier.compared(&EarlierDomain::from(report))
}

/// What has changed for each domain that both hold and that differs.
#[must_use]
pub fn between(earlier: &Earlier, later: &Earlier) -> Vec<(Harmless, Since)> {
    let compared = later.domains.iter().filter_map(|domain| Some((domain, earlier.compared(domain)?)));
    let changed = compared.filter(|(_, since)| !since.is_empty());
    changed.map(|(domain, since)| (domain.domain.clone(), since)).collect()
}

impl Earlier {
    fn compared(&self, after: &EarlierDomain) -> Option<Since> {
        let before = self.domains.iter().find(|domain| domain.domain == after.domain)?;
        let only = |here: &[Sign], there: &[Sign]| -> Vec<Sign> {
            here.iter().filter(|sign| !there.contains(sign)).cloned().collect()
        };
        let verdict = (before.verdict != after.verdict)
            .then(|| Pair { before: before.verdict.clone(), after: after.verdict.clone() });
        Some(Since {
            checked_at: self.checked_at,
            verdict,
            expectations: moved(&before.expectations, &after.expectations),
            hazards_appeared: only(&after.hazards, &before.hazards),
            hazards_gone: only(&before.hazards, &after.hazards),
        })
    }

    /// The same, with what was told before in place of what could not be looked up for the first time: a lookup that
    /// fails once is no change.
    #[must_use]
    pub fn settled(mut self, before: &Self, told: &Self) -> Self {
        let of = |report: &Self, domain: &str| {
            report.domains.iter().find(|known| *known.domain == *domain).cloned()
        };
        for domain in &mut self.domains {
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
                domain.verdict = told.verdict;
            }
        }
        self
    }
}

/// The status of what could not be looked up.
const UNKNOWN: &str = "unknown";
/// The verdict of a domain about which too little is known.
const UNDETERMINED: &str = "undetermined";

/// The expectations that changed. One that only one of the reports has, since the options differ, is no change.
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

fn records(before: &[Harmless], after: &[Harmless]) -> &'static str {
    match (before.is_empty(), after.is_empty()) {
        _ if before == after => "same",
        (true, _) => "appeared",
        (_, true) => "gone",
        (false, false) => "changed",
    }
}
