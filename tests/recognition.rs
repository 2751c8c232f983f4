//! Is every platform of the table recognised by each kind of record that shows it, and by no weak one alone?

use std::collections::BTreeSet;

use cutover::check::{DetectedProvider, Severity};
use cutover::provider::{self, Clue, Evidence, Kind, Provider};
use cutover::record::Name;

use crate::world::World;

/// A finished move, in whose world one record more shows something.
const FINISHED: &str = "$ORIGIN contoso.com.\n$TTL 1h\n\
                        autodiscover.outlook.com. A 192.0.2.7\n";

#[test]
fn every_platform_being_left_is_recognised_by_each_strong_kind_of_evidence() {
    let mut faults = Vec::new();
    for provider in provider::all().iter().filter(|provider| provider.kind == Kind::Source) {
        for (evidence, record) in records(provider) {
            let found = source(&record);
            let shown = found.as_ref().map(|source| source.id.as_str());
            let equals = equally_shown(evidence, &record);
            // Where two of them publish the same, one stands for both, or nobody is named.
            let is_right = match (names_a_platform(evidence, &record) && !provider.is_weak(evidence), shown) {
                (false, shown) => shown != Some(provider.id),
                (true, Some(shown)) => shown == provider.id || equals.contains(shown),
                (true, None) => equals.len() > 1,
            };
            if !is_right {
                faults.push(format!(
                    "{} by {}: `{}` shows {shown:?}; equal are {equals:?}",
                    provider.id,
                    evidence.word(),
                    record.trim_end()
                ));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Whether a record of this kind names a platform by itself: senders, texts and names that the move does not concern do not.
fn names_a_platform(evidence: Evidence, record: &str) -> bool {
    match evidence {
        Evidence::Mx | Evidence::Autodiscover | Evidence::Dkim | Evidence::Ns => true,
        Evidence::Srv => record.starts_with("_autodiscover._tcp "),
        Evidence::Spf | Evidence::Cname | Evidence::Txt => false,
    }
}

#[test]
fn every_filter_is_recognised_and_asks_to_be_declared() {
    let mut faults = Vec::new();
    for provider in provider::all().iter().filter(|provider| provider.kind == Kind::Gateway) {
        for record in records(provider).into_iter().filter(|(evidence, _)| *evidence == Evidence::Mx) {
            let assessment = World::from_zone(&format!("{FINISHED}{}", record.1)).check().assessment;
            let shown = assessment.gateway.map(|gateway| gateway.id);
            if !provider.is_weak(Evidence::Mx) && shown.as_deref() != Some(provider.id) {
                faults.push(format!("{}: `{}` shows {shown:?}", provider.id, record.1.trim_end()));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn records_of_the_table_that_a_platform_publishes_are_looked_for_before_it_is_closed() {
    let judged = ["autodiscover", "lyncdiscover", "sip", "_dmarc", "_sip._tls", "_sipfederationtls._tcp"];
    let zone = format!("{FINISHED}@ MX 0 contoso-com.mail.protection.outlook.com.\n");
    // Everybody was asked: nothing is found because a file lists it.
    let facts = World::from_zone(&zone).with_options("--phase tidy").check_closed().facts;
    let asked: BTreeSet<String> = facts.all().map(|reply| reply.question.name.to_string()).collect();
    for provider in provider::all().iter().filter(|provider| provider.kind == Kind::Source) {
        let owners = provider.cname.iter().map(|(owner, _)| owner);
        for owner in owners.chain(provider.srv.iter().map(|(service, _)| service)) {
            let is_fixed = !owner.contains(['*', '#', '?']);
            let name = format!("{owner}.contoso.com.");
            assert!(!is_fixed || judged.contains(owner) || asked.contains(&name), "{}: {name}", provider.id);
        }
    }
}

#[test]
fn a_leftover_of_every_platform_is_an_error_before_it_is_closed() {
    let mut faults = Vec::new();
    for provider in provider::all().iter().filter(|provider| provider.kind == Kind::Source) {
        for (evidence, record) in records(provider) {
            let left = matches!(evidence, Evidence::Cname | Evidence::Srv | Evidence::Dkim);
            // An alias of the domain itself belongs to the domain, and `_dmarc` is judged.
            if !left
                || provider.is_weak(evidence)
                || record.contains("contoso.com.\n")
                || record.starts_with("_dmarc")
            {
                continue;
            }
            let options = format!("--phase tidy --source {}", provider.id);
            let outcome = World::from_zone(&format!("{FINISHED}{record}")).with_options(&options).check();
            let errors = outcome.assessment.hazards.iter().filter(|hazard| hazard.level == Severity::Error);
            let fixed = errors.filter(|hazard| !hazard.fix.is_empty()).count();
            if fixed != 1 {
                faults.push(format!("{}: `{}` has {fixed} fixes", provider.id, record.trim_end()));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The platform being left that the zone shows with this record in it, when all is to be tidied up.
fn source(record: &str) -> Option<DetectedProvider> {
    let world = World::from_zone(&format!("{FINISHED}{record}")).with_options("--phase tidy");
    world.check().assessment.source
}

/// A record for each pattern of the platform, as lines of a zone file.
fn records(provider: &'static Provider) -> Vec<(Evidence, String)> {
    let hosts = |patterns: &'static [&'static str]| patterns.iter().map(|pattern| host(pattern));
    let mut records = Vec::new();
    records.extend(hosts(provider.mx).map(|host| (Evidence::Mx, format!("@ MX 10 {host}\n"))));
    let spf = hosts(provider.spf).map(|host| host.trim_end_matches('.').to_owned());
    records.extend(spf.map(|host| (Evidence::Spf, format!("@ TXT \"v=spf1 include:{host} ~all\"\n"))));
    records.extend(
        hosts(provider.autodiscover)
            .map(|host| (Evidence::Autodiscover, format!("autodiscover CNAME {host}\n"))),
    );
    records.extend(
        provider
            .srv
            .iter()
            .map(|(service, target)| (Evidence::Srv, format!("{service} SRV 0 0 443 {}\n", host(target)))),
    );
    records.extend(provider.dkim.iter().map(|(selector, target)| {
        let owner = format!("{}._domainkey", filled(selector));
        let record = match target {
            Some(target) => format!("{owner} CNAME {}\n", host(target)),
            None => format!("{owner} TXT \"v=DKIM1; k=rsa; p=AAAA\"\n"),
        };
        (Evidence::Dkim, record)
    }));
    records.extend(hosts(provider.ns).map(|host| (Evidence::Ns, format!("@ NS {host}\n"))));
    records.extend(provider.txt.iter().map(|(owner, prefix)| {
        (Evidence::Txt, format!("{} TXT \"{prefix}abc123\"\n", owner.unwrap_or("@")))
    }));
    records.extend(provider.cname.iter().map(|(owner, target)| {
        let owner = if *owner == "*" { "mail" } else { owner };
        (Evidence::Cname, format!("{owner} CNAME {}\n", host(target)))
    }));
    records
}

/// A host that fits the pattern.
fn host(pattern: &str) -> String {
    let text = filled(&pattern.replace("{domain}", "contoso.com"));
    format!("{}.", text.trim_start_matches('='))
}

fn filled(pattern: &str) -> String {
    pattern.replace('#', "1").replace('?', "a").replace('*', "x")
}

/// The platforms that the record shows as closely, by its own kind of evidence.
fn equally_shown(evidence: Evidence, record: &str) -> BTreeSet<&'static str> {
    let domain: Name = "contoso.com".parse().unwrap();
    let words: Vec<&str> = record.split_whitespace().collect();
    let target = || words.last().unwrap().parse::<Name>().unwrap();
    let selector = || words[0].strip_suffix("._domainkey").unwrap();
    let shown = match evidence {
        Evidence::Mx => provider::best_matches(Clue::Mx(&target()), &domain),
        Evidence::Autodiscover => provider::best_matches(Clue::Autodiscover(&target()), &domain),
        Evidence::Ns => provider::best_matches(Clue::Ns(&target()), &domain),
        Evidence::Srv => provider::best_matches(Clue::Srv { service: words[0], target: &target() }, &domain),
        Evidence::Cname => {
            provider::best_matches(Clue::Cname { owner: words[0], target: &target() }, &domain)
        }
        Evidence::Dkim if words[1] == "CNAME" => {
            provider::best_matches(Clue::Dkim { selector: selector(), target: Some(&target()) }, &domain)
        }
        Evidence::Dkim => provider::best_matches(Clue::Dkim { selector: selector(), target: None }, &domain),
        Evidence::Txt => provider::best_matches(
            Clue::Txt {
                owner: Some(words[0]).filter(|owner| *owner != "@"),
                text: words[2].trim_matches('"'),
            },
            &domain,
        ),
        Evidence::Spf => {
            let include = words.iter().find_map(|word| word.strip_prefix("include:")).unwrap();
            provider::best_matches(Clue::Spf(&include.parse().unwrap()), &domain)
        }
    };
    shown.into_iter().map(|provider| provider.id).collect()
}
