//! Does a monitor learn what has changed since an earlier run, and nothing else?

use serde_json::{Value, json};

use super::{State, at_source, recording, zone};
use crate::run::{Run, Workspace, cutover, cutover_wide};

/// What has changed for the first domain.
fn since(run: &Run) -> Value {
    run.domain()["since"].clone()
}

/// The same zone as a recording and as a report, and the zone of now.
fn before_and_now(workspace: &Workspace, before: &str, now: &str) -> ([String; 2], String) {
    let (old, new) = (workspace.put("old.zone", before), workspace.put("new.zone", now));
    let recording = workspace.free("before.txt");
    let report = cutover(&format!("check contoso.com --zone {old} --format json --record {recording}"));
    ([recording, workspace.put("before.json", report.out)], new)
}

#[test]
fn records_statuses_hazards_and_the_verdict_are_told_before_and_after() {
    let workspace = Workspace::new();
    let left = at_source("contoso.com") + "_autodiscover._tcp SRV 0 0 443 autodiscover.emailsrvr.com.\n";
    let (files, new) = before_and_now(&workspace, &left, &zone("contoso.com", &[]));
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
    let workspace = Workspace::new();
    let without = zone("contoso.com", &[("autodiscover", ""), ("MS", "@ TXT other")]);
    let with = zone("contoso.com", &[]);
    for (before, now, kind) in [(&without, &with, "appeared"), (&with, &without, "gone")] {
        let ([_, report], new) = before_and_now(&workspace, before, now);
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
    let workspace = Workspace::new();
    let before = at_source("contoso.com");
    let mut lines: Vec<String> = before.replace("$TTL 1h", "$TTL 5m").lines().map(str::to_owned).collect();
    lines[2..].reverse();
    lines.push("www A 192.0.2.80\n@ TXT \"google-site-verification=abc\"\n".into());
    let (files, new) = before_and_now(&workspace, &before, &lines.join("\n"));
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
    let workspace = Workspace::new();
    let ([recording, report], new) =
        before_and_now(&workspace, &at_source("contoso.com"), &at_source("contoso.com"));
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
    let workspace = Workspace::new();
    let ([recording, report], _) = before_and_now(&workspace, &at_source("contoso.com"), "");
    let other = workspace.put("fabrikam.com.zone", zone("fabrikam.com", &[]));
    for file in [recording, report] {
        let run = cutover(&format!("check fabrikam.com --zone {other} --since {file} --format json"));
        assert_eq!((run.status, since(&run)), (0, Value::Null), "{run:?}");
        assert!(run.err.contains("earlier report does not contain fabrikam.com"), "{run:?}");
    }
}

#[test]
fn what_is_neither_recording_nor_report_is_refused() {
    let workspace = Workspace::new();
    let file = workspace.put("contoso.com.zone", zone("contoso.com", &[]));
    for content in ["", "{}", "[1]", "cutover recording 99\n", "{\"schema_version\": 9}"] {
        let earlier = workspace.put("earlier", content);
        let run = cutover(&format!("check contoso.com --zone {file} --since {earlier}"));
        assert_eq!((run.status, run.out.as_str(), run.errors()), (2, "", 1), "{content}: {run:?}");
    }
}

/// Recordings of these states at hours of one day, and what `check` makes of each as NDJSON.
fn days(workspace: &Workspace, states: &[(u8, &[(&str, State)])]) -> Vec<(String, String)> {
    let day = |(hour, domains): &(u8, &[(&str, State)])| {
        let text = recording(domains).replace("2026-11-22T05", &format!("2026-11-22T{hour:02}"));
        let file = workspace.put(&format!("{hour}.rec"), text);
        let report = cutover(&format!("check --replay {file} --format ndjson"));
        (file, workspace.put(&format!("{hour}.ndjson"), report.out))
    };
    states.iter().map(day).collect()
}

#[test]
fn of_several_earlier_reports_the_newest_result_of_a_domain_is_compared_with() {
    use State::{ChangesNeeded, Ready};
    let workspace = Workspace::new();
    let days = days(
        &workspace,
        &[
            (3, &[("contoso.com", Ready), ("fabrikam.com", ChangesNeeded)]),
            (4, &[("contoso.com", ChangesNeeded)]),
            (6, &[("contoso.com", Ready), ("fabrikam.com", Ready)]),
        ],
    );
    let [(first_recording, first), (second_recording, second), (now, now_report)] = &days[..] else {
        panic!()
    };
    for [one, other] in [
        [first, second],
        [second, first],
        [first_recording, second],
        [first, second_recording],
        [second_recording, first_recording],
    ] {
        let runs = [
            cutover(&format!("check --replay {now} --since {one} --since {other} --format json")),
            cutover(&format!("report {now_report} --since {first} --since {second} --format json")),
        ];
        for run in runs {
            assert_eq!(run.status, 0, "{run:?}");
            let json = run.json();
            let since = |index: usize| json["domains"][index]["since"].clone();
            assert_eq!(since(0)["checked_at"], "2026-11-22T04:23:00Z");
            assert_eq!(since(1)["checked_at"], "2026-11-22T03:23:00Z");
            for index in [0, 1] {
                assert_eq!(since(index)["verdict"]["before"], "changes-needed");
            }
        }
    }
    // A line that was cut is not a result, and is said.
    let text = std::fs::read_to_string(second).unwrap();
    let cut = workspace.put("cut.ndjson", format!("{text}{}", &text[..100]));
    let run = cutover(&format!("check --replay {now} --since {cut} --since {first} --format json"));
    assert!(run.err.contains("cut.ndjson:2: the line ends too early"), "{}", run.err);
}

#[test]
fn with_fail_on_new_only_what_is_new_or_worse_decides_the_status() {
    use State::{ChangesNeeded, Ready, Undetermined, Waiting};
    let workspace = Workspace::new();
    let all = [Ready, Waiting, Undetermined, ChangesNeeded];
    let status = |state| match state {
        Ready => 0,
        ChangesNeeded => 1,
        Undetermined => 3,
        Waiting => 4,
    };
    let rank = |state| all.iter().position(|known| *known == state).unwrap();
    for before in all {
        for now in all {
            let days = days(&workspace, &[(3, &[("contoso.com", before)]), (6, &[("contoso.com", now)])]);
            let [(recording, report), (now_recording, now_report)] = &days[..] else { panic!() };
            let expected = if rank(now) > rank(before) { status(now) } else { 0 };
            for words in [
                format!("check --replay {now_recording} --since {report}"),
                format!("check --replay {now_recording} --since {recording}"),
                format!("report {now_report} --since {report}"),
            ] {
                assert_eq!(cutover(&words).status, status(now), "{before:?} {now:?}: {words}");
                let run = cutover(&format!("{words} --fail-on-new --format json"));
                assert_eq!(run.status, expected, "{before:?} {now:?}: {words}");
                // What is told does not depend on it.
                assert_eq!(run.out, cutover(&format!("{words} --format json")).out);
                let waived = cutover(&format!("{words} --fail-on-new --fail-on waiting")).status;
                assert_eq!(waived, if expected == 4 { 4 } else { 0 });
            }
        }
    }
    // A domain that the earlier report does not hold is new.
    let days = days(&workspace, &[(3, &[("contoso.com", Ready)]), (6, &[("fabrikam.com", ChangesNeeded)])]);
    let run = cutover(&format!("check --replay {} --since {} --fail-on-new", days[1].0, days[0].1));
    assert_eq!(run.status, 1);
}

#[test]
fn another_finding_of_the_same_expectation_and_a_new_hazard_are_new() {
    let workspace = Workspace::new();
    let stolen = at_source("contoso.com").replace("mx1.emailsrvr.com", "mx.fabrikam.example");
    let stolen = stolen.replace("@ MX 20 mx2.emailsrvr.com.", "");
    let left = zone("contoso.com", &[]) + "_autodiscover._tcp SRV 0 0 443 autodiscover.emailsrvr.com.\n";
    for (before, now, status) in [
        (at_source("contoso.com"), stolen, 1),
        (zone("contoso.com", &[]), left.clone(), 1),
        (left.clone(), left, 0),
        (at_source("contoso.com"), at_source("contoso.com") + "www A 192.0.2.80\n", 0),
    ] {
        let ([_, report], new) = before_and_now(&workspace, &before, &now);
        let words = format!("check contoso.com --zone {new} --source rackspace --since {report}");
        assert_eq!(cutover(&words).status, 1);
        assert_eq!(cutover(&format!("{words} --fail-on-new")).status, status, "{now}");
    }
}

#[test]
fn fail_on_new_needs_an_earlier_report_and_all_results() {
    let workspace = Workspace::new();
    let days = days(&workspace, &[(3, &[("contoso.com", State::Ready)])]);
    let [(recording, report)] = &days[..] else { panic!() };
    for words in [
        format!("check --replay {recording} --fail-on-new"),
        format!("report {report} --fail-on-new"),
        format!("check --replay {recording} --since {report} --fail-on-new --resume {report}"),
        format!("report {report} --since {recording}"),
    ] {
        let run = cutover(&words);
        assert_eq!((run.status, run.out.as_str(), run.errors()), (2, "", 1), "{words}: {run:?}");
    }
}

#[test]
fn code_scanning_and_tests_say_what_was_known_before() {
    let workspace = Workspace::new();
    let before = at_source("contoso.com") + "_autodiscover._tcp SRV 0 0 443 autodiscover.emailsrvr.com.\n";
    let now = zone(
        "contoso.com",
        &[
            ("MX", "@ MX 10 mx1.emailsrvr.com.\n@ MX 20 mx3.emailsrvr.com."),
            (
                "autodiscover",
                "autodiscover CNAME autodiscover.fabrikam.example.\nautodiscover.fabrikam.example. A 192.0.2.9",
            ),
        ],
    );
    let ([recording, report], new) = before_and_now(&workspace, &before, &now);
    let settings = workspace.put(
        "cutover.toml",
        "[[waiver]]\ndomain = \"*\"\ncode = \"dmarc-missing\"\nreason = \"with the <team>\"\nuntil = 2027-03-01\n",
    );
    let stored = cutover(&format!("check contoso.com --zone {new} --settings {settings} --format ndjson"));
    let stored = workspace.put("now.ndjson", stored.out);
    let check = format!("check contoso.com --zone {new} --settings {settings}");
    let runs = [
        format!("{check} --since {recording}"),
        format!("{check} --since {report}"),
        format!("report {stored} --since {report}"),
    ];
    for words in &runs {
        let sarif = cutover(&format!("{words} --format sarif"));
        let _: serde_sarif::sarif::Sarif = serde_json::from_str(&sarif.out).unwrap();
        let sarif = sarif.json();
        let results = sarif["runs"][0]["results"].as_array().unwrap();
        let find = |code: &str| -> Vec<(&str, &Value)> {
            let found = results.iter().filter(|one| one["ruleId"] == code);
            found.map(|one| (one["baselineState"].as_str().unwrap(), &one["suppressions"])).collect()
        };
        let none = json!([]);
        assert_eq!(find("mx-at-source"), [("updated", &none)], "{words}");
        assert_eq!(find("alias-elsewhere"), [("new", &none)], "{words}");
        assert_eq!(find("alias-at-source"), [("absent", &none)], "{words}");
        assert_eq!(find("spf-without-microsoft"), [("absent", &none)], "{words}");
        assert_eq!(find("autodiscover-srv-left"), [("absent", &none)], "{words}");
        let dkim = find("alias-missing");
        assert!(!dkim.is_empty() && dkim.iter().all(|one| *one == ("unchanged", &none)), "{dkim:?}");
        let [(state, suppressions)] = find("dmarc-missing")[..] else { panic!("{words}") };
        // A recording is judged with the waivers of today.
        assert_eq!(state, if words.contains(&recording) { "unchanged" } else { "updated" });
        let waiver = json!([{"kind": "external", "status": "accepted", "justification": "with the <team>"}]);
        assert_eq!(suppressions, &waiver);
        // A case has the property for what is not simply met.
        let junit = cutover(&format!("{words} --format junit")).out;
        let document = roxmltree::Document::parse(&junit).unwrap();
        let known = |name: &str| {
            let mut cases = document.descendants().filter(|node| node.has_tag_name("testcase"));
            let case = cases.find(|case| case.attribute("name") == Some(name)).unwrap();
            let property = case.descendants().find(|node| node.attribute("name") == Some("known"));
            property.and_then(|property| property.attribute("value"))
        };
        assert_eq!((known("mx"), known("autodiscover")), (Some("true"), Some("false")), "{junit}");
        assert_eq!((known("spf"), known("dmarc")), (None, Some("true")));
    }
    // Without an earlier report neither says anything of one.
    assert!(!cutover(&format!("{check} --format sarif")).out.contains("baselineState"));
    assert!(!cutover(&format!("{check} --format junit")).out.contains("known"));
    // Of a domain that the earlier report does not hold all is new.
    let other = workspace.put("fabrikam.com.zone", at_source("fabrikam.com"));
    let both = cutover(&format!(
        "check contoso.com fabrikam.com --zone {new} --zone {other} --since {report} --format sarif"
    ));
    let both = both.json();
    let results = both["runs"][0]["results"].as_array().unwrap();
    let of_other = |one: &&Value| one["message"]["text"].as_str().unwrap().starts_with("fabrikam.com");
    let of_other: Vec<(&str, &str)> = results
        .iter()
        .filter(of_other)
        .map(|one| (one["ruleId"].as_str().unwrap(), one["baselineState"].as_str().unwrap()))
        .collect();
    let codes = [
        "mx-at-source",
        "spf-without-microsoft",
        "alias-at-source",
        "alias-missing",
        "alias-missing",
        "dmarc-missing",
    ];
    assert_eq!(of_other, codes.map(|code| (code, "new")));
}

#[test]
fn every_format_says_what_was_before_and_what_is_now() {
    use cutover::report::format::Format as ReportFormat;
    let workspace = Workspace::new();
    let left = "_autodiscover._tcp SRV 0 0 443 autodiscover.emailsrvr.com.\n";
    let ([recording, report], new) =
        before_and_now(&workspace, &(at_source("contoso.com") + left), &zone("contoso.com", &[]));
    for file in [recording, report] {
        for format in ReportFormat::ALL.iter().map(|format| format.word()) {
            let run = cutover(&format!("check contoso.com --zone {new} --since {file} --format {format}"));
            let parts: &[&str] = match format {
                // What is met is no result: the earlier findings are gone.
                "sarif" => &["mx-at-source", "\"absent\"", "autodiscover-srv-left"],
                "prometheus" => &["changes-needed", "mx-at-source", "ready", "code=\"met\""],
                _ => {
                    &["changes-needed", "ready", "mx-at-source", "mx1.emailsrvr.com", "autodiscover-srv-left"]
                }
            };
            for part in parts {
                assert!(run.out.contains(part), "{format}: {part}: {}", run.out);
            }
        }
    }
}
