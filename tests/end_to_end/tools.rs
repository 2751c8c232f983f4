//! Do the tools that a plan is written for take it?
//!
//! octoDNS runs where it is installed or `CUTOVER_OCTODNS` names the directory of its programs, and its answer counts;
//! Terraform, which no package of Debian has, where somebody installed it.

use std::path::PathBuf;
use std::process::Command;

use cutover::record::zone;
use serde_json::Value;

use super::bounded::{find, run, skip};
use crate::run::{Workspace, cutover};

/// Everything wrong at once, beside a text that a form could stumble over. It has no backslash: octoDNS keeps one, but
/// writes it into a zone file as it is, where it is an escape.
const WORLD: &str = r#"$ORIGIN contoso.com.
$TTL 1h
@                       MX     10 mx1.emailsrvr.com.
@                       TXT    "v=spf1 include:emailsrvr.com ~all"
@                       TXT    "it's ${var.x} %{if true} \"quoted\" back; #{x} $(rm) `id`"
autodiscover            A      192.0.2.8
_sipfederationtls._tcp  SRV    0 0 5061 lync01.mex06.emailsrvr.com.
"#;

const OPTIONS: &str = "--phase tidy --services exchange,teams --strict --tenant contoso";

fn plan(workspace: &Workspace, format: &str) -> String {
    let file = workspace.put("contoso.com.zone", WORLD);
    let run = cutover(&format!("plan contoso.com --zone {file} {OPTIONS} --format {format}"));
    assert_eq!(run.status, 0, "{}", run.err);
    run.out
}

#[test]
fn octodns_makes_the_records_of_the_plan() {
    #[allow(clippy::disallowed_methods, reason = "the bans are for the program")]
    let given = std::env::var_os("CUTOVER_OCTODNS").map(PathBuf::from);
    let program = match given {
        Some(directory) => Some(directory.join("octodns-sync")),
        None => find("CUTOVER_OCTODNS_SYNC", &["octodns-sync"]),
    };
    let Some(program) = program else { return skip("octoDNS is not installed") };
    let workspace = Workspace::new();
    let root = workspace.path("");
    std::fs::create_dir_all(root.join("config")).unwrap();
    std::fs::create_dir_all(root.join("zones")).unwrap();
    std::fs::write(root.join("config/contoso.com.yaml"), plan(&workspace, "octodns")).unwrap();
    std::fs::write(root.join("octodns.yaml"), CONFIGURATION).unwrap();
    let mut command = Command::new(&program);
    command.args(["--config-file=octodns.yaml", "--doit", "--force"]).current_dir(&root);
    let ended = run(&mut command, &root).unwrap();
    assert!(ended.status.success(), "{ended:?}");
    let made = std::fs::read_to_string(root.join("zones/contoso.com.zone")).unwrap();
    assert_eq!(records(&made), wanted(&plan(&workspace, "json")), "{made}");
}

const CONFIGURATION: &str = "\
providers:
  config:
    class: octodns.provider.yaml.YamlProvider
    directory: ./config
    enforce_order: false
  files:
    class: octodns_bind.ZoneFileProvider
    directory: ./zones
    file_extension: .zone
zones:
  contoso.com.:
    sources: [config]
    targets: [files]
";

/// `name type data` of every record but SOA and NS, which the tool adds.
fn records(text: &str) -> Vec<String> {
    let origin = "contoso.com".parse().unwrap();
    let zone =
        zone::read(text.as_bytes(), Some(&origin), "made").unwrap_or_else(|error| panic!("{error}\n{text}"));
    let records =
        zone.records.iter().map(|record| format!("{} {} {}", record.name, record.data.rtype(), record.data));
    let mut records: Vec<String> =
        records.filter(|line| !line.contains(" SOA ") && !line.contains(" NS ")).collect();
    records.sort();
    records
}

/// The same of a plan: all that it wants published.
fn wanted(json: &str) -> Vec<String> {
    let plan: Value = serde_json::from_str(json).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let changes = plan["changes"].as_array().unwrap().iter();
    let sets = changes.flat_map(|change| {
        let owner = format!("{} {}", text(&change["name"]), text(&change["type"]));
        change["after"].as_array().unwrap().iter().map(move |data| format!("{owner} {}", text(data)))
    });
    let mut records: Vec<String> = sets.collect();
    records.sort();
    assert!(records.len() > 5, "{records:?}");
    records
}

#[test]
fn terraform_finds_nothing_to_format() {
    let workspace = Workspace::new();
    for provider in ["azure", "route53", "cloudflare"] {
        let file = workspace.put("plan.tf", plan(&workspace, &format!("terraform --provider {provider}")));
        let mut command = Command::new("terraform");
        // Only the grammar and the form: what resources may have, the providers know, which would be fetched.
        command.args(["fmt", "-check", "-diff", &file]).env("CHECKPOINT_DISABLE", "1");
        let Some(ended) = run(&mut command, &workspace.path("")) else { return };
        assert!(ended.status.success(), "{provider}: {ended:?}");
    }
}
