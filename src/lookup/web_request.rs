//! Requests to web servers on the user's request: to the sign-in host for the tenant of a domain, and to the hosts that
//! Outlook asks first.
//!
//! Nothing is asked offline; a recording answers instead of the network.

use std::collections::BTreeSet;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::time::{Instant, timeout_at};

use crate::facts::{Facts, WebOutcome, WebReply, WebRequest};
use crate::record::{Question, RecordType};

use super::source::Source;

/// Returns the questions for the addresses of the hosts, along the aliases known so far; in a replay, only those that
/// the recording holds.
pub(super) fn address_questions(
    source: &Source,
    requests: &BTreeSet<WebRequest>,
    facts: &Facts,
) -> Vec<Question> {
    let is_recorded = |request: &&WebRequest| match source.recording() {
        Some(recording) => recording.facts.web(request).is_some(),
        None => source.network().is_some(),
    };
    let hosts: BTreeSet<_> = requests.iter().filter(is_recorded).map(|request| &request.host).collect();
    let types = [RecordType::A, RecordType::Aaaa];
    let questions = hosts.into_iter().flat_map(|host| types.map(|rtype| Question::new(host.clone(), rtype)));
    questions.flat_map(|question| facts.along_aliases(&question)).collect()
}

/// Makes the requests and adds the answers to the facts; requests that are open at `until` are out of time.
pub async fn request_web(
    source: &Source,
    requests: &BTreeSet<WebRequest>,
    until: Instant,
    facts: &mut Facts,
) {
    if let Some(recording) = source.recording() {
        let recorded = requests.iter().filter_map(|request| recording.facts.web(request));
        recorded.cloned().for_each(|reply| facts.insert_web(reply));
        return;
    }
    let Some(network) = source.network() else { return };
    let known = &*facts;
    let started: FuturesUnordered<_> = requests
        .iter()
        .map(async |request| {
            let answer = timeout_at(until, network.web.answer(request, known)).await;
            answer.unwrap_or_else(|_| {
                let reply = WebReply::empty(request.clone(), WebOutcome::OutOfTime);
                WebReply { at: network.web.now(), ..reply }
            })
        })
        .collect();
    let replies: Vec<WebReply> = started.collect().await;
    replies.into_iter().for_each(|reply| facts.insert_web(reply));
}
