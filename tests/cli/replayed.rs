//! Holds that a replay with other options never claims more than a run over the same zone file.

use std::collections::BTreeSet;
use std::io::Write as _;

use crate::run::{Run, Workspace, cutover};

const PHASES: [&str; 3] = ["prepare", "switch", "tidy"];

/// The zone files of all scenarios, with their names.
fn zones() -> Vec<(String, String)> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/scenarios");
    let entries = |path: &std::path::Path| {
        let mut paths: Vec<_> = std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        paths
    };
    let files = entries(&root).into_iter().flat_map(|topic| entries(&topic));
    let zones = files.filter(|path| path.extension().is_some_and(|extension| extension == "zone"));
    zones.map(|path| (path.display().to_string(), std::fs::read_to_string(&path).unwrap())).collect()
}

/// The domain that a scenario is about.
fn domain(text: &str) -> &str {
    text.lines().find_map(|line| line.strip_prefix("; domain: ")).unwrap_or("contoso.com")
}

/// What a replay claims that the run over the zone file does not.
fn excess(replay: &Run, truth: &Run) -> Vec<String> {
    let (replay, truth) = (replay.domain(), truth.domain());
    let mut excess = Vec::new();
    if replay["verdict"] != truth["verdict"] && replay["verdict"] != "undetermined" {
        excess.push(format!("verdict {} for {}", replay["verdict"], truth["verdict"]));
    }
    for (one, other) in list(&replay, "expectations").iter().zip(list(&truth, "expectations")) {
        assert_eq!(one["id"], other["id"]);
        let claim = |of: &serde_json::Value| format!("{} {} {}", of["id"], of["status"], of["code"]);
        if claim(one) != claim(&other) && one["status"] != "unknown" {
            excess.push(format!("{} for {}", claim(one), claim(&other)));
        }
    }
    let errors = |of: &serde_json::Value| -> BTreeSet<String> {
        let errors = list(of, "hazards").into_iter().filter(|hazard| hazard["level"] == "error");
        errors.map(|hazard| format!("hazard {} {}", hazard["code"], hazard["name"])).collect()
    };
    excess.extend(errors(&replay).difference(&errors(&truth)).cloned());
    excess
}

fn list(domain: &serde_json::Value, key: &str) -> Vec<serde_json::Value> {
    domain[key].as_array().unwrap().clone()
}

/// Other options than those of the recorded run; every scenario is tried with some.
const TURNS: [(&str, &str); 8] = [
    ("switch", "--services all"),
    ("switch", "--tenant fabrikam"),
    ("switch", "--hybrid"),
    ("switch", "--cloud china"),
    ("tidy", "--phase prepare"),
    ("prepare", "--phase prepare --services all --strict"),
    ("switch", "--phase tidy --source rackspace"),
    ("tidy", "--strict"),
];

#[test]
fn a_replay_of_a_zone_file_with_other_options_claims_no_more_than_a_run_over_the_file() {
    let (mut objections, mut tried, mut as_certain) = (Vec::new(), 0, 0);
    for (turn, (path, text)) in zones().into_iter().enumerate() {
        let workspace = Workspace::new();
        let file = workspace.put("the.zone", &text);
        let check = |options: &str| cutover(&format!("check {} {options} --format json", domain(&text)));
        let recording = |phase: &str| workspace.path(phase).display().to_string();
        let record = |phase| check(&format!("--zone {file} --phase {phase} --record {}", recording(phase)));
        let runs = PHASES.map(|phase| (phase, record(phase)));
        if runs.iter().any(|(_, run)| run.status == 2) {
            // The file holds the zone of another domain only.
            continue;
        }
        let mut compare = |recorded: &str, options: &str, truth: &Run| {
            let replay = check(&format!("--replay {} {options}", recording(recorded)));
            let excess = excess(&replay, truth);
            if !excess.is_empty() {
                objections.push(format!("{path}, {recorded}, then {options}: {}", excess.join("; ")));
            }
            tried += 1;
            as_certain += usize::from(replay.domain()["verdict"] == truth.domain()["verdict"]);
            replay
        };
        for (at, (recorded, run)) in runs.iter().enumerate() {
            // With the same options, the same bytes and the same status.
            let replay = compare(recorded, &format!("--phase {recorded}"), run);
            assert_eq!((replay.status, replay.out), (run.status, run.out.clone()), "{path}, {recorded}");
            for (later, truth) in &runs[at + 1..] {
                compare(recorded, &format!("--phase {later}"), truth);
            }
        }
        let (recorded, options) = TURNS[turn % TURNS.len()];
        compare(recorded, options, &check(&format!("--zone {file} {options}")));
    }
    let figures =
        format!("{tried} replays of zone files, {as_certain} of them as certain as a run over the file");
    writeln!(std::io::stderr(), "{figures}").unwrap();
    assert!(objections.is_empty(), "{} of {tried}:\n{}", objections.len(), objections.join("\n"));
    assert!(tried > 1000 && as_certain * 2 > tried, "{as_certain} of {tried}");
}

/// The file holds both zones, and only one of them was checked.
#[test]
fn a_replay_for_another_domain_of_the_file_knows_nothing_of_it() {
    let workspace = Workspace::new();
    let zones = [super::at_source("contoso.com"), super::zone("fabrikam.com", &[])].concat();
    let (file, recording) = (workspace.put("both.zone", zones), workspace.free("run.rec"));
    cutover(&format!("check contoso.com --zone {file} --record {recording}"));
    for domain in ["fabrikam.com", "sub.contoso.com", "nowhere.example"] {
        let replay = cutover(&format!("check {domain} --replay {recording} --format json"));
        assert_eq!((replay.status, replay.code("mx").as_str()), (3, "not-in-replay"), "{domain}");
        let met: Vec<_> = list(&replay.domain(), "expectations")
            .into_iter()
            .filter(|one| one["status"] != "unknown" && one["importance"] == "required")
            .collect();
        assert!(met.is_empty(), "{domain}: {met:?}");
    }
}

/// What lies outside the files was not listed before.
#[test]
fn an_older_recording_of_a_zone_file_is_still_read() {
    let workspace = Workspace::new();
    let file = workspace.put("contoso.com.zone", super::at_source("contoso.com"));
    let recording = workspace.free("run.rec");
    let run = cutover(&format!("check contoso.com --zone {file} --format json --record {recording}"));
    let text = std::fs::read_to_string(&recording).unwrap();
    let kept = |line: &&str| !line.starts_with("outside ");
    let older: Vec<&str> = text.lines().filter(kept).collect();
    assert!(older.len() < text.lines().count(), "{text}");
    let older = older.join("\n").replace("elsewhere listed", "elsewhere not-asked");
    let older = workspace.put("older.rec", older);
    let replay = cutover(&format!("check --replay {older} --format json"));
    assert_eq!((replay.status, replay.out), (run.status, run.out));
    let other = cutover(&format!("check fabrikam.com --replay {older} --format json"));
    assert_eq!((other.status, other.code("mx").as_str()), (3, "not-in-replay"));
}
