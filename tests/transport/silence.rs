//! What does a server cost that says nothing?

use std::collections::BTreeSet;
use std::time::Duration;

use cutover::facts::Outcome;
use cutover::lookup::transport::{Endpoint, system_resolvers};
use futures_util::future::join_all;
use tokio::time::Instant;

use super::{Client, PATIENCE, contoso, name};
use crate::lab::Say;

#[tokio::test]
#[cfg_attr(windows, ignore = "Wine does not always report that a UDP port is refused")]
async fn a_dead_server_costs_one_timeout() {
    let (lab, server) = contoso();
    server.say(Say::Nothing);
    let client = Client::authority(server.address());
    let start = Instant::now();
    let names: Vec<String> = (0..60).map(|n| format!("n{n}.contoso.com")).collect();
    for reply in join_all(names.iter().map(|of| client.ask(of, "A"))).await {
        assert_eq!((reply.outcome, reply.reason.as_str()), (Outcome::Timeout, ""));
    }
    let packets = server.packets();
    assert_eq!(packets, 180);
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
async fn silence_for_one_zone_says_nothing_about_another() {
    let (_lab, server) = contoso();
    server.zone("fabrikam.com", "@ 3600 MX 10 mail");
    let client = Client::authority(server.address());
    let (gone, served) = (name("gone.example"), name("fabrikam.com"));
    server.say_to("gone.example", "MX", Say::Nothing).say_to("gone.example", "TXT", Say::Nothing);
    assert_eq!(client.ask_for(&gone, "gone.example", "MX").await.outcome, Outcome::Timeout);
    let packets = server.packets();
    assert_eq!(client.ask_for(&gone, "gone.example", "TXT").await.outcome, Outcome::Timeout);
    assert_eq!(server.packets(), packets, "the server pauses for the zone");
    assert_eq!(client.ask_for(&served, "fabrikam.com", "MX").await.outcome, Outcome::Records);
}

/// Where no name server was ever reached, the way to all of them is closed; else nothing is known of a zone not asked for.
#[tokio::test]
async fn a_server_that_is_silent_for_three_zones_is_not_said_to_be_silent_for_a_fourth() {
    for (is_reached, outcome) in [(false, Outcome::Unreachable), (true, Outcome::NotSent)] {
        let (_lab, server) = contoso();
        server.zone("fabrikam.com", "@ 3600 MX 10 mail");
        let client = Client::authority(server.address());
        if is_reached {
            let reply = client.ask_for(&name("fabrikam.com"), "fabrikam.com", "MX").await;
            assert_eq!(reply.outcome, Outcome::Records);
        }
        server.say(Say::Nothing);
        let zones: Vec<_> = (0..3).map(|n| name(&format!("gone{n}.example"))).collect();
        let asked = zones.iter().map(|zone| client.ask_for(zone, "gone.example", "MX"));
        for reply in join_all(asked).await {
            assert_eq!(reply.outcome, Outcome::Timeout);
        }
        let packets = server.packets();
        let reply = client.ask("contoso.com", "MX").await;
        assert_eq!((reply.outcome, server.packets()), (outcome, packets));
        assert!(reply.reason.contains("3 zones"), "{}", reply.reason);
    }
}

#[tokio::test]
async fn a_silent_server_is_queried_again_after_a_pause() {
    let (_lab, server) = contoso();
    server.say(Say::Nothing);
    let client = Client::authority(server.address());
    assert_eq!(client.ask("contoso.com", "MX").await.outcome, Outcome::Timeout);
    server.say(Say::Zone);
    let start = Instant::now();
    while client.ask("contoso.com", "MX").await.outcome != Outcome::Records {
        assert!(start.elapsed() < Duration::from_secs(30));
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(start.elapsed() > Duration::from_secs(4), "{:?}", start.elapsed());
}

#[tokio::test]
#[cfg_attr(windows, ignore = "holds a time that is too short for Wine")]
async fn tcp_that_stalls_for_one_domain_is_left_to_the_others() {
    let (_lab, server) = contoso();
    server.say(Say::Stalled);
    let client = Client::authority(server.address());
    let hostile = name("hostile.example");
    let names: Vec<String> = (0..200).map(|n| format!("n{n}.hostile.example")).collect();
    let stalled = join_all(names.iter().map(|of| client.ask_for(&hostile, of, "TXT")));
    let honest = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        server.say(Say::Truncated);
        let start = Instant::now();
        let reply = client.ask("contoso.com", "TXT").await;
        (reply.outcome, start.elapsed())
    };
    let (stalled, (outcome, took)) = tokio::join!(stalled, honest);
    assert!(stalled.iter().all(|reply| reply.outcome == Outcome::Timeout));
    assert_eq!(outcome, Outcome::Records);
    assert!(took < PATIENCE, "{took:?}");
    // Four at a time, and none after the first has stalled.
    assert!(server.connections() <= 5, "{}", server.connections());
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

#[test]
fn the_system_has_resolvers_or_says_how_to_name_one() {
    match system_resolvers() {
        Ok(endpoints) => {
            assert!(!endpoints.is_empty());
            let each: BTreeSet<&Endpoint> = endpoints.iter().collect();
            assert_eq!(each.len(), endpoints.len());
        }
        Err(error) => assert!(error.to_string().contains("`--resolver 1.1.1.1`"), "{error}"),
    }
}
