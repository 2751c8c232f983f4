//! Holds that DNS cannot make a run send packets to special addresses.
//!
//! Every listener counts its packets. The system's own resolvers cannot be scripted, so what they allow is held by
//! surveys whose network has the permissions of a run without `--resolver`.

use cutover::check::{Assessment, Code};
use cutover::facts::{Facts, Outcome, Role};
use cutover::lookup::{Limits, Permissions};

use super::{Estate, READY};

/// A survey of `contoso.com` that contacts by these permissions what DNS names; by those of the resolver if `None`.
fn surveyed(estate: &Estate, permissions: Option<Permissions>) -> (Facts, Assessment) {
    estate.surveyed(Limits::default(), |network| match permissions {
        Some(permissions) => network.with_permissions(permissions).without_https(),
        None => network.without_https(),
    })
}

#[test]
fn name_servers_on_loopback_are_asked_for_a_named_resolver_and_not_for_the_system_s() {
    let estate = Estate::new();
    let parent = estate.lab.server("127.0.0.8");
    parent.zone(
        "com",
        "@ 300 NS a.gtld\na.gtld 300 A 127.0.0.8\ncontoso 300 NS ns1.contoso\ncontoso 300 NS ns2.contoso",
    );
    let servers = [&estate.first, &estate.second, &parent];
    let asked = || servers.map(|server| server.packets() > 0);

    // As for the stub at 127.0.0.53 that nearly every system has.
    let (facts, assessment) = surveyed(&estate, Some(Permissions::default()));
    assert_eq!(asked(), [false; 3]);
    let authorities =
        facts.all().filter(|reply| matches!(reply.server.role, Role::Authoritative | Role::Parent));
    let outcomes: Vec<Outcome> = authorities.map(|reply| reply.outcome).collect();
    assert!(!outcomes.is_empty() && outcomes.iter().all(|outcome| *outcome == Outcome::NotAllowed));
    let found: Vec<Code> = assessment.hazards.iter().map(|hazard| hazard.code).collect();
    assert_eq!(found, [Code::AuthoritativeUnreachable]);
    let message = &assessment.hazards[0].message;
    assert!(message.contains("127.0.0.2 is a loopback address"), "{message}");
    assert!(message.contains("`--allow-private-servers` allows it"), "{message}");

    // A resolver on a private address allows private addresses, and no loopback ones.
    let private = Permissions::default().naming("10.0.0.53".parse().unwrap());
    surveyed(&estate, Some(private));
    assert_eq!(asked(), [false; 3]);

    let (_, assessment) = surveyed(&estate, None);
    assert_eq!((asked(), assessment.hazards.len()), ([true; 3], 0), "{:?}", assessment.hazards);
}

/// Where the only name servers may not be asked, and resolvers fail too, nobody knows that the delegation is dead.
#[test]
fn a_zone_whose_servers_may_not_be_asked_is_unknown_where_resolvers_fail() {
    let estate = Estate::new();
    for rtype in ["MX", "TXT", "CNAME", "A"] {
        for name in ["contoso.com", "autodiscover.contoso.com"] {
            let failure =
                crate::lab::Say::Error(hickory_resolver::proto::op::ResponseCode::ServFail, Vec::new());
            estate.resolver.say_to(name, rtype, failure);
        }
    }
    let (_, assessment) = surveyed(&estate, Some(Permissions::default()));
    let found: Vec<Code> = assessment.hazards.iter().map(|hazard| hazard.code).collect();
    assert!(!found.contains(&Code::DelegationDead) && !found.contains(&Code::ServerSilent), "{found:?}");
}

/// Packets to both addresses arrive at this machine: the one at 127.0.0.1, the other at 127.0.0.4.
#[test]
fn some_name_servers_are_never_asked() {
    for (record, at, shown) in [
        ("A 0.0.0.0", "127.0.0.1", "0.0.0.0 is an unspecified address"),
        ("AAAA ::ffff:127.0.0.4", "127.0.0.4", "embeds 127.0.0.4, a loopback address"),
    ] {
        let estate = Estate::new();
        let zone = format!("{READY}\n@ 3600 NS ns3\nns3 3600 {record}");
        estate.publish(&zone);
        let special = estate.lab.server(at);
        special.zone("contoso.com", &zone);
        for options in ["", "--allow-private-servers"] {
            let run = estate.contoso(options);
            assert_eq!((run.status, run.hazards()), (0, vec!["server-silent".to_owned()]), "{run:?}");
            assert!(run.out.contains(shown) && run.out.contains("never queried"), "{}", run.out);
            assert!(!run.out.contains("`--allow-private-servers` allows"), "{}", run.out);
        }
        assert_eq!((special.packets(), estate.first.packets() > 0), (0, true), "{record}");
    }
}

/// Addresses of a network that this machine may be in: nothing is sent, so nothing is waited for.
#[test]
fn private_name_servers_are_not_asked_for_a_resolver_on_loopback() {
    let estate = Estate::new();
    estate.publish(&format!("{READY}\n@ 3600 NS ns3\nns3 3600 A 10.77.0.1\nns3 3600 A 169.254.169.254"));
    let run = estate.contoso("");
    for (address, allowed) in [("10.77.0.1", true), ("169.254.169.254", false)] {
        let replies = run.replies(address);
        assert!(
            !replies.is_empty() && replies.iter().all(|(_, outcome)| outcome == "not-allowed"),
            "{run:?}"
        );
        let shown = format!("{address} is a ");
        let message = run.out.lines().find(|line| line.contains("message") && line.contains(&shown)).unwrap();
        assert_eq!(message.contains("`--allow-private-servers` allows it"), allowed, "{message}");
    }
    assert_eq!((run.status, run.hazards()), (0, vec!["server-silent".to_owned(); 2]), "{run:?}");
}
