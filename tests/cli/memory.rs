//! Does the history remember what later runs need, and is it safe to share?

use cutover::cli::Surroundings;
use serde_json::Value;

use super::{at_source, zone};
use crate::run::{Run, Workspace, cutover, cutover_with, surroundings};

/// A check at this time of the day, in whole.
fn at(time: &str, words: &str) -> Run {
    let now = format!("2026-11-22T{time}Z").parse().unwrap();
    cutover_with(words.split_whitespace(), &Surroundings { now, width: Some(200), ..surroundings() })
}

fn closing(run: &Run) -> (Value, Value) {
    let domain = run.domain();
    (domain["close_source_after"].clone(), domain["close_source_basis"].clone())
}

#[test]
fn the_old_service_may_be_closed_when_caches_and_queues_have_forgotten_it() {
    let workspace = Workspace::new();
    let old = workspace.put("old.zone", at_source("contoso.com").replace("$TTL 1h", "$TTL 4h"));
    let new = workspace.put("new.zone", zone("contoso.com", &[]));
    let history = workspace.free("history.json");
    let check = |time, file: &str, more: &str| {
        at(time, &format!("check contoso.com --zone {file} --history {history} --format json {more}"))
    };
    assert_eq!(check("08:00:00", &old, "").status, 1);
    assert_eq!(check("09:00:00", &old, "").status, 1);
    // It was gone at ten; the four hours that the old records lived, and five days.
    let tidy = check("10:00:00", &new, "--phase tidy");
    assert_eq!(tidy.status, 0);
    assert_eq!(closing(&tidy), ("2026-11-27T14:00:00Z".into(), "seen".into()));
    // Looking again later does not put it off, and another margin does what it says.
    let later = check("11:30:00", &new, "--phase tidy --queue-margin 2d");
    assert_eq!(closing(&later), ("2026-11-24T14:00:00Z".into(), "seen".into()));
    // Until then a cache that was not asked may have the old answer.
    let possible = |run: &Run, id: &str| -> Value {
        let domain = run.domain();
        let mut list = domain["expectations"].as_array().unwrap().iter();
        list.find(|one| one["id"] == id).unwrap()["possible_until"].clone()
    };
    for id in ["mx", "spf", "autodiscover"] {
        assert_eq!(possible(&later, id), "2026-11-22T14:00:00Z", "{id}");
    }
    assert_eq!(possible(&later, "verification"), Value::Null);
    assert_eq!(possible(&check("14:00:01", &new, ""), "mx"), Value::Null);
}

#[test]
fn without_a_memory_the_old_time_to_live_is_assumed_and_said_to_be() {
    let workspace = Workspace::new();
    let new = workspace.put("new.zone", zone("contoso.com", &[]));
    let check = format!("check contoso.com --zone {new} --phase tidy --format json");
    assert_eq!(closing(&at("10:00:00", &check)), ("2026-11-28T10:00:00Z".into(), "assumed".into()));
    let longer = at("10:00:00", &format!("{check} --old-ttl 2d --queue-margin 0s"));
    assert_eq!(closing(&longer), ("2026-11-24T10:00:00Z".into(), "assumed".into()));
    // A history that began after the switch knows since when the new records were there.
    let history = workspace.free("history.json");
    for time in ["10:00:00", "20:00:00"] {
        let known = at(time, &format!("{check} --history {history}"));
        assert_eq!(closing(&known), ("2026-11-28T10:00:00Z".into(), "assumed".into()));
    }
    let table = at("10:00:00", &check.replace("--format json", "")).out;
    assert!(table.contains("2026-11-28 10:00 UTC") && table.contains("assumed"), "{table}");
}

#[test]
fn nothing_may_be_closed_before_everything_is_tidied_up() {
    let workspace = Workspace::new();
    let webmail = zone("contoso.com", &[]) + "webmail CNAME pl-10.webmail.emailsrvr.com.\n";
    let hosted = zone("contoso.com", &[("NS", "@ NS ns.rackspace.com."), ("SOA", "")]);
    for (name, text, options) in [
        ("ready.zone", zone("contoso.com", &[]), ""),
        ("prepared.zone", at_source("contoso.com"), "--phase prepare"),
        ("left.zone", webmail, "--phase tidy"),
        ("hosted.zone", hosted, "--phase tidy --source rackspace"),
    ] {
        let file = workspace.put(name, text);
        let run = at("10:00:00", &format!("check contoso.com --zone {file} --format json {options}"));
        assert_eq!(closing(&run), (Value::Null, Value::Null), "{name}: {run:?}");
    }
}

#[test]
fn nothing_may_be_closed_while_spf_authorizes_a_platform_that_may_be_the_old_one() {
    let workspace = Workspace::new();
    let with_spf = |senders: &str| {
        let spf = format!("@ TXT \"v=spf1 {senders} include:spf.protection.outlook.com -all\"");
        zone("contoso.com", &[("SPF", &spf)])
    };
    let nested = with_spf("include:_spf.contoso.com") + "_spf TXT \"v=spf1 include:zohomail.eu -all\"\n";
    let closing_of = |text: String, options: &str| {
        let file = workspace.put("spf.zone", text);
        let words = format!("check contoso.com --zone {file} --phase tidy --format json {options}");
        let run = at("10:00:00", &words);
        assert_eq!(run.status, 0, "{run:?}");
        closing(&run).0
    };
    for include in ["_spf.google.com", "secureserver.net", "zohomail.eu", "emailsrvr.com", "amazonses.com"] {
        let term = format!("include:{include}");
        assert_eq!(closing_of(with_spf(&term), ""), Value::Null, "{include}");
        // What the admin declares as another sender is not a leftover.
        let declared = closing_of(with_spf(&term), &format!("--spf-sender {term}"));
        assert!(declared.is_string(), "{include}: {declared}");
    }
    assert_eq!(closing_of(nested, ""), Value::Null);
    assert!(closing_of(with_spf("include:servers.mcsv.net"), "").is_string());
}

#[test]
fn an_alias_to_the_platform_of_the_history_is_a_leftover() {
    let workspace = Workspace::new();
    let old = [("MX", "@ MX 0 smtp.secureserver.net.\n@ MX 10 mailstore1.secureserver.net.")];
    let old = workspace.put("old.zone", zone("contoso.com", &old));
    let left = zone("contoso.com", &[]) + "email CNAME email.secureserver.net.\n";
    let left = workspace.put("left.zone", left);
    let history = workspace.free("history.json");
    let check = |time, file: &str, more: &str| {
        at(time, &format!("check contoso.com --zone {file} --history {history} --format json {more}"))
    };
    assert_eq!(check("08:00:00", &old, "").status, 1);
    let tidy = check("10:00:00", &left, "--phase tidy");
    assert_eq!(closing(&tidy), (Value::Null, Value::Null), "{tidy:?}");
    assert_eq!(tidy.hazards(), ["source-left"], "{tidy:?}");
    assert!(tidy.domain()["changes"].as_array().unwrap().iter().all(|change| change["type"] != "CNAME"));
}

#[test]
fn several_runs_share_one_file() {
    let workspace = Workspace::new();
    let history = workspace.free("history.json");
    let names: Vec<String> = (0..8).map(|number| format!("d{number}.example")).collect();
    let files: Vec<String> =
        names.iter().map(|name| workspace.put(&format!("{name}.zone"), zone(name, &[]))).collect();
    std::thread::scope(|scope| {
        for (name, file) in names.iter().zip(&files) {
            let words = format!("check {name} --zone {file} --history {history}");
            scope.spawn(move || assert_eq!(cutover(&words).status, 0));
        }
    });
    let text = std::fs::read_to_string(workspace.path("history.json")).unwrap();
    let json: Value = serde_json::from_str(&text).unwrap();
    let known: Vec<&String> = json["domains"].as_object().unwrap().keys().collect();
    assert_eq!(known, names.iter().collect::<Vec<_>>());
}

#[test]
fn a_file_that_is_no_history_is_left_alone() {
    let workspace = Workspace::new();
    let file = workspace.put("contoso.com.zone", zone("contoso.com", &[]));
    for content in ["not json", "{\"schema_version\": 99}", "{\"schema_version\": 1, \"domains\": 5}"] {
        let history = workspace.put("history.json", content);
        let run = cutover(&format!("check contoso.com --zone {file} --history {history}"));
        assert_eq!((run.status, run.out.as_str(), run.errors()), (2, "", 1), "{run:?}");
        assert!(run.err.contains("history.json"), "{run:?}");
        assert_eq!(std::fs::read_to_string(workspace.path("history.json")).unwrap(), content);
    }
    let nowhere = cutover(&format!("check contoso.com --zone {file} --history /nonexistent/history.json"));
    assert_eq!((nowhere.status, nowhere.errors()), (2, 1), "{nowhere:?}");
}

#[test]
fn what_a_run_saw_is_remembered_by_its_replay() {
    let workspace = Workspace::new();
    let (old, new) = (
        workspace.put("old.zone", at_source("contoso.com")),
        workspace.put("new.zone", zone("contoso.com", &[])),
    );
    let (before, after, history) =
        (workspace.free("before.txt"), workspace.free("after.txt"), workspace.free("history.json"));
    at("08:00:00", &format!("check contoso.com --zone {old} --record {before}"));
    at("09:00:00", &format!("check contoso.com --zone {new} --record {after} --phase tidy"));
    cutover(&format!("check --replay {before} --history {history}"));
    let run = cutover(&format!("check --replay {after} --history {history} --phase tidy --format json"));
    assert_eq!(closing(&run), ("2026-11-27T10:00:00Z".into(), "seen".into()));
}

#[test]
fn lengths_of_time_that_cannot_be_read_are_refused() {
    for option in ["--old-ttl 5", "--old-ttl 1w", "--queue-margin -1d", "--switch-at tomorrow"] {
        let run = cutover(&format!("check contoso.com --zone x {option}"));
        assert_eq!((run.status, run.out.as_str()), (2, ""), "{run:?}");
    }
}

/// Once mail and autodiscover have moved, only an earlier run knows where they were.
#[test]
fn a_history_proves_which_platform_is_being_left() {
    let workspace = Workspace::new();
    let history = workspace.free("history.json");
    let before = workspace.put("before.zone", at_source("contoso.com"));
    let left = zone("contoso.com", &[]) + "webmail CNAME pl-10.webmail.emailsrvr.com.\n";
    let after = workspace.put("after.zone", left);
    let words = |file: &str| format!("check contoso.com --zone {file} --phase tidy --format json");
    let unknown = at("12:00:00", &words(&after));
    assert_eq!((unknown.status, &unknown.domain()["source"]), (0, &Value::Null));
    let of_webmail = |run: &Run| {
        let domain = run.domain();
        let change = |one: &&Value| one["name"] == "webmail.contoso.com.";
        domain["changes"].as_array().unwrap().iter().find(change).cloned()
    };
    assert_eq!(of_webmail(&unknown), None);
    at("10:00:00", &format!("{} --history {history}", words(&before)));
    let known = at("12:00:00", &format!("{} --history {history}", words(&after)));
    let source = &known.domain()["source"];
    assert_eq!((known.status, &source["id"], &source["proof"]), (1, &"rackspace".into(), &"proven".into()));
    assert_eq!(of_webmail(&known).unwrap()["because"][0], "source-left");
    // Also where no record of it is left: what DNS does not show has to be looked at all the same.
    let nothing = workspace.put("nothing.zone", zone("contoso.com", &[]));
    let tidied = at("13:00:00", &format!("{} --history {history}", words(&nothing)));
    let source = &tidied.domain()["source"];
    assert_eq!((tidied.status, &source["id"], &source["proof"]), (0, &"rackspace".into(), &"proven".into()));
    assert_eq!(of_webmail(&tidied), None);
    let table = words(&nothing).replace("--format json", "");
    let table = at("13:00:00", &format!("{table} --history {history}")).out;
    assert!(table.contains("Rackspace") && table.contains("forced MX routing"), "{table}");
}
