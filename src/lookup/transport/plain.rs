//! Sends one query over UDP, and over TCP if needed.
//!
//! UDP comes first, then TCP if the answer was truncated; the query is sent once more without EDNS if the server does
//! not support it (RFC 6891 §7), and once more in lower case if it does not keep the letter case. All of that uses one
//! permit of the server.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::time::Duration;

use hickory_resolver::proto::op::Message;
use tokio::time::Instant;

use super::datagram::{SocketPool, Sockets};
use super::failure::Failure;
use super::health::ZoneHealth;
use super::open_files::Limits;
use super::permits::FairPermits;
use super::query::{self, Edns, Query};
use super::rate_limiter::{Load, Permit, RateLimiter, RateLimits};
use super::waiting::{Answer, Case, OutgoingQuery, QueryResult};
use super::{Stopwatch, stream};
use crate::facts::Outcome;

/// The highest number of TCP connections to one server, so that a slow one cannot occupy all of them.
const STREAMS_OF_ONE: usize = 8;
/// Of these, the highest number for one domain.
const STREAMS_OF_ONE_FOR_ONE: usize = 4;

/// The sockets and connections that all plain servers of one transport share, so that the process does not run out of
/// files.
#[derive(Debug)]
pub(super) struct Room {
    sockets: Sockets,
    streams: FairPermits,
}

impl Room {
    /// Returns as many as the limits of this process allow.
    pub(super) fn new(limits: Limits) -> Self {
        // A quarter for one domain: a domain that needs TCP for its name servers needs it for each of them.
        let streams = FairPermits::new(limits.streams, limits.streams / 4);
        Self { sockets: Sockets::new(limits.sockets), streams }
    }
}

/// A server that is asked by UDP and TCP.
#[derive(Debug)]
pub(super) struct Plain {
    address: SocketAddr,
    ports: SocketPool,
    pace: RateLimiter,
    streams: FairPermits,
    /// True once the server has refused EDNS, so that queries are not sent twice.
    refuses_edns: AtomicBool,
    /// The learned letter case behavior, as a value of [`Case`].
    case: AtomicU8,
}

impl Plain {
    pub(super) fn new(address: SocketAddr, rate_limits: RateLimits) -> Self {
        Self {
            address,
            ports: SocketPool::default(),
            pace: RateLimiter::new(rate_limits),
            streams: FairPermits::new(STREAMS_OF_ONE, STREAMS_OF_ONE_FOR_ONE),
            refuses_edns: AtomicBool::new(false),
            case: AtomicU8::new(Case::Untried as u8),
        }
    }

    /// Returns the reply to one question; without EDNS if the server refuses it.
    pub(super) async fn ask(
        &self,
        query: Query<'_>,
        health: &Arc<ZoneHealth>,
        patience: Duration,
        room: &Room,
        watch: &mut Stopwatch,
    ) -> Result<Box<Message>, Failure> {
        let turn = self.pace.turn().await;
        // While this query waited for its permit, another may have found the server silent.
        if let Some(failure) = health.refusal(Instant::now()) {
            return Err(failure);
        }
        watch.restart();
        let outgoing = |edns, patience| OutgoingQuery {
            query,
            edns,
            case: self.case(),
            server: self.address,
            health,
            patience,
        };
        let known = self.refuses_edns.load(Ordering::Relaxed);
        let edns = if known { Edns::Without } else { Edns::With };
        let first = outgoing(edns, patience);
        let first = self.exchange(&first, &turn, patience, room, watch).await;
        if let Err(failure) = &first {
            // Recorded before the permit is released, so that waiting queries need not find the same.
            health.note_failure(failure, Instant::now());
        }
        let first = first?;
        if known || !query::refuses_edns(&first) {
            return Ok(first);
        }
        let left = at_least_half(patience, watch);
        let again = Stopwatch::start();
        let second = outgoing(Edns::Without, left);
        let second = self.exchange(&second, &turn, patience, room, &again);
        match Box::pin(second).await {
            Ok(second) => {
                if !query::refuses_edns(&second) {
                    self.refuses_edns.store(true, Ordering::Relaxed);
                }
                Ok(second)
            }
            // The first error is more informative than the silence after it.
            Err(_) => Ok(first),
        }
    }

    /// Sends one question over UDP, then over TCP if the answer was truncated.
    async fn exchange(
        &self,
        outgoing: &OutgoingQuery<'_>,
        turn: &Permit<'_>,
        patience: Duration,
        room: &Room,
        watch: &Stopwatch,
    ) -> Result<Box<Message>, Failure> {
        let mut answer = self.send(outgoing, turn, room).await?;
        if let Answer::OtherCase = answer {
            let left = at_least_half(outgoing.patience, watch);
            let outgoing = OutgoingQuery { case: Case::Lost, patience: left, ..*outgoing };
            answer = Box::pin(async move { self.send(&outgoing, turn, room).await }).await?;
            // Only now: the reply that did not keep the case may have been forged.
            self.learn(Case::Lost);
        }
        match answer {
            Answer::Message(message) => Ok(message),
            // A query in lower case accepts any case.
            Answer::OtherCase => Err(Failure::timeout()),
            // Rare, and larger than all the rest.
            Answer::Truncated => {
                Box::pin(self.ask_over_tcp(outgoing, at_least_half(patience, watch), room)).await
            }
        }
    }

    /// Sends one question over TCP; the time limit starts once a connection is available.
    async fn ask_over_tcp(
        &self,
        outgoing: &OutgoingQuery<'_>,
        patience: Duration,
        room: &Room,
    ) -> Result<Box<Message>, Failure> {
        let OutgoingQuery { query, edns, health, .. } = *outgoing;
        let _own = self.streams.acquire(query.domain).await;
        let _permit = room.streams.acquire(query.domain).await;
        // While this query waited, another connection may have stalled.
        if let Some(failure) = health.tcp_refusal(Instant::now()) {
            return Err(failure);
        }
        let result = stream::ask(self.address, query, edns, Instant::now() + patience).await;
        match &result {
            Ok(_) => health.note_tcp_answer(),
            Err(failure) if failure.outcome == Outcome::Timeout => {
                health.note_tcp_stall(failure, Instant::now())
            }
            Err(_) => {}
        }
        result
    }

    /// Sends one question over UDP, and records what it shows about the server.
    async fn send(
        &self,
        outgoing: &OutgoingQuery<'_>,
        turn: &Permit<'_>,
        room: &Room,
    ) -> Result<Answer, Failure> {
        let QueryResult { result, sends, case } = room.sockets.ask(&self.ports, outgoing).await?;
        let is_refused = match &result {
            Ok(Answer::Message(message)) => query::refuses(message),
            Ok(Answer::Truncated | Answer::OtherCase) | Err(_) => false,
        };
        if is_refused {
            turn.note(Load::Heavy);
        } else if result.is_ok() && sends == 1 {
            turn.note(Load::Easy);
        } else if outgoing.health.has_answered() {
            // Silence about a zone that was never answered for shows no load: its own servers may be dead or far.
            turn.note(Load::Heavy);
        }
        if result.is_ok() {
            outgoing.health.note_answer();
        }
        case.into_iter().for_each(|case| self.learn(case));
        result
    }

    fn case(&self) -> Case {
        const KEPT: u8 = Case::Kept as u8;
        const LOST: u8 = Case::Lost as u8;
        match self.case.load(Ordering::Relaxed) {
            KEPT => Case::Kept,
            LOST => Case::Lost,
            _ => Case::Untried,
        }
    }

    fn learn(&self, case: Case) {
        self.case.store(case as u8, Ordering::Relaxed);
    }
}

/// Returns the rest of the time of one try, but enough for a new start.
fn at_least_half(patience: Duration, watch: &Stopwatch) -> Duration {
    patience.saturating_sub(watch.elapsed()).max(patience / 2)
}
