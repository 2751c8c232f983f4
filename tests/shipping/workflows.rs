//! Can a workflow do only what it must, and does it build what the rest promises?

use serde_json::Value;

use super::{files, grammar, rust_version, text, values, word, yaml};

/// Majors of the actions that may be used. All are GitHub's own; whoever raises one reads its changes first.
const ACTIONS: [&str; 4] = [
    "actions/attest-build-provenance@v3",
    "actions/checkout@v6",
    "actions/download-artifact@v7",
    "actions/upload-artifact@v6",
];

fn workflows() -> Vec<(String, Value)> {
    files(".github/workflows").into_iter().map(|name| (name.clone(), yaml(&name))).collect()
}

fn jobs(workflow: &Value) -> Vec<(&String, &Value)> {
    workflow["jobs"].as_object().unwrap().iter().collect()
}

#[test]
fn jobs_say_what_they_may_do() {
    let mut writers = Vec::new();
    for (name, workflow) in workflows() {
        // What a job does not say is what the workflow says, which is nothing or reading.
        let most = workflow["permissions"].as_object().unwrap();
        assert!(most.values().all(|value| value == "read"), "{name}: {most:?}");
        for (job, value) in jobs(&workflow) {
            let permissions = value["permissions"].as_object().unwrap_or_else(|| panic!("{name}: {job}"));
            let written = permissions.iter().filter(|(_, value)| *value == "write");
            writers.extend(written.map(|(scope, _)| format!("{job} {scope}")));
            assert!(value["timeout-minutes"].is_u64(), "{name}: {job} has no limit");
        }
    }
    writers.sort();
    let expected = [
        "images attestations",
        "images id-token",
        "images packages",
        "publish attestations",
        "publish contents",
        "publish id-token",
    ];
    assert_eq!(writers, expected);
}

/// Compilers, build scripts and packages run code of others; what may write only moves files.
#[test]
fn jobs_that_may_write_run_no_code_of_others() {
    let mut count = 0;
    for (name, workflow) in workflows() {
        for (job, value) in jobs(&workflow) {
            let permissions = value["permissions"].as_object().unwrap();
            if !permissions.values().any(|value| value == "write") {
                continue;
            }
            count += 1;
            for step in value["steps"].as_array().unwrap() {
                let action = step["uses"].as_str().unwrap_or_default();
                assert!(!action.starts_with("actions/checkout@"), "{name}: {job} has the sources");
                let script = step["run"].as_str().unwrap_or_default();
                for word in
                    ["cargo", "rustup", "docker build ", "docker run", "npm ", "pip ", "curl ", "apt-get"]
                {
                    assert!(!script.contains(word), "{name}: {job} runs {word}");
                }
            }
        }
    }
    assert_eq!(count, 2);
}

#[test]
fn an_image_is_built_on_a_digest_and_attested_by_its_own() {
    let release = yaml(".github/workflows/release.yml");
    let script = |job: &str| -> String {
        let steps = release["jobs"][job]["steps"].as_array().unwrap();
        steps.iter().filter_map(|step| step["run"].as_str()).collect()
    };
    assert!(script("image").contains("--build-arg \"RUST=${base%:*}@$digest\""));
    assert!(script("publish").contains("base-images.txt"));
    let pushed = script("images");
    assert!(pushed.contains("parts+=(\"$name@$digest\")") && pushed.contains(">>\"$GITHUB_STEP_SUMMARY\""));
    let steps = release["jobs"]["images"]["steps"].as_array().unwrap();
    let attest = steps.last().unwrap();
    assert_eq!(attest["uses"], "actions/attest-build-provenance@v3");
    assert_eq!(attest["with"]["subject-digest"], "${{ steps.push.outputs.digest }}");
    assert_eq!(attest["with"]["push-to-registry"], true);
}

#[test]
fn scripts_hold_no_expression_and_are_scripts() {
    let mut count = 0;
    for (name, workflow) in workflows() {
        for step in values(&workflow, "steps").into_iter().flat_map(|steps| steps.as_array().unwrap()) {
            let Some(script) = step.get("run") else { continue };
            let script = word(script, &name);
            assert_eq!(step["shell"], "bash", "{name}: {script}");
            assert!(!script.contains("${{"), "{name}: an expression in a script is code: {script}");
            grammar(script).unwrap_or_else(|error| panic!("{name}: {error}\n{script}"));
            count += 1;
        }
    }
    assert!(count >= 8, "{count} scripts");
}

#[test]
fn only_these_actions_are_used_and_credentials_do_not_stay() {
    for (name, workflow) in workflows() {
        for step in values(&workflow, "steps").into_iter().flat_map(|steps| steps.as_array().unwrap()) {
            let Some(action) = step.get("uses") else { continue };
            let action = word(action, &name);
            assert!(ACTIONS.contains(&action), "{name}: {action}");
            if action.starts_with("actions/checkout@") {
                assert_eq!(step["with"]["persist-credentials"], false, "{name}");
            }
        }
    }
}

#[test]
fn the_judge_is_the_script_that_everybody_runs() {
    let workflow = yaml(".github/workflows/ci.yml");
    let judge = &workflow["jobs"]["judge"];
    assert_eq!(judge["steps"][1]["run"], ".ci/run");
    let image = format!("docker.io/library/rust:{}-bookworm", rust_version());
    assert_eq!(judge["container"], image, "the oldest Rust that is promised judges");
    for name in files(".github/workflows") {
        let text = text(&name);
        for line in text.lines().filter(|line| line.contains("rustup")) {
            assert!(line.contains(&format!(" {}", rust_version())), "{name}: {line}");
        }
        let builds = text.lines().filter(|line| line.contains("cargo ") && !line.contains("cargo cyclonedx"));
        for line in builds.filter(|line| !line.trim_start().starts_with('#')) {
            assert!(line.contains("--locked"), "{name}: {line}");
        }
    }
}

#[test]
fn a_release_has_every_file_that_is_fetched() {
    let release = yaml(".github/workflows/release.yml");
    assert_eq!(release["on"]["push"]["tags"][0], "v*");
    let matrix = release["jobs"]["build"]["strategy"]["matrix"]["include"].as_array().unwrap();
    let archives: Vec<String> = matrix
        .iter()
        .map(|row| {
            let target = word(&row["target"], "target");
            let end = if target.contains("windows") { "zip" } else { "tar.gz" };
            format!("cutover-{target}.{end}")
        })
        .collect();
    assert_eq!(archives.len(), 5);
    let action = text(".github/actions/check/action.yml");
    let fetched: Vec<&str> = action
        .lines()
        .filter_map(|line| line.split_once("archive=cutover-"))
        .collect::<Vec<_>>()
        .into_iter()
        .map(|(_, rest)| rest.trim_end_matches(" ;;"))
        .collect();
    assert_eq!(fetched.len(), archives.len());
    for name in &fetched {
        assert!(archives.contains(&format!("cutover-{name}")), "{name}");
    }
    for name in ["gitlab-ci.yml", "azure-pipelines.yml", "github-shards.yml"] {
        let name = &format!(".github/examples/{name}");
        assert!(text(name).contains(&archives[0]) && text(name).contains("SHA256SUMS"), "{name}");
    }
    // What is said of the files is made before they are published, of all of them.
    let script = text(".github/workflows/release.yml");
    let places =
        ["cargo cyclonedx", "sha256sum -- *", "actions/attest-build-provenance", "gh release create"];
    let places: Vec<usize> = places.iter().map(|part| script.find(part).unwrap()).collect();
    assert!(places.is_sorted(), "{places:?}");
}
