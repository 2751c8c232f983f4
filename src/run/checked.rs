//! The result of one domain: its facts and its assessment.

use jiff::Timestamp;

use crate::check::{Assessment, Assumptions, CacheExpiry, JudgeOptions, assess, cache_expiry};
use crate::expected::Subject;
use crate::facts::{Facts, History, Recording};
use crate::plan::{Change, changes};
use crate::record::Name;
use crate::report::view::Since;
use crate::report::{DomainReport, Report};

/// One domain, looked up and judged.
#[derive(Debug, Clone)]
pub struct Checked {
    /// The domain and its options.
    pub subject: Subject,
    /// What was seen.
    pub facts: Facts,
    /// What it means.
    pub assessment: Assessment,
    /// The changes.
    pub changes: Vec<Change>,
    cache_expiry: CacheExpiry,
    assumptions: Assumptions,
    /// What has changed since an earlier report.
    pub since: Option<Since>,
}

impl Checked {
    /// Judges what was seen.
    pub(super) fn judge(subject: Subject, facts: Facts, options: JudgeOptions<'_>) -> Self {
        let assessment = assess(&subject, &facts, options);
        let changes = changes(&subject, &facts, options.view, &assessment);
        let (cache_expiry, assumptions, since) = (CacheExpiry::default(), Assumptions::default(), None);
        Self { subject, facts, assessment, changes, cache_expiry, assumptions, since }
    }

    /// Takes into account what earlier runs saw.
    pub fn look_ahead(&mut self, history: &History, assumptions: Assumptions, options: JudgeOptions<'_>) {
        if !history.is_empty_for(&self.subject.domain) {
            let options = JudgeOptions { history: Some(history), ..options };
            self.assessment = assess(&self.subject, &self.facts, options);
            self.changes = changes(&self.subject, &self.facts, options.view, &self.assessment);
        }
        self.cache_expiry = cache_expiry(&self.subject, &self.facts, &self.assessment, history, assumptions);
        self.assumptions = assumptions;
    }

    /// When the old service may be closed; `None` while that is not known.
    #[must_use]
    pub fn closing(&self) -> Option<Timestamp> {
        self.cache_expiry.closing.map(|closing| closing.after)
    }

    /// The waivers of the run that met a finding.
    pub fn waivers(&self) -> impl Iterator<Item = usize> {
        let Assessment { judged, hazards, .. } = &self.assessment;
        let judged = judged.iter().filter_map(|judged| judged.waiver.as_ref());
        judged.chain(hazards.iter().filter_map(|hazard| hazard.waiver.as_ref())).map(|waiver| waiver.index)
    }

    /// Its report, without what has changed and without the replies.
    #[must_use]
    pub fn report(&self) -> DomainReport {
        DomainReport::new(&self.subject, &self.assessment, &self.changes)
            .with_cache_expiry(&self.cache_expiry, self.assumptions)
    }

    /// The report of a run over this domain alone.
    #[must_use]
    pub fn single_report(&self) -> Report {
        Report::new(self.facts.checked_at, self.subject.phase, vec![self.report()])
    }

    /// Adds what was seen to a recording.
    pub fn add_to(&self, recording: &mut Recording) {
        recording.add(&self.subject.domain, &self.facts);
    }

    /// The domain.
    #[must_use]
    pub fn domain(&self) -> &Name {
        &self.subject.domain
    }
}
