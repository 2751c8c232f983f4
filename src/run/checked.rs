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
    /// The facts that were found.
    pub facts: Facts,
    /// The assessment of these facts.
    pub assessment: Assessment,
    /// The changes to publish.
    pub changes: Vec<Change>,
    cache_expiry: CacheExpiry,
    assumptions: Assumptions,
    /// The changes since an earlier report, if it was compared with one.
    pub since: Option<Since>,
}

impl Checked {
    /// Judges the facts of a domain.
    pub(super) fn judge(subject: Subject, facts: Facts, options: JudgeOptions<'_>) -> Self {
        let assessment = assess(&subject, &facts, options);
        Self::of_assessment(subject, facts, assessment, options)
    }

    /// Plans the changes for an assessment of these facts, made with the same options.
    pub(super) fn of_assessment(
        subject: Subject,
        facts: Facts,
        mut assessment: Assessment,
        options: JudgeOptions<'_>,
    ) -> Self {
        let changes = changes(&subject, &facts, options.view, &assessment);
        assessment.forget_plan_reads();
        let (cache_expiry, assumptions, since) = (CacheExpiry::default(), Assumptions::default(), None);
        Self { subject, facts, assessment, changes, cache_expiry, assumptions, since }
    }

    /// Takes the history of earlier runs into account.
    pub(crate) fn look_ahead(
        &mut self,
        history: &History,
        assumptions: Assumptions,
        options: JudgeOptions<'_>,
    ) {
        if !history.is_empty_for(&self.subject.domain) {
            let options = JudgeOptions { history: Some(history), ..options };
            self.assessment = assess(&self.subject, &self.facts, options);
            self.changes = changes(&self.subject, &self.facts, options.view, &self.assessment);
            self.assessment.forget_plan_reads();
        }
        self.cache_expiry = cache_expiry(&self.subject, &self.facts, &self.assessment, history, assumptions);
        self.assumptions = assumptions;
    }

    /// Returns the time after which the old service may be closed; `None` while it is not known.
    #[must_use]
    pub fn closing(&self) -> Option<Timestamp> {
        self.cache_expiry.closing.map(|closing| closing.after)
    }

    /// Returns the indexes of the waivers of the run that apply to a finding.
    pub fn waivers(&self) -> impl Iterator<Item = usize> {
        let Assessment { judged, hazards, .. } = &self.assessment;
        let judged = judged.iter().filter_map(|judged| judged.waiver.as_ref());
        judged.chain(hazards.iter().filter_map(|hazard| hazard.waiver.as_ref())).map(|waiver| waiver.index)
    }

    /// Returns its report, without the changes since an earlier report and without the replies.
    #[must_use]
    pub fn report(&self) -> DomainReport {
        DomainReport::new(&self.subject, &self.assessment, &self.changes)
            .with_cache_expiry(&self.cache_expiry, self.assumptions)
            .with_outage(&self.facts)
    }

    /// Returns the report of a run over this domain alone.
    #[must_use]
    pub fn single_report(&self) -> Report {
        Report::new(self.facts.checked_at, self.subject.phase, vec![self.report()])
    }

    /// Adds the facts to a recording.
    pub(crate) fn add_to(&self, recording: &mut Recording) {
        recording.add(&self.subject.domain, &self.facts);
    }

    /// Returns the domain.
    #[must_use]
    pub fn domain(&self) -> &Name {
        &self.subject.domain
    }
}
