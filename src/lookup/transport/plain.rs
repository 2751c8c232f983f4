//! How is one question asked of a server without encryption?
//!
//! UDP first, TCP where the answer was cut, and once more without EDNS where a server does not know it (RFC
//! 6891 §7).

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hickory_resolver::proto::op::Message;
use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::datagram::{Answer, LaneSlot, Sockets};
use super::query::{self, Edns, Query};
use super::standing::{Failure, Standing};
use super::{Stopwatch, stream};

/// TCP connections open at once.
const STREAMS: usize = 32;

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
    lane: LaneSlot,
    /// Learned once, so that the server is not asked everything twice.
    refuses_edns: AtomicBool,
}

impl Plain {
    pub(super) fn new(address: SocketAddr, standing: Arc<Standing>) -> Self {
        Self { address, lane: LaneSlot::new(address, standing), refuses_edns: AtomicBool::new(false) }
    }

    /// The reply to one question; without EDNS where that is what the server wants.
    pub(super) async fn ask(
        &self,
        query: &Query,
        patience: Duration,
        room: &Room,
        watch: &mut Stopwatch,
    ) -> Result<Box<Message>, Failure> {
        let known = self.refuses_edns.load(Ordering::Relaxed);
        let edns = if known { Edns::Without } else { Edns::With };
        let first = self.exchange(query, edns, patience, patience, room, watch).await?;
        if known || !query::refuses_edns(&first) {
            return Ok(first);
        }
        let left = at_least_half(patience, watch);
        let mut again = Stopwatch::start();
        match self.exchange(query, Edns::Without, left, patience, room, &mut again).await {
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

    /// One question by UDP within `udp_patience`, then by TCP where the answer was cut.
    async fn exchange(
        &self,
        query: &Query,
        edns: Edns,
        udp_patience: Duration,
        patience: Duration,
        room: &Room,
        watch: &mut Stopwatch,
    ) -> Result<Box<Message>, Failure> {
        let answer = self.lane.ask(query, edns, udp_patience, &room.sockets, watch).await?;
        match answer {
            Answer::Message(message) => Ok(message),
            Answer::Truncated => {
                let left = at_least_half(patience, watch);
                // Never closed, so a permit always comes; waiting for it is not the server's delay.
                let _permit = room.streams.acquire().await;
                stream::ask(self.address, query, edns, Instant::now() + left).await
            }
        }
    }
}

/// What is left of the time of one try, but enough for a new start.
fn at_least_half(patience: Duration, watch: &Stopwatch) -> Duration {
    patience.saturating_sub(watch.elapsed()).max(patience / 2)
}
