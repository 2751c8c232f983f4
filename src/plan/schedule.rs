//! Computes the steps of the whole move, from the first published record to the end of the old service.
//!
//! The changes of the three phases come from the same facts. Each step contains only what earlier steps leave to do.
//! Times are relative to the switch, so that the steps can be written before its date is known.

mod step;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::check::time::lasting;
use crate::check::{Assessment, Assumptions, Code, JudgeOptions, Status, assess};
use crate::expected::{Cloud, Importance, Phase, Subject};
use crate::facts::{Facts, Role};
use crate::record::{Name, Question, RecordSet};

use super::{Change, changes, merged};

pub use step::{Part, Step, When, relative};

/// The TTL of records at the switch, in seconds.
const SHORT: u32 = 300;
/// The hours before the switch by which all records that can be published early are published.
const EARLY: i64 = 48;
/// The hours before the switch at which users are informed.
const NOTICE: i64 = 24;
/// The minutes before the switch at which the decision is made.
const DECISION: i64 = 30;
/// The hours after the switch at which the first records of the old service are deleted.
const TIDY: i64 = 24;

/// The inputs of a schedule.
#[derive(Debug, Clone, Copy)]
pub struct Move<'a> {
    /// The domain and its options, in any phase.
    pub subject: &'a Subject,
    /// The replies of the DNS.
    pub facts: &'a Facts,
    /// The options of the checks.
    pub scales: JudgeOptions<'a>,
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
                Part::List(points) => points.iter_mut().for_each(&mut replace),
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
        let [prepare, _, tidy] = &phases.assessments;
        let zone = tidy.zone.as_ref();
        let source = tidy.source.as_ref();
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
            switch_at: subject.switch_at,
            checked_at: facts.checked_at,
            warnings: warnings(tidy),
            steps: Vec::new(),
        };
        let writer = Writer { planned, phases: &phases, schedule: &schedule };
        let mut steps = vec![writer.keep()];
        steps.extend(writer.publish());
        steps.extend(writer.lower());
        if !writer.is_switched() {
            steps.extend(writer.users());
            steps.push(writer.decide(prepare));
        }
        steps.push(writer.switch());
        steps.push(writer.caches());
        steps.push(writer.tidy());
        steps.push(writer.close(tidy));
        // Steps with the same time stay in this order.
        steps.sort_by_key(|step| step.offset);
        schedule.steps = steps;
        schedule
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

/// A record set whose TTL is lowered before the switch.
struct Lowering {
    change: Change,
    ttl: Lifetime,
}

/// The time for which caches keep an answer.
#[derive(Clone, Copy)]
struct Lifetime {
    seconds: u32,
    is_assumed: bool,
}

impl Lifetime {
    fn span(self) -> SignedDuration {
        SignedDuration::from_secs(i64::from(self.seconds))
    }

    fn words(self) -> String {
        let assumed = if self.is_assumed { " (assumed)" } else { "" };
        format!("{}{assumed}", lasting(self.seconds))
    }
}

/// The changes of each phase that the earlier ones leave to make.
struct Phases {
    assessments: [Assessment; 3],
    prepare: Vec<Change>,
    lowered: Vec<Lowering>,
    switch: Vec<Change>,
    tidy: Vec<Change>,
    /// The cache lifetime of each record set that changes at the switch, in the order of `switch`.
    kept: Vec<Lifetime>,
}

impl Phases {
    fn new(planned: &Move<'_>) -> Self {
        let Move { subject, facts, scales, .. } = *planned;
        let examined = |phase| {
            let subject = Subject { phase, ..subject.clone() };
            let assessment = assess(&subject, facts, scales);
            // A set that changes in several phases is one change here; what earlier steps have made is removed below.
            let changes = merged(&changes(&subject, facts, scales.view, &assessment));
            (assessment, changes)
        };
        let mut published = Published(BTreeMap::new());
        let (first, prepare) = examined(Phase::Prepare);
        let prepare = published.apply(prepare, |change| !change.is_ttl_alone());
        let (second, switch) = examined(Phase::Switch);
        let mut switch = published.apply(switch, |change| !change.is_ttl_alone());
        let kept: Vec<Lifetime> = switch.iter().map(|change| lifetime(planned, change)).collect();
        let mut lowered = Vec::new();
        for (change, ttl) in switch.iter_mut().zip(&kept) {
            let is_short = ttl.seconds <= SHORT;
            // A new set has no TTL to lower, and a short TTL need not be lowered.
            if change.before.is_empty() || is_short {
                continue;
            }
            let after = RecordSet { ttl: SHORT, ..change.before.clone() };
            let lowering = Change { after: after.clone(), confirm: false, ..change.clone() };
            lowered.push(Lowering { change: lowering, ttl: *ttl });
            change.before = after;
            change.after.ttl = change.after.ttl.min(SHORT);
            published.0.insert(question(change), change.after.clone());
        }
        let (third, tidy) = examined(Phase::Tidy);
        let tidy = published.apply(tidy, |_| true);
        Self { assessments: [first, second, third], prepare, lowered, switch, tidy, kept }
    }
}

fn question(change: &Change) -> Question {
    Question::new(change.name.clone(), change.rtype)
}

/// The record sets as they are after earlier steps.
struct Published(BTreeMap<Question, RecordSet>);

impl Published {
    /// Returns the changes that are left to make, and records them as made.
    fn apply(&mut self, changes: Vec<Change>, is_wanted: impl Fn(&Change) -> bool) -> Vec<Change> {
        let mut left = Vec::new();
        for mut change in changes {
            if let Some(set) = self.0.get(&question(&change)) {
                change.before = set.clone();
            }
            let is_done = change.before.data == change.after.data && change.before.ttl == change.after.ttl;
            if is_done || change.before.is_empty() && change.after.is_empty() || !is_wanted(&change) {
                continue;
            }
            self.0.insert(question(&change), change.after.clone());
            left.push(change);
        }
        left
    }
}

/// Returns the time for which caches keep the present records of a set, or the answer that there are none.
fn lifetime(planned: &Move<'_>, change: &Change) -> Lifetime {
    let replies = planned.facts.replies(&question(change));
    let own = replies.filter(|reply| reply.server.role == Role::Authoritative && reply.outcome.is_answer());
    // Caches query any of the name servers, so the longest TTL counts.
    let longest = if change.before.is_empty() {
        own.filter_map(|reply| reply.negative_ttl()).max()
    } else {
        let seen = own.flat_map(|reply| reply.wanted()).map(|record| record.ttl);
        seen.chain((change.before.ttl > 0).then_some(change.before.ttl)).max()
    };
    let assumed = u32::try_from(planned.assumptions.old_ttl.as_secs()).unwrap_or(u32::MAX);
    let seconds = longest.unwrap_or(assumed);
    Lifetime { seconds, is_assumed: longest.is_none() }
}

/// Writes the steps.
struct Writer<'a> {
    planned: &'a Move<'a>,
    phases: &'a Phases,
    schedule: &'a Schedule,
}

impl Writer<'_> {
    fn command(&self, verb: &str, words: &str) -> String {
        let blank = if words.is_empty() { "" } else { " " };
        format!(
            "cutover {verb} {}{blank}{words}{}",
            self.schedule.domain.without_trailing_dot(),
            self.planned.options
        )
    }

    /// Returns whether nothing is left to do at the switch and nothing is unknown.
    fn is_switched(&self) -> bool {
        self.phases.switch.is_empty() && self.schedule.warnings.is_empty()
    }

    /// Returns the sentence that explains why a step has no records.
    fn without_changes(&self) -> &'static str {
        match self.schedule.warnings.is_empty() {
            true => "No record is left to change: all of them are published.",
            false => {
                "No change is known. The warnings above name what is missing: fix them and run the plan \
                 again."
            }
        }
    }

    fn recording(&self) -> String {
        format!("{}-before.rec", self.schedule.domain.without_trailing_dot())
    }

    /// Returns the time before the switch at which records are published early: the longest cache lifetime, or 48
    /// hours.
    fn early(&self) -> SignedDuration {
        let lifetimes = self.phases.prepare.iter().map(|change| lifetime(self.planned, change).span());
        lifetimes.chain([SignedDuration::from_hours(EARLY)]).max().unwrap_or_default()
    }

    /// Returns the longest TTL that is lowered.
    fn lead(&self) -> Option<SignedDuration> {
        self.phases.lowered.iter().map(|lowering| lowering.ttl.span()).max()
    }

    /// Returns the time from the switch until the last cache has the new records.
    fn through(&self) -> SignedDuration {
        let rows = self.phases.switch.iter().zip(&self.phases.kept);
        rows.map(|(change, ttl)| self.gone(change, *ttl)).max().unwrap_or_default()
    }

    /// Returns the time from the switch until caches have dropped the present records of a set, given that its TTL is
    /// lowered at the time of that step.
    fn gone(&self, change: &Change, ttl: Lifetime) -> SignedDuration {
        if change.before.is_empty() || ttl.seconds <= SHORT {
            return ttl.span();
        }
        let short = SignedDuration::from_secs(i64::from(SHORT));
        // If it is too late to lower the TTL in time, a cache may have stored the set with the long TTL just now.
        let late = self.schedule.switch_at.map(|switch| {
            let left = ttl.span() - switch.duration_until(self.schedule.checked_at).abs();
            if switch > self.schedule.checked_at { left } else { ttl.span() }
        });
        short.max(late.unwrap_or_default())
    }

    fn tidy_at(&self) -> SignedDuration {
        self.through().max(SignedDuration::from_hours(TIDY))
    }

    fn source(&self) -> &str {
        self.schedule.source.as_deref().unwrap_or("the old service")
    }

    fn keep(&self) -> Step {
        let first = self.early().max(self.lead().unwrap_or_default());
        let file = self.recording();
        let check = self.command("check", &format!("--phase tidy --record {file}"));
        let back = format!(
            "cutover plan {} --replay {file} --phase tidy --rollback --format bind{}",
            self.schedule.domain.without_trailing_dot(),
            self.planned.replay_options
        );
        Step::new("keep", When::By, -first, "Save what is published now")
            .text(format!(
                "Save every answer to a file. While that file exists, the second command prints the way \
                 back to today's records, whatever has changed since. Save the zone file or a screenshot \
                 of the DNS panel of {} as well.",
                self.schedule.zone.without_trailing_dot()
            ))
            .commands([check, back])
    }

    fn publish(&self) -> Option<Step> {
        let changes = &self.phases.prepare;
        if changes.is_empty() {
            return None;
        }
        let step = Step::new("publish", When::By, -self.early(), "Publish what can be published early")
            .text(
                "These records verify the domain, or authorize and sign mail from Microsoft 365. Incoming \
                 mail still goes to the old service.",
            )
            .changes(changes)
            .commands([self.command("check", "--phase prepare")]);
        Some(step)
    }

    fn lower(&self) -> Option<Step> {
        let lead = self.lead()?;
        let lowered = &self.phases.lowered;
        let rows = lowered.iter().map(|Lowering { change, ttl }| {
            let due = step::relative(-ttl.span());
            let due = match self.schedule.switch_at.and_then(|switch| switch.checked_sub(ttl.span()).ok()) {
                Some(time) if time < self.schedule.checked_at => format!("now ({due} has passed)"),
                Some(time) => format!("by {}, {due}", crate::check::time::clock(time)),
                None => format!("by {due}"),
            };
            format!(
                "{} of {}: TTL {} now; lower it to {SHORT} seconds {due}",
                change.rtype,
                change.name.without_trailing_dot(),
                ttl.words()
            )
        });
        let step = Step::new("lower-ttl", When::By, -lead, "Lower the TTL of what changes at the switch")
            .text(
                "The records stay as they are; only their TTL changes. A cache that fetched a record \
                 before this step keeps it for the old TTL.",
            )
            .list(rows)
            .changes(&lowered.iter().map(|lowering| lowering.change.clone()).collect::<Vec<_>>())
            .commands([self.command("check", &self.prepare_words())]);
        Some(step)
    }

    fn prepare_words(&self) -> String {
        match self.schedule.switch_at {
            Some(switch) => format!("--phase prepare --switch-at {switch}"),
            None => "--phase prepare".into(),
        }
    }

    fn users(&self) -> Option<Step> {
        if self.planned.subject.is_parked {
            return None;
        }
        let web = match self.planned.subject.cloud {
            Cloud::Worldwide | Cloud::Gcc => " at https://outlook.office.com",
            Cloud::GccHigh | Cloud::Dod | Cloud::China => "",
        };
        let when = match self.schedule.switch_at {
            Some(switch) => format!("At {}", crate::check::time::clock(switch)),
            None => "At the time of the switch".to_owned(),
        };
        let lines = [
            format!(
                "{when}, mail of {} moves from {} to Microsoft 365. Mail sent meanwhile is not lost: it \
                 arrives in one of the two mailboxes, or the sender tries again.",
                self.schedule.domain.without_trailing_dot(),
                self.source()
            ),
            "Close Outlook before the switch and start it again afterwards. It asks you to sign in with your \
             Microsoft 365 account."
                .to_owned(),
            "On phones and in other mail apps, delete the old account and add it again as Microsoft 365 or Exchange."
                .to_owned(),
            format!("In a browser, use Outlook on the web{web}. The old webmail shows only old mail."),
            format!(
                "For {} after the switch, check the old mailbox as well: late mail can still arrive there.",
                step::span(self.through() + self.planned.assumptions.queue_margin)
            ),
            "Scanners and programs that send mail need the new settings. Ask the admin.".to_owned(),
        ];
        let step = Step::new("users", When::At, SignedDuration::from_hours(-NOTICE), "Tell the users")
            .text("Message to send:")
            .list(lines);
        Some(step)
    }

    fn decide(&self, prepare: &Assessment) -> Step {
        let step = Step::new("decide", When::At, SignedDuration::from_mins(-DECISION), "Check, then decide")
            .text(
                "Switch only if this check reports `ready`. Otherwise choose a later time: no mail has \
                moved yet.",
            )
            .commands([self.command("check", &self.prepare_words())]);
        if prepare.reminders.is_empty() {
            return step;
        }
        let reminders = prepare.reminders.iter().map(|reminder| reminder.text());
        step.text("DNS does not show these; check them as well:").list(reminders)
    }

    fn switch(&self) -> Step {
        let changes = &self.phases.switch;
        let step = Step::new("switch", When::At, SignedDuration::ZERO, "Switch");
        let step = if changes.is_empty() {
            step.text(self.without_changes())
        } else {
            step.text(format!(
                "Make all of these edits together. From now on, new mail goes to Microsoft 365; {} keeps \
                 running, because caches and queues still use it.",
                self.source()
            ))
        };
        step.changes(changes).commands([self.command("watch", "")])
    }

    fn caches(&self) -> Step {
        let rows = self.phases.switch.iter().zip(&self.phases.kept).map(|(change, ttl)| {
            let what = format!("{} of {}", change.rtype, change.name.without_trailing_dot());
            let gone = step::relative(self.gone(change, *ttl));
            if change.before.is_empty() {
                format!("{what}: caches may keep \"does not exist\" for {}, until {gone}", ttl.words())
            } else if ttl.seconds <= SHORT {
                format!("{what}: TTL {} now, gone at {gone}", ttl.words())
            } else {
                format!(
                    "{what}: TTL {} now; gone at {gone} if it was lowered in time, otherwise {} after it \
                     was lowered, at the latest at {}",
                    ttl.words(),
                    lasting(ttl.seconds),
                    step::relative(ttl.span())
                )
            }
        });
        let step = Step::new("caches", When::At, self.through(), "The caches have the new records; check");
        let step = if self.phases.switch.is_empty() {
            step
        } else {
            step.text("Until then, the slowest cache can still have the old records:").list(rows)
        };
        step.text("Send a message from outside to a mailbox, and reply to it.")
            .commands([self.command("check", "")])
    }

    fn tidy(&self) -> Step {
        let changes = &self.phases.tidy;
        let step = Step::new("tidy", When::At, self.tidy_at(), "Remove what is left of the old service");
        let step = if changes.is_empty() {
            step.text(self.without_changes())
        } else {
            step.text(format!(
                "Do this when mail is no longer sent through {}. Lowered TTLs get their usual value.",
                self.source()
            ))
        };
        step.changes(changes).commands([self.command("check", "--phase tidy")])
    }

    fn close(&self, tidy: &Assessment) -> Step {
        let margin = self.planned.assumptions.queue_margin;
        let kept = self.phases.tidy.iter().filter(|change| !change.before.is_empty());
        let kept = kept.map(|change| lifetime(self.planned, change).span()).max().unwrap_or_default();
        let after = (self.through() + margin).max(self.tidy_at() + kept);
        let hosted = tidy.hazards.iter().find(|hazard| hazard.code == Code::DnsHostedBySource);
        let step = Step::new("close", When::From, after, "Close the old service");
        let step = step.text(format!(
            "Senders keep mail in their queues for up to {} after the last cache has the new records. \
             Close {} only if this check reports `ready`, and check the old mailboxes once more. There is \
             no way back after this step.",
            step::span(margin),
            self.source()
        ));
        let step = match (hosted, self.planned.closing.filter(|_| self.is_switched())) {
            (Some(hazard), _) => step.text(hazard.message.clone()),
            (None, Some(closing)) => step.text(format!(
                "According to the caches that were seen, it may be closed after {}.",
                crate::check::time::clock_when_over(closing)
            )),
            (None, None) => step,
        };
        step.commands([self.command("check", "--phase tidy")])
    }
}
