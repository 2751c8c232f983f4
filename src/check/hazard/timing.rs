//! What will be waited for at the switch?

use jiff::{SignedDuration, Timestamp};

use super::super::time::{after, clock, clock_when_over, lasting};
use super::{Case, Code, Edit, Hazard, Judged, Weight, ticked};

/// Seconds that a record may live in caches when it is about to change (Rackspace, "About TTL best practices",
/// 2018-06-19: 300 seconds, at least 24 hours before).
const SHORT: u32 = 300;

/// Before the switch: records that will change then, and live long in caches.
pub(super) fn ttl_too_long(case: &Case<'_>, judged: &[Judged]) -> Vec<Hazard> {
    let will_change = judged
        .iter()
        .filter(|judged| matches!(judged.code, Code::MxStillAtSource | Code::AliasStillAtSource))
        .filter(|judged| judged.observed.ttl > SHORT);
    let hazards = will_change.filter_map(|judged| {
        let name = &judged.expectation.name;
        let rtype = judged.observed.data.first()?.rtype();
        let ttl = judged.observed.ttl;
        let message = format!(
            "{rtype} of {} will change at the switch, and caches keep what they have for {}: lower its TTL to {SHORT} {}",
            ticked(name),
            lasting(ttl),
            by_when(case, ttl)
        );
        let mut found = Hazard::new(Code::TtlTooLong, name, Some(rtype), message);
        found.records = judged.observed.data.iter().map(|data| format!("{name} {ttl} {rtype} {data}")).collect();
        found.due = due(case, ttl);
        // Until the switch every cache that takes the record anew forgets it sooner.
        if case.subject.switch_at.is_some_and(|switch| switch > case.sight.facts.checked_at) {
            found.level = Weight::Error;
            found.cure = vec![Edit {
                name: name.clone(),
                rtype,
                after: judged.observed.data.clone(),
                ttl: Some(SHORT),
                confirm: false,
            }];
        }
        Some(found)
    });
    hazards.collect()
}

/// The last moment at which lowering helps in full, if the time of the switch is known and it is not past.
fn due(case: &Case<'_>, ttl: u32) -> Option<Timestamp> {
    let latest = case.subject.switch_at?.checked_sub(SignedDuration::from_secs(i64::from(ttl))).ok()?;
    (latest >= case.sight.facts.checked_at).then_some(latest)
}

fn by_when(case: &Case<'_>, ttl: u32) -> String {
    let now = case.sight.facts.checked_at;
    match (case.subject.switch_at, due(case, ttl)) {
        (None, _) => format!("at least {} before", lasting(ttl)),
        (Some(switch), _) if switch <= now => format!("now; the switch was to be at {}", clock(switch)),
        (Some(switch), Some(due)) => {
            format!("by {}, so that it is gone everywhere at the switch at {}", clock(due), clock(switch))
        }
        (Some(switch), None) => {
            let last =
                after(now, ttl).map(|time| format!(" until {}", clock_when_over(time))).unwrap_or_default();
            format!(
                "now, or switch later: some caches may keep it{last}, after the switch at {}",
                clock(switch)
            )
        }
    }
}
