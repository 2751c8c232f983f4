//! Reads a whole zone from one of its name servers (AXFR, RFC 5936).
//!
//! Uses TCP, and a signature if there is a key. Records, octets and time are bounded; the SOA record must be at both
//! ends. A refusal is a normal answer: nearly all servers refuse.

mod tsig;

use std::collections::BTreeSet;
use std::hash::{BuildHasher as _, RandomState};
use std::net::SocketAddr;

use hickory_resolver::proto::op::{Message, MessageType, ResponseCode};
use jiff::Timestamp;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};

use crate::facts::{Facts, Outcome, Reply, Role, Server, TransferOutcome, TransferReply};
use crate::record::{Name, Question, Record, RecordData};

use super::network::NameScope;
use super::planned_query::PlannedQuery;
use super::source::Source;
use super::transport::{Scope, Transport, converted_record, decoded_message, harmless, io_words};
use super::zonefile::ZoneFiles;
use tsig::Verifier;
pub use tsig::{TsigKey, TsigKeyError};

/// The highest number of records of a zone.
const MOST_RECORDS: usize = 100_000;
/// The size limit of a zone as transferred, in octets.
const MOST_OCTETS: usize = 16 << 20;
/// The highest number of name servers that are asked for the zone.
const MOST_SERVERS: usize = 4;
/// The highest number of questions about names outside the zone that its records lead to.
const MOST_OUTSIDE: usize = 200;

/// The reason why there is no zone.
struct Failure {
    outcome: TransferOutcome,
    reason: String,
}

impl Failure {
    fn new(outcome: TransferOutcome, reason: impl Into<String>) -> Self {
        Self { outcome, reason: reason.into() }
    }
}

/// Asks the responding name servers of the domain for the whole zone, one after another; adds the result and the record
/// sets of the zone to the facts. `None` in a replay, offline, and if no server sent it.
pub async fn transfer(
    source: &Source,
    domain: &Name,
    key: Option<&TsigKey>,
    until: Instant,
    facts: &mut Facts,
) -> Option<ZoneFiles> {
    if let Some(recording) = source.recording() {
        let recorded = facts.zone_apex(domain).and_then(|apex| recording.facts.transfer(&apex).cloned());
        recorded.into_iter().for_each(|reply| facts.insert_transfer(reply));
        return None;
    }
    let network = source.network()?;
    let apex = facts.zone_apex(domain)?;
    let transport = network.transport();
    let mut last = None;
    for server in servers(&apex, facts) {
        let started = Instant::now();
        let whole = timeout_at(until, read(transport, server, &apex, key)).await;
        let result =
            whole.unwrap_or_else(|_| Err(Failure::new(TransferOutcome::Timeout, "deadline reached")));
        let mut reply = TransferReply::empty(apex.clone(), server.to_string(), TransferOutcome::Transferred);
        reply.at = transport.now();
        reply.elapsed = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
        match result {
            Ok(records) => {
                reply.records = records.len();
                facts.insert_transfer(reply);
                let zones = ZoneFiles::from_records(&format!("transfer from {server}"), None, records);
                facts.on_file = zones.record_sets(domain);
                return Some(zones);
            }
            Err(Failure { outcome, reason }) => {
                (reply.outcome, reply.reason) = (outcome, reason);
                last.get_or_insert(reply);
            }
        }
    }
    last.into_iter().for_each(|reply| facts.insert_transfer(reply));
    None
}

/// Adds the replies to these questions: from the zone if it covers them, otherwise from the first working resolver.
pub(crate) async fn answer_questions(
    source: &Source,
    zones: &ZoneFiles,
    domain: &Name,
    questions: Vec<Question>,
    until: Instant,
    facts: &mut Facts,
) {
    let mut outside = 0;
    for question in questions {
        if facts.has(&question) {
            continue;
        }
        if let Some(reply) = zones.answer(&question) {
            facts.insert(Reply { at: source.started(), ..reply });
            continue;
        }
        outside += 1;
        let replies = match outside > MOST_OUTSIDE {
            true => Vec::new(),
            false => timeout_at(until, elsewhere(source, domain, &question)).await.unwrap_or_default(),
        };
        let unasked = replies.is_empty().then(|| {
            let reply = Reply::empty(question.clone(), Server::none(), Outcome::OutOfTime);
            Reply { at: source.started(), ..reply }
        });
        replies.into_iter().chain(unasked).for_each(|reply| facts.insert(reply));
    }
}

/// Returns the replies of the resolvers, up to the first answer.
async fn elsewhere(source: &Source, domain: &Name, question: &Question) -> Vec<Reply> {
    let Some(network) = source.network() else { return Vec::new() };
    let (mut queries, mut replies) = (Vec::new(), Vec::new());
    network.resolvers(question, &mut queries);
    for query in queries {
        let PlannedQuery::Server(question, server, endpoint, _) = query else { continue };
        let cell = network.cell(&question, &server, &endpoint, NameScope::Elsewhere);
        let scope = Scope { domain, zone: None };
        let reply = network.ask(&cell, &question, &server, &endpoint, scope).await;
        let is_answer = reply.outcome.is_answer();
        replies.push(reply);
        if is_answer {
            break;
        }
    }
    replies
}

/// Returns the name servers that have answered for the zone, in order.
fn servers(apex: &Name, facts: &Facts) -> Vec<SocketAddr> {
    let is_own = |reply: &&Reply| {
        reply.server.role == Role::Authoritative
            && reply.outcome.is_answer()
            && reply.question.name.is_within(apex)
    };
    let servers: BTreeSet<&Server> = facts.unordered().filter(is_own).map(|reply| &*reply.server).collect();
    servers.into_iter().filter_map(|server| server.address.parse().ok()).take(MOST_SERVERS).collect()
}

async fn read(
    transport: &Transport,
    server: SocketAddr,
    apex: &Name,
    key: Option<&TsigKey>,
) -> Result<Vec<Record>, Failure> {
    let patience = transport.timeout();
    let late =
        || Failure::new(TransferOutcome::Timeout, format!("no answer within {} s", patience.as_secs_f64()));
    let broken =
        |error: &std::io::Error| Failure::new(TransferOutcome::Unreachable, harmless(&io_words(error)));
    let mut request = request(apex);
    let mut verifier = key.map(|key| {
        let mac = key.sign(&mut request, seconds());
        Verifier::new(key, mac)
    });
    let connected = timeout(patience, TcpStream::connect(server)).await.map_err(|_| late())?;
    let mut stream = connected.map_err(|error| broken(&error))?;
    let length = u16::try_from(request.len()).unwrap_or(u16::MAX);
    let framed = [&length.to_be_bytes()[..], &request].concat();
    let sent = timeout(patience, stream.write_all(&framed)).await.map_err(|_| late())?;
    sent.map_err(|error| broken(&error))?;
    let mut zone = Incoming::new(apex);
    let mut octets = 0;
    while !zone.is_complete {
        let packet = timeout(patience, async {
            let length = stream.read_u16().await?;
            let mut packet = vec![0; usize::from(length)];
            stream.read_exact(&mut packet).await.map(|_| packet)
        });
        let packet = packet.await.map_err(|_| late())?.map_err(|error| broken(&error))?;
        octets += packet.len();
        if octets > MOST_OCTETS {
            let reason = format!("the zone is larger than {} MiB", MOST_OCTETS >> 20);
            return Err(Failure::new(TransferOutcome::TooLarge, reason));
        }
        if packet.get(..2) != request.get(..2) {
            return Err(Failure::new(TransferOutcome::Malformed, "the response belongs to another request"));
        }
        let is_error = packet.get(3).is_some_and(|flags| flags & 0x0f != 0);
        if let Some(reason) = verifier.as_ref().filter(|_| is_error).and_then(|_| tsig::refusal(&packet)) {
            return Err(Failure::new(TransferOutcome::Refused, reason));
        }
        let packet = match verifier.as_mut().filter(|_| !is_error) {
            Some(verifier) => verifier
                .take(&packet, seconds())
                .map_err(|reason| Failure::new(TransferOutcome::Unverified, reason))?,
            None => packet,
        };
        let message = decoded_message(&packet)
            .ok_or_else(|| Failure::new(TransferOutcome::Malformed, "the response cannot be read"))?;
        zone.take(&message)?;
    }
    if verifier.is_some_and(|verifier| !verifier.is_complete()) {
        return Err(Failure::new(TransferOutcome::Unverified, "the end of the response is not signed"));
    }
    Ok(zone.records)
}

/// Returns the time of this machine in seconds since 1970, since the server compares it with its own clock.
#[allow(clippy::disallowed_methods, reason = "a signature holds the time at which it is made")]
fn seconds() -> u64 {
    u64::try_from(Timestamp::now().as_second()).unwrap_or(0)
}

/// Returns a request for the whole zone.
fn request(apex: &Name) -> Vec<u8> {
    let [.., a, b] = RandomState::new().hash_one(()).to_be_bytes();
    // No flags, one question.
    let mut request = vec![a, b, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    request.extend(tsig::wire(apex));
    request.extend([0, 252, 0, 1]);
    request
}

/// The part of a zone received so far.
struct Incoming<'a> {
    apex: &'a Name,
    records: Vec<Record>,
    serial: Option<u32>,
    is_complete: bool,
}

impl<'a> Incoming<'a> {
    fn new(apex: &'a Name) -> Self {
        Self { apex, records: Vec::new(), serial: None, is_complete: false }
    }

    fn take(&mut self, message: &Message) -> Result<(), Failure> {
        let malformed = |reason: &str| Failure::new(TransferOutcome::Malformed, reason);
        match message.response_code {
            ResponseCode::NoError => {}
            ResponseCode::Refused | ResponseCode::NotAuth | ResponseCode::NotImp => {
                let code = message.response_code;
                let reason = if code == ResponseCode::NotAuth {
                    "NOTAUTH: it does not accept the key, or is not an authority"
                } else {
                    ""
                };
                return Err(Failure::new(TransferOutcome::Refused, reason));
            }
            other => return Err(Failure::new(TransferOutcome::Refused, harmless(&other.to_string()))),
        }
        if message.message_type != MessageType::Response {
            return Err(malformed("the message is not a response"));
        }
        if message.answers.is_empty() {
            return Err(malformed("a part of the response is empty"));
        }
        for record in &message.answers {
            if self.is_complete {
                return Err(malformed("there are records after the last SOA record"));
            }
            let record = converted_record(record, self.records.last())
                .map_err(|error| malformed(&error.to_string()))?;
            let serial = match &record.data {
                RecordData::Soa(soa) if record.name == *self.apex => Some(soa.serial),
                _ => None,
            };
            match (self.serial, serial) {
                (None, None) => {
                    return Err(malformed("the response does not begin with the SOA record of the zone"));
                }
                (Some(first), Some(last)) if first == last => {
                    self.is_complete = true;
                    continue;
                }
                (Some(_), Some(_)) => return Err(malformed("the zone changed during the transfer")),
                (None, Some(_)) => self.serial = serial,
                (Some(_), None) => {}
            }
            // A record outside the zone is ignored.
            if !record.name.is_within(self.apex) {
                continue;
            }
            if self.records.len() == MOST_RECORDS {
                let reason = format!("the zone has more than {MOST_RECORDS} records");
                return Err(Failure::new(TransferOutcome::TooLarge, reason));
            }
            self.records.push(record);
        }
        Ok(())
    }
}
