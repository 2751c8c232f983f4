//! Do the jobs of the examples, each in a process of its own, tell together what one run tells?
#![cfg(unix)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;

use super::{grammar, text, values, word, yaml};
use crate::cli::{at_source, killed_in_a_line, zone};
use crate::end_to_end::bounded::{find, skip};
use crate::run::{Workspace, program};

const JOB: &str = ".github/examples/shards-job.yaml";
const REPORT: &str = ".github/examples/shards-report-job.yaml";
const MATRIX: &str = ".github/examples/github-shards.yml";
const SCRIPT: &str = ".github/examples/shards.sh";

/// A directory as the jobs find it, with a list of so many domains. The settings in it answer in place of the network.
fn workspace(count: usize) -> Workspace {
    let workspace = Workspace::new();
    let names: Vec<String> = (0..count).map(|number| format!("customer-{number}.example")).collect();
    let zones = names.iter().enumerate().map(|(index, name)| match is_moved(index) {
        true => zone(name, &[]),
        false => at_source(name),
    });
    workspace.put("all.zone", zones.collect::<String>());
    workspace.put("cutover.toml", "[defaults]\nzone = \"all.zone\"\n");
    for folder in ["list", "results", "bin"] {
        std::fs::create_dir(workspace.path(folder)).unwrap();
    }
    let list = names.iter().map(|name| format!("{name} tenant=contoso\n")).collect::<String>();
    workspace.put("list/domains.txt", &list);
    workspace.put("domains.txt", &list);
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_cutover"), workspace.path("bin/cutover")).unwrap();
    workspace
}

/// Whether the list has this domain in the state after the move.
fn is_moved(index: usize) -> bool {
    index % 5 != 2
}

/// The program in that directory.
fn cutover(workspace: &Workspace, words: &[String]) -> Command {
    program(&words.join(" "), &workspace.path(""))
}

/// A script in that directory, as a runner starts it; `None` where there is no bash.
fn bash(workspace: &Workspace, script: &str, environment: &[(&str, &str)]) -> Option<Output> {
    let mut path = vec![workspace.path("bin")];
    path.extend(
        std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()).collect::<Vec<PathBuf>>(),
    );
    let mut bash = Command::new("bash");
    // A function of that name would stand in front of the program.
    bash.env_remove("BASH_FUNC_cutover%%");
    let bash = bash.args(["-e", "-o", "pipefail", "-c", script]).current_dir(workspace.path(""));
    let bash = bash.env("PATH", std::env::join_paths(path).unwrap()).envs(environment.iter().copied());
    bash.stdin(Stdio::null()).output().ok()
}

/// The domains of a report without the time of each check.
fn domains(output: &Output) -> Vec<Value> {
    let error = || String::from_utf8_lossy(&output.stderr).into_owned();
    let report: Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|why| panic!("{why}: {}", error()));
    let mut domains = report["domains"].as_array().unwrap().clone();
    for domain in &mut domains {
        domain.as_object_mut().unwrap().remove("checked_at");
    }
    domains
}

/// Law 10: the report of these words is that of one run over the list.
fn assert_whole(workspace: &Workspace, report: &[String], count: usize) {
    let json = |words: &[String]| {
        let words: Vec<String> = words.iter().cloned().chain(["--format".into(), "json".into()]).collect();
        cutover(workspace, &words).output().unwrap()
    };
    let one = json(&["check", "--domains", "domains.txt"].map(str::to_owned));
    let together = json(report);
    assert_eq!(domains(&one).len(), count);
    assert!(domains(&one) == domains(&together), "{}", String::from_utf8_lossy(&together.stderr));
    assert_eq!((one.status.code(), together.status.code()), (Some(1), Some(1)));
}

/// The arguments of a container as the kubelet expands them.
fn arguments(container: &Value, index: usize) -> Vec<String> {
    let words = container["args"].as_array().unwrap().iter().map(|argument| word(argument, "argument"));
    words.map(|word| word.replace("$(JOB_COMPLETION_INDEX)", &index.to_string())).collect()
}

fn job() -> Value {
    let list = yaml(JOB);
    let items = list["items"].as_array().unwrap();
    items.iter().find(|item| item["kind"] == "Job").unwrap().clone()
}

#[test]
fn the_pods_of_an_indexed_job_tell_what_one_run_tells() {
    const COUNT: usize = 60;
    let workspace = workspace(COUNT);
    let job = job();
    let container = &job["spec"]["template"]["spec"]["containers"][0];
    let completions = usize::try_from(job["spec"]["completions"].as_u64().unwrap()).unwrap();
    let start = |index: usize, more: &[&str]| -> Child {
        let mut words = arguments(container, index);
        words.extend(more.iter().map(|word| (*word).to_owned()));
        cutover(&workspace, &words).env("JOB_COMPLETION_INDEX", index.to_string()).spawn().unwrap()
    };
    // One pod is killed while it works: nobody reads the pipe, so it cannot end by itself.
    assert!(Command::new("mkfifo").arg(workspace.path("pipe")).status().unwrap().success());
    let mut killed = start(3, &["--output", "csv=pipe"]);
    let begun = || {
        let entries = std::fs::read_dir(workspace.path("results")).unwrap();
        entries.count() > 0
    };
    for _ in 0..2000 {
        if begun() {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(begun());
    let pods: Vec<Child> =
        (0..completions).filter(|index| *index != 3).map(|index| start(index, &[])).collect();
    killed.kill().unwrap();
    assert!(!killed.wait().unwrap().success());
    assert!(!workspace.path("results/3.ndjson").exists());
    for pod in pods.into_iter().chain([start(3, &[])]) {
        let output = pod.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    // A pod that is started once more has nothing left to check.
    let again = start(3, &[]).wait_with_output().unwrap();
    assert!(again.status.success() && String::from_utf8_lossy(&again.stderr).contains("earlier report"));
    let report = arguments(&yaml(REPORT)["spec"]["template"]["spec"]["containers"][0], 0);
    assert_whole(&workspace, &report, COUNT);
    assert!(workspace.path("results/report.csv").exists());
}

#[test]
fn the_manifests_fit_each_other() {
    let (job, report) = (job(), yaml(REPORT));
    let spec = &job["spec"];
    assert_eq!(
        (&spec["completionMode"], &spec["template"]["spec"]["restartPolicy"]),
        (&"Indexed".into(), &"OnFailure".into())
    );
    let completions = spec["completions"].as_u64().unwrap();
    let shards: Vec<String> = (0..completions).map(|index| format!("results/{index}.ndjson")).collect();
    let words = arguments(&report["spec"]["template"]["spec"]["containers"][0], 0);
    let read: Vec<String> = words.into_iter().filter(|word| word.ends_with(".ndjson")).collect();
    assert_eq!(read, shards);
    let parts = arguments(&spec["template"]["spec"]["containers"][0], 0);
    assert!(parts.contains(&format!("0+1/{completions}")), "{parts:?}");
    let claims = |manifest: &Value| -> Vec<Value> {
        values(manifest, "claimName").into_iter().chain(values(manifest, "configMap")).cloned().collect()
    };
    assert_eq!(claims(&job), claims(&report));
    for pod in [&spec["template"]["spec"], &report["spec"]["template"]["spec"]] {
        let names = |list: &Value| -> BTreeSet<String> {
            list.as_array().unwrap().iter().map(|one| word(&one["name"], "name").to_owned()).collect()
        };
        let container = &pod["containers"][0];
        assert_eq!(names(&pod["volumes"]), names(&container["volumeMounts"]));
        assert_eq!(container["securityContext"]["readOnlyRootFilesystem"], true);
        assert_eq!(pod["securityContext"]["runAsUser"], 65532);
        // The image has no shell, and its program is what is started.
        assert!(container["command"].is_null());
        assert!(word(&container["image"], "image").ends_with(concat!(":", env!("CARGO_PKG_VERSION"))));
    }
}

#[test]
fn the_jobs_of_a_matrix_tell_what_one_run_tells() {
    const COUNT: usize = 40;
    let workspace = workspace(COUNT);
    let workflow = yaml(MATRIX);
    let check = &workflow["jobs"]["check"];
    assert_eq!(workflow["jobs"]["report"]["needs"], "check");
    assert_eq!(check["env"]["SHARD"], "${{ matrix.shard }}");
    let script = |job: &Value, name: &str| {
        let steps = job["steps"].as_array().unwrap();
        word(&steps.iter().find(|step| step["name"] == name).unwrap()["run"], "run").to_owned()
    };
    for script in values(&workflow, "run") {
        grammar(word(script, "run")).unwrap();
    }
    // A part that was ended left half of a file, and is started again.
    workspace.put("shard-2.ndjson", "{\"schema_version\":1,\"doma");
    let shards = check["strategy"]["matrix"]["shard"].as_array().unwrap();
    for shard in shards {
        let shard = shard.to_string();
        let Some(output) = bash(&workspace, &script(check, "Check"), &[("SHARD", &shard)]) else { return };
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let summary = workspace.free("summary.md");
    let output = bash(
        &workspace,
        &script(&workflow["jobs"]["report"], "Report"),
        &[("GITHUB_STEP_SUMMARY", &summary)],
    );
    assert_eq!(output.unwrap().status.code(), Some(1));
    assert!(std::fs::read_to_string(&summary).unwrap().contains("customer-39.example"));
    let files = (1..=shards.len()).map(|shard| format!("shard-{shard}.ndjson"));
    let words = ["report".to_owned()].into_iter().chain(files);
    let words: Vec<String> = words.chain(["--domains", "domains.txt"].map(str::to_owned)).collect();
    assert_whole(&workspace, &words, COUNT);
}

/// As much of GNU parallel as the script needs.
const PARALLEL: &str = "#!/usr/bin/env bash\nwhile [[ $1 == --* ]]; do shift 2; done\ncommand=$1\nshift 2\n\
    for part; do \"$command\" \"$part\" & done\nfor job in $(jobs -p); do wait \"$job\"; done\n";

#[test]
fn the_parts_of_a_script_tell_what_one_run_tells() {
    const COUNT: usize = 240;
    let workspace = workspace(COUNT);
    let script = text(SCRIPT);
    grammar(&script).unwrap();
    workspace.put("bin/parallel", PARALLEL);
    assert!(Command::new("chmod").arg("+x").arg(workspace.path("bin/parallel")).status().unwrap().success());
    // One part was killed in the middle of a line.
    let words = "check --domains domains.txt --shard 3/8 --format ndjson --fail-on none";
    let written = killed_in_a_line(words, &workspace.path(""));
    workspace.put("results/3.ndjson", &written);
    let Some(output) = bash(&workspace, &script, &[]) else { return };
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8_lossy(&output.stderr).contains("earlier report"));
    assert_whole(&workspace, &report_of_parts(), COUNT);
}

/// The report of the results of the script.
fn report_of_parts() -> Vec<String> {
    let files = (1..=8).map(|part| format!("results/{part}.ndjson"));
    let words = ["report".to_owned()].into_iter().chain(files);
    words.chain(["--domains", "domains.txt"].map(str::to_owned)).collect()
}

#[test]
fn gnu_parallel_really_runs_the_script() {
    const COUNT: usize = 5_000;
    let Some(parallel) = find("CUTOVER_PARALLEL", &["parallel"]) else {
        return skip("GNU parallel is not installed");
    };
    let workspace = workspace(COUNT);
    if parallel.is_absolute() {
        std::os::unix::fs::symlink(parallel, workspace.path("bin/parallel")).unwrap();
    }
    let output = bash(&workspace, &text(SCRIPT), &[]).unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    // The machine goes down while a part writes; the script goes on there.
    let lines = std::fs::read_to_string(workspace.path("results/5.ndjson")).unwrap();
    let (half, _) = lines.split_at(lines.len() / 2);
    workspace.put("results/5.ndjson", half);
    let output = bash(&workspace, &text(SCRIPT), &[]).unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    let report = std::fs::read_to_string(workspace.path("report.csv")).unwrap();
    let verdicts: BTreeMap<&str, &str> = report
        .lines()
        .filter(|line| line.starts_with("customer-"))
        .map(|line| {
            let mut fields = line.split(',');
            (fields.next().unwrap(), fields.next().unwrap())
        })
        .collect();
    assert_eq!(verdicts.len(), COUNT);
    for (index, name) in (0..COUNT).map(|number| (number, format!("customer-{number}.example"))) {
        let expected = if is_moved(index) { "ready" } else { "changes-needed" };
        assert_eq!(verdicts[name.as_str()], expected, "{name}");
    }
}
