//! Checks whose answer counts: what name servers leave open, lame answers, versions that do not compare, filtering
//! resolvers and aliases that leave the zone.

use std::sync::Arc;

use hickory_resolver::proto::op::{Message, ResponseCode};
use hickory_resolver::proto::rr::{self, RData, Record, rdata};

use super::{Estate, OLD_MX, READY, version};
use crate::lab::Say;

/// READY, with this in place of the MX record.
fn with_mx(mx: &str) -> String {
    READY.lines().filter(|line| !line.contains(" MX ")).chain([mx]).collect::<Vec<_>>().join("\n")
}

/// An estate in which both name servers have the old MX, and the resolver remembers the new one.
fn behind_the_resolver() -> Estate {
    let estate = Estate::impatient();
    estate.publish(&with_mx(OLD_MX));
    estate.resolver.zone("contoso.com", READY);
    estate
}

fn wire_name(text: &str) -> rr::Name {
    rr::Name::from_ascii(format!("{}.", text.trim_end_matches('.'))).unwrap()
}

fn error(code: ResponseCode) -> Say {
    Say::Error(code, vec![])
}

fn altered(change: impl Fn(&mut Message) + Send + Sync + 'static) -> Say {
    Say::Altered(Arc::new(change))
}

/// No such name, with the SOA of this zone.
fn denied_by(zone: &'static str) -> Say {
    altered(move |message| {
        message.answers.clear();
        message.authorities.clear();
        message.metadata.response_code = ResponseCode::NXDomain;
        let (ns, mail) = (wire_name("a.root-servers.net"), wire_name("nstld.verisign-grs.com"));
        let soa = RData::SOA(rdata::SOA::new(ns, mail, 1, 1800, 900, 604_800, 86_400));
        message.authorities.push(Record::from_rdata(wire_name(zone), 300, soa));
    })
}

/// A referral of this zone, with or without AA.
fn referral(zone: &'static str, is_authoritative: bool) -> Say {
    altered(move |message| {
        message.answers.clear();
        message.authorities.clear();
        message.metadata.response_code = ResponseCode::NoError;
        message.metadata.authoritative = is_authoritative;
        let ns = RData::NS(rdata::NS(wire_name("ns.elsewhere.example")));
        message.authorities.push(Record::from_rdata(wire_name(zone), 300, ns));
    })
}

/// The answer, with a TXT record of another name behind it.
fn with_more(name: &'static str, text: &'static str) -> Say {
    altered(move |message| {
        let text = RData::TXT(rdata::TXT::from_bytes(vec![text.as_bytes()]));
        message.answers.push(Record::from_rdata(wire_name(name), 300, text));
    })
}

/// No such name at the end of the alias, with the SOA of this zone.
fn denied_at_the_end(zone: &'static str) -> Say {
    altered(move |message| {
        message.metadata.response_code = ResponseCode::NXDomain;
        let (ns, mail) = (wire_name("ns.hosted.example"), wire_name("dns.hosted.example"));
        let soa = RData::SOA(rdata::SOA::new(ns, mail, 1, 1800, 900, 604_800, 86_400));
        message.authorities = vec![Record::from_rdata(wire_name(zone), 300, soa)];
    })
}

/// Six hundred MX records: more than is kept of one answer.
fn six_hundred() -> Say {
    altered(|message| {
        message.answers = (0..600u16)
            .map(|n| {
                let mx = RData::MX(rdata::MX::new(n, wire_name("mx.elsewhere.example")));
                Record::from_rdata(wire_name("contoso.com"), 300, mx)
            })
            .collect();
    })
}

/// The ways in which a server can leave a question open, or answer it without being entitled to.
fn open_answers() -> Vec<(&'static str, Say)> {
    vec![
        ("silence", Say::Nothing),
        ("SERVFAIL", error(ResponseCode::ServFail)),
        ("REFUSED", error(ResponseCode::Refused)),
        ("NOTAUTH", error(ResponseCode::NotAuth)),
        ("garbage", Say::Garbage),
        ("another question", Say::OtherQuestion),
        ("600 records", six_hundred()),
        ("no AA", altered(|message| message.metadata.authoritative = false)),
        ("denied by the root", denied_by(".")),
        ("denied by the registry", denied_by("com")),
        ("denied by another zone", denied_by("fabrikam.com")),
        ("an upward referral", referral(".", false)),
        ("an upward referral with AA", referral(".", true)),
        ("a referral to the registry with AA", referral("com", true)),
        ("a referral to itself", referral("contoso.com", false)),
        ("a referral elsewhere with AA", referral("fabrikam.com", true)),
    ]
}

#[test]
fn what_no_reached_name_server_answers_is_unknown() {
    for (what, say) in open_answers() {
        let estate = behind_the_resolver();
        for server in [&estate.first, &estate.second] {
            server.say_to("contoso.com", "MX", say.clone());
        }
        let run = estate.contoso("");
        let mx = run.expectation("mx");
        assert_eq!((run.status, &mx["status"]), (3, &"unknown".into()), "{what}: {mx}");
        assert!(
            run.domain()["changes"].as_array().unwrap().is_empty(),
            "{what}: {}",
            run.domain()["changes"]
        );
    }
}

/// The same for the records that the plan would otherwise replace: the TXT records of the apex.
#[test]
fn a_lame_answer_never_replaces_what_is_published() {
    for (what, say) in open_answers() {
        let estate = Estate::impatient();
        for server in [&estate.first, &estate.second] {
            server.say_to("contoso.com", "TXT", say.clone());
        }
        let run = estate.contoso("");
        assert_eq!((run.status, run.code("spf").starts_with("spf-")), (3, false), "{what}");
        assert!(
            run.domain()["changes"].as_array().unwrap().is_empty(),
            "{what}: {}",
            run.domain()["changes"]
        );
    }
}

#[test]
fn one_lame_server_among_good_ones_is_reported_and_changes_nothing() {
    for (what, say) in open_answers() {
        let estate = Estate::impatient();
        estate.publish(&version(8, ""));
        estate.second.say(say);
        let run = estate.contoso("");
        let domain = run.domain();
        assert_eq!((run.status, run.code("mx")), (0, "met".into()), "{what}: {}", domain["hazards"]);
        let hazards: Vec<&str> =
            domain["hazards"].as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap()).collect();
        let is_expected = |code: &&str| ["server-lame", "server-silent"].contains(code);
        assert!(hazards.iter().all(is_expected), "{what}: {hazards:?}");
    }
}

#[test]
fn a_server_whose_version_is_not_known_is_not_called_older() {
    for (what, say) in [
        ("silence", Say::Nothing),
        ("SERVFAIL", error(ResponseCode::ServFail)),
        ("no AA", altered(|message| message.metadata.authoritative = false)),
    ] {
        let estate = Estate::impatient();
        estate.first.zone("contoso.com", &version(8, ""));
        estate.second.zone("contoso.com", &version(7, OLD_MX));
        estate.resolver.zone("contoso.com", READY);
        estate.second.say_to("contoso.com", "SOA", say);
        let run = estate.contoso("");
        assert_eq!((run.status, run.code("mx")), (3, "lookup-failed".into()), "{what}");
    }
    // Known and older: it only needs time.
    let estate = Estate::new();
    estate.first.zone("contoso.com", &version(8, ""));
    estate.second.zone("contoso.com", &version(7, OLD_MX));
    estate.resolver.zone("contoso.com", READY);
    assert_eq!(estate.contoso("").code("mx"), "secondary-behind");
    // Of another primary: the serials do not compare.
    estate.second.zone("contoso.com", &version(7, OLD_MX).replace("SOA ns1 ", "SOA ns2 "));
    let run = estate.contoso("");
    assert_eq!((run.status, run.code("mx")), (1, "servers-disagree".into()));
    assert!(!run.out.contains("should ask for the newer one"), "{}", run.out);
}

#[test]
fn a_filtering_resolver_says_nothing_about_a_name() {
    for code in [4, 15, 16, 17, 18] {
        for rcode in [ResponseCode::NXDomain, ResponseCode::NoError, ResponseCode::Refused] {
            let estate = Estate::new();
            let filtered = || Say::Error(rcode, vec![(code, "policy")]);
            for rtype in ["A", "AAAA"] {
                estate.resolver.say_to("contoso-com.mail.protection.outlook.com", rtype, filtered());
            }
            let run = estate.contoso("");
            assert_eq!((run.status, run.code("mx")), (3, "lookup-failed".into()), "{code} {rcode}");
            let message = run.expectation("mx")["message"].to_string();
            let resolver = estate.resolver.address().to_string();
            assert!(message.contains(&resolver) && message.contains("policy"), "{message}");
            estate.resolver.say_to("spf.protection.outlook.com", "TXT", filtered());
            estate.resolver.say_to("contoso.com", "NS", filtered());
            let run = estate.contoso("");
            assert_eq!((run.status, run.code("spf")), (3, "lookup-failed".into()), "{code} {rcode}");
            assert!(run.domain()["changes"].as_array().unwrap().is_empty(), "{code} {rcode}");
        }
    }
}

#[test]
fn the_only_resolver_that_fails_leaves_it_open_whether_anybody_gets_the_answer() {
    for (what, say) in [
        ("silence", Say::Nothing),
        ("SERVFAIL", error(ResponseCode::ServFail)),
        ("REFUSED", error(ResponseCode::Refused)),
        ("garbage", Say::Garbage),
        ("filtered", Say::Error(ResponseCode::NXDomain, vec![(17, "")])),
    ] {
        let estate = Estate::impatient();
        estate.resolver.say_to("contoso.com", "MX", say);
        let run = estate.contoso("");
        assert_eq!((run.status, &run.expectation("mx")["status"]), (3, &"unknown".into()), "{what}");
        assert!(run.domain()["changes"].as_array().unwrap().is_empty(), "{what}");
    }
}

/// What the name servers of `contoso.com` say about names outside it does not count.
#[test]
fn an_alias_that_leaves_the_zone_is_followed_where_it_leads() {
    let lines = "_dmarc 300 CNAME _dmarc.hosted.example.\n_spf 300 CNAME spf.hosted.example.";
    let spf = "@ 3600 TXT \"v=spf1 include:_spf.contoso.com a:shop.contoso.com a:www.contoso.com -all\"";
    let shops = "shop 300 CNAME shops.hosted.example.\nwww 300 CNAME shops.hosted.example.";
    let ready = READY.lines().filter(|line| !line.contains("v=spf1") && !line.contains("_dmarc"));
    let zone = ready.chain([lines, spf, shops]).collect::<Vec<_>>().join("\n");
    let hosted = "spf 300 TXT \"v=spf1 include:spf.protection.outlook.com -all\"
        _dmarc 300 TXT \"v=DMARC1; p=reject\"
        shops 300 A 198.51.100.7";
    for knows_better in [false, true] {
        let estate = Estate::new();
        estate.publish(&zone);
        estate.lab.server("127.0.0.7").zone("hosted.example", hosted);
        for server in [&estate.first, &estate.second].into_iter().filter(|_| knows_better) {
            server.say_to("_spf.contoso.com", "TXT", with_more("spf.hosted.example", "v=spf1 -all"));
            server.say_to("_dmarc.contoso.com", "TXT", with_more("_dmarc.hosted.example", "hello"));
            server.say_to("shop.contoso.com", "A", denied_at_the_end("hosted.example"));
        }
        let run = estate.contoso("");
        let codes = ["spf", "dmarc", "mx"].map(|id| run.code(id));
        assert_eq!((run.status, codes), (0, ["met", "met", "met"].map(String::from)), "{}", run.out);
        assert!(run.expectation("spf")["message"].to_string().contains("4 of 10 lookups"), "{}", run.out);
        assert!(run.domain()["changes"].as_array().unwrap().is_empty());
        // What lies there cannot be looked up: nothing is known, and nothing is planned.
        if !knows_better {
            estate.resolver.say_to("spf.hosted.example", "TXT", error(ResponseCode::ServFail));
            let run = estate.contoso("");
            assert_eq!((run.status, run.code("spf")), (3, "lookup-failed".into()));
            assert!(run.domain()["changes"].as_array().unwrap().is_empty());
        }
    }
}
