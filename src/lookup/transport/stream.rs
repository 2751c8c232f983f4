//! Sends one query over TCP.
//!
//! Used if UDP had to truncate the answer. A connection carries one question: such answers are rare, and servers differ
//! in how they handle a second one.

use std::hash::{BuildHasher, RandomState};
use std::io;
use std::net::SocketAddr;

use hickory_resolver::proto::op::Message;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};

use super::failure::{Failure, FailureScope, io_words, is_local_limit};
use super::query::{self, CaseRandomization, Edns, Query, ReplyMatch};

/// Connects, asks and reads until the reply is complete or the time is over.
pub(super) async fn ask(
    server: SocketAddr,
    query: Query<'_>,
    edns: Edns,
    deadline: Instant,
) -> Result<Box<Message>, Failure> {
    match timeout_at(deadline, exchange(server, query, edns)).await {
        Ok(Ok(result)) => result,
        Ok(Err(error)) if is_local_limit(&error) => Err(Failure::io(&error)),
        Ok(Err(error)) if error.kind() != io::ErrorKind::TimedOut => {
            // The server did answer over UDP, so the next query may be answered too.
            let reason = format!("the answer needs TCP: {}", io_words(&error));
            Err(Failure::unreachable(reason, FailureScope::Query))
        }
        Ok(Err(_)) | Err(_) => Err(Failure {
            reason: "the answer needs TCP, and the server sent none".into(),
            ..Failure::timeout()
        }),
    }
}

async fn exchange(
    server: SocketAddr,
    query: Query<'_>,
    edns: Edns,
) -> io::Result<Result<Box<Message>, Failure>> {
    let mut stream = TcpStream::connect(server).await?;
    // The connection already separates this question from others; a random id simply costs nothing.
    let id = RandomState::new().hash_one(()) as u16;
    let packet = query.write(id, edns, CaseRandomization::Lower);
    let octets = packet.octets();
    // A question has fewer than 300 octets, so the cast is exact. One write, because some servers read the length and
    // the message as one segment (RFC 7766 §8).
    let framed = [&(octets.len() as u16).to_be_bytes()[..], octets].concat();
    stream.write_all(&framed).await?;
    let mut reply = Vec::new();
    loop {
        let length = stream.read_u16().await?;
        reply.resize(usize::from(length), 0);
        stream.read_exact(&mut reply).await?;
        if query::id(&reply) != Some(id) {
            continue;
        }
        return Ok(match packet.assess(&reply) {
            ReplyMatch::NoReply | ReplyMatch::OtherQuestion | ReplyMatch::OtherCase => continue,
            ReplyMatch::Undecodable => Err(Failure::malformed("the response over TCP cannot be decoded")),
            ReplyMatch::Truncated => Err(Failure::malformed("the response is truncated even over TCP")),
            ReplyMatch::Reply(message) => Ok(message),
        });
    }
}
