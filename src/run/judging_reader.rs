//! Judges a domain on another thread once no lookup is in progress.
//!
//! The check shows whether a question is still open. In most domains none is; then its result is the result of the
//! domain, and the check is not made again.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::check::{Assessment, JudgeOptions, Questions, assess};
use crate::expected::Subject;
use crate::facts::{Facts, Reader};
use crate::record::{Name, Question};

use super::workers::Workers;

/// A reader whose whole check is made by workers, and kept.
pub(super) struct JudgingReader<'s, 'w> {
    subject: Arc<Subject>,
    judge_options: JudgeOptions<'w>,
    questions: Questions<'s>,
    workers: &'s Workers<'w>,
    judged: Judged,
}

/// The last check of a domain.
pub(super) enum Judged {
    /// There was none.
    Not,
    /// The facts had this number of entries.
    Facts { entries: usize, assessment: Box<Assessment> },
    /// A worker failed, and the facts are lost.
    Failed,
}

impl<'s, 'w: 's> JudgingReader<'s, 'w> {
    pub(super) fn new(
        subject: &'s Arc<Subject>,
        judge_options: JudgeOptions<'w>,
        workers: &'s Workers<'w>,
    ) -> Self {
        let questions = Questions::new(subject, judge_options);
        Self { subject: Arc::clone(subject), judge_options, questions, workers, judged: Judged::Not }
    }

    /// Returns the last check.
    pub(super) fn into_judged(self) -> Judged {
        self.judged
    }
}

impl Reader for JudgingReader<'_, '_> {
    fn unmet(&mut self, facts: &Facts) -> Vec<Question> {
        self.questions.unmet(facts)
    }

    fn unmet_at_rest(&mut self, facts: &Facts) -> Vec<Question> {
        self.questions.unmet_at_rest(facts)
    }

    async fn read_at_rest(&mut self, facts: &mut Facts) -> Vec<Question> {
        let unmet = self.questions.unmet(facts);
        if !unmet.is_empty() {
            return unmet;
        }
        let none = Facts::new(facts.checked_at, facts.elsewhere);
        let (lent, subject, judge_options) =
            (std::mem::replace(facts, none), Arc::clone(&self.subject), self.judge_options);
        let judging = self.workers.done(move || {
            let assessment = Box::new(assess(&subject, &lent, judge_options));
            (lent, assessment)
        });
        let Some((returned, assessment)) = judging.await else {
            self.judged = Judged::Failed;
            return Vec::new();
        };
        *facts = returned;
        let unmet = self.questions.learn(&assessment.reads);
        self.judged = Judged::Facts { entries: facts.entries(), assessment };
        unmet
    }

    fn policies(&mut self, facts: &Facts) -> BTreeSet<Name> {
        self.questions.policies(facts)
    }
}
