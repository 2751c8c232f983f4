use super::*;

fn listing(sets: &str) -> Listing {
    let text = format!("{{\"ResourceRecordSets\": [{sets}]}}");
    read(&text, None, "zone.json").unwrap_or_else(|error| panic!("{error}"))
}

fn problems(text: &str) -> Vec<String> {
    read(text, None, "zone.json").unwrap_err().lines
}

fn shown(listing: &Listing) -> Vec<String> {
    listing.text.records.iter().map(ToString::to_string).collect()
}

#[test]
fn ordinary_sets_are_read() {
    let listing = listing(
        r#"{"Name": "contoso.com.", "Type": "MX", "TTL": 300,
            "ResourceRecords": [{"Value": "10 mx1.emailsrvr.com"}, {"Value": "20 mx2.emailsrvr.com."}]},
           {"Name": "contoso.com.", "Type": "SOA", "TTL": 900, "ResourceRecords": [
            {"Value": "ns-1.awsdns-01.example. awsdns-hostmaster.example. 1 7200 900 1209600 86400"}]},
           {"Name": "contoso.com.", "Type": "TXT", "TTL": 300, "ResourceRecords": [
            {"Value": "\"v=spf1 include:\" \"emailsrvr.com -all\""}, {"Value": "\"a \\\"b\\\" \\303\\244\""}]},
           {"Name": "\\052.contoso.com.", "Type": "CNAME", "TTL": 60, "ResourceRecords": [
            {"Value": "contoso.com"}]},
           {"Name": "_sip._tls.contoso.com.", "Type": "SRV", "TTL": 60, "ResourceRecords": [
            {"Value": "100 1 443 sipdir.online.lync.com."}]}"#,
    );
    assert_eq!(
        shown(&listing)[..6],
        [
            "contoso.com. 300 IN MX 10 mx1.emailsrvr.com.",
            "contoso.com. 300 IN MX 20 mx2.emailsrvr.com.",
            "contoso.com. 900 IN SOA ns-1.awsdns-01.example. awsdns-hostmaster.example. 1 7200 900 1209600 86400",
            "contoso.com. 300 IN TXT \"v=spf1 include:emailsrvr.com -all\"",
            "contoso.com. 300 IN TXT \"a \\\"b\\\" \\195\\164\"",
            "*.contoso.com. 60 IN CNAME contoso.com.",
        ]
        .map(str::to_owned)[..]
    );
    assert_eq!(listing.text.apexes, ["contoso.com".parse().unwrap()]);
    assert!(listing.warnings.is_empty(), "{:?}", listing.warnings);
}

#[test]
fn an_alias_has_the_records_of_the_same_zone_and_is_unknown_elsewhere() {
    let alias = |name: &str, target: &str| {
        format!(
            r#"{{"Name": "{name}", "Type": "A", "AliasTarget": {{"HostedZoneId": "Z", "DNSName": "{target}",
            "EvaluateTargetHealth": false}}}}"#
        )
    };
    let listing = listing(
        &[
            alias("contoso.com.", "www.contoso.com."),
            alias("www.contoso.com.", "web.contoso.com."),
            alias("autodiscover.contoso.com.", "d1.cloudfront.example."),
            alias("a.contoso.com.", "b.contoso.com."),
            alias("b.contoso.com.", "a.contoso.com."),
            r#"{"Name": "web.contoso.com.", "Type": "A", "TTL": 30, "ResourceRecords": [{"Value": "192.0.2.1"}]}"#
                .to_owned(),
        ]
        .join(","),
    );
    assert_eq!(
        shown(&listing),
        [
            "contoso.com. 30 IN A 192.0.2.1",
            "web.contoso.com. 30 IN A 192.0.2.1",
            "www.contoso.com. 30 IN A 192.0.2.1"
        ]
    );
    let unlisted: Vec<String> = listing.text.unlisted.keys().map(ToString::to_string).collect();
    assert_eq!(unlisted, ["a.contoso.com. A", "autodiscover.contoso.com. A", "b.contoso.com. A"]);
    assert_eq!(listing.warnings.len(), 3);
    assert!(listing.warnings[1].contains("$.ResourceRecordSets[2]"), "{:?}", listing.warnings);
}

#[test]
fn of_several_sets_those_that_clients_all_see_are_put_together() {
    let set = |name: &str, address: &str, more: &str| {
        format!(
            r#"{{"Name": "{name}.contoso.com.", "Type": "A", "TTL": 30, {more},
            "ResourceRecords": [{{"Value": "{address}"}}]}}"#
        )
    };
    let listing = listing(
        &[
            set("multi", "192.0.2.1", r#""SetIdentifier": "one", "MultiValueAnswer": true"#),
            set("multi", "192.0.2.2", r#""SetIdentifier": "two", "MultiValueAnswer": true"#),
            set("same", "192.0.2.1", r#""SetIdentifier": "one", "Weight": 1"#),
            set("same", "192.0.2.1", r#""SetIdentifier": "two", "Weight": 0"#),
            set("weighted", "192.0.2.1", r#""SetIdentifier": "one", "Weight": 1"#),
            set("weighted", "192.0.2.2", r#""SetIdentifier": "two", "Weight": 9"#),
            r#"{"Name": "policy.contoso.com.", "Type": "A", "TrafficPolicyInstanceId": "x"}"#.to_owned(),
        ]
        .join(","),
    );
    let held = shown(&listing);
    assert_eq!(held.iter().filter(|line| line.starts_with("multi")).count(), 2, "{held:?}");
    assert!(held.iter().any(|line| line.starts_with("same")), "{held:?}");
    let unlisted: Vec<String> = listing.text.unlisted.keys().map(ToString::to_string).collect();
    assert_eq!(unlisted, ["policy.contoso.com. A", "weighted.contoso.com. A"]);
    let reason = listing.text.unlisted.values().nth(1).unwrap();
    assert!(reason.contains("2 sets (`one`, `two`)"), "{reason}");
}

#[test]
fn every_bad_record_is_named_with_its_path() {
    let lines = problems(
        r#"[{"Name": "contoso.com.", "Type": "MX", "TTL": 1, "ResourceRecords": [{"Value": "mx1"}]},
            {"Name": "a..b.", "Type": "A", "TTL": 1, "ResourceRecords": [{"Value": "192.0.2.1"}, {"Value": "x"}]},
            {"Name": "contoso.com.", "Type": "TXT", "TTL": 1, "ResourceRecords": [{"Value": "plain"}]},
            {"Name": "contoso.com.", "Type": "TXT", "TTL": 1, "ResourceRecords": [{"Value": "\"\\400\""}]},
            {"Name": "contoso.com.", "Type": "TXT", "TTL": 1, "ResourceRecords": [{"Value": "\"open"}]},
            {"Name": "contoso.com.", "Type": "what", "TTL": 1, "ResourceRecords": [{"Value": "x"}]},
            {"Name": "contoso.com.", "Type": "A", "TTL": 1, "ResourceRecords": []}]"#,
    );
    let places = [
        "$[0].ResourceRecords[0].Value: ",
        "$[1].Name: ",
        "$[1].ResourceRecords[1].Value: ",
        "$[2].ResourceRecords[0].Value: ",
        "$[3].ResourceRecords[0].Value: ",
        "$[4].ResourceRecords[0].Value: ",
        "$[5].Type: ",
        "$[6]: ",
    ];
    assert_eq!(lines.len(), places.len(), "{lines:#?}");
    for (line, place) in lines.iter().zip(places) {
        assert!(line.starts_with(&format!("zone.json: {place}")), "{line}");
    }
    let many = r#"{"Name": "", "Type": "A", "ResourceRecords": [{"Value": "192.0.2.1"}]}"#;
    let lines = problems(&format!("[{}]", vec![many; 50].join(",")));
    assert_eq!(lines.len(), MAX_PROBLEMS + 1);
    assert!(lines[MAX_PROBLEMS].ends_with("and 30 more problems"), "{lines:?}");
}

#[test]
fn what_is_no_whole_list_is_refused() {
    let set =
        r#"{"Name": "contoso.com.", "Type": "A", "TTL": 1, "ResourceRecords": [{"Value": "192.0.2.1"}]}"#;
    for (text, expected) in [
        (format!(r#"{{"ResourceRecordSets": [{set}], "IsTruncated": true}}"#), "incomplete"),
        (format!(r#"{{"ResourceRecordSets": [{set}], "NextToken": "x"}}"#), "incomplete"),
        (r#"{"Changes": []}"#.to_owned(), "without `ResourceRecordSets`"),
        (r#"{"ResourceRecordSets": [{"Name": 1}]}"#.to_owned(), "line 1 column"),
        (r#"{"ResourceRecordSets": ["#.to_owned(), "not JSON"),
        ("[".repeat(100_000), "line 1 column"),
    ] {
        let lines = problems(&text);
        assert!(lines.len() == 1 && lines[0].contains(expected), "{lines:?}");
    }
    // Null means that there are no more.
    assert!(read(&format!(r#"{{"ResourceRecordSets": [{set}], "NextToken": null}}"#), None, "x").is_ok());
}

#[test]
fn a_small_list_of_large_aliases_stays_small() {
    let address = |number: u32| format!(r#"{{"Value": "{}"}}"#, std::net::Ipv4Addr::from(number));
    let many: Vec<String> = (0..2000).map(address).collect();
    let mut sets = vec![format!(
        r#"{{"Name": "a.example.", "Type": "A", "TTL": 1, "ResourceRecords": [{}]}}"#,
        many.join(",")
    )];
    sets.extend((0..2000).map(|number| {
        format!(
            r#"{{"Name": "n{number}.example.", "Type": "A", "AliasTarget": {{"DNSName": "a.example."}}}}"#
        )
    }));
    let lines = problems(&format!("[{}]", sets.join(",")));
    assert!(lines[0].contains("lead to more than"), "{lines:?}");
}
