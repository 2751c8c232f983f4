//! Does the transport say what a server did, whatever that was?

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use cutover::facts::{Outcome, Reply, Role, Server};
use cutover::lookup::transport::{Endpoint, Transport};
use cutover::record::{Name, Question};
use futures_util::future::join_all;
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::DNSClass;
use tokio::time::Instant;

use crate::lab::{Identity, Lab, LabServer, Say, Via};

/// One try of these tests.
const PATIENCE: Duration = Duration::from_millis(300);

/// What one test asks with, and of whom.
struct Client {
    transport: Transport,
    endpoint: Endpoint,
    server: Arc<Server>,
    zone: Name,
}

impl Client {
    fn authority(address: SocketAddr) -> Self {
        Self::new(Endpoint::Plain(address), Role::Authoritative)
    }

    fn resolver(address: SocketAddr) -> Self {
        Self::new(Endpoint::Plain(address), Role::Resolver)
    }

    fn new(endpoint: Endpoint, role: Role) -> Self {
        let server = Arc::new(Server { role, address: endpoint.to_string(), name: None });
        Self { transport: Transport::new(PATIENCE), endpoint, server, zone: name("contoso.com") }
    }

    async fn ask(&self, of: &str, rtype: &str) -> Reply {
        let question = Question::new(name(of), rtype.parse().unwrap());
        self.transport.ask(&self.endpoint, &self.server, &question, Some(&self.zone)).await
    }
}

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

fn shown(reply: &Reply) -> Vec<String> {
    reply.records.iter().map(ToString::to_string).collect()
}

/// A lab with one server, `127.0.0.2`, that has a zone with a bit of everything.
fn contoso() -> (Lab, LabServer) {
    let lab = Lab::start();
    let server = lab.server("127.0.0.2");
    server.zone(
        "contoso.com",
        "@ 3600 MX 20 mx2.emailsrvr.com.
         @ 3600 MX 10 mx1.emailsrvr.com.
         @ 300 TXT \"v=spf1 \" \"-all\"
         @ 3600 NS ns1
         ns1 3600 A 127.0.0.2
         ns1 3600 AAAA 2001:db8::1
         autodiscover 300 CNAME autodiscover.outlook.com.
         www 300 CNAME web
         web 300 A 192.0.2.8
         web 300 A 192.0.2.7
         gone 300 CNAME nowhere
         loop 300 CNAME pool
         pool 300 CNAME loop
         _sip._tls 300 SRV 100 1 443 sipdir.online.lync.com.
         @ 300 CAA 0 issue \"ca.example\"
         @ 300 TYPE65534 \\# 4 0a000001
         a.b 300 A 192.0.2.9
         sub 300 NS ns.sub
         sub 300 NS ns2.fabrikam.com.
         ns.sub 300 A 127.0.0.9
         *.wild 300 A 192.0.2.10",
    );
    (lab, server)
}

#[tokio::test]
async fn records_of_all_kinds_are_read() {
    let (_lab, server) = contoso();
    let client = Client::authority(server.address());
    let reply = client.ask("CONTOSO.com", "MX").await;
    assert_eq!(reply.outcome, Outcome::Records);
    assert_eq!(
        shown(&reply),
        ["contoso.com. 3600 IN MX 10 mx1.emailsrvr.com.", "contoso.com. 3600 IN MX 20 mx2.emailsrvr.com."]
    );
    assert!(reply.authoritative && !reply.authentic && reply.soa.is_none() && reply.reason.is_empty());
    for (of, rtype, wanted) in [
        ("contoso.com", "TXT", "contoso.com. 300 IN TXT \"v=spf1 -all\""),
        ("contoso.com", "NS", "contoso.com. 3600 IN NS ns1.contoso.com."),
        ("ns1.contoso.com", "AAAA", "ns1.contoso.com. 3600 IN AAAA 2001:db8::1"),
        (
            "contoso.com",
            "SOA",
            "contoso.com. 300 IN SOA ns1.contoso.com. hostmaster.contoso.com. 1 3600 600 604800 300",
        ),
        (
            "_sip._tls.contoso.com",
            "SRV",
            "_sip._tls.contoso.com. 300 IN SRV 100 1 443 sipdir.online.lync.com.",
        ),
        ("contoso.com", "TYPE65534", "contoso.com. 300 IN TYPE65534 \\# 4 0a000001"),
        ("x.wild.contoso.com", "A", "x.wild.contoso.com. 300 IN A 192.0.2.10"),
        (
            "autodiscover.contoso.com",
            "CNAME",
            "autodiscover.contoso.com. 300 IN CNAME autodiscover.outlook.com.",
        ),
    ] {
        let reply = client.ask(of, rtype).await;
        assert_eq!(
            (reply.outcome, shown(&reply)),
            (Outcome::Records, vec![wanted.to_string()]),
            "{of} {rtype}"
        );
    }
    let text = client.ask("contoso.com", "TXT").await;
    let cutover::record::RecordData::Txt(text) = &text.records[0].data else { panic!("a text") };
    assert_eq!(text.strings().collect::<Vec<_>>(), [&b"v=spf1 "[..], b"-all"]);
}

#[tokio::test]
async fn alias_chains_are_kept_in_order_and_loops_end() {
    let (_lab, server) = contoso();
    let client = Client::authority(server.address());
    let reply = client.ask("www.contoso.com", "A").await;
    assert_eq!(
        shown(&reply),
        [
            "www.contoso.com. 300 IN CNAME web.contoso.com.",
            "web.contoso.com. 300 IN A 192.0.2.7",
            "web.contoso.com. 300 IN A 192.0.2.8"
        ]
    );
    // Out of the zone: the authority says no more, and that is an answer.
    let reply = client.ask("autodiscover.contoso.com", "A").await;
    assert_eq!((reply.outcome, reply.records.len()), (Outcome::Records, 1));
    // NXDOMAIN speaks of the end of the chain (RFC 2308 §2.1).
    let reply = client.ask("gone.contoso.com", "A").await;
    assert_eq!((reply.outcome, reply.records.len()), (Outcome::NoName, 1));
    assert_eq!(reply.end_of_chain(), &name("nowhere.contoso.com"));
    assert_eq!(reply.negative_ttl(), Some(300));
    let reply = client.ask("loop.contoso.com", "A").await;
    assert_eq!((reply.outcome, reply.records.len()), (Outcome::Records, 2));
    assert_eq!(reply.end_of_chain(), &name("loop.contoso.com"));
}

#[tokio::test]
async fn negative_answers_are_told_apart() {
    let (_lab, server) = contoso();
    let client = Client::authority(server.address());
    for (of, rtype, outcome) in [
        ("contoso.com", "A", Outcome::NoData),
        ("b.contoso.com", "A", Outcome::NoData),
        ("missing.contoso.com", "A", Outcome::NoName),
    ] {
        let reply = client.ask(of, rtype).await;
        assert_eq!((reply.outcome, reply.negative_ttl()), (outcome, Some(300)), "{of}");
        assert_eq!(reply.soa.as_ref().unwrap().name, name("contoso.com"));
    }
    let reply = client.ask("fabrikam.com", "A").await;
    assert_eq!((reply.outcome, reply.reason.as_str()), (Outcome::Refused, ""));
}

#[tokio::test]
async fn referrals_point_down_and_lame_servers_up() {
    let (_lab, server) = contoso();
    let mut client = Client::authority(server.address());
    let reply = client.ask("x.sub.contoso.com", "A").await;
    assert_eq!((reply.outcome, reply.records.len()), (Outcome::Referral, 0));
    let referral: Vec<String> = reply.referral.iter().map(ToString::to_string).collect();
    assert_eq!(
        referral,
        ["sub.contoso.com. 300 IN NS ns.sub.contoso.com.", "sub.contoso.com. 300 IN NS ns2.fabrikam.com."]
    );
    // The same reply by a server that should be the authority for the zone referred to.
    client.zone = name("sub.contoso.com");
    let reply = client.ask("x.sub.contoso.com", "A").await;
    assert_eq!((reply.outcome, reply.referral.len()), (Outcome::Lame, 0));
    assert!(reply.reason.contains("sub.contoso.com."), "{}", reply.reason);
    client.zone = name("contoso.com");
    server.say(Say::Upward);
    assert_eq!(client.ask("contoso.com", "MX").await.outcome, Outcome::Lame);
    server.say(Say::Blank);
    assert_eq!(client.ask("contoso.com", "MX").await.outcome, Outcome::Lame);
    server.say(Say::Error(ResponseCode::NotAuth, vec![]));
    let reply = client.ask("contoso.com", "MX").await;
    assert_eq!((reply.outcome, reply.reason.as_str()), (Outcome::Lame, "rcode NOTAUTH"));
    // Without AA, but with data.
    server.say(Say::Altered(Arc::new(|message| message.metadata.authoritative = false)));
    let reply = client.ask("contoso.com", "MX").await;
    assert_eq!((reply.outcome, reply.authoritative), (Outcome::Records, false));
    // An authority's own name servers beside no data, and no SOA (RFC 2308 §2.2).
    server.say(Say::Altered(Arc::new(|message| {
        message.authorities.retain(|record| u16::from(record.record_type()) != 6);
    })));
    assert_eq!(client.ask("contoso.com", "A").await.outcome, Outcome::NoData);
}

#[tokio::test]
async fn errors_come_with_their_reasons() {
    let (_lab, server) = contoso();
    let client = Client::authority(server.address());
    let long = "x".repeat(300).leak();
    let extended = vec![(6, "signature\x1b[31m expired\0"), (22, ""), (9, &*long)];
    server.say(Say::Error(ResponseCode::ServFail, extended));
    let reply = client.ask("contoso.com", "MX").await;
    assert_eq!(reply.outcome, Outcome::ServFail);
    let said: Vec<String> = reply.extended.iter().map(ToString::to_string).collect();
    assert_eq!(said[..2], ["DNSSEC bogus: signature\u{fffd}[31m expired", "no reachable authority"]);
    assert_eq!(reply.extended[2].text.chars().count(), 200);
    server.say(Say::Error(ResponseCode::YXDomain, vec![]));
    let reply = client.ask("contoso.com", "MX").await;
    assert_eq!((reply.outcome, reply.reason.as_str()), (Outcome::ServFail, "rcode YXDOMAIN"));
    for (rcode, outcome) in
        [(ResponseCode::Refused, Outcome::Refused), (ResponseCode::ServFail, Outcome::ServFail)]
    {
        server.say(Say::HeaderOnly(rcode));
        assert_eq!(client.ask("contoso.com", "MX").await.outcome, outcome);
    }
    // To a resolver NOTAUTH means nothing about the zone.
    server.say(Say::Error(ResponseCode::NotAuth, vec![]));
    let client = Client::resolver(server.address());
    assert_eq!(client.ask("contoso.com", "MX").await.outcome, Outcome::ServFail);
}

#[tokio::test]
async fn odd_data_is_put_right() {
    let (_lab, server) = contoso();
    let client = Client::authority(server.address());
    server.say(Say::Altered(Arc::new(|message| {
        let mut records = message.answers.clone();
        records[0].ttl = u32::MAX;
        let mut foreign = records[0].clone();
        foreign.dns_class = DNSClass::CH;
        let mut stray = records[0].clone();
        stray.name = hickory_resolver::proto::rr::Name::from_ascii("stray.example.").unwrap();
        let twice = records[1].clone();
        records.extend([foreign, stray, twice]);
        message.answers = records;
    })));
    let reply = client.ask("contoso.com", "MX").await;
    assert_eq!(
        shown(&reply),
        ["contoso.com. 3600 IN MX 10 mx1.emailsrvr.com.", "contoso.com. 0 IN MX 20 mx2.emailsrvr.com."]
    );
    server.say(Say::UpperCase);
    let reply = client.ask("www.contoso.com", "A").await;
    assert_eq!((reply.outcome, reply.records.len()), (Outcome::Records, 3));
    // A type whose data may not be empty.
    server.say(Say::Altered(Arc::new(|message| {
        let mx = message.queries[0].query_type();
        message.answers[0].data = hickory_resolver::proto::rr::RData::Update0(mx);
    })));
    let reply = client.ask("contoso.com", "MX").await;
    assert_eq!((reply.outcome, reply.records.len()), (Outcome::Malformed, 0));
}

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
    assert!(reply.took >= 90_000, "{}", reply.took);
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
    let reply = client.transport.ask_unvalidated(&client.endpoint, &client.server, &question).await;
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
    let cutover::record::RecordData::Txt(text) = &reply.records[0].data else { panic!("a text") };
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
async fn a_dead_server_costs_one_timeout() {
    let (lab, server) = contoso();
    server.say(Say::Nothing);
    let client = Client::authority(server.address());
    let start = Instant::now();
    let names: Vec<String> = (0..100).map(|n| format!("n{n}.contoso.com")).collect();
    for reply in join_all(names.iter().map(|of| client.ask(of, "A"))).await {
        assert_eq!((reply.outcome, reply.reason.as_str()), (Outcome::Timeout, ""));
    }
    let packets = server.packets();
    assert_eq!(packets, 300);
    for _ in 0..100 {
        assert_eq!(client.ask("contoso.com", "MX").await.outcome, Outcome::Timeout);
    }
    assert_eq!(server.packets(), packets);
    assert!(start.elapsed() < PATIENCE * 8, "{:?}", start.elapsed());
    // Nobody at all: known at once, and the reason with it.
    let client = Client::authority(lab.address("127.0.0.99"));
    let start = Instant::now();
    for _ in 0..2 {
        let reply = client.ask("contoso.com", "MX").await;
        assert_eq!((reply.outcome, reply.reason.as_str()), (Outcome::Unreachable, "connection refused"));
    }
    assert!(start.elapsed() < PATIENCE / 2, "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_server_that_lives_is_asked_again() {
    let (_lab, server) = contoso();
    let client = Client::authority(server.address());
    assert_eq!(client.ask("contoso.com", "MX").await.outcome, Outcome::Records);
    server.say(Say::Nothing);
    assert_eq!(client.ask("contoso.com", "TXT").await.outcome, Outcome::Timeout);
    server.say(Say::Zone);
    assert_eq!(client.ask("contoso.com", "TXT").await.outcome, Outcome::Records);
    // Too slow for its first question: the late reply is a sign of life.
    let (_lab, server) = contoso();
    let client = Client::authority(server.address());
    server.delay(PATIENCE + Duration::from_millis(50));
    assert_eq!(client.ask("contoso.com", "MX").await.outcome, Outcome::Timeout);
    server.delay(Duration::ZERO);
    tokio::time::sleep(Duration::from_millis(150)).await;
    assert_eq!(client.ask("contoso.com", "MX").await.outcome, Outcome::Records);
}

#[tokio::test]
async fn a_name_that_times_out_does_not_spoil_the_others() {
    let (_lab, server) = contoso();
    server.say_to("contoso.com", "TXT", Say::Nothing);
    let client = Client::authority(server.address());
    let (text, mx) = tokio::join!(client.ask("contoso.com", "TXT"), client.ask("contoso.com", "MX"));
    assert_eq!((text.outcome, mx.outcome), (Outcome::Timeout, Outcome::Records));
    assert_eq!(client.ask("contoso.com", "A").await.outcome, Outcome::NoData);
}

#[tokio::test]
async fn many_questions_find_their_own_answers() {
    let lab = Lab::start();
    let server = lab.server("127.0.0.2");
    let lines: String = (0..500).map(|n| format!("n{n} 300 TXT \"text {n}\"\n")).collect();
    server.zone("contoso.com", &lines);
    server.delay(Duration::from_millis(20));
    let mut client = Client::authority(server.address());
    // A machine with much else to do must not make this test fail.
    client.transport = Transport::new(Duration::from_secs(10));
    let names: Vec<String> = (0..500).map(|n| format!("n{n}.contoso.com")).collect();
    let replies = join_all(names.iter().map(|of| client.ask(of, "TXT"))).await;
    for (n, reply) in replies.iter().enumerate() {
        assert_eq!(shown(reply), [format!("n{n}.contoso.com. 300 IN TXT \"text {n}\"")]);
    }
    let seen = server.seen();
    let ports: std::collections::BTreeSet<u16> = seen.iter().map(|seen| seen.from.port()).collect();
    let ids: std::collections::BTreeSet<u16> = seen.iter().map(|seen| seen.id).collect();
    assert_eq!((ports.len(), ids.len()), (1, 500));
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

#[tokio::test]
async fn resolvers_answer_from_all_zones_and_from_memory() {
    let (lab, _server) = contoso();
    let outlook = lab.server("127.0.0.3");
    outlook.zone("outlook.com", "autodiscover 60 A 192.0.2.40");
    let resolver = lab.resolver("127.0.0.53");
    let client = Client::resolver(resolver.address());
    let reply = client.ask("autodiscover.contoso.com", "A").await;
    assert_eq!((reply.outcome, reply.records.len(), reply.authoritative), (Outcome::Records, 2, false));
    assert_eq!(client.ask("contoso.com", "A").await.outcome, Outcome::NoData);
    assert_eq!(client.ask("gone.contoso.com", "A").await.outcome, Outcome::NoName);
    assert_eq!(client.ask("nobody.example", "A").await.outcome, Outcome::NoName);
    assert_eq!(client.ask("x.sub.contoso.com", "A").await.outcome, Outcome::ServFail);
    assert_eq!(client.ask("loop.contoso.com", "A").await.outcome, Outcome::ServFail);
    resolver.remember("contoso.com", "@ 1380 MX 10 old").remember_absent("ns1.contoso.com", 42).age(10);
    assert_eq!(
        shown(&client.ask("contoso.com", "MX").await),
        ["contoso.com. 1370 IN MX 10 old.contoso.com."]
    );
    let reply = client.ask("ns1.contoso.com", "A").await;
    assert_eq!((reply.outcome, reply.negative_ttl()), (Outcome::NoName, Some(32)));
    // A server without recursion that was named as a resolver says nothing about the name.
    resolver.say(Say::Upward);
    let reply = client.ask("contoso.com", "MX").await;
    assert_eq!((reply.outcome, reply.reason.as_str()), (Outcome::Refused, "the server offers no recursion"));
    resolver.say(Say::Blank);
    assert_eq!(client.ask("contoso.com", "MX").await.outcome, Outcome::NoData);
}

#[tokio::test]
async fn replies_are_dated_by_the_clock_of_the_run() {
    let (_lab, server) = contoso();
    let start: jiff::Timestamp = "2026-11-22T05:23:00.123456Z".parse().unwrap();
    let mut client = Client::authority(server.address());
    client.transport = client.transport.with_clock(start);
    server.delay(Duration::from_millis(20));
    let reply = client.ask("contoso.com", "MX").await;
    let passed = reply.at.as_millisecond() - start.as_millisecond();
    assert!((20..2_000).contains(&passed), "{passed}");
    assert_eq!(reply.at.subsec_nanosecond() % 1_000_000, 0);
    assert!((20_000..2_000_000).contains(&reply.took), "{}", reply.took);
}

/// A client of a resolver over TLS or HTTPS that trusts this identity.
fn secure(endpoint: Endpoint, trusted: &Identity) -> Client {
    let mut client = Client::new(endpoint, Role::Resolver);
    client.transport = Transport::new(Duration::from_secs(2)).with_tls_config(trusted.client_config());
    client
}

fn tls(server: &LabServer, host: &str) -> Endpoint {
    Endpoint::Tls { address: server.address(), host: host.into() }
}

fn https(server: &LabServer, host: &str, path: &str) -> Endpoint {
    Endpoint::Https { address: server.address(), host: host.into(), path: path.into() }
}

#[tokio::test]
async fn one_connection_serves_all_questions_over_tls_and_https() {
    let (lab, _server) = contoso();
    let identity = Identity::of(&["dns.test", "127.0.0.5"]);
    for (server, via) in [
        (lab.tls_resolver("127.0.0.5", &identity), Via::Tls),
        (lab.https_resolver("127.0.0.5", &identity), Via::Https),
    ] {
        for host in ["dns.test", "127.0.0.5"] {
            let before = server.connections();
            let endpoint = match via {
                Via::Tls => tls(&server, host),
                _ => https(&server, host, "/dns-query"),
            };
            let client = secure(endpoint, &identity);
            let replies = join_all((0..100).map(|_| client.ask("www.contoso.com", "A"))).await;
            assert!(
                replies.iter().all(|reply| reply.outcome == Outcome::Records && reply.records.len() == 3)
            );
            assert_eq!(client.ask("contoso.com", "A").await.outcome, Outcome::NoData);
            assert_eq!(client.ask("no.contoso.com", "A").await.outcome, Outcome::NoName);
            assert_eq!(server.connections() - before, 1);
        }
        assert!(server.seen().iter().all(|seen| seen.via == via && seen.recursion_desired));
        let client = secure(
            match via {
                Via::Tls => tls(&server, "dns.test"),
                _ => https(&server, "dns.test", "/dns-query"),
            },
            &identity,
        );
        server.say(Say::Error(ResponseCode::ServFail, vec![(6, "bogus")]));
        let reply = client.ask("contoso.com", "MX").await;
        assert_eq!((reply.outcome, reply.extended.len()), (Outcome::ServFail, 1));
        server.say(Say::OtherQuestion);
        assert_eq!(client.ask("contoso.com", "MX").await.outcome, Outcome::Malformed);
    }
}

#[tokio::test]
async fn a_lost_connection_is_made_once_more() {
    let (lab, _server) = contoso();
    let identity = Identity::of(&["dns.test"]);
    let over_tls = lab.tls_resolver("127.0.0.5", &identity);
    let over_https = lab.https_resolver("127.0.0.5", &identity);
    let endpoints = [tls(&over_tls, "dns.test"), https(&over_https, "dns.test", "/dns-query")];
    for (server, endpoint) in [&over_tls, &over_https].into_iter().zip(endpoints) {
        server.close_after_reply();
        let client = secure(endpoint, &identity);
        for _ in 0..3 {
            let reply = client.ask("contoso.com", "MX").await;
            assert_eq!(reply.outcome, Outcome::Records, "{}", reply.reason);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert_eq!(server.connections(), 3);
        server.say(Say::Close);
        let reply = client.ask("contoso.com", "TXT").await;
        assert_eq!(reply.outcome, Outcome::Unreachable, "{}", reply.reason);
        assert!(!reply.reason.is_empty());
    }
}

#[tokio::test]
async fn what_is_wrong_with_an_encrypted_server_is_said() {
    let (lab, _server) = contoso();
    let (identity, other) = (Identity::of(&["dns.test"]), Identity::of(&["dns.test"]));
    let over_tls = lab.tls_resolver("127.0.0.5", &identity);
    let over_https = lab.https_resolver("127.0.0.5", &identity);
    for (trusted, host, reason) in [
        (&other, "dns.test", "the certificate has an unknown issuer"),
        (&identity, "other.test", "the certificate is not for `other.test`"),
    ] {
        for endpoint in [tls(&over_tls, host), https(&over_https, host, "/dns-query")] {
            let client = secure(endpoint, trusted);
            for _ in 0..2 {
                let reply = client.ask("contoso.com", "MX").await;
                assert_eq!((reply.outcome, reply.reason.as_str()), (Outcome::Unreachable, reason));
            }
        }
    }
    assert_eq!((over_tls.connections(), over_https.connections()), (2, 2), "not tried again");
    let client = secure(https(&over_https, "dns.test", "/wrong"), &identity);
    let reply = client.ask("contoso.com", "MX").await;
    assert_eq!((reply.outcome, reply.reason.as_str()), (Outcome::Unreachable, "HTTP status 404 Not Found"));
    over_https.say(Say::HttpStatus(503));
    let client = secure(https(&over_https, "dns.test", "/dns-query"), &identity);
    let reply = client.ask("contoso.com", "MX").await;
    assert_eq!(reply.reason, "HTTP status 503 Service Unavailable");
    over_https.say(Say::Garbage);
    assert_eq!(client.ask("contoso.com", "MX").await.outcome, Outcome::Malformed);
    over_https.say(Say::Zone);
    assert_eq!(client.ask("contoso.com", "MX").await.outcome, Outcome::Records);
    // A port where nobody listens, and one where nobody speaks TLS.
    let nobody = lab.address("127.0.0.98");
    let client = secure(Endpoint::Tls { address: nobody, host: "dns.test".into() }, &identity);
    let reply = client.ask("contoso.com", "MX").await;
    assert_eq!((reply.outcome, reply.reason.as_str()), (Outcome::Unreachable, "connection refused"));
}

#[tokio::test]
async fn a_silent_encrypted_server_costs_one_timeout() {
    let (lab, _server) = contoso();
    let identity = Identity::of(&["dns.test"]);
    let over_tls = lab.tls_resolver("127.0.0.5", &identity);
    let over_https = lab.https_resolver("127.0.0.5", &identity);
    let endpoints = [tls(&over_tls, "dns.test"), https(&over_https, "dns.test", "/dns-query")];
    for (server, endpoint) in [&over_tls, &over_https].into_iter().zip(endpoints) {
        server.say(Say::Nothing);
        let mut client = secure(endpoint, &identity);
        client.transport = Transport::new(PATIENCE).with_tls_config(identity.client_config());
        let replies = join_all((0..100).map(|_| client.ask("contoso.com", "MX"))).await;
        assert!(replies.iter().all(|reply| reply.outcome == Outcome::Timeout));
        assert!(server.packets() <= 30, "{}", server.packets());
        let packets = server.packets();
        assert_eq!(client.ask("contoso.com", "TXT").await.outcome, Outcome::Timeout);
        assert_eq!(server.packets(), packets);
    }
}

#[test]
fn the_system_has_resolvers_or_says_how_to_name_one() {
    match cutover::lookup::transport::system_resolvers() {
        Ok(endpoints) => {
            assert!(!endpoints.is_empty());
            let each: std::collections::BTreeSet<&Endpoint> = endpoints.iter().collect();
            assert_eq!(each.len(), endpoints.len());
        }
        Err(error) => assert!(error.to_string().contains("`--resolver 1.1.1.1`"), "{error}"),
    }
}
