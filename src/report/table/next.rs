//! The next step, as a command.

use std::cmp::Reverse;

use crate::check::{Status, Verdict};
use crate::expected::Phase;
use crate::report::grid::wrapped;
use crate::report::style::Style;
use crate::report::view::DomainReport;

/// The last line of the report of one domain; empty when nothing is left to do.
pub(super) fn next(report: &DomainReport, style: &Style) -> String {
    let domain = &report.domain;
    // The next check is of the same part of the move.
    let phase = match report.phase() {
        Phase::Switch => String::new(),
        phase @ (Phase::Prepare | Phase::Tidy) => format!(" --phase {phase}"),
    };
    let what = match report.verdict {
        Verdict::Ready => return String::new(),
        Verdict::ChangesNeeded if !report.changes.is_empty() => {
            format!("edit, then `cutover watch {domain}{phase}`")
        }
        Verdict::ChangesNeeded => "put right what is marked ✘".to_owned(),
        Verdict::Waiting => format!("wait; `cutover watch {domain}{phase}` says when it is over"),
        Verdict::Undetermined => {
            format!("look at what is marked `?`, then `cutover check {domain}{phase}` again")
        }
    };
    let open = report.expectations.iter().filter(|one| !matches!(one.status, Status::Met | Status::Waived));
    let worst = open.max_by_key(|one| (one.importance, one.status == Status::Unmet, Reverse(one.id.clone())));
    let error = report.hazards.iter().find(|hazard| hazard.is_error());
    let code = error.map(|hazard| &hazard.code).or_else(|| worst.map(|one| &one.code));
    let explain =
        code.map(|code| format!(" What a code means: `cutover explain {code}`.")).unwrap_or_default();
    format!("\n{}\n", wrapped(&style.text(&format!("Next: {what}.{explain}")), style.columns()))
}
