//! What if the reply that shows the name servers comes after all others?

use std::collections::BTreeSet;
use std::time::Duration;

use cutover::check::{JudgeOptions, Questions};
use cutover::expected::Subject;
use cutover::facts::{Facts, Role, TrustPolicy};
use cutover::lookup::transport::{Endpoint, Transport};
use cutover::lookup::{Limits, Network, Source, survey};

use super::{Estate, OLD_MX, READY};
use crate::lab::Say;
use crate::run::block_on;

/// The facts about these domains, from one source after another.
fn surveyed(estate: &Estate, view: TrustPolicy, domains: &[&str]) -> Vec<Facts> {
    block_on(async {
        let resolver = Endpoint::Plain(estate.resolver.address());
        let transport = Transport::new(Duration::from_secs(5));
        let network = Network::new(transport, vec![resolver], view, estate.lab.port()).without_https();
        let source = Source::online(network, None, jiff::Timestamp::now());
        let mut all = Vec::new();
        for domain in domains {
            let subject = Subject::new(domain.parse().unwrap());
            let mut questions = Questions::new(&subject, JudgeOptions { view, ..JudgeOptions::default() });
            all.push(survey(&source, &subject.domain, Limits::default(), &mut questions).await);
        }
        all
    })
}

/// Lets the reply about the name servers of a domain come only when the question is repeated.
fn delay_delegation(estate: &Estate, domain: &str) {
    estate.resolver.say_to(domain, "NS", Say::Turns(vec![Say::Nothing, Say::Zone]));
}

#[test]
fn name_servers_with_known_addresses_are_queried_before_anything_is_given_up() {
    for view in [TrustPolicy::Authoritative, TrustPolicy::Both] {
        let estate = Estate::new();
        let is_kept = |line: &&str| !line.contains("ns1") && !line.contains("ns2");
        let zone: Vec<&str> = READY.lines().filter(is_kept).chain(["@ 3600 NS ns.hosted.example."]).collect();
        for apex in ["contoso.com", "northwind.com"] {
            estate.first.zone(apex, &zone.join("\n").replace("contoso-com", &apex.replace('.', "-")));
        }
        estate.second.drop_zone("contoso.com");
        estate.first.zone("hosted.example", "@ 3600 NS ns\nns 3600 A 127.0.0.2");
        // The first domain leaves the addresses of the DNS host in memory.
        delay_delegation(&estate, "northwind.com");
        for facts in surveyed(&estate, view, &["contoso.com", "northwind.com"]) {
            let given_up: Vec<String> = facts
                .all()
                .filter(|reply| reply.server.address == "none")
                .map(|reply| format!("{}: {}", reply.question, reply.reason))
                .collect();
            assert!(given_up.is_empty(), "{view:?}: {given_up:?}");
            assert!(facts.all().any(|reply| reply.server.role == Role::Authoritative), "{view:?}");
        }
    }
}

#[test]
fn nothing_is_asked_because_of_what_only_a_resolver_still_has() {
    let asked = [false, true].map(|is_late| {
        let estate = Estate::new();
        let is_kept =
            |line: &&str| ![" MX ", "spf1", "MS=", "autodiscover"].iter().any(|one| line.contains(one));
        let none = ["@ 3600 MX 0 .", "@ 3600 TXT \"v=spf1 -all\""];
        let zone: Vec<&str> = READY.lines().filter(is_kept).chain(none).collect();
        for server in [&estate.first, &estate.second] {
            server.zone("northwind.com", &zone.join("\n"));
        }
        estate.resolver.remember("northwind.com", OLD_MX);
        if is_late {
            delay_delegation(&estate, "northwind.com");
        }
        let facts = surveyed(&estate, TrustPolicy::Both, &["northwind.com"]);
        facts.iter().flat_map(Facts::all).map(|reply| reply.question.to_string()).collect::<BTreeSet<_>>()
    });
    let [at_once, late] = &asked;
    assert_eq!(late.difference(at_once).collect::<Vec<_>>(), Vec::<&String>::new());
    assert_eq!(at_once.difference(late).collect::<Vec<_>>(), Vec::<&String>::new());
}
