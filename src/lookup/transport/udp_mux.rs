//! Sends many questions over one UDP socket.
//!
//! A [`UdpMux`] is a socket with a table of the questions in flight by message id. Where it is connected to one server,
//! the kernel drops what comes from elsewhere and reports a closed port; one that is not may hold questions to any
//! server. Each asker sends for itself and takes its entry back when it gives up; one task reads what comes, in
//! batches, repeats what was not answered, and ends what never is. It closes when it has been idle for a while, and
//! takes no more questions once it has become old, so that its port is not there to be guessed for long.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::sync::{Notify, OwnedSemaphorePermit, oneshot};
use tokio::time::{Instant, sleep_until};

use super::health::{Failure, lock};
use super::in_flight::{Age, Entered, InFlight, Load};
use super::waiting::{OutgoingQuery, QueryResult};

/// Octets of the largest datagram that is read; servers that ignore the advertised size exist.
const BUFFER: usize = 4096;
/// Packets that are read before others get their turn.
const BATCH: usize = 64;

/// One socket and the questions in flight over it.
#[derive(Debug)]
pub(super) struct UdpMux {
    socket: UdpSocket,
    reach: Reach,
    table: Mutex<InFlight>,
    /// Tells the reader that something is due earlier than it thinks.
    stirred: Notify,
    _permit: Option<OwnedSemaphorePermit>,
}

/// The peers that a socket can exchange packets with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// The server that it is connected to.
    One,
    /// Everybody.
    All,
}

impl UdpMux {
    pub(super) fn new(socket: UdpSocket, reach: Reach, permit: Option<OwnedSemaphorePermit>) -> Self {
        let (table, stirred) = (Mutex::new(InFlight::new()), Notify::new());
        Self { socket, reach, table, stirred, _permit: permit }
    }

    /// How much is in flight; `None` if it takes no more, for good.
    pub(super) fn load(&self, age: Age, now: Instant) -> Option<Load> {
        lock(&self.table).load(age, now)
    }

    /// Sends a question and waits for what becomes of it; `None` if the mux has closed, or is full.
    pub(super) async fn ask(self: &Arc<Self>, outgoing: &OutgoingQuery<'_>) -> Option<QueryResult> {
        let (mut entry, octets) = self.enter(outgoing)?;
        let failed = |failure| QueryResult { result: Err(failure), sends: 1, case: None };
        let mut sent = self.send(&octets, outgoing.server);
        if sent.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock) {
            // Rare, so whoever does not have to wait needs no room for it.
            sent = Box::pin(self.send_when_ready(&octets, outgoing.server)).await;
        }
        drop(octets);
        if let Err(error) = sent {
            let error = refusal(error);
            let failure = Failure::io(&error);
            // A refusal of an earlier packet is reported here or to the reader, and concerns everybody.
            if self.reach == Reach::One && error.kind() == io::ErrorKind::ConnectionRefused {
                self.fail(&failure);
            }
            return Some(failed(failure));
        }
        // Without a word the reader ends with the transport only.
        Some((&mut entry.receiver).await.unwrap_or_else(|_| failed(Failure::timeout())))
    }

    /// Enters a question into the table; `None` if the mux has closed, or is full.
    fn enter(self: &Arc<Self>, outgoing: &OutgoingQuery<'_>) -> Option<(Entry, Vec<u8>)> {
        let (sender, receiver) = oneshot::channel();
        let Entered { id, serial, octets, is_first_due } = lock(&self.table).enter(outgoing, sender)?;
        if is_first_due {
            self.stirred.notify_one();
        }
        Some((Entry { mux: Arc::clone(self), id, serial, receiver }, octets))
    }

    /// Waits for a packet, or for the refusal of an earlier one.
    #[cfg(not(windows))]
    async fn receive(&self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        // Wakes for a refused connection, which `readable` does not.
        self.socket.recv_from(buffer).await
    }

    /// Waits for a packet, or for the refusal of an earlier one: an error, or, where the error was lost, as under Wine, a
    /// socket that is closed for reading. It stays so, and waiting for a packet would never wait again.
    #[cfg(windows)]
    async fn receive(&self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        if self.reach == Reach::All {
            return self.socket.recv_from(buffer).await;
        }
        loop {
            let ready = self.socket.ready(tokio::io::Interest::READABLE).await?;
            match self.socket.try_recv_from(buffer) {
                Err(error) if error.kind() != io::ErrorKind::WouldBlock => return Err(error),
                Err(_) if ready.is_read_closed() => return Err(io::ErrorKind::ConnectionRefused.into()),
                Err(_) => {}
                Ok(received) => return Ok(received),
            }
        }
    }

    /// Takes in the first packet and those that are there already, but no more than a batch.
    fn take_in_all(&self, first: io::Result<(usize, SocketAddr)>, buffer: &mut [u8]) -> io::Result<()> {
        let mut received = first;
        for _ in 1..BATCH {
            match received {
                Ok((length, from)) => self.take_in(&buffer[..length], from),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) if is_too_long(&error) => {}
                Err(error) if self.reach == Reach::One => return Err(refusal(error)),
                // An error of one packet to one of many servers, which cannot be told from others.
                Err(_) => {}
            }
            received = self.socket.try_recv_from(buffer);
        }
        if let Ok((length, from)) = received {
            self.take_in(&buffer[..length], from);
        }
        Ok(())
    }

    fn take_in(&self, packet: &[u8], from: SocketAddr) {
        lock(&self.table).take_in(packet, from);
    }

    fn send(&self, octets: &[u8], server: SocketAddr) -> io::Result<usize> {
        match self.reach {
            Reach::One => self.socket.try_send(octets),
            Reach::All => self.socket.try_send_to(octets, server),
        }
    }

    async fn send_when_ready(&self, octets: &[u8], server: SocketAddr) -> io::Result<usize> {
        match self.reach {
            Reach::One => self.socket.send(octets).await,
            Reach::All => self.socket.send_to(octets, server).await,
        }
    }

    /// Repeats or ends the questions whose time has come.
    fn look_at_dues(&self) {
        lock(&self.table).look_at_dues(|octets, server| self.send(octets, server));
    }

    /// Ends all questions in flight; the mux takes no more.
    fn fail(&self, failure: &Failure) {
        lock(&self.table).fail(failure);
    }
}

/// The error of a port where no program listens. Windows reports it as a reset, which a datagram does not have.
fn refusal(error: io::Error) -> io::Error {
    match error.kind() {
        io::ErrorKind::ConnectionReset => io::ErrorKind::ConnectionRefused.into(),
        _ => error,
    }
}

/// Returns whether a packet was longer than the buffer, which Windows reports as an error (`WSAEMSGSIZE`) and other systems
/// cut.
fn is_too_long(error: &io::Error) -> bool {
    cfg!(windows) && error.raw_os_error() == Some(10_040)
}

/// Reads until the socket fails, or has been idle for `linger`.
pub(super) async fn read(mux: Arc<UdpMux>, linger: Duration) {
    let mut buffer = vec![0; BUFFER];
    let mut idle_at = None;
    let mut check = Instant::now() + linger;
    let sleep = sleep_until(check);
    tokio::pin!(sleep);
    loop {
        let wake = lock(&mux.table).arm(check);
        if sleep.deadline() != wake {
            sleep.as_mut().reset(wake);
        }
        tokio::select! {
            biased;
            first = mux.receive(&mut buffer) => {
                if let Err(error) = mux.take_in_all(first, &mut buffer) {
                    return mux.fail(&Failure::io(&error));
                }
            }
            () = mux.stirred.notified() => continue,
            () = &mut sleep => {}
        }
        // Also after packets: where they never cease to come, nothing else ever would.
        let now = Instant::now();
        if now >= wake {
            mux.look_at_dues();
        }
        if now >= check {
            // Idle twice in a row, so that a reply has at least this long to come late.
            let mut table = lock(&mux.table);
            let serial = table.idle();
            if serial.is_some() && serial == idle_at {
                return table.close();
            }
            idle_at = serial;
            check = now + linger;
        }
    }
}

/// One question in flight; its id is free again when this is dropped.
struct Entry {
    mux: Arc<UdpMux>,
    id: u16,
    serial: u64,
    receiver: oneshot::Receiver<QueryResult>,
}

impl Drop for Entry {
    fn drop(&mut self) {
        drop(lock(&self.mux.table).give_up(self.id, self.serial));
    }
}
