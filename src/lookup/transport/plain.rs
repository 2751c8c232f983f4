//! How is one question asked of a server without encryption?
//!
//! UDP first, TCP where the answer was cut, once more without EDNS where a server does not know it (RFC 6891 §7), and
//! once more in lower case where it does not keep the case of letters. All of that is one turn at the server.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::time::Duration;

use hickory_resolver::proto::op::Message;
use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::datagram::{Ports, Sockets};
use super::pace::{Load, Manners, Pace, Turn};
use super::query::{self, Edns, Query};
use super::standing::{Failure, Standing};
use super::waiting::{Answer, Case, Ending, Parcel};
use super::{Stopwatch, stream};

/// TCP connections open at once.
const STREAMS: usize = 32;
/// Of these, connections to one server: a slow one must not have them all.
const STREAMS_OF_ONE: usize = 8;

/// What all plain servers of one transport share, so that a process does not run out of files.
#[derive(Debug)]
pub(super) struct Room {
    sockets: Sockets,
    streams: Semaphore,
}

impl Room {
    pub(super) fn new() -> Self {
        Self { sockets: Sockets::new(), streams: Semaphore::new(STREAMS) }
    }
}

/// A server that is asked by UDP and TCP.
#[derive(Debug)]
pub(super) struct Plain {
    address: SocketAddr,
    standing: Arc<Standing>,
    ports: Ports,
    pace: Pace,
    streams: Semaphore,
    /// Learned once, so that the server is not asked everything twice.
    refuses_edns: AtomicBool,
    /// Learned too; one of [`Case`].
    case: AtomicU8,
}

impl Plain {
    pub(super) fn new(address: SocketAddr, standing: Arc<Standing>, manners: Manners) -> Self {
        Self {
            address,
            standing,
            ports: Ports::default(),
            pace: Pace::new(manners),
            streams: Semaphore::new(STREAMS_OF_ONE),
            refuses_edns: AtomicBool::new(false),
            case: AtomicU8::new(Case::Untried as u8),
        }
    }

    /// The reply to one question; without EDNS where that is what the server wants.
    pub(super) async fn ask(
        &self,
        query: Query<'_>,
        patience: Duration,
        room: &Room,
        watch: &mut Stopwatch,
    ) -> Result<Box<Message>, Failure> {
        let turn = self.pace.turn().await;
        // While this one waited for its turn, another may have found out.
        if let Some(failure) = self.standing.given_up() {
            return Err(failure);
        }
        watch.restart();
        let parcel = |edns, patience| Parcel {
            query,
            edns,
            case: self.case(),
            server: self.address,
            standing: &self.standing,
            patience,
        };
        let known = self.refuses_edns.load(Ordering::Relaxed);
        let edns = if known { Edns::Without } else { Edns::With };
        let first = parcel(edns, patience);
        let first = self.exchange(&first, &turn, patience, room, watch).await;
        if let Err(failure) = &first {
            // Whoever waits for a turn must not have to find out too.
            self.standing.note_failure(failure);
        }
        let first = first?;
        if known || !query::refuses_edns(&first) {
            return Ok(first);
        }
        let left = at_least_half(patience, watch);
        let again = Stopwatch::start();
        let second = parcel(Edns::Without, left);
        let second = self.exchange(&second, &turn, patience, room, &again);
        match Box::pin(second).await {
            Ok(second) => {
                if !query::refuses_edns(&second) {
                    self.refuses_edns.store(true, Ordering::Relaxed);
                }
                Ok(second)
            }
            // The error that did come says more than the silence after it.
            Err(_) => Ok(first),
        }
    }

    /// One question by UDP, then by TCP where the answer was cut.
    async fn exchange(
        &self,
        parcel: &Parcel<'_>,
        turn: &Turn<'_>,
        patience: Duration,
        room: &Room,
        watch: &Stopwatch,
    ) -> Result<Box<Message>, Failure> {
        let mut answer = self.send(parcel, turn, room).await?;
        if let Answer::OtherCase = answer {
            let left = at_least_half(parcel.patience, watch);
            let parcel = Parcel { case: Case::Lost, patience: left, ..*parcel };
            answer = Box::pin(async move { self.send(&parcel, turn, room).await }).await?;
            // Only now: what did not keep the case was perhaps forged.
            self.learn(Case::Lost);
        }
        match answer {
            Answer::Message(message) => Ok(message),
            // In lower case any case is right.
            Answer::OtherCase => Err(Failure::timeout()),
            Answer::Truncated => {
                let left = at_least_half(patience, watch);
                // Never closed, so permits always come; waiting for them is not the server's delay.
                let _own = self.streams.acquire().await;
                let _permit = room.streams.acquire().await;
                // Rare, and larger than all the rest.
                Box::pin(stream::ask(self.address, parcel.query, parcel.edns, Instant::now() + left)).await
            }
        }
    }

    /// One question by UDP, and what it says about the server.
    async fn send(&self, parcel: &Parcel<'_>, turn: &Turn<'_>, room: &Room) -> Result<Answer, Failure> {
        let Ending { result, sends, case } = room.sockets.ask(&self.ports, parcel).await?;
        let is_refused = match &result {
            Ok(Answer::Message(message)) => query::refuses(message),
            Ok(Answer::Truncated | Answer::OtherCase) | Err(_) => false,
        };
        turn.note(if result.is_ok() && sends == 1 && !is_refused { Load::Easy } else { Load::Heavy });
        if result.is_ok() {
            self.standing.note_life();
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

/// What is left of the time of one try, but enough for a new start.
fn at_least_half(patience: Duration, watch: &Stopwatch) -> Duration {
    patience.saturating_sub(watch.elapsed()).max(patience / 2)
}
