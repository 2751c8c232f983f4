//! Tests of reading and repairing DMARC records.

use super::*;

#[test]
fn only_v_dmarc1_first_makes_a_policy() {
    for text in
        ["v=DMARC1; p=none", "v = DMARC1;p=reject;", "V=DMARC1;p=none", "v=DMARC1", "v\t=\tDMARC1\t; p=none"]
    {
        assert!(is_policy(&Text::from(text)), "{text}");
    }
    for text in [
        "v=dmarc1; p=none",
        "p=none; v=DMARC1",
        "v=DMARC10; p=none",
        "",
        "v=spf1 -all",
        " v=DMARC1; p=none",
        ";v=DMARC1; p=none",
        "v=DMARC1 p=none",
        "v=DMARC1, p=none",
        "v=\nDMARC1; p=none",
    ] {
        assert!(!is_policy(&Text::from(text)), "{text}");
    }
}

#[test]
fn faults_are_found_and_repaired() {
    for (text, repaired_text) in [
        ("v=DMARC1", "v=DMARC1; p=none"),
        ("v=DMARC1; p=monitor; rua=mailto:a@contoso.com", "v=DMARC1; p=none; rua=mailto:a@contoso.com"),
        ("v=DMARC1; p=reject; p=none", "v=DMARC1; p=reject"),
        ("v=DMARC1; p=reject; rua=a@contoso.com", "v=DMARC1; p=reject; rua=mailto:a@contoso.com"),
        (
            "v=DMARC1; p=reject; p=none; rua=mailto:a@contoso.com;mailto:b@contoso.com; sp=quarentine; pct=20; fo=1:d:s",
            "v=DMARC1; p=reject; rua=mailto:a@contoso.com,mailto:b@contoso.com; sp=quarantine; pct=20; fo=1:d:s",
        ),
        ("v=DMARC1; p:reject; rua:mailto:a@contoso.com", "v=DMARC1; p=reject; rua=mailto:a@contoso.com"),
        ("v=DMARC1; p=rejcet, rua=mailto:a@contoso.com", "v=DMARC1; p=reject; rua=mailto:a@contoso.com"),
        ("v=DMARC1; p=monitor; p=reject; x=1", "v=DMARC1; p=reject; x=1"),
        ("v=DMARC1; p=reject; rua=mailto:a@contoso.com,b", "v=DMARC1; p=reject; rua=mailto:a@contoso.com"),
        ("v=DMARC1; p=reject; sp=no; adkim=x; pct=50", "v=DMARC1; p=reject; pct=50"),
        ("v=DMARC1; reject", "v=DMARC1; p=reject"),
        ("v=DMARC1; rejected; unknown", "v=DMARC1; p=none"),
        (
            "v=DMARC1; p=reject rua=mailto:a@contoso.com; pct=50",
            "v=DMARC1; p=reject; rua=mailto:a@contoso.com; pct=50",
        ),
        ("v=DMARC1; p=quarantine,  sp=none, aspf=s", "v=DMARC1; p=quarantine; sp=none; aspf=s"),
        (
            "v=DMARC1; p=reject rua=mailto:a@contoso.com, mailto:b@contoso.com ruf=mailto:c@contoso.com",
            "v=DMARC1; p=reject; rua=mailto:a@contoso.com,mailto:b@contoso.com; ruf=mailto:c@contoso.com",
        ),
        ("V=DMARC1; P=REJECT; NP=none; np=reject", "v=DMARC1; p=reject; np=none"),
    ] {
        assert!(fault(&Text::from(text)).is_some(), "{text}");
        assert_eq!(repaired(&Text::from(text)), repaired_text, "{text}");
        assert_eq!(fault(&Text::from(repaired_text)), None, "{repaired_text}");
    }
}

#[test]
fn an_attempt_at_a_policy_keeps_its_tags() {
    for (text, meant) in [
        ("v=DMARC1 p=reject; sp=none", "v=DMARC1; p=reject; sp=none"),
        ("p=reject; rua=mailto:a@contoso.com; v=DMARC1", "v=DMARC1; p=reject; rua=mailto:a@contoso.com"),
        (
            "p=quarantine; pct=20; ruf=mailto:a@contoso.com",
            "v=DMARC1; p=quarantine; pct=20; ruf=mailto:a@contoso.com",
        ),
        ("DMARC1; p=none", "v=DMARC1; p=none"),
        ("rua=mailto:a@contoso.com", "v=DMARC1; p=none; rua=mailto:a@contoso.com"),
    ] {
        assert!(looks_like_policy(&Text::from(text)), "{text}");
        assert_eq!(repaired(&Text::from(text)), meant, "{text}");
    }
    for text in [
        "v=DMARC1; p=none",
        "v=DKIM1; p=MIGf",
        "k=rsa; p=MIGf",
        "v=TLSRPTv1; rua=mailto:a@contoso.com",
        "",
        "p=x",
    ] {
        assert!(!looks_like_policy(&Text::from(text)), "{text}");
    }
}

#[test]
fn what_receivers_apply_is_known() {
    let set = |text: &str| RecordSet { data: [RecordData::Txt(Text::from(text))].into(), ttl: 60 };
    for (text, at, below) in [
        ("v=DMARC1; p=reject", Some("reject"), Some("reject")),
        ("v=DMARC1; p=reject; sp=none", Some("reject"), Some("none")),
        ("v=DMARC1; p=none; sp=reject; np=reject", Some("none"), Some("reject")),
        ("v=DMARC1; p=reject; t=y", Some("quarantine"), Some("quarantine")),
        ("v=DMARC1; p=quarantine; t=Y", Some("none"), Some("none")),
        ("v=DMARC1; p=reject; t=n", Some("reject"), Some("reject")),
        ("v=DMARC1; p=reject; t=yes", Some("reject"), Some("reject")),
        ("v=DMARC1; rua=mailto:a@b.example", Some("none"), Some("none")),
        ("v=DMARC1; p=no; rua=mailto:a@b.example", Some("none"), Some("none")),
        ("v=DMARC1; p=reject; np=no; rua=mailto:a@b.example", Some("none"), Some("none")),
        ("v=DMARC1; p=reject; sp=no", None, None),
        ("v=DMARC1; p=no; rua=a@b.example", None, None),
        ("v=DMARC1", None, None),
    ] {
        assert_eq!((policy(&set(text)), policy_below(&set(text))), (at, below), "{text}");
    }
}

#[test]
fn hosts_of_others_have_to_agree() {
    let set = |text: &str| RecordSet { data: [RecordData::Txt(Text::from(text))].into(), ttl: 60 };
    let domain: Name = "mail.contoso.com".parse().unwrap();
    let hosts = report_hosts(
        &set(
            "v=DMARC1; p=none; rua=mailto:a@contoso.com, MAILTO:b@x.example!10m,mailto:c@y.mail.contoso.com,\
             mailto:d@z.example?subject=x,mailto:e@x.example,https://w.example/;ruf=mailto:f@v.example",
        ),
        &domain,
    );
    assert_eq!(hosts.iter().map(Name::without_trailing_dot).collect::<Vec<_>>(), ["x.example", "z.example"]);
}

#[test]
fn a_merged_policy_reports_to_the_addresses_of_all_records() {
    let merged = |kept: &str, others: &[&str]| {
        let others: Vec<Text> = others.iter().map(|text| Text::from(*text)).collect();
        with_reports_of(&repaired(&Text::from(kept)), &others.iter().collect::<Vec<_>>())
    };
    assert_eq!(
        merged(
            "v=DMARC1; p=none; rua=mailto:a@contoso.com",
            &["v=DMARC1; p=reject; rua=mailto:b@contoso.com"]
        ),
        "v=DMARC1; p=none; rua=mailto:a@contoso.com,mailto:b@contoso.com"
    );
    assert_eq!(
        merged(
            "v=DMARC1; p=none; sp=none",
            &["v=DMARC1; p=reject; rua=b@contoso.com", "v=DMARC1; p=reject; ruf=mailto:c@contoso.com"]
        ),
        "v=DMARC1; p=none; sp=none; rua=mailto:b@contoso.com; ruf=mailto:c@contoso.com"
    );
    let same = "v=DMARC1; p=none; rua=mailto:a@contoso.com";
    assert_eq!(merged(same, &["v=DMARC1; p=reject; rua=mailto:A@contoso.com"]), same);
}
