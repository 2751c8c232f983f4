//! Tests questions as the library decodes them, and packets that do or do not answer them.

use super::*;
use crate::record::RecordType;

fn question() -> Question {
    Question::new("MX\\000.Contoso.com".parse().unwrap(), RecordType::Mx)
}

fn read(asking: Asking, edns: Edns, letters: CaseRandomization) -> Message {
    let question = question();
    let query = Query { question: &question, asking, domain: &question.name };
    let message = Message::from_vec(query.write(0x1234, edns, letters).octets()).unwrap();
    assert!(query.is_answered_by(&message));
    message
}

#[test]
fn the_question_is_a_message_that_the_library_reads() {
    let message = read(Asking::Resolver, Edns::With, CaseRandomization::Lower);
    assert_eq!((message.id, message.recursion_desired, message.authentic_data), (0x1234, true, true));
    assert!(!message.checking_disabled);
    assert_eq!(message.edns.as_ref().unwrap().max_payload(), 1232);
    let message = read(Asking::Authority, Edns::Without, CaseRandomization::Mixed(0b1011));
    assert!(!message.recursion_desired && !message.authentic_data && message.edns.is_none());
    let message = read(Asking::ResolverUnchecked, Edns::With, CaseRandomization::Mixed(u64::MAX));
    assert!(message.checking_disabled);
}

#[test]
fn a_packet_is_judged_by_its_header_first() {
    let question = question();
    let asked = Query { question: &question, asking: Asking::Authority, domain: &question.name };
    let asked = asked.write(7, Edns::Without, CaseRandomization::Lower);
    let mut packet = asked.octets().to_vec();
    assert!(matches!(asked.assess(&packet), ReplyMatch::NoReply));
    packet[2] = 0x80;
    assert!(matches!(asked.assess(&packet), ReplyMatch::Reply(_)));
    packet[13] = b'm';
    packet[14] = b'X';
    assert!(matches!(asked.assess(&packet), ReplyMatch::Reply(_)));
    packet[13] = b'n';
    assert!(matches!(asked.assess(&packet), ReplyMatch::OtherQuestion));
    packet[13] = b'm';
    assert!(matches!(asked.assess(&packet[..20]), ReplyMatch::Undecodable));
    assert!(matches!(asked.assess(&packet[..11]), ReplyMatch::Undecodable));
    packet[2] = 0x82;
    assert!(matches!(asked.assess(&packet), ReplyMatch::Truncated));
    // A notification (RFC 1996) is not a reply to a query.
    packet[2] = 0xa0;
    assert!(matches!(asked.assess(&packet), ReplyMatch::NoReply));
    // Another type whose octet differs from the original only as an upper-case letter from a lower-case one.
    for (rtype, other) in [(65, 97), (97, 65)] {
        let question = Question::new("contoso.com".parse().unwrap(), RecordType::from_number(rtype));
        let asked = Query { question: &question, asking: Asking::Authority, domain: &question.name };
        let asked = asked.write(7, Edns::Without, CaseRandomization::Lower);
        let mut packet = asked.octets().to_vec();
        packet[2] = 0x80;
        let end = packet.len();
        packet[end - 3] = other;
        assert!(matches!(asked.assess(&packet), ReplyMatch::OtherQuestion));
    }
}

#[test]
fn the_case_of_letters_has_to_be_repeated_where_it_was_mixed() {
    let question = question();
    let query = Query { question: &question, asking: Asking::Authority, domain: &question.name };
    let mut asked = query.write(7, Edns::With, CaseRandomization::Mixed(0b0110));
    assert_eq!(&asked.octets()[12..26], b"\x03mX\x00\x07Contoso\x03c");
    let mut packet = asked.octets().to_vec();
    packet[2] = 0x80;
    assert!(matches!(asked.assess(&packet), ReplyMatch::Reply(_)));
    packet[12..29].make_ascii_lowercase();
    assert!(matches!(asked.assess(&packet), ReplyMatch::OtherCase));
    packet[2] = 0x82;
    assert!(matches!(asked.assess(&packet), ReplyMatch::OtherCase));
    packet[2] = 0x80;
    asked.lower();
    assert!(matches!(asked.assess(&packet), ReplyMatch::Reply(_)));
    packet[12..29].make_ascii_uppercase();
    assert!(matches!(asked.assess(&packet), ReplyMatch::Reply(_)));
    // Without a capital letter, a reply cannot show whether case was kept.
    assert_eq!(query.write(7, Edns::With, CaseRandomization::Mixed(0)).letters(), CaseRandomization::Lower);
}

#[test]
fn only_errors_may_leave_the_question_out() {
    let question = question();
    let asked = Query { question: &question, asking: Asking::Authority, domain: &question.name };
    let asked = asked.write(7, Edns::With, CaseRandomization::Mixed(u64::MAX));
    for (rcode, accepted) in
        [(0u8, false), (1, true), (2, true), (3, false), (4, true), (5, true), (9, false)]
    {
        let packet = [0, 7, 0x80, rcode, 0, 0, 0, 0, 0, 0, 0, 0];
        assert_eq!(matches!(asked.assess(&packet), ReplyMatch::Reply(_)), accepted, "rcode {rcode}");
    }
}
