//! Keeps the questions in flight over one socket, and matches replies to them.
//!
//! It does no I/O: the owner of the socket passes in what it receives and sends what is handed out.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, BuildHasherDefault, Hasher, RandomState};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::Instant;

use super::health::{Failure, ZoneHealth};
use super::query::{self, CaseRandomization, ReplyMatch};
use super::waiting::{Answer, Case, OutgoingQuery, QueryResult, RejectedReply, SENDS, Waiting};

/// Questions in flight at most: with all ids taken a draw would never end.
const CAPACITY: usize = 1 << 14;
/// Questions that are sent again within a millisecond or two at most.
const REPEATS: u64 = 32;
/// Questions that were given up and are remembered.
const GIVEN_UP: usize = 1 << 10;

/// How long a lane takes questions: its port and what is seen of it get easier to guess.
#[derive(Debug, Clone, Copy)]
pub(super) struct Age {
    pub(super) questions: u64,
    pub(super) time: Duration,
}

/// How a socket can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Load {
    /// It takes queries, and has this many in flight.
    Young { in_flight: usize },
    /// Its port has been in use for too long: it is used only where no other socket can be opened.
    Old,
}

/// A question that has been entered.
pub(super) struct Entered {
    pub(super) id: u16,
    /// Tells it from others that have had the same id.
    pub(super) serial: u64,
    /// What to send.
    pub(super) octets: Vec<u8>,
    /// Whether it is due before all others.
    pub(super) is_first_due: bool,
}

/// The questions in flight over one socket.
#[derive(Debug)]
pub(super) struct InFlight {
    open: bool,
    born: Instant,
    /// Counts all questions of this lane.
    serial: u64,
    /// Keyed by the operating system's randomness: see [`InFlight::draw_id`].
    randomness: RandomState,
    waiting: HashMap<u16, Waiting, Ids>,
    /// Questions that were given up: a late reply to one is still a sign of life.
    given_up: HashMap<u16, (SocketAddr, Arc<ZoneHealth>), Ids>,
    /// What is to be repeated or ended when, in milliseconds since the birth; answered ones are left in.
    dues: BTreeMap<u64, Vec<(u16, u64)>>,
    /// Until when the reader sleeps.
    armed: u64,
}

/// Ids are random, so their own bits serve as the hash; they are spread over the upper ones too.
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
        // Fibonacci hashing: the golden ratio of 2⁶⁴.
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

    /// How much is in flight; `None` if no more queries are taken, for good.
    pub(super) fn load(&self, age: Age, now: Instant) -> Option<Load> {
        let is_old = self.serial >= age.questions || now.saturating_duration_since(self.born) >= age.time;
        let in_flight = self.waiting.len();
        self.open.then_some(if is_old { Load::Old } else { Load::Young { in_flight } })
    }

    /// Enters a question; `None` if no more are taken.
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

    /// Takes in one packet.
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

    /// Hands out the questions that are to be sent again, and ends those whose time is over.
    pub(super) fn look_at_dues(&mut self, send: impl Fn(&[u8], SocketAddr) -> io::Result<usize>) {
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
            // What was lost together would be lost together again.
            repeated += 1;
            if repeated > REPEATS {
                let due = now + 1 + repeated / REPEATS;
                self.dues.entry(due).or_default().push((id, waiting.serial));
                continue;
            }
            waiting.sends += 1;
            // There may be servers, and boxes in front of them, that do not bear mixed letters.
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
                // What the system has no room for just now is as good as lost on the way.
                Ok(_) | Err(_) => {
                    self.schedule(id);
                }
            }
        }
    }

    /// Ends all questions in flight; no more are taken.
    pub(super) fn fail(&mut self, failure: &Failure) {
        self.open = false;
        for (_, waiting) in self.waiting.drain() {
            waiting.end(Err(failure.clone()));
        }
    }

    /// Until when the reader may sleep: the first due, or `otherwise`.
    pub(super) fn arm(&mut self, otherwise: Instant) -> Instant {
        let otherwise = self.at(otherwise);
        self.armed = self.dues.first_key_value().map_or(otherwise, |(due, _)| otherwise.min(*due));
        self.born + Duration::from_millis(self.armed)
    }

    /// After how many questions nothing is in flight; `None` if something is.
    pub(super) fn idle(&self) -> Option<u64> {
        self.waiting.is_empty().then_some(self.serial)
    }

    /// Takes no more questions.
    pub(super) fn close(&mut self) {
        self.open = false;
    }

    /// An id that no one off the path can guess and that no open question has.
    ///
    /// SipHash is a keyed pseudo-random function: hashing a counter under a key that the operating system
    /// drew gives numbers which are as hard to foretell as the key, without one more dependency.
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

    /// Random bits for the letters of a question.
    fn draw_letters(&self, case: Case) -> CaseRandomization {
        match case {
            Case::Untried | Case::Kept => {
                CaseRandomization::Mixed(self.randomness.hash_one((self.serial, "letters")))
            }
            Case::Lost => CaseRandomization::Lower,
        }
    }

    /// Milliseconds since the birth, rounded up: nothing happens before its time.
    fn at(&self, time: Instant) -> u64 {
        let micros = time.saturating_duration_since(self.born).as_micros();
        u64::try_from(micros.div_ceil(1000)).unwrap_or(u64::MAX)
    }

    /// Notes when this question has to be checked next; whether that is before the reader wakes.
    fn schedule(&mut self, id: u16) -> bool {
        let Some(waiting) = self.waiting.get(&id) else { return false };
        let after = (waiting.patience * waiting.sends / SENDS).as_micros().div_ceil(1000);
        let due = waiting.start.saturating_add(u64::try_from(after).unwrap_or(u64::MAX));
        self.dues.entry(due).or_default().push((id, waiting.serial));
        due < self.armed
    }

    /// The next question whose time has come by now.
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

    /// Takes a question off the table, unless its id is another's by now.
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

/// Returns whether the address is that server's; the zone of an IPv6 address may be given or not.
fn is_same(server: SocketAddr, from: SocketAddr) -> bool {
    server.port() == from.port() && server.ip() == from.ip()
}
