//! Looks up domains and judges them, many at the same time.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use futures_util::{Stream, StreamExt as _};
use tokio::time::Instant;

use crate::check::{JudgeOptions, Questions, assess, compared_questions, wanted, web_requests};
use crate::expected::Subject;
use crate::facts::{Facts, Reader};
use crate::lookup::{
    FurtherQuestions, Limits, Source, answer_questions, compare_delegation, request_web, survey, transfer,
};
use crate::record::{Name, Question};

use super::checked::Checked;
use super::concurrency::AdaptiveConcurrency;
use super::error::RunError;
use super::inputs::{RunInputs, Transfer};
use super::judging_reader::JudgingReader;
use super::options::RunOptions;
use super::threads::Threads;

/// The maximum number of rounds of further questions about a whole zone: aliases and SPF records may follow one
/// another.
const MOST_ROUNDS: usize = 64;

/// The order in which results come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// The order in which the domains were named.
    AsNamed,
    /// The order in which they are done.
    AsDone,
}

/// The load on servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effort {
    /// As many questions at the same time as they keep up with.
    Full,
    /// Few questions: they did not keep up, or failed, a moment ago.
    Gentle,
}

/// Looks up and judges these domains, several at the same time, and yields the results in this order. The thread that
/// judges a domain also calls `end`.
pub fn results<'s, 'w: 's, T: Send + 'w>(
    options: &'w RunOptions,
    inputs: &'w RunInputs,
    subjects: impl Iterator<Item = Result<Subject, RunError>> + 's,
    (order, effort): (Order, Effort),
    threads: &'s Threads<'w>,
    end: impl FnOnce(Checked) -> T + Clone + Send + 'w,
) -> impl Stream<Item = Result<T, RunError>> + 's {
    let (limits, judge_options) = (options.limits(), options.judge_options());
    let Threads { lookups, workers } = threads;
    let window = Rc::new(match effort {
        Effort::Full => AdaptiveConcurrency::new(options.concurrency, lookups.metrics()),
        Effort::Gentle => AdaptiveConcurrency::gentle(options.concurrency, lookups.metrics()),
    });
    // If all answers are at hand, further domains would only delay the first result.
    let most = if inputs.source.is_at_hand() { workers.places() } else { window.most() };
    let results = futures_util::stream::iter(subjects).map(move |subject| {
        let (window, end) = (Rc::clone(&window), end.clone());
        async move {
            let place = window.enter().await;
            let subject = Arc::new(subject?);
            let (looked_up, judges) = (Arc::clone(&subject), workers.clone());
            let lookup = async move {
                let reader = JudgingReader::new(&looked_up, judge_options, &judges);
                let (facts, reader) = gather_with(reader, inputs, &looked_up, limits, &mut |_| {}).await;
                let known = reader.into_assessment(&facts)?;
                Ok::<_, RunError>((facts, known))
            };
            // Boxed, since it is large and would be moved several times before it begins.
            let (facts, known) = lookups.done(Box::pin(lookup)).await.ok_or(RunError::Unfinished)??;
            window.leave(place, &facts);
            let judging = workers.done(move || {
                let assessment = match known {
                    Some(known) => *known,
                    None => assess(&subject, &facts, judge_options),
                };
                let subject = Arc::unwrap_or_clone(subject);
                end(Checked::of_assessment(subject, facts, assessment, judge_options))
            });
            judging.await.ok_or(RunError::Unfinished)
        }
    });
    match order {
        Order::AsNamed => results.buffered(most).left_stream(),
        Order::AsDone => results.buffer_unordered(most).right_stream(),
    }
}

/// Asks DNS, and then the web servers that the user wants to be asked; passes the facts to `observe` whenever there are
/// more.
pub(super) async fn gather_observed(
    inputs: &RunInputs,
    subject: &Subject,
    limits: Limits,
    judge_options: JudgeOptions<'_>,
    observe: &mut (dyn FnMut(&Facts) + Send),
) -> Facts {
    gather_with(Questions::new(subject, judge_options), inputs, subject, limits, observe).await.0
}

/// Gathers facts for a reader, which is returned with them.
async fn gather_with<R: Reader + Send>(
    reader: R,
    inputs: &RunInputs,
    subject: &Subject,
    limits: Limits,
    observe: &mut (dyn FnMut(&Facts) + Send),
) -> (Facts, R) {
    let (source, domain) = (&inputs.source, &subject.domain);
    let until = Instant::now() + limits.deadline;
    let requests = web_requests(subject, &inputs.web);
    let compared = if source.has_named_servers() { compared_questions(domain) } else { Vec::new() };
    let reader = FurtherQuestions::new(reader, source, &requests, compared);
    let mut reader = Observed { reader, observe, seen: None };
    let mut facts = survey(source, domain, limits, &mut reader).await;
    if let Some(transfer) = &inputs.transfer {
        read_zone(source, subject, transfer, until, &mut facts).await;
    }
    compare_delegation(source, domain, until, &mut facts).await;
    request_web(source, &requests, until, &mut facts).await;
    (facts, reader.reader.into_reader())
}

/// A reader that passes its facts to an observer.
struct Observed<'o, R> {
    reader: R,
    observe: &'o mut (dyn FnMut(&Facts) + Send),
    /// The [numbers of entries](Facts::entries) of the facts that were passed last.
    seen: Option<[usize; 8]>,
}

impl<R> Observed<'_, R> {
    fn look(&mut self, facts: &Facts) {
        let entries = Some(facts.entries());
        if self.seen != entries {
            self.seen = entries;
            (self.observe)(facts);
        }
    }
}

impl<R: Reader + Send> Reader for Observed<'_, R> {
    fn unmet(&mut self, facts: &Facts) -> Vec<Question> {
        self.look(facts);
        self.reader.unmet(facts)
    }

    fn unmet_at_rest(&mut self, facts: &Facts) -> Vec<Question> {
        self.reader.unmet_at_rest(facts)
    }

    async fn read_at_rest(&mut self, facts: &mut Facts) -> Vec<Question> {
        self.look(facts);
        self.reader.read_at_rest(facts).await
    }

    fn policies(&mut self, facts: &Facts) -> BTreeSet<Name> {
        self.reader.policies(facts)
    }
}

/// Reads the whole zone if a name server transfers it, and then asks the questions that its other records lead to.
async fn read_zone(source: &Source, subject: &Subject, how: &Transfer, until: Instant, facts: &mut Facts) {
    let domain = &subject.domain;
    let Some(zones) = transfer(source, domain, how.key.as_ref(), until, facts).await else { return };
    for _ in 0..MOST_ROUNDS {
        let open = wanted(subject, facts).into_iter();
        let open: Vec<Question> = open.filter(|question| !facts.has(question)).collect();
        if open.is_empty() {
            return;
        }
        answer_questions(source, &zones, domain, open, until, facts).await;
    }
}
