//! Is an alias that leads out of the zone followed to its end, whatever record is read there?

use std::sync::Arc;

use hickory_resolver::proto::op::{Message, ResponseCode};
use hickory_resolver::proto::rr::RecordType;

use super::{Estate, READY};
use crate::lab::Say;

/// What leads out of the zone, the expectation about it, and what it must be.
const KIN: [(&str, &str, &str, &str); 8] = [
    (
        "spf at the domain's include",
        "@ 3600 TXT \"v=spf1 include:_spf.contoso.com -all\"\n_spf 300 CNAME spf.hosted.example.",
        "spf",
        "met",
    ),
    (
        "a host of `a:`",
        "@ 3600 TXT \"v=spf1 a:shop.contoso.com include:spf.protection.outlook.com -all\"\nshop 300 CNAME host.hosted.example.",
        "spf",
        "met",
    ),
    (
        "the hosts of `mx:`",
        "@ 3600 TXT \"v=spf1 mx:lists.contoso.com include:spf.protection.outlook.com -all\"\nlists 300 CNAME lists.hosted.example.",
        "spf",
        "met",
    ),
    ("the DMARC policy", "_dmarc 300 CNAME _dmarc.hosted.example.", "dmarc", "met"),
    (
        "a DKIM key",
        "selector1._domainkey 300 CNAME selector1-contoso-com._domainkey.contoso.onmicrosoft.com.\nselector2._domainkey 300 CNAME selector2-contoso-com._domainkey.contoso.onmicrosoft.com.",
        "dkim-selector1",
        "met",
    ),
    (
        "the announcement of an MTA-STS policy",
        "_mta-sts 300 CNAME _mta-sts.hosted.example.",
        "mta-sts",
        "met",
    ),
    ("the receiver of TLS reports", "_smtp._tls 300 CNAME _smtp._tls.hosted.example.", "tls-rpt", "met"),
    (
        "autodiscover by two ways",
        "autodiscover 300 CNAME ad.contoso.com.\nad 300 CNAME ad.hosted.example.",
        "autodiscover",
        "met",
    ),
];

/// The zone of somebody else, with another alias on the way for each.
const HOSTED: &str = "spf 300 CNAME spf2
    spf2 300 TXT \"v=spf1 include:spf.protection.outlook.com -all\"
    host 300 CNAME host2
    host2 300 A 198.51.100.7
    host2 300 AAAA 2001:db8::7
    lists 300 MX 10 host2
    _dmarc 300 CNAME _dmarc2
    _dmarc2 300 TXT \"v=DMARC1; p=reject\"
    _mta-sts 300 TXT \"v=STSv1; id=20260101000000Z;\"
    _smtp._tls 300 TXT \"v=TLSRPTv1; rua=mailto:tls@hosted.example\"
    ad 300 CNAME autodiscover.outlook.com.";

#[test]
fn aliases_are_followed_to_their_end_for_every_record() {
    for (what, lines, id, code) in KIN {
        for first_alias_only in [false, true] {
            let estate = estate(lines);
            if first_alias_only {
                estate.resolver.say(Say::Altered(Arc::new(first_alias_alone)));
            }
            let run = estate.contoso("--no-https");
            let found = run.expectation(id);
            assert_eq!(
                (run.status, found["code"].as_str()),
                (0, Some(code)),
                "{what}, first alias only: {first_alias_only}: {found:#}"
            );
            assert_eq!(run.domain()["changes"], serde_json::json!([]), "{what}");
        }
    }
}

/// What cannot be looked up at the end is neither missing nor right, and no edit is proposed for it.
#[test]
fn what_fails_at_the_end_of_an_alias_is_unknown() {
    for (what, lines, id, _) in KIN {
        if what.starts_with("a host of") || what.starts_with("the hosts of") {
            // A sender that cannot be looked up does not decide about the record.
            continue;
        }
        let estate = estate(lines);
        let ends = [
            "spf.hosted.example TXT",
            "_dmarc.hosted.example TXT",
            "_mta-sts.hosted.example TXT",
            "_smtp._tls.hosted.example TXT",
            "ad.hosted.example CNAME",
            "selector1-contoso-com._domainkey.contoso.onmicrosoft.com TXT",
        ];
        for end in ends {
            let (name, rtype) = end.split_once(' ').unwrap();
            estate.resolver.say_to(name, rtype, Say::Error(ResponseCode::ServFail, Vec::new()));
        }
        let run = estate.contoso("--no-https");
        let found = run.expectation(id);
        assert_eq!(
            (found["status"].as_str(), found["code"].as_str()),
            (Some("unknown"), Some("lookup-failed")),
            "{what}: {found:#}"
        );
        assert_eq!(run.domain()["changes"], serde_json::json!([]), "{what}");
    }
}

/// Takes away what is behind the first alias, as some resolvers do.
fn first_alias_alone(message: &mut Message) {
    let is_alias = message.answers.first().is_some_and(|record| record.record_type() == RecordType::CNAME);
    if is_alias && message.queries.first().is_some_and(|query| query.query_type() != RecordType::CNAME) {
        message.answers.truncate(1);
        message.authorities.clear();
        message.metadata.response_code = ResponseCode::NoError;
    }
}

fn estate(lines: &str) -> Estate {
    let estate = Estate::new();
    let owners: Vec<&str> = lines.lines().filter_map(|line| line.split_whitespace().next()).collect();
    let is_replaced = |line: &str| {
        let owner = line.split_whitespace().next().unwrap_or_default();
        owners.contains(&owner) && (owner != "@" || line.contains("v=spf1"))
    };
    let kept = READY.lines().filter(|line| !is_replaced(line));
    estate.publish(&kept.chain([lines]).collect::<Vec<_>>().join("\n"));
    estate.lab.server("127.0.0.7").zone("hosted.example", HOSTED);
    let keys = "selector1-contoso-com._domainkey 300 TXT \"v=DKIM1; k=rsa; p=MIGf\"
        selector2-contoso-com._domainkey 300 TXT \"v=DKIM1; k=rsa; p=MIGf\"";
    estate.lab.server("127.0.0.8").zone("contoso.onmicrosoft.com", keys);
    estate
}
