//! Judges a domain on another thread once no lookup is in progress.
//!
//! The check shows whether a question is still open. In most domains none is; then its result is the result of the
//! domain, and the check is not made again.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::check::{Assessment, JudgeOptions, Questions};
use crate::expected::Subject;
use crate::facts::{Facts, Reader};
use crate::record::{Name, Question};

use super::error::RunError;
use super::workers::Workers;

/// A reader that reads at rest on the threads of workers, and whose whole check is kept.
pub(super) struct JudgingReader<'s, 'w> {
    /// `None` if a worker failed, and both they and the facts are lost.
    questions: Option<Questions<'w, Arc<Subject>>>,
    workers: &'s Workers<'w>,
    judged: Option<Judged>,
}

/// The last whole check of a domain.
struct Judged {
    /// The [numbers of entries](Facts::entries) that the facts had.
    entries: [usize; 8],
    assessment: Box<Assessment>,
}

impl<'s, 'w: 's> JudgingReader<'s, 'w> {
    pub(super) fn new(
        subject: &Arc<Subject>,
        judge_options: JudgeOptions<'w>,
        workers: &'s Workers<'w>,
    ) -> Self {
        let questions = Some(Questions::new(Arc::clone(subject), judge_options));
        Self { questions, workers, judged: None }
    }

    /// Returns the assessment of these facts; `None` if they have grown since the last check.
    ///
    /// # Errors
    /// [`RunError::Unfinished`] if a worker failed.
    pub(super) fn into_assessment(self, facts: &Facts) -> Result<Option<Box<Assessment>>, RunError> {
        self.questions.ok_or(RunError::Unfinished)?;
        let last = self.judged.filter(|judged| judged.entries == facts.entries());
        Ok(last.map(|judged| judged.assessment))
    }
}

impl Reader for JudgingReader<'_, '_> {
    fn unmet(&mut self, facts: &Facts) -> Vec<Question> {
        self.questions.as_mut().map(|questions| questions.unmet(facts)).unwrap_or_default()
    }

    fn unmet_at_rest(&mut self, facts: &Facts) -> Vec<Question> {
        self.questions.as_mut().map(|questions| questions.unmet_at_rest(facts)).unwrap_or_default()
    }

    async fn read_at_rest(&mut self, facts: &mut Facts) -> Vec<Question> {
        // The questions of the last check were returned then.
        if self.judged.as_ref().is_some_and(|judged| judged.entries == facts.entries()) {
            return Vec::new();
        }
        let Some(mut questions) = self.questions.take() else { return Vec::new() };
        let none = Facts::new(facts.checked_at, facts.elsewhere);
        let lent = std::mem::replace(facts, none);
        let judging = self.workers.done(move || {
            let (unmet, assessment) = questions.assess_at_rest(&lent);
            (lent, questions, unmet, assessment.map(Box::new))
        });
        let Some((returned, questions, unmet, assessment)) = judging.await else { return Vec::new() };
        *facts = returned;
        self.questions = Some(questions);
        self.judged = assessment.map(|assessment| Judged { entries: facts.entries(), assessment });
        unmet
    }

    fn policies(&mut self, facts: &Facts) -> BTreeSet<Name> {
        self.questions.as_mut().map(|questions| questions.policies(facts)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;
    use crate::check::assess;
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
        reader.questions = None;
        assert_eq!(reader.read_at_rest(&mut facts).now_or_never(), Some(Vec::new()));
        assert!(matches!(reader.into_assessment(&facts), Err(RunError::Unfinished)));
    }
}
