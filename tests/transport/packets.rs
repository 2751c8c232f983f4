//! Does a question survive what happens to packets?

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use cutover::facts::{Outcome, Role, Server};
use cutover::lookup::transport::Transport;
use cutover::record::{Question, RecordData};
use futures_util::future::join_all;
use hickory_resolver::proto::op::ResponseCode;

use super::{Client, contoso, name, shown};
use crate::lab::{Lab, LabServer, Say, Via};

#[tokio::test]
async fn what_is_no_reply_is_dropped_and_the_wait_goes_on() {
    let (_lab, server) = contoso();
    let client = Client::authority(server.address());
    // One at a time, so that each is followed by the real reply and none by silence.
    for nonsense in
        [Say::Garbage, Say::WrongId, Say::OtherQuestion, Say::NoQuestion, Say::Echo, Say::CutInRecord]
    {
        let later = Say::Later(Duration::from_millis(20), Box::new(Say::Zone));
        server.say(Say::All(vec![nonsense.clone(), later])).forget();
        let reply = client.ask("contoso.com", "MX").await;
        assert_eq!((reply.outcome, reply.records.len()), (Outcome::Records, 2));
        assert_eq!(server.packets(), 1);
    }
    for (nonsense, outcome) in [
        (Say::Garbage, Outcome::Malformed),
        (Say::CutInRecord, Outcome::Malformed),
        (Say::WrongId, Outcome::Timeout),
        (Say::OtherQuestion, Outcome::Timeout),
        (Say::NoQuestion, Outcome::Timeout),
        (Say::Echo, Outcome::Timeout),
        (Say::All(vec![Say::Garbage, Say::OtherQuestion]), Outcome::Malformed),
    ] {
        server.say(nonsense).forget();
        assert_eq!(client.ask("contoso.com", "MX").await.outcome, outcome);
        assert_eq!(server.packets(), 3);
    }
    // The second copy of a reply is nobody's.
    server.say(Say::All(vec![Say::Zone, Say::Zone]));
    for _ in 0..20 {
        assert_eq!(client.ask("contoso.com", "MX").await.outcome, Outcome::Records);
    }
}

#[tokio::test]
async fn a_lost_packet_is_sent_again() {
    let (_lab, server) = contoso();
    server.say(Say::Turns(vec![Say::Nothing, Say::Zone]));
    let client = Client::authority(server.address());
    let reply = client.ask("contoso.com", "MX").await;
    assert_eq!(reply.outcome, Outcome::Records);
    let seen = server.seen();
    assert_eq!((seen.len(), seen[0].id), (2, seen[1].id));
    assert!(reply.elapsed >= 90_000, "{}", reply.elapsed);
}

#[tokio::test]
async fn flags_suit_the_one_who_is_asked() {
    let (lab, server) = contoso();
    Client::authority(server.address()).ask("contoso.com", "MX").await;
    let seen = server.seen();
    assert!(!seen[0].recursion_desired && !seen[0].authentic_data);
    assert_eq!((seen[0].payload, seen[0].via), (Some(1232), Via::Udp));
    let resolver = lab.resolver("127.0.0.53");
    let client = Client::resolver(resolver.address());
    resolver.say(Say::Altered(Arc::new(|message| message.metadata.authentic_data = true)));
    assert!(client.ask("contoso.com", "MX").await.authentic);
    let question = Question::new(name("contoso.com"), "MX".parse().unwrap());
    let unvalidated = Arc::new(Server { role: Role::Unvalidated, address: resolver.address().to_string() });
    let scope = cutover::lookup::transport::Scope { domain: &question.name, zone: None };
    let reply = client.transport.ask(&client.endpoint, &unvalidated, &question, scope).await;
    assert_eq!(reply.outcome, Outcome::Records);
    let seen = resolver.seen();
    assert!(seen[0].recursion_desired && seen[0].authentic_data && !seen[0].checking_disabled);
    assert!(seen[1].checking_disabled);
}

#[tokio::test]
async fn servers_that_refuse_edns_are_asked_without() {
    for rcode in [ResponseCode::FormErr, ResponseCode::NotImp, ResponseCode::BADVERS] {
        let (_lab, server) = contoso();
        server.say(Say::RefuseEdns(rcode));
        let client = Client::authority(server.address());
        assert_eq!(client.ask("contoso.com", "MX").await.outcome, Outcome::Records);
        assert_eq!(client.ask("contoso.com", "TXT").await.outcome, Outcome::Records);
        let payloads: Vec<Option<u16>> = server.seen().iter().map(|seen| seen.payload).collect();
        assert_eq!(payloads, [Some(1232), None, None], "learned once");
    }
    let (_lab, server) = contoso();
    server.say(Say::HeaderOnly(ResponseCode::NotImp));
    let reply = Client::authority(server.address()).ask("contoso.com", "MX").await;
    assert_eq!((reply.outcome, reply.reason.as_str()), (Outcome::ServFail, "rcode NOTIMP"));
    assert_eq!(server.packets(), 2);
    let (_lab, server) = contoso();
    server.say(Say::Turns(vec![Say::HeaderOnly(ResponseCode::FormErr), Say::Nothing]));
    let reply = Client::authority(server.address()).ask("contoso.com", "MX").await;
    assert_eq!((reply.outcome, reply.reason.as_str()), (Outcome::ServFail, "rcode FORMERR"));
}

#[tokio::test]
async fn long_answers_take_tcp() {
    let lab = Lab::start();
    let server = lab.server("127.0.0.2");
    let long: Vec<String> =
        (0..12).map(|n| format!("\"{}\"", n.to_string().repeat(250)[..250].to_owned())).collect();
    server.zone("contoso.com", &format!("@ 300 TXT {}\n@ 300 MX 0 mail", long.join(" ")));
    let client = Client::authority(server.address());
    let reply = client.ask("contoso.com", "TXT").await;
    assert_eq!(reply.outcome, Outcome::Records);
    let RecordData::Txt(text) = &reply.records[0].data else { panic!("a text") };
    assert_eq!((text.joined().len(), text.strings().count()), (3000, 12));
    assert_eq!(server.seen().iter().map(|seen| seen.via).collect::<Vec<_>>(), [Via::Udp, Via::Tcp]);
    // Whether anything can be read of the part that came over UDP does not matter.
    for say in [Say::Truncated, Say::TruncatedInRecord] {
        server.say(say).forget();
        assert_eq!(client.ask("contoso.com", "MX").await.outcome, Outcome::Records);
        assert_eq!(server.packets(), 2);
    }
    for (over_tcp, outcome) in [
        (Say::Nothing, Outcome::Timeout),
        (Say::Close, Outcome::Unreachable),
        (Say::Garbage, Outcome::Malformed),
        (Say::CutInRecord, Outcome::Malformed),
        (Say::OtherQuestion, Outcome::Timeout),
        (Say::All(vec![Say::WrongId, Say::OtherQuestion, Say::Zone]), Outcome::Records),
    ] {
        server.say(Say::Truncated).say_over_streams(over_tcp).forget();
        // One of its own, since TCP that stalls is not tried again for a while.
        let client = Client::authority(server.address());
        let reply = client.ask("contoso.com", "MX").await;
        assert_eq!(reply.outcome, outcome, "{}", reply.reason);
    }
    let without = lab.server_without_tcp("127.0.0.3");
    without.zone("contoso.com", "@ 300 MX 0 mail").say(Say::Truncated);
    let client = Client::authority(without.address());
    let reply = client.ask("contoso.com", "MX").await;
    assert_eq!(reply.outcome, Outcome::Unreachable);
    assert_eq!(reply.reason, "the answer needs TCP: connection refused");
    // It did answer over UDP: other questions are still asked.
    without.say(Say::Zone);
    assert_eq!(client.ask("contoso.com", "MX").await.outcome, Outcome::Records);
}

#[tokio::test]
async fn many_questions_find_their_own_answers() {
    let lab = Lab::start();
    let server = lab.server("127.0.0.2");
    let lines: String = (0..500).map(|n| format!("n{n} 300 TXT \"text {n}\"\n")).collect();
    server.zone("contoso.com", &lines);
    // All are under way before the first is answered, on a busy machine too.
    server.delay(Duration::from_millis(700));
    let mut client = Client::authority(server.address());
    // A machine with much else to do must not make this test fail.
    client.transport = Transport::new(Duration::from_secs(10));
    let names: Vec<String> = (0..500).map(|n| format!("n{n}.contoso.com")).collect();
    let replies = join_all(names.iter().map(|of| client.ask(of, "TXT"))).await;
    for (n, reply) in replies.iter().enumerate() {
        assert_eq!(shown(reply), [format!("n{n}.contoso.com. 300 IN TXT \"text {n}\"")]);
    }
    let seen = server.seen();
    let ports: BTreeSet<u16> = seen.iter().map(|seen| seen.from.port()).collect();
    let ids: BTreeSet<(u16, u16)> = seen.iter().map(|seen| (seen.from.port(), seen.id)).collect();
    // One port for the first, and another once that is crowded; an id that is free again may be drawn again.
    assert!(ports.len() == 2 && ids.len() > 450, "{} ports, {} ids", ports.len(), ids.len());
}

#[tokio::test]
async fn many_servers_share_few_sockets() {
    let lab = Lab::start();
    let servers: Vec<LabServer> = (2..=201).map(|n| lab.server(&format!("127.0.1.{n}"))).collect();
    let transport = Transport::new(Duration::from_secs(10));
    let clients: Vec<Client> = servers
        .iter()
        .map(|server| {
            server.zone("contoso.com", "@ 300 MX 0 mail");
            Client { transport: transport.clone(), ..Client::authority(server.address()) }
        })
        .collect();
    for reply in join_all(clients.iter().map(|client| client.ask("contoso.com", "MX"))).await {
        assert_eq!(reply.outcome, Outcome::Records);
    }
    assert!(servers.iter().all(|server| server.packets() == 1));
}

#[tokio::test]
async fn a_question_that_is_dropped_leaves_no_trace() {
    let (_lab, server) = contoso();
    server.delay(Duration::from_millis(30));
    let client = Client::authority(server.address());
    for _ in 0..20 {
        let short = tokio::time::timeout(Duration::from_millis(10), client.ask("contoso.com", "TXT"));
        assert!(short.await.is_err());
    }
    assert_eq!(client.ask("contoso.com", "MX").await.outcome, Outcome::Records);
}
