//! Reports when caches expire and when the old service may be closed.

use jiff::Timestamp;

use crate::check::Code;
use crate::check::time::{clock_when_over, lasting};
use crate::report::grid::wrapped;
use crate::report::style::Style;
use crate::report::view::{ClosingView, DomainReport};

/// The lines about time below the findings of one domain; empty where there is nothing to say.
pub(super) fn cache_expiry(report: &DomainReport, style: &Style) -> String {
    let closing = report.close_source_after.map(|after| closing_line(after, report.close_source.as_ref()));
    let lines = possible_line(report).into_iter().chain(closing);
    lines.map(|line| format!("\n{}\n", wrapped(&style.text(&line), style.columns()))).collect()
}

/// What was seen is that of the resolvers that were asked; what is possible elsewhere.
fn possible_line(report: &DomainReport) -> Option<String> {
    let possible = report.expectations.iter().filter_map(|one| Some((&one.id, one.possible_until?, one)));
    let mut possible: Vec<_> = possible.collect();
    possible.sort_by_key(|(id, ..)| *id);
    let each = possible.iter().map(|(id, until, one)| {
        let ttl = one.possible_ttl.map(|ttl| format!(" (its TTL was {})", lasting(ttl)));
        format!("{id} until {}{}", clock_when_over(*until), ttl.unwrap_or_default())
    });
    let each: Vec<String> = each.collect();
    if !each.is_empty() {
        return Some(format!(
            "Possible: a cache that was not asked may have the older answer for {}.",
            each.join(", ")
        ));
    }
    let is_seen = |code: Option<Code>| matches!(code, Some(Code::CacheStale | Code::NegativeCache));
    report.expectations.iter().any(|one| is_seen(one.code.known())).then(|| {
        "Times cover only the resolvers that were asked. Keep `--history FILE` from before the change to \
         cover the others."
            .into()
    })
}

fn closing_line(after: Timestamp, closing: Option<&ClosingView>) -> String {
    let moment = format!("The old service may be closed after {}", clock_when_over(after));
    let Some(closing) = closing else { return format!("{moment}.") };
    let basis = closing.assumed_ttl.map(|ttl| {
        format!(
            ", if the TTL of the old records was at most {} (assumed; `--history` records it, `--old-ttl` \
             sets it)",
            lasting(ttl)
        )
    });
    format!(
        "{moment}: caches have dropped the old answers by {}{}, and senders keep mail in their queues for {} more.",
        clock_when_over(closing.caches_expired_at),
        basis.unwrap_or_default(),
        lasting(closing.queue_margin)
    )
}
