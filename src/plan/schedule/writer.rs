//! Writes the steps of a move: their times, words and commands.
//!
//! The file is long because the steps are in the order of the runbook, one function each, and can be read side by side.

use jiff::SignedDuration;

use crate::check::time::{clock, clock_when_over, lasting};
use crate::check::{Assessment, Code, ExpectationResult, Status, is_policy_unread, join_and};
use crate::expected::{Cloud, Id};
use crate::plan::Change;

use super::phases::{Lifetime, Lowering, Phases, SHORT, lifetime};
use super::step::{self, Step, When};
use super::{Move, Schedule};

/// The hours before the switch by which all records that can be published early are published.
const EARLY: i64 = 48;
/// The hours before the switch by which what takes days has begun: the domain in Microsoft 365, and the mailboxes.
const LONG_LEAD: i64 = 5 * 24;
/// The hours before the switch at which users are informed.
const NOTICE: i64 = 3 * 24;
/// The minutes before the switch at which the decision is made.
const DECISION: i64 = 30;
/// The hours after the switch at which the first records of the old service are deleted.
const TIDY: i64 = 24;

/// Writes the steps.
pub(super) struct Writer<'a> {
    /// The inputs.
    pub(super) planned: &'a Move<'a>,
    /// The changes of each phase.
    pub(super) phases: &'a Phases,
    /// The schedule, without its steps.
    pub(super) schedule: &'a Schedule,
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
    pub(super) fn is_switched(&self) -> bool {
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

    /// Returns the time before the switch by which the first record set is changed.
    pub(super) fn needed(&self) -> SignedDuration {
        self.early().max(self.lead().unwrap_or_default())
    }

    /// Returns the step that saves what is published, before the first of the other steps.
    pub(super) fn keep(&self, first: SignedDuration) -> Step {
        let file = self.recording();
        let check = self.command("check", &format!("--phase tidy --record {file}"));
        let back = format!(
            "cutover plan {} --replay {file} --phase tidy --rollback --format bind{}",
            self.schedule.domain.without_trailing_dot(),
            self.planned.replay_options
        );
        Step::new("keep", When::By, first, "Save what is published now")
            .text(format!(
                "Save every answer to a file. While that file exists, the second command prints the way \
                 back to today's records, whatever has changed since. Save the zone file or a screenshot \
                 of the DNS panel of {} as well.",
                self.schedule.zone.without_trailing_dot()
            ))
            .commands([check, back])
    }

    /// Returns the step that adds the domain in Microsoft 365; `None` if the DNS shows that this is done.
    pub(super) fn domain(&self, prepare: &Assessment) -> Option<Step> {
        let verification = verification(prepare).filter(|judged| judged.status != Status::Met)?;
        if self.planned.subject.is_parked {
            return None;
        }
        let record = match verification.fix.is_empty() {
            true => {
                "Publish the TXT record `MS=ms…` that it shows there, next to the other TXT records of the domain"
            }
            false => "Publish the verification record of the next step",
        };
        let step =
            Step::new("domain", When::By, self.long_lead(), "Add the domain to Microsoft 365 and verify it");
        let step = step.text(format!(
            "Unless that is done already: add {} in the Microsoft 365 admin center (Settings, Domains). {record}, then \
             choose Verify. Do not let the wizard change the MX record. Before the domain is verified, no mailbox can \
             have an address in it, and Microsoft has no MX host for it.",
            self.schedule.domain.without_trailing_dot()
        ));
        Some(step.commands([self.command("check", "--phase prepare")]))
    }

    fn long_lead(&self) -> SignedDuration {
        -SignedDuration::from_hours(LONG_LEAD).max(self.needed())
    }

    /// Returns the step that creates the mailboxes; `None` if the domain is to have none.
    pub(super) fn mailboxes(&self, prepare: &Assessment) -> Option<Step> {
        if self.planned.subject.is_parked {
            return None;
        }
        let step = Step::new(
            "mailboxes",
            When::By,
            self.long_lead(),
            "Create the mailboxes and start the migration",
        );
        let step = step.text(format!(
            "Create every user with a license, and every shared mailbox, group and alias: after the switch, mail to an \
             address that does not exist in Microsoft 365 is rejected. Start to copy the mail from {}, and let a few \
             users try their new mailboxes.",
            self.source()
        ));
        Some(with_reminders(step, prepare))
    }

    /// Returns the step that extends the MTA-STS policy; `None` if there is none or it allows the new MX host.
    pub(super) fn policy(&self, switch: &Assessment) -> Option<Step> {
        let announced = switch.judged.iter().find(|judged| judged.expectation.id == Id::MtaSts)?;
        let refused = switch.hazards.iter().find(|hazard| hazard.code == Code::MtaStsRefusesMx);
        let Move { subject, facts, judge_options, .. } = *self.planned;
        let is_unread = is_policy_unread(subject, facts, judge_options.view, &announced.expectation.name);
        if refused.is_none() && !is_unread {
            return None;
        }
        let step =
            Step::new("mta-sts", When::By, self.long_lead(), "Make the MTA-STS policy allow the new MX host");
        let domain = self.schedule.domain.without_trailing_dot();
        let step = match refused {
            Some(hazard) => step.text(hazard.message.clone()),
            None => step.text(format!(
                "The domain announces an MTA-STS policy, which was not read. Open \
                 `https://mta-sts.{domain}/.well-known/mta-sts.txt`. If its `mode` is `enforce`, add a line `mx:` with the \
                 new MX host next to the old ones, or set `mode: testing`; then publish a new `id` in the TXT record of \
                 `_mta-sts.{domain}`."
            )),
        };
        Some(step.text(
            "Senders that have the old policy can apply it for its `max_age` and then do not deliver to the new host: \
             make this change at least that long before the switch. Remove the old host after the switch.",
        ))
    }

    /// Returns the step that publishes what can be published early; `None` if it is not needed.
    pub(super) fn publish(&self, prepare: &Assessment) -> Option<Step> {
        let changes = &self.phases.prepare;
        if changes.is_empty() {
            return None;
        }
        // Without its verification record, the domain has no mailboxes.
        let verifies = verification(prepare).is_some_and(|judged| !judged.fix.is_empty());
        let early = if verifies { self.long_lead() } else { -self.early() };
        let step = Step::new("publish", When::By, early, "Publish what can be published early")
            .text(
                "These records verify the domain, or authorize and sign mail from Microsoft 365. Incoming \
                 mail still goes to the old service.",
            )
            .changes(changes)
            .commands([self.command("check", "--phase prepare")]);
        Some(step)
    }

    /// Returns the step that lowers TTLs; `None` if it is not needed.
    pub(super) fn lower(&self) -> Option<Step> {
        self.lead()?;
        let lowered = &self.phases.lowered;
        let rows = lowered.iter().map(|Lowering { change, ttl }| {
            let due = step::relative(-ttl.span());
            let due = match self.schedule.switch_at.and_then(|switch| switch.checked_sub(ttl.span()).ok()) {
                Some(time) if time < self.schedule.checked_at => format!("now ({due} has passed)"),
                Some(time) => format!("at the latest by {}, {due}", clock(time)),
                None => format!("at the latest by {due}"),
            };
            format!(
                "{} of {}: TTL {} now; lower it to {SHORT} seconds {due}",
                change.rtype,
                change.name.without_trailing_dot(),
                ttl.words()
            )
        });
        let step =
            Step::new("lower-ttl", When::By, -self.needed(), "Lower the TTL of what changes at the switch")
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

    /// Returns the step that informs the users; `None` if it is not needed.
    pub(super) fn users(&self) -> Option<Step> {
        if self.planned.subject.is_parked {
            return None;
        }
        let web = match self.planned.subject.cloud {
            Cloud::Worldwide | Cloud::Gcc => " at https://outlook.office.com",
            Cloud::GccHigh | Cloud::Dod | Cloud::China => "",
        };
        let when = match self.schedule.switch_at {
            Some(switch) => format!("At {}", clock(switch)),
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
            .message(lines);
        Some(step)
    }

    /// Returns the step that decides about the switch.
    pub(super) fn decide(&self, prepare: &Assessment) -> Step {
        let step = Step::new("decide", When::At, SignedDuration::from_mins(-DECISION), "Check, then decide")
            .text(
                "Switch only if this check reports `ready`, every mailbox exists in Microsoft 365, and the first copy of \
                 the mail is complete. Otherwise choose a later time: no mail has moved yet.",
            )
            .commands([self.command("check", &self.prepare_words())]);
        // Elsewhere the step about the mailboxes has them, days before.
        if self.planned.subject.is_parked { with_reminders(step, prepare) } else { step }
    }

    /// Returns the step that switches.
    pub(super) fn switch(&self) -> Step {
        let changes = &self.phases.switch;
        let title = if self.is_switched() { "Check that the switch is done" } else { "Switch" };
        let step = Step::new("switch", When::At, SignedDuration::ZERO, title);
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

    /// Returns the step that checks after the caches have the new records.
    pub(super) fn caches(&self) -> Step {
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

    /// Returns the step that removes what is left of the old service.
    pub(super) fn tidy(&self) -> Step {
        let changes = &self.phases.tidy;
        let (title, text) = if changes.is_empty() {
            ("Check that nothing is left of the old service", self.without_changes().to_owned())
        } else if changes.iter().all(Change::is_ttl_alone) {
            (
                "Raise the TTLs to their usual value",
                "The records stay as they are; only their TTL changes.".to_owned(),
            )
        } else {
            let text = format!(
                "Do this when mail is no longer sent through {}. Lowered TTLs get their usual value.",
                self.source()
            );
            ("Remove what is left of the old service", text)
        };
        Step::new("tidy", When::At, self.tidy_at(), title)
            .text(text)
            .changes(changes)
            .commands([self.command("check", "--phase tidy")])
    }

    /// Returns the step that closes the old service. What serves the zone is not closed.
    pub(super) fn close(&self, tidy: &Assessment) -> Step {
        let margin = self.planned.assumptions.queue_margin;
        let kept = self.phases.tidy.iter().filter(|change| !change.before.is_empty());
        let kept = kept.map(|change| lifetime(self.planned, change).span()).max().unwrap_or_default();
        let after = (self.through() + margin).max(self.tidy_at() + kept);
        let hosted = tidy.hazards.iter().find(|hazard| hazard.code == Code::DnsHostedBySource);
        let kept_account = self.kept_account(tidy);
        let (title, first, what) = match (&kept_account, hosted) {
            (Some(keep), _) => (
                "Close the old mail service",
                Some(keep.clone()),
                format!("the mail product at {}", self.source()),
            ),
            (None, Some(hazard)) => (
                "Move the DNS hosting, then close the old service",
                Some(hazard.message.clone()),
                self.source().to_owned(),
            ),
            (None, None) => ("Close the old service", self.zone_to_keep(), self.source().to_owned()),
        };
        let step = Step::new("close", When::From, after, title);
        let step = first.into_iter().fold(step, Step::text);
        let is_timed = kept_account.is_none() && hosted.is_none();
        let time = if is_timed { " and a time after which the old service may be closed" } else { "" };
        let step = step.text(format!(
            "Senders keep mail in their queues for up to {} after the last cache has the new records. \
             Close {what} only if this check reports `ready`{time}, and check the old mailboxes once more. There is \
             no way back after this step.",
            step::span(margin),
        ));
        let closing = self.planned.closing.filter(|_| self.is_switched() && hosted.is_none());
        let step = closing.into_iter().fold(step, |step, closing| {
            step.text(format!(
                "According to the caches that were seen, it may be closed after {}.",
                clock_when_over(closing)
            ))
        });
        step.commands([self.command("check", "--phase tidy")])
    }

    /// Returns the sentence about an account that serves the zone and stays, because its company sells DNS apart from
    /// mail; `None` if the old service is not of such a company.
    fn kept_account(&self, tidy: &Assessment) -> Option<String> {
        let source = tidy.source.as_ref()?.provider.filter(|source| source.keeps_zones())?;
        let servers = self.schedule.name_servers.iter().filter(|server| source.serves_zones_at(server));
        let servers: Vec<String> =
            servers.map(|server| format!("`{}`", server.without_trailing_dot())).collect();
        let zone = self.schedule.zone.without_trailing_dot();
        (!servers.is_empty()).then(|| {
            format!(
                "Keep the account that holds the domain: its name servers ({}) serve the zone {zone}, and without them the domain has neither \
                 mail nor a web site. Close only the mailboxes or the mail product there, or move the zone to another DNS \
                 host first.",
                join_and(servers)
            )
        })
    }

    /// Returns the sentence about the zone if it is not known who serves it, or which service is closed.
    fn zone_to_keep(&self) -> Option<String> {
        let is_known = self.schedule.source.is_some() && !self.schedule.name_servers.is_empty();
        (!is_known).then(|| {
            format!(
                "If the same account serves the zone {} or holds the registration of the domain, keep it, or move these \
                 first.",
                self.schedule.zone.without_trailing_dot()
            )
        })
    }
}

/// Returns the result about the verification record.
fn verification(prepare: &Assessment) -> Option<&ExpectationResult> {
    prepare.judged.iter().find(|judged| judged.expectation.id == Id::Verification)
}

/// Adds what DNS does not show.
fn with_reminders(step: Step, prepare: &Assessment) -> Step {
    if prepare.reminders.is_empty() {
        return step;
    }
    let reminders = prepare.reminders.iter().map(|reminder| reminder.text());
    step.text("DNS does not show these; check them as well:").list(reminders)
}
