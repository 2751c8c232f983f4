//! Draws what each server still answers and until when, in agreement with the findings.
//!
//! Only the records that a finding is about count: a server that answers something else is never drawn as up to date.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use crate::check::time::{after, clock_when_over, lasting, left};
use crate::check::{Code, Status};
use crate::expected::Id;
use crate::facts::{Outcome, Role};
use crate::record::RecordType;
use crate::report::harmless::Sanitized;
use crate::report::style::Mark;
use crate::report::view::{DomainReport, ExpectationView, ReplyView};

/// The maximum number of servers drawn per record set.
const MOST_SERVERS: usize = 24;
/// The maximum number of records shown per answer.
const MOST_RECORDS: usize = 4;
/// The maximum number of characters shown per record.
const LONGEST_RECORD: usize = 120;
/// The full width of a bar, in units of the drawing.
const WIDEST: u32 = 1000;

/// The answers to the questions that matter in the move.
pub(super) struct CacheChart {
    /// The times at which the bars begin and end; `None` if no cache was asked.
    pub(super) axis: Option<(String, String)>,
    pub(super) sets: Vec<RecordSetAnswers>,
}

/// The answers about the record set of one expectation.
pub(super) struct RecordSetAnswers {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) rtype: RecordType,
    /// The style class of the answers to expect once the present ones have expired.
    pub(super) afterwards: &'static str,
    pub(super) servers: Vec<ServerAnswer>,
    /// The number of servers left out.
    pub(super) more: usize,
}

/// The answer of one server.
pub(super) struct ServerAnswer {
    pub(super) server: String,
    pub(super) role: &'static str,
    pub(super) state: State,
    /// The state in words.
    pub(super) words: String,
    /// The time until which a cache keeps the answer, or the TTL from a name server, in words.
    pub(super) time: Option<String>,
    pub(super) records: Vec<String>,
    pub(super) more: usize,
    /// The width of the bar of the present answer; `None` for a server without a cache.
    pub(super) bar: Option<u32>,
}

impl ServerAnswer {
    /// Returns the width of the bar of the answer to expect afterwards.
    pub(super) fn rest(&self) -> u32 {
        self.bar.map_or(0, |width| WIDEST.saturating_sub(width))
    }
}

/// The result of comparing an answer with the finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// The answer is correct according to the finding.
    UpToDate,
    /// The answer needs an edit according to the finding.
    ToEdit,
    /// The answer needs an edit that does not affect the result, or the finding is waived.
    Advice,
    /// The answer differs from what is published.
    Other,
    /// The finding does not show what is right.
    Unknown,
    /// There is no answer.
    Failed,
}

impl State {
    /// Returns the word in the page.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::UpToDate => "up-to-date",
            Self::ToEdit => "to-edit",
            Self::Advice => "advice",
            Self::Other => "other",
            Self::Unknown => "unknown",
            Self::Failed => "failed",
        }
    }

    pub(super) fn symbol(self) -> &'static str {
        match self {
            Self::UpToDate => Mark::Met.symbol(),
            Self::ToEdit => Mark::Error.symbol(),
            Self::Advice => Mark::Advice.symbol(),
            Self::Other => Mark::Waiting.symbol(),
            Self::Unknown | Self::Failed => Mark::Unknown.symbol(),
        }
    }

    /// Returns the class in the style sheet.
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::UpToDate => "good",
            Self::ToEdit => "bad",
            Self::Other | Self::Unknown | Self::Failed => "wait",
            Self::Advice => "faint",
        }
    }
}

/// Returns the chart of a domain; `None` if no server was asked.
pub(super) fn cache_chart(checked_at: Timestamp, domain: &DomainReport) -> Option<CacheChart> {
    let replies: Vec<&ReplyView> = domain.replies.iter().flatten().filter(|one| is_drawn(one)).collect();
    let shown = domain.expectations.iter().filter(|one| is_moved(one));
    let sets: Vec<(&ExpectationView, Vec<&ReplyView>)> = shown
        .map(|one| {
            let about = |reply: &&&ReplyView| reply.name == one.name && reply.rtype == one.rtype;
            (one, replies.iter().filter(about).copied().collect())
        })
        .filter(|(_, about): &(_, Vec<_>)| !about.is_empty())
        .collect();
    if sets.is_empty() {
        return None;
    }
    let cached = sets.iter().flat_map(|(_, replies)| replies).filter(|reply| is_cache(reply));
    let longest = cached.filter_map(|reply| reply.ttl).max();
    let axis = longest.and_then(|longest| Some((clock_when_over(checked_at), until(checked_at, longest)?)));
    let scale = u64::from(longest.unwrap_or(0).max(1));
    let sets = sets.iter().map(|(one, replies)| {
        let states = states(one, replies);
        let servers = replies.iter().zip(states).take(MOST_SERVERS);
        RecordSetAnswers {
            id: one.id.to_string(),
            name: one.name.without_trailing_dot(),
            rtype: one.rtype,
            afterwards: match one.status {
                Status::Met | Status::Waiting => "good",
                Status::Unmet | Status::Unknown | Status::Waived => "faint",
            },
            servers: servers
                .map(|(reply, state)| answer(checked_at, reply, (state, words(one, reply, state)), scale))
                .collect(),
            more: replies.len().saturating_sub(MOST_SERVERS),
        }
    });
    Some(CacheChart { axis, sets: sets.collect() })
}

/// Returns whether the answers about an expectation matter in the move.
fn is_moved(one: &ExpectationView) -> bool {
    one.status == Status::Waiting || matches!(one.id.known(), Some(Id::Mx | Id::Spf | Id::Autodiscover))
}

/// Returns whether a reply is from a name server of the zone, or from a recursive resolver as users have it.
fn is_drawn(reply: &ReplyView) -> bool {
    matches!(reply.role.known(), Some(Role::Authoritative | Role::Resolver))
}

fn is_cache(reply: &ReplyView) -> bool {
    reply.role == Role::Resolver
}

/// Returns the state of each reply about an expectation.
fn states(one: &ExpectationView, replies: &[&ReplyView]) -> Vec<State> {
    let keys: BTreeSet<String> = if one.expected.is_empty() { &one.observed } else { &one.expected }
        .iter()
        .map(|one| key(one))
        .collect();
    let relevant = |records: &'_ [Sanitized]| -> BTreeSet<Sanitized> {
        let is_relevant = |record: &&Sanitized| {
            one.rtype != RecordType::Txt || keys.is_empty() || keys.contains(&key(record))
        };
        records.iter().filter(is_relevant).cloned().collect()
    };
    let answers: Vec<Option<BTreeSet<Sanitized>>> =
        replies.iter().map(|reply| is_answer(reply).then(|| relevant(&reply.records))).collect();
    let observed = relevant(&one.observed);
    let is_observed = answers.iter().flatten().any(|answer| *answer == observed);
    // If the finding covers more than this record set, a name server's answer shows what is published.
    let published = replies.iter().zip(&answers).find(|(reply, _)| !is_cache(reply));
    let reference = match published.and_then(|(_, answer)| answer.as_ref()) {
        Some(answer) if !is_observed => answer,
        Some(_) | None => &observed,
    };
    let same = match one.status {
        Status::Met | Status::Waiting => State::UpToDate,
        Status::Unmet if one.is_required() => State::ToEdit,
        Status::Unmet | Status::Waived => State::Advice,
        Status::Unknown => State::Unknown,
    };
    // Servers that disagree are not compared with one of them.
    let expected = relevant(&one.expected);
    let (reference, same, other) = match one.code.known() {
        Some(Code::ServersDisagree) => (&expected, State::UpToDate, State::ToEdit),
        Some(_) | None => (reference, same, State::Other),
    };
    let mut states: Vec<State> = answers
        .iter()
        .map(|answer| match answer {
            None => State::Failed,
            Some(_) if same == State::Unknown => State::Unknown,
            Some(answer) if answer == reference => same,
            Some(_) => other,
        })
        .collect();
    // The finding may wait for records at another name; then no cache is known to be up to date.
    if one.status == Status::Waiting && !states.contains(&State::Other) {
        for (state, reply) in states.iter_mut().zip(replies) {
            if *state == State::UpToDate && is_cache(reply) {
                *state = State::Unknown;
            }
        }
    }
    states
}

/// Returns the part of a TXT record that distinguishes its kind from others at the same name: `v=spf1`, `ms`.
fn key(record: &str) -> String {
    let text = record.trim_start_matches('"').to_ascii_lowercase();
    let end = match text.starts_with("v=") {
        true => text.find([' ', ';', '"']),
        false => text.find(['=', '"']),
    };
    text.get(..end.unwrap_or(text.len())).unwrap_or_default().to_owned()
}

fn is_answer(reply: &ReplyView) -> bool {
    matches!(reply.outcome.known(), Some(Outcome::Records | Outcome::NoData | Outcome::NxDomain))
}

/// Returns the state of a reply about an expectation in words.
fn words(one: &ExpectationView, reply: &ReplyView, state: State) -> String {
    match state {
        State::UpToDate => "up to date".to_owned(),
        State::ToEdit => "to edit".to_owned(),
        State::Advice if one.status == Status::Waived => "waived".to_owned(),
        State::Advice => "edit recommended".to_owned(),
        State::Other if one.status == Status::Waiting => "older answer".to_owned(),
        State::Other => "different answer".to_owned(),
        State::Unknown => "not known to be right".to_owned(),
        State::Failed => format!("no answer ({})", reply.outcome),
    }
}

fn answer(
    checked_at: Timestamp,
    reply: &ReplyView,
    (state, words): (State, String),
    scale: u64,
) -> ServerAnswer {
    let name = reply.server_name.as_ref().map(|name| name.without_trailing_dot() + " ");
    let is_cached = is_cache(reply) && state != State::Failed;
    let ttl = reply.ttl.filter(|_| state != State::Failed);
    let time = ttl.and_then(|ttl| match is_cached {
        true => {
            let end = after(checked_at, ttl)?;
            Some(format!("until {} ({})", clock_when_over(end), left(checked_at, end)))
        }
        false => Some(format!("TTL {}", lasting(ttl))),
    });
    let records = reply.records.iter().take(MOST_RECORDS).map(|record| shortened(record)).collect();
    let width = |ttl: u32| u32::try_from(u64::from(ttl) * u64::from(WIDEST) / scale).unwrap_or(WIDEST);
    ServerAnswer {
        server: format!("{}{}", name.unwrap_or_default(), reply.server),
        role: if is_cache(reply) { "resolver" } else { "name server" },
        state,
        words,
        time,
        records: if reply.records.is_empty() && state != State::Failed {
            vec![reply.outcome.to_string()]
        } else {
            records
        },
        more: reply.records.len().saturating_sub(MOST_RECORDS),
        bar: ttl.filter(|_| is_cached).map(|ttl| width(ttl).clamp(4, WIDEST)),
    }
}

fn until(checked_at: Timestamp, seconds: u32) -> Option<String> {
    let end = checked_at.checked_add(SignedDuration::from_secs(i64::from(seconds))).ok()?;
    Some(clock_when_over(end))
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(LONGEST_RECORD) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
