//! Does a plan say which edits are made when?

use serde_json::Value;

use super::{State, at_source, recorded, zone};
use crate::run::{Run, Workspace, cutover_wide};

const EARLY: &str = "Before the switch:";
const SWITCH: &str = "At the switch:";
const LATE: &str = "Before the old service is closed:";

/// The headings of a table, in order.
fn headings(run: &Run) -> Vec<&str> {
    run.out.lines().map(str::trim).filter(|line| [EARLY, SWITCH, LATE].contains(line)).collect()
}

/// Name, type and phase of each change.
fn phases(run: &Run) -> Vec<(String, String, String)> {
    let changes = run.json()["changes"].as_array().unwrap().clone();
    let word = |value: &Value| value.as_str().unwrap().to_owned();
    changes
        .iter()
        .map(|change| (word(&change["name"]), word(&change["type"]), word(&change["phase"])))
        .collect()
}

#[test]
fn edits_of_several_phases_are_grouped() {
    let workspace = Workspace::new();
    let file = workspace.put("old.zone", at_source("contoso.com"));
    for command in ["check", "plan"] {
        let run = cutover_wide(&format!("{command} contoso.com --zone {file}"));
        assert_eq!(headings(&run), [EARLY, SWITCH], "{run:?}");
        let place = |part: &str| run.out.rfind(part).unwrap_or_else(|| panic!("no {part}: {run:?}"));
        let order = [EARLY, "include:spf.protection.outlook.com ~all", SWITCH, "10 mx1.emailsrvr.com"];
        assert!(order.map(place).is_sorted(), "{run:?}");
        // The columns are those of all groups.
        let rows = run.out.lines().filter(|line| line.starts_with("  add") || line.starts_with("  action"));
        let columns: Vec<Option<usize>> = rows
            .map(|line| {
                [" type ", " TXT ", " MX ", " CNAME "]
                    .iter()
                    .find_map(|word| Some(line[..line.find(word)?].chars().count()))
            })
            .collect();
        assert_eq!(columns, vec![columns[0]; 4], "{run:?}");
    }
    let run = cutover_wide(&format!("plan contoso.com --zone {file} --phase prepare"));
    assert_eq!(headings(&run), Vec::<&str>::new(), "{run:?}");
}

#[test]
fn the_old_sender_is_dropped_when_the_old_service_may_go() {
    let workspace = Workspace::new();
    let file = workspace.put("old.zone", at_source("contoso.com"));
    let run = cutover_wide(&format!("plan contoso.com --zone {file} --phase tidy --format json"));
    let of = |rtype: &str| -> Vec<String> {
        let of_type =
            phases(&run).into_iter().filter(|(name, found, _)| name == "contoso.com." && found == rtype);
        of_type.map(|(.., phase)| phase).collect()
    };
    // Microsoft's is added first.
    assert_eq!(of("TXT"), ["prepare", "tidy"], "{run:?}");
    assert_eq!(of("MX"), ["switch"], "{run:?}");
    let table = cutover_wide(&format!("plan contoso.com --zone {file} --phase tidy"));
    assert_eq!(headings(&table), [EARLY, SWITCH, LATE], "{table:?}");
    // Nothing else than in the phases before is asked for there.
    let both = zone("contoso.com", &[("SPF", "@ TXT \"v=spf1 ip4:192.0.2.25 -all\"")]);
    let file = workspace.put("without.zone", both);
    let run = cutover_wide(&format!("plan contoso.com --zone {file} --phase tidy --format json"));
    let required: Vec<_> = phases(&run).into_iter().filter(|(name, ..)| name == "contoso.com.").collect();
    assert_eq!(required, [("contoso.com.".into(), "TXT".into(), "prepare".into())], "{run:?}");
}

#[test]
fn the_next_step_is_to_watch_the_same_phase() {
    let workspace = Workspace::new();
    let file = workspace.put("old.zone", at_source("contoso.com"));
    let next = |options: &str| {
        let run = cutover_wide(&format!("check contoso.com --zone {file} {options}"));
        run.out.lines().find(|line| line.starts_with("Next:")).unwrap_or_default().to_owned()
    };
    let step = format!("Next: edit, then `cutover watch contoso.com --zone {file}`.");
    assert!(next("").starts_with(&step), "{}", next(""));
    let tidy = next("--phase tidy");
    let step = format!("Next: edit, then `cutover watch contoso.com --phase tidy --zone {file}`.");
    assert!(tidy.starts_with(&step), "{tidy}");
}

/// In the panel of the parent zone, `@` would be another domain.
#[test]
fn where_the_zone_of_a_subdomain_is_unknown_its_names_are_whole() {
    let (_workspace, file) = recorded(&[("eu.contoso.com", State::ChangesNeeded)]);
    let run = cutover_wide(&format!("check --replay {file}"));
    assert!(run.out.contains("  eu.contoso.com  MX  ") && !run.out.contains(" @ "), "{run:?}");
}
