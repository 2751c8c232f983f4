//! Do Prometheus and systemd take what the examples give them, and does an alert fire when an old MX comes back?
//!
//! Prometheus and `promtool` are in Debian's package `prometheus`; each test says so where its program is not
//! installed.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::bounded::{Running, find, run, skip, start};
use crate::cli::{State, at_source, recorded};
use crate::run::{Workspace, cutover};
use crate::serve::{Folder, Server, client};
use crate::shipping::server::{SERVICE, SOCKET};
use crate::shipping::{path, text, word, yaml};

/// How long Prometheus may take to see something; it needs a few seconds.
const PATIENCE: Duration = Duration::from_secs(60);

const RULES: &str = ".github/examples/cutover-rules.yml";
const SCRAPES: &str = ".github/examples/prometheus.yml";

fn promtool() -> Option<PathBuf> {
    let found = find("CUTOVER_PROMTOOL", &["promtool"]);
    if found.is_none() {
        skip("promtool is not installed");
    }
    found
}

#[test]
fn promtool_takes_the_rules_the_scrapes_and_the_metrics() {
    let Some(promtool) = promtool() else { return };
    let workspace = Workspace::new();
    let root = workspace.path("");
    let examples = path(".github/examples");
    for words in [["check", "rules", "cutover-rules.yml"], ["check", "config", "prometheus.yml"]] {
        let ended = run(Command::new(&promtool).args(words).current_dir(&examples), &root).unwrap();
        assert!(ended.status.success(), "{ended:?}");
    }
    let folder = Folder::of(&[("contoso.com", at_source("contoso.com"))]);
    let server = Server::start(&folder.settings());
    let metrics = server.get_until("/metrics", |answer| answer.body.contains("domain=\"contoso.com\""));
    let (_recording, file) = recorded(&[("contoso.com", State::Waiting)]);
    let texts = [
        metrics.body,
        server.get("/probe?target=contoso.com").body,
        cutover(&format!("check --replay {file} --format prometheus")).out,
    ];
    for text in texts {
        let file = workspace.put("metrics", &text);
        let mut command = Command::new("sh");
        command.args(["-c", "exec \"$0\" check metrics <\"$1\""]).arg(&promtool).arg(&file);
        let ended = run(&mut command, &root).unwrap();
        assert!(ended.status.success() && ended.err.is_empty(), "{ended:?}\n{text}");
    }
}

/// The rules over a night: one domain was ready, another never was.
#[test]
fn only_a_domain_that_was_ready_raises_an_alert() {
    let Some(promtool) = promtool() else { return };
    let workspace = Workspace::new();
    workspace.put("cutover-rules.yml", text(RULES));
    let series = |name: &str, domain: &str, labels: &str, values: &str| {
        json!({
            "series": format!("{name}{{domain=\"{domain}\",phase=\"switch\",{labels}}}"),
            "values": values,
        })
    };
    let (ready, bad) = ("verdict=\"ready\"", "verdict=\"changes-needed\"");
    let finding = "id=\"mx\",code=\"mx-at-source\",status=\"unmet\"";
    let alert = |minutes: u32, name: &str, expected: Value| {
        let time = format!("{minutes}m");
        json!({"eval_time": time, "alertname": name, "exp_alerts": expected})
    };
    let labels = json!({"severity": "critical", "domain": "contoso.com", "code": "mx-at-source"});
    let rules = yaml(RULES);
    let rules = rules["groups"][0]["rules"].as_array().unwrap();
    let notes = &rules.iter().find(|rule| rule["alert"] == "CutoverOldMailServer").unwrap()["annotations"];
    let written = |note: &Value| {
        let text = word(note, "annotation").replace("{{ $labels.domain }}", "contoso.com");
        text.replace("{{ $labels.code }}", "mx-at-source")
    };
    let notes = json!({"summary": written(&notes["summary"]), "description": written(&notes["description"])});
    let test = json!({
        "rule_files": ["cutover-rules.yml"],
        "evaluation_interval": "1m",
        "tests": [{
            "interval": "1m",
            "input_series": [
                series("cutover_verdict", "contoso.com", ready, "1x10 stale"),
                series("cutover_verdict", "contoso.com", bad, "_x11 1x40"),
                series("cutover_finding", "contoso.com", finding, "_x11 1x40"),
                series("cutover_verdict", "fabrikam.com", bad, "1x60"),
                series("cutover_finding", "fabrikam.com", finding, "1x60"),
            ],
            "alert_rule_test": [
                alert(10, "CutoverOldMailServer", json!([])),
                // It must hold for five minutes.
                alert(14, "CutoverOldMailServer", json!([])),
                alert(20, "CutoverOldMailServer", json!([{"exp_labels": labels, "exp_annotations": notes}])),
                alert(20, "CutoverUndetermined", json!([])),
                alert(20, "CutoverStillWaiting", json!([])),
            ],
        }],
    });
    workspace.put("test.yml", test.to_string());
    let mut command = Command::new(promtool);
    command.args(["test", "rules", "test.yml"]).current_dir(workspace.path(""));
    let ended = run(&mut command, &workspace.path("")).unwrap();
    assert!(ended.status.success(), "{ended:?}");
}

#[test]
fn systemd_takes_the_unit_of_the_server_and_finds_few_rights() {
    let Some(analyze) = find("CUTOVER_SYSTEMD_ANALYZE", &["systemd-analyze"]) else {
        return skip("systemd-analyze is not installed");
    };
    let workspace = Workspace::new();
    // It looks for the program as well.
    let service = text(SERVICE).replace("/usr/local/bin/cutover", env!("CARGO_BIN_EXE_cutover"));
    let files = [
        workspace.put("cutover-serve.service", &service),
        workspace.put("cutover-serve.socket", text(SOCKET)),
    ];
    let analyze = |words: &[&str], files: &[String]| {
        let mut command = Command::new(&analyze);
        run(command.args(words).args(files).current_dir(workspace.path("")), &workspace.path("")).unwrap()
    };
    let ended = analyze(&["verify", "--man=no"], &files);
    assert!(ended.status.success() && ended.err.is_empty(), "{ended:?}");
    // From 0, no rights, to 100; a unit without any of these lines has 96.
    let ended = analyze(&["security", "--offline=yes", "--no-pager", "--threshold=15"], &files[..1]);
    assert!(ended.status.success(), "{ended:?}");
    let wrong = workspace.put("wrong.service", service.replace("DynamicUser=", "DynamicUsr="));
    assert!(analyze(&["verify", "--man=no"], &[wrong]).err.contains("DynamicUsr"));
}

/// A Prometheus with a storage of its own, which ends with the test.
struct Prometheus {
    address: SocketAddr,
    workspace: Workspace,
    _process: Running,
}

impl Prometheus {
    /// Starts one with the files of the examples, which scrapes this server every few seconds.
    fn start(server: SocketAddr, domain: &str) -> Option<Self> {
        let program = find("CUTOVER_PROMETHEUS", &["prometheus"])?;
        let workspace = Workspace::new();
        let mut rules = String::new();
        for line in text(RULES).lines() {
            let delay = line.find("for: ").filter(|at| line[..*at].trim().is_empty());
            rules += &delay.map_or_else(|| format!("{line}\n"), |at| format!("{}for: 0s\n", &line[..at]));
        }
        workspace.put("cutover-rules.yml", rules);
        let mut scrapes = text(SCRAPES);
        for (shipped, here) in [
            ("scrape_interval: 1m\n", "scrape_interval: 1s\n  evaluation_interval: 1s\n".to_owned()),
            ("scrape_interval: 2m\n", "scrape_interval: 3s\n".to_owned()),
            ("scrape_timeout: 20s\n", "scrape_timeout: 3s\n".to_owned()),
            ("[contoso.com, fabrikam.com]", format!("[{domain}]")),
            ("127.0.0.1:8053", server.to_string()),
        ] {
            assert!(scrapes.contains(shipped), "{shipped}");
            scrapes = scrapes.replace(shipped, &here);
        }
        let settings = workspace.put("prometheus.yml", scrapes);
        let mut command = Command::new(program);
        command
            .arg(format!("--config.file={settings}"))
            .arg(format!("--storage.tsdb.path={}", workspace.path("data").display()))
            .arg("--web.listen-address=127.0.0.1:0");
        let process = start(&mut command, &workspace.path(""))?;
        let log = workspace.path("err");
        let address = wait_for(
            || {
                let text = std::fs::read_to_string(&log).ok()?;
                let (_, rest) = text.split_once("msg=\"Listening on\" address=")?;
                let (address, _) = rest.split_once('\n')?;
                address.trim().parse().ok()
            },
            || std::fs::read_to_string(&log).unwrap_or_default(),
        );
        Some(Self { address, workspace, _process: process })
    }

    /// Asks a path of the API until the answer is as expected.
    fn until(&self, path: &str, mut is_right: impl FnMut(&Value) -> bool) {
        let mut last = Value::Null;
        wait_for(
            || {
                // By an older version of HTTP, so that the answer comes in one piece.
                let request = format!("GET /api/v1/{path} HTTP/1.0\r\nHost: {}\r\n\r\n", self.address);
                let answer = client::send(self.address, request.as_bytes());
                let json: Value = serde_json::from_str(&answer.body).ok()?;
                last = json["data"].clone();
                is_right(&last).then_some(())
            },
            || std::fs::read_to_string(self.workspace.path("err")).unwrap_or_default(),
        );
    }

    /// Waits until these alerts fire for the domain, and no others of it.
    fn until_alerts(&self, domain: &str, expected: &[&str]) {
        self.until("alerts", |data| {
            let all = data["alerts"].as_array().unwrap().iter().filter(|alert| alert["state"] == "firing");
            let own = all.filter(|alert| alert["labels"]["domain"] == domain);
            let mut names: Vec<&str> =
                own.filter_map(|alert| alert["labels"]["alertname"].as_str()).collect();
            names.sort();
            names == expected
        });
    }
}

fn wait_for<T>(mut found: impl FnMut() -> Option<T>, why: impl Fn() -> String) -> T {
    let begin = Instant::now();
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(begin.elapsed() < PATIENCE, "{}", why());
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// A move that is done, an old MX that comes back, and its end: real name servers, the server, Prometheus.
#[test]
fn an_alert_fires_when_an_old_mx_comes_back() {
    if find("CUTOVER_PROMETHEUS", &["prometheus"]).is_none() {
        return skip("prometheus is not installed");
    }
    let Some(internet) = super::start() else { return };
    let workspace = Workspace::new();
    let domain = "fabrikam.com";
    let settings = workspace.put("cutover.toml", format!("[[domain]]\nname = \"{domain}\"\n"));
    let server =
        Server::start(&format!("--settings {settings} --every 1s {}", internet.arguments().join(" ")));
    let prometheus = Prometheus::start(server.address(), domain).unwrap();
    // `up` of both jobs, and the verdict by both ways.
    prometheus.until("query?query=sum(up)", |data| data["result"][0]["value"][1] == "2");
    let ready = "query?query=count(cutover_verdict%7Bverdict%3D%22ready%22%7D)";
    prometheus.until(ready, |data| data["result"][0]["value"][1] == "2");
    prometheus.until_alerts(domain, &[]);

    let name_server = internet.address_of(domain);
    let update = |line: &str| {
        let script = format!("server {} {}\nupdate {line}\nsend\n", name_server.ip(), name_server.port());
        internet.nsupdate(&script).unwrap();
        internet.flush();
    };
    update(&format!("add {domain} 300 MX 10 mx1.emailsrvr.com."));
    prometheus.until_alerts(domain, &["CutoverNotReadyAgain", "CutoverOldMailServer"]);
    update(&format!("delete {domain} MX 10 mx1.emailsrvr.com."));
    prometheus.until_alerts(domain, &[]);
    prometheus.until(ready, |data| data["result"][0]["value"][1] == "2");

    // A server that is gone is not a domain without findings.
    assert_eq!(server.stop().0, 0);
    prometheus.until("alerts", |data| {
        let alerts = data["alerts"].as_array().unwrap().iter();
        let down = alerts.filter(|alert| alert["labels"]["alertname"] == "CutoverDown");
        down.filter(|alert| alert["state"] == "firing").count() == 2
    });
}
