//! Is no server asked more than it bears, and does none hold up the others?

use std::time::Duration;

use cutover::facts::{Outcome, Reply};
use cutover::lookup::transport::Transport;
use futures_util::future::join_all;
use hickory_resolver::proto::op::ResponseCode;
use tokio::time::Instant;

use super::{Client, PATIENCE, contoso, name};
use crate::lab::{Lab, LabServer, Say, Via};

/// How long the servers take where it matters.
const DELAY: Duration = Duration::from_millis(20);

fn polite(server: &LabServer, in_flight: u32, per_second: Option<u32>, patience: Duration) -> Client {
    let transport = Transport::new(patience).with_rate_limits(in_flight, per_second);
    Client { transport, ..Client::authority(server.address()) }
}

async fn ask_many(client: &Client, count: usize) -> Vec<Reply> {
    let names: Vec<String> = (0..count).map(|n| format!("n{n}.contoso.com")).collect();
    join_all(names.iter().map(|of| client.ask(of, "MX"))).await
}

/// How many questions were open at the same time at most, if each is so for as long as the server takes.
fn most_open(server: &LabServer) -> usize {
    let seen = server.seen();
    let open = |at: Instant| seen.iter().filter(|one| one.at <= at && at < one.at + DELAY).count();
    seen.iter().map(|one| open(one.at)).max().unwrap_or_default()
}

#[tokio::test]
async fn no_more_questions_are_open_than_are_good() {
    let (_lab, server) = contoso();
    server.delay(DELAY);
    let client = polite(&server, 4, None, Duration::from_secs(10));
    for reply in ask_many(&client, 40).await {
        assert_eq!(reply.outcome, Outcome::NxDomain);
        assert!(reply.elapsed < 5_000_000, "the wait for a turn does not count: {}", reply.elapsed);
    }
    assert_eq!(most_open(&server), 4);
    // Cut answers and their TCP are one turn.
    server.say(Say::Truncated).forget();
    ask_many(&client, 12).await;
    assert!(most_open(&server) <= 4);
    assert_eq!(server.seen().iter().filter(|seen| seen.via == Via::Tcp).count(), 12);
}

#[tokio::test]
async fn waiting_for_a_turn_is_not_the_servers_silence() {
    let (_lab, server) = contoso();
    let client = polite(&server, 1000, Some(50), PATIENCE);
    let start = Instant::now();
    for reply in ask_many(&client, 40).await {
        assert_eq!(reply.outcome, Outcome::NxDomain);
        assert!(Duration::from_micros(reply.elapsed) < PATIENCE, "{}", reply.elapsed);
    }
    // Ten at once and then one every twentieth of a second.
    assert!(start.elapsed() >= Duration::from_millis(20 * 29), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_slow_server_holds_up_no_other() {
    let lab = Lab::start();
    let (slow, quick) = (lab.server("127.0.0.2"), lab.server("127.0.0.3"));
    for server in [&slow, &quick] {
        server.zone("contoso.com", "@ 300 MX 0 mail");
    }
    slow.delay(DELAY * 5);
    let slow = polite(&slow, 2, None, Duration::from_secs(10));
    let quick = Client { transport: slow.transport.clone(), ..Client::authority(quick.address()) };
    let start = Instant::now();
    let done = |client| async move {
        ask_many(client, 20).await;
        start.elapsed()
    };
    let (slow, quick) = tokio::join!(done(&slow), done(&quick));
    assert!(slow >= DELAY * 50, "{slow:?}");
    assert!(quick < slow / 3, "{quick:?} {slow:?}");
}

#[tokio::test]
async fn thousands_that_wait_for_a_dead_server_wait_for_one_timeout() {
    let (_lab, server) = contoso();
    server.say(Say::Nothing);
    let client = polite(&server, 8, None, PATIENCE);
    let start = Instant::now();
    assert!(ask_many(&client, 5000).await.iter().all(|reply| reply.outcome == Outcome::Timeout));
    assert_eq!(server.packets(), 24);
    assert!(start.elapsed() < PATIENCE * 4, "{:?}", start.elapsed());
}

#[tokio::test]
async fn many_dead_servers_cost_one_timeout_and_hold_up_no_living_one() {
    let lab = Lab::start();
    let alive = lab.server("127.0.0.2");
    alive.zone("contoso.com", "@ 300 MX 0 mail");
    let silent: Vec<LabServer> = (1..=200).map(|n| lab.server(&format!("127.0.1.{n}"))).collect();
    let transport = Transport::new(PATIENCE * 4);
    let client = |server: &LabServer| {
        let transport = transport.clone();
        Client { transport, ..Client::authority(server.say(Say::Nothing).address()) }
    };
    let dead: Vec<Client> = silent.iter().map(client).collect();
    let client = client(&alive);
    alive.say(Say::Zone);
    let start = Instant::now();
    let all_dead = join_all(dead.iter().map(|client| client.ask("contoso.com", "MX")));
    let living = async {
        // There are more dead ones than sockets.
        tokio::time::sleep(DELAY).await;
        let reply = client.ask("contoso.com", "MX").await;
        (reply.outcome, start.elapsed())
    };
    let (dead, (outcome, living)) = tokio::join!(all_dead, living);
    assert!(dead.iter().all(|reply| reply.outcome == Outcome::Timeout));
    assert!(start.elapsed() < PATIENCE * 8, "{:?}", start.elapsed());
    assert_eq!(outcome, Outcome::Records);
    assert!(living < PATIENCE * 3, "{living:?}");
}

/// A resolver that works on the questions about dead name servers has no room left for others.
#[tokio::test]
async fn of_many_domains_a_dead_one_is_asked_about_a_few_times_only() {
    let lab = Lab::start();
    let resolver = lab.resolver("127.0.0.53");
    resolver.zone("example", "* 300 MX 0 mail").drop_zone("dead.example").delay(DELAY);
    let client = Client::resolver(resolver.address());
    let mut domains: Vec<String> = (0..30).map(|n| format!("alive-{n}.example")).collect();
    domains.insert(20, "dead.example".into());
    let questions = domains.iter().flat_map(|domain| (0..20).map(move |n| (domain, n)));
    let replies = join_all(questions.map(|(domain, n)| {
        let client = &client;
        async move { client.ask_for(&name(domain), &format!("n{n}.{domain}"), "MX").await }
    }))
    .await;
    for reply in replies {
        let is_dead = reply.question.name.to_string().ends_with("dead.example.");
        assert_eq!(reply.outcome == Outcome::Timeout, is_dead, "{reply:?}");
    }
    let seen = resolver.seen();
    let packets = seen.iter().filter(|seen| seen.name.to_string().ends_with("dead.example.")).count();
    assert!((3..=6).contains(&packets), "one question three times, and two more in the meantime: {packets}");
}

#[tokio::test]
async fn a_server_that_refuses_gets_fewer_questions_at_a_time() {
    let (_lab, server) = contoso();
    server.delay(DELAY).say(Say::Error(ResponseCode::Refused, Vec::new()));
    let client = polite(&server, 32, None, Duration::from_secs(10));
    ask_many(&client, 32).await;
    assert_eq!(most_open(&server), 32);
    server.forget();
    ask_many(&client, 64).await;
    assert!(most_open(&server) <= 16, "{}", most_open(&server));
    // Slowly it gets more again.
    server.say(Say::Zone).forget();
    ask_many(&client, 200).await;
    let fewer = most_open(&server);
    ask_many(&client, 200).await;
    assert!(fewer < 32 && most_open(&server) > fewer, "{fewer} {}", most_open(&server));
    assert_eq!(client.zone, name("contoso.com"));
}
