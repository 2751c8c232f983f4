//! Does the settings file mean what it says, and is every slip in it told once and clearly?

use serde_json::Value;

use super::{at_source, zone};
use crate::run::{Run, Workspace, cutover, cutover_with, surroundings};
use cutover::cli::{SettingsOrigin, SettingsSource, Surroundings};

/// A workspace with two zones and these settings: the workspace, and the options that name them.
fn workspace(settings: &str) -> (Workspace, String) {
    let workspace = Workspace::new();
    let contoso = workspace.put("contoso.com.zone", zone("contoso.com", &[]));
    let fabrikam = workspace.put("fabrikam.com.zone", at_source("fabrikam.com"));
    let file = workspace.put("cutover.toml", settings);
    let options = format!("--settings {file} --zone {contoso} --zone {fabrikam}");
    (workspace, options)
}

fn refused(settings: &str, words: &[&str]) {
    let (_desk, options) = workspace(settings);
    let run = cutover(&format!("check contoso.com {options}"));
    assert_eq!((run.status, run.out.as_str(), run.errors()), (2, "", 1), "{settings}: {run:?}");
    for word in words {
        assert!(run.err.contains(word), "{settings}: `{word}` is not in: {}", run.err);
    }
}

fn names(run: &Run) -> Vec<String> {
    let report: Value = serde_json::from_str(&run.out).unwrap();
    let domains = report["domains"].as_array().unwrap().iter();
    domains.map(|domain| domain["domain"].as_str().unwrap().to_owned()).collect()
}

fn found(run: &Run, id: &str) -> Value {
    let domain = run.domain();
    let mut list = domain["expectations"].as_array().unwrap().iter();
    list.find(|one| one["id"] == id).unwrap().clone()
}

#[test]
fn domains_of_the_file_are_checked_when_none_is_named() {
    let (_desk, options) =
        workspace("[[domain]]\nname = \"fabrikam.com\"\n[[domain]]\nname = \"contoso.com\"\n");
    let run = cutover(&format!("check --format json {options}"));
    assert_eq!((names(&run), run.status), (vec!["fabrikam.com".into(), "contoso.com".into()], 1));
    let run = cutover(&format!("check contoso.com --format json {options}"));
    assert_eq!((names(&run), run.status), (vec!["contoso.com".into()], 0));
    let plan = cutover(&format!("plan {options}"));
    assert_eq!((plan.status, plan.errors()), (2, 1), "{plan:?}");
}

#[test]
fn what_is_typed_wins_over_the_domain_and_that_over_the_defaults() {
    let settings = "[defaults]\ntenant = \"default\"\nphase = \"tidy\"\nformat = \"json\"\n\
                    [[domain]]\nname = \"contoso.com\"\ntenant = \"own\"\n";
    let (_desk, options) = workspace(settings);
    let target =
        |run: &Run| found(run, "dkim-selector1")["expected"][0].as_str().unwrap_or_default().to_owned();
    let run = cutover(&format!("check contoso.com {options}"));
    assert!(target(&run).contains("own.onmicrosoft"), "{run:?}");
    assert_eq!(run.domain()["phase"], "tidy");
    let run = cutover(&format!("check fabrikam.com {options}"));
    assert!(target(&run).contains("default.onmicrosoft"), "{run:?}");
    let run = cutover(&format!("check contoso.com --tenant typed --phase switch {options}"));
    assert!(target(&run).contains("typed.onmicrosoft"), "{run:?}");
    assert_eq!(run.domain()["phase"], "switch");
    // The format of a report is not that of a plan.
    let plan = cutover(&format!("plan fabrikam.com --phase switch {options}"));
    assert!(plan.out.contains("autodiscover"), "{plan:?}");
}

#[test]
fn every_override_of_a_domain_reaches_it() {
    let settings = "[[domain]]\nname = \"fabrikam.com\"\nphase = \"tidy\"\ncloud = \"worldwide\"\n\
        services = [\"exchange\", \"teams\"]\nmx = \"fabrikam-com.o-v1.mx.microsoft\"\nverification = \"MS=ms11111111\"\n\
        source = \"rackspace\"\ngateway = [\"mimecast\"]\nspf-sender = \"include:spf.example\"\nhybrid = true\n\
        switch-at = 2026-11-28T20:00:00Z\nexpect = [\"list.csv\"]\nexpect-format = \"csv\"\n";
    let (workspace, options) = workspace(settings);
    // Files are meant from the folder of the settings.
    workspace.put("list.csv", "type,name,value\nCNAME,autodiscover,outlook.example\n");
    let run = cutover(&format!("check fabrikam.com --format json {options}"));
    let domain = run.domain();
    assert_eq!((&domain["phase"], &domain["source"]["id"]), (&"tidy".into(), &"rackspace".into()));
    assert_eq!(found(&run, "verification")["expected"][0], "\"MS=ms11111111\"");
    assert_eq!(found(&run, "spf")["code"], "spf-without-microsoft");
    let spf = &found(&run, "spf")["expected"][0];
    assert!(spf.as_str().unwrap().contains("include:spf.example"), "{spf}");
    let ids: Vec<&str> = domain["expectations"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one["importance"] == "required")
        .filter_map(|one| one["id"].as_str())
        .collect();
    assert!(ids.contains(&"teams-federation") && !ids.contains(&"autodiscover"), "{ids:?}");
    // The others are as they were.
    let run = cutover(&format!("check contoso.com --format json {options}"));
    assert_eq!((run.status, &run.domain()["phase"]), (0, &"switch".into()));
}

#[test]
fn a_waived_finding_stays_visible_and_does_not_count() {
    let (_desk, options) = workspace(
        "[[waiver]]\ndomain = \"*\"\ncode = \"mx-at-source\"\nreason = \"moves in May\"\nuntil = 2026-11-22\n\
         [[waiver]]\ndomain = \"fabrikam.com\"\ncode = \"alias-at-source\"\nreason = \"moves in May\"\nuntil = 2027-01-01\n\
         [[waiver]]\ndomain = \"fabrikam.com\"\ncode = \"spf-without-microsoft\"\nreason = \"later\"\nuntil = 2027-01-01\n",
    );
    let run = cutover(&format!("check fabrikam.com --format json {options}"));
    assert_eq!((run.status, &run.domain()["verdict"]), (0, &"ready".into()), "{run:?}");
    let mx = found(&run, "mx");
    assert_eq!((&mx["status"], &mx["code"]), (&"waived".into(), &"mx-at-source".into()));
    assert_eq!(mx["waiver"]["state"], "active");
    assert_eq!(mx["waiver"]["reason"], "moves in May");
    // What is waived is no edit.
    let kinds: Vec<Value> =
        run.domain()["changes"].as_array().unwrap().iter().map(|change| change["type"].clone()).collect();
    assert!(!kinds.contains(&"MX".into()) && !kinds.contains(&"CNAME".into()), "{kinds:?}");
    let table = cutover(&format!("check fabrikam.com {options}"));
    let words = table.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("3 waived") && words.contains("2026-11-22: moves in May"), "{words}");
    // Strictly, what is advice counts, and what is waived does not.
    let strict = cutover(&format!("check fabrikam.com --strict --format json {options}"));
    assert_eq!(strict.status, 1);
}

#[test]
fn a_waived_hazard_does_not_count() {
    let settings = |code: &str| {
        format!(
            "[[waiver]]\ndomain = \"fabrikam.com\"\ncode = \"{code}\"\nreason = \"known\"\nuntil = 2027-01-01\n"
        )
    };
    let left =
        format!("{}_autodiscover._tcp SRV 0 0 443 autodiscover.emailsrvr.com.\n", zone("fabrikam.com", &[]));
    let status = |settings: &str| {
        let workspace = Workspace::new();
        let (zone, file) =
            (workspace.put("fabrikam.com.zone", &left), workspace.put("cutover.toml", settings));
        cutover(&format!(
            "check fabrikam.com --source rackspace --settings {file} --zone {zone} --format json"
        ))
    };
    let (counts, waived) = (status(""), status(&settings("autodiscover-srv-left")));
    assert_eq!((counts.status, waived.status), (1, 0), "{waived:?}");
    assert_eq!(waived.domain()["hazards"][0]["waiver"]["state"], "active");
    assert_eq!(
        waived.domain()["changes"].as_array().unwrap().len(),
        counts.domain()["changes"].as_array().unwrap().len() - 1
    );
}

#[test]
fn a_waiver_that_ran_out_or_is_not_needed_is_told() {
    let (_desk, options) = workspace(
        "[[waiver]]\ndomain = \"fabrikam.com\"\ncode = \"mx-at-source\"\nreason = \"late\"\nuntil = 2026-11-21\n\
         [[waiver]]\ndomain = \"*\"\ncode = \"spf-multiple\"\nreason = \"late\"\nuntil = 2027-01-01\n\
         [[waiver]]\ndomain = \"contoso.com\"\ncode = \"spf-multiple\"\nreason = \"other\"\nuntil = 2027-01-01\n",
    );
    let run = cutover(&format!("check fabrikam.com --format json {options}"));
    let mx = found(&run, "mx");
    assert_eq!((run.status, &mx["status"], &mx["waiver"]["state"]), (1, &"unmet".into(), &"expired".into()));
    assert!(mx["message"].as_str().unwrap().contains("2026-11-21"), "{mx}");
    assert!(run.err.contains("waiver of `spf-multiple` for `*`"), "{}", run.err);
    assert!(!run.err.contains("`contoso.com`"), "{}", run.err);
    assert!(!cutover(&format!("check fabrikam.com -q {options}")).err.contains("waiver"));
}

#[test]
fn every_slip_in_the_file_is_told_with_its_line_and_its_cure() {
    let waiver = |code: &str, until: &str| {
        format!("[[waiver]]\ndomain = \"*\"\ncode = \"{code}\"\nreason = \"r\"\nuntil = {until}\n")
    };
    for (settings, words) in [
        (
            "[defaults]\ntenat = \"contoso\"\n".to_owned(),
            &["cutover.toml:2", "`tenat`", "did you mean `tenant`?"][..],
        ),
        ("[default]\n".into(), &["cutover.toml:1", "did you mean `defaults`?"]),
        (
            "[[domain]]\nname = \"contoso.com\"\nverfication = \"MS=ms1\"\n".into(),
            &[":3", "did you mean `verification`?"],
        ),
        ("[[domain]]\ntenant = \"contoso\"\n".into(), &["missing field `name`"]),
        ("[[domain]]\nname = \"contoso\"\n".into(), &[":2", "single label"]),
        ("[[domain]]\nname = \"a.example\"\n[[domain]]\nname = \"A.example.\"\n".into(), &[":4", "line 2"]),
        ("[defaults]\ncloud = \"gc\"\n".into(), &["[defaults]", "gcc-high"]),
        ("[defaults]\nhybrid = \"yes\"\n".into(), &[":2", "boolean"]),
        (
            "[[domain]]\nname = \"contoso.com\"\nsource = \"rakspace\"\n".into(),
            &[":2", "did you mean `rackspace`?"],
        ),
        ("[[domain]]\nname = \"contoso.com\"\nphase = \"swich\"\n".into(), &["line 2", "prepare"]),
        (
            "[[domain]]\nname = \"contoso.com\"\nspf-sender = \"spf.example\"\n".into(),
            &["include:spf.example"],
        ),
        ("[[domain]]\nname = \"contoso.com\"\nexpect = \"nowhere.json\"\n".into(), &["nowhere.json"]),
        (waiver("mx-at-sorce", "2027-01-01"), &[":1", "did you mean `mx-at-source`?"]),
        (waiver("mx-at-source", "\"soon\""), &["2027-03-01"]),
        (
            "[[waiver]]\ndomain = \"*\"\ncode = \"mx-at-source\"\nreason = \" \"\nuntil = 2027-01-01\n"
                .into(),
            &["reason"],
        ),
        (
            "[[waiver]]\ndomain = \"*\"\ncode = \"mx-at-source\"\nreason = \"r\"\n".into(),
            &["missing field `until`"],
        ),
        ("[defaults\n".into(), &["cutover.toml:1"]),
        ("[defaults]\ntenant = \"\u{1b}[31m\"\n".into(), &[":2"]),
    ] {
        refused(&settings, words);
    }
    let run = cutover("check contoso.com --settings nowhere.toml");
    assert_eq!((run.status, run.errors()), (2, 1), "{run:?}");
}

#[test]
fn the_default_file_is_read_where_it_is_there() {
    let workspace = Workspace::new();
    let zone = workspace.put("contoso.com.zone", zone("contoso.com", &[]));
    let path = workspace
        .put("cutover.toml", "[defaults]\nzone = \"contoso.com.zone\"\n[[domain]]\nname = \"contoso.com\"\n");
    let around = |path: &str| Surroundings { settings: Some(path.into()), ..surroundings() };
    let run = cutover_with(["check", "--format", "json"], &around(&path));
    assert_eq!((run.status, names(&run)), (0, vec!["contoso.com".to_owned()]));
    // Without one nothing is missed, until a domain is.
    let free = workspace.free("other.toml");
    let run = cutover_with(["check", "contoso.com", "--zone", &zone], &around(&free));
    assert_eq!(run.status, 0, "{run:?}");
    let run = cutover_with(["check", "--zone", &zone], &around(&free));
    assert_eq!((run.status, run.errors()), (2, 1));
    assert!(run.err.contains("[[domain]]") && run.err.contains("cutover check contoso.com"), "{}", run.err);
}

#[test]
fn the_file_that_is_read_is_named_with_v_and_its_hooks_count_only_if_it_is_named() {
    let workspace = Workspace::new();
    let zone = workspace.put("contoso.com.zone", zone("contoso.com", &[]));
    let path = workspace.put("cutover.toml", "[defaults]\ntenant = \"contoso\"\n");
    for (origin, words) in [
        (SettingsOrigin::CurrentFolder, "current folder"),
        (SettingsOrigin::ParentFolder, "parent folder"),
        (SettingsOrigin::UserFolder, "user configuration"),
        (SettingsOrigin::Environment, "named by CUTOVER_SETTINGS"),
    ] {
        let source = SettingsSource { path: path.clone().into(), origin, foreign: Vec::new() };
        let around = Surroundings { settings: Some(source), ..surroundings() };
        let note = format!("note: settings: {path} ({words})");
        let run = cutover_with(["check", "contoso.com", "--zone", &zone, "-v"], &around);
        assert!(run.status == 0 && run.err.contains(&note), "{run:?}");
        let run = cutover_with(["check", "contoso.com", "--zone", &zone], &around);
        assert!(!run.err.contains("settings:"), "{run:?}");
        let run = cutover_with(["self-check", "--resolver", "127.0.0.1:1", "--timeout", "0.1"], &around);
        assert!(run.out.contains(&format!("{path} ({words})")), "{run:?}");
    }
    let run = cutover(&format!("check contoso.com --zone {zone} --settings {path} -v"));
    assert!(run.err.contains(&format!("note: settings: {path} (named with --settings)")), "{run:?}");
}

#[test]
fn a_file_that_the_environment_names_must_exist_and_one_of_another_user_does_not_count() {
    let workspace = Workspace::new();
    let zone = workspace.put("contoso.com.zone", zone("contoso.com", &[]));
    let missing = workspace.free("missing.toml");
    let source = |path: &str, origin| SettingsSource { path: path.into(), origin, foreign: Vec::new() };
    let named = source(&missing, SettingsOrigin::Environment);
    let around = Surroundings { settings: Some(named), ..surroundings() };
    let run = cutover_with(["check", "contoso.com", "--zone", &zone], &around);
    assert_eq!((run.status, run.errors()), (2, 1), "{run:?}");
    assert!(run.err.contains("CUTOVER_SETTINGS") && run.err.contains(&missing), "{run:?}");
    let foreign = vec!["/tmp/cutover.toml".into()];
    let skipped = SettingsSource { foreign, ..source(&missing, SettingsOrigin::CurrentFolder) };
    let around = Surroundings { settings: Some(skipped), ..surroundings() };
    let run = cutover_with(["check", "contoso.com", "--zone", &zone], &around);
    assert_eq!(run.status, 0, "{run:?}");
    assert!(run.err.contains("/tmp/cutover.toml is ignored: another user owns it"), "{run:?}");
}

#[test]
fn a_process_finds_its_settings_from_a_folder_below() {
    let workspace = Workspace::new();
    workspace.put("contoso.com.zone", zone("contoso.com", &[]));
    let settings = "[defaults]\nzone = \"contoso.com.zone\"\n[[domain]]\nname = \"contoso.com\"\n";
    let path = workspace.put("cutover.toml", settings);
    let below = workspace.path("notes/may");
    std::fs::create_dir_all(&below).unwrap();
    let run = |words: &[&str], variables: &[(&str, &str)]| {
        let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_cutover"));
        program.args(words).current_dir(&below).env_remove("CUTOVER_SETTINGS").env_remove("FORCE_COLOR");
        program.env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE").envs(variables.iter().copied());
        let output = program.output().unwrap();
        let text = |octets| String::from_utf8(octets).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    };
    let (status, out, err) = run(&["check", "-v"], &[]);
    assert!(status == Some(0) && out.starts_with("contoso.com: ready"), "{out} {err}");
    assert!(err.contains("(parent folder)"), "{err}");
    let other = workspace.put("other.toml", settings.replace("contoso.com\"\n", "fabrikam.com\"\n"));
    let (_, out, _) = run(&["check"], &[("CUTOVER_SETTINGS", &other)]);
    assert!(out.starts_with("fabrikam.com: "), "{out}");
    // Color is forced in a pipe, unless it is unwanted.
    let is_colored = |variables: &[(&str, &str)]| run(&["check"], variables).1.contains("\u{1b}[");
    assert!(
        !is_colored(&[]) && is_colored(&[("CLICOLOR_FORCE", "1")]) && is_colored(&[("FORCE_COLOR", "1")])
    );
    assert!(!is_colored(&[("FORCE_COLOR", "1"), ("NO_COLOR", "1")]));
    assert!(run(&["check", "--color", "always"], &[("NO_COLOR", "1")]).1.contains("\u{1b}["));
    std::fs::remove_file(path).unwrap();
    std::fs::create_dir(below.join(".git")).unwrap();
    assert_eq!(run(&["check"], &[]).0, Some(2));
}

#[test]
fn whoever_names_where_the_answers_come_from_means_that_alone() {
    let (workspace, options) =
        workspace("[defaults]\nresolver = [\"192.0.2.53\"]\nverbose = true\nrecord = \"kept.rec\"\n");
    // No resolver is asked: this could not work without a network.
    let run = cutover(&format!("check contoso.com -q {options}"));
    assert_eq!((run.status, run.err.as_str()), (0, ""), "{run:?}");
    let recording = workspace.free("kept.rec");
    assert!(std::fs::exists(&recording).unwrap());
    let settings = options.split_whitespace().nth(1).unwrap();
    let again = cutover(&format!("check --replay {recording} --settings {settings}"));
    assert_eq!(again.status, 0, "{again:?}");
}

#[test]
fn a_sender_that_must_stay_is_added_and_never_dropped() {
    let workspace = Workspace::new();
    let old = "@ TXT \"v=spf1 include:emailsrvr.com include:spf.protection.outlook.com ~all\"";
    let file = workspace.put("contoso.com.zone", zone("contoso.com", &[("SPF", old)]));
    let check = |options: &str| {
        cutover(&format!(
            "check contoso.com --zone {file} --source rackspace --phase tidy --format json {options}"
        ))
    };
    assert_eq!(found(&check(""), "spf")["code"], "spf-source-left");
    assert_eq!(found(&check("--spf-sender include:EmailSrvr.com"), "spf")["code"], "met");
    let missing = check("--spf-sender include:emailsrvr.com --spf-sender ip4:192.0.2.25");
    assert_eq!(found(&missing, "spf")["code"], "spf-sender-missing");
    let after = missing.domain()["changes"][0]["after"].to_string();
    assert!(after.contains("include:emailsrvr.com") && after.contains("ip4:192.0.2.25 ~all"), "{after}");
    for (sender, words) in [
        ("192.0.2.25", "did you mean `ip4:192.0.2.25`?"),
        ("spf.example", "did you mean `include:spf.example`?"),
        ("all", "--spf-sender"),
        ("-ip4:192.0.2.25", "--spf-sender"),
        ("redirect=spf.example", "--spf-sender"),
        ("", "it is empty"),
    ] {
        let run = cutover_with(["check", "contoso.com", &format!("--spf-sender={sender}")], &surroundings());
        assert_eq!((run.status, run.errors()), (2, 1), "{sender}: {run:?}");
        assert!(run.err.contains(words), "{sender}: {}", run.err);
    }
}
