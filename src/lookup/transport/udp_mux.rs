//! Sends many questions over one UDP socket.
//!
//! A [`UdpMux`] is a socket with a table of the questions in flight, by message id. On a socket connected to one
//! server, the kernel drops packets from elsewhere and reports a closed port; an unconnected one may hold questions to
//! any server. Each task sends its own question and removes its entry when it gives up; one reader task receives
//! packets in batches, repeats unanswered questions, and ends those that get no answer. The socket closes after it has
//! been idle for a while, and accepts no more questions once it is old, so that its port is not in use long enough to
//! be guessed.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::sync::{Notify, OwnedSemaphorePermit, oneshot};
use tokio::time::{Instant, sleep_until};

use super::failure::Failure;
use super::health::lock;
use super::in_flight::{Age, Entered, InFlight, Load};
use super::waiting::{OutgoingQuery, QueryResult};

/// The size limit of a datagram, in octets; some servers ignore the advertised size.
const BUFFER: usize = 4096;
/// The number of packets that are read before other tasks run.
const BATCH: usize = 64;

/// One socket and the questions in flight over it.
#[derive(Debug)]
pub(super) struct UdpMux {
    socket: UdpSocket,
    reach: Reach,
    table: Mutex<InFlight>,
    /// Notifies the reader of a question that is due before its next wakeup.
    stirred: Notify,
    _permit: Option<OwnedSemaphorePermit>,
}

/// The peers that a socket can exchange packets with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// The server that it is connected to.
    One,
    /// Any server.
    All,
}

impl UdpMux {
    pub(super) fn new(socket: UdpSocket, reach: Reach, permit: Option<OwnedSemaphorePermit>) -> Self {
        let (table, stirred) = (Mutex::new(InFlight::new()), Notify::new());
        Self { socket, reach, table, stirred, _permit: permit }
    }

    /// Returns the load; `None` if the socket has closed for good.
    pub(super) fn load(&self, age: Age, now: Instant) -> Option<Load> {
        lock(&self.table).load(age, now)
    }

    /// Sends a question and waits for its result; `None` if the socket has closed, or is full.
    pub(super) async fn ask(self: &Arc<Self>, outgoing: &OutgoingQuery<'_>) -> Option<QueryResult> {
        let (mut entry, octets) = self.enter(outgoing)?;
        let failed = |failure| QueryResult { result: Err(failure), sends: 1, case: None };
        let mut sent = self.send(&octets, outgoing.server);
        if sent.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock) {
            // Rare: boxed so that tasks that need not wait do not reserve its space.
            sent = Box::pin(self.send_when_ready(&octets, outgoing.server)).await;
        }
        drop(octets);
        if let Err(error) = sent {
            let error = refusal(error);
            let failure = Failure::io(&error);
            // The refusal of an earlier packet is reported here or to the reader, and concerns all questions.
            if self.reach == Reach::One && error.kind() == io::ErrorKind::ConnectionRefused {
                self.fail(&failure);
            }
            return Some(failed(failure));
        }
        // The reader drops its sender without a result only when the transport ends.
        Some((&mut entry.receiver).await.unwrap_or_else(|_| failed(Failure::timeout())))
    }

    /// Enters a question into the table; `None` if the socket has closed, or is full.
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

    /// Waits for a packet, or for the refusal of an earlier one. A refusal is an error or, where the error is lost, as
    /// under Wine, a socket that is closed for reading. Such a socket stays closed, so waiting for it again would end
    /// at once every time.
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

    /// Processes the first packet and those already received, up to one batch.
    fn take_in_all(&self, first: io::Result<(usize, SocketAddr)>, buffer: &mut [u8]) -> io::Result<()> {
        let mut received = first;
        for _ in 1..BATCH {
            match received {
                Ok((length, from)) => self.take_in(&buffer[..length], from),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) if is_too_long(&error) => {}
                Err(error) if self.reach == Reach::One => return Err(refusal(error)),
                // An error for one packet to one of many servers, which cannot be attributed.
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

    /// Repeats or ends the questions that are due.
    fn repeat_due(&self) {
        lock(&self.table).repeat_due(|octets, server| self.send(octets, server));
    }

    /// Ends all questions in flight; the socket accepts no more.
    fn fail(&self, failure: &Failure) {
        lock(&self.table).fail(failure);
    }
}

/// The error of a port without a listener. Windows reports it as a connection reset, although datagrams have no
/// connection.
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
        // Also after packets: if they never cease, the timeout branch never runs.
        let now = Instant::now();
        if now >= wake {
            mux.repeat_due();
        }
        if now >= check {
            // Closes only if idle twice in a row, so that a late reply has at least this long to arrive.
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

/// One question in flight; its id is released when this is dropped.
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
