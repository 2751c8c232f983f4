//! What was found out about each domain of a run?
//!
//! Looks up and judges, for every command that does: in the order in which the domains were named, with what earlier
//! runs remembered.

use futures_util::StreamExt as _;
use jiff::Timestamp;

use crate::check::{Assumptions, Examination, Outlook, Scales, examine, outlook, wanted, wanted_policies};
use crate::expected::{Phase, Subject};
use crate::facts::{Facts, History, Recording};
use crate::lookup::{Limits, survey};
use crate::plan::{Change, changes};
use crate::report::since::{Earlier, Since, since};
use crate::report::style::{Detail, Style};
use crate::report::table::Shown;
use crate::report::view::harmless;
use crate::report::{DomainReport, Report};

use super::args::{Expectations, Lookup, Times};
use super::roster::{Roster, unused};
use super::settings::Settings;
use super::world::{self, World};
use super::{Problem, Streams, files, memory};

/// Domains that are looked up at the same time.
const CONCURRENCY: usize = 16;

/// What the command line asks for, whatever the command.
#[derive(Clone, Copy)]
pub(super) struct Task<'a> {
    /// The domains as they were typed.
    pub(super) domains: &'a [String],
    /// What is expected.
    pub(super) expectations: &'a Expectations,
    /// Whom to ask.
    pub(super) lookup: &'a Lookup,
    /// What was seen before.
    pub(super) times: &'a Times,
    /// How strictly to weigh.
    pub(super) scales: Scales<'a>,
    /// What the settings file says.
    pub(super) settings: &'a Settings,
}

/// One domain, looked up and judged.
#[derive(Clone)]
pub(super) struct Checked {
    /// The domain and the choices made for it.
    pub(super) subject: Subject,
    /// What was seen.
    pub(super) facts: Facts,
    /// What it means.
    pub(super) examination: Examination,
    /// What has to change.
    pub(super) changes: Vec<Change>,
    outlook: Outlook,
    assumptions: Assumptions,
    since: Option<Since>,
}

impl Checked {
    /// What a table shows of it.
    pub(super) fn shown(&self) -> Shown<'_> {
        Shown {
            subject: &self.subject,
            examination: &self.examination,
            changes: &self.changes,
            facts: &self.facts,
            outlook: &self.outlook,
            assumptions: self.assumptions,
            since: self.since.as_ref(),
        }
    }

    /// The waivers of the run that met a finding.
    pub(super) fn waivers(&self) -> impl Iterator<Item = usize> {
        let Examination { judged, hazards, .. } = &self.examination;
        let judged = judged.iter().filter_map(|judged| judged.waiver.as_ref());
        judged.chain(hazards.iter().filter_map(|hazard| hazard.waiver.as_ref())).map(|waiver| waiver.index)
    }

    fn report(&self) -> DomainReport {
        DomainReport::new(&self.subject, &self.examination, &self.changes).with_outlook(&self.outlook)
    }
}

/// All domains of a run.
pub(super) struct Inspection {
    /// One for each domain.
    pub(super) checked: Vec<Checked>,
    /// When the run began.
    started: Timestamp,
    phase: Phase,
}

impl Inspection {
    /// The report of the run, every reply in it where everything is to be said.
    pub(super) fn report(&self, style: &Style) -> Report {
        let domains = self.checked.iter().map(|checked| {
            let report = checked.report().with_since(checked.since.clone());
            if style.detail == Detail::Verbose { report.with_replies(&checked.facts) } else { report }
        });
        Report::new(self.started, self.phase, domains.collect())
    }

    /// The report without what only a curious reader wants.
    pub(super) fn plain_report(&self) -> Report {
        Report::new(self.started, self.phase, self.checked.iter().map(Checked::report).collect())
    }

    fn recording(&self, world: &World) -> Recording {
        let elsewhere = self.checked.first().map(|checked| checked.facts.elsewhere).unwrap_or_default();
        let mut facts = Facts::new(self.started, elsewhere);
        for gathered in self.checked.iter().map(|checked| &checked.facts) {
            gathered.all().for_each(|reply| facts.insert(reply.clone()));
            gathered.policies().for_each(|policy| facts.insert_policy(policy.clone()));
        }
        Recording { domains: world.domains.clone(), facts }
    }
}

/// Whoever looks up and judges the domains of a run, once or in rounds.
pub(super) struct Inspector<'a> {
    task: Task<'a>,
    world: World,
    subjects: Vec<Subject>,
    earlier: Option<Earlier>,
}

impl<'a> Inspector<'a> {
    /// Reads what the run needs: files, resolvers, choices.
    ///
    /// # Errors
    /// [`Problem`] for what cannot be used; nothing has been looked up then.
    pub(super) async fn open(task: Task<'a>, now: Timestamp) -> Result<Self, Problem> {
        let Task { expectations, lookup, times, .. } = task;
        if let Some(path) = &times.history {
            memory::check(path)?;
        }
        let before = times.since.as_deref().map(Before::read).transpose()?;
        let roster = Roster::open(expectations, task.settings)?;
        let mut world = world::prepare(task.domains, task.settings, lookup, now).await?;
        let subjects = world.domains.iter().map(|domain| roster.subject(domain.clone()));
        let subjects: Vec<Subject> = subjects.collect::<Result<_, _>>()?;
        world.notes.extend(roster.notes(&subjects)?);
        let earlier = match before {
            Some(before) => Some(before.judged(&subjects, task).await),
            None => None,
        };
        Ok(Self { task, world, subjects, earlier })
    }

    /// What to say before the report.
    pub(super) fn notes(&self) -> Vec<String> {
        let held =
            |subject: &&Subject| self.earlier.as_ref().is_some_and(|earlier| !earlier.holds(&subject.domain));
        let missing = self.subjects.iter().filter(held);
        let missing =
            missing.map(|subject| format!("the earlier report does not hold {}", subject.domain.bare()));
        self.world.notes.iter().cloned().chain(missing).collect()
    }

    /// Looks up and judges every domain, in the order in which they were named, and adds what was seen to the history.
    ///
    /// # Errors
    /// [`Problem`] if the history cannot be written.
    pub(super) async fn round(&self) -> Result<Inspection, Problem> {
        self.look(all(&self.world, self.subjects.clone(), self.task).await)
    }

    /// Begins another round at this time, for the domains that are not `done`; the others stay as they were.
    ///
    /// # Errors
    /// [`Problem`] for a zone file that cannot be read any more.
    pub(super) async fn again(
        &mut self,
        last: &Inspection,
        now: Timestamp,
        done: impl Fn(&Checked) -> bool,
    ) -> Result<Inspection, Problem> {
        self.world.begin_round(self.task.lookup, now)?;
        let open = last.checked.iter().filter(|checked| !done(checked));
        let open: Vec<Subject> = open.map(|checked| checked.subject.clone()).collect();
        let mut looked_at = all(&self.world, open, self.task).await.into_iter();
        let kept = last.checked.iter().map(|checked| match done(checked) {
            true => Some(checked.clone()),
            false => looked_at.next(),
        });
        self.look(kept.flatten().collect())
    }

    /// What the facts mean, in the light of what earlier runs saw.
    fn look(&self, checked: Vec<Checked>) -> Result<Inspection, Problem> {
        let Task { expectations, times, .. } = self.task;
        let mut inspection =
            Inspection { checked, started: self.world.source.started, phase: expectations.phase };
        let seen = inspection.checked.iter().map(|checked| (&checked.subject.domain, &checked.facts));
        let history = match &times.history {
            Some(path) => memory::remember(path, seen)?,
            None => History::default(),
        };
        let assumptions = Assumptions { old_ttl: times.old_ttl.0, queue_margin: times.queue_margin.0 };
        for checked in &mut inspection.checked {
            look_ahead(checked, &history, assumptions);
            checked.since = self.earlier.as_ref().and_then(|earlier| since(earlier, &checked.report()));
        }
        Ok(inspection)
    }

    /// Saves every answer of a round, where that was asked for.
    ///
    /// # Errors
    /// [`Problem`] if the file cannot be written.
    pub(super) fn record(&self, inspection: &Inspection) -> Result<(), Problem> {
        match &self.task.lookup.record {
            Some(path) => files::write(path, &inspection.recording(&self.world).to_string()),
            None => Ok(()),
        }
    }
}

/// Looks up and judges once.
///
/// # Errors
/// [`Problem`] for what cannot be used; nothing has been looked up then, or nothing is written.
pub(super) fn inspect(
    task: Task<'_>,
    streams: &mut Streams<'_>,
    style: &Style,
    now: Timestamp,
) -> Result<Inspection, Problem> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (inspector, inspection) = runtime.block_on(async {
        let inspector = Inspector::open(task, now).await?;
        let inspection = inspector.round().await?;
        Ok::<_, Problem>((inspector, inspection))
    })?;
    // What is still under way, such as a server that never answered, is nobody's business any more.
    runtime.shutdown_background();
    tell_notes(&inspector, streams, style)?;
    if style.detail > Detail::Quiet {
        for note in unused(task.scales.waivers, &inspection.checked) {
            writeln!(streams.err, "note: {}", harmless(&note))?;
        }
    }
    inspector.record(&inspection)?;
    Ok(inspection)
}

/// Says what has to be said before the report.
///
/// # Errors
/// [`Problem`] if that cannot be written.
pub(super) fn tell_notes(
    inspector: &Inspector<'_>,
    streams: &mut Streams<'_>,
    style: &Style,
) -> Result<(), Problem> {
    if style.detail > Detail::Quiet {
        for note in inspector.notes() {
            writeln!(streams.err, "note: {}", harmless(&note))?;
        }
    }
    Ok(())
}

fn look_ahead(checked: &mut Checked, history: &History, assumptions: Assumptions) {
    let Checked { subject, facts, examination, .. } = &*checked;
    checked.outlook = outlook(subject, facts, examination, history, assumptions);
    checked.assumptions = assumptions;
}

async fn all(world: &World, subjects: Vec<Subject>, task: Task<'_>) -> Vec<Checked> {
    let limits = Limits { deadline: task.lookup.deadline.0, ..Limits::default() };
    futures_util::stream::iter(subjects)
        .map(|subject| one(world, subject, limits, task.scales))
        .buffered(CONCURRENCY)
        .collect()
        .await
}

async fn one(world: &World, subject: Subject, limits: Limits, scales: Scales<'_>) -> Checked {
    let questions = |facts: &Facts| wanted(&subject, facts);
    let policies = |facts: &Facts| wanted_policies(&subject, facts);
    let facts = survey(&world.source, &subject.domain, limits, questions, policies).await;
    let examination = examine(&subject, &facts, scales);
    let changes = changes(&subject, &facts, scales.view, &examination);
    let (outlook, assumptions, since) = (Outlook::default(), Assumptions::default(), None);
    Checked { subject, facts, examination, changes, outlook, assumptions, since }
}

/// What an earlier run left behind.
enum Before {
    Report(Earlier),
    Recording(Box<Recording>),
}

impl Before {
    fn read(path: &std::path::Path) -> Result<Self, Problem> {
        let text = files::read_text(path)?;
        let problem = |error: &dyn std::error::Error| Problem::file(path, &error.to_string());
        if Recording::is_one(&text) {
            let recording = Recording::parse(&text).map_err(|error| problem(&error))?;
            return Ok(Self::Recording(Box::new(recording)));
        }
        Earlier::parse(&text).map(Self::Report).map_err(|error| problem(&error))
    }

    /// As a report: a recording is judged by the rules and options of today, so that only what the DNS said differs.
    async fn judged(self, subjects: &[Subject], task: Task<'_>) -> Earlier {
        let recording = match self {
            Self::Report(earlier) => return earlier,
            Self::Recording(recording) => *recording,
        };
        let held = subjects.iter().filter(|subject| recording.domains.contains(&subject.domain));
        let held: Vec<Subject> = held.cloned().collect();
        let world = World::replayed(recording);
        let started = world.source.started;
        let checked = all(&world, held, task).await;
        let domains = checked.iter().map(Checked::report).collect();
        Earlier::from(&Report::new(started, task.expectations.phase, domains))
    }
}
