//! Are the domains of a group checked alone, with what they have in common?

use super::{at_source, zone};
use crate::run::{Run, Workspace, cutover};

const SETTINGS: &str = "[defaults]\ntenant = \"default\"\n\
    [[group]]\nname = \"east\"\ntenant = \"east\"\nphase = \"tidy\"\n\
    [[group]]\nname = \"pilot\"\nphase = \"prepare\"\n\
    [[group]]\nname = \"later\"\n\
    [[domain]]\nname = \"contoso.com\"\ngroup = [\"east\", \"pilot\"]\n\
    [[domain]]\nname = \"fabrikam.com\"\ngroup = \"east\"\ntenant = \"own\"\n\
    [[domain]]\nname = \"a.example\"\n";

/// A workspace with these settings, and the options that name them and the zones.
fn workspace(settings: &str) -> (Workspace, String) {
    let workspace = Workspace::new();
    let zones =
        ["contoso.com", "a.example"].map(|name| zone(name, &[])).concat() + &at_source("fabrikam.com");
    let zones = workspace.put("all.zone", zones);
    let settings = workspace.put("cutover.toml", settings);
    (workspace, format!("--settings {settings} --zone {zones}"))
}

/// Each domain with its phase and its tenant.
fn found(run: &Run) -> Vec<(String, String, String)> {
    let report = run.json();
    let domains = report["domains"].as_array().unwrap().iter();
    let word = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let tenant = |domain: &serde_json::Value| {
        let mut list = domain["expectations"].as_array().unwrap().iter();
        let target = word(&list.find(|one| one["id"] == "dkim-selector1").unwrap()["expected"][0]);
        target.split("._domainkey.").nth(1).and_then(|rest| rest.split('.').next()).unwrap().to_owned()
    };
    domains.map(|one| (word(&one["domain"]), word(&one["phase"]), tenant(one))).collect()
}

fn three(domain: &str, phase: &str, tenant: &str) -> (String, String, String) {
    (domain.into(), phase.into(), tenant.into())
}

#[test]
fn a_group_names_its_domains_and_what_they_share() {
    let (_desk, options) = workspace(SETTINGS);
    let check = |more: &str| cutover(&format!("check --format json {options} {more}"));
    // Of several groups the later one wins, and the domain itself over both.
    let contoso = three("contoso.com", "prepare", "east");
    let fabrikam = three("fabrikam.com", "tidy", "own");
    let all = [contoso.clone(), fabrikam.clone(), three("a.example", "switch", "default")];
    assert_eq!(found(&check("")), all);
    assert_eq!(found(&check("--group east")), all[..2]);
    assert_eq!(found(&check("--group pilot")), all[..1]);
    assert_eq!(found(&check("--group pilot --group east")), all[..2]);
    // What is typed wins over all of them; a domain that is named has its groups too.
    let typed = three("contoso.com", "switch", "east");
    assert_eq!(found(&check("--group pilot --phase switch")), [typed]);
    assert_eq!(found(&cutover(&format!("check contoso.com --format json {options}"))), [contoso]);
    let plan = cutover(&format!("plan --group pilot --format json {options}"));
    assert_eq!((plan.status, &plan.json()["domain"]), (0, &"contoso.com".into()), "{plan:?}");
    let several = cutover(&format!("plan --group east --format json {options}"));
    assert!(several.status == 2 && several.err.contains("several domains (2)"), "{several:?}");
    let watch = cutover(&format!("watch --group pilot --for 0s --format json {options}"));
    assert!(watch.out.contains("contoso.com") && !watch.out.contains("fabrikam.com"), "{watch:?}");
}

#[test]
fn the_defaults_may_name_a_group_and_what_is_typed_replaces_it() {
    let settings = SETTINGS.replace("[defaults]\n", "[defaults]\ngroup = \"pilot\"\n");
    let (workspace, options) = workspace(&settings);
    let names = |words: &str| -> Vec<String> {
        let run = cutover(&format!("check {words} --format json {options}"));
        found(&run).into_iter().map(|(domain, ..)| domain).collect()
    };
    let list = workspace.put("list.txt", "a.example\n");
    assert_eq!(names(""), ["contoso.com"]);
    assert_eq!(names("--group east"), ["contoso.com", "fabrikam.com"]);
    assert_eq!(names("a.example"), ["a.example"]);
    assert_eq!(names(&format!("--domains {list}")), ["a.example"]);
}

#[test]
fn a_group_that_nobody_knows_is_told_with_those_that_there_are() {
    let (workspace, options) = workspace(SETTINGS);
    let list = workspace.put("list.txt", "a.example\n");
    for (words, parts) in [
        ("check --group eats".to_owned(), &["`eats`", "did you mean `east`?", "`later`", "`pilot`"][..]),
        ("check --group later".into(), &["none of the group later"]),
        ("check contoso.com --group east".into(), &["--group", "leave one of the two out"]),
        (format!("check --domains {list} --group east"), &["--group"]),
    ] {
        let run = cutover(&format!("{words} {options}"));
        assert_eq!((run.status, run.out.as_str(), run.errors()), (2, "", 1), "{words}: {run:?}");
        assert!(parts.iter().all(|part| run.err.contains(part)), "{words}: {}", run.err);
    }
    let run = cutover("check --group east");
    assert!(run.status == 2 && run.err.contains("--settings FILE"), "{run:?}");
    for (settings, parts) in [
        (SETTINGS.replace("[\"east\", \"pilot\"]", "\"eats\""), &["toml:13", "did you mean `east`?"][..]),
        (SETTINGS.replace("\"pilot\"\n", "\"east\"\n"), &["toml:8", "line 4 already"]),
        (SETTINGS.replace("phase = \"tidy\"", "phase = \"tidi\""), &["line 4, the group `east`", "tidy"]),
        (SETTINGS.replace("phase = \"tidy\"", "phse = \"tidy\""), &["toml:6", "did you mean `phase`?"]),
    ] {
        let (_desk, options) = self::workspace(&settings);
        let run = cutover(&format!("check {options}"));
        assert_eq!((run.status, run.errors()), (2, 1), "{settings}: {run:?}");
        assert!(parts.iter().all(|part| run.err.contains(part)), "{settings}: {}", run.err);
    }
    // Without any table of a group, the domains alone name them.
    let tagged = "[[domain]]\nname = \"contoso.com\"\ngroup = \"east\"\n[[domain]]\nname = \"a.example\"\n";
    let (_desk, options) = self::workspace(tagged);
    let run = cutover(&format!("check --group east --format json {options}"));
    assert_eq!((run.status, run.json()["summary"]["domains"].as_u64()), (0, Some(1)), "{run:?}");
}
