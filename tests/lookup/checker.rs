//! Does a process that checks domains again and again see every edit, and ask nothing for nothing?

use std::time::Duration;

use cutover::check::Verdict;
use cutover::record::Name;
use cutover::run::{
    Checked, Checker, ConfiguredDomain, ConfiguredDomains, ExpectationOptions, LookupOptions, RunOptions,
};
use futures_util::StreamExt as _;
use jiff::{SignedDuration, Timestamp};

use super::{Estate, OLD_MX, READY, version};
use crate::lab::{IMPATIENT, Say};
use crate::run::{Workspace, block_on};

const OUTLOOK: &str = "contoso-com.mail.protection.outlook.com";

fn at(seconds: i64) -> Timestamp {
    let start: Timestamp = "2026-11-22T05:23:00Z".parse().unwrap();
    start + SignedDuration::from_secs(seconds)
}

fn options(estate: &Estate) -> RunOptions {
    let lookup = LookupOptions {
        resolvers: vec![estate.resolver.address().to_string().parse().unwrap()],
        authority_port: estate.lab.port(),
        timeout: Duration::from_secs(5),
        ..LookupOptions::default()
    };
    RunOptions { lookup, ..RunOptions::default() }
}

async fn check(checker: &Checker, domain: &str, now: Timestamp) -> Checked {
    checker.check(domain.parse().unwrap(), now).await.unwrap()
}

#[test]
fn the_names_of_the_domain_are_asked_again_and_others_are_not() {
    let estate = Estate::new();
    block_on(async {
        let checker = Checker::open(options(&estate), at(0)).await.unwrap();
        assert_eq!(checker.domains().count(), 0);
        let first = check(&checker, "contoso.com", at(0)).await;
        assert_eq!((first.assessment.verdict, first.facts.checked_at), (Verdict::Ready, at(0)));
        estate.publish(&version(2, OLD_MX));
        let second = check(&checker, "contoso.com", at(10)).await;
        assert_eq!((second.assessment.verdict, second.facts.checked_at), (Verdict::ChangesNeeded, at(10)));
        for server in [&estate.first, &estate.second] {
            assert_eq!(server.asked("contoso.com", "MX"), 2);
            assert_eq!(server.asked("autodiscover.contoso.com", "CNAME"), 2);
        }
        // The resolver is asked again too: its cache may have been flushed. What is Microsoft's is known for all domains.
        assert_eq!(estate.resolver.asked("contoso.com", "MX"), 2);
        assert_eq!(estate.resolver.asked(OUTLOOK, "A"), 1);
        assert_eq!(estate.resolver.asked("spf.protection.outlook.com", "TXT"), 1);
    });
}

#[test]
fn a_domain_whose_servers_all_died_is_not_ready_from_memory() {
    let estate = Estate::new();
    let mut options = options(&estate);
    options.lookup.timeout = Duration::from_millis(200);
    block_on(async {
        let checker = Checker::open(options, at(0)).await.unwrap();
        assert_eq!(check(&checker, "contoso.com", at(0)).await.assessment.verdict, Verdict::Ready);
        for server in [&estate.first, &estate.second, &estate.resolver] {
            server.say(Say::Nothing);
        }
        let dead = check(&checker, "contoso.com", at(10)).await;
        assert_eq!(dead.assessment.verdict, Verdict::Undetermined);
    });
}

#[test]
fn a_machine_that_was_asleep_begins_anew() {
    let estate = Estate::new();
    block_on(async {
        let checker = Checker::open(options(&estate), at(0)).await.unwrap();
        check(&checker, "contoso.com", at(0)).await;
        let night = at(8 * 3600);
        let checked = check(&checker, "contoso.com", night).await;
        assert_eq!(estate.resolver.asked(OUTLOOK, "A"), 2);
        let early = checked.facts.unordered().filter(|reply| reply.at < night).count();
        assert_eq!(early, 0, "replies with a time before the machine went on");
    });
}

#[test]
fn each_domain_has_its_own_choices_and_none_waits_for_another() {
    let estate = Estate::new();
    for server in [&estate.first, &estate.second] {
        server.zone("fabrikam.com", &READY.replace("contoso-com", "fabrikam-com"));
        server.zone("silent.example", READY);
        server.say_to("silent.example", "MX", Say::Nothing);
    }
    let parked = ExpectationOptions { parked: true, ..ExpectationOptions::default() };
    let own = |name: &str, expected: Option<ExpectationOptions>| ConfiguredDomain {
        name: name.parse().unwrap(),
        line: 1,
        groups: Vec::new(),
        expected: expected.map(Into::into),
        repeated: Default::default(),
    };
    let domains = vec![own("contoso.com", None), own("fabrikam.com", Some(parked))];
    let configured = ConfiguredDomains { file: Some("cutover.toml".into()), domains };
    let mut options = RunOptions { configured, ..options(&estate) };
    options.lookup.timeout = IMPATIENT;
    block_on(async {
        let checker = Checker::open(options, at(0)).await.unwrap();
        let domains: Vec<_> = checker.domains().chain(["silent.example".parse().unwrap()]).collect();
        let check = async |domain: Name| (domain.clone(), checker.check(domain, at(0)).await);
        let checked: Vec<_> =
            futures_util::stream::iter(domains).map(check).buffer_unordered(3).collect().await;
        let order: Vec<String> = checked.iter().map(|(name, _)| name.without_trailing_dot()).collect();
        assert_eq!(order[2], "silent.example");
        for (domain, checked) in checked {
            let checked = checked.unwrap();
            let is_parked = domain.without_trailing_dot() == "fabrikam.com";
            assert_eq!(checked.subject.is_parked, is_parked, "{domain}");
            if domain.without_trailing_dot() == "contoso.com" {
                assert_eq!(checked.assessment.verdict, Verdict::Ready);
            }
        }
    });
}

#[test]
fn a_check_that_is_dropped_harms_no_other() {
    let estate = Estate::new();
    estate.resolver.delay(Duration::from_millis(200));
    block_on(async {
        let checker = Checker::open(options(&estate), at(0)).await.unwrap();
        for _ in 0..3 {
            let cut = tokio::time::timeout(Duration::from_millis(60), check(&checker, "contoso.com", at(0)));
            assert!(cut.await.is_err());
        }
        let (one, other) =
            tokio::join!(check(&checker, "contoso.com", at(1)), check(&checker, "contoso.com", at(1)));
        assert_eq!((one.assessment.verdict, other.assessment.verdict), (Verdict::Ready, Verdict::Ready));
    });
}

#[test]
fn what_was_seen_is_added_to_the_history() {
    let estate = Estate::new();
    let workspace = Workspace::new();
    let path = workspace.path("history.json");
    let options = RunOptions { history: Some(path.clone()), ..options(&estate) };
    let mut unheard = |note: &str| panic!("{note}");
    block_on(async {
        let checker = Checker::open(options, at(0)).await.unwrap();
        check(&checker, "contoso.com", at(0)).await;
        checker.save_history(&mut unheard).unwrap();
        let written = std::fs::read_to_string(&path).unwrap();
        assert!(written.contains("contoso.com"), "{written}");
        // A file that cannot be used is left as it is, and nothing is lost.
        std::fs::write(&path, "broken").unwrap();
        estate.publish(&version(2, OLD_MX));
        check(&checker, "contoso.com", at(10)).await;
        assert!(checker.save_history(&mut unheard).is_err());
        std::fs::write(&path, &written).unwrap();
        checker.save_history(&mut unheard).unwrap();
        let later = std::fs::read_to_string(&path).unwrap();
        assert!(later.contains("emailsrvr"), "{later}");
    });
}

#[test]
fn zone_files_are_read_for_every_check() {
    let workspace = Workspace::new();
    let zone = |mx: &str| {
        let text =
            format!("$ORIGIN contoso.com.\n@ 3600 SOA ns1 admin 1 3600 600 86400 3600\n@ 3600 MX {mx}\n");
        std::fs::write(workspace.path("contoso.com.zone"), text).unwrap();
    };
    zone("10 mx1.emailsrvr.com.");
    let lookup =
        LookupOptions { zones: vec![workspace.path("contoso.com.zone")], ..LookupOptions::default() };
    let options = RunOptions { lookup, ..RunOptions::default() };
    let is_met = |checked: &Checked| {
        let mut judged = checked.assessment.judged.iter();
        judged.any(|judged| {
            judged.expectation.id.to_string() == "mx" && judged.code == cutover::check::Code::Met
        })
    };
    block_on(async {
        let checker = Checker::open(options, at(0)).await.unwrap();
        assert!(!is_met(&check(&checker, "contoso.com", at(0)).await));
        zone("0 contoso-com.mail.protection.outlook.com.");
        let checked = check(&checker, "contoso.com", at(1)).await;
        assert!(is_met(&checked) && checked.facts.checked_at == at(1));
        std::fs::remove_file(workspace.path("contoso.com.zone")).unwrap();
        assert!(checker.check("contoso.com".parse().unwrap(), at(2)).await.is_err());
    });
}
