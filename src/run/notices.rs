//! Decides when a change is worth a notice, and writes the notice.
//!
//! A change counts once it has held for two checks in a row: a lookup that fails once, or a resolver whose answers
//! alternate, causes no notice. Only the verdict and the outcomes are compared, so a different order of answers is not
//! a change.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use crate::check::{Code, Severity, Status, Verdict};
use crate::expected::Id;
use crate::record::{Name, RecordType};
use crate::report::changed::lines;
use crate::report::json::to_json;
use crate::report::since::{Earlier, between};
use crate::report::{DomainReport, Report};

use super::checked::Checked;

/// The schema of an Adaptive Card, as the workflows of Microsoft Teams read it.
const CARD_SCHEMA: &str = "http://adaptivecards.io/schemas/adaptive-card.json";
/// The maximum number of change lines in one card; a domain that is lost changes every line.
const MOST_LINES: usize = 40;

/// A change of one domain that has held for two checks.
#[derive(Debug, Serialize)]
pub struct Notice {
    /// The domain, without the final dot.
    pub domain: String,
    /// The result before the change.
    before: DomainReport,
    /// The result after it.
    after: DomainReport,
    /// The time at which the result after the change was first seen.
    since: Timestamp,
    /// The changes in words, one line each.
    #[serde(skip)]
    lines: Vec<String>,
}

/// The format of a notice for a web server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NoticeFormat {
    /// One JSON object: `domain`, `before`, `after` (as in JSON version 1), `since`.
    #[default]
    Json,
    /// A message with an Adaptive Card, for the workflows of Microsoft Teams.
    AdaptiveCard,
}

impl Notice {
    /// Returns the notice as JSON in this format.
    #[must_use]
    pub fn text(&self, format: NoticeFormat) -> String {
        match format {
            NoticeFormat::Json => to_json(self),
            NoticeFormat::AdaptiveCard => to_json(&self.card()),
        }
    }

    /// Returns a card in which nothing is read as Markdown: the strings are text runs.
    fn card(&self) -> Value {
        let run = |text: &str, weight: &str| json!({ "type": "TextRun", "text": text, "weight": weight });
        let block = |run: Value| json!({ "type": "RichTextBlock", "inlines": [run] });
        let title = format!("{}: {}", self.domain, self.after.verdict);
        let mut body = vec![block(run(&title, "bolder"))];
        body.extend(self.lines.iter().take(MOST_LINES).map(|line| block(run(line, "default"))));
        if self.lines.len() > MOST_LINES {
            let more = format!("{} more changes", self.lines.len() - MOST_LINES);
            body.push(block(run(&more, "default")));
        }
        body.push(block(run(&format!("Since {}", self.since), "lighter")));
        let card = json!({ "$schema": CARD_SCHEMA, "type": "AdaptiveCard", "version": "1.4", "body": body });
        let attachment = json!({
            "contentType": "application/vnd.microsoft.card.adaptive",
            "contentUrl": null,
            "content": card,
        });
        json!({ "type": "message", "attachments": [attachment] })
    }
}

/// Finds the changes that have held for two checks.
#[derive(Debug, Default)]
pub struct NoticeTracker {
    domains: BTreeMap<Name, Tracked>,
}

/// The state of one domain.
#[derive(Debug)]
struct Tracked {
    /// The result that was reported last, or the first one.
    known: Seen,
    /// A different result that was seen once, and the time of that.
    pending: Option<(Outcomes, Timestamp)>,
}

/// A result, and the part of it that is compared.
#[derive(Debug)]
struct Seen {
    outcomes: Outcomes,
    report: DomainReport,
    checked_at: Timestamp,
}

/// The part of a result that is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Outcomes {
    verdict: Verdict,
    expectations: BTreeSet<(Id, Status, Code)>,
    hazards: BTreeSet<(Code, Severity, Name, Option<RecordType>)>,
}

impl Outcomes {
    fn of(checked: &Checked) -> Self {
        let assessment = &checked.assessment;
        let expectations = assessment.judged.iter().map(|one| (one.expectation.id, one.status, one.code));
        let hazards = assessment.hazards.iter();
        let hazards = hazards.map(|one| (one.code, one.level, one.name.clone(), one.rtype));
        Self { verdict: assessment.verdict, expectations: expectations.collect(), hazards: hazards.collect() }
    }
}

impl NoticeTracker {
    /// Records a check, and returns a notice if the check before it has already shown the same change.
    pub fn note(&mut self, checked: &Checked, now: Timestamp) -> Option<Notice> {
        let outcomes = Outcomes::of(checked);
        let result =
            |outcomes| Seen { outcomes, report: checked.report(), checked_at: checked.facts.checked_at };
        let Some(tracked) = self.domains.get_mut(checked.domain()) else {
            let tracked = Tracked { known: result(outcomes), pending: None };
            self.domains.insert(checked.domain().clone(), tracked);
            return None;
        };
        if outcomes == tracked.known.outcomes {
            tracked.pending = None;
            return None;
        }
        let pending = tracked.pending.take().filter(|(seen, _)| *seen == outcomes);
        let Some((_, since)) = pending else {
            // In whole seconds, as all times of a report are.
            let now = Timestamp::from_second(now.as_second()).unwrap_or(now);
            tracked.pending = Some((outcomes, now));
            return None;
        };
        let before = std::mem::replace(&mut tracked.known, result(outcomes));
        let Seen { report: after, checked_at, .. } = result(tracked.known.outcomes.clone());
        let earlier = Earlier::from(&report(before.checked_at, checked, before.report.clone()));
        let later = Earlier::from(&report(checked_at, checked, after.clone()));
        let lines = between(&earlier, &later).iter().flat_map(|(_, since)| lines(since)).collect();
        let domain = checked.domain().without_trailing_dot();
        Some(Notice { domain, before: before.report, after, since, lines })
    }

    /// Returns whether the last check of a domain showed a change that has not held for two checks yet.
    #[must_use]
    pub fn is_pending(&self, domain: &Name) -> bool {
        self.domains.get(domain).is_some_and(|tracked| tracked.pending.is_some())
    }
}

/// Returns a report of one domain.
fn report(checked_at: Timestamp, checked: &Checked, domain: DomainReport) -> Report {
    Report::new(checked_at, checked.subject.phase, vec![domain])
}
