//! Is one cause one sentence, and is its count that of the rows that it stands for?

use super::zone;
use crate::lab::{Lab, Say};
use crate::run::{Workspace, cutover, cutover_wide};
use hickory_resolver::proto::op::ResponseCode;

/// The words of a report, whatever their lines are.
fn words(out: &str) -> String {
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The number in front of these words.
fn count_before(text: &str, words: &str) -> usize {
    let front = text.split(words).next().unwrap();
    front.rsplit(|character: char| !character.is_ascii_digit()).next().unwrap().parse().unwrap()
}

/// A lab whose resolver says this to everything, and the options that name it.
fn lab(say: Say) -> (Lab, String) {
    let lab = Lab::start();
    let resolver = lab.resolver("127.0.0.53");
    resolver.say(say);
    let options = format!(
        "--resolver {} --authority-port {} --timeout 0.2 --deadline 5",
        resolver.address(),
        lab.port()
    );
    (lab, options)
}

#[test]
fn a_resolver_that_does_not_answer_is_told_once() {
    for (say, what) in [
        (Say::Nothing, "did not answer"),
        (Say::Error(ResponseCode::Refused, Vec::new()), "refuses the query (REFUSED)"),
        (Say::Error(ResponseCode::ServFail, Vec::new()), "answers SERVFAIL"),
    ] {
        let (_lab, options) = lab(say);
        let run = cutover_wide(&format!("check contoso.com {options}"));
        let (text, address) = (words(&run.out), options.split(' ').nth(1).unwrap());
        assert_eq!(run.status, 3, "{run:?}");
        let sentence = format!("Nothing could be looked up: the resolver {address} {what}");
        assert_eq!(text.matches(&sentence).count(), 1, "{text}");
        assert_eq!(text.matches("is unknown").count(), 0, "{text}");
        assert!(text.contains("`--resolver 1.1.1.1`"), "{text}");
        assert_eq!(text.contains("port 53?"), what == "did not answer", "{text}");
        // The headline counts what -v lists, and what the JSON holds.
        let verbose = cutover_wide(&format!("check contoso.com {options} -v"));
        let rows = verbose.out.lines().filter(|line| line.trim_start().starts_with("? ")).count();
        let headline = run.out.lines().next().unwrap();
        assert_eq!(count_before(headline, " checks could not be done"), rows, "{run:?} {verbose:?}");
        assert_eq!(count_before(&text, " checks could not be done; `-v` lists them."), rows, "{text}");
        // The next step asks another resolver, with the other options.
        let next = run.out.lines().find(|line| line.starts_with("Next: ")).unwrap();
        assert!(next.contains("`cutover check contoso.com --resolver 1.1.1.1 --authority-port"), "{next}");
        assert!(!next.contains(address), "{next}");
        let json = cutover(&format!("check contoso.com {options} --format json")).domain();
        assert_eq!(
            (&json["outage"]["role"], &json["outage"]["servers"][0]),
            (&"resolver".into(), &address.into())
        );
    }
}

#[test]
fn every_resolver_that_fails_is_named() {
    let lab = Lab::start();
    let resolvers = ["127.0.0.53", "127.0.0.54"].map(|ip| lab.resolver(ip));
    resolvers[0].say(Say::Nothing);
    resolvers[1].say(Say::Error(ResponseCode::Refused, Vec::new()));
    let [one, other] = [resolvers[0].address(), resolvers[1].address()];
    let run = cutover_wide(&format!("check contoso.com --resolver {one} --resolver {other} --timeout 0.2"));
    let sentence = format!(
        "Nothing could be looked up, no resolver answers: {one} did not answer; {other} refuses the query (REFUSED)."
    );
    assert!(words(&run.out).contains(&sentence), "{}", run.out);
}

#[test]
fn many_domains_without_a_resolver_are_one_sentence() {
    let (_lab, options) = lab(Say::Error(ResponseCode::Refused, Vec::new()));
    let workspace = Workspace::new();
    let list = workspace.put("list.txt", "a.example\nb.example\nc.example\nd.example\ne.example\n");
    // With SERVFAIL the resolver works, and each domain has its own cause.
    let (_other, failing) = self::lab(Say::Error(ResponseCode::ServFail, Vec::new()));
    let run = cutover_wide(&format!("check --domains {list} {failing}"));
    assert_eq!(run.out.lines().filter(|line| line.ends_with("lookup-failed")).count(), 5, "{run:?}");
    let run = cutover_wide(&format!("check --domains {list} {options}"));
    let text = words(&run.out);
    assert!(text.contains("undetermined: 5 domains: Nothing could be looked up: the resolver"), "{text}");
    assert!(text.contains("[lookup-failed] a.example, b.example, c.example and 2 more"), "{text}");
    assert!(text.contains("5 domains: 5 undetermined Next: try another resolver:"), "{text}");
    // A few are listed as they are.
    let few = cutover_wide(&format!("check a.example b.example {options}"));
    assert_eq!(few.out.lines().filter(|line| line.ends_with("lookup-failed")).count(), 2, "{few:?}");
}

#[test]
fn name_servers_that_all_fail_are_told_once() {
    let lab = Lab::start();
    let server = lab.server("127.0.0.2");
    server.zone("contoso.com", "@ 3600 NS ns1\nns1 3600 A 127.0.0.2");
    let resolver = lab.resolver("127.0.0.53");
    resolver.remember("contoso.com", "@ 3600 NS ns1\nns1 3600 A 127.0.0.2");
    server.say(Say::Error(ResponseCode::ServFail, Vec::new()));
    let run = cutover_wide(&format!(
        "check contoso.com --resolver {} --authority-port {} --timeout 0.2 --view authoritative",
        resolver.address(),
        lab.port()
    ));
    let text = words(&run.out);
    assert_eq!(run.status, 3, "{run:?}");
    assert!(text.contains("No name server of `contoso.com` answers: 127.0.0.2:"), "{text}");
    assert!(text.contains("checks could not be done; `-v` lists them."), "{text}");
    assert_eq!(text.matches("is unknown").count(), 0, "{text}");
}

#[test]
fn one_failed_lookup_among_answers_stays_in_its_row() {
    let (_workspace, file) = super::recorded(&[("contoso.com", super::State::Undetermined)]);
    let run = cutover_wide(&format!("check --replay {file}"));
    assert!(run.out.contains("contoso.com: undetermined (1 unknown)"), "{run:?}");
    assert!(run.out.contains("MX of `contoso.com` is unknown"), "{run:?}");
}

#[test]
fn a_parked_domain_and_an_alias_are_told_once() {
    let workspace = Workspace::new();
    let parked = workspace.put(
        "contoso.com.zone",
        zone(
            "contoso.com",
            &[
                ("MX", "@ MX 0 ."),
                ("MS", ""),
                ("SPF", "@ TXT \"v=spf1 -all\""),
                ("autodiscover", "www CNAME contoso.com."),
            ],
        ),
    );
    let run = cutover_wide(&format!("check contoso.com --zone {parked}"));
    assert!(run.out.starts_with("contoso.com: undetermined (the domain is parked)"), "{}", run.out);
    assert_eq!(
        run.out.matches("[domain-parked]").count() + run.out.matches("  domain-parked").count(),
        1,
        "{}",
        run.out
    );
    assert!(
        run.out.contains(&format!("`cutover check contoso.com --zone {parked} --parked`")),
        "{}",
        run.out
    );
    assert_eq!(cutover(&format!("check contoso.com --zone {parked} --parked")).status, 0);
    let run = cutover_wide(&format!("check www.contoso.com --zone {parked}"));
    assert!(run.out.starts_with("www.contoso.com: changes needed (the name is an alias)"), "{}", run.out);
    assert_eq!(run.out.matches("is an alias of `contoso.com`").count(), 1, "{}", run.out);
    assert!(
        run.out
            .contains(&format!("Next: check the domain itself: `cutover check contoso.com --zone {parked}`"))
    );
    // -v shows every row.
    let verbose = cutover_wide(&format!("check www.contoso.com --zone {parked} -v"));
    assert!(verbose.out.matches("is an alias of `contoso.com`").count() > 4, "{}", verbose.out);
}
