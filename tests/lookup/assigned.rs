//! Is the MX host of a recent domain found, is it believed only where it is beyond doubt, and is it looked for only where
//! the MX records have to change?

use std::time::Duration;

use cutover::record::RecordType;
use hickory_resolver::proto::op::ResponseCode;

use super::budgets::recorded;
use super::watch::{Event, Night, nothing};
use super::{Estate, OLD_MX, READY, version};
use crate::lab::{LabServer, Say};
use crate::run::{Run, Workspace, cutover};

const DERIVED: &str = "contoso-com.mail.protection.outlook.com";
const FOUND: &str = "contoso-com.o-v1.mx.microsoft";
const CONTROL: &str = "cutover-control.o-v1.mx.microsoft";

/// Every form of a plan that takes the domain alone.
const FORMATS: [&str; 8] =
    ["table", "bind", "nsupdate", "dnscontrol", "octodns", "terraform", "powershell", "csv"];

/// A domain without the derived host, whose mail is at the old platform, and what lies below `mx.microsoft`.
fn recent(microsoft: &str) -> (Estate, LabServer) {
    let estate = Estate::new();
    estate.publish(&version(1, OLD_MX));
    estate.resolver.remember_absent(DERIVED, 300);
    let server = estate.lab.server("127.0.0.8");
    server.zone("mx.microsoft", microsoft);
    (estate, server)
}

fn one_host() -> (Estate, LabServer) {
    recent("contoso-com.o-v1 10 A 192.0.2.1")
}

/// How many questions about names below `mx.microsoft` a server got, by type.
fn searched(server: &LabServer, rtype: &str) -> usize {
    let below = |name: &cutover::record::Name| name.is_within(&"mx.microsoft".parse().unwrap());
    server.seen().iter().filter(|seen| below(&seen.name) && seen.rtype.to_string() == rtype).count()
}

/// The message of `mx-not-assigned`.
fn not_assigned(run: &Run) -> String {
    let domain = run.domain();
    let mut hazards = domain["hazards"].as_array().unwrap().iter();
    let found = hazards.find(|hazard| hazard["code"] == "mx-not-assigned");
    found.unwrap_or_else(|| panic!("{run:?}"))["message"].as_str().unwrap().to_owned()
}

/// No plan of any form names a host of Microsoft's.
fn assert_no_mx_edit(estate: &Estate) {
    for format in FORMATS {
        let run = cutover(&format!("plan contoso.com {} --format {format}", estate.options()));
        assert!(!run.out.contains(".outlook.com. ") && !run.out.contains(DERIVED), "{format}: {run:?}");
        assert!(!run.out.contains("mx.microsoft"), "{format}: {run:?}");
        assert!(!run.out.contains("emailsrvr"), "{format} deletes the old host: {run:?}");
        assert!(run.err.contains("No MX edit is proposed"), "{format}: {run:?}");
    }
}

#[test]
fn the_only_host_is_expected_and_has_to_be_confirmed() {
    let (estate, _) = one_host();
    let run = recorded(&estate, "");
    let mx = run.expectation("mx");
    assert_eq!((run.status, mx["origin"].as_str()), (1, Some("found")), "{run:?}");
    assert_eq!(mx["expected"], serde_json::json!([format!("0 {FOUND}.")]));
    let change = &run.domain()["changes"][0];
    assert_eq!(
        (change["after"][0].as_str(), change["confirm"].as_bool()),
        (mx["expected"][0].as_str(), Some(true))
    );
    assert!(run.hazards().is_empty(), "{run:?}");
    for format in FORMATS {
        let plan = cutover(&format!("plan contoso.com {} --format {format}", estate.options()));
        assert!(plan.out.contains(FOUND) && !plan.out.contains(DERIVED), "{format}: {plan:?}");
    }
}

#[test]
fn all_partitions_are_asked_at_once_and_the_control_after_them() {
    let (estate, _) = one_host();
    estate.resolver.delay(Duration::from_millis(400));
    assert_eq!(estate.contoso("").status, 1);
    // Both addresses of the host that was found show that Microsoft accepts the domain.
    assert_eq!((searched(&estate.resolver, "A"), searched(&estate.resolver, "AAAA")), (27, 1));
    for server in [&estate.first, &estate.second] {
        assert_eq!(searched(server, "A"), 0);
    }
    let times: Vec<_> = estate
        .resolver
        .seen()
        .into_iter()
        .filter(|seen| seen.rtype == RecordType::A)
        .filter(|seen| seen.name.is_within(&"mx.microsoft".parse().unwrap()))
        .map(|seen| (seen.name.without_trailing_dot() == CONTROL, seen.at))
        .collect();
    let partitions: Vec<_> = times.iter().filter(|(control, _)| !control).map(|(_, at)| *at).collect();
    let (first, last) = (partitions.iter().min().unwrap(), partitions.iter().max().unwrap());
    assert!(last.duration_since(*first) < Duration::from_millis(400), "{times:?}");
    let control = times.iter().find(|(control, _)| *control).unwrap().1;
    assert!(control > *last);
}

#[test]
fn a_host_with_an_ipv6_address_alone_is_found() {
    let (estate, _) = recent("contoso-com.o-v1 10 AAAA 2001:db8::1");
    let run = estate.contoso("");
    assert_eq!(run.expectation("mx")["origin"], "found", "{run:?}");
    // The name exists, so that the other kind of address is asked for; nothing else does.
    assert_eq!((searched(&estate.resolver, "A"), searched(&estate.resolver, "AAAA")), (27, 1));
}

#[test]
fn without_a_host_there_is_no_mx_edit_in_any_form() {
    let (estate, _) = recent("");
    let run = recorded(&estate, "");
    assert_eq!((run.status, run.hazards()), (1, vec!["mx-not-assigned".to_owned()]), "{run:?}");
    assert_eq!(run.expectation("mx")["expected"], serde_json::json!([]));
    assert!(not_assigned(&run).contains("--expect"), "{run:?}");
    assert_no_mx_edit(&estate);
    let early = estate.contoso("--phase prepare");
    let level = early.domain()["hazards"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["code"] == "mx-not-assigned")
        .cloned();
    assert_eq!(level.unwrap()["level"], "warning");
}

#[test]
fn several_hosts_are_not_chosen_from() {
    let (estate, _) = recent("contoso-com.o-v1 10 A 192.0.2.1\ncontoso-com.p-v1 10 A 192.0.2.1");
    let message = not_assigned(&recorded(&estate, ""));
    assert!(message.contains("o-v1") && message.contains("p-v1"), "{message}");
    assert_no_mx_edit(&estate);
}

#[test]
fn a_partition_that_answers_for_every_name_proves_nothing() {
    let (estate, _) = recent("*.o-v1 10 A 192.0.2.1");
    let run = recorded(&estate, "");
    assert_eq!(run.hazards(), ["mx-not-assigned"], "{run:?}");
    assert_eq!(estate.resolver.asked(CONTROL, "A"), 1);
    assert_no_mx_edit(&estate);
}

#[test]
fn a_lookup_that_fails_leaves_the_search_open() {
    for name in ["contoso-com.c-v1.mx.microsoft", FOUND, CONTROL] {
        let (estate, _) = one_host();
        estate.resolver.say_to(name, "A", Say::Error(ResponseCode::ServFail, Vec::new()));
        let run = recorded(&estate, "");
        assert_eq!(run.hazards(), ["mx-not-assigned"], "{name}: {run:?}");
        assert!(not_assigned(&run).contains(name), "{run:?}");
        assert_no_mx_edit(&estate);
        let plan = cutover(&format!("plan contoso.com {}", estate.options()));
        assert_eq!(plan.status, 3, "the plan rests on a lookup that failed: {plan:?}");
    }
}

#[test]
fn a_derived_host_that_cannot_be_looked_up_is_proposed_unseen() {
    let (estate, _) = one_host();
    for rtype in ["A", "AAAA"] {
        estate.resolver.say_to(DERIVED, rtype, Say::Error(ResponseCode::ServFail, Vec::new()));
    }
    let run = recorded(&estate, "");
    let mx = run.expectation("mx");
    assert_eq!((mx["origin"].as_str(), run.hazards().len()), (Some("derived"), 0), "{run:?}");
    assert!(mx["message"].as_str().unwrap().contains("could not be looked up"), "{run:?}");
    assert_eq!(run.domain()["changes"][0]["confirm"], true);
    assert_eq!(searched(&estate.resolver, "A"), 0);
}

#[test]
fn nothing_is_searched_where_no_host_is_needed() {
    // The derived host exists.
    let estate = Estate::new();
    estate.publish(&version(1, OLD_MX));
    let before = estate.contoso("");
    assert_eq!(
        (before.expectation("mx")["origin"].as_str(), searched(&estate.resolver, "A")),
        (Some("derived"), 0)
    );
    // The host is given, or belongs to a filter, or to a cloud without partitions.
    for options in ["--mx contoso-com.q-v1.mx.microsoft", "--gateway mimecast", "--cloud china"] {
        let (estate, _) = one_host();
        estate.contoso(options);
        let others = estate
            .resolver
            .seen()
            .into_iter()
            .filter(|seen| seen.name.without_trailing_dot().ends_with("o-v1.mx.microsoft"));
        assert_eq!(others.count(), 0, "{options}");
    }
    // The MX is right already.
    let (estate, _) = one_host();
    estate.publish(&version(2, &format!("@ 3600 MX 0 {FOUND}.")));
    let done = recorded(&estate, "");
    assert_eq!((done.status, done.expectation("mx")["origin"].as_str()), (0, Some("found")), "{done:?}");
    assert_eq!((searched(&estate.resolver, "A"), searched(&estate.resolver, "AAAA")), (1, 1));
}

#[test]
fn an_old_host_that_is_gone_gives_way_to_the_one_found() {
    let (estate, _) = one_host();
    estate.publish(READY);
    let run = recorded(&estate, "");
    assert_eq!(run.code("mx"), "mx-target-missing");
    assert_eq!(run.domain()["changes"][0]["after"], serde_json::json!([format!("0 {FOUND}.")]), "{run:?}");
}

#[test]
fn a_recording_from_before_the_search_says_that_it_lacks_it() {
    let (estate, _) = one_host();
    let workspace = Workspace::new();
    let record = workspace.free("run.txt");
    estate.contoso(&format!("--record {record}"));
    let text = std::fs::read_to_string(&record).unwrap();
    let kept: Vec<&str> = text.split("\n\n").filter(|reply| !reply.contains("mx.microsoft")).collect();
    let old = workspace.put("old.txt", kept.join("\n\n"));
    let run = cutover(&format!("check --replay {old} --format json"));
    assert_eq!((run.status, run.hazards()), (1, vec!["mx-not-assigned".to_owned()]), "{run:?}");
    assert!(not_assigned(&run).contains("not in the recording"), "{run:?}");
}

#[test]
fn a_watch_ends_once_the_host_found_is_published() {
    let (estate, _) = one_host();
    let servers = [estate.first.clone(), estate.second.clone()];
    let edited = version(2, &format!("@ 3600 MX 0 {FOUND}."));
    let edit: Event = Box::new(move || {
        for server in &servers {
            server.zone("contoso.com", &edited);
        }
    });
    // Then the cache runs out.
    let night = Night::of(vec![edit, nothing(), nothing(), nothing(), nothing(), nothing()]);
    let run = estate.watch("", &night);
    assert_eq!(run.status, 0, "{run:?}");
}

/// Mail would bounce: a host that was given and does not exist is not proposed either.
#[test]
fn a_given_host_that_does_not_exist_is_not_proposed() {
    let estate = Estate::new();
    estate.publish(&version(1, OLD_MX));
    let run = estate.contoso("--mx contoso-com.q-v1.mx.microsoft");
    assert_eq!((run.status, run.code("mx")), (1, "mx-at-source".into()), "{run:?}");
    let changes = run.domain()["changes"].as_array().unwrap().clone();
    assert!(changes.iter().all(|change| change["type"] != "MX"), "{changes:?}");
    assert!(run.expectation("mx")["message"].to_string().contains("does not exist"), "{run:?}");
}
