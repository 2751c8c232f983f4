//! Writes the sentences about caches, and about the time after which the old service may be closed.

use crate::check::Code;
use crate::check::time::{clock_when_over, lasting};
use crate::report::view::{DomainReport, ExpectationView};

/// Returns sentences about caches, and about the time after which the old service may be closed.
pub(in crate::report) fn times(domain: &DomainReport) -> Vec<String> {
    let mut possible: Vec<_> =
        domain.expectations.iter().filter_map(|one| Some((&one.id, one.possible_until?, one))).collect();
    possible.sort_by_key(|(id, ..)| *id);
    let each = possible.iter().map(|(id, until, one)| {
        let ttl = one.possible_ttl.map(|ttl| format!(" (its TTL was {})", lasting(ttl)));
        format!("{id} until {}{}", clock_when_over(*until), ttl.unwrap_or_default())
    });
    let each: Vec<String> = each.collect();
    let is_cached =
        |one: &ExpectationView| matches!(one.code.known(), Some(Code::CacheStale | Code::NegativeCache));
    let caches = if !each.is_empty() {
        Some(format!(
            "Possible: a cache that was not asked may have the older answer for {}.",
            each.join(", ")
        ))
    } else if domain.expectations.iter().any(is_cached) {
        Some(
            "Times cover only the resolvers that were asked. Keep `--history FILE` from before the change to \
             cover the others."
                .to_owned(),
        )
    } else {
        None
    };
    caches.into_iter().chain(closing(domain)).collect()
}

fn closing(domain: &DomainReport) -> Option<String> {
    let after = clock_when_over(domain.close_source_after?);
    let moment = format!("The old service may be closed after {after}");
    let Some(closing) = &domain.close_source else { return Some(format!("{moment}.")) };
    let basis = closing.assumed_ttl.map(|ttl| {
        format!(
            ", if the TTL of the old records was at most {} (assumed; `--history` records it, `--old-ttl` sets it)",
            lasting(ttl)
        )
    });
    Some(format!(
        "{moment}: caches have dropped the old answers by {}{}, and senders keep mail in their queues for {} more.",
        clock_when_over(closing.caches_expired_at),
        basis.unwrap_or_default(),
        lasting(closing.queue_margin)
    ))
}
