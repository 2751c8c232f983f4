//! TLS reports (RFC 8460 §3), MTA-STS announcements (RFC 8461 §3.1) and DKIM keys (RFC 6376 §3.6.1).

use std::fmt::Write as _;

use cutover::check::Code;
use cutover::expected::Id;

use crate::world::World;

use super::quoted;

/// Section, texts (several with ` || ` between them), code.
type Row = (&'static str, &'static str, &'static str);

/// What is wrong with the rows of a table: records at `name`, judged as `id`, beside `lines`.
fn faults(rows: &[Row], name: &str, id: Id, lines: &str) -> String {
    let mut faults = String::new();
    for (section, texts, code) in rows {
        assert!(code.parse::<Code>().is_ok(), "{code}");
        let mut zone =
            format!("$ORIGIN contoso.com.\n@ 3600 MX 0 contoso-com.mail.protection.outlook.com.\n{lines}");
        for text in texts.split(" || ").filter(|text| !text.is_empty()) {
            writeln!(zone, "{name} 3600 TXT {}", quoted(text)).unwrap();
        }
        let outcome = World::from_zone(&zone).check_closed();
        let judged = outcome.expectation(id);
        if judged.code.word() != *code {
            writeln!(
                faults,
                "§{section} `{texts}`: {code} expected, {} found: {}",
                judged.code, judged.message
            )
            .unwrap();
        }
    }
    faults
}

#[test]
fn tls_reports_are_asked_for_in_one_form() {
    let faults = faults(TLS_REPORTS, "_smtp._tls", Id::TlsRpt, "");
    assert!(faults.is_empty(), "{faults}");
}

const TLS_REPORTS: &[Row] = &[
    ("3", "", "met"),
    ("3", "x", "met"),
    ("3", "v=TLSRPTv1; rua=mailto:a@contoso.com", "met"),
    ("3", "v=TLSRPTv1;rua=mailto:a@contoso.com", "met"),
    ("3", "v=TLSRPTv1; rua=mailto:a@contoso.com;", "met"),
    ("3", "v=TLSRPTv1; rua=mailto:a@contoso.com ; ", "met"),
    ("3", "v=TLSRPTv1;\\009rua=mailto:a@contoso.com", "met"),
    ("3", "v=TLSRPTv1; rua=https://contoso.com/tls", "met"),
    ("3", "v=TLSRPTv1; rua=mailto:a@contoso.com,https://contoso.com/tls", "met"),
    ("3", "v=TLSRPTv1; rua=mailto:a@contoso.com , mailto:b@contoso.com", "met"),
    ("3", "v=TLSRPTv1; x=y; rua=mailto:a@contoso.com", "met"),
    ("3", "v=TLSRPTv1; rua=mailto:a@contoso.com || x", "met"),
    ("3", "\"v=TLSRPTv1; rua=mailto:\" \"a@contoso.com\"", "met"),
    ("3", "v=TLSRPTv1; rua=mailto:a@contoso.com || v=TLSRPTv1; rua=mailto:b@contoso.com", "tls-rpt-invalid"),
    ("3", "v=TLSRPTv1; rua = mailto:a@contoso.com", "tls-rpt-invalid"),
    ("3", "v=TLSRPTv1; rua =mailto:a@contoso.com", "tls-rpt-invalid"),
    ("3", "v=TLSRPTv1; rua= mailto:a@contoso.com", "tls-rpt-invalid"),
    ("3", "v = TLSRPTv1; rua=mailto:a@contoso.com", "tls-rpt-invalid"),
    ("3", " v=TLSRPTv1; rua=mailto:a@contoso.com", "tls-rpt-invalid"),
    ("3", "v=tlsrptv1; rua=mailto:a@contoso.com", "tls-rpt-invalid"),
    ("3", "v=TLSRPTv2; rua=mailto:a@contoso.com", "tls-rpt-invalid"),
    ("3", "v=TLSRPT; rua=mailto:a@contoso.com", "tls-rpt-invalid"),
    ("3", "v=TLSRPTx", "tls-rpt-invalid"),
    ("3", "v=TLSRPTv1 rua=mailto:a@contoso.com", "tls-rpt-invalid"),
    ("3", "v=TLSRPTv1", "tls-rpt-invalid"),
    ("3", "v=TLSRPTv1;", "tls-rpt-invalid"),
    ("3", "v=TLSRPTv1; rua=", "tls-rpt-invalid"),
    ("3", "v=TLSRPTv1; rua=a@contoso.com", "tls-rpt-invalid"),
    ("3", "v=TLSRPTv1; rua=http://contoso.com/tls", "tls-rpt-invalid"),
    ("3", "v=TLSRPTv1; rua=mailto:a@contoso.com,", "tls-rpt-invalid"),
    ("3", "v=TLSRPTv1; RUA=mailto:a@contoso.com", "tls-rpt-invalid"),
    ("3", "v=TLSRPTv1;; rua=mailto:a@contoso.com", "tls-rpt-invalid"),
    ("3", "v=TLSRPTv1; rua=mailto:a@contoso.com; x", "tls-rpt-invalid"),
    ("3", "v=TLSRPTv1; rua=mailto:a@contoso.com; x=a b", "tls-rpt-invalid"),
];

#[test]
fn policies_are_announced_in_one_form() {
    let faults = faults(ANNOUNCEMENTS, "_mta-sts", Id::MtaSts, "");
    assert!(faults.is_empty(), "{faults}");
}

const ANNOUNCEMENTS: &[Row] = &[
    // A policy that is announced and was not fetched is unknown.
    ("3.1", "", "met"),
    ("3.1", "x", "met"),
    ("3.1", "v=spf1 -all", "met"),
    ("3.1", "v=STSv1; id=1", "not-in-replay"),
    ("3.1", "v=STSv1; id=20160831085700Z;", "not-in-replay"),
    ("3.1", "v=STSv1;id=aZ09", "not-in-replay"),
    ("3.1", "v=STSv1;\\009id=1 ;", "not-in-replay"),
    ("3.1", "v=STSv1; id=12345678901234567890123456789012", "not-in-replay"),
    ("3.1", "v=STSv1; x-y_z.0=a:b<c>; id=1", "not-in-replay"),
    ("3.1", "v=STSv1; id=1 || v=spf1 -all", "not-in-replay"),
    ("3.1", "v=STSv1; id=1 || v=STSv2; id=2", "not-in-replay"),
    ("3.1", "v=STSv1; id=1 || v=STSv1; id=2", "mta-sts-invalid"),
    ("3.1", "v=STSv1; id=123456789012345678901234567890123", "mta-sts-invalid"),
    ("3.1", "v=STSv1", "mta-sts-invalid"),
    ("3.1", "v=STSv1;", "mta-sts-invalid"),
    ("3.1", "v=STSv1; id=", "mta-sts-invalid"),
    ("3.1", "v=STSv1; id = 1", "mta-sts-invalid"),
    ("3.1", "v=STSv1; id= 1", "mta-sts-invalid"),
    ("3.1", "v=STSv1; id =1", "mta-sts-invalid"),
    ("3.1", "v=STSv1; id=1-2", "mta-sts-invalid"),
    ("3.1", "v=STSv1; id=1 2", "mta-sts-invalid"),
    ("3.1", "v=STSv1; ID=1", "mta-sts-invalid"),
    ("3.1", "v=STSv1; id=1; id=2", "mta-sts-invalid"),
    ("3.1", "v=STSv1;; id=1", "mta-sts-invalid"),
    ("3.1", "v=STSv1 id=1", "mta-sts-invalid"),
    ("3.1", "v = STSv1; id=1", "mta-sts-invalid"),
    ("3.1", " v=STSv1; id=1", "mta-sts-invalid"),
    ("3.1", "V=STSv1; id=1", "mta-sts-invalid"),
    ("3.1", "v=stsv1; id=1", "mta-sts-invalid"),
    ("3.1", "v=STSv2; id=1", "mta-sts-invalid"),
    ("3.1", "v=STSx; id=1", "mta-sts-invalid"),
    ("3.1", "v=STSv1; id=1; x", "mta-sts-invalid"),
    ("3.1", "v=STSv1; id=1; x=a=b", "mta-sts-invalid"),
    ("3.1", "v=STSv1; id=1; x=", "mta-sts-invalid"),
];

const TARGET: &str = "selector1-contoso-com._domainkey.contoso.onmicrosoft.com.";

#[test]
fn a_key_behind_an_alias_is_one_that_verifiers_can_use() {
    let lines = format!("selector1._domainkey 3600 CNAME {TARGET}\n");
    let faults = faults(KEYS, TARGET, Id::DkimSelector1, &lines);
    assert!(faults.is_empty(), "{faults}");
}

const KEYS: &[Row] = &[
    ("3.6.1", "v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GN", "met"),
    ("3.6.1", "v=DKIM1;p=MIGfMA0GCSqGSIb3DQEBAQUAA4GN;", "met"),
    ("3.6.1", "p=MIGfMA0GCSqGSIb3DQEBAQUAA4GN", "met"),
    ("3.6.1", "k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GN", "met"),
    ("3.6.1", "v = DKIM1 ; k = rsa ; p = MIGfMA0GCSqGSIb3DQEBAQUAA4GN", "met"),
    ("3.6.1", "v=DKIM1; p=MIGf MA0GCSqGSIb3\\009DQEBAQUAA4GN", "met"),
    ("3.6.1", "\"v=DKIM1; p=MIGfMA0G\" \"CSqGSIb3DQEBAQUAA4GN\"", "met"),
    ("3.6.1", "v=DKIM1; p=MIGf/+==", "met"),
    ("3.6.1", "v=DKIM1; h=sha256; s=email; t=y:s; n=note; p=MIGf", "met"),
    ("3.6.1", "v=DKIM1; h=sha1:sha256; s=*; p=MIGf", "met"),
    ("3.6.1", "v=DKIM1; x=y; p=MIGf", "met"),
    ("8463 3", "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=", "met"),
    ("3.6.1", "", "dkim-not-enabled"),
    ("3.6.1", "x", "dkim-not-enabled"),
    ("3.6.1", "v=DKIM1; p=", "dkim-not-enabled"),
    ("3.6.1", "v=DKIM1", "dkim-not-enabled"),
    ("2.10", "v=DKIM1; k=rsa; p=MIG", "met"),
    ("3.6.1", "v=DKIM1; k=rsa; p=MIGf=MIG", "dkim-not-enabled"),
    ("3.6.1", "v=DKIM1; k=rsa; p=MI-_", "dkim-not-enabled"),
    ("3.6.1", "v=DKIM1; k=rsa; p=====", "dkim-not-enabled"),
    ("3.6.1", "k=rsa; p=MIGf; v=DKIM1", "dkim-not-enabled"),
    ("3.6.1", "v=DKIM2; p=MIGf", "dkim-not-enabled"),
    ("3.6.1", "v=dkim1; p=MIGf", "dkim-not-enabled"),
    ("3.6.1", "v=; p=MIGf", "dkim-not-enabled"),
    ("3.6.1", "v=DKIM1; k=dsa; p=MIGf", "dkim-not-enabled"),
    ("3.6.1", "v=DKIM1; k=RSA; p=MIGf", "dkim-not-enabled"),
    ("3.6.1", "v=DKIM1; h=sha1; p=MIGf", "dkim-not-enabled"),
    ("3.6.1", "v=DKIM1; s=tlsrpt; p=MIGf", "dkim-not-enabled"),
    ("3.2", "v=DKIM1; p=MIGf; p=MIGf", "dkim-not-enabled"),
    ("3.2", "v=DKIM1; rsa; p=MIGf", "dkim-not-enabled"),
    ("3.2", "v=DKIM1; P=MIGf", "dkim-not-enabled"),
];
