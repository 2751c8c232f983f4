//! Does a reply hold what the server said, and nothing else?

use std::sync::Arc;
use std::time::Duration;

use cutover::facts::Outcome;
use cutover::record::RecordData;
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::{DNSClass, Name as WireName, RData};

use super::{Client, contoso, name, shown};
use crate::lab::Say;

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
    let RecordData::Txt(text) = &text.records[0].data else { panic!("a text") };
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
    assert_eq!((reply.outcome, reply.records.len()), (Outcome::NxDomain, 1));
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
        ("missing.contoso.com", "A", Outcome::NxDomain),
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
    // Data without AA: from a cache, or from a server that does not know the zone any more.
    server.say(Say::Altered(Arc::new(|message| message.metadata.authoritative = false)));
    let reply = client.ask("contoso.com", "MX").await;
    assert_eq!((reply.outcome, reply.authoritative), (Outcome::Lame, false));
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
    let said: Vec<String> = reply.ede.iter().map(ToString::to_string).collect();
    assert_eq!(said[..2], ["DNSSEC bogus: signature\u{fffd}[31m expired", "no reachable authority"]);
    assert_eq!(reply.ede[2].text.chars().count(), 200);
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
        stray.name = WireName::from_ascii("stray.example.").unwrap();
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
        message.answers[0].data = RData::Update0(mx);
    })));
    let reply = client.ask("contoso.com", "MX").await;
    assert_eq!((reply.outcome, reply.records.len()), (Outcome::Malformed, 0));
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
    assert_eq!(client.ask("gone.contoso.com", "A").await.outcome, Outcome::NxDomain);
    assert_eq!(client.ask("nobody.example", "A").await.outcome, Outcome::NxDomain);
    assert_eq!(client.ask("x.sub.contoso.com", "A").await.outcome, Outcome::ServFail);
    assert_eq!(client.ask("loop.contoso.com", "A").await.outcome, Outcome::ServFail);
    resolver.remember("contoso.com", "@ 1380 MX 10 old").remember_absent("ns1.contoso.com", 42).age(10);
    assert_eq!(
        shown(&client.ask("contoso.com", "MX").await),
        ["contoso.com. 1370 IN MX 10 old.contoso.com."]
    );
    let reply = client.ask("ns1.contoso.com", "A").await;
    assert_eq!((reply.outcome, reply.negative_ttl()), (Outcome::NxDomain, Some(32)));
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
    assert!((20_000..2_000_000).contains(&reply.elapsed), "{}", reply.elapsed);
}
