//! The last line of a report: the next step.

use crate::check::{Status, Verdict};
use crate::expected::Phase;
use crate::report::grid::wrapped;
use crate::report::style::Style;

use super::Shown;

/// The last line of the report of one domain; empty when nothing is left to do.
pub(super) fn next(shown: &Shown<'_>, style: &Style) -> String {
    let domain = shown.subject.domain.without_trailing_dot();
    // The next look is at the same part of the move.
    let phase = match shown.subject.phase {
        Phase::Switch => String::new(),
        phase @ (Phase::Prepare | Phase::Tidy) => format!(" --phase {phase}"),
    };
    let judged = &shown.assessment.judged;
    let open = judged.iter().filter(|judged| !matches!(judged.status, Status::Met | Status::Waived));
    let worst = open.max_by_key(|judged| {
        (judged.importance, judged.status == Status::Unmet, std::cmp::Reverse(judged.expectation.id))
    });
    let code = shown
        .assessment
        .hazards
        .iter()
        .find(|hazard| hazard.is_error())
        .map(|hazard| hazard.code)
        .or_else(|| worst.map(|judged| judged.code));
    let what = match shown.assessment.verdict {
        Verdict::Ready => return String::new(),
        Verdict::ChangesNeeded if !shown.changes.is_empty() => {
            format!("edit, then `cutover watch {domain}{phase}`")
        }
        Verdict::ChangesNeeded => "fix what is marked ✘, then `cutover check {domain}{phase}`".to_owned(),
        Verdict::Waiting => format!("wait; `cutover watch {domain}{phase}` ends when it is over"),
        Verdict::Undetermined => {
            format!("check what is marked `?`, then run `cutover check {domain}{phase}` again")
        }
    };
    let explain =
        code.map(|code| format!(" What a code means: `cutover explain {code}`.")).unwrap_or_default();
    format!("\n{}\n", wrapped(&style.text(&format!("Next: {what}.{explain}")), style.columns()))
}
