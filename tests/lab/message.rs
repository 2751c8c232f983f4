//! How are the replies of a lab written, and how are they spoiled?

use std::net::SocketAddr;
use std::sync::Mutex;
use std::time::Duration;

use cutover::record::{Name, Record, RecordData};
use hickory_resolver::proto::op::{Edns, Message, OpCode, Query, ResponseCode};
use hickory_resolver::proto::rr::rdata::opt::EdnsOption;
use hickory_resolver::proto::rr::{self, RData, rdata};

use super::zone::{Said, Zone, authoritative, records, recursive};
use super::{Say, Seen, State, Via, World};

/// What goes back for one packet: octets, and when.
pub(super) enum Sent {
    Octets(Duration, Vec<u8>),
    Close(Duration),
    Status(Duration, u16),
    OtherPort(Duration, Vec<u8>),
    /// The first of so many octets as are promised.
    Stalled(Duration, Vec<u8>),
    /// The same, and then a reset of the connection.
    Reset(Duration, Vec<u8>),
}

/// Notes the packet and decides what to say.
pub(super) fn reply(
    packet: &[u8],
    from: SocketAddr,
    via: Via,
    state: &Mutex<State>,
    world: &World,
) -> Vec<Sent> {
    let Ok(request) = Message::from_vec(packet) else { return Vec::new() };
    let Some(query) = request.queries.first().cloned() else { return Vec::new() };
    let name = Name::from_labels(query.name().iter()).unwrap();
    let rtype = cutover::record::RecordType::from_number(query.query_type().into());
    let mut state = state.lock().unwrap();
    let rule = state.rule.clone();
    let turn = state.seen.iter().filter(|seen| seen.name == name && seen.rtype == rtype).count();
    let seen = Seen {
        via,
        id: request.id,
        name: name.clone(),
        spelling: query.name().to_ascii(),
        rtype,
        recursion_desired: request.recursion_desired,
        authentic_data: request.authentic_data,
        checking_disabled: request.checking_disabled,
        payload: request.edns.as_ref().map(Edns::max_payload),
        from,
        at: tokio::time::Instant::now(),
    };
    let has_own = state.say_to.iter().any(|(of, own, _)| *of == name && *own == rtype);
    match rule {
        Some(_) if !has_own => state.counted += 1,
        Some(_) | None => state.seen.push(seen),
    }
    if state.dropped.iter().any(|apex| name.is_within(apex)) {
        return Vec::new();
    }
    let own = state.say_to.iter().find(|(of, own, _)| *of == name && *own == rtype);
    let is_in_scope = state.scope.as_ref().is_none_or(|domain| name.is_within(domain));
    let over_streams = state.say_over_streams.as_ref().filter(|_| via != Via::Udp && is_in_scope);
    let usual = if is_in_scope { &state.say } else { &Say::Zone };
    let say = match own.map(|(_, _, say)| say).or(over_streams).unwrap_or(usual) {
        Say::Turns(turns) => turns[turn.min(turns.len() - 1)].clone(),
        other => other.clone(),
    };
    let delay = state.delay;
    let said = if let Some(rule) = rule {
        // Nobody else waits meanwhile.
        drop(state);
        rule(&name, rtype)
    } else if state.recursive {
        let (cache, absent, age) = (state.cache.clone(), state.absent.clone(), state.age);
        // All zones means all servers, this one too.
        drop(state);
        let mut said = recursive(&all_zones(world), &cache, &absent, &name, rtype);
        for record in said.answers.iter_mut().chain(&mut said.authorities) {
            record.ttl = record.ttl.saturating_sub(age);
        }
        said
    } else {
        authoritative(&state.zones, &name, rtype)
    };
    let mut writer = Writer { packet, request: &request, said, via, sent: Vec::new() };
    writer.say(&say, delay);
    writer.sent
}

/// The zones of all authorities of the lab; of a zone that several have, the one with the lowest address.
fn all_zones(world: &World) -> Vec<Zone> {
    let mut zones: Vec<Zone> = Vec::new();
    for state in world.lock().unwrap().values() {
        let state = state.lock().unwrap();
        for zone in state.zones.iter().filter(|_| !state.recursive) {
            if zones.iter().all(|known| known.apex != zone.apex) {
                zones.push(zone.clone());
            }
        }
    }
    zones
}

struct Writer<'a> {
    packet: &'a [u8],
    request: &'a Message,
    said: Said,
    via: Via,
    sent: Vec<Sent>,
}

impl Writer<'_> {
    fn say(&mut self, say: &Say, delay: Duration) {
        let over_udp = self.via == Via::Udp;
        let octets = match say {
            Say::Zone => self.fitting(self.message()),
            Say::Nothing => return,
            Say::Error(rcode, extended) => {
                encode(&self.written(&Said { ede: extended.clone(), ..Said::error(*rcode) }))
            }
            Say::HeaderOnly(rcode) => {
                let low = u16::from(*rcode) as u8;
                [&self.packet[..2], &[0x80, low, 0, 0, 0, 0, 0, 0, 0, 0]].concat()
            }
            Say::Upward => {
                let authorities =
                    records(".", "@ 518400 NS a.root-servers.net.\n@ 518400 NS b.root-servers.net.");
                encode(&self.written(&Said { authorities, ..Said::default() }))
            }
            Say::Blank => encode(&self.written(&Said::default())),
            Say::Fitting(alter) => {
                let mut message = self.message();
                alter(&mut message);
                self.fitting(message)
            }
            Say::Altered(alter) => {
                let mut message = self.message();
                alter(&mut message);
                encode(&message)
            }
            Say::Garbage => {
                [&self.packet[..2], &[0x80, 0, 0, 1, 0xff, 0xff, 0, 0, 0, 0], &[0xff; 40][..]].concat()
            }
            Say::WrongId => {
                let mut octets = encode(&self.message());
                octets[0] ^= 0x55;
                octets
            }
            Say::OtherQuestion => {
                let mut message = self.message();
                let other = rr::Name::from_ascii("other.example.").unwrap();
                message.queries = vec![Query::query(other, self.request.queries[0].query_type())];
                encode(&message)
            }
            Say::NoQuestion => {
                let mut message = self.message();
                message.queries.clear();
                encode(&message)
            }
            Say::Echo => self.packet.to_vec(),
            Say::CutInRecord => self.cut(),
            Say::Truncated if over_udp => encode(&self.message().truncate()),
            Say::TruncatedInRecord if over_udp => {
                let mut octets = self.cut();
                octets[2] |= 0x02;
                octets
            }
            Say::Truncated | Say::TruncatedInRecord => encode(&self.message()),
            Say::RefuseEdns(rcode) if self.request.edns.is_some() => {
                let mut message = self.written(&Said::error(*rcode));
                if *rcode != ResponseCode::BADVERS {
                    message.edns = None;
                }
                encode(&message)
            }
            Say::RefuseEdns(_) => self.fitting(self.message()),
            Say::UpperCase => {
                let mut message = self.message();
                message.queries.iter_mut().for_each(|query| query.name = upper(query.name()));
                message.answers.iter_mut().for_each(|record| record.name = upper(&record.name));
                encode(&message)
            }
            Say::LowerCase => {
                let mut message = self.message();
                message.queries.iter_mut().for_each(|query| query.name = query.name().to_lowercase());
                encode(&message)
            }
            Say::LowerCaseOnly
                if self.request.queries[0].name().iter().flatten().any(u8::is_ascii_uppercase) =>
            {
                return;
            }
            Say::LowerCaseOnly => self.fitting(self.message()),
            Say::All(all) => return all.iter().for_each(|one| self.say(one, delay)),
            Say::Turns(turns) => return self.say(&turns[0], delay),
            Say::Later(more, then) => return self.say(then, delay + *more),
            Say::Close => return self.sent.push(Sent::Close(delay)),
            Say::Raw(change) => change(encode(&self.message())),
            Say::OtherPort if over_udp => {
                let octets = self.fitting(self.message());
                return self.sent.push(Sent::OtherPort(delay, octets));
            }
            Say::OtherPort => encode(&self.message()),
            Say::Stalled | Say::Reset if over_udp => encode(&self.message().truncate()),
            Say::Stalled | Say::Reset => {
                let mut octets = encode(&self.message());
                octets.truncate(octets.len() / 2);
                return self.sent.push(match say {
                    Say::Reset => Sent::Reset(delay, octets),
                    _ => Sent::Stalled(delay, octets),
                });
            }
            Say::HttpStatus(status) => return self.sent.push(Sent::Status(delay, *status)),
        };
        self.sent.push(Sent::Octets(delay, octets));
    }

    fn message(&self) -> Message {
        self.written(&self.said)
    }

    fn written(&self, said: &Said) -> Message {
        let mut message = Message::response(self.request.id, OpCode::Query);
        message.metadata.recursion_desired = self.request.recursion_desired;
        message.metadata.recursion_available = said.recursion_available;
        message.metadata.authoritative = said.authoritative;
        message.metadata.response_code = said.rcode;
        message.queries = self.request.queries.clone();
        message.answers = said.answers.iter().map(wire_record).collect();
        message.authorities = said.authorities.iter().map(wire_record).collect();
        message.additionals = said.additionals.iter().map(wire_record).collect();
        if self.request.edns.is_some() {
            let mut edns = Edns::new();
            edns.set_max_payload(1232);
            for (code, text) in &said.ede {
                let octets = [&code.to_be_bytes()[..], text.as_bytes()].concat();
                let option = EdnsOption::Unknown(15, octets);
                edns.options_mut().options.push(((&option).into(), option));
            }
            message.set_edns(edns);
        }
        message
    }

    /// Over UDP, TC where it is longer than the client takes.
    fn fitting(&self, message: Message) -> Vec<u8> {
        let octets = encode(&message);
        let limit = self.request.edns.as_ref().map_or(512, |edns| edns.max_payload().max(512));
        if self.via == Via::Udp && octets.len() > usize::from(limit) {
            return encode(&message.truncate());
        }
        octets
    }

    /// Ends in the middle of the last record, which the counts still promise.
    fn cut(&self) -> Vec<u8> {
        let mut message = self.message();
        message.edns = None;
        let mut octets = encode(&message);
        octets.truncate(octets.len() - 3);
        octets
    }
}

fn encode(message: &Message) -> Vec<u8> {
    message.to_vec().unwrap()
}

fn upper(name: &rr::Name) -> rr::Name {
    rr::Name::from_labels(name.iter().map(<[u8]>::to_ascii_uppercase)).unwrap()
}

/// A name in the library's words.
pub fn wire_name(name: &Name) -> rr::Name {
    rr::Name::from_labels(name.labels()).unwrap()
}

/// A record in the library's words.
pub fn wire_record(record: &Record) -> rr::Record {
    let data = match &record.data {
        RecordData::A(address) => RData::A((*address).into()),
        RecordData::Aaaa(address) => RData::AAAA((*address).into()),
        RecordData::Cname(name) => RData::CNAME(rdata::CNAME(wire_name(name))),
        RecordData::Ns(name) => RData::NS(rdata::NS(wire_name(name))),
        RecordData::Ptr(name) => RData::PTR(rdata::PTR(wire_name(name))),
        RecordData::Mx { preference, exchange } => {
            RData::MX(rdata::MX::new(*preference, wire_name(exchange)))
        }
        RecordData::Srv { priority, weight, port, target } => {
            RData::SRV(rdata::SRV::new(*priority, *weight, *port, wire_name(target)))
        }
        RecordData::Soa(soa) => RData::SOA(rdata::SOA::new(
            wire_name(&soa.primary),
            wire_name(&soa.mailbox),
            soa.serial,
            soa.refresh as i32,
            soa.retry as i32,
            soa.expire as i32,
            soa.minimum,
        )),
        RecordData::Txt(text) => {
            let whole: Vec<&[u8]> = text.strings().flat_map(|string| string.chunks(255)).collect();
            RData::TXT(rdata::TXT::from_bytes(whole))
        }
        RecordData::Other(other) => {
            let digits: String = other.text.split_whitespace().skip(2).collect();
            let octets =
                (0..digits.len() / 2).map(|at| u8::from_str_radix(&digits[at * 2..at * 2 + 2], 16).unwrap());
            let null = rdata::NULL::with(octets.collect());
            RData::Unknown { code: other.number.into(), rdata: null }
        }
        other => panic!("the lab cannot serve {other}"),
    };
    rr::Record::from_rdata(wire_name(&record.name), record.ttl, data)
}
