//! Law 7: is nothing asked twice, and nothing that no rule reads?

use std::collections::{BTreeMap, BTreeSet};

use cutover::facts::{Facts, Reader};
use cutover::lookup::zonefile::ZoneFiles;
use cutover::lookup::{Limits, Source, survey};
use cutover::record::{Name, Question, RecordType, zone};

use super::{Estate, OLD_MX, READY, version};
use crate::lab::LabServer;
use crate::run::block_on;

/// What every check of `contoso.com` asks about the domain's own names, and who reads it.
const OWN: &[&str] = &[
    "contoso.com. MX",                 // delivery
    "contoso.com. TXT",                // SPF, verification
    "autodiscover.contoso.com. CNAME", // alias
    "msoid.contoso.com. CNAME",        // absence
    "_dmarc.contoso.com. TXT",
    "_mta-sts.contoso.com. TXT",   // the policy of MTA-STS
    "_smtp._tls.contoso.com. TXT", // the wish for TLS reports
    "selector1._domainkey.contoso.com. CNAME",
    "selector2._domainkey.contoso.com. CNAME",
    "_sipfederationtls._tcp.contoso.com. SRV",
    "_autodiscover._tcp.contoso.com. SRV", // in place of the alias, or beside it
    "_sip._tls.contoso.com. SRV",          // wrong where they lead to the source
    "sip.contoso.com. CNAME",
    "lyncdiscover.contoso.com. CNAME",
    "enterpriseenrollment.contoso.com. CNAME",
    "enterpriseregistration.contoso.com. CNAME",
    // Why there is no alias for DKIM: a key or a web proxy in its place, the zone's name twice, a wildcard.
    "selector1._domainkey.contoso.com. A",
    "selector2._domainkey.contoso.com. A",
    "selector1._domainkey.contoso.com. TXT",
    "selector2._domainkey.contoso.com. TXT",
    "selector1._domainkey.contoso.com.contoso.com. CNAME",
    "selector2._domainkey.contoso.com.contoso.com. CNAME",
    "cutover-wildcard-probe.contoso.com. A",
];

/// What finds the zone, its name servers and the zone above it, which says who they are.
const ZONE: &[&str] = &[
    ". NS",
    "com. NS",
    "contoso.com. NS",
    "ns1.contoso.com. A",
    "ns1.contoso.com. AAAA",
    "ns2.contoso.com. A",
    "ns2.contoso.com. AAAA",
];

/// What only a name server can tell: which version it has, and whom it names as its like.
const AT_AUTHORITIES: &[&str] = &["contoso.com. SOA", "contoso.com. NS"];

/// What tells whether Microsoft accepts the domain and the MX host exists, and what SPF costs.
const MICROSOFT: &[&str] = &[
    "contoso-com.mail.protection.outlook.com. A",
    "contoso-com.mail.protection.outlook.com. AAAA",
    "spf.protection.outlook.com. TXT",
];

/// What decides why there is no alias at `autodiscover`.
const NEAR_MISSES: &[&str] = &[
    "autodiscover.contoso.com. A", // an address in its place
    "autodiscover.contoso.com. AAAA",
    "autodiscover.contoso.com. MX", // what has to go before an alias can be added
    "autodiscover.contoso.com. TXT",
    "autodiscover.contoso.com.contoso.com. CNAME", // the zone's name twice
    "cutover-wildcard-probe.contoso.com. A",       // a wildcard that answers for it
    "cutover-wildcard-probe.contoso.com. AAAA",
];

#[test]
fn a_ready_domain_costs_only_what_rules_read() {
    let estate = Estate::new();
    assert_eq!(estate.contoso("").status, 0);
    assert_eq!(seen(&estate.resolver), set(&[OWN, ZONE, MICROSOFT]));
    for server in [&estate.first, &estate.second] {
        assert_eq!(seen(server), set(&[OWN, AT_AUTHORITIES]));
    }
}

#[test]
fn a_missing_alias_costs_its_near_misses() {
    let estate = Estate::new();
    let without = READY.lines().filter(|line| !line.contains("autodiscover")).collect::<Vec<_>>().join("\n");
    estate.publish(&without);
    assert_eq!(estate.contoso("").code("autodiscover"), "alias-missing");
    // The addresses of the target tell a flattened alias.
    let target = ["autodiscover.outlook.com. A", "autodiscover.outlook.com. AAAA"];
    assert_eq!(seen(&estate.resolver), set(&[OWN, ZONE, MICROSOFT, NEAR_MISSES, &target]));
    assert_eq!(seen(&estate.first), set(&[OWN, NEAR_MISSES, AT_AUTHORITIES]));
}

#[test]
fn a_host_of_a_known_platform_is_not_looked_at() {
    let estate = Estate::new();
    estate.publish(&version(1, OLD_MX));
    assert_eq!(estate.contoso("").code("mx"), "mx-at-source");
    // The right record may stand at the zone's name twice.
    let doubled = ["contoso.com.contoso.com. MX"];
    assert_eq!(seen(&estate.resolver), set(&[OWN, ZONE, MICROSOFT, &doubled]));
}

#[test]
fn no_question_is_sent_twice_to_a_server() {
    let estate = Estate::new();
    assert_eq!(estate.contoso("").status, 0);
    assert_once(&estate);
}

#[test]
fn no_question_is_sent_twice_for_two_domains() {
    let estate = Estate::new();
    let lines = READY.replace("contoso-com", "fabrikam-com");
    let mut lines: Vec<&str> = lines.lines().filter(|line| !line.contains("ns")).collect();
    lines.extend(["@ 3600 NS ns1.contoso.com.", "@ 3600 NS ns2.contoso.com."]);
    estate.first.zone("fabrikam.com", &lines.join("\n"));
    estate.second.zone("fabrikam.com", &lines.join("\n"));
    let run = estate.check("contoso.com fabrikam.com sub.contoso.com");
    assert_eq!(run.json()["summary"]["domains"], 3);
    assert_eq!(run.json()["domains"][1]["verdict"], "ready", "{run:?}");
    assert_once(&estate);
    // What both need was asked for once in the whole run.
    assert_eq!(estate.resolver.asked("spf.protection.outlook.com", "TXT"), 1);
    assert_eq!(estate.resolver.asked("ns1.contoso.com", "A"), 1);
}

#[test]
fn a_second_resolver_is_asked_about_the_domain_and_the_way_to_it_alone() {
    let estate = Estate::new();
    let first = estate.lab.resolver("127.0.0.54");
    let run = estate.contoso(&format!("--resolver {}", first.address()));
    assert_eq!(run.status, 0);
    assert_once(&estate);
    assert_eq!(seen(&first), set(&[OWN, ZONE, MICROSOFT]));
    assert_eq!(seen(&estate.resolver), set(&[OWN, ZONE]));
}

#[test]
fn what_is_asked_does_not_depend_on_who_is_slow() {
    let quick = Estate::new();
    quick.contoso("");
    for slow in 0..3 {
        let estate = Estate::new();
        let servers = [&estate.first, &estate.second, &estate.resolver];
        servers[slow].delay(std::time::Duration::from_millis(20));
        let run = estate.contoso("");
        assert_eq!(run.status, 0, "{run:?}");
        for (one, other) in servers.iter().zip([&quick.first, &quick.second, &quick.resolver]) {
            assert_eq!(seen(one), seen(other));
        }
    }
}

#[test]
fn authorities_are_asked_without_recursion_and_resolvers_with() {
    let estate = Estate::new();
    estate.contoso("");
    for (server, recursion) in [(&estate.first, false), (&estate.second, false), (&estate.resolver, true)] {
        assert!(server.seen().iter().all(|seen| seen.recursion_desired == recursion));
    }
}

fn set(lists: &[&[&str]]) -> BTreeSet<String> {
    lists.iter().flat_map(|list| list.iter().map(|question| (*question).to_owned())).collect()
}

fn seen(server: &LabServer) -> BTreeSet<String> {
    server.seen().iter().map(|seen| format!("{} {}", seen.name, seen.rtype)).collect()
}

fn assert_once(estate: &Estate) {
    for server in [&estate.first, &estate.second, &estate.resolver] {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for seen in server.seen() {
            *counts.entry(format!("{} {}", seen.name, seen.rtype)).or_default() += 1;
        }
        let twice: Vec<_> = counts.iter().filter(|(_, count)| **count > 1).collect();
        assert!(twice.is_empty(), "{}: {twice:?}", server.address());
    }
}

/// Offline a key is found wherever it is; online the selectors have to be known.
#[test]
fn the_keys_of_the_platform_being_left_are_asked_for() {
    let estate = Estate::new();
    estate.publish(&format!("{READY}\ngoogle._domainkey 3600 TXT \"v=DKIM1; k=rsa; p=MIGf\""));
    let run = estate.contoso("--phase tidy --source google-workspace");
    assert_eq!((run.status, run.hazards()), (1, vec!["source-left".to_owned()]), "{run:?}");
    estate.resolver.forget();
    assert_eq!(estate.contoso("--phase tidy").status, 0);
    assert_eq!(estate.resolver.asked("google._domainkey.contoso.com", "TXT"), 0);
}

/// A reader that returns a question again although it has a reply, and then has something else to read.
#[derive(Default)]
struct Forgetful {
    calls: usize,
}

impl Reader for Forgetful {
    fn unmet(&mut self, facts: &Facts) -> Vec<Question> {
        self.calls += 1;
        let question = |rtype| Question::new("contoso.com".parse().unwrap(), rtype);
        let missing = question(RecordType::Txt);
        match self.calls {
            1 | 2 => vec![question(RecordType::Mx)],
            _ if facts.has(&missing) => Vec::new(),
            _ => vec![missing],
        }
    }

    fn policies(&mut self, _: &Facts) -> BTreeSet<Name> {
        BTreeSet::new()
    }
}

#[test]
fn a_reader_that_returned_questions_reads_once_more() {
    let origin = "contoso.com".parse().unwrap();
    let mut files = ZoneFiles::new();
    let text = "@ 3600 MX 10 mx1.emailsrvr.com.\n@ 3600 TXT \"v=spf1 -all\"";
    files.add("zone", zone::read(text.as_bytes(), Some(&origin), "zone").unwrap()).unwrap();
    let source = Source::offline(files, jiff::Timestamp::UNIX_EPOCH);
    let facts = block_on(survey(&source, &origin, Limits::default(), &mut Forgetful::default()));
    assert!(facts.has(&Question::new(origin, RecordType::Txt)));
}
