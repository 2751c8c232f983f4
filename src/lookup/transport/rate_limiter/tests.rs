//! Tests places, limits and intervals with the clock of the machine.

use std::sync::Arc;

use futures_util::future::join_all;

use super::*;

fn pace(in_flight: u32, per_second: Option<u32>) -> RateLimiter {
    RateLimiter::new(RateLimits { in_flight, per_second })
}

fn limit(pace: &RateLimiter) -> u32 {
    lock(&pace.0).limit
}

fn in_flight(pace: &RateLimiter) -> u32 {
    lock(&pace.0).in_flight
}

#[test]
fn strangers_are_treated_with_more_care_than_servers_that_the_user_named() {
    let towards = |address: &str, role| RateLimits::towards(address.parse().unwrap(), role);
    assert_eq!(towards("127.0.0.1", Role::Authoritative), RateLimits::AT_HOME);
    assert_eq!(towards("::1", Role::Resolver), RateLimits::AT_HOME);
    assert_eq!(towards("192.168.1.1", Role::Resolver), RateLimits::NEAR);
    assert_eq!(towards("8.8.8.8", Role::Unvalidated), RateLimits::PUBLIC);
    for address in ["8.8.8.8", "192.168.1.1", "2001:4860:4860::8888"] {
        assert_eq!(towards(address, Role::Authoritative), RateLimits::STRANGER);
        assert_eq!(towards(address, Role::Parent), RateLimits::STRANGER);
    }
}

#[tokio::test]
async fn turns_come_in_order() {
    let pace = pace(2, None);
    let order = Mutex::new(Vec::new());
    let (pace, order) = (&pace, &order);
    join_all((0..20).map(|n| async move {
        let turn = pace.turn().await;
        lock(order).push(n);
        assert!(in_flight(pace) <= 2);
        tokio::time::sleep(Duration::from_millis(1)).await;
        drop(turn);
    }))
    .await;
    assert_eq!(*lock(order), (0..20).collect::<Vec<_>>());
    assert_eq!(in_flight(pace), 0);
}

#[tokio::test]
async fn whoever_stops_waiting_takes_no_place() {
    let pace = Arc::new(pace(1, None));
    let first = pace.turn().await;
    let mut given_up: Vec<_> = (0..5).map(|_| Box::pin(pace.turn())).collect();
    for turn in &mut given_up {
        assert!(futures_util::poll!(turn.as_mut()).is_pending());
    }
    let mut last = Box::pin(pace.turn());
    assert!(futures_util::poll!(last.as_mut()).is_pending());
    // The second has stopped waiting before its place came, the others after.
    drop(given_up.remove(1));
    drop(first);
    drop(given_up);
    drop(last.await);
    assert_eq!(in_flight(&pace), 0);
}

#[tokio::test]
async fn trouble_halves_the_limit_once_and_answers_restore_it_slowly() {
    let pace = pace(64, None);
    let turns = join_all((0..64).map(|_| pace.turn())).await;
    tokio::time::sleep(Duration::from_millis(1)).await;
    turns.iter().for_each(|turn| turn.note(Load::Heavy));
    assert_eq!(limit(&pace), 32, "they were all sent before the first was lost");
    drop(turns);
    for expected in [16, 8, 4, 4] {
        tokio::time::sleep(Duration::from_millis(1)).await;
        pace.turn().await.note(Load::Heavy);
        assert_eq!(limit(&pace), expected);
    }
    for _ in 0..4 {
        pace.turn().await.note(Load::Easy);
    }
    assert_eq!(limit(&pace), 5);
    for _ in 0..10_000 {
        pace.turn().await.note(Load::Easy);
    }
    assert_eq!(limit(&pace), 64);
}

#[tokio::test]
async fn the_limit_at_most_doubles_before_a_loss_would_be_known() {
    let pace = pace(3000, None);
    assert_eq!(limit(&pace), FIRST, "before anything was answered");
    let start = Instant::now();
    for (seconds, expected) in [(0, 512), (1, 1024), (2, 2048), (3, 3000), (4, 3000)] {
        let now = start + DOUBLING * seconds;
        (0..10_000).for_each(|_| lock(&pace.0).grow(now));
        assert_eq!(limit(&pace), expected);
    }
}

#[tokio::test]
async fn a_burst_goes_out_at_once_and_the_rest_at_equal_distances() {
    let pace = pace(1000, Some(500));
    let start = Instant::now();
    let times = join_all((0..150).map(|_| async {
        let _turn = pace.turn().await;
        start.elapsed()
    }))
    .await;
    let last = Duration::from_millis(2 * 49);
    assert!(times[149] >= last, "{times:?}");
    // A busy machine is late for everything.
    assert!(times[99] < times[149] - last / 2, "{times:?}");
    // After a quiet period there is room for a burst again, and for no larger one.
    tokio::time::sleep(Duration::from_millis(400)).await;
    let start = Instant::now();
    for _ in 0..125 {
        drop(pace.turn().await);
    }
    assert!(start.elapsed() >= Duration::from_millis(2 * 24));
}
