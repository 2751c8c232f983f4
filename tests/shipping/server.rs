//! Do the unit, the image and the Deployment of the server start it as it has to be started, and with few rights?

use std::collections::BTreeMap;

use cutover::cli::accepts;
use serde_json::Value;

use super::schedule::entries;
use super::{text, values, word, yaml};

pub const SERVICE: &str = ".github/examples/cutover-serve.service";
pub const SOCKET: &str = ".github/examples/cutover-serve.socket";
const CONTAINERFILE: &str = ".github/examples/serve.Containerfile";
const DEPLOYMENT: &str = ".github/examples/serve-deployment.yaml";

/// The words of a list in JSON.
fn words(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|argument| word(argument, "argument")).collect()
}

/// The value behind an option.
fn option<'a>(words: &[&'a str], name: &str) -> &'a str {
    let at = words.iter().position(|word| *word == name).unwrap_or_else(|| panic!("{name}: {words:?}"));
    words[at + 1]
}

#[test]
fn the_unit_is_ready_when_the_server_is_and_may_write_only_its_state() {
    let entries = entries(&text(SERVICE));
    let units: BTreeMap<&str, &str> =
        entries.iter().map(|(_, key, value)| (key.as_str(), value.as_str())).collect();
    for (key, value) in [
        ("Type", "notify"),
        ("DynamicUser", "yes"),
        ("NoNewPrivileges", "yes"),
        ("CapabilityBoundingSet", ""),
        ("ProtectSystem", "strict"),
        ("MemoryDenyWriteExecute", "yes"),
        ("ExecReload", "kill -HUP $MAINPID"),
    ] {
        assert_eq!(units.get(key), Some(&value), "{key}");
    }
    assert!(!units.contains_key("ReadWritePaths"));
    let command: Vec<&str> = units["ExecStart"].split_whitespace().collect();
    let state = format!("/var/lib/{}/", units["StateDirectory"]);
    assert!(option(&command, "--database").starts_with(&state), "{command:?}");
    // The server needs 5 seconds at most to end.
    assert_eq!(units["TimeoutStopSec"], "10s");
    let socket = super::schedule::entries(&text(SOCKET));
    let listen = socket.iter().find(|(_, key, _)| key == "ListenStream").unwrap();
    assert_eq!(listen.2, "127.0.0.1:8053", "the default of --listen");
    assert!(units["Requires"] == "cutover-serve.socket" && units["After"].contains("cutover-serve.socket"));
}

#[test]
fn the_image_for_docker_has_an_ordinary_user_and_a_health_check() {
    let text = text(CONTAINERFILE).replace("\\\n", " ");
    let instructions: Vec<(&str, &str)> = text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| line.split_once(' ').unwrap())
        .collect();
    let of = |name: &str| -> Vec<&str> {
        instructions.iter().filter(|(word, _)| *word == name).map(|(_, rest)| *rest).collect()
    };
    assert_eq!(of("USER"), ["65532:65532"]);
    let image = concat!("ghcr.io/OWNER/cutover:", env!("CARGO_PKG_VERSION"), " AS cutover");
    assert_eq!(of("FROM")[0], image);
    // What the last image gets from the first is there.
    let source = super::text(".github/container/Containerfile");
    for copied in of("COPY") {
        let path = copied.strip_prefix("--from=cutover ").unwrap().split(' ').next().unwrap();
        assert!(source.lines().any(|line| line.starts_with("COPY ") && line.ends_with(path)), "{path}");
    }
    let command: Value = serde_json::from_str(of("CMD")[0]).unwrap();
    let command = words(&command);
    accepts(std::iter::once("cutover".into()).chain(command.iter().map(Into::into))).unwrap();
    let port = option(&command, "--listen").rsplit_once(':').unwrap().1;
    assert_eq!(of("EXPOSE"), [port]);
    let [check] = of("HEALTHCHECK")[..] else { panic!("one health check") };
    let check: Value = serde_json::from_str(check.split_once("CMD ").unwrap().1).unwrap();
    let check = words(&check);
    assert_eq!(check.last(), Some(&format!("http://127.0.0.1:{port}/-/healthy").as_str()));
    // The state is written where the user may write.
    let folder = option(&command, "--database").rsplit_once('/').unwrap().0;
    assert_eq!(of("VOLUME"), [folder]);
    assert!(of("RUN").iter().any(|run| run.contains("-o 65532") && run.ends_with(folder)));
}

#[test]
fn the_deployment_has_probes_and_no_rights_to_lose() {
    let list = yaml(DEPLOYMENT);
    let items = list["items"].as_array().unwrap();
    let of = |kind: &str| items.iter().find(|item| item["kind"] == kind).unwrap_or_else(|| panic!("{kind}"));
    let deployment = of("Deployment");
    assert_eq!(deployment["apiVersion"], "apps/v1");
    // One process writes to the database.
    assert_eq!(
        (&deployment["spec"]["replicas"], &deployment["spec"]["strategy"]["type"]),
        (&1.into(), &"Recreate".into())
    );
    let pod = &deployment["spec"]["template"]["spec"];
    let labels = &deployment["spec"]["template"]["metadata"]["labels"];
    assert_eq!(labels, &deployment["spec"]["selector"]["matchLabels"]);
    assert_eq!(labels, &of("Service")["spec"]["selector"]);
    assert_eq!(pod["automountServiceAccountToken"], false);
    let user = &pod["securityContext"];
    assert_eq!(
        (&user["runAsNonRoot"], &user["runAsUser"], &user["fsGroup"]),
        (&true.into(), &65532.into(), &65532.into())
    );
    let container = &pod["containers"][0];
    let rights = &container["securityContext"];
    assert_eq!(rights["readOnlyRootFilesystem"], true);
    assert_eq!(rights["allowPrivilegeEscalation"], false);
    assert_eq!(rights["capabilities"]["drop"], serde_json::json!(["ALL"]));
    assert!(word(&container["image"], "image").ends_with(concat!(":", env!("CARGO_PKG_VERSION"))));
    let arguments = words(&container["args"]);
    accepts(std::iter::once("cutover".into()).chain(arguments.iter().map(Into::into))).unwrap();
    let port = option(&arguments, "--listen").rsplit_once(':').unwrap().1;
    assert_eq!(container["ports"][0]["containerPort"].to_string(), port);
    let host = word(&of("Service")["metadata"]["name"], "name");
    assert_eq!(option(&arguments, "--allow-host"), host);
    let paths = values(container, "path");
    assert_eq!(paths.len(), 3);
    assert!(paths.iter().all(|path| ["/-/ready", "/-/healthy"].contains(&word(path, "path"))), "{paths:?}");
    // The settings are those of the ConfigMap, and every volume is mounted.
    let mounts = container["volumeMounts"].as_array().unwrap();
    let folder = |name: &str| {
        let mount = mounts.iter().find(|mount| mount["name"] == name).unwrap_or_else(|| panic!("{name}"));
        word(&mount["mountPath"], name)
    };
    assert!(option(&arguments, "--database").starts_with(folder("state")));
    let file = option(&arguments, "--settings").strip_prefix(folder("settings")).unwrap();
    let settings = word(&of("ConfigMap")["data"][file.trim_start_matches('/')], "settings");
    assert!(
        settings.parse::<toml::Table>().unwrap()["domain"].as_array().is_some_and(|list| list.len() == 2)
    );
    let claim = &pod["volumes"].as_array().unwrap().iter().find(|volume| volume["name"] == "state").unwrap();
    assert_eq!(claim["persistentVolumeClaim"]["claimName"], of("PersistentVolumeClaim")["metadata"]["name"]);
}
