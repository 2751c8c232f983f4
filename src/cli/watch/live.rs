//! The status line of a watch on a terminal.

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use jiff::Timestamp;

use crate::check::time::{clock_when_over, left};
use crate::check::{ExpectationResult, Status};
use crate::expected::Importance;
use crate::report::harmless::harmless;

use crate::run::{Checked, Round};

/// The maximum number of domains with a line of their own. For the rest, only the number is shown.
const MOST_LINES: usize = 12;

/// The lines at the bottom of the terminal: one for each domain that has not reached the goal, and one for the next
/// check.
pub(super) struct Live {
    bars: Option<MultiProgress>,
    lines: Vec<ProgressBar>,
}

impl Live {
    /// Creates the lines, or none if they are not shown.
    pub(super) fn new(shown: Shown) -> Self {
        let bars = (shown == Shown::OnTerminal).then(MultiProgress::new);
        let bar = |bars: &MultiProgress| {
            let style =
                ProgressStyle::with_template("{msg}").unwrap_or_else(|_| ProgressStyle::default_bar());
            let bar = bars.add(ProgressBar::new_spinner());
            bar.set_style(style);
            bar
        };
        let lines = bars.iter().flat_map(|bars| (0..=MOST_LINES).map(|_| bar(bars))).collect();
        Self { bars, lines }
    }

    /// Returns whether the lines are shown.
    pub(super) fn is_shown(&self) -> bool {
        self.bars.is_some()
    }

    /// Shows the domains that are waited for, and the time until the next check.
    pub(super) fn show(
        &self,
        last: &Round,
        next: Timestamp,
        now: Timestamp,
        done: impl Fn(&Checked) -> bool,
    ) {
        if !self.is_shown() {
            return;
        }
        let mut texts: Vec<String> =
            last.checked.iter().filter(|checked| !done(checked)).map(|checked| line(checked, now)).collect();
        let hidden = texts.len().saturating_sub(MOST_LINES);
        texts.truncate(MOST_LINES);
        let more = if hidden > 0 { format!("and {hidden} more; ") } else { String::new() };
        texts.push(format!("{more}next check in {}", left(now, next)));
        for (index, bar) in self.lines.iter().enumerate() {
            bar.set_message(texts.get(index).cloned().unwrap_or_default());
            bar.tick();
        }
    }

    /// Runs `write` while the lines are hidden, so that its output appears above them.
    pub(super) fn above<T>(&self, write: impl FnOnce() -> T) -> T {
        match &self.bars {
            Some(bars) => bars.suspend(write),
            None => write(),
        }
    }

    /// Removes the lines.
    pub(super) fn clear(&self) {
        if let Some(bars) = &self.bars {
            // Lines that cannot be cleared do no harm.
            let _ = bars.clear();
        }
    }
}

/// The choice whether the lines are shown on a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    OnTerminal,
    Nowhere,
}

/// Returns the line of one domain, with the records that it waits for.
fn line(checked: &Checked, now: Timestamp) -> String {
    let judged = checked.assessment.judged.iter();
    let is_open = |judged: &&ExpectationResult| !matches!(judged.status, Status::Met | Status::Waived);
    let open = judged.filter(|judged| judged.importance == Importance::Required).filter(is_open);
    let open = open.map(|judged| match judged.until.filter(|until| *until > now) {
        Some(until) => {
            format!("{} until {} ({})", judged.expectation.id, clock_when_over(until), left(now, until))
        }
        None => format!("{} {}", judged.expectation.id, judged.code),
    });
    let errors = checked.assessment.hazards.iter().filter(|hazard| hazard.is_error());
    let parts: Vec<String> = open.chain(errors.map(|hazard| hazard.code.to_string())).collect();
    let parts = if parts.is_empty() { String::new() } else { format!("; {}", parts.join(", ")) };
    let domain = checked.subject.domain.without_trailing_dot();
    harmless(&format!("{domain}: {}{parts}", checked.assessment.verdict))
}
