//! Computes the steps of the whole move, from the first published record to the end of the old service.
//!
//! The changes of the three phases come from the same facts. Each step contains only what earlier steps leave to do.
//! Times are relative to the switch, so that the steps can be written before its date is known.

mod phases;
mod step;
mod writer;

use jiff::{SignedDuration, Timestamp};

use crate::check::time::{clock, lasting, left};
use crate::check::{Assessment, Assumptions, Code, ExpectationResult, JudgeOptions, Status};
use crate::expected::{Id, Importance, Subject};
use crate::facts::Facts;
use crate::record::Name;

use phases::Phases;
use writer::Writer;

pub use step::{Part, Step, When, relative};

/// The inputs of a schedule.
#[derive(Debug, Clone, Copy)]
pub struct Move<'a> {
    /// The domain and its options, in any phase.
    pub subject: &'a Subject,
    /// The replies of the DNS.
    pub facts: &'a Facts,
    /// The options of the checks.
    pub judge_options: JudgeOptions<'a>,
    /// The durations that are assumed if none was observed.
    pub assumptions: Assumptions,
    /// The options to repeat in every command, quoted for a shell; empty, or with a leading blank.
    pub options: &'a str,
    /// The subset of these options that a command on a saved run accepts.
    pub replay_options: &'a str,
    /// The time when the old service may be closed, if the history shows it.
    pub closing: Option<Timestamp>,
}

/// The steps of a move, in their order.
#[derive(Debug, Clone)]
pub struct Schedule {
    /// The domain.
    pub domain: Name,
    /// The zone in which to make the changes.
    pub zone: Name,
    /// The name servers of that zone.
    pub name_servers: Vec<Name>,
    /// The common name of the old service.
    pub source: Option<String>,
    /// The common name of the new service.
    pub target: &'static str,
    /// The time of the switch, if known.
    pub switch_at: Option<Timestamp>,
    /// The time at which the facts were looked up.
    pub checked_at: Timestamp,
    /// Sentences about unknown facts, and about problems that prevent planning.
    pub warnings: Vec<String>,
    /// The steps.
    pub steps: Vec<Step>,
}

impl Schedule {
    /// Returns the time of a step if that of the switch is known. No step is earlier than the facts.
    #[must_use]
    pub fn time(&self, step: &Step) -> Option<Timestamp> {
        let time = self.switch_at?.checked_add(step.offset).ok()?.max(self.checked_at);
        // Times are rounded to whole minutes: down for a step that is due by its time, up for the others.
        let seconds = match step.when {
            When::By => 0,
            When::At | When::From => 59,
        };
        let minute = (time.as_second() + seconds).div_euclid(60) * 60;
        Timestamp::from_second(minute).ok()
    }

    /// Returns the schedule with `shown` applied to every sentence, since sentences may contain text from replies.
    #[must_use]
    pub fn with_sentences(mut self, shown: impl Fn(&str) -> String) -> Self {
        let mut replace = |text: &mut String| *text = shown(text);
        self.warnings.iter_mut().chain(&mut self.source).for_each(&mut replace);
        for part in self.steps.iter_mut().flat_map(|step| &mut step.parts) {
            match part {
                Part::Text(text) => replace(text),
                Part::List(points) | Part::Message(points) => points.iter_mut().for_each(&mut replace),
                // Records are in presentation form, and the words of commands are quoted.
                Part::Lines { .. } => {}
            }
        }
        self
    }

    /// Computes the steps.
    #[must_use]
    pub fn new(planned: &Move<'_>) -> Self {
        let Move { subject, facts, .. } = *planned;
        let phases = Phases::new(planned);
        let [prepare, switch, tidy] = &phases.assessments;
        let zone = tidy.zone.as_ref();
        let source = tidy.source.as_ref();
        // What is still to be done cannot have been done at a time that is past: the waits after it begin now.
        let is_pending = !phases.switch.is_empty();
        let mut schedule = Self {
            domain: subject.domain.clone(),
            zone: zone.map_or_else(|| subject.domain.clone(), |zone| zone.apex.clone()),
            name_servers: zone
                .iter()
                .flat_map(|zone| &zone.name_servers)
                .map(|server| server.name.clone())
                .collect(),
            source: source.map(|source| {
                source.provider.map_or_else(|| source.name.clone(), |provider| provider.short.to_owned())
            }),
            target: subject.cloud.title(),
            switch_at: subject.switch_at.map(|switch| match is_pending {
                true => switch.max(facts.checked_at),
                false => switch,
            }),
            checked_at: facts.checked_at,
            warnings: warnings(tidy),
            steps: Vec::new(),
        };
        let writer = Writer { planned, phases: &phases, schedule: &schedule };
        let needed = writer.needed();
        let mut steps = Vec::new();
        if !writer.is_switched() {
            steps.extend(writer.domain(prepare));
        }
        steps.extend(writer.publish(prepare));
        if !writer.is_switched() {
            steps.extend(writer.mailboxes(prepare));
            steps.extend(writer.policy(switch));
            steps.extend(writer.users());
            steps.push(writer.decide(prepare));
        }
        steps.extend(writer.lower());
        // What is published is saved before the first edit.
        let first = steps.iter().map(|step| step.offset).chain([-needed]).min().unwrap_or_default();
        steps.insert(0, writer.keep(first));
        steps.push(writer.switch());
        steps.push(writer.caches());
        steps.push(writer.tidy());
        steps.push(writer.close(tidy));
        // Steps with the same time stay in this order.
        steps.sort_by_key(|step| step.offset);
        schedule.steps = steps;
        // An SPF record without an edit is fixed by hand, before mail is sent from Microsoft 365.
        let is_left = |judged: &&ExpectationResult| {
            judged.expectation.id == Id::Spf && judged.status == Status::Unmet && judged.fix.is_empty()
        };
        let left = prepare.judged.iter().filter(is_left);
        schedule.warnings.extend(left.map(|judged| format!("{}: {}", judged.expectation.id, judged.message)));
        schedule
            .warnings
            .extend(subject.switch_at.filter(|_| is_pending).and_then(|at| schedule.lateness(at, needed)));
        schedule
    }

    /// Returns a sentence if the switch is planned for a time that is past, or that leaves too little time before it.
    /// Record sets have to be published or changed by `needed` before it; what else is to be done may be done already.
    fn lateness(&self, switch: Timestamp, needed: SignedDuration) -> Option<String> {
        if switch < self.checked_at {
            return Some(format!(
                "{} is over, and the switch is still to be done: all times count from now. Give the planned time with \
                 `--switch-at`.",
                clock(switch)
            ));
        }
        let is_late = switch.checked_sub(needed).ok()? < self.checked_at;
        let needed = u32::try_from(needed.as_secs()).ok()?;
        is_late.then(|| {
            format!(
                "The switch is in {}, and the steps before it need {}. Choose a later time, or do them now.",
                left(self.checked_at, switch),
                lasting(needed)
            )
        })
    }
}

/// Returns sentences about unknown facts and blocking hazards.
fn warnings(assessment: &Assessment) -> Vec<String> {
    let required = assessment.judged.iter().filter(|judged| judged.importance == Importance::Required);
    let unknown = required.filter(|judged| judged.status == Status::Unknown);
    let unknown = unknown.map(|judged| format!("{} is unknown: {}", judged.expectation.id, judged.message));
    let blocking = |code: Code| {
        matches!(
            code,
            Code::DomainNotFound | Code::DomainIsAlias | Code::MxNotAssigned | Code::ServersDisagree
        )
    };
    let hazards = assessment.hazards.iter().filter(|hazard| hazard.is_error() && blocking(hazard.code));
    unknown.chain(hazards.map(|hazard| hazard.message.clone())).collect()
}
