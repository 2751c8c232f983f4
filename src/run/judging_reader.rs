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

use super::error::RunError;
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
enum Judged {
    /// There was none.
    Not,
    /// The facts had these [numbers of entries](Facts::entries).
    Facts { entries: [usize; 8], assessment: Box<Assessment> },
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

    /// Returns the assessment of these facts; `None` if they have grown since the last check.
    ///
    /// # Errors
    /// [`RunError::Unfinished`] if a worker failed.
    pub(super) fn into_assessment(self, facts: &Facts) -> Result<Option<Box<Assessment>>, RunError> {
        match self.judged {
            Judged::Failed => Err(RunError::Unfinished),
            Judged::Facts { entries, assessment } if entries == facts.entries() => Ok(Some(assessment)),
            Judged::Facts { .. } | Judged::Not => Ok(None),
        }
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
        match &self.judged {
            Judged::Failed => return Vec::new(),
            // Its questions were returned then.
            Judged::Facts { entries, .. } if *entries == facts.entries() => return Vec::new(),
            Judged::Facts { .. } | Judged::Not => {}
        }
        let unmet = self.questions.unmet(facts);
        if !unmet.is_empty() {
            return unmet;
        }
        let none = Facts::new(facts.checked_at, facts.elsewhere);
        let lent = std::mem::replace(facts, none);
        let (subject, judge_options) = (Arc::clone(&self.subject), self.judge_options);
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

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;
    use crate::facts::{Outcome, PolicyOutcome, PolicyReply, Reply, Role, Server, UnqueriedNames};

    /// Lets the reader read until it lacks nothing, and answers every question with "no data".
    fn read_all(reader: &mut JudgingReader<'_, '_>, facts: &mut Facts) {
        let server = Arc::new(Server { role: Role::Resolver, address: "192.0.2.53:53".into() });
        loop {
            let unmet = reader.read_at_rest(facts).now_or_never().unwrap();
            if unmet.is_empty() {
                return;
            }
            for question in unmet {
                facts.insert(Reply::empty(question, Arc::clone(&server), Outcome::NoData));
            }
        }
    }

    #[test]
    fn the_last_check_is_that_of_the_facts_unless_they_have_grown() {
        let subject = Arc::new(Subject::new("contoso.com".parse().unwrap()));
        let (options, workers) = (JudgeOptions::default(), Workers::none());
        let mut facts = Facts::new(jiff::Timestamp::UNIX_EPOCH, UnqueriedNames::Asked);
        let mut reader = JudgingReader::new(&subject, options, &workers);
        read_all(&mut reader, &mut facts);
        let known = reader.into_assessment(&facts).unwrap().unwrap();
        let again = assess(&subject, &facts, options);
        assert_eq!((known.verdict, format!("{known:?}")), (again.verdict, format!("{again:?}")));
        let mut reader = JudgingReader::new(&subject, options, &workers);
        read_all(&mut reader, &mut facts);
        facts.insert_policy(PolicyReply::empty(subject.domain.clone(), PolicyOutcome::OutOfTime));
        assert!(reader.into_assessment(&facts).unwrap().is_none());
    }

    #[test]
    fn a_worker_that_failed_leaves_no_result() {
        let subject = Arc::new(Subject::new("contoso.com".parse().unwrap()));
        let workers = Workers::none();
        let mut facts = Facts::new(jiff::Timestamp::UNIX_EPOCH, UnqueriedNames::Asked);
        let mut reader = JudgingReader::new(&subject, JudgeOptions::default(), &workers);
        reader.judged = Judged::Failed;
        assert_eq!(reader.read_at_rest(&mut facts).now_or_never(), Some(Vec::new()));
        assert!(matches!(reader.into_assessment(&facts), Err(RunError::Unfinished)));
    }
}
