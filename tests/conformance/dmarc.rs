//! DMARC policies (RFC 9989 §4.5 to §4.10, RFC 9990 §4).

use std::fmt::Write as _;

use cutover::check::{Code, Status};
use cutover::expected::Id;

use crate::world::World;

use super::quoted;

/// Section, texts at `_dmarc` (several with ` || ` between them), code, a word that the message must have.
type Row = (&'static str, &'static str, &'static str, &'static str);

#[test]
fn records_are_read_as_receivers_read_them() {
    let mut faults = String::new();
    for (section, texts, code, word) in ROWS {
        assert!(code.parse::<Code>().is_ok(), "{code}");
        let mut zone =
            "$ORIGIN contoso.com.\n@ 3600 MX 0 contoso-com.mail.protection.outlook.com.\n".to_owned();
        for text in texts.split(" || ").filter(|text| !text.is_empty()) {
            writeln!(zone, "_dmarc 3600 TXT {}", quoted(text)).unwrap();
        }
        let world = World::from_zone(&zone);
        let outcome = world.check_closed();
        let judged = outcome.expectation(Id::Dmarc);
        if judged.code.word() != *code || !judged.message.contains(word) {
            writeln!(
                faults,
                "§{section} `{texts}`: {code} expected, {} found: {}",
                judged.code, judged.message
            )
            .unwrap();
            continue;
        }
        let after = world.publish(&outcome.changes).check_closed();
        let after = after.expectation(Id::Dmarc);
        if after.status != Status::Met {
            writeln!(faults, "§{section} `{texts}`: {} after its plan: {}", after.code, after.message)
                .unwrap();
        }
        let is_planned =
            outcome.changes.iter().any(|change| change.name.without_trailing_dot() == "_dmarc.contoso.com");
        if is_planned != (judged.status == Status::Unmet) {
            writeln!(faults, "§{section} `{texts}`: planned: {is_planned}").unwrap();
        }
    }
    assert!(faults.is_empty(), "{faults}");
}

const ROWS: &[Row] = &[
    // Which text is a record.
    ("4.5", "", "dmarc-missing", ""),
    ("4.5", "x", "dmarc-missing", ""),
    ("4.5", "v=spf1 -all", "dmarc-missing", ""),
    ("4.5", "v=DMARC1; p=none", "met", "p=none"),
    ("4.5", "v=DMARC1; p=none || x", "met", ""),
    ("4.5", "v=DMARC1; p=none || v=spf1 -all", "met", ""),
    ("4.5", "\"v=DMARC1; p=re\" \"ject\"", "met", "p=reject"),
    ("4.5", "\"v=DMARC1;\" \"p=reject\"", "met", "p=reject"),
    ("4.10", "v=DMARC1; p=none || v=DMARC1; p=reject", "dmarc-multiple", ""),
    ("4.10", "v=DMARC1; p=none || v=DMARC1", "dmarc-multiple", ""),
    ("4.10", "v=DMARC1; p=none || v=DMARC2; p=reject", "met", "p=none"),
    ("4.10", "v=DMARC1; p=none || v=dmarc1; p=reject", "met", "p=none"),
    // The version: first, nothing in front, its value compared exactly and its name not.
    ("4.8", "v=DMARC1;p=none", "met", ""),
    ("4.8", "v=DMARC1;p=none;", "met", ""),
    ("4.8", "v=DMARC1 ; p=none ; ", "met", ""),
    ("4.8", "v = DMARC1; p = none", "met", ""),
    ("4.8", "v\\009=\\009DMARC1\\009;\\009p=none", "met", ""),
    ("4.8", "V=DMARC1; p=none", "met", ""),
    ("4.7", "v=dmarc1; p=none", "dmarc-invalid", ""),
    ("4.7", "v=Dmarc1; p=none", "dmarc-invalid", ""),
    ("4.7", "v=DMARC10; p=none", "dmarc-invalid", ""),
    ("4.7", "v=DMARC2; p=none", "dmarc-invalid", ""),
    ("4.7", "v=DMARC; p=none", "dmarc-invalid", ""),
    ("4.7", "v=; p=none", "dmarc-missing", ""),
    ("4.7", "p=none; v=DMARC1", "dmarc-invalid", ""),
    ("4.7", "p=none", "dmarc-invalid", ""),
    ("4.8", " v=DMARC1; p=none", "dmarc-invalid", ""),
    ("4.8", "\\009v=DMARC1; p=none", "dmarc-invalid", ""),
    ("4.8", ";v=DMARC1; p=none", "dmarc-invalid", ""),
    ("4.8", "\\239\\187\\191v=DMARC1; p=none", "dmarc-invalid", ""),
    ("4.8", "\\\"v=DMARC1; p=none\\\"", "dmarc-invalid", ""),
    ("4.8", "v=DMARC1 p=none", "dmarc-invalid", ""),
    ("4.8", "v=DMARC1, p=none", "dmarc-invalid", ""),
    ("4.8", "v=DMARC1\\010; p=none", "dmarc-invalid", ""),
    ("4.8", "v=DMARC1\\194\\160; p=none", "dmarc-invalid", ""),
    ("4.8", "v:DMARC1; p=none", "dmarc-invalid", ""),
    ("4.8", "DMARC1; p=none", "dmarc-invalid", ""),
    // `p`
    ("4.7", "v=DMARC1; p=quarantine", "met", "p=quarantine"),
    ("4.7", "v=DMARC1; p=reject", "met", "p=reject"),
    ("4.8", "v=DMARC1; P=reject", "met", ""),
    ("4.8", "v=DMARC1; p=REJECT", "met", ""),
    ("4.8", "v=DMARC1; rua=mailto:a@contoso.com; p=reject", "met", ""),
    ("4.8", "v=DMARC1; sp=none; adkim=s; p=reject", "met", ""),
    ("4.10.1", "v=DMARC1", "dmarc-invalid", "p"),
    ("4.10.1", "v=DMARC1;", "dmarc-invalid", ""),
    ("4.10.1", "v=DMARC1; rua=mailto:a@contoso.com", "dmarc-invalid", ""),
    ("4.10.1", "v=DMARC1; sp=reject", "dmarc-invalid", ""),
    ("4.10.1", "v=DMARC1; p=", "dmarc-invalid", ""),
    ("4.10.1", "v=DMARC1; p=monitor", "dmarc-invalid", "monitor"),
    ("4.10.1", "v=DMARC1; p=none,reject", "dmarc-invalid", ""),
    ("4.10.1", "v=DMARC1; p=none rua=mailto:a@contoso.com", "dmarc-invalid", ""),
    ("4.10.1", "v=DMARC1; reject", "dmarc-invalid", ""),
    ("4.10.1", "v=DMARC1; p:reject", "dmarc-invalid", ""),
    ("4.10.1", "v=DMARC1; policy=reject", "dmarc-invalid", ""),
    // `sp` and `np`
    ("4.7", "v=DMARC1; p=reject; sp=none", "met", ""),
    ("4.7", "v=DMARC1; p=none; np=reject", "met", ""),
    ("4.7", "v=DMARC1; p=none; sp=quarantine; np=reject", "met", ""),
    ("4.7", "v=DMARC1; p=none; NP=Reject", "met", ""),
    ("4.10.1", "v=DMARC1; p=reject; sp=no", "dmarc-invalid", "sp=no"),
    ("4.10.1", "v=DMARC1; p=reject; sp=", "dmarc-invalid", ""),
    ("4.10.1", "v=DMARC1; p=reject; np=all", "dmarc-invalid", "np=all"),
    ("4.10.1", "v=DMARC1; p=reject; np=all; rua=mailto:a@contoso.com", "dmarc-invalid", ""),
    // `t` and `psd`
    ("4.7", "v=DMARC1; p=reject; t=y", "met", "quarantine"),
    ("4.7", "v=DMARC1; p=quarantine; t=y", "met", "`none`"),
    ("4.7", "v=DMARC1; p=none; t=y", "met", ""),
    ("4.7", "v=DMARC1; p=reject; t=n", "met", ""),
    ("4.7", "v=DMARC1; p=reject; t=yes", "met", "ignore"),
    ("4.7", "v=DMARC1; p=reject; psd=n", "met", ""),
    ("4.7", "v=DMARC1; p=reject; psd=u", "met", ""),
    ("4.7", "v=DMARC1; p=reject; psd=y", "met", "psd=y"),
    ("4.7", "v=DMARC1; p=reject; psd=x", "met", "ignore"),
    // Other tags: what is malformed, unknown or removed spoils nothing.
    ("4.7", "v=DMARC1; p=reject; adkim=s; aspf=r", "met", ""),
    ("4.7", "v=DMARC1; p=reject; ADKIM=S", "met", ""),
    ("4.7", "v=DMARC1; p=reject; adkim=strict", "met", "adkim=strict"),
    ("4.7", "v=DMARC1; p=reject; aspf=", "met", "aspf="),
    ("4.7", "v=DMARC1; p=reject; fo=1", "met", ""),
    ("4.7", "v=DMARC1; p=reject; fo=d:s", "met", ""),
    ("4.7", "v=DMARC1; p=reject; fo=s:d", "met", ""),
    ("4.7", "v=DMARC1; p=reject; fo=2", "met", "fo=2"),
    ("4.7", "v=DMARC1; p=reject; fo=0:1:d:s", "met", "ignore"),
    ("4.7", "v=DMARC1; p=reject; pct=50", "met", "pct"),
    ("4.7", "v=DMARC1; p=reject; pct=101", "met", "pct"),
    ("4.7", "v=DMARC1; p=reject; pct=x", "met", "pct"),
    ("4.7", "v=DMARC1; p=reject; rf=afrf; ri=86400", "met", "rf"),
    ("4.7", "v=DMARC1; p=reject; ri=-1", "met", "ri"),
    ("4.7", "v=DMARC1; p=reject; rf=iodef", "met", ""),
    ("4.7", "v=DMARC1; p=reject; x=y", "met", ""),
    ("4.7", "v=DMARC1; p=reject; foo", "met", "foo"),
    ("4.7", "v=DMARC1; p=reject; =x", "met", "=x"),
    ("4.7", "v=DMARC1; p=reject;;; adkim=r", "met", ""),
    ("4.7", "v=DMARC1; p=reject; \\195\\164=1", "met", ""),
    ("4.7", "v=DMARC1; p=reject; x=\\195\\164", "met", ""),
    ("6376 3.2", "v=DMARC1; p=reject; p=none", "dmarc-invalid", "twice"),
    ("6376 3.2", "v=DMARC1; p=reject; P=reject", "dmarc-invalid", "twice"),
    ("6376 3.2", "v=DMARC1; v=DMARC1; p=reject", "dmarc-invalid", "twice"),
    (
        "6376 3.2",
        "v=DMARC1; p=reject; rua=mailto:a@contoso.com; rua=mailto:b@contoso.com",
        "dmarc-invalid",
        "twice",
    ),
    // Addresses for reports.
    ("4.6", "v=DMARC1; p=none; rua=mailto:a@contoso.com", "met", "with reports"),
    ("4.6", "v=DMARC1; p=none; rua=mailto:a@contoso.com,mailto:b@contoso.com", "met", ""),
    ("4.6", "v=DMARC1; p=none; rua=mailto:a@contoso.com , mailto:b@contoso.com", "met", ""),
    ("4.6", "v=DMARC1; p=none; rua=MAILTO:a@contoso.com", "met", ""),
    ("4.6", "v=DMARC1; p=none; rua=mailto:a@contoso.com!10m", "met", ""),
    ("4.6", "v=DMARC1; p=none; rua=mailto:a%2Bb@contoso.com?subject=x", "met", ""),
    ("4.6", "v=DMARC1; p=none; rua=https://contoso.com/dmarc", "met", ""),
    ("4.6", "v=DMARC1; p=none; rua=a@contoso.com", "dmarc-invalid", "a@contoso.com"),
    ("4.6", "v=DMARC1; p=none; rua=", "dmarc-invalid", ""),
    ("4.6", "v=DMARC1; p=none; rua=mailto:", "dmarc-invalid", ""),
    ("4.6", "v=DMARC1; p=none; rua=mailto:contoso.com", "dmarc-invalid", ""),
    ("4.6", "v=DMARC1; p=none; rua=mailto:@contoso.com", "dmarc-invalid", ""),
    ("4.6", "v=DMARC1; p=none; rua=mailto:a@", "dmarc-invalid", ""),
    ("4.6", "v=DMARC1; p=none; rua=mailto: a@contoso.com", "dmarc-invalid", ""),
    ("4.6", "v=DMARC1; p=none; rua=mailto:a@contoso.com,", "dmarc-invalid", ""),
    ("4.6", "v=DMARC1; p=none; rua=mailto:a@contoso.com mailto:b@contoso.com", "dmarc-invalid", ""),
    ("4.6", "v=DMARC1; p=none; rua=1ailto:a@contoso.com", "dmarc-invalid", ""),
    ("4.6", "v=DMARC1; p=none; ruf=a@contoso.com", "met", "ruf=a@contoso.com"),
    ("4.6", "v=DMARC1; p=none; ruf=mailto:a@contoso.com; fo=1", "met", ""),
];

/// Section, domain, records of names further up, code of the DMARC expectation, a word that the message must have.
type Walk = (&'static str, &'static str, &'static [(&'static str, &'static str)], &'static str, &'static str);

#[test]
fn the_policy_of_a_domain_without_one_is_found_by_a_walk() {
    for (section, domain, records, code, word) in WALKS {
        let mut zone = format!("$ORIGIN {domain}.\n@ 3600 MX 0 x.mail.protection.outlook.com.\n");
        for (name, text) in *records {
            writeln!(zone, "_dmarc.{name}. 3600 TXT {}", quoted(text)).unwrap();
        }
        let outcome = World::from_zone(&zone).for_domain(domain).check_closed();
        let judged = outcome.expectation(Id::Dmarc);
        let found = (judged.code.word(), judged.message.contains(word));
        assert_eq!(found, (*code, true), "§{section} {domain}, {records:?}: {}", judged.message);
    }
}

const REJECT: &str = "v=DMARC1; p=reject";

const WALKS: &[Walk] = &[
    ("4.10.1", "m.contoso.com", &[], "dmarc-missing", ""),
    (
        "4.10.1",
        "m.contoso.com",
        &[("m.contoso.com", REJECT), ("contoso.com", "v=DMARC1; p=none")],
        "met",
        "reject",
    ),
    ("4.10.1", "m.contoso.com", &[("contoso.com", REJECT)], "dmarc-inherited", "`contoso.com`"),
    ("4.10.1", "a.b.c.contoso.com", &[("contoso.com", REJECT)], "dmarc-inherited", "`contoso.com`"),
    ("4.10.2", "a.b.c.contoso.com", &[("b.c.contoso.com", REJECT)], "dmarc-inherited", "`b.c.contoso.com`"),
    (
        "4.10.2",
        "a.b.contoso.com",
        &[("b.contoso.com", REJECT), ("contoso.com", REJECT)],
        "dmarc-inherited",
        "`contoso.com`",
    ),
    (
        "4.10.2",
        "a.b.contoso.com",
        &[("b.contoso.com", "v=DMARC1; p=reject; psd=n"), ("contoso.com", REJECT)],
        "dmarc-inherited",
        "`b.contoso.com`",
    ),
    (
        "4.10.2",
        "a.b.contoso.com",
        &[("b.contoso.com", "v=DMARC1; p=reject; psd=u"), ("contoso.com", REJECT)],
        "dmarc-inherited",
        "`contoso.com`",
    ),
    (
        "4.10.2",
        "a.contoso.com",
        &[("contoso.com", REJECT), ("com", "v=DMARC1; p=none; psd=y")],
        "dmarc-inherited",
        "`contoso.com`",
    ),
    ("4.10.1", "a.contoso.com", &[("com", "v=DMARC1; p=none; psd=y")], "dmarc-inherited", "`com`"),
    ("4.10.1", "contoso.com", &[("com", "v=DMARC1; p=none; psd=y")], "dmarc-inherited", "`com`"),
    (
        "4.10.2",
        "a.b.contoso.com",
        &[("b.contoso.com", REJECT), ("com", "v=DMARC1; p=none; psd=y")],
        "dmarc-inherited",
        "`com`",
    ),
    (
        "4.10.2",
        "a.b.contoso.com",
        &[("contoso.com", "v=DMARC1; p=none; psd=y"), ("com", REJECT)],
        "dmarc-inherited",
        "`contoso.com`",
    ),
    (
        "4.10",
        "a.contoso.com",
        &[("contoso.com", "v=DMARC1; p=none"), ("contoso.com", REJECT)],
        "dmarc-missing",
        "",
    ),
    ("4.10", "a.contoso.com", &[("contoso.com", " v=DMARC1; p=none")], "dmarc-missing", ""),
    ("4.10", "a.contoso.com", &[("contoso.com", "v=dmarc1; p=none")], "dmarc-missing", ""),
    ("4.10.1", "a.contoso.com", &[("contoso.com", "v=DMARC1; p=x")], "dmarc-missing", ""),
    (
        "4.10.1",
        "a.contoso.com",
        &[("contoso.com", "v=DMARC1; p=x; rua=mailto:a@contoso.com")],
        "dmarc-inherited",
        "",
    ),
    ("4.10.1", "a.contoso.com", &[("contoso.com", "v=DMARC1; p=reject; sp=x")], "dmarc-missing", ""),
    (
        "4.10",
        "1.2.3.4.5.6.contoso.com",
        &[("2.3.4.5.6.contoso.com", REJECT)],
        "dmarc-inherited",
        "`2.3.4.5.6.contoso.com`",
    ),
    ("4.10", "1.2.3.4.5.6.7.contoso.com", &[("2.3.4.5.6.7.contoso.com", REJECT)], "dmarc-missing", ""),
    (
        "4.10",
        "1.2.3.4.5.6.7.contoso.com",
        &[("3.4.5.6.7.contoso.com", REJECT)],
        "dmarc-inherited",
        "`3.4.5.6.7.contoso.com`",
    ),
    ("4.10", "1.2.3.4.5.6.7.8.9.contoso.com", &[("contoso.com", REJECT)], "dmarc-inherited", "`contoso.com`"),
];

/// Section, `rua`, record of the host that gets reports, whether it is said that it refuses them.
type Report = (&'static str, &'static str, &'static [(&'static str, &'static str)], bool);

#[test]
fn hosts_of_others_have_to_agree_to_reports() {
    for (section, rua, records, is_refused) in REPORTS {
        let mut zone = format!("$ORIGIN contoso.com.\n_dmarc 3600 TXT \"v=DMARC1; p=none; rua={rua}\"\n");
        for (name, text) in *records {
            writeln!(zone, "{name}. 3600 TXT {}", quoted(text)).unwrap();
        }
        let outcome = World::from_zone(&zone).check_closed();
        let found = outcome.has(Code::DmarcReportRefused);
        assert_eq!(found, *is_refused, "§{section} {rua}, {records:?}\n{}", outcome.story());
        assert_eq!(outcome.expectation(Id::Dmarc).status, Status::Met);
    }
    // What was not looked up says nothing.
    let zone = "$ORIGIN contoso.com.\n_dmarc 3600 TXT \"v=DMARC1; p=none; rua=mailto:a@x.example\"\n";
    assert!(!World::from_zone(zone).check().has(Code::DmarcReportRefused));
}

const AGREED: &str = "contoso.com._report._dmarc.x.example";

const REPORTS: &[Report] = &[
    ("4", "mailto:a@contoso.com", &[], false),
    ("4", "mailto:a@dmarc.contoso.com", &[], false),
    ("4", "mailto:a@x.example", &[], true),
    ("4", "mailto:a@x.example", &[(AGREED, "v=DMARC1")], false),
    ("4", "mailto:a@x.example", &[(AGREED, "v=DMARC1;")], false),
    ("4", "mailto:a@x.example", &[(AGREED, "v=DMARC1; rua=mailto:b@x.example")], false),
    ("4", "mailto:a@x.example", &[(AGREED, "V = DMARC1")], false),
    ("4", "mailto:a@x.example", &[(AGREED, "x"), (AGREED, "v=DMARC1")], false),
    ("4", "mailto:a@x.example", &[(AGREED, "x")], true),
    ("4", "mailto:a@x.example", &[(AGREED, "v=dmarc1")], true),
    ("4", "mailto:a@x.example", &[(AGREED, " v=DMARC1")], true),
    ("4", "mailto:a@x.example", &[("contoso.com._report._dmarc.example", "v=DMARC1")], true),
    ("4", "mailto:a@x.example", &[("_report._dmarc.x.example", "v=DMARC1")], true),
    ("4", "mailto:a@contoso.com,mailto:a@x.example", &[], true),
    ("4", "mailto:a@x.example,mailto:a@y.example", &[(AGREED, "v=DMARC1")], true),
    ("4", "mailto:a@x.example!5m", &[(AGREED, "v=DMARC1")], false),
    ("4", "mailto:a@X.Example", &[(AGREED, "v=DMARC1")], false),
    ("4", "https://x.example/dmarc", &[], false),
];
