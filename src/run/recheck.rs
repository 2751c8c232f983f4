//! Decides which domains of a bulk run are checked again at its end.
//!
//! A lookup that fails while hundreds of others are under way may succeed a few seconds later: a packet was lost, a
//! resolver was restarted, a name server refused for a moment. Such a domain is held back by its name alone, and
//! checked again once the servers that failed can be queried again.

use std::time::Duration;

use tokio::time::Instant;

use crate::check::{Assessment, Code, ExpectationResult, JudgeOptions, Status};
use crate::facts::Outcome;
use crate::record::Name;

use super::checked::Checked;
use super::names::Names;

/// The number of domains that must be finished before all name servers count as unreachable from here.
const ENOUGH_DOMAINS: usize = 16;
/// The minimum time that all of them must have failed; name servers that fail for a shorter time are asked again.
const ENOUGH_TIME: Duration = Duration::from_secs(10);
/// The shortest pause before domains are checked again: a lookup that failed twice is not repeated earlier.
const SHORTEST_PAUSE: Duration = Duration::from_secs(1);
/// The longest pause before domains are checked again.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// The reason why the result of a domain may be different a moment later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// Something required is unknown because lookups failed, and nothing required is known to be wrong.
    FailedLookups,
    /// Something required is unknown, or known from resolvers alone, since no name server of the zone answered.
    UnreachableNameServers,
}

impl Doubt {
    /// Returns the doubt about a result; `None` if no part of it depends on a lookup that failed.
    pub fn about(checked: &Checked, judge_options: JudgeOptions<'_>) -> Option<Self> {
        let Assessment { judged, hazards, .. } = &checked.assessment;
        let decisive = || judged.iter().filter(|judged| judged.importance >= judge_options.least_decisive());
        let is_unmet = decisive().any(|judged| judged.status == Status::Unmet);
        // A hazard may depend on a failed lookup too: SERVFAIL and then an answer looks like a wrong signature.
        if !is_unmet && decisive().any(is_failed) {
            // In a view without resolvers, the failed lookups may be those of name servers alone.
            let mut by_resolvers =
                checked.facts.unordered().filter(|reply| !reply.server.role.is_name_server());
            let is_resolver = by_resolvers.any(|reply| reply.outcome.is_failed_lookup());
            return Some(if is_resolver { Self::FailedLookups } else { Self::UnreachableNameServers });
        }
        let is_unreachable = hazards.iter().any(|hazard| hazard.code == Code::AuthoritativeUnreachable);
        let is_doubtful =
            is_unreachable || decisive().any(|judged| is_known_from_resolvers_alone(checked, judged));
        is_doubtful.then_some(Self::UnreachableNameServers)
    }
}

/// Returns whether an expectation is unknown because a lookup failed.
fn is_failed(judged: &ExpectationResult) -> bool {
    judged.status == Status::Unknown && matches!(judged.code, Code::LookupFailed | Code::DeadlineOver)
}

/// Returns whether the name servers of the zone were asked for what decides, failed, and a resolver answered.
fn is_known_from_resolvers_alone(checked: &Checked, judged: &ExpectationResult) -> bool {
    let question = judged.expectation.question();
    let replies = || checked.facts.replies(&question);
    let by_name_servers = || replies().filter(|reply| reply.server.role.is_authority());
    replies().any(|reply| reply.outcome.is_answer())
        && by_name_servers().any(|reply| reply.outcome.is_failed_lookup())
        && !by_name_servers().any(|reply| reply.outcome.is_answer())
}

/// The domains of a run that are held back.
#[derive(Debug)]
pub struct Rechecks {
    names: Names,
    began: Instant,
    /// The number of domains that were checked.
    finished: usize,
    /// True if a name server answered for any of them.
    has_reached: bool,
}

impl Rechecks {
    /// Begins with no domain held back.
    pub fn begin() -> Self {
        Self { names: Names::default(), began: Instant::now(), finished: 0, has_reached: false }
    }

    /// Records a checked domain, and returns whether it is held back, to be checked again.
    pub fn hold(&mut self, checked: &Checked, doubt: Option<Doubt>) -> bool {
        self.finished += 1;
        self.has_reached |= has_reached_name_servers(checked);
        let is_held = match doubt {
            None => false,
            Some(Doubt::FailedLookups) => true,
            // If port 53 is blocked, another check would show the same.
            Some(Doubt::UnreachableNameServers) => !self.is_blocked(Instant::now()),
        };
        if is_held {
            self.names.append(checked.domain());
        }
        is_held
    }

    /// Returns whether no name server can be reached from here, as far as this run shows.
    fn is_blocked(&self, now: Instant) -> bool {
        !self.has_reached && self.finished >= ENOUGH_DOMAINS && now - self.began >= ENOUGH_TIME
    }

    /// Returns the number of domains that are held back.
    pub fn count(&self) -> usize {
        self.names.len()
    }

    /// Returns the domains that are held back, in the order of their results.
    pub fn names(&self) -> impl Iterator<Item = Name> {
        self.names.iter()
    }
}

/// Returns whether a name server of any zone was reached.
fn has_reached_name_servers(checked: &Checked) -> bool {
    let mut replies = checked.facts.unordered().filter(|reply| reply.server.role.is_name_server());
    replies.any(|reply| reply.outcome.is_answer() || reply.outcome == Outcome::Referral)
}

/// Returns the time at which domains are checked again: when the servers that were silent can be queried again, within
/// bounds.
pub fn begin_of_rechecks(now: Instant, pause_end: Option<Instant>) -> Instant {
    pause_end.unwrap_or(now).clamp(now + SHORTEST_PAUSE, now + LONGEST_PAUSE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pause_is_that_of_the_servers_within_bounds() {
        let now = Instant::now();
        let after = |seconds| now + Duration::from_secs(seconds);
        assert_eq!(begin_of_rechecks(now, None), after(1));
        for (end, begin) in [(0, 1), (1, 1), (3, 3), (5, 5), (30, 5)] {
            assert_eq!(begin_of_rechecks(now, Some(after(end))), after(begin), "{end}");
        }
    }

    #[test]
    fn port_53_is_blocked_once_many_domains_reached_no_name_server_for_a_while() {
        let mut rechecks = Rechecks::begin();
        let later = rechecks.began + ENOUGH_TIME;
        rechecks.finished = ENOUGH_DOMAINS;
        assert!(rechecks.is_blocked(later));
        assert!(!rechecks.is_blocked(rechecks.began));
        rechecks.finished -= 1;
        assert!(!rechecks.is_blocked(later));
        rechecks.finished = 1000;
        rechecks.has_reached = true;
        assert!(!rechecks.is_blocked(later));
    }
}
