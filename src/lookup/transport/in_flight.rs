//! Tracks the questions in flight over one socket, and matches replies to them.
//!
//! It does no I/O: the owner of the socket passes in received packets and sends the returned ones.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, BuildHasherDefault, Hasher, RandomState};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::Instant;

use super::failure::Failure;
use super::health::ZoneHealth;
use super::query::{self, CaseRandomization, ReplyMatch};
use super::waiting::{Answer, Case, OutgoingQuery, QueryResult, RejectedReply, SENDS, Waiting};

/// The highest number of questions in flight: if all ids were taken, a draw would never end.
const CAPACITY: usize = 1 << 14;
/// The number of questions that are repeated at once; further ones follow a millisecond or more later.
const REPEATS: u64 = 32;
/// The highest number of abandoned questions that are remembered.
const GIVEN_UP: usize = 1 << 10;

/// The age up to which a socket accepts questions: its port and its traffic become easier to guess over time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Age {
    pub(super) questions: u64,
    pub(super) time: Duration,
}

/// The availability of a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Load {
    /// It accepts queries, and has this many in flight.
    Young { in_flight: usize },
    /// Its port has been in use for too long: it is used only if no other socket can be opened.
    Old,
}

/// A question that was entered into the table.
pub(super) struct Entered {
    pub(super) id: u16,
    /// Distinguishes it from other questions with the same id.
    pub(super) serial: u64,
    /// The packet to send.
    pub(super) octets: Vec<u8>,
    /// True if it is due before all others.
    pub(super) is_first_due: bool,
}

/// The questions in flight over one socket.
#[derive(Debug)]
pub(super) struct InFlight {
    open: bool,
    born: Instant,
    /// The number of questions so far, which also numbers them.
    serial: u64,
    /// Keyed with randomness of the operating system: see [`InFlight::draw_id`].
    randomness: RandomState,
    waiting: HashMap<u16, Waiting, Ids>,
    /// Abandoned questions: a late reply to one still shows that the server answers.
    given_up: HashMap<u16, (SocketAddr, Arc<ZoneHealth>), Ids>,
    /// The questions to repeat or end, by due time in milliseconds since the birth; answered ones remain until then.
    dues: BTreeMap<u64, Vec<(u16, u64)>>,
    /// The time until which the reader sleeps, in milliseconds since the birth.
    armed: u64,
}

/// Ids are random, so their own bits serve as the hash; they are spread over the upper bits too.
#[derive(Debug, Default)]
struct IdHasher(u64);

type Ids = BuildHasherDefault<IdHasher>;

impl Hasher for IdHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, octets: &[u8]) {
        octets.iter().for_each(|octet| self.write_u16(u16::from(*octet)));
    }

    fn write_u16(&mut self, id: u16) {
        // Fibonacci hashing: 2⁶⁴ divided by the golden ratio.
        self.0 = (self.0 ^ u64::from(id)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

impl InFlight {
    pub(super) fn new() -> Self {
        Self {
            open: true,
            born: Instant::now(),
            serial: 0,
            randomness: RandomState::new(),
            waiting: HashMap::default(),
            given_up: HashMap::default(),
            dues: BTreeMap::new(),
            armed: u64::MAX,
        }
    }

    /// Returns the load; `None` if no more queries are accepted, for good.
    pub(super) fn load(&self, age: Age, now: Instant) -> Option<Load> {
        let is_old = self.serial >= age.questions || now.saturating_duration_since(self.born) >= age.time;
        let in_flight = self.waiting.len();
        self.open.then_some(if is_old { Load::Old } else { Load::Young { in_flight } })
    }

    /// Enters a question; `None` if no more are accepted.
    pub(super) fn enter(
        &mut self,
        outgoing: &OutgoingQuery<'_>,
        sender: oneshot::Sender<QueryResult>,
    ) -> Option<Entered> {
        let OutgoingQuery { query, edns, case, server, health, patience } = *outgoing;
        if !self.open || self.waiting.len() >= CAPACITY {
            return None;
        }
        self.serial += 1;
        let (id, serial) = (self.draw_id(), self.serial);
        let packet = query.write(id, edns, self.draw_letters(case));
        let octets = packet.octets().to_vec();
        let waiting = Waiting {
            serial,
            server,
            health: Arc::clone(health),
            packet,
            case,
            start: self.at(Instant::now()),
            patience,
            sends: 1,
            is_lowered: false,
            sender,
            strange: None,
        };
        self.waiting.insert(id, waiting);
        let is_first_due = self.schedule(id);
        Some(Entered { id, serial, octets, is_first_due })
    }

    /// Processes one packet.
    pub(super) fn take_in(&mut self, packet: &[u8], from: SocketAddr) {
        let Some(id) = query::id(packet) else { return };
        let Some(waiting) = self.waiting.get_mut(&id) else {
            if let Some((server, health)) = self.given_up.get(&id)
                && is_same(*server, from)
            {
                health.note_answer();
                self.given_up.remove(&id);
            }
            return;
        };
        if !is_same(waiting.server, from) {
            return;
        }
        let answer = match waiting.packet.assess(packet) {
            ReplyMatch::NoReply => return,
            ReplyMatch::OtherQuestion => {
                waiting.strange = waiting.strange.max(Some(RejectedReply::OtherQuestion));
                return;
            }
            ReplyMatch::OtherCase if waiting.case == Case::Kept => {
                waiting.strange = waiting.strange.max(Some(RejectedReply::OtherCase));
                return;
            }
            ReplyMatch::OtherCase => Answer::OtherCase,
            ReplyMatch::Undecodable => {
                waiting.strange = Some(RejectedReply::Undecodable);
                waiting.health.note_answer();
                return;
            }
            ReplyMatch::Truncated => Answer::Truncated,
            ReplyMatch::Reply(message) => Answer::Message(message),
        };
        if let Some(waiting) = self.waiting.remove(&id) {
            waiting.end(Ok(answer));
        }
    }

    /// Sends due questions again, and ends those whose time is over.
    pub(super) fn repeat_due(&mut self, send: impl Fn(&[u8], SocketAddr) -> io::Result<usize>) {
        let now = self.at(Instant::now());
        let mut repeated = 0;
        while let Some(id) = self.next_due(now) {
            let Some(waiting) = self.waiting.get_mut(&id) else { continue };
            if waiting.sends >= SENDS {
                let serial = waiting.serial;
                if let Some(waiting) = self.give_up(id, serial) {
                    let failure = waiting.silence();
                    waiting.end(Err(failure));
                }
                continue;
            }
            // Packets that were lost together would be lost together again.
            repeated += 1;
            if repeated > REPEATS {
                let due = now + 1 + repeated / REPEATS;
                self.dues.entry(due).or_default().push((id, waiting.serial));
                continue;
            }
            waiting.sends += 1;
            // Some servers, or devices in front of them, may not handle mixed case.
            if waiting.sends == SENDS {
                waiting.packet.lower();
                waiting.is_lowered = true;
            }
            match send(waiting.packet.octets(), waiting.server) {
                Err(error) if error.kind() != io::ErrorKind::WouldBlock => {
                    if let Some(waiting) = self.waiting.remove(&id) {
                        waiting.end(Err(Failure::io(&error)));
                    }
                }
                // A packet for which the system has no room counts as lost on the way.
                Ok(_) | Err(_) => {
                    self.schedule(id);
                }
            }
        }
    }

    /// Ends all questions in flight; no more are accepted.
    pub(super) fn fail(&mut self, failure: &Failure) {
        self.open = false;
        for (_, waiting) in self.waiting.drain() {
            waiting.end(Err(failure.clone()));
        }
    }

    /// Returns the time until which the reader may sleep, and records it: the first due time, or `otherwise`.
    pub(super) fn arm(&mut self, otherwise: Instant) -> Instant {
        let otherwise = self.at(otherwise);
        self.armed = self.dues.first_key_value().map_or(otherwise, |(due, _)| otherwise.min(*due));
        self.born + Duration::from_millis(self.armed)
    }

    /// Returns the number of questions so far if none is in flight; `None` if one is.
    pub(super) fn idle(&self) -> Option<u64> {
        self.waiting.is_empty().then_some(self.serial)
    }

    /// Stops accepting questions.
    pub(super) fn close(&mut self) {
        self.open = false;
    }

    /// Returns an id that no off-path attacker can guess and that no open question has.
    ///
    /// SipHash is a keyed pseudo-random function: hashing a counter under a key from the operating system gives numbers
    /// that are as hard to predict as the key, without another dependency.
    fn draw_id(&mut self) -> u16 {
        let mut attempt = 0u32;
        loop {
            let id = self.randomness.hash_one((self.serial, attempt)) as u16;
            if !self.waiting.contains_key(&id) {
                return id;
            }
            attempt += 1;
        }
    }

    /// Returns random bits for the letter case of a question.
    fn draw_letters(&self, case: Case) -> CaseRandomization {
        match case {
            Case::Untried | Case::Kept => {
                CaseRandomization::Mixed(self.randomness.hash_one((self.serial, "letters")))
            }
            Case::Lost => CaseRandomization::Lower,
        }
    }

    /// Returns milliseconds since the birth, rounded up, so that nothing happens too early.
    fn at(&self, time: Instant) -> u64 {
        let micros = time.saturating_duration_since(self.born).as_micros();
        u64::try_from(micros.div_ceil(1000)).unwrap_or(u64::MAX)
    }

    /// Schedules the next check of this question; returns whether that is before the reader wakes.
    fn schedule(&mut self, id: u16) -> bool {
        let Some(waiting) = self.waiting.get(&id) else { return false };
        let after = (waiting.patience * waiting.sends / SENDS).as_micros().div_ceil(1000);
        let due = waiting.start.saturating_add(u64::try_from(after).unwrap_or(u64::MAX));
        self.dues.entry(due).or_default().push((id, waiting.serial));
        due < self.armed
    }

    /// Returns the next question that is due.
    fn next_due(&mut self, now: u64) -> Option<u16> {
        loop {
            let mut first = self.dues.first_entry().filter(|first| *first.key() <= now)?;
            match first.get_mut().pop() {
                Some((id, serial)) if self.waiting.get(&id).is_some_and(|one| one.serial == serial) => {
                    return Some(id);
                }
                Some(_) => {}
                None => drop(first.remove()),
            }
        }
    }

    /// Removes a question from the table, unless its id has been reused.
    pub(super) fn give_up(&mut self, id: u16, serial: u64) -> Option<Waiting> {
        if self.waiting.get(&id).is_none_or(|waiting| waiting.serial != serial) {
            return None;
        }
        let waiting = self.waiting.remove(&id)?;
        if self.given_up.len() >= GIVEN_UP {
            self.given_up.clear();
        }
        self.given_up.insert(id, (waiting.server, Arc::clone(&waiting.health)));
        Some(waiting)
    }
}

/// Returns whether the address is that of the server; the zone of an IPv6 address is ignored.
fn is_same(server: SocketAddr, from: SocketAddr) -> bool {
    server.port() == from.port() && server.ip() == from.ip()
}
