//! Does the action run the program as it is asked to, and tell what came of it in every way that it promises?

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::{grammar, text, values, word, yaml};
use crate::cli::{at_source, zone};
use crate::run::Workspace;

const ACTION: &str = ".github/actions/check/action.yml";

#[test]
fn inputs_reach_the_shell_through_the_environment_alone() {
    let action = yaml(ACTION);
    assert_eq!(action["runs"]["using"], "composite");
    let steps = action["runs"]["steps"].as_array().unwrap();
    for step in steps {
        let script = word(&step["run"], "run");
        assert_eq!(step["shell"], "bash");
        assert!(!script.contains("${{"), "an expression in a script is code: {script}");
        grammar(script).unwrap_or_else(|error| panic!("{error}\n{script}"));
    }
    // Every input is handed over, and is described.
    let handed: String = values(&action["runs"], "env").iter().map(|env| env.to_string()).collect();
    for (name, input) in action["inputs"].as_object().unwrap() {
        assert!(handed.contains(&format!("inputs.{name} ")), "{name} is not used");
        assert!(!word(&input["description"], name).is_empty() && input.get("default").is_some(), "{name}");
    }
    // Every variable that a script reads is one that it has.
    for step in steps {
        let script = word(&step["run"], "run");
        for name in step["env"].as_object().unwrap().keys() {
            assert!(script.contains(&format!("${name}")) || script.contains(&format!("${{{name}")), "{name}");
        }
    }
    for (name, output) in action["outputs"].as_object().unwrap() {
        assert_eq!(output["value"], format!("${{{{ steps.check.outputs.{name} }}}}"));
    }
}

/// One step, run by bash as a runner would.
struct Step {
    status: i32,
    out: String,
    /// What it set for later steps.
    outputs: String,
    summary: String,
}

fn run(id: &str, workspace: &Workspace, environment: &[(&str, &str)]) -> Option<Step> {
    let action = yaml(ACTION);
    let steps = action["runs"]["steps"].as_array().unwrap();
    let step = steps.iter().find(|step| step["id"] == id).unwrap();
    let (output, summary) = (workspace.put("output", ""), workspace.put("summary", ""));
    let temporary = workspace.path("temporary");
    std::fs::create_dir_all(&temporary).unwrap();
    let mut bash = Command::new("bash");
    bash.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", word(&step["run"], "run")]);
    for name in step["env"].as_object().unwrap().keys() {
        bash.env(name, "");
    }
    bash.env("GITHUB_OUTPUT", &output).env("GITHUB_STEP_SUMMARY", &summary).env("RUNNER_TEMP", &temporary);
    bash.envs(environment.iter().copied()).current_dir(workspace.path(""));
    // Where there is no bash, the form of the action is all that is held.
    let ran = bash.output().ok()?;
    let (out, error) = (String::from_utf8(ran.stdout).unwrap(), String::from_utf8_lossy(&ran.stderr));
    let read = |path: &str| std::fs::read_to_string(path).unwrap();
    let status = ran.status.code().unwrap();
    Some(Step { status, out: out + &error, outputs: read(&output), summary: read(&summary) })
}

impl Step {
    fn output(&self, name: &str) -> &str {
        let line = self.outputs.lines().find_map(|line| line.strip_prefix(&format!("{name}=")));
        line.unwrap_or_else(|| panic!("no {name}: {}", self.outputs))
    }
}

#[test]
fn a_check_leaves_its_status_its_summary_and_its_reports() {
    let workspace = Workspace::new();
    let left = workspace.put("contoso.com.zone", at_source("contoso.com"));
    let done = workspace.put("fabrikam.com.zone", zone("fabrikam.com", &[]));
    let list = workspace.put("domains.txt", "# ours\ncontoso.com # the first\r\n\nfabrikam.com");
    let binary = env!("CARGO_BIN_EXE_cutover");
    let zones = format!("--zone {left}\n--zone {done}");
    let Some(step) =
        run("check", &workspace, &[("CUTOVER", binary), ("DOMAINS_FILE", &list), ("ARGS", &zones)])
    else {
        return;
    };
    assert_eq!((step.status, step.output("status")), (1, "1"), "{}", step.out);
    assert!(step.out.contains("::error title=contoso.com mx%3A mx-at-source::"), "{}", step.out);
    assert!(
        step.summary.contains("contoso.com") && step.summary.contains("fabrikam.com"),
        "{}",
        step.summary
    );
    let json: Value = serde_json::from_str(&read(step.output("json"))).unwrap();
    assert_eq!(json["summary"]["domains"], 2);
    serde_json::from_str::<serde_sarif::sarif::Sarif>(&read(step.output("sarif"))).unwrap();
    let junit = read(step.output("junit"));
    assert!(roxmltree::Document::parse(&junit).unwrap().root_element().has_tag_name("testsuites"));
    assert_eq!(read(step.output("markdown")), step.summary);
    // The same with a phase in which it is right, and with verdicts that do not fail.
    let more = [("CUTOVER", binary), ("DOMAINS", "contoso.com fabrikam.com"), ("ARGS", zones.as_str())];
    let calm =
        run("check", &workspace, &[&more[..], &[("FAIL_ON", "waiting,undetermined")]].concat()).unwrap();
    assert_eq!((calm.status, calm.output("status")), (0, "0"), "{}", calm.out);
    let early = run("check", &workspace, &[&more[..], &[("PHASE", "prepare")]].concat()).unwrap();
    let json: Value = serde_json::from_str(&read(early.output("json"))).unwrap();
    assert_eq!(json["phase"], "prepare");
    // Domains and options from settings alone.
    let zones = [&left, &done].map(|file| format!("{file:?}")).join(", ");
    let settings = format!("[defaults]\nzone = [{zones}]\n[[domain]]\nname = \"fabrikam.com\"\n");
    let settings = workspace.put("settings.toml", settings);
    let set = run("check", &workspace, &[("CUTOVER", binary), ("SETTINGS", &settings)]).unwrap();
    assert_eq!((set.status, set.output("status")), (0, "0"), "{}", set.out);
}

fn read(path: &str) -> String {
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn what_an_input_says_is_never_a_command() {
    let workspace = Workspace::new();
    let left = workspace.put("contoso.com.zone", at_source("contoso.com"));
    let binary = env!("CARGO_BIN_EXE_cutover");
    let owned = workspace.path("owned");
    for name in ["DOMAINS", "ARGS", "PHASE", "FAIL_ON", "DOMAINS_FILE", "SETTINGS"] {
        for hostile in ["$(touch owned)", "`touch owned`", "; touch owned;", "\"; touch owned; \"", "*"] {
            let zone = ["--zone", &left].join(" ");
            let mut given = vec![("CUTOVER", binary), ("DOMAINS", "contoso.com"), ("ARGS", &zone)];
            given.retain(|(key, _)| *key != name);
            given.push((name, hostile));
            let Some(step) = run("check", &workspace, &given) else { return };
            assert!(!owned.exists(), "{name}: {hostile}");
            assert_ne!(step.status, 0, "{name}: {hostile}: {}", step.out);
        }
    }
    // What looks like an option is a domain, and is refused as one.
    let step = run("check", &workspace, &[("CUTOVER", binary), ("DOMAINS", "--version")]).unwrap();
    assert_eq!((step.status, step.output("status")), (2, "2"), "{}", step.out);
    assert_eq!(step.summary, "");
}

#[test]
fn a_binary_that_is_there_is_used_and_a_download_is_verified() {
    let workspace = Workspace::new();
    let binary = env!("CARGO_BIN_EXE_cutover");
    let Some(step) = run("binary", &workspace, &[("GIVEN", binary)]) else { return };
    assert_eq!((step.status, step.output("path")), (0, binary), "{}", step.out);
    let unknown = run("binary", &workspace, &[("VERSION", "latest"), ("SYSTEM", "Plan9-X64")]).unwrap();
    assert!(unknown.status == 2 && unknown.out.contains("version: source"), "{}", unknown.out);
    // A release made by hand, fetched by a stand-in for curl.
    let packed = workspace.path("packed");
    std::fs::create_dir_all(&packed).unwrap();
    let script = "#!/bin/sh\necho cutover 9.9.9\n";
    let program = packed.join("cutover");
    std::fs::write(&program, script).unwrap();
    let archive = "cutover-x86_64-unknown-linux-musl.tar.gz";
    let made = Command::new("bash")
        .args([
            "-ec",
            "chmod +x cutover; tar -czf \"$1\" ./cutover; sha256sum \"$1\" >SHA256SUMS",
            "-",
            archive,
        ])
        .current_dir(&packed)
        .status()
        .unwrap();
    assert!(made.success());
    let tools = workspace.path("tools");
    std::fs::create_dir_all(&tools).unwrap();
    for (name, script) in [("curl", CURL), ("gh", GH)] {
        std::fs::write(tools.join(name), script).unwrap();
        assert!(Command::new("chmod").arg("+x").arg(tools.join(name)).status().unwrap().success());
    }
    let search = format!("{}:{}", tools.display(), std::env::var("PATH").unwrap());
    let release = packed.to_str().unwrap();
    let given = [
        ("VERSION", "v9.9.9"),
        ("ATTESTATION", "required"),
        ("TOKEN", "secret"),
        ("REPOSITORY", "contoso/cutover"),
        ("SYSTEM", "Linux-X64"),
        ("PATH", search.as_str()),
        ("RELEASE", release),
    ];
    let step = run("binary", &workspace, &given).unwrap();
    assert_eq!(step.status, 0, "{}", step.out);
    assert!(
        step.out.contains("cutover 9.9.9") && Path::new(step.output("path")).ends_with("cutover/cutover")
    );
    let place = "https://github.com/contoso/cutover/releases/download/v9.9.9/";
    for file in [archive, "SHA256SUMS"] {
        assert!(step.out.contains(&format!("asked for {place}{file}")), "{}", step.out);
    }
    let latest = run("binary", &workspace, &[&given[1..], &[("VERSION", "latest")]].concat()).unwrap();
    assert!(latest.out.contains("/releases/latest/download/SHA256SUMS"), "{}", latest.out);
    assert!(step.out.contains(&format!(
        "verified with secret: attestation verify {archive} --repo contoso/cutover --signer-workflow \
         contoso/cutover/.github/workflows/release.yml"
    )));
    // Who pins the action has pinned the program.
    let tree = super::path("");
    let tree = tree.to_str().unwrap();
    let own = run("binary", &workspace, &[&given[1..], &[("VERSION", ""), ("TREE", tree)]].concat()).unwrap();
    let place = format!("/releases/download/v{}/SHA256SUMS", env!("CARGO_PKG_VERSION"));
    assert!(own.out.contains(&place), "{}", own.out);
    // What is not attested is not unpacked, unless nobody asks.
    let forged = run("binary", &workspace, &[&given[..], &[("FORGED", "yes")]].concat()).unwrap();
    assert!(forged.status != 0 && forged.outputs.is_empty(), "{}", forged.out);
    assert!(!forged.out.contains("cutover 9.9.9"), "{}", forged.out);
    for (word, status) in [("none", 0), ("", 2), ("requierd", 2)] {
        let more = [("FORGED", "yes"), ("ATTESTATION", word)];
        let step = run("binary", &workspace, &[&given[..], &more].concat()).unwrap();
        assert_eq!(step.status, status, "{word}: {}", step.out);
    }
    // One octet more in the archive, or no line for it: nothing is unpacked, nothing is run.
    std::fs::write(&program, "changed").unwrap();
    for spoil in ["echo >>\"$1\"", "sed -i s/cutover-/other-/ SHA256SUMS"] {
        let spoiled = Command::new("bash").args(["-ec", spoil, "-", archive]).current_dir(&packed).status();
        assert!(spoiled.unwrap().success());
        let step = run("binary", &workspace, &given).unwrap();
        assert!(step.status != 0 && step.outputs.is_empty(), "{spoil}: {}", step.out);
        assert!(!step.out.contains("cutover 9.9.9"), "{spoil}: {}", step.out);
    }
}

/// Says what it was asked to verify, and fails if it is told to.
const GH: &str = r#"#!/usr/bin/env bash
echo "verified with $GH_TOKEN: $*"
[ -z "$FORGED" ]
"#;

/// Takes a file of the release from a directory, and says what it was asked for.
const CURL: &str = r#"#!/usr/bin/env bash
for word in "$@"; do
  case $last in -o) file=$word ;; esac
  last=$word
done
echo "asked for $last"
cp "$RELEASE/$file" "$file"
"#;

#[test]
fn sources_are_built_from_the_tree_of_the_action() {
    let text = text(ACTION);
    assert!(text.contains("cargo install --locked --path \"$TREE\""));
    // Three steps up from the action is the tree.
    let tree = super::path(".github/actions/check/../../..").canonicalize().unwrap();
    assert!(tree.join("Cargo.toml").exists());
}
