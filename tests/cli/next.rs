//! Is the next step a command that repeats the run?

use super::{State, at_source, recorded, zone};
use crate::run::{Run, Workspace, cutover, cutover_wide, cutover_with, surroundings};

/// The command of the next step, which takes more than one line if the paths in it are long.
fn next(run: &Run) -> String {
    let (_, step) = run.out.split_once("\nNext: ").unwrap_or_else(|| panic!("{run:?}"));
    let command = step.split('`').find(|part| part.starts_with("cutover"));
    let command = command.unwrap_or_else(|| panic!("{run:?}"));
    command.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn every_verdict_has_a_next_step() {
    for (state, command) in [
        (State::Ready, "check contoso.com --phase tidy"),
        (State::ChangesNeeded, "watch contoso.com"),
        (State::Waiting, "watch contoso.com"),
        (State::Undetermined, "check contoso.com"),
    ] {
        let (_workspace, file) = recorded(&[("contoso.com", state)]);
        let run = cutover_wide(&format!("check --replay {file} --tenant contoso --services exchange"));
        let expected = format!("cutover {command} --tenant contoso --services exchange");
        assert_eq!(next(&run), expected, "{state:?}");
    }
}

#[test]
fn mail_that_is_at_microsoft_already_needs_no_preparation() {
    let workspace = Workspace::new();
    let step = |name: &str, text: String, options: &str| {
        let file = workspace.put(name, text);
        let run = cutover_wide(&format!("check contoso.com --zone {file} --phase prepare {options}"));
        next(&run).replace(&format!(" --zone {file}"), "")
    };
    let moved = zone("contoso.com", &[]);
    assert_eq!(step("moved.zone", moved, ""), "cutover check contoso.com");
    let unsent = zone(
        "contoso.com",
        &[("SPF", "@ TXT \"v=spf1 include:spf.example -all\"\nspf.example. TXT \"v=spf1 -all\"")],
    );
    assert_eq!(step("unsent.zone", unsent, ""), "cutover watch contoso.com");
    // Mail at the source, at a declared filter, or nowhere by intent has to be prepared.
    let ready = at_source("contoso.com")
        .replace("include:emailsrvr", "include:spf.protection.outlook.com include:emailsrvr");
    assert_eq!(step("source.zone", ready.clone(), ""), "cutover plan contoso.com");
    let filtered = zone("contoso.com", &[("MX", "@ MX 0 mx1.filter.example.")]);
    assert_eq!(
        step("filtered.zone", filtered, "--gateway filter.example"),
        "cutover plan contoso.com --gateway filter.example"
    );
}

#[test]
fn options_of_a_line_of_a_list_are_repeated() {
    let workspace = Workspace::new();
    let file = workspace.put("contoso.com.zone", at_source("contoso.com"));
    let list = workspace.put(
        "list.txt",
        "contoso.com tenant=contoso hybrid gateway=mimecast expect=\"my list.csv\" phase=switch\n",
    );
    std::fs::write(workspace.path("my list.csv"), "type,name,value\nTXT,@,MS=ms12345678\n").unwrap();
    let run = cutover_wide(&format!("check --domains {list} --zone {file} --services all"));
    let folder = workspace.free("");
    let quote = if cfg!(windows) { '"' } else { '\'' };
    let expected = format!("{quote}{folder}my list.csv{quote}");
    assert_eq!(
        next(&run),
        format!(
            "cutover watch contoso.com --expect {expected} --gateway mimecast --hybrid --tenant contoso \
             --zone {file} --services all"
        )
    );
    // What is typed wins over the line, and is repeated once.
    let run = cutover_wide(&format!("check --domains {list} --zone {file} --tenant fabrikam"));
    assert_eq!(next(&run).matches("--tenant").count(), 1, "{}", run.out);
    assert!(next(&run).contains("--tenant fabrikam"), "{}", run.out);
    // The command means the same as the run that proposed it.
    let words = next(&run).replace("watch", "check").replace(&expected, "EXPECT");
    let words = words.split(' ').skip(1).map(|word| word.replace("EXPECT", &format!("{folder}my list.csv")));
    let again = cutover_with(words.chain(["--format".into(), "csv".into()]), &surroundings());
    let first = cutover(&format!("check --domains {list} --zone {file} --tenant fabrikam --format csv"));
    assert_eq!(again.out, first.out);
    // So do the pages.
    let page = cutover(&format!("check --domains {list} --zone {file} --format markdown"));
    assert!(page.out.contains("--gateway mimecast --hybrid --tenant contoso"), "{}", page.out);
}

#[test]
fn settings_are_read_again_and_groups_of_a_line_are_repeated() {
    let workspace = Workspace::new();
    let file = workspace.put("contoso.com.zone", at_source("contoso.com"));
    let settings = workspace.put(
        "cutover.toml",
        "[[group]]\nname = \"east\"\ngateway = \"mimecast\"\n[[domain]]\nname = \"contoso.com\"\ntenant = \"own\"\n",
    );
    let run = cutover_wide(&format!("check contoso.com --settings {settings} --zone {file}"));
    assert_eq!(next(&run), format!("cutover watch contoso.com --settings {settings} --zone {file}"));
    let list = workspace.put("list.txt", "contoso.com group=east\n");
    let run = cutover_wide(&format!("check --domains {list} --settings {settings} --zone {file}"));
    assert!(
        next(&run).starts_with("cutover watch contoso.com --gateway mimecast --tenant own"),
        "{}",
        run.out
    );
}

#[test]
fn the_time_of_the_move_is_repeated() {
    let workspace = Workspace::new();
    let file = workspace.put("contoso.com.zone", zone("contoso.com", &[]));
    let when = "--switch-at 2026-11-28T20:00:00Z";
    let run = cutover_wide(&format!("check contoso.com --zone {file} --phase prepare {when}"));
    assert!(next(&run).contains(when), "{}", run.out);
}

#[test]
fn several_domains_end_with_the_first_to_look_into() {
    let states =
        [("a.example", State::Ready), ("b.example", State::Waiting), ("c.example", State::ChangesNeeded)];
    let (_workspace, file) = recorded(&states);
    let run = cutover(&format!("check --replay {file} --tenant contoso"));
    assert!(
        run.out.ends_with("\nNext: `cutover check c.example --tenant contoso` shows what to edit.\n"),
        "{}",
        run.out
    );
    let (_workspace, file) = recorded(&states[..1]);
    let run = cutover(&format!("check --replay {file} -q"));
    assert!(!run.out.contains("Next:"), "{}", run.out);
    let (_workspace, file) = recorded(&[("a.example", State::Ready), ("b.example", State::Ready)]);
    let run = cutover(&format!("check --replay {file}"));
    assert!(!run.out.contains("Next:"), "{}", run.out);
}
