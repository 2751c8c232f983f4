//! Does a machine learn what it can ask, with and without a network?

use std::time::{Duration, Instant};

use cutover::cli::Surroundings;
use cutover::report::style::{Color, Marks};
use hickory_resolver::proto::op::ResponseCode;
use serde_json::Value;

use crate::lab::{Identity, Lab, LabServer, Say};
use crate::run::{Run, Workspace, cutover, cutover_with, surroundings};

fn lab() -> (Lab, LabServer) {
    let lab = Lab::start();
    let resolver = lab.resolver("127.0.0.53");
    resolver.remember(".", "@ 518400 NS a.root-servers.net.");
    (lab, resolver)
}

fn ports(run: &Run) -> Vec<String> {
    let json = run.json();
    let ports = json["ports"].as_array().unwrap().iter();
    ports
        .map(|port| {
            format!(
                "{}/{}: {}",
                port["port"],
                port["transport"].as_str().unwrap(),
                port["state"].as_str().unwrap()
            )
        })
        .collect()
}

#[test]
fn a_resolver_that_answers_is_enough() {
    let (_lab, resolver) = lab();
    let run = cutover(&format!("self-check --format json --resolver {}", resolver.address()));
    assert_eq!((run.status, run.errors()), (0, 0), "{run:?}");
    let json = run.json();
    assert_eq!((&json["works"], &json["schema_version"]), (&true.into(), &1.into()));
    let found = &json["resolvers"][0];
    assert_eq!(found["address"], resolver.address().to_string());
    assert_eq!((&found["origin"], &found["state"]), (&"command-line".into(), &"works".into()));
    assert!(found["rtt_ms"].is_number() && found["reason"].is_null(), "{found}");
    let expected = ["53/udp: works", "53/tcp: works", "443/https: not-checked", "853/tls: not-checked"];
    assert_eq!(ports(&run), expected);
    // One harmless question, and nothing else.
    let asked: Vec<String> =
        resolver.seen().iter().map(|seen| format!("{} {}", seen.name, seen.rtype)).collect();
    assert!(!asked.is_empty() && asked.iter().all(|question| question == ". NS"), "{asked:?}");
    let version = cutover("--version").out;
    for (key, line) in [("version", "cutover "), ("commit", "commit: "), ("newest_fact", "newest fact: ")] {
        let value = json["tool"][key].as_str().unwrap();
        assert!(version.contains(&format!("{line}{value}")), "{key}: {version}");
    }
    assert_eq!((&json["settings"], &json["terminal"]["width"]), (&Value::Null, &Value::Null));
    assert_eq!(json["clock"]["state"], "not-checked");
}

#[test]
fn what_fails_is_told_and_decides_only_where_nothing_answers() {
    let (lab, resolver) = lab();
    // One that is silent, one where nothing listens, one that refuses, one without TCP.
    let silent = lab.server("127.0.0.7");
    silent.say(Say::Nothing);
    let refusing = lab.server("127.0.0.8");
    refusing.say(Say::Error(ResponseCode::Refused, Vec::new()));
    let dead = lab.address("127.0.0.99");
    let without_tcp = lab.server_without_tcp("127.0.0.6");
    without_tcp.zone(".", "@ 518400 NS a.root-servers.net.");
    let check = |resolvers: &[String], options: &str| {
        let resolvers: String = resolvers.iter().map(|one| format!(" --resolver {one}")).collect();
        cutover(&format!("self-check --timeout 0.3 {options}{resolvers}"))
    };
    let bad = [silent.address().to_string(), dead.to_string(), refusing.address().to_string()];
    let begun = Instant::now();
    let run = check(&bad, "--format json");
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    assert_eq!((run.status, &run.json()["works"]), (3, &false.into()), "{run:?}");
    let reasons: Vec<String> = (0..3).map(|at| run.json()["resolvers"][at]["reason"].to_string()).collect();
    assert!(reasons[0].contains("timeout") && reasons[2].contains("refused"), "{reasons:?}");
    assert!(ports(&run).contains(&"53/udp: fails".to_owned()));
    let table = check(&bad, "");
    assert!(table.status == 3 && table.out.contains("no resolver answers"), "{}", table.out);
    assert!(table.out.contains("--resolver 1.1.1.1"), "{}", table.out);
    let one = check(&[bad[0].clone(), resolver.address().to_string()], "");
    assert!(one.status == 0 && one.out.contains("timeout"), "{}", one.out);
    let run = check(&[without_tcp.address().to_string()], "--format json");
    assert_eq!(
        (run.status, ports(&run)[..2].to_vec()),
        (0, vec!["53/udp: works".into(), "53/tcp: fails".into()])
    );
    assert!(run.json()["resolvers"][0]["reason"].as_str().unwrap().starts_with("TCP: "), "{run:?}");
}

#[test]
fn encrypted_resolvers_are_asked_where_they_are_named() {
    let (lab, _resolver) = lab();
    // Its certificate is one that no system trusts: reached, and told why not used.
    let identity = Identity::of(&["dns.test", "127.0.0.5"]);
    let tls = lab.tls_resolver("127.0.0.5", &identity);
    let run = cutover(&format!("self-check --format json --resolver tls://{}", tls.address()));
    assert_eq!(run.status, 3, "{run:?}");
    assert!(run.json()["resolvers"][0]["reason"].as_str().unwrap().contains("certificate"), "{run:?}");
    assert_eq!(ports(&run)[3], "853/tls: fails");
    assert_eq!(ports(&run)[0], "53/udp: not-checked");
}

#[test]
fn the_settings_and_the_terminal_are_told() {
    let (_lab, resolver) = lab();
    let workspace = Workspace::new();
    let settings = workspace.put(
        "cutover.toml",
        format!("[defaults]\nresolver = \"{}\"\nformat = \"csv\"\n", resolver.address()),
    );
    let run = cutover(&format!("self-check --settings {settings} --format json"));
    assert_eq!((run.status, &run.json()["settings"]), (0, &settings.as_str().into()), "{run:?}");
    assert_eq!(run.json()["resolvers"][0]["origin"], "settings");
    let around = Surroundings {
        width: Some(120),
        color: Color::On,
        marks: Marks::Ascii,
        settings: Some(settings.clone().into()),
        ..surroundings()
    };
    let run = cutover_with(["self-check"], &around);
    assert_eq!((run.status, run.out.is_ascii()), (0, true), "{run:?}");
    assert!(run.out.contains("120 columns, ASCII, color") && run.out.contains("(settings)"), "{}", run.out);
    assert!(run.out.contains(&settings), "{}", run.out);
    let wrong = workspace.put("wrong.toml", "[defaults]\nresolvr = \"192.0.2.53\"\n");
    let run = cutover(&format!("self-check --settings {wrong}"));
    assert!(run.status == 2 && run.err.contains("did you mean `resolver`?"), "{run:?}");
}
