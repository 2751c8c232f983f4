//! Does what once went wrong stay right?
//!
//! Each test holds an input that made something fail, found by `fuzz/run` or told by somebody, and what must come of it.

use cutover::plan::emit::{
    DnsHost, Sheet, to_dnscontrol, to_nsupdate, to_octodns, to_powershell, to_terraform,
};
use cutover::plan::{Change, to_bind};
use cutover::record::{Name, RecordType, acts};

use crate::world::{Fill, World};

/// Every form of the plan for a zone that is ready otherwise.
fn plans(spf: &str) -> Vec<String> {
    let zone = format!("$ORIGIN contoso.com.\n$TTL 1h\n@ TXT \"{spf}\"\n");
    let changes: Vec<Change> = World::from_zone(&zone).check().changes;
    let domain: Name = "contoso.com".parse().unwrap();
    let sheet = Sheet { domain: &domain, zone: &domain, changes: &changes, options: "" };
    let mut forms = vec![to_bind(&changes), to_nsupdate(&sheet), to_dnscontrol(&sheet)];
    forms.extend([to_octodns(&sheet), to_powershell(&sheet)]);
    forms.extend(DnsHost::ALL.map(|host| to_terraform(&sheet, host)));
    forms
}

/// A zero-width space was written as it is into the scripts that take a record away or put it back.
#[test]
fn an_invisible_character_is_written_by_its_number_in_every_plan() {
    for hostile in [r"\226\128\139", r"\226\128\174", r"\239\187\191", r"\243\160\129\129"] {
        for text in plans(&format!("v=spf1 include:{hostile}spf.protection.outlook.com -all")) {
            let acting = text.chars().find(|character| *character != '\n' && acts(*character));
            assert_eq!(acting, None, "{text}");
        }
    }
    // What goes must be found by what is there: all but zone files and updates, which have a way of their own.
    let space = plans(r"v=spf1 include:\226\128\139spf.protection.outlook.com -all");
    let held = space.iter().filter(|text| text.to_lowercase().contains("\\u200b") || text.contains("0x200B"));
    assert_eq!(held.count(), 6, "{space:?}");
}

const MOVED: &str = "@ 3600 TXT \"v=spf1 include:spf.protection.outlook.com -all\"\n\
    @ 3600 TXT MS=ms12345678\nautodiscover 3600 CNAME autodiscover.outlook.com.\n";

/// The records of the change at a name, and whether it has to be compared first.
fn change(zone: &str, options: &str, rtype: RecordType) -> Option<(Vec<String>, bool)> {
    let outcome = World::from_zone(zone).with_options(options).check();
    // A set may change in several phases; the last leaves it as it shall be.
    let mut changes = outcome.changes.iter().rev();
    let found = changes.find(|change| change.rtype == rtype && !change.before.is_empty());
    found.map(|change| (change.after.data.iter().map(ToString::to_string).collect(), change.confirm))
}

/// A failed lookup of autodiscover counted as one that does not point to Microsoft, so that the other host was no filter.
#[test]
fn an_unknown_host_may_be_a_filter_where_a_lookup_failed() {
    let server = "  server authoritative 192.0.2.1:53\n";
    let mx = ["10 mail.fabrikam.example.", "0 contoso-com.mail.protection.outlook.com."];
    let mx = mx.map(|data| format!("  answer contoso.com. 3600 IN MX {data}\n")).concat();
    for (outcome, wanted) in [("servfail", true), ("timeout", true), ("no-data", false)] {
        let recording = format!(
            "cutover recording 1\nchecked-at 2026-11-22T05:23:00Z\nelsewhere asked\ndomain contoso.com.\n\n\
             reply contoso.com. MX\n{server}  outcome records\n{mx}\n\
             reply autodiscover.contoso.com. CNAME\n{server}  outcome {outcome}\n"
        );
        let outcome = World::from_recording(&recording, Fill::Ready).check();
        let change = outcome.changes.iter().find(|change| change.rtype == RecordType::Mx).unwrap();
        assert_eq!(change.confirm, wanted, "{}", outcome.story());
    }
}

#[test]
fn an_unknown_host_in_front_of_microsofts_may_be_a_filter() {
    for (front, back) in [(10, 90), (0, 10), (20, 0)] {
        let zone = format!(
            "@ 3600 MX {front} mail.fabrikam.example.\n\
             @ 3600 MX {back} contoso-com.mail.protection.outlook.com.\n{MOVED}"
        );
        let (after, confirm) = change(&zone, "", RecordType::Mx).unwrap();
        assert!(confirm && after.len() == 1, "{after:?}");
    }
}

#[test]
fn a_parked_policy_keeps_its_reports() {
    let zone = "@ 3600 MX 0 .\n@ 3600 TXT \"v=spf1 -all\"\n\
        _dmarc 3600 TXT \"v=DMARC1; p=quarantine; sp=none; adkim=s; rua=mailto:reports@contoso.com\"\n";
    let (after, _) = change(zone, "--parked", RecordType::Txt).unwrap();
    assert_eq!(after, ["\"v=DMARC1; p=reject; sp=reject; adkim=s; rua=mailto:reports@contoso.com\""]);
}

#[test]
fn mx_by_a_macro_keeps_its_senders() {
    let zone = "@ 3600 MX 10 mail.contoso.com.\nmail 3600 A 192.0.2.9\n\
        @ 3600 TXT \"v=spf1 mx:%{d} -all\"\nautodiscover 3600 CNAME autodiscover.outlook.com.\n";
    let (after, confirm) = change(zone, "", RecordType::Txt).unwrap();
    assert!(confirm && after.iter().any(|text| text.contains("a:mail.contoso.com")), "{after:?}");
}

#[test]
fn a_sender_that_the_plan_makes_void_is_kept_among_void_terms() {
    let zone = "@ 3600 MX 10 mx1.emailsrvr.com.\nautodiscover 3600 A 192.0.2.80\n\
        @ 3600 TXT \"v=spf1 a:autodiscover.contoso.com a:gone.contoso.com mx:team.contoso.com a:lost.contoso.com \
        include:spf.protection.outlook.com -all\"\n";
    let (after, _) = change(zone, "", RecordType::Txt).unwrap();
    assert!(after.iter().any(|text| text.contains("ip4:192.0.2.80")), "{after:?}");
}

#[test]
fn a_wildcard_text_is_not_the_key_of_a_platform() {
    let zone = "@ 3600 MX 10 mx.zoho.com.\n@ 3600 TXT \"v=spf1 include:zoho.com -all\"\n* 3600 TXT \"v=spf1 -all\"\n";
    let outcome = World::from_zone(zone).with_options("--phase tidy").check();
    let source = outcome.assessment.source.as_ref().unwrap();
    assert!(!source.proof.is_sure(), "{source:?}");
}

#[test]
fn the_name_of_an_operator_names_its_gateway() {
    let gateway: cutover::provider::Gateway = "proofpoint".parse().unwrap();
    assert_eq!(gateway.to_string(), "proofpoint-enterprise");
}

/// The first record of a domain that has mail ended with `-all`, without a word about other services.
#[test]
fn the_first_record_of_a_domain_with_mail_is_compared() {
    let world = |options: &str, mx: &str| {
        let zone = format!("{mx}\nautodiscover 3600 CNAME autodiscover.outlook.com.\n");
        let outcome = World::from_zone(&zone).with_options(options).check();
        let spf = |change: &&Change| change.after.data.iter().any(|data| data.to_string().contains("spf1"));
        outcome.changes.iter().find(spf).unwrap().confirm
    };
    let mx = "@ 3600 MX 0 contoso-com.mail.protection.outlook.com.";
    assert!(world("", mx));
    assert!(!world("", "@ 3600 TXT x"));
    assert!(!world("--spf-sender ip4:192.0.2.7", mx));
}

/// The plan took a record that worked beyond ten lookups, and said so at the end of its message.
#[test]
fn a_record_beyond_the_limit_is_not_planned_where_one_works() {
    let hosts: String = (1..=9).map(|host| format!("a:h{host}.contoso.com ")).collect();
    let addresses: String = (1..=9).map(|host| format!("h{host} 3600 A 192.0.2.{host}\n")).collect();
    let zone = |spf: &str| {
        format!(
            "@ 3600 MX 0 contoso-com.mail.protection.outlook.com.\nautodiscover 3600 CNAME autodiscover.outlook.com.\n\
             @ 3600 TXT \"v=spf1 {hosts}{spf} -all\"\n{addresses}@ 3600 A 192.0.2.80\n"
        )
    };
    for (spf, fits) in [("a", false), ("", true)] {
        let outcome = World::from_zone(&zone(spf)).check();
        let judged = outcome.expectation(cutover::expected::Id::Spf);
        assert_eq!(
            (judged.code.word(), judged.fix.is_empty()),
            ("spf-without-microsoft", !fits),
            "{}",
            outcome.story()
        );
        assert_eq!(change(&zone(spf), "", RecordType::Txt).is_some(), fits, "{}", outcome.story());
    }
    // In first place, and in the table of the plan.
    let workspace = crate::run::Workspace::new();
    let file = workspace.put("contoso.com.zone", format!("$ORIGIN contoso.com.\n{}", zone("a")));
    let plan = crate::run::cutover(&format!("plan contoso.com --zone {file}"));
    assert!(plan.out.contains("spf: Remove terms first"), "{}", plan.out);
    let runbook = crate::run::cutover(&format!("plan contoso.com --zone {file} --format runbook"));
    assert!(runbook.out.contains("**Warning:** spf: Remove terms first"), "{}", runbook.out);
}

/// A zone file showed more evidence of a platform than its own servers: it was read at names that nobody asks about, to
/// find what leads to the name of an edit.
#[test]
fn a_zone_file_shows_no_evidence_at_names_that_servers_are_not_asked_about() {
    let workspace = crate::run::Workspace::new();
    let zone = "$ORIGIN contoso.com.\n@ 3600 MX 10 mx1.emailsrvr.com.\n@ 3600 TXT \"v=spf1 include:emailsrvr.com ~all\"\n\
                autodiscover 3600 CNAME autodiscover.emailsrvr.com.\nshop 3600 MX 10 mx2.emailsrvr.com.\n";
    let file = workspace.put("contoso.com.zone", zone);
    let run = crate::run::cutover(&format!("check contoso.com --zone {file} --format json"));
    let evidence = run.json()["domains"][0]["source"]["evidence"].to_string();
    assert!(evidence.contains("mx1.emailsrvr.com") && !evidence.contains("shop"), "{evidence}");
}
