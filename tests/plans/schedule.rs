//! Do the runbook and the calendar hold the whole move, and does it lead where it should, and back?

use std::collections::BTreeSet;

use cutover::cli::Surroundings;
use cutover::record::{Record, zone};
use jiff::tz::TimeZone;

use super::WORLD;
use crate::run::{Run, Workspace, cutover, cutover_with, surroundings};
use crate::world::file;

const DEMO: &str = "plan contoso.com --zone fixtures/demo/contoso.com.zone --tenant contoso";
const SWITCH: &str = "--switch-at 2026-11-28T20:00:00Z";

/// Runs the program where people live in Central Europe.
fn in_europe(words: &str) -> Run {
    let time_zone = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
    cutover_with(words.split_whitespace(), &Surroundings { time_zone, ..surroundings() })
}

/// Compares with a file of the repository, or writes it where `CUTOVER_WRITE_FIXTURES` is set.
fn assert_kept(path: &str, text: &str) {
    if std::env::var_os("CUTOVER_WRITE_FIXTURES").is_some() {
        std::fs::write(path, text).unwrap();
    }
    assert!(file(path) == text, "{path} should be:\n{text}");
}

#[test]
fn a_runbook_is_the_page_of_the_fixtures() {
    let run = in_europe(&format!("{DEMO} --format runbook {SWITCH}"));
    assert_eq!(run.status, 0, "{run:?}");
    assert_kept("fixtures/demo/runbook.md", &run.out);
}

#[test]
fn a_calendar_is_the_file_of_the_fixtures() {
    let run = in_europe(&format!("{DEMO} --format ics {SWITCH}"));
    assert_eq!(run.status, 0, "{run:?}");
    let text = run.out.replace(concat!("cutover ", env!("CARGO_PKG_VERSION")), "cutover VERSION");
    assert_kept("fixtures/demo/calendar.ics", &text);
}

#[test]
fn without_a_time_hours_count_from_the_switch() {
    let run = cutover(&format!("{DEMO} --format runbook"));
    for part in
        ["| 5 | by T-2 d |  |", "## 3. Tell the users: T-3 d", "## 7. Switch: T\n", "at the latest by T-1 h"]
    {
        assert!(run.out.contains(part), "{part}: {}", run.out);
    }
    // A step is never planned for the past.
    let late = cutover(&format!("{DEMO} --format runbook --switch-at 2026-11-22T05:53:00Z"));
    assert!(!late.out.contains("2026-11-21") && late.out.contains("T-1 h has passed"), "{}", late.out);
    // The TTL is lowered 30 minutes too late, and caches keep the records for as much longer.
    assert!(
        late.out.contains("8. The caches have the new records; check: 2026-11-22 06:23 UTC"),
        "{}",
        late.out
    );
}

/// All waits were cut to the present, so that the old service could be closed at once.
#[test]
fn a_switch_in_the_past_that_is_not_done_counts_from_now() {
    let over = cutover(&format!("{DEMO} --format runbook --switch-at 2026-01-05T20:00:00Z"));
    for part in [
        "**Warning:** 2026-01-05 20:00 UTC is over",
        "Switch (T): 2026-11-22 05:23 UTC.",
        "## 10. Close the old service: from 2026-11-27 06:",
    ] {
        assert!(over.out.contains(part), "{part}: {}", over.out);
    }
    let short = cutover(&format!("{DEMO} --format runbook --switch-at 2026-11-22T06:53:00Z"));
    assert!(
        short.out.contains("**Warning:** The switch is in 90 min, and the steps before it need"),
        "{}",
        short.out
    );
    let enough = cutover(&format!("{DEMO} --format runbook {SWITCH}"));
    assert!(!enough.out.contains("Warning"), "{}", enough.out);
}

#[test]
fn a_calendar_needs_a_time() {
    let run = cutover(&format!("{DEMO} --format ics"));
    assert_eq!((run.status, run.errors(), run.out.as_str()), (2, 1, ""), "{run:?}");
    assert!(run.err.contains("--switch-at"), "{run:?}");
    let run = cutover(&format!("{DEMO} --format ics --rollback {SWITCH}"));
    assert_eq!((run.status, run.errors()), (2, 1), "{run:?}");
    // The settings may name it for the domain alone.
    let workspace = Workspace::new();
    let settings = "[[domain]]\nname = \"contoso.com\"\nswitch-at = \"2026-11-28T20:00:00Z\"\n";
    let settings = workspace.put("cutover.toml", settings);
    let run = cutover(&format!("{DEMO} --format ics --settings {settings}"));
    assert!(run.status == 0 && run.out.contains("DTSTART:20261128T200000Z"), "{run:?}");
}

#[test]
fn events_keep_their_identity_when_the_switch_moves() {
    let uids = |time: &str| -> Vec<String> {
        let run = cutover(&format!("{DEMO} --format ics --switch-at {time}"));
        run.out.lines().filter(|line| line.starts_with("UID:")).map(str::to_owned).collect()
    };
    let first = uids("2026-11-28T20:00:00Z");
    assert_eq!(first.iter().collect::<BTreeSet<_>>().len(), 10, "{first:?}");
    let mut moved = uids("2027-01-09T20:00:00Z");
    moved.sort();
    let mut first = first;
    first.sort();
    assert_eq!(moved, first);
}

/// What a step deletes and publishes, and its way back.
#[derive(Default)]
struct Edits {
    forward: Vec<(String, Vec<Record>)>,
    back: Vec<(String, Vec<Record>)>,
}

fn edits(page: &str) -> Vec<Edits> {
    let mut steps = Vec::new();
    let mut title = String::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if line.starts_with("## ") {
            steps.push(Edits::default());
        } else if line.starts_with("```") {
            let body: Vec<&str> = lines.by_ref().take_while(|line| !line.starts_with("```")).collect();
            if ["Run:", "Message to send:"].contains(&title.as_str()) {
                continue;
            }
            let text = format!("$TTL 1h\n{}\n", body.join("\n"));
            let records = zone::read(text.as_bytes(), None, "runbook")
                .unwrap_or_else(|error| panic!("{error}\n{text}"));
            let step = steps.last_mut().unwrap();
            match title.strip_prefix("Way back: ") {
                Some(title) => step.back.push((title.to_owned(), records.records)),
                None => step.forward.push((title.to_lowercase(), records.records)),
            }
        } else if !line.is_empty() {
            title = line.to_owned();
        }
    }
    steps
}

fn apply(zone: &mut Vec<Record>, edits: &[(String, Vec<Record>)]) {
    for (title, records) in edits {
        let is_in = |zone: &[Record], record: &Record| {
            zone.iter().position(|one| one.name == record.name && one.data == record.data)
        };
        for record in records {
            let at = is_in(zone, record);
            match title.as_str() {
                "delete:" => drop(zone.remove(at.unwrap_or_else(|| panic!("{record:?} is not there")))),
                "publish:" => {
                    assert_eq!(at, None, "{record:?} is there already");
                    zone.push(record.clone());
                }
                "set the ttl:" | "set the TTL:" => zone[at.unwrap()].ttl = record.ttl,
                other => panic!("{other}"),
            }
        }
    }
}

#[test]
fn the_steps_lead_to_a_finished_move_and_the_ways_back_to_its_beginning() {
    let workspace = Workspace::new();
    let options = "--services exchange,teams --source rackspace --tenant contoso";
    for world in [WORLD.to_owned(), file("fixtures/demo/contoso.com.zone")] {
        let path = workspace.put("contoso.com.zone", &world);
        let page = cutover(&format!("plan contoso.com --zone {path} {options} --format runbook")).out;
        let steps = edits(&page);
        assert!(steps.iter().filter(|step| !step.forward.is_empty()).count() >= 4, "{page}");
        let origin = "contoso.com".parse().unwrap();
        let before = zone::read(world.as_bytes(), Some(&origin), "zone").unwrap().records;
        let mut now = before.clone();
        steps.iter().for_each(|step| apply(&mut now, &step.forward));
        let lines: String = now
            .iter()
            .map(|one| {
                format!("{} {} IN {} {}\n", one.name, one.ttl, one.data.rtype(), one.data.to_zone_text())
            })
            .collect();
        let path = workspace.put("after.zone", lines);
        let left = cutover(&format!("plan contoso.com --zone {path} {options} --phase tidy --format bind"));
        assert_eq!((left.status, left.out.as_str()), (0, ""), "{page}");
        steps.iter().rev().for_each(|step| apply(&mut now, &step.back));
        let set = |records: &[Record]| -> BTreeSet<String> {
            records.iter().map(|one| format!("{one:?}")).collect()
        };
        assert_eq!(set(&now), set(&before), "{page}");
    }
}

#[test]
fn what_is_done_is_not_planned_and_what_is_unknown_is_said() {
    let done = cutover("plan contoso.com --zone fixtures/ready.zone --format runbook").out;
    assert!(!done.contains("Tell the users") && done.contains("it may be closed after 2026-11-2"), "{done}");
    let workspace = Workspace::new();
    let other = workspace.put("fabrikam.com.zone", "$ORIGIN fabrikam.com.\n@ 3600 TXT \"x\"\n");
    let unknown = cutover(&format!("plan contoso.com --zone {other} --format runbook"));
    assert_eq!(unknown.status, 3, "{unknown:?}");
    let (warnings, steps) = unknown.out.split_once("## 1.").unwrap();
    assert!(warnings.contains("**Warning:** mx "), "{warnings}");
    assert!(steps.contains("No change is known.") && !steps.contains("all of them are published"), "{steps}");
}

#[test]
fn the_zone_at_the_old_service_keeps_it_open() {
    let zone = file("fixtures/demo/contoso.com.zone").replace("fabrikam-dns.example", "stabletransit.com");
    let workspace = Workspace::new();
    let path = workspace.put("contoso.com.zone", zone);
    let page = cutover(&format!("plan contoso.com --zone {path} --source rackspace --format runbook")).out;
    let close = page.split_once("Move the DNS hosting, then close the old service: ").unwrap().1;
    assert!(close.contains("stabletransit.com"), "{page}");
    assert!(close.find("Move the zone") < close.find("Close Rackspace only"), "{page}");
}

/// The runbook said to close GoDaddy, whose name servers serve the zone.
#[test]
fn the_account_that_serves_the_zone_stays() {
    let workspace = Workspace::new();
    for (id, mx, server) in [
        ("godaddy-workspace", "smtp.secureserver.net", "ns01.domaincontrol.com"),
        ("google-workspace", "smtp.google.com", "ns-cloud-a1.googledomains.com"),
        ("ionos", "mx00.ionos.com", "ns1045.ui-dns.com"),
        ("hostpoint", "mx1.mail.hostpoint.ch", "ns.hostpoint.ch"),
    ] {
        let zone = |server: &str| {
            let zone = format!(
                "$ORIGIN contoso.com.\n$TTL 1h\n@ SOA {server}. dns 1 1h 15m 14d 5m\n@ NS {server}.\n@ MX 10 {mx}.\n"
            );
            workspace.put("contoso.com.zone", zone)
        };
        let page = |path: String| {
            let page = cutover(&format!("plan contoso.com --zone {path} --source {id} --format runbook")).out;
            page.rsplit_once("\n## ").unwrap().1.to_owned()
        };
        let close = page(zone(server));
        assert!(
            close.contains("Close the old mail service")
                && close.contains("Keep the account that holds the domain"),
            "{close}"
        );
        assert!(close.contains(server) && close.contains("Close the mail product at "), "{close}");
        // Elsewhere, nothing has to be kept.
        let close = page(zone("ns1.fabrikam-dns.example"));
        assert!(
            close.contains("Close the old service")
                && !close.contains("Keep the account that holds the domain"),
            "{close}"
        );
    }
    // Which company serves the zone is not known.
    let path =
        workspace.put("contoso.com.zone", "$ORIGIN contoso.com.\n@ 3600 MX 10 mail.fabrikam.example.\n");
    let page = cutover(&format!("plan contoso.com --zone {path} --format runbook")).out;
    assert!(page.contains("or holds the registration of the domain, keep it"), "{page}");
}

/// The heading of each step in order, with its body.
fn steps(page: &str) -> Vec<(&str, &str)> {
    page.split("\n## ").skip(1).map(|step| step.split_once('\n').unwrap()).collect()
}

/// The demo before the domain was added to Microsoft 365.
fn unverified() -> String {
    let zone = file("fixtures/demo/contoso.com.zone");
    zone.lines().filter(|line| !line.contains("MS=ms")).map(|line| format!("{line}\n")).collect()
}

#[test]
fn what_takes_days_begins_days_before_the_switch() {
    let workspace = Workspace::new();
    let path = workspace.put("contoso.com.zone", unverified());
    let page = cutover(&format!("plan contoso.com --zone {path} --format runbook")).out;
    let place = |title: &str| {
        let found = steps(&page).iter().position(|(heading, _)| heading.contains(title));
        found.unwrap_or_else(|| panic!("{title}: {page}"))
    };
    let heading = |title: &str| steps(&page)[place(title)].0.rsplit_once(": ").unwrap().1;
    let order = [
        "Save what is published now",
        "Add the domain to Microsoft 365 and verify it",
        "Create the mailboxes and start the migration",
        "Tell the users",
        "Publish what can be published early",
        "Lower the TTL",
        "Check, then decide",
        "Switch",
    ];
    assert!(order.map(place).is_sorted(), "{page}");
    for title in &order[..6] {
        assert!(heading(title).contains(" d"), "{title}: {page}");
    }
    let reminder = "Ask the vendor of the migration tool";
    assert!(steps(&page)[place("Create the mailboxes")].1.contains(reminder), "{page}");
    assert_eq!(page.matches(reminder).count(), 1, "{page}");
    // Once the domain is verified, it is not added again; a value that is given is published with the first records.
    let verified = cutover(&format!("{DEMO} --format runbook")).out;
    assert!(!verified.contains("Add the domain to Microsoft 365"), "{verified}");
    assert!(verified.contains("Create the mailboxes"), "{verified}");
    let options = "--verification MS=ms12345678 --format runbook";
    let page = cutover(&format!("plan contoso.com --zone {path} {options}")).out;
    let found = steps(&page);
    let publish = found.iter().find(|(_, body)| body.contains("IN TXT \"MS=ms12345678\"")).unwrap();
    assert!(publish.0.contains("T-5 d"), "{page}");
}

#[test]
fn a_policy_that_was_not_read_is_changed_before_the_switch() {
    let workspace = Workspace::new();
    let zone = file("fixtures/demo/contoso.com.zone");
    let announced = format!("{zone}\n_mta-sts.contoso.com. 3600 TXT \"v=STSv1; id=20260101\"\n");
    let path = workspace.put("contoso.com.zone", announced);
    let page = cutover(&format!("plan contoso.com --zone {path} --format runbook")).out;
    let found = steps(&page);
    let step =
        found.iter().find(|(heading, _)| heading.contains("MTA-STS")).unwrap_or_else(|| panic!("{page}"));
    assert!(step.0.contains("by T-5 d"), "{page}");
    let plain = step.1.replace('\\', "").replace("&#58;", ":");
    for part in ["mode: testing", "max_age", "<code>id</code>", "/.well-known/mta-sts.txt"] {
        assert!(plain.contains(part), "{part}: {plain}");
    }
    let page = cutover(&format!("{DEMO} --format runbook")).out;
    assert!(!page.contains("MTA-STS"), "{page}");
}

#[test]
fn a_title_says_what_its_changes_do() {
    let workspace = Workspace::new();
    let zone = |mx: &str| {
        format!(
            "$ORIGIN contoso.com.\n$TTL 1h\n@ MX 0 {mx}.\n@ TXT MS=ms12345678\n\
             @ TXT \"v=spf1 include:spf.protection.outlook.com -all\"\nautodiscover CNAME autodiscover.outlook.com.\n"
        )
    };
    for (mx, switch, tidy) in [
        ("mail.fabrikam.example", "Switch", "Raise the TTLs to their usual value"),
        (
            "contoso-com.mail.protection.outlook.com",
            "Check that the switch is done",
            "Check that nothing is left of the old service",
        ),
    ] {
        let path = workspace.put("contoso.com.zone", zone(mx));
        let page = cutover(&format!("plan contoso.com --zone {path} --format runbook")).out;
        let found = steps(&page);
        let has = |title: &str| found.iter().any(|(heading, _)| heading.contains(&format!(". {title}: ")));
        assert!(has(switch) && has(tidy) && !page.contains("Remove what is left"), "{page}");
    }
}

#[test]
fn the_message_to_users_is_copied_as_it_is() {
    let page = cutover(&format!("{DEMO} --format runbook")).out;
    let (_, rest) = page.split_once("Message to send:\n\n```text\n").unwrap_or_else(|| panic!("{page}"));
    let (message, _) = rest.split_once("\n```\n").unwrap();
    assert!(message.contains("at https://outlook.office.com. The old webmail"), "{message}");
    assert!(!message.contains(['\\', '&', '*', '<']), "{message}");
}

#[test]
fn a_new_record_has_a_short_ttl_until_the_move_is_over() {
    let workspace = Workspace::new();
    let zone = file("fixtures/demo/contoso.com.zone");
    let zone: String = zone
        .lines()
        .filter(|line| !line.starts_with("autodiscover"))
        .map(|line| format!("{line}\n"))
        .collect();
    let path = workspace.put("contoso.com.zone", zone);
    let page = cutover(&format!("plan contoso.com --zone {path} --format runbook")).out;
    let found = steps(&page);
    let has = |title: &str, line: &str| {
        let step = found.iter().find(|(heading, _)| heading.contains(title)).unwrap();
        assert!(step.1.lines().any(|one| one == line), "{title}, {line}: {page}");
    };
    has("Switch", "autodiscover.contoso.com. 300 IN CNAME autodiscover.outlook.com.");
    has("Raise the TTLs", "autodiscover.contoso.com. 3600 IN CNAME autodiscover.outlook.com.");
}

#[test]
fn commands_repeat_the_options_and_are_accepted() {
    let options = "--verification MS=ms12345678 --services exchange,teams --hybrid --ascii";
    let page = cutover(&format!("{DEMO} {options} --format runbook {SWITCH}")).out;
    let commands: Vec<&str> = page.lines().filter(|line| line.starts_with("cutover ")).collect();
    assert!(commands.len() >= 8, "{page}");
    for command in commands {
        // As a shell of Windows takes it, where a list is quoted.
        let words = command.replace('"', "");
        cutover::cli::accepts(words.split(' ').map(Into::into))
            .unwrap_or_else(|error| panic!("{command}: {error}"));
        assert!(
            command.contains("--verification MS=ms12345678") && command.ends_with("--ascii"),
            "{command}"
        );
    }
}
