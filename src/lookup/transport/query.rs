//! Encodes queries, and matches packets to them.
//!
//! The question is encoded here: it has about forty octets, and the names of [`crate::record`] need no conversion to a
//! library's. The header of a reply is read here too, because the library rejects the whole message for one invalid
//! record, and TC must be seen even then (RFC 2181 §9).

use hickory_resolver::proto::op::{Message, OpCode, ResponseCode};
use hickory_resolver::proto::rr::DNSClass;
use hickory_resolver::proto::serialize::binary::DecodeError;

use super::decode;
use crate::record::{Name, Question};

/// The largest UDP answer asked for (RFC 6891 §6.2.3), in octets: it passes without fragments wherever IPv6 does.
const UDP_PAYLOAD: u16 = 1232;
/// The length of the fixed header, in octets (RFC 1035 §4.1.1).
const HEADER: usize = 12;

const RESPONSE: u16 = 0x8000;
const OPCODE: u16 = 0x7800;
const TRUNCATED: u16 = 0x0200;
const RECURSION_DESIRED: u16 = 0x0100;
const AUTHENTIC_DATA: u16 = 0x0020;
const CHECKING_DISABLED: u16 = 0x0010;

/// The kind of server that a question is for, which determines its flags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asking {
    /// An authoritative server: recursion is not desired, so that nothing comes from a cache.
    Authority,
    /// A resolver: AD asks it to report whether the answer is secure (RFC 6840 §5.7).
    Resolver,
    /// A resolver that must answer even if validation fails (CD, RFC 4035 §3.2.2).
    ResolverUnchecked,
}

/// The use of EDNS in a question (RFC 6891).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Edns {
    /// With EDNS, which allows longer answers and extended errors.
    With,
    /// Without EDNS, for servers that refuse it.
    Without,
}

/// The letter case of a question's name.
///
/// Random case that the reply must repeat makes a reply harder to forge (0x20, draft-vixie-dnsext-dns0x20); names are
/// still compared case-insensitively (RFC 4343).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CaseRandomization {
    /// Lower case; a reply may use any case.
    Lower,
    /// The case given by these random bits, which the reply must repeat.
    Mixed(u64),
}

/// A question to one server.
#[derive(Debug, Clone, Copy)]
pub(super) struct Query<'a> {
    pub(super) question: &'a Question,
    pub(super) asking: Asking,
    /// The domain that it is sent for.
    pub(super) domain: &'a Name,
}

/// A question in wire form.
#[derive(Debug)]
pub(super) struct Packet {
    octets: Vec<u8>,
    /// The offset after the name, where type and class follow.
    name_end: usize,
    letters: CaseRandomization,
}

/// The relation of a packet to a question with the same id.
pub(super) enum ReplyMatch {
    /// Not a reply at all, such as the question itself sent back.
    NoReply,
    /// A reply to another question: stray or forged.
    OtherQuestion,
    /// A reply to this question that did not keep its letter case: forged, or from a server that never keeps it.
    OtherCase,
    /// A reply that cannot be decoded.
    Undecodable,
    /// A truncated reply (TC): to be asked again over TCP.
    Truncated,
    /// The reply.
    Reply(Box<Message>),
}

impl Query<'_> {
    /// Returns the message in wire form (RFC 1035 §4.1).
    pub(super) fn write(&self, id: u16, edns: Edns, letters: CaseRandomization) -> Packet {
        let flags = match self.asking {
            Asking::Authority => 0,
            Asking::Resolver => RECURSION_DESIRED | AUTHENTIC_DATA,
            Asking::ResolverUnchecked => RECURSION_DESIRED | AUTHENTIC_DATA | CHECKING_DISABLED,
        };
        let additional = match edns {
            Edns::With => 1,
            Edns::Without => 0,
        };
        let mut octets = Vec::with_capacity(HEADER + 64);
        for field in [id, flags, 1, 0, 0, additional] {
            octets.extend_from_slice(&field.to_be_bytes());
        }
        for label in self.question.name.labels() {
            // At most 63, so the cast is exact.
            octets.push(label.len() as u8);
            octets.extend_from_slice(label);
        }
        octets.push(0);
        let name_end = octets.len();
        for field in [self.question.rtype.number(), u16::from(DNSClass::IN)] {
            octets.extend_from_slice(&field.to_be_bytes());
        }
        if edns == Edns::With {
            // The root, OPT, the payload as class, version 0 without flags as TTL, no options (RFC 6891
            // §6.1.2).
            octets.extend_from_slice(&[0, 0, 41]);
            octets.extend_from_slice(&UDP_PAYLOAD.to_be_bytes());
            octets.extend_from_slice(&[0; 6]);
        }
        let mut packet = Packet { octets, name_end, letters };
        packet.mix();
        packet
    }

    /// Returns whether the reply, which came over a connection, repeats this question.
    pub(super) fn is_answered_by(&self, message: &Message) -> bool {
        match &message.queries[..] {
            [] => may_lack_question(message),
            [query] => {
                query.query_class() == DNSClass::IN
                    && u16::from(query.query_type()) == self.question.rtype.number()
                    && decode::name(query.name()).is_ok_and(|name| name == self.question.name)
            }
            _ => false,
        }
    }
}

impl Packet {
    pub(super) fn octets(&self) -> &[u8] {
        &self.octets
    }

    /// Returns the letter case; lower case if the random bits left no capital letter that a reply could repeat.
    pub(super) fn letters(&self) -> CaseRandomization {
        self.letters
    }

    /// Converts the name to lower case.
    pub(super) fn lower(&mut self) {
        self.letters = CaseRandomization::Lower;
        self.octets[HEADER..self.name_end].make_ascii_lowercase();
    }

    fn mix(&mut self) {
        let CaseRandomization::Mixed(mut bits) = self.letters else { return };
        let mut is_mixed = false;
        // Length octets are at most 63 and so never letters.
        for octet in self.octets[HEADER..self.name_end].iter_mut().filter(|octet| octet.is_ascii_lowercase())
        {
            if bits & 1 == 1 {
                octet.make_ascii_uppercase();
                is_mixed = true;
            }
            // The bits are reused if there are more letters than bits.
            bits = bits.rotate_right(1);
        }
        if !is_mixed {
            self.letters = CaseRandomization::Lower;
        }
    }

    /// Returns the relation of a packet, whose id already matches, to this question.
    pub(super) fn assess(&self, packet: &[u8]) -> ReplyMatch {
        let [_, _, high, low, ..] = *packet else { return ReplyMatch::Undecodable };
        let flags = u16::from_be_bytes([high, low]);
        if flags & RESPONSE == 0 || flags & OPCODE != 0 {
            return ReplyMatch::NoReply;
        }
        if packet.len() < HEADER {
            return ReplyMatch::Undecodable;
        }
        let is_same = match self.letters {
            CaseRandomization::Mixed(_) => self.is_repeated(packet, <[u8]>::eq),
            CaseRandomization::Lower => self.is_repeated(packet, <[u8]>::eq_ignore_ascii_case),
        };
        if is_same {
            // Checked before decoding: the last record of a truncated message may be incomplete.
            return match decoded(packet) {
                _ if flags & TRUNCATED != 0 => ReplyMatch::Truncated,
                Some(message) => ReplyMatch::Reply(Box::new(message)),
                None => ReplyMatch::Undecodable,
            };
        }
        if self.is_repeated(packet, <[u8]>::eq_ignore_ascii_case) {
            return ReplyMatch::OtherCase;
        }
        match decoded(packet) {
            Some(message) if message.queries.is_empty() && may_lack_question(&message) => {
                ReplyMatch::Reply(Box::new(message))
            }
            Some(_) => ReplyMatch::OtherQuestion,
            None => ReplyMatch::Undecodable,
        }
    }

    /// Returns whether the packet has exactly this question; names are compared with `same`.
    ///
    /// The question is the first name of a message and so cannot be compressed, which allows comparing the octets.
    fn is_repeated(&self, packet: &[u8], same: fn(&[u8], &[u8]) -> bool) -> bool {
        const ONE_QUESTION: [u8; 2] = [0, 1];
        let end = self.name_end + 4;
        packet.get(4..6) == Some(&ONE_QUESTION)
            && packet.get(self.name_end..end) == self.octets.get(self.name_end..end)
            && packet
                .get(HEADER..self.name_end)
                .is_some_and(|name| same(name, &self.octets[HEADER..self.name_end]))
    }
}

/// Decodes a message, including records without data: the library accepts those only in updates, where they have a
/// meaning, and rejects every other message that contains one.
pub(in crate::lookup) fn decoded(packet: &[u8]) -> Option<Message> {
    match Message::from_vec(packet) {
        Ok(message) => Some(message),
        Err(DecodeError::InvalidEmptyRecord) => {
            let mut as_update = packet.to_vec();
            let flags = as_update.get_mut(2)?;
            *flags = *flags & !(OPCODE.to_be_bytes()[0]) | u8::from(OpCode::Update) << 3;
            let mut message = Message::from_vec(&as_update).ok()?;
            message.metadata.op_code = OpCode::Query;
            Some(message)
        }
        Err(_) => None,
    }
}

/// Returns whether the message is an error of a kind that may omit the question.
fn may_lack_question(message: &Message) -> bool {
    matches!(
        message.response_code,
        ResponseCode::FormErr
            | ResponseCode::NotImp
            | ResponseCode::ServFail
            | ResponseCode::Refused
            | ResponseCode::BADVERS
            | ResponseCode::BADSIG
    )
}

/// Returns the id of a packet, the first field to be checked; `None` if the packet is too short.
pub(super) fn id(packet: &[u8]) -> Option<u16> {
    packet.first_chunk().map(|id| u16::from_be_bytes(*id))
}

/// Returns whether the server refuses the question (REFUSED), perhaps because there were too many.
pub(super) fn refuses(message: &Message) -> bool {
    message.response_code == ResponseCode::Refused
}

/// Returns whether this error may come from a server that does not know EDNS (RFC 6891 §7).
///
/// Rcode 16 means BADVERS here and BADSIG with TSIG (RFC 6895 §2.3); the library always says the latter.
pub(super) fn refuses_edns(message: &Message) -> bool {
    matches!(
        message.response_code,
        ResponseCode::FormErr | ResponseCode::NotImp | ResponseCode::BADVERS | ResponseCode::BADSIG
    )
}

#[cfg(test)]
mod tests;
