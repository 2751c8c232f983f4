//! Does a replay say what the recorded run said, and a file what a stream says?

use super::{State, recorded};
use crate::lab::{Lab, LabServer, Say};
use crate::run::{Run, Workspace, cutover, without_next_step};

/// A lab with a resolver, a name server of `contoso.com`, and what Microsoft serves.
fn lab() -> (Lab, LabServer, String) {
    let lab = Lab::start();
    let server = lab.server("127.0.0.2");
    server.zone(
        "contoso.com",
        "@ 3600 NS ns1
         ns1 3600 A 127.0.0.2
         @ 3600 MX 10 mx1.emailsrvr.com.
         @ 3600 TXT \"v=spf1 include:spf.protection.outlook.com include:emailsrvr.com ~all\"
         @ 3600 TXT \"\\027[31m \\\"quoted\\\" \\\\ \\226\\128\\174\"
         autodiscover 300 A 192.0.2.8",
    );
    lab.server("127.0.0.9").microsoft().rackspace();
    lab.resolver("127.0.0.53");
    let options = format!(
        "--resolver {} --allow-private-servers --authority-port {} --timeout 2",
        lab.address("127.0.0.53"),
        lab.port()
    );
    (lab, server, options)
}

/// A zone whose times are beyond those of any time to live made a recording that nobody could read.
#[test]
fn a_run_that_saw_absurd_times_is_replayed() {
    let (_lab, server, options) = lab();
    server.zone("contoso.com", "@ 3600 SOA ns1 h 4294967295 4294967295 2147483648 4294967295 4294967295\n@ 3600 NS ns1\nns1 3600 A 127.0.0.2");
    let workspace = Workspace::new();
    let recording = workspace.free("run.recording");
    let run = cutover(&format!("check contoso.com {options} --format json --record {recording}"));
    let replay = cutover(&format!("check contoso.com --format json --replay {recording}"));
    assert_eq!((run.status, run.out), (replay.status, replay.out), "{}", replay.err);
}

/// What Route 53 works out when a client asks is in no list: it is unknown, and stays so in a replay. The export of
/// Cloudflare says of a right alias that nobody sees it.
#[test]
fn what_a_dns_host_exports_is_read_with_what_it_leaves_out() {
    let workspace = Workspace::new();
    let list = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/imports/route53.json");
    let text = std::fs::read_to_string(list).unwrap();
    let wide: Vec<u8> =
        std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    std::fs::write(workspace.path("wide.json"), wide).unwrap();
    let proxied =
        concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/scenarios/alias/proxied-in-export.zone").to_owned();
    let wide = workspace.free("wide.json");
    for (file, status, code) in [
        (list.to_owned(), "unknown", "lookup-failed"),
        (wide, "unknown", "lookup-failed"),
        (proxied, "unmet", "alias-proxied"),
    ] {
        let recording = workspace.free("run.recording");
        let run = cutover(&format!("check contoso.com --zone {file} --format json -v --record {recording}"));
        let autodiscover = run.expectation("autodiscover");
        assert_eq!(
            (&autodiscover["status"], &autodiscover["code"]),
            (&status.into(), &code.into()),
            "{run:?}"
        );
        assert_eq!(run.expectation("spf")["status"], "met");
        let replay = cutover(&format!("check --format json -v --replay {recording}"));
        assert_eq!((run.status, run.out), (replay.status, replay.out));
    }
    let broken = workspace.put("broken.json", r#"{"ResourceRecordSets": [{"Name": "a.example.", "Type": "A", "TTL": 1, "ResourceRecords": [{"Value": "x"}]}]}"#);
    let run = cutover(&format!("check contoso.com --zone {broken}"));
    assert_eq!(run.status, 2, "{run:?}");
    assert!(run.err.contains("broken.json: $.ResourceRecordSets[0].ResourceRecords[0].Value: "), "{run:?}");
    let run = cutover(&format!("expected contoso.com --expect {list} --format json"));
    assert!(run.status == 0 && run.err.contains("`web.lb.example`"), "{run:?}");
}

#[test]
fn a_replay_gives_the_same_bytes_and_status() {
    let (_lab, server, options) = lab();
    let workspace = Workspace::new();
    for (name, say) in [("answers", Say::Zone), ("fails", Say::Nothing)] {
        server.say_to("autodiscover.contoso.com", "CNAME", say);
        for format in ["table", "json", "table -v", "json -v"] {
            let file = workspace.free(&format!("{name}.rec"));
            let live = cutover(&format!("check contoso.com {options} --format {format} --record {file}"));
            let replayed = cutover(&format!("check --replay {file} --format {format}"));
            // The next step is that of the run.
            let result = |run: &Run| (run.status, without_next_step(&run.out), run.err.clone());
            assert_eq!(result(&live), result(&replayed), "{name} as {format}");
            assert_ne!(live.status, 2);
            let named = cutover(&format!("check contoso.com --replay {file} --format {format}"));
            assert_eq!(named, replayed);
        }
        for format in ["table", "json", "bind"] {
            let file = workspace.free(&format!("{name}.rec"));
            let live = cutover(&format!("plan contoso.com {options} --format {format} --record {file}"));
            let replayed = cutover(&format!("plan --replay {file} --format {format}"));
            assert_eq!(live, replayed, "plan, {name} as {format}");
        }
    }
}

#[test]
fn a_replay_judges_anew_with_other_options() {
    let (_lab, _server, options) = lab();
    let workspace = Workspace::new();
    let file = workspace.free("run.rec");
    let live = cutover(&format!("check contoso.com {options} --format json --record {file}"));
    assert_eq!((live.code("mx").as_str(), live.status), ("mx-at-source", 1));
    let prepare = cutover(&format!("check --replay {file} --phase prepare --format json"));
    assert_eq!(prepare.code("mx"), "mx-still-at-source");
    let tidy = cutover(&format!("check --replay {file} --phase tidy --source rackspace --format json"));
    assert_eq!(tidy.code("spf"), "spf-source-left");
    // What other options need and the run did not ask for is unknown, never missing.
    let other = cutover(&format!("check --replay {file} --cloud china --format json"));
    assert_eq!(other.code("autodiscover"), "not-in-replay");
    let elsewhere = cutover(&format!("check fabrikam.com --replay {file} --format json"));
    assert_eq!((elsewhere.code("mx").as_str(), elsewhere.status), ("not-in-replay", 3));
}

#[test]
fn a_run_over_zone_files_is_replayed_too() {
    let workspace = Workspace::new();
    let zone = workspace.put("contoso.com.zone", super::at_source("contoso.com"));
    for format in ["table -q", "json -v"] {
        let file = workspace.free("run.rec");
        let live = cutover(&format!("check contoso.com --zone {zone} --format {format} --record {file}"));
        let replayed = cutover(&format!("check --replay {file} --format {format}"));
        assert_eq!((live.status, live.out), (replayed.status, replayed.out), "{format}");
    }
}

#[test]
fn several_domains_share_one_recording() {
    let (lab, _server, options) = lab();
    lab.server("127.0.0.3").zone(
        "fabrikam.com",
        "@ 300 NS ns1\nns1 300 A 127.0.0.3\n@ 300 MX 0 fabrikam-com.mail.protection.outlook.com.",
    );
    let workspace = Workspace::new();
    let file = workspace.free("run.rec");
    let live = cutover(&format!("check contoso.com fabrikam.com {options} --format json -v --record {file}"));
    let replayed = cutover(&format!("check --replay {file} --format json -v"));
    assert_eq!(live, replayed);
    let one = cutover(&format!("check fabrikam.com --replay {file} --format json"));
    assert_eq!(one.domain()["domain"], "fabrikam.com");
}

#[test]
fn a_report_in_a_file_is_the_one_on_the_stream() {
    let (workspace, file) = recorded(&[("a.example", State::ChangesNeeded), ("b.example", State::Waiting)]);
    let output =
        format!("--output json={} --output table={}", workspace.free("a.json"), workspace.free("a.txt"));
    let run = cutover(&format!("check --replay {file} {output}"));
    let read = |name| std::fs::read_to_string(workspace.path(name)).unwrap();
    assert_eq!(read("a.json"), cutover(&format!("check --replay {file} --format json")).out);
    assert_eq!(read("a.txt"), run.out);
    assert_eq!(workspace.files(), ["a.json", "a.txt", "run.rec"]);
    assert_eq!((run.status, run.err.as_str()), (1, ""));
}

#[test]
fn a_domain_that_does_not_exist_is_said_to_not_exist() {
    let (_lab, _server, options) = lab();
    let run = cutover(&format!("check nowhere.example {options} --format json"));
    assert_eq!((run.status, run.hazards()), (1, vec!["domain-not-found".to_owned()]), "{}", run.out);
    assert_eq!(run.domain()["changes"], serde_json::json!([]));
    let table = cutover(&format!("check nowhere.example {options}"));
    assert!(table.out.contains("domain-not-found"), "{}", table.out);
}
