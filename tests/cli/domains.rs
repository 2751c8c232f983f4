//! Which domains are checked, and how are they reported?

use super::{State, at_source, recorded, zone};
use crate::run::{Workspace, cutover, cutover_wide, cutover_with, surroundings};
use cutover::check::{Code, Topic};

#[test]
fn several_domains_are_told_in_the_order_of_the_command_line() {
    let workspace = Workspace::new();
    let names = ["b.example", "a.example", "c.example"];
    let files =
        names.map(|name| format!("--zone {}", workspace.put(&format!("{name}.zone"), zone(name, &[]))));
    let run = cutover(&format!("check {} {} --format json", names.join(" "), files.join(" ")));
    let json = run.json();
    let named: Vec<&str> =
        json["domains"].as_array().unwrap().iter().map(|domain| domain["domain"].as_str().unwrap()).collect();
    assert_eq!((run.status, named), (0, names.to_vec()));
    let table = cutover_wide(&format!("check {} {}", names.join(" "), files.join(" "))).out;
    let places = names.map(|name| table.find(name).unwrap());
    assert!(places.is_sorted(), "{table}");
}

#[test]
fn a_domain_named_twice_is_checked_once() {
    let workspace = Workspace::new();
    let file = workspace.put("contoso.com.zone", zone("contoso.com", &[]));
    let run = cutover(&format!("check contoso.com CONTOSO.com. contoso.com --zone {file} --format json"));
    assert_eq!(run.json()["summary"]["domains"], 1);
}

#[test]
fn an_internationalised_domain_is_told_both_ways() {
    let workspace = Workspace::new();
    let file = workspace.put("idn.zone", zone("xn--bcher-kva.example", &[]));
    let check = format!("check bücher.example --zone {file}");
    let domain = cutover(&format!("{check} --format json")).domain();
    assert_eq!(domain["domain"], "xn--bcher-kva.example");
    assert_eq!(domain["unicode"], "bücher.example");
    let table = cutover_wide(&check).out;
    assert!(table.contains("bücher.example") && table.contains("xn--bcher-kva.example"), "{table}");
    let plain = cutover(&format!(
        "check a.example --zone {} --format json",
        workspace.put("a.zone", zone("a.example", &[]))
    ));
    assert!(plain.domain().get("unicode").is_none());
}

#[test]
fn a_zone_without_origin_takes_it_from_the_file_or_the_only_domain() {
    let workspace = Workspace::new();
    let without = |domain: &str| zone(domain, &[]).split_once('\n').unwrap().1.to_owned();
    for file in
        ["contoso.com.zone", "contoso.com", "db.contoso.com", "contoso.com.txt", "export.zone", "zone"]
    {
        let path = workspace.put(file, without("contoso.com"));
        let run = cutover(&format!("check contoso.com --zone {path}"));
        assert_eq!(run.status, 0, "{file}: {run:?}");
    }
    // With several domains only the name of the file can tell.
    let (a, b) = (
        workspace.put("a.example.zone", without("a.example")),
        workspace.put("b.example.zone", without("b.example")),
    );
    assert_eq!(cutover(&format!("check a.example b.example --zone {a} --zone {b}")).status, 0);
    let nameless = workspace.put("nameless.zone", without("a.example"));
    let run = cutover(&format!("check a.example b.example --zone {nameless} --zone {b}"));
    assert_eq!((run.status, run.out.as_str()), (2, ""), "{run:?}");
    assert!(run.err.contains(&nameless) && run.err.contains("$ORIGIN"), "{}", run.err);
}

#[test]
fn names_outside_the_files_make_nothing_unknown_and_that_is_said_once() {
    let workspace = Workspace::new();
    let file = workspace.put("contoso.com.zone", at_source("contoso.com"));
    let run = cutover(&format!("check contoso.com --zone {file} --format json"));
    let domain = run.domain();
    let unknown = domain["expectations"].as_array().unwrap().iter().filter(|one| one["status"] == "unknown");
    assert_eq!((unknown.count(), run.status), (0, 1));
    assert_eq!(run.err.lines().filter(|line| line.contains("--resolver")).count(), 1, "{}", run.err);
    assert_eq!(cutover(&format!("check contoso.com --zone {file} -q")).err, "");
}

#[test]
fn expected_says_what_to_publish_without_a_lookup() {
    let run = cutover("expected contoso.com --format json --verification MS=ms12345678");
    assert_eq!((run.status, run.err.as_str()), (0, ""));
    let json = run.json();
    let data = |id: &str| {
        let mut list = json["expected"].as_array().unwrap().iter();
        list.find(|one| one["id"] == id)
            .map(|one| one["data"][0].as_str().unwrap_or_default().to_owned())
            .unwrap()
    };
    assert_eq!(json["schema_version"], 1);
    assert_eq!(data("mx"), "0 contoso-com.mail.protection.outlook.com.");
    assert_eq!(data("spf"), "\"v=spf1 include:spf.protection.outlook.com -all\"");
    assert_eq!(data("autodiscover"), "autodiscover.outlook.com.");
    assert_eq!(data("verification"), "\"MS=ms12345678\"");
    assert_eq!(data("msoid"), "");
    let table = cutover_wide("expected contoso.com").out;
    assert!(
        table.contains("contoso-com.mail.protection.outlook.com") && table.contains("autodiscover"),
        "{table}"
    );
}

#[test]
fn explain_lists_every_code_and_knows_each() {
    let list = cutover("explain");
    assert_eq!((list.status, list.err.as_str()), (0, ""));
    for topic in Topic::ALL {
        assert!(list.out.contains(topic.title()), "{}", topic.title());
    }
    for code in Code::ALL {
        assert!(list.out.lines().any(|line| line.split_whitespace().next() == Some(code.word())), "{code}");
        let page = cutover(&format!("explain {code}"));
        assert_eq!((page.status, page.err.as_str()), (0, ""), "{code}");
        assert!(page.out.contains(code.word()) && page.out.contains(code.title()), "{}", page.out);
        assert!(!page.out.contains("```"), "fences are for the document: {}", page.out);
    }
}

#[test]
fn a_plan_is_the_changes_of_the_check() {
    let workspace = Workspace::new();
    let file = workspace.put("contoso.com.zone", at_source("contoso.com"));
    let check = cutover(&format!("check contoso.com --zone {file} --format json"));
    let plan = cutover(&format!("plan contoso.com --zone {file} --format json"));
    let json = plan.json();
    assert_eq!(json["changes"], check.domain()["changes"]);
    assert_eq!((json["domain"].as_str(), json["phase"].as_str()), (Some("contoso.com"), Some("switch")));
    let bind = cutover(&format!("plan contoso.com --zone {file} --format bind")).out;
    let mut lines = bind.lines();
    assert!(lines.any(|line| line == "; delete contoso.com. 3600 IN MX 10 mx1.emailsrvr.com."), "{bind}");
    assert!(
        lines.any(|line| line == "contoso.com. 3600 IN MX 0 contoso-com.mail.protection.outlook.com."),
        "{bind}"
    );
    let table = cutover_wide(&format!("plan contoso.com --zone {file}")).out;
    for word in
        ["delete", "add", "mx1.emailsrvr.com", "contoso-com.mail.protection.outlook.com", "autodiscover"]
    {
        assert!(table.contains(word), "{word}: {table}");
    }
}

#[test]
fn published_lines_of_a_bind_plan_make_the_domain_ready() {
    let workspace = Workspace::new();
    let old = at_source("contoso.com");
    let file = workspace.put("old.zone", &old);
    let plan = cutover(&format!("plan contoso.com --zone {file} --format bind")).out;
    let deleted: Vec<&str> = plan.lines().filter_map(|line| line.strip_prefix("; delete ")).collect();
    let gone = |line: &&str| {
        let data = line.split_once(" MX ").or(line.split_once(" CNAME ")).or(line.split_once(" TXT "));
        data.is_some_and(|(_, data)| deleted.iter().any(|deleted| deleted.ends_with(data)))
    };
    let kept: Vec<&str> = old.lines().filter(|line| !gone(line)).collect();
    let new = workspace.put("new.zone", format!("{}\n{plan}", kept.join("\n")));
    assert_eq!(cutover(&format!("check contoso.com --zone {new}")).status, 0);
    assert_eq!(cutover(&format!("plan contoso.com --zone {new} --format bind")).out, "");
}

#[test]
fn color_changes_no_word() {
    let (_desk, file) = recorded(&[("a.example", State::ChangesNeeded), ("b.example", State::Waiting)]);
    for words in
        [format!("check --replay {file}"), format!("check --replay {file} -v"), "expected a.example".into()]
    {
        let plain = cutover(&words);
        let colored = cutover(&format!("{words} --color always"));
        assert!(colored.out.contains("\u{1b}["), "{words}");
        assert_eq!(without_color(&colored.out), plain.out, "{words}");
        assert!(!plain.out.contains('\u{1b}'));
    }
    // On a terminal that wants it, color is the default; a file never gets it.
    let workspace = Workspace::new();
    let terminal = cutover::cli::Surroundings {
        color: cutover::report::style::Color::On,
        width: Some(100),
        ..surroundings()
    };
    let output = format!("table={}", workspace.free("report.txt"));
    let arguments = ["check", "--replay", file.as_str(), "--output", output.as_str()];
    assert!(cutover_with(arguments, &terminal).out.contains("\u{1b}["));
    assert!(!std::fs::read_to_string(workspace.path("report.txt")).unwrap().contains('\u{1b}'));
}

/// The text without its escape sequences for color.
pub fn without_color(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, sequence)) = rest.split_once("\u{1b}[") {
        plain.push_str(before);
        rest = sequence.split_once('m').expect("a sequence ends").1;
    }
    plain + rest
}

#[test]
fn a_domain_that_does_not_exist_is_one_sentence() {
    let replay = "check --replay fixtures/scenarios/hazard/no-such-domain.recording";
    let run = cutover(replay);
    let rows = run.out.lines().filter(|line| line.starts_with("  ")).count();
    assert_eq!((run.status, rows), (1, 1), "{}", run.out);
    assert!(run.out.contains("[domain-not-found]") && !run.out.contains("[mx-missing]"), "{}", run.out);
    // All the rest is there where it is asked for.
    assert!(cutover(&format!("{replay} -v")).out.contains("[mx-missing]"));
    assert_eq!(
        cutover(&format!("{replay} --format json")).domain()["expectations"].as_array().unwrap().len(),
        16
    );
}
