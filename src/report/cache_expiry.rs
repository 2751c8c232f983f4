//! Reports when caches expire and when the old service may be closed.

use crate::check::time::{clock_when_over, lasting};
use crate::check::{Assumptions, Basis, Code, ExpectationResult, SourceClosing};

use super::grid::wrapped;
use super::style::Style;
use super::table::Shown;

/// The lines about time below the findings of one domain; empty where there is nothing to say.
#[must_use]
pub(super) fn cache_expiry(shown: &Shown<'_>, style: &Style) -> String {
    let closing = shown.cache_expiry.closing.map(|closing| closing_line(&closing, shown.assumptions));
    let lines = possible_line(shown).into_iter().chain(closing);
    lines.map(|line| format!("\n{}\n", wrapped(&style.text(&line), style.columns()))).collect()
}

/// What was seen is that of the resolvers that were asked; what is possible elsewhere.
fn possible_line(shown: &Shown<'_>) -> Option<String> {
    let possible = &shown.cache_expiry.possible;
    let each = possible.iter().map(|(id, copies)| {
        format!("{id} until {} (its TTL was {})", clock_when_over(copies.until), lasting(copies.ttl))
    });
    let each: Vec<String> = each.collect();
    if !each.is_empty() {
        return Some(format!(
            "Possible: a cache that was not asked may have the older answer for {}.",
            each.join(", ")
        ));
    }
    let is_seen = |judged: &ExpectationResult| matches!(judged.code, Code::CacheStale | Code::NegativeCache);
    shown.assessment.judged.iter().any(is_seen).then(|| {
        "Times cover only the resolvers that were asked. Keep `--history FILE` from before the change to \
         cover the others."
            .into()
    })
}

fn closing_line(closing: &SourceClosing, assumptions: Assumptions) -> String {
    let seconds = |span: jiff::SignedDuration| u32::try_from(span.as_secs()).unwrap_or(u32::MAX);
    let basis = match closing.basis {
        Basis::Seen => String::new(),
        Basis::Assumed => format!(
            ", if the TTL of the old records was at most {} (assumed; `--history` records it, `--old-ttl` \
             sets it)",
            lasting(seconds(assumptions.old_ttl))
        ),
    };
    format!(
        "The old service may be closed after {}: caches have dropped the old answers by {}{basis}, and \
         senders keep mail in their queues for {} more.",
        clock_when_over(closing.after),
        clock_when_over(closing.forgotten),
        lasting(seconds(assumptions.queue_margin))
    )
}
