//! Does a monitor learn what has changed since an earlier run, and nothing else?

use serde_json::{Value, json};

use super::{at_source, zone};
use crate::run::{Desk, Run, cutover, cutover_wide};

/// What has changed for the first domain.
fn since(run: &Run) -> Value {
    run.domain()["since"].clone()
}

/// The same zone as a recording and as a report, and the zone of now.
fn before_and_now(desk: &Desk, before: &str, now: &str) -> ([String; 2], String) {
    let (old, new) = (desk.put("old.zone", before), desk.put("new.zone", now));
    let recording = desk.free("before.txt");
    let report = cutover(&format!("check contoso.com --zone {old} --format json --record {recording}"));
    ([recording, desk.put("before.json", report.out)], new)
}

#[test]
fn records_statuses_hazards_and_the_verdict_are_told_before_and_after() {
    let desk = Desk::new();
    let left = at_source("contoso.com") + "_autodiscover._tcp SRV 0 0 443 autodiscover.emailsrvr.com.\n";
    let (files, new) = before_and_now(&desk, &left, &zone("contoso.com", &[]));
    for file in files {
        let run = cutover(&format!("check contoso.com --zone {new} --since {file} --format json"));
        assert_eq!(run.status, 0, "{run:?}");
        let since = since(&run);
        assert_eq!(since["checked_at"], "2026-11-22T05:23:00Z");
        assert_eq!(since["verdict"], json!({"before": "changes-needed", "after": "ready"}));
        let ids: Vec<&str> =
            since["expectations"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect();
        assert_eq!(ids, ["mx", "spf", "autodiscover"]);
        assert_eq!(
            since["expectations"][0],
            json!({
                "id": "mx", "name": "contoso.com.", "type": "MX", "records": "changed",
                "before": {"status": "unmet", "code": "mx-at-source",
                           "observed": ["10 mx1.emailsrvr.com.", "20 mx2.emailsrvr.com."]},
                "after": {"status": "met", "code": "met", "observed": ["0 contoso-com.mail.protection.outlook.com."]},
            })
        );
        let gone = json!([{"code": "autodiscover-srv-left", "name": "_autodiscover._tcp.contoso.com.", "type": "SRV"}]);
        assert_eq!((&since["hazards_gone"], &since["hazards_appeared"]), (&gone, &json!([])));
        let table = cutover_wide(&format!("check contoso.com --zone {new} --since {file}")).out;
        for part in
            ["Changed since 2026-11-22 05:23 UTC", "changes-needed → ready", "gone: autodiscover-srv-left"]
        {
            assert!(table.contains(part), "{part}: {table}");
        }
    }
}

#[test]
fn records_appear_and_go() {
    let desk = Desk::new();
    let without = zone("contoso.com", &[("autodiscover", ""), ("MS", "@ TXT other")]);
    let with = zone("contoso.com", &[]);
    for (before, now, kind) in [(&without, &with, "appeared"), (&with, &without, "gone")] {
        let ([_, report], new) = before_and_now(&desk, before, now);
        let run = cutover(&format!("check contoso.com --zone {new} --since {report} --format json"));
        let since = since(&run);
        let moved: Vec<(&Value, &Value)> = since["expectations"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| (&one["id"], &one["records"]))
            .collect();
        assert_eq!(moved, [(&json!("verification"), &json!(kind)), (&json!("autodiscover"), &json!(kind))]);
    }
}

#[test]
fn order_time_to_live_and_other_records_are_no_change() {
    let desk = Desk::new();
    let before = at_source("contoso.com");
    let mut lines: Vec<String> = before.replace("$TTL 1h", "$TTL 5m").lines().map(str::to_owned).collect();
    lines[2..].reverse();
    lines.push("www A 192.0.2.80\n@ TXT \"google-site-verification=abc\"\n".into());
    let (files, new) = before_and_now(&desk, &before, &lines.join("\n"));
    for file in files {
        let run = cutover(&format!("check contoso.com --zone {new} --since {file} --format json"));
        assert_eq!(run.status, 1);
        let since = since(&run);
        assert_eq!((&since["verdict"], &since["expectations"]), (&Value::Null, &json!([])), "{since}");
        let table = cutover_wide(&format!("check contoso.com --zone {new} --since {file}")).out;
        assert!(table.contains("Nothing has changed since 2026-11-22 05:23 UTC"), "{table}");
    }
}

#[test]
fn a_recording_is_judged_by_the_options_of_today() {
    let desk = Desk::new();
    let ([recording, report], new) =
        before_and_now(&desk, &at_source("contoso.com"), &at_source("contoso.com"));
    let check = |file: &str| {
        since(&cutover(&format!(
            "check contoso.com --zone {new} --since {file} --phase prepare --format json"
        )))
    };
    assert_eq!(check(&recording)["expectations"], json!([]));
    // A report keeps the judgement of its time.
    assert_eq!(check(&report)["expectations"][0]["records"], "same");
}

#[test]
fn a_domain_that_the_earlier_run_did_not_have_is_said() {
    let desk = Desk::new();
    let ([recording, report], _) = before_and_now(&desk, &at_source("contoso.com"), "");
    let other = desk.put("fabrikam.com.zone", zone("fabrikam.com", &[]));
    for file in [recording, report] {
        let run = cutover(&format!("check fabrikam.com --zone {other} --since {file} --format json"));
        assert_eq!((run.status, since(&run)), (0, Value::Null), "{run:?}");
        assert!(run.err.contains("does not hold fabrikam.com"), "{run:?}");
    }
}

#[test]
fn what_is_neither_recording_nor_report_is_refused() {
    let desk = Desk::new();
    let file = desk.put("contoso.com.zone", zone("contoso.com", &[]));
    for content in ["", "{}", "[1]", "cutover recording 99\n", "{\"schema_version\": 9}"] {
        let earlier = desk.put("earlier", content);
        let run = cutover(&format!("check contoso.com --zone {file} --since {earlier}"));
        assert_eq!((run.status, run.out.as_str(), run.errors()), (2, "", 1), "{content}: {run:?}");
    }
}
