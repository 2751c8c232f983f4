//! Finds TTLs that are too long before the switch, or still low after it.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use crate::expected::{Id, Phase};
use crate::facts::{Reply, Role};
use crate::record::{Question, RecordData, RecordSet, RecordType};

use super::super::time::{after, clock, clock_when_over, lasting};
use super::{Case, Code, Edit, ExpectationResult, Hazard, Severity, Status, backticked};

/// The maximum TTL, in seconds, of a record that is about to change (Rackspace, "About TTL best practices", 2018-06-19:
/// 300 seconds, at least 24 hours before).
const SHORT: u32 = 300;

/// Reports, before the switch, records that will change then and have a long TTL.
pub(super) fn ttl_too_long(case: &Case<'_>, judged: &[ExpectationResult]) -> Vec<Hazard> {
    let will_change = judged
        .iter()
        .filter(|judged| case.requests(&judged.expectation))
        .filter(|judged| matches!(judged.code, Code::MxStillAtSource | Code::AliasStillAtSource));
    // Both kinds of addresses may stand where an alias belongs.
    let sets = will_change.flat_map(|judged| {
        let types: BTreeSet<RecordType> = judged.observed.data.iter().map(RecordData::rtype).collect();
        types.into_iter().map(move |rtype| (judged, rtype))
    });
    let hazards = sets.filter_map(|(judged, rtype)| {
        let name = &judged.expectation.name;
        let published = match rtype == judged.expectation.rtype {
            true => judged.observed.clone(),
            false => case.view.set(name, rtype).ok()?,
        };
        // Caches query any of the name servers, so the longest TTL counts.
        let slowest = slowest(case, &Question::new(name.clone(), rtype), &published);
        let ttl = slowest.as_ref().map_or(0, |slowest| slowest.ttl).max(published.ttl);
        if ttl <= SHORT {
            return None;
        }
        if let Some(slowest) = slowest.filter(|_| published.ttl <= SHORT) {
            return Some(not_lowered_everywhere(case, judged, rtype, &slowest));
        }
        let message = format!(
            "Lower the TTL of {rtype} {0} to {SHORT} seconds {2}: it changes at the switch, and caches \
             keep it for {1}.{3}",
            backticked(name),
            lasting(ttl),
            by_when(case, ttl),
            // The plan contains the edit only if the time of the switch is known.
            if case.subject.switch_at.is_none() {
                " Pass `--switch-at TIME` to get it into the plan."
            } else {
                ""
            }
        );
        let mut found = Hazard::new(Code::TtlTooLong, name, Some(rtype), message);
        found.records = published.data.iter().map(|data| format!("{name} {ttl} {rtype} {data}")).collect();
        found.due = due(case, ttl);
        // Until the switch, every cache that fetches the record again drops it sooner.
        if case.subject.switch_at.is_some_and(|switch| switch > case.view.facts.checked_at) {
            found.level = Severity::Error;
            found.fix = vec![Edit {
                name: name.clone(),
                rtype,
                after: published.data.clone(),
                ttl: Some(SHORT),
                confirm: false,
                cautions: Vec::new(),
            }];
        }
        Some(found)
    });
    hazards.collect()
}

/// The longest TTL with which a name server returns a record set.
struct Slowest<'a> {
    ttl: u32,
    reply: &'a Reply,
}

/// Returns the name server that returns the records of the question with the longest TTL.
fn slowest<'a>(case: &Case<'a>, question: &Question, published: &RecordSet) -> Option<Slowest<'a>> {
    let replies = case.view.facts.replies(question);
    let own = replies.filter(|reply| reply.server.role == Role::Authoritative && reply.outcome.is_answer());
    let longest = own.filter_map(|reply| {
        let same = reply.wanted().filter(|record| published.data.contains(&record.data));
        Some(Slowest { ttl: same.map(|record| record.ttl).max()?, reply })
    });
    longest.max_by_key(|slowest| slowest.ttl)
}

/// Reports that the TTL was lowered, but a name server still returns the old one. Only a zone transfer fixes that, not
/// an edit.
fn not_lowered_everywhere(
    case: &Case<'_>,
    judged: &ExpectationResult,
    rtype: RecordType,
    slowest: &Slowest<'_>,
) -> Hazard {
    let name = &judged.expectation.name;
    let server = case
        .view
        .facts
        .server_name(&slowest.reply.server)
        .map_or_else(|| format!("`{}`", slowest.reply.server.address), |name| backticked(&name));
    let message = format!(
        "Wait for {server}, or check its zone transfer: it still returns {rtype} {} with a TTL of {}; it \
         must be {SHORT} seconds {}.",
        backticked(name),
        lasting(slowest.ttl),
        by_when(case, slowest.ttl)
    );
    let mut found = Hazard::new(Code::TtlTooLong, name, Some(rtype), message);
    let records =
        slowest.reply.wanted().map(|record| format!("{name} {} {rtype} {}", record.ttl, record.data));
    found.records = records.collect();
    found.due = due(case, slowest.ttl);
    found
}

/// Reports, after the move, record sets that still have the low TTL of the switch and need no other change.
pub(super) fn ttl_still_low(case: &Case<'_>, judged: &[ExpectationResult]) -> Vec<Hazard> {
    if case.phase() < Phase::Tidy {
        return Vec::new();
    }
    let moved = judged.iter().filter(|judged| {
        let id = judged.expectation.id;
        matches!(id, Id::Mx | Id::Autodiscover) && judged.status == Status::Met && judged.fix.is_empty()
    });
    let hazards = moved.filter_map(|judged| {
        let name = &judged.expectation.name;
        let rtype = judged.observed.data.first()?.rtype();
        // A cache returns only the remaining TTL.
        let reply = case.view.reply(&Question::new(name.clone(), rtype));
        let own = RecordSet::of(reply.filter(|reply| reply.server.role.is_authority())?.wanted());
        // Cloudflare's export writes 1 for "automatic", which is 300 seconds and may stay.
        if !(2..=SHORT).contains(&own.ttl) {
            return None;
        }
        let message = format!(
            "Raise the TTL of {rtype} {} to 3600 seconds: it is still {}, and resolvers query that often.",
            backticked(name),
            lasting(own.ttl)
        );
        let mut found = Hazard::new(Code::TtlStillLow, name, Some(rtype), message);
        let written = |data: &RecordData| format!("{name} {} {rtype} {data}", own.ttl);
        found.records = own.data.iter().map(written).collect();
        Some(found)
    });
    hazards.collect()
}

/// Returns the latest time at which lowering the TTL has its full effect, if the time of the switch is known and that
/// time is not past.
fn due(case: &Case<'_>, ttl: u32) -> Option<Timestamp> {
    let latest = case.subject.switch_at?.checked_sub(SignedDuration::from_secs(i64::from(ttl))).ok()?;
    (latest >= case.view.facts.checked_at).then_some(latest)
}

fn by_when(case: &Case<'_>, ttl: u32) -> String {
    let now = case.view.facts.checked_at;
    match (case.subject.switch_at, due(case, ttl)) {
        (None, _) => format!("at least {} before the switch", lasting(ttl)),
        (Some(switch), _) if switch <= now => format!("now (the switch was planned for {})", clock(switch)),
        (Some(switch), Some(due)) => {
            format!("by {} (the switch is at {})", clock(due), clock(switch))
        }
        (Some(switch), None) => {
            let last =
                after(now, ttl).map(|time| format!(" until {}", clock_when_over(time))).unwrap_or_default();
            format!(
                "now, or switch later (caches may keep the old record{last}, after the switch at {})",
                clock(switch)
            )
        }
    }
}
