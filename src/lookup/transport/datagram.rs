//! How are many questions to one server asked over one UDP socket?
//!
//! A [`Lane`] is a connected socket, so that the kernel drops what comes from elsewhere and reports a closed
//! port, with a table of the questions in flight by message id. One task reads; each asker sends for itself,
//! repeats itself within its time, and takes its entry back when it gives up. A lane closes when it has been
//! idle for a while, or at once when other servers wait for a socket.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use hickory_resolver::proto::op::Message;
use tokio::net::UdpSocket;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::task::AbortHandle;
use tokio::time::{Instant, timeout, timeout_at};

use super::Stopwatch;
use super::query::{self, Edns, Query, Verdict};
use super::standing::{Failure, Standing, lock};

/// How often a question is sent within its time, at equal distances: one lost packet must not look like a
/// dead server.
const SENDS: u32 = 3;
/// Octets of the largest datagram that is read; servers that ignore the advertised size exist.
const BUFFER: usize = 4096;
/// UDP sockets open at once: well below the usual 256 and 1,024 files of a process.
const SOCKETS: usize = 128;
/// How long the wait for a socket lasts before idle lanes are asked again to close.
const ROOM_CHECK: Duration = Duration::from_millis(20);

/// What came back over UDP.
pub(super) enum Answer {
    /// The reply.
    Message(Box<Message>),
    /// It does not fit: ask again over TCP.
    Truncated,
}

/// The sockets of one transport, counted.
#[derive(Debug, Clone)]
pub(super) struct Sockets {
    permits: Arc<Semaphore>,
    /// Tells idle lanes that somebody waits for a socket.
    wanted: Arc<Notify>,
}

impl Sockets {
    pub(super) fn new() -> Self {
        Self { permits: Arc::new(Semaphore::new(SOCKETS)), wanted: Arc::default() }
    }

    async fn acquire(&self) -> Option<OwnedSemaphorePermit> {
        loop {
            match timeout(ROOM_CHECK, Arc::clone(&self.permits).acquire_owned()).await {
                Ok(permit) => return permit.ok(),
                Err(_) => self.wanted.notify_waiters(),
            }
        }
    }
}

/// The lane to one server, if one is open.
#[derive(Debug)]
pub(super) struct LaneSlot {
    server: SocketAddr,
    standing: Arc<Standing>,
    open: tokio::sync::Mutex<Option<OpenLane>>,
}

#[derive(Debug)]
struct OpenLane {
    lane: Weak<Lane>,
    reader: AbortHandle,
}

impl Drop for OpenLane {
    /// With the transport goes the socket; a reader that has ended is not troubled.
    fn drop(&mut self) {
        self.reader.abort();
    }
}

impl LaneSlot {
    pub(super) fn new(server: SocketAddr, standing: Arc<Standing>) -> Self {
        Self { server, standing, open: tokio::sync::Mutex::default() }
    }

    /// Asks over the open lane, or opens one; the time runs from the first packet on.
    pub(super) async fn ask(
        &self,
        query: &Query,
        edns: Edns,
        patience: Duration,
        sockets: &Sockets,
        watch: &mut Stopwatch,
    ) -> Result<Answer, Failure> {
        loop {
            let lane = self.open(patience, sockets).await?;
            if let Some(entry) = lane.enter(query) {
                watch.restart();
                return entry.ask(query, edns, patience).await;
            }
            // It closed in between, or is full.
            tokio::task::yield_now().await;
        }
    }

    async fn open(&self, patience: Duration, sockets: &Sockets) -> Result<Arc<Lane>, Failure> {
        let mut slot = self.open.lock().await;
        if let Some(lane) = slot.as_ref().and_then(|open| open.lane.upgrade())
            && lock(&lane.table).open
        {
            return Ok(lane);
        }
        // While this one waited for the slot, another may have found out.
        if let Some(failure) = self.standing.given_up() {
            return Err(failure);
        }
        let permit = sockets.acquire().await;
        let connected = async {
            let any: SocketAddr = match self.server {
                SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
                SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
            };
            let socket = UdpSocket::bind(any).await?;
            socket.connect(self.server).await?;
            Ok(socket)
        };
        let lane = Arc::new(Lane {
            socket: connected.await.map_err(|error: io::Error| Failure::io(&error))?,
            table: Mutex::new(Table { open: true, ..Table::default() }),
            standing: Arc::clone(&self.standing),
            _permit: permit,
        });
        let reader = tokio::spawn(read(Arc::clone(&lane), patience, sockets.clone()));
        *slot = Some(OpenLane { lane: Arc::downgrade(&lane), reader: reader.abort_handle() });
        Ok(lane)
    }
}

/// One connected socket and the questions in flight over it.
#[derive(Debug)]
struct Lane {
    socket: UdpSocket,
    table: Mutex<Table>,
    standing: Arc<Standing>,
    _permit: Option<OwnedSemaphorePermit>,
}

#[derive(Debug, Default)]
struct Table {
    open: bool,
    /// Counts all questions of this lane.
    serial: u64,
    /// Keyed by the operating system's randomness: see [`Table::draw_id`].
    randomness: RandomState,
    waiting: HashMap<u16, Waiting>,
    /// Ids of questions that were given up: a late reply to one is still a sign of life.
    given_up: HashSet<u16>,
}

#[derive(Debug)]
struct Waiting {
    serial: u64,
    query: Query,
    sender: oneshot::Sender<Result<Answer, Failure>>,
    strange: Option<Strange>,
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Answer")
    }
}

/// What came with the right id and was no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Strange {
    OtherQuestion,
    Undecodable,
}

impl Table {
    /// An id that nobody off the path can guess and that no open question has.
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
}

impl Lane {
    /// Enters a question into the table; `None` if the lane has closed.
    fn enter(self: &Arc<Self>, query: &Query) -> Option<Entry> {
        let (sender, receiver) = oneshot::channel();
        let mut table = lock(&self.table);
        // With all ids taken a draw would never end; no server is ever asked half as much.
        if !table.open || table.waiting.len() > usize::from(u16::MAX / 2) {
            return None;
        }
        table.serial += 1;
        let (id, serial) = (table.draw_id(), table.serial);
        table.waiting.insert(id, Waiting { serial, query: query.clone(), sender, strange: None });
        Some(Entry { lane: Arc::clone(self), id, serial, receiver })
    }

    /// Takes in one packet.
    fn take_in(&self, packet: &[u8]) {
        let Some(id) = query::id(packet) else { return };
        let mut table = lock(&self.table);
        let Some(waiting) = table.waiting.get_mut(&id) else {
            if table.given_up.remove(&id) {
                self.standing.note_life();
            }
            return;
        };
        let answer = match waiting.query.examine(packet) {
            Verdict::NoReply => return,
            Verdict::OtherQuestion => {
                waiting.strange = waiting.strange.max(Some(Strange::OtherQuestion));
                return;
            }
            Verdict::Undecodable => {
                waiting.strange = Some(Strange::Undecodable);
                self.standing.note_life();
                return;
            }
            Verdict::Truncated => Answer::Truncated,
            Verdict::Reply(message) => Answer::Message(message),
        };
        self.standing.note_life();
        if let Some(waiting) = table.waiting.remove(&id) {
            // The asker may just have given up.
            drop(waiting.sender.send(Ok(answer)));
        }
    }

    /// Ends all questions in flight; the lane takes no more.
    fn fail(&self, failure: &Failure) {
        let mut table = lock(&self.table);
        table.open = false;
        for (_, waiting) in table.waiting.drain() {
            drop(waiting.sender.send(Err(failure.clone())));
        }
    }

    /// After how many questions nothing is in flight; `None` if something is.
    fn idle(&self) -> Option<u64> {
        let table = lock(&self.table);
        table.waiting.is_empty().then_some(table.serial)
    }

    /// Closes if nothing is in flight; whether it did.
    fn close_if_idle(&self) -> bool {
        let mut table = lock(&self.table);
        table.open = !table.waiting.is_empty();
        !table.open
    }
}

/// Reads until the socket fails, has been idle for `linger`, or is idle and wanted elsewhere.
async fn read(lane: Arc<Lane>, linger: Duration, sockets: Sockets) {
    let mut buffer = vec![0; BUFFER];
    let mut idle_at = None;
    loop {
        tokio::select! {
            // `recv` wakes for a refused connection, which `readable` does not.
            received = lane.socket.recv(&mut buffer) => match received {
                Ok(length) => lane.take_in(&buffer[..length]),
                Err(error) => return lane.fail(&Failure::io(&error)),
            },
            () = sockets.wanted.notified() => if lane.close_if_idle() { return },
            () = tokio::time::sleep(linger) => {
                // Idle twice in a row, so that a reply has at least this long to come late.
                let serial = lane.idle();
                if serial.is_some() && serial == idle_at && lane.close_if_idle() {
                    return;
                }
                idle_at = serial;
            }
        }
        if sockets.permits.available_permits() == 0 && lane.close_if_idle() {
            return;
        }
    }
}

/// One question in flight; its id is free again when this is dropped.
struct Entry {
    lane: Arc<Lane>,
    id: u16,
    serial: u64,
    receiver: oneshot::Receiver<Result<Answer, Failure>>,
}

impl Entry {
    async fn ask(mut self, query: &Query, edns: Edns, patience: Duration) -> Result<Answer, Failure> {
        let packet = query.encode(self.id, edns);
        let start = Instant::now();
        for send in 1..=SENDS {
            if let Err(error) = self.lane.socket.send(&packet).await {
                let failure = Failure::io(&error);
                // A refusal of an earlier packet is reported here or to the reader, and concerns everybody.
                if error.kind() == io::ErrorKind::ConnectionRefused {
                    self.lane.fail(&failure);
                }
                return Err(failure);
            }
            match timeout_at(start + patience * send / SENDS, &mut self.receiver).await {
                Ok(Ok(answer)) => return answer,
                // The reader is gone without a word: the transport was dropped.
                Ok(Err(_)) => return Err(Failure::timeout()),
                Err(_) => {}
            }
        }
        Err(match self.withdraw() {
            Some(Strange::Undecodable) => Failure::malformed("the reply cannot be decoded"),
            Some(Strange::OtherQuestion) => {
                Failure { reason: "only a reply to another question came".into(), ..Failure::timeout() }
            }
            None => Failure::timeout(),
        })
    }

    /// Takes the question off the table, unless it was answered and its id is another question's by now.
    fn withdraw(&self) -> Option<Strange> {
        let mut table = lock(&self.lane.table);
        if table.waiting.get(&self.id).is_none_or(|waiting| waiting.serial != self.serial) {
            return None;
        }
        table.given_up.insert(self.id);
        table.waiting.remove(&self.id).and_then(|waiting| waiting.strange)
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.withdraw();
    }
}
