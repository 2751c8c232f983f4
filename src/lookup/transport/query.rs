//! What does a question look like on the wire, and does a packet answer it?
//!
//! The question is written by hand: it is forty octets, and the names of [`crate::record`] need no detour
//! through those of a library. Of a reply the header is read by hand too, because the library gives up the
//! whole message for one bad record, and TC must be seen even then (RFC 2181 §9).

use hickory_resolver::proto::op::{Message, ResponseCode};
use hickory_resolver::proto::rr::DNSClass;

use super::decode;
use crate::record::Question;

/// The largest UDP answer asked for (RFC 6891 §6.2.3): what passes without fragments wherever IPv6 does.
const UDP_PAYLOAD: u16 = 1232;
/// Octets of the fixed header (RFC 1035 §4.1.1).
const HEADER: usize = 12;

const RESPONSE: u16 = 0x8000;
const OPCODE: u16 = 0x7800;
const TRUNCATED: u16 = 0x0200;
const RECURSION_DESIRED: u16 = 0x0100;
const AUTHENTIC_DATA: u16 = 0x0020;
const CHECKING_DISABLED: u16 = 0x0010;

/// Whom a question is meant for, which decides its flags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asking {
    /// An authority: no recursion is desired, so that nothing comes from a cache.
    Authority,
    /// A resolver: AD asks it to say whether the answer is secure (RFC 6840 §5.7).
    Resolver,
    /// A resolver that is to answer even what does not validate (CD, RFC 4035 §3.2.2).
    ResolverUnchecked,
}

/// Whether the question carries EDNS (RFC 6891).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Edns {
    /// It does, and with it come longer answers and extended errors.
    With,
    /// It does not, for servers that refuse it.
    Without,
}

/// A question on its way to one server.
#[derive(Debug, Clone)]
pub(super) struct Query {
    pub(super) question: Question,
    pub(super) asking: Asking,
}

/// What a packet is to a question with the same id.
pub(super) enum Verdict {
    /// No reply at all, such as the question itself thrown back.
    NoReply,
    /// A reply to another question: stray, or forged.
    OtherQuestion,
    /// A reply that cannot be read.
    Undecodable,
    /// The reply, cut short (TC): to be asked again over TCP.
    Truncated,
    /// The reply.
    Reply(Box<Message>),
}

impl Query {
    /// The message in wire form (RFC 1035 §4.1).
    pub(super) fn encode(&self, id: u16, edns: Edns) -> Vec<u8> {
        let flags = match self.asking {
            Asking::Authority => 0,
            Asking::Resolver => RECURSION_DESIRED | AUTHENTIC_DATA,
            Asking::ResolverUnchecked => RECURSION_DESIRED | AUTHENTIC_DATA | CHECKING_DISABLED,
        };
        let additional = match edns {
            Edns::With => 1,
            Edns::Without => 0,
        };
        let mut packet = Vec::with_capacity(HEADER + 64);
        for field in [id, flags, 1, 0, 0, additional] {
            packet.extend_from_slice(&field.to_be_bytes());
        }
        for label in self.question.name.labels() {
            // At most 63, so the cast is exact.
            packet.push(label.len() as u8);
            packet.extend_from_slice(label);
        }
        packet.push(0);
        for field in [self.question.rtype.number(), u16::from(DNSClass::IN)] {
            packet.extend_from_slice(&field.to_be_bytes());
        }
        if edns == Edns::With {
            // The root, OPT, the payload as class, version 0 without flags as TTL, no options (RFC 6891
            // §6.1.2).
            packet.extend_from_slice(&[0, 0, 41]);
            packet.extend_from_slice(&UDP_PAYLOAD.to_be_bytes());
            packet.extend_from_slice(&[0; 6]);
        }
        packet
    }

    /// What the packet, whose id is known to be right, says to this question.
    pub(super) fn examine(&self, packet: &[u8]) -> Verdict {
        let [_, _, high, low, ..] = *packet else { return Verdict::Undecodable };
        let flags = u16::from_be_bytes([high, low]);
        if flags & RESPONSE == 0 || flags & OPCODE != 0 {
            return Verdict::NoReply;
        }
        if packet.len() < HEADER {
            return Verdict::Undecodable;
        }
        // Before decoding: the last record of a truncated message may be cut in two.
        if flags & TRUNCATED != 0 {
            return Verdict::Truncated;
        }
        match Message::from_vec(packet) {
            Ok(message) if self.is_answered_by(&message) => Verdict::Reply(Box::new(message)),
            Ok(_) => Verdict::OtherQuestion,
            Err(_) => Verdict::Undecodable,
        }
    }

    /// Whether the reply repeats this question, or is an error of the kind that leaves the question out.
    pub(super) fn is_answered_by(&self, message: &Message) -> bool {
        match &message.queries[..] {
            [] => matches!(
                message.response_code,
                ResponseCode::FormErr
                    | ResponseCode::NotImp
                    | ResponseCode::ServFail
                    | ResponseCode::Refused
                    | ResponseCode::BADVERS
                    | ResponseCode::BADSIG
            ),
            [query] => {
                query.query_class() == DNSClass::IN
                    && u16::from(query.query_type()) == self.question.rtype.number()
                    && decode::name(query.name()).is_ok_and(|name| name == self.question.name)
            }
            _ => false,
        }
    }
}

/// The id of a packet, the first thing to be looked at; `None` if the packet is shorter than that.
pub(super) fn id(packet: &[u8]) -> Option<u16> {
    packet.first_chunk().map(|id| u16::from_be_bytes(*id))
}

/// Whether this error may come from a server that does not know EDNS (RFC 6891 §7).
///
/// Rcode 16 means BADVERS here and BADSIG with TSIG (RFC 6895 §2.3); the library always says the latter.
pub(super) fn refuses_edns(message: &Message) -> bool {
    matches!(
        message.response_code,
        ResponseCode::FormErr | ResponseCode::NotImp | ResponseCode::BADVERS | ResponseCode::BADSIG
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::RecordType;

    fn query(asking: Asking) -> Query {
        Query { question: Question::new("MX\\000.Contoso.com".parse().unwrap(), RecordType::Mx), asking }
    }

    #[test]
    fn the_question_is_a_message_that_the_library_reads() {
        let message = Message::from_vec(&query(Asking::Resolver).encode(0x1234, Edns::With)).unwrap();
        assert_eq!((message.id, message.recursion_desired, message.authentic_data), (0x1234, true, true));
        assert!(!message.checking_disabled);
        assert_eq!(message.edns.as_ref().unwrap().max_payload(), 1232);
        assert!(query(Asking::Authority).is_answered_by(&message));
        let message = Message::from_vec(&query(Asking::Authority).encode(7, Edns::Without)).unwrap();
        assert!(!message.recursion_desired && !message.authentic_data && message.edns.is_none());
        let message = Message::from_vec(&query(Asking::ResolverUnchecked).encode(7, Edns::With)).unwrap();
        assert!(message.checking_disabled);
    }

    #[test]
    fn a_packet_is_judged_by_its_header_first() {
        let asked = query(Asking::Authority);
        let mut packet = asked.encode(7, Edns::Without);
        assert!(matches!(asked.examine(&packet), Verdict::NoReply));
        packet[2] = 0x80;
        assert!(matches!(asked.examine(&packet), Verdict::Reply(_)));
        packet[13] = b'm';
        packet[14] = b'X';
        assert!(matches!(asked.examine(&packet), Verdict::Reply(_)));
        packet[13] = b'n';
        assert!(matches!(asked.examine(&packet), Verdict::OtherQuestion));
        assert!(matches!(asked.examine(&packet[..20]), Verdict::Undecodable));
        assert!(matches!(asked.examine(&packet[..11]), Verdict::Undecodable));
        packet[2] = 0x82;
        assert!(matches!(asked.examine(&packet[..20]), Verdict::Truncated));
        // A notification (RFC 1996) is no reply to a query.
        packet[2] = 0xa0;
        assert!(matches!(asked.examine(&packet), Verdict::NoReply));
    }

    #[test]
    fn only_errors_may_leave_the_question_out() {
        let asked = query(Asking::Authority);
        for (rcode, accepted) in
            [(0u8, false), (1, true), (2, true), (3, false), (4, true), (5, true), (9, false)]
        {
            let packet = [0, 7, 0x80, rcode, 0, 0, 0, 0, 0, 0, 0, 0];
            assert_eq!(matches!(asked.examine(&packet), Verdict::Reply(_)), accepted, "rcode {rcode}");
        }
    }
}
