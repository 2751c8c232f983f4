//! Will what runs the program by the clock run it, and with no more rights than it needs?

use std::collections::BTreeSet;
use std::process::Command;

use super::{text, word, yaml};

const SERVICE: &str = ".github/examples/cutover.service";
const TIMER: &str = ".github/examples/cutover.timer";

/// Sections and keys that a unit may have here; all are older than systemd 250.
const KEYS: [(&str, &[&str]); 5] = [
    ("Unit", &["After", "Description", "Documentation", "Requires", "Wants"]),
    (
        "Service",
        &[
            "CapabilityBoundingSet",
            "DynamicUser",
            "EnvironmentFile",
            "ExecReload",
            "ExecStart",
            "LockPersonality",
            "MemoryDenyWriteExecute",
            "MemoryMax",
            "NoNewPrivileges",
            "PrivateDevices",
            "PrivateTmp",
            "PrivateUsers",
            "ProcSubset",
            "ProtectClock",
            "ProtectControlGroups",
            "ProtectHome",
            "ProtectHostname",
            "ProtectKernelLogs",
            "ProtectKernelModules",
            "ProtectKernelTunables",
            "ProtectProc",
            "ProtectSystem",
            "ReadWritePaths",
            "Restart",
            "RestrictAddressFamilies",
            "RestrictNamespaces",
            "RestrictRealtime",
            "RestrictSUIDSGID",
            "StateDirectory",
            "StateDirectoryMode",
            "SuccessExitStatus",
            "SystemCallArchitectures",
            "SystemCallErrorNumber",
            "SystemCallFilter",
            "TimeoutStartSec",
            "TimeoutStopSec",
            "Type",
            "UMask",
            "User",
        ],
    ),
    ("Socket", &["ListenStream"]),
    ("Timer", &["OnCalendar", "Persistent", "RandomizedDelaySec"]),
    ("Install", &["WantedBy"]),
];

/// Section, key and value of each line.
pub fn entries(unit: &str) -> Vec<(String, String, String)> {
    let mut section = String::new();
    let mut entries = Vec::new();
    let joined = unit.replace("\\\n", " ");
    for line in joined.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            section = name.to_owned();
        } else {
            let (key, value) = line.split_once('=').unwrap_or_else(|| panic!("{line}"));
            entries.push((section.clone(), key.to_owned(), value.to_owned()));
        }
    }
    entries
}

#[test]
fn units_have_known_keys_in_the_right_sections() {
    for name in [SERVICE, TIMER, super::server::SERVICE, super::server::SOCKET] {
        for (section, key, _) in entries(&text(name)) {
            let known = KEYS.iter().find(|(known, _)| *known == section).map(|(_, keys)| *keys);
            assert!(known.is_some_and(|keys| keys.contains(&key.as_str())), "{name}: [{section}] {key}");
        }
    }
    let service = entries(&text(SERVICE));
    let value =
        |wanted: &str| service.iter().find(|(_, key, _)| key == wanted).map(|(.., value)| value.as_str());
    assert_eq!((value("Type"), value("NoNewPrivileges")), (Some("oneshot"), Some("yes")));
    // Every verdict but `ready`, which is 0; wrong usage stays a failure.
    let statuses: BTreeSet<&str> = value("SuccessExitStatus").unwrap().split(' ').collect();
    assert_eq!(statuses, BTreeSet::from(["1", "3", "4"]));
    // Where the program writes, the unit may write.
    let command = value("ExecStart").unwrap();
    let metrics = command.split_once("--output prometheus=").unwrap().1.split(' ').next().unwrap();
    assert!(metrics.starts_with(value("ReadWritePaths").unwrap()) && metrics.ends_with(".prom"), "{command}");
    let history = command.split_once("--history ").unwrap().1;
    assert!(history.starts_with(&format!("/var/lib/{}/", value("StateDirectory").unwrap())), "{command}");
}

#[test]
fn systemd_takes_the_units() {
    let directory = tempfile::tempdir().unwrap();
    // It looks for the program as well.
    let service = text(SERVICE).replace("/usr/local/bin/cutover", env!("CARGO_BIN_EXE_cutover"));
    let verify = |name: &str, unit: &str| {
        let file = directory.path().join(name);
        std::fs::write(&file, unit).unwrap();
        let output = Command::new("systemd-analyze").args(["verify", "--man=no"]).arg(&file).output();
        let output = output.ok().filter(|output| !says_nothing_of_units(&output.stderr))?;
        Some(String::from_utf8(output.stderr).unwrap())
    };
    // Where it cannot be asked, the keys above are what is held.
    let Some(said) = verify("cutover.service", &service) else { return };
    assert_eq!(said, "");
    assert_eq!(verify("cutover.timer", &text(TIMER)), Some(String::new()));
    let wrong = service.replace("User=", "Usr=");
    assert!(verify("wrong.service", &wrong).is_some_and(|said| said.contains("Usr")));
}

/// Whether it failed before it read a unit, as it may in a container without the directories of a system.
fn says_nothing_of_units(stderr: &[u8]) -> bool {
    let said = String::from_utf8_lossy(stderr);
    !said.is_empty() && !said.contains(".service") && !said.contains(".timer")
}

#[test]
fn a_cron_job_of_a_cluster_has_no_rights_to_lose() {
    let job = yaml(".github/examples/cronjob.yaml");
    assert_eq!((&job["apiVersion"], &job["kind"]), (&"batch/v1".into(), &"CronJob".into()));
    assert!(is_schedule(word(&job["spec"]["schedule"], "schedule")));
    assert_eq!(job["spec"]["concurrencyPolicy"], "Forbid");
    let pod = &job["spec"]["jobTemplate"]["spec"]["template"]["spec"];
    assert_eq!(
        (&pod["restartPolicy"], &pod["automountServiceAccountToken"]),
        (&"Never".into(), &false.into())
    );
    let user = &pod["securityContext"];
    assert_eq!((&user["runAsNonRoot"], &user["runAsUser"]), (&true.into(), &65532.into()));
    assert_eq!(user["seccompProfile"]["type"], "RuntimeDefault");
    let container = &pod["containers"][0];
    let rights = &container["securityContext"];
    assert_eq!(rights["allowPrivilegeEscalation"], false);
    assert_eq!(rights["readOnlyRootFilesystem"], true);
    assert_eq!(rights["capabilities"]["drop"], serde_json::json!(["ALL"]));
    assert!(word(&container["image"], "image").ends_with(concat!(":", env!("CARGO_PKG_VERSION"))));
}

#[test]
fn schedules_of_ci_systems_are_schedules() {
    for name in ["github-actions.yml", "github-shards.yml", "azure-pipelines.yml"] {
        let file = yaml(&format!(".github/examples/{name}"));
        let crons = super::values(&file, "cron");
        assert!(!crons.is_empty() && crons.iter().all(|cron| is_schedule(word(cron, name))), "{name}");
    }
    assert!(!is_schedule("* * * *") && !is_schedule("61 * * * *") && !is_schedule("x * * * *"));
}

/// Five fields, each a star or a number in range: more is not needed here.
fn is_schedule(text: &str) -> bool {
    let fields: Vec<&str> = text.split(' ').collect();
    let limits = [59, 23, 31, 12, 7];
    fields.len() == limits.len()
        && fields
            .iter()
            .zip(limits)
            .all(|(field, limit)| *field == "*" || field.parse::<u32>().is_ok_and(|number| number <= limit))
}

#[test]
fn pipelines_hand_over_what_they_say() {
    let gitlab = yaml(".github/examples/gitlab-ci.yml");
    let job = &gitlab["mail-move"];
    let script = word(&job["script"][0], "script");
    let report = word(&job["artifacts"]["reports"]["junit"], "junit");
    assert!(script.contains(&format!("--output junit={report}")), "{script}");
    assert_eq!(
        (&job["artifacts"]["when"], &job["allow_failure"]["exit_codes"][0]),
        (&"always".into(), &4.into())
    );
    for line in job["before_script"].as_array().unwrap() {
        super::grammar(word(line, "line")).unwrap();
    }
    let azure = yaml(".github/examples/azure-pipelines.yml");
    let steps = azure["steps"].as_array().unwrap();
    let publish = steps.iter().find(|step| step["task"] == "PublishTestResults@2").unwrap();
    assert_eq!(publish["condition"], "succeededOrFailed()");
    let files = word(&publish["inputs"]["testResultsFiles"], "files");
    let scripts: Vec<&str> = steps.iter().filter_map(|step| step["bash"].as_str()).collect();
    assert!(scripts.iter().any(|script| script.contains(&format!("--output junit={files}"))), "{scripts:?}");
    scripts.iter().for_each(|script| super::grammar(script).unwrap());
}
