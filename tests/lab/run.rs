//! How do the servers of a lab listen?

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc;

use super::message::{Sent, reply};
use super::{Say, State, Via, World};

pub(super) async fn udp(socket: std::net::UdpSocket, state: Arc<Mutex<State>>, world: World) {
    let socket = Arc::new(tokio::net::UdpSocket::from_std(socket).unwrap());
    let mut buffer = [0; 4096];
    loop {
        // Errors are those of earlier packets to clients that are gone.
        let Ok((length, from)) = socket.recv_from(&mut buffer).await else { continue };
        for sent in reply(&buffer[..length], from, Via::Udp, &state, &world) {
            let (delay, octets, socket) = match sent {
                Sent::Octets(delay, octets) => (delay, octets, Arc::clone(&socket)),
                Sent::OtherPort(delay, octets) => {
                    let ip = socket.local_addr().unwrap().ip();
                    let Ok(other) = tokio::net::UdpSocket::bind((ip, 0)).await else { continue };
                    (delay, octets, Arc::new(other))
                }
                Sent::Close(_) | Sent::Status(..) | Sent::Stalled(..) | Sent::Reset(..) => continue,
            };
            if delay.is_zero() {
                let _ = socket.send_to(&octets, from).await;
                continue;
            }
            tokio::spawn(async move {
                tokio::time::sleep(delay).await;
                let _ = socket.send_to(&octets, from).await;
            });
        }
    }
}

pub(super) async fn tcp(listener: std::net::TcpListener, state: Arc<Mutex<State>>, world: World) {
    let listener = tokio::net::TcpListener::from_std(listener).unwrap();
    loop {
        let Ok((stream, from)) = listener.accept().await else { continue };
        state.lock().unwrap().connections += 1;
        if is_reset(&state.lock().unwrap()) {
            // Whatever closes it then resets it.
            stream.set_zero_linger().unwrap();
        }
        tokio::spawn(frames(stream, from, Via::Tcp, Arc::clone(&state), Arc::clone(&world)));
    }
}

fn is_reset(state: &State) -> bool {
    matches!(state.say_over_streams.as_ref().unwrap_or(&state.say), Say::Reset)
        || state.say_to.iter().any(|(_, _, say)| matches!(say, Say::Reset))
}

/// What is written to a stream: octets behind a length, and whether anything may follow.
struct Part {
    length: usize,
    octets: Vec<u8>,
    then: Then,
}

enum Then {
    More,
    /// The end of what is sent.
    End,
    /// Nothing is ended; the connection is let go as it is.
    LetGo,
}

impl Part {
    const END: Self = Self { length: 0, octets: Vec::new(), then: Then::End };
}

/// Serves messages with a length in front (RFC 1035 §4.2.2) until either side ends.
pub(super) async fn frames(
    stream: impl AsyncRead + AsyncWrite + Send + 'static,
    from: std::net::SocketAddr,
    via: Via,
    state: Arc<Mutex<State>>,
    world: World,
) {
    let (mut reader, mut writer) = tokio::io::split(stream);
    // Delayed replies overtake each other, so one task writes what others bring; nothing means the end.
    let (sender, mut receiver) = mpsc::unbounded_channel::<Part>();
    let read = async {
        while let Ok(length) = reader.read_u16().await {
            let mut packet = vec![0; usize::from(length)];
            if reader.read_exact(&mut packet).await.is_err() {
                break;
            }
            for sent in reply(&packet, from, via, &state, &world) {
                let sender = sender.clone();
                let close = state.lock().unwrap().close_after_reply;
                let part = |length, octets, then| Part { length, octets, then };
                let (delay, part) = match sent {
                    Sent::Octets(delay, octets) => (delay, part(octets.len(), octets, Then::More)),
                    Sent::Stalled(delay, octets) => (delay, part(octets.len() * 2 + 7, octets, Then::More)),
                    Sent::Reset(delay, octets) => (delay, part(octets.len() * 2 + 7, octets, Then::LetGo)),
                    Sent::Close(delay) => (delay, Part::END),
                    Sent::Status(..) | Sent::OtherPort(..) => continue,
                };
                tokio::spawn(async move {
                    tokio::time::sleep(delay).await;
                    let _ = sender.send(part);
                    if close {
                        let _ = sender.send(Part::END);
                    }
                });
            }
        }
    };
    let write = async {
        while let Some(Part { length, octets, then }) = receiver.recv().await {
            if matches!(then, Then::End) {
                break;
            }
            let framed = [&(length as u16).to_be_bytes()[..], &octets].concat();
            if writer.write_all(&framed).await.is_err() || writer.flush().await.is_err() {
                break;
            }
            if matches!(then, Then::LetGo) {
                return;
            }
        }
        let _ = writer.shutdown().await;
    };
    tokio::select! { () = read => {}, () = write => {} }
}
