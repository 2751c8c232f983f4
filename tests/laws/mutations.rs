//! Does one broken record change exactly one expectation?
//!
//! From a domain where everything is published, one record is broken at a time. Whoever fails here either blames a record
//! for the fault of another, or does not see the fault.

use cutover::check::{ExpectationResult, Status, Verdict};
use cutover::expected::{Id, Importance};

use super::assert_none;
use crate::world::{World, file};

/// What is judged: everything, as if the admin had asked for every service.
const OPTIONS: &str =
    "--services exchange,teams,devices --verification MS=ms12345678 --tenant contoso --source rackspace";

/// The line to break, by how it begins; what takes its place (`-` for nothing); what then becomes of which expectation.
const MUTATIONS: &[(&str, &str, Id, &str)] = &[
    ("@ MX", "-", Id::Mx, "mx-missing"),
    ("@ MX", "@ MX 0 .", Id::Mx, "mx-null"),
    ("@ MX", "@ MX 10 mx1.emailsrvr.com.", Id::Mx, "mx-at-source"),
    ("@ MX", "@ MX 10 mail.fabrikam.com.", Id::Mx, "mx-elsewhere"),
    ("@ MX", "@ MX 10 mx.psmtp.com.", Id::Mx, "mx-retired-host"),
    ("@ MX", "@ MX 0 contoso-com.mail.protection.partner.outlook.cn.", Id::Mx, "mx-wrong-cloud"),
    ("@ MX", "@ MX 0 contoso-com.mail.protection.outlook.com", Id::Mx, "mx-malformed-target"),
    ("@ MX", "@ MX 0 <token>.mail.protection.outlook.com.", Id::Mx, "mx-malformed-target"),
    ("@ MX", "@ MX 10 mx1.mimecast.com.", Id::Mx, "mx-gateway-undeclared"),
    ("@ MX", "@ MX 0 contoso.com.mail.protection.outlook.com.", Id::Mx, "mx-malformed-target"),
    (
        "@ MX",
        "@ MX 0 contoso-com.mail.protection.outlook.com.\n@ MX 20 mx2.emailsrvr.com.",
        Id::Mx,
        "mx-rival",
    ),
    (
        "@ MX",
        "@ MX 0 contoso-com.mail.protection.outlook.com.\n@ MX 32767 ms12345678.msv1.invalid.",
        Id::Mx,
        "mx-verification-left",
    ),
    ("@ TXT \"MS=", "-", Id::Verification, "verification-missing"),
    ("@ TXT \"MS=", "@ TXT \"ms12345678\"", Id::Verification, "verification-malformed"),
    ("@ TXT \"MS=", "@ TXT \"MS=ms87654321\"", Id::Verification, "verification-other-value"),
    ("@ TXT \"v=spf1", "-", Id::Spf, "spf-missing"),
    ("@ TXT \"v=spf1", "@ TXT \"v=spf1 -all\"", Id::Spf, "spf-without-microsoft"),
    ("@ TXT \"v=spf1", "@ TXT \"v=spf include:spf.protection.outlook.com -all\"", Id::Spf, "spf-lookalike"),
    ("@ TXT \"v=spf1", "@ TXT \"v=spf1 include: spf.protection.outlook.com -all\"", Id::Spf, "spf-invalid"),
    (
        "@ TXT \"v=spf1",
        "@ TXT \"v=spf1 include:spf.protection.outlook.com +all\"",
        Id::Spf,
        "spf-passes-everyone",
    ),
    (
        "@ TXT \"v=spf1",
        "@ TXT \"v=spf1 include:spf.protection.outlook.com -all\"\n@ TXT \"v=spf1 mx -all\"",
        Id::Spf,
        "spf-multiple",
    ),
    ("@ TXT \"v=spf1", "@ TXT \"v=spf1 include:spf.protection.outlook.com\"", Id::Spf, "spf-without-all"),
    ("autodiscover CNAME", "-", Id::Autodiscover, "alias-missing"),
    ("autodiscover CNAME", "autodiscover A 192.0.2.99", Id::Autodiscover, "alias-address-instead"),
    ("autodiscover CNAME", "autodiscover A 192.0.2.80", Id::Autodiscover, "alias-flattened"),
    ("autodiscover CNAME", "autodiscover A 104.16.0.1", Id::Autodiscover, "alias-proxied"),
    ("autodiscover CNAME", "autodiscover CNAME autodiscover", Id::Autodiscover, "alias-loop"),
    (
        "autodiscover CNAME",
        "autodiscover CNAME autodiscover.outlook.com",
        Id::Autodiscover,
        "alias-malformed-target",
    ),
    (
        "autodiscover CNAME",
        "autodiscover CNAME autodiscover.office365.us.",
        Id::Autodiscover,
        "alias-wrong-cloud",
    ),
    (
        "autodiscover CNAME",
        "autodiscover CNAME autodiscover.emailsrvr.com.",
        Id::Autodiscover,
        "alias-at-source",
    ),
    ("autodiscover CNAME", "autodiscover CNAME www.fabrikam.com.", Id::Autodiscover, "not-in-zone-files"),
    (
        "autodiscover CNAME",
        "autodiscover.contoso.com CNAME autodiscover.outlook.com.",
        Id::Autodiscover,
        "alias-doubled-name",
    ),
    ("autodiscover CNAME", "* CNAME autodiscover.emailsrvr.com.", Id::Autodiscover, "alias-from-wildcard"),
    (
        "autodiscover CNAME",
        "_autodiscover._tcp SRV 0 0 443 autodiscover.outlook.com.",
        Id::Autodiscover,
        "alias-by-service",
    ),
    ("selector1._domainkey CNAME", "-", Id::DkimSelector1, "alias-missing"),
    ("selector2._domainkey CNAME", "-", Id::DkimSelector2, "alias-missing"),
    (
        "selector1._domainkey CNAME",
        "selector1._domainkey TXT \"v=DKIM1; k=rsa; p=MIGf\"",
        Id::DkimSelector1,
        "dkim-key-instead",
    ),
    (
        "selector2-contoso-com._domainkey",
        "selector2-contoso-com._domainkey.contoso.onmicrosoft.com. A 192.0.2.1",
        Id::DkimSelector2,
        "dkim-key-pending",
    ),
    ("_dmarc TXT", "-", Id::Dmarc, "dmarc-missing"),
    ("_dmarc TXT", "_dmarc TXT \"v=DMARC1; p=no\"", Id::Dmarc, "dmarc-invalid"),
    ("_dmarc TXT", "@ TXT \"v=DMARC1; p=none\"", Id::Dmarc, "dmarc-misplaced"),
    (
        "_dmarc TXT",
        "_dmarc TXT \"v=DMARC1; p=none\"\n_dmarc TXT \"v=DMARC1; p=reject\"",
        Id::Dmarc,
        "dmarc-multiple",
    ),
    ("_sipfederationtls._tcp SRV", "-", Id::TeamsFederation, "service-missing"),
    (
        "_sipfederationtls._tcp SRV",
        "_sipfederationtls._tcp SRV 100 1 443 sipfed.online.lync.com.",
        Id::TeamsFederation,
        "service-elsewhere",
    ),
    (
        "_sipfederationtls._tcp SRV",
        "_sipfederationtls._tcp SRV 0 0 5061 lync01.mex06.emailsrvr.com.",
        Id::TeamsFederation,
        "service-at-source",
    ),
    (
        "_sipfederationtls._tcp SRV",
        "_sipfederationtls._tcp SRV 100 1 5061 sipfed.online.lync.com.\n\
         _sipfederationtls._tcp SRV 0 0 5061 sip.fabrikam.com.",
        Id::TeamsFederation,
        "service-rival",
    ),
    ("enterpriseenrollment CNAME", "-", Id::DeviceEnrollment, "alias-missing"),
    (
        "enterpriseregistration CNAME",
        "enterpriseregistration CNAME www.fabrikam.com.",
        Id::DeviceRegistration,
        "not-in-zone-files",
    ),
    ("", "msoid CNAME clientconfig.microsoftonline-p.net.", Id::Msoid, "record-must-go"),
    ("", "sip CNAME sip.mex06.emailsrvr.com.", Id::TeamsSip, "alias-at-source"),
    ("", "lyncdiscover CNAME lyncdiscover.mex06.emailsrvr.com.", Id::TeamsLyncdiscover, "alias-at-source"),
    ("", "_sip._tls SRV 0 0 5061 sip.mex06.emailsrvr.com.", Id::TeamsSipTls, "service-at-source"),
    ("", "_smtp._tls TXT \"v=TLSRPTv1; rua=tls@contoso.com\"", Id::TlsRpt, "tls-rpt-invalid"),
];

#[test]
fn one_broken_record_changes_one_expectation() {
    let ready = World::from_zone(&zone("", "")).with_options(OPTIONS).check().assessment;
    assert_eq!(ready.verdict, Verdict::Ready);
    assert!(ready.hazards.is_empty(), "{:?}", ready.hazards);
    let mut faults = Vec::new();
    for (line, instead, id, code) in MUTATIONS {
        let outcome = World::from_zone(&zone(line, instead)).with_options(OPTIONS).check();
        let broken = &outcome.assessment;
        let changed: Vec<String> = (ready.judged.iter().zip(&broken.judged))
            .filter(|(before, after)| (before.status, before.code) != (after.status, after.code))
            .map(|(_, after)| format!("{} {}", after.expectation.id, after.code))
            .collect();
        if changed != [format!("{id} {code}")] {
            faults.push(format!("`{line}` → `{instead}`: {changed:?}, expected {id} {code}"));
        }
        // What is broken and required decides, and what is not does not.
        let verdict = verdict(outcome.expectation(*id));
        if broken.verdict != verdict {
            faults.push(format!("`{line}` → `{instead}`: {}, expected {verdict}", broken.verdict));
        }
    }
    assert_none(&faults);
}

#[test]
fn every_expectation_is_broken_once() {
    let ready = World::from_zone(&zone("", "")).with_options(OPTIONS).check().assessment;
    let ids = ready.judged.iter().map(|judged| judged.expectation.id);
    let unbroken: Vec<Id> =
        // A policy is fetched from a web server, which a zone file does not have.
        ids.filter(|id| *id != Id::MtaSts && MUTATIONS.iter().all(|(.., broken, _)| broken != id)).collect();
    assert_eq!(unbroken, []);
}

/// The verdict if only this is not met.
fn verdict(judged: &ExpectationResult) -> Verdict {
    match judged.status {
        _ if judged.importance < Importance::Required => Verdict::Ready,
        Status::Met => Verdict::Ready,
        Status::Unmet => Verdict::ChangesNeeded,
        Status::Unknown => Verdict::Undetermined,
        Status::Waiting => Verdict::Waiting,
        Status::Waived => unreachable!("nothing is waived in these worlds"),
    }
}

/// The finished zone with one line replaced, or one more if `line` is empty.
fn zone(line: &str, instead: &str) -> String {
    let ready = file("fixtures/ready.zone");
    let begins = |text: &str| {
        let words: Vec<&str> = text.split_whitespace().collect();
        !line.is_empty() && words.join(" ").starts_with(line)
    };
    assert!(line.is_empty() || ready.lines().filter(|text| begins(text)).count() == 1, "{line}");
    let kept: Vec<&str> = ready.lines().filter(|text| !begins(text)).collect();
    let instead = if instead == "-" { "" } else { instead };
    format!("{}\n{instead}\n", kept.join("\n"))
}
