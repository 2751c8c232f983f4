//! Do TLS and HTTPS work, and is it said why not?

use std::time::Duration;

use cutover::facts::{Outcome, Role};
use cutover::lookup::transport::{Endpoint, Transport};
use futures_util::future::join_all;
use hickory_resolver::proto::op::ResponseCode;

use super::{Client, PATIENCE, contoso};
use crate::lab::{Identity, LabServer, Say, Via};

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
            assert_eq!(client.ask("no.contoso.com", "A").await.outcome, Outcome::NxDomain);
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
        assert_eq!((reply.outcome, reply.ede.len()), (Outcome::ServFail, 1));
        server.say(Say::OtherQuestion);
        assert_eq!(client.ask("contoso.com", "MX").await.outcome, Outcome::Malformed);
    }
}

#[test]
fn each_event_loop_has_a_connection_of_its_own() {
    let (lab, _server) = contoso();
    let identity = Identity::of(&["dns.test"]);
    let server = lab.tls_resolver("127.0.0.5", &identity);
    let client = secure(tls(&server, "dns.test"), &identity);
    let ask = |runtime: &tokio::runtime::Runtime| {
        let replies = runtime.block_on(join_all((0..10).map(|_| client.ask("contoso.com", "MX"))));
        assert!(replies.iter().all(|reply| reply.outcome == Outcome::Records), "{replies:?}");
        server.connections()
    };
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (first, second) = (runtime(), runtime());
    assert_eq!((ask(&first), ask(&second), ask(&first), ask(&second)), (1, 2, 2, 2));
    // What belongs to an event loop that has ended is not waited for.
    drop(first);
    assert_eq!((ask(&second), ask(&runtime())), (2, 3));
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
        assert_eq!(reply.reason, "the server closed the connection");
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
