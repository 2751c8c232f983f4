//! Tests of the provider table.

use std::collections::BTreeSet;

use super::*;
use crate::record::Name;

/// Names that resemble those of a platform: host, the platform that must not match, the platform that must (empty:
/// none), the reason.
const TRAPS: &[(&str, &str, &str, &str)] = &[
    ("otransport-1.outbound.emailsrv.net", "rackspace", "mailprotector", "no final r"),
    ("mx1.emailsvr.com", "rackspace", "", "typo seen in a public script; belongs to nobody here"),
    ("mx1.notemailsrvr.com", "rackspace", "", "label boundary"),
    (
        "emailsrvr.com.contoso.com",
        "rackspace",
        "",
        "missing trailing dot in the zone: report as dotless target",
    ),
    ("mx.notgoogle.com", "google-workspace", "", "label boundary; unanchored patterns match it"),
    ("aspmx.l.google.com.evil.example", "google-workspace", "", "suffix, not substring"),
    (
        "contoso-com.olc.protection.outlook.com",
        "microsoft-365",
        "outlook-com-consumer",
        "consumer Outlook.com",
    ),
    ("mx.microsoft.com", "microsoft-365", "", "mx.microsoft is a top-level name, not microsoft.com"),
    (
        "contoso.onmicrosoft.com",
        "microsoft-365",
        "",
        "onmicrosoft.com as an MX target is a mistake, not a mail host",
    ),
    (
        "contoso-com.mail.protection.outlook.com.contoso.com",
        "microsoft-365",
        "",
        "missing trailing dot in the zone",
    ),
    ("dns1.registrar-servers.com", "namecheap-forwarding", "", "name server, not a forwarder MX"),
    ("vps-0123.vps.ovh.net", "ovh", "ovh-servers", "customer's own server"),
    ("mx1.serverdata.net", "godaddy-workspace", "intermedia", "a public list maps it to GoDaddy"),
    (
        "mx1-us1.ppe-hosted.com",
        "symantec-messagelabs",
        "proofpoint-essentials",
        "a public list maps it to Broadcom",
    ),
    ("mx1.mxthunder.com", "mxroute", "spamhero", "a public list maps it to MXroute"),
    ("mx1.emailsrvr.com", "opensrs", "rackspace", "an application repository lists it as OpenSRS"),
    ("mta-gw.infomaniak.ch.contoso.com", "infomaniak", "", "missing trailing dot in the zone"),
];

/// A kind of evidence, a value, and every platform that matches, in the order of the table.
const CASES: &[(Evidence, &str, &[&str])] = &[
    (Evidence::Mx, "MX1.EMAILSRVR.COM.", &["rackspace"]),
    (Evidence::Mx, "mx2.emailsrvr.com", &["rackspace"]),
    (Evidence::Spf, "emailsrvr.com", &["rackspace"]),
    (Evidence::Autodiscover, "autodiscover.emailsrvr.com", &["rackspace"]),
    (Evidence::Ns, "dns2.stabletransit.com", &["rackspace"]),
    (Evidence::Ns, "dns5.name-services.com", &["rackspace"]),
    (Evidence::Ns, "ns2.rackspace.com", &["rackspace"]),
    (Evidence::Ns, "ns9.rackspace.com", &[]),
    (Evidence::Dkim, "20170427", &["rackspace", "infomaniak"]),
    (Evidence::Dkim, "20180920-a1b2c3d4", &["rackspace", "infomaniak"]),
    (Evidence::Dkim, "default", &["namecheap-private-email", "generic-cpanel"]),
    (Evidence::Mx, "contoso-com.mail.protection.outlook.com", &["microsoft-365"]),
    (Evidence::Mx, "contoso-com.o-v1.mx.microsoft", &["microsoft-365"]),
    (Evidence::Mx, "fabrikamsales-com02b.mail.protection.outlook.com", &["microsoft-365"]),
    (Evidence::Mx, "contoso.mail.protection.office365.us", &["microsoft-365-us-gov"]),
    (Evidence::Mx, "ms12345678.msv1.invalid", &["microsoft-365-verification-mx"]),
    (Evidence::Mx, "contoso-com.mail.eo.outlook.com", &["microsoft-365-eo"]),
    (Evidence::Mx, "mail.global.frontbridge.com", &["microsoft-legacy-mx"]),
    (Evidence::Spf, "spf.protection.outlook.com", &["microsoft-365"]),
    (Evidence::Spf, "outlook.com", &["outlook-com-consumer"]),
    (Evidence::Spf, "secureserver.net", &["microsoft-365-godaddy", "godaddy-workspace", "godaddy-cpanel"]),
    (Evidence::Mx, "inbound-smtp.eu-west-1.amazonaws.com", &["amazon-workmail", "amazon-ses"]),
    (Evidence::Mx, "feedback-smtp.us-east-1.amazonses.com", &["amazon-ses"]),
    (Evidence::Mx, "alt3.aspmx.l.google.com", &["google-workspace"]),
    (Evidence::Mx, "aspmx2.googlemail.com", &["google-workspace"]),
    (Evidence::Mx, "smtp.google.com", &["google-workspace"]),
    (Evidence::Mx, "usb-smtp-inbound-1.mimecast.com", &["mimecast"]),
    (Evidence::Mx, "d123456.a.ess.de.barracudanetworks.com", &["barracuda-egd"]),
    (Evidence::Spf, "i.spf.hc0000-00.eu.iphmx.com", &["cisco-secure-email"]),
    (Evidence::Spf, "dispatch-eu.ppe-hosted.com", &["proofpoint-essentials"]),
    (Evidence::Spf, "contoso.com.spf.hornetdmarc.com", &["hornetsecurity"]),
    (Evidence::Spf, "contoso-com.spf.smtp25.com", &["appriver-securetide"]),
    (Evidence::Mx, "eforward3.registrar-servers.com", &["namecheap-forwarding"]),
    (Evidence::Mx, "mx01.ionos.co.uk", &["ionos"]),
    (Evidence::Mx, "mx3.mail.ovh.net", &["ovh", "ovh-servers"]),
    (Evidence::Mx, "mx.contoso-com.cust.a.hostedemail.com", &["opensrs"]),
    (Evidence::Mx, "mx-biz.mail.am0.yahoodns.net", &["yahoo-small-business", "yahoo-consumer"]),
    (Evidence::Mx, "mta5.am0.yahoodns.net", &["yahoo-consumer"]),
    (
        Evidence::Srv,
        "_autodiscover._tcp cpanelemaildiscovery.cpanel.net",
        &["godaddy-cpanel", "generic-cpanel"],
    ),
    (Evidence::Srv, "_sip._tls sip.mex09.emailsrvr.com", &["rackspace"]),
    (Evidence::Srv, "_autodiscover._tcp autodiscover.hostingplatform.com", &["network-solutions"]),
    (Evidence::Mx, "mail.contoso.com", &["godaddy-cpanel", "bluehost-group", "generic-cpanel"]),
    (Evidence::Mx, "contoso.com", &["godaddy-cpanel", "generic-cpanel"]),
    (Evidence::Mx, "isaac.mx.cloudflare.net", &["cloudflare-email-routing"]),
    (Evidence::Mx, "mailstream-central.mxrecord.mx", &["cloudflare-email-security"]),
    (Evidence::Mx, "contoso.in.tmes-anz.trendmicro.com", &["trend-micro"]),
    (Evidence::Mx, "mx-01-us-west-2.prod.hydra.sophos.com", &["sophos-email"]),
    (Evidence::Mx, "contoso.com.s7a1.psmtp.com", &["postini"]),
    (Evidence::Mx, "mx.yandex.net", &["yandex-360"]),
    (Evidence::Mx, "spool.mail.gandi.net", &["gandi"]),
    (Evidence::Autodiscover, "autodiscover.mail.eu-west-1.awsapps.com", &["amazon-workmail"]),
    (
        Evidence::Autodiscover,
        "autodiscover.outlook.com",
        &["microsoft-365", "microsoft-365-godaddy", "outlook-com-consumer"],
    ),
    (Evidence::Cname, "lyncdiscover lyncdiscover.mex08.emailsrvr.com", &["rackspace"]),
    (Evidence::Cname, "webmail pl-10.webmail.emailsrvr.com", &["rackspace"]),
];

/// MX hosts as documented by vendors or found in zones, and the platform that each must lead to.
const EXAMPLES: &[(&str, &[&str])] = &[
    ("microsoft-365", &["contoso-com.mail.protection.outlook.com", "contoso-com.o-v1.mx.microsoft"]),
    ("microsoft-365-us-gov", &["contoso.mail.protection.office365.us"]),
    ("microsoft-365-eo", &["contoso-com.mail.eo.outlook.com"]),
    ("microsoft-365-verification-mx", &["ms12345678.msv1.invalid"]),
    ("outlook-com-consumer", &["0123456789.pamx1.hotmail.com"]),
    ("rackspace", &["mx1.emailsrvr.com", "mx2.emailsrvr.com"]),
    (
        "google-workspace",
        &[
            "smtp.google.com",
            "aspmx.l.google.com",
            "alt1.aspmx.l.google.com",
            "alt2.aspmx.l.google.com",
            "alt3.aspmx.l.google.com",
            "alt4.aspmx.l.google.com",
        ],
    ),
    ("godaddy-workspace", &["smtp.secureserver.net", "mailstore1.secureserver.net"]),
    ("godaddy-cpanel", &["contoso.com"]),
    ("titan", &["mx1.titan.email", "mx2.titan.email"]),
    ("flock-mail", &["mx1.flockmail.com", "mx2.flockmail.com"]),
    ("hostinger", &["mx1.hostinger.com", "mx2.hostinger.com"]),
    ("zoho", &["mx.zoho.com", "mx2.zoho.com", "mx3.zoho.com"]),
    ("fastmail", &["in1-smtp.messagingengine.com", "in2-smtp.messagingengine.com"]),
    ("ionos", &["mx00.ionos.com", "mx01.ionos.com"]),
    ("ovh", &["mx1.mail.ovh.net", "mx2.mail.ovh.net", "mx3.mail.ovh.net", "mx0.mail.ovh.net"]),
    ("icloud", &["mx01.mail.icloud.com", "mx02.mail.icloud.com"]),
    ("amazon-workmail", &["inbound-smtp.us-east-1.amazonaws.com"]),
    ("amazon-ses", &["feedback-smtp.us-east-1.amazonses.com"]),
    ("intermedia", &["west.smtp.mx.exch000.serverdata.net"]),
    (
        "messageexchange",
        &[
            "inboundcluster1.messageexchange.com",
            "inboundcluster2.messageexchange.com",
            "inboundcluster3.messageexchange.com",
            "inboundcluster4.messageexchange.com",
        ],
    ),
    ("network-solutions", &["inbound.registeredsite.com"]),
    ("namecheap-private-email", &["mx1.privateemail.com", "mx2.privateemail.com"]),
    ("bluehost-group", &["mail.contoso.com"]),
    ("proton", &["mail.protonmail.ch", "mailsec.protonmail.ch"]),
    ("yandex-360", &["mx.yandex.net"]),
    ("mail-ru", &["emx.mail.ru"]),
    ("gandi", &["spool.mail.gandi.net", "fb.mail.gandi.net"]),
    ("infomaniak", &["mta-gw.infomaniak.ch"]),
    (
        "alibaba-mail",
        &["mx1.qiye.aliyun.com", "mx2.qiye.aliyun.com", "mx3.qiye.aliyun.com", "mxn.mxhichina.com"],
    ),
    (
        "cloudflare-email-routing",
        &["amir.mx.cloudflare.net", "linda.mx.cloudflare.net", "isaac.mx.cloudflare.net"],
    ),
    ("improvmx", &["mx1.improvmx.com", "mx2.improvmx.com"]),
    ("forward-email", &["mx1.forwardemail.net", "mx2.forwardemail.net"]),
    ("wordpress-com-forwarding", &["smtp-fwd.wordpress.com"]),
    ("proofpoint-enterprise", &["mxa-00123456.gslb.pphosted.com", "mxb-00123456.gslb.pphosted.com"]),
    ("proofpoint-essentials", &["mx1-us1.ppe-hosted.com", "mx2-us1.ppe-hosted.com"]),
    ("mimecast", &["us-smtp-inbound-1.mimecast.com", "us-smtp-inbound-2.mimecast.com"]),
    ("barracuda-egd", &["d123456.a.ess.barracudanetworks.com", "d123456.b.ess.de.barracudanetworks.com"]),
    ("cisco-secure-email", &["mx1.hc0000-00.eu.iphmx.com", "mx2.hc0000-00.eu.iphmx.com"]),
    (
        "sophos-email",
        &["mx-01-eu-central-1.prod.hydra.sophos.com", "mx-02-eu-central-1.prod.hydra.sophos.com"],
    ),
    ("trend-micro", &["contoso.in.tmes.trendmicro.com"]),
    ("symantec-messagelabs", &["cluster1.eu.messagelabs.com", "cluster1a.eu.messagelabs.com"]),
    (
        "hornetsecurity",
        &[
            "mx01.hornetsecurity.com",
            "mx02.hornetsecurity.com",
            "mx03.hornetsecurity.com",
            "mx04.hornetsecurity.com",
        ],
    ),
    (
        "cloudflare-email-security",
        &["mailstream-east.mxrecord.io", "mailstream-west.mxrecord.io", "mailstream-central.mxrecord.mx"],
    ),
    ("forcepoint", &["cust0000-1.in.mailcontrol.com", "cust0000-2.in.mailcontrol.com"]),
    (
        "nable-spamexperts",
        &[
            "mx.spamexperts.com",
            "fallbackmx.spamexperts.eu",
            "lastmx.spamexperts.net",
            "filter10.antispamcloud.com",
        ],
    ),
    ("seppmail-cloud", &["contoso-com.gate.seppmail.cloud"]),
    ("abxsec", &["mta1.abxsec.com", "mta2.abxsec.com"]),
];

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

fn ids(providers: &[&'static Provider]) -> Vec<&'static str> {
    providers.iter().map(|provider| provider.id).collect()
}

#[test]
fn traps_catch_nobody_else() {
    let domain = name("contoso.com");
    for &(host, not, is, why) in TRAPS {
        let host_name = name(host);
        for clue in [Clue::Mx(&host_name), Clue::Spf(&host_name)] {
            assert!(!ids(&all_matches(clue, &domain)).contains(&not), "{host} is not {not}: {why}");
            let found = best_matches(clue, &domain);
            assert!(found.iter().all(|found| found.id == is), "{host} is {found:?}: {why}");
        }
        if !is.is_empty() {
            let provider = by_id(is).unwrap();
            let is_found = provider.matches(Clue::Mx(&host_name), &domain)
                || provider.matches(Clue::Spf(&host_name), &domain);
            assert!(is_found, "{host} is {is}: {why}");
        }
    }
}

#[test]
fn cases_lead_to_all_who_fit() {
    let domain = name("contoso.com");
    for &(evidence, value, expected) in CASES {
        let (left, right) = value.split_once(' ').unwrap_or(("", value));
        let host = name(right);
        let clue = match evidence {
            Evidence::Mx => Clue::Mx(&host),
            Evidence::Spf => Clue::Spf(&host),
            Evidence::Autodiscover => Clue::Autodiscover(&host),
            Evidence::Srv => Clue::Srv { service: left, target: &host },
            Evidence::Dkim => Clue::Dkim { selector: value, target: None },
            Evidence::Ns => Clue::Ns(&host),
            Evidence::Txt => Clue::Txt { owner: None, text: value },
            Evidence::Cname => Clue::Cname { owner: left, target: &host },
        };
        assert_eq!(clue.evidence(), evidence);
        assert_eq!(ids(&all_matches(clue, &domain)), expected, "{evidence} {value}");
    }
}

#[test]
fn examples_lead_home() {
    let domain = name("contoso.com");
    for &(id, hosts) in EXAMPLES {
        for host in hosts {
            assert!(ids(&best_matches(Clue::Mx(&name(host)), &domain)).contains(&id), "{host} is {id}");
        }
    }
}

#[test]
fn the_closest_pattern_wins() {
    let domain = name("contoso.com");
    let best = |host: &str| ids(&best_matches(Clue::Mx(&name(host)), &domain));
    // More labels.
    assert_eq!(best("mx3.mail.ovh.net"), ["ovh"]);
    assert_eq!(best("mx-biz.mail.am0.yahoodns.net"), ["yahoo-small-business"]);
    // Equally many labels: all platforms match.
    assert_eq!(best("inbound-smtp.eu-west-1.amazonaws.com"), ["amazon-workmail", "amazon-ses"]);
    // Equally many labels: the pattern with fewer wildcards wins.
    assert_eq!(ids(&best_matches(Clue::Dkim { selector: "20170427", target: None }, &domain)), ["rackspace"]);
    assert_eq!(
        ids(&best_matches(Clue::Cname { owner: "sip", target: &name("sip.mex09.emailsrvr.com") }, &domain)),
        ["rackspace"]
    );
    // A name of the domain itself is the last resort, however many labels it has.
    assert_eq!(ids(&best_matches(Clue::Mx(&name("emailsrvr.com")), &name("emailsrvr.com"))), ["rackspace"]);
    assert_eq!(ids(&best_matches(Clue::Mx(&name("mail.one.com")), &name("one.com"))), ["one-com"]);
}

#[test]
fn only_the_usual_names_of_the_domain_itself_count() {
    let domain = name("contoso.com");
    assert_eq!(best_matches(Clue::Mx(&name("exchange.contoso.com")), &domain), [] as [&Provider; 0]);
    assert_eq!(best_matches(Clue::Mx(&name("mx.mail.contoso.com")), &domain), [] as [&Provider; 0]);
    assert_eq!(best_matches(Clue::Mx(&name("mail.fabrikam.com")), &domain), [] as [&Provider; 0]);
    assert_eq!(
        ids(&best_matches(Clue::Cname { owner: "autodiscover", target: &name("contoso.com") }, &domain)),
        ["godaddy-cpanel", "generic-cpanel"]
    );
    assert_eq!(
        ids(&best_matches(Clue::Cname { owner: "imap", target: &name("mail.contoso.com") }, &domain)),
        ["bluehost-group"]
    );
}

#[test]
fn texts_and_selectors_are_read_whole() {
    assert_eq!(
        ids(&best_matches(Clue::Txt { owner: None, text: "ms=MS12345678" }, &Name::root())),
        ["microsoft-365", "microsoft-365-us-gov", "microsoft-365-21vianet"]
    );
    assert_eq!(
        ids(&best_matches(
            Clue::Txt { owner: None, text: "MS=0123456789abcdef0123456789abcdef01234567" },
            &Name::root()
        )),
        ["microsoft-365"]
    );
    assert_eq!(
        ids(&best_matches(Clue::Txt { owner: Some("_outlook"), text: "1234" }, &Name::root())),
        ["outlook-com-consumer"]
    );
    assert_eq!(best_matches(Clue::Txt { owner: None, text: "1234" }, &Name::root()), [] as [&Provider; 0]);
    assert_eq!(best_matches(Clue::Txt { owner: None, text: "MS" }, &Name::root()), [] as [&Provider; 0]);
    assert_eq!(best_matches(Clue::Txt { owner: None, text: "ü=ms" }, &Name::root()), [] as [&Provider; 0]);

    let domain = name("contoso.com");
    let target = name("selector1-contoso-com._domainkey.contoso.onmicrosoft.com");
    assert_eq!(
        ids(&best_matches(Clue::Dkim { selector: "SELECTOR1", target: Some(&target) }, &domain)),
        ["microsoft-365", "microsoft-365-godaddy"]
    );
    assert_eq!(
        best_matches(Clue::Dkim { selector: "selector1", target: None }, &domain),
        [] as [&Provider; 0]
    );
    assert_eq!(
        best_matches(Clue::Dkim { selector: "mail.google", target: None }, &domain),
        [] as [&Provider; 0]
    );
    assert_eq!(
        ids(&best_matches(Clue::Dkim { selector: "google", target: None }, &domain)),
        ["google-workspace"]
    );
}

#[test]
fn an_alias_of_any_owner_can_point_to_a_platform() {
    let domain = name("contoso.com");
    let target = name("autodiscover.emailsrvr.com");
    let rackspace = by_id("rackspace").unwrap();
    assert!(rackspace.matches(Clue::Autodiscover(&target), &domain));
    assert!(rackspace.matches(Clue::Cname { owner: "autodiscover.sales", target: &target }, &domain));
    assert!(rackspace.matches(Clue::Ns(&name("dns1.stabletransit.com")), &domain));
    assert!(rackspace.matches(Clue::Srv { service: "_AUTODISCOVER._TCP", target: &target }, &domain));
    assert!(!rackspace.matches(Clue::Srv { service: "_imap._tcp", target: &target }, &domain));
    assert!(rackspace.matches(Clue::Dkim { selector: "20170427", target: None }, &domain));
    assert!(
        !rackspace
            .matches(Clue::Txt { owner: None, text: "v=spf1 include:emailsrvr.com ~all" }, &Name::root())
    );
    assert!(rackspace.is_weak(Evidence::Dkim) && !rackspace.is_weak(Evidence::Mx));
}

#[test]
fn the_table_is_whole() {
    assert_eq!(all().len(), 115);
    let ids: BTreeSet<&str> = all().iter().map(|provider| provider.id).collect();
    assert_eq!(ids.len(), 115, "ids are unique");
    let shorts: BTreeSet<&str> = all().iter().map(|provider| provider.short).collect();
    assert_eq!(shorts.len(), 115, "two platforms are never called the same in a report");
    for provider in all() {
        let id = provider.id;
        assert!(id.bytes().all(|o| o.is_ascii_lowercase() || o.is_ascii_digit() || o == b'-'), "{id}");
        assert!(!provider.name.is_empty() && !provider.short.is_empty(), "{id}");
        assert!(!provider.short.contains(['/', '(', ')', ',']), "{id}: {}", provider.short);
        assert!(!provider.sources.is_empty() && provider.sources.iter().all(|text| text.len() > 8), "{id}");
        let known = evidence_of(provider);
        assert!(!known.is_empty(), "{id} is recognised by something");
        assert!(provider.weak.iter().all(|weak| known.contains(weak)), "{id}: weak is what it does not have");
    }
    assert_eq!(by_id("rackspace").unwrap().name, "Rackspace Email / Hosted Exchange");
    assert_eq!(by_id("rackspace").unwrap().short, "Rackspace");
    assert_eq!(by_id("nobody"), None);
}

/// Returns the kinds of evidence that a row has patterns for.
fn evidence_of(provider: &Provider) -> Vec<Evidence> {
    let has_any = |evidence: &Evidence| match evidence {
        Evidence::Mx => !provider.mx.is_empty(),
        Evidence::Spf => !provider.spf.is_empty(),
        Evidence::Autodiscover => !provider.autodiscover.is_empty(),
        Evidence::Srv => !provider.srv.is_empty(),
        Evidence::Dkim => !provider.dkim.is_empty(),
        Evidence::Ns => !provider.ns.is_empty(),
        Evidence::Txt => !provider.txt.is_empty(),
        Evidence::Cname => !provider.cname.is_empty(),
    };
    Evidence::ALL.into_iter().filter(has_any).collect()
}

#[test]
fn patterns_are_well_formed() {
    for provider in all() {
        let hosts =
            [provider.mx, provider.spf, provider.autodiscover, provider.ns].into_iter().flatten().copied();
        let srv = provider.srv.iter().map(|&(_, target)| target);
        let dkim = provider.dkim.iter().filter_map(|&(_, target)| target);
        let cname = provider.cname.iter().map(|&(_, target)| target);
        for pattern in hosts.chain(srv).chain(dkim).chain(cname) {
            check_host_pattern(pattern);
        }
        for (service, _) in provider.srv {
            assert!(service.starts_with('_') && service.contains("._"), "{service}");
        }
        let owners = provider.cname.iter().map(|&(owner, _)| owner);
        for label in owners.chain(provider.dkim.iter().map(|&(selector, _)| selector)) {
            assert!(!label.contains('.'), "{label}");
            check_label_pattern(label);
        }
        for (owner, prefix) in provider.txt {
            assert!(owner.is_some() || !prefix.is_empty(), "{provider:?} would claim every TXT record");
        }
    }
}

fn check_host_pattern(pattern: &str) {
    let own = pattern.strip_suffix("{domain}").unwrap_or_default();
    assert!(own.is_empty() || own.ends_with('.'), "{pattern} has `{{domain}}` within a label");
    let host = pattern.strip_prefix('=').unwrap_or(pattern).replace("{domain}", "contoso.com");
    assert!(host.contains('.'), "{pattern} is a top-level domain");
    host.split('.').for_each(check_label_pattern);
}

fn check_label_pattern(label: &str) {
    assert!(!label.is_empty() && label.len() <= 63, "{label}");
    let is_known = |o: u8| o.is_ascii_lowercase() || o.is_ascii_digit() || b"-_*#?".contains(&o);
    assert!(label.bytes().all(is_known), "{label} has a capital or an unknown sign");
    assert!(label.matches('*').count() <= 1, "{label} has more than one `*`");
}

#[test]
fn microsoft_is_told_apart_from_its_other_names() {
    for (id, kind) in [
        ("microsoft-365", Kind::Microsoft),
        ("microsoft-365-godaddy", Kind::Microsoft),
        ("microsoft-365-us-gov", Kind::Microsoft),
        ("microsoft-365-21vianet", Kind::Microsoft),
        ("microsoft-365-eo", Kind::Microsoft),
        ("microsoft-365-verification-mx", Kind::Microsoft),
        ("microsoft-365-germany", Kind::Retired),
        ("microsoft-legacy-mx", Kind::Retired),
        ("outlook-com-consumer", Kind::Source),
        ("rackspace", Kind::Source),
        ("mimecast", Kind::Gateway),
        ("cloudflare-email-routing", Kind::Forwarder),
    ] {
        assert_eq!(by_id(id).unwrap().kind, kind, "{id}");
    }
}

#[test]
fn signs_stand_for_what_they_say() {
    let fits = pattern::label_fits;
    assert!(fits("mx#", "mx1") && !fits("mx#", "mx") && !fits("mx#", "mxa") && !fits("mx#", "mx12"));
    assert!(fits("ess?", "ess1") && fits("ess?", "essx") && !fits("ess?", "ess-"));
    assert!(fits("mx*", "mx") && fits("mx*", "mx-eu-1") && !fits("mx*", "amx"));
    assert!(fits("*-smtp-inbound-#", "us-smtp-inbound-1") && !fits("*-smtp-inbound-#", "us-smtp-inbound-"));
    assert!(fits("*", "a.b") && !fits("a*", "a.b"), "a run of characters never holds a dot");
    let domain = name("contoso.com");
    let spf = |host: &str| ids(&best_matches(Clue::Spf(&name(host)), &domain));
    assert_eq!(spf("outlook.com"), ["outlook-com-consumer"]);
    assert_eq!(spf("other.outlook.com"), [""; 0], "`=` allows no further label");
    assert_eq!(spf("%{i}.spf.hc0000-00.eu.iphmx.com"), ["cisco-secure-email"]);
    assert_eq!(spf("."), [""; 0]);
}

#[test]
fn a_close_id_is_found() {
    for (text, id) in [
        ("rackspace", Some("rackspace")),
        ("Rackspcae", Some("rackspace")),
        ("mimcast", Some("mimecast")),
        ("proofpoint", Some("proofpoint-enterprise")),
        ("proofpont", Some("proofpoint-enterprise")),
        ("messagelabs", Some("symantec-messagelabs")),
        ("google", Some("google-workspace")),
        ("godaddy", Some("godaddy-workspace")),
        ("gmx", Some("gmx-mail-com")),
        ("microsoft365", Some("microsoft-365")),
        ("", None),
        ("x", None),
        ("contoso-on-premises", None),
    ] {
        assert_eq!(closest_id(text), id, "{text}");
    }
    assert_eq!(closest_id(&"x".repeat(1 << 20)), None);
}

#[test]
fn a_gateway_is_an_id_or_a_suffix() {
    let domain = name("contoso.com");
    let gateway: Gateway = "Proofpoint-Essentials".parse().unwrap();
    assert_eq!(gateway.id(), Some("proofpoint-essentials"));
    assert_eq!(gateway.name(), "Proofpoint Essentials");
    assert!(gateway.covers(&name("mx1-us1.ppe-hosted.com"), &domain));
    assert!(!gateway.covers(&name("mx1.notppe-hosted.com"), &domain));

    for text in
        ["filter.fabrikam.net", "*.filter.fabrikam.net", ".Filter.Fabrikam.net.", " filter.fabrikam.net "]
    {
        let gateway: Gateway = text.parse().unwrap();
        assert_eq!(gateway, Gateway::Suffix(name("filter.fabrikam.net")), "{text}");
        assert_eq!((gateway.id(), gateway.name().as_ref()), (None, "filter.fabrikam.net"));
        assert_eq!(gateway.to_string().parse(), Ok(gateway.clone()));
        assert!(gateway.covers(&name("mx1.filter.fabrikam.net"), &domain));
        assert!(!gateway.covers(&name("mx1.notfilter.fabrikam.net"), &domain));
    }
}

#[test]
fn what_is_no_gateway_says_why() {
    let error = |text: &str| text.parse::<Gateway>().unwrap_err();
    for id in ["rackspace", "Rackspace", "improvmx", "microsoft-365", "postini"] {
        let GatewayError::OtherKind { found, .. } = error(id) else { panic!("{id}: {}", error(id)) };
        assert_eq!(found.id, id.to_ascii_lowercase());
    }
    for (text, expected) in [("mimcast", Some("mimecast")), ("google", None), ("", None), ("rackspaec", None)]
    {
        let GatewayError::Unknown { closest, .. } = error(text) else { panic!("{text}: {}", error(text)) };
        assert_eq!(closest, expected, "only gateways are proposed");
    }
    for text in
        ["com.", ".", "a..b", "https://filter.example", "192.0.2.1", "filter.münchen.example", "a b.example"]
    {
        assert_eq!(error(text), GatewayError::NotAHost { text: text.into() });
    }
    assert_eq!(
        error("cloudflare-email-routing").to_string(),
        "`cloudflare-email-routing` is a forwarder (Cloudflare Email Routing), not a filtering gateway; \
         expected the id of a gateway, such as `mimecast`, or a host suffix, such as `filter.example.net`; \
         did you mean `cloudflare-email-security`?"
    );
}

#[test]
fn a_mistyped_mail_host_is_read_as_the_one_of_a_platform() {
    let meant = |host: &str| {
        let found = closest_mail_host(&host.parse().unwrap());
        found.map(|(meant, provider)| (meant.without_trailing_dot(), provider.id))
    };
    for (typed, right, id) in [
        ("aspmx.l.google.con", "aspmx.l.google.com", "google-workspace"),
        ("alt1.aspmx.l.gogle.com", "alt1.aspmx.l.google.com", "google-workspace"),
        ("mx1.emailsrvr.co", "mx1.emailsrvr.com", "rackspace"),
        ("mx1.emailsvr.com", "mx1.emailsrvr.com", "rackspace"),
        (
            "contoso-com.mail.protection.outlok.com",
            "contoso-com.mail.protection.outlook.com",
            "microsoft-365",
        ),
    ] {
        assert_eq!(meant(typed), Some((right.to_owned(), id)), "{typed}");
    }
    for other in [
        "aspmx.l.google.com",
        "mx1.emailsrvr.com",
        "contoso-com.mail.protection.outlook.com",
        "mail.contoso.com",
        "mx.example",
        "contoso-com.o-v1.mx.microsoft",
        ".",
    ] {
        assert_eq!(meant(other), None, "{other}");
    }
}
