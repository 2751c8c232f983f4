//! Is the exit status the verdict, whatever is printed?

use super::{State, at_source, recorded, zone};
use crate::run::{ClosedPipe, Workspace, cutover, surroundings};

const READY: (&str, State) = ("ready.example", State::Ready);
const WAITING: (&str, State) = ("waiting.example", State::Waiting);
const UNDETERMINED: (&str, State) = ("dark.example", State::Undetermined);
const CHANGES: (&str, State) = ("wrong.example", State::ChangesNeeded);

#[test]
fn each_verdict_has_its_status() {
    for (domain, verdict, status) in [
        (READY, "ready", 0),
        (CHANGES, "changes-needed", 1),
        (UNDETERMINED, "undetermined", 3),
        (WAITING, "waiting", 4),
    ] {
        let (_desk, file) = recorded(&[domain]);
        let run = cutover(&format!("check --replay {file} --format json"));
        assert_eq!((run.status, run.domain()["verdict"].as_str()), (status, Some(verdict)), "{run:?}");
        assert_eq!(run.err, "");
    }
}

#[test]
fn the_worst_of_several_wins() {
    for (domains, status) in [
        (&[READY, WAITING, UNDETERMINED, CHANGES][..], 1),
        (&[UNDETERMINED, WAITING, READY], 3),
        (&[READY, WAITING], 4),
        (&[READY, ("other.example", State::Ready)], 0),
    ] {
        let (_desk, file) = recorded(domains);
        let run = cutover(&format!("check --replay {file} --format json"));
        assert_eq!(run.status, status, "{domains:?}");
        let summary = &run.json()["summary"];
        let count = |state| domains.iter().filter(|(_, of)| *of == state).count();
        for (field, state) in [
            ("ready", State::Ready),
            ("waiting", State::Waiting),
            ("undetermined", State::Undetermined),
            ("changes_needed", State::ChangesNeeded),
        ] {
            assert_eq!(summary[field], count(state), "{field} of {domains:?}");
        }
        assert_eq!(summary["domains"], domains.len());
    }
}

#[test]
fn only_the_verdicts_of_fail_on_fail() {
    let all = [READY, WAITING, UNDETERMINED, CHANGES];
    for (domains, list, status) in [
        (&[CHANGES][..], "changes-needed", 1),
        (&[CHANGES], "undetermined,waiting", 0),
        (&[UNDETERMINED], "changes-needed", 0),
        (&[UNDETERMINED], "undetermined", 3),
        (&[WAITING], "waiting", 4),
        (&[WAITING], "changes-needed,undetermined", 0),
        (&all, "none", 0),
        (&all, "waiting", 4),
        (&all, "undetermined,waiting", 3),
        (&all, "changes-needed,waiting", 1),
    ] {
        let (_desk, file) = recorded(domains);
        let run = cutover(&format!("check --replay {file} --fail-on {list}"));
        assert_eq!(run.status, status, "{domains:?} --fail-on {list}");
    }
    let (_desk, file) = recorded(&[READY]);
    assert_ne!(cutover(&format!("check --replay {file} --fail-on ready")).status, 0);
}

#[test]
fn no_format_changes_the_status() {
    for domain in [READY, WAITING, UNDETERMINED, CHANGES] {
        let (_desk, file) = recorded(&[domain]);
        let statuses = ["table", "json"].map(|format| {
            ["", "-q", "-v"]
                .map(|more| cutover(&format!("check --replay {file} --format {format} {more}")).status)
        });
        assert!(statuses.as_flattened().iter().all(|status| *status == statuses[0][0]), "{statuses:?}");
    }
}

#[test]
fn strict_makes_recommended_decide() {
    // In China `msoid` is recommended, and nothing else is missing here.
    let workspace = Workspace::new();
    let text = zone(
        "contoso.example",
        &[
            ("MX", "@ MX 0 contoso-example.mail.protection.partner.outlook.cn."),
            ("SPF", "@ TXT \"v=spf1 include:spf.protection.partner.outlook.cn -all\""),
            ("autodiscover", "autodiscover CNAME autodiscover.partner.outlook.cn."),
        ],
    );
    let file = workspace.put("contoso.example.zone", text);
    let check = format!("check contoso.example --cloud china --zone {file}");
    assert_eq!(cutover(&check).status, 0);
    assert_eq!(cutover(&format!("{check} --strict")).status, 1);
}

#[test]
fn a_phase_decides_what_counts() {
    let workspace = Workspace::new();
    let text = at_source("contoso.example")
        .replace("include:emailsrvr.com", "include:emailsrvr.com include:spf.protection.outlook.com");
    let file = workspace.put("contoso.example.zone", text);
    for (phase, status) in [("prepare", 0), ("switch", 1), ("tidy", 1)] {
        let run = cutover(&format!("check contoso.example --zone {file} --phase {phase}"));
        assert_eq!(run.status, status, "{phase}: {}", run.out);
    }
}

#[test]
fn a_plan_fails_only_where_a_lookup_did() {
    for (domain, status) in [(READY, 0), (CHANGES, 0), (WAITING, 0), (UNDETERMINED, 3)] {
        let (_desk, file) = recorded(&[domain]);
        for format in ["table", "json", "bind"] {
            let run = cutover(&format!("plan --replay {file} --format {format}"));
            assert_eq!(run.status, status, "{domain:?} as {format}");
            assert_eq!(run.err.is_empty(), status == 0, "{run:?}");
        }
    }
}

#[test]
fn a_closed_pipe_has_the_status_of_one_and_is_no_failure() {
    let (_desk, file) = recorded(&[READY, CHANGES]);
    for words in ["check --format ndjson --replay", "check --replay", "plan wrong.example --replay"] {
        let arguments = std::iter::once("cutover").chain(words.split(' ')).chain([file.as_str()]);
        let mut err = Vec::new();
        let status = cutover::cli::run(arguments.map(Into::into), &mut ClosedPipe, &mut err, &surroundings());
        assert_eq!((status, String::from_utf8(err).unwrap().as_str()), (141, ""), "{words}");
    }
}

/// What decides the verdict is a failure in every format.
#[test]
fn a_strict_verdict_has_its_reasons_in_every_format() {
    let workspace = Workspace::new();
    let file = workspace.put("contoso.com.zone", zone("contoso.com", &[]));
    let check =
        |format: &str| cutover(&format!("check contoso.com --zone {file} --strict --format {format}"));
    let json = check("json");
    let domain = json.domain();
    let unmet: Vec<&serde_json::Value> =
        domain["expectations"].as_array().unwrap().iter().filter(|one| one["status"] == "unmet").collect();
    let required = unmet.iter().filter(|one| one["importance"] == "required").count();
    // Both DKIM selectors and the policy.
    assert_eq!((json.status, required), (1, 3), "{}", json.out);
    let junit = check("junit");
    assert!(junit.out.contains(&format!("failures=\"{required}\"")), "{}", junit.out);
    let sarif: serde_json::Value = serde_json::from_str(&check("sarif").out).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results.iter().filter(|result| result["level"] == "error").count(), required);
    let table = check("table").out;
    let first = table.lines().next().unwrap();
    assert!(first.contains("changes needed") && first.contains(&required.to_string()), "{table}");
}
