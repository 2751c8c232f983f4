//! What if resolvers lag, fail, or are all that there is?

use hickory_resolver::proto::op::ResponseCode;

use super::{Estate, OLD_MX, READY};
use crate::lab::{IMPATIENT_SECONDS, Say};
use crate::run::cutover;

#[test]
fn a_stale_resolver_only_needs_time() {
    let estate = Estate::new();
    estate.resolver.remember("contoso.com", "@ 120 MX 10 mx1.emailsrvr.com.");
    let run = estate.contoso("");
    let mx = run.expectation("mx");
    assert_eq!(
        (run.status, mx["code"].as_str(), mx["status"].as_str()),
        (4, Some("cache-stale"), Some("waiting"))
    );
    // 120 s after the answer, which came within the seconds that a lab takes.
    let until: jiff::Timestamp = mx["until"].as_str().unwrap().parse().unwrap();
    let started: jiff::Timestamp = "2026-11-22T05:23:00Z".parse().unwrap();
    let waited = until.as_second() - started.as_second();
    assert!((120..180).contains(&waited), "{waited}");
    assert_eq!(mx["observed"][0], "0 contoso-com.mail.protection.outlook.com.");
    assert_eq!(run.domain()["changes"], serde_json::json!([]));
}

#[test]
fn a_resolver_that_remembers_nothing_there_only_needs_time() {
    let estate = Estate::new();
    estate.resolver.remember_absent("autodiscover.contoso.com", 120);
    let run = estate.contoso("");
    let alias = run.expectation("autodiscover");
    assert_eq!((run.status, alias["code"].as_str()), (4, Some("negative-cache")), "{run:?}");
    assert!(alias["until"].is_string());
}

#[test]
fn a_resolver_that_is_ahead_of_nobody_hides_no_edit() {
    // Right in a cache and wrong in the zone is wrong.
    let estate = Estate::new();
    for server in [&estate.first, &estate.second] {
        server.zone("contoso.com", &super::version(1, OLD_MX));
    }
    estate.resolver.remember("contoso.com", "@ 120 MX 0 contoso-com.mail.protection.outlook.com.");
    let run = estate.contoso("");
    assert_eq!((run.status, run.code("mx").as_str()), (1, "mx-at-source"), "{run:?}");
}

#[test]
fn what_no_resolver_can_get_is_unknown_though_it_is_published() {
    // As with broken DNSSEC: the name servers answer, and nobody who validates gets it.
    let estate = Estate::new();
    let bogus = Say::Error(ResponseCode::ServFail, vec![(6, "signature")]);
    estate.resolver.say_to("contoso.com", "MX", bogus);
    let run = estate.contoso("");
    assert_eq!((run.status, run.code("mx").as_str()), (3, "lookup-failed"), "{run:?}");
    assert!(run.expectation("mx")["message"].as_str().unwrap().contains("DNSSEC bogus"), "{run:?}");
}

#[test]
fn a_dead_resolver_among_two_changes_nothing() {
    for dead_first in [true, false] {
        let estate = Estate::new();
        let dead = estate.lab.resolver("127.0.0.54");
        dead.say(Say::Nothing);
        let (dead, alive) = (dead.address(), estate.resolver.address());
        let [one, other] = if dead_first { [dead, alive] } else { [alive, dead] };
        let port = estate.lab.port();
        let run = cutover(&format!(
            "check contoso.com --resolver {one} --resolver {other} --authority-port {port} --timeout {IMPATIENT_SECONDS} \
                --format json"
        ));
        assert_eq!((run.status, run.hazards()), (0, Vec::<String>::new()), "{run:?}");
    }
}

#[test]
fn one_of_two_resolvers_that_lags_is_named() {
    let estate = Estate::new();
    let stale = estate.lab.resolver("127.0.0.54");
    stale.remember("contoso.com", "@ 600 MX 10 mx1.emailsrvr.com.");
    let (one, other, port) = (estate.resolver.address(), stale.address(), estate.lab.port());
    for view in ["both", "resolver"] {
        let run = cutover(&format!(
            "check contoso.com --resolver {one} --resolver {other} --authority-port {port} --view {view} \
                --format json"
        ));
        assert_eq!((run.status, run.code("mx").as_str()), (4, "cache-stale"), "{view}: {run:?}");
        assert!(run.expectation("mx")["message"].as_str().unwrap().contains("127.0.0.54"), "{run:?}");
    }
}

#[test]
fn the_view_says_who_is_believed_and_who_is_asked() {
    let estate = Estate::new();
    estate.resolver.remember("contoso.com", "@ 600 MX 10 mx1.emailsrvr.com.");
    let run = estate.contoso("--view authoritative");
    assert_eq!((run.status, run.code("mx").as_str()), (0, "met"), "{run:?}");
    assert_eq!(estate.resolver.asked("contoso.com", "MX"), 0);
    assert!(estate.first.asked("contoso.com", "MX") == 1 && estate.second.asked("contoso.com", "MX") == 1);
    estate.first.forget();
    estate.second.forget();
    let run = estate.contoso("--view resolver");
    assert_eq!((run.status, run.code("mx").as_str()), (1, "mx-at-source"), "{run:?}");
    assert_eq!((estate.first.packets(), estate.second.packets()), (0, 0));
}

#[test]
fn the_deadline_ends_a_domain_that_nobody_answers_for() {
    let estate = Estate::new();
    estate.all_say(&Say::Nothing);
    let (resolver, port) = (estate.resolver.address(), estate.lab.port());
    // A single try would take an hour.
    let run = cutover(&format!(
        "check contoso.com --resolver {resolver} --authority-port {port} --timeout 3600 --deadline 0.3 \
            --format json"
    ));
    assert_eq!((run.status, run.code("mx").as_str()), (3, "deadline-over"), "{run:?}");
    assert!(run.expectation("mx")["message"].as_str().unwrap().contains("0.3 s"), "{run:?}");
}

/// Whoever has not answered by then is late, and not yet silent.
#[test]
fn what_came_before_the_deadline_counts() {
    let estate = Estate::new();
    estate.second.say(Say::Nothing);
    let (resolver, port) = (estate.resolver.address(), estate.lab.port());
    let run = cutover(&format!(
        "check contoso.com --resolver {resolver} --authority-port {port} --timeout 3600 --deadline 1 \
            --format json"
    ));
    assert_eq!((run.status, run.hazards()), (0, Vec::new()), "{run:?}");
}

#[test]
fn a_resolver_over_tcp_alone_is_enough() {
    let estate = Estate::new();
    estate.resolver.say(Say::Truncated);
    assert_eq!(estate.contoso("").status, 0);
}

#[test]
fn an_alias_leads_across_zones() {
    let estate = Estate::new();
    let ready = READY.replace("CNAME autodiscover.outlook.com.", "CNAME ad.fabrikam.com.");
    estate.publish(&ready);
    let other = estate.lab.server("127.0.0.4");
    other.zone("fabrikam.com", "@ 300 NS ns1\nns1 300 A 127.0.0.4\nad 300 CNAME autodiscover.outlook.com.");
    let run = estate.contoso("");
    assert_eq!((run.status, run.code("autodiscover").as_str()), (0, "met"), "{run:?}");
    // What belongs to others is asked of a resolver.
    assert_eq!((other.packets(), estate.resolver.asked("ad.fabrikam.com", "CNAME")), (0, 1));
}

#[test]
fn a_private_resolver_implies_private_name_servers_and_says_so_where_everything_is_told() {
    let estate = Estate::new();
    // With -v, as every check of this lab has it.
    let run = estate.contoso("");
    assert!(run.err.contains("named on a loopback address"), "{}", run.err);
    let run = estate.contoso("--allow-private-servers");
    assert!(!run.err.contains("loopback address"), "{}", run.err);
}
