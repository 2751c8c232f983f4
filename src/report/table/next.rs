//! The next step, as a command.

use std::cmp::Reverse;

use jiff::Timestamp;

use crate::check::time::clock_when_over;
use crate::check::{Status, Verdict};
use crate::expected::Phase;
use crate::report::grid::wrapped;
use crate::report::style::Style;
use crate::report::view::DomainReport;

/// The last line of the report of one domain: what to do next, and the command for it.
pub(super) fn next(report: &DomainReport, options: &str, style: &Style) -> String {
    let domain = &report.domain;
    let phase = report.phase();
    let command = |command: &str, phase: Phase| {
        let phase = match phase {
            Phase::Switch => String::new(),
            phase @ (Phase::Prepare | Phase::Tidy) => format!(" --phase {phase}"),
        };
        format!("`cutover {command} {domain}{phase}{options}`")
    };
    let same = |name: &str| command(name, phase);
    let what = match report.verdict {
        Verdict::Ready => match phase {
            Phase::Prepare => {
                format!("when you switch, publish the records of {}", command("plan", Phase::Switch))
            }
            Phase::Switch => {
                format!(
                    "when mail arrives in Microsoft 365, {} shows what is left of the move",
                    command("check", Phase::Tidy)
                )
            }
            Phase::Tidy => format!("run {} in CI to notice changes", same("check")),
        },
        Verdict::ChangesNeeded if !report.changes.is_empty() => format!("edit, then {}", same("watch")),
        Verdict::ChangesNeeded => format!("fix what is marked ✘, then {}", same("check")),
        Verdict::Waiting => match latest(report) {
            Some(until) => {
                format!("wait until {}; {} ends when it is over", clock_when_over(until), same("watch"))
            }
            None => format!("wait; {} ends when it is over", same("watch")),
        },
        Verdict::Undetermined => format!("check what is marked `?`, then run {} again", same("check")),
    };
    let open = report.expectations.iter().filter(|one| !one.status.is_settled());
    let worst = open.max_by_key(|one| (one.importance, one.status == Status::Unmet, Reverse(one.id.clone())));
    let error = report.hazards.iter().find(|hazard| hazard.is_error());
    let code = error.map(|hazard| &hazard.code).or_else(|| worst.map(|one| &one.code));
    let explain = code.filter(|_| report.verdict != Verdict::Ready);
    let explain =
        explain.map(|code| format!(" What a code means: `cutover explain {code}`.")).unwrap_or_default();
    format!("\n{}\n", wrapped(&style.text(&format!("Next: {what}.{explain}")), style.columns()))
}

/// When the last of the required records that are waited for is everywhere, if all of them say when.
fn latest(report: &DomainReport) -> Option<Timestamp> {
    let required = report.expectations.iter().filter(|one| one.is_required());
    let waiting = required.filter(|one| one.status == Status::Waiting);
    let until: Option<Vec<Timestamp>> = waiting.map(|one| one.until).collect();
    until?.into_iter().max()
}
