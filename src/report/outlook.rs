//! What is told about caches and queues, and when the old service may be closed?

use std::fmt::Write as _;

use crate::check::time::{clock, lasting};
use crate::check::{Assumptions, Basis, Closing};

use super::grid::wrapped;
use super::style::Style;
use super::table::Shown;

/// The lines about time below the findings of one domain; empty where there is nothing to say.
#[must_use]
pub(super) fn outlook(shown: &Shown<'_>, style: &Style) -> String {
    let mut text = String::new();
    for (id, possible) in &shown.outlook.possible {
        let line = format!(
            "{id}: a cache that was not asked may have the older answer until {} (its TTL was {})",
            clock(possible.until),
            lasting(possible.ttl)
        );
        let _ = writeln!(text, "\n{}", wrapped(&line, style.columns()));
    }
    if let Some(closing) = &shown.outlook.closing {
        let line = closing_line(closing, shown.assumptions);
        let _ = writeln!(text, "\n{}", wrapped(&line, style.columns()));
    }
    text
}

fn closing_line(closing: &Closing, assumptions: Assumptions) -> String {
    let seconds = |span: jiff::SignedDuration| u32::try_from(span.as_secs()).unwrap_or(u32::MAX);
    let basis = match closing.basis {
        Basis::Seen => String::new(),
        Basis::Assumed => format!(
            ", if the old records lived for at most {} (assumed; `--history` remembers, `--old-ttl` says otherwise)",
            lasting(seconds(assumptions.old_ttl))
        ),
    };
    format!(
        "The old service may be closed after {}: caches have forgotten the old answers by {}{basis}, and senders keep mail in \
         their queues for {} more.",
        clock(closing.after),
        clock(closing.forgotten),
        lasting(seconds(assumptions.queue_margin))
    )
}
