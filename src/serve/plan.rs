//! Writes the plan of a domain that was checked, for the API and for the pages.

use jiff::tz::TimeZone;

use crate::expected::Phase;
use crate::plan::emit::DnsHost;
use crate::plan::rollback;
use crate::plan::schedule::Move;
use crate::run::{Checked, PlanFormat, PlanLayout, RunOptions, plan_text};

use super::rendering::PLAIN;

/// The requested form of a plan.
#[derive(Debug, Clone, Copy)]
pub(super) struct PlanQuery {
    pub(super) format: PlanFormat,
    pub(super) phase: Option<Phase>,
    pub(super) provider: Option<DnsHost>,
    pub(super) is_rollback: bool,
}

impl PlanQuery {
    /// Returns the query for this format with default options.
    pub(super) fn of(format: PlanFormat) -> Self {
        Self { format, phase: None, provider: None, is_rollback: false }
    }

    /// Returns the phase to check for the plan: a schedule covers the whole move, up to its last phase. `None` for
    /// the phase of the settings.
    pub(super) fn checked_phase(self) -> Option<Phase> {
        if self.format.is_schedule() { Some(Phase::Tidy) } else { self.phase }
    }

    /// Writes the plan.
    ///
    /// # Errors
    /// The reason why there is no plan in this format.
    pub(super) fn text(self, checked: &Checked, options: &RunOptions) -> Result<String, &'static str> {
        let Self { format, phase: _, provider, is_rollback } = self;
        if format == PlanFormat::Ics && checked.subject.switch_at.is_none() {
            return Err(
                "A calendar needs the time of the switch. Add `switch-at` to the settings, or use format=runbook.",
            );
        }
        let whole = Move {
            subject: &checked.subject,
            facts: &checked.facts,
            judge_options: options.judge_options(),
            assumptions: options.assumptions,
            options: "",
            replay_options: "",
            closing: checked.closing(),
        };
        let layout = PlanLayout { format, provider, style: &PLAIN, time_zone: &TimeZone::UTC };
        if is_rollback && !format.is_schedule() {
            let mut planned = Checked::clone(checked);
            planned.changes = rollback(&checked.changes);
            return Ok(plan_text(&planned, layout, &whole));
        }
        Ok(plan_text(checked, layout, &whole))
    }
}
