//! The frozen view of a report.
//!
//! Looks up and judges, for every command that does, with what earlier runs remembered.

mod before;
mod rounds;
mod window;

use std::io;
use std::rc::Rc;

use futures_util::{Stream, StreamExt as _};
use jiff::Timestamp;
use tokio::time::Instant;

use crate::check::{
    Assessment, Assumptions, CacheExpiry, JudgeOptions, Questions, assess, cache_expiry, compared_questions,
    wanted, web_requests,
};
use crate::expected::Subject;
use crate::facts::{Facts, History, Recording};
use crate::lookup::graph::Token;
use crate::lookup::{
    Besides, Limits, Source, answer_beside, compare_delegation, request_web, survey, transfer,
};
use crate::plan::{Change, changes};
use crate::record::{Name, Question};
use crate::report::DomainReport;
use crate::report::Sanitized;
use crate::report::since::{Earlier, Since, since};
use crate::report::style::{Detail, Style};
use crate::report::table::Shown;

use super::args::{Bulk, Expectations, Lookup, Times};
use super::names::Names;
use super::overrides::DomainOverrides;
use super::settings::Settings;
use super::tenant::Tenant;
use super::workers::Workers;
use super::world::{self, RunInputs, Transfer};
use super::{Problem, Streams, memory};
use before::Before;
pub(super) use rounds::{Inspection, Inspector, inspect};
use window::AdaptiveConcurrency;

/// How often the answers about a whole zone may lead to further questions: aliases and SPF records that follow one another.
const MOST_ROUNDS: usize = 64;
/// So many domains may have lists of expected values read for them before anything is looked up.
const MOST_READ_AHEAD: usize = 1000;

/// What the command line asks for, whatever the command.
#[derive(Clone, Copy)]
pub(super) struct RunOptions<'a> {
    /// The domains as they were typed.
    pub(super) domains: &'a [String],
    /// What is expected.
    pub(super) expectations: &'a Expectations,
    /// The DNS sources.
    pub(super) lookup: &'a Lookup,
    /// What was seen before.
    pub(super) times: &'a Times,
    /// Many domains.
    pub(super) bulk: &'a Bulk,
    /// How strictly to weigh.
    pub(super) scales: JudgeOptions<'a>,
    /// What the settings file says.
    pub(super) settings: &'a Settings,
    /// The content of standard input; `None` for that of the process.
    pub(super) input: Option<&'a [u8]>,
    /// What lets this run read Microsoft Graph.
    pub(super) token: Option<&'a Token>,
    /// How many domains the command can deal with.
    pub(super) most: DomainLimit,
}

/// How many domains a command can deal with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DomainLimit {
    /// A single one.
    One,
    /// As many as there are.
    Any,
}

impl RunOptions<'_> {
    fn limits(&self) -> Limits {
        Limits { deadline: self.lookup.deadline.0, ..Limits::default() }
    }

    /// What is taken for granted where nothing was seen.
    pub(super) fn assumptions(&self) -> Assumptions {
        Assumptions { old_ttl: self.times.old_ttl.0, queue_margin: self.times.queue_margin.0 }
    }
}

/// A run that is about to begin: everything is read that it needs, and nothing is looked up.
pub(super) struct Start<'a> {
    pub(super) task: RunOptions<'a>,
    pub(super) world: RunInputs,
    pub(super) names: Names,
    pub(super) overrides: DomainOverrides,
    pub(super) earlier: Option<Earlier>,
}

impl<'a> Start<'a> {
    /// Reads what the run needs: files, resolvers, choices.
    ///
    /// # Errors
    /// [`Problem`] for what cannot be used; nothing has been looked up then.
    pub(super) async fn open(task: RunOptions<'a>, now: Timestamp) -> Result<Self, Problem> {
        let RunOptions { expectations, lookup, times, .. } = task;
        let before = Before::read(&times.since)?;
        let overrides = DomainOverrides::open(expectations, task.settings)?;
        let tenant = Tenant::open(expectations, Some(lookup), task.token)?;
        let (domains, left_out) = tenant.domains(task.domains).await?;
        let names = Names::gather(&domains, task.bulk, task.settings, task.input)?;
        let (mut world, names) = world::prepare(names, task, now).await?;
        world.notes.extend(left_out.into_iter().chain(tenant.note(lookup)));
        if let (DomainLimit::One, several @ 2..) = (task.most, names.len()) {
            let message = format!("there are several domains ({several}); name the one to plan for");
            return Err(Problem::Usage(message));
        }
        let overrides = overrides.with_tenant(tenant.wanted(names.iter()).await?);
        // The choices of a few are looked at before anything is asked; a slip in them is told at once.
        let few = names.iter().take(MOST_READ_AHEAD).map(|domain| overrides.subject(domain));
        let few: Vec<Subject> = few.collect::<Result<_, _>>()?;
        world.notes.extend(overrides.notes(&few)?);
        let mut start = Self { task, world, names, overrides, earlier: None };
        if let Some(mut before) = before {
            start.world.notes.append(&mut before.notes);
            let earlier = before.judged(&start).await?;
            let missing = start.names.iter().filter(|domain| !earlier.holds(domain));
            let missing = missing.map(|domain| {
                format!("the earlier report does not contain {}", domain.without_trailing_dot())
            });
            start.world.notes.extend(missing.collect::<Vec<_>>());
            start.earlier = Some(earlier);
        }
        Ok(start)
    }

    /// What the facts mean in the light of what earlier runs saw.
    pub(super) fn look_ahead(&self, checked: &mut Checked, history: &History) {
        checked.look_ahead(history, self.task.assumptions(), self.task.scales);
        checked.since = self.earlier.as_ref().and_then(|earlier| since(earlier, &checked.report()));
    }

    /// Says what has to be said before the report.
    ///
    /// # Errors
    /// [`Problem`] if that cannot be written.
    pub(super) fn tell_notes(&self, streams: &mut Streams<'_>, style: &Style) -> Result<(), Problem> {
        let asides = self.world.asides.iter().filter(|_| style.detail == Detail::Verbose);
        tell(self.world.notes.iter().chain(asides).map(String::as_str), streams, style)
    }

    /// An empty recording of this run.
    pub(super) fn recording(&self) -> Recording {
        let facts = Facts::new(self.world.source.started, self.world.source.elsewhere());
        Recording::new(Vec::new(), facts)
    }
}

/// Looks up and checks these domains, this many at the same time; in their order, or as they are done. The thread that checks
/// also does what is to be done in the `end`.
pub(super) fn results<'s, 'w: 's, T: Send + 'w>(
    task: RunOptions<'w>,
    world: &'s RunInputs,
    subjects: impl Iterator<Item = Result<Subject, Problem>> + 's,
    (order, effort): (Order, Effort),
    workers: &'s Workers<'w>,
    end: impl FnOnce(Checked) -> T + Clone + Send + 'w,
) -> impl Stream<Item = Result<T, Problem>> + 's {
    let limits = task.limits();
    let concurrency = task.bulk.concurrency.map(|concurrency| concurrency.0);
    let window = Rc::new(match effort {
        Effort::Full => AdaptiveConcurrency::new(concurrency),
        Effort::Gentle => AdaptiveConcurrency::gentle(concurrency),
    });
    // Where nothing is waited for, whoever is first would only wait for the others to be judged.
    let most = if world.source.is_at_hand() { workers.places() } else { window.most() };
    let results = futures_util::stream::iter(subjects).map(move |subject| {
        let (window, end) = (Rc::clone(&window), end.clone());
        async move {
            let place = window.enter().await;
            let subject = subject?;
            let facts = gather(world, &subject, limits, task.scales).await;
            window.leave(place, &facts);
            let judging = workers.done(move || end(judged(subject, facts, task.scales)));
            judging.await.ok_or_else(|| io::Error::other("the check of a domain did not end").into())
        }
    });
    match order {
        Order::AsNamed => results.buffered(most).left_stream(),
        Order::AsDone => results.buffer_unordered(most).right_stream(),
    }
}

/// In which order results come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// That in which the domains were named.
    AsNamed,
    /// That in which they are done.
    AsDone,
}

/// Checks whether there can be a history, before anything is looked up.
///
/// # Errors
/// [`Problem`] if its file cannot be read or made, or is locked.
pub(super) fn check_history(task: RunOptions<'_>, streams: &mut Streams<'_>) -> Result<(), Problem> {
    task.times.history.as_deref().map_or(Ok(()), |path| memory::check(path, streams.err))
}

/// How much is asked of servers at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effort {
    /// As much as they keep up with.
    Full,
    /// Little: they did not keep up, or failed, a moment ago.
    Gentle,
}

/// Says notes, where they are wanted.
///
/// # Errors
/// [`Problem`] if that cannot be written.
pub(super) fn tell<'n>(
    notes: impl IntoIterator<Item = &'n str>,
    streams: &mut Streams<'_>,
    style: &Style,
) -> Result<(), Problem> {
    if style.detail > Detail::Quiet {
        for note in notes {
            writeln!(streams.err, "note: {}", Sanitized::sentence(note))?;
        }
    }
    Ok(())
}

/// One domain, looked up and judged.
#[derive(Clone)]
pub(super) struct Checked {
    /// The domain and its options.
    pub(super) subject: Subject,
    /// What was seen.
    pub(super) facts: Facts,
    /// What it means.
    pub(super) assessment: Assessment,
    /// What has to change.
    pub(super) changes: Vec<Change>,
    cache_expiry: CacheExpiry,
    assumptions: Assumptions,
    /// What has changed since an earlier report.
    pub(super) since: Option<Since>,
}

impl Checked {
    /// What the facts mean in the light of what earlier runs saw.
    pub(super) fn look_ahead(
        &mut self,
        history: &History,
        assumptions: Assumptions,
        scales: JudgeOptions<'_>,
    ) {
        if !history.is_empty_for(&self.subject.domain) {
            let scales = JudgeOptions { history: Some(history), ..scales };
            self.assessment = assess(&self.subject, &self.facts, scales);
            self.changes = changes(&self.subject, &self.facts, scales.view, &self.assessment);
        }
        self.cache_expiry = cache_expiry(&self.subject, &self.facts, &self.assessment, history, assumptions);
        self.assumptions = assumptions;
    }

    /// What a table shows of it.
    pub(super) fn shown(&self) -> Shown<'_> {
        Shown {
            subject: &self.subject,
            assessment: &self.assessment,
            changes: &self.changes,
            facts: &self.facts,
            cache_expiry: &self.cache_expiry,
            assumptions: self.assumptions,
            since: self.since.as_ref(),
        }
    }

    /// The waivers of the run that met a finding.
    pub(super) fn waivers(&self) -> impl Iterator<Item = usize> {
        let Assessment { judged, hazards, .. } = &self.assessment;
        let judged = judged.iter().filter_map(|judged| judged.waiver.as_ref());
        judged.chain(hazards.iter().filter_map(|hazard| hazard.waiver.as_ref())).map(|waiver| waiver.index)
    }

    /// Its report, without what has changed and without the replies.
    pub(super) fn report(&self) -> DomainReport {
        DomainReport::new(&self.subject, &self.assessment, &self.changes)
            .with_cache_expiry(&self.cache_expiry)
    }

    /// Adds what was seen to a recording.
    pub(super) fn add_to(&self, recording: &mut Recording) {
        recording.add(&self.subject.domain, &self.facts);
    }

    /// The domain.
    pub(super) fn domain(&self) -> &Name {
        &self.subject.domain
    }
}

/// Asks DNS, and then the web servers that the user wants to be asked.
async fn gather(world: &RunInputs, subject: &Subject, limits: Limits, scales: JudgeOptions<'_>) -> Facts {
    let (source, domain) = (&world.source, &subject.domain);
    let until = Instant::now() + limits.deadline;
    let requests = web_requests(subject, &world.web);
    let compared = if source.has_named_servers() { compared_questions(domain) } else { Vec::new() };
    let mut reader = Besides::new(Questions::new(subject, scales), source, &requests, compared);
    let mut facts = survey(source, domain, limits, &mut reader).await;
    if let Some(transfer) = &world.transfer {
        read_zone(source, subject, transfer, until, &mut facts).await;
    }
    compare_delegation(source, domain, until, &mut facts).await;
    request_web(source, &requests, until, &mut facts).await;
    facts
}

fn judged(subject: Subject, facts: Facts, scales: JudgeOptions<'_>) -> Checked {
    let assessment = assess(&subject, &facts, scales);
    let changes = changes(&subject, &facts, scales.view, &assessment);
    let (cache_expiry, assumptions, since) = (CacheExpiry::default(), Assumptions::default(), None);
    Checked { subject, facts, assessment, changes, cache_expiry, assumptions, since }
}

/// Reads the whole zone where a name server sends it, and then looks up what its other records make worth asking.
async fn read_zone(source: &Source, subject: &Subject, how: &Transfer, until: Instant, facts: &mut Facts) {
    let domain = &subject.domain;
    let Some(zones) = transfer(source, domain, how.key.as_ref(), until, facts).await else { return };
    for _ in 0..MOST_ROUNDS {
        let open = wanted(subject, facts).into_iter();
        let open: Vec<Question> = open.filter(|question| !facts.has(question)).collect();
        if open.is_empty() {
            return;
        }
        answer_beside(source, &zones, domain, open, until, facts).await;
    }
}
